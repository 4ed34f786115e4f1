//! The confusion matrix of two classes.

use serde::{Deserialize, Serialize};

use super::interval::{Estimate, Scale, error_at_the_end};
use super::ranking::multinomial_variance;
use super::square::Square;
use super::table::Metric;
use super::tally::Unavailable;

/// Rows by label and predicted class.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Confusion {
    /// Positive, predicted so.
    pub true_positives: u64,
    /// Negative, predicted positive.
    pub false_positives: u64,
    /// Positive, predicted negative.
    pub false_negatives: u64,
    /// Negative, predicted so.
    pub true_negatives: u64,
}

/// A metric of the four counts (TP, FP, FN, TN): its value, its gradient, and the rows in its denominator.
pub(super) struct Measured {
    pub(super) value: f64,
    pub(super) gradient: [f64; 4],
    pub(super) support: f64,
}

/// A share of the counts: those in `hits` out of those in `base`.
fn share(counts: [f64; 4], hits: [f64; 4], base: [f64; 4]) -> Option<Measured> {
    let dot = |weights: [f64; 4]| counts.iter().zip(weights).map(|(c, w)| c * w).sum::<f64>();
    let support = dot(base);
    if support <= 0.0 {
        return None;
    }
    let value = dot(hits) / support;
    let mut gradient = [0.0; 4];
    for ((g, hit), base) in gradient.iter_mut().zip(hits).zip(base) {
        *g = (hit - value * base) / support;
    }
    Some(Measured { value, gradient, support })
}

/// Accuracy, precision, recall, F1 or specificity of possibly fractional counts (TP, FP, FN, TN).
pub(super) fn measure(metric: Metric, counts: [f64; 4]) -> Option<Measured> {
    match metric {
        Metric::Accuracy => share(counts, [1.0, 0.0, 0.0, 1.0], [1.0; 4]),
        Metric::Precision => share(counts, [1.0, 0.0, 0.0, 0.0], [1.0, 1.0, 0.0, 0.0]),
        Metric::Recall => share(counts, [1.0, 0.0, 0.0, 0.0], [1.0, 0.0, 1.0, 0.0]),
        Metric::Specificity => share(counts, [0.0, 0.0, 0.0, 1.0], [0.0, 1.0, 0.0, 1.0]),
        // Its base counts true positives twice; the rows behind it count once.
        Metric::F1 => share(counts, [2.0, 0.0, 0.0, 0.0], [2.0, 1.0, 1.0, 0.0]).map(|m| {
            let [tp, fp, fnn, _] = counts;
            Measured { support: tp + fp + fnn, ..m }
        }),
        _ => None,
    }
}

impl Confusion {
    /// Counts one row.
    #[inline]
    pub fn add(&mut self, label: bool, predicted: bool) {
        match (label, predicted) {
            (true, true) => self.true_positives += 1,
            (false, true) => self.false_positives += 1,
            (true, false) => self.false_negatives += 1,
            (false, false) => self.true_negatives += 1,
        }
    }

    /// Adds another's counts.
    pub fn merge(&mut self, other: &Self) {
        self.true_positives += other.true_positives;
        self.false_positives += other.false_positives;
        self.false_negatives += other.false_negatives;
        self.true_negatives += other.true_negatives;
    }

    /// All rows.
    #[must_use]
    pub fn rows(&self) -> u64 {
        self.true_positives + self.false_positives + self.false_negatives + self.true_negatives
    }

    fn counts(&self) -> [f64; 4] {
        [self.true_positives, self.false_positives, self.false_negatives, self.true_negatives].map(|c| c as f64)
    }

    /// Accuracy, precision, recall, F1, specificity or MCC.
    ///
    /// # Errors
    /// Says why where the counts do not give it: no rows, or 0/0.
    pub fn estimate(&self, metric: Metric) -> Result<Estimate, Unavailable> {
        if self.rows() == 0 {
            return Err(Unavailable::NoPredictions);
        }
        let counts = self.counts();
        if metric == Metric::Mcc {
            let [tp, fp, fnn, tn] = counts;
            let (value, variance) =
                Square::new(2, [tn, fp, fnn, tp].into_iter()).measure(Metric::Mcc).ok_or(Unavailable::OneClass)?;
            return Estimate::bounded(value, variance.sqrt(), self.rows(), Scale::Correlation)
                .ok_or(Unavailable::NotFinite);
        }
        let undefined = match metric {
            Metric::Precision => Unavailable::NothingPredictedPositive,
            Metric::Recall | Metric::F1 => Unavailable::NoPositives,
            Metric::Specificity => Unavailable::NoNegatives,
            Metric::Accuracy => Unavailable::NoPredictions,
            _ => return Err(Unavailable::NotForTask),
        };
        let measured = measure(metric, counts).ok_or(undefined)?;
        let variance = multinomial_variance(counts.into_iter().zip(measured.gradient));
        let at_end = measured.value <= 0.0 || measured.value >= 1.0;
        let se = if at_end { error_at_the_end(measured.support) } else { variance.sqrt() };
        let scale = if metric == Metric::F1 { Scale::F1 } else { Scale::Share };
        Estimate::new(measured.value, se, measured.support as u64, scale).ok_or(Unavailable::NotFinite)
    }
}
