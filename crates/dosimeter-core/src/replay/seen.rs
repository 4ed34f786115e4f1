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
    let diagnosis = diagnose(baseline, &period, Context { every, ..context });
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

    #[test]
    fn what_is_tolerated_grows_with_time() {
        assert_eq!(tolerated(2.0, Some(45 * DAY)), Some(1.0));
        assert_eq!(tolerated(2.0, None), None);
    }
}
