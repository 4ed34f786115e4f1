//! How well a model does, as state that merges.
//!
//! A *tally* is what one window's labelled rows say about a model: counts on a frozen score grid, a confusion
//! matrix and a few moments. No row is kept, so a tally of a billion rows is as small as one of a thousand, and
//! `tally(a) + tally(b) = tally(a ++ b)`: exactly for every count, up to floating-point addition for the sums.
//!
//! From a tally every metric comes as an [`Estimate`]: a value with the standard error that a sample of that size
//! has, because a fall of the metric is news only where it is larger than its noise. Metrics are defined as
//! scikit-learn defines them (the [`METRICS`] table names the function), and where the data cannot give one, it is
//! absent with a reason ([`Unavailable`]), never 0.
//!
//! - [`BinaryTally`], [`MulticlassTally`], [`RegressionTally`], and [`Tally`] over the three: with labels.
//! - [`calibration_test`], [`reliability`]: does a score of 0.8 still mean 80 %?
//! - [`Calibrator`], [`UnlabelledTally`], [`ClassCalibrators`], [`ExpectedTally`]: what the metric would be, where labels are
//!   not there yet; [`combine_binary`], [`combine_multiclass`], [`Guessed`]: the same where there are a few.
//! - [`same_given_label`]: did only the base rate move, or also what a score says about a class?
//! - [`RowLoss`]: the loss of one row, for splitting a change of the metric among causes.

mod binary;
mod calibration;
mod cells;
mod confusion;
mod estimate;
mod estimate_multiclass;
mod expected_classes;
mod functional;
mod interval;
mod isotonic;
mod label_shift;
mod loss;
mod moments;
mod multiclass;
mod prediction_powered;
mod ranking;
mod regression;
mod reliability;
mod square;
mod table;
mod tally;
mod unlabelled;

pub use binary::BinaryTally;
pub use calibration::{
    CalibrationBin, CalibrationTest, ReliabilityPoint, calibration_in_the_large, calibration_test, reliability,
};
pub use cells::{MAX_EDGES, ScoreCells, cell_of, quantile_edges, sound_edges, unit_edges};
pub use confusion::Confusion;
pub use estimate::{estimate_binary, estimate_multiclass_accuracy};
pub use estimate_multiclass::{combine_multiclass, estimate_multiclass};
pub use expected_classes::{Answered, ClassCalibrators, ExpectedTally};
pub use interval::{Estimate, Scale};
pub use isotonic::Calibrator;
pub use label_shift::{LabelShift, SameGivenLabel, foretold_by_scores, same_given_label};
pub use loss::{PROBABILITY_EPSILON, RowLoss};
pub use moments::Moments;
pub use multiclass::{MAX_CLASSES, MulticlassTally, OTHER, ScoreEdges};
pub use prediction_powered::{Guessed, Joint, combine_binary};
pub use regression::RegressionTally;
pub use reliability::{RELIABILITY_BINS, ReliabilityBins};
pub use table::{METRICS, Metric, MetricRow, Task};
pub use tally::{MergeError, Tally, Unavailable};
pub use unlabelled::UnlabelledTally;
