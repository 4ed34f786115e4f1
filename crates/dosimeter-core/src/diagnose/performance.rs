//! Has the watched metric fallen, since when, by how much, and could a fall have been seen at all?
//!
//! Each window gives the metric with its sampling error; the reference's own windows say how much more it wobbles. The
//! change is taken as real when it beats its share of the alarm budget, and as harmful when it is also more than
//! the policy tolerates.

use super::case::{Affected, Case, evidence, finding};
use crate::catalogue::Mode;
use crate::diagnosis::{Basis, Finding, Impact, Number, Severity};
use crate::evidence::dispersion::{Prior, effective, persistence, ratio};
use crate::evidence::shift::recent_parts;
use crate::metric::{Calibrator, Estimate, Metric, Tally, UnlabelledTally, estimate_binary};
use crate::profile::{PeriodProfile, WindowProfile};
use crate::statistic::tail;
use crate::text::digits;

/// The watched metric over the history.
pub(crate) struct Performance {
    pub(crate) metric: Metric,
    pub(crate) basis: Basis,
    pub(crate) reference: Estimate,
    pub(crate) current: Option<Estimate>,
    /// By current window; `None` where nothing could be measured.
    pub(crate) windows: Vec<Option<Estimate>>,
    /// By reference window.
    pub(crate) reference_windows: Vec<Option<Estimate>>,
    /// By current window, without labels.
    pub(crate) estimates: Vec<Option<Estimate>>,
    pub(crate) tolerance: f64,
    /// p of the fall, one-sided, at its most telling: the whole period or one window.
    pub(crate) p: f64,
    /// Whether it beats the budget.
    pub(crate) real: bool,
    /// The windows in which it is off, and since when.
    pub(crate) affected: Affected,
    /// The metric over those windows.
    pub(crate) after: Option<Estimate>,
    /// Positive: worse, over the affected windows.
    pub(crate) loss: f64,
    /// The loss that decides: over the affected windows, or over everything where the order of rows means nothing.
    whole_loss: f64,
    /// The 95 % interval of the loss.
    pub(crate) loss_interval: [f64; 2],
    /// The variance that the reference's wobble adds to a comparison of the whole period.
    wobble: f64,
}

impl Performance {
    pub(crate) fn is_harmful(&self) -> bool {
        self.real && self.loss > self.tolerance && self.whole_loss > self.tolerance
    }

    /// Whether it looks worse than tolerated by more than chance, though not surely enough for an alarm: nothing to be
    /// called healthy.
    pub(crate) fn is_doubtful(&self) -> bool {
        let Some(current) = self.current.filter(|_| !self.real) else {
            return false;
        };
        let loss = self.metric.worsening(self.reference.value, current.value);
        let error = (current.se.powi(2) + self.reference.se.powi(2) + self.wobble).sqrt();
        loss > self.tolerance && loss > 1.96 * error
    }

    /// The change of the metric over the whole current period, with its interval.
    pub(crate) fn change(&self) -> Option<(f64, [f64; 2])> {
        let current = self.current?;
        let change = current.value - self.reference.value;
        let half = 1.96 * (current.se.powi(2) + self.reference.se.powi(2) + self.wobble).sqrt();
        Some((change, [change - half, change + half]))
    }

    /// The smallest fall over the whole current period that would be noticed in four of five cases.
    pub(crate) fn detectable(&self, alpha: f64) -> Option<f64> {
        let current = self.current?;
        let error = (current.se.powi(2) + self.reference.se.powi(2) + self.wobble).sqrt();
        Some((tail::normal_isf((alpha / 2.0).clamp(1e-300, 0.5)) + tail::normal_isf(0.2)) * error)
    }
}

/// The tally of some windows together.
pub(crate) fn merged<'w>(windows: impl Iterator<Item = &'w WindowProfile>) -> Option<Tally> {
    let mut total: Option<Tally> = None;
    for tally in windows.filter_map(|w| w.outcome.as_ref()) {
        match &mut total {
            None => total = Some(tally.clone()),
            Some(t) => {
                let _ = t.merge(tally);
            }
        }
    }
    total
}

fn unlabelled<'w>(windows: impl Iterator<Item = &'w WindowProfile>) -> Option<UnlabelledTally> {
    let mut total: Option<UnlabelledTally> = None;
    for tally in windows.filter_map(|w| w.scored.as_ref()) {
        match &mut total {
            None => total = Some(tally.clone()),
            Some(t) => {
                let _ = t.merge(tally);
            }
        }
    }
    total
}

/// Labels fewer than this are no measurement of the period; an estimate, where there is one, stands in.
const FEW_LABELS: u64 = 30;

/// Measures the watched metric; `None` where the reference has no labelled predictions or the metric is not defined.
pub(crate) fn measure(case: &Case<'_>, metric: Metric) -> Option<Performance> {
    let reference_profile = &case.baseline.reference;
    let reference_tally = merged(reference_profile.windows.iter())?;
    let reference = reference_tally.estimate(metric)?;
    let labelled: u64 = case.current.windows.iter().filter_map(|w| w.outcome.as_ref()).map(Tally::rows).sum();
    let calibrator = match &reference_tally {
        Tally::Binary(t) => Calibrator::fit(t),
        _ => None,
    };
    let guess = |w: &WindowProfile| {
        let scored = w.scored.as_ref()?;
        estimate_binary(metric, calibrator.as_ref()?, scored).ok()
    };
    let by_label = |p: &PeriodProfile| {
        p.windows.iter().map(|w| w.outcome.as_ref().and_then(|t| t.estimate(metric))).collect::<Vec<_>>()
    };
    let estimates: Vec<Option<Estimate>> = case.current.windows.iter().map(guess).collect();
    let windows = by_label(case.current);
    let reference_windows = by_label(reference_profile);
    let measured =
        merged(case.current.windows.iter()).and_then(|t| t.estimate(metric)).filter(|_| labelled >= FEW_LABELS);
    let enough = |e: &Estimate| e.n >= FEW_LABELS;
    let guessed = || {
        unlabelled(case.current.windows.iter())
            .and_then(|t| estimate_binary(metric, calibrator.as_ref()?, &t).ok())
            .filter(enough)
    };
    let (basis, current, series) = match (measured, guessed()) {
        (Some(m), _) => (Basis::Labels, Some(m), windows.clone()),
        (None, Some(g)) => (Basis::Estimate, Some(g), estimates.clone()),
        (None, None) => (Basis::None, None, windows.clone()),
    };

    let wobble = Wobble::of(&reference_windows);
    let tolerance = case.baseline.watch.tolerance.unwrap_or_else(|| {
        reference_tally.default_tolerance(metric).unwrap_or_else(|| metric.default_tolerance(reference.value))
    });
    let worse = |e: &Estimate| metric.worsening(reference.value, e.value);
    let p_of = |e: &Estimate, windows: usize| wobble.p_worse(worse(e), e.se.powi(2) + reference.se.powi(2), windows);
    // A window of a few rows has no normal error: it may not raise an alarm by itself.
    let tested: Vec<&Estimate> = series.iter().flatten().filter(|e| e.n >= FEW_LABELS).collect();
    let ordered = case.baseline.ordered;
    let p_window =
        if !ordered { 1.0 } else { tested.iter().map(|e| p_of(e, 1)).fold(1.0, f64::min) * tested.len().max(1) as f64 };
    // The whole period, its last half, quarter and so on: a recent fall must not drown in a long healthy time.
    let starts = if ordered { recent_parts(case.current.windows.len()) } else { vec![0] };
    let part = |from: usize| -> Option<Estimate> {
        let windows = || case.current.windows.iter().skip(from);
        let e = match basis {
            Basis::Labels => merged(windows())?.estimate(metric),
            Basis::Estimate => estimate_binary(metric, calibrator.as_ref()?, &unlabelled(windows())?).ok(),
            _ => None,
        }?;
        (e.n >= FEW_LABELS).then_some(e)
    };
    let mut p_period = 1.0f64;
    let mut since = 0;
    for from in &starts {
        let measured = series.iter().skip(*from).flatten().filter(|e| e.n >= FEW_LABELS).count().max(1);
        let p = part(*from).map_or(1.0, |e| p_of(&e, measured));
        if p < p_period {
            (p_period, since) = (p, *from);
        }
    }
    let p = (2.0 * (p_period * starts.len() as f64).min(p_window)).min(1.0);
    let real = p < case.budget.performance / 2.0;

    let deviations: Vec<f64> = series.iter().map(|e| e.as_ref().map_or(f64::NAN, worse)).collect();
    let variances: Vec<f64> = series
        .iter()
        .map(|e| e.as_ref().map_or(f64::INFINITY, |e| e.se.powi(2).max(1e-12) + reference.se.powi(2) + wobble.over(1)))
        .collect();
    let affected = if real {
        let found = affected_for_worse(case, &deviations, &variances, tolerance);
        if found.sharp || p_window < p_period {
            found
        } else {
            let windows: Vec<usize> = (since..deviations.len()).collect();
            Affected { onset: case.onset_at(since, 0, deviations.len().saturating_sub(1)), windows, sharp: false }
        }
    } else {
        case.affected(&vec![0.0; deviations.len()], &variances, f64::INFINITY)
    };
    let some = || affected.windows.iter().filter_map(|w| case.current.windows.get(*w));
    let after = match basis {
        Basis::Labels => merged(some()).and_then(|t| t.estimate(metric)),
        Basis::Estimate => unlabelled(some()).and_then(|t| estimate_binary(metric, calibrator.as_ref()?, &t).ok()),
        _ => None,
    }
    .or(current);
    let loss = after.as_ref().map_or(0.0, worse);
    let half = after
        .map_or(0.0, |a| 1.96 * (a.se.powi(2) + reference.se.powi(2) + wobble.over(affected.windows.len())).sqrt());
    Some(Performance {
        metric,
        basis,
        reference,
        current,
        windows,
        reference_windows,
        estimates,
        tolerance,
        p,
        real,
        affected,
        after,
        loss,
        whole_loss: if ordered { loss } else { current.as_ref().map_or(0.0, worse) },
        loss_interval: [loss - half, loss + half],
        wobble: wobble.over(tested.len().max(1)),
    })
}

/// The stretches in which the metric is worse by more than half of what is tolerated; better stretches do not count.
fn affected_for_worse(case: &Case<'_>, deviations: &[f64], variances: &[f64], tolerance: f64) -> Affected {
    let clipped: Vec<f64> = deviations.to_vec();
    let affected = case.affected(&clipped, variances, tolerance * 0.5);
    let worse: Vec<usize> =
        affected.windows.iter().copied().filter(|w| !deviations.get(*w).is_some_and(|d| *d < 0.0)).collect();
    match worse.first() {
        Some(first) if affected.windows.first() != Some(first) => {
            Affected { onset: case.onset_at(*first, *first, *first), windows: worse, sharp: true }
        }
        Some(_) => Affected { windows: worse, ..affected },
        None => affected,
    }
}

/// How the metric wobbles between reference windows beyond its sampling error.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Wobble {
    /// Variance of one window's wobble.
    variance: f64,
    freedom: f64,
    persistence: f64,
    /// Independent windows behind the reference's mean.
    known: f64,
}

impl Wobble {
    pub(crate) fn of(windows: &[Option<Estimate>]) -> Wobble {
        let usable: Vec<&Estimate> =
            windows.iter().flatten().filter(|e| e.n >= FEW_LABELS && e.se > 0.0 && e.se.is_finite()).collect();
        let means: Vec<f64> = usable.iter().map(|e| e.value).collect();
        let variances: Vec<f64> = usable.iter().map(|e| e.se.powi(2)).collect();
        let Some((f, d)) = ratio(&means, &variances) else {
            return Wobble { variance: 0.0, freedom: f64::INFINITY, persistence: 0.0, known: 1.0 };
        };
        let dispersion = Prior { typical: 1.0, freedom: 4.0 }.shrink(f, d);
        let typical = variances.iter().sum::<f64>() / variances.len() as f64;
        let persistence = persistence(&means, &variances).unwrap_or(0.3);
        Wobble {
            variance: (dispersion.factor - 1.0) * typical,
            freedom: dispersion.freedom,
            persistence,
            known: effective(means.len() as f64, persistence),
        }
    }

    /// What it adds to a comparison of `windows` current windows with the reference.
    pub(crate) fn over(&self, windows: usize) -> f64 {
        self.variance * (1.0 / effective(windows as f64, self.persistence) + 1.0 / self.known)
    }

    /// One-sided p of a worsening `loss` with sampling variance `sampling`, over `windows` windows.
    pub(crate) fn p_worse(&self, loss: f64, sampling: f64, windows: usize) -> f64 {
        let wobble = self.over(windows);
        let total = sampling + wobble;
        let t = loss / total.sqrt();
        if !t.is_finite() {
            return if loss > 0.0 && total == 0.0 { 0.0 } else { 1.0 };
        }
        let freedom = self.freedom * (total / wobble.max(f64::MIN_POSITIVE)).powi(2);
        let two = if freedom < 1e6 { tail::student_two_sided(t, freedom.max(1.0)) } else { tail::normal_two_sided(t) };
        if t > 0.0 { two / 2.0 } else { 1.0 - two / 2.0 }
    }
}

/// The finding that the metric fell, if it did.
pub(crate) fn find(case: &Case<'_>, performance: &Performance) -> Option<Finding> {
    if !performance.real || performance.loss <= 0.0 {
        return None;
    }
    let after = performance.after?;
    let name = performance.metric.id();
    let how = if performance.basis == Basis::Estimate { ", estimated without labels" } else { "" };
    let mut f = finding(
        Mode::PerformanceLoss,
        Some("metric_fell"),
        &[],
        format!("{name} {} → {}{how}", digits(performance.reference.value), digits(after.value)),
    );
    f.severity = if performance.is_harmful() {
        Severity::Harmful
    } else if performance.loss > performance.tolerance / 2.0 {
        Severity::Watch
    } else {
        Severity::Harmless
    };
    f.onset = Some(performance.affected.onset.clone());
    f.share = Some(Number(case.share_of(&performance.affected.windows)));
    f.impact = Some(impact(performance, performance.loss, performance.loss_interval));
    let mut e = evidence(name, after.value);
    e.p_value = Some(Number(performance.p));
    e.effect = Some(Number(performance.loss));
    e.threshold = Some(Number(performance.tolerance));
    f.evidence = vec![e];
    Some(f)
}

/// A loss (positive: worse) as a signed change of the metric.
pub(crate) fn impact(performance: &Performance, loss: f64, interval: [f64; 2]) -> Impact {
    let sign = if performance.metric.higher_is_better() { -1.0 } else { 1.0 };
    let (a, b) = (sign * interval[0], sign * interval[1]);
    Impact {
        metric: performance.metric.id().to_owned(),
        change: Number(sign * loss),
        interval: Some([Number(a.min(b)), Number(a.max(b))]),
        basis: performance.basis,
    }
}

/// Other metrics that fell for real by more than their tolerance while the watched one did not.
pub(crate) fn others(case: &Case<'_>, performance: &Performance) -> Option<Finding> {
    if performance.is_harmful() || performance.basis != Basis::Labels {
        return None;
    }
    let then = merged(case.baseline.reference.windows.iter())?;
    let alpha = case.budget.performance / 20.0;
    let mut worse: Vec<(Metric, Estimate, Estimate, f64, Performance)> = then
        .others()
        .into_iter()
        .filter(|(m, _)| *m != performance.metric && !matches!(m, Metric::Ece | Metric::Bias | Metric::R2))
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
