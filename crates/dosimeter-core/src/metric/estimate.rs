//! The metric before the labels come.
//!
//! A calibrated score says how likely each prediction is right, so the expected confusion matrix, and from it the
//! expected metric, follows from scores alone (confidence-based performance estimation). The chances come from the
//! labelled reference ([`Calibrator`]), the scores from the current window ([`UnlabelledTally`]).
//!
//! **It assumes that P(Y | score) is what it was in the reference.** It follows a model into a harder or easier part
//! of its inputs, and it cannot see concept drift: where the same score now means something else, the estimate stays
//! put while the metric falls. Labels replace it as they arrive.
//!
//! The standard error has two parts: the current window's rows are a sample, and so are the reference rows behind
//! each chance. It is that of the *expected* metric; the realised metric of the same rows scatters around it by its
//! own sampling error on top.

use std::sync::Arc;

use serde::{Deserialize, Serialize};

use super::cells::{add_counts, cell_of, sound_edges};
use super::confusion::measure;
use super::interval::{Estimate, Scale};
use super::isotonic::Calibrator;
use super::loss::{log_loss, probability};
use super::ranking;
use super::table::Metric;
use super::tally::{MergeError, Unavailable};

/// Scores and predicted classes of rows, labelled or not.
///
/// For a model of many classes: the probability of the most probable class as the score, and `Some(true)` ("is
/// right") as the predicted class.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct UnlabelledTally {
    edges: Arc<[f64]>,
    predicted_positive: Vec<u64>,
    predicted_negative: Vec<u64>,
    unpredicted: Vec<u64>,
    score_sum: Vec<f64>,
    unscored: u64,
    outside_unit: u64,
}

impl UnlabelledTally {
    /// An empty tally on the grid of the calibrator that is to read it.
    #[must_use]
    pub fn new(score_edges: Arc<[f64]>) -> Self {
        let edges = sound_edges(score_edges);
        let cells = edges.len() + 1;
        Self {
            edges,
            predicted_positive: vec![0; cells],
            predicted_negative: vec![0; cells],
            unpredicted: vec![0; cells],
            score_sum: vec![0.0; cells],
            unscored: 0,
            outside_unit: 0,
        }
    }

    /// Counts one row; a score that is not finite counts as none.
    pub fn add(&mut self, predicted: Option<bool>, score: Option<f64>) {
        let cell = score.map_or(0, |s| cell_of(&self.edges, s));
        self.add_in(cell, predicted, score);
    }

    /// The same where the score's cell is known.
    pub fn add_in(&mut self, cell: usize, predicted: Option<bool>, score: Option<f64>) {
        let Some(score) = score.filter(|s| s.is_finite()) else {
            self.unscored += 1;
            return;
        };
        let side = match predicted {
            Some(true) => &mut self.predicted_positive,
            Some(false) => &mut self.predicted_negative,
            None => &mut self.unpredicted,
        };
        if let (Some(count), Some(sum)) = (side.get_mut(cell), self.score_sum.get_mut(cell)) {
            *count += 1;
            *sum += score;
        }
        self.outside_unit += u64::from(probability(score).is_none());
    }

    /// Adds everything that `other` has counted.
    ///
    /// # Errors
    /// [`MergeError::Grid`] where the score edges differ; nothing has changed then.
    pub fn merge(&mut self, other: &Self) -> Result<(), MergeError> {
        if self.edges != other.edges || self.score_sum.len() != other.score_sum.len() {
            return Err(MergeError::Grid);
        }
        add_counts(&mut self.predicted_positive, &other.predicted_positive);
        add_counts(&mut self.predicted_negative, &other.predicted_negative);
        add_counts(&mut self.unpredicted, &other.unpredicted);
        for (a, b) in self.score_sum.iter_mut().zip(&other.score_sum) {
            *a += b;
        }
        self.unscored += other.unscored;
        self.outside_unit += other.outside_unit;
        Ok(())
    }

    /// All rows.
    #[must_use]
    pub fn rows(&self) -> u64 {
        self.unscored + self.scored()
    }

    fn scored(&self) -> u64 {
        let sum = |counts: &[u64]| counts.iter().sum::<u64>();
        sum(&self.predicted_positive) + sum(&self.predicted_negative) + sum(&self.unpredicted)
    }

    /// Rows without a finite score.
    #[must_use]
    pub fn unscored(&self) -> u64 {
        self.unscored
    }

    /// The mean of the calibrated chances: the base rate that the scores promise.
    #[must_use]
    pub fn expected_base_rate(&self, calibrator: &Calibrator) -> Option<Estimate> {
        let groups = self.groups(calibrator).ok()?;
        let n: f64 = groups.iter().map(|g| g.rows).sum();
        let value = groups.iter().map(|g| g.rows * g.chance).sum::<f64>() / n;
        let slopes: Vec<(f64, f64)> = vec![((1.0 - value) / n, -value / n); groups.len()];
        finish(value, &groups, &slopes, calibrator, self.scored(), Scale::Share).ok()
    }

    /// The cells that hold rows, by ascending score: for each predicted class, how many, and their chance.
    fn groups(&self, calibrator: &Calibrator) -> Result<Vec<Group>, Unavailable> {
        if &self.edges != calibrator.edges() || self.scored() == 0 {
            return Err(Unavailable::NoScores);
        }
        let mut groups = Vec::new();
        for (cell, chance) in calibrator.chances().iter().enumerate() {
            let at = |counts: &[u64]| counts.get(cell).copied().unwrap_or(0);
            let sides = [
                (Some(true), at(&self.predicted_positive)),
                (Some(false), at(&self.predicted_negative)),
                (None, at(&self.unpredicted)),
            ];
            let rows: u64 = sides.iter().map(|side| side.1).sum();
            let score = self.score_sum.get(cell).copied().unwrap_or(0.0) / rows.max(1) as f64;
            groups.extend(sides.into_iter().filter(|side| side.1 > 0).map(|(predicted, rows)| Group {
                cell,
                predicted,
                rows: rows as f64,
                chance: *chance,
                score,
            }));
        }
        Ok(groups)
    }
}

/// Rows of one cell and one predicted class.
struct Group {
    cell: usize,
    predicted: Option<bool>,
    rows: f64,
    /// The chance of each to be a positive.
    chance: f64,
    /// The cell's mean score.
    score: f64,
}

/// The expected metric of a model of two classes: accuracy, precision, recall, F1, specificity, AUC, log loss or
/// Brier. The `n` of the result counts the current rows.
///
/// # Errors
/// Says why where it cannot be had: another grid than the calibrator's or no scores ([`Unavailable::NoScores`]), no
/// predictions, scores outside [0, 1], 0/0; average precision, MCC and ECE are not estimated.
pub fn estimate_binary(
    metric: Metric,
    calibrator: &Calibrator,
    current: &UnlabelledTally,
) -> Result<Estimate, Unavailable> {
    let groups = current.groups(calibrator)?;
    match metric {
        Metric::Auc => expected_auc(&groups, calibrator),
        Metric::LogLoss | Metric::Brier => {
            if current.outside_unit > 0 {
                return Err(Unavailable::NotProbabilities);
            }
            expected_loss(metric, &groups, calibrator)
        }
        Metric::Accuracy | Metric::Precision | Metric::Recall | Metric::F1 | Metric::Specificity => {
            expected_confusion(metric, groups, calibrator)
        }
        _ => Err(Unavailable::NotForTask),
    }
}

/// The expected accuracy of a model of many classes, from a calibrator of [`Calibrator::fit_top_class`] and a tally
/// of the most probable class's probability, each row counted as `Some(true)`.
///
/// # Errors
/// Says why where it cannot be had.
pub fn estimate_multiclass_accuracy(
    calibrator: &Calibrator,
    current: &UnlabelledTally,
) -> Result<Estimate, Unavailable> {
    // "Predicted right" and is right: the share is a precision.
    estimate_binary(Metric::Precision, calibrator, current)
}

/// The error of a statistic whose slope in one more (positive, negative) is known for every group.
fn finish(
    value: f64,
    groups: &[Group],
    slopes: &[(f64, f64)],
    calibrator: &Calibrator,
    n: u64,
    scale: Scale,
) -> Result<Estimate, Unavailable> {
    let each = || groups.iter().zip(slopes);
    let of_rows = ranking::multinomial_variance(each().map(|(g, s)| (g.rows, g.chance * s.0 + (1.0 - g.chance) * s.1)));
    let mut by_block = vec![0.0; calibrator.blocks().len()];
    for (g, s) in each() {
        if let Some(sum) = by_block.get_mut(calibrator.block_of(g.cell)) {
            *sum += g.rows * (s.0 - s.1);
        }
    }
    let of_chances: f64 =
        by_block.iter().zip(calibrator.blocks()).map(|(slope, block)| slope * slope * block.variance()).sum();
    Estimate::new(value, (of_rows + of_chances).sqrt(), n, scale).ok_or(Unavailable::NotFinite)
}

fn expected_confusion(
    metric: Metric,
    mut groups: Vec<Group>,
    calibrator: &Calibrator,
) -> Result<Estimate, Unavailable> {
    groups.retain(|g| g.predicted.is_some());
    if groups.is_empty() {
        return Err(Unavailable::NoPredictions);
    }
    let mut counts = [0.0; 4];
    for g in &groups {
        let (positive, negative) = (g.rows * g.chance, g.rows * (1.0 - g.chance));
        let [tp, fp, fnn, tn] = &mut counts;
        let (p, n) = if g.predicted == Some(true) { (tp, fp) } else { (fnn, tn) };
        *p += positive;
        *n += negative;
    }
    let measured = measure(metric, counts).ok_or(match metric {
        Metric::Precision => Unavailable::NothingPredictedPositive,
        Metric::Specificity => Unavailable::NoNegatives,
        _ => Unavailable::NoPositives,
    })?;
    let [tp, fp, fnn, tn] = measured.gradient;
    let slopes: Vec<(f64, f64)> =
        groups.iter().map(|g| if g.predicted == Some(true) { (tp, fp) } else { (fnn, tn) }).collect();
    let n = groups.iter().map(|g| g.rows).sum::<f64>() as u64;
    finish(measured.value, &groups, &slopes, calibrator, n, Scale::Share)
}

fn expected_auc(groups: &[Group], calibrator: &Calibrator) -> Result<Estimate, Unavailable> {
    let mut cells = vec![(0.0, 0.0); calibrator.chances().len()];
    for g in groups {
        if let Some(cell) = cells.get_mut(g.cell) {
            cell.0 += g.rows * g.chance;
            cell.1 += g.rows * (1.0 - g.chance);
        }
    }
    let auc = ranking::auc(&cells).ok_or(Unavailable::OneClass)?;
    let slopes: Vec<(f64, f64)> =
        groups.iter().map(|g| auc.gradient.get(g.cell).copied().unwrap_or_default()).collect();
    let n = groups.iter().map(|g| g.rows).sum::<f64>() as u64;
    finish(auc.value, groups, &slopes, calibrator, n, Scale::Share)
}

/// Losses by the cell's mean score: exact for discrete scores, and within a cell's width otherwise.
fn expected_loss(metric: Metric, groups: &[Group], calibrator: &Calibrator) -> Result<Estimate, Unavailable> {
    let n: f64 = groups.iter().map(|g| g.rows).sum();
    let losses: Vec<(f64, f64)> = groups
        .iter()
        .map(|g| {
            let score = g.score.clamp(0.0, 1.0);
            if metric == Metric::LogLoss {
                (log_loss(true, score), log_loss(false, score))
            } else {
                ((1.0 - score).powi(2), score * score)
            }
        })
        .collect();
    let value =
        groups.iter().zip(&losses).map(|(g, l)| g.rows * (g.chance * l.0 + (1.0 - g.chance) * l.1)).sum::<f64>() / n;
    let slopes: Vec<(f64, f64)> = losses.iter().map(|l| ((l.0 - value) / n, (l.1 - value) / n)).collect();
    let scale = if metric == Metric::LogLoss { Scale::Loss } else { Scale::LossUpTo(1) };
    finish(value, groups, &slopes, calibrator, n as u64, scale)
}
