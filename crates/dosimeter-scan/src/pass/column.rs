//! One column under survey: what it holds, and enough of it for a grid.

use std::collections::{BTreeMap, HashMap};

use arrow_array::{Array, StringArray};
use dosimeter_core::profile::sample::{canonical_number, hash_bytes, mix};
use dosimeter_core::profile::sketch::Distinct;

use super::cells::same_dictionary;
use super::vectors::VectorSurvey;
use crate::format::Facts;
use crate::{Column, Kind, Values};

/// Distinct texts that are counted exactly; a column with more is text, not a category.
const MOST_TEXTS: usize = 100_000;
/// Rows whose whole numbers are told apart, which shows a key.
pub(super) const KEY_ROWS: u64 = 100_000;

/// What the survey saw of one column in the reference.
#[derive(Clone, Debug)]
pub struct ColumnSurvey {
    /// Its name.
    pub name: String,
    /// What it is, as the files say or the sample suggests.
    pub kind: Kind,
    /// Rows with a value.
    pub present: u64,
    /// Texts that did not parse as the kind.
    pub unparsed: u64,
    /// The smallest finite number.
    pub min: f64,
    /// The largest finite number.
    pub max: f64,
    /// Whether every finite number was whole.
    pub integer: bool,
    /// Sampled numbers.
    pub sample: Vec<f64>,
    /// Texts with counts; empty for numbers.
    pub texts: BTreeMap<String, u64>,
    /// Whether there were more texts than are counted.
    pub overflow: bool,
    /// About how many different values.
    pub distinct: f64,
    /// The most frequent notation of parsed text.
    pub layout: Option<String>,
    /// Sampled vectors, of a column of such.
    pub vectors: VectorSurvey,
}

#[derive(Default)]
pub(super) struct ColumnState {
    present: u64,
    unparsed: u64,
    min: f64,
    max: f64,
    fraction: bool,
    sample: Vec<(u64, f64)>,
    texts: HashMap<String, u64>,
    overflow: bool,
    distinct: Distinct,
    seen: Option<StringArray>,
    layouts: BTreeMap<&'static str, u64>,
    vectors: VectorSurvey,
}

impl ColumnState {
    pub(super) fn new() -> Self {
        ColumnState { min: f64::INFINITY, max: f64::NEG_INFINITY, ..ColumnState::default() }
    }

    /// Takes over what a file says of rows of which [`add`] has seen some, with `excerpt`.
    pub(super) fn know(&mut self, facts: &Facts) {
        self.present += facts.present;
        if let Some((min, max)) = facts.extremes {
            self.min = self.min.min(min);
            self.max = self.max.max(max);
            self.fraction |= min != min.trunc() || max != max.trunc();
        }
    }
}

/// Rows of a batch that are looked at.
pub(super) struct Taken<'a> {
    /// Their places in the batch.
    pub(super) rows: &'a [u32],
    /// Those sampled for the grid.
    pub(super) sampled: &'a [u32],
    /// The number of the batch's first row.
    pub(super) first: u64,
    /// Whether these are all the rows of the batch.
    pub(super) all: bool,
    /// Whether the file says how many values there are, and its dictionaries which texts.
    pub(super) excerpt: bool,
}

/// Adds a batch's rows.
pub(super) fn add(s: &mut ColumnState, column: &Column, taken: &Taken<'_>) {
    let Taken { rows: take, sampled, first, all, excerpt } = *taken;
    let present = s.present;
    let before = |row: u32| if all { row as usize } else { take.partition_point(|i| *i < row) };
    s.unparsed += column.unparsed.iter().filter(|(row, _)| before(row + 1) > before(*row)).count() as u64;
    for (layout, run) in &column.layouts {
        let n = before(run.end) - before(run.start);
        if n > 0 {
            *s.layouts.entry(layout.id()).or_insert(0) += n as u64;
        }
    }
    match &column.values {
        Values::Float(v) => {
            if all && column.validity.is_none() {
                numbers(s, v.iter().copied());
            } else {
                numbers(s, take.iter().filter(|i| column.is_valid(**i as usize)).map(|i| v[*i as usize]));
            }
            s.sample.extend(
                sampled
                    .iter()
                    .filter(|i| column.is_valid(**i as usize))
                    .map(|i| (first + u64::from(*i), v[*i as usize])),
            );
        }
        Values::Integer(v) | Values::Time(v) => {
            if all && column.validity.is_none() {
                numbers(s, v.iter().map(|x| *x as f64));
            } else {
                numbers(s, take.iter().filter(|i| column.is_valid(**i as usize)).map(|i| v[*i as usize] as f64));
            }
            s.sample.extend(
                sampled
                    .iter()
                    .filter(|i| column.is_valid(**i as usize))
                    .map(|i| (first + u64::from(*i), v[*i as usize] as f64)),
            );
            // Enough to tell a key from a count.
            if first < KEY_ROWS && matches!(column.values, Values::Integer(_)) {
                take.iter()
                    .filter(|i| column.is_valid(**i as usize))
                    .for_each(|i| s.distinct.add(mix(v[*i as usize] as u64)));
            }
        }
        Values::Boolean(v) => {
            for i in take.iter().filter(|i| column.is_valid(**i as usize)) {
                s.present += 1;
                *s.texts.entry(v.value(*i as usize).to_string()).or_insert(0) += 1;
            }
        }
        Values::Text { keys, dictionary } => {
            let mut counts = vec![0u64; dictionary.len()];
            for i in take.iter().filter(|i| column.is_valid(**i as usize)) {
                if let Some(c) = usize::try_from(keys[*i as usize]).ok().and_then(|k| counts.get_mut(k)) {
                    *c += 1;
                    s.present += 1;
                }
            }
            let fresh = !all || !same_dictionary(s.seen.as_ref(), dictionary);
            s.seen = Some(dictionary.clone());
            for (k, n) in counts.iter().enumerate().filter(|(_, n)| **n > 0 || (excerpt && fresh)) {
                let text = dictionary.value(k);
                if fresh || s.overflow {
                    s.distinct.add(hash_bytes(text.as_bytes()));
                }
                if let Some(c) = s.texts.get_mut(text) {
                    *c += n;
                } else if s.texts.len() < MOST_TEXTS {
                    s.distinct.add(hash_bytes(text.as_bytes()));
                    s.texts.insert(text.to_owned(), *n);
                } else {
                    s.overflow = true;
                    s.distinct.add(hash_bytes(text.as_bytes()));
                }
            }
        }
        Values::Vector(v) => {
            for i in take.iter().filter(|i| column.is_valid(**i as usize)) {
                if let Some(vector) = v.get(*i as usize) {
                    s.present += 1;
                    s.vectors.add(first + u64::from(*i), vector);
                }
            }
        }
        Values::Null | Values::Unsupported(_) => {}
    }
    if excerpt {
        s.present = present;
    }
}

/// Counts, extremes, and whether every number is whole.
fn numbers(s: &mut ColumnState, values: impl Iterator<Item = f64>) {
    let (mut n, mut min, mut max, mut fraction) = (0u64, s.min, s.max, s.fraction);
    for x in values {
        n += 1;
        if x.is_finite() {
            min = min.min(x);
            max = max.max(x);
            // Once a fraction is seen nothing more is to be learned.
            fraction = fraction || x != x.trunc();
        }
    }
    s.present += n;
    (s.min, s.max, s.fraction) = (min, max, fraction);
}

/// Adds what another part has seen.
pub(super) fn merge(a: &mut ColumnState, b: ColumnState) {
    a.present += b.present;
    a.unparsed += b.unparsed;
    a.min = a.min.min(b.min);
    a.max = a.max.max(b.max);
    a.fraction |= b.fraction;
    a.sample.extend(b.sample);
    a.overflow |= b.overflow;
    let mut texts: Vec<(String, u64)> = b.texts.into_iter().collect();
    texts.sort();
    for (t, n) in texts {
        if let Some(c) = a.texts.get_mut(&t) {
            *c += n;
        } else if a.texts.len() < MOST_TEXTS {
            a.texts.insert(t, n);
        } else {
            a.overflow = true;
        }
    }
    a.distinct.merge(&b.distinct);
    a.vectors.merge(b.vectors);
    for (l, n) in b.layouts {
        *a.layouts.entry(l).or_insert(0) += n;
    }
}

/// What was seen, with at most `most` sampled numbers.
pub(super) fn finish(name: &str, kind: Kind, mut s: ColumnState, most: usize) -> ColumnSurvey {
    if s.sample.len() > most {
        s.sample.select_nth_unstable_by_key(most, |(row, _)| (mix(*row), *row));
        s.sample.truncate(most);
        s.sample.sort_unstable_by_key(|(row, _)| *row);
    }
    let sample: Vec<f64> = s.sample.into_iter().map(|(_, x)| x).collect();
    let numeric = !matches!(kind, Kind::Text | Kind::Boolean | Kind::Vector);
    let mut texts: BTreeMap<String, u64> = s.texts.into_iter().collect();
    let distinct = if numeric {
        let mut values = sample.clone();
        values.sort_by(f64::total_cmp);
        values.dedup();
        let exact = values.len() as f64;
        // Few in a large sample are all; many are estimated by the sketch where there is one.
        if exact < 0.1 * sample.len() as f64 { exact } else { s.distinct.estimate().max(exact) }
    } else if s.overflow {
        s.distinct.estimate().max(MOST_TEXTS as f64)
    } else {
        texts.len() as f64
    };
    if numeric {
        // A category by its look: codes of few different whole numbers keep their names, should a role need them.
        for x in &sample {
            if texts.len() > 300 {
                break;
            }
            if x.is_finite() {
                *texts.entry(canonical_number(*x)).or_insert(0) += 1;
            }
        }
    }
    ColumnSurvey {
        name: name.to_owned(),
        kind,
        present: s.present,
        unparsed: s.unparsed,
        min: s.min,
        max: s.max,
        integer: numeric && !s.fraction && s.present > 0,
        sample,
        texts,
        overflow: s.overflow,
        distinct,
        layout: s.layouts.iter().max_by_key(|(_, n)| **n).map(|(l, _)| (*l).to_owned()),
        vectors: s.vectors,
    }
}
