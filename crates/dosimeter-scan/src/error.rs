//! The one error of this crate: what happened, where, and what to do next.
//!
//! It prints as one line, `<what>: <where>`; the hint is separate so that a printer can set it apart.

use std::fmt;
use std::path::Path;

/// Where in the input an error is. Every part is optional but the file, which is empty only before one is known.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Place {
    /// The file as the user would recognise it.
    pub file: String,
    /// Zero-based row group of a Parquet file.
    pub row_group: Option<usize>,
    /// One-based line of a text format.
    pub line: Option<u64>,
    /// One-based row of data, where lines make no sense.
    pub row: Option<u64>,
    /// Column name.
    pub column: Option<String>,
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.file)?;
        if let Some(group) = self.row_group {
            write!(f, ", row group {group}")?;
        }
        if let Some(line) = self.line {
            write!(f, ", line {line}")?;
        }
        if let Some(row) = self.row {
            write!(f, ", row {row}")?;
        }
        if let Some(column) = &self.column {
            write!(f, ", column \"{column}\"")?;
        }
        Ok(())
    }
}

/// Reading (or writing) data failed.
///
/// Small on purpose (one pointer), so that results carrying it stay cheap.
#[derive(Clone, Debug, thiserror::Error)]
#[error("{}{}{}", .0.what, if .0.place.file.is_empty() { "" } else { ": " }, .0.place)]
pub struct ReadError(Box<Inner>);

#[derive(Clone, Debug)]
struct Inner {
    what: String,
    place: Place,
    hint: Option<String>,
}

impl ReadError {
    /// An error without a place yet; add one with [`ReadError::in_file`] and its siblings.
    #[must_use]
    pub fn new(what: impl Into<String>) -> Self {
        Self(Box::new(Inner { what: what.into(), place: Place::default(), hint: None }))
    }

    /// The name of the file, unless one is already set.
    #[must_use]
    pub fn in_file(mut self, file: impl Into<String>) -> Self {
        if self.0.place.file.is_empty() {
            self.0.place.file = file.into();
        }
        self
    }

    /// Another name for the same file.
    pub(crate) fn renamed(mut self, file: &str) -> Self {
        file.clone_into(&mut self.0.place.file);
        self
    }

    /// The zero-based Parquet row group.
    #[must_use]
    pub fn in_row_group(mut self, group: usize) -> Self {
        self.0.place.row_group = Some(group);
        self
    }

    /// The one-based line, unless one is already set.
    #[must_use]
    pub fn at_line(mut self, line: u64) -> Self {
        self.0.place.line.get_or_insert(line);
        self
    }

    /// The one-based row.
    #[must_use]
    pub fn at_row(mut self, row: u64) -> Self {
        self.0.place.row = Some(row);
        self
    }

    /// The column's name.
    #[must_use]
    pub fn in_column(mut self, column: impl Into<String>) -> Self {
        self.0.place.column = Some(column.into());
        self
    }

    /// What the user can do about it.
    #[must_use]
    pub fn with_hint(mut self, hint: impl Into<String>) -> Self {
        self.0.hint = Some(hint.into());
        self
    }

    /// What happened, without the place.
    #[must_use]
    pub fn what(&self) -> &str {
        &self.0.what
    }

    /// Where it happened.
    #[must_use]
    pub fn place(&self) -> &Place {
        &self.0.place
    }

    /// What to do next, if anything useful can be said.
    #[must_use]
    pub fn hint(&self) -> Option<&str> {
        self.0.hint.as_deref()
    }

    /// An operating-system error on a path.
    pub(crate) fn io(path: &Path, doing: &str, error: &std::io::Error) -> Self {
        // A limit hit inside a reader travels as the source of an io::Error: unwrap it, so its hint survives.
        if let Some(inner) = error.get_ref().and_then(|e| e.downcast_ref::<ReadError>()) {
            return inner.clone().in_file(path.display().to_string());
        }
        let hint = match error.kind() {
            std::io::ErrorKind::NotFound => Some("check the path; globs and directories work too"),
            std::io::ErrorKind::PermissionDenied => Some("check the permissions of the file"),
            std::io::ErrorKind::UnexpectedEof | std::io::ErrorKind::InvalidData | std::io::ErrorKind::InvalidInput => {
                Some("the file is damaged or incomplete; write it again")
            }
            _ => Some("check that the path leads to a file, and that the disk has room and can be read"),
        };
        let text = match error.kind() {
            std::io::ErrorKind::NotFound => "no such file".to_owned(),
            std::io::ErrorKind::UnexpectedEof => format!("{doing}: the file ends too early"),
            _ => format!("{doing}: {error}"),
        };
        let mut e = Self::new(text).in_file(path.display().to_string());
        e.0.hint = hint.map(str::to_owned);
        e
    }
}
