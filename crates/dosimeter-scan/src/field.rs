//! What a column is, and the options that bound reading.

use std::collections::BTreeMap;

/// What a column's values mean, reduced to what statistics can use.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Kind {
    /// Real numbers.
    Number,
    /// Whole numbers, exact over the range of `i64`.
    Integer,
    /// Two values.
    Boolean,
    /// Instants, microseconds UTC.
    Time,
    /// Strings.
    Text,
    /// Vectors of real numbers, as embeddings are.
    Vector,
}

impl Kind {
    /// A lower-case word for messages and files.
    #[must_use]
    pub fn id(self) -> &'static str {
        match self {
            Self::Number => "number",
            Self::Integer => "integer",
            Self::Boolean => "boolean",
            Self::Time => "time",
            Self::Text => "text",
            Self::Vector => "vector",
        }
    }

    /// Whether arithmetic makes sense: [`Kind::Number`] or [`Kind::Integer`].
    #[must_use]
    pub fn is_numeric(self) -> bool {
        matches!(self, Self::Number | Self::Integer)
    }
}

impl std::fmt::Display for Kind {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.id())
    }
}

/// One column of a data set or of a file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Field {
    /// The name as the file spells it, control codes included; nested parts joined by dots.
    pub name: String,
    /// What it is; over several files the kind of most of them, integers widening to numbers.
    pub kind: Kind,
    /// What the first file that has it calls it: `Float64`, `csv number`.
    pub native: String,
    /// Whether nulls can occur.
    pub nullable: bool,
    /// False for lists, maps and opaque bytes: named, but read as [`crate::Values::Unsupported`].
    pub supported: bool,
    /// How many files have the column.
    pub files_with: usize,
    /// The kinds found and in how many files, when they differ between files; most frequent first.
    pub kinds: Vec<(Kind, usize)>,
}

/// Bounds and wishes for reading.
#[derive(Clone, Debug)]
pub struct ReadOptions {
    /// Rows in a batch; fewer where columns are many or cells are long.
    pub batch_rows: usize,
    /// Decoded bytes allowed per compressed file. Beyond 256 MiB a ratio over 2,000 is refused as well.
    pub max_decompressed: u64,
    /// Bytes allowed in one JSON line or CSV record.
    pub max_line: usize,
    /// Columns allowed in a file.
    pub max_columns: usize,
    /// Nesting allowed in JSON and in column types.
    pub max_depth: usize,
    /// CSV delimiter; sniffed when absent.
    pub delimiter: Option<u8>,
    /// What columns are known to be: text formats parse towards it instead of guessing. Times without a zone are UTC.
    pub expected: BTreeMap<String, Kind>,
    /// Rows of a text file that its kinds are guessed from.
    pub sample_rows: usize,
}

impl Default for ReadOptions {
    fn default() -> Self {
        Self {
            batch_rows: 8192,
            max_decompressed: 64 << 30,
            max_line: 64 << 20,
            max_columns: 50_000,
            max_depth: 64,
            delimiter: None,
            expected: BTreeMap::new(),
            sample_rows: 10_000,
        }
    }
}

impl ReadOptions {
    /// Rows in a batch of this many columns: a very wide table gets shorter batches, so that memory stays bounded.
    pub(crate) fn rows_for(&self, columns: usize) -> usize {
        let fit = (1usize << 22) / columns.max(1);
        self.batch_rows.min(fit.max(256)).max(1)
    }
}
