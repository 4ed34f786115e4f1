//! When within the current data: was a change sudden, and where did a column that was on its way change once more?

use super::super::case::{Affected, Case};
use crate::evidence::component::Kind;
use crate::evidence::onset::stretches;
use crate::evidence::shift::Series;

/// A sudden change inside the current data.
pub(super) struct Break {
    /// The windows just before it, at one level.
    pub(super) before: Vec<usize>,
    /// What came after it.
    pub(super) affected: Affected,
}

/// The strongest change of level inside the current data, away from its beginning: where a column had drifted before, the
/// reference is no measure of what a fault did to it.
pub(super) fn last_break(case: &Case<'_>, column: usize) -> Option<Break> {
    if !case.baseline.ordered {
        return None;
    }
    let shift = case.shift(column)?;
    let windows = case.current.windows.len();
    let mut best: Option<(f64, usize, usize)> = None;
    for series in shift.values.iter().chain(&shift.specials) {
        let (deviations, variances) = (series.deviations(), &series.variances);
        let list = stretches(&deviations, variances);
        for pair in list.windows(2) {
            let (a, b) = (&pair[0], &pair[1]);
            let jump = (b.level - a.level).abs();
            let least = if matches!(series.component.kind, Kind::Rank(_)) { 0.2 } else { 0.02 };
            let variance: f64 = variances.get(b.from..b.to).map_or(0.0, |v| v.iter().copied().fold(0.0, f64::max));
            let size = jump / variance.max(1e-12).sqrt();
            if jump >= least && size.is_finite() && best.is_none_or(|x| size > x.0) {
                best = Some((size, a.from, b.from));
            }
        }
    }
    let (_, before, from) = best?;
    let onset = case.onset_at(from, from.saturating_sub(1), from);
    Some(Break { before: (before..from).collect(), affected: Affected::plain((from..windows).collect(), onset, true) })
}

/// Whether a series went to its new level at once and stayed: as the reference just before, as the whole from the first
/// window on.
pub(super) fn abrupt(case: &Case<'_>, column: usize, series: &Series, affected: &Affected) -> bool {
    if !case.baseline.ordered {
        return true;
    }
    let inner = affected.inner();
    let counts_mean = |counts: Vec<u64>| series.component.mean(&counts);
    let (level, rows) = counts_mean(case.counts_in(column, &inner));
    let third = inner.len().div_ceil(3);
    if rows <= 0.0 || inner.is_empty() {
        return false;
    }
    let (early, late) = (inner.get(..third).unwrap_or(&[]), inner.get(inner.len() - third..).unwrap_or(&[]));
    let from = affected.windows.first().copied().unwrap_or(0);
    let before: Vec<usize> = (from.saturating_sub(third.max(2))..from).collect();
    let last = if before.is_empty() {
        let windows = case.baseline.reference.windows.len();
        let third = windows.div_ceil(3);
        counts_mean(case.baseline.reference.counts(column, windows - third..windows))
    } else {
        counts_mean(case.counts_in(column, &before))
    };
    let moved = (level - series.component.reference_mean).abs();
    let near = |mean: (f64, f64), target: f64| {
        let luck = 3.0 * (series.component.variance / mean.1.max(1.0)).sqrt();
        (mean.0 - target).abs() <= 0.25 * moved + luck
    };
    near(counts_mean(case.counts_in(column, early)), level)
        && near(counts_mean(case.counts_in(column, late)), level)
        && near(last, series.component.reference_mean)
}

/// Whether about as many rows lie outside the reference's range in the first as in the last of some windows.
pub(super) fn steady_outside(case: &Case<'_>, column: usize, windows: &[usize]) -> bool {
    let k = case.spec(column).grid.value_cells();
    let share = |part: &[usize]| {
        let counts = case.counts_in(column, part);
        let all: u64 = counts.iter().take(k).sum();
        let out = counts.first().copied().unwrap_or(0) + counts.get(k.saturating_sub(1)).copied().unwrap_or(0);
        (out as f64 / all.max(1) as f64, out as f64)
    };
    let third = windows.len().div_ceil(3);
    let (Some(early), Some(late)) = (windows.get(..third), windows.get(windows.len() - third..)) else {
        return false;
    };
    let ((a, x), (b, y)) = (share(early), share(late));
    // Twice as many, or what luck does to counts.
    let luck = 3.0 * (a.max(b) / x.max(y).max(1.0)).max(0.0) * x.max(y).sqrt();
    a.max(b) <= 2.0 * a.min(b) + luck
}
