//! The metric before the labels come: confidence-based performance estimation.
//!
//! A calibrated score says how likely each prediction is right, so the expected confusion matrix, and from it the
//! expected metric, follows from scores alone. The chances come from the labelled reference ([`Calibrator`]), the scores
//! from the current window ([`UnlabelledTally`]).
//!
//! **It assumes that P(Y | score) is what it was in the reference.** It follows a model into a harder or easier part
//! of its inputs, and it cannot see concept drift: where the same score now means something else, the estimate stays
//! put while the metric falls. Labels replace it as they arrive.
//!
//! The standard error has two parts: the current window's rows are a sample, and so are the reference rows behind
//! each chance. It is that of the *expected* metric; the realised metric of the same rows scatters around it by its
//! own sampling error on top.

use super::functional::{Functional, Group, functional};
use super::interval::{Estimate, Scale};
use super::isotonic::Calibrator;
use super::ranking;
use super::reliability::{RELIABILITY_BINS, folded_normal};
use super::table::Metric;
use super::tally::Unavailable;
use super::unlabelled::UnlabelledTally;

/// Rows of one cell and one predicted class, and the chance of each to be a positive.
struct Expected {
    group: Group,
    rows: f64,
    chance: f64,
}

/// The cells that hold rows, by ascending score: for each predicted class, how many, and their chance.
fn expected(current: &UnlabelledTally, calibrator: &Calibrator) -> Result<Vec<Expected>, Unavailable> {
    if current.edges() != calibrator.edges() || current.scored() == 0 {
        return Err(Unavailable::NoScores);
    }
    let mut groups = Vec::new();
    for (cell, chance) in calibrator.chances().iter().enumerate() {
        let c = current.cell(cell);
        let sides = [(Some(true), c.positive), (Some(false), c.negative), (None, c.unpredicted)];
        groups.extend(sides.into_iter().filter(|side| side.1 > 0).map(|(predicted, rows)| {
            let rows = rows as f64;
            let (positives, negatives) = (rows * chance, rows * (1.0 - chance));
            Expected { group: Group { cell, predicted, positives, negatives, score: c.score }, rows, chance: *chance }
        }));
    }
    Ok(groups)
}

/// The mean of the calibrated chances: the base rate that the scores promise.
pub(super) fn expected_base_rate(current: &UnlabelledTally, calibrator: &Calibrator) -> Option<Estimate> {
    let groups = expected(current, calibrator).ok()?;
    let n: f64 = groups.iter().map(|g| g.rows).sum();
    let value = groups.iter().map(|g| g.rows * g.chance).sum::<f64>() / n;
    let slopes = vec![((1.0 - value) / n, -value / n); groups.len()];
    finish(&groups, Functional { value, slopes, scale: Scale::Share }, calibrator).ok()
}

impl UnlabelledTally {
    /// The mean of the calibrated chances: the base rate that the scores promise.
    #[must_use]
    pub fn expected_base_rate(&self, calibrator: &Calibrator) -> Option<Estimate> {
        expected_base_rate(self, calibrator)
    }
}

/// The expected metric of a model of two classes. The `n` of the result counts the current rows.
///
/// The calibration error is the one that as many labelled rows would show, upward bias by noise included, as
/// [`super::BinaryTally`] has it.
///
/// # Errors
/// Says why where it cannot be had: another grid than the calibrator's or no scores ([`Unavailable::NoScores`]), no
/// predictions, scores outside [0, 1], 0/0, or a metric of numbers.
pub fn estimate_binary(
    metric: Metric,
    calibrator: &Calibrator,
    current: &UnlabelledTally,
) -> Result<Estimate, Unavailable> {
    let mut groups = expected(current, calibrator)?;
    if matches!(metric, Metric::LogLoss | Metric::Brier | Metric::Ece) && current.outside_unit() > 0 {
        return Err(Unavailable::NotProbabilities);
    }
    if metric == Metric::Ece {
        return expected_calibration_error(&groups, calibrator);
    }
    if !metric.needs_score() {
        groups.retain(|g| g.group.predicted.is_some());
        if groups.is_empty() {
            return Err(Unavailable::NoPredictions);
        }
    }
    let known: Vec<Group> = groups.iter().map(|g| g.group).collect();
    let f = functional(metric, &known, calibrator.chances().len())?;
    finish(&groups, f, calibrator)
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
fn finish(groups: &[Expected], f: Functional, calibrator: &Calibrator) -> Result<Estimate, Unavailable> {
    let each = || groups.iter().zip(&f.slopes);
    let of_rows = ranking::multinomial_variance(each().map(|(g, s)| (g.rows, g.chance * s.0 + (1.0 - g.chance) * s.1)));
    let of_chances = chance_variance(each().map(|(g, s)| (g.group.cell, g.rows * (s.0 - s.1))), calibrator);
    let n = groups.iter().map(|g| g.rows).sum::<f64>() as u64;
    Estimate::new(f.value, (of_rows + of_chances).sqrt(), n, f.scale).ok_or(Unavailable::NotFinite)
}

/// What the chances' own error adds: by cell, how much the statistic moves with the cell's chance.
fn chance_variance(slopes: impl Iterator<Item = (usize, f64)>, calibrator: &Calibrator) -> f64 {
    let mut by_block = vec![0.0; calibrator.blocks().len()];
    for (cell, slope) in slopes {
        if let Some(sum) = by_block.get_mut(calibrator.block_of(cell)) {
            *sum += slope;
        }
    }
    by_block.iter().zip(calibrator.blocks()).map(|(slope, block)| slope * slope * block.variance()).sum()
}

/// What is expected of one bin of the reliability curve.
#[derive(Clone, Copy, Default)]
pub(super) struct ExpectedBin {
    pub(super) rows: f64,
    pub(super) scores: f64,
    pub(super) chances: f64,
    /// Sum of chance times its opposite: the variance of the sum of labels.
    pub(super) variance: f64,
}

/// The calibration error that labels of these chances would show, by the mean and variance of each bin's folded normal.
pub(super) fn folded_error(bins: &[ExpectedBin]) -> Option<(f64, f64)> {
    let n: f64 = bins.iter().map(|b| b.rows).sum();
    let parts = bins.iter().filter(|b| b.rows > 0.0).map(|b| {
        let (mean, variance) = folded_normal((b.chances - b.scores) / b.rows, b.variance.sqrt() / b.rows);
        let weight = b.rows / n;
        (weight * mean, weight * weight * variance)
    });
    (n > 0.0).then(|| parts.fold((0.0, 0.0), |(m, v), (mean, variance)| (m + mean, v + variance)))
}

/// By the cell's mean score: exact for discrete scores, and within a cell's width otherwise.
fn expected_calibration_error(groups: &[Expected], calibrator: &Calibrator) -> Result<Estimate, Unavailable> {
    let mut bins = [ExpectedBin::default(); RELIABILITY_BINS];
    let bin_of = |score: f64| ((score.clamp(0.0, 1.0) * RELIABILITY_BINS as f64) as usize).min(RELIABILITY_BINS - 1);
    for g in groups {
        if let Some(bin) = bins.get_mut(bin_of(g.group.score)) {
            bin.rows += g.rows;
            bin.scores += g.rows * g.group.score;
            bin.chances += g.group.positives;
            bin.variance += g.rows * g.chance * (1.0 - g.chance);
        }
    }
    let (value, of_labels) = folded_error(&bins).ok_or(Unavailable::NoScores)?;
    let n: f64 = groups.iter().map(|g| g.rows).sum();
    let sign = |g: &Expected| bins.get(bin_of(g.group.score)).map_or(0.0, |b| (b.chances - b.scores).signum());
    let of_chances = chance_variance(groups.iter().map(|g| (g.group.cell, sign(g) * g.rows / n)), calibrator);
    Estimate::new(value, (of_labels + of_chances).sqrt(), n as u64, Scale::LossUpTo(1)).ok_or(Unavailable::NotFinite)
}
