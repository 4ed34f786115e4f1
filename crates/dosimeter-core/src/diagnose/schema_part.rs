//! What a broken format carries of the loss that inputs do not explain.
//!
//! A format that broke in every row since the loss began cannot be told from P(Y|X) that moved in the same moment: the
//! broken format is the simpler story and takes it all. One that broke in some rows can: it carries what those rows lose
//! beyond the others, and no more than that. Which rows those are is known by their cells: a cell that holds more than the
//! intact rows would put there is broken by the excess.

use std::collections::BTreeMap;

use super::case::Case;
use super::performance::Performance;
use super::schema::Claims;
use crate::catalogue::kind;
use crate::decompose::{LEAST_ROWS, Part};
use crate::diagnosis::Finding;
use crate::profile::Role;

/// From this share of the rows on all of them are broken: what is left over has no intact rows to compare with.
const WHOLE: f64 = 0.9;

/// The schema's part of a change of the mean loss.
pub(super) struct SchemaPart {
    /// All broken formats together.
    pub(super) part: Part,
    /// Whether they broke every row, so that nothing is left for the concept.
    pub(super) whole: bool,
    /// What each that broke some rows carries by itself, by its place among the claims.
    pub(super) own: BTreeMap<usize, Part>,
}

/// Splits `concept`, the part that inputs do not explain; `None` where no format broke along with the loss.
///
/// `rows` are positions in the current sample, within the windows that lost, and `losses` theirs.
pub(super) fn schema_part(
    case: &Case<'_>,
    performance: &Performance,
    claims: &Claims,
    rows: &[usize],
    losses: &[f64],
    concept: Part,
) -> Option<SchemaPart> {
    let affected = &performance.affected.windows;
    let share_affected = case.share_of(affected).max(f64::MIN_POSITIVE);
    let mut broken = vec![0.0f64; rows.len()];
    let mut own = BTreeMap::new();
    let (mut any, mut whole) = (false, false);
    for (at, f) in claims.findings.iter().enumerate().filter(|(_, f)| breaks(case, f) && overlaps(f, performance)) {
        any = true;
        let share = (f.share.map_or(1.0, |s| s.0) / share_affected).min(1.0);
        if share >= WHOLE {
            whole = true;
            continue;
        }
        let weights = chances(case, f, affected, share, rows);
        own.extend(excess(&weights, losses).map(|part| (at, part)));
        broken.iter_mut().zip(&weights).for_each(|(all, one)| *all = all.max(*one));
    }
    if !any {
        return None;
    }
    let part = if whole { concept } else { excess(&broken, losses).unwrap_or(concept) };
    let (low, high) = (concept.value.min(0.0), concept.value.max(0.0));
    Some(SchemaPart { part: Part { value: part.value.clamp(low, high), ..part }, whole, own })
}

/// Whether a schema finding damages what the model reads, what it says, or what it is judged by.
pub(super) fn breaks(case: &Case<'_>, f: &Finding) -> bool {
    let breaking = f.kind.as_deref().and_then(kind).is_none_or(|k| k.breaks_inputs);
    let concerns = |role: Role| match role {
        Role::Label => f.kind.as_deref() != Some("null_rate_jumped"),
        role => role.is_input() || matches!(role, Role::Score | Role::Prediction),
    };
    breaking && f.subject.columns.iter().any(|c| case.baseline.position(c).is_some_and(|j| concerns(case.spec(j).role)))
}

/// Whether a finding began about when the loss did, or before: within two windows.
pub(super) fn overlaps(f: &Finding, performance: &Performance) -> bool {
    match (f.onset.as_ref().and_then(|o| o.window), performance.affected.onset.window) {
        (Some(a), Some(b)) => a.abs_diff(b) <= 2 || a <= b,
        _ => true,
    }
}

/// The chance of each row to be one of the broken: with a share `s` broken, intact rows put `(1 - s) p` into a cell that
/// held `p` in the reference and holds `q` now; the rest of `q` is broken.
fn chances(case: &Case<'_>, f: &Finding, windows: &[usize], share: f64, rows: &[usize]) -> Vec<f64> {
    let mut out = vec![0.0f64; rows.len()];
    for column in f.subject.columns.iter().filter_map(|c| case.baseline.position(c)) {
        let (then, now) = (case.reference_counts(column), case.counts_in(column, windows));
        let total = |counts: &[u64]| counts.iter().sum::<u64>().max(1) as f64;
        let (all_then, all_now) = (total(&then), total(&now));
        let chance = |cell: usize| {
            let p = then.get(cell).copied().unwrap_or(0) as f64 / all_then;
            let q = now.get(cell).copied().unwrap_or(0) as f64 / all_now;
            if q > 0.0 { ((q - (1.0 - share) * p) / q).clamp(0.0, 1.0) } else { 0.0 }
        };
        let by_cell: Vec<f64> = (0..now.len()).map(chance).collect();
        let Some(sampled) = case.current.sample.columns.get(column) else {
            continue;
        };
        for (slot, row) in out.iter_mut().zip(rows) {
            let cell = sampled.codes.get(*row).map_or(0, |c| usize::from(*c));
            *slot = slot.max(by_cell.get(cell).copied().unwrap_or(0.0));
        }
    }
    out
}

/// What rows of these weights add to the mean loss beyond the others; `None` where either are too few to compare.
fn excess(weights: &[f64], losses: &[f64]) -> Option<Part> {
    let known = || weights.iter().zip(losses).filter(|(_, l)| l.is_finite());
    let moments = |weight: &dyn Fn(f64) -> f64| {
        let (n, sum, squares) = known().fold((0.0, 0.0, 0.0), |(n, s, q), (w, l)| {
            let w = weight(*w);
            (n + w, s + w * l, q + w * l * l)
        });
        let mean = sum / n;
        (n, mean, (squares / n - mean * mean).max(0.0))
    };
    let (n, mean, variance) = moments(&|w| w);
    let (rest, usual, variance_rest) = moments(&|w| 1.0 - w);
    if rest < LEAST_ROWS as f64 || n < 1.0 {
        return None;
    }
    let share = n / (n + rest);
    Some(Part { value: share * (mean - usual), se: share * (variance / n + variance_rest / rest).sqrt() })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn some_rows_carry_what_they_lose_beyond_the_others() {
        // A tenth is broken and always wrong, the others are wrong in one of four.
        let weights: Vec<f64> = (0..1_000).map(|i| f64::from(u8::from(i % 10 == 0))).collect();
        let losses: Vec<f64> = (0..1_000).map(|i| f64::from(u8::from(i % 10 == 0 || (i / 10) % 4 == 0))).collect();
        let part = excess(&weights, &losses).unwrap();
        assert!((part.value - 0.1 * 0.75).abs() < 1e-9 && part.se < 0.01, "{part:?}");
    }

    #[test]
    fn broken_rows_that_lose_no_more_carry_nothing() {
        let weights: Vec<f64> = (0..1_000).map(|i| f64::from(u8::from(i % 30 == 0))).collect();
        let losses = vec![0.5; 1_000];
        assert!(excess(&weights, &losses).unwrap().value.abs() < 1e-12);
        assert_eq!(excess(&[1.0; 100], &losses[..100]), None);
        assert_eq!(excess(&[], &[]), None);
    }
}
