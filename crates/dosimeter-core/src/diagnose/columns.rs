//! Every column's statistics and picture, reference against current.

use super::case::{Case, Sampled, evidence, series_evidence};
use crate::diagnosis::{Column, ColumnPower, Evidence, Number, Picture};
use crate::evidence::component::Kind;
use crate::evidence::power::smallest;
use crate::profile::PeriodProfile;
use crate::profile::grid::{Grid, SPECIALS, Special};
use crate::profile::schema::Role;
use crate::statistic;
use crate::text::digits;

/// Bars of a picture.
const BARS: usize = 18;

/// The quartiles of a column among sampled rows.
pub(crate) fn quantiles(case: &Case<'_>, column: usize, windows: Option<&[usize]>) -> Option<[f64; 3]> {
    let period = if windows.is_some() { case.current } else { &case.baseline.reference };
    let s = Sampled::of(case.spec(column), period, column, windows).numbers;
    let at = |q: f64| s.get(((s.len().max(1) - 1) as f64 * q).round() as usize).copied();
    Some([at(0.25)?, at(0.5)?, at(0.75)?])
}

/// The mean of a column of numbers over some windows.
pub(crate) fn mean(
    case: &Case<'_>,
    period: &PeriodProfile,
    column: usize,
    take: &dyn Fn(usize) -> bool,
) -> Option<f64> {
    let mut moments = crate::profile::window::Moments::default();
    for (_, w) in period.windows.iter().enumerate().filter(|(i, _)| take(*i)) {
        moments.merge(&w.columns.get(column)?.moments);
    }
    let (centre, inverse_scale) = case.spec(column).grid.centre();
    moments.mean(centre, inverse_scale)
}

/// The reference's standard deviation.
fn deviation(case: &Case<'_>, column: usize) -> Option<f64> {
    let mut moments = crate::profile::window::Moments::default();
    for w in &case.baseline.reference.windows {
        moments.merge(&w.columns.get(column)?.moments);
    }
    moments.standard_deviation(case.spec(column).grid.centre().1).filter(|s| *s > 0.0)
}

/// The field's statistics on the column's counts: over all current windows, or over some.
pub(crate) fn statistics(case: &Case<'_>, column: usize, windows: Option<&[usize]>) -> Vec<Evidence> {
    let spec = case.spec(column);
    let k = spec.grid.value_cells();
    let all: Vec<usize> = super::case::all(case).collect();
    let (then, now) = (case.reference_counts(column), case.counts_in(column, windows.unwrap_or(&all)));
    let values = |c: &[u64]| -> Vec<u64> { (0..k).map(|i| c.get(i).copied().unwrap_or(0)).collect() };
    let (mut a, mut b) = (values(&then), values(&now));
    let positions = match &spec.grid {
        Grid::Number { centers, .. } => Some(centers.clone()),
        Grid::Category { .. } => {
            // A value that the reference does not know is a category too.
            a.push(then.get(k).copied().unwrap_or(0));
            b.push(now.get(k).copied().unwrap_or(0));
            None
        }
    };
    let mut list = Vec::new();
    let mut add = |id: &str, value: Option<f64>, p: Option<f64>| {
        if let Some(v) = value {
            list.push(Evidence { p_value: p.map(Number), ..evidence(id, v) });
        }
    };
    if positions.is_some() {
        add("ks", statistic::ks::counts(&a, &b).map(|k| k.statistic), None);
    }
    let (deciles_a, deciles_b) = if positions.is_some() { coarse(&a, &b, 10) } else { (a.clone(), b.clone()) };
    add("psi", statistic::psi::counts(&deciles_a, &deciles_b), None);
    add(
        "jensen_shannon",
        statistic::jensen_shannon::counts(&deciles_a, &deciles_b, statistic::jensen_shannon::LogBase::Two),
        None,
    );
    add("hellinger", statistic::hellinger::counts(&deciles_a, &deciles_b), None);
    add("l_infinity", statistic::l_infinity::counts(&deciles_a, &deciles_b).map(|l| l.distance), None);
    let chi = statistic::chi_square::pool_sparse(&deciles_a, &deciles_b, 5.0)
        .and_then(|(a, b)| statistic::chi_square::contingency(&a, &b));
    add("chi_square", chi.map(|c| c.statistic), None);
    if let Some(x) = positions {
        let scale = deviation(case, column);
        // Beyond the reference's range the cells do not say how far: no distance is shorter than that of the means.
        let means =
            mean(case, &case.baseline.reference, column, &|_| true)
                .zip(mean(case, case.current, column, &|w| windows.is_none_or(|list| list.contains(&w))));
        let apart = means.map_or(0.0, |(a, b)| (a - b).abs());
        let distance = statistic::wasserstein::counts(&a, &b, &x).map(|w| w.max(apart));
        add("wasserstein", distance, None);
        add("wasserstein_normed", distance.zip(scale).map(|(w, s)| w / s), None);
        add("cramer_von_mises", statistic::cramer_von_mises::counts(&a, &b).map(|t| t.statistic), None);
        add("anderson_darling", statistic::anderson_darling::counts(&a, &b).map(|t| t.statistic), None);
        add("energy", statistic::energy::counts(&a, &b, &x), None);
    }
    list
}

/// Neighbouring cells joined until the reference has about `wanted` equal ones; the cells outside its range stay.
fn coarse(a: &[u64], b: &[u64], wanted: u64) -> (Vec<u64>, Vec<u64>) {
    let total: u64 = a.iter().sum();
    let (mut x, mut y) = (vec![0u64], vec![0u64]);
    let mut below = 0u64;
    for (i, (r, c)) in a.iter().zip(b).enumerate() {
        if let (Some(last_x), Some(last_y)) = (x.last_mut(), y.last_mut()) {
            *last_x += r;
            *last_y += c;
        }
        below += r;
        let full = below * wanted >= total * (x.len() as u64) && below < total;
        if full && i + 1 < a.len() && i > 0 {
            x.push(0);
            y.push(0);
        }
    }
    (x, y)
}

/// Every watched column, most moved first. `flagged` are the columns that findings name: nothing that a finding speaks of is
/// shown as unmoved.
pub(crate) fn all(
    case: &Case<'_>,
    flagged: &std::collections::BTreeSet<String>,
    apart: &super::embeddings::Apart,
) -> Vec<Column> {
    let mut list: Vec<(f64, Column)> = (0..case.baseline.columns.len())
        .filter(|j| !matches!(case.spec(*j).role, Role::Ignore) && case.baseline.part_of(*j).is_none())
        .map(|j| {
            let spec = case.spec(j);
            let shift = case.shift(j);
            let mut evidence: Vec<Evidence> = Vec::new();
            let mut p = 1.0f64;
            if let Some(shift) = shift {
                p = shift.p_values();
                evidence.extend(shift.loudest().map(|s| series_evidence(case, j, s)));
                evidence.extend(shift.specials.iter().filter(|s| s.p() < 0.001).map(|s| series_evidence(case, j, s)));
            }
            let watched = !matches!(spec.role, Role::Id | Role::Time) && !super::case::is_text(spec);
            let vectors = case.baseline.vectors_in(j);
            if watched {
                evidence.extend(statistics(case, j, None));
            }
            let mut drawn = watched.then_some(j);
            if let Some(vectors) = vectors {
                evidence.clear();
                evidence.extend(super::embeddings::evidence_on(case, vectors, apart));
                drawn = super::embeddings::loudest(case, vectors).map(|(part, _)| part);
                p = evidence.first().and_then(|e| e.p_value).map_or(1.0, |p| p.0);
            }
            let values_moved = vectors.is_none() && case.values_moved(j);
            let news = vectors.is_none() && case.special_moved(j, crate::profile::grid::Special::Other);
            let drifted = values_moved || news || flagged.contains(&spec.name);
            let column = Column {
                name: spec.name.clone(),
                role: spec.role.as_str().to_owned(),
                kind: vectors.map_or(spec.kind.as_str().to_owned(), |v| format!("vector[{}]", v.dimension)),
                drifted,
                evidence,
                picture: drawn.and_then(|j| picture(case, j)),
                power: power(case, j),
            };
            (if drifted { p - 2.0 } else { p }, column)
        })
        .collect();
    list.sort_by(|a, b| a.0.total_cmp(&b.0));
    list.into_iter().map(|(_, c)| c).collect()
}

/// The smallest movements that would have been noticed, by the tests of `values_moved` and `special_moved`.
fn power(case: &Case<'_>, column: usize) -> Option<ColumnPower> {
    let shift = case.shift(column)?;
    let nulls = case
        .special(column, Special::Null)
        .and_then(|s| smallest(s, case.budget.schema_per_column / 4.0, super::schema::LEAST_NULLS).map(Number));
    let first = shift.values.first();
    let found = first.and_then(|s| {
        smallest(s, case.budget.drift_per_column / shift.values.len() as f64, super::case::least_effect(s)).map(Number)
    });
    let (rank_location, share, share_of) = match first.map(|s| &s.component.kind) {
        Some(Kind::Rank(1)) => (found, None, None),
        Some(Kind::Share(cell)) => (None, found, Some(case.spec(column).grid.label(*cell))),
        _ => (None, None, None),
    };
    Some(ColumnPower { rank_location, share, share_of, nulls })
}

fn picture(case: &Case<'_>, column: usize) -> Option<Picture> {
    let spec = case.spec(column);
    let all: Vec<usize> = super::case::all(case).collect();
    let (then, now) = (case.reference_counts(column), case.counts_in(column, &all));
    let (total_then, total_now) = (then.iter().sum::<u64>() as f64, now.iter().sum::<u64>() as f64);
    if total_then == 0.0 || total_now == 0.0 {
        return None;
    }
    let k = spec.grid.value_cells();
    let mut bars: Vec<(String, u64, u64)> = match &spec.grid {
        Grid::Number { edges, centers } => ranges(edges, centers, &then, &now),
        Grid::Category { values } => categories(values, &then, &now),
    };
    for (cell, name) in
        [(k, "other"), (k + 1, "null"), (k + 2, "NaN"), (k + 3, "Infinity"), (k + SPECIALS - 1, "-Infinity")]
    {
        let (a, b) = (then.get(cell).copied().unwrap_or(0), now.get(cell).copied().unwrap_or(0));
        if a + b > 0 && !bars.iter().any(|(n, ..)| n == name) {
            bars.push((name.to_owned(), a, b));
        }
    }
    let series = case.shift(column).and_then(|s| s.loudest());
    let (trend_label, trend) = trend(case, column, series.map(|s| &s.component.kind));
    Some(Picture {
        cells: bars.iter().map(|b| b.0.clone()).collect(),
        reference: bars.iter().map(|b| Number(b.1 as f64 / total_then)).collect(),
        current: bars.iter().map(|b| Number(b.2 as f64 / total_now)).collect(),
        ordered: matches!(spec.grid, Grid::Number { .. }),
        trend,
        trend_label,
        trend_reference: case.baseline.reference.windows.len(),
    })
}

/// Bars of equal width over the middle 98 % of both periods; the tails join the outer bars.
fn ranges(edges: &[f64], centers: &[f64], then: &[u64], now: &[u64]) -> Vec<(String, u64, u64)> {
    let k = edges.len() + 1;
    let inner = |q: f64| {
        let total: u64 = then.iter().take(k).sum();
        let mut below = 0.0;
        for (cell, n) in then.iter().take(k).enumerate() {
            below += *n as f64;
            if below >= q * total as f64 {
                return centers.get(cell).copied().unwrap_or(0.0);
            }
        }
        centers.last().copied().unwrap_or(0.0)
    };
    let (low, high) = (inner(0.01), inner(0.99));
    let distinct = centers.iter().zip(then).filter(|(_, n)| **n > 0).count();
    if distinct <= BARS || low >= high {
        let mut bars: Vec<(String, u64, u64)> = Vec::new();
        for (cell, c) in centers.iter().enumerate() {
            let (a, b) = (then.get(cell).copied().unwrap_or(0), now.get(cell).copied().unwrap_or(0));
            if a + b == 0 {
                continue;
            }
            let name = match cell {
                0 => format!("below {}", digits(*c)),
                c2 if c2 + 1 == k => format!("above {}", digits(c.next_down())),
                _ => digits(*c),
            };
            bars.push((name, a, b));
        }
        return bars;
    }
    let width = (high - low) / BARS as f64;
    // The outer bars hold the tails, and say so where there are any.
    let filled = |beyond: &dyn Fn(f64) -> bool| {
        let counts = then.iter().zip(now).map(|(a, b)| a + b);
        centers.iter().take(k).zip(counts).any(|(c, n)| n > 0 && beyond(*c))
    };
    let (below, above) = (filled(&|c| c < low), filled(&|c| c > high));
    let name = |i: usize| {
        let (from, to) = (digits(low + width * i as f64), digits(low + width * (i + 1) as f64));
        match i {
            0 if below => format!("below {to}"),
            _ if above && i + 1 == BARS => format!("{from} and above"),
            _ => format!("{from} – {to}"),
        }
    };
    let mut bars: Vec<(String, u64, u64)> = (0..BARS).map(|i| (name(i), 0, 0)).collect();
    for (cell, c) in centers.iter().enumerate().take(k) {
        let i = (((c - low) / width).floor().clamp(0.0, (BARS - 1) as f64)) as usize;
        if let Some(bar) = bars.get_mut(i) {
            bar.1 += then.get(cell).copied().unwrap_or(0);
            bar.2 += now.get(cell).copied().unwrap_or(0);
        }
    }
    bars
}

/// The most frequent and the most moved values; the rest together.
fn categories(values: &[String], then: &[u64], now: &[u64]) -> Vec<(String, u64, u64)> {
    let (a, b) = (then.iter().sum::<u64>().max(1) as f64, now.iter().sum::<u64>().max(1) as f64);
    let mut all: Vec<(String, u64, u64)> = values
        .iter()
        .enumerate()
        .map(|(i, v)| (v.clone(), then.get(i).copied().unwrap_or(0), now.get(i).copied().unwrap_or(0)))
        .collect();
    let weight = |x: &(String, u64, u64)| (x.1 as f64 / a).max(x.2 as f64 / b);
    all.sort_by(|x, y| weight(y).total_cmp(&weight(x)).then(x.0.cmp(&y.0)));
    let k = values.len();
    let mut bars: Vec<(String, u64, u64)> = all.iter().take(10).cloned().collect();
    let rest = all
        .iter()
        .skip(10)
        .fold((then.get(k).copied().unwrap_or(0), now.get(k).copied().unwrap_or(0)), |s, x| (s.0 + x.1, s.1 + x.2));
    if rest.0 + rest.1 > 0 {
        bars.push(("other".to_owned(), rest.0, rest.1));
    }
    bars
}

/// One figure a window: the mean of numbers, the share of the category that moved most.
fn trend(
    case: &Case<'_>,
    column: usize,
    kind: Option<&crate::evidence::component::Kind>,
) -> (String, Vec<Option<Number>>) {
    let spec = case.spec(column);
    let windows = case.baseline.reference.windows.iter().chain(&case.current.windows);
    let (centre, inverse_scale) = spec.grid.centre();
    match (&spec.grid, kind) {
        (Grid::Category { .. }, Some(crate::evidence::component::Kind::Share(cell))) => {
            let share = |w: &crate::profile::WindowProfile| {
                let c = w.columns.get(column)?;
                (c.rows() > 0).then(|| Number(c.count(*cell) as f64 / c.rows() as f64))
            };
            (format!("share of {}", spec.grid.label(*cell)), windows.map(share).collect())
        }
        (Grid::Category { .. }, _) => (String::new(), Vec::new()),
        (Grid::Number { .. }, _) => (
            "mean".to_owned(),
            windows.map(|w| w.columns.get(column)?.moments.mean(centre, inverse_scale).map(Number)).collect(),
        ),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn outer_bars_say_that_they_hold_the_tails() {
        // 200 cells of one row each in the reference; the current data lie far above and far below as well.
        let edges: Vec<f64> = (0..199).map(|i| f64::from(i) + 0.5).collect();
        let centers: Vec<f64> = (0..200).map(f64::from).collect();
        let mut now = vec![1u64; 200];
        now[199] = 500;
        let bars = ranges(&edges, &centers, &[1; 200], &now);
        assert_eq!(bars.len(), BARS);
        assert_eq!(bars.first().map(|b| b.0.as_str()), Some("below 11.9"), "{bars:?}");
        assert_eq!(bars.last().map(|b| b.0.as_str()), Some("186 and above"), "{bars:?}");
        assert_eq!(bars.iter().map(|b| b.2).sum::<u64>(), 699);
        // Without anything beyond the middle a bar is the range that it says.
        let mut then = vec![1u64; 200];
        (then[0], then[1]) = (0, 40);
        now[0] = 0;
        let bars = ranges(&edges, &centers, &then, &now);
        assert!(bars.first().is_some_and(|b| b.0.starts_with("1 – ")), "{bars:?}");
    }
}
