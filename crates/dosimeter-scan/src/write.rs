//! Writing Parquet: beside the target, then renamed, so that nobody ever sees half a file.

use crate::error::ReadError;
use arrow_array::{
    ArrayRef, BooleanArray, Float64Array, Int64Array, RecordBatch, StringArray, TimestampMicrosecondArray,
};
use arrow_schema::{DataType, Field, Schema, TimeUnit};
use parquet::arrow::ArrowWriter;
use parquet::basic::Compression;
use parquet::file::properties::WriterProperties;
use std::path::Path;
use std::sync::Arc;

/// Rows in a row group: the unit of parallel reading.
const GROUP_ROWS: usize = 1 << 17;

/// A column to write; `None` is null.
#[derive(Clone, Debug)]
pub enum WriteColumn {
    /// Real numbers.
    Number(Vec<Option<f64>>),
    /// Whole numbers.
    Integer(Vec<Option<i64>>),
    /// Booleans.
    Boolean(Vec<Option<bool>>),
    /// Microseconds since the epoch, UTC.
    Time(Vec<Option<i64>>),
    /// Strings.
    Text(Vec<Option<String>>),
    /// Strings by key into a list of names; a key outside is null.
    Category(Vec<u32>, Vec<String>),
}

impl WriteColumn {
    /// Number of rows.
    #[must_use]
    pub fn len(&self) -> usize {
        match self {
            Self::Number(v) => v.len(),
            Self::Integer(v) | Self::Time(v) => v.len(),
            Self::Boolean(v) => v.len(),
            Self::Text(v) => v.len(),
            Self::Category(keys, _) => keys.len(),
        }
    }

    /// Whether there is no row.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    fn data_type(&self) -> DataType {
        match self {
            Self::Number(_) => DataType::Float64,
            Self::Integer(_) => DataType::Int64,
            Self::Boolean(_) => DataType::Boolean,
            Self::Time(_) => DataType::Timestamp(TimeUnit::Microsecond, Some("UTC".into())),
            Self::Text(_) | Self::Category(..) => DataType::Utf8,
        }
    }

    /// The rows from `from` up to `to` as an array.
    fn array(&self, from: usize, to: usize) -> ArrayRef {
        match self {
            Self::Number(v) => Arc::new(v.get(from..to).unwrap_or_default().iter().copied().collect::<Float64Array>()),
            Self::Integer(v) => Arc::new(v.get(from..to).unwrap_or_default().iter().copied().collect::<Int64Array>()),
            Self::Boolean(v) => Arc::new(v.get(from..to).unwrap_or_default().iter().copied().collect::<BooleanArray>()),
            Self::Time(v) => {
                let array: TimestampMicrosecondArray = v.get(from..to).unwrap_or_default().iter().copied().collect();
                Arc::new(array.with_timezone("UTC"))
            }
            Self::Text(v) => {
                Arc::new(v.get(from..to).unwrap_or_default().iter().map(Option::as_deref).collect::<StringArray>())
            }
            Self::Category(keys, names) => {
                let name = |k: &u32| names.get(*k as usize).map(String::as_str);
                Arc::new(keys.get(from..to).unwrap_or_default().iter().map(name).collect::<StringArray>())
            }
        }
    }
}

/// Writes columns of one length as a Parquet file, replacing one that is there.
///
/// # Errors
/// When lengths differ, or the file cannot be written; then the target is as it was.
pub fn write_parquet(path: &Path, columns: &[(&str, WriteColumn)]) -> Result<(), ReadError> {
    let place = path.display().to_string();
    let fail = |what: String| ReadError::new(format!("cannot write ({what})")).in_file(&place);
    let rows = columns.first().map_or(0, |(_, c)| c.len());
    if let Some((name, c)) = columns.iter().find(|(_, c)| c.len() != rows) {
        return Err(fail(format!("{} rows instead of {rows}", c.len())).in_column(*name));
    }
    let fields: Vec<Field> = columns.iter().map(|(name, c)| Field::new(*name, c.data_type(), true)).collect();
    let schema = Arc::new(Schema::new(fields));
    let folder = path.parent().filter(|p| !p.as_os_str().is_empty()).unwrap_or(Path::new("."));
    let mut file = tempfile::Builder::new()
        .prefix(".dosimeter-")
        .tempfile_in(folder)
        .map_err(|e| fail(e.to_string()).with_hint("check that the folder exists and can be written"))?;
    let properties = WriterProperties::builder()
        .set_compression(Compression::SNAPPY)
        .set_max_row_group_row_count(Some(GROUP_ROWS))
        .set_created_by(format!("dosimeter {}", env!("CARGO_PKG_VERSION")))
        .build();
    let mut writer = ArrowWriter::try_new(file.as_file_mut(), Arc::clone(&schema), Some(properties))
        .map_err(|e| fail(e.to_string()))?;
    let mut from = 0;
    while from < rows {
        let to = (from + GROUP_ROWS).min(rows);
        let arrays = columns.iter().map(|(_, c)| c.array(from, to)).collect();
        let batch = RecordBatch::try_new(Arc::clone(&schema), arrays).map_err(|e| fail(e.to_string()))?;
        writer.write(&batch).map_err(|e| fail(e.to_string()))?;
        from = to;
    }
    writer.close().map_err(|e| fail(e.to_string()))?;
    file.as_file().sync_all().map_err(|e| fail(e.to_string()))?;
    readable(&file);
    file.persist(path).map_err(|e| fail(e.error.to_string()))?;
    Ok(())
}

/// Temporary files are private to their owner; the finished one should be as any other.
#[cfg(unix)]
fn readable(file: &tempfile::NamedTempFile) {
    use std::os::unix::fs::PermissionsExt;
    // Nothing is lost where this fails: the owner can still read it.
    let _ = file.as_file().set_permissions(std::fs::Permissions::from_mode(0o644));
}

#[cfg(not(unix))]
fn readable(_: &tempfile::NamedTempFile) {}
