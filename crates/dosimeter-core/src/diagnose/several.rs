//! Several changes in one history: a metric that fell, recovered and fell again, or fell in two steps; a column that left
//! twice.
//!
//! The first finding speaks of all that is off and holds its price; each later change that is certain, and matters, is a
//! finding with a date of its own. Levels that are not certainly apart are one level, however much they wobble.

use super::affected::Affected;
use super::case::{Case, detail, finding, series_evidence};
use super::dating::{Followed, to_the_row};
use super::performance::{Performance, impact};
use crate::catalogue::Mode;
use crate::diagnosis::{Basis, Detail, Finding, Number, OnsetBound, Severity};
use crate::evidence::component::Kind;
use crate::evidence::dispersion::persistence;
use crate::evidence::onset::{Level, Stretch, levels, stretches_and_ramps};
use crate::evidence::shift::Series;
use crate::metric::Estimate;
use crate::text::{digits, quoted};

/// Later falls that are told, the largest.
const MOST_FALLS: usize = 3;
/// Later excursions of columns that are told, over all columns.
const MOST_EXCURSIONS: usize = 5;
/// Windows that a column must be back for.
const LEAST_BACK: usize = 3;

/// The levels as stretches, as dating takes them.
fn as_stretches<'a>(levels: impl Iterator<Item = &'a Level>, least: f64) -> Vec<Stretch> {
    levels
        .map(|l| {
            let shifted = !l.is_home(least);
            Stretch { from: l.from, to: l.to, level: if shifted { l.level } else { 0.0 }, shifted, slope: 0.0 }
        })
        .collect()
}

/// A place for people and machines: a time, or a row.
fn written(place: Option<OnsetBound>) -> Option<Detail> {
    Some(match place? {
        OnsetBound::Time(t) => t.to_string().into(),
        OnsetBound::Row(row) => (row as f64).into(),
    })
}

/// Adds to the finding that the metric fell which levels there were, and whether it recovered.
pub(super) fn tell(case: &Case<'_>, p: &Performance, f: &mut Finding) {
    let list = &p.course.levels;
    if list.len() < 3 {
        return;
    }
    let levels = list.iter().filter_map(|(l, e)| {
        let value = e.map_or(f64::NAN, |e| e.value);
        Some(Detail::Map(detail([("from", written(case.place(l.from as f64))?), ("value", value.into())])))
    });
    f.detail.insert("levels".to_owned(), Detail::List(levels.collect()));
    let home = list.last().is_some_and(|(l, _)| l.is_home(p.tolerance));
    f.detail.insert("recovered".to_owned(), home.into());
    if let Some((last, _)) = list.last().filter(|_| home)
        && let Some(until) = written(case.place(last.from as f64))
    {
        f.message = format!("{}, recovered since {}", f.message, day(case.place(last.from as f64)));
        f.detail.insert("until".to_owned(), until);
    }
}

fn day(place: Option<OnsetBound>) -> String {
    match place {
        Some(OnsetBound::Time(t)) => t.to_date_string(),
        Some(OnsetBound::Row(row)) => format!("row {}", crate::text::count(row)),
        None => String::new(),
    }
}

/// Each later fall of the metric, in the order of time.
pub(super) fn metric_again(case: &Case<'_>, p: &Performance, findings: &[Finding]) -> Vec<Finding> {
    let Some(first) = findings.iter().find(|f| f.kind.as_deref() == Some("metric_fell")).filter(|_| p.real) else {
        return Vec::new();
    };
    let list = &p.course.levels;
    let stretches = as_stretches(list.iter().map(|(l, _)| l), p.tolerance);
    let Some(departed) = stretches.iter().position(|s| s.shifted && s.level > 0.0) else {
        return Vec::new();
    };
    let mut found: Vec<(f64, usize, Finding)> = Vec::new();
    for (at, pair) in list.windows(2).enumerate().skip(departed) {
        let [(before, then), (after, now)] = pair else { continue };
        let fall = after.level - before.level;
        // Of a level that is reached little by little, the steps on the way are no changes of their own.
        if fall <= p.tolerance || after.is_home(p.tolerance) || after.gradual && !before.is_home(p.tolerance) {
            continue;
        }
        let (Some(then), Some(now)) = (then, now) else { continue };
        let mut since = case.since(&p.course.deviations, &p.course.variances, &stretches, at + 1);
        if p.basis == Basis::Labels && !after.gradual {
            to_the_row(case, Followed::Loss, &mut since);
        }
        let end = list.get(at + 2).map(|(l, _)| l.from);
        found.push((fall, at, again(case, p, first, (before, then), (after, now), &since, end)));
    }
    found.sort_by(|a, b| b.0.total_cmp(&a.0));
    found.truncate(MOST_FALLS);
    found.sort_by_key(|(_, at, _)| *at);
    found.into_iter().map(|(_, _, f)| f).collect()
}

fn again(
    case: &Case<'_>,
    p: &Performance,
    first: &Finding,
    (before, then): (&Level, &Estimate),
    (after, now): (&Level, &Estimate),
    since: &Affected,
    end: Option<usize>,
) -> Finding {
    let recovered = before.is_home(p.tolerance);
    let how = if recovered { "fell again after it had recovered" } else { "fell further" };
    let how = if p.metric.higher_is_better() { how.to_owned() } else { how.replace("fell", "rose") };
    let text = format!("{} {how}: {} → {}", p.metric.id(), digits(then.value), digits(now.value));
    let mut f = finding(Mode::PerformanceLoss, Some("metric_fell_again"), &[], text);
    f.severity = if p.is_harmful() { Severity::Harmful } else { first.severity };
    let fall = p.metric.worsening(then.value, now.value);
    let half = 1.96 * (before.variance + after.variance).sqrt();
    f.impact = Some(impact(p, fall, [fall - half, fall + half]));
    f.share = Some(Number(case.share_of(&since.windows)));
    f.onset = Some(since.onset.clone());
    f.detail = detail([("before", then.value.into()), ("after", now.value.into()), ("recovered", recovered.into())]);
    if let Some(until) = end.and_then(|w| written(case.place(w as f64))) {
        f.detail.insert("until".to_owned(), until);
    }
    f.evidence = vec![p.evidence_of(now, fall)];
    f.next_step = crate::catalogue::kind("metric_fell_again").map_or(String::new(), |k| k.next_step.to_owned());
    f
}

/// Later excursions of columns that a finding names already.
pub(super) fn columns_again(case: &Case<'_>, findings: &[Finding]) -> Vec<Finding> {
    if !case.baseline.ordered {
        return Vec::new();
    }
    let one = |f: &&Finding| {
        matches!(f.mode, Mode::DataDrift | Mode::CategoryShift)
            && f.severity != Severity::Harmless
            && f.subject.columns.len() == 1
            && f.onset.is_some()
    };
    let mut found: Vec<(f64, Finding)> = findings.iter().filter(one).filter_map(|f| excursion(case, f)).collect();
    found.sort_by(|a, b| b.0.total_cmp(&a.0));
    found.truncate(MOST_EXCURSIONS);
    found.into_iter().map(|(_, f)| f).collect()
}

/// The first time that a column left again after it had been back.
fn excursion(case: &Case<'_>, first: &Finding) -> Option<(f64, Finding)> {
    let name = first.subject.columns.first()?;
    let column = case.baseline.position(name)?;
    let series = case.shift(column)?.loudest()?;
    let least = match series.component.kind {
        Kind::Rank(_) => 0.2,
        Kind::Share(_) => 0.05,
    };
    let (deviations, variances) = (series.deviations(), &series.variances);
    let list = stretches_and_ramps(&deviations, variances);
    let levels = levels(&deviations, variances, &list, lasting(case, column, series), least);
    let away = |l: &Level| !l.is_home(least);
    let departed = levels.iter().position(away)?;
    let at = (departed + 2..levels.len()).find(|i| {
        let back = levels.get(i - 1).is_some_and(|b| b.is_home(least) && b.to - b.from >= LEAST_BACK);
        back && levels.get(*i).is_some_and(away)
    })?;
    let level = levels.get(at)?;
    let stretches = as_stretches(levels.iter(), least);
    let mut since = case.since(&deviations, variances, &stretches, at);
    to_the_row(case, Followed::Column(column), &mut since);
    let kind = if first.mode == Mode::DataDrift { "moved_again" } else { "mix_changed" };
    let back = levels.get(at - 1).map(|b| day(case.place(b.from as f64))).unwrap_or_default();
    let text = format!("{} moved again, after it had been as in the reference from {back} on", quoted(name));
    let mut f = finding(first.mode, Some(kind), &[name.as_str()], text);
    f.severity = Severity::Watch;
    f.share = Some(Number(case.share_of(&since.windows)));
    f.onset = Some(since.onset);
    let mut e = series_evidence(case, column, series);
    (e.effect, e.value, e.p_value, e.window) = (Some(Number(level.level)), Number(level.level), None, None);
    f.evidence = vec![e];
    if let Some(until) = levels.get(at + 1).and_then(|l| written(case.place(l.from as f64))) {
        f.detail.insert("until".to_owned(), until);
    }
    f.next_step = crate::catalogue::kind(kind).map_or(String::new(), |k| k.next_step.to_owned());
    Some((level.level.abs() / least, f))
}

/// The autocorrelation of a component's wobble in the reference; a cautious guess where there are too few windows.
fn lasting(case: &Case<'_>, column: usize, series: &Series) -> f64 {
    let reference = &case.baseline.reference.windows;
    let (means, variances): (Vec<f64>, Vec<f64>) = reference
        .iter()
        .filter_map(|w| w.columns.get(column))
        .map(|c| series.component.mean(&c.counts))
        .filter(|(_, n)| *n > 0.0)
        .map(|(mean, n)| (mean, series.component.variance / n))
        .unzip();
    persistence(&means, &variances).unwrap_or(0.3)
}
