//! Labels and scores: the same inputs mean something else, scores promise otherwise, labels do not come.

use super::Injection;
use super::category::counts;
use super::edit::{emptied, numbers, of_numbers, with};
use crate::batch::{Batch, Column};
use crate::pass::text_of;
use dosimeter_core::metric::Task;
use dosimeter_core::profile::{Baseline, Role};
use std::collections::BTreeMap;

pub(super) fn concept_words(strength: f64, baseline: &Baseline) -> String {
    match baseline.watch.task {
        Some(Task::Regression) => format!("labels + {strength} sd"),
        _ => format!("{} of labels flipped", super::percent(strength)),
    }
}

pub(super) fn calibration_words(strength: f64, _: &Baseline) -> String {
    format!("log odds x {strength}")
}

pub(super) fn missing_words(share: f64, _: &Baseline) -> String {
    if share >= 1.0 { "no label comes".to_owned() } else { format!("{} do not come", super::percent(share)) }
}

/// The column with the labels.
pub(super) fn label<'a>(i: &Injection<'a>) -> Option<&'a Column> {
    i.batch.column(&i.baseline.columns.get(i.baseline.column_with(Role::Label)?)?.name)
}

/// Cells as texts.
pub(super) fn texts(column: &Column, rows: usize) -> Vec<Option<String>> {
    (0..rows).map(|row| if column.is_valid(row) { text_of(column, row) } else { None }).collect()
}

/// Labels change in a share of all rows.
pub(super) fn concept(i: &mut Injection<'_>) -> Option<Batch> {
    let inside = vec![true; i.batch.rows];
    relabelled(i, &inside)
}

/// Labels change in a share of the rows of one value of a category: the one nearest to a fifth of the rows.
pub(super) fn concept_in_segment(i: &mut Injection<'_>) -> Option<Batch> {
    let column = i.column(0)?;
    let (value, _) = segment(column, i.batch.rows)?;
    let inside: Vec<bool> = (0..i.batch.rows).map(|row| column.text(row) == Some(value.as_str())).collect();
    relabelled(i, &inside)
}

/// The value of a category nearest to a fifth of the rows, and its share; `None` where none holds 3 to 50 %.
pub(super) fn segment(column: &Column, rows: usize) -> Option<(String, f64)> {
    let counts = counts(column, rows);
    let all: usize = counts.values().map(|(n, _)| n).sum();
    let shares = counts.iter().map(|(value, (n, _))| ((*value).to_owned(), *n as f64 / all.max(1) as f64));
    let off = |share: f64| (share - 0.2).abs();
    shares.filter(|(_, s)| (0.03..=0.5).contains(s)).min_by(|a, b| off(a.1).total_cmp(&off(b.1)).then(a.0.cmp(&b.0)))
}

fn relabelled(i: &mut Injection<'_>, inside: &[bool]) -> Option<Batch> {
    let column = label(i)?;
    if i.baseline.watch.task == Some(Task::Regression) {
        let mut cells = numbers(column)?;
        let known: Vec<f64> = cells.iter().flatten().copied().collect();
        let n = known.len() as f64;
        let mean = known.iter().sum::<f64>() / n;
        let offset = i.strength * (known.iter().map(|x| (x - mean).powi(2)).sum::<f64>() / n).sqrt();
        if offset.is_nan() || offset == 0.0 {
            return None;
        }
        cells.iter_mut().zip(inside).skip(i.from).filter(|(_, s)| **s).for_each(|(x, _)| *x = x.map(|x| x + offset));
        return Some(with(i.batch, of_numbers(column, &cells)));
    }
    let classes = texts(column, i.batch.rows);
    // A row of each class: its cell stands for the class, whatever type it is of.
    let mut rows_of: BTreeMap<&str, usize> = BTreeMap::new();
    for (row, class) in classes.iter().enumerate().filter_map(|(row, c)| Some((row, c.as_deref()?))) {
        rows_of.entry(class).or_insert(row);
    }
    let examples: Vec<(&str, usize)> = rows_of.into_iter().collect();
    if examples.len() < 2 {
        return None;
    }
    let struck = i.struck(i.strength);
    let mut changed = false;
    let rows: Vec<usize> = (0..i.batch.rows)
        .map(|row| {
            let Some(class) = classes.get(row).and_then(Option::as_deref) else { return row };
            if !(struck.get(row).is_some_and(|s| *s) && inside.get(row).is_some_and(|s| *s)) {
                return row;
            }
            let others: Vec<usize> = examples.iter().filter(|(c, _)| *c != class).map(|(_, row)| *row).collect();
            let at = (i.rng.uniform() * others.len() as f64) as usize;
            changed = true;
            others.get(at).copied().unwrap_or(row)
        })
        .collect();
    changed.then(|| with(i.batch, column.take(&rows)))
}

/// The log odds of the score are stretched: it grows too sure of itself, and decides as before.
pub(super) fn miscalibrated(i: &mut Injection<'_>) -> Option<Batch> {
    if i.baseline.watch.task != Some(Task::Binary) {
        return None;
    }
    let column = i.batch.column(&i.baseline.columns.get(i.baseline.column_with(Role::Score)?)?.name)?;
    let mut cells = numbers(column)?;
    if !cells.iter().flatten().all(|x| (0.0..=1.0).contains(x)) {
        return None;
    }
    let strength = i.strength;
    let stretched = |p: f64| {
        let odds = (p / (1.0 - p)).powf(strength);
        if odds.is_infinite() { 1.0 } else { odds / (1.0 + odds) }
    };
    cells.iter_mut().skip(i.from).for_each(|x| *x = x.map(stretched));
    Some(with(i.batch, of_numbers(column, &cells)))
}

/// A share of the labels does not come.
pub(super) fn labels_stop(i: &mut Injection<'_>) -> Option<Batch> {
    let column = label(i)?;
    let struck = i.struck(i.strength);
    Some(with(i.batch, emptied(column, &struck)))
}
