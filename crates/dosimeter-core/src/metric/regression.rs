//! The tally of a model that predicts a number.

use serde::{Deserialize, Serialize};

use super::binary::mean_of;
use super::interval::{Estimate, Scale};
use super::loss::RowLoss;
use super::moments::Moments;
use super::table::{Metric, Task};
use super::tally::Unavailable;

/// Joint moments of the label y and the squared error w = e^2, about the running mean of y: what the sampling error
/// of R2 needs. Moving the centre is a binomial expansion, so two of them merge exactly (Pébay 2008).
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
struct JointMoments {
    n: f64,
    centre: f64,
    /// Sums of d^2, d^3, d^4 with d = y - centre; that of d is 0.
    d: [f64; 3],
    /// Sums of w, w d, w d^2.
    w: [f64; 3],
    /// Sum of w^2.
    w2: f64,
}

impl JointMoments {
    fn one(y: f64, w: f64) -> Self {
        Self { n: 1.0, centre: y, d: [0.0; 3], w: [w, 0.0, 0.0], w2: w * w }
    }

    /// The same rows about another centre; the sum of d comes first.
    fn about(&self, centre: f64) -> ([f64; 4], [f64; 3]) {
        let s = self.centre - centre;
        let ([d2, d3, d4], [w0, w1, w2], n) = (self.d, self.w, self.n);
        (
            [
                n * s,
                d2 + n * s * s,
                d3 + 3.0 * s * d2 + n * s.powi(3),
                d4 + 4.0 * s * d3 + 6.0 * s * s * d2 + n * s.powi(4),
            ],
            [w0, w1 + s * w0, w2 + 2.0 * s * w1 + s * s * w0],
        )
    }

    fn merge(&mut self, other: &Self) {
        if other.n <= 0.0 {
            return;
        }
        if self.n <= 0.0 {
            *self = *other;
            return;
        }
        let n = self.n + other.n;
        let centre = self.centre + (other.centre - self.centre) * (other.n / n);
        let ((da, wa), (db, wb)) = (self.about(centre), other.about(centre));
        self.d = [da[1] + db[1], da[2] + db[2], da[3] + db[3]];
        self.w = [wa[0] + wb[0], wa[1] + wb[1], wa[2] + wb[2]];
        self.w2 += other.w2;
        self.centre = centre;
        self.n = n;
    }

    /// R2 and its variance: 1 - W/V with W the mean squared error and V the label's variance; the influence of a
    /// row is -(w - W)/V + W (d^2 - V)/V^2.
    fn r2(&self) -> Option<(f64, f64)> {
        let n = self.n;
        let (v, mse) = (self.d[0] / n, self.w[0] / n);
        // Below the rounding of the label itself there is no variance.
        let rounding = f64::EPSILON * self.centre.abs();
        if n < 2.0 || v <= rounding * rounding {
            return None;
        }
        let var_w = self.w2 / n - mse * mse;
        let var_d2 = self.d[2] / n - v * v;
        let covariance = self.w[2] / n - mse * v;
        let ratio = mse / v;
        let variance = (var_w - 2.0 * ratio * covariance + ratio * ratio * var_d2) / (v * v) / (n - 1.0);
        // An overflow is no certainty: max would turn NaN into 0.
        Some((1.0 - ratio, if variance.is_nan() { f64::INFINITY } else { variance.max(0.0) }))
    }
}

/// What labelled rows say about a model that predicts a number.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct RegressionTally {
    rows: u64,
    not_finite: u64,
    zero_labels: u64,
    negatives: u64,
    absolute: Moments,
    squared: Moments,
    percentage: Moments,
    percentage_nonzero: Moments,
    squared_log: Moments,
    error: Moments,
    label: Moments,
    prediction: Moments,
    joint: JointMoments,
}

impl RegressionTally {
    /// An empty tally.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Counts one labelled row; a missing, infinite or NaN prediction or label is counted apart and measured in
    /// nothing.
    pub fn add(&mut self, label: f64, prediction: Option<f64>) {
        self.rows += 1;
        let Some(prediction) = prediction.filter(|p| p.is_finite() && label.is_finite()) else {
            self.not_finite += 1;
            return;
        };
        let error = prediction - label;
        self.error.add(error);
        self.absolute.add(error.abs());
        self.squared.add(error * error);
        self.label.add(label);
        self.prediction.add(prediction);
        self.joint.merge(&JointMoments::one(label, error * error));
        if let Some(share) = RowLoss::Percentage.regression(label, prediction) {
            self.percentage.add(share);
            if label == 0.0 {
                self.zero_labels += 1;
            } else {
                self.percentage_nonzero.add(share);
            }
        }
        match RowLoss::SquaredLog.regression(label, prediction) {
            Some(loss) => self.squared_log.add(loss),
            None => self.negatives += 1,
        }
    }

    /// Adds everything that `other` has counted.
    pub fn merge(&mut self, other: &Self) {
        self.rows += other.rows;
        self.not_finite += other.not_finite;
        self.zero_labels += other.zero_labels;
        self.negatives += other.negatives;
        self.absolute.merge(&other.absolute);
        self.squared.merge(&other.squared);
        self.percentage.merge(&other.percentage);
        self.percentage_nonzero.merge(&other.percentage_nonzero);
        self.squared_log.merge(&other.squared_log);
        self.error.merge(&other.error);
        self.label.merge(&other.label);
        self.prediction.merge(&other.prediction);
        self.joint.merge(&other.joint);
    }

    /// Labelled rows.
    #[must_use]
    pub fn rows(&self) -> u64 {
        self.rows
    }

    /// Rows whose label or prediction is missing or not finite.
    #[must_use]
    pub fn not_finite(&self) -> u64 {
        self.not_finite
    }

    /// Labels that are 0: each makes the percentage error enormous.
    #[must_use]
    pub fn zero_labels(&self) -> u64 {
        self.zero_labels
    }

    /// Mean and variance of the label.
    #[must_use]
    pub fn label(&self) -> &Moments {
        &self.label
    }

    /// Mean and variance of the prediction.
    #[must_use]
    pub fn prediction(&self) -> &Moments {
        &self.prediction
    }

    /// Mean and variance of a row loss; `None` for a loss of classes, and for the squared log loss where a value was negative.
    #[must_use]
    pub fn row_losses(&self, loss: RowLoss) -> Option<&Moments> {
        match loss {
            RowLoss::Absolute => Some(&self.absolute),
            RowLoss::Squared => Some(&self.squared),
            RowLoss::Percentage => Some(&self.percentage),
            RowLoss::SquaredLog => (self.negatives == 0).then_some(&self.squared_log),
            RowLoss::Signed => Some(&self.error),
            _ => None,
        }
    }

    /// The mean absolute percentage error over the labels that are not 0.
    #[must_use]
    pub fn mape_nonzero(&self) -> Option<Estimate> {
        mean_of(&self.percentage_nonzero, Scale::Loss).ok()
    }

    /// The metric with its error, where the data can give it.
    #[must_use]
    pub fn estimate(&self, metric: Metric) -> Option<Estimate> {
        self.try_estimate(metric).ok()
    }

    /// The metric with its error.
    ///
    /// # Errors
    /// Says why where the data cannot give it.
    pub fn try_estimate(&self, metric: Metric) -> Result<Estimate, Unavailable> {
        if !metric.tasks().contains(&Task::Regression) {
            return Err(Unavailable::NotForTask);
        }
        if self.rows == 0 {
            return Err(Unavailable::NoRows);
        }
        if self.error.n() == 0 {
            return Err(Unavailable::NoPredictions);
        }
        match metric {
            Metric::Mae => mean_of(&self.absolute, Scale::Loss),
            Metric::Rmse => root_of(&self.squared),
            Metric::Mape => mean_of(&self.percentage, Scale::Loss),
            Metric::Rmsle if self.negatives > 0 => Err(Unavailable::NegativeValues),
            Metric::Rmsle => root_of(&self.squared_log),
            Metric::Bias => mean_of(&self.error, Scale::Real),
            Metric::R2 => {
                let (value, variance) = self.joint.r2().ok_or(Unavailable::ConstantLabel)?;
                Estimate::new(value, variance.sqrt(), self.error.n(), Scale::AtMostOne).ok_or(Unavailable::NotFinite)
            }
            _ => Err(Unavailable::NotForTask),
        }
    }
}

/// The root of a mean, with the error of the mean over twice the root.
fn root_of(moments: &Moments) -> Result<Estimate, Unavailable> {
    let root = moments.mean().ok_or(Unavailable::NotFinite)?.max(0.0).sqrt();
    let se = if root > 0.0 { moments.standard_error() / (2.0 * root) } else { moments.standard_error() };
    Estimate::new(root, se, moments.n(), Scale::Loss).ok_or(Unavailable::NotFinite)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_large_offset_costs_no_precision() {
        let rows: Vec<(f64, f64)> =
            (0..500).map(|i| (f64::from(i * i % 101), f64::from(i * i % 101) + f64::from(i % 7) - 2.0)).collect();
        let tally = |offset: f64| {
            let mut t = RegressionTally::new();
            rows.iter().for_each(|(y, p)| t.add(y + offset, Some(p + offset)));
            t
        };
        let (near, far) = (tally(0.0), tally(1e9));
        for metric in [Metric::Mae, Metric::Rmse, Metric::Bias, Metric::R2] {
            let (a, b) = (near.estimate(metric).expect("rows"), far.estimate(metric).expect("rows"));
            assert!((a.value - b.value).abs() < 1e-9 && (a.se / b.se - 1.0).abs() < 1e-6, "{metric:?} {a:?} {b:?}");
        }
    }

    #[test]
    fn what_cannot_be_said_is_absent() {
        let mut t = RegressionTally::new();
        assert_eq!(t.try_estimate(Metric::Mae), Err(Unavailable::NoRows));
        t.add(f64::NAN, Some(1.0));
        t.add(1.0, None);
        assert_eq!(t.try_estimate(Metric::Mae), Err(Unavailable::NoPredictions));
        t.add(-1.0, Some(1.0));
        assert_eq!(t.try_estimate(Metric::Rmsle), Err(Unavailable::NegativeValues));
        assert_eq!(t.try_estimate(Metric::R2), Err(Unavailable::ConstantLabel));
        assert_eq!(t.try_estimate(Metric::Auc), Err(Unavailable::NotForTask));
        t.add(1e308, Some(-1e308));
        assert_eq!(t.try_estimate(Metric::Rmse), Err(Unavailable::NotFinite));
        assert!(t.estimate(Metric::R2).is_none());
    }
}
