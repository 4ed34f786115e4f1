//! The conclusion: ranking, verdict, power, summary, next steps.

use super::case::Case;
use super::performance::Performance;
use super::{any_harmful, is_blind};
use crate::catalogue::{Mode, kind};
use crate::diagnosis::{Basis, Finding, Number, Power, Severity, Verdict};
use crate::metric::Metric;
use crate::text::{digits, percent, quoted};
use crate::time::Timestamp;

/// A run that would miss a change of this size in a share-like metric sees nothing.
const BLIND_SHARE: f64 = 0.15;

/// Puts what to look at first first: by severity, causes before symptoms, then by what they carry.
pub(crate) fn rank(findings: &mut [Finding]) {
    let order = |f: &Finding| match f.mode {
        Mode::SchemaChange => 0,
        Mode::PerformanceLoss => 1,
        Mode::ConceptDrift => 2,
        // What became of the outcomes is nearer to the model's worth than what became of one input.
        Mode::PriorShift if f.kind.as_deref() == Some("label") => 3,
        Mode::PriorShift => 4,
        Mode::CalibrationLoss => 5,
        Mode::CategoryShift | Mode::DataDrift => 6,
        _ => 7,
    };
    let carried = |f: &Finding| f.impact.as_ref().map_or(0.0, |i| i.change.0.abs());
    let effect = |f: &Finding| f.evidence.iter().find(|e| e.statistic == "jensen_shannon").map_or(0.0, |e| e.value.0);
    findings.sort_by(|a, b| {
        // Among what is not harmful, predictions and inputs compete by size; the rest keeps the order of modes.
        let group = |f: &Finding| {
            if f.severity == Severity::Harmful { order(f) } else { order(f).min(4) }
        };
        a.severity
            .cmp(&b.severity)
            .then(group(a).cmp(&group(b)))
            .then(if a.severity == Severity::Harmful {
                carried(b).total_cmp(&carried(a))
            } else {
                std::cmp::Ordering::Equal
            })
            .then(effect(b).total_cmp(&effect(a)))
            .then(a.subject.columns.cmp(&b.subject.columns))
    });
}

/// Healthy, decaying or blind.
pub(crate) fn verdict(case: &Case<'_>, performance: Option<&Performance>, findings: &[Finding]) -> Verdict {
    if any_harmful(findings) {
        return Verdict::Decaying;
    }
    let seen = performance
        .filter(|p| p.basis != Basis::None)
        .and_then(|p| Some((p, p.detectable(case.budget.performance / 2.0)?)));
    match seen {
        Some((p, least)) if least.is_finite() && least <= blind_beyond(p) && !p.is_doubtful() && p.sees_most() => {
            Verdict::Healthy
        }
        _ => Verdict::Blind,
    }
}

/// The change that a run must be able to see not to be blind.
fn blind_beyond(p: &Performance) -> f64 {
    let size = if bounded(p.metric) { BLIND_SHARE } else { 0.5 * p.reference.value.abs() };
    size.max(2.0 * p.tolerance)
}

/// Whether a metric lies between 0 and 1 (or -1 and 1), so that a fixed change means the same everywhere.
fn bounded(metric: Metric) -> bool {
    !matches!(
        metric,
        Metric::LogLoss | Metric::Mae | Metric::Rmse | Metric::Mape | Metric::Rmsle | Metric::Bias | Metric::R2
    )
}

/// What silence is worth.
pub(crate) fn power(case: &Case<'_>, performance: Option<&Performance>) -> Power {
    let alpha = case.budget.performance / 2.0;
    let rows = case.current.rows();
    match performance.filter(|p| p.basis != Basis::None) {
        None => Power {
            metric_change: None,
            rows,
            note: match performance {
                None => "no metric can be measured or estimated: the reference needs labels and predictions".to_owned(),
                Some(_) => {
                    "the current data have neither labels nor scores: no change of the metric could be seen".to_owned()
                }
            },
        },
        Some(p) => {
            let least = p.detectable(alpha).filter(|l| l.is_finite());
            let on = if p.basis == Basis::Estimate {
                "scores, without labels (concept drift cannot be seen)"
            } else {
                "labelled rows"
            };
            let n = p.current.map_or(0, |c| c.n);
            Power {
                metric_change: least.map(Number),
                rows: n,
                note: match least {
                    Some(l) => format!(
                        "a change of {} by {} over the current period would have been noticed in 4 of 5 cases, on {} {on}",
                        p.metric.id(),
                        digits(l),
                        digits(n as f64)
                    ),
                    None => "too few rows to notice any change".to_owned(),
                },
            }
        }
    }
}

/// What the reader should know about what could not be seen.
pub(crate) fn warnings(case: &Case<'_>, performance: Option<&Performance>) -> Vec<String> {
    let mut list = Vec::new();
    if let Some(p) = performance
        && p.basis == Basis::Estimate
    {
        list.push("no labels in the current data: the metric is estimated from the scores, assuming that P(Y|score) is as in the reference; concept drift cannot be seen".to_owned());
    }
    if case.baseline.watch.metric.is_some() && performance.is_none() {
        list.push("the reference has no labelled predictions that the watched metric can be computed from".to_owned());
    }
    if case.current.undated > 0 {
        list.push(format!("{} current rows have no time and belong to no window", digits(case.current.undated as f64)));
    }
    if case.baseline.reference.undated > 0 {
        list.push(format!(
            "{} reference rows have no time and belong to no window",
            digits(case.baseline.reference.undated as f64)
        ));
    }
    list
}

/// When, for people: a date where there is a time, a row otherwise.
fn since(f: &Finding) -> String {
    let Some(onset) = &f.onset else {
        return String::new();
    };
    match (onset.at, onset.row) {
        (Some(Timestamp(t)), _) => format!(" since {}", Timestamp(t).to_date_string()),
        (None, Some(row)) => format!(" since row {}", digits(row as f64)),
        _ => String::new(),
    }
}

/// The conclusion in one line.
pub(crate) fn summary(
    case: &Case<'_>,
    verdict: Verdict,
    performance: Option<&Performance>,
    findings: &[Finding],
) -> String {
    let harmful: Vec<&Finding> = findings.iter().filter(|f| f.severity == Severity::Harmful).collect();
    let harmless = findings.iter().filter(|f| f.severity == Severity::Harmless).count();
    let mut parts: Vec<String> = Vec::new();
    if let Some(f) = harmful.iter().find(|f| f.mode == Mode::PerformanceLoss) {
        let text = f.message.split(';').next().unwrap_or_default();
        parts.push(format!("{text}{}", since(f)));
    } else if let Some(p) = performance.filter(|_| !is_blind(verdict))
        && let Some(c) = p.current
    {
        parts.push(format!(
            "{} {} → {}, tolerated loss {}",
            p.metric.id(),
            digits(p.reference.value),
            digits(c.value),
            digits(p.tolerance)
        ));
    }
    let mut causes = harmful.iter().filter(|f| f.mode != Mode::PerformanceLoss);
    if let Some(f) = causes.next() {
        let dated = if parts.is_empty() { since(f) } else { String::new() };
        parts.push(format!("{}{dated}", f.message));
    }
    if let Some(f) = findings.iter().find(|f| f.kind.as_deref() == Some("other_metric_fell")) {
        parts.push(f.message.clone());
    }
    match verdict {
        Verdict::Blind => {
            let p = power(case, performance);
            parts.insert(
                0,
                match performance.map(|p| p.basis) {
                    None | Some(Basis::None) => p.note,
                    _ if performance.is_some_and(Performance::is_doubtful) => {
                        "the metric may have fallen, but the reference wobbles too much to be sure".to_owned()
                    }
                    _ => format!("too little evidence: {}", p.note),
                },
            );
            let watch: Vec<String> =
                findings.iter().filter(|f| f.severity == Severity::Watch).take(2).map(|f| f.message.clone()).collect();
            parts.extend(watch);
        }
        Verdict::Healthy if harmless > 0 => {
            parts.push(format!("{harmless} movement{} without harm", if harmless == 1 { "" } else { "s" }))
        }
        _ => {}
    }
    parts.retain(|p| !p.is_empty());
    // One line for logs and pagers, in plain characters.
    parts.join("; ").replace('→', "->")
}

/// What to do about a finding.
pub(crate) fn next_step(f: &Finding) -> String {
    let columns = f.subject.columns.iter().map(|c| quoted(c)).collect::<Vec<_>>().join(", ");
    if f.severity == Severity::Harmless {
        return "Nothing: it moved without cost.".to_owned();
    }
    match f.mode {
        Mode::SchemaChange | Mode::FeedStalled => f
            .kind
            .as_deref()
            .and_then(kind)
            .map_or_else(|| format!("Ask the owner of {columns} what changed upstream."), |k| k.next_step.to_owned()),
        Mode::PerformanceLoss => {
            "See the causes below; if none can be undone upstream, retrain on data since the onset.".to_owned()
        }
        Mode::ConceptDrift => "Retrain on labelled rows since the onset; older rows teach the old meaning.".to_owned(),
        Mode::DataDrift | Mode::CategoryShift => {
            format!("Collect labels where {columns} moved to and retrain, if the move is meant to stay.")
        }
        Mode::PriorShift if f.severity == Severity::Harmful => {
            "Recalibrate the score and its threshold to the new base rate; the classes look as before.".to_owned()
        }
        Mode::PriorShift => "Check whether the base rate is meant to move; recalibrate if it stays.".to_owned(),
        Mode::CalibrationLoss => format!(
            "Recalibrate the score on rows since the onset; until then it is no probability ({} of the rows).",
            percent(f.share.map_or(1.0, |s| s.0))
        ),
        _ => "See `dosimeter explain`.".to_owned(),
    }
}
