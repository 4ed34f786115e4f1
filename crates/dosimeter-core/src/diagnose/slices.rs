//! Slices that nobody asked to watch: did the loss rise in one of them, though the whole kept?
//!
//! A concept that moved for a tenth of the rows may stay within the tolerance of the whole. The search for slices looks for it
//! in the whole current period and in its last half, at a small share of the metric's alarm budget. A slice is named
//! where half of the rows, which had no part in choosing it, show that it lost more than is tolerated and more than its own
//! rate wobbles between the reference's windows.

use super::case::{Affected, Case, detail, evidence, finding};
use super::causes::{Place, place};
use super::learner::{matrix, rows_for, rows_in};
use super::performance::{Performance, affected_for_worse, impact};
use super::schema::Claims;
use super::weigh::in_words;
use crate::catalogue::Mode;
use crate::decompose::{Part, Sample, Slice, held_out, worst_slices};
use crate::diagnosis::{Basis, Finding, Number, Onset, Severity};
use crate::evidence::metric_wobble::Wobble;
use crate::learn::Matrix;
use crate::metric::{Estimate, RowLoss, Scale};
use crate::profile::{ColumnKind, PeriodProfile, Role};
use crate::statistic::tail;
use crate::text::{digits, percent};

/// The part of the metric's alarm budget that the search may spend.
const SHARE_OF_BUDGET: f64 = 0.1;
/// Slices that are named.
const MOST: usize = 2;
/// Labelled rows that a slice needs in the half that tests it, in both periods.
const LEAST_ROWS: u64 = 50;
/// Windows from which on the last half is looked at by itself.
const LEAST_WINDOWS: usize = 4;

/// Sampled rows of one period.
struct Period<'a> {
    profile: &'a PeriodProfile,
    rows: Vec<usize>,
    inputs: Matrix,
    loss: Vec<f64>,
    held: Vec<bool>,
}

impl<'a> Period<'a> {
    fn new(
        case: &Case<'_>,
        profile: &'a PeriodProfile,
        windows: Option<&[usize]>,
        columns: &[usize],
        current: bool,
    ) -> Option<Self> {
        let rows = rows_in(profile, windows, rows_for(columns.len()));
        let (inputs, loss) = matrix(case, profile, columns, &rows)?;
        let held = held_out(case.baseline.watch.seed, current, rows.len());
        Some(Period { profile, rows, inputs, loss, held })
    }

    fn sample(&self) -> Sample<'_> {
        Sample { inputs: &self.inputs, loss: &self.loss }
    }

    /// The mean loss of a slice by window, on all sampled rows or on those held out.
    fn by_window(&self, slice: &Slice, held_only: bool) -> Vec<Option<Estimate>> {
        let mut losses: Vec<Vec<f64>> = vec![Vec::new(); self.profile.windows.len()];
        for (at, row) in self.rows.iter().enumerate() {
            let held = !held_only || self.held.get(at) == Some(&true);
            let loss = self.loss.get(at).copied().unwrap_or(f64::NAN);
            let window = self.profile.sample.windows.get(*row).map_or(usize::MAX, |w| *w as usize);
            if held
                && loss.is_finite()
                && slice.holds(&self.inputs, at)
                && let Some(list) = losses.get_mut(window)
            {
                list.push(loss);
            }
        }
        losses.iter().map(|list| estimate(list)).collect()
    }

    /// The mean loss of a slice on the rows held out.
    fn whole(&self, slice: &Slice) -> Option<Estimate> {
        let own = |at: &usize| self.held.get(*at) == Some(&true) && slice.holds(&self.inputs, *at);
        let losses: Vec<f64> = (0..self.loss.len())
            .filter(own)
            .filter_map(|at| self.loss.get(at).copied())
            .filter(|l| l.is_finite())
            .collect();
        estimate(&losses)
    }
}

fn estimate(losses: &[f64]) -> Option<Estimate> {
    let n = losses.len() as f64;
    if losses.is_empty() {
        return None;
    }
    let mean = losses.iter().sum::<f64>() / n;
    // Half a row of each kind: rows without an error are not certain.
    let spread = (losses.iter().map(|l| (l - mean).powi(2)).sum::<f64>() / n).max(0.25 / n);
    Some(Estimate { value: mean, se: (spread / n).sqrt(), n: losses.len() as u64, scale: Scale::Real })
}

/// The slices that lost more than is tolerated, where the whole did not.
pub(crate) fn find(case: &Case<'_>, performance: &Performance, claims: &Claims) -> Vec<Finding> {
    if performance.is_harmful()
        || !matches!(performance.basis, Basis::Labels | Basis::Mixed)
        || !RowLoss::is_metric(performance.metric)
    {
        return Vec::new();
    }
    // A broken format has its own finding.
    let columns: Vec<usize> = (0..case.baseline.columns.len())
        .filter(|j| case.spec(*j).role.is_input() && case.spec(*j).kind != ColumnKind::Text)
        .filter(|j| case.baseline.part_of(*j).is_none())
        .filter(|j| !claims.explained.contains(j))
        .collect();
    let count = case.current.windows.len();
    let recent: Vec<usize> = (count / 2..count).collect();
    let parts: Vec<Option<&[usize]>> =
        if case.baseline.ordered && count >= LEAST_WINDOWS { vec![None, Some(&recent)] } else { vec![None] };
    let level = case.budget.performance * SHARE_OF_BUDGET / parts.len() as f64;
    for windows in parts {
        let found = in_windows(case, performance, &columns, windows, level);
        if !found.is_empty() {
            return found;
        }
    }
    Vec::new()
}

fn in_windows(
    case: &Case<'_>,
    performance: &Performance,
    columns: &[usize],
    windows: Option<&[usize]>,
    level: f64,
) -> Vec<Finding> {
    let then = Period::new(case, &case.baseline.reference, None, columns, false);
    let now = Period::new(case, case.current, windows, columns, true);
    let (Some(then), Some(now)) = (then, now) else {
        return Vec::new();
    };
    let slices = worst_slices(then.sample(), now.sample(), level, case.baseline.watch.seed);
    let alpha = level / slices.len().max(1) as f64;
    let tested = |s: Slice| {
        let place = place(case, columns, &s);
        // Whoever watches a segment has its own test.
        let watched = columns_of(&s, columns).all(|j| case.spec(j).role == Role::Segment) && place.len() == 1;
        let (a, b) = (then.whole(&s)?, now.whole(&s)?);
        if watched || a.n < LEAST_ROWS || b.n < LEAST_ROWS || b.value - a.value <= performance.tolerance {
            return None;
        }
        let wobble = Wobble::of(&then.by_window(&s, false), &case.baseline.reference.windows);
        let sampling = a.se.powi(2) + b.se.powi(2);
        let count = windows.map_or(case.current.windows.len(), <[usize]>::len);
        let error = (sampling * performance.dispersion).sqrt().max((sampling + wobble.over(count)).sqrt());
        let rise = b.value - a.value;
        // What the whole metric wobbles beyond its sampling error, its slices do too.
        let p = wobble.p_worse(rise, sampling, count).max(tail::normal_two_sided(rise / error) / 2.0);
        if p >= alpha {
            return None;
        }
        let by_window = now.by_window(&s, false);
        let onset = since(case, performance, &by_window, a, &wobble);
        Some(named(case, performance, &place, (a, b), Part { value: rise, se: error }, p, s.share, onset))
    };
    slices.into_iter().filter_map(tested).take(MOST).collect()
}

fn columns_of<'a>(slice: &'a Slice, columns: &'a [usize]) -> impl Iterator<Item = usize> + 'a {
    slice.conditions.iter().filter_map(|c| columns.get(c.column).copied())
}

/// Since when the slice is worse, where a change point stands out.
fn since(
    case: &Case<'_>,
    performance: &Performance,
    now: &[Option<Estimate>],
    then: Estimate,
    wobble: &Wobble,
) -> Option<Onset> {
    if !case.baseline.ordered {
        return None;
    }
    let deviations: Vec<f64> = now.iter().map(|e| e.map_or(f64::NAN, |e| e.value - then.value)).collect();
    let variance = |e: &Option<Estimate>| e.map_or(f64::INFINITY, |e| e.se.powi(2) + then.se.powi(2) + wobble.over(1));
    let variances: Vec<f64> = now.iter().map(variance).collect();
    let Affected { onset, sharp, .. } = affected_for_worse(case, &deviations, &variances, performance.tolerance);
    sharp.then_some(onset)
}

#[allow(clippy::too_many_arguments, reason = "each is one number of the finding")]
fn named(
    case: &Case<'_>,
    performance: &Performance,
    place: &Place,
    (then, now): (Estimate, Estimate),
    rise: Part,
    p: f64,
    share: f64,
    onset: Option<Onset>,
) -> Finding {
    // A row's loss is 1 where accuracy counts 0.
    let metric = |loss: f64| if performance.metric.higher_is_better() { 1.0 - loss } else { loss };
    let columns: Vec<&str> = place.iter().map(|(column, _)| column.as_str()).collect();
    let mut f = finding(
        Mode::PerformanceLoss,
        Some("slice_fell"),
        &columns,
        format!(
            "{} {} → {} where {} ({} of the rows), though the whole kept",
            performance.metric.id(),
            digits(metric(then.value)),
            digits(metric(now.value)),
            in_words(place),
            percent(share)
        ),
    );
    let [low, high] = rise.interval();
    // A place that a search came upon is worth an alarm where it surely costs the whole half of what is tolerated.
    f.severity = if share * low > 0.5 * performance.tolerance { Severity::Harmful } else { Severity::Watch };
    f.subject.segment = Some(place.iter().cloned().collect());
    let from = onset.as_ref().and_then(|o| o.window).unwrap_or(0);
    let windows: Vec<usize> = (from..case.current.windows.len()).collect();
    f.share = Some(Number(share * case.share_of(&windows)));
    f.onset = onset;
    f.impact = Some(impact(performance, rise.value * share, [low * share, high * share]));
    f.detail = detail([("reference", metric(then.value).into()), ("current", metric(now.value).into())]);
    let mut e = evidence(performance.metric.id(), metric(now.value));
    e.p_value = Some(Number(p));
    e.effect = Some(Number(rise.value));
    e.threshold = Some(Number(performance.tolerance));
    f.evidence = vec![e];
    f.next_step =
        format!("Find out what is new where {}; until then do not act on the model's answers there.", in_words(place));
    f
}
