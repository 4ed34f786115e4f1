//! Does a column still go with its neighbours? A unit leaves every rank where it was; a change of the world does not.

use super::super::case::Case;
use crate::profile::{ColumnKind, PeriodProfile};

/// Rows that are looked at.
const MOST: usize = 4_000;
/// Columns that are looked at, and the weakest relation that counts.
const COLUMNS: usize = 60;
const RELATED: f64 = 0.15;

/// Whether the rank correlations of a column with those numbers that it goes with most are what they were; `None` where
/// it goes with none.
pub(super) fn ranks_stay(case: &Case<'_>, column: usize, windows: &[usize]) -> Option<bool> {
    let others = (0..case.baseline.columns.len())
        .filter(|j| *j != column && case.spec(*j).role.is_input() && case.spec(*j).kind == ColumnKind::Number)
        .take(COLUMNS);
    let mut related: Vec<(usize, f64, usize)> = others
        .filter_map(|j| {
            let (rho, n) = correlation(&case.baseline.reference, column, j, None)?;
            (rho.abs() >= RELATED).then_some((j, rho, n))
        })
        .collect();
    related.sort_by(|a, b| b.1.abs().total_cmp(&a.1.abs()).then(a.0.cmp(&b.0)));
    related.truncate(5);
    let judged: Vec<bool> = related
        .iter()
        .filter_map(|(j, then, n)| {
            let (now, m) = correlation(case.current, column, *j, Some(windows))?;
            Some((now - then).abs() <= 0.08 + 3.0 * (1.0 / *n as f64 + 1.0 / m as f64).sqrt())
        })
        .collect();
    if judged.is_empty() {
        return None;
    }
    Some(2 * judged.iter().filter(|ok| **ok).count() > judged.len())
}

/// Whether two columns have taken over each other's relations to the other numbers; `None` where those would not tell the
/// two apart.
///
/// Two distributions that cross may be chance among many columns that moved; that each goes with what the other went with
/// is not.
pub(super) fn relations_exchanged(case: &Case<'_>, a: usize, b: usize, windows: &[usize]) -> Option<bool> {
    let reference = &case.baseline.reference;
    let others = (0..case.baseline.columns.len())
        .filter(|j| *j != a && *j != b && case.spec(*j).role.is_input() && case.spec(*j).kind == ColumnKind::Number)
        .take(COLUMNS);
    let (mut told, mut straight, mut crossed) = (0.0, 0.0, 0.0);
    for j in others {
        let (Some((then_a, n)), Some((then_b, _))) =
            (correlation(reference, a, j, None), correlation(reference, b, j, None))
        else {
            continue;
        };
        let noise = 3.0 * (2.0 / n as f64).sqrt();
        if (then_a - then_b).abs() < noise.max(0.1) {
            continue;
        }
        let now = [a, b].map(|c| correlation(case.current, c, j, Some(windows)).map(|x| x.0));
        if let [Some(now_a), Some(now_b)] = now {
            told += 1.0;
            straight += (now_a - then_a).powi(2) + (now_b - then_b).powi(2);
            crossed += (now_a - then_b).powi(2) + (now_b - then_a).powi(2);
        }
    }
    (told > 0.0).then_some(crossed < straight)
}

/// Spearman's correlation of two columns among sampled rows, and of how many.
fn correlation(period: &PeriodProfile, a: usize, b: usize, windows: Option<&[usize]>) -> Option<(f64, usize)> {
    let sample = &period.sample;
    let (x, y) = (&sample.columns.get(a)?.numbers, &sample.columns.get(b)?.numbers);
    let inside = |i: &usize| {
        windows.is_none_or(|w| sample.windows.get(*i).is_some_and(|at| w.binary_search(&(*at as usize)).is_ok()))
    };
    let pairs: Vec<(f64, f64)> = (0..x.len().min(y.len()))
        .filter(inside)
        .map(|i| (x[i], y[i]))
        .filter(|(x, y)| x.is_finite() && y.is_finite())
        .collect();
    let step = pairs.len().div_ceil(MOST).max(1);
    let pairs: Vec<(f64, f64)> = pairs.into_iter().step_by(step).collect();
    if pairs.len() < 50 {
        return None;
    }
    let (x, y) = (ranks(pairs.iter().map(|p| p.0)), ranks(pairs.iter().map(|p| p.1)));
    let dot = |a: &[f64], b: &[f64]| a.iter().zip(b).map(|(a, b)| a * b).sum::<f64>();
    let scale = (dot(&x, &x) * dot(&y, &y)).sqrt();
    (scale > 0.0).then(|| (dot(&x, &y) / scale, pairs.len()))
}

/// Mid-ranks around their mean.
fn ranks(values: impl Iterator<Item = f64>) -> Vec<f64> {
    let values: Vec<f64> = values.collect();
    let mut order: Vec<usize> = (0..values.len()).collect();
    order.sort_by(|a, b| values[*a].total_cmp(&values[*b]));
    let mut out = vec![0.0; values.len()];
    let mut start = 0;
    while start < order.len() {
        let same = order[start..].iter().take_while(|i| values[**i] == values[order[start]]).count().max(1);
        let mid = start as f64 + (same as f64 - 1.0) / 2.0 - (values.len() as f64 - 1.0) / 2.0;
        for i in &order[start..start + same] {
            out[*i] = mid;
        }
        start += same;
    }
    out
}
