//! The decay modes: one table that drives findings, `explain` and the documents.
//!
//! A deployed model fails in few ways, and each has a name. The name decides what a person does next, so it must be
//! the same word everywhere: in a finding, in the JSON result, in the report's tooltip, in the documentation. All of
//! them read the tables of this folder. [`MODES`] holds the twelve modes, [`SCHEMA_KINDS`], [`CATEGORY_KINDS`] and
//! [`OTHER_KINDS`] the sub-kinds that some modes have, and [`explain`] turns the tables into text for people.
//!
//! To add a mode: a variant of [`Mode`], a line in [`Mode::ALL`], an entry in [`MODES`]. To add a kind: one entry in
//! its table. The tests below hold the tables to each other.

mod category_kinds;
mod entry;
mod explain;
mod modes;
mod other_kinds;
mod overview;
mod schema_kinds;

use serde::{Deserialize, Serialize};

pub use category_kinds::CATEGORY_KINDS;
pub use entry::{DetailKey, Kind, ModeEntry, kind, schema_kind};
pub use explain::{Block, explain, plain};
pub use modes::MODES;
pub use other_kinds::OTHER_KINDS;
pub use schema_kinds::SCHEMA_KINDS;

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

impl Mode {
    /// Every mode, in the order of the enum and of [`MODES`].
    pub const ALL: [Mode; 12] = [
        Mode::SchemaChange,
        Mode::CategoryShift,
        Mode::DataDrift,
        Mode::PriorShift,
        Mode::ConceptDrift,
        Mode::PerformanceLoss,
        Mode::CalibrationLoss,
        Mode::FeedStalled,
        Mode::ModelRetired,
        Mode::ModelSwapped,
        Mode::PromptRegression,
        Mode::CorpusStale,
    ];

    /// The word that stands in results and on the command line, as `schema_change`.
    ///
    /// ```
    /// use dosimeter_core::catalogue::Mode;
    /// assert_eq!(Mode::SchemaChange.id(), "schema_change");
    /// ```
    #[must_use]
    pub const fn id(self) -> &'static str {
        match self {
            Mode::SchemaChange => "schema_change",
            Mode::CategoryShift => "category_shift",
            Mode::DataDrift => "data_drift",
            Mode::PriorShift => "prior_shift",
            Mode::ConceptDrift => "concept_drift",
            Mode::PerformanceLoss => "performance_loss",
            Mode::CalibrationLoss => "calibration_loss",
            Mode::FeedStalled => "feed_stalled",
            Mode::ModelRetired => "model_retired",
            Mode::ModelSwapped => "model_swapped",
            Mode::PromptRegression => "prompt_regression",
            Mode::CorpusStale => "corpus_stale",
        }
    }

    /// The mode of an id; case, hyphens, spaces and surrounding blanks do not matter.
    ///
    /// ```
    /// use dosimeter_core::catalogue::Mode;
    /// assert_eq!(Mode::parse("Concept-Drift"), Some(Mode::ConceptDrift));
    /// assert_eq!(Mode::parse("drift"), None);
    /// ```
    #[must_use]
    pub fn parse(text: &str) -> Option<Mode> {
        let id = entry::normal(text);
        Mode::ALL.into_iter().find(|mode| mode.id() == id)
    }

    /// The mode's line in the table.
    #[must_use]
    pub fn entry(self) -> &'static ModeEntry {
        // The order of `MODES` is the order of the enum, held by a test, so the discriminant is the index.
        &MODES[self as usize]
    }

    /// The kinds that a finding of this mode may carry; empty where `kind` is always `null`.
    pub fn kinds(self) -> impl Iterator<Item = &'static Kind> {
        entry::all_kinds().filter(move |kind| kind.mode == self)
    }
}

impl std::fmt::Display for Mode {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.id())
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn table_follows_the_enum() {
        for (index, mode) in Mode::ALL.into_iter().enumerate() {
            assert_eq!(mode as usize, index);
            assert_eq!(mode.entry().mode, mode);
            assert_eq!(mode.entry().id, mode.id());
            assert_eq!(serde_json::to_value(mode).ok(), Some(mode.id().into()));
        }
    }

    #[test]
    fn parse_forgives_spelling_only() {
        let check = |text: &str, expected: Option<Mode>| assert_eq!(Mode::parse(text), expected, "{text}");
        for mode in Mode::ALL {
            check(mode.id(), Some(mode));
            check(&mode.id().to_uppercase().replace('_', "-"), Some(mode));
        }
        check(" feed stalled ", Some(Mode::FeedStalled));
        check("", None);
        check("schema", None);
        check("schemachange", None);
    }

    #[test]
    fn kinds_are_unique_and_documented() {
        let mut seen = BTreeSet::new();
        for kind in entry::all_kinds() {
            assert!(seen.insert(kind.id), "{} twice", kind.id);
            for text in [kind.title, kind.meaning, kind.next_step] {
                assert!(!text.trim().is_empty(), "{} has an empty text", kind.id);
            }
            assert!(kind.detail.iter().all(|key| !key.meaning.is_empty()));
            assert_eq!(super::kind(kind.id).map(|k| k.id), Some(kind.id));
        }
        assert!(SCHEMA_KINDS.iter().all(|kind| kind.mode == Mode::SchemaChange));
        assert!(CATEGORY_KINDS.iter().all(|kind| kind.mode == Mode::CategoryShift));
        assert_eq!(schema_kind("Unit-Changed").map(|kind| kind.id), Some("unit_changed"));
        assert!(schema_kind("category_new").is_none());
        assert_eq!(Mode::ConceptDrift.kinds().count(), 0);
        assert_eq!(Mode::PerformanceLoss.kinds().count(), 2);
    }

    #[test]
    fn texts_are_sentences() {
        for entry in &MODES {
            let long = [entry.what, entry.degrades, entry.evidence, entry.confused_with, entry.how, entry.not_seen];
            for text in long.into_iter().chain(entry.next_steps.iter().copied()) {
                assert!(text.ends_with('.'), "{}: {text}", entry.id);
                assert!(!text.contains("  "), "{}: {text}", entry.id);
            }
            assert!(entry.next_steps.len() >= 2, "{}", entry.id);
        }
    }
}
