//! Column builders of the text formats: cells in, a [`Column`] out.
//!
//! A builder reads towards one kind. What does not fit is null plus its text; nothing here fails on data. Whole
//! numbers stay exact `i64` until the batch holds a fraction, then the batch becomes floats.

use crate::batch::{Column, Values, cut};
use crate::error::ReadError;
use crate::field::Kind;
use crate::intern::Interner;
use crate::layout::{DateOrder, Layout, note, parse_time_in};
use crate::number::{parse_boolean, parse_integer, parse_number, write_number};
use crate::vectors::{Vectors, parse_vector};
use arrow_buffer::{BooleanBufferBuilder, NullBufferBuilder, ScalarBuffer};
use std::ops::Range;
use std::sync::Arc;

/// What a column of a text format is read as.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Target {
    pub(crate) kind: Kind,
    pub(crate) order: DateOrder,
    /// Numbers may be written `1,5`.
    pub(crate) comma: bool,
}

impl Target {
    pub(crate) fn of(kind: Kind) -> Self {
        Self { kind, order: DateOrder::Unknown, comma: false }
    }
}

#[derive(Debug)]
enum Store {
    Integer(Vec<i64>),
    Float(Vec<f64>),
    Boolean(BooleanBufferBuilder),
    Time(Vec<i64>),
    Text(Vec<i32>, Box<Interner>),
    Vector(Vectors),
}

/// Builds one column, batch after batch.
#[derive(Debug)]
pub(crate) struct Builder {
    name: Arc<str>,
    target: Target,
    store: Store,
    validity: NullBufferBuilder,
    rows: usize,
    unparsed: Vec<(u32, String)>,
    layouts: Vec<(Layout, Range<u32>)>,
    scratch: String,
    capacity: usize,
}

impl Builder {
    pub(crate) fn new(name: Arc<str>, target: Target, capacity: usize) -> Self {
        let store = match target.kind {
            Kind::Text => Store::Text(Vec::with_capacity(capacity), Box::default()),
            other => Self::store(other, capacity),
        };
        Self {
            name,
            target,
            store,
            validity: NullBufferBuilder::new(capacity),
            rows: 0,
            unparsed: Vec::new(),
            layouts: Vec::new(),
            scratch: String::new(),
            capacity,
        }
    }

    fn store(kind: Kind, capacity: usize) -> Store {
        match kind {
            Kind::Number => Store::Float(Vec::with_capacity(capacity)),
            Kind::Integer => Store::Integer(Vec::with_capacity(capacity)),
            Kind::Boolean => Store::Boolean(BooleanBufferBuilder::new(capacity)),
            Kind::Time => Store::Time(Vec::with_capacity(capacity)),
            Kind::Text => Store::Text(Vec::with_capacity(capacity), Box::default()),
            Kind::Vector => Store::Vector(Vectors::default()),
        }
    }

    pub(crate) fn name(&self) -> &str {
        &self.name
    }

    pub(crate) fn rows(&self) -> usize {
        self.rows
    }

    /// Takes back the cells from a row on.
    pub(crate) fn truncate(&mut self, rows: usize) {
        if self.rows <= rows {
            return;
        }
        self.rows = rows;
        self.validity.truncate(rows);
        self.unparsed.retain(|(row, _)| (*row as usize) < rows);
        self.layouts.retain_mut(|(_, run)| {
            run.end = run.end.min(rows as u32);
            run.start < run.end
        });
        match &mut self.store {
            Store::Integer(v) | Store::Time(v) => v.truncate(rows),
            Store::Float(v) => v.truncate(rows),
            Store::Boolean(v) => v.truncate(rows),
            Store::Text(v, _) => v.truncate(rows),
            Store::Vector(v) => v.truncate(rows),
        }
    }

    /// Cells that were not UTF-8 so far.
    pub(crate) fn invalid(&self) -> u64 {
        if let Store::Text(_, interner) = &self.store { interner.invalid } else { 0 }
    }

    fn valid(&mut self) {
        self.validity.append_non_null();
        self.rows += 1;
    }

    /// A null.
    pub(crate) fn null(&mut self) {
        match &mut self.store {
            Store::Integer(v) | Store::Time(v) => v.push(0),
            Store::Float(v) => v.push(0.0),
            Store::Boolean(v) => v.append(false),
            Store::Text(v, _) => v.push(0),
            Store::Vector(v) => v.push(&[]),
        }
        self.validity.append_null();
        self.rows += 1;
    }

    fn unparsed(&mut self, text: &[u8]) {
        let row = self.rows as u32;
        self.unparsed.push((row, cut(&String::from_utf8_lossy(text.get(..1024).unwrap_or(text)))));
        self.null();
    }

    /// The layout of the cell that is being added.
    fn note(&mut self, layout: Layout) {
        note(&mut self.layouts, layout, self.rows as u32);
    }

    /// A cell as text; the empty one is null.
    pub(crate) fn text(&mut self, cell: &[u8]) {
        if cell.is_empty() {
            self.null();
            return;
        }
        if let Store::Text(keys, interner) = &mut self.store {
            keys.push(interner.key(cell));
            self.valid();
            return;
        }
        if self.parse(cell) {
            self.valid();
            return;
        }
        let trimmed = cell.trim_ascii();
        if trimmed.len() < cell.len() && self.parse(trimmed) {
            self.note(Layout::Padded);
            self.valid();
            return;
        }
        self.unparsed(cell);
    }

    /// Parses towards the store; tells whether a value was pushed.
    fn parse(&mut self, cell: &[u8]) -> bool {
        match &mut self.store {
            Store::Text(..) => false,
            Store::Vector(vectors) => {
                let Some((value, _)) = parse_vector(cell) else {
                    return false;
                };
                vectors.push(&value);
                true
            }
            Store::Integer(values) => {
                if let Some(value) = parse_integer(cell) {
                    values.push(value);
                    return true;
                }
                let Some((value, comma)) = number(cell, self.target.comma) else {
                    return false;
                };
                self.push_wide(value);
                if comma {
                    self.note(Layout::DecimalComma);
                }
                true
            }
            Store::Float(values) => {
                let Some((value, comma)) = number(cell, self.target.comma) else {
                    return false;
                };
                values.push(value);
                if comma {
                    self.note(Layout::DecimalComma);
                }
                true
            }
            Store::Boolean(values) => {
                let Some((value, layout)) = parse_boolean(cell, true) else {
                    return false;
                };
                values.append(value);
                if let Some(layout) = layout {
                    self.note(layout);
                }
                true
            }
            Store::Time(values) => {
                let Some((value, layout)) = parse_time_in(cell, self.target.order) else {
                    return false;
                };
                values.push(value);
                self.note(layout);
                true
            }
        }
    }

    /// Makes an integer store one of floats and adds one.
    fn push_wide(&mut self, value: f64) {
        let mut floats = match std::mem::replace(&mut self.store, Store::Float(Vec::new())) {
            Store::Float(values) => values,
            Store::Integer(values) => {
                let mut floats = Vec::with_capacity(self.capacity);
                floats.extend(values.iter().map(|&v| v as f64));
                floats
            }
            other => {
                self.store = other;
                return;
            }
        };
        floats.push(value);
        self.store = Store::Float(floats);
    }

    /// A whole number of a typed text format.
    pub(crate) fn integer(&mut self, value: i64) {
        match &mut self.store {
            Store::Integer(values) => values.push(value),
            Store::Float(values) => values.push(value as f64),
            Store::Boolean(values) if value == 0 || value == 1 => {
                values.append(value == 1);
                self.note(Layout::BooleanDigit);
            }
            _ => return self.canonical(&value.to_string()),
        }
        self.valid();
    }

    /// A whole number beyond `i64`.
    pub(crate) fn unsigned(&mut self, value: u64) {
        if matches!(self.store, Store::Integer(_) | Store::Float(_)) {
            self.float(value as f64);
        } else {
            self.canonical(&value.to_string());
        }
    }

    /// A number of a typed text format.
    pub(crate) fn float(&mut self, value: f64) {
        match &mut self.store {
            Store::Integer(_) => self.push_wide(value),
            Store::Float(values) => values.push(value),
            _ => {
                let mut text = std::mem::take(&mut self.scratch);
                write_number(value, &mut text);
                self.canonical(&text);
                self.scratch = text;
                return;
            }
        }
        self.valid();
    }

    /// A list of a typed text format; `None` where it holds more than numbers.
    pub(crate) fn list(&mut self, numbers: Option<&[f32]>) {
        match (&mut self.store, numbers) {
            (Store::Vector(vectors), Some(numbers)) => {
                vectors.push(numbers);
                self.valid();
            }
            _ => self.canonical("[...]"),
        }
    }

    /// A boolean of a typed text format.
    pub(crate) fn boolean(&mut self, value: bool) {
        if let Store::Boolean(values) = &mut self.store {
            values.append(value);
            self.valid();
        } else {
            self.canonical(if value { "true" } else { "false" });
        }
    }

    /// A string of a typed text format. Unlike [`Builder::text`] the empty one is a value of a text column, and a
    /// number in quotes is noted as such.
    pub(crate) fn string(&mut self, value: &str) {
        if let Store::Text(keys, interner) = &mut self.store {
            keys.push(interner.key(value.as_bytes()));
            self.valid();
            return;
        }
        let numeric = matches!(self.store, Store::Integer(_) | Store::Float(_));
        let before = self.unparsed.len();
        if value.is_empty() {
            self.unparsed(b"");
        } else {
            self.text(value.as_bytes());
        }
        // `NaN` has no other way to be written in JSON.
        let digits = value.bytes().any(|c| c.is_ascii_digit());
        if numeric && digits && self.unparsed.len() == before {
            note(&mut self.layouts, Layout::Quoted, (self.rows as u32).saturating_sub(1));
        }
    }

    /// A typed value in a column of another kind: text columns take its canonical form, others keep it unparsed.
    pub(crate) fn canonical(&mut self, text: &str) {
        if let Store::Text(keys, interner) = &mut self.store {
            keys.push(interner.key(text.as_bytes()));
            self.valid();
        } else {
            self.unparsed(text.as_bytes());
        }
    }

    /// The column of the rows since the last call.
    ///
    /// # Errors
    /// Only when a dictionary outgrew 2 GiB.
    pub(crate) fn finish(&mut self) -> Result<Column, ReadError> {
        let rows = std::mem::take(&mut self.rows);
        let validity = self.validity.finish();
        self.validity = NullBufferBuilder::new(self.capacity);
        let values = match &mut self.store {
            Store::Text(keys, interner) => {
                let dictionary = interner.finish(rows)?;
                let keys = std::mem::replace(keys, Vec::with_capacity(self.capacity));
                Values::Text { keys: ScalarBuffer::from(keys), dictionary }
            }
            store => match std::mem::replace(store, Self::store(self.target.kind, self.capacity)) {
                Store::Integer(v) => Values::Integer(ScalarBuffer::from(v)),
                Store::Float(v) => Values::Float(ScalarBuffer::from(v)),
                Store::Boolean(mut v) => Values::Boolean(v.finish()),
                Store::Time(v) => Values::Time(ScalarBuffer::from(v)),
                Store::Text(..) => Values::Null,
                Store::Vector(v) => Values::Vector(v),
            },
        };
        let layouts = std::mem::take(&mut self.layouts);
        Ok(Column {
            name: Arc::clone(&self.name),
            values,
            validity,
            unparsed: std::mem::take(&mut self.unparsed),
            layouts,
        })
    }
}

/// A number with a decimal point, or with a comma where the column has been seen to use one; and whether it was.
fn number(cell: &[u8], comma: bool) -> Option<(f64, bool)> {
    if let Some(value) = parse_number(cell, false) {
        return Some((value, false));
    }
    if comma { parse_number(cell, true).map(|value| (value, true)) } else { None }
}
