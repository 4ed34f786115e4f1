//! What healthy looks like: the reference's profile, its frozen grids, and how the model is watched.

use serde::{Deserialize, Serialize};

use super::period::PeriodProfile;
use super::schema::{ColumnSpec, Role};
use super::vector::VectorSpec;
use crate::metric::{Metric, Task};

/// How the history is cut.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub enum WindowSpec {
    /// By rows.
    Rows(u64),
    /// By calendar time: the span as written, as `1w`, and the zone's name.
    Time {
        /// As `1d`.
        span: String,
        /// An IANA name, as `Europe/Lisbon`; `UTC` by default.
        zone: String,
    },
}

impl std::fmt::Display for WindowSpec {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            WindowSpec::Rows(rows) => write!(f, "{rows} rows"),
            WindowSpec::Time { span, zone } if zone == "UTC" => write!(f, "{span}"),
            WindowSpec::Time { span, zone } => write!(f, "{span} ({zone})"),
        }
    }
}

/// How the model is watched.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Watch {
    /// The monitor's name.
    pub monitor: String,
    /// What the model does; `None` where no label, prediction or score is known.
    pub task: Option<Task>,
    /// The class that the score speaks of, for binary models.
    pub positive: Option<String>,
    /// The classes, for multiclass models, in the order of the score columns where there are such.
    pub classes: Vec<String>,
    /// The score column of each class, for multiclass models with scores.
    pub class_scores: Vec<Option<String>>,
    /// The metric that decides.
    pub metric: Option<Metric>,
    /// The loss one can live with; `None` for the metric's default.
    pub tolerance: Option<f64>,
    /// The score from which a binary model without a prediction column is taken to say yes.
    pub threshold: f64,
    /// Tolerated false alarms per 90 days of data.
    pub false_alarms_per_90_days: f64,
    /// Microseconds between two runs of this check, where that is known: data may overlap, and each run is a chance of a false
    /// alarm.
    pub every: Option<i64>,
    /// The seed of every sample.
    pub seed: u64,
}

/// A fitted baseline.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Baseline {
    /// How the model is watched.
    pub watch: Watch,
    /// How the history is cut.
    pub window: WindowSpec,
    /// Whether windows follow one another in time. Rows of a file without a time column may lie in any order: they are
    /// judged as a whole, and windows only help to date what the whole shows.
    pub ordered: bool,
    /// The columns, in the order of the data.
    pub columns: Vec<ColumnSpec>,
    /// The edges of the score cells of the tallies.
    pub score_edges: Vec<f64>,
    /// The reference.
    pub reference: PeriodProfile,
    /// The files it was learned from.
    pub files: Vec<String>,
    /// Roles that were inferred rather than given.
    pub inferred: Vec<String>,
    /// Columns that are not looked at: known by name, so that they are not taken for new.
    pub ignored: Vec<String>,
    /// Columns of vectors, and the columns of numbers that they are read as.
    pub vectors: Vec<VectorSpec>,
}

impl Baseline {
    /// The column with a role, where there is just one or the first of several.
    #[must_use]
    pub fn column_with(&self, role: Role) -> Option<usize> {
        self.columns.iter().position(|c| c.role == role)
    }

    /// The column of vectors that a column is a part of.
    #[must_use]
    pub fn part_of(&self, column: usize) -> Option<&VectorSpec> {
        self.vectors.iter().find(|v| v.part_positions().contains(&column))
    }

    /// The vectors in a column.
    #[must_use]
    pub fn vectors_in(&self, column: usize) -> Option<&VectorSpec> {
        self.vectors.iter().find(|v| v.column == column)
    }

    /// The position of a column by name.
    #[must_use]
    pub fn position(&self, name: &str) -> Option<usize> {
        self.columns.iter().position(|c| c.name == name)
    }
}
