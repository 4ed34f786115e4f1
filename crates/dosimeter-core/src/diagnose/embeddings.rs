//! Columns of vectors that moved though their form did not: `data_drift` of kind `embedding_shift`.
//!
//! Two looks at half the column's share of the budget each. The parts of the vectors (norm, directions, what lies
//! beyond) are tested as all columns are, against the reference's own wobble. What no part shows alone is looked for by the
//! maximum mean discrepancy of the sampled rows; there whole windows are relabelled, and as many neighbouring ones
//! together as wobble lasts, so that topics of the week are part of the null.

use std::collections::BTreeMap;

use super::case::{Case, detail, evidence, finding, least_effect, series_evidence};
use super::schema::Claims;
use crate::catalogue::Mode;
use crate::diagnosis::{Evidence, Finding, Number};
use crate::evidence::dispersion::persistence;
use crate::evidence::shift::Series;
use crate::profile::window::Moments;
use crate::profile::{PeriodProfile, VectorSpec};
use crate::statistic::mmd::{Kernel, Pairs};
use crate::text::{digits, quoted};

/// Rows of each period whose distances are taken.
const ROWS: usize = 1_000;
/// Relabellings at most: p is never below the inverse of it.
const RELABELLINGS: u32 = 9_999;
/// Fewer where there are many windows: each costs as many steps as there are pairs of them.
const STEPS: usize = 500_000_000;

/// Columns of vectors that moved and that no schema check has claimed.
pub(crate) fn find(case: &Case<'_>, claims: &Claims, apart: &Apart) -> Vec<Finding> {
    let open = |v: &&VectorSpec| !claims.explained.contains(&v.column) && case.spec(v.column).role.is_input();
    case.baseline.vectors.iter().filter(open).filter_map(|v| moved(case, v, apart)).collect()
}

fn moved(case: &Case<'_>, vectors: &VectorSpec, apart: &Apart) -> Option<Finding> {
    let (part, series) = loudest(case, vectors)?;
    let share = case.budget.drift_per_column / 2.0;
    let p_parts = p_of_parts(case, vectors);
    let noticeable = |s: &Series| s.effect().abs() >= least_effect(s);
    let together = apart.get(&vectors.column);
    let by_distance = together.is_some_and(|t| t.p < share);
    let context = case.lossy && vectors.part_positions().any(|j| case.worth_naming(j));
    if !(p_parts < share && noticeable(series) || by_distance || context) {
        return None;
    }
    let spec = case.spec(vectors.column);
    let affected = case.moved_in(series);
    let (centre, inverse_scale) = case.spec(part).grid.centre();
    let mean = |period: &PeriodProfile, windows: Option<&[usize]>| {
        let mut moments = Moments::default();
        let inside = |i: &usize| windows.is_none_or(|list| list.contains(i));
        let list = period.windows.iter().enumerate().filter(|(i, _)| inside(i));
        list.filter_map(|(_, w)| w.columns.get(part)).for_each(|c| moments.merge(&c.moments));
        moments.mean(centre, inverse_scale)
    };
    let (then, now) = (mean(&case.baseline.reference, None), mean(case.current, Some(&affected.windows)));
    let which = name_of(case, vectors, part);
    let most = match then.zip(now) {
        Some((a, b)) => format!(": most along {which}, mean {} → {}", digits(a), digits(b)),
        None => String::new(),
    };
    let mut f = finding(
        Mode::DataDrift,
        Some("embedding_shift"),
        &[spec.name.as_str()],
        format!("the vectors in {} moved{most}", quoted(&spec.name)),
    );
    f.share = Some(Number(case.share_of(&affected.windows)));
    f.evidence = evidence_on(case, vectors, apart);
    f.detail = detail([("dimension", (vectors.dimension as f64).into()), ("part", which.as_str().into())]);
    if let Some(t) = together {
        f.detail.insert("rows_reference".to_owned(), (t.rows.0 as f64).into());
        f.detail.insert("rows_current".to_owned(), (t.rows.1 as f64).into());
    }
    f.onset = Some(affected.onset);
    Some(f)
}

/// What a part is called: `norm`, `beyond`, `direction 3`.
fn name_of(case: &Case<'_>, vectors: &VectorSpec, part: usize) -> String {
    let (whole, part) = (&case.spec(vectors.column).name, &case.spec(part).name);
    part.strip_prefix(whole.as_str()).unwrap_or(part).trim_matches(['[', ']']).to_owned()
}

/// p over all parts.
fn p_of_parts(case: &Case<'_>, vectors: &VectorSpec) -> f64 {
    let least = vectors.part_positions().filter_map(|j| case.shift(j)).map(|s| s.p_values()).fold(1.0, f64::min);
    (least * vectors.parts() as f64).min(1.0)
}

/// The part that speaks loudest, and its series.
pub(crate) fn loudest<'c>(case: &'c Case<'_>, vectors: &VectorSpec) -> Option<(usize, &'c Series)> {
    let all = vectors.part_positions().filter_map(|j| Some((j, case.shift(j)?)));
    let (j, shift) = all.min_by(|(_, a), (_, b)| {
        let size = |s: &crate::evidence::shift::ColumnShift| s.loudest().map_or(0.0, |s| s.effect().abs());
        // Of several that leave no doubt the one that moved farthest.
        a.p_values().max(1e-12).total_cmp(&b.p_values().max(1e-12)).then(size(b).total_cmp(&size(a)))
    })?;
    Some((j, shift.loudest()?))
}

/// The evidence on a column of vectors, for its finding and its line in the table.
pub(crate) fn evidence_on(case: &Case<'_>, vectors: &VectorSpec, apart: &Apart) -> Vec<Evidence> {
    let mut list = Vec::new();
    if let Some((part, series)) = loudest(case, vectors) {
        let mut e = series_evidence(case, part, series);
        e.statistic = format!("{} of {}", e.statistic, name_of(case, vectors, part));
        e.p_value = Some(Number(p_of_parts(case, vectors)));
        list.push(e);
    }
    if let Some(t) = apart.get(&vectors.column) {
        list.push(Evidence { p_value: Some(Number(t.p)), ..evidence("mmd", t.mmd) });
        list.push(evidence("energy_distance", t.energy));
        list.push(evidence("own_neighbours", t.own));
    }
    list
}

/// How far the periods are apart, by column of vectors.
pub(crate) type Apart = BTreeMap<usize, Discrepancy>;

/// Takes the distances, once.
pub(crate) fn measure(case: &Case<'_>) -> Apart {
    case.baseline.vectors.iter().filter_map(|v| Some((v.column, discrepancy(case, v)?))).collect()
}

/// How far the periods are apart.
pub(crate) struct Discrepancy {
    mmd: f64,
    energy: f64,
    own: f64,
    p: f64,
    rows: (usize, usize),
}

fn discrepancy(case: &Case<'_>, vectors: &VectorSpec) -> Option<Discrepancy> {
    let then = points(&case.baseline.reference, vectors, None);
    let now = points(case.current, vectors, None);
    let rows = (then.len(), now.len());
    // Windows of either period, numbered anew: those without a row are no windows.
    let mut numbers: BTreeMap<(bool, u32), usize> = BTreeMap::new();
    let keys = then.iter().map(|(w, _)| (false, *w)).chain(now.iter().map(|(w, _)| (true, *w)));
    let keys: Vec<(bool, u32)> = keys.collect();
    keys.iter().for_each(|k| {
        numbers.insert(*k, 0);
    });
    numbers.values_mut().enumerate().for_each(|(i, n)| *n = i);
    let current: Vec<bool> = numbers.keys().map(|(now, _)| *now).collect();
    let window: Vec<usize> = keys.iter().filter_map(|k| numbers.get(k).copied()).collect();
    let side: Vec<bool> = keys.iter().map(|(now, _)| *now).collect();
    let points: Vec<Vec<f64>> = then.into_iter().chain(now).map(|(_, p)| p).collect();
    let pairs = Pairs::new(&points, &window, Kernel::Gaussian)?;
    let fewest = current.iter().filter(|c| **c).count().min(current.iter().filter(|c| !**c).count());
    let length = block_length(case, vectors).min(fewest / 3).max(1);
    let affordable = STEPS / (current.len() * current.len()).max(1);
    let most = RELABELLINGS.min(u32::try_from(affordable).unwrap_or(RELABELLINGS).max(999));
    Some(Discrepancy {
        mmd: pairs.discrepancy(&current)?,
        energy: Pairs::new(&points, &window, Kernel::Energy)?.discrepancy(&current)?,
        own: pairs.own_neighbours(&side)?,
        p: pairs.p_value(&current, length, most, case.baseline.watch.seed)?,
        rows,
    })
}

/// The sampled vectors of a period in some windows, evenly at most [`ROWS`]: their windows, and their coordinates along the
/// directions with the distance beyond.
fn points(period: &PeriodProfile, vectors: &VectorSpec, windows: Option<&[usize]>) -> Vec<(u32, Vec<f64>)> {
    let sample = &period.sample;
    let columns: Vec<&[f64]> =
        vectors.part_positions().skip(1).filter_map(|j| sample.columns.get(j).map(|c| c.numbers.as_slice())).collect();
    let inside = |w: u32| windows.is_none_or(|list| list.binary_search(&(w as usize)).is_ok());
    let all: Vec<(u32, Vec<f64>)> = sample
        .windows
        .iter()
        .enumerate()
        .filter(|(_, w)| inside(**w))
        .map(|(i, w)| (*w, columns.iter().filter_map(|c| c.get(i).copied()).collect::<Vec<f64>>()))
        .filter(|(_, point)| point.len() == columns.len() && point.iter().all(|x| x.is_finite()))
        .collect();
    let step = all.len().div_ceil(ROWS).max(1);
    all.into_iter().step_by(step).collect()
}

/// How many neighbouring windows go together: as many as one independent window is worth.
fn block_length(case: &Case<'_>, vectors: &VectorSpec) -> usize {
    if !case.baseline.ordered {
        return 1;
    }
    let of_part = |j: usize| {
        let (centre, inverse_scale) = case.spec(j).grid.centre();
        let (means, variances): (Vec<f64>, Vec<f64>) = case
            .baseline
            .reference
            .windows
            .iter()
            .filter_map(|w| w.columns.get(j))
            .filter_map(|c| Some((c.moments.mean(centre, inverse_scale)?, 1.0 / c.moments.n as f64)))
            .unzip();
        persistence(&means, &variances)
    };
    let known: Vec<f64> = vectors.part_positions().filter_map(of_part).collect();
    if known.is_empty() {
        return 1;
    }
    let lasts = known.iter().sum::<f64>() / known.len() as f64;
    ((1.0 + lasts) / (1.0 - lasts)).round().max(1.0) as usize
}

/// How often the nearest vector is of the own period, between the reference and the current windows given; and between the
/// halves of the reference, which says how much that is by itself.
pub(crate) fn own_neighbours(case: &Case<'_>, vectors: &VectorSpec, windows: &[usize]) -> Option<(f64, f64)> {
    let then = points(&case.baseline.reference, vectors, None);
    let now = points(case.current, vectors, Some(windows));
    let between = |a: &[(u32, Vec<f64>)], b: &[(u32, Vec<f64>)]| {
        // As many of each, or the larger side would have the nearest by number alone.
        let n = a.len().min(b.len());
        let even = |list: &[(u32, Vec<f64>)]| -> Vec<Vec<f64>> {
            (0..n).filter_map(|i| list.get(i * list.len() / n.max(1))).map(|(_, p)| p.clone()).collect()
        };
        let points: Vec<Vec<f64>> = even(a).into_iter().chain(even(b)).collect();
        let side: Vec<bool> = (0..points.len()).map(|i| i >= n).collect();
        let window: Vec<usize> = side.iter().map(|s| usize::from(*s)).collect();
        (n >= 50).then(|| Pairs::new(&points, &window, Kernel::Gaussian)?.own_neighbours(&side)).flatten()
    };
    let half = then.len() / 2;
    Some((between(&then, &now)?, between(then.get(..half)?, then.get(half..)?)?))
}
