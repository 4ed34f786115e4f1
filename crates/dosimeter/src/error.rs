//! What ends a run: one line that says what and where, and a hint that says what to do.

use dosimeter_scan::ReadError;

/// Why a run ended without a result.
#[derive(Debug)]
pub(crate) enum Failure {
    /// Said on stderr, exit code 2.
    Error {
        /// `<what>: <where>`.
        what: String,
        /// What to do.
        hint: Option<String>,
    },
    /// Whoever read the output went away.
    ClosedPipe,
}

impl Failure {
    pub(crate) fn new(what: impl Into<String>) -> Failure {
        Failure::Error { what: what.into(), hint: None }
    }

    pub(crate) fn hint(self, hint: impl Into<String>) -> Failure {
        match self {
            Failure::Error { what, .. } => Failure::Error { what, hint: Some(hint.into()) },
            other => other,
        }
    }
}

impl From<ReadError> for Failure {
    fn from(e: ReadError) -> Self {
        Failure::Error { what: e.to_string(), hint: e.hint().map(str::to_owned) }
    }
}

/// A run's exit code, or why there is none.
pub(crate) type Outcome = Result<u8, Failure>;
