//! A data set as one batch in memory: all of its rows in order of time, or a seeded sample of a stated number.

use super::edit::{numbers, of_numbers, validity};
use crate::batch::{Batch, Column, Values};
use crate::pass::{Part, times};
use crate::vectors::Vectors;
use crate::{Dataset, Field, Kind, ReadError, coerce};
use arrow_array::{Array, StringArray};
use arrow_buffer::BooleanBuffer;
use dosimeter_core::profile::sample::Chooser;
use std::collections::HashMap;

/// Rows held in memory.
#[derive(Clone, Debug)]
pub struct Gathered {
    /// The rows.
    pub batch: Batch,
    /// What its columns are.
    pub fields: Vec<Field>,
    /// Rows that there were in the part.
    pub seen: u64,
    /// Times of the rows in order; empty without a time column.
    pub times: Vec<i64>,
    /// Rows left out because they have no time.
    pub undated: u64,
}

/// Reads the rows of a part, about `most` of the `total` rows of the data set at most, in order of `time` where there is such a
/// column.
///
/// # Errors
/// The first that a file gives: a drill on half of a reference would be one on something else.
pub fn gather(
    dataset: &Dataset,
    part: Part,
    time: Option<&str>,
    (most, total): (u64, u64),
    seed: u64,
) -> Result<Gathered, ReadError> {
    let fields: Vec<Field> = dataset.schema().into_iter().filter(|f| f.supported).collect();
    let names: Vec<String> = fields.iter().map(|f| f.name.clone()).collect();
    let at = time.and_then(|t| names.iter().position(|n| n == t));
    let chooser = Chooser::new(seed, most, total.max(1));
    let (mut first, mut seen, mut undated) = (0u64, 0, 0);
    let mut parts: Vec<Vec<Column>> = vec![Vec::new(); fields.len()];
    let mut lengths: Vec<usize> = Vec::new();
    let (mut rows, mut stamps) = (0, Vec::new());
    for partition in dataset.partitions() {
        for batch in dataset.read(&partition, Some(&names))? {
            let batch = batch?;
            let of_rows = at.and_then(|t| batch.columns.get(t)).map(|c| times(c, batch.rows));
            let mut taken = Vec::new();
            for i in 0..batch.rows {
                let row = first + i as u64;
                let stamp = of_rows.as_ref().and_then(|t| t.get(i).copied().flatten());
                if at.is_some() && stamp.is_none() {
                    undated += 1;
                    continue;
                }
                if !part.takes(row, stamp) {
                    continue;
                }
                seen += 1;
                if total <= most || chooser.takes(row) {
                    taken.push(i);
                    stamps.extend(stamp);
                }
            }
            first += batch.rows as u64;
            rows += taken.len();
            lengths.push(taken.len());
            let all = taken.len() == batch.rows;
            let batch = if all { batch } else { batch.take(&taken) };
            parts.iter_mut().zip(batch.columns).for_each(|(list, c)| list.push(c));
        }
    }
    let columns = fields.iter().zip(parts).map(|(f, list)| joined(f, list, &lengths)).collect();
    let mut batch = Batch { rows, columns };
    if at.is_some() && !stamps.is_sorted() {
        let mut order: Vec<usize> = (0..rows).collect();
        order.sort_by_key(|i| stamps.get(*i).copied());
        batch = batch.take(&order);
        stamps.sort_unstable();
    }
    Ok(Gathered { batch, fields, seen, times: stamps, undated })
}

/// The parts of one column, one after the other.
fn joined(field: &Field, parts: Vec<Column>, lengths: &[usize]) -> Column {
    let known = parts.iter().map(|c| &c.values).filter(|v| !matches!(v, Values::Null));
    let alike = |test: &dyn Fn(&Values) -> bool| known.clone().all(test);
    let kind = match field.kind {
        _ if alike(&|v| matches!(v, Values::Integer(_))) => Kind::Integer,
        _ if alike(&|v| matches!(v, Values::Integer(_) | Values::Float(_))) => Kind::Number,
        _ if alike(&|v| matches!(v, Values::Time(_))) => Kind::Time,
        _ if alike(&|v| matches!(v, Values::Boolean(_))) => Kind::Boolean,
        _ => Kind::Text,
    };
    let parts: Vec<Column> = parts.into_iter().map(|c| coerce(c, kind)).collect();
    let mut held = Vec::new();
    let (mut unparsed, mut layouts) = (Vec::new(), Vec::new());
    let mut first = 0u32;
    for (c, n) in parts.iter().zip(lengths) {
        held.extend((0..*n).map(|i| c.is_valid(i)));
        unparsed.extend(c.unparsed.iter().map(|(row, text)| (row + first, text.clone())));
        layouts.extend(c.layouts.iter().map(|(l, run)| (*l, run.start + first..run.end + first)));
        first += *n as u32;
    }
    let integers = |zero: i64| -> Vec<i64> {
        let of = |(c, n): (&Column, &usize)| match &c.values {
            Values::Integer(v) | Values::Time(v) => v.to_vec(),
            _ => vec![zero; *n],
        };
        parts.iter().zip(lengths).flat_map(of).collect()
    };
    let empty = Column::plain(field.name.as_str().into(), Values::Null, None);
    let values = match kind {
        Kind::Integer => Values::Integer(integers(0).into()),
        Kind::Time => Values::Time(integers(0).into()),
        Kind::Number => {
            let of = |(c, n): (&Column, &usize)| numbers(c).unwrap_or_else(|| vec![None; *n]);
            let cells: Vec<Option<f64>> = parts.iter().zip(lengths).flat_map(of).collect();
            of_numbers(&empty, &cells).values
        }
        Kind::Boolean => {
            let of = |(c, n): (&Column, &usize)| match &c.values {
                Values::Boolean(v) => v.iter().collect(),
                _ => vec![false; *n],
            };
            Values::Boolean(parts.iter().zip(lengths).flat_map(of).collect::<BooleanBuffer>())
        }
        Kind::Text => texts(&parts, lengths),
        Kind::Vector => {
            let mut all = Vectors::empty(0);
            for (column, n) in parts.iter().zip(lengths) {
                let own = if let Values::Vector(v) = &column.values { Some(v) } else { None };
                (0..*n).for_each(|row| all.push(own.and_then(|v| v.get(row)).unwrap_or(&[])));
            }
            Values::Vector(all)
        }
    };
    Column { values, validity: validity(held.into_iter()), unparsed, layouts, ..empty }
}

/// Texts of several dictionaries, by one.
fn texts(parts: &[Column], lengths: &[usize]) -> Values {
    let mut places: HashMap<&str, i32> = HashMap::new();
    let (mut names, mut keys): (Vec<&str>, Vec<i32>) = (Vec::new(), Vec::new());
    for (column, n) in parts.iter().zip(lengths) {
        let Values::Text { dictionary, keys: own } = &column.values else {
            keys.extend(std::iter::repeat_n(-1, *n));
            continue;
        };
        let mut by_key: Vec<Option<i32>> = vec![None; dictionary.len()];
        keys.extend(own.iter().enumerate().map(|(i, key)| {
            let Some(slot) = usize::try_from(*key).ok().filter(|_| column.is_valid(i)).and_then(|k| by_key.get_mut(k))
            else {
                return -1;
            };
            *slot.get_or_insert_with(|| {
                let text = dictionary.value(*key as usize);
                *places.entry(text).or_insert_with(|| {
                    names.push(text);
                    (names.len() - 1) as i32
                })
            })
        }));
    }
    Values::Text { keys: keys.into(), dictionary: StringArray::from(names) }
}
