//! The first look: rows, time span, and of the reference what each column holds.

use std::collections::BTreeMap;

use dosimeter_core::profile::sample::{Chooser, mix};

use super::cells::times;
use super::column::{ColumnState, ColumnSurvey, Taken, add, finish, merge};
use super::excerpt::{Excerpt, Rows};
use super::{Cut, Part, Phase, Progress, fold};
use crate::{Batch, Dataset, ReadError};

/// Values sampled per column for the grid.
const SAMPLED: u64 = 40_000;

/// What the survey saw of one period.
#[derive(Clone, Debug, Default)]
pub struct Survey {
    /// Rows by partition, over the whole data set.
    pub partition_rows: Vec<u64>,
    /// Rows of the surveyed part, by partition.
    pub part_rows: Vec<u64>,
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
        offsets(self.partition_rows.iter().copied())
    }
}

/// The number of the first row of every part.
fn offsets(rows: impl Iterator<Item = u64>) -> Vec<u64> {
    rows.scan(0, |at, n| Some(std::mem::replace(at, *at + n))).collect()
}

#[derive(Default)]
struct State {
    partition_rows: BTreeMap<usize, u64>,
    part_rows: BTreeMap<usize, u64>,
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
    let known = dataset.partitions().iter().map(|p| p.rows).collect::<Option<Vec<u64>>>();
    if !options.columns
        && options.time.is_none()
        && let Some(rows) = known
    {
        return counted(rows, options.part);
    }
    // Which rows lie before a row of the whole can be told only once the rows of every file are known.
    let at_row = matches!(options.part, Part::Before(Cut::Row(_)) | Part::From(Cut::Row(_)));
    if known.is_none() && at_row && dataset.partitions().len() > 1 {
        let rows = SurveyOptions { time: None, part: Part::All, columns: false, seed: options.seed };
        let look = pass(dataset, &rows, None, None, progress);
        return pass(dataset, options, None, Some(look.partition_rows), progress);
    }
    let Some(rows) = known.filter(|_| options.columns) else { return pass(dataset, options, None, None, progress) };
    let times = SurveyOptions { columns: false, ..*options };
    if counted(rows, Part::All).rows < Excerpt::LEAST {
        return pass(dataset, options, None, None, progress);
    }
    let look = survey(dataset, &times, progress);
    let names = names(dataset, options);
    let excerpt = Excerpt::choose(dataset, &names, &look, options);
    let seen = pass(dataset, options, excerpt.as_ref(), None, progress);
    if excerpt.is_none() {
        return seen;
    }
    let mut errors = [look.errors, seen.errors].concat();
    errors.sort_by_key(ToString::to_string);
    errors.dedup_by_key(|e| e.to_string());
    Survey { columns: seen.columns, errors, ..look }
}

/// What is known without reading: nothing but rows.
fn counted(partition_rows: Vec<u64>, part: Part) -> Survey {
    let before = |cut: Option<u64>| -> Vec<u64> {
        let first = offsets(partition_rows.iter().copied());
        first.iter().zip(&partition_rows).map(|(a, n)| cut.map_or(*n, |cut| cut.saturating_sub(*a).min(*n))).collect()
    };
    let part_rows = match part {
        Part::All => before(None),
        Part::Before(Cut::Row(cut)) => before(Some(cut)),
        Part::From(Cut::Row(cut)) => before(Some(cut)).iter().zip(&partition_rows).map(|(a, n)| n - a).collect(),
        // Nothing has a time.
        Part::Before(Cut::Time(_)) | Part::From(Cut::Time(_)) => vec![0; partition_rows.len()],
    };
    let (all, rows): (u64, u64) = (partition_rows.iter().sum(), part_rows.iter().sum());
    Survey { rows, rest: (None, all - rows), part_rows, partition_rows, ..Survey::default() }
}

/// The columns to read.
fn names(dataset: &Dataset, options: &SurveyOptions<'_>) -> Vec<String> {
    let schema = dataset.schema();
    if options.columns {
        return schema.iter().filter(|f| f.supported).map(|f| f.name.clone()).collect();
    }
    options.time.iter().map(|t| (*t).to_owned()).filter(|t| schema.iter().any(|f| f.name == *t)).collect()
}

/// One pass over all rows, or over those of an excerpt. `counts` has the rows of every partition where somebody counted
/// what the files do not say.
fn pass(
    dataset: &Dataset,
    options: &SurveyOptions<'_>,
    excerpt: Option<&Excerpt>,
    counts: Option<Vec<u64>>,
    progress: &Progress,
) -> Survey {
    let schema = dataset.schema();
    progress.begin(Phase::Survey);
    let partitions = dataset.partitions();
    let names = names(dataset, options);
    let time = options.time.and_then(|t| names.iter().position(|n| n == t));
    // Rows are numbered as they are read; what an excerpt reads is inside the part by its choice, save for times.
    let part = match options.part {
        Part::Before(Cut::Row(_)) if excerpt.is_some() => Part::All,
        part => part,
    };
    let known: Option<Vec<u64>> = match excerpt {
        Some(excerpt) => excerpt
            .rows
            .iter()
            .zip(&partitions)
            .map(|(rows, p)| rows.only().map_or(p.rows, |only| Some(only.iter().map(|r| r.len() as u64).sum())))
            .collect(),
        None => counts.or_else(|| partitions.iter().map(|p| p.rows).collect()),
    };
    let total: u64 = known.as_ref().map_or(0, |k| k.iter().sum());
    let budget = SAMPLED.min((8_000_000 / names.len().max(1) as u64).max(2_000));
    // With unknown rows the sample is thinned afterwards: take one row in eight beyond the first many.
    let chooser = Chooser::new(options.seed, budget * 2, total.max(1));
    let offsets: Vec<u64> = offsets(known.iter().flatten().copied());
    let start = || State { columns: names.iter().map(|_| ColumnState::new()).collect(), ..State::default() };
    let in_runs = |i: usize| excerpt.and_then(|e| e.facts.get(i)?.as_ref());
    let step = |s: &mut State, i: usize, row: u64, batch: &Batch| {
        *s.partition_rows.entry(i).or_insert(0) += batch.rows as u64;
        // Where rows are not known beforehand, files are numbered apart; a cut by row has them counted.
        let file = partitions.get(i).map_or(0, |p| p.file as u64);
        let row = if known.is_some() { row } else { row + (file << 40) };
        let stamps = time.and_then(|t| batch.columns.get(t)).map(|c| times(c, batch.rows));
        let mut take: Vec<u32> = Vec::new();
        for at in 0..batch.rows {
            let stamp = stamps.as_ref().and_then(|t| t[at]);
            let inside = part.takes(row + at as u64, stamp);
            if options.time.is_some() && stamp.is_none() {
                s.undated += 1;
            }
            let span = if inside { &mut s.span } else { &mut s.rest.0 };
            if let Some(t) = stamp {
                *span = Some(span.map_or((t, t), |(a, b)| (a.min(t), b.max(t))));
            }
            if inside {
                take.push(at as u32);
            } else {
                s.rest.1 += 1;
            }
        }
        *s.part_rows.entry(i).or_insert(0) += take.len() as u64;
        if options.columns && !take.is_empty() {
            let runs = in_runs(i).is_some();
            // Rows of a partition that is read as a whole are thinned like those of the others.
            let stride = excerpt.filter(|_| !runs).map_or(1, |e| e.stride);
            let wanted = |r: u64| {
                if known.is_some() {
                    chooser.takes(r) && (stride < 2 || mix(r ^ options.seed).is_multiple_of(stride))
                } else {
                    r & 0xff_ffff_ffff < budget || mix(r ^ options.seed) >> 61 == 0
                }
            };
            let sampled: Vec<u32> = take.iter().copied().filter(|i| wanted(row + u64::from(*i))).collect();
            let all = take.len() == batch.rows;
            let taken = Taken { rows: &take, sampled: &sampled, first: row, all, excerpt: runs };
            for (state, column) in s.columns.iter_mut().zip(&batch.columns) {
                add(state, column, &taken);
            }
        }
    };
    let only: &[Rows] = excerpt.map_or(&[], |e| &e.rows);
    let (states, errors) = fold(dataset, Some(&names), &offsets, only, progress, start, step);

    let mut total = start();
    for s in states {
        total.partition_rows.extend(s.partition_rows);
        total.part_rows.extend(s.part_rows);
        total.undated += s.undated;
        total.span = join(total.span, s.span);
        total.rest = (join(total.rest.0, s.rest.0), total.rest.1 + s.rest.1);
        for (a, b) in total.columns.iter_mut().zip(s.columns) {
            merge(a, b);
        }
    }
    for facts in (0..partitions.len()).filter_map(in_runs) {
        total.columns.iter_mut().zip(facts).for_each(|(column, facts)| column.know(facts));
    }
    let columns = names
        .iter()
        .zip(total.columns)
        .filter_map(|(name, state)| {
            Some(finish(name, schema.iter().find(|f| f.name == *name)?.kind, state, budget as usize))
        })
        .collect();
    let by_partition = |rows: &BTreeMap<usize, u64>| -> Vec<u64> {
        (0..partitions.len()).map(|i| rows.get(&i).copied().unwrap_or(0)).collect()
    };
    Survey {
        partition_rows: by_partition(&total.partition_rows),
        part_rows: by_partition(&total.part_rows),
        rows: total.part_rows.values().sum(),
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
