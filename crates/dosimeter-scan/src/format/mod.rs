//! One module a format. Each opens a file into a table (names, kinds, partitions) and reads a partition of it as
//! batches of the selected fields. What is common (projection, constant columns, shielding) is in [`crate::source`].

pub(crate) mod arrow;
pub(crate) mod csv;
pub(crate) mod ipc;
pub(crate) mod json;
pub(crate) mod memory;
pub(crate) mod parquet;

use crate::batch::Batch;
use crate::build::Target;
use crate::error::ReadError;
use crate::field::Kind;
use crate::infer::Guess;
use crate::input::Source;
pub(crate) use parquet::Facts;
use std::ops::Range;

/// A column as its file declares it.
#[derive(Clone, Debug)]
pub(crate) struct FileField {
    pub(crate) name: String,
    pub(crate) kind: Kind,
    pub(crate) native: String,
    pub(crate) nullable: bool,
    pub(crate) supported: bool,
    /// Text formats: what the sample showed.
    pub(crate) guess: Option<Guess>,
}

/// Batches of the selected fields, in the order selected.
pub(crate) type Batches = Box<dyn Iterator<Item = Result<Batch, ReadError>> + Send>;

/// An opened file.
#[derive(Debug)]
pub(crate) enum Table {
    Parquet(parquet::Table),
    Ipc(ipc::Table),
    Csv(csv::Table),
    Json(json::Table),
    Memory(memory::Table),
}

impl Table {
    /// Rows of each partition, where the file says.
    pub(crate) fn partitions(&self) -> Vec<Option<u64>> {
        match self {
            Self::Parquet(table) => table.partitions(),
            Self::Memory(table) => table.partitions(),
            _ => vec![None],
        }
    }

    /// What the file says of a field in a partition, where it does.
    pub(crate) fn facts(&self, partition: usize, field: usize) -> Option<Facts> {
        match self {
            Self::Parquet(table) => table.facts(partition, field),
            _ => None,
        }
    }

    /// Reads the fields (by index, supported ones only) of one partition. `targets` says what each selected field
    /// of a text format is read as. With `only` a format that can skip rows gives no others; with `late` a format that
    /// learns its columns as it goes gives those too, after the fields.
    pub(crate) fn read(
        &self,
        source: &Source,
        partition: usize,
        fields: &[usize],
        targets: &[Target],
        only: Option<&[Range<usize>]>,
        late: bool,
    ) -> Result<Batches, ReadError> {
        match self {
            Self::Parquet(table) => table.read(source, partition, fields, only),
            Self::Ipc(table) => table.read(source, fields),
            Self::Csv(table) => table.read(source, fields, targets),
            Self::Json(table) => table.read(source, fields, targets, late),
            Self::Memory(table) => Ok(table.read(fields)),
        }
    }
}

/// Refuses a name that occurs twice, naming both places, and too many columns.
pub(crate) fn check_names(source: &Source, fields: &[FileField]) -> Result<(), ReadError> {
    too_many(source, fields.len())?;
    let mut seen = std::collections::BTreeMap::new();
    for (i, field) in fields.iter().enumerate() {
        if let Some(first) = seen.insert(field.name.as_str(), i) {
            return Err(ReadError::new(format!("two columns of the same name, the {} and the {}", nth(first), nth(i)))
                .in_file(&source.name)
                .in_column(&field.name)
                .with_hint("rename or drop one of them; which one was meant cannot be guessed"));
        }
    }
    Ok(())
}

/// Refuses more columns than the options allow.
pub(crate) fn too_many(source: &Source, columns: usize) -> Result<(), ReadError> {
    if columns <= source.options.max_columns {
        return Ok(());
    }
    let limit = source.options.max_columns;
    Err(ReadError::new(format!("{columns} columns are more than the limit of {limit}"))
        .in_file(&source.name)
        .with_hint("drop columns, or raise the limit"))
}

fn nth(index: usize) -> String {
    let n = index + 1;
    let suffix = match (n % 10, n % 100) {
        (1, r) if r != 11 => "st",
        (2, r) if r != 12 => "nd",
        (3, r) if r != 13 => "rd",
        _ => "th",
    };
    format!("{n}{suffix}")
}
