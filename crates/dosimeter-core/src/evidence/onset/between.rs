//! Which of the stretches are levels of their own, and which only the wobble of one?
//!
//! A partition cuts slow wobble and slow decline into pieces. Of its cuts those stay that are certain when windows are worth
//! as much as their autocorrelation leaves of them, that are larger than what matters, and that a straight line does not
//! explain as well. The others are undone one by one, the least certain first.

use super::super::dispersion::{effective, persistence};
use super::{Stretch, Sums};

/// Windows at one level, apart from those before and after it.
#[derive(Clone, Debug, PartialEq)]
pub struct Level {
    /// First window.
    pub from: usize,
    /// One past the last window.
    pub to: usize,
    /// Mean deviation from the reference.
    pub level: f64,
    /// Variance of that mean.
    pub variance: f64,
    /// Whether it is reached little by little.
    pub gradual: bool,
}

impl Level {
    /// Whether it is within what matters of the reference.
    #[must_use]
    pub fn is_home(&self, least: f64) -> bool {
        self.level.abs() < least
    }
}

/// How many standard errors two levels must be apart: a p of 6 in 100,000, for a look at every place.
const CERTAIN: f64 = 4.0;
/// Windows with data that make a level.
const LEAST_WINDOWS: usize = 2;
/// By how much a step must explain more than a straight line does.
const BEYOND_A_LINE: f64 = 6.0;

/// The levels that are certainly apart by more than `least`, in order. `lasting` is the autocorrelation of the reference's
/// own wobble.
#[must_use]
pub fn levels(deviations: &[f64], variances: &[f64], list: &[Stretch], lasting: f64, least: f64) -> Vec<Level> {
    let sums = Sums::of(deviations, variances);
    let n = sums.windows();
    let fitted = |w: usize| list.iter().find(|s| (s.from..s.to).contains(&w)).map_or(0.0, |s| s.value(w));
    let residuals: Vec<f64> = deviations.iter().take(n).enumerate().map(|(w, d)| d - fitted(w)).collect();
    let lasts = persistence(&residuals, variances.get(..n).unwrap_or(variances)).unwrap_or(0.0).max(lasting);
    let squares: f64 = residuals.iter().zip(variances).map(|(r, v)| r * r / v).filter(|z| z.is_finite()).sum();
    let freedom = sums.seen(0, n).saturating_sub(list.iter().filter(|s| s.shifted).count()).max(1) as f64;
    let measure = Measure { sums, lasts, dispersion: (squares / freedom).max(1.0), least };

    let mut pieces: Vec<Level> = Vec::new();
    for s in list {
        match pieces.last_mut() {
            // What a ramp comes to is its level.
            Some(last) if last.gradual && s.shifted && !s.is_ramp() => {
                (last.to, last.level) = (s.to, s.level);
                last.variance = measure.variance(s.from, s.to);
            }
            _ => pieces.push(Level {
                from: s.from,
                to: s.to,
                level: if s.is_ramp() { s.reach() } else { measure.sums.mean(s.from, s.to) },
                variance: measure.variance(s.from, s.to),
                gradual: s.is_ramp(),
            }),
        }
    }
    while let Some(at) = measure.least_certain(&pieces) {
        let b = pieces.remove(at + 1);
        if let Some(a) = pieces.get_mut(at) {
            let (gradual, reached) = (a.gradual || b.gradual, if b.gradual { b.level } else { a.level });
            *a = measure.level(a.from, b.to);
            (a.gradual, a.level) = (gradual, if gradual { reached } else { a.level });
        }
    }
    pieces
}

struct Measure {
    sums: Sums,
    lasts: f64,
    dispersion: f64,
    least: f64,
}

impl Measure {
    fn variance(&self, from: usize, to: usize) -> f64 {
        let seen = self.sums.seen(from, to) as f64;
        let weight = self.sums.weight(from, to);
        if weight > 0.0 { self.dispersion / weight * seen / effective(seen, self.lasts) } else { f64::INFINITY }
    }

    fn level(&self, from: usize, to: usize) -> Level {
        Level { from, to, level: self.sums.mean(from, to), variance: self.variance(from, to), gradual: false }
    }

    /// Which two neighbours are least certainly apart, if any are not.
    fn least_certain(&self, pieces: &[Level]) -> Option<usize> {
        let mut worst: Option<(f64, usize)> = None;
        for (at, pair) in pieces.windows(2).enumerate() {
            let [a, b] = pair else { continue };
            let apart = (b.level - a.level).abs();
            let z = apart / (a.variance + b.variance).sqrt();
            let short = |l: &Level| self.sums.seen(l.from, l.to) < LEAST_WINDOWS;
            // The history begins as the reference, however short the time before the first change.
            let brief = short(b) || at > 0 && short(a);
            let certain = if brief || !z.is_finite() || apart <= self.least { 0.0 } else { z };
            let lines = !(a.is_home(self.least) || b.is_home(self.least) || a.gradual || b.gradual)
                && self.sums.line(a.from, b.to)
                    < self.sums.moved(a.from, a.to) + self.sums.moved(b.from, b.to) + BEYOND_A_LINE;
            let certain = if lines { certain.min(CERTAIN / 2.0) } else { certain };
            if certain < CERTAIN && worst.is_none_or(|(z, _)| certain < z) {
                worst = Some((certain, at));
            }
        }
        worst.map(|(_, at)| at)
    }
}

#[cfg(test)]
mod tests {
    use super::super::stretches_and_ramps;
    use super::*;

    fn of(y: &[f64], lasting: f64, least: f64) -> Vec<(usize, usize)> {
        let v = vec![1.0; y.len()];
        let list = stretches_and_ramps(y, &v);
        levels(y, &v, &list, lasting, least).iter().map(|l| (l.from, l.to)).collect()
    }

    fn noise(i: usize) -> f64 {
        0.5 * ((i * 7 % 5) as f64 - 2.0)
    }

    #[test]
    fn two_falls_are_two_levels() {
        let y: Vec<f64> = (0..40).map(|i| [0.0, 6.0, 0.0, 6.0][i / 10] + noise(i)).collect();
        assert_eq!(of(&y, 0.0, 1.0), [(0, 10), (10, 20), (20, 30), (30, 40)]);
        let y: Vec<f64> = (0..30).map(|i| [0.0, 6.0, 12.0][i / 10] + noise(i)).collect();
        assert_eq!(of(&y, 0.0, 1.0), [(0, 10), (10, 20), (20, 30)]);
        // Not where that is less than matters, or where the reference wobbles for as long.
        assert_eq!(of(&y, 0.0, 13.0), [(0, 30)]);
        let y: Vec<f64> = y.iter().map(|y| y / 2.0).collect();
        assert!(of(&y, 0.0, 1.0).len() == 3 && of(&y, 0.9, 1.0).len() < 3);
    }

    #[test]
    fn a_wobbling_level_is_one() {
        let y: Vec<f64> =
            (0..60).map(|i| if i < 10 { 0.0 } else { 12.0 + 4.0 * (i as f64 * 0.6).sin() } + noise(i)).collect();
        let found = of(&y, 0.5, 1.0);
        assert!(found.len() == 2 && found[1].0.abs_diff(10) <= 1, "{found:?}");
    }

    #[test]
    fn a_decline_is_no_list_of_steps() {
        let y: Vec<f64> = (0..50).map(|i| if i < 10 { 0.0 } else { 6.0 + 0.5 * i as f64 } + noise(i)).collect();
        assert_eq!(of(&y, 0.0, 1.0), [(0, 10), (10, 50)]);
    }
}
