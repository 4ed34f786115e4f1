//! Which map turns one sample into another.

use super::super::case::ks;
use super::units::{UNITS, Unit, is_binary};
use crate::text::digits;

/// Fewer values than this say nothing about a map.
const ENOUGH: usize = 20;

/// What else is known of the column; asked only where it decides.
pub(super) struct Setting<'a> {
    /// Whether the reference holds whole numbers only.
    pub(super) whole: bool,
    /// Whether the column went from one level to another at once and stayed there.
    pub(super) abrupt: &'a dyn Fn() -> bool,
    /// Whether only factors of ten and more are to be looked for: of a column that had drifted, less is not told from drift.
    pub(super) far: bool,
    /// Whether it did so inside the current data, and not between two files.
    pub(super) sudden: bool,
    /// Whether the share outside the reference's range is about the same in all affected windows.
    pub(super) steady_outside: &'a dyn Fn() -> bool,
    /// Whether ranks still go with those of other columns; `None` where no column is related.
    pub(super) related: &'a dyn Fn() -> Option<bool>,
    /// Whether most columns moved.
    pub(super) everything_moved: bool,
}

/// A map that explains the change.
#[derive(Debug)]
pub(super) struct Found {
    pub(super) scale: f64,
    pub(super) offset: f64,
    pub(super) title: String,
    /// The share of the rows that it was applied to.
    pub(super) share: f64,
    pub(super) before: f64,
    pub(super) after: f64,
}

/// Two samples, and what is worked out of them once.
struct Pair<'a> {
    then: &'a [f64],
    now: &'a [f64],
    /// Without noughts: nought is nought in most units.
    some_then: Vec<f64>,
    some_now: Vec<f64>,
    /// KS distance as they are, and below which two samples of the same thing stay.
    before: f64,
    noise: f64,
    same_noughts: bool,
    one_sign: bool,
    /// The ratio of the middles.
    seen: Option<f64>,
    /// The decimal step on which all of `then`, and of `now`, lies.
    step_then: Option<f64>,
    step_now: Option<f64>,
}

impl<'a> Pair<'a> {
    /// `None` where there is too little, or nothing to explain.
    fn new(then: &'a [f64], now: &'a [f64]) -> Option<Pair<'a>> {
        if then.len() < ENOUGH || now.len() < ENOUGH || distinct(then) < 3 {
            return None;
        }
        let before = ks(then, now);
        let noise = noise_of(then, now);
        if before <= noise {
            return None;
        }
        let some = |v: &[f64]| v.iter().copied().filter(|x| *x != 0.0).collect::<Vec<f64>>();
        let (some_then, some_now) = (some(then), some(now));
        let share = |part: &[f64], all: &[f64]| part.len() as f64 / all.len() as f64;
        Some(Pair {
            same_noughts: (share(&some_then, then) - share(&some_now, now)).abs() <= noise + 0.02,
            one_sign: then.iter().filter(|x| **x >= 0.0).count() as f64 >= 0.98 * then.len() as f64,
            seen: ratio_of_quantiles(&some_then, &some_now),
            step_then: decimal_step(then),
            step_now: decimal_step(now),
            then,
            now,
            some_then,
            some_now,
            before,
            noise,
        })
    }

    /// The distance that a map leaves, where it explains the change: `gain` times better than no map at all, and as good
    /// as two samples of the same thing but for `slack`.
    fn explained(&self, scale: f64, offset: f64, slack: f64, gain: f64) -> Option<f64> {
        let mut after = distance_after(self.then, self.now, scale, offset);
        if offset == 0.0 && self.some_then.len() < self.then.len() {
            // Nought is the same in every unit: what is left tells, and how much there is of it must not have changed.
            if !self.same_noughts
                || self.some_now.len() < ENOUGH
                || distance_after(&self.some_then, &self.some_now, scale, offset)
                    > noise_of(&self.some_then, &self.some_now) + 0.03
            {
                return None;
            }
            after = after.min(self.noise + slack);
        }
        (after <= self.noise + slack && after * gain < self.before).then_some(after)
    }

    /// How far the middles are from what a factor would make of them.
    fn off(&self, scale: f64) -> f64 {
        self.seen.map_or(0.0, |s| (s / scale - 1.0).abs())
    }

    /// Whether the new values are exact multiples, as 1,000 times a whole number is; `None` where that says nothing.
    fn multiples(&self, scale: f64, offset: f64) -> Option<bool> {
        let step = self.step_then? * scale.abs();
        // On so fine a lattice anything would lie.
        if offset != 0.0 || self.step_now.is_some_and(|s| step < 1.5 * s) {
            return None;
        }
        let on = |x: &&f64| {
            let k = **x / step;
            (k - k.round()).abs() < (1e-9 * k.abs()).clamp(1e-6, 0.01)
        };
        Some(self.now.iter().filter(on).count() as f64 >= 0.99 * self.now.len() as f64)
    }
}

fn noise_of(a: &[f64], b: &[f64]) -> f64 {
    1.95 * (1.0 / a.len().max(1) as f64 + 1.0 / b.len().max(1) as f64).sqrt()
}

/// The map that turns `then` into `now`, both ascending, or into a part of `now` while the rest stayed as it was.
pub(super) fn changed(then: &[f64], now: &[f64], setting: &Setting<'_>) -> Option<Found> {
    let pair = Pair::new(then, now)?;
    let exact = named(&pair, setting, |u| vec![(u.scale, u.title())]);
    exact
        // People round their factors: 2.2 for 2.2046. Only where the exact one does not fit.
        .or_else(|| named(&pair, setting, |u| u.rounded().map(|s| (s, u.title_with(&factor(s)))).collect()))
        .or_else(|| unnamed(&pair, setting))
        .or_else(|| mixed(&pair, setting))
}

fn factor(scale: f64) -> String {
    format!("× {}", digits(scale))
}

/// The simplest of the known conversions that explain the change as well as the best of them.
fn named(pair: &Pair<'_>, setting: &Setting<'_>, offers: impl Fn(&Unit) -> Vec<(f64, String)>) -> Option<Found> {
    let mut fitting: Vec<(Found, bool)> = Vec::new();
    let mut refused = f64::INFINITY;
    for u in UNITS {
        for (scale, title) in offers(u).into_iter().filter(|(s, _)| !setting.far || is_far(*s)) {
            let fit = fits(pair, setting, u, scale);
            if let Fit::Refused(after) = fit {
                refused = refused.min(after);
            }
            if let Fit::Good(after) = fit {
                let exact = pair.multiples(scale, u.offset);
                if setting.everything_moved && exact != Some(true) && !stands_out(pair, scale, u.offset) {
                    continue;
                }
                // Bytes come whole: without that a kibibyte is a bad thousand.
                let bytes = exact == Some(true) || scale < 1.0 && pair.step_now == Some(1.0);
                if is_binary(u.scale) && !(setting.whole && bytes) {
                    continue;
                }
                let found = Found { scale, offset: u.offset, title, share: 1.0, before: pair.before, after };
                fitting.push((found, exact == Some(true)));
            }
        }
    }
    // Exact multiples leave no doubt. Otherwise distances differ by luck: a good part of the noise is no difference.
    if fitting.iter().any(|f| f.1) {
        fitting.retain(|f| f.1);
    }
    let best = fitting.iter().map(|f| f.0.after).reduce(f64::min)?;
    let luck = 0.25 * pair.noise;
    // Where one that is not to be believed fits better, no other is the right one.
    fitting.into_iter().map(|f| f.0).find(|f| f.after <= best + luck && best <= refused + luck)
}

/// How well a conversion explains the change.
enum Fit {
    /// Not.
    None,
    /// Well, with this distance left, but drift explains it too.
    Refused(f64),
    /// Well enough to be believed, with this distance left.
    Good(f64),
}

/// Where the world changed every column is another one, and among many some seem scaled: only a factor that no mix of the old
/// rows could make, ten times and more or with an offset, is believed then, and only of a column that is nowhere near
/// where it was.
fn stands_out(pair: &Pair<'_>, scale: f64, offset: f64) -> bool {
    const NOWHERE_NEAR: f64 = 0.35;
    (is_far(scale) || offset != 0.0 || scale < 0.0) && pair.before >= NOWHERE_NEAR
}

/// Ten times or more, up or down.
fn is_far(scale: f64) -> bool {
    !(0.101..9.9).contains(&scale.abs())
}

fn fits(pair: &Pair<'_>, setting: &Setting<'_>, u: &Unit, scale: f64) -> Fit {
    // The middle of the column says at once which factors are worth a closer look; rounding may hide a quarter.
    let off = if u.offset == 0.0 && scale > 0.0 { pair.off(scale) } else { 0.0 };
    let good = |after: Option<f64>| after.map_or(Fit::None, Fit::Good);
    if off > if u.strong { 0.3 } else { 0.04 } {
        return Fit::None;
    }
    if u.strong {
        return good(pair.explained(scale, u.offset, 0.02, 4.0));
    }
    // A small factor is what drift looks like too. It is believed at once where the fit is tight, else where the change was
    // sudden and the column still goes with its neighbours.
    if pair.one_sign && off <= 0.02 && pair.explained(scale, u.offset, 0.005, 4.0).is_some() {
        return good(pair.explained(scale, u.offset, 0.005, 4.0));
    }
    let Some(after) = pair.explained(scale, u.offset, 0.02, 2.5) else {
        return Fit::None;
    };
    let believed = (setting.abrupt)()
        && match (setting.related)() {
            Some(same) => same,
            None => setting.sudden && pair.one_sign,
        };
    if believed { Fit::Good(after) } else { Fit::Refused(after) }
}

/// A factor that nobody names, beyond ordinary drift: it may still be a unit, of a column that is otherwise what it was.
fn unnamed(pair: &Pair<'_>, setting: &Setting<'_>) -> Option<Found> {
    if setting.everything_moved || setting.far || !pair.one_sign || distinct(pair.then) < 10 {
        return None;
    }
    let scale =
        ratio_of_quantiles(pair.then, pair.now).filter(|s| s.is_finite() && *s > 0.0 && !(0.2..=5.0).contains(s))?;
    let after = distance_after(pair.then, pair.now, scale, 0.0);
    if after > pair.noise + 0.02 || after * 4.0 >= pair.before {
        return None;
    }
    if !(setting.abrupt)() || (setting.related)() == Some(false) {
        return None;
    }
    Some(Found { scale, offset: 0.0, title: factor(scale), share: 1.0, before: pair.before, after })
}

/// Part of the rows changed: a mixture of the old column and a strongly scaled copy, far from each other.
///
/// Many factors and shares are tried, so much is asked: the copy lies apart from the old values, as many rows lie beyond
/// them as it says, from one moment on, and nothing is left to explain.
fn mixed(pair: &Pair<'_>, setting: &Setting<'_>) -> Option<Found> {
    let (then, now) = (pair.then, pair.now);
    // A mixture within a column on its way, or in a world that changed, is what that looks like.
    if setting.far || setting.everything_moved {
        return None;
    }
    // One wild value over and over is a stand-in for none, not a unit.
    let (low, high) = (then.first()?, then.last()?);
    let outside: Vec<f64> = now.iter().copied().filter(|x| x < low || x > high).collect();
    if distinct(&outside) < 4.min(distinct(then)) {
        return None;
    }
    let beyond = outside.len() as f64 / now.len() as f64;
    let mut best: Option<Found> = None;
    let maps =
        UNITS.iter().filter(|u| u.strong && u.offset == 0.0 && u.scale > 0.0 && is_far(u.scale) && !is_binary(u.scale));
    for u in maps {
        let mapped: Vec<f64> = then.iter().map(|x| x * u.scale).collect();
        if !apart(then, &mapped) {
            continue;
        }
        let leaving = mapped.iter().filter(|x| *x < low || *x > high).count() as f64 / mapped.len() as f64;
        // The share that makes the mixture's mean rank right, on a small grid; the distance says whether any does.
        for share in (1..20).map(|i| f64::from(i) / 20.0).filter(|s| *s >= 0.1) {
            if (beyond - share * leaving).abs() > 0.15 * share + 0.5 * pair.noise {
                continue;
            }
            let after = ks_mixture(then, &mapped, share, now);
            if after <= pair.noise + 0.03 && after * 3.0 < pair.before && best.as_ref().is_none_or(|b| after < b.after)
            {
                best = Some(Found { scale: u.scale, offset: 0.0, title: u.title(), share, before: pair.before, after });
            }
        }
    }
    best.filter(|_| (setting.steady_outside)())
}

/// Whether a scaled copy lies away from the values: its near quartile beyond their far one, noughts left out.
fn apart(then: &[f64], mapped: &[f64]) -> bool {
    let sizes = |v: &[f64]| {
        let mut sizes: Vec<f64> = v.iter().map(|x| x.abs()).filter(|x| *x > 0.0).collect();
        sizes.sort_by(f64::total_cmp);
        sizes
    };
    let (a, b) = (sizes(then), sizes(mapped));
    let at = |v: &[f64], q: f64| v.get((v.len().saturating_sub(1) as f64 * q) as usize).copied().unwrap_or(0.0);
    at(&b, 0.15) > at(&a, 0.85) || at(&b, 0.85) < at(&a, 0.15)
}

/// The coarsest of 1, 0.1, 0.01 and 0.001 of which all values are multiples.
fn decimal_step(v: &[f64]) -> Option<f64> {
    [1.0, 10.0, 100.0, 1000.0].into_iter().find_map(|d: f64| {
        let all = v.iter().all(|x| ((x * d).round() / d - x).abs() <= 1e-9 * x.abs().max(1e-3));
        all.then_some(1.0 / d)
    })
}

fn ks_mixture(a: &[f64], b: &[f64], share_b: f64, now: &[f64]) -> f64 {
    let below = |s: &[f64], x: f64| s.partition_point(|v| *v <= x) as f64 / s.len() as f64;
    let step = (now.len() / 200).max(1);
    now.iter()
        .step_by(step)
        .map(|x| ((1.0 - share_b) * below(a, *x) + share_b * below(b, *x) - below(now, *x)).abs())
        .fold(0.0, f64::max)
}

/// KS after the map, also where the new values were rounded to whole numbers or to a few decimals.
fn distance_after(then: &[f64], now: &[f64], scale: f64, offset: f64) -> f64 {
    let mut mapped: Vec<f64> = then.iter().map(|x| x * scale + offset).collect();
    mapped.sort_by(f64::total_cmp);
    // Products differ in their last digits from what a producer wrote: compare five.
    let at = |x: f64, decimals: f64| (x * decimals).round() / decimals;
    let rounded = |v: &[f64], d: f64| v.iter().map(|x| at(*x, d)).collect::<Vec<f64>>();
    let five = |v: &[f64]| v.iter().map(|x| five_digits(*x)).collect::<Vec<f64>>();
    let mut least = ks(&five(&mapped), &five(now));
    for decimals in [1.0, 10.0, 100.0] {
        // Rounding that leaves next to nothing makes anything fit anything.
        let left = distinct(&rounded(&mapped, decimals));
        if left < 5 || left * 20 < distinct(then).min(400) {
            break;
        }
        if now.iter().all(|x| (at(*x, decimals) - x).abs() <= 1e-9 * x.abs().max(1.0)) {
            least = least.min(ks(&rounded(&mapped, decimals), &rounded(now, decimals)));
            if decimals == 1.0 {
                let floored: Vec<f64> = mapped.iter().map(|x| (x + 1e-9).floor()).collect();
                least = least.min(ks(&floored, now));
            }
            break;
        }
    }
    least
}

fn five_digits(x: f64) -> f64 {
    if x == 0.0 || !x.is_finite() {
        return x;
    }
    let unit = 10f64.powi(x.abs().log10().floor() as i32 - 4);
    if unit.is_normal() { (x / unit).round() * unit } else { x }
}

fn ratio_of_quantiles(then: &[f64], now: &[f64]) -> Option<f64> {
    let at = |s: &[f64], q: f64| s.get((s.len().saturating_sub(1) as f64 * q) as usize).copied();
    let mut ratios: Vec<f64> = [0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9]
        .iter()
        .filter_map(|q| Some((at(then, *q)?, at(now, *q)?)))
        .filter(|(a, b)| a.abs() > 1e-300 && *b != 0.0)
        .map(|(a, b)| b / a)
        .collect();
    ratios.sort_by(f64::total_cmp);
    ratios.get(ratios.len() / 2).copied()
}

fn distinct(ascending: &[f64]) -> usize {
    ascending.windows(2).filter(|w| w[0] != w[1]).count() + 1
}

#[cfg(test)]
mod tests {
    use super::*;

    const PLAIN: Setting<'static> = Setting {
        whole: false,
        abrupt: &|| true,
        far: false,
        sudden: false,
        steady_outside: &|| true,
        related: &|| None,
        everything_moved: false,
    };

    fn skewed(n: usize, shift: usize) -> Vec<f64> {
        let mut v: Vec<f64> = (0..n).map(|i| (((i * 7919 + shift) % n) as f64 / n as f64 * 6.0).exp() + 1.0).collect();
        v.sort_by(f64::total_cmp);
        v
    }

    #[test]
    fn names_the_conversions() {
        let then = skewed(2_000, 0);
        let map = |a: f64, b: f64| {
            let mut v: Vec<f64> = skewed(1_500, 3).iter().map(|x| x * a + b).collect();
            v.sort_by(f64::total_cmp);
            changed(&then, &v, &PLAIN).map(|f| (f.scale, f.offset))
        };
        assert_eq!(map(1000.0, 0.0), Some((1000.0, 0.0)));
        assert_eq!(map(1.0 / 24.0, 0.0), Some((1.0 / 24.0, 0.0)));
        assert_eq!(map(1.8, 32.0), Some((1.8, 32.0)));
        assert_eq!(map(-1.0, 0.0), Some((-1.0, 0.0)));
        assert_eq!(map(2.54, 0.0), Some((2.54, 0.0)));
        assert_eq!(map(1.0, 0.0), None);
        assert_eq!(map(1.3, 0.0), None);
    }

    fn whole(n: usize, shift: usize) -> Vec<f64> {
        let mut v: Vec<f64> = skewed(n, shift).iter().map(|x| x.round()).collect();
        v.sort_by(f64::total_cmp);
        v
    }

    #[test]
    fn the_simplest_of_the_maps_that_fit_is_named() {
        // Few rows cannot tell 1,000 from 1,024, nor 7 from 6.895.
        for (scale, title) in [(1000.0, "× 1,000, "), (1e-3, "× 1/1,000, "), (7.0, "× 7, "), (1.0 / 60.0, "× 1/60, ")]
        {
            for (rows, shift) in [(200, 3), (200, 40), (900, 7), (900, 11)] {
                let now: Vec<f64> = skewed(rows, shift).iter().map(|x| x * scale).collect();
                let found = changed(&skewed(800, 0), &now, &Setting { whole: true, ..PLAIN }).unwrap();
                assert!(found.title.starts_with(title), "{rows}: {} for {title}", found.title);
                assert_eq!(found.scale, scale);
            }
        }
        // Whole numbers of kibibytes leave no doubt.
        let now: Vec<f64> = whole(900, 7).iter().map(|x| x * 1024.0).collect();
        let found = changed(&whole(800, 0), &now, &Setting { whole: true, ..PLAIN }).unwrap();
        assert_eq!(found.scale, 1024.0);
    }

    #[test]
    fn nothing_but_noughts_has_no_unit() {
        assert!(changed(&skewed(500, 0), &[0.0; 300], &PLAIN).is_none());
        assert!(changed(&[0.0; 300], &skewed(500, 0), &PLAIN).is_none());
    }

    #[test]
    fn a_factor_without_a_name_needs_a_world_that_stayed() {
        let now: Vec<f64> = skewed(900, 7).iter().map(|x| x * 137.0).collect();
        assert!(changed(&skewed(800, 0), &now, &PLAIN).is_some());
        assert!(changed(&skewed(800, 0), &now, &Setting { everything_moved: true, ..PLAIN }).is_none());
        assert!(changed(&skewed(800, 0), &now, &Setting { related: &|| Some(false), ..PLAIN }).is_none());
    }

    #[test]
    fn where_everything_moved_a_small_factor_is_not_believed() {
        let moved = Setting { everything_moved: true, ..PLAIN };
        let times = |scale: f64| -> Vec<f64> { skewed(900, 7).iter().map(|x| x * scale).collect() };
        assert!(changed(&skewed(800, 0), &times(1.609_344), &PLAIN).is_some());
        assert!(changed(&skewed(800, 0), &times(1.609_344), &moved).is_none());
        assert!(changed(&skewed(800, 0), &times(1000.0), &moved).is_some());
        // Whole numbers of inches become multiples of 2.54: nothing else does that.
        let now: Vec<f64> = whole(900, 7).iter().map(|x| x * 2.54).collect();
        assert_eq!(changed(&whole(800, 0), &now, &moved).unwrap().scale, 2.54);
    }

    #[test]
    fn a_shifted_bell_curve_is_drift_not_a_unit() {
        let bell = |n: usize, mean: f64, sd: f64| -> Vec<f64> {
            (1..n).map(|i| mean + sd * crate::statistic::tail::normal_isf(1.0 - i as f64 / n as f64)).collect()
        };
        assert!(changed(&bell(2_000, 0.0, 1.0), &bell(1_000, 0.5, 1.0), &PLAIN).is_none());
        assert!(changed(&bell(2_000, 0.0, 1.0), &bell(1_000, 0.0, 1.609), &PLAIN).is_none());
    }

    #[test]
    fn a_part_of_the_rows_is_enough() {
        let then = skewed(2_000, 0);
        let mut now: Vec<f64> =
            skewed(1_000, 1).iter().enumerate().map(|(i, x)| if i % 3 == 0 { x * 1000.0 } else { *x }).collect();
        now.sort_by(f64::total_cmp);
        let found = changed(&then, &now, &PLAIN).unwrap();
        assert_eq!(found.scale, 1000.0);
        assert!((found.share - 0.33).abs() < 0.07, "{}", found.share);
    }
}
