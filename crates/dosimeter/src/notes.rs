//! What the reader of a result should know, and which files could not be read.

use dosimeter_scan::ReadError;
use dosimeter_scan::pass::labels::Labels;

use crate::error;

/// Warnings of a run, and what it could not read though it went on.
#[derive(Debug, Default)]
pub(crate) struct Notes {
    pub(crate) warnings: Vec<String>,
    unread: Vec<ReadError>,
}

impl Notes {
    pub(crate) fn warn(&mut self, text: impl Into<String>) {
        let text = text.into();
        // Two passes meet most things twice.
        if !self.warnings.contains(&text) {
            self.warnings.push(text);
        }
    }

    /// Files that could not be opened: the others go on without them.
    pub(crate) fn left_out(&mut self, errors: &[ReadError]) {
        self.unread(errors, "left out");
    }

    /// Files that broke while they were read.
    pub(crate) fn lost(&mut self, errors: &[ReadError]) {
        self.unread(errors, "rows lost");
    }

    /// What became of a label feed.
    pub(crate) fn labels(&mut self, labels: &Labels) {
        self.left_out(labels.errors());
        let (ids, texts) = labels.nulls();
        if ids + texts > 0 {
            self.warn(format!("labels: {ids} rows without an id and {texts} without a label are left out"));
        }
    }

    fn unread(&mut self, errors: &[ReadError], what: &str) {
        for e in errors {
            self.warn(format!("{what}: {e}"));
            if !self.unread.iter().any(|known| known.to_string() == e.to_string()) {
                self.unread.push(e.clone());
            }
        }
    }

    /// Says on stderr which files could not be read, after the result of the others; whether there are any.
    pub(crate) fn complain(&self) -> bool {
        for e in &self.unread {
            error::say(
                &e.to_string(),
                Some(e.hint().unwrap_or("repair the file or leave it out; the others were read")),
            );
        }
        !self.unread.is_empty()
    }
}
