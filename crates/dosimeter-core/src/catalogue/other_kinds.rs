//! The kinds of all other modes. Most modes have none: their findings carry `kind: null`.

use super::Mode;
use super::entry::{Kind, key};

/// Every kind that belongs neither to [`Mode::SchemaChange`] nor to [`Mode::CategoryShift`].
pub static OTHER_KINDS: [Kind; 5] = [
    Kind {
        id: "metric_fell",
        mode: Mode::PerformanceLoss,
        title: "Metric fell",
        meaning: "The watched metric is worse than in the reference by more than is tolerated.",
        detail: &[key("reference", "the metric on the reference"), key("current", "the metric now")],
        next_step: "Read the decomposition and the other findings: they say which part of the loss has which cause. \
                    Where nothing explains it, look at the segments in which it is largest.",
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
    },
    Kind {
        id: "predictions_stopped",
        mode: Mode::FeedStalled,
        title: "Predictions stopped",
        meaning: "No predictions have come for longer than the reference's own gaps allow.",
        detail: &[
            key("last", "time of the last prediction"),
            key("usual_gap", "the longest gap in the reference, in seconds"),
        ],
        next_step: "See whether the service answers and whether its log is still shipped. Nothing can be said about \
                    the model meanwhile.",
    },
    Kind {
        id: "labels_stopped",
        mode: Mode::FeedStalled,
        title: "Labels stopped",
        meaning: "Predictions come, and their labels do not, for longer than labels were late in the reference.",
        detail: &[
            key("last", "time of the last prediction that has a label"),
            key("reference", "share of labelled rows in the reference"),
            key("current", "share of labelled rows now"),
        ],
        next_step: "Repair the job that joins labels to predictions. Until then the metric is an estimate that cannot \
                    see concept drift.",
    },
];
