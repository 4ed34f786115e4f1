//! What ends a run: one line that says what and where, and a hint that says what to do.

use std::io::Write as _;

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

/// Says on stderr what went wrong, and what to do.
pub(crate) fn say(what: &str, hint: Option<&str>) {
    let visible = dosimeter_report::escape::visible;
    let mut text = format!("error: {}\n", visible(what));
    if let Some(hint) = hint {
        text.push_str(&format!("hint: {}\n", visible(hint)));
    }
    let _ = std::io::stderr().write_all(text.as_bytes());
}

/// A run's exit code, or why there is none.
pub(crate) type Outcome = Result<u8, Failure>;
