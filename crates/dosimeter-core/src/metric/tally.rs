//! One tally over the three tasks.

use serde::{Deserialize, Serialize};

use super::binary::BinaryTally;
use super::interval::Estimate;
use super::multiclass::MulticlassTally;
use super::regression::RegressionTally;
use super::table::{Metric, Task};

/// Why two tallies cannot be merged.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum MergeError {
    /// Binary against regression, and the like.
    #[error("the two tallies are of different tasks")]
    Task,
    /// Their counts do not refer to the same cells.
    #[error("the two tallies were made on different score grids")]
    Grid,
    /// Their counts do not refer to the same classes.
    #[error("the two tallies were made for different classes")]
    Classes,
}

/// Why a metric cannot be given.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, thiserror::Error)]
#[serde(rename_all = "snake_case")]
pub enum Unavailable {
    /// AUC of a regression, and the like.
    #[error("the metric is not defined for this task")]
    NotForTask,
    /// There is nothing to measure.
    #[error("there are no labelled rows")]
    NoRows,
    /// Only scores, or nothing.
    #[error("no labelled row has a prediction")]
    NoPredictions,
    /// Only predicted classes.
    #[error("no labelled row has a score")]
    NoScores,
    /// The score is a margin and not a probability.
    #[error("scores lie outside [0, 1], so they are no probabilities")]
    NotProbabilities,
    /// All labels are the same.
    #[error("all labels are of one class")]
    OneClass,
    /// Precision of nothing.
    #[error("no row was predicted positive")]
    NothingPredictedPositive,
    /// Recall of nothing.
    #[error("no row is positive")]
    NoPositives,
    /// Specificity of nothing.
    #[error("no row is negative")]
    NoNegatives,
    /// The logarithm of a negative number.
    #[error("a label or prediction is negative")]
    NegativeValues,
    /// A share of no variance.
    #[error("the label does not vary")]
    ConstantLabel,
    /// The sums left the range of numbers.
    #[error("the values are too large to be summed")]
    NotFinite,
}

/// What labelled rows say about a model, for any task.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Tally {
    /// Two classes.
    Binary(BinaryTally),
    /// Many classes.
    Multiclass(MulticlassTally),
    /// Numbers.
    Regression(RegressionTally),
}

impl Tally {
    /// The task.
    #[must_use]
    pub fn task(&self) -> Task {
        match self {
            Tally::Binary(_) => Task::Binary,
            Tally::Multiclass(_) => Task::Multiclass,
            Tally::Regression(_) => Task::Regression,
        }
    }

    /// Labelled rows.
    #[must_use]
    pub fn rows(&self) -> u64 {
        match self {
            Tally::Binary(t) => t.rows(),
            Tally::Multiclass(t) => t.rows(),
            Tally::Regression(t) => t.rows(),
        }
    }

    /// Adds everything that `other` has counted.
    ///
    /// # Errors
    /// Refuses another task, score grid or list of classes; nothing has changed then.
    pub fn merge(&mut self, other: &Tally) -> Result<(), MergeError> {
        match (self, other) {
            (Tally::Binary(a), Tally::Binary(b)) => a.merge(b),
            (Tally::Multiclass(a), Tally::Multiclass(b)) => a.merge(b),
            (Tally::Regression(a), Tally::Regression(b)) => {
                a.merge(b);
                Ok(())
            }
            _ => Err(MergeError::Task),
        }
    }

    /// The metric with its error.
    ///
    /// # Errors
    /// Says why where the data cannot give it.
    pub fn try_estimate(&self, metric: Metric) -> Result<Estimate, Unavailable> {
        match self {
            Tally::Binary(t) => t.try_estimate(metric),
            Tally::Multiclass(t) => t.try_estimate(metric),
            Tally::Regression(t) => t.try_estimate(metric),
        }
    }

    /// The metric with its error, where the data can give it.
    #[must_use]
    pub fn estimate(&self, metric: Metric) -> Option<Estimate> {
        self.try_estimate(metric).ok()
    }

    /// Every metric that the data can give, in the table's order.
    #[must_use]
    pub fn others(&self) -> Vec<(Metric, Estimate)> {
        Metric::all().filter_map(|metric| Some((metric, self.estimate(metric)?))).collect()
    }

    /// The worsening that is tolerated where nobody chose one, with this tally as the reference. As
    /// [`Metric::default_tolerance`], but for the bias a tenth of the mean absolute error.
    #[must_use]
    pub fn default_tolerance(&self, metric: Metric) -> Option<f64> {
        let of = if metric == Metric::Bias { Metric::Mae } else { metric };
        self.estimate(of).map(|reference| of.default_tolerance(reference.value))
    }
}

impl From<BinaryTally> for Tally {
    fn from(tally: BinaryTally) -> Self {
        Tally::Binary(tally)
    }
}

impl From<MulticlassTally> for Tally {
    fn from(tally: MulticlassTally) -> Self {
        Tally::Multiclass(tally)
    }
}

impl From<RegressionTally> for Tally {
    fn from(tally: RegressionTally) -> Self {
        Tally::Regression(tally)
    }
}
