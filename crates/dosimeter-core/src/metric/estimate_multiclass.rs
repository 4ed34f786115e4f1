//! The metric of many classes before the labels come, and with a few of them.
//!
//! The expected confusion matrix of [`ExpectedTally`] gives accuracy and every macro metric, as counts of labels would;
//! expected positives by score cell give the one-vs-rest AUC. As for two classes, all of it **assumes that P(Y | scores)
//! is what it was in the reference**.
//!
//! The standard error is that of the expected metric. The part of the current rows: how much a row's expected contribution
//! varies, exactly for accuracy, log loss and Brier; for macro metrics with the wrong rows of a predicted class spread as they
//! are on average; for the AUC that of labels, which is larger. The part of the reference: the error of the predicted class's
//! chance by isotonic block for what comes of the confusion matrix; the metric's own error in the reference for the rest.

use super::estimate::{ExpectedBin, folded_error};
use super::expected_classes::{ClassCalibrators, ExpectedTally};
use super::interval::{Estimate, Scale};
use super::multiclass::{MulticlassTally, macro_error};
use super::prediction_powered::Guessed;
use super::ranking;
use super::square::Square;
use super::table::{Metric, Task};
use super::tally::Unavailable;

/// The expected metric of a model of many classes. `reference` is the labelled tally that the calibrators learned from.
/// The `n` of the result counts the current rows.
///
/// # Errors
/// Says why where it cannot be had.
pub fn estimate_multiclass(
    metric: Metric,
    reference: &MulticlassTally,
    calibrators: &ClassCalibrators,
    current: &ExpectedTally,
) -> Result<Estimate, Unavailable> {
    if !metric.tasks().contains(&Task::Multiclass) {
        return Err(Unavailable::NotForTask);
    }
    let n = current.rows() - current.unscored();
    if n == 0 || current.classes() != calibrators.classes() {
        return Err(Unavailable::NoScores);
    }
    let of_reference = || reference.try_estimate(metric).map(|e| e.se);
    let [log_loss, brier] = current.losses();
    let (value, of_rows, of_chances, scale) = match metric {
        Metric::LogLoss => (log_loss.mean(), log_loss.standard_error(), of_reference()?, Scale::Loss),
        Metric::Brier => (brier.mean(), brier.standard_error(), of_reference()?, Scale::LossUpTo(2)),
        Metric::Ece => {
            let bins: Vec<ExpectedBin> = current
                .top()
                .iter()
                .map(|b| ExpectedBin {
                    rows: b.rows as f64,
                    scores: b.scores,
                    chances: b.chances,
                    variance: b.variance,
                })
                .collect();
            let (value, variance) = folded_error(&bins).ok_or(Unavailable::NoScores)?;
            (Some(value), variance.sqrt(), of_reference()?, Scale::LossUpTo(1))
        }
        Metric::Auc => {
            let (value, se) = macro_auc(reference, current)?;
            (Some(value), se, of_reference()?, Scale::Share)
        }
        _ => {
            let scale = if metric == Metric::Mcc { Scale::Correlation } else { Scale::Share };
            let (value, of_rows, of_chances) = of_confusion(metric, calibrators, current)?;
            (Some(value), of_rows, of_chances, scale)
        }
    };
    Estimate::on(value.ok_or(Unavailable::NotFinite)?, of_rows.hypot(of_chances), n, scale)
        .ok_or(Unavailable::NotFinite)
}

/// Value, and the errors that come of the current rows and of the chances.
fn of_confusion(
    metric: Metric,
    calibrators: &ClassCalibrators,
    current: &ExpectedTally,
) -> Result<(f64, f64, f64), Unavailable> {
    let size = current.classes() + 1;
    let square = Square::new(size, current.confusion().iter().copied());
    let (value, slopes) = square.slopes(metric).ok_or(Unavailable::OneClass)?;
    let slope = |i: usize, j: usize| slopes.get(i * size + j).copied().unwrap_or(0.0);
    let (mut squares, mut sum, mut rows, mut of_chances) = (0.0, 0.0, 0.0, 0.0);
    for (j, hit) in current.hit().iter().enumerate() {
        let (n, Some(mean)) = (hit.n() as f64, hit.mean()) else { continue };
        // What one more row costs that is predicted to be of class j and is not: as those are on average.
        let (mut wrong, mut weight) = (0.0, 0.0);
        for i in (0..size).filter(|i| *i != j) {
            let count = square.counts().get(i * size + j).copied().unwrap_or(0.0);
            wrong += count * slope(i, j);
            weight += count;
        }
        let wrong = if weight > 0.0 { wrong / weight } else { 0.0 };
        // A class of which nothing is expected to be right has no slope of its own there.
        let gain = slope(j, j) - wrong;
        let expected = wrong + mean * gain;
        squares += n * (expected * expected + gain * gain * hit.variance().unwrap_or(0.0));
        sum += n * expected;
        rows += n;
        of_chances += gain * gain * chance_variance(calibrators, current, j);
    }
    let of_rows = (squares - sum * sum / rows.max(1.0)).max(0.0);
    Ok((value, of_rows.sqrt(), of_chances.sqrt()))
}

/// The variance of the expected number of right rows among those predicted to be of a class.
fn chance_variance(calibrators: &ClassCalibrators, current: &ExpectedTally, class: usize) -> f64 {
    let Some(calibrator) = calibrators.class(class) else {
        return 0.0;
    };
    let each = current.hit_blocks(class).iter().zip(calibrator.blocks());
    each.map(|(rows, block)| (*rows as f64).powi(2) * block.variance()).sum()
}

/// The mean of the expected one-vs-rest AUCs of the classes that the reference has and of which a row at least is expected.
fn macro_auc(reference: &MulticlassTally, current: &ExpectedTally) -> Result<(f64, f64), Unavailable> {
    let (mut values, mut parts) = (Vec::new(), Vec::new());
    for class in 0..current.classes() {
        if reference.label_counts().get(class).is_none_or(|n| *n == 0) {
            continue;
        }
        let curve = current.curve(class);
        let (positives, negatives) = curve.iter().fold((0.0, 0.0), |(p, n), c| (p + c.0, n + c.1));
        if positives < 1.0 || negatives < 1.0 {
            continue;
        }
        if let Some(auc) = ranking::auc(&curve) {
            parts.push(ranking::auc_variance(&curve, &auc).unwrap_or([1.0 / positives, 1.0 / negatives]));
            values.push(auc.value);
        }
    }
    let k = values.len() as f64;
    if values.is_empty() {
        return Err(Unavailable::OneClass);
    }
    Ok((values.iter().sum::<f64>() / k, macro_error(&parts)))
}

/// Accuracy, log loss or Brier of many classes in a window of which some rows have labels.
///
/// # Errors
/// Says why where it cannot be had; the labels alone are to be taken then. Other metrics are not combined.
pub fn combine_multiclass(metric: Metric, current: &ExpectedTally) -> Result<Estimate, Unavailable> {
    let [right, log_loss, brier] = current.labelled();
    let [all_log, all_brier] = current.losses();
    let mut hits = super::moments::Moments::default();
    current.hit().iter().for_each(|m| hits.merge(m));
    let (both, all, scale) = match metric {
        Metric::Accuracy => (right, &hits, Scale::Share),
        Metric::LogLoss => (log_loss, all_log, Scale::Loss),
        Metric::Brier => (brier, all_brier, Scale::LossUpTo(2)),
        _ => return Err(Unavailable::NotForTask),
    };
    let rest = all.without(both.guess()).ok_or(Unavailable::NoRows)?;
    let (value, se, _) = Guessed { labels: both.loss(), both, rest: &rest }.combine().ok_or(Unavailable::NoRows)?;
    let value = if scale == Scale::Share { value.clamp(0.0, 1.0) } else { value.max(0.0) };
    Estimate::on(value, se, both.n(), scale).ok_or(Unavailable::NotFinite)
}
