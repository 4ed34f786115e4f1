//! Arrow IPC: files (Feather version 2) and streams, buffers plain or in lz4 or zstd.
//!
//! What the headers claim is checked against the file by [`check`] before the decoder, which allocates what it is
//! told, sees any of it.

mod check;

use super::arrow::{column, flatten, kind_of, leaves};
use super::{Batches, FileField, too_many};
use crate::batch::Batch;
use crate::error::ReadError;
use crate::field::Kind;
use crate::input::Source;
use arrow_array::RecordBatch;
use arrow_ipc::reader::{FileReader, StreamReader};
use arrow_schema::{ArrowError, SchemaRef};
use std::io::BufReader;
use std::sync::Arc;

/// An opened Arrow file.
#[derive(Debug)]
pub(crate) struct Table {
    /// Ends with a footer, as opposed to a stream.
    footer: bool,
    names: Vec<Arc<str>>,
    /// The top-level column of each field.
    roots: Vec<usize>,
}

fn corrupt(source: &Source, error: &ArrowError) -> ReadError {
    let text = error.to_string();
    ReadError::new(format!("not a readable Arrow file ({})", text.lines().next().unwrap_or_default()))
        .in_file(&source.name)
        .with_hint("the file is damaged or incomplete; write it again")
}

type Decoded = Box<dyn Iterator<Item = Result<RecordBatch, ArrowError>> + Send>;

/// The decoder of the top-level columns, all when `None`, and the file's whole schema.
fn decoder(source: &Source, footer: bool, roots: Option<Vec<usize>>) -> Result<(SchemaRef, Decoded), ReadError> {
    let input = BufReader::with_capacity(128 << 10, source.file()?);
    let fail = |e: ArrowError| corrupt(source, &e);
    Ok(if footer {
        let reader = FileReader::try_new(input, roots).map_err(fail)?;
        (reader.schema(), Box::new(reader))
    } else {
        let reader = StreamReader::try_new(input, roots).map_err(fail)?;
        (reader.schema(), Box::new(reader))
    })
}

/// Opens a file or stream: checks all its headers, settles its columns.
pub(crate) fn open(source: &Source) -> Result<(Table, Vec<FileField>), ReadError> {
    let footer = check::headers(source)?;
    let (schema, _) = decoder(source, footer, None)?;
    let depth = source.options.max_depth;
    let (mut fields, mut roots) = (Vec::new(), Vec::new());
    for (root, field) in schema.fields().iter().enumerate() {
        let one = std::iter::once(Arc::clone(field)).collect();
        for leaf in leaves(&one, depth).map_err(|e| e.in_file(&source.name))? {
            let kind = kind_of(&leaf.data_type);
            roots.push(root);
            fields.push(FileField {
                name: leaf.name,
                kind: kind.unwrap_or(Kind::Text),
                native: leaf.data_type.to_string(),
                nullable: leaf.nullable,
                supported: kind.is_some(),
                guess: None,
            });
        }
        too_many(source, fields.len())?;
    }
    let names = fields.iter().map(|f| Arc::from(f.name.as_str())).collect();
    Ok((Table { footer, names, roots }, fields))
}

impl Table {
    pub(crate) fn read(&self, source: &Source, fields: &[usize]) -> Result<Batches, ReadError> {
        let mut roots: Vec<usize> = fields.iter().filter_map(|&f| self.roots.get(f).copied()).collect();
        roots.sort_unstable();
        roots.dedup();
        // The leaves of the projected columns come in file order: find each selected field among them.
        let projected: Vec<usize> = (0..self.roots.len())
            .filter(|&f| self.roots.get(f).is_some_and(|r| roots.binary_search(r).is_ok()))
            .collect();
        let place = |f: &usize| {
            let name = self.names.get(*f).cloned().unwrap_or_else(|| Arc::from(""));
            (projected.binary_search(f).unwrap_or(usize::MAX), name)
        };
        let (_, decoded) = decoder(source, self.footer, Some(roots))?;
        let rows = source.options.rows_for(fields.len());
        let places = fields.iter().map(place).collect();
        Ok(Box::new(Slices { decoded, current: None, at: 0, rows, places, source: source.clone() }))
    }
}

/// The decoder's batches, which may be large, cut into small ones without copying.
struct Slices {
    decoded: Decoded,
    current: Option<RecordBatch>,
    at: usize,
    rows: usize,
    /// Where each selected field is among the decoded leaves, and its name.
    places: Vec<(usize, Arc<str>)>,
    source: Source,
}

impl Iterator for Slices {
    type Item = Result<Batch, ReadError>;

    fn next(&mut self) -> Option<Self::Item> {
        loop {
            if let Some(batch) = &self.current
                && self.at < batch.num_rows()
            {
                let slice = batch.slice(self.at, self.rows.min(batch.num_rows() - self.at));
                self.at += slice.num_rows();
                return Some(self.convert(&slice));
            }
            self.at = 0;
            match self.decoded.next()? {
                Ok(batch) => self.current = Some(batch),
                Err(e) => return Some(Err(corrupt(&self.source, &e))),
            }
        }
    }
}

impl Slices {
    fn convert(&self, batch: &RecordBatch) -> Result<Batch, ReadError> {
        let mut arrays = Vec::new();
        flatten(batch.columns(), None, &mut arrays);
        let convert = |(at, name): &(usize, Arc<str>)| {
            let missing = || ReadError::new("a column is missing").in_file(&self.source.name);
            let (array, nulls) = arrays.get(*at).ok_or_else(missing)?;
            let column = column(Arc::clone(name), array, nulls.as_ref())
                .map_err(|e| e.in_file(&self.source.name).in_column(&**name))?;
            super::arrow::note_bytes(&self.source, &column);
            Ok(column)
        };
        Ok(Batch { rows: batch.num_rows(), columns: self.places.iter().map(convert).collect::<Result<_, _>>()? })
    }
}
