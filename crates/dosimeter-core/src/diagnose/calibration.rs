//! A score of 0.8 no longer means 80 %.

use super::case::{Affected, Case, detail, evidence, finding};
use super::performance::{Performance, affected_for_worse};
use super::reading::merged;
use crate::catalogue::Mode;
use crate::diagnosis::{Finding, Number, Severity};
use crate::evidence::metric_wobble::Wobble;
use crate::metric::{Estimate, Metric, Tally, Task, calibration_in_the_large, calibration_test};
use crate::statistic::tail;
use crate::text::percent;

/// Below this a change of calibration is harmless, above the other it is harmful.
const WATCH: f64 = 0.02;
const HARMFUL: f64 = 0.05;
/// A mean that moved less leaves a curve that bent.
const BENT: f64 = 0.01;

/// The finding that calibration got worse, if it did.
pub(crate) fn find(case: &Case<'_>, performance: Option<&Performance>) -> Option<Finding> {
    match case.baseline.watch.task? {
        Task::Binary => binary(case, performance),
        Task::Multiclass => multiclass(case, performance),
        Task::Regression => None,
    }
}

/// Of many classes the most probable one is judged: it should be right as often as it says.
fn multiclass(case: &Case<'_>, performance: Option<&Performance>) -> Option<Finding> {
    let (then, now) = (merged(case.baseline.reference.windows.iter())?, merged(case.current.windows.iter())?);
    // Without its noise, which is larger in the smaller sample.
    let ece = |t: &Tally| match t {
        Tally::Multiclass(t) => t.reliability()?.ece_debiased(),
        _ => None,
    };
    let (ece_then, ece_now) = (ece(&then)?, ece(&now)?);
    let (loss_then, loss_now) = (then.estimate(Metric::LogLoss)?, now.estimate(Metric::LogLoss)?);
    if ece_now.n < 100 {
        return None;
    }
    let reference: Vec<_> = case.baseline.reference.windows.iter().map(|w| w.outcome.as_ref().and_then(ece)).collect();
    let windows = case.current.windows.iter().filter(|w| w.labels >= 30).count().max(1);
    let worse = ece_now.value - ece_then.value;
    let p = Wobble::of(&reference, &case.baseline.reference.windows).p_worse(
        worse,
        ece_now.se.powi(2) + ece_then.se.powi(2),
        windows,
    );
    if p > case.budget.performance / 2.0 || worse < 0.005 {
        return None;
    }
    let affected = performance.filter(|p| p.is_harmful()).map_or_else(|| case.everywhere(), |p| p.affected.clone());
    let scores: Vec<&str> = case.baseline.watch.class_scores.iter().flatten().map(String::as_str).collect();
    let mut f = finding(
        Mode::CalibrationLoss,
        None,
        &scores,
        format!(
            "the most probable class is no longer right as often as it says: calibration error {} → {}",
            percent(ece_then.value),
            percent(ece_now.value)
        ),
    );
    let found = Found { ece_then, ece_now, worse, p, proper: (loss_then, loss_now) };
    found.fill(case, affected, &mut f);
    Some(f)
}

fn binary(case: &Case<'_>, performance: Option<&Performance>) -> Option<Finding> {
    let alpha = case.budget.performance / 2.0;
    let gap = |w: &crate::profile::WindowProfile| match &w.outcome {
        Some(Tally::Binary(t)) => calibration_in_the_large(t),
        _ => None,
    };
    let total = |windows: &[crate::profile::WindowProfile]| match merged(windows.iter())? {
        Tally::Binary(t) => Some(t),
        _ => None,
    };
    let (then, now) = (total(&case.baseline.reference.windows)?, total(&case.current.windows)?);
    let (gap_then, gap_now) = (calibration_in_the_large(&then)?, calibration_in_the_large(&now)?);
    if gap_now.n < 100 {
        return None;
    }
    let gaps: Vec<_> = case.baseline.reference.windows.iter().map(gap).collect();
    let wobble_of = Wobble::of(&gaps, &case.baseline.reference.windows);
    let (season, unknown) = wobble_of.season(case.current.windows.iter());
    let windows = case.current.windows.iter().filter_map(gap).filter(|e| e.n >= 30).count().max(1);
    let (wobble, sampling) = (wobble_of.over(windows), gap_then.se.powi(2) + gap_now.se.powi(2) + unknown);
    let shift = gap_now.value - gap_then.value - season;
    let p_large = (2.0 * wobble_of.p_worse(shift.abs(), sampling, windows)).min(1.0);
    // The curve may bend while its mean stays: a test by bins, as far as the reference does not wobble.
    let test = calibration_test(&then, &now)?;
    let inflation = 1.0 + wobble / sampling.max(f64::MIN_POSITIVE);
    let p_curve = tail::chi2_sf(test.chi2 / inflation, f64::from(test.dof));
    let p = (2.0 * p_large.min(p_curve)).min(1.0);
    let (ece_then, ece_now) = (then.ece_debiased()?, now.ece_debiased()?);
    let worse = (gap_now.value.abs() - gap_then.value.abs()).max(ece_now.value - ece_then.value);
    if p > alpha || worse < 0.005 {
        return None;
    }
    // A shift of the mean dates itself, on its own side; a curve that bends, whatever its mean, by how far it has bent.
    let bent = shift.abs() < BENT;
    let by_curve = bent || p_curve < p_large;
    let (brier_then, brier_now) = (then.estimate(Metric::Brier)?, now.estimate(Metric::Brier)?);
    let off = |w: &crate::profile::WindowProfile| -> Option<(f64, f64)> {
        if by_curve {
            let Some(Tally::Binary(t)) = &w.outcome else { return None };
            let e = test.progress(t).filter(|e| e.n >= 30)?;
            return Some((e.value, e.se.powi(2) * inflation));
        }
        let e = gap(w)?;
        let variance = e.se.powi(2) + gap_then.se.powi(2) + wobble_of.over(1);
        Some(((e.value - gap_then.value) * shift.signum(), variance))
    };
    let (deviations, variances): (Vec<f64>, Vec<f64>) =
        case.current.windows.iter().map(|w| off(w).unwrap_or((f64::NAN, f64::INFINITY))).unzip();
    let affected = if case.baseline.ordered {
        affected_for_worse(case, &deviations, &variances, if by_curve { 1.0 } else { WATCH })
    } else {
        case.everywhere()
    };
    let scores: Vec<&str> = case
        .baseline
        .columns
        .iter()
        .filter(|c| c.role == crate::profile::Role::Score)
        .map(|c| c.name.as_str())
        .collect();
    // Where it does not date itself, a fall of the metric does.
    let affected = match performance {
        Some(p) if !affected.sharp && p.is_harmful() => p.affected.clone(),
        _ => affected,
    };
    let mut f = finding(
        Mode::CalibrationLoss,
        None,
        &scores,
        if bent {
            format!(
                "scores no longer mean what they say, though right on average: calibration error {} → {}",
                percent(ece_then.value),
                percent(ece_now.value)
            )
        } else {
            format!(
                "scores are too {}: they promise {} and {} comes; calibration error {} → {}",
                if shift > 0.0 { "low" } else { "high" },
                percent(now.score().mean().unwrap_or(f64::NAN)),
                percent(now.base_rate()?.value),
                percent(ece_then.value),
                percent(ece_now.value)
            )
        },
    );
    let found = Found { ece_then, ece_now, worse, p, proper: (brier_then, brier_now) };
    found.fill(case, affected, &mut f);
    f.detail.extend(detail([("gap_reference", gap_then.value.into()), ("gap_current", gap_now.value.into())]));
    Some(f)
}

/// What was found, of two classes or of many.
struct Found {
    ece_then: Estimate,
    ece_now: Estimate,
    /// By how much the scores are farther from the truth.
    worse: f64,
    p: f64,
    /// A proper score, smaller is better, then and now.
    proper: (Estimate, Estimate),
}

impl Found {
    fn fill(&self, case: &Case<'_>, affected: Affected, f: &mut Finding) {
        // Scores that promise otherwise and yet are nearer to the truth have lost nothing but their meaning.
        let (then, now) = &self.proper;
        let costs = now.value - then.value > 1.645 * now.se.hypot(then.se);
        f.severity = match self.worse {
            w if w >= HARMFUL && costs => Severity::Harmful,
            w if w >= WATCH => Severity::Watch,
            _ => Severity::Harmless,
        };
        f.detail = detail([("ece_reference", self.ece_then.value.into()), ("ece_current", self.ece_now.value.into())]);
        f.share = Some(Number(case.share_of(&affected.windows)));
        f.onset = Some(affected.onset);
        let mut e = evidence("ece", self.ece_now.value);
        e.p_value = Some(Number(self.p));
        e.effect = Some(Number(self.worse));
        f.evidence = vec![e];
    }
}
