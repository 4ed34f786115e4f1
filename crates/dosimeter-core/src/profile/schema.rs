//! What a column is: its name, role, kind and grid, frozen with the baseline.

use serde::{Deserialize, Serialize};

use super::grid::Grid;

/// What a column is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Role {
    /// Identifies a prediction; labels are joined by it.
    Id,
    /// When the prediction was made.
    Time,
    /// What the model answered.
    Prediction,
    /// How sure it was: a probability or a margin.
    Score,
    /// What turned out to be true.
    Label,
    /// A feature that also names a segment.
    Segment,
    /// An input of the model.
    Feature,
    /// Not looked at.
    Ignore,
}

impl Role {
    /// The word used in flags, files and results.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Role::Id => "id",
            Role::Time => "time",
            Role::Prediction => "prediction",
            Role::Score => "score",
            Role::Label => "label",
            Role::Segment => "segment",
            Role::Feature => "feature",
            Role::Ignore => "ignore",
        }
    }

    /// Whether the model reads it.
    #[must_use]
    pub fn is_input(self) -> bool {
        matches!(self, Role::Feature | Role::Segment)
    }
}

/// How a column's values are understood.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ColumnKind {
    /// Ordered numbers.
    Number,
    /// Truth values, held as the categories `false` and `true`.
    Boolean,
    /// Unordered values from a bounded set.
    Category,
    /// Instants, held as microseconds since the epoch.
    Time,
    /// Free text or identifiers: too many distinct values to count each.
    Text,
    /// Vectors, as embeddings are: the column counts their dimensions, its parts are columns of their own.
    Vector,
}

impl ColumnKind {
    /// The word used in results.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            ColumnKind::Number => "number",
            ColumnKind::Boolean => "boolean",
            ColumnKind::Category => "category",
            ColumnKind::Time => "time",
            ColumnKind::Text => "text",
            ColumnKind::Vector => "vector",
        }
    }

    /// Whether values are ordered and held as `f64`.
    #[must_use]
    pub fn is_ordered(self) -> bool {
        matches!(self, ColumnKind::Number | ColumnKind::Time)
    }
}

/// A column as the baseline knows it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ColumnSpec {
    /// Its name.
    pub name: String,
    /// Its role.
    pub role: Role,
    /// How its values are understood.
    pub kind: ColumnKind,
    /// The type that the file gave it, as `Float64` or `csv number`.
    pub native: String,
    /// Whether every number seen was whole.
    pub integer: bool,
    /// The date layout where times were read from text, as `iso_date`.
    pub layout: Option<String>,
    /// The frozen cells.
    pub grid: Grid,
}
