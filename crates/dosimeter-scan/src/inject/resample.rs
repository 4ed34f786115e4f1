//! The world moves and the model's answers move with it: rows are drawn again, whole, with other chances.
//!
//! A row is replaced by one from nearby, so that seasons stay where they were; id and time stay as well.

use super::Injection;
use super::edit::numbers;
use super::outcome::{label, texts};
use crate::batch::Batch;
use dosimeter_core::metric::Task;
use dosimeter_core::profile::{Baseline, Role};
use std::collections::BTreeMap;

/// Rows among which one is drawn again.
const NEARBY: usize = 500;

pub(super) fn tilt_words(strength: f64, _: &Baseline) -> String {
    format!("high : low {:.2} : 1", (2.0 * strength).exp())
}

pub(super) fn prior_words(odds: f64, baseline: &Baseline) -> String {
    match (baseline.watch.task, &baseline.watch.positive) {
        (Some(Task::Regression), _) => format!("high : low {odds} : 1"),
        (_, Some(positive)) => format!("odds of {positive:?} x {odds}"),
        _ => format!("odds of a class x {odds}"),
    }
}

/// Rows of high values come more often, rows of low values less: by `exp(strength · u)`, u the rank from -1 to 1.
pub(super) fn tilt(i: &mut Injection<'_>) -> Option<Batch> {
    let cells = numbers(i.column(0)?)?;
    let strength = i.strength;
    let weights = ranks(&cells).into_iter().map(|u| (strength * u).exp()).collect::<Vec<_>>();
    drawn_again(i, &weights)
}

/// Rows of one class come more often, by its odds; of numbers, rows of high labels.
pub(super) fn prior(i: &mut Injection<'_>) -> Option<Batch> {
    let odds = i.strength;
    let column = label(i)?;
    if i.baseline.watch.task == Some(Task::Regression) {
        let half = odds.ln() / 2.0;
        let weights: Vec<f64> = ranks(&numbers(column)?).into_iter().map(|u| (half * u).exp()).collect();
        return drawn_again(i, &weights);
    }
    let classes = texts(column, i.batch.rows);
    let mut counts: BTreeMap<&str, usize> = BTreeMap::new();
    classes.iter().flatten().for_each(|c| *counts.entry(c).or_insert(0) += 1);
    if counts.len() < 2 {
        return None;
    }
    let most = || counts.iter().max_by_key(|(_, n)| **n).map(|(c, _)| (*c).to_owned());
    let class = i.baseline.watch.positive.clone().filter(|p| counts.contains_key(p.as_str())).or_else(most)?;
    let weights: Vec<f64> = classes.iter().map(|c| if c.as_deref() == Some(&class) { odds } else { 1.0 }).collect();
    drawn_again(i, &weights)
}

/// The mid-rank of each value from -1 to 1; 0 where there is none.
fn ranks(cells: &[Option<f64>]) -> Vec<f64> {
    let mut order: Vec<(f64, usize)> = cells.iter().enumerate().filter_map(|(i, x)| Some(((*x)?, i))).collect();
    order.sort_by(|a, b| a.0.total_cmp(&b.0));
    let mut ranks = vec![0.0; cells.len()];
    let n = order.len() as f64;
    for run in order.chunk_by(|a, b| a.0 == b.0) {
        let below = order.partition_point(|(x, _)| x.total_cmp(&run.first().map_or(0.0, |r| r.0)).is_lt()) as f64;
        let rank = 2.0 * (below + run.len() as f64 / 2.0) / n - 1.0;
        run.iter().for_each(|(_, i)| {
            if let Some(r) = ranks.get_mut(*i) {
                *r = rank;
            }
        });
    }
    ranks
}

fn drawn_again(i: &mut Injection<'_>, weights: &[f64]) -> Option<Batch> {
    let mut rows: Vec<usize> = (0..i.from).collect();
    let least = weights.iter().skip(i.from).copied().fold(f64::INFINITY, f64::min);
    let most = weights.iter().skip(i.from).copied().fold(0.0, f64::max);
    // Where all weigh the same nothing moves.
    if most <= least {
        return None;
    }
    let mut from = i.from;
    while from < i.batch.rows {
        // A short rest joins its neighbour.
        let to = if i.batch.rows - from < 2 * NEARBY { i.batch.rows } else { from + NEARBY };
        let sums: Vec<f64> = (from..to)
            .scan(0.0, |sum, row| {
                *sum += weights.get(row).copied().unwrap_or(0.0);
                Some(*sum)
            })
            .collect();
        let total = sums.last().copied().unwrap_or(0.0);
        for _ in from..to {
            let at = i.rng.uniform() * total;
            rows.push(from + sums.partition_point(|s| *s <= at).min(to - from - 1));
        }
        from = to;
    }
    let mut drawn = i.batch.take(&rows);
    let fixed = [Role::Id, Role::Time].into_iter().filter_map(|r| i.baseline.column_with(r));
    for name in fixed.filter_map(|j| i.baseline.columns.get(j)).map(|c| c.name.as_str()) {
        if let (Some(old), Some(new)) = (i.batch.column(name), drawn.columns.iter_mut().find(|c| &*c.name == name)) {
            *new = old.clone();
        }
    }
    Some(drawn)
}
