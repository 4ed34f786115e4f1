//! Since when? Change points in a series of window deviations from the reference.
//!
//! Optimal partitioning (Jackson et al. 2005): the current windows are split into stretches that are either *as the
//! reference* (deviation 0, nothing to estimate), *shifted* (a mean of their own), or on a *ramp* (a straight line that leaves
//! the reference), at the least sum of squared standardised residuals plus a penalty for every stretch that begins. The
//! variances include the reference's own wobble, so a wobbling column is not cut into pieces. A ramp has one parameter, its
//! slope, as a shift has its level, so both pay the same penalty, and a ramp a little more: what looks alike is called abrupt.

mod between;
mod interval;
pub mod rows;

pub use between::{Level, levels};
pub use interval::onset_interval;

/// A maximal run of windows at one level or on one ramp.
#[derive(Clone, Debug, PartialEq)]
pub struct Stretch {
    /// First window.
    pub from: usize,
    /// One past the last window.
    pub to: usize,
    /// Mean deviation from the reference; 0 for a stretch like the reference.
    pub level: f64,
    /// Whether it differs from the reference.
    pub shifted: bool,
    /// How much it moves from window to window; 0 but on a ramp, which begins at 0.
    pub slope: f64,
}

impl Stretch {
    /// The deviation that it has in a window.
    #[must_use]
    pub fn value(&self, window: usize) -> f64 {
        if self.slope == 0.0 { self.level } else { self.slope * (window as f64 - self.from as f64 + 0.5) }
    }

    /// The deviation that it comes to in the end.
    #[must_use]
    pub fn reach(&self) -> f64 {
        self.value(self.to.saturating_sub(1))
    }

    /// Whether it leaves the reference little by little.
    #[must_use]
    pub fn is_ramp(&self) -> bool {
        self.slope != 0.0
    }
}

/// What a new stretch must gain to be worth telling: about a p of 0.001 per place at which it could begin.
#[must_use]
pub fn penalty(windows: usize) -> f64 {
    8.0 + 2.0 * (windows.max(1) as f64).ln()
}

/// What a ramp must gain over a step: odds of about 7 to 1.
const DOUBT_OF_RAMPS: f64 = 4.0;
/// The part of the penalty that the end of a ramp costs, after which its level stays.
const PLATEAU: f64 = 0.5;
/// What it costs that a step falls inside a window.
const PART: f64 = 6.0;
/// A change that takes fewer windows than this is abrupt.
const LEAST_RAMP: usize = 3;

/// Splits a series of deviations with their variances into stretches at a level each, in order.
///
/// Windows without data have an infinite variance and go with their neighbours.
#[must_use]
pub fn stretches(deviations: &[f64], variances: &[f64]) -> Vec<Stretch> {
    partition(deviations, variances, false)
}

/// [`stretches`], of which some may be ramps.
#[must_use]
pub fn stretches_and_ramps(deviations: &[f64], variances: &[f64]) -> Vec<Stretch> {
    partition(deviations, variances, true)
}

/// Running sums, from which the cost of any stretch follows at once.
pub(crate) struct Sums {
    weight: Vec<f64>,
    /// Weighted y, and y squared.
    y: Vec<f64>,
    yy: Vec<f64>,
    /// Weighted position, its square, and position times y.
    x: Vec<f64>,
    xx: Vec<f64>,
    xy: Vec<f64>,
    /// Windows with data.
    seen: Vec<usize>,
}

impl Sums {
    pub(crate) fn of(deviations: &[f64], variances: &[f64]) -> Sums {
        let n = deviations.len().min(variances.len());
        let empty = || vec![0.0; n + 1];
        let mut sums = Sums {
            weight: empty(),
            y: empty(),
            yy: empty(),
            x: empty(),
            xx: empty(),
            xy: empty(),
            seen: vec![0; n + 1],
        };
        for (i, (d, v)) in deviations.iter().zip(variances).enumerate() {
            let weight = 1.0 / v;
            let k = if weight.is_finite() && d.is_finite() { weight } else { 0.0 };
            let (x, y) = (i as f64 + 0.5, if d.is_finite() { *d } else { 0.0 });
            for (sum, term) in [
                (&mut sums.weight, k),
                (&mut sums.y, k * y),
                (&mut sums.yy, k * y * y),
                (&mut sums.x, k * x),
                (&mut sums.xx, k * x * x),
                (&mut sums.xy, k * x * y),
            ] {
                sum[i + 1] = sum[i] + term;
            }
            sums.seen[i + 1] = sums.seen[i] + usize::from(k > 0.0);
        }
        sums
    }

    pub(crate) fn windows(&self) -> usize {
        self.weight.len() - 1
    }

    fn over(list: &[f64], a: usize, b: usize) -> f64 {
        list[b] - list[a]
    }

    /// Sum of squares of a stretch that is as the reference.
    pub(crate) fn still(&self, a: usize, b: usize) -> f64 {
        Self::over(&self.yy, a, b)
    }

    /// Mean of a stretch.
    pub(crate) fn mean(&self, a: usize, b: usize) -> f64 {
        let weight = Self::over(&self.weight, a, b);
        if weight > 0.0 { Self::over(&self.y, a, b) / weight } else { 0.0 }
    }

    /// Whether window `a` lies between the reference and the mean of what follows to `b`, as where a step fell into it.
    pub(crate) fn is_part(&self, a: usize, b: usize) -> bool {
        if self.seen(a, (a + 1).min(b)) == 0 || self.seen((a + 1).min(b), b) == 0 {
            return false;
        }
        let (part, whole) = (self.mean(a, a + 1), self.mean(a + 1, b));
        part * whole > 0.0 && part.abs() < whole.abs()
    }

    /// Sum of squares around a mean of its own.
    pub(crate) fn moved(&self, a: usize, b: usize) -> f64 {
        let weight = Self::over(&self.weight, a, b);
        if weight > 0.0 { self.still(a, b) - Self::over(&self.y, a, b).powi(2) / weight } else { 0.0 }
    }

    /// Slope of a line that leaves 0 at the beginning of window `a`, and stays at what it has come to from window `b` to `c`;
    /// and the sum of squares around it.
    pub(crate) fn rise(&self, a: usize, b: usize, c: usize) -> (f64, f64) {
        let (start, length) = (a as f64, (b - a) as f64);
        let (weight, x) = (self.weight(a, b), Self::over(&self.x, a, b));
        let squares = Self::over(&self.xx, a, b) - 2.0 * start * x + start * start * weight;
        let product = Self::over(&self.xy, a, b) - start * Self::over(&self.y, a, b);
        let squares = squares + length * length * self.weight(b, c);
        let product = product + length * Self::over(&self.y, b, c);
        if squares > 0.0 {
            (product / squares, self.still(a, c) - product * product / squares)
        } else {
            (0.0, f64::INFINITY)
        }
    }

    /// The end of the best such line of three windows at least, and what it costs with `end` for one that ends before `c`.
    pub(crate) fn best_rise(&self, a: usize, c: usize, end: f64) -> Option<(usize, f64)> {
        let first = (a + LEAST_RAMP..=c).find(|b| self.seen(a, *b) >= LEAST_RAMP)?;
        let cost = |b: usize| self.rise(a, b, c).1 + if b < c { end } else { 0.0 };
        (first..=c).map(|b| (b, cost(b))).min_by(|x, y| x.1.total_cmp(&y.1))
    }

    /// Sum of squares around a straight line.
    pub(crate) fn line(&self, a: usize, b: usize) -> f64 {
        let (weight, x, y) = (self.weight(a, b), Self::over(&self.x, a, b), Self::over(&self.y, a, b));
        let xx = Self::over(&self.xx, a, b) - x * x / weight;
        let xy = Self::over(&self.xy, a, b) - x * y / weight;
        if weight > 0.0 && xx > 0.0 { self.moved(a, b) - xy * xy / xx } else { self.moved(a, b) }
    }

    /// Sum of the weights.
    pub(crate) fn weight(&self, a: usize, b: usize) -> f64 {
        Self::over(&self.weight, a, b)
    }

    /// Windows with data.
    pub(crate) fn seen(&self, a: usize, b: usize) -> usize {
        self.seen[b] - self.seen[a]
    }
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Shape {
    Still,
    Shifted,
    /// The same, from somewhere inside its first window, which shows a part of it.
    Within,
    /// A line up to this window, and the level that it has come to from there on.
    Ramp(usize),
}

/// The cheapest way to cover the first windows, and its last stretch.
#[derive(Clone, Copy)]
struct Best {
    cost: f64,
    from: usize,
    shape: Shape,
}

fn partition(deviations: &[f64], variances: &[f64], ramps: bool) -> Vec<Stretch> {
    let sums = Sums::of(deviations, variances);
    let n = sums.windows();
    let price = penalty(n);
    let none = Best { cost: f64::INFINITY, from: 0, shape: Shape::Still };
    // any[b], still[b]: covering 0..b, the latter with a last stretch like the reference, as it must be before a ramp. The
    // history began like the reference, so a first still stretch is free, and a ramp may begin at once.
    let (mut any, mut still) = (vec![none; n + 1], vec![none; n + 1]);
    any[0].cost = 0.0;
    still[0].cost = 0.0;
    for b in 1..=n {
        let (mut best, mut best_still) = (none, none);
        for a in 0..b {
            let before = any[a].cost;
            let begin = if a == 0 { 0.0 } else { price };
            let rise = if ramps { sums.best_rise(a, b, price * PLATEAU) } else { None };
            let choices = [
                Some((before + sums.still(a, b) + begin, Shape::Still)),
                Some((before + sums.moved(a, b) + price, Shape::Shifted)),
                (ramps && sums.is_part(a, b)).then(|| (before + sums.moved(a + 1, b) + price + PART, Shape::Within)),
                rise.map(|(end, cost)| (still[a].cost + cost + price + DOUBT_OF_RAMPS, Shape::Ramp(end))),
            ];
            for (cost, shape) in choices.into_iter().flatten() {
                if cost < best.cost - 1e-12 {
                    best = Best { cost, from: a, shape };
                }
                if shape == Shape::Still && cost < best_still.cost - 1e-12 {
                    best_still = Best { cost, from: a, shape };
                }
            }
        }
        (any[b], still[b]) = (best, best_still);
    }
    let mut list = Vec::new();
    let (mut b, mut after_ramp) = (n, false);
    while b > 0 {
        let Best { from, shape, .. } = if after_ramp { still[b] } else { any[b] };
        after_ramp = matches!(shape, Shape::Ramp(_));
        match shape {
            Shape::Still => list.push(Stretch { from, to: b, level: 0.0, shifted: false, slope: 0.0 }),
            Shape::Shifted => {
                list.push(Stretch { from, to: b, level: sums.mean(from, b), shifted: true, slope: 0.0 });
            }
            Shape::Within => {
                list.push(Stretch { from, to: b, level: sums.mean(from + 1, b), shifted: true, slope: 0.0 });
            }
            Shape::Ramp(end) => {
                let slope = sums.rise(from, end, b).0;
                if end < b {
                    let level = slope * (end - from) as f64;
                    list.push(Stretch { from: end, to: b, level, shifted: true, slope: 0.0 });
                }
                list.push(Stretch { from, to: end, level: sums.mean(from, end), shifted: true, slope });
            }
        }
        b = from;
    }
    list.reverse();
    list
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_step_is_found_at_its_window() {
        let y: Vec<f64> = (0..20).map(|i| if i < 12 { 0.1 } else { 3.0 } + 0.3 * f64::from((i * 7) % 5 - 2)).collect();
        for list in [stretches(&y, &[1.0; 20]), stretches_and_ramps(&y, &[1.0; 20])] {
            assert_eq!(list.iter().map(|s| (s.from, s.shifted)).collect::<Vec<_>>(), [(0, false), (12, true)]);
            assert!(!list[1].is_ramp());
            let (low, high) = onset_interval(&y, &[1.0; 20], &list, 1);
            assert!((10.0..=12.0).contains(&low) && (12.0..=13.5).contains(&high), "{low} {high}");
        }
    }

    #[test]
    fn noise_is_one_still_stretch() {
        let y: Vec<f64> = (0..60).map(|i| f64::from((i * 37) % 11 - 5) / 3.2).collect();
        assert_eq!(stretches_and_ramps(&y, &[1.0; 60]).len(), 1);
        assert!(!stretches(&y, &[1.0; 60])[0].shifted);
    }

    #[test]
    fn recovery_ends_a_stretch() {
        let y: Vec<f64> = (0..30).map(|i| if (10..20).contains(&i) { 5.0 } else { 0.0 }).collect();
        let list = stretches_and_ramps(&y, &[1.0; 30]);
        assert_eq!(
            list.iter().map(|s| (s.from, s.to, s.shifted)).collect::<Vec<_>>(),
            [(0, 10, false), (10, 20, true), (20, 30, false)]
        );
    }

    #[test]
    fn a_ramp_is_dated_to_where_it_leaves() {
        // A line from the beginning of window 10 to window 20, then a plateau.
        let noise = |i: i32| 0.4 * f64::from((i * 7) % 5 - 2);
        let y: Vec<f64> = (0..30).map(|i| (f64::from(i) + 0.5 - 10.0).clamp(0.0, 10.0) + noise(i)).collect();
        let list = stretches_and_ramps(&y, &[1.0; 30]);
        let ramp = list.iter().position(Stretch::is_ramp).unwrap();
        assert!(list[ramp].from.abs_diff(10) <= 1 && (list[ramp].slope - 1.0).abs() < 0.15, "{list:?}");
        // Steps alone are late.
        assert!(stretches(&y, &[1.0; 30])[1].from >= 12);
        let (low, high) = onset_interval(&y, &[1.0; 30], &list, ramp);
        assert!(low <= 10.0 && high >= 10.0 && high - low <= 6.0, "{low} {high}");
    }

    #[test]
    fn a_step_within_a_window_is_no_ramp() {
        // Twenty standard errors, of which the window of the change shows half.
        let y: Vec<f64> = (0..24).map(|i| [0.0, 10.0, 20.0][usize::from(i >= 12) + usize::from(i > 12)]).collect();
        let list = stretches_and_ramps(&y, &[1.0; 24]);
        assert!(list.iter().all(|s| !s.is_ramp()) && list[1].from == 12, "{list:?}");
    }

    #[test]
    fn windows_without_data_do_not_panic() {
        assert!(stretches(&[], &[]).is_empty());
        assert_eq!(stretches_and_ramps(&[f64::NAN, 1.0], &[f64::INFINITY, 0.0]).len(), 1);
    }
}
