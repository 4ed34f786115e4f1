//! From a column of a batch to cells of a frozen grid.

use std::collections::BTreeMap;

use arrow_array::{Array, StringArray};
use dosimeter_core::profile::grid::{Grid, Special};
use dosimeter_core::profile::sample::{canonical_number, hash_bytes};
use dosimeter_core::profile::{ColumnKind, ColumnSpec, Lookup};

use crate::layout::parse_time;
use crate::{Column, Kind, Values, coerce};

/// The kind that cells are brought to before a column of the baseline counts them.
pub(crate) fn wanted(kind: ColumnKind) -> Kind {
    match kind {
        ColumnKind::Number => Kind::Number,
        ColumnKind::Time => Kind::Time,
        ColumnKind::Boolean => Kind::Boolean,
        ColumnKind::Vector => Kind::Vector,
        ColumnKind::Category | ColumnKind::Text => Kind::Text,
    }
}

/// The kind that a text format is read towards for a column of the baseline: what the reference's files gave it, so that
/// the same cells become the same values. `True` in a class column is the text `true` in both periods, `1.0` is `1`.
pub(crate) fn asked(spec: &ColumnSpec) -> Kind {
    match spec.native.as_str() {
        // Keys of the number type keep their digits: 2^53 + 1 is not 2^53.
        _ if spec.kind == ColumnKind::Text => Kind::Text,
        "number" => Kind::Number,
        "boolean" => Kind::Boolean,
        "time" => Kind::Time,
        "text" => Kind::Text,
        "vector" => Kind::Vector,
        _ => wanted(spec.kind),
    }
}

/// A column's class of type, as the baseline keeps it: `number`, `boolean`, `text`, `time`.
pub(crate) fn native(kind: Kind) -> &'static str {
    match kind {
        Kind::Number | Kind::Integer => "number",
        Kind::Boolean => "boolean",
        Kind::Time => "time",
        Kind::Text => "text",
        Kind::Vector => "vector",
    }
}

/// The numbers of a column, NaN where there is none; times as microseconds.
pub(crate) fn numbers(column: &Column, rows: usize) -> Vec<f64> {
    let mut out: Vec<f64> = match &column.values {
        Values::Float(v) => v.to_vec(),
        Values::Integer(v) | Values::Time(v) => v.iter().map(|x| *x as f64).collect(),
        Values::Boolean(v) => v.iter().map(|b| f64::from(u8::from(b))).collect(),
        Values::Null | Values::Text { .. } | Values::Vector(_) | Values::Unsupported(_) => vec![f64::NAN; rows],
    };
    out.resize(rows, f64::NAN);
    if let Some(validity) = &column.validity {
        for (i, x) in out.iter_mut().enumerate() {
            if !validity.is_valid(i) {
                *x = f64::NAN;
            }
        }
    }
    out
}

/// A cell's text in canonical form, whatever the column's type; `None` for null.
pub(crate) fn text_of(column: &Column, row: usize) -> Option<String> {
    if !column.is_valid(row) {
        let at = column.unparsed.binary_search_by_key(&row, |(r, _)| *r as usize).ok()?;
        return column.unparsed.get(at).map(|(_, t)| t.clone());
    }
    match &column.values {
        Values::Text { .. } => column.text(row).map(str::to_owned),
        Values::Integer(v) => v.get(row).map(ToString::to_string),
        Values::Float(v) => v.get(row).map(|x| canonical_number(*x)),
        Values::Boolean(v) => (row < v.len()).then(|| v.value(row).to_string()),
        Values::Time(v) => v.get(row).map(ToString::to_string),
        Values::Vector(v) => v.get(row).map(|v| v.len().to_string()),
        Values::Null | Values::Unsupported(_) => None,
    }
}

/// A key's hash, the same for `123` as a number and as text; `None` for null.
pub(crate) fn key_of(column: &Column, row: usize) -> Option<u64> {
    match &column.values {
        Values::Text { .. } => column.text(row).map(|t| hash_bytes(t.as_bytes())),
        _ => text_of(column, row).map(|t| hash_bytes(t.as_bytes())),
    }
}

/// Instants in microseconds, `None` where there is none: times, texts that are times, and numbers that look like epochs.
pub(crate) fn times(column: &Column, rows: usize) -> Vec<Option<i64>> {
    (0..rows)
        .map(|i| {
            if !column.is_valid(i) {
                return None;
            }
            match &column.values {
                Values::Time(v) => v.get(i).copied(),
                Values::Integer(v) => v.get(i).and_then(|x| epoch(*x as f64)),
                Values::Float(v) => v.get(i).and_then(|x| epoch(*x)),
                Values::Text { .. } => column.text(i).and_then(parse_time).map(|(t, _)| t),
                Values::Null | Values::Boolean(_) | Values::Vector(_) | Values::Unsupported(_) => None,
            }
        })
        .collect()
}

/// A number as an instant, by its size: years, seconds, milliseconds, microseconds or nanoseconds.
pub(crate) fn epoch(x: f64) -> Option<i64> {
    let size = x.abs();
    let micros = match size {
        s if !s.is_finite() => return None,
        s if s == s.trunc() && (1800.0..2200.0).contains(&s) => return year(x as i64),
        s if s < 1e8 => return None,
        s if s < 1e11 => x * 1e6,
        s if s < 1e14 => x * 1e3,
        s if s < 1e17 => x,
        _ => x / 1e3,
    };
    Some(micros as i64)
}

fn year(y: i64) -> Option<i64> {
    let date = jiff::civil::Date::new(i16::try_from(y).ok()?, 1, 1).ok()?;
    date.to_zoned(jiff::tz::TimeZone::UTC).ok().map(|z| z.timestamp().as_microsecond())
}

/// Whether two live dictionaries share their memory, and so their contents.
pub(crate) fn same_dictionary(seen: Option<&StringArray>, now: &StringArray) -> bool {
    seen.is_some_and(|d| {
        d.len() == now.len()
            && d.values().as_ptr() == now.values().as_ptr()
            && d.offsets().inner().inner().as_ptr() == now.offsets().inner().inner().as_ptr()
    })
}

/// Looks cells up for one column; keeps what it learned about a dictionary while the batches share it.
pub(crate) struct Cells<'g> {
    grid: &'g Grid,
    index: BTreeMap<&'g str, usize>,
    edges: &'g Lookup,
    /// Kept alive, so that no other dictionary can take its address.
    dictionary: Option<StringArray>,
    by_key: Vec<u16>,
}

impl<'g> Cells<'g> {
    pub(crate) fn new(grid: &'g Grid, edges: &'g Lookup) -> Self {
        Cells { grid, index: grid.category_index(), edges, dictionary: None, by_key: Vec::new() }
    }

    /// The cell of every row.
    pub(crate) fn of(&mut self, column: &Column, rows: usize, out: &mut Vec<u16>) {
        out.clear();
        let null = self.grid.special(Special::Null) as u16;
        match (&column.values, self.grid) {
            (Values::Float(v), Grid::Number { .. }) => match &column.validity {
                None => out.extend(v.iter().map(|x| self.number(*x))),
                Some(valid) => out
                    .extend(v.iter().enumerate().map(|(i, x)| if valid.is_valid(i) { self.number(*x) } else { null })),
            },
            (Values::Integer(v) | Values::Time(v), Grid::Number { .. }) => match &column.validity {
                None => out.extend(v.iter().map(|x| self.number(*x as f64))),
                Some(valid) => {
                    out.extend(
                        v.iter()
                            .enumerate()
                            .map(|(i, x)| if valid.is_valid(i) { self.number(*x as f64) } else { null }),
                    );
                }
            },
            (Values::Text { keys, dictionary }, Grid::Category { .. }) => {
                if !same_dictionary(self.dictionary.as_ref(), dictionary) {
                    let other = self.grid.special(Special::Other) as u16;
                    self.by_key.clear();
                    self.by_key.extend(
                        (0..dictionary.len()).map(|k| self.index.get(dictionary.value(k)).map_or(other, |c| *c as u16)),
                    );
                    self.dictionary = Some(dictionary.clone());
                }
                let cell =
                    |key: &i32| usize::try_from(*key).ok().and_then(|k| self.by_key.get(k)).copied().unwrap_or(null);
                match &column.validity {
                    None => out.extend(keys.iter().map(cell)),
                    Some(valid) => {
                        out.extend(keys.iter().enumerate().map(|(i, k)| if valid.is_valid(i) { cell(k) } else { null }))
                    }
                }
            }
            (Values::Boolean(v), Grid::Category { .. }) => {
                let other = self.grid.special(Special::Other);
                let cell = |value: &str| self.index.get(value).copied().unwrap_or(other) as u16;
                let (no, yes) = (cell("false"), cell("true"));
                let value = |(i, x): (usize, bool)| match x {
                    _ if !column.is_valid(i) => null,
                    true => yes,
                    false => no,
                };
                out.extend(v.iter().enumerate().map(value));
            }
            (Values::Vector(v), grid) => out.extend((0..rows).map(|i| match v.get(i) {
                Some(vector) if column.is_valid(i) => super::vectors::cell(grid, &self.index, vector),
                _ => null,
            })),
            (Values::Null | Values::Unsupported(_), _) => {}
            (_, grid) => out.extend((0..rows).map(|i| match text_of(column, i) {
                None => null,
                Some(t) => self.index.get(t.as_str()).copied().unwrap_or(grid.special(Special::Other)) as u16,
            })),
        }
        out.resize(rows, null);
        let other = self.grid.special(Special::Other) as u16;
        for (row, _) in &column.unparsed {
            if let Some(cell) = out.get_mut(*row as usize) {
                *cell = other;
            }
        }
    }

    /// The cell of a number.
    #[inline]
    pub(crate) fn number(&self, x: f64) -> u16 {
        if x.is_finite() { self.edges.find(x) } else { self.grid.cell_of_number(x) as u16 }
    }
}

/// Whole numbers of few different values, as classes are, as text with a dictionary; `None` where they are many.
fn few_integers(column: &Column, values: &[i64]) -> Option<Column> {
    let mut known: Vec<i64> = Vec::new();
    let mut keys = Vec::with_capacity(values.len());
    for (i, x) in values.iter().enumerate() {
        // What a null holds is no value.
        if !column.is_valid(i) {
            keys.push(0);
            continue;
        }
        let key = match known.iter().position(|k| k == x) {
            Some(k) => k,
            None if known.len() < 16 => {
                known.push(*x);
                known.len() - 1
            }
            None => return None,
        };
        keys.push(key as i32);
    }
    let dictionary: StringArray = known.iter().map(|k| Some(k.to_string())).collect();
    Some(Column {
        values: Values::Text { keys: keys.into(), dictionary },
        unparsed: Vec::new(),
        layouts: Vec::new(),
        ..column.clone()
    })
}

/// Brings a column to the kind that the baseline counts it as.
pub(crate) fn as_kind(column: &Column, kind: Kind) -> Column {
    match (&column.values, kind) {
        (Values::Float(_) | Values::Integer(_), Kind::Number | Kind::Integer)
        | (Values::Time(_), Kind::Time)
        | (Values::Text { .. }, Kind::Text)
        | (Values::Vector(_), Kind::Vector)
        | (Values::Null | Values::Unsupported(_), _) => column.clone(),
        (Values::Integer(v), Kind::Text) if column.unparsed.is_empty() => {
            few_integers(column, v).unwrap_or_else(|| coerce(column.clone(), kind))
        }
        _ => coerce(column.clone(), kind),
    }
}
