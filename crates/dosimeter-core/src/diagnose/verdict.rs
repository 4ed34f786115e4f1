//! The conclusion: ranking, verdict, power, summary, next steps.

use std::collections::BTreeMap;

use super::case::{Case, moves_input};
use super::performance::Performance;
use super::prior::follows_inputs;
use super::{any_harmful, is_blind};
use crate::catalogue::{Mode, kind};
use crate::diagnosis::{Basis, Finding, Number, Power, Severity, Verdict};
use crate::metric::{Metric, Tally};
use crate::text::{count, metric, percent, quoted};
use crate::time::Timestamp;

/// A run that would miss a change of this size in a share-like metric sees nothing.
const BLIND_SHARE: f64 = 0.15;

/// Puts what to look at first first: by severity, causes before symptoms, then by what they carry.
pub(crate) fn rank(findings: &mut [Finding]) {
    let inputs_moved = findings.iter().any(|f| moves_input(f) || f.mode == Mode::SchemaChange);
    let order = |f: &Finding| match f.mode {
        // What came later is part of what came first, and its causes are those.
        _ if matches!(f.kind.as_deref(), Some("metric_fell_again" | "moved_again")) => 7,
        _ if moves_input(f) => 5,
        Mode::SchemaChange => 0,
        Mode::PerformanceLoss => 1,
        Mode::ConceptDrift => 2,
        // What became of the outcomes is nearer to the model's worth than what became of one input, unless the inputs
        // brought it about; answers and scores follow whatever moved inputs or classes.
        Mode::PriorShift if f.kind.as_deref() == Some("label") && !follows_inputs(f) => 3,
        Mode::PriorShift if inputs_moved => 6,
        Mode::PriorShift => 4,
        Mode::CalibrationLoss => 4,
        _ => 8,
    };
    let carried = |f: &Finding| f.impact.as_ref().map_or(0.0, |i| i.change.0.abs());
    let effect = |f: &Finding| f.evidence.iter().find(|e| e.statistic == "jensen_shannon").map_or(0.0, |e| e.value.0);
    findings.sort_by(|a, b| {
        a.severity
            .cmp(&b.severity)
            .then(order(a).cmp(&order(b)))
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
                None => reference_lacks(case),
                Some(p) => current_lacks(case, p),
            },
        },
        Some(p) => {
            let least = p.detectable(alpha).filter(|l| l.is_finite());
            let n = p.current.map_or(0, |c| c.n);
            let on = match p.basis {
                Basis::Estimate => {
                    format!("on {}, without labels (concept drift cannot be seen)", p.rests_on)
                }
                _ => format!("on {} labelled rows", count(n)),
            };
            let way = if p.metric.higher_is_better() { "loss" } else { "rise" };
            Power {
                metric_change: least.map(Number),
                rows: n,
                note: match least {
                    Some(l) => format!(
                        "a {way} of {} by {} or more over the current period would have been noticed 4 times in 5, {on}",
                        p.metric.id(),
                        metric(l)
                    ),
                    None => "too few rows to notice any change".to_owned(),
                },
            }
        }
    }
}

/// Labelled rows of the current data below which nothing is measured on them, as `performance` has it.
const FEW_LABELS: u64 = 30;

/// Current rows that have a label and a prediction.
fn labelled(case: &Case<'_>) -> u64 {
    case.current.windows.iter().filter_map(|w| w.outcome.as_ref()).map(Tally::rows).sum()
}

/// Why nothing can be measured or estimated: what the reference lacks.
fn reference_lacks(case: &Case<'_>) -> String {
    let windows = &case.baseline.reference.windows;
    let labels: u64 = windows.iter().map(|w| w.labels).sum();
    let rows: u64 = windows.iter().filter_map(|w| w.outcome.as_ref()).map(Tally::rows).sum();
    let Some(watched) = case.baseline.watch.metric else {
        let lacks = if labels == 0 { "no labels" } else { "no predictions or scores beside its labels" };
        return format!("no metric can be measured or estimated: the reference has {lacks}");
    };
    let lacks = match (labels, rows) {
        (0, 0) => "the reference has no labels".to_owned(),
        (_, 0) => "the reference has no predictions or scores beside its labels".to_owned(),
        _ => format!("the {} labelled rows of the reference do not give it", count(rows)),
    };
    format!("{} cannot be measured or estimated: {lacks}", watched.id())
}

/// Why the current data give neither a measurement nor an estimate.
fn current_lacks(case: &Case<'_>, p: &Performance) -> String {
    let scored: u64 = case
        .current
        .windows
        .iter()
        .filter_map(|w| w.scored.as_ref())
        .map(|s| s.rows().saturating_sub(s.unscored()))
        .sum();
    let labels = match labelled(case) {
        0 => "the current data have no labels".to_owned(),
        n if n < FEW_LABELS => format!(
            "only {n} labelled row{} in the current data: at least {FEW_LABELS} are needed",
            if n == 1 { "" } else { "s" }
        ),
        n => format!("the {} labelled rows of the current data do not give {}", count(n), p.metric.id()),
    };
    let scores = match scored {
        0 => "no scores either".to_owned(),
        n if n < FEW_LABELS => format!("only {n} scored rows either"),
        _ => format!("the scores cannot stand in for {}", p.metric.id()),
    };
    format!("{labels}; {scores}: no change of {} could be seen", p.metric.id())
}

/// What the reader should know about what could not be seen.
pub(crate) fn warnings(case: &Case<'_>, performance: Option<&Performance>) -> Vec<String> {
    let mut list = Vec::new();
    if let Some(p) = performance
        && p.basis == Basis::Estimate
    {
        let labels = match labelled(case) {
            0 => "no labels in the current data".to_owned(),
            n => format!(
                "only {n} labelled row{} in the current data, too few to measure by",
                if n == 1 { "" } else { "s" }
            ),
        };
        let assumption = p.assumption.as_deref().unwrap_or("is estimated");
        list.push(format!("{labels}: the metric {assumption}; concept drift cannot be seen"));
    }
    if let Some(p) = performance
        && p.basis == Basis::Mixed
    {
        let rows = case.current.rows();
        list.push(format!(
            "{} of {} current rows have labels: the others are accounted for by an estimate, which assumes that the labels are those of a random part of the rows of their window",
            count(labelled(case)),
            count(rows)
        ));
    }
    if case.baseline.watch.metric.is_some() && performance.is_none() {
        list.push(reference_lacks(case));
    }
    if case.current.undated > 0 {
        list.push(format!("{} current rows have no time and belong to no window", count(case.current.undated)));
    }
    if case.baseline.reference.undated > 0 {
        list.push(format!(
            "{} reference rows have no time and belong to no window",
            count(case.baseline.reference.undated)
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
        (None, Some(row)) => format!(" since row {}", count(row)),
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
            "{} {} → {}, tolerated {} {}",
            p.metric.id(),
            metric(p.reference.value),
            metric(c.value),
            if p.metric.higher_is_better() { "loss" } else { "rise" },
            metric(p.tolerance)
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
                        performance.map_or(String::new(), |p| doubt(p, case.budget.performance / 2.0))
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

/// What to say of a loss that is beyond what is tolerated and, though unlikely by chance, no alarm yet.
fn doubt(p: &Performance, alarm: f64) -> String {
    let once = |p: f64| count((1.0 / p.clamp(1e-9, 1.0)).round() as u64);
    let probably = if p.p < 0.05 { "probably decaying" } else { "perhaps decaying" };
    let (way, loss) = if p.metric.higher_is_better() { ("loss", "fell") } else { ("rise", "rose") };
    let current = p.current.map_or(f64::NAN, |c| c.value);
    format!(
        "{probably}: {} {loss} from {} to {}; a {way} this large would come by chance in 1 of {} runs, an alarm needs 1 of {}",
        p.metric.id(),
        metric(p.reference.value),
        metric(current),
        once(p.p),
        once(alarm)
    )
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
        Mode::PerformanceLoss if f.kind.as_deref() == Some("other_metric_fell") => {
            let other = f.evidence.first().map_or("NAME", |e| e.statistic.as_str());
            format!("Decide which metric counts, and watch it with --metric {other}.")
        }
        Mode::PerformanceLoss if f.severity == Severity::Watch => {
            "Look again when more labels have come: so far the loss is within what is tolerated.".to_owned()
        }
        Mode::PerformanceLoss => {
            let retrain = "retrain on labelled rows since the onset if nothing upstream explains it.";
            let words = |s: &BTreeMap<String, String>| {
                s.iter().map(|(c, v)| format!("{} = {}", quoted(c), quoted(v))).collect::<Vec<_>>().join(" and ")
            };
            match f.subject.segment.as_ref().map(words).filter(|w| !w.is_empty()) {
                Some(place) => format!("Look at {place}; {retrain}"),
                None => format!("Look upstream first; {retrain}"),
            }
        }
        Mode::ConceptDrift => "Retrain on labelled rows since the onset; older rows teach the old meaning.".to_owned(),
        Mode::DataDrift if matches!(f.kind.as_deref(), Some("relation_changed" | "joint_shift")) => {
            f.kind.as_deref().and_then(kind).map_or_else(String::new, |k| k.next_step.to_owned())
        }
        Mode::DataDrift | Mode::CategoryShift => {
            let labelled = f.impact.as_ref().is_some_and(|i| i.basis == Basis::Labels);
            if labelled {
                format!("Retrain with the labelled rows where {columns} moved to, if the move is meant to stay.")
            } else {
                format!("Collect labels where {columns} moved to and retrain, if the move is meant to stay.")
            }
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

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::super::case::{evidence, finding};
    use super::*;
    use crate::diagnosis::Impact;

    #[test]
    fn a_loss_has_a_step_that_can_be_taken() {
        let mut f = finding(Mode::PerformanceLoss, Some("metric_fell"), &[], String::new());
        f.severity = Severity::Harmful;
        assert!(next_step(&f).starts_with("Look upstream first; retrain on labelled rows"), "{}", next_step(&f));
        f.subject.segment = Some(BTreeMap::from([("lead_time".to_owned(), "168 to 364".to_owned())]));
        assert!(next_step(&f).starts_with("Look at lead_time = \"168 to 364\"; retrain"), "{}", next_step(&f));
        f.severity = Severity::Watch;
        assert!(next_step(&f).contains("within what is tolerated"), "{}", next_step(&f));
        // Who has labels need not collect them first.
        let mut drift = finding(Mode::DataDrift, None, &["adr"], String::new());
        assert!(next_step(&drift).starts_with("Collect labels where adr moved to"), "{}", next_step(&drift));
        drift.impact =
            Some(Impact { metric: "accuracy".to_owned(), change: Number(-0.1), interval: None, basis: Basis::Labels });
        assert!(next_step(&drift).starts_with("Retrain with the labelled rows where adr"), "{}", next_step(&drift));
        let mut other = finding(Mode::PerformanceLoss, Some("other_metric_fell"), &[], String::new());
        other.evidence = vec![evidence("mape", 0.3)];
        assert_eq!(next_step(&other), "Decide which metric counts, and watch it with --metric mape.");
    }
}
