//! Vectors of another dimension, of zeros, of another scale, or of another embedding model.

use super::super::case::{Case, Sampled, all, detail, evidence, finding, ks};
use super::super::embeddings;
use super::Claims;
use crate::catalogue::Mode;
use crate::diagnosis::{Finding, Number};
use crate::profile::VectorSpec;
use crate::profile::grid::Special;
use crate::statistic::tail;
use crate::text::{digits, percent, quoted};

/// A smaller share of odd vectors is not worth a word.
const LEAST: f64 = 0.01;
/// Norms farther apart than by this factor are on another scale, if hardly any of the old values is met.
const SCALE: f64 = 1.1;
/// The nearest vector is of the own period so often where the periods have nothing in common.
const APART: f64 = 0.97;
/// And in the reference's own halves no oftener than so.
const TOGETHER: f64 = 0.8;

pub(super) fn check(case: &Case<'_>, claims: &mut Claims) {
    for vectors in &case.baseline.vectors {
        if !claims.open(vectors.column) {
            continue;
        }
        let found = dimension(case, vectors)
            .or_else(|| constant(case, vectors))
            .or_else(|| rescaled(case, vectors))
            .or_else(|| replaced(case, vectors));
        if let Some(f) = found {
            claims.claim(&[vectors.column], f);
        }
    }
}

/// The windows in which a cell of the column is far more frequent than in the reference, and its share before and there.
fn jumped(case: &Case<'_>, column: usize, cell: usize) -> Option<(Vec<usize>, f64, f64)> {
    let (then, now) = (case.reference_counts(column), case.counts_in(column, &all(case).collect::<Vec<_>>()));
    let of = |counts: &[u64]| (counts.get(cell).copied().unwrap_or(0), counts.iter().sum::<u64>());
    let ((x, n), (y, m)) = (of(&then), of(&now));
    // What the reference never had may have a share of one in its rows.
    let usual = (x as f64 + 1.0) / (n as f64 + 1.0);
    if m == 0
        || y == 0
        || (y as f64) < LEAST * m as f64
        || tail::binomial_sf(y - 1, m, usual) > case.budget.schema_per_column
    {
        return None;
    }
    let share = |w: usize| {
        let (y, m) = of(&case.counts_in(column, &[w]));
        y as f64 / m.max(1) as f64
    };
    let most = all(case).map(share).fold(0.0, f64::max);
    let windows: Vec<usize> = all(case).filter(|w| share(*w) > usual.max(most / 4.0)).collect();
    let (y, m) = of(&case.counts_in(column, &windows));
    let now = y as f64 / m.max(1) as f64;
    (now > 4.0 * usual).then_some((windows, x as f64 / n.max(1) as f64, now))
}

fn begin(case: &Case<'_>, windows: &[usize], f: &mut Finding) {
    if let Some(from) = windows.first().copied().filter(|_| case.baseline.ordered) {
        f.onset = Some(case.onset_at(from, from, from));
    }
}

fn dimension(case: &Case<'_>, vectors: &VectorSpec) -> Option<Finding> {
    let spec = case.spec(vectors.column);
    let (windows, then, now) = jumped(case, vectors.column, spec.grid.special(Special::Other))?;
    let unknown = case.current.sketches.get(vectors.column).and_then(|s| s.unknown.as_ref()).map(|u| u.top());
    let most = unknown.and_then(|list| list.into_iter().next()).map(|(text, _)| text)?;
    let to: Option<f64> = most.parse().ok();
    let what = if to.is_some() { format!("{most} numbers") } else { "no vectors".to_owned() };
    let mut f = finding(
        Mode::SchemaChange,
        Some("dimension_changed"),
        &[spec.name.as_str()],
        format!(
            "{} held vectors of {} numbers and now holds {what} in {} of the rows: another embedding model is likely",
            quoted(&spec.name),
            vectors.dimension,
            percent(now)
        ),
    );
    f.detail = detail([
        ("from", (vectors.dimension as f64).into()),
        ("to", most.as_str().into()),
        ("reference", then.into()),
        ("current", now.into()),
    ]);
    f.share = Some(Number(now * case.share_of(&windows)));
    f.evidence = vec![evidence("other_dimension_share", now)];
    begin(case, &windows, &mut f);
    Some(f)
}

/// All zeros, or one vector again and again.
fn constant(case: &Case<'_>, vectors: &VectorSpec) -> Option<Finding> {
    let spec = case.spec(vectors.column);
    let zeros = jumped(case, vectors.column, 1).map(|found| (found, "all zeros"));
    let (windows, then, now, what) = match zeros {
        Some(((windows, then, now), what)) => (windows, then, now, what),
        None => {
            // The first coordinate and the norm of one vector do not vary.
            let still = |period: &crate::profile::PeriodProfile, w: usize| {
                [vectors.first_part, vectors.first_part + 2].iter().all(|j| {
                    let column = period.windows.get(w).and_then(|w| w.columns.get(*j));
                    column.is_some_and(|c| c.moments.n >= 30 && c.moments.min == c.moments.max)
                })
            };
            if (0..case.baseline.reference.windows.len()).any(|w| still(&case.baseline.reference, w)) {
                return None;
            }
            let windows: Vec<usize> = all(case).filter(|w| still(case.current, *w)).collect();
            (!windows.is_empty()).then_some((windows, 0.0, 1.0, "one vector, always the same,"))?
        }
    };
    let mut f = finding(
        Mode::SchemaChange,
        Some("embedding_constant"),
        &[spec.name.as_str()],
        format!(
            "{} is {what} in {} of the rows since then: the embedding service failed",
            quoted(&spec.name),
            percent(now)
        ),
    );
    f.detail =
        detail([("reference", then.into()), ("current", now.into()), ("value", what.trim_end_matches(',').into())]);
    f.share = Some(Number(now * case.share_of(&windows)));
    f.evidence = vec![evidence("constant_share", now)];
    begin(case, &windows, &mut f);
    Some(f)
}

/// The same directions on another scale: normalised where they were not, or the other way round.
fn rescaled(case: &Case<'_>, vectors: &VectorSpec) -> Option<Finding> {
    let norm = vectors.first_part;
    if !case.values_moved(norm) {
        return None;
    }
    let affected = case.moved_in(case.shift(norm)?.loudest()?);
    let inner = affected.inner();
    let sampled = |period, windows| Sampled::of(case.spec(norm), period, norm, windows).numbers;
    let (then, now) = (sampled(&case.baseline.reference, None), sampled(case.current, Some(inner.as_slice())));
    let middle = |x: &[f64]| x.get(x.len() / 2).copied();
    let (a, b) = (middle(&then)?, middle(&now)?);
    if a <= 0.0 || b <= 0.0 || (b / a).ln().abs() < SCALE.ln() || ks(&then, &now) < 0.8 {
        return None;
    }
    // Coordinates over the norm do not know the scale: they stayed where nothing else happened.
    let far: Vec<f64> = (0..vectors.directions.len())
        .map(|k| ks(&turned(case, vectors, k, None), &turned(case, vectors, k, Some(&inner))))
        .collect();
    let mean = far.iter().sum::<f64>() / far.len().max(1) as f64;
    let noise = 0.9 * (1.0 / then.len() as f64 + 1.0 / now.len() as f64).sqrt();
    if mean > 0.1 + noise {
        return None;
    }
    let spec = case.spec(vectors.column);
    let mut f = finding(
        Mode::SchemaChange,
        Some("embedding_rescaled"),
        &[spec.name.as_str()],
        format!(
            "the vectors in {} point where they did and have another length: median norm {} → {}",
            quoted(&spec.name),
            digits(a),
            digits(b)
        ),
    );
    f.detail = detail([("reference", a.into()), ("current", b.into()), ("factor", (b / a).into())]);
    f.share = Some(Number(case.share_of(&affected.windows)));
    f.evidence = vec![evidence("norm_ratio", b / a), evidence("directions_ks", mean)];
    f.onset = Some(affected.onset);
    Some(f)
}

/// The cosine of sampled vectors with a direction, ascending.
fn turned(case: &Case<'_>, vectors: &VectorSpec, direction: usize, windows: Option<&[usize]>) -> Vec<f64> {
    let sample = if windows.is_some() { &case.current.sample } else { &case.baseline.reference.sample };
    let column = |j: usize| sample.columns.get(j).map_or(&[][..], |c| c.numbers.as_slice());
    let (norms, along) = (column(vectors.first_part), column(vectors.first_part + 2 + direction));
    let mut list: Vec<f64> = norms
        .iter()
        .zip(along)
        .zip(&sample.windows)
        .filter(|(_, w)| windows.is_none_or(|list| list.binary_search(&(**w as usize)).is_ok()))
        .map(|((norm, x), _)| x / norm)
        .filter(|x| x.is_finite())
        .collect();
    list.sort_by(f64::total_cmp);
    list
}

/// Vectors that have nothing in common with the reference's.
fn replaced(case: &Case<'_>, vectors: &VectorSpec) -> Option<Finding> {
    let (part, series) = embeddings::loudest(case, vectors)?;
    if !case.values_moved(part) {
        return None;
    }
    let affected = case.moved_in(series);
    if case.baseline.ordered && !affected.sharp {
        return None;
    }
    let (apart, usual) = embeddings::own_neighbours(case, vectors, &affected.inner())?;
    if apart < APART || usual > TOGETHER {
        return None;
    }
    let spec = case.spec(vectors.column);
    let mut f = finding(
        Mode::SchemaChange,
        Some("embedding_replaced"),
        &[spec.name.as_str()],
        format!(
            "the vectors in {} have next to nothing in common with the reference's: another embedding model, or shuffled \
             elements, is likely",
            quoted(&spec.name)
        ),
    );
    f.detail = detail([("own_neighbours_reference", usual.into()), ("own_neighbours", apart.into())]);
    f.share = Some(Number(case.share_of(&affected.windows)));
    f.evidence = vec![evidence("own_neighbours", apart)];
    f.onset = Some(affected.onset);
    Some(f)
}
