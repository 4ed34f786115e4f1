//! Dates among the inputs: stand-ins for none, and dates that left where time could have carried them.
//!
//! Dates move on with time by themselves, so their distribution is not compared. What they cannot do is jump: beyond the
//! reference's range by more than its width and the time that went by.

use super::super::case::{Case, detail, evidence, finding};
use super::Claims;
use crate::catalogue::Mode;
use crate::diagnosis::{Detail, Number};
use crate::profile::schema::{ColumnSpec, Role};
use crate::profile::{ColumnKind, PeriodProfile};
use crate::statistic::tail;
use crate::text::{digits, percent, quoted};
use crate::time::{DAY, Timestamp};

/// Days since 1970 that systems write for "no date": 0001-01-01, 1899-12-30 and -31, 1900-01-01, 1970-01-01, 2099-12-31,
/// 2999-12-31 and 9999-12-31.
const STAND_INS: [i64; 8] = [-719_162, -25_569, -25_568, -25_567, 0, 47_481, 376_199, 2_932_896];

/// A share below this is not worth a word.
const LEAST: f64 = 0.003;

/// A value for people: a date where the column holds dates.
pub(super) fn shown(spec: &ColumnSpec, x: f64) -> String {
    if spec.kind != ColumnKind::Time {
        return digits(x);
    }
    let at = Timestamp(x as i64);
    if (x as i64).rem_euclid(DAY) == 0 { at.to_date_string() } else { at.to_string() }
}

pub(super) fn check(case: &Case<'_>, claims: &mut Claims) {
    for column in 0..case.baseline.columns.len() {
        let spec = case.spec(column);
        if claims.open(column) && spec.kind == ColumnKind::Time && spec.role.is_input() {
            stand_in(case, claims, column);
            if claims.open(column) {
                left(case, claims, column);
            }
        }
    }
}

/// Sampled values of a column with their windows, in order of rows.
fn sampled(period: &PeriodProfile, column: usize) -> Vec<(f64, usize)> {
    let Some(c) = period.sample.columns.get(column) else {
        return Vec::new();
    };
    let values = c.numbers.iter().zip(&period.sample.windows);
    values.filter(|(x, _)| x.is_finite()).map(|(x, w)| (*x, *w as usize)).collect()
}

/// Whether `k` of `n` rows are more than luck where the reference has `before` of `m`.
fn beyond_luck(case: &Case<'_>, k: usize, n: usize, before: usize, m: usize) -> bool {
    let rate = n as f64 / (n + m).max(1) as f64;
    let p = tail::binomial_sf(k.saturating_sub(1) as u64, (k + before) as u64, rate);
    k >= 5 && k as f64 >= LEAST * n as f64 && p < case.budget.schema_per_column
}

fn stand_in(case: &Case<'_>, claims: &mut Claims, column: usize) {
    let (then, now) = (sampled(&case.baseline.reference, column), sampled(case.current, column));
    let is = |x: f64, day: i64| (x / DAY as f64).floor() as i64 == day && (x as i64).rem_euclid(DAY) == 0;
    let count = |values: &[(f64, usize)], day: i64| values.iter().filter(|(x, _)| is(*x, day)).count();
    let Some((day, k)) = STAND_INS.iter().map(|d| (*d, count(&now, *d))).max_by_key(|(_, k)| *k) else {
        return;
    };
    let before = count(&then, day);
    let (rate, was) = (k as f64 / now.len().max(1) as f64, before as f64 / then.len().max(1) as f64);
    if !beyond_luck(case, k, now.len(), before, then.len()) || rate < 5.0 * was {
        return;
    }
    let first = now.iter().find(|(x, _)| is(*x, day)).map_or(0, |(_, w)| *w);
    let spec = case.spec(column);
    let date = Timestamp(day.saturating_mul(DAY)).to_date_string();
    let mut f = finding(
        Mode::SchemaChange,
        Some("sentinel_appeared"),
        &[spec.name.as_str()],
        format!(
            "{} now holds {date} in {} of the rows, {} in the reference: a stand-in for no value?",
            quoted(&spec.name),
            percent(rate),
            percent(was)
        ),
    );
    f.detail = detail([("value", date.into()), ("rate", rate.into()), ("rate_reference", was.into())]);
    f.onset = Some(case.onset_at(first, first.saturating_sub(1), first));
    f.share = Some(Number(rate));
    f.evidence = vec![evidence("sentinel_share", rate)];
    claims.claim(&[column], f);
}

fn left(case: &Case<'_>, claims: &mut Claims, column: usize) {
    let (then, now) = (sampled(&case.baseline.reference, column), sampled(case.current, column));
    let Some((low, high)) = range(&then) else {
        return;
    };
    // Dates may stay or follow the clock, and may reach as far again as they did.
    let elapsed = elapsed(case).unwrap_or(0.0);
    let width = (high - low).max(DAY as f64);
    let (least, most) = (low - width, high + width + elapsed);
    let outside: Vec<&(f64, usize)> = now.iter().filter(|(x, _)| *x < least || *x > most).collect();
    let before = then.iter().filter(|(x, _)| *x < least || *x > most).count();
    let share = outside.len() as f64 / now.len().max(1) as f64;
    let Some((first, (from, to))) = outside.first().map(|(_, w)| *w).zip(range(&now)) else {
        return;
    };
    if before > 0 || share < 0.005 || !beyond_luck(case, outside.len(), now.len(), before, then.len()) {
        return;
    }
    let spec = case.spec(column);
    let day = |x: f64| Timestamp(x as i64).to_date_string();
    let far = if outside.iter().any(|(x, _)| *x > most) { to } else { from };
    let mut f = finding(
        Mode::SchemaChange,
        Some("range_left"),
        &[spec.name.as_str()],
        format!(
            "{} left its range {} to {}: {} of the rows lie where time has not carried them, as far as {}",
            quoted(&spec.name),
            day(low),
            day(high),
            percent(share),
            day(far)
        ),
    );
    let pair = |a: f64, b: f64| Detail::List(vec![day(a).into(), day(b).into()]);
    f.detail = detail([("reference", pair(low, high)), ("current", pair(from, to)), ("share_outside", share.into())]);
    f.onset = Some(case.onset_at(first, first.saturating_sub(1), first));
    f.share = Some(Number(share));
    f.evidence = vec![evidence("share_outside", share)];
    claims.claim(&[column], f);
}

fn range(values: &[(f64, usize)]) -> Option<(f64, f64)> {
    let low = values.iter().map(|v| v.0).reduce(f64::min)?;
    Some((low, values.iter().map(|v| v.0).reduce(f64::max)?))
}

/// Microseconds from the beginning of the reference to the end of the current data.
fn elapsed(case: &Case<'_>) -> Option<f64> {
    let column = case.baseline.column_with(Role::Time)?;
    let span = |p: &PeriodProfile| {
        let moments = p.windows.iter().filter_map(|w| w.columns.get(column)).map(|c| c.moments).filter(|m| m.n > 0);
        moments.map(|m| (m.min, m.max)).reduce(|a, b| (a.0.min(b.0), a.1.max(b.1)))
    };
    Some((span(case.current)?.1 - span(&case.baseline.reference)?.0).max(0.0))
}
