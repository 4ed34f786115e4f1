//! The unit changed: an affine map turns the reference's quantiles into the current ones.
//!
//! A shifted bell curve is an affine map of itself too, so a map is believed only where it is one that people make: a
//! known conversion, a power of ten, a flipped sign, or a factor beyond any ordinary drift; and only where it explains the column
//! as well as two samples of the same thing agree.

use super::super::case::{Case, Sampled, detail, evidence, finding, ks};
use super::Claims;
use crate::catalogue::Mode;
use crate::diagnosis::{Detail, Number};
use crate::profile::ColumnKind;
use crate::text::{digits, percent, quoted};

/// A conversion: current = scale x reference + offset.
struct Unit {
    scale: f64,
    offset: f64,
    title: &'static str,
    /// Credible by itself; otherwise only for values of one sign, since a symmetric column may just widen.
    strong: bool,
}

const fn unit(scale: f64, offset: f64, title: &'static str, strong: bool) -> Unit {
    Unit { scale, offset, title, strong }
}

const UNITS: &[Unit] = &[
    unit(10.0, 0.0, "x 10", true),
    unit(0.1, 0.0, "x 1/10", true),
    unit(100.0, 0.0, "x 100, as from a fraction to per cent or from euros to cents", true),
    unit(0.01, 0.0, "x 1/100, as from per cent to a fraction or from cents to euros", true),
    unit(1e3, 0.0, "x 1,000, as from kilo to plain or from seconds to milliseconds", true),
    unit(1e-3, 0.0, "x 1/1,000, as from plain to kilo or from milliseconds to seconds", true),
    unit(1e4, 0.0, "x 10,000", true),
    unit(1e-4, 0.0, "x 1/10,000", true),
    unit(1e6, 0.0, "x 1,000,000", true),
    unit(1e-6, 0.0, "x 1/1,000,000", true),
    unit(1e9, 0.0, "x 1,000,000,000", true),
    unit(1e-9, 0.0, "x 1/1,000,000,000", true),
    unit(60.0, 0.0, "x 60, as from minutes to seconds or hours to minutes", true),
    unit(1.0 / 60.0, 0.0, "x 1/60, as from seconds to minutes or minutes to hours", true),
    unit(24.0, 0.0, "x 24, as from days to hours", true),
    unit(1.0 / 24.0, 0.0, "x 1/24, as from hours to days", true),
    unit(3600.0, 0.0, "x 3,600, as from hours to seconds", true),
    unit(1.0 / 3600.0, 0.0, "x 1/3,600, as from seconds to hours", true),
    unit(1440.0, 0.0, "x 1,440, as from days to minutes", true),
    unit(1.0 / 1440.0, 0.0, "x 1/1,440, as from minutes to days", true),
    unit(86_400.0, 0.0, "x 86,400, as from days to seconds", true),
    unit(1.0 / 86_400.0, 0.0, "x 1/86,400, as from seconds to days", true),
    unit(7.0, 0.0, "x 7, as from weeks to days", true),
    unit(1.0 / 7.0, 0.0, "x 1/7, as from days to weeks", true),
    unit(12.0, 0.0, "x 12, as from years to months or feet to inches", true),
    unit(1.0 / 12.0, 0.0, "x 1/12, as from months to years or inches to feet", true),
    unit(365.0, 0.0, "x 365, as from years to days", true),
    unit(1.0 / 365.0, 0.0, "x 1/365, as from days to years", true),
    unit(30.0, 0.0, "x 30, as from months to days", true),
    unit(1.0 / 30.0, 0.0, "x 1/30, as from days to months", true),
    unit(1024.0, 0.0, "x 1,024, as from kibibytes to bytes", true),
    unit(1.0 / 1024.0, 0.0, "x 1/1,024, as from bytes to kibibytes", true),
    unit(1_048_576.0, 0.0, "x 1,048,576, as from mebibytes to bytes", true),
    unit(1.0 / 1_048_576.0, 0.0, "x 1/1,048,576, as from bytes to mebibytes", true),
    unit(1.8, 32.0, "from Celsius to Fahrenheit", true),
    unit(1.0 / 1.8, -32.0 / 1.8, "from Fahrenheit to Celsius", true),
    unit(1.0, 273.15, "from Celsius to kelvin", true),
    unit(1.0, -273.15, "from kelvin to Celsius", true),
    unit(-1.0, 0.0, "sign flipped", true),
    unit(2.54, 0.0, "x 2.54, as from inches to centimetres", false),
    unit(1.0 / 2.54, 0.0, "x 0.394, as from centimetres to inches", false),
    unit(0.3048, 0.0, "x 0.3048, as from feet to metres", false),
    unit(1.0 / 0.3048, 0.0, "x 3.28, as from metres to feet", false),
    unit(1.609_344, 0.0, "x 1.609, as from miles to kilometres", false),
    unit(1.0 / 1.609_344, 0.0, "x 0.621, as from kilometres to miles", false),
    unit(2.204_622_6, 0.0, "x 2.205, as from kilograms to pounds", false),
    unit(0.453_592_37, 0.0, "x 0.454, as from pounds to kilograms", false),
    unit(28.349_523, 0.0, "x 28.35, as from ounces to grams", true),
    unit(1.0 / 28.349_523, 0.0, "x 1/28.35, as from grams to ounces", true),
    unit(3.785_411_8, 0.0, "x 3.785, as from US gallons to litres", false),
    unit(1.0 / 3.785_411_8, 0.0, "x 0.264, as from litres to US gallons", false),
    unit(4.184, 0.0, "x 4.184, as from kilocalories to kilojoules", false),
    unit(1.0 / 4.184, 0.0, "x 0.239, as from kilojoules to kilocalories", false),
    unit(3.6, 0.0, "x 3.6, as from m/s to km/h", false),
    unit(1.0 / 3.6, 0.0, "x 1/3.6, as from km/h to m/s", false),
    unit(16.018_463, 0.0, "x 16.02, as from pounds per cubic foot to kg/m3", true),
    unit(6.894_757_3, 0.0, "x 6.895, as from psi to kilopascal", true),
    unit(0.145_037_74, 0.0, "x 0.145, as from kilopascal to psi", true),
    unit(10.763_91, 0.0, "x 10.76, as from square metres to square feet", true),
    unit(1.0 / 10.763_91, 0.0, "x 0.0929, as from square feet to square metres", true),
    unit(57.295_779_5, 0.0, "x 57.3, as from radians to degrees", true),
    unit(0.017_453_292_5, 0.0, "x 0.01745, as from degrees to radians", true),
];

/// Fewer values than this say nothing about a map.
const ENOUGH: usize = 20;

pub(super) fn check(case: &Case<'_>, claims: &mut Claims) {
    for column in 0..case.baseline.columns.len() {
        let spec = case.spec(column);
        if !claims.open(column)
            || spec.kind != ColumnKind::Number
            || !spec.role.is_input()
            || !case.values_moved(column)
        {
            continue;
        }
        let Some(series) = case.shift(column).and_then(|s| s.loudest()) else {
            continue;
        };
        let affected = case.affected_by(series);
        let then = Sampled::of(spec, &case.baseline.reference, column, None).numbers;
        let now = Sampled::of(spec, case.current, column, Some(&affected.inner())).numbers;
        let Some(found) = changed(&then, &now) else {
            continue;
        };
        let window_share = case.share_of(&affected.windows);
        let share = window_share * found.share;
        let title = if found.title.is_empty() { format!("x {}", digits(found.scale)) } else { found.title.to_owned() };
        let mut f = finding(
            Mode::SchemaChange,
            Some("unit_changed"),
            &[spec.name.as_str()],
            format!("{} changed its unit: {title} ({} of the rows)", quoted(&spec.name), percent(share)),
        );
        let map = detail([("scale", found.scale.into()), ("offset", found.offset.into())]);
        f.detail = detail([("map", Detail::Map(map)), ("guess", title.into())]);
        f.onset = Some(affected.onset.clone());
        f.share = Some(Number(share));
        f.evidence = vec![evidence("ks", found.before), evidence("ks_after_map", found.after)];
        claims.claim(&[column], f);
    }
}

struct Found {
    scale: f64,
    offset: f64,
    title: &'static str,
    share: f64,
    before: f64,
    after: f64,
}

/// The map that turns `then` into `now`, both ascending, or into a part of `now` while the rest stayed as it was.
fn changed(then: &[f64], now: &[f64]) -> Option<Found> {
    if then.len() < ENOUGH || now.len() < ENOUGH {
        return None;
    }
    let before = ks(then, now);
    let noise = 1.95 * (1.0 / then.len() as f64 + 1.0 / now.len() as f64).sqrt();
    if before <= noise {
        return None;
    }
    // Nought is nought in most units: what is left tells, and how much there is of it must not have changed.
    let some = |v: &[f64]| v.iter().copied().filter(|x| *x != 0.0).collect::<Vec<f64>>();
    let (some_then, some_now) = (some(then), some(now));
    let share = |part: &[f64], all: &[f64]| part.len() as f64 / all.len() as f64;
    let same_noughts = (share(&some_then, then) - share(&some_now, now)).abs() <= noise + 0.02;
    let one_sign = then.iter().filter(|x| **x >= 0.0).count() as f64 >= 0.98 * then.len() as f64;
    let spread = distinct(then) >= 3;
    let seen = ratio_of_quantiles(&some_then, &some_now);
    let mut best: Option<Found> = None;
    let mut offer = |scale: f64, offset: f64, title: &'static str, strong: bool| {
        if (!strong && !one_sign) || !spread {
            return;
        }
        // The middle of the column says at once which factors are worth a closer look; rounding may hide a quarter.
        let off = seen.filter(|_| offset == 0.0 && scale > 0.0).map_or(0.0, |s| (s / scale - 1.0).abs());
        if off > if strong { 0.3 } else { 0.02 } {
            return;
        }
        let slack = if strong { 0.02 } else { 0.005 };
        let mut after = distance_after(then, now, scale, offset);
        if offset == 0.0 && some_then.len() < then.len() {
            let few = 1.95 * (1.0 / some_then.len().max(1) as f64 + 1.0 / some_now.len().max(1) as f64).sqrt();
            if !same_noughts
                || some_now.len() < ENOUGH
                || distance_after(&some_then, &some_now, scale, offset) > few + 0.03
            {
                return;
            }
            after = after.min(noise + slack);
        }
        // Four times better than no map at all, and as good as two samples of the same thing.
        if after <= noise + slack && after * 4.0 < before && best.as_ref().is_none_or(|b| after < b.after) {
            best = Some(Found { scale, offset, title, share: 1.0, before, after });
        }
    };
    // People round their factors: 2.2 for 2.2046. Where the data say nearly that, they are right.
    for u in UNITS {
        let near =
            seen.filter(|s| u.offset == 0.0 && (s / u.scale - 1.0).abs() < 0.005 && (s / u.scale - 1.0).abs() > 1e-12);
        offer(u.scale, u.offset, u.title, u.strong);
        if let Some(scale) = near {
            offer(scale, 0.0, u.title, u.strong);
        }
    }
    if best.is_none() {
        // Nothing that people name: a factor beyond ordinary drift may still be a unit.
        let scale = ratio_of_quantiles(then, now);
        if let Some(scale) =
            scale.filter(|s| s.is_finite() && one_sign && !(0.2..=5.0).contains(s) && *s > 0.0 && distinct(then) >= 10)
        {
            let after = distance_after(then, now, scale, 0.0);
            if after <= noise + 0.02 && after * 4.0 < before {
                best = Some(Found { scale, offset: 0.0, title: "", share: 1.0, before, after });
            }
        }
    }
    best.or_else(|| mixed(then, now, before, noise))
}

/// Part of the rows changed: a mixture of the old column and a strongly scaled copy, far from each other.
fn mixed(then: &[f64], now: &[f64], before: f64, noise: f64) -> Option<Found> {
    // One wild value over and over is a stand-in for none, not a unit.
    let (low, high) = (then.first()?, then.last()?);
    let outside: Vec<f64> = now.iter().copied().filter(|x| x < low || x > high).collect();
    if distinct(&outside) < 4.min(distinct(then)) {
        return None;
    }
    let mut best: Option<Found> = None;
    for u in UNITS.iter().filter(|u| u.strong && u.offset == 0.0 && u.scale > 0.0 && !(0.15..=7.0).contains(&u.scale)) {
        let mapped: Vec<f64> = then.iter().map(|x| x * u.scale).collect();
        // The share that makes the mixture's mean rank right, on a small grid; the distance says whether any does.
        for share in (1..20).map(|i| f64::from(i) / 20.0) {
            let after = ks_mixture(then, &mapped, share, now);
            if after <= noise + 0.03
                && after * 3.0 < before
                && share >= 0.1
                && best.as_ref().is_none_or(|b| after < b.after)
            {
                best = Some(Found { scale: u.scale, offset: 0.0, title: u.title, share, before, after });
            }
        }
    }
    best
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
    let at = |s: &[f64], q: f64| s.get(((s.len() - 1) as f64 * q) as usize).copied();
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
            changed(&then, &v).map(|f| (f.scale, f.offset))
        };
        assert_eq!(map(1000.0, 0.0), Some((1000.0, 0.0)));
        assert_eq!(map(1.0 / 24.0, 0.0), Some((1.0 / 24.0, 0.0)));
        assert_eq!(map(1.8, 32.0), Some((1.8, 32.0)));
        assert_eq!(map(-1.0, 0.0), Some((-1.0, 0.0)));
        assert_eq!(map(2.54, 0.0), Some((2.54, 0.0)));
        assert_eq!(map(1.0, 0.0), None);
        assert_eq!(map(1.3, 0.0), None);
    }

    #[test]
    fn a_shifted_bell_curve_is_drift_not_a_unit() {
        let bell = |n: usize, mean: f64, sd: f64| -> Vec<f64> {
            (1..n).map(|i| mean + sd * crate::statistic::tail::normal_isf(1.0 - i as f64 / n as f64)).collect()
        };
        assert!(changed(&bell(2_000, 0.0, 1.0), &bell(1_000, 0.5, 1.0)).is_none());
        assert!(changed(&bell(2_000, 0.0, 1.0), &bell(1_000, 0.0, 1.609)).is_none());
    }

    #[test]
    fn a_part_of_the_rows_is_enough() {
        let then = skewed(2_000, 0);
        let mut now: Vec<f64> =
            skewed(1_000, 1).iter().enumerate().map(|(i, x)| if i % 3 == 0 { x * 1000.0 } else { *x }).collect();
        now.sort_by(f64::total_cmp);
        let found = changed(&then, &now).unwrap();
        assert_eq!(found.scale, 1000.0);
        assert!((found.share - 0.33).abs() < 0.07, "{}", found.share);
    }
}
