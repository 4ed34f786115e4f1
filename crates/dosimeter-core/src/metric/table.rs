//! The metrics, one table: everything that is said about a metric is said here once.

use serde::{Deserialize, Serialize};

/// What the model predicts.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Task {
    /// One of two classes.
    Binary,
    /// One of three or more classes.
    Multiclass,
    /// A number.
    Regression,
}

/// A measure of performance; [`METRICS`] says what each one is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Metric {
    /// Share of rows predicted right.
    Accuracy,
    /// Area under the ROC curve.
    Auc,
    /// Area under the precision-recall curve, as a step function.
    AveragePrecision,
    /// Mean negative log-likelihood, in nats.
    LogLoss,
    /// Mean squared error of the probabilities.
    Brier,
    /// Share of the predicted positives that are positive.
    Precision,
    /// Share of the positives that are predicted so.
    Recall,
    /// Harmonic mean of precision and recall.
    F1,
    /// Share of the negatives that are predicted so.
    Specificity,
    /// Matthews correlation coefficient.
    Mcc,
    /// Expected calibration error.
    Ece,
    /// Mean absolute error.
    Mae,
    /// Root of the mean squared error.
    Rmse,
    /// Mean absolute percentage error, as a fraction.
    Mape,
    /// Root of the mean squared logarithmic error.
    Rmsle,
    /// Mean of prediction minus label.
    Bias,
    /// Coefficient of determination.
    R2,
}

/// Which way is better.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Direction {
    Higher,
    Lower,
    Zero,
}

/// What is lost by default before it counts as harm.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Tolerance {
    /// A tenth of what is missing to 1, and at least 0.005.
    OfTheGap,
    /// A tenth of the reference value.
    OfTheValue,
    /// 0.02, whatever the reference value.
    Fixed,
}

/// One line of [`METRICS`].
#[derive(Debug)]
pub struct MetricRow {
    /// The metric.
    pub metric: Metric,
    /// Its id in files, flags and results.
    pub id: &'static str,
    /// Its name for people.
    pub title: &'static str,
    /// Other ids that are understood.
    pub aliases: &'static [&'static str],
    /// The tasks that it is defined for.
    pub tasks: &'static [Task],
    /// Whether it is made from scores and not from predicted classes.
    pub needs_score: bool,
    /// What it is, with scikit-learn's name for it where there is one.
    pub definition: &'static str,
    /// How the standard error is made.
    pub error: &'static str,
    direction: Direction,
    tolerance: Tolerance,
}

const CLASSES: &[Task] = &[Task::Binary, Task::Multiclass];
const BINARY: &[Task] = &[Task::Binary];
const NUMBER: &[Task] = &[Task::Regression];

/// Every metric, in the order in which they are shown.
pub static METRICS: &[MetricRow] = &[
    MetricRow {
        metric: Metric::Accuracy,
        id: "accuracy",
        title: "Accuracy",
        aliases: &["acc", "accuracy_score"],
        tasks: CLASSES,
        needs_score: false,
        definition: "accuracy_score: rows predicted right / rows with a prediction",
        error: "binomial",
        direction: Direction::Higher,
        tolerance: Tolerance::OfTheGap,
    },
    MetricRow {
        metric: Metric::Auc,
        id: "auc",
        title: "ROC AUC",
        aliases: &["roc_auc", "auroc", "roc_auc_score"],
        tasks: CLASSES,
        needs_score: true,
        definition: "roc_auc_score (multiclass: one-vs-rest, macro): the chance that a positive scores above a \
                     negative, ties 1/2; rows in one cell of the score grid tie",
        error: "DeLong, DeLong & Clarke-Pearson 1988 on the cells; macro: combined over classes, \
                on the safe side",
        direction: Direction::Higher,
        tolerance: Tolerance::OfTheGap,
    },
    MetricRow {
        metric: Metric::AveragePrecision,
        id: "average_precision",
        title: "Average precision",
        aliases: &["ap", "pr_auc", "average_precision_score"],
        tasks: BINARY,
        needs_score: true,
        definition: "average_precision_score: sum over thresholds of precision times the step in recall, one \
                     threshold a cell of the score grid",
        error: "delta method on the multinomial cells",
        direction: Direction::Higher,
        tolerance: Tolerance::OfTheGap,
    },
    MetricRow {
        metric: Metric::LogLoss,
        id: "log_loss",
        title: "Log loss",
        aliases: &["logloss", "cross_entropy", "neg_log_loss"],
        tasks: CLASSES,
        needs_score: true,
        definition: "log_loss: mean of -ln(probability of the label), probabilities clipped to [2.2e-16, 1 - 2.2e-16]",
        error: "central limit theorem",
        direction: Direction::Lower,
        tolerance: Tolerance::OfTheValue,
    },
    MetricRow {
        metric: Metric::Brier,
        id: "brier",
        title: "Brier score",
        aliases: &["brier_score", "brier_score_loss", "brier_loss"],
        tasks: CLASSES,
        needs_score: true,
        definition: "brier_score_loss: mean of (score - label)^2; multiclass: summed over classes, in [0, 2]",
        error: "central limit theorem",
        direction: Direction::Lower,
        tolerance: Tolerance::OfTheValue,
    },
    MetricRow {
        metric: Metric::Precision,
        id: "precision",
        title: "Precision",
        aliases: &["ppv", "precision_score"],
        tasks: CLASSES,
        needs_score: false,
        definition: "precision_score (multiclass: macro, 0/0 = 0): true positives / predicted positives",
        error: "binomial on the predicted positives; macro: delta method on the multinomial confusion matrix",
        direction: Direction::Higher,
        tolerance: Tolerance::OfTheGap,
    },
    MetricRow {
        metric: Metric::Recall,
        id: "recall",
        title: "Recall",
        aliases: &["sensitivity", "tpr", "recall_score"],
        tasks: CLASSES,
        needs_score: false,
        definition: "recall_score (multiclass: macro, 0/0 = 0): true positives / positives",
        error: "binomial on the positives; macro: delta method on the multinomial confusion matrix",
        direction: Direction::Higher,
        tolerance: Tolerance::OfTheGap,
    },
    MetricRow {
        metric: Metric::F1,
        id: "f1",
        title: "F1 score",
        aliases: &["f1_score", "f_measure"],
        tasks: CLASSES,
        needs_score: false,
        definition: "f1_score (multiclass: macro, 0/0 = 0): 2 TP / (2 TP + FP + FN)",
        error: "delta method on the multinomial confusion matrix",
        direction: Direction::Higher,
        tolerance: Tolerance::OfTheGap,
    },
    MetricRow {
        metric: Metric::Specificity,
        id: "specificity",
        title: "Specificity",
        aliases: &["tnr", "true_negative_rate"],
        tasks: CLASSES,
        needs_score: false,
        definition: "recall of the negatives (multiclass: macro over one-vs-rest, 0/0 = 0)",
        error: "binomial on the negatives; macro: delta method on the multinomial confusion matrix",
        direction: Direction::Higher,
        tolerance: Tolerance::OfTheGap,
    },
    MetricRow {
        metric: Metric::Mcc,
        id: "mcc",
        title: "Matthews correlation",
        aliases: &["matthews_corrcoef", "matthews", "phi"],
        tasks: CLASSES,
        needs_score: false,
        definition: "matthews_corrcoef (multiclass: Gorodkin 2004's R_K)",
        error: "delta method on the multinomial confusion matrix",
        direction: Direction::Higher,
        tolerance: Tolerance::OfTheGap,
    },
    MetricRow {
        metric: Metric::Ece,
        id: "ece",
        title: "Expected calibration error",
        aliases: &["expected_calibration_error", "calibration_error"],
        tasks: CLASSES,
        needs_score: true,
        definition: "mean over rows of |mean label - mean score| of the row's bin, 10 equal-width bins (multiclass: \
                     of the most probable class); biased upwards by noise",
        error: "folded normal per bin",
        direction: Direction::Lower,
        tolerance: Tolerance::Fixed,
    },
    MetricRow {
        metric: Metric::Mae,
        id: "mae",
        title: "Mean absolute error",
        aliases: &["mean_absolute_error"],
        tasks: NUMBER,
        needs_score: false,
        definition: "mean_absolute_error",
        error: "central limit theorem",
        direction: Direction::Lower,
        tolerance: Tolerance::OfTheValue,
    },
    MetricRow {
        metric: Metric::Rmse,
        id: "rmse",
        title: "Root mean squared error",
        aliases: &["root_mean_squared_error"],
        tasks: NUMBER,
        needs_score: false,
        definition: "root_mean_squared_error",
        error: "delta method on the mean squared error",
        direction: Direction::Lower,
        tolerance: Tolerance::OfTheValue,
    },
    MetricRow {
        metric: Metric::Mape,
        id: "mape",
        title: "Mean absolute percentage error",
        aliases: &["mean_absolute_percentage_error"],
        tasks: NUMBER,
        needs_score: false,
        definition: "mean_absolute_percentage_error: mean of |label - prediction| / max(|label|, 2.2e-16), a fraction; \
                     one label of 0 makes it enormous",
        error: "central limit theorem",
        direction: Direction::Lower,
        tolerance: Tolerance::OfTheValue,
    },
    MetricRow {
        metric: Metric::Rmsle,
        id: "rmsle",
        title: "Root mean squared log error",
        aliases: &["root_mean_squared_log_error"],
        tasks: NUMBER,
        needs_score: false,
        definition: "root_mean_squared_log_error: on ln(1 + value); absent where a label or prediction is negative",
        error: "delta method on the mean squared log error",
        direction: Direction::Lower,
        tolerance: Tolerance::OfTheValue,
    },
    MetricRow {
        metric: Metric::Bias,
        id: "bias",
        title: "Bias",
        aliases: &["mean_error", "mean_bias_error"],
        tasks: NUMBER,
        needs_score: false,
        definition: "mean of prediction - label; 0 is best",
        error: "central limit theorem",
        direction: Direction::Zero,
        tolerance: Tolerance::OfTheValue,
    },
    MetricRow {
        metric: Metric::R2,
        id: "r2",
        title: "R squared",
        aliases: &["r2_score", "r_squared"],
        tasks: NUMBER,
        needs_score: false,
        definition: "r2_score: 1 - mean squared error / variance of the label",
        error: "delta method on the joint moments of squared error and label",
        direction: Direction::Higher,
        tolerance: Tolerance::OfTheGap,
    },
];

impl Task {
    /// The id in files, flags and results.
    #[must_use]
    pub fn id(self) -> &'static str {
        match self {
            Task::Binary => "binary",
            Task::Multiclass => "multiclass",
            Task::Regression => "regression",
        }
    }
}

impl Metric {
    /// The metric's line of [`METRICS`]; `None` never happens, a test holds that every metric has one.
    fn row(self) -> Option<&'static MetricRow> {
        METRICS.iter().find(|row| row.metric == self)
    }

    /// Every metric, in the order in which they are shown.
    pub fn all() -> impl Iterator<Item = Metric> {
        METRICS.iter().map(|row| row.metric)
    }

    /// The id in files, flags and results, as `log_loss`.
    #[must_use]
    pub fn id(self) -> &'static str {
        self.row().map_or("", |row| row.id)
    }

    /// Reads an id or an alias; case, spaces and hyphens do not matter.
    #[must_use]
    pub fn parse(text: &str) -> Option<Metric> {
        let wanted: String =
            text.trim().chars().map(|c| if c == '-' || c == ' ' { '_' } else { c.to_ascii_lowercase() }).collect();
        METRICS.iter().find(|row| row.id == wanted || row.aliases.contains(&wanted.as_str())).map(|row| row.metric)
    }

    /// The name for people.
    #[must_use]
    pub fn title(self) -> &'static str {
        self.row().map_or("", |row| row.title)
    }

    /// What it is, with scikit-learn's name for it.
    #[must_use]
    pub fn definition(self) -> &'static str {
        self.row().map_or("", |row| row.definition)
    }

    /// Whether more of it is better; `false` for errors, and for the bias, whose best is 0.
    #[must_use]
    pub fn higher_is_better(self) -> bool {
        self.row().is_some_and(|row| row.direction == Direction::Higher)
    }

    /// The tasks that it is defined for.
    #[must_use]
    pub fn tasks(self) -> &'static [Task] {
        self.row().map_or(&[], |row| row.tasks)
    }

    /// Whether it is made from scores and not from predicted classes.
    #[must_use]
    pub fn needs_score(self) -> bool {
        self.row().is_some_and(|row| row.needs_score)
    }

    /// The metric that is watched where nobody chose one.
    #[must_use]
    pub fn default_for(task: Task) -> Metric {
        match task {
            Task::Binary | Task::Multiclass => Metric::Accuracy,
            Task::Regression => Metric::Mae,
        }
    }

    /// How much worse `current` is than `reference`, in the metric's unit; negative where it is better.
    #[must_use]
    pub fn worsening(self, reference: f64, current: f64) -> f64 {
        match self.row().map(|row| row.direction) {
            Some(Direction::Higher) => reference - current,
            Some(Direction::Zero) => current.abs() - reference.abs(),
            Some(Direction::Lower) | None => current - reference,
        }
    }

    /// The worsening that is tolerated where nobody chose one, in the metric's unit:
    /// - where 1 is best: a tenth of what is missing to 1, and at least 0.005;
    /// - for errors: a tenth of the reference value;
    /// - for the calibration error: 0.02;
    /// - for the bias: a tenth of its size, which says little as a healthy bias is near 0;
    ///   [`super::Tally::default_tolerance`] takes a tenth of the mean absolute error instead.
    #[must_use]
    pub fn default_tolerance(self, reference: f64) -> f64 {
        match self.row().map(|row| row.tolerance) {
            Some(Tolerance::OfTheGap) => (0.1 * (1.0 - reference)).max(0.005),
            Some(Tolerance::Fixed) => 0.02,
            Some(Tolerance::OfTheValue) | None => 0.1 * reference.abs(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn table_and_enum_agree() {
        assert_eq!(METRICS.len(), Metric::R2 as usize + 1);
        for (i, row) in METRICS.iter().enumerate() {
            assert_eq!(row.metric as usize, i, "{} out of order", row.id);
            let json = serde_json::to_string(&row.metric).expect("serialises");
            assert_eq!(json, format!("\"{}\"", row.id));
            assert_eq!(Metric::parse(row.id), Some(row.metric));
            for alias in row.aliases {
                assert_eq!(Metric::parse(alias), Some(row.metric));
            }
        }
        assert_eq!(Metric::parse("ROC-AUC"), Some(Metric::Auc));
        assert_eq!(Metric::parse("nonsense"), None);
    }

    #[test]
    fn direction_and_tolerance() {
        assert!((Metric::Accuracy.worsening(0.9, 0.8) - 0.1).abs() < 1e-12);
        assert!((Metric::Mae.worsening(2.0, 3.0) - 1.0).abs() < 1e-12);
        assert!((Metric::Bias.worsening(-1.0, 0.5) + 0.5).abs() < 1e-12);
        assert!((Metric::Accuracy.default_tolerance(0.8) - 0.02).abs() < 1e-12);
        assert_eq!(Metric::Auc.default_tolerance(0.99), 0.005);
        assert!((Metric::Rmse.default_tolerance(20.0) - 2.0).abs() < 1e-12);
        assert_eq!(Metric::Ece.default_tolerance(0.3), 0.02);
    }
}
