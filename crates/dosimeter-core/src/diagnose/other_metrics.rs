//! Other metrics that fell while the watched one did not: which one is watched may be the wrong choice.

use super::case::{Case, evidence, finding};
use super::performance::{Performance, measure};
use super::reading::{FEW_LABELS, merged};
use crate::catalogue::Mode;
use crate::diagnosis::{Basis, Finding, Number, Severity};
use crate::metric::{Estimate, Metric, Tally};
use crate::text::digits;

/// Whether a metric rests on how many there are of each class.
fn counts_classes(metric: Metric) -> bool {
    matches!(
        metric,
        Metric::Precision
            | Metric::Recall
            | Metric::F1
            | Metric::Specificity
            | Metric::Mcc
            | Metric::Auc
            | Metric::AveragePrecision
    )
}

/// Whether both classes of a binary model have rows enough; of other models nothing is asked.
fn both_classes(tally: &Tally) -> bool {
    let rows = |metric| tally.estimate(metric).map_or(0, |e| e.n);
    !matches!(tally, Tally::Binary(_)) || rows(Metric::Recall) >= FEW_LABELS && rows(Metric::Specificity) >= FEW_LABELS
}

/// Other metrics that fell for real by more than their tolerance while the watched one did not.
pub(crate) fn find(case: &Case<'_>, performance: &Performance) -> Option<Finding> {
    let labelled = performance.basis == Basis::Labels || performance.basis == Basis::Mixed && performance.all_measured;
    if performance.is_harmful() || !labelled {
        return None;
    }
    let then = merged(case.baseline.reference.windows.iter())?;
    let now = merged(case.current.windows.iter())?;
    let rivals: Vec<(Metric, Estimate)> = then
        .others()
        .into_iter()
        .filter(|(m, _)| *m != performance.metric && !matches!(m, Metric::Ece | Metric::Bias | Metric::R2))
        .filter(|(m, a)| a.n >= FEW_LABELS && (both_classes(&then) && both_classes(&now) || !counts_classes(*m)))
        .collect();
    // A tenth of the metric's share of the budget, for all of them together.
    let alpha = case.budget.performance / 10.0 / rivals.len().max(1) as f64;
    let mut worse: Vec<(Metric, Estimate, Estimate, f64, Performance)> = rivals
        .into_iter()
        .filter_map(|(m, a)| {
            let p = measure(case, m)?;
            let tolerance = then.default_tolerance(m).unwrap_or_else(|| m.default_tolerance(a.value));
            (p.real && p.p < alpha && p.loss > tolerance).then_some((m, a, p.after?, p.loss / tolerance, p))
        })
        .collect();
    // The best known of them speaks for the others.
    const KNOWN: [Metric; 8] = [
        Metric::Mape,
        Metric::Rmse,
        Metric::Auc,
        Metric::F1,
        Metric::LogLoss,
        Metric::Recall,
        Metric::Precision,
        Metric::Rmsle,
    ];
    let rank = |m: Metric| KNOWN.iter().position(|k| *k == m).unwrap_or(KNOWN.len());
    worse.sort_by(|a, b| rank(a.0).cmp(&rank(b.0)).then(b.3.total_cmp(&a.3)));
    let (metric, a, b, _, since) = worse.first()?;
    // Both over the same windows: those in which the other one is worse.
    let affected = || since.affected.windows.iter().filter_map(|w| case.current.windows.get(*w));
    let watched = merged(affected()).and_then(|t| t.estimate(performance.metric))?;
    let direction = match performance.metric.worsening(performance.reference.value, watched.value) {
        w if w < 0.0 => "improves",
        _ if performance.real => "is slightly worse",
        w if w > performance.tolerance => "is worse, though not surely",
        _ => "stays",
    };
    let mut f = finding(
        Mode::PerformanceLoss,
        Some("other_metric_fell"),
        &[],
        format!(
            "{} {direction} ({} → {}) while {} worsens ({} → {})",
            performance.metric.id(),
            digits(performance.reference.value),
            digits(watched.value),
            metric.id(),
            digits(a.value),
            digits(b.value)
        ),
    );
    f.severity = Severity::Watch;
    // Dated by the metric that worsened.
    f.onset = Some(since.affected.onset.clone());
    f.share = Some(Number(case.share_of(&since.affected.windows)));
    f.evidence = worse
        .iter()
        .take(4)
        .map(|(m, a, b, ..)| {
            let mut e = evidence(m.id(), b.value);
            e.effect = Some(Number(m.worsening(a.value, b.value)));
            e
        })
        .collect();
    Some(f)
}
