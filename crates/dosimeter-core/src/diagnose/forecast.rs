//! Where a steady decline of the metric leads: when the loss comes to what is tolerated, or to as much again.
//!
//! Only the windows of the last level are looked at, so that a step is no decline; a line has to explain them better than a
//! step and a decline that has ended do, and rise for more than chance at a share of the metric's alarm budget.

use super::case::Case;
use super::performance::Performance;
use crate::diagnosis::{Basis, Crossing, Forecast, Number, OnsetBound};
use crate::evidence::trend::{Trend, trend};
use crate::text::{count, digits};
use crate::time::Timestamp;

/// How far ahead is told, as a multiple of the decline that was seen.
const AHEAD: f64 = 3.0;
const WEEK: f64 = 7.0 * 86_400e6;

/// The steady decline, if there is one.
pub(super) fn forecast(case: &Case<'_>, p: &Performance) -> Option<Forecast> {
    if !case.baseline.ordered || !matches!(p.basis, Basis::Labels | Basis::Mixed | Basis::Estimate) {
        return None;
    }
    let course = &p.course;
    let windows = course.deviations.len();
    // A window that a step fell into belongs to neither side.
    let from = course.levels.last().map_or(0, |(l, _)| if l.from == 0 || l.gradual { l.from } else { l.from + 1 });
    let seen: Vec<usize> =
        (from..windows).filter(|w| course.deviations[*w].is_finite() && course.variances[*w].is_finite()).collect();
    let (wobble, lasting) = course.wobble;
    let x: Vec<f64> = seen.iter().map(|w| *w as f64 + 0.5).collect();
    let y: Vec<f64> = seen.iter().map(|w| course.deviations[*w]).collect();
    // The reference's own error moves the whole line and no window apart: it does not make a slope uncertain.
    let sampling: Vec<f64> = seen.iter().map(|w| (course.variances[*w] - wobble - course.shared).max(1e-12)).collect();
    let line = trend(&x, &y, &sampling, wobble, lasting)?;
    let parts = [line.slope, line.at(windows as f64)];
    if !line.steady || line.p_rising() >= case.budget.performance / 4.0 || parts.iter().any(|v| !v.is_finite()) {
        return None;
    }
    told(case, p, &line, from, windows)
}

fn told(case: &Case<'_>, p: &Performance, line: &Trend, from: usize, windows: usize) -> Option<Forecast> {
    let pace = Pace::of(case)?;
    let now = line.at(windows as f64);
    let crossed = now >= p.tolerance;
    let target = if crossed { now + p.tolerance } else { p.tolerance };
    let limit = windows as f64 + AHEAD * (windows - from) as f64;
    let reached = line.reaches(target).filter(|(at, _)| *at <= limit);
    let crosses = reached.map(|(at, [low, high])| {
        let bound = |x: f64| pace.at(x.max(0.0));
        let (time, row) = match pace.at(at) {
            OnsetBound::Time(t) => (Some(t), None),
            OnsetBound::Row(r) => (None, Some(r)),
        };
        Crossing { loss: Number(target), at: time, row, interval: [bound(low), bound(high)] }
    });
    let sign = if p.metric.higher_is_better() { -1.0 } else { 1.0 };
    let per = |slope: f64| sign * slope * pace.windows_per_unit();
    let [a, b] = line.slope_interval().map(per);
    let unit = pace.unit();
    let ahead = match &crosses {
        Some(c) => {
            let [low, high] = c.interval.map(said);
            let what = if crossed {
                format!("another {} is lost", digits(p.tolerance))
            } else {
                format!("the tolerated {} is lost", digits(p.tolerance))
            };
            let at = said(c.at.map_or(OnsetBound::Row(c.row.unwrap_or(0)), OnsetBound::Time));
            format!("{what} by {at} (95 % interval {low} to {high})")
        }
        None => "what is tolerated lies further ahead than can be said".to_owned(),
    };
    let way = if p.metric.higher_is_better() { "declines" } else { "rises" };
    let note =
        format!("{} {way} by {} per {unit}: if that goes on, {ahead}", p.metric.id(), digits(per(line.slope).abs()));
    Some(Forecast {
        metric: p.metric.id().to_owned(),
        slope: Number(per(line.slope)),
        slope_interval: [Number(a.min(b)), Number(a.max(b))],
        per: unit.to_owned(),
        crossed,
        crosses,
        note,
    })
}

fn said(bound: OnsetBound) -> String {
    match bound {
        OnsetBound::Time(t) => t.to_date_string(),
        OnsetBound::Row(row) => format!("row {}", count(row)),
    }
}

/// How windows go on beyond the last.
enum Pace {
    /// The end of the last, and their usual length, in microseconds.
    Time { windows: f64, end: i64, length: f64 },
    /// The row after the last, and the usual rows.
    Rows { windows: f64, end: u64, rows: f64 },
}

impl Pace {
    fn of(case: &Case<'_>) -> Option<Pace> {
        let list = &case.current.windows;
        let windows = list.len() as f64;
        let middle = |mut values: Vec<f64>| {
            values.sort_by(f64::total_cmp);
            values.get(values.len() / 2).copied().filter(|v| *v > 0.0)
        };
        let last = list.last()?;
        if let Some(end) = last.end {
            let length = middle(list.iter().filter_map(|w| Some(w.end?.saturating_sub(w.start?) as f64)).collect())?;
            return Some(Pace::Time { windows, end, length });
        }
        let rows = middle(list.iter().map(|w| w.rows as f64).collect())?;
        Some(Pace::Rows { windows, end: last.first_row?.saturating_add(last.rows), rows })
    }

    fn at(&self, place: f64) -> OnsetBound {
        match self {
            Pace::Time { windows, end, length } => {
                OnsetBound::Time(Timestamp(end.saturating_add(((place - windows) * length) as i64)))
            }
            Pace::Rows { windows, end, rows } => {
                OnsetBound::Row(end.saturating_add_signed(((place - windows) * rows) as i64))
            }
        }
    }

    fn windows_per_unit(&self) -> f64 {
        match self {
            Pace::Time { length, .. } => WEEK / length,
            Pace::Rows { rows, .. } => 1000.0 / rows,
        }
    }

    fn unit(&self) -> &'static str {
        match self {
            Pace::Time { .. } => "1w",
            Pace::Rows { .. } => "1000 rows",
        }
    }
}
