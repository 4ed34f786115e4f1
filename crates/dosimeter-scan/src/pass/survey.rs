//! The first look: rows, time span, and of the reference what each column holds.

use std::collections::{BTreeMap, HashMap};

use arrow_array::{Array, StringArray};
use dosimeter_core::profile::sample::{Chooser, canonical_number, hash_bytes, mix};
use dosimeter_core::profile::sketch::Distinct;

use super::cells::{same_dictionary, times};
use super::{Part, Progress, fold};
use crate::{Batch, Column, Dataset, Kind, ReadError, Values};

/// Distinct texts that are counted exactly; a column with more is text, not a category.
const MOST_TEXTS: usize = 100_000;
/// Values sampled per column for the grid.
const SAMPLED: u64 = 40_000;

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
}

/// What the survey saw of one period.
#[derive(Clone, Debug, Default)]
pub struct Survey {
    /// Rows by partition, over the whole data set.
    pub partition_rows: Vec<u64>,
    /// Rows of the surveyed part.
    pub rows: u64,
    /// First and last instant of the surveyed part.
    pub span: Option<(i64, i64)>,
    /// First and last instant, and rows, of the rest of the data set.
    pub rest: (Option<(i64, i64)>, u64),
    /// Rows without a time though a time column was named.
    pub undated: u64,
    /// The columns of the surveyed part.
    pub columns: Vec<ColumnSurvey>,
    /// Partitions that could not be read.
    pub errors: Vec<ReadError>,
}

impl Survey {
    /// The number of the first row of every partition.
    #[must_use]
    pub fn offsets(&self) -> Vec<u64> {
        self.partition_rows
            .iter()
            .scan(0, |at, n| {
                let first = *at;
                *at += n;
                Some(first)
            })
            .collect()
    }
}

#[derive(Default)]
struct ColumnState {
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
}

#[derive(Default)]
struct State {
    partition_rows: BTreeMap<(usize, usize), u64>,
    rows: u64,
    span: Option<(i64, i64)>,
    rest: (Option<(i64, i64)>, u64),
    undated: u64,
    columns: Vec<ColumnState>,
}

/// How a period is surveyed.
#[derive(Clone, Debug)]
pub struct SurveyOptions<'a> {
    /// The time column, where there is one.
    pub time: Option<&'a str>,
    /// Which rows.
    pub part: Part,
    /// Whether columns are looked into; else only rows and times.
    pub columns: bool,
    /// The seed of the samples.
    pub seed: u64,
}

/// Surveys a data set.
#[must_use]
pub fn survey(dataset: &Dataset, options: &SurveyOptions<'_>, progress: &Progress) -> Survey {
    let schema = dataset.schema();
    let partitions = dataset.partitions();
    let known: Option<Vec<u64>> = partitions.iter().map(|p| p.rows).collect();
    // Only metadata is needed where no time and no column is asked for.
    if let (Some(rows), false, None) = (&known, options.columns, options.time) {
        return Survey { rows: rows.iter().sum(), partition_rows: rows.clone(), ..Survey::default() };
    }
    let names: Vec<String> = if options.columns {
        schema.iter().filter(|f| f.supported).map(|f| f.name.clone()).collect()
    } else {
        options.time.iter().map(|t| (*t).to_owned()).filter(|t| schema.iter().any(|f| f.name == *t)).collect()
    };
    let time = options.time.and_then(|t| names.iter().position(|n| n == t));
    let total: u64 = known.as_ref().map_or(0, |k| k.iter().sum());
    let budget = SAMPLED.min((8_000_000 / names.len().max(1) as u64).max(2_000));
    // With unknown rows the sample is thinned afterwards: take one row in eight beyond the first many.
    let chooser = Chooser::new(options.seed, budget * 2, total.max(1));
    let offsets: Vec<u64> = match &known {
        Some(rows) => rows
            .iter()
            .scan(0, |at, n| {
                let first = *at;
                *at += n;
                Some(first)
            })
            .collect(),
        None => Vec::new(),
    };
    let start = || State {
        columns: names
            .iter()
            .map(|_| ColumnState { min: f64::INFINITY, max: f64::NEG_INFINITY, ..ColumnState::default() })
            .collect(),
        ..State::default()
    };
    let step = |s: &mut State, p: &crate::Partition, row: u64, batch: &Batch| {
        *s.partition_rows.entry((p.file, p.index)).or_insert(0) += batch.rows as u64;
        // Where rows are not known beforehand, files are numbered apart; a cut by row then needs a single file.
        let row = if known.is_some() { row } else { row + ((p.file as u64) << 40) };
        let stamps = time.and_then(|t| batch.columns.get(t)).map(|c| times(c, batch.rows));
        let mut take: Vec<u32> = Vec::new();
        for i in 0..batch.rows {
            let stamp = stamps.as_ref().and_then(|t| t[i]);
            let inside = options.part.takes(row + i as u64, stamp);
            if options.time.is_some() && stamp.is_none() {
                s.undated += 1;
            }
            let span = if inside { &mut s.span } else { &mut s.rest.0 };
            if let Some(t) = stamp {
                *span = Some(span.map_or((t, t), |(a, b)| (a.min(t), b.max(t))));
            }
            if inside {
                s.rows += 1;
                take.push(i as u32);
            } else {
                s.rest.1 += 1;
            }
        }
        if options.columns && !take.is_empty() {
            let wanted = |r: u64| {
                if known.is_some() {
                    chooser.takes(r)
                } else {
                    r & 0xff_ffff_ffff < budget || mix(r ^ options.seed) >> 61 == 0
                }
            };
            let sampled: Vec<u32> = take.iter().copied().filter(|i| wanted(row + u64::from(*i))).collect();
            for (state, column) in s.columns.iter_mut().zip(&batch.columns) {
                add(state, column, &take, row, &sampled, take.len() == batch.rows);
            }
        }
    };
    let (states, errors) = fold(dataset, Some(&names), &offsets, progress, start, step);

    let mut total = start();
    for s in states {
        for (k, n) in s.partition_rows {
            *total.partition_rows.entry(k).or_insert(0) += n;
        }
        total.rows += s.rows;
        total.undated += s.undated;
        total.span = join(total.span, s.span);
        total.rest = (join(total.rest.0, s.rest.0), total.rest.1 + s.rest.1);
        for (a, b) in total.columns.iter_mut().zip(s.columns) {
            merge(a, b);
        }
    }
    let columns = names
        .iter()
        .zip(total.columns)
        .filter_map(|(name, state)| {
            Some(finish(name, schema.iter().find(|f| f.name == *name)?.kind, state, budget as usize))
        })
        .collect();
    Survey {
        partition_rows: partitions
            .iter()
            .map(|p| total.partition_rows.get(&(p.file, p.index)).copied().unwrap_or(0))
            .collect(),
        rows: total.rows,
        span: total.span,
        rest: total.rest,
        undated: total.undated,
        columns: if options.columns { columns } else { Vec::new() },
        errors,
    }
}

fn join(a: Option<(i64, i64)>, b: Option<(i64, i64)>) -> Option<(i64, i64)> {
    match (a, b) {
        (Some(a), Some(b)) => Some((a.0.min(b.0), a.1.max(b.1))),
        (a, b) => a.or(b),
    }
}

fn add(s: &mut ColumnState, column: &Column, take: &[u32], first: u64, sampled: &[u32], all: bool) {
    s.unparsed += column.unparsed.len() as u64;
    for (layout, n) in &column.layouts {
        *s.layouts.entry(layout.id()).or_insert(0) += u64::from(*n);
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
            if first < 200_000 && matches!(column.values, Values::Integer(_)) {
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
            for (k, n) in counts.iter().enumerate().filter(|(_, n)| **n > 0) {
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
        Values::Null | Values::Unsupported(_) => {}
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

fn merge(a: &mut ColumnState, b: ColumnState) {
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
    for (l, n) in b.layouts {
        *a.layouts.entry(l).or_insert(0) += n;
    }
}

fn finish(name: &str, kind: Kind, mut s: ColumnState, most: usize) -> ColumnSurvey {
    s.sample.sort_by_key(|(row, _)| (mix(*row), *row));
    s.sample.truncate(most);
    let sample: Vec<f64> = s.sample.into_iter().map(|(_, x)| x).collect();
    let numeric = !matches!(kind, Kind::Text | Kind::Boolean);
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
    }
}
