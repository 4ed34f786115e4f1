//! The metric of predicted numbers without labels: direct loss estimation.
//!
//! A number comes without a score that says how likely it is to be right. But the reference says where the model errs: trees
//! on the inputs and the prediction learn the row's loss from the labelled reference rows of the sample, and the expected loss
//! of a window is the mean of what they say of its sampled rows. That is read as a difference: by how much the expected loss
//! of the window's rows is more than that of the reference's own (predicted by trees that have not seen them), added to
//! the loss that the reference's labels show. So what the trees get wrong on average cancels, and trees that learned nothing
//! say "as before".
//!
//! **It assumes that the loss at given inputs is what it was**: it follows a model into a harder or easier part of its inputs,
//! and cannot see concept drift.
//!
//! The standard error holds the window's sampled rows, the reference's rows and labels, and how much the trees of the folds
//! disagree about the window.

use super::case::Case;
use super::learner::{for_estimate, matrix, rows_in};
use crate::learn::{Config, Loss, cross_fit};
use crate::metric::{Estimate, Guessed, Joint, Metric, Moments, RowLoss, Scale};
use crate::profile::Role;

/// Rows of a period below which they learn nothing.
const LEAST_ROWS: usize = 200;
const FOLDS: usize = 3;

/// A sampled row: its window, what the trees of each fold expect it to cost, and what it cost, where that is known.
#[derive(Clone, Copy)]
struct Row {
    window: u32,
    guesses: [f64; FOLDS],
    loss: f64,
}

impl Row {
    fn guess(&self) -> f64 {
        self.guesses.iter().sum::<f64>() / FOLDS as f64
    }
}

/// What the trees say of both samples.
pub(super) struct DirectLoss {
    metric: Metric,
    /// Mean row loss of the labelled reference, all rows, and its standard error.
    anchor: (f64, f64),
    /// Loss and guess of the reference's sampled rows.
    reference: Joint,
    reference_rows: Vec<Row>,
    current_rows: Vec<Row>,
}

/// The mean row loss that a metric stands for, and the way back; `None` for metrics that are no function of one.
fn to_loss(metric: Metric, e: &Estimate) -> Option<(f64, f64)> {
    match metric {
        Metric::Mae | Metric::Mape | Metric::Bias => Some((e.value, e.se)),
        Metric::Rmse | Metric::Rmsle => Some((e.value * e.value, 2.0 * e.value * e.se)),
        _ => None,
    }
}

fn from_loss(metric: Metric, mean: f64, se: f64, n: u64) -> Option<Estimate> {
    let (value, se, scale) = match metric {
        Metric::Bias => (mean, se, Scale::Real),
        Metric::Rmse | Metric::Rmsle => {
            let root = mean.max(0.0).sqrt();
            (root, if root > 0.0 { se / (2.0 * root) } else { se }, Scale::Loss)
        }
        _ => (mean.max(0.0), se, Scale::Loss),
    };
    (value.is_finite() && se.is_finite() && n > 1).then_some(Estimate { value, se, n, scale })
}

impl DirectLoss {
    /// Learns the loss of the watched metric; `None` where that is no mean of row losses, or the sample has too little.
    pub(super) fn new(case: &Case<'_>, metric: Metric, reference: &Estimate) -> Option<DirectLoss> {
        let anchor = to_loss(metric, reference)?;
        let (columns, most) = for_estimate(case, Role::Prediction);
        let rows_then = rows_in(&case.baseline.reference, None, most);
        let rows_now = rows_in(case.current, None, most);
        let (then, losses) = matrix(case, &case.baseline.reference, &columns, &rows_then)?;
        let (now, losses_now) = matrix(case, case.current, &columns, &rows_now)?;
        let labelled = losses.iter().filter(|l| l.is_finite()).count();
        if labelled < LEAST_ROWS || now.rows() == 0 {
            return None;
        }
        // Losses of any size become numbers whose squares and sums cannot overflow.
        let largest = losses.iter().filter(|l| l.is_finite()).fold(0.0, |m: f64, l| m.max(l.abs()));
        let scale = if largest > 0.0 { largest } else { 1.0 };
        let target: Vec<f64> = losses.iter().map(|l| if l.is_finite() { l / scale } else { f64::NAN }).collect();
        let config = Config::new(Loss::Squared, case.baseline.watch.seed.wrapping_add(11));
        let fitted = cross_fit(&then, &target, None, &config, FOLDS);
        let row = |window: Option<&u32>, guesses: [f64; FOLDS], loss: f64| Row {
            window: window.copied().unwrap_or(0),
            guesses,
            loss,
        };
        let window_of = |period: &crate::profile::PeriodProfile, i: usize| period.sample.windows.get(i).copied();
        let reference_rows: Vec<Row> = rows_then
            .iter()
            .zip(&losses)
            .zip(&fitted.margin)
            .map(|((i, loss), m)| row(window_of(&case.baseline.reference, *i).as_ref(), [m * scale; FOLDS], *loss))
            .collect();
        let margins: Vec<Vec<f64>> = fitted.models.iter().map(|m| m.margin(&now)).collect();
        let current_rows = rows_now
            .iter()
            .zip(&losses_now)
            .enumerate()
            .map(|(at, (i, loss))| {
                let mut guesses = [0.0; FOLDS];
                for (slot, margin) in guesses.iter_mut().zip(&margins) {
                    *slot = margin.get(at).copied().unwrap_or(0.0) * scale;
                }
                row(window_of(case.current, *i).as_ref(), guesses, *loss)
            })
            .collect();
        let mut joint = Joint::default();
        reference_rows.iter().for_each(|r| joint.add(r.loss, r.guess()));
        Some(DirectLoss { metric, anchor, reference: joint, reference_rows, current_rows })
    }

    /// The labelled reference rows that the trees learned from.
    pub(super) fn learned_from(&self) -> u64 {
        self.reference.n()
    }

    /// The expected metric over some current windows; its `n` counts the sampled rows.
    pub(super) fn over(&self, windows: &[usize]) -> Option<Estimate> {
        let inside = |r: &&Row| windows.contains(&(r.window as usize));
        self.expected(self.current_rows.iter().filter(inside))
    }

    /// The same for every reference window.
    pub(super) fn of_reference(&self, windows: usize) -> Vec<Option<Estimate>> {
        (0..windows).map(|w| self.expected(self.reference_rows.iter().filter(|r| r.window as usize == w))).collect()
    }

    fn expected<'r>(&'r self, rows: impl Iterator<Item = &'r Row>) -> Option<Estimate> {
        let mut all = Moments::default();
        let mut by_fold = [0.0; FOLDS];
        for r in rows {
            all.add(r.guess());
            by_fold.iter_mut().zip(&r.guesses).for_each(|(sum, g)| *sum += g);
        }
        let n = all.n() as f64;
        let mut folds = Moments::default();
        by_fold.iter().for_each(|sum| folds.add(sum / n.max(1.0)));
        let (guess, of_window) = (all.mean()?, all.standard_error());
        let (then, of_then) = (self.reference.guess().mean()?, self.reference.guess().standard_error());
        let (mean, of_labels) = self.anchor;
        // The reference's labels and guesses are of the same rows: what both share cancels.
        let shared = self.reference.covariance().unwrap_or(0.0) / self.reference.n().max(1) as f64;
        let of_reference = (of_labels.powi(2) + of_then.powi(2) - 2.0 * shared).max(0.0);
        let variance = of_window.powi(2) + of_reference + folds.variance().unwrap_or(0.0);
        from_loss(self.metric, mean + guess - then, variance.sqrt(), all.n())
    }

    /// The metric over windows of which some rows have labels, of which `labels` holds the losses: prediction-powered.
    pub(super) fn combine(&self, windows: &[usize], labels: &Moments) -> Option<Estimate> {
        let (mut both, mut rest) = (Joint::default(), Moments::default());
        for r in self.current_rows.iter().filter(|r| windows.contains(&(r.window as usize))) {
            if r.loss.is_finite() { both.add(r.loss, r.guess()) } else { rest.add(r.guess()) }
        }
        let (mean, se, _) = Guessed { labels, both: &both, rest: &rest }.combine()?;
        from_loss(self.metric, mean, se, labels.n())
    }
}

/// The row loss that a regression tally has the moments of, for the watched metric.
pub(super) fn row_loss(metric: Metric) -> Option<RowLoss> {
    matches!(metric, Metric::Mae | Metric::Mape | Metric::Bias | Metric::Rmse | Metric::Rmsle)
        .then(|| RowLoss::standing_for(metric, false))
}
