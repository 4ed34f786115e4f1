//! Metrics of a square confusion matrix of any size, each with its gradient by cell.
//!
//! The sampling error of every one of them is the delta method on multinomial counts, so a metric only has to say
//! its value and its derivative. All are homogeneous of degree 0: they depend on shares, not on the number of rows.

use super::ranking::multinomial_variance;
use super::table::Metric;

/// A square matrix of counts, row = label, column = prediction.
pub(super) struct Square {
    size: usize,
    counts: Vec<f64>,
    labels: Vec<f64>,
    predictions: Vec<f64>,
    hits: Vec<f64>,
    total: f64,
}

impl Square {
    /// Takes `size * size` counts by row; missing ones are 0.
    pub(super) fn new(size: usize, counts: impl Iterator<Item = f64>) -> Self {
        let mut square = Square {
            size,
            counts: counts.take(size * size).collect(),
            labels: vec![0.0; size],
            predictions: vec![0.0; size],
            hits: vec![0.0; size],
            total: 0.0,
        };
        square.counts.resize(size * size, 0.0);
        for (i, row) in square.counts.chunks_exact(size.max(1)).enumerate() {
            for (j, count) in row.iter().enumerate() {
                square.labels[i] += count;
                square.predictions[j] += count;
                square.total += count;
                if i == j {
                    square.hits[i] += count;
                }
            }
        }
        square
    }

    pub(super) fn total(&self) -> f64 {
        self.total
    }

    /// The value and the variance of a metric; `None` where it is not defined.
    pub(super) fn measure(&self, metric: Metric) -> Option<(f64, f64)> {
        let (value, slopes) = self.slopes(metric)?;
        if slopes.is_empty() {
            // No correlation; the error is that of an uncorrelated sample.
            return Some((value, 1.0 / self.total));
        }
        Some((value, multinomial_variance(self.counts.iter().copied().zip(slopes))))
    }

    /// The value of a metric and its slope in one more row of each cell, 0 for cells without rows; no slopes where every row
    /// is predicted the same and the correlation has none.
    pub(super) fn slopes(&self, metric: Metric) -> Option<(f64, Vec<f64>)> {
        match metric {
            Metric::Accuracy if self.total > 0.0 => {
                let value = self.hits.iter().sum::<f64>() / self.total;
                Some((value, self.each(|i, j| (if i == j { 1.0 - value } else { -value }) / self.total)))
            }
            Metric::Mcc => self.mcc(),
            Metric::Precision | Metric::Recall | Metric::F1 | Metric::Specificity => self.macro_mean(metric),
            _ => None,
        }
    }

    /// Rows by label and prediction.
    pub(super) fn counts(&self) -> &[f64] {
        &self.counts
    }

    fn each(&self, gradient: impl Fn(usize, usize) -> f64) -> Vec<f64> {
        let size = self.size;
        let slope = |(at, count): (usize, &f64)| if *count > 0.0 { gradient(at / size, at % size) } else { 0.0 };
        self.counts.iter().enumerate().map(slope).collect()
    }

    /// Gorodkin 2004's R_K, which for two classes is Matthews' coefficient: the correlation of label and
    /// prediction. 0 where every row is predicted the same, as scikit-learn has it; `None` where every label is.
    fn mcc(&self) -> Option<(f64, Vec<f64>)> {
        let n = self.total;
        let hits: f64 = self.hits.iter().sum();
        let cross: f64 = self.labels.iter().zip(&self.predictions).map(|(t, p)| t * p).sum();
        let spread = |sums: &[f64]| n * n - sums.iter().map(|s| s * s).sum::<f64>();
        let (of_labels, of_predictions) = (spread(&self.labels), spread(&self.predictions));
        if of_labels <= 0.0 {
            return None;
        }
        if of_predictions <= 0.0 {
            return Some((0.0, Vec::new()));
        }
        let root = (of_labels * of_predictions).sqrt();
        let covariance = hits * n - cross;
        let value = covariance / root;
        let slopes = self.each(|i, j| {
            let hit = if i == j { n } else { 0.0 };
            let d_covariance = hit + hits - self.predictions[i] - self.labels[j];
            let d_labels = 2.0 * (n - self.labels[i]) / of_labels;
            let d_predictions = 2.0 * (n - self.predictions[j]) / of_predictions;
            d_covariance / root - 0.5 * value * (d_labels + d_predictions)
        });
        Some((value, slopes))
    }

    /// The mean of a metric over the classes that occur as label or prediction; 0/0 counts as 0.
    fn macro_mean(&self, metric: Metric) -> Option<(f64, Vec<f64>)> {
        let n = self.total;
        let present: Vec<usize> = (0..self.size).filter(|k| self.labels[*k] + self.predictions[*k] > 0.0).collect();
        if present.is_empty() {
            return None;
        }
        let m = present.len() as f64;
        // Per class: a value v = hits / base, and the derivative's two parts 1/base and v/base.
        let ratio = |hits: f64, base: f64| {
            if base > 0.0 { (hits / base, 1.0 / base) } else { (0.0, 0.0) }
        };
        let mut parts = vec![(0.0, 0.0); self.size];
        for &k in &present {
            let (t, p, h) = (self.labels[k], self.predictions[k], self.hits[k]);
            parts[k] = match metric {
                Metric::Precision => ratio(h, p),
                Metric::Recall => ratio(h, t),
                Metric::F1 => ratio(2.0 * h, t + p),
                _ => ratio(n - t - p + h, n - t),
            };
        }
        let value = parts.iter().map(|part| part.0).sum::<f64>() / m;
        // Specificity's base counts every other class's rows: sums over all classes, less those of i and j.
        let all_inverse: f64 = parts.iter().map(|part| part.1).sum();
        let all_decay: f64 = parts.iter().map(|part| part.0 * part.1).sum();
        let slopes = self.each(|i, j| {
            let hit = if i == j { 1.0 } else { 0.0 };
            let ((vi, bi), (vj, bj)) = (parts[i], parts[j]);
            let slope = match metric {
                Metric::Precision => hit * bj - vj * bj,
                Metric::Recall => hit * bi - vi * bi,
                Metric::F1 => 2.0 * hit * bi - vi * bi - vj * bj,
                _ => {
                    let true_negative = all_inverse - bi - if i == j { 0.0 } else { bj };
                    true_negative - (all_decay - vi * bi)
                }
            };
            slope / m
        });
        Some((value, slopes))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn gradients_give_the_variance_of_a_perturbation() {
        // The delta-method variance from numerical derivatives must equal the analytic one.
        let counts = [50.0, 7.0, 3.0, 4.0, 30.0, 6.0, 9.0, 2.0, 20.0];
        for metric in [Metric::Mcc, Metric::Precision, Metric::Recall, Metric::F1, Metric::Specificity] {
            let (_, variance) = Square::new(3, counts.into_iter()).measure(metric).expect("defined");
            let slope = |at: usize| {
                let moved = |h: f64| {
                    let mut c = counts;
                    c[at] += h;
                    Square::new(3, c.into_iter()).measure(metric).expect("defined").0
                };
                (moved(1e-5) - moved(-1e-5)) / 2e-5
            };
            let numeric = multinomial_variance(counts.iter().enumerate().map(|(at, c)| (*c, slope(at))));
            assert!((numeric / variance - 1.0).abs() < 1e-6, "{metric:?} {numeric} {variance}");
        }
    }

    #[test]
    fn degenerate_matrices() {
        assert!(Square::new(0, std::iter::empty()).measure(Metric::F1).is_none());
        assert!(Square::new(2, std::iter::empty()).measure(Metric::Mcc).is_none());
        let one_prediction = Square::new(2, [8.0, 0.0, 2.0, 0.0].into_iter());
        assert_eq!(one_prediction.measure(Metric::Mcc).map(|m| m.0), Some(0.0));
        // sklearn.metrics.precision_score([0]*8+[1]*2, [0]*10, average="macro", zero_division=0)
        assert_eq!(one_prediction.measure(Metric::Precision).map(|m| m.0), Some(0.4));
    }
}
