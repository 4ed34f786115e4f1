//! How much comes, and whether it still comes: volume by window, gaps, and labels that stopped.

use super::super::case::{Case, detail, evidence, finding};
use super::Claims;
use crate::catalogue::Mode;
use crate::diagnosis::Number;
use crate::evidence::dispersion::Prior;
use crate::profile::schema::Role;
use crate::statistic::tail;
use crate::text::{digits, percent};

pub(super) fn check(case: &Case<'_>, claims: &mut Claims) {
    volume(case, claims);
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

fn volume(case: &Case<'_>, claims: &mut Claims) {
    let timed = |w: &&crate::profile::WindowProfile| w.start.is_some();
    let reference: Vec<u64> = case.baseline.reference.windows.iter().filter(timed).map(|w| w.rows).collect();
    let current: Vec<u64> = case.current.windows.iter().filter(timed).map(|w| w.rows).collect();
    // The first and the last window of a period are seldom whole.
    if reference.len() < 6 || current.len() < 3 {
        return;
    }
    let reference = &reference[1..reference.len() - 1];
    let logs: Vec<f64> = reference.iter().filter(|n| **n > 0).map(|n| (*n as f64).ln()).collect();
    if logs.len() < 4 {
        return;
    }
    let mean = logs.iter().sum::<f64>() / logs.len() as f64;
    let spread = logs.iter().map(|x| (x - mean).powi(2)).sum::<f64>() / (logs.len() - 1) as f64;
    let (variance, freedom) = (spread.max(0.0025) * (1.0 + 1.0 / logs.len() as f64), logs.len() as f64 - 1.0);
    let gaps_then = reference.iter().filter(|n| **n == 0).count();
    let inner = 1..current.len() - 1;
    if gaps_then == 0
        && let Some(gap) = inner.clone().find(|w| current[*w] == 0)
    {
        let length = current[gap..].iter().take_while(|n| **n == 0).count();
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
        f.evidence = vec![evidence("empty_windows", length as f64)];
        claims.findings.push(f);
    }
    let deviations: Vec<f64> = current
        .iter()
        .enumerate()
        .map(|(i, n)| if inner.contains(&i) && *n > 0 { (*n as f64).ln() - mean } else { f64::NAN })
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
