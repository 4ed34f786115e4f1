//! What one look says, as far as it is remembered.

use super::looks::{Look, Span};
use crate::diagnose::{Context, diagnose};
use crate::diagnosis::{Finding, MetricChange, Verdict};
use crate::profile::{Baseline, PeriodProfile};
use crate::time::DAY;

/// What one look said.
#[derive(Clone, Debug)]
pub struct Seen {
    /// The verdict.
    pub verdict: Verdict,
    /// The findings, worst first.
    pub findings: Vec<Finding>,
    /// The watched metric.
    pub metric: MetricChange,
    /// The false alarms that this look was allowed.
    pub budget: f64,
}

/// The rate for a diagnosis of `span` so that it spends what a look every `every` may: the policy's rate times the time
/// between two looks. Without times each look spends what a single run does.
fn rate_of_a_look(per_90_days: f64, every: Option<i64>, span: Option<i64>) -> f64 {
    match (every, span) {
        (Some(every), Some(span)) if span > 0 => per_90_days * every as f64 / span as f64,
        _ => per_90_days,
    }
}

/// The false alarms that a policy tolerates between two looks, per 90 days and microseconds; `None` without times.
#[must_use]
pub(super) fn tolerated(per_90_days: f64, span: Option<i64>) -> Option<f64> {
    span.map(|span| per_90_days * span as f64 / (90.0 * DAY as f64))
}

/// Diagnoses what a look sees as `check` would have then. `every` is the time between looks; with `delay`, younger labels
/// are taken not to have come.
#[must_use]
pub fn see(
    baseline: &Baseline,
    look: &Look,
    mut period: PeriodProfile,
    every: Option<i64>,
    delay: Option<Span>,
    context: Context,
) -> Seen {
    let known = delay.map(|delay| look.known(&period, delay));
    if let Some(known) = known {
        period.withhold_labels(baseline, known);
    }
    let span = match (period.windows.first().and_then(|w| w.start), period.windows.last().and_then(|w| w.end)) {
        (Some(a), Some(b)) => Some(b - a),
        _ => None,
    };
    let rate = rate_of_a_look(baseline.watch.false_alarms_per_90_days, every, span);
    let diagnosis = diagnose(baseline, &period, Context { false_alarms_per_90_days: Some(rate), ..context });
    let mut findings = diagnosis.findings;
    if let Some(known) = known {
        // Labels that are known to be late have not stopped.
        let late = |f: &Finding| {
            f.kind.as_deref() == Some("labels_stopped")
                && f.onset.as_ref().and_then(|o| o.window).is_some_and(|w| w >= known)
        };
        findings.retain(|f| !late(f));
    }
    Seen { verdict: diagnosis.verdict, findings, metric: diagnosis.metric, budget: diagnosis.budget.false_alarms.0 }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::evidence::budget::{Budget, PER_RUN};

    #[test]
    fn a_look_spends_the_time_since_the_one_before() {
        let run = |every, span| Budget::new(rate_of_a_look(1.0, every, span), span, 3).run;
        assert!((run(Some(DAY), Some(200 * DAY)) - 1.0 / 90.0).abs() < 1e-15);
        assert!((run(Some(DAY), Some(DAY)) - 1.0 / 90.0).abs() < 1e-15);
        assert_eq!(run(Some(7 * DAY), Some(70 * DAY)), PER_RUN);
        assert_eq!(run(None, None), PER_RUN);
        assert_eq!(tolerated(2.0, Some(45 * DAY)), Some(1.0));
    }
}
