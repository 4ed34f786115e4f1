//! A score of 0.8 no longer means 80 %.

use super::case::{Case, detail, evidence, finding};
use super::performance::{Performance, Wobble, merged};
use crate::catalogue::Mode;
use crate::diagnosis::{Finding, Number, Severity};
use crate::metric::{Tally, calibration_in_the_large, calibration_test};
use crate::statistic::tail;
use crate::text::percent;

/// Below this a change of calibration is harmless, above the other it is harmful.
const WATCH: f64 = 0.02;
const HARMFUL: f64 = 0.05;

/// The finding that calibration got worse, if it did.
pub(crate) fn find(case: &Case<'_>, performance: Option<&Performance>) -> Option<Finding> {
    let alpha = case.budget.performance / 2.0;
    let binary = |w: &crate::profile::WindowProfile| match &w.outcome {
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
    let reference: Vec<_> = case.baseline.reference.windows.iter().filter_map(binary).filter(|e| e.n >= 30).collect();
    let wobble_of = Wobble::of(&reference.into_iter().map(Some).collect::<Vec<_>>());
    let windows = case.current.windows.iter().filter_map(binary).filter(|e| e.n >= 30).count().max(1);
    let (wobble, sampling) = (wobble_of.over(windows), gap_then.se.powi(2) + gap_now.se.powi(2));
    let shift = gap_now.value - gap_then.value;
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
    let deviations: Vec<f64> =
        case.current.windows.iter().map(|w| binary(w).map_or(f64::NAN, |e| e.value - gap_then.value)).collect();
    let variances: Vec<f64> = case
        .current
        .windows
        .iter()
        .map(|w| binary(w).map_or(f64::INFINITY, |e| e.se.powi(2) + gap_then.se.powi(2) + wobble_of.over(1)))
        .collect();
    let affected = case.affected(&deviations, &variances, 0.01);
    let scores: Vec<&str> = case
        .baseline
        .columns
        .iter()
        .filter(|c| c.role == crate::profile::Role::Score)
        .map(|c| c.name.as_str())
        .collect();
    // A curve that bends around the same mean shows in no window's mean; a fall of the metric dates it then.
    let affected = match performance {
        Some(p) if !affected.sharp && p.is_harmful() => p.affected.clone(),
        _ => affected,
    };
    let direction = match shift {
        s if s.abs() < 0.01 => "no longer mean what they say",
        s if s > 0.0 => "too low",
        _ => "too high",
    };
    let mut f = finding(
        Mode::CalibrationLoss,
        None,
        &scores,
        format!(
            "scores {}{direction}: they promise {} and {} comes; calibration error {} → {}",
            if shift.abs() < 0.01 { "" } else { "are " },
            percent(now.score().mean().unwrap_or(f64::NAN)),
            percent(now.base_rate()?.value),
            percent(ece_then.value),
            percent(ece_now.value)
        ),
    );
    f.severity = match worse {
        w if w >= HARMFUL => Severity::Harmful,
        w if w >= WATCH => Severity::Watch,
        _ => Severity::Harmless,
    };
    f.detail = detail([
        ("ece_reference", ece_then.value.into()),
        ("ece_current", ece_now.value.into()),
        ("gap_reference", gap_then.value.into()),
        ("gap_current", gap_now.value.into()),
    ]);
    f.share = Some(Number(case.share_of(&affected.windows)));
    f.onset = Some(affected.onset);
    let mut e = evidence("ece", ece_now.value);
    e.p_value = Some(Number(p));
    e.effect = Some(Number(worse));
    f.evidence = vec![e];
    Some(f)
}
