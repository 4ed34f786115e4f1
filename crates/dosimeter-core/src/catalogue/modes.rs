//! The twelve modes, in words. This file is the table; nothing else in the product describes a mode.

use super::{Mode, ModeEntry};

/// Every mode of decay, in the order of [`Mode::ALL`].
pub static MODES: [ModeEntry; 12] = [
    ModeEntry {
        mode: Mode::SchemaChange,
        id: "schema_change",
        title: "Schema change",
        what: "An upstream source changed the form in which it delivers a value (its name, type, unit, layout, or \
               code for missing) while the thing described stayed the same.",
        degrades: "The model reads the new form with the old meaning. A column that is gone becomes a default; hours \
                   delivered as days move every prediction along that feature; a category in new casing falls \
                   through to `unknown`. Nothing fails, because every value is still a value. The loss begins \
                   between two rows, touches every row from then on, and lasts until somebody repairs the pipe. \
                   Retraining on the broken data conceals it, and breaks again on the day of the repair.",
        evidence: "A change in one column that is abrupt, complete and of a simple form: one missing and one new \
                   column with the same distribution, two columns that changed places, a straight line between the \
                   two quantile functions, one value that holds a share it never had, another type or layout.",
        confused_with: "Data drift: both move a column's distribution. A schema change has a rule that undoes it (a \
                        factor, a name, a layout) and starts within one window; people do not all change by the same \
                        factor overnight. With few rows, or where a column moves and changes its unit at once, the \
                        two cannot be told apart with certainty. From labels alone it looks like concept drift, \
                        because the same number now means something else; it differs in that the number is at fault.",
        detected_by: Some("check"),
        how: "Each column is compared with the reference: presence, type, layout, nulls, distinct values and \
              quantiles. A change that a simple rule explains is reported as that rule and taken out of the drift \
              findings, so that one cause gives one finding.",
        not_seen: "A field whose form and distribution stayed while its definition changed (net instead of gross at \
                   a similar level); a change of unit in a few rows only; a change that was there before the \
                   reference began.",
        next_steps: &[
            "Read the rule in the finding and confirm it with the owner of the source.",
            "Undo it where the model's inputs are read, or have the source repaired; do not retrain on it.",
            "Recompute the predictions since the onset, and repair what was decided on them.",
            "Put the rule into the source's contract or into a check before the model, so that next time it fails \
             loudly.",
        ],
    },
    ModeEntry {
        mode: Mode::CategoryShift,
        id: "category_shift",
        title: "Category shift",
        what: "In a column of categories a rare value became common, a known one vanished, or a new one came.",
        degrades: "A model is as good on a category as the rows from which it learned that category. What it learned \
                   from two rows in a hundred it may have learned badly, and an average over all rows conceals this \
                   as long as they are two in a hundred. When the category grows, its error becomes the model's \
                   error. A value never seen is encoded as `unknown`, or as nothing, which is a guess.",
        evidence: "The counts by category against the reference's own variation from window to window; categories \
                   without a counterpart in the reference; the metric inside the category that grew.",
        confused_with: "Schema change: a new spelling looks like one category gone and another come, which is why \
                        casing, blanks and renamed codes are tried first. Concept drift: the overall metric falls in \
                        both; if the metric inside every category is what it was, only the mix moved. A season that \
                        the reference does not contain looks the same as a lasting change.",
        detected_by: Some("check"),
        how: "Category shares of every window are compared with those of the reference, allowing for the variation \
              that the reference itself shows; what moved is named by value, with both shares, and priced by the \
              metric inside it where there are labels.",
        not_seen: "Categories too rare to count in the rows at hand; a change inside `other` where a column has more \
                   values than are kept; a value that keeps its share and changes its meaning.",
        next_steps: &[
            "See whether the category is a part of the world or an artefact of the pipe.",
            "Compare the metric inside it with the rest: if it is equal, nothing is lost.",
            "If it is worse, get labels for this category first, and retrain with its new weight.",
            "Until then, consider a fallback for these rows only.",
        ],
    },
    ModeEntry {
        mode: Mode::DataDrift,
        id: "data_drift",
        title: "Data drift",
        what: "The inputs moved: P(X) is no longer that of the reference, while the same input still means the same.",
        degrades: "Only through where the inputs moved to. Into a region that the model knows well, drift costs \
                   nothing, and accuracy may even rise. Into a region where cases are closer to the boundary, more \
                   of them are wrong although the model is as right as it can be. Into a region with little or no \
                   training data, the model extrapolates, and whether it is right there was never tested.",
        evidence: "Columns whose distribution moved beyond the variation of the reference; pairs of columns whose \
                   relation moved; a classifier that tells current rows from reference rows. Whether it matters is a \
                   separate question, answered by the metric where the rows went.",
        confused_with: "Concept drift, above all: the two are named alike and need different repairs. Inputs can be \
                        seen to move without any label; that meaning moved can only be seen with labels. Where rows \
                        move to a region without reference data, they cannot be told apart even with labels: nobody \
                        knows what those inputs meant before. A season missing from the reference looks like drift.",
        detected_by: Some("check"),
        how: "Every column, and the columns jointly, are compared with the reference; p-values are set against the \
              reference's own variation and share one alarm budget. The move is then priced: the metric's change \
              that the new mix of inputs explains. A move that costs nothing is reported as harmless.",
        not_seen: "Inputs that the model needs and the data do not contain; moves smaller than the stated power; a \
                   relation among three or more columns that no column and no pair shows, unless the joint \
                   classifier has enough rows to find it.",
        next_steps: &[
            "Read the impact before anything else: if it is harmless, do nothing, and let the next baseline contain \
             it.",
            "If it costs, see in which region: get labels there.",
            "Retrain with current inputs, or reweight; the old labels are still true.",
            "If rows lie where there was no training data, use a fallback for these until labels come.",
        ],
    },
    ModeEntry {
        mode: Mode::PriorShift,
        id: "prior_shift",
        title: "Prior shift",
        what: "The base rate of the outcome, or of the predictions, is no longer that of the reference.",
        degrades: "A classifier weighs its evidence against the base rate it was trained with. When positives become \
                   twice as frequent and each looks as it always did, the scores are too low throughout: the ranking \
                   (AUC) stays, calibration goes, and a threshold that was right sits in the wrong place. Precision \
                   and recall move even if the model distinguishes the classes as well as ever.",
        evidence: "The rate of labels, and separately that of predictions and scores, by window. If predictions and \
                   labels rise together, the model follows; if only labels rise, it does not.",
        confused_with: "Data drift and concept drift both move the base rate too. It is prior shift alone if within \
                        each class the inputs look as before. A moved rate of predictions without labels cannot be \
                        attributed: inputs moved, or their form changed. Labels that arrive late, positives first, \
                        imitate it.",
        detected_by: Some("check"),
        how: "The distributions of label, prediction and score are compared with the reference by window, allowing \
              for its own variation; only windows whose labels have had time to arrive are counted.",
        not_seen: "A base rate that moved in rows whose labels have not come; two opposite moves in segments that \
                   cancel in the whole, unless the segments are watched.",
        next_steps: &[
            "See whether the labels of the last windows are complete before believing the rate.",
            "If the classes look as before, correct the scores for the new base rate and move the threshold; no \
             retraining is needed.",
            "If they do not, read the data drift and concept drift findings instead.",
        ],
    },
    ModeEntry {
        mode: Mode::ConceptDrift,
        id: "concept_drift",
        title: "Concept drift",
        what: "P(Y|X) moved: the same input now means something else.",
        degrades: "What the model learned became false. Prices rose, fraudsters adapted, a rule changed: the weights \
                   still encode the old relation, and for the inputs concerned more data or better features do not \
                   help, because the old labels themselves are out of date. Inputs may look exactly as before, so \
                   that every check on inputs stays green while accuracy collapses.",
        evidence: "Labels, and nothing else: a loss where the reference has comparable inputs, that the move of the \
                   inputs does not explain; errors that rise in the stream; residuals that lean to one side in one \
                   segment.",
        confused_with: "Data drift that hurts: the metric falls in both. Compare like with like: if rows that look \
                        the same are now answered worse, the concept moved. Schema change: a broken input also \
                        changes what the same number means, and is looked for first. An unrecorded input that moved \
                        (an advertising campaign, an epidemic) cannot be told from concept drift by any data at \
                        hand. A change in how labels are made looks the same, and is one.",
        detected_by: Some("check"),
        how: "With labels, the change of the metric is split: what the new mix of inputs would have cost on the \
              reference's own errors, and what is left on comparable rows, which is the concept's part, with an \
              interval. The change point of the metric's windows dates it.",
        not_seen: "Everything, without labels: an estimate from scores assumes that the concept stood still. With \
                   late labels it is seen late. In regions without reference rows it cannot be separated from drift. \
                   A concept that moves back within one window averages out.",
        next_steps: &[
            "Rule out schema change and a change in how labels are made.",
            "See in which segment the errors rose and ask who knows why; the onset is the best clue.",
            "Retrain on rows after the onset; drop or down-weight the older ones, their labels mislead.",
            "If it comes and goes (season, campaign), give the model the input that says which it is.",
        ],
    },
    ModeEntry {
        mode: Mode::PerformanceLoss,
        id: "performance_loss",
        title: "Performance loss",
        what: "The watched metric is worse than in the reference by more than is tolerated, for whatever reason.",
        degrades: "This is the decay itself, not one of its causes. Every other mode matters in so far as it leads \
                   here.",
        evidence: "The metric by window from labels, with an interval; or an estimate from scores where labels have \
                   not come, marked as such.",
        confused_with: "Chance: few labelled rows, or a window that is harder than others for ordinary reasons, \
                        hence the interval and the reference's own variation. Incomplete labels: if bad news arrives \
                        first, the last windows always look worse than they will be. A change of how labels are made \
                        moves the metric too.",
        detected_by: Some("check"),
        how: "The metric of the current rows is compared with that of the reference, with an interval for the \
              difference, and with the tolerated loss. Where there are no labels it is estimated from calibrated \
              scores; where there is neither, the verdict is `blind`.",
        not_seen: "Without labels: a loss through concept drift. With them: a loss smaller than the stated power, or \
                   one confined to a small segment that the average conceals.",
        next_steps: &[
            "Read the other findings first: one of them is usually the cause.",
            "Read the decomposition: inputs, concept, schema, or unexplained.",
            "Where it is unexplained, go through the segments from the largest loss down.",
            "Decide by cost: fall back, recalibrate, repair the input, retrain.",
        ],
    },
    ModeEntry {
        mode: Mode::CalibrationLoss,
        id: "calibration_loss",
        title: "Calibration loss",
        what: "The score no longer means what it says: of the rows scored 0.8, not 80 % are positive.",
        degrades: "Whatever reads the score as a probability is wrong: expected cost, a threshold set by cost, a \
                   queue sized by expected volume. The ranking may be as good as ever, so AUC and often accuracy do \
                   not show it. Estimates of the metric without labels rest on calibration and are wrong with it.",
        evidence: "The reliability curve (observed rate against score, in bins of the score), its error, and the \
                   difference between mean score and observed rate.",
        confused_with: "Prior shift, which causes it: then the curve lies on one side of the diagonal throughout. \
                        Concept drift bends it. A score that was never a probability (a margin, a rank) was never \
                        calibrated and cannot lose it. In bins with few rows the curve wanders by chance.",
        detected_by: Some("check"),
        how: "On labelled rows the calibration error of the current windows is compared with that of the reference, \
              with an interval; the direction is reported: too high, too low, too extreme, too timid.",
        not_seen: "Anything without labels; a segment that is too high and another that is too low by as much, \
                   unless segments are watched.",
        next_steps: &[
            "If the curve is shifted but monotone, recalibrate on recent labelled rows (logistic or isotonic); the \
             model can stay.",
            "If it is bent or no longer monotone, look for concept drift.",
            "Until then, do not use the score as a probability, and distrust estimates made from it.",
        ],
    },
    ModeEntry {
        mode: Mode::FeedStalled,
        id: "feed_stalled",
        title: "Feed stalled",
        what: "Predictions or labels stopped coming, or come much later than they used to.",
        degrades: "It does not make the model worse. It makes it unseen: every other check passes on the data of \
                   last week, and a dashboard without new points looks calm. Where features come from the stalled \
                   feed too, the model also works on old values.",
        evidence: "Rows by window, the age of the newest row, the share of predictions that have a label and how \
                   late labels come, each against the reference.",
        confused_with: "A quiet day: nights, holidays and the end of a contract are gaps as well, which is why the \
                        reference's own gaps set the limit. Labels that are late by nature (a loan defaults after \
                        months) are not stalled.",
        detected_by: Some("check"),
        how: "The age of the newest row and the count of rows and labels in each window are compared with the gaps \
              and counts of the reference.",
        not_seen: "A feed that repeats old rows under new times, unless ids repeat or columns freeze; a gap that is \
                   shorter than gaps in the reference.",
        next_steps: &[
            "See whether the job or service ran, and whether what it wrote arrived.",
            "Backfill, and run the check again over the gap: what happened in it is not known yet.",
            "Alert on this separately: silence is the one failure that never alerts by itself.",
        ],
    },
    ModeEntry {
        mode: Mode::ModelRetired,
        id: "model_retired",
        title: "Model retired",
        what: "The provider retires the pinned LLM on a date, or moves the alias that the code names.",
        degrades: "On the date, requests fail, or are answered by a successor for which neither prompts nor tests \
                   were made. It is the one mode that is announced in advance, to whoever reads the announcement.",
        evidence: "Model ids in code, configuration and logs, against the provider's published list of models and \
                   retirement dates; deprecation notices in response headers.",
        confused_with: "Model swap: there the name stays and the model behind it changes, unannounced or within the \
                        promise of an alias. An outage fails alike, and comes back.",
        detected_by: None,
        how: "This version does not detect it. By hand: search code, configuration and logs for model ids, compare \
              them with the provider's retirement page each month, and watch for deprecation headers and warnings.",
        not_seen: "A retirement that is not published; ids assembled at run time; models behind a gateway that hides \
                   their names.",
        next_steps: &[
            "List every model id in use, who uses it and its retirement date.",
            "Run the canary prompts on the successor before the date, and compare pairwise.",
            "Pin a dated version, not an alias, and put the date into the calendar.",
        ],
    },
    ModeEntry {
        mode: Mode::ModelSwapped,
        id: "model_swapped",
        title: "Model swapped",
        what: "The same name now answers with another model: another version, quantisation or system prompt behind \
               an unchanged id.",
        degrades: "Prompts were tuned to the habits of one model: its output format, its length, what it refuses, \
                   how it reads an ambiguous instruction. With another one behind the name, parsers fail on some \
                   answers, and the content changes in ways that no type check sees. No commit marks the day.",
        evidence: "The model id and system fingerprint in responses; the distribution of first tokens, lengths and \
                   answers to fixed prompts, repeated, at temperature zero and above; latency and price per token.",
        confused_with: "Prompt regression, which is what it causes and by which it is often noticed. The ordinary \
                        randomness of an endpoint: some vary from day to day by as much as others change with a new \
                        model, and there no answer can be given. A changed tokenizer, region or default parameter.",
        detected_by: None,
        how: "This version does not detect it. By hand: record model id and fingerprint of every response; once a \
              day send a few fixed prompts that are answered in one token, and compare the distribution of answers \
              with that of the past weeks.",
        not_seen: "A swap that leaves the tested prompts alone; one that reaches only some regions or a share of \
                   traffic; anything on an endpoint whose own noise is larger than the change.",
        next_steps: &[
            "Compare fingerprint, length and first tokens with the days before; note the date.",
            "Run the whole set of canaries and compare pairwise; decide by what broke.",
            "Pin a dated version, or ask the provider; keep a second provider tested.",
        ],
    },
    ModeEntry {
        mode: Mode::PromptRegression,
        id: "prompt_regression",
        title: "Prompt regression",
        what: "A prompt that worked got worse as the model underneath changed, with the prompt untouched.",
        degrades: "Answers no longer parse, instructions are followed less exactly, refusals appear, answers get \
                   longer and dearer, or plainly wrong. A later model can be better on average and worse on this \
                   prompt, since the prompt was fitted to the earlier one.",
        evidence: "Canaries: fixed prompts with known good answers, sampled repeatedly, scored by rule or compared \
                   pairwise by a judge; the rate of valid format, refusals, length, cost and latency in production.",
        confused_with: "Other inputs: production questions drift too, so a falling score in production is not a \
                        regression unless the fixed canaries fall as well. A judge model that changed itself. \
                        Sampling noise: a single run of a prompt shows nothing. A stale corpus, if only answers with \
                        retrieval got worse.",
        detected_by: None,
        how: "This version does not run canaries. Scores and format checks that are logged as columns with a time \
              can be watched by `check` like any metric; the fixed prompts have to be sent by a job of yours.",
        not_seen: "What no canary covers; a slow change of taste that a rule does not score; a judge that drifts \
                   along with the model.",
        next_steps: &[
            "Repeat the canaries until the interval is small enough to believe the fall.",
            "See whether the model changed on that day: id, fingerprint, announcements.",
            "Repair the prompt against the new model or pin the old version, and compare pairwise before release.",
            "Let the output schema be enforced (structured output), so that format is one worry less.",
        ],
    },
    ModeEntry {
        mode: Mode::CorpusStale,
        id: "corpus_stale",
        title: "Corpus stale",
        what: "The retrieval corpus no longer says what is true: sources changed, vanished or came after it was \
               indexed.",
        degrades: "The model quotes what it is given. Given last year's price list it answers with last year's \
                   price, fluently and with a citation. Questions about what is new find no near document and get \
                   the nearest wrong one. An index built by one embedding model and asked with another returns noise \
                   that still looks like a ranking.",
        evidence: "Sources whose content or existence differs from the index; the age of documents against how fast \
                   their topic changes; the similarity of each query to its best document over time; recall on \
                   golden queries; the embedding model's name on both sides.",
        confused_with: "Prompt regression and model swap: answers get worse in all three; if the right passage was \
                        retrieved and the answer is wrong, the corpus is not at fault. Data drift in the queries: \
                        people ask about something else, and the corpus is as true as before.",
        detected_by: None,
        how: "This version does not detect it. By hand: store source, hash and time of each document and compare \
              with the source regularly; log the best similarity of each query; keep some golden queries and measure \
              their recall after each build.",
        not_seen: "A document that is unchanged at its source and false; a contradiction between two documents; a \
                   topic that nobody has asked about yet.",
        next_steps: &[
            "Index again what changed, and remove what vanished.",
            "Set an age limit by topic, and show the document's date with the answer.",
            "Rebuild the whole index whenever the embedding model changes; never mix two.",
            "Turn queries without a near document into a list of what the corpus lacks.",
        ],
    },
];
