//! Every metric of two classes as a function of (possibly fractional) counts by score cell and prediction.
//!
//! Labels give the counts, or calibrated chances give expected ones, or both together; the metric and its slope in each
//! count are the same. With the slopes come the sampling errors, whatever the counts are made of.

use super::confusion::measure;
use super::interval::Scale;
use super::loss::log_loss;
use super::ranking;
use super::table::Metric;
use super::tally::Unavailable;

/// Rows of one score cell and one predicted class.
#[derive(Clone, Copy, Debug)]
pub(super) struct Group {
    pub(super) cell: usize,
    pub(super) predicted: Option<bool>,
    pub(super) positives: f64,
    pub(super) negatives: f64,
    /// The cell's mean score.
    pub(super) score: f64,
}

/// A metric's value, and its slope in one more (positive, negative) of each group.
pub(super) struct Functional {
    pub(super) value: f64,
    pub(super) slopes: Vec<(f64, f64)>,
    pub(super) scale: Scale,
}

/// The metric of these groups, of a grid of so many cells.
///
/// # Errors
/// Says why where they do not give it; the calibration error is no smooth function of counts, and not among them.
pub(super) fn functional(metric: Metric, groups: &[Group], cells: usize) -> Result<Functional, Unavailable> {
    match metric {
        Metric::Auc | Metric::AveragePrecision => ranked(metric, groups, cells),
        Metric::LogLoss | Metric::Brier => mean_loss(metric, groups),
        Metric::Accuracy | Metric::Precision | Metric::Recall | Metric::F1 | Metric::Specificity | Metric::Mcc => {
            of_confusion(metric, groups)
        }
        _ => Err(Unavailable::NotForTask),
    }
}

fn of_confusion(metric: Metric, groups: &[Group]) -> Result<Functional, Unavailable> {
    let mut counts = [0.0; 4];
    for g in groups {
        let [tp, fp, fnn, tn] = &mut counts;
        let (p, n) = if g.predicted == Some(true) { (tp, fp) } else { (fnn, tn) };
        *p += g.positives;
        *n += g.negatives;
    }
    let (value, [tp, fp, fnn, tn]) = if metric == Metric::Mcc {
        mcc(counts).ok_or(Unavailable::OneClass)?
    } else {
        let m = measure(metric, counts).ok_or(match metric {
            Metric::Precision => Unavailable::NothingPredictedPositive,
            Metric::Specificity => Unavailable::NoNegatives,
            _ => Unavailable::NoPositives,
        })?;
        (m.value, m.gradient)
    };
    let slopes = groups.iter().map(|g| if g.predicted == Some(true) { (tp, fp) } else { (fnn, tn) }).collect();
    Ok(Functional { value, slopes, scale: if metric == Metric::Mcc { Scale::Correlation } else { Scale::Share } })
}

/// Matthews' coefficient of (TP, FP, FN, TN) and its gradient; 0 where all is predicted alike, as scikit-learn has it.
fn mcc([tp, fp, fnn, tn]: [f64; 4]) -> Option<(f64, [f64; 4])> {
    let (p, n, yes, no) = (tp + fnn, fp + tn, tp + fp, fnn + tn);
    if !(p > 0.0 && n > 0.0) {
        return None;
    }
    if !(yes > 0.0 && no > 0.0) {
        return Some((0.0, [0.0; 4]));
    }
    let root = (p * n).sqrt() * (yes * no).sqrt();
    let value = (tp * tn - fp * fnn) / root;
    let half = value / 2.0;
    Some((
        value,
        [
            tn / root - half * (1.0 / p + 1.0 / yes),
            -fnn / root - half * (1.0 / n + 1.0 / yes),
            -fp / root - half * (1.0 / p + 1.0 / no),
            tp / root - half * (1.0 / n + 1.0 / no),
        ],
    ))
}

fn ranked(metric: Metric, groups: &[Group], cells: usize) -> Result<Functional, Unavailable> {
    let mut by_cell = vec![(0.0, 0.0); cells];
    for g in groups {
        if let Some(cell) = by_cell.get_mut(g.cell) {
            cell.0 += g.positives;
            cell.1 += g.negatives;
        }
    }
    let found = if metric == Metric::Auc {
        ranking::auc(&by_cell).ok_or(Unavailable::OneClass)?
    } else {
        ranking::average_precision(&by_cell).ok_or(Unavailable::NoPositives)?
    };
    let slopes = groups.iter().map(|g| found.gradient.get(g.cell).copied().unwrap_or_default()).collect();
    Ok(Functional { value: found.value, slopes, scale: Scale::Share })
}

/// Losses by the cell's mean score: exact for discrete scores, and within a cell's width otherwise.
fn mean_loss(metric: Metric, groups: &[Group]) -> Result<Functional, Unavailable> {
    let n: f64 = groups.iter().map(|g| g.positives + g.negatives).sum();
    if n <= 0.0 {
        return Err(Unavailable::NoRows);
    }
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
    let value = groups.iter().zip(&losses).map(|(g, l)| g.positives * l.0 + g.negatives * l.1).sum::<f64>() / n;
    let slopes = losses.iter().map(|l| ((l.0 - value) / n, (l.1 - value) / n)).collect();
    let scale = if metric == Metric::LogLoss { Scale::Loss } else { Scale::LossUpTo(1) };
    Ok(Functional { value, slopes, scale })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn mcc_is_that_of_sklearn_and_its_gradient_the_derivative() {
        // sklearn.metrics.matthews_corrcoef([1]*50 + [0]*50, [1]*40 + [0]*10 + [1]*7 + [0]*43)
        let counts = [40.0, 7.0, 10.0, 43.0];
        let (value, gradient) = mcc(counts).expect("two classes");
        assert!((value - 0.661_191_217_253_210_3).abs() < 1e-12, "{value}");
        for i in 0..4 {
            let (mut up, mut down) = (counts, counts);
            up[i] += 1e-5;
            down[i] -= 1e-5;
            let slope = (mcc(up).expect("").0 - mcc(down).expect("").0) / 2e-5;
            assert!((slope - gradient[i]).abs() < 1e-8, "{i}: {slope} {}", gradient[i]);
        }
        assert!(mcc([0.0, 3.0, 0.0, 4.0]).is_none());
    }
}
