//! A column read as another kind, as when the baseline says number and the file says text.
//!
//! Text is parsed once per dictionary entry, not once per row. What does not fit becomes null and keeps its text in
//! [`Column::unparsed`], as if the reader had met it.

use crate::batch::{Column, Values, cut};
use crate::field::Kind;
use crate::intern::Interner;
use crate::layout::{DateOrder, Layout, note, parse_time_in};
use crate::number::{parse_boolean, parse_integer, parse_number, write_number};
use crate::vectors::{Vectors, parse_vector};
use arrow_array::{Array, StringArray};
use arrow_buffer::{BooleanBuffer, NullBuffer, ScalarBuffer};

/// Reads a column as a kind.
///
/// Text is parsed; numbers, booleans and times become canonical text (whole numbers without `.0`, times in
/// RFC 3339); integers and floats turn into each other, a float that is not whole stays one; booleans count as 0
/// and 1, and back. Anything else, as a number read as a time, is unparsed cell by cell. Unsupported columns and
/// columns of nulls stay as they are.
#[must_use]
pub fn coerce(column: Column, kind: Kind) -> Column {
    match (&column.values, kind) {
        (Values::Null | Values::Unsupported(_), _)
        | (Values::Float(_), Kind::Number)
        | (Values::Integer(_), Kind::Integer)
        | (Values::Boolean(_), Kind::Boolean)
        | (Values::Time(_), Kind::Time)
        | (Values::Vector(_), Kind::Vector)
        | (Values::Text { .. }, Kind::Text) => column,
        (Values::Integer(v), Kind::Number) => {
            let values = Values::Float(v.iter().map(|&v| v as f64).collect());
            Column { values, ..column }
        }
        (Values::Float(v), Kind::Integer) => {
            // 2^63 as a float is just beyond i64.
            let fits = |v: f64| v.fract() == 0.0 && v.abs() < 2f64.powi(63);
            if (0..v.len()).all(|row| !column.is_valid(row) || v.get(row).is_some_and(|&v| fits(v))) {
                let values = Values::Integer(v.iter().map(|&v| v as i64).collect());
                return Column { values, ..column };
            }
            column
        }
        (Values::Boolean(v), Kind::Number) => {
            let values = Values::Float(v.iter().map(|b| f64::from(u8::from(b))).collect());
            Column { values, ..column }
        }
        (Values::Boolean(v), Kind::Integer) => {
            let values = Values::Integer(v.iter().map(i64::from).collect());
            Column { values, ..column }
        }
        (Values::Text { keys, dictionary }, _) => {
            let (keys, dictionary) = (keys.clone(), dictionary.clone());
            parse_text(column, &keys, &dictionary, kind)
        }
        (_, Kind::Text) => to_text(column),
        _ => by_cell(column, kind),
    }
}

/// A parsed entry: the value as a number of its kind, and how it was written.
type Parsed<T> = Option<(T, Option<Layout>, bool)>;

fn parse_text(column: Column, keys: &ScalarBuffer<i32>, dictionary: &StringArray, kind: Kind) -> Column {
    match kind {
        Kind::Number => parse_with(
            column,
            keys,
            dictionary,
            0.0,
            |t| parse_number(t, false).map(|v| (v, None)),
            |v| Values::Float(v.into()),
        ),
        Kind::Integer => {
            let whole = |t: &[u8]| parse_integer(t).map(|v| (v, None));
            let entries = used(&column, keys, dictionary);
            let exact = entries.iter().all(|&e| {
                let text = dictionary.value(e).as_bytes().trim_ascii();
                parse_integer(text).is_some() || parse_number(text, false).is_none()
            });
            if exact {
                parse_with(column, keys, dictionary, 0, whole, |v| Values::Integer(v.into()))
            } else {
                parse_text(column, keys, dictionary, Kind::Number)
            }
        }
        Kind::Boolean => parse_with(
            column,
            keys,
            dictionary,
            false,
            |t| parse_boolean(t, true),
            |v| Values::Boolean(BooleanBuffer::from(v)),
        ),
        Kind::Time => {
            let order = order(&used(&column, keys, dictionary), dictionary);
            let time = |t: &[u8]| parse_time_in(t, order).map(|(v, l)| (v, Some(l)));
            parse_with(column, keys, dictionary, 0, time, |v| Values::Time(v.into()))
        }
        Kind::Vector => text_to_vectors(column, keys, dictionary),
        Kind::Text => column,
    }
}

/// Vectors written as text, `[0.1, 0.2]`.
fn text_to_vectors(column: Column, keys: &ScalarBuffer<i32>, dictionary: &StringArray) -> Column {
    let mut vectors = Vectors::default();
    let mut valid = vec![false; keys.len()];
    let mut unparsed = column.unparsed.clone();
    for (row, (key, valid)) in keys.iter().zip(&mut valid).enumerate() {
        let entry = usize::try_from(*key).ok().filter(|k| column.is_valid(row) && *k < dictionary.len());
        let text = entry.map_or("", |k| dictionary.value(k));
        match parse_vector(text.as_bytes()) {
            Some((vector, _)) => {
                vectors.push(&vector);
                *valid = true;
            }
            None => {
                vectors.push(&[]);
                if !text.is_empty() {
                    unparsed.push((row as u32, cut(text)));
                }
            }
        }
    }
    unparsed.sort_by_key(|(row, _)| *row);
    Column { values: Values::Vector(vectors), validity: nulls(valid), unparsed, ..column }
}

/// The dictionary entries that valid rows point to.
fn used(column: &Column, keys: &ScalarBuffer<i32>, dictionary: &StringArray) -> Vec<usize> {
    let mut seen = vec![false; dictionary.len()];
    for (row, &key) in keys.iter().enumerate() {
        if column.is_valid(row)
            && let Some(seen) = seen.get_mut(key as usize)
        {
            *seen = true;
        }
    }
    seen.iter().enumerate().filter(|(_, s)| **s).map(|(i, _)| i).collect()
}

/// The order of day and month that the entries show.
fn order(entries: &[usize], dictionary: &StringArray) -> DateOrder {
    let mut votes = (0, 0);
    for &entry in entries {
        match parse_time_in(dictionary.value(entry).as_bytes(), DateOrder::Unknown) {
            Some((_, Layout::DayMonthSlash)) => votes.0 += 1,
            Some((_, Layout::MonthDaySlash)) => votes.1 += 1,
            _ => {}
        }
    }
    match votes {
        (0, 0) => DateOrder::Unknown,
        (day, month) if day >= month => DateOrder::DayFirst,
        _ => DateOrder::MonthFirst,
    }
}

fn parse_with<T: Copy>(
    column: Column,
    keys: &ScalarBuffer<i32>,
    dictionary: &StringArray,
    blank: T,
    parse: impl Fn(&[u8]) -> Option<(T, Option<Layout>)>,
    wrap: impl Fn(Vec<T>) -> Values,
) -> Column {
    let parsed: Vec<Parsed<T>> = (0..dictionary.len())
        .map(|entry| {
            let text = dictionary.value(entry).as_bytes();
            let trimmed = text.trim_ascii();
            parse(trimmed).map(|(v, layout)| (v, layout, trimmed.len() < text.len()))
        })
        .collect();
    let mut layouts = column.layouts.clone();
    let mut values = Vec::with_capacity(keys.len());
    let mut valid = Vec::with_capacity(keys.len());
    let mut unparsed = column.unparsed.clone();
    for (row, &key) in keys.iter().enumerate() {
        let mut value = blank;
        let mut ok = column.is_valid(row);
        if ok {
            let entry = key as usize;
            match parsed.get(entry) {
                Some(Some((v, layout, padded))) => {
                    value = *v;
                    if let Some(layout) = layout {
                        note(&mut layouts, *layout, row as u32);
                    }
                    if *padded {
                        note(&mut layouts, Layout::Padded, row as u32);
                    }
                }
                _ => {
                    ok = false;
                    let text = if entry < dictionary.len() { dictionary.value(entry) } else { "" };
                    // The empty string is a null of the text formats, hence here too.
                    if !text.is_empty() {
                        unparsed.push((row as u32, cut(text)));
                    }
                }
            }
        }
        values.push(value);
        valid.push(ok);
    }
    unparsed.sort_by_key(|(row, _)| *row);
    Column { name: column.name, values: wrap(values), validity: nulls(valid), unparsed, layouts }
}

fn nulls(valid: Vec<bool>) -> Option<NullBuffer> {
    if valid.iter().all(|v| *v) { None } else { Some(NullBuffer::from(valid)) }
}

/// The canonical text of a row.
fn show(values: &Values, row: usize, into: &mut String) {
    use std::fmt::Write;
    into.clear();
    match values {
        Values::Integer(v) => v.get(row).map(|v| write!(into, "{v}")),
        Values::Float(v) => {
            v.get(row).copied().inspect(|&v| write_number(v, into));
            None
        }
        Values::Boolean(v) => (row < v.len()).then(|| write!(into, "{}", v.value(row))),
        Values::Time(v) => v.get(row).map(|&v| write!(into, "{}", dosimeter_core::time::Timestamp(v))),
        Values::Vector(v) => v.get(row).map(|v| write!(into, "[{} numbers]", v.len())),
        Values::Null | Values::Text { .. } | Values::Unsupported(_) => None,
    };
}

fn rows(values: &Values) -> usize {
    match values {
        Values::Integer(v) | Values::Time(v) => v.len(),
        Values::Float(v) => v.len(),
        Values::Boolean(v) => v.len(),
        Values::Text { keys, .. } => keys.len(),
        Values::Vector(v) => v.len(),
        Values::Null | Values::Unsupported(_) => 0,
    }
}

/// What did not fit the column's kind fits text: it is a value again.
fn to_text(column: Column) -> Column {
    let mut interner = Interner::default();
    let mut text = String::new();
    let rows = rows(&column.values);
    let mut strays = column.unparsed.iter().peekable();
    let mut valid = Vec::with_capacity(rows);
    let keys: Vec<i32> = (0..rows)
        .map(|row| {
            let stray = strays.next_if(|(at, _)| *at as usize == row);
            valid.push(stray.is_some() || column.is_valid(row));
            match stray {
                Some((_, stray)) => interner.key(stray.as_bytes()),
                None if column.is_valid(row) => {
                    show(&column.values, row, &mut text);
                    interner.key(text.as_bytes())
                }
                None => 0,
            }
        })
        .collect();
    match interner.finish(rows) {
        Ok(dictionary) => Column {
            values: Values::Text { keys: keys.into(), dictionary },
            validity: nulls(valid),
            unparsed: Vec::new(),
            ..column
        },
        Err(_) => column,
    }
}

/// Kinds with no way between them but a few values: whole 0 and 1 are booleans; the rest is unparsed.
fn by_cell(column: Column, kind: Kind) -> Column {
    let rows = rows(&column.values);
    let mut text = String::new();
    let mut booleans = vec![false; rows];
    let mut valid = vec![false; rows];
    let mut unparsed = column.unparsed.clone();
    for row in (0..rows).filter(|&row| column.is_valid(row)) {
        show(&column.values, row, &mut text);
        match (kind, parse_boolean(text.as_bytes(), true)) {
            (Kind::Boolean, Some((value, _))) => {
                if let (Some(b), Some(v)) = (booleans.get_mut(row), valid.get_mut(row)) {
                    (*b, *v) = (value, true);
                }
            }
            _ => unparsed.push((row as u32, cut(&text))),
        }
    }
    unparsed.sort_by_key(|(row, _)| *row);
    let values = match kind {
        Kind::Boolean => Values::Boolean(BooleanBuffer::from(booleans)),
        Kind::Time => Values::Time(vec![0; rows].into()),
        Kind::Integer => Values::Integer(vec![0; rows].into()),
        Kind::Vector => Values::Vector(Vectors::empty(rows)),
        Kind::Number | Kind::Text => Values::Float(vec![0.0; rows].into()),
    };
    Column { values, validity: nulls(valid), unparsed, ..column }
}
