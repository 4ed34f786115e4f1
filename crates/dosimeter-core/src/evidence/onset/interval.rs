//! Within which windows may a change have begun?
//!
//! A likelihood-ratio set. A step may fall inside a window, which then shows a part of it: so the place of a step is looked
//! for between windows too, its size fitted anew at each. The likelihood of a jump's place is no regular one: twice its
//! logarithm exceeds the true place's by more than x with a chance of at most `1 - (1 - exp(-x/2))^2`, as the maximum of
//! a random walk of likelihood ratios on either side (Siegmund 1988), which is 5 % at 7.35. Where a line leaves another
//! without a jump the place is regular (Feder 1975), and the chi-square value is 3.84; the wobble's shape adds to it.

use super::{Stretch, Sums};

/// Twice the log-likelihood ratio that a place of a jump may lack, for 95 %.
pub(crate) const JUMP: f64 = 7.35;
/// The same for the beginning of a ramp: 3.84, and something for its end, which is fitted with it.
const BEND: f64 = 6.0;
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
    let first = before.map_or(stretch.from, |s| s.from);
    if stretch.is_ramp() {
        // A plateau that follows belongs to the ramp's own shape: where it ends is fitted too.
        let to = list.get(index + 1).filter(|s| s.shifted && !s.is_ramp()).map_or(stretch.to, |s| s.to);
        return ramp(&Sums::of(deviations, variances), first, stretch, to);
    }
    let base = before.map_or(0.0, Stretch::reach);
    step(deviations, variances, (first, stretch.from, stretch.to), base)
}

fn step(deviations: &[f64], variances: &[f64], (first, at, to): (usize, usize, usize), base: f64) -> (f64, f64) {
    let usable: Vec<(f64, f64, f64)> = (first..to)
        .filter_map(|i| Some((i, *deviations.get(i)?, *variances.get(i)?)))
        .filter(|(_, d, v)| d.is_finite() && v.is_finite() && *v > 0.0)
        .map(|(i, d, v)| (i as f64, d - base, 1.0 / v))
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
    likely(first, at, to, gain, JUMP)
}

fn ramp(sums: &Sums, first: usize, stretch: &Stretch, to: usize) -> (f64, f64) {
    // As much as a ramp from `a` explains, with the best end.
    let gain = |place: f64| {
        let a = place as usize;
        let ends = (a + 1)..=to;
        let cost = ends.map(|b| sums.ramp(a, b).1 + sums.moved(b, to)).fold(f64::INFINITY, f64::min);
        -(sums.still(first, a) + cost)
    };
    let best = (first..to).map(|a| gain(a as f64)).fold(f64::NEG_INFINITY, f64::max);
    let near = |a: &usize| gain(*a as f64) >= best - BEND;
    let low = (first..=stretch.from).find(near).unwrap_or(stretch.from);
    let high = (stretch.from..to).rev().find(near).unwrap_or(stretch.from);
    // It began somewhere within that window.
    (low as f64, (high + 1) as f64)
}

/// The places around `at`, between the ends, whose gain is near the best.
fn likely(first: usize, at: usize, to: usize, gain: impl Fn(f64) -> f64, lack: f64) -> (f64, f64) {
    let place = |k: usize| k as f64 / PARTS as f64;
    let (from, until) = (first * PARTS, to.max(at + 1) * PARTS);
    let gains: Vec<f64> = (from..until).map(|k| gain(place(k))).collect();
    let best = gains.iter().copied().fold(f64::NEG_INFINITY, f64::max);
    let near = |g: &f64| *g >= best - lack;
    let low = gains.iter().position(near).map_or(at as f64, |i| place(from + i));
    let high = gains.iter().rposition(near).map_or(at as f64, |i| place(from + i + 1));
    (low.min(at as f64), high.max(at as f64))
}
