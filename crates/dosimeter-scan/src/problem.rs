//! Things that went wrong without ending the file: counted, with the first lines, never silent.

use std::collections::BTreeMap;
use std::fmt;
use std::sync::{Arc, Mutex, PoisonError};

/// What kind of thing.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum ProblemKind {
    /// A CSV record with more or fewer cells than the header; skipped.
    RaggedRow,
    /// A JSON line that is no object or does not parse; skipped.
    BadJson,
    /// A text cell whose bytes are not UTF-8; replaced by U+FFFD.
    InvalidUtf8,
    /// A JSON key that the sampled lines did not have, beyond the number of such keys that are read.
    UnknownKey,
    /// A JSON object that has a key twice; the first one counts.
    DuplicateKey,
    /// A file in a directory whose format is not known; left out.
    SkippedFile,
    /// Slashed dates in which no value tells the day from the month; read month first.
    AmbiguousDate,
    /// A JSON array without its closing bracket.
    CutShort,
    /// A column of bytes that are no text; not looked at.
    Bytes,
}

/// One kind of problem in one file, summed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Problem {
    /// The file.
    pub file: String,
    /// What.
    pub kind: ProblemKind,
    /// The column or key concerned, empty when it is about rows.
    pub column: String,
    /// How often.
    pub count: u64,
    /// The first lines (one-based; rows where the format has no lines), at most five.
    pub lines: Vec<u64>,
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let n = self.count;
        let column = &self.column;
        match self.kind {
            ProblemKind::RaggedRow => write!(f, "{n} rows with a wrong number of cells skipped")?,
            ProblemKind::BadJson => write!(f, "{n} lines that are no JSON object skipped")?,
            ProblemKind::InvalidUtf8 => write!(f, "{n} cells of column \"{column}\" are not UTF-8")?,
            ProblemKind::UnknownKey => write!(f, "{n} values of the late key \"{column}\" not read")?,
            ProblemKind::DuplicateKey => write!(f, "{n} times a second key \"{column}\" in one object not read")?,
            ProblemKind::SkippedFile => write!(f, "unknown format, skipped")?,
            ProblemKind::AmbiguousDate => write!(f, "dates of column \"{column}\" read as month/day/year")?,
            ProblemKind::CutShort => {
                write!(f, "the JSON array is never closed, so rows may be missing at its end; write the file again")?;
            }
            ProblemKind::Bytes => write!(f, "column \"{column}\" holds bytes that are no text: not watched")?,
        }
        write!(f, ": {}", self.file)?;
        if !self.lines.is_empty() {
            let lines: Vec<String> = self.lines.iter().map(u64::to_string).collect();
            let more = if self.count > self.lines.len() as u64 { ", ..." } else { "" };
            write!(f, ", line {}{more}", lines.join(", "))?;
        }
        Ok(())
    }
}

/// Shared by the readers of a data set. A file read twice reports once: the larger count stays.
#[derive(Clone, Debug, Default)]
pub(crate) struct Problems(Arc<Mutex<BTreeMap<Key, Tally>>>);

type Key = (String, ProblemKind, String);

/// A count and its first lines.
#[derive(Clone, Debug, Default)]
pub(crate) struct Tally {
    pub(crate) count: u64,
    pub(crate) lines: Vec<u64>,
}

impl Tally {
    /// One more, at this line.
    pub(crate) fn add(&mut self, line: u64) {
        self.count += 1;
        if self.lines.len() < 5 {
            self.lines.push(line);
        }
    }
}

impl Problems {
    pub(crate) fn record(&self, file: &str, kind: ProblemKind, column: &str, tally: &Tally) {
        if tally.count == 0 {
            return;
        }
        let mut map = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let old = map.entry((file.to_owned(), kind, column.to_owned())).or_default();
        if tally.count > old.count {
            *old = tally.clone();
        }
    }

    pub(crate) fn list(&self) -> Vec<Problem> {
        let map = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        map.iter()
            .map(|((file, kind, column), tally)| Problem {
                file: file.clone(),
                kind: kind.clone(),
                column: column.clone(),
                count: tally.count,
                lines: tally.lines.clone(),
            })
            .collect()
    }
}
