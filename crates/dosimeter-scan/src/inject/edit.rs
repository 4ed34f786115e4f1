//! Changes of single columns, cell by cell.

use super::Injection;
use crate::batch::{Batch, Column, Values};
use arrow_array::{Array, StringArray};
use arrow_buffer::NullBuffer;
use std::collections::BTreeMap;

impl Injection<'_> {
    /// The column at a place of `columns`.
    pub(super) fn column(&self, at: usize) -> Option<&Column> {
        self.batch.column(self.columns.get(at)?)
    }

    /// Whether each row is struck: from the first on, a random share of them.
    pub(super) fn struck(&mut self, share: f64) -> Vec<bool> {
        let from = self.from;
        (0..self.batch.rows).map(|i| i >= from && (share >= 1.0 || self.rng.uniform() < share)).collect()
    }
}

/// The batch with a column in place of the one of its name, or after the others.
pub(super) fn with(batch: &Batch, column: Column) -> Batch {
    let mut changed = batch.clone();
    match changed.columns.iter_mut().find(|c| c.name == column.name) {
        Some(old) => *old = column,
        None => changed.columns.push(column),
    }
    changed
}

/// The numbers of a column; `None` where it holds something else.
pub(super) fn numbers(column: &Column) -> Option<Vec<Option<f64>>> {
    let held = |i: usize, x: f64| column.is_valid(i).then_some(x);
    match &column.values {
        Values::Float(v) => Some(v.iter().enumerate().map(|(i, x)| held(i, *x)).collect()),
        Values::Integer(v) => Some(v.iter().enumerate().map(|(i, x)| held(i, *x as f64)).collect()),
        _ => None,
    }
}

/// A column of numbers: whole ones as integers where the column was of integers.
pub(super) fn of_numbers(like: &Column, cells: &[Option<f64>]) -> Column {
    let whole =
        matches!(like.values, Values::Integer(_)) && cells.iter().flatten().all(|x| x.fract() == 0.0 && x.abs() < 9e15);
    let values = if whole {
        Values::Integer(cells.iter().map(|x| x.unwrap_or(0.0) as i64).collect())
    } else {
        Values::Float(cells.iter().map(|x| x.unwrap_or(f64::NAN)).collect())
    };
    Column { values, validity: validity(cells.iter().map(Option::is_some)), ..like.clone() }
}

/// `None` where every row holds a value.
pub(super) fn validity(held: impl Iterator<Item = bool>) -> Option<NullBuffer> {
    let buffer = NullBuffer::from(held.collect::<Vec<bool>>());
    (buffer.null_count() > 0).then_some(buffer)
}

/// A column with some rows emptied.
pub(super) fn emptied(column: &Column, struck: &[bool]) -> Column {
    let held = struck.iter().enumerate().map(|(i, s)| !s && column.is_valid(i));
    Column {
        validity: validity(held),
        unparsed: column
            .unparsed
            .iter()
            .filter(|(i, _)| !struck.get(*i as usize).is_some_and(|s| *s))
            .cloned()
            .collect(),
        ..column.clone()
    }
}

/// A column of texts in which the struck rows that hold one hold what `change` makes of it; `None` where nothing changes or
/// the column is of something else.
pub(super) fn rewritten(column: &Column, struck: &[bool], change: impl Fn(&str) -> String) -> Option<Column> {
    let Values::Text { keys, dictionary } = &column.values else {
        return None;
    };
    let mut texts: Vec<String> = (0..dictionary.len()).map(|k| dictionary.value(k).to_owned()).collect();
    let mut places: BTreeMap<String, i32> = BTreeMap::new();
    let mut by_key: BTreeMap<i32, i32> = BTreeMap::new();
    let mut changed = false;
    let new: Vec<i32> = keys
        .iter()
        .enumerate()
        .map(|(i, key)| {
            let (true, true) = (struck.get(i).is_some_and(|s| *s), column.is_valid(i)) else { return *key };
            let to = *by_key.entry(*key).or_insert_with(|| {
                let old = usize::try_from(*key).ok().and_then(|k| texts.get(k)).cloned().unwrap_or_default();
                let text = change(&old);
                if text == old {
                    return *key;
                }
                *places.entry(text).or_insert_with_key(|text| {
                    texts.push(text.clone());
                    (texts.len() - 1) as i32
                })
            });
            changed |= to != *key;
            to
        })
        .collect();
    let values = Values::Text { keys: new.into(), dictionary: StringArray::from(texts) };
    changed.then(|| Column { values, ..column.clone() })
}
