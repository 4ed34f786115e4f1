//! The loss of one row.
//!
//! A change of a metric can be split among causes only where the metric is a mean over rows. Some are (accuracy, log
//! loss, mean absolute error); a set metric such as AUC or F1 is not, and is stood in for by the row loss that moves
//! with it most closely: the squared error of the score where there is one, else the 0/1 error.

use super::table::Metric;

/// Probabilities are clipped to [this, 1 - this] before the logarithm: the machine epsilon of 64-bit floats, as
/// scikit-learn's `log_loss` does. A sure and wrong row costs 36 nats, not infinity.
pub const PROBABILITY_EPSILON: f64 = f64::EPSILON;

/// Scores this far outside [0, 1] are rounding of 32-bit probabilities and not margins.
const UNIT_SLACK: f64 = 1e-6;

/// A score as a probability: inside [0, 1], up to rounding.
#[must_use]
#[inline]
pub(super) fn probability(score: f64) -> Option<f64> {
    (-UNIT_SLACK..=1.0 + UNIT_SLACK).contains(&score).then(|| score.clamp(0.0, 1.0))
}

/// -ln of a probability, clipped.
#[inline]
pub(super) fn surprise(probability: f64) -> f64 {
    -probability.clamp(PROBABILITY_EPSILON, 1.0 - PROBABILITY_EPSILON).ln()
}

/// The log loss of one row of two classes.
#[inline]
pub(super) fn log_loss(label: bool, score: f64) -> f64 {
    surprise(if label { score } else { 1.0 - score })
}

/// What one row costs; higher is worse, except for [`RowLoss::Signed`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RowLoss {
    /// 1 for a wrong prediction, else 0.
    ZeroOne,
    /// Negative log-likelihood of the label.
    LogLoss,
    /// Squared error of the probability; over classes, summed.
    Brier,
    /// |prediction - label|.
    Absolute,
    /// (prediction - label)^2.
    Squared,
    /// |prediction - label| / max(|label|, 2.2e-16).
    Percentage,
    /// (ln(1 + prediction) - ln(1 + label))^2.
    SquaredLog,
    /// prediction - label.
    Signed,
}

impl RowLoss {
    /// The row loss that stands for a metric. For accuracy, log loss, Brier, MAE, MAPE and bias its mean is the
    /// metric (for accuracy, 1 less it), for RMSE and RMSLE the metric's square; R2 moves with the squared error.
    /// For AUC, average precision and ECE it is Brier, and 0/1 where there are no scores; for precision, recall, F1,
    /// specificity and MCC the 0/1 error.
    #[must_use]
    pub fn standing_for(metric: Metric, with_scores: bool) -> RowLoss {
        match metric {
            Metric::LogLoss => RowLoss::LogLoss,
            Metric::Brier => RowLoss::Brier,
            Metric::Auc | Metric::AveragePrecision | Metric::Ece if with_scores => RowLoss::Brier,
            Metric::Auc | Metric::AveragePrecision | Metric::Ece => RowLoss::ZeroOne,
            Metric::Accuracy | Metric::Precision | Metric::Recall => RowLoss::ZeroOne,
            Metric::F1 | Metric::Specificity | Metric::Mcc => RowLoss::ZeroOne,
            Metric::Mae => RowLoss::Absolute,
            Metric::Rmse | Metric::R2 => RowLoss::Squared,
            Metric::Mape => RowLoss::Percentage,
            Metric::Rmsle => RowLoss::SquaredLog,
            Metric::Bias => RowLoss::Signed,
        }
    }

    /// Whether the mean of the row loss is the metric (or 1 less it), and not only moves with it.
    #[must_use]
    pub fn is_metric(metric: Metric) -> bool {
        matches!(metric, Metric::Accuracy | Metric::LogLoss | Metric::Brier | Metric::Mae | Metric::Mape | Metric::Bias)
    }

    /// The loss of a row of two classes; `None` where the row lacks what it takes, or for a loss of numbers.
    #[must_use]
    pub fn binary(self, label: bool, predicted: Option<bool>, score: Option<f64>) -> Option<f64> {
        let probability = score.and_then(probability);
        match self {
            RowLoss::ZeroOne => predicted.map(|p| if p == label { 0.0 } else { 1.0 }),
            RowLoss::LogLoss => probability.map(|s| log_loss(label, s)),
            RowLoss::Brier => probability.map(|s| {
                let gap = f64::from(u8::from(label)) - s;
                gap * gap
            }),
            _ => None,
        }
    }

    /// The loss of a row of many classes: whether the prediction is right, and the probabilities of all classes
    /// with the label's position among them (`None`: of a class without a probability).
    #[must_use]
    pub fn multiclass(self, correct: Option<bool>, label: Option<usize>, probabilities: Option<&[f64]>) -> Option<f64> {
        match self {
            RowLoss::ZeroOne => correct.map(|c| if c { 0.0 } else { 1.0 }),
            RowLoss::LogLoss | RowLoss::Brier => {
                let probabilities = probabilities?;
                let mut squares = 0.0;
                for p in probabilities {
                    squares += probability(*p)?.powi(2);
                }
                let of_label = label.map_or(Some(0.0), |l| probabilities.get(l).and_then(|p| probability(*p)))?;
                Some(match self {
                    RowLoss::LogLoss => surprise(of_label),
                    // sum_k p_k^2 with (1 - p)^2 in place of p^2 for the label.
                    _ => (squares + 1.0 - 2.0 * of_label).max(0.0),
                })
            }
            _ => None,
        }
    }

    /// The loss of a predicted number; `None` where either is not finite, where a logarithm of a negative is asked
    /// for, or for a loss of classes.
    #[must_use]
    pub fn regression(self, label: f64, prediction: f64) -> Option<f64> {
        if !(label.is_finite() && prediction.is_finite()) {
            return None;
        }
        let error = prediction - label;
        match self {
            RowLoss::Absolute => Some(error.abs()),
            RowLoss::Squared => Some(error * error),
            RowLoss::Percentage => Some(error.abs() / label.abs().max(PROBABILITY_EPSILON)),
            RowLoss::SquaredLog => (label >= 0.0 && prediction >= 0.0).then(|| {
                let gap = prediction.ln_1p() - label.ln_1p();
                gap * gap
            }),
            RowLoss::Signed => Some(error),
            _ => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn losses() {
        assert_eq!(RowLoss::ZeroOne.binary(true, Some(false), None), Some(1.0));
        assert_eq!(RowLoss::Brier.binary(true, None, Some(0.25)), Some(0.5625));
        assert_eq!(RowLoss::Brier.binary(true, None, Some(7.0)), None);
        assert!((log_loss(false, 1.0) - 36.043_653_389_117_15).abs() < 1e-12);
        assert_eq!(RowLoss::Brier.multiclass(None, Some(1), Some(&[0.25, 0.5, 0.25])), Some(0.375));
        assert_eq!(RowLoss::Brier.multiclass(None, None, Some(&[1.0, 0.0])), Some(2.0));
        assert_eq!(RowLoss::LogLoss.multiclass(None, Some(9), Some(&[1.0])), None);
        assert_eq!(RowLoss::Percentage.regression(2.0, 3.0), Some(0.5));
        assert_eq!(RowLoss::SquaredLog.regression(-2.0, 3.0), None);
        assert_eq!(RowLoss::Absolute.regression(f64::NAN, 3.0), None);
    }
}
