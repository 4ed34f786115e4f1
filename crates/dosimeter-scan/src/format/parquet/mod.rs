//! Parquet: one partition a row group, strings asked for as dictionaries, the footer parsed once a file.
//!
//! Strings come as `Dictionary(Int32, Utf8)` even where the writer left no Arrow schema behind: keys are counted
//! several times faster than strings are hashed. A column whose chunks are stored plain (ids, free text) has no
//! dictionary to keep and is read as it is.
//!
//! A footer is an assertion by a stranger. Sizes and offsets are checked against the file before anything is
//! decoded, the rows of a group cannot exceed what the footer said, and [`crate::guard`] catches what is left.

mod encrypted;
mod facts;
mod pages;

use super::arrow::{column, flatten, kind_of, leaves};
use super::{Batches, FileField, too_many};
use crate::batch::Batch;
use crate::error::ReadError;
use crate::field::Kind;
use crate::input::{Source, size};
use arrow_schema::{DataType, Field, Fields, Schema};
pub(crate) use facts::Facts;
use pages::Group;
use parquet::arrow::arrow_reader::{ArrowReaderMetadata, ArrowReaderOptions, ParquetRecordBatchReader, RowSelection};
use parquet::arrow::{ProjectionMask, parquet_to_arrow_field_levels};
use parquet::basic::Encoding;
use parquet::errors::ParquetError;
use parquet::file::metadata::{PageIndexPolicy, ParquetMetaData};
use std::ops::Range;
use std::sync::Arc;

/// An opened Parquet file.
#[derive(Debug)]
pub(crate) struct Table {
    metadata: ArrowReaderMetadata,
    /// First leaf column of each field.
    first_leaf: Vec<usize>,
    names: Vec<Arc<str>>,
}

fn corrupt(source: &Source, error: &ParquetError) -> ReadError {
    let text = error.to_string();
    if let Some((_, codec)) = text.split_once("Disabled feature at compile time: ") {
        return ReadError::new(format!("Parquet compressed with {codec} is not supported"))
            .in_file(&source.name)
            .with_hint("write it again with zstd");
    }
    let e = ReadError::new(format!("not a readable Parquet file ({})", text.lines().next().unwrap_or_default()))
        .in_file(&source.name);
    if text.contains("ncrypt") || encrypted::is_encrypted(source) {
        ReadError::new("encrypted Parquet is not supported").in_file(&source.name).with_hint("decrypt it first")
    } else if text.contains("UTF") || text.contains("utf") {
        e.with_hint("a string column holds bytes that are not UTF-8; write it again as text or drop the column")
    } else {
        e.with_hint("the file is damaged or incomplete; write it again")
    }
}

/// Opens a file: parses and checks the footer, settles how each column is read.
pub(crate) fn open(source: &Source) -> Result<(Table, Vec<FileField>), ReadError> {
    let file = source.file()?;
    let bytes = file.metadata().map_err(|e| source.io("cannot open", &e))?.len();
    let options = || ArrowReaderOptions::new().with_page_index_policy(PageIndexPolicy::Skip);
    // A damaged Arrow schema in the footer's key-value part is no reason to refuse: the Parquet schema is enough.
    let plain = ArrowReaderMetadata::load(&file, options())
        .or_else(|_| ArrowReaderMetadata::load(&file, options().with_skip_arrow_metadata(true)))
        .map_err(|e| corrupt(source, &e))?;
    let footer = Arc::clone(plain.metadata());
    check_footer(source, &footer, bytes)?;
    let descriptor = footer.file_metadata().schema_descr();
    too_many(source, descriptor.num_columns())?;

    let depth = source.options.max_depth;
    let mut next = 0;
    let wanted: Fields = plain.schema().fields().iter().map(|f| wanted(f, &mut next, &footer)).collect();
    let metadata = ArrowReaderMetadata::try_new(
        Arc::clone(&footer),
        options().with_schema(Arc::new(Schema::new_with_metadata(wanted, plain.schema().metadata().clone()))),
    )
    // Types this rewriting does not foresee: read them as the file declares them.
    .unwrap_or_else(|_| plain.clone());

    let mut first_leaf = Vec::new();
    let mut fields = Vec::new();
    let mut next = 0;
    // The natives are named as the file has them, not as they are asked for.
    for leaf in leaves(plain.schema().fields(), depth).map_err(|e| e.in_file(&source.name))? {
        first_leaf.push(next);
        next += width(&leaf.data_type);
        let kind = kind_of(&leaf.data_type);
        fields.push(FileField {
            name: leaf.name,
            kind: kind.unwrap_or(Kind::Text),
            native: leaf.data_type.to_string(),
            nullable: leaf.nullable,
            supported: kind.is_some(),
            guess: None,
        });
    }
    if next != descriptor.num_columns() {
        return Err(ReadError::new("the schema does not match the columns").in_file(&source.name));
    }
    let names = fields.iter().map(|f| Arc::from(f.name.as_str())).collect();
    Ok((Table { metadata, first_leaf, names }, fields))
}

/// Elements of lists in a row group that are believed whatever the bytes that hold them.
const LISTED: u64 = 1 << 26;

/// Parquet leaves under an Arrow type.
fn width(data_type: &DataType) -> usize {
    match data_type {
        DataType::Struct(fields) => fields.iter().map(|f| width(f.data_type())).sum(),
        DataType::List(f)
        | DataType::LargeList(f)
        | DataType::ListView(f)
        | DataType::LargeListView(f)
        | DataType::FixedSizeList(f, _)
        | DataType::Map(f, _) => width(f.data_type()),
        _ => 1,
    }
}

/// The field to ask for: strings as dictionaries, dictionaries of other things as plain values.
fn wanted(field: &Field, leaf: &mut usize, footer: &ParquetMetaData) -> Field {
    let at = *leaf;
    let data_type = match field.data_type() {
        DataType::Struct(children) => {
            DataType::Struct(children.iter().map(|f| Arc::new(wanted(f, leaf, footer))).collect())
        }
        DataType::Dictionary(_, value) if kind_of(value) == Some(Kind::Text) => text_type(value, at, footer),
        DataType::Dictionary(_, value) => value.as_ref().clone(),
        DataType::Utf8 | DataType::LargeUtf8 | DataType::Utf8View => text_type(&DataType::Utf8, at, footer),
        other => other.clone(),
    };
    if !matches!(data_type, DataType::Struct(_)) {
        *leaf = at + width(field.data_type());
    }
    field.clone().with_data_type(data_type)
}

fn text_type(value: &DataType, leaf: usize, footer: &ParquetMetaData) -> DataType {
    let value = match value {
        DataType::Binary | DataType::LargeBinary | DataType::BinaryView => return DataType::Binary,
        _ => DataType::Utf8,
    };
    let encoded = footer.row_groups().iter().any(|group| {
        group.columns().get(leaf).is_some_and(|chunk| {
            chunk.encodings().any(|e| matches!(e, Encoding::RLE_DICTIONARY | Encoding::PLAIN_DICTIONARY))
        })
    });
    if encoded { DataType::Dictionary(Box::new(DataType::Int32), Box::new(value)) } else { value }
}

/// What the footer claims, against what the file can hold.
fn check_footer(source: &Source, footer: &ParquetMetaData, bytes: u64) -> Result<(), ReadError> {
    let bad = |group: usize, what: String| {
        Err(ReadError::new(format!("corrupt Parquet footer, {what}"))
            .in_file(&source.name)
            .in_row_group(group)
            .with_hint("the file is damaged or incomplete; write it again"))
    };
    let mut decoded = 0u64;
    for (i, group) in footer.row_groups().iter().enumerate() {
        if group.num_rows() < 0 {
            return bad(i, format!("{} rows", group.num_rows()));
        }
        for chunk in group.columns() {
            let (Ok(packed), Ok(unpacked)) =
                (u64::try_from(chunk.compressed_size()), u64::try_from(chunk.uncompressed_size()))
            else {
                return bad(i, "a negative size".to_owned());
            };
            let start = chunk.dictionary_page_offset().unwrap_or_else(|| chunk.data_page_offset());
            let inside = u64::try_from(start).ok().and_then(|s| s.checked_add(packed)).is_some_and(|end| end <= bytes);
            if !inside || u64::try_from(chunk.data_page_offset()).map_or(true, |o| o > bytes) {
                return bad(i, "a column chunk lies outside the file".to_owned());
            }
            if chunk.num_values() < 0 {
                return bad(i, format!("{} values", chunk.num_values()));
            }
            // Rows of flat columns come in batches; a list is one row, however long it says it is.
            let values = chunk.num_values().unsigned_abs();
            let listed = chunk.column_descr().max_rep_level() > 0;
            if listed && values > LISTED && values / 64 > unpacked {
                return bad(i, format!("{values} elements of lists in {unpacked} bytes"));
            }
            if unpacked > 256 << 20 && unpacked / packed.max(1) > 2000 {
                return bad(i, format!("{} in {packed} bytes", size(unpacked)));
            }
            decoded = decoded.saturating_add(unpacked);
        }
    }
    if decoded > source.options.max_decompressed {
        return Err(ReadError::new(format!("more than {} decompressed", size(source.options.max_decompressed)))
            .in_file(&source.name)
            .with_hint("raise the limit if the file is meant to be this large"));
    }
    Ok(())
}

impl Table {
    pub(crate) fn partitions(&self) -> Vec<Option<u64>> {
        self.metadata.metadata().row_groups().iter().map(|g| u64::try_from(g.num_rows()).ok()).collect()
    }

    /// What the footer says of a field in one row group.
    pub(crate) fn facts(&self, group: usize, field: usize) -> Option<Facts> {
        facts::of(&self.metadata, group, *self.first_leaf.get(field)?)
    }

    pub(crate) fn read(
        &self,
        source: &Source,
        group: usize,
        fields: &[usize],
        only: Option<&[Range<usize>]>,
    ) -> Result<Batches, ReadError> {
        let metadata = self.metadata.metadata();
        let rows = metadata.row_groups().get(group).map_or(0, |g| usize::try_from(g.num_rows()).unwrap_or(0));
        let leaf = |f: &usize| self.first_leaf.get(*f).copied().unwrap_or(usize::MAX);
        let mask = ProjectionMask::leaves(metadata.file_metadata().schema_descr(), fields.iter().map(leaf));
        // The reader hands columns out in the order of the file; `place` says where each selected field is in it.
        let mut sorted: Vec<usize> = fields.to_vec();
        sorted.sort_unstable();
        sorted.dedup();
        let place = fields.iter().map(|f| sorted.binary_search(f).unwrap_or(usize::MAX)).collect();
        let names = sorted.iter().filter_map(|&f| self.names.get(f).cloned()).collect();
        let fail = |e: ParquetError| corrupt(source, &e).in_row_group(group);
        let schema = metadata.file_metadata().schema_descr();
        let levels =
            parquet_to_arrow_field_levels(schema, mask, Some(self.metadata.schema().fields())).map_err(fail)?;
        let pages = Group { file: Arc::new(source.file()?), metadata: Arc::clone(metadata), index: group };
        // Lists are as wide as their elements: fewer rows of them make a batch.
        let wide = |f: &usize| {
            let chunk = metadata.row_groups().get(group).and_then(|g| g.columns().get(leaf(f)));
            let values = chunk.map_or(0, |c| usize::try_from(c.num_values()).unwrap_or(0));
            (values / rows.max(1)).saturating_sub(1)
        };
        let width = fields.iter().map(wide).fold(fields.len(), usize::saturating_add);
        let size = source.options.rows_for(width).min(rows.max(1));
        let selection = only.map(|only| RowSelection::from_consecutive_ranges(only.iter().cloned(), rows));
        let left = only.map_or(rows, |only| only.iter().map(ExactSizeIterator::len).sum());
        let reader =
            ParquetRecordBatchReader::try_new_with_row_groups(&levels, &pages, size, selection).map_err(fail)?;
        Ok(Box::new(Groups { reader, source: source.clone(), group, left, place, names }))
    }
}

/// Batches of one row group.
struct Groups {
    reader: ParquetRecordBatchReader,
    source: Source,
    group: usize,
    /// Rows that were asked for, promised by the footer, and did not come yet.
    left: usize,
    place: Vec<usize>,
    names: Vec<Arc<str>>,
}

impl Groups {
    fn fail(&self, what: &str) -> ReadError {
        ReadError::new(format!("not a readable Parquet file ({what})"))
            .in_file(&self.source.name)
            .in_row_group(self.group)
            .with_hint("the file is damaged or incomplete; write it again")
    }
}

impl Iterator for Groups {
    type Item = Result<Batch, ReadError>;

    fn next(&mut self) -> Option<Self::Item> {
        let batch = match self.reader.next() {
            None if self.left > 0 => {
                return Some(Err(self.fail(&format!("{} rows are missing", self.left))));
            }
            None => return None,
            Some(Err(e)) => {
                let error = ParquetError::General(e.to_string());
                return Some(Err(corrupt(&self.source, &error).in_row_group(self.group)));
            }
            Some(Ok(batch)) => batch,
        };
        let rows = batch.num_rows();
        if rows > self.left || rows == 0 {
            return Some(Err(self.fail("more rows than declared")));
        }
        self.left -= rows;
        let mut arrays = Vec::with_capacity(self.names.len());
        flatten(batch.columns(), None, &mut arrays);
        let mut columns = Vec::with_capacity(self.place.len());
        for &at in &self.place {
            let (Some((array, nulls)), Some(name)) = (arrays.get(at), self.names.get(at)) else {
                return Some(Err(self.fail("a column is missing")));
            };
            match column(Arc::clone(name), array, nulls.as_ref()) {
                Ok(column) => {
                    super::arrow::note_bytes(&self.source, &column);
                    columns.push(column);
                }
                Err(e) => {
                    return Some(Err(e.in_file(&self.source.name).in_row_group(self.group).in_column(&**name)));
                }
            }
        }
        Some(Ok(Batch { rows, columns }))
    }
}
