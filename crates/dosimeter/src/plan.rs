//! What was typed and what the settings say, as what it means.

use std::collections::BTreeMap;

use dosimeter_core::metric::{Metric, Task};
use dosimeter_core::profile::Role;
use dosimeter_core::profile::baseline::WindowSpec;
use dosimeter_scan::ReadOptions;
use dosimeter_scan::pass::fit::FitOptions;
use dosimeter_scan::pass::roles::Given;
use dosimeter_scan::pass::window;

use crate::args::WatchArgs;
use crate::error::Failure;

/// How a model is to be watched.
#[derive(Clone, Debug)]
pub(crate) struct Plan {
    pub(crate) fit: FitOptions,
    pub(crate) window: Option<WindowSpec>,
    pub(crate) zone: String,
    pub(crate) time: Option<String>,
    pub(crate) read: ReadOptions,
}

/// Checks the words and puts them together.
pub(crate) fn plan(w: &WatchArgs, name: &str) -> Result<Plan, Failure> {
    let mut given = Given { positive: w.positive.clone(), threshold: w.threshold, ..Given::default() };
    let mut role = |name: &str, role: Role| match given.roles.insert(name.to_owned(), role) {
        Some(other) if other != role => {
            Err(Failure::new(format!("column {name:?} is given two roles, {} and {}", other.as_str(), role.as_str()))
                .hint("a column has one role; give each flag a column of its own"))
        }
        _ => Ok(()),
    };
    let single = [(&w.id, Role::Id), (&w.time, Role::Time), (&w.prediction, Role::Prediction), (&w.label, Role::Label)];
    for (column, r) in single {
        if let Some(c) = column {
            role(c, r)?;
        }
    }
    for c in &w.segment {
        role(c, Role::Segment)?;
    }
    for c in &w.ignore {
        role(c, Role::Ignore)?;
    }
    if let Some(score) = &w.score {
        if score.contains('=') {
            for part in score.split(',') {
                let (class, column) = part.split_once('=').ok_or_else(|| {
                    Failure::new(format!("{part:?} is no CLASS=COLUMN: --score"))
                        .hint("for several classes write --score low=p_low,high=p_high")
                })?;
                given.class_scores.push((class.trim().to_owned(), column.trim().to_owned()));
            }
        } else {
            role(score, Role::Score)?;
        }
    }
    given.task = match w.task.as_deref() {
        None => None,
        Some("binary") => Some(Task::Binary),
        Some("multiclass") => Some(Task::Multiclass),
        Some("regression") => Some(Task::Regression),
        Some(other) => {
            return Err(Failure::new(format!("unknown task {other:?}: model.task"))
                .hint("one of binary, multiclass, regression"));
        }
    };
    let metric = w.metric.as_deref().map(metric).transpose()?;
    if let Some(t) = w.tolerance.filter(|t| !t.is_finite() || *t < 0.0) {
        return Err(Failure::new(format!("a tolerance of {t}: --tolerance"))
            .hint("give a loss of the metric that is 0 or more, as 0.02"));
    }
    if let Some(t) = w.threshold.filter(|t| !t.is_finite()) {
        return Err(Failure::new(format!("a threshold of {t}: --threshold"))
            .hint("give a score from which the model says yes, as 0.5"));
    }
    let zone = w.time_zone.clone().unwrap_or_else(|| "UTC".to_owned());
    if !window::is_zone(&zone) {
        return Err(Failure::new(format!("unknown time zone {zone}: --time-zone"))
            .hint("use an IANA name, as Europe/Lisbon, or UTC"));
    }
    let delimiter = w.delimiter.as_deref().map(delimiter).transpose()?;
    Ok(Plan {
        fit: FitOptions {
            monitor: w.monitor.clone().unwrap_or_else(|| name.to_owned()),
            given,
            metric,
            tolerance: w.tolerance,
            threshold: w.threshold.unwrap_or(0.5),
            false_alarms_per_90_days: w.false_alarms.as_deref().map_or(Ok(1.0), false_alarms)?,
            every: w.every.as_deref().map(every).transpose()?,
            seed: w.seed.unwrap_or(0),
        },
        window: w.window.as_deref().map(|t| window::parse(t, &zone)).transpose()?,
        zone,
        time: w.time.clone(),
        read: ReadOptions { delimiter, expected: BTreeMap::new(), ..ReadOptions::default() },
    })
}

fn metric(name: &str) -> Result<Metric, Failure> {
    Metric::parse(name).ok_or_else(|| {
        let known = Metric::all().map(Metric::id).collect::<Vec<_>>().join(", ");
        Failure::new(format!("unknown metric {name:?}: --metric")).hint(format!("one of {known}"))
    })
}

/// One ASCII character, or a tab by a name that can be typed.
fn delimiter(text: &str) -> Result<u8, Failure> {
    match text.as_bytes() {
        b"\\t" | b"tab" => Ok(b'\t'),
        [c] if c.is_ascii() && !matches!(c, b'\n' | b'\r' | b'"') => Ok(*c),
        _ => Err(Failure::new(format!("{text:?} is no field separator: --delimiter"))
            .hint("give one ASCII character, as ';', or tab")),
    }
}

/// `1 per 90d` as a number per 90 days.
pub(crate) fn false_alarms(text: &str) -> Result<f64, Failure> {
    let bad = || {
        Failure::new(format!("{text:?} is no rate: --false-alarms")).hint("write a number per days, as \"1 per 90d\"")
    };
    let (count, days) = text.split_once("per").ok_or_else(bad)?;
    let count: f64 = count.trim().parse().map_err(|_| bad())?;
    let days: f64 = days.trim().trim_end_matches(['d', 'D']).trim().parse().map_err(|_| bad())?;
    let rate = count * 90.0 / days;
    if rate.is_finite() && rate > 0.0 { Ok(rate) } else { Err(bad()) }
}

/// `1d`, `6h`, `2w` in microseconds.
fn every(text: &str) -> Result<i64, Failure> {
    let bad = || {
        Failure::new(format!("{text:?} is no time between runs: --every"))
            .hint("write hours, days or weeks, as 6h, 1d, 2w")
    };
    let text_of = text.trim();
    let split = text_of.find(|c: char| !c.is_ascii_digit()).ok_or_else(bad)?;
    let (count, unit) = text_of.split_at(split);
    let count: i64 = if count.is_empty() { 1 } else { count.parse().map_err(|_| bad())? };
    let hours = match unit.trim() {
        "h" => 1,
        "d" => 24,
        "w" => 168,
        _ => return Err(bad()),
    };
    if (1..=100_000).contains(&count) { Ok(count * hours * 3_600_000_000) } else { Err(bad()) }
}

#[cfg(test)]
mod tests {
    use super::{delimiter, every, false_alarms};

    #[test]
    fn reads_times_between_runs() {
        assert_eq!(every("6h").unwrap(), 6 * 3_600_000_000);
        assert_eq!(every("1d").unwrap(), 86_400_000_000);
        assert_eq!(every("w").unwrap(), 7 * 86_400_000_000);
        assert!(["", "1", "0d", "daily", "-1d", "999999999w"].iter().all(|t| every(t).is_err()));
    }

    #[test]
    fn reads_separators() {
        for (text, byte) in [(";", b';'), ("\t", b'\t'), ("\\t", b'\t'), ("tab", b'\t')] {
            assert_eq!(delimiter(text).unwrap(), byte);
        }
        assert!(["", ";;", "é", "\n"].iter().all(|t| delimiter(t).is_err()));
    }

    #[test]
    fn reads_rates() {
        assert_eq!(false_alarms("1 per 90d").unwrap(), 1.0);
        assert_eq!(false_alarms("2 per 30 d").unwrap(), 6.0);
        assert!(
            false_alarms("often").is_err() && false_alarms("1 per 0d").is_err() && false_alarms("-1 per 90d").is_err()
        );
    }
}
