//! How much comes, and whether it still comes: volume by window, gaps, and labels that stopped.

use super::super::case::{Case, detail, evidence, finding};
use super::Claims;
use crate::catalogue::Mode;
use crate::diagnosis::Number;
use crate::evidence::dispersion::Prior;
use crate::evidence::season::{Point, Season};
use crate::profile::schema::Role;
use crate::statistic::tail;
use crate::text::{digits, percent};

pub(super) fn check(case: &Case<'_>, claims: &mut Claims) {
    gap(case, claims);
    // A batch that came twice is told by its keys.
    if !claims.findings.iter().any(|f| f.kind.as_deref() == Some("key_not_unique")) || !more(case) {
        volume(case, claims);
    }
    freshness(case, claims);
    labels(case, claims);
}

/// Data that end long before they should: longer than any pause of the reference, and than two windows.
fn freshness(case: &Case<'_>, claims: &mut Claims) {
    let (Some(as_of), Some(column)) = (case.as_of, case.baseline.column_with(Role::Time)) else {
        return;
    };
    let last_of = |w: &crate::profile::WindowProfile| {
        w.columns.get(column).map(|c| c.moments).filter(|m| m.n > 0).map(|m| (m.min, m.max))
    };
    let spans: Vec<(f64, f64)> = case.baseline.reference.windows.iter().filter_map(last_of).collect();
    let Some(last) = case.current.windows.iter().filter_map(last_of).map(|(_, b)| b).reduce(f64::max) else {
        return;
    };
    let pause = spans.windows(2).map(|w| w[1].0 - w[0].1).fold(0.0, f64::max);
    let window = spans.iter().map(|(a, b)| b - a).fold(0.0, f64::max);
    let lag = as_of as f64 - last;
    if lag <= (2.0 * window).max(3.0 * pause) || window <= 0.0 {
        return;
    }
    let days = lag / crate::time::DAY as f64;
    let name = &case.spec(column).name;
    let mut f = finding(
        Mode::SchemaChange,
        Some("freshness_broken"),
        &[name.as_str()],
        format!(
            "the newest row is {} days old; the reference never paused for more than {}",
            digits(days),
            digits(pause / crate::time::DAY as f64)
        ),
    );
    f.detail = detail([("lag_days", days.into()), ("pause_days_reference", (pause / crate::time::DAY as f64).into())]);
    f.onset = Some(crate::diagnosis::Onset { at: Some(crate::time::Timestamp(last as i64)), ..Default::default() });
    f.evidence = vec![evidence("lag_days", days)];
    claims.findings.push(f);
}

/// Windows without a row where the reference's rates leave next to no chance for them.
///
/// Counts vary by more than Poisson's law: with mean `m` and variance `v` the negative binomial gives an empty window the
/// chance `(m / v)^(m² / (v - m))`, which goes to `exp(-m)` where `v` is `m`.
fn gap(case: &Case<'_>, claims: &mut Claims) {
    let timed = |w: &&crate::profile::WindowProfile| w.start.is_some();
    let reference: Vec<u64> = case.baseline.reference.windows.iter().filter(timed).map(|w| w.rows).collect();
    let current: Vec<u64> = case.current.windows.iter().filter(timed).map(|w| w.rows).collect();
    // The first and the last window of a period are seldom whole.
    let inner = if reference.len() >= 6 { 1..reference.len() - 1 } else { 0..reference.len() };
    let Some(reference) = reference.get(inner).filter(|r| r.len() >= 2 && current.len() >= 3) else {
        return;
    };
    if reference.contains(&0) {
        return;
    }
    let Some(gap) = (1..current.len() - 1).find(|w| current[*w] == 0) else {
        return;
    };
    let length = current[gap..].iter().take_while(|n| **n == 0).count();
    let n = reference.len() as f64;
    let mean = reference.iter().sum::<u64>() as f64 / n;
    // A few windows say little about how counts spread: three more as uneven as twice Poisson's are lent to them.
    let squares: f64 = reference.iter().map(|x| (*x as f64 - mean).powi(2)).sum();
    let spread = ((squares / mean + 3.0 * 2.0) / (n - 1.0 + 3.0)).max(1.0 + 1e-6);
    let empty = (-spread.ln() * mean / (spread - 1.0)).exp();
    let p = (empty.powf(length as f64) * current.len() as f64).min(1.0);
    // A pause of a weekend is no news to whoever has not seen a week.
    let seen = reference.len() >= 7 || length >= 3;
    if !seen || p > case.budget.schema_per_column * case.baseline.columns.len() as f64 / 4.0 {
        return;
    }
    let mut f = finding(
        Mode::FeedStalled,
        Some("predictions_stopped"),
        &[],
        format!(
            "no predictions at all for {length} window{}, which the reference never had",
            if length == 1 { "" } else { "s" }
        ),
    );
    f.onset = Some(case.onset_at(gap, gap, gap));
    f.detail = detail([("windows", (length as f64).into())]);
    let mut e = evidence("empty_windows", length as f64);
    e.p_value = Some(Number(p));
    f.evidence = vec![e];
    claims.findings.push(f);
}

/// Whether a usual window now has more rows than before.
fn more(case: &Case<'_>) -> bool {
    let typical = |p: &crate::profile::PeriodProfile| {
        let rows: Vec<u64> = p.windows.iter().map(|w| w.rows).filter(|n| *n > 0).collect();
        rows.iter().sum::<u64>() as f64 / rows.len().max(1) as f64
    };
    typical(case.current) > typical(&case.baseline.reference)
}

fn volume(case: &Case<'_>, claims: &mut Claims) {
    let timed = |w: &&crate::profile::WindowProfile| w.start.is_some();
    let reference: Vec<u64> = case.baseline.reference.windows.iter().filter(timed).map(|w| w.rows).collect();
    let current: Vec<u64> = case.current.windows.iter().filter(timed).map(|w| w.rows).collect();
    // The first and the last window of a period are seldom whole.
    if reference.len() < 6 || current.len() < 3 {
        return;
    }
    let reference = &reference[1..reference.len() - 1];
    // Sundays are compared with Sundays, nights with nights.
    let places = case.baseline.reference.windows.iter().filter(timed).skip(1).map(|w| w.slot);
    let counted = reference.iter().zip(places).filter(|(n, _)| **n > 0);
    let points: Vec<Point> = counted.map(|(n, slot)| Point { slot, mean: (*n as f64).ln(), variance: 1.0 }).collect();
    let season = Season::fit(&points);
    let logs: Vec<f64> = points.iter().map(|p| p.mean - season.offset(p.slot)).collect();
    if logs.len() < 4 {
        return;
    }
    let mean = logs.iter().sum::<f64>() / logs.len() as f64;
    let freedom = (logs.len() as f64 - 1.0 - season.lost).max(1.0);
    let spread = logs.iter().map(|x| (x - mean).powi(2)).sum::<f64>() / freedom;
    let variance = spread.max(0.0025) * (1.0 + 1.0 / logs.len() as f64);
    let inner = 1..current.len() - 1;
    let deviations: Vec<f64> = current
        .iter()
        .enumerate()
        .zip(case.current.windows.iter().filter(timed).map(|w| season.offset(w.slot)))
        .map(|((i, n), usual)| if inner.contains(&i) && *n > 0 { (*n as f64).ln() - usual - mean } else { f64::NAN })
        .collect();
    let variances = vec![variance; deviations.len()];
    let affected = case.affected(&deviations, &variances, 0.5);
    let shifted: Vec<f64> =
        affected.windows.iter().filter_map(|w| deviations.get(*w)).copied().filter(|d| d.is_finite()).collect();
    if shifted.is_empty()
        || affected.windows.len() == deviations.len() && shifted.len() < deviations.len().saturating_sub(2)
    {
        return;
    }
    let level = shifted.iter().sum::<f64>() / shifted.len() as f64;
    // A growing product grows: the wobble between windows is not averaged away.
    let p =
        tail::student_two_sided(level / variance.sqrt(), freedom.min(Prior { typical: 1.0, freedom: 30.0 }.freedom));
    let ratio = level.exp();
    let (least, most) = logs.iter().fold((f64::INFINITY, f64::NEG_INFINITY), |(a, b), x| (a.min(*x), b.max(*x)));
    if mean + level > least - 0.2 && mean + level < most + 0.2 {
        return;
    }
    if p > case.budget.schema_per_column * case.baseline.columns.len() as f64 / 4.0 || (0.6..=1.8).contains(&ratio) {
        return;
    }
    let what =
        if ratio < 1.0 { format!("fell to {} of", percent(ratio)) } else { format!("rose to {} times", digits(ratio)) };
    let mut f = finding(
        Mode::SchemaChange,
        Some("volume_changed"),
        &[],
        format!("the number of predictions per window {what} the reference's"),
    );
    f.detail = detail([("ratio", ratio.into())]);
    f.share = Some(Number(case.share_of(&affected.windows)));
    f.onset = Some(affected.onset);
    let mut e = evidence("log_volume", level);
    e.p_value = Some(Number(p));
    f.evidence = vec![e];
    claims.findings.push(f);
}

fn labels(case: &Case<'_>, claims: &mut Claims) {
    let windows = &case.current.windows;
    let share = |w: &crate::profile::WindowProfile| w.labels as f64 / w.rows.max(1) as f64;
    let reference_rows: u64 = case.baseline.reference.windows.iter().map(|w| w.rows).sum();
    let reference: u64 = case.baseline.reference.windows.iter().map(|w| w.labels).sum();
    if (reference as f64) < 0.5 * reference_rows as f64 || windows.len() < 3 {
        return;
    }
    let silent = windows.iter().rev().take_while(|w| share(w) < 0.01).count();
    // None at all is not a feed that stopped but one that was not given; one window is an ordinary delay.
    if silent < 2 || silent == windows.len() {
        return;
    }
    let from = windows.len() - silent;
    let list: Vec<usize> = (from..windows.len()).collect();
    let mut f = finding(
        Mode::FeedStalled,
        Some("labels_stopped"),
        &[],
        format!("no labels for the last {silent} windows ({} of the rows)", percent(case.share_of(&list))),
    );
    f.onset = Some(case.onset_at(from, from, from));
    f.share = Some(Number(case.share_of(&list)));
    f.detail = detail([("windows", (silent as f64).into())]);
    f.evidence = vec![evidence("unlabelled_windows", silent as f64)];
    claims.findings.push(f);
}
