//! Has the watched metric fallen, since when, by how much, and could a fall have been seen at all?
//!
//! Each window gives the metric with its sampling error; the reference's own windows say how much more it wobbles. The
//! change is taken as real when it beats its share of the alarm budget, and as harmful when it is also more than
//! the policy tolerates.

use super::case::{Affected, Case, evidence, finding};
use super::dating::{Followed, to_the_row};
use super::reading::{FEW_LABELS, Reading, merged};
use crate::catalogue::Mode;
use crate::diagnosis::{Basis, Evidence, Finding, Impact, Number, Severity};
use crate::evidence::metric_wobble::Wobble;
use crate::evidence::onset::{Level, levels, stretches_and_ramps};
use crate::evidence::shift::{recent_parts, whole_windows};
use crate::metric::{Estimate, Metric};
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
    /// By current window of which some rows have labels, by those and the estimate of the others together.
    pub(crate) combined: Vec<Option<Estimate>>,
    /// What the estimate assumes, and what it rests on, in words.
    pub(crate) assumption: Option<String>,
    pub(crate) rests_on: String,
    /// Whether labels have come in every window as usual, though perhaps not for every row.
    pub(crate) all_measured: bool,
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
    /// The 95 % interval of the loss.
    pub(crate) loss_interval: [f64; 2],
    /// How the metric wobbles, and the windows of the whole period that it averages out over.
    wobble: (Wobble, usize),
    /// By how much the calendar alone puts the current windows off the reference, and the variance of what is not known of it.
    season: (f64, f64),
    /// How many parts of the period are tested for a fall.
    parts: usize,
    /// The part of the current rows in windows of which anything is known.
    covered: f64,
    /// How much more the metric varies between reference windows than sampling alone would make it, as a factor of variance.
    pub(crate) dispersion: f64,
    /// The series that dates it.
    pub(crate) course: Course,
}

/// How much worse the metric is, window by window, and how surely.
pub(crate) struct Course {
    /// Worsening against the reference; NaN where nothing is known.
    pub(crate) deviations: Vec<f64>,
    /// Sampling error, the reference's error and wobble.
    pub(crate) variances: Vec<f64>,
    /// Of the wobble: one window's variance, and its autocorrelation.
    pub(crate) wobble: (f64, f64),
    /// The reference's own sampling variance, which all windows share.
    pub(crate) shared: f64,
    /// The levels that are certainly apart, in order, with the metric over each; where the metric fell for real.
    pub(crate) levels: Vec<(Level, Option<Estimate>)>,
}

/// Where less is known of the rows than this, what is known is no verdict on them.
const LEAST_COVERED: f64 = 0.5;

impl Performance {
    pub(crate) fn is_harmful(&self) -> bool {
        self.real && self.loss > self.tolerance
    }

    /// Whether it looks worse than tolerated by more than chance, though not surely enough for an alarm: nothing to be
    /// called healthy.
    pub(crate) fn is_doubtful(&self) -> bool {
        let Some(current) = self.current.filter(|_| !self.real) else {
            return false;
        };
        let loss = self.metric.worsening(self.reference.value + self.season.0, current.value);
        loss > self.tolerance && loss > 1.96 * self.error(&current)
    }

    /// The standard error of the change over the whole current period.
    fn error(&self, current: &Estimate) -> f64 {
        let (wobble, windows) = &self.wobble;
        (self.sampling(current) + wobble.over(*windows)).sqrt()
    }

    /// The variance of the change without the wobble: of both samples, and of what is not known of the season.
    fn sampling(&self, current: &Estimate) -> f64 {
        current.se.powi(2) + self.reference.se.powi(2) + self.season.1
    }

    /// The metric as evidence, where it is worse by `loss`.
    fn evidence(&self, now: &Estimate, loss: f64) -> Vec<Evidence> {
        let mut e = self.evidence_of(now, loss);
        e.p_value = Some(Number(self.p));
        vec![e]
    }

    /// The metric at a level, without a test of its own.
    pub(super) fn evidence_of(&self, now: &Estimate, loss: f64) -> Evidence {
        let mut e = evidence(self.metric.id(), now.value);
        e.effect = Some(Number(loss));
        e.threshold = Some(Number(self.tolerance));
        e
    }

    /// Whether labels and scores together speak of most rows.
    pub(crate) fn sees_most(&self) -> bool {
        self.covered >= LEAST_COVERED
    }

    /// The change of the metric over the whole current period, with its interval.
    pub(crate) fn change(&self) -> Option<(f64, [f64; 2])> {
        let current = self.current?;
        let change = current.value - self.reference.value;
        let half = 1.96 * self.error(&current);
        Some((change, [change - half, change + half]))
    }

    /// The smallest fall over the whole current period that would be noticed in four of five cases.
    pub(crate) fn detectable(&self, alpha: f64) -> Option<f64> {
        let current = self.current?;
        let (wobble, windows) = &self.wobble;
        let quantile = |alpha: f64| wobble.quantile(alpha, self.sampling(&current), *windows);
        // The period is tested in several parts, and by single windows as well: the whole has its share of the budget.
        Some((quantile(alpha / (2.0 * self.parts.max(1) as f64)) + quantile(0.2)) * self.error(&current))
    }
}

/// Measures the watched metric; `None` where the reference has no labelled predictions or the metric is not defined.
pub(crate) fn measure(case: &Case<'_>, metric: Metric) -> Option<Performance> {
    let reference_profile = &case.baseline.reference;
    let reference_tally = merged(reference_profile.windows.iter())?;
    let reference = reference_tally.estimate(metric)?;
    let reading = Reading::new(case, metric, &reference_tally, &reference);
    let (windows, estimates, combined) = (reading.by_label(), reading.by_score(), reading.by_both());
    let reference_windows: Vec<Option<Estimate>> =
        reference_profile.windows.iter().map(|w| w.outcome.as_ref().and_then(|t| t.estimate(metric))).collect();
    let all: Vec<usize> = (0..windows.len()).collect();
    let (current, basis) = reading.enough(&all).map_or((None, Basis::None), |(e, b)| (Some(e), b));
    let wobble = match (basis, reading.of_reference()) {
        // What an estimate is compared with is how much the estimate moves between the reference's windows.
        (Basis::Estimate, own) if own.iter().flatten().count() >= 2 => Wobble::of(&own, &reference_profile.windows),
        _ => Wobble::of(&reference_windows, &reference_profile.windows),
    };
    let tolerance = case.baseline.watch.tolerance.unwrap_or_else(|| {
        reference_tally.default_tolerance(metric).unwrap_or_else(|| metric.default_tolerance(reference.value))
    });
    let fall = Fall { case, reading: &reading, reference, wobble: &wobble };
    let by_basis = |w: usize| match basis {
        Basis::Estimate => estimates[w],
        Basis::Mixed if !reading.is_measured(w) => estimates[w],
        _ => combined[w].or(windows[w]),
    };
    let mut series: Vec<Option<Estimate>> = all.iter().map(|w| by_basis(*w)).collect();
    let mut test = fall.test(&series, &all);
    let mut chosen = all.clone();
    let all_measured = reading.all_measured();
    if basis == Basis::Mixed && !all_measured {
        // The scores may not outvote the labels: those are tested by themselves too, and where they show a fall by
        // themselves they date and price it. An estimate does not see P(Y|X) move, and so sees no recovery either.
        let measured: Vec<usize> = all.iter().copied().filter(|w| reading.is_measured(*w)).collect();
        let alone: Vec<Option<Estimate>> =
            all.iter().map(|w| combined[*w].or(windows[*w]).filter(|_| reading.is_measured(*w))).collect();
        let labels = fall.test(&alone, &measured);
        if labels.p <= test.p || labels.p < case.budget.performance / 4.0 {
            (test, series, chosen) = (labels, alone, measured);
        }
        test.p = (2.0 * test.p).min(1.0);
    }
    let real = test.p < case.budget.performance / 2.0;

    // What the calendar alone would make of these windows is no loss.
    let season = |windows: &[usize]| wobble.season(windows.iter().filter_map(|w| case.current.windows.get(*w)));
    let worse = |e: &Estimate, windows: &[usize]| metric.worsening(reference.value + season(windows).0, e.value);
    let deviations: Vec<f64> =
        series.iter().enumerate().map(|(w, e)| e.as_ref().map_or(f64::NAN, |e| worse(e, &[w]))).collect();
    let known = reference.se.powi(2) + wobble.over(1);
    let variances: Vec<f64> = series
        .iter()
        .enumerate()
        .map(|(w, e)| e.as_ref().map_or(f64::INFINITY, |e| e.se.powi(2).max(1e-12) + known + season(&[w]).1))
        .collect();
    let ordered = case.baseline.ordered;
    let affected = if !ordered {
        case.everywhere()
    } else if real {
        let mut found = affected_for_worse(case, &deviations, &variances, tolerance);
        if basis == Basis::Labels && case.baseline.watch.metric == Some(metric) {
            to_the_row(case, Followed::Loss, &mut found);
        }
        if found.sharp || test.p_window < test.p_period {
            found
        } else {
            let windows: Vec<usize> = (test.since..deviations.len()).collect();
            let onset = case.onset_at(test.since, 0, deviations.len().saturating_sub(1));
            Affected::plain(windows, onset, false)
        }
    } else {
        case.affected(&vec![0.0; deviations.len()], &variances, f64::INFINITY)
    };
    let levels: Vec<(Level, Option<Estimate>)> = if ordered && real && affected.sharp {
        let list = stretches_and_ramps(&deviations, &variances);
        let measured = |l: &Level| {
            let windows: Vec<usize> = (l.from..l.to).filter(|w| chosen.contains(w)).collect();
            reading.over(&windows).map(|(e, _)| e)
        };
        let found = levels(&deviations, &variances, &list, wobble.course().1, tolerance);
        found.into_iter().map(|l| (measured(&l), l)).map(|(e, l)| (l, e)).collect()
    } else {
        Vec::new()
    };
    let inside: Vec<usize> = affected.windows.iter().copied().filter(|w| chosen.contains(w)).collect();
    let after = reading.over(&inside).map(|(e, _)| e).filter(|_| basis != Basis::None).or(current);
    let loss = after.as_ref().map_or(0.0, |e| worse(e, &inside));
    let half = after.map_or(0.0, |a| {
        1.96 * (a.se.powi(2) + reference.se.powi(2) + wobble.over(affected.windows.len()) + season(&inside).1).sqrt()
    });
    Some(Performance {
        metric,
        basis,
        reference,
        current,
        windows,
        reference_windows,
        covered: reading.covered(&estimates),
        estimates,
        combined,
        assumption: reading.assumption(),
        rests_on: reading.rests_on(current.map_or(0, |c| c.n)),
        all_measured,
        tolerance,
        p: test.p,
        real,
        affected,
        after,
        loss,
        loss_interval: [loss - half, loss + half],
        season: season(&all),
        parts: if ordered { recent_parts(series.len()).len() } else { 1 },
        dispersion: wobble.factor,
        course: Course { deviations, variances, wobble: wobble.course(), shared: reference.se.powi(2), levels },
        wobble: (wobble, test.tested.max(1)),
    })
}

/// The test for a fall: of the period, its last half, quarter and so on, and of single windows.
struct Fall<'a> {
    case: &'a Case<'a>,
    reading: &'a Reading<'a>,
    reference: Estimate,
    wobble: &'a Wobble,
}

/// What it says.
struct Tested {
    /// One-sided, at its most telling, times what was tried.
    p: f64,
    /// Of the most telling recent part, and where that begins.
    p_period: f64,
    since: usize,
    /// Of the most telling window.
    p_window: f64,
    /// Windows of rows enough.
    tested: usize,
}

impl Fall<'_> {
    /// Of the metric over the `windows`, `count` of which have rows enough.
    fn p(&self, e: &Estimate, windows: &[usize], count: usize) -> f64 {
        let places = windows.iter().filter_map(|w| self.case.current.windows.get(*w));
        let (season, unknown) = self.wobble.season(places);
        let worse = self.reading.metric().worsening(self.reference.value + season, e.value);
        self.wobble.p_worse(worse, e.se.powi(2) + self.reference.se.powi(2) + unknown, count)
    }

    /// Over the `chosen` windows, of which `series` holds the metric one by one.
    fn test(&self, series: &[Option<Estimate>], chosen: &[usize]) -> Tested {
        let ordered = self.case.baseline.ordered;
        // A window of a few rows has no normal error: it may not raise an alarm by itself.
        let known = |e: &&Estimate| e.n >= FEW_LABELS;
        let whole = whole_windows(self.case.current).filter_map(|w| Some((w, series[w].as_ref()?)));
        let single: Vec<(usize, &Estimate)> = whole.filter(|(_, e)| known(e)).collect();
        let tested = single.len();
        let p_window = if ordered {
            single.iter().map(|(w, e)| self.p(e, &[*w], 1)).fold(1.0, f64::min) * tested.max(1) as f64
        } else {
            1.0
        };
        // A recent fall must not drown in a long healthy time.
        let starts = if ordered { recent_parts(series.len()) } else { vec![0] };
        let (mut p_period, mut since) = (1.0f64, 0);
        for from in &starts {
            let part: Vec<usize> = chosen.iter().copied().filter(|w| w >= from).collect();
            let count = series.iter().skip(*from).flatten().filter(known).count().max(1);
            let p = self.reading.enough(&part).map_or(1.0, |(e, _)| self.p(&e, &part, count));
            if p < p_period {
                (p_period, since) = (p, *from);
            }
        }
        let p = (2.0 * (p_period * starts.len() as f64).min(p_window)).min(1.0);
        Tested { p, p_period, since, p_window, tested }
    }
}

/// The stretches in which the metric is worse by more than half of what is tolerated; better stretches do not count.
pub(super) fn affected_for_worse(case: &Case<'_>, deviations: &[f64], variances: &[f64], tolerance: f64) -> Affected {
    case.affected_where(deviations, variances, |x| x >= tolerance * 0.5)
}

/// The finding that the metric fell, if it did.
pub(crate) fn find(case: &Case<'_>, performance: &Performance) -> Option<Finding> {
    let name = performance.metric.id();
    if performance.is_doubtful() {
        return doubtful(performance);
    }
    if !performance.real || performance.loss <= 0.0 {
        return None;
    }
    let after = performance.after?;
    let how = match performance.basis {
        Basis::Estimate => ", estimated without labels",
        Basis::Mixed if performance.all_measured => ", by labels and an estimate of the rows without",
        Basis::Mixed => ", estimated where labels have not come",
        _ => "",
    };
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
    f.evidence = performance.evidence(&after, performance.loss);
    super::several::tell(case, performance, &mut f);
    Some(f)
}

/// The finding that the metric may have fallen: by more than chance mostly does, and not surely enough for an alarm.
fn doubtful(performance: &Performance) -> Option<Finding> {
    let (now, (_, [low, high])) = (performance.current?, performance.change()?);
    let name = performance.metric.id();
    let mut f = finding(
        Mode::PerformanceLoss,
        Some("metric_fell"),
        &[],
        format!(
            "{name} may have fallen, {} → {}: more than chance mostly does, not enough for an alarm",
            digits(performance.reference.value),
            digits(now.value)
        ),
    );
    let loss = performance.metric.worsening(performance.reference.value, now.value);
    let worse = |bound: f64| performance.metric.worsening(0.0, bound);
    f.severity = Severity::Watch;
    f.impact = Some(impact(performance, loss, [worse(low).min(worse(high)), worse(low).max(worse(high))]));
    f.evidence = performance.evidence(&now, loss);
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
