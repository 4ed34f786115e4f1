//! What a scenario yields: columns, and the truth about them.

use std::collections::BTreeMap;

use serde::Serialize;

use crate::catalogue::Mode;
use crate::diagnosis::{Detail, Severity};
use crate::time::Timestamp;

/// A generated data set in time order, with the answer.
#[derive(Clone, Debug, PartialEq)]
pub struct Stream {
    /// The columns, all of the same length.
    pub columns: Vec<SimColumn>,
    /// What happened in it.
    pub truth: Truth,
}

impl Stream {
    /// The values of a column.
    #[must_use]
    pub fn values(&self, name: &str) -> Option<&SimValues> {
        self.columns.iter().find(|column| column.name == name).map(|column| &column.values)
    }
}

/// One column.
#[derive(Clone, Debug, PartialEq)]
pub struct SimColumn {
    /// Its name.
    pub name: &'static str,
    /// Its values.
    pub values: SimValues,
}

/// The values of a column; `None` is a null.
#[derive(Clone, Debug, PartialEq)]
pub enum SimValues {
    /// Numbers.
    Float(Vec<Option<f64>>),
    /// Whole numbers.
    Integer(Vec<Option<i64>>),
    /// Truth values.
    Boolean(Vec<Option<bool>>),
    /// Text.
    Text(Vec<Option<String>>),
    /// Microseconds since the Unix epoch, UTC.
    Time(Vec<i64>),
}

impl SimValues {
    /// How many rows.
    #[must_use]
    pub fn len(&self) -> usize {
        match self {
            SimValues::Float(values) => values.len(),
            SimValues::Integer(values) => values.len(),
            SimValues::Boolean(values) => values.len(),
            SimValues::Text(values) => values.len(),
            SimValues::Time(values) => values.len(),
        }
    }

    /// Whether there is no row.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }
}

/// What happened in a stream: what a perfect check would report.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Truth {
    /// The scenario's id.
    pub scenario: String,
    /// The seed.
    pub seed: u64,
    /// Rows.
    pub rows: u64,
    /// Weeks that the rows are spread over, evenly.
    pub weeks: u64,
    /// The mode shown; `null` where nothing happens.
    pub mode: Option<Mode>,
    /// The mode's kind, as in the catalogue.
    pub kind: Option<String>,
    /// The columns it happens to.
    pub columns: Vec<String>,
    /// Whether it costs: `harmful` or `harmless`; `null` where nothing happens.
    pub severity: Option<Severity>,
    /// The first row that is touched and the instant from which on rows are; `null` where nothing happens, or where
    /// there are too few rows for it to happen.
    pub onset: Option<Position>,
    /// The end of the reference, exclusive. It lies before the onset.
    pub reference_until: Position,
    /// The metric to expect, from the world's own formulas rather than from these rows.
    pub metric: ExpectedMetric,
    /// What the kind documents, as `{"map": {"scale": 0.0417, "offset": 0}}`.
    pub detail: BTreeMap<String, Detail>,
    /// What to know about it.
    pub note: String,
}

/// A row and the instant that belongs to it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct Position {
    /// 0-based.
    pub row: u64,
    /// The instant; the row is the first one at or after it.
    pub at: Timestamp,
}

/// The metric's expected value under the world's own formulas.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct ExpectedMetric {
    /// Its id, as `accuracy`.
    pub name: &'static str,
    /// Whether more is better.
    pub higher_is_better: bool,
    /// Before the onset (before `reference_until` where nothing happens).
    pub before: f64,
    /// From the onset to the end (from `reference_until` where nothing happens).
    pub after: f64,
    /// From `reference_until` to the end: what a check over everything current should see.
    pub current: f64,
    /// By week.
    pub by_week: Vec<f64>,
    /// Standard error of `before` and `after`, from the sampling by which they were computed; 0 where exact.
    pub error: f64,
}
