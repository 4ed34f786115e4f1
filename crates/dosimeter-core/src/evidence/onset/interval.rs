//! Within which windows may a change have begun?
//!
//! A likelihood-ratio set. A step may fall inside a window, which then shows a part of it: so the place of a step is looked
//! for between windows too, its size fitted anew at each. The likelihood of a jump's place is no regular one: twice its
//! logarithm exceeds the true place's by more than x with a chance of at most `1 - (1 - exp(-x/2))^2`, as the maximum of
//! a random walk of likelihood ratios on either side (Siegmund 1988), which is 5 % at 7.35. Where a line leaves another
//! without a jump the place is regular (Feder 1975); the same value is taken, for its end is fitted with it. What was taken
//! for a step may have been a ramp: ramps that explain the windows nearly as well lengthen the interval. Where residuals go
//! on from window to window, as they do under wobble that lasts, likelihoods are worth less, and the value grows.

use super::super::dispersion::persistence;
use super::{Stretch, Sums};

/// Twice the log-likelihood ratio that a place may lack, for 95 %.
pub(crate) const LACK: f64 = 7.35;
/// What a ramp must make up for to lengthen the interval of a step.
const DOUBT: f64 = 2.0;
/// Places tried within a window.
const PARTS: usize = 8;

/// The earliest and the latest place at which the stretch `index` may have begun, with about 95 % confidence, in windows
/// from the start of the first: 3.5 is the middle of the fourth window.
#[must_use]
pub fn onset_interval(deviations: &[f64], variances: &[f64], list: &[Stretch], index: usize) -> (f64, f64) {
    let Some(stretch) = list.get(index) else {
        return (0.0, deviations.len() as f64);
    };
    let before = index.checked_sub(1).and_then(|i| list.get(i));
    let base = before.map_or(0.0, Stretch::reach);
    let first = before.map_or(stretch.from, |s| s.from);
    let rises = |s: &&Stretch| s.shifted && (s.reach() - base).signum() == (stretch.reach() - base).signum();
    // Steps on the way up may be one ramp, and a plateau belongs to its ramp.
    let to = list.iter().skip(index).take_while(rises).last().map_or(stretch.to, |s| s.to);
    let shifted: Vec<f64> = deviations.iter().map(|d| d - base).collect();
    let around = Around { sums: Sums::of(&shifted, variances), first, to };
    let lack = LACK * lasting(deviations, variances, list);

    let cost = |s: &Stretch| around.sums.moved(s.from, s.to).min(around.sums.moved(s.from + 1, s.to));
    let taken: f64 =
        around.sums.still(first, stretch.from) + list.iter().skip(index).filter(|s| s.to <= to).map(cost).sum::<f64>();
    let (mut low, mut high) = (stretch.from as f64, stretch.from as f64);
    if !stretch.is_ramp() {
        (low, high) = step(&shifted, variances, (first, stretch.from, stretch.to), lack);
    }
    // A ramp that was chosen is compared with the best of ramps, one that was not with what was chosen.
    let ramps: Vec<(usize, f64)> = (first..to).map(|a| (a, around.ramp(a))).collect();
    let (least, doubt) = if stretch.is_ramp() {
        (ramps.iter().map(|(_, c)| *c).fold(f64::INFINITY, f64::min), 0.0)
    } else {
        (taken, DOUBT)
    };
    for (a, _) in ramps.iter().filter(|(_, c)| c + doubt <= least + lack) {
        low = low.min(*a as f64);
        // It began somewhere within that window.
        high = if stretch.is_ramp() { high.max((a + 1) as f64) } else { high };
    }
    (low, high)
}

/// The windows around an onset, their values from the level before.
struct Around {
    sums: Sums,
    first: usize,
    to: usize,
}

impl Around {
    /// What is left where a ramp begins at `a`, with the best end.
    fn ramp(&self, a: usize) -> f64 {
        let left = self.sums.best_rise(a, self.to, 0.0).map_or(f64::INFINITY, |(_, cost)| cost);
        self.sums.still(self.first, a) + left
    }
}

/// How much less likelihoods are worth: `(1 + ρ) / (1 - ρ)` of what the stretches leave.
fn lasting(deviations: &[f64], variances: &[f64], list: &[Stretch]) -> f64 {
    let value = |w: usize| list.iter().find(|s| (s.from..s.to).contains(&w)).map_or(0.0, |s| s.value(w));
    let residuals: Vec<f64> = deviations.iter().enumerate().map(|(w, d)| d - value(w)).collect();
    let rho = persistence(&residuals, variances).unwrap_or(0.0).min(0.6);
    (1.0 + rho) / (1.0 - rho)
}

/// The places of a step between the ends whose gain is near the best.
fn step(deviations: &[f64], variances: &[f64], (first, at, to): (usize, usize, usize), lack: f64) -> (f64, f64) {
    let usable: Vec<(f64, f64, f64)> = (first..to)
        .filter_map(|i| Some((i, *deviations.get(i)?, *variances.get(i)?)))
        .filter(|(_, d, v)| d.is_finite() && v.is_finite() && *v > 0.0)
        .map(|(i, d, v)| (i as f64, d, 1.0 / v))
        .collect();
    let gain = |place: f64| {
        let (mut squares, mut product) = (0.0, 0.0);
        for (i, d, w) in &usable {
            let part = (i + 1.0 - place).clamp(0.0, 1.0);
            squares += w * part * part;
            product += w * part * d;
        }
        if squares > 0.0 { product * product / squares } else { 0.0 }
    };
    let place = |k: usize| k as f64 / PARTS as f64;
    let (from, until) = (first * PARTS, to.max(at + 1) * PARTS);
    let gains: Vec<f64> = (from..until).map(|k| gain(place(k))).collect();
    let best = gains.iter().copied().fold(f64::NEG_INFINITY, f64::max);
    let near = |g: &f64| *g >= best - lack;
    let low = gains.iter().position(near).map_or(at as f64, |i| place(from + i));
    let high = gains.iter().rposition(near).map_or(at as f64, |i| place(from + i + 1));
    (low.min(at as f64), high.max(at as f64))
}
