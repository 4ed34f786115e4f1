//! Which columns a fault is tried on: those that the model's answer hangs on most come first.
//!
//! Nobody can ask the model, so importance is read off the log: how much of the variance of the score (or of the prediction
//! where there is no score, or of the label) the column accounts for by itself, in twenty equal parts of its rows or by
//! category. Without any of the three the most varied columns come first.

use super::edit::numbers;
use super::{Fault, On, category, outcome};
use crate::batch::{Batch, Column, Values};
use dosimeter_core::profile::{Baseline, ColumnKind, Role};
use std::collections::BTreeMap;

/// The parts that a column of numbers is cut into.
const PARTS: usize = 20;
/// Above this share of one value a column all but never varies.
const MOST_ALIKE: f64 = 0.8;

/// The columns that a fault may be put into, the most important first; each entry is the list that the fault takes. A fault
/// without a column has one empty entry.
#[must_use]
pub fn candidates(fault: &Fault, baseline: &Baseline, batch: &Batch, only: &[String]) -> Vec<Vec<String>> {
    if matches!(fault.on, On::Outcome | On::Rows) {
        return vec![Vec::new()];
    }
    let answer = answer(baseline, batch);
    let mut ranked: Vec<(f64, &str, bool)> = Vec::new();
    for spec in baseline.columns.iter().filter(|c| c.role.is_input()) {
        let Some(column) = batch.column(&spec.name) else { continue };
        if !only.is_empty() && !only.contains(&spec.name) {
            continue;
        }
        let numeric = matches!(column.values, Values::Integer(_) | Values::Float(_));
        let wanted = match spec.kind {
            ColumnKind::Number => numeric,
            ColumnKind::Category => matches!(column.values, Values::Text { .. }),
            _ => false,
        };
        if wanted && let Some(weight) = importance(column, batch.rows, numeric, answer.as_deref()) {
            // What all but never varies hides what is done to it: it is tried where nothing else is left.
            let lumpy = weight - if mode_share(column, batch.rows, numeric) > MOST_ALIKE { 10.0 } else { 0.0 };
            ranked.push((lumpy, &spec.name, numeric));
        }
    }
    ranked.sort_by(|a, b| b.0.total_cmp(&a.0).then(a.1.cmp(b.1)));
    let of = |numeric: bool| -> Vec<Vec<String>> {
        ranked.iter().filter(|r| r.2 == numeric).map(|r| vec![r.1.to_owned()]).collect()
    };
    match fault.on {
        On::Number => of(true),
        On::Category => of(false),
        On::Segment => {
            let told = |c: &Vec<String>| {
                let column = c.first().and_then(|n| batch.column(n));
                column.is_some_and(|c| outcome::segment(c, batch.rows).is_some())
            };
            of(false).into_iter().filter(told).collect()
        }
        On::Pair => of(true).windows(2).map(|pair| pair.concat()).collect(),
        // One of each kind in turn, so that both are tried.
        On::Any => {
            let (a, b) = (of(true), of(false));
            let longest = a.len().max(b.len());
            (0..longest).flat_map(|i| [a.get(i), b.get(i)]).flatten().cloned().collect()
        }
        On::Outcome | On::Rows => Vec::new(),
    }
}

/// The share of the most frequent value.
fn mode_share(column: &Column, rows: usize, numeric: bool) -> f64 {
    let (most, all) = if numeric {
        let mut sorted: Vec<f64> = numbers(column).unwrap_or_default().into_iter().flatten().collect();
        sorted.sort_by(f64::total_cmp);
        (sorted.chunk_by(|a, b| a == b).map(<[f64]>::len).max().unwrap_or(0), sorted.len())
    } else {
        let counts = category::counts(column, rows);
        let n = |c: &(usize, usize)| c.0;
        (counts.values().map(n).max().unwrap_or(0), counts.values().map(n).sum())
    };
    most as f64 / all.max(1) as f64
}

/// What the model answered, as a number.
fn answer(baseline: &Baseline, batch: &Batch) -> Option<Vec<f64>> {
    [Role::Score, Role::Prediction, Role::Label].into_iter().find_map(|role| {
        let column = batch.column(&baseline.columns.get(baseline.column_with(role)?)?.name)?;
        if let Some(cells) = numbers(column) {
            return Some(cells.into_iter().map(|x| x.unwrap_or(f64::NAN)).collect());
        }
        let texts = outcome::texts(column, batch.rows);
        // Against the most frequent class.
        let mut counts: BTreeMap<&str, usize> = BTreeMap::new();
        texts.iter().flatten().for_each(|t| *counts.entry(t).or_insert(0) += 1);
        let most = counts.iter().max_by_key(|(_, n)| **n).map(|(c, _)| (*c).to_owned())?;
        Some(texts.iter().map(|t| t.as_ref().map_or(f64::NAN, |t| f64::from(u8::from(*t == most)))).collect())
    })
}

/// `None` where a column has one value only.
fn importance(column: &Column, rows: usize, numeric: bool, answer: Option<&[f64]>) -> Option<f64> {
    let groups: Vec<Option<usize>> = if numeric {
        let cells = numbers(column)?;
        let mut sorted: Vec<f64> = cells.iter().flatten().copied().filter(|x| !x.is_nan()).collect();
        sorted.sort_by(f64::total_cmp);
        let edges: Vec<f64> = (1..PARTS).filter_map(|k| sorted.get(k * sorted.len() / PARTS).copied()).collect();
        cells.iter().map(|x| x.map(|x| edges.partition_point(|e| *e < x))).collect()
    } else {
        let places: BTreeMap<&str, usize> =
            category::counts(column, rows).into_keys().enumerate().map(|(i, value)| (value, i)).collect();
        (0..rows).map(|row| column.text(row).and_then(|t| places.get(t).copied())).collect()
    };
    let mut sums: BTreeMap<usize, (f64, f64)> = BTreeMap::new();
    let (mut n, mut sum, mut squares) = (0.0, 0.0, 0.0);
    for (i, group) in groups.iter().enumerate() {
        let y = answer.map_or(0.0, |a| a.get(i).copied().unwrap_or(f64::NAN));
        let (Some(group), false) = (group, y.is_nan()) else { continue };
        let slot = sums.entry(*group).or_insert((0.0, 0.0));
        (slot.0, slot.1) = (slot.0 + 1.0, slot.1 + y);
        (n, sum, squares) = (n + 1.0, sum + y, squares + y * y);
    }
    if sums.len() < 2 {
        return None;
    }
    if answer.is_none() {
        return Some(sums.values().map(|(k, _)| -(k / n) * (k / n).ln()).sum());
    }
    let total = squares - sum * sum / n;
    let between: f64 = sums.values().map(|(k, s)| s * s / k).sum::<f64>() - sum * sum / n;
    // A category of thousands of values explains everything by chance: what chance gives is taken off.
    let luck = (sums.len() as f64 - 1.0) / (n - 1.0).max(1.0);
    Some(if total > 0.0 { between / total - luck } else { 0.0 })
}

/// The segment that a fault of segments strikes in a column of categories, and its share of the rows.
#[must_use]
pub fn segment_of(batch: &Batch, column: &str) -> Option<(String, f64)> {
    outcome::segment(batch.column(column)?, batch.rows)
}
