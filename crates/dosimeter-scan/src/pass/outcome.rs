//! A batch's predictions against its labels.

use std::sync::Arc;

use dosimeter_core::metric::{
    BinaryTally, MulticlassTally, RegressionTally, RowLoss, ScoreEdges, Tally, Task, UnlabelledTally, sound_edges,
    unit_edges,
};
use dosimeter_core::profile::Lookup;
use dosimeter_core::profile::baseline::Watch;

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
    edges: Arc<[f64]>,
    cells: Lookup,
    loss: RowLoss,
    scored: bool,
}

impl Judge {
    /// `None` where the model's task is not known.
    pub(crate) fn new(watch: &Watch, score_edges: &[f64]) -> Option<Judge> {
        let task = watch.task?;
        let edges = sound_edges(score_edges.into());
        Some(Judge {
            task,
            positive: watch.positive.clone().unwrap_or_else(|| "1".to_owned()),
            threshold: watch.threshold,
            classes: watch.classes.clone(),
            cells: Lookup::new(&edges),
            edges,
            loss: RowLoss::standing_for(watch.metric?, !score_edges.is_empty()),
            scored: !score_edges.is_empty(),
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

    /// An empty tally of scores, for models of two classes.
    pub(crate) fn unlabelled(&self) -> Option<UnlabelledTally> {
        (self.task == Task::Binary && self.scored).then(|| UnlabelledTally::new(Arc::clone(&self.edges)))
    }

    /// Counts a row; its loss, NaN where it has none.
    pub(crate) fn add(
        &self,
        row: &Row<'_>,
        tally: &mut Option<Tally>,
        unlabelled: &mut Option<UnlabelledTally>,
    ) -> f32 {
        match self.task {
            Task::Binary => {
                let score = row.score.filter(|s| !s.is_nan());
                let predicted =
                    row.prediction.map(|p| same_class(p, &self.positive)).or(score.map(|s| s >= self.threshold));
                let cell = score.filter(|s| s.is_finite()).map_or(0, |s| usize::from(self.cells.find(s)));
                if let Some(u) = unlabelled {
                    u.add_in(cell, predicted, score);
                }
                let Some(label) = row.label.map(|l| same_class(l, &self.positive)) else { return f32::NAN };
                if predicted.is_none() && score.is_none() {
                    return f32::NAN;
                }
                if let Tally::Binary(t) = tally.get_or_insert_with(|| self.tally()) {
                    t.add_in(cell, label, predicted, score);
                }
                self.loss.binary(label, predicted, score).map_or(f32::NAN, |l| l as f32)
            }
            Task::Multiclass => {
                let Some(label) = row.label else { return f32::NAN };
                let best = || {
                    let (i, _) = row.scores?.iter().enumerate().max_by(|a, b| a.1.total_cmp(b.1))?;
                    self.classes.get(i).map(String::as_str)
                };
                let Some(predicted) = row.prediction.or_else(best) else { return f32::NAN };
                if let Tally::Multiclass(t) = tally.get_or_insert_with(|| self.tally()) {
                    t.add(label, Some(predicted), row.scores);
                }
                let position = self.classes.iter().position(|c| c == label);
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

    /// Whether labels and predictions are numbers.
    pub(crate) fn is_regression(&self) -> bool {
        self.task == Task::Regression
    }
}

/// What a text says as a truth value.
pub(super) fn truth(text: &str) -> Option<bool> {
    match text {
        "1" | "1.0" | "true" | "True" | "TRUE" | "yes" | "t" | "y" => Some(true),
        "0" | "0.0" | "false" | "False" | "FALSE" | "no" | "f" | "n" => Some(false),
        _ => None,
    }
}

/// Whether two texts name the same class: as they are, as numbers, or as truth values.
fn same_class(a: &str, b: &str) -> bool {
    if a == b {
        return true;
    }
    truth(a).is_some() && truth(a) == truth(b)
}
