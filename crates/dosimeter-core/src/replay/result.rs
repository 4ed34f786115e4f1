//! The result of a replay, which is its JSON: `dosimeter.backtest/1`.
//!
//! An *alarm* is a look at which at least one episode rang: the one message that whoever is on call would have got then.
//! A *notice* is a look at which none rang but something new was to be watched.

use serde::Serialize;

use super::identity::Identity;
use super::ledger::{Episode, EventKind, Ledger, Stamp};
use super::looks::Look;
use super::rate::poisson_interval;
use super::seen::{Seen, tolerated};
use crate::catalogue::Mode;
use crate::diagnosis::{Basis, Finding, Interval, Number, Severity, Verdict};
use crate::time::{DAY, Timestamp};

/// The name and version of the result format.
pub const FORMAT: &str = "dosimeter.backtest/1";

/// The whole result.
#[derive(Clone, Debug, Serialize)]
pub struct Backtest {
    /// [`FORMAT`].
    pub format: &'static str,
    /// The program's version.
    pub version: &'static str,
    /// The monitor's name.
    pub monitor: String,
    /// What was replayed.
    pub policy: Policy,
    /// With every label known at once, as far as the data have them.
    pub replay: Replayed,
    /// With labels that come late, where a delay was given.
    pub delayed: Option<Delayed>,
    /// Other policies on the same history.
    pub alternatives: Vec<Alternative>,
    /// Alarms against the budget, where the history is said to be healthy.
    pub health: Option<Health>,
    /// Rows of the reference.
    pub reference_rows: u64,
    /// The files of the replayed history.
    pub files: Vec<String>,
    /// What the reader should know.
    pub warnings: Vec<String>,
}

/// The policy that was replayed.
#[derive(Clone, Debug, Serialize)]
pub struct Policy {
    /// The watched metric.
    pub metric: Option<String>,
    /// The loss of it that is tolerated.
    pub tolerance: Option<Number>,
    /// Tolerated false alarms per 90 days.
    pub false_alarms_per_90_days: Number,
    /// The length of a window.
    pub window: String,
    /// Between two looks, as it was asked for.
    pub every: String,
    /// What a look sees: `everything`, or the length of the trailing period.
    pub sees: String,
    /// How late labels are taken to come.
    pub label_delay: Option<String>,
    /// Looks without a finding after which it is over.
    pub hysteresis: usize,
}

/// One replay.
#[derive(Clone, Debug, Serialize)]
pub struct Replayed {
    /// Every look in order.
    pub looks: Vec<LookLine>,
    /// The looks that rang.
    pub alarms: Vec<Alarm>,
    /// The looks that only had something new to be watched.
    pub notices: Vec<Alarm>,
    /// Days from the first window's start to the last look, where there are times.
    pub days: Option<Number>,
    /// Alarms per week, and its exact 95 % interval.
    pub per_week: Option<Number>,
    /// Garwood's interval.
    pub per_week_interval: Option<Interval>,
    /// Alarms per 90 days.
    pub per_90_days: Option<Number>,
    /// Garwood's interval.
    pub per_90_days_interval: Option<Interval>,
    /// False alarms that the policy tolerates over the replayed time; without times, what the looks may spend.
    pub tolerated: Number,
    /// What the looks were allowed together: less where looks are so far apart that one may not spend its whole share.
    pub spent: Number,
    /// The part of the looks that were blind.
    pub blind: Number,
    /// The first alarm.
    pub first: Option<First>,
}

/// One look in a line.
#[derive(Clone, Debug, Serialize)]
pub struct LookLine {
    /// Counted from 0.
    pub look: usize,
    /// Up to when it saw.
    pub at: Option<Timestamp>,
    /// Rows that had come since the reference.
    pub rows: u64,
    /// What it concluded.
    pub verdict: Verdict,
    /// What it knew of the metric.
    pub basis: Basis,
    /// The metric over what it saw.
    pub metric: Option<Number>,
    /// Harmful findings.
    pub harmful: usize,
    /// Findings to be watched.
    pub watch: usize,
    /// Episodes that rang.
    pub alarms: usize,
    /// Episodes that opened to be watched.
    pub notices: usize,
    /// All findings but the harmless ones, worst first.
    pub findings: Vec<Present>,
}

/// A finding of one look.
#[derive(Clone, Debug, Serialize)]
pub struct Present {
    /// The mode of decay.
    pub mode: Mode,
    /// Its sub-kind.
    pub kind: Option<String>,
    /// Its columns, as it names them.
    pub columns: Vec<String>,
    /// How much it mattered then.
    pub severity: Severity,
    /// The change of the metric that it carried.
    pub change: Option<Number>,
    /// Its sentence.
    pub message: String,
}

impl From<&Finding> for Present {
    fn from(f: &Finding) -> Present {
        Present {
            mode: f.mode,
            kind: f.kind.clone(),
            columns: f.subject.columns.clone(),
            severity: f.severity,
            change: f.impact.as_ref().map(|i| i.change),
            message: f.message.clone(),
        }
    }
}

/// One message: everything new at one look.
#[derive(Clone, Debug, Serialize)]
pub struct Alarm {
    /// At which look.
    pub look: usize,
    /// When.
    pub at: Option<Timestamp>,
    /// After how many rows.
    pub rows: u64,
    /// What was new, worst first.
    pub findings: Vec<Told>,
}

/// A finding as it was told.
#[derive(Clone, Debug, Serialize)]
pub struct Told {
    /// The mode of decay.
    pub mode: Mode,
    /// Its sub-kind.
    pub kind: Option<String>,
    /// Its columns.
    pub columns: Vec<String>,
    /// The sentence it had then.
    pub message: String,
    /// Since when, as it was dated then.
    pub onset: Option<Timestamp>,
    /// The first look without it, once it was over.
    pub resolved_look: Option<usize>,
    /// Its time.
    pub resolved: Option<Timestamp>,
    /// Looks at which it was seen.
    pub looks: usize,
}

/// The first alarm, against what the whole history says of the same fault.
#[derive(Clone, Debug, Serialize)]
pub struct First {
    /// At which look.
    pub look: usize,
    /// When.
    pub at: Option<Timestamp>,
    /// After how many rows.
    pub rows: u64,
    /// Its leading finding.
    pub message: String,
    /// What was known of the metric then: its labels, an estimate without them, or nothing.
    pub basis: Basis,
    /// Since when the last look, which saw everything, dates the fault.
    pub onset: Option<Timestamp>,
    /// From that onset to the alarm; negative where it rang before.
    pub delay_days: Option<Number>,
    /// The same in windows.
    pub delay_windows: Option<i64>,
}

/// A replay with late labels.
#[derive(Clone, Debug, Serialize)]
pub struct Delayed {
    /// The replay.
    pub replay: Replayed,
    /// How much later its first alarm came, in days.
    pub later_days: Option<Number>,
}

/// Another policy in a line.
#[derive(Clone, Debug, Serialize)]
pub struct Alternative {
    /// The tolerated loss; `null` for the metric's default.
    pub tolerance: Option<Number>,
    /// Tolerated false alarms per 90 days.
    pub false_alarms_per_90_days: Number,
    /// Whether it is the policy itself.
    pub own: bool,
    /// Looks that rang.
    pub alarms: usize,
    /// Looks with notices only.
    pub notices: usize,
    /// The part of the looks that were blind.
    pub blind: Number,
    /// The first alarm.
    pub first: Option<Timestamp>,
    /// Its look.
    pub first_look: Option<usize>,
}

/// Alarms on a history that is said to be healthy: all of them are false.
#[derive(Clone, Debug, Serialize)]
pub struct Health {
    /// How many there were.
    pub alarms: usize,
    /// How many are tolerated.
    pub tolerated: Number,
    /// The one over the other.
    pub ratio: Number,
    /// Its exact 95 % interval.
    pub interval: Interval,
    /// Whether the budget is surely exceeded: the interval lies above 1.
    pub exceeded: bool,
}

impl Health {
    /// That of a replay.
    #[must_use]
    pub fn of(replay: &Replayed) -> Health {
        let (alarms, tolerated) = (replay.alarms.len(), replay.tolerated.0);
        let [low, high] = poisson_interval(alarms as u64, 0.95).map(|x| x / tolerated);
        Health {
            alarms,
            tolerated: Number(tolerated),
            ratio: Number(alarms as f64 / tolerated),
            interval: [Number(low), Number(high)],
            exceeded: low > 1.0,
        }
    }
}

/// Plays the looks to a ledger and adds up what it says. `start` is the start of the first window.
#[must_use]
pub fn replayed(seen: &[(Look, &Seen)], per_90_days: f64, start: Option<i64>, hysteresis: usize) -> Replayed {
    let mut ledger = Ledger::new(hysteresis);
    let mut looks = Vec::with_capacity(seen.len());
    let mut rung: Vec<(Stamp, EventKind, Vec<usize>)> = Vec::new();
    for (look, seen) in seen {
        let now = Stamp { look: look.index, at: look.at, rows: look.rows };
        let events = ledger.look(now, &seen.findings);
        let of = |kind: EventKind| events.iter().filter(|e| e.kind == kind).map(|e| e.episode).collect::<Vec<_>>();
        let (alarms, notices) = (of(EventKind::Alarm), of(EventKind::Notice));
        let count = |s: Severity| seen.findings.iter().filter(|f| f.severity == s).count();
        looks.push(LookLine {
            look: look.index,
            at: look.at.map(Timestamp),
            rows: look.rows,
            verdict: seen.verdict,
            basis: seen.metric.basis,
            metric: seen.metric.current,
            harmful: count(Severity::Harmful),
            watch: count(Severity::Watch),
            alarms: alarms.len(),
            notices: notices.len(),
            findings: seen.findings.iter().filter(|f| f.severity != Severity::Harmless).map(Present::from).collect(),
        });
        if !alarms.is_empty() {
            rung.push((now, EventKind::Alarm, alarms));
        } else if !notices.is_empty() {
            rung.push((now, EventKind::Notice, notices));
        }
    }
    let list = |kind: EventKind| -> Vec<Alarm> {
        let told = |now: &Stamp, i: &usize| ledger.episodes().get(*i).map(|e| told(e, *now));
        rung.iter()
            .filter(|(_, k, _)| *k == kind)
            .map(|(now, _, episodes)| Alarm {
                look: now.look,
                at: now.at.map(Timestamp),
                rows: now.rows,
                findings: episodes.iter().filter_map(|i| told(now, i)).collect(),
            })
            .collect()
    };
    let alarms = list(EventKind::Alarm);
    let span = seen.last().and_then(|(l, _)| l.at).zip(start).map(|(end, start)| end - start).filter(|s| *s > 0);
    let days = span.map(|s| s as f64 / DAY as f64);
    let spent: f64 = seen.iter().map(|(_, s)| s.budget).sum();
    let per = |length: f64| days.map(|d| length / d);
    let count = alarms.len() as f64;
    let interval =
        |length: f64| per(length).map(|f| poisson_interval(alarms.len() as u64, 0.95).map(|x| Number(x * f)));
    let blind = seen.iter().filter(|(_, s)| s.verdict == Verdict::Blind).count();
    let first = rung.iter().find(|(_, k, _)| *k == EventKind::Alarm).and_then(|(now, _, episodes)| {
        let lead = ledger.episodes().get(*episodes.first()?)?;
        Some(first(seen, *now, lead))
    });
    Replayed {
        notices: list(EventKind::Notice),
        days: days.map(Number),
        per_week: per(7.0).map(|f| Number(count * f)),
        per_week_interval: interval(7.0),
        per_90_days: per(90.0).map(|f| Number(count * f)),
        per_90_days_interval: interval(90.0),
        tolerated: Number(tolerated(per_90_days, span).unwrap_or(spent)),
        spent: Number(spent),
        blind: Number(blind as f64 / seen.len().max(1) as f64),
        first,
        looks,
        alarms,
    }
}

fn told(e: &Episode, now: Stamp) -> Told {
    Told {
        mode: e.identity.mode,
        kind: e.identity.kind.clone(),
        columns: e.identity.columns.clone(),
        message: e.told_at(now.look).map_or(String::new(), |t| t.message.clone()),
        onset: e.told_at(now.look).and_then(|t| t.onset).map(Timestamp),
        resolved_look: e.resolved.map(|r| r.look),
        resolved: e.resolved.and_then(|r| r.at).map(Timestamp),
        looks: e.looks,
    }
}

/// What the last look says of the fault that rang first: of the same finding, else of the metric's loss, else of whatever
/// is harmful.
fn first(seen: &[(Look, &Seen)], now: Stamp, lead: &Episode) -> First {
    let last = seen.last();
    let findings = || last.into_iter().flat_map(|(_, s)| &s.findings).filter(|f| f.severity != Severity::Harmless);
    let same = findings().find(|f| Identity::of(f) == lead.identity);
    let loss = findings().find(|f| f.mode == Mode::PerformanceLoss && f.severity == Severity::Harmful);
    let harmful = findings().filter(|f| f.severity == Severity::Harmful);
    let onset = same.into_iter().chain(loss).chain(harmful).find_map(|f| f.onset.as_ref());
    let at = onset.and_then(|o| o.at);
    let window = onset.and_then(|o| o.window).zip(last).map(|(w, (l, _))| w + l.from);
    let rang = seen.iter().find(|(l, _)| l.index == now.look).map(|(l, _)| l.window);
    First {
        look: now.look,
        at: now.at.map(Timestamp),
        rows: now.rows,
        message: lead.told_at(now.look).map_or(String::new(), |t| t.message.clone()),
        basis: seen.iter().find(|(l, _)| l.index == now.look).map_or(Basis::None, |(_, s)| s.metric.basis),
        onset: at,
        delay_days: now.at.zip(at).map(|(a, b)| Number((a - b.0) as f64 / DAY as f64)),
        delay_windows: rang.zip(window).map(|(a, b)| a as i64 + 1 - b as i64),
    }
}
