//! From evidence to named findings and one verdict.
//!
//! The order matters and is this: schema checks claim the columns whose *format* changed; what moved without that is drift
//! of inputs, of categories, or of base rates; the watched metric says whether anything fell; the loss, if there is one, is
//! split between causes; and each finding gets its severity from what it carries.

mod affected;
mod calibration;
mod case;
mod causes;
mod columns;
mod dating;
mod direct_loss;
mod embeddings;
mod forecast;
mod inputs;
mod joint_drift;
mod learner;
mod other_metrics;
mod performance;
mod prior;
mod reading;
mod recalibration;
mod schema;
mod schema_part;
mod segments;
mod several;
mod slices;
mod verdict;
mod weigh;

use case::Case;
use performance::Performance;

use crate::diagnosis::{
    Basis, Budget, Diagnosis, FORMAT, Finding, Input, Inputs, LabelInput, MetricChange, Number, OtherMetric, Severity,
    Verdict, Window,
};
use crate::evidence;
use crate::profile::{Baseline, PeriodProfile};
use crate::time::Timestamp;

/// What the caller knows about the run and the core cannot.
#[derive(Clone, Debug, Default)]
pub struct Context {
    /// The files of the current data.
    pub current_files: Vec<String>,
    /// The label feed, where one was given.
    pub labels: Option<LabelInput>,
    /// The instant as of which the data should be fresh, microseconds UTC; `None` where nobody said.
    pub as_of: Option<i64>,
    /// What the reader should know already.
    pub warnings: Vec<String>,
    /// How often the monitor looks, in microseconds, where that is known better than the policy says.
    pub every: Option<i64>,
}

/// Compares the current profile with the baseline. Never fails: what cannot be said is `null` and `blind`.
#[must_use]
pub fn diagnose(baseline: &Baseline, current: &PeriodProfile, context: Context) -> Diagnosis {
    let span = match (current.windows.first().and_then(|w| w.start), current.windows.last().and_then(|w| w.end)) {
        (Some(a), Some(b)) => Some(b - a),
        _ => None,
    };
    let shifts = evidence::shift::test_columns(baseline, current);
    let time = context.every.or(baseline.watch.every).or(span);
    // The parts of a column of vectors share its budget.
    let columns = shifts.iter().filter(|s| baseline.part_of(s.column).is_none()).count();
    let budget = evidence::budget::Budget::new(baseline.watch.false_alarms_per_90_days, time, columns);
    let mut case = Case { baseline, current, shifts, budget, lossy: false, as_of: context.as_of };

    let performance = baseline.watch.metric.and_then(|m| performance::measure(&case, m));
    case.lossy = performance.as_ref().is_some_and(Performance::is_harmful);
    let case = case;
    let claims = schema::check(&case);
    let mut findings = claims.findings.clone();
    findings.extend(inputs::find(&case, &claims));
    findings.extend(joint_drift::find(&case, &claims, &findings));
    let apart = embeddings::measure(&case);
    findings.extend(embeddings::find(&case, &claims, &apart));
    let mut priors = prior::find(&case, &claims);
    let windows = performance.as_ref().map(|p| p.affected.windows.clone()).unwrap_or_default();
    let base_rate = prior::base_rate(&case, &windows);
    let mut prior_alone = false;
    if let (Some(rate), Some(f)) = (&base_rate, priors.iter_mut().find(|f| f.kind.as_deref() == Some("label"))) {
        prior_alone = rate.alone;
        prior::tell(f, rate);
    }
    findings.extend(priors);
    findings.extend(performance.as_ref().and_then(|p| performance::find(&case, p)));
    findings.extend(calibration::find(&case, performance.as_ref()));
    let causes = performance.as_ref().and_then(|p| causes::decompose_loss(&case, p, &claims));
    weigh::weigh(&case, performance.as_ref(), causes.as_ref(), prior_alone, &mut findings);
    findings.extend(performance.as_ref().and_then(|p| other_metrics::find(&case, p)));
    let watched: Vec<Finding> = performance.iter().flat_map(|p| segments::find(&case, p)).collect();
    if watched.is_empty() {
        findings.extend(performance.iter().flat_map(|p| slices::find(&case, p, &claims)));
    }
    findings.extend(watched);
    findings.extend(performance.as_ref().map_or_else(Vec::new, |p| several::metric_again(&case, p, &findings)));
    findings.extend(several::columns_again(&case, &findings));
    for f in &mut findings {
        if f.onset.as_ref().is_some_and(|o| *o == crate::diagnosis::Onset::default()) {
            f.onset = None;
        }
        if f.next_step.is_empty() {
            f.next_step = verdict::next_step(f);
        }
    }
    verdict::rank(&mut findings);

    let power = verdict::power(&case, performance.as_ref());
    let verdict = verdict::verdict(&case, performance.as_ref(), &findings);
    let mut warnings = context.warnings;
    warnings.extend(verdict::warnings(&case, performance.as_ref()));
    let flagged = findings.iter().flat_map(|f| f.subject.columns.clone()).collect();
    Diagnosis {
        format: FORMAT,
        version: env!("CARGO_PKG_VERSION"),
        monitor: baseline.watch.monitor.clone(),
        verdict,
        summary: verdict::summary(&case, verdict, performance.as_ref(), &findings),
        metric: metric_change(&case, performance.as_ref()),
        decomposition: causes.and_then(|c| c.decomposition),
        windows: windows_of(current, performance.as_ref().map(|p| (&p.windows, Some((&p.estimates, &p.combined))))),
        reference_windows: windows_of(&baseline.reference, performance.as_ref().map(|p| (&p.reference_windows, None))),
        columns: columns::all(&case, &flagged, &apart),
        findings,
        power,
        budget: Budget {
            false_alarms: Number(budget.run),
            per: "run".to_owned(),
            checks: budget.checks,
            alpha_per_check: Number(budget.run / budget.checks.max(1) as f64),
            every_days: baseline.watch.every.map(|t| Number(t as f64 / crate::time::DAY as f64)),
        },
        inputs: inputs_of(&case, context.current_files, context.labels),
        warnings,
        forecast: performance.as_ref().and_then(|p| forecast::forecast(&case, p)),
    }
}

type Estimates = Vec<Option<crate::metric::Estimate>>;

fn windows_of(period: &PeriodProfile, measured: Option<(&Estimates, Option<(&Estimates, &Estimates)>)>) -> Vec<Window> {
    let at = |list: Option<&Estimates>, i: usize| list.and_then(|l| l.get(i).copied().flatten());
    let interval = |e: crate::metric::Estimate| e.interval(0.95).map(Number);
    period
        .windows
        .iter()
        .enumerate()
        .map(|(index, w)| {
            let (metric, rest) = (at(measured.map(|m| m.0), index), measured.and_then(|m| m.1));
            let (estimate, combined) = (at(rest.map(|r| r.0), index), at(rest.map(|r| r.1), index));
            Window {
                index,
                start: w.start.map(Timestamp),
                end: w.end.map(Timestamp),
                first_row: w.first_row,
                rows: w.rows,
                labelled: w.outcome.as_ref().map_or(0, crate::metric::Tally::rows),
                metric: metric.map(|e| Number(e.value)),
                interval: metric.map(interval),
                estimate: estimate.map(|e| Number(e.value)),
                estimate_interval: estimate.map(interval),
                combined: combined.map(|e| Number(e.value)),
                combined_interval: combined.map(interval),
            }
        })
        .collect()
}

fn metric_change(case: &Case<'_>, performance: Option<&Performance>) -> MetricChange {
    let Some(p) = performance else {
        return MetricChange {
            name: case.baseline.watch.metric.map(|m| m.id().to_owned()),
            basis: Basis::None,
            reference: None,
            current: None,
            change: None,
            interval: None,
            tolerance: None,
            higher_is_better: case.baseline.watch.metric.is_none_or(|m| m.higher_is_better()),
            others: Vec::new(),
        };
    };
    let (then, now) =
        (reading::merged(case.baseline.reference.windows.iter()), reading::merged(case.current.windows.iter()));
    let others = then
        .iter()
        .flat_map(|t| t.others())
        .filter(|(m, _)| *m != p.metric)
        .map(|(m, e)| OtherMetric {
            name: m.id().to_owned(),
            reference: Some(Number(e.value)),
            current: now.as_ref().and_then(|t| t.estimate(m)).map(|e| Number(e.value)),
            higher_is_better: m.higher_is_better(),
        })
        .collect();
    let change = p.change();
    MetricChange {
        name: Some(p.metric.id().to_owned()),
        basis: p.basis,
        reference: Some(Number(p.reference.value)),
        current: p.current.map(|e| Number(e.value)),
        change: change.map(|c| Number(c.0)),
        interval: change.map(|c| c.1.map(Number)),
        tolerance: Some(Number(p.tolerance)),
        higher_is_better: p.metric.higher_is_better(),
        others,
    }
}

fn inputs_of(case: &Case<'_>, current_files: Vec<String>, labels: Option<LabelInput>) -> Inputs {
    let mut roles: std::collections::BTreeMap<String, Vec<String>> = std::collections::BTreeMap::new();
    let whole = |j: &usize| case.baseline.part_of(*j).is_none();
    for c in (0..case.baseline.columns.len()).filter(whole).map(|j| case.spec(j)) {
        roles.entry(c.role.as_str().to_owned()).or_default().push(c.name.clone());
    }
    Inputs {
        reference: Input { rows: case.baseline.reference.rows(), files: case.baseline.files.clone() },
        current: Input { rows: case.current.rows(), files: current_files },
        labels,
        seed: case.baseline.watch.seed,
        roles,
        window: case.baseline.window.to_string(),
    }
}

/// Whether any finding is harmful.
fn any_harmful(findings: &[Finding]) -> bool {
    findings.iter().any(|f| f.severity == Severity::Harmful)
}

fn is_blind(verdict: Verdict) -> bool {
    verdict == Verdict::Blind
}
