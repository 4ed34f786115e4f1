//! Which findings of two looks are the same.
//!
//! As data come in, the sentence of a finding changes, its price, and which segment or column it is worst in. What it is
//! stays: mode, kind, columns and segment. Findings of the model as a whole are about no column: there the columns and the
//! segment only say where it is worst today, and would make a new alarm of every shift of the blame.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::catalogue::Mode;
use crate::diagnosis::Finding;

/// What makes a finding the same one at the next look.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Identity {
    /// The mode of decay.
    pub mode: Mode,
    /// Its sub-kind.
    pub kind: Option<String>,
    /// The columns, in alphabetical order; none for findings of the model as a whole.
    pub columns: Vec<String>,
    /// The segment, where the finding is about one.
    pub segment: BTreeMap<String, String>,
}

impl Identity {
    /// That of a finding.
    #[must_use]
    pub fn of(finding: &Finding) -> Identity {
        let by_segment = finding.kind.as_deref() == Some("segment_fell");
        let whole = match finding.mode {
            Mode::PerformanceLoss | Mode::ConceptDrift | Mode::CalibrationLoss | Mode::FeedStalled => true,
            _ => finding.kind.as_deref() == Some("inputs_moved_together"),
        };
        let mut columns = if whole { Vec::new() } else { finding.subject.columns.clone() };
        columns.sort();
        let segment = finding.subject.segment.clone().filter(|_| by_segment).unwrap_or_default();
        Identity { mode: finding.mode, kind: finding.kind.clone(), columns, segment }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::diagnosis::{Severity, Subject};

    fn finding(mode: Mode, kind: &str, columns: &[&str], segment: &[(&str, &str)]) -> Finding {
        Finding {
            mode,
            kind: Some(kind.into()),
            severity: Severity::Harmful,
            subject: Subject {
                columns: columns.iter().map(|c| (*c).to_owned()).collect(),
                segment: Some(segment.iter().map(|(k, v)| ((*k).to_owned(), (*v).to_owned())).collect()),
            },
            onset: None,
            share: None,
            evidence: Vec::new(),
            impact: None,
            detail: BTreeMap::new(),
            message: String::new(),
            next_step: String::new(),
        }
    }

    #[test]
    fn a_loss_stays_itself_wherever_it_is_worst_and_a_segment_does_not() {
        let of = |kind, segment| Identity::of(&finding(Mode::PerformanceLoss, kind, &[], &[("hotel", segment)]));
        assert_eq!(of("metric_fell", "City"), of("metric_fell", "Resort"));
        assert_ne!(of("segment_fell", "City"), of("segment_fell", "Resort"));
    }

    #[test]
    fn columns_tell_changes_of_format_apart_in_whatever_order() {
        let of = |columns: &[&str]| Identity::of(&finding(Mode::SchemaChange, "columns_swapped", columns, &[]));
        assert_eq!(of(&["a", "b"]), of(&["b", "a"]));
        assert_ne!(of(&["a", "b"]), of(&["a", "c"]));
    }
}
