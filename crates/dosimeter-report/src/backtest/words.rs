//! What a replay says, worked out once for all outputs.

use dosimeter_core::diagnosis::{Basis, Interval, Number};
use dosimeter_core::replay::{Alarm, Backtest, First, Health, Replayed, Told};
use dosimeter_core::time::Timestamp;

use crate::date::{self, Zone};
use crate::number::{self, counted};

pub(super) fn zone(b: &Backtest) -> Zone {
    Zone::of_window(&b.policy.window)
}

/// A date, or the rows that had come.
pub(super) fn when(at: Option<Timestamp>, rows: u64, zone: &Zone) -> String {
    at.map_or_else(|| format!("after {} rows", number::count(rows)), |at| date::day(at, zone))
}

/// Two digits that mean something: rates are seldom known better.
fn rate(x: f64) -> String {
    match x {
        x if x >= 10.0 || x.fract() == 0.0 => number::fixed(x, 0),
        x if x >= 0.995 => number::fixed(x, 1),
        x => number::fixed(x, 2),
    }
}

fn of(n: Number) -> Option<f64> {
    Some(n.0).filter(|x| x.is_finite())
}

/// `75 looks, one after every window of 1w, at all since the reference`.
pub(super) fn looks(b: &Backtest) -> String {
    let n = b.replay.looks.len();
    let every = match b.policy.every.as_str() {
        "1 window" => format!("one after every window of {}", b.policy.window),
        every => format!("one every {every} in windows of {}", b.policy.window),
    };
    let sees = match b.policy.sees.as_str() {
        "everything" => "at all since the reference".to_owned(),
        sees => format!("at the last {sees}"),
    };
    format!("{}, {every}, {sees}", counted(n, "look"))
}

/// From when to when.
pub(super) fn spanned(b: &Backtest) -> Option<String> {
    let zone = zone(b);
    let (first, last) = (b.replay.looks.first()?.at?, b.replay.looks.last()?.at?);
    Some(format!("{} to {}", date::day(first, &zone), date::day(last, &zone)))
}

/// `3 in 518 days: 0.04 a week, 0.5 per 90 days (95 % interval 0.1 to 1.5)`.
pub(super) fn alarms(r: &Replayed) -> String {
    let n = number::count(r.alarms.len() as u64);
    let rates = || {
        let (days, week, ninety) = (of(r.days?)?, of(r.per_week?)?, of(r.per_90_days?)?);
        let [low, high]: Interval = r.per_90_days_interval?;
        Some(format!(
            "{n} in {} days: {} a week, {} per 90 days (95 % interval {} to {})",
            number::fixed(days, 0),
            rate(week),
            rate(ninety),
            rate(low.0),
            rate(high.0)
        ))
    };
    rates().unwrap_or_else(|| format!("{n} at {}", counted(r.looks.len(), "look")))
}

/// What is tolerated of false ones.
pub(super) fn budget(b: &Backtest) -> String {
    let (r, p) = (&b.replay, &b.policy);
    match r.days {
        Some(_) => format!(
            "{} per 90 days, which is {} in this time; the looks could spend {} of it",
            rate(p.false_alarms_per_90_days.0),
            rate(r.tolerated.0),
            rate(r.spent.0)
        ),
        None => format!("{} in all, {} at a look", rate(r.spent.0), rate(r.spent.0 / r.looks.len().max(1) as f64)),
    }
}

pub(super) fn blind(r: &Replayed) -> String {
    let n = (r.blind.0 * r.looks.len() as f64).round() as usize;
    match n {
        0 => "no look".to_owned(),
        n => format!(
            "{} of {} ({})",
            number::count(n as u64),
            counted(r.looks.len(), "look"),
            number::percent(r.blind.0)
        ),
    }
}

fn days(n: f64) -> String {
    match n.round() {
        1.0 => "1 day".to_owned(),
        n => format!("{} days", number::fixed(n, 0)),
    }
}

/// `15 Aug 2016, 35 days after the onset of 11 Jul 2016, by labels`.
pub(super) fn first(f: &First, zone: &Zone) -> String {
    let mut text = when(f.at, f.rows, zone);
    match (f.delay_days.and_then(of), f.onset, f.delay_windows) {
        (Some(d), Some(onset), _) if d >= 0.0 => {
            text.push_str(&format!(", {} after the onset of {}", days(d), date::day(onset, zone)));
        }
        (Some(d), Some(onset), _) => {
            let onset = date::day(onset, zone);
            text.push_str(&format!(", {} before {onset}, where the last look dates the onset", days(-d)));
        }
        (.., Some(w)) if w >= 0 => text.push_str(&format!(", {} from the onset on", counted(w as usize, "window"))),
        _ => {}
    }
    let known = match f.basis {
        Basis::Labels => ", with labels",
        Basis::Estimate => ", by the estimate without labels",
        Basis::Mixed => ", with some labels and an estimate",
        Basis::None => "",
    };
    text + known
}

/// Realised over budgeted.
pub(super) fn health(h: &Health) -> String {
    let [low, high] = h.interval;
    let verdict = match h.exceeded {
        true => "surely more than the policy tolerates",
        false if h.ratio.0 <= 1.0 => "within the budget",
        false => "more than tolerated, as chance alone could have it",
    };
    format!(
        "{} over {} tolerated: {} (95 % interval {} to {}), {verdict}",
        counted(h.alarms, "false alarm"),
        rate(h.tolerated.0),
        rate(h.ratio.0),
        rate(low.0),
        rate(high.0)
    )
}

/// What late labels change.
pub(super) fn delay(b: &Backtest) -> Option<[String; 2]> {
    let late = b.delayed.as_ref()?;
    let zone = zone(b);
    let shown = |r: &Replayed| match &r.first {
        Some(f) => format!("{}; first alarm {}", counted(r.alarms.len(), "alarm"), first(f, &zone)),
        None => "no alarm".to_owned(),
    };
    let later = match late.later_days.and_then(of) {
        Some(d) if d > 0.0 => format!(": {} later", days(d)),
        Some(d) if d < 0.0 => format!(": {} earlier", days(-d)),
        Some(_) => ": at the same look".to_owned(),
        None => String::new(),
    };
    let delay = b.policy.label_delay.clone().unwrap_or_default();
    Some([
        format!("labels at once: {}", shown(&b.replay)),
        format!("labels after {delay}: {}{later}", shown(&late.replay)),
    ])
}

/// What became of a finding.
pub(super) fn fate(t: &Told, last: usize, zone: &Zone) -> String {
    match (t.resolved_look, t.resolved) {
        (None, _) => "still there at the end".to_owned(),
        (Some(_), Some(at)) => format!("gone by {}", date::day(at, zone)),
        (Some(look), None) => format!("gone by look {} of {}", look + 1, last),
    }
}

/// The other things that were new at the same look.
pub(super) fn more(a: &Alarm) -> Option<String> {
    (a.findings.len() > 1).then(|| format!("and {}", counted(a.findings.len() - 1, "more finding")))
}

pub(super) fn policy_rate(x: f64) -> String {
    format!("{} per 90d", rate(x))
}
