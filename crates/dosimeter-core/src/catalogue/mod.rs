//! The decay modes: one table that drives findings, `explain` and the documents.

use serde::{Deserialize, Serialize};

/// A named way in which a deployed model decays.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Mode {
    /// An upstream source changed its format.
    SchemaChange,
    /// A rare category became common, one vanished, new ones came.
    CategoryShift,
    /// P(X) moved: users behave differently.
    DataDrift,
    /// The base rate of labels or predictions moved.
    PriorShift,
    /// P(Y|X) moved: the same input now means something else.
    ConceptDrift,
    /// The metric fell, for whatever reason.
    PerformanceLoss,
    /// A score of 0.8 no longer means 80 %.
    CalibrationLoss,
    /// Predictions or labels stopped coming.
    FeedStalled,
    /// The provider retires the pinned model, or its alias moves.
    ModelRetired,
    /// The same name now answers with another model.
    ModelSwapped,
    /// A prompt that worked got worse as the model underneath changed.
    PromptRegression,
    /// The retrieval corpus no longer says what is true.
    CorpusStale,
}
