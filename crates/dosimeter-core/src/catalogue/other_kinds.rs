//! The kinds of all other modes. Most modes have none: their findings carry `kind: null`.

use super::Mode;
use super::entry::{Kind, key};

/// Every kind that belongs neither to [`Mode::SchemaChange`] nor to [`Mode::CategoryShift`].
pub static OTHER_KINDS: &[Kind] = &[
    Kind {
        id: "metric_fell",
        mode: Mode::PerformanceLoss,
        title: "Metric fell",
        meaning: "The watched metric is worse than in the reference by more than is tolerated.",
        detail: &[
            key(
                "segments",
                "where the loss is largest: {segment, share, loss_reference, loss_current, contribution, \
                 interval}, and column and value where the segment has one column",
            ),
            key("levels", "where there are several that are certainly apart: {from, value}, from a time or a row"),
            key("recovered", "whether the last of them is as the reference; only where levels is"),
            key("until", "since when it is, where it is: a time or a row"),
        ],
        next_step: "Read the decomposition and the other findings: they say which part of the loss has which cause. \
                    Where nothing explains it, look at the segments in which it is largest.",
        breaks_inputs: false,
        watch_only: false,
    },
    Kind {
        id: "metric_fell_again",
        mode: Mode::PerformanceLoss,
        title: "Metric fell again",
        meaning: "After the first fall the metric fell once more, from a level that had lasted: from where it had recovered \
                  to, or further down. The first fall's finding holds the price of both.",
        detail: &[
            key("before", "the metric at the level before"),
            key("after", "the metric since"),
            key("recovered", "whether it was as in the reference before"),
            key("until", "where that level ends, if it does: a time or a row"),
        ],
        next_step: "Look for a cause of its own at that date: a second change seldom has the first one's.",
        breaks_inputs: false,
        watch_only: false,
    },
    Kind {
        id: "moved_again",
        mode: Mode::DataDrift,
        title: "Moved again",
        meaning: "The column moved, came back to where the reference has it, and moved once more. The first finding about it \
                  speaks of all the rows concerned.",
        detail: &[key("until", "where it came back again, if it did: a time or a row")],
        next_step: "Look at what both dates have in common: a season, a campaign, a job that runs now and then.",
        breaks_inputs: false,
        watch_only: false,
    },
    Kind {
        id: "segment_fell",
        mode: Mode::PerformanceLoss,
        title: "Segment fell",
        meaning: "In a segment that is watched the metric fell by more than is tolerated, though the whole did not.",
        detail: &[
            key("reference", "the metric in the segment, on the reference"),
            key("current", "the metric in the segment now"),
        ],
        next_step: "Find out what is new about these rows; until then do not act on the model's answers for them.",
        breaks_inputs: false,
        watch_only: false,
    },
    Kind {
        id: "slice_fell",
        mode: Mode::PerformanceLoss,
        title: "Slice fell",
        meaning: "In a slice of one or two columns that a search found the metric fell by more than is tolerated, though \
                  the whole did not. It is harmful where that costs the whole half of what is tolerated.",
        detail: &[
            key("reference", "the metric in the slice, on the reference"),
            key("current", "the metric in the slice now, on rows that did not choose it"),
        ],
        next_step: "Find out what is new about these rows, and watch the columns as segments.",
        breaks_inputs: false,
        watch_only: false,
    },
    Kind {
        id: "inputs_moved_together",
        mode: Mode::DataDrift,
        title: "Inputs moved together",
        meaning: "Many inputs moved a little each, and together to rows on which the model was always worse; no single \
                  column carries a fifth of it.",
        detail: &[
            key("share_of_loss", "the part of the loss that moved inputs carry, 0 to 1"),
            key("unseen_share", "the part of the current rows where the reference has next to nothing, 0 to 1"),
        ],
        next_step: "Find out which users or sources came and went; collect labels on such rows and retrain.",
        breaks_inputs: false,
        watch_only: false,
    },
    Kind {
        id: "relation_changed",
        mode: Mode::DataDrift,
        title: "Relation changed",
        meaning: "Two inputs no longer go together as they did, by more than they ever wobbled in the reference, though \
                  neither of them moved by itself.",
        detail: &[
            key("pairs", "the pairs that changed, the surest first: {first, second, relation, reference, current}"),
            key("rows_reference", "sampled reference rows that were read"),
            key("rows_current", "sampled current rows that were read"),
            key("columns", "how many inputs were compared, each with each"),
        ],
        next_step: "See whether a join upstream lost its key, a source was mixed in, or the world changed; then measure the \
                    model on rows since the onset, for what it learned of these inputs together no longer holds.",
        breaks_inputs: false,
        watch_only: false,
    },
    Kind {
        id: "joint_shift",
        mode: Mode::DataDrift,
        title: "Joint shift",
        meaning: "The inputs go together otherwise than in the reference, by more than they ever wobbled in it, though none of \
                  them moved by itself: many pairs changed, or no single pair shows it.",
        detail: &[
            key(
                "pairs",
                "the surest of the pairs that changed, where any did: {first, second, relation, reference, current}",
            ),
            key("telling", "the columns that tell the periods apart: {column, share}, where a learner can"),
            key("rows_reference", "sampled reference rows that were read"),
            key("rows_current", "sampled current rows that were read"),
            key("columns", "how many inputs were compared"),
        ],
        next_step: "Look for a group of rows that came, went or grew: a new source, a new kind of user, a part that is filled in \
                    by another rule; then measure the model on it.",
        breaks_inputs: false,
        watch_only: false,
    },
    Kind {
        id: "embedding_shift",
        mode: Mode::DataDrift,
        title: "Embeddings moved",
        meaning: "Vectors lie elsewhere than in the reference by more than they do between its own windows.",
        detail: &[
            key("dimension", "how many numbers a vector has"),
            key("part", "what moved most: norm, a direction, or what lies beyond these"),
            key("rows_reference", "sampled reference rows whose distances were taken"),
            key("rows_current", "sampled current rows whose distances were taken"),
        ],
        next_step: "Look at rows from either end of the part that moved most: they show what came or went. If the metric \
                    held, nothing is lost.",
        breaks_inputs: false,
        watch_only: false,
    },
    Kind {
        id: "predictions_stopped",
        mode: Mode::FeedStalled,
        title: "Predictions stopped",
        meaning: "No predictions have come for longer than the reference's own gaps allow.",
        detail: &[key("windows", "how many windows in a row are empty")],
        next_step: "See whether the service answers and whether its log is still shipped. Nothing can be said about \
                    the model meanwhile.",
        breaks_inputs: false,
        watch_only: true,
    },
    Kind {
        id: "labels_stopped",
        mode: Mode::FeedStalled,
        title: "Labels stopped",
        meaning: "Predictions come, and their labels do not, for longer than labels were late in the reference.",
        detail: &[key("windows", "how many of the last windows have no label")],
        next_step: "Repair the job that joins labels to predictions. Until then the metric is an estimate that cannot \
                    see concept drift.",
        breaks_inputs: false,
        watch_only: true,
    },
    Kind {
        id: "other_metric_fell",
        mode: Mode::PerformanceLoss,
        title: "Another metric fell",
        meaning: "The watched metric stays, and others that were computed beside it are worse.",
        detail: &[],
        next_step: "See which of them the product lives by, and watch that one. A ranking that got worse behind the same accuracy shows as soon as the threshold moves.",
        breaks_inputs: false,
        watch_only: false,
    },
    Kind {
        id: "label",
        mode: Mode::PriorShift,
        title: "Base rate of the labels",
        meaning: "The classes come true in other shares, or the values at another level, than in the reference.",
        detail: &[
            key("value", "the class whose share moved, where there are classes"),
            key("reference", "its share in the reference"),
            key("current", "its share in the affected rows"),
            key(
                "from",
                "`base_rate` where each class looks as before, `inputs` where the scores foretold it; absent where neither holds",
            ),
        ],
        next_step: "See whether the world changed or the way in which labels are collected. If the base rate alone moved, adjust the threshold or the prior before any retraining.",
        breaks_inputs: false,
        watch_only: false,
    },
    Kind {
        id: "prediction",
        mode: Mode::PriorShift,
        title: "Base rate of the predictions",
        meaning: "The model answers in other shares, or at another level, than in the reference.",
        detail: &[
            key("value", "the class whose share moved, where there are classes"),
            key("reference", "its share in the reference"),
            key("current", "its share in the affected rows"),
        ],
        next_step: "See which inputs moved with it. Without labels it is the first sign of most causes, and says nothing about which.",
        breaks_inputs: false,
        watch_only: false,
    },
    Kind {
        id: "score",
        mode: Mode::PriorShift,
        title: "Scores moved",
        meaning: "The scores lie elsewhere than in the reference.",
        detail: &[
            key("value", "the class whose share moved, where there are classes"),
            key("reference", "its share in the reference"),
            key("current", "its share in the affected rows"),
        ],
        next_step: "See which inputs moved with them, and whether the model or its calibration was replaced.",
        breaks_inputs: false,
        watch_only: false,
    },
];
