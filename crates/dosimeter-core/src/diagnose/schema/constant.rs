//! A column froze at one value, or one that was always the same woke up.

use super::super::case::{Case, all, detail, evidence, finding};
use super::Claims;
use crate::catalogue::Mode;
use crate::diagnosis::Number;
use crate::profile::grid::Grid;
use crate::profile::schema::{ColumnSpec, Role};
use crate::profile::window::ColumnWindow;
use crate::text::{percent, quoted};

/// A window needs this many values before one value in all of them means something.
const ENOUGH: u64 = 30;

pub(super) fn check(case: &Case<'_>, claims: &mut Claims) {
    for column in 0..case.baseline.columns.len() {
        let spec = case.spec(column);
        let watched = spec.role.is_input() || matches!(spec.role, Role::Score | Role::Prediction);
        if !claims.open(column) || !watched || super::super::case::is_text(spec) {
            continue;
        }
        let reference = &case.baseline.reference.windows;
        let constant_then = reference.iter().filter_map(|w| w.columns.get(column)).filter(|c| c.rows() > 0);
        let (mut windows, mut frozen_windows) = (0, 0);
        let mut total = ColumnWindow::default();
        for c in constant_then {
            windows += 1;
            frozen_windows += usize::from(constant(spec, c).is_some());
            total.merge(c);
        }
        if windows == 0 {
            continue;
        }
        match constant(spec, &total) {
            // What a model answers is no input that it has to have learned.
            Some(_) if spec.role == Role::Prediction => {}
            Some(value) => awoke(case, claims, column, &value),
            // A column that also froze in healthy windows may do so again.
            None if frozen_windows == 0 => froze(case, claims, column),
            None => {}
        }
    }
}

fn awoke(case: &Case<'_>, claims: &mut Claims, column: usize, value: &str) {
    let spec = case.spec(column);
    let varies = |c: &ColumnWindow| present(&spec.grid, c) > 0 && constant(spec, c).as_deref() != Some(value);
    let Some(from) = case.current.windows.iter().position(|w| w.columns.get(column).is_some_and(varies)) else {
        return;
    };
    let windows: Vec<usize> = (from..case.current.windows.len())
        .filter(|w| case.current.windows[*w].columns.get(column).is_some_and(varies))
        .collect();
    // A rare value that the reference happened not to meet is no awakening.
    let then = case.reference_counts(column);
    let always = then.iter().enumerate().max_by_key(|(_, n)| **n).map_or(0, |(cell, _)| cell);
    let now = case.counts_in(column, &windows);
    let others: u64 = now
        .iter()
        .take(spec.grid.value_cells() + 1)
        .enumerate()
        .filter(|(cell, _)| *cell != always)
        .map(|(_, n)| n)
        .sum();
    let filled = |cell: &(usize, &u64)| cell.0 <= spec.grid.value_cells() && *cell.1 > 0;
    let values = now.iter().enumerate().filter(filled).count() as f64;
    let (n, m) = (case.current.rows() as f64, then.iter().sum::<u64>() as f64);
    if (n / (n + m)).powf(others as f64) > case.budget.schema_per_column {
        return;
    }
    let share = case.share_of(&windows);
    let mut f = finding(
        Mode::SchemaChange,
        Some("column_awoke"),
        &[spec.name.as_str()],
        format!(
            "{} was always {value} in the reference and now varies ({} of the rows)",
            quoted(&spec.name),
            percent(share)
        ),
    );
    f.detail = detail([("reference", value.into()), ("values", values.into())]);
    f.onset = Some(case.onset_at(from, from, from));
    f.share = Some(Number(share));
    f.evidence = vec![evidence("varying_share", share)];
    claims.claim(&[column], f);
}

fn froze(case: &Case<'_>, claims: &mut Claims, column: usize) {
    let spec = case.spec(column);
    let windows = &case.current.windows;
    let frozen = |w: usize| {
        let c = windows[w].columns.get(column)?;
        (present(&spec.grid, c) >= ENOUGH.min(windows[w].rows)).then(|| constant(spec, c)).flatten()
    };
    let Some(value) = (0..windows.len()).rev().find(|w| windows[*w].rows > 0).and_then(frozen) else {
        return;
    };
    let run: Vec<usize> = (0..windows.len())
        .rev()
        .take_while(|w| windows[*w].rows == 0 || frozen(*w).as_deref() == Some(value.as_str()))
        .collect();
    let Some(from) = run.last().copied() else {
        return;
    };
    // In a file sorted by the column its last rows are alike, and mean nothing.
    if from > 0 && !case.baseline.ordered {
        return;
    }
    let rows: u64 = run.iter().filter_map(|w| windows[*w].columns.get(column)).map(|c| present(&spec.grid, c)).sum();
    // The chance that so many rows agree by luck, from the value's share before: a column may have settled on it by and by.
    let usual = share_before(case, column, &run);
    // A column that nearly always says the same is not stuck when it says so for a while: its rare values come in bursts.
    // Answers come in bursts too, as the cases do: five rows of one kind are worth about one.
    let worth = if spec.role == Role::Prediction { rows as f64 / 5.0 } else { rows as f64 };
    if usual.of_stuck >= 0.9 || rows < ENOUGH || usual.of_any.powf(worth) > case.budget.schema_per_column {
        return;
    }
    let share = case.share_of(&run.iter().rev().copied().collect::<Vec<_>>());
    let mut f = finding(
        Mode::SchemaChange,
        Some("column_frozen"),
        &[spec.name.as_str()],
        format!("{} is stuck at {value} ({} of the rows, all that come since)", quoted(&spec.name), percent(share)),
    );
    f.detail = detail([("value", value.as_str().into())]);
    f.onset = Some(case.onset_at(from, from.saturating_sub(1), from));
    f.share = Some(Number(share));
    f.evidence = vec![evidence("constant_rows", rows as f64)];
    claims.claim(&[column], f);
}

/// How usual one value was before a column got stuck: the one that it is stuck at, and the most frequent of all.
struct Usual {
    of_stuck: f64,
    of_any: f64,
}

/// In the reference, in the current data before the `run` of windows in which it is stuck, or in as many rows just before it,
/// whichever is more.
fn share_before(case: &Case<'_>, column: usize, run: &[usize]) -> Usual {
    let k = case.spec(column).grid.value_cells();
    let stuck = case.counts_in(column, run).iter().take(k).enumerate().max_by_key(|(_, n)| **n).map(|(cell, _)| cell);
    let before: Vec<usize> = all(case).filter(|w| !run.contains(w)).collect();
    let rows_of = |w: usize| case.current.windows.get(w).map_or(0, |w| w.rows);
    let length: u64 = run.iter().map(|w| rows_of(*w)).sum();
    let mut near = Vec::new();
    let mut seen = 0;
    for w in before.iter().rev().copied() {
        if seen >= length {
            break;
        }
        seen += rows_of(w);
        near.push(w);
    }
    let mut usual = Usual { of_stuck: 0.0, of_any: 0.0 };
    for counts in [case.reference_counts(column), case.counts_in(column, &before), case.counts_in(column, &near)] {
        let rows = counts.iter().sum::<u64>().max(1) as f64;
        let share = |cell: usize| counts.get(cell).copied().unwrap_or(0) as f64 / rows;
        usual.of_any = usual.of_any.max((0..k).map(share).fold(0.0, f64::max));
        usual.of_stuck = usual.of_stuck.max(stuck.map_or(0.0, share));
    }
    usual
}

fn present(grid: &Grid, c: &ColumnWindow) -> u64 {
    c.counts.iter().take(grid.value_cells() + 1).sum()
}

/// The one value that every row with a value has, as text.
fn constant(spec: &ColumnSpec, c: &ColumnWindow) -> Option<String> {
    match &spec.grid {
        Grid::Number { .. } => {
            let one = c.moments.n > 0 && c.moments.min == c.moments.max && c.count(spec.grid.value_cells()) == 0;
            one.then(|| super::dates::shown(spec, c.moments.min))
        }
        Grid::Category { values } => {
            let mut filled = (0..=values.len()).filter(|cell| c.count(*cell) > 0);
            let only = filled.next()?;
            (filled.next().is_none() && only < values.len()).then(|| quoted(&values[only]))
        }
    }
}
