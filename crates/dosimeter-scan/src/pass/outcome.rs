//! A batch's predictions against its labels.

use std::collections::HashMap;
use std::sync::Arc;

use dosimeter_core::metric::{
    Answered, BinaryTally, ClassCalibrators, ExpectedTally, MulticlassTally, RegressionTally, RowLoss, ScoreEdges,
    Tally, Task, UnlabelledTally, sound_edges, unit_edges,
};
use dosimeter_core::profile::sample::UNKNOWN;
use dosimeter_core::profile::{Baseline, Lookup, WindowProfile};

/// One row's answer and truth, as far as they are there.
#[derive(Clone, Debug, Default)]
pub(crate) struct Row<'a> {
    pub(crate) label: Option<&'a str>,
    pub(crate) prediction: Option<&'a str>,
    pub(crate) label_number: f64,
    pub(crate) prediction_number: f64,
    pub(crate) score: Option<f64>,
    pub(crate) scores: Option<&'a [f64]>,
}

/// Counts rows into tallies, and says what each costs.
pub(crate) struct Judge {
    task: Task,
    positive: String,
    threshold: f64,
    classes: Vec<String>,
    /// Where each class is in `classes`: a search per row would cost as much as there are classes.
    places: HashMap<String, usize>,
    edges: Arc<[f64]>,
    cells: Lookup,
    loss: RowLoss,
    scored: bool,
    /// Whether a reference is known, so that labels and estimates of one window can be put together.
    follows: bool,
    /// Of a model of many classes, once a labelled reference is known.
    calibrators: Option<ClassCalibrators>,
}

impl Judge {
    /// `None` where the model's task is not known.
    pub(crate) fn new(baseline: &Baseline) -> Option<Judge> {
        let (watch, score_edges) = (&baseline.watch, baseline.score_edges.as_slice());
        let task = watch.task?;
        let edges = sound_edges(score_edges.into());
        Some(Judge {
            task,
            positive: watch.positive.clone().unwrap_or_else(|| "1".to_owned()),
            threshold: watch.threshold,
            places: watch.classes.iter().enumerate().rev().map(|(i, c)| (c.clone(), i)).collect(),
            classes: watch.classes.clone(),
            cells: Lookup::new(&edges),
            edges,
            loss: RowLoss::standing_for(watch.metric?, !score_edges.is_empty()),
            scored: !score_edges.is_empty(),
            follows: !baseline.reference.windows.is_empty(),
            calibrators: labelled_classes(baseline).and_then(|t| ClassCalibrators::fit(&t)),
        })
    }

    /// An empty tally of labelled rows.
    pub(crate) fn tally(&self) -> Tally {
        match self.task {
            Task::Binary => Tally::Binary(BinaryTally::new(Arc::clone(&self.edges))),
            Task::Multiclass => {
                Tally::Multiclass(MulticlassTally::new(self.classes.clone(), ScoreEdges::Shared(unit_edges(256))))
            }
            Task::Regression => Tally::Regression(RegressionTally::new()),
        }
    }

    /// Counts a row in its window; its loss, NaN where it has none.
    pub(crate) fn add(&self, row: &Row<'_>, window: &mut WindowProfile) -> f32 {
        let tally = &mut window.outcome;
        match self.task {
            Task::Binary => {
                let score = row.score.filter(|s| !s.is_nan());
                let predicted =
                    row.prediction.map(|p| same_class(p, &self.positive)).or(score.map(|s| s >= self.threshold));
                let cell = score.filter(|s| s.is_finite()).map_or(0, |s| usize::from(self.cells.find(s)));
                let label = row.label.map(|l| same_class(l, &self.positive));
                if self.scored {
                    let empty = || UnlabelledTally::new(Arc::clone(&self.edges));
                    let unlabelled = window.scored.get_or_insert_with(empty);
                    unlabelled.add_in(cell, predicted, score);
                    if let Some(label) = label.filter(|_| self.follows) {
                        unlabelled.label_in(cell, label, predicted, score);
                    }
                }
                let Some(label) = label else { return f32::NAN };
                if predicted.is_none() && score.is_none() {
                    return f32::NAN;
                }
                if let Tally::Binary(t) = tally.get_or_insert_with(|| self.tally()) {
                    t.add_in(cell, label, predicted, score);
                }
                self.loss.binary(label, predicted, score).map_or(f32::NAN, |l| l as f32)
            }
            Task::Multiclass => {
                let best = || {
                    let (i, _) = row.scores?.iter().enumerate().max_by(|a, b| a.1.total_cmp(b.1))?;
                    self.classes.get(i).map(String::as_str)
                };
                let Some(predicted) = row.prediction.or_else(best) else { return f32::NAN };
                if let Some(calibrators) = &self.calibrators {
                    let place = |class: &str| self.places.get(class).copied().filter(|i| *i < calibrators.classes());
                    let answered = Answered {
                        predicted: place(predicted),
                        label: row.label.map(place),
                        right: row.label == Some(predicted),
                        scores: row.scores,
                    };
                    window.expected.get_or_insert_with(|| ExpectedTally::new(calibrators)).add(calibrators, &answered);
                }
                let Some(label) = row.label else { return f32::NAN };
                if let Tally::Multiclass(t) = tally.get_or_insert_with(|| self.tally()) {
                    t.add(label, Some(predicted), row.scores);
                }
                let position = self.places.get(label).copied();
                self.loss.multiclass(Some(predicted == label), position, row.scores).map_or(f32::NAN, |l| l as f32)
            }
            Task::Regression => {
                if !row.label_number.is_finite() || !row.prediction_number.is_finite() {
                    return f32::NAN;
                }
                if let Tally::Regression(t) = tally.get_or_insert_with(|| self.tally()) {
                    t.add(row.label_number, Some(row.prediction_number));
                }
                self.loss.regression(row.label_number, row.prediction_number).map_or(f32::NAN, |l| l as f32)
            }
        }
    }

    /// The label of a row of two classes: 1 positive, 0 negative, [`UNKNOWN`].
    pub(crate) fn positive(&self, row: &Row<'_>) -> u8 {
        let label = row.label.filter(|_| self.task == Task::Binary);
        label.map_or(UNKNOWN, |l| u8::from(same_class(l, &self.positive)))
    }

    /// Whether labels and predictions are numbers.
    pub(crate) fn is_regression(&self) -> bool {
        self.task == Task::Regression
    }
}

/// The labelled rows of the reference of a model of many classes.
fn labelled_classes(baseline: &Baseline) -> Option<MulticlassTally> {
    let mut total: Option<MulticlassTally> = None;
    for tally in baseline.reference.windows.iter().filter_map(|w| w.outcome.as_ref()) {
        match (&mut total, tally) {
            (Some(t), Tally::Multiclass(m)) => {
                let _ = t.merge(m);
            }
            (None, Tally::Multiclass(m)) => total = Some(m.clone()),
            _ => {}
        }
    }
    total
}

/// Whether two texts name the same class: as they are, as truth values in whatever case, or as numbers.
pub(crate) fn same_class(a: &str, b: &str) -> bool {
    if a == b {
        return true;
    }
    match (truth(a), truth(b)) {
        (Some(a), Some(b)) => a == b,
        (None, None) => number(a).is_some_and(|x| number(b) == Some(x)),
        _ => false,
    }
}

/// What a word says that means yes or no.
fn truth(text: &str) -> Option<bool> {
    const YES: [&str; 6] = ["1", "1.0", "true", "yes", "t", "y"];
    const NO: [&str; 6] = ["0", "0.0", "false", "no", "f", "n"];
    let among = |words: [&str; 6]| words.iter().any(|w| w.eq_ignore_ascii_case(text));
    if among(YES) {
        Some(true)
    } else if among(NO) {
        Some(false)
    } else {
        None
    }
}

/// The number that a text is; words such as `inf` are classes of their own.
fn number(text: &str) -> Option<f64> {
    let first = text.bytes().next()?;
    (first.is_ascii_digit() || matches!(first, b'-' | b'+' | b'.')).then(|| text.parse().ok()).flatten()
}

#[cfg(test)]
mod tests {
    use super::same_class;

    #[test]
    fn truth_has_many_spellings() {
        for (a, b) in [("Yes", "yes"), ("YES", "1"), ("True", "t"), ("N", "no"), ("0.0", "FALSE"), ("2", "2.0")] {
            assert!(same_class(a, b) && same_class(b, a), "{a} {b}");
        }
        for (a, b) in [("yes", "no"), ("Churn", "churn"), ("m", "f"), ("1", "2"), ("maybe", "yes"), ("inf", "infinity")]
        {
            assert!(!same_class(a, b) && !same_class(b, a), "{a} {b}");
        }
    }
}
