//! Monday with Mondays, eight o'clock with eight o'clocks: what the calendar alone makes of a series.
//!
//! Windows shorter than a week follow the day and the week. Left in the wobble, such a season hides whatever is smaller than
//! it; and a current period that covers only a part of the cycle looks like drift. So a series of reference windows is
//! split into a level for each part of the day, each day of the week and, on top, each part of the week, as random effects:
//! a slot's mean is shrunk towards none by as much as windows of one slot differ among themselves (Efron & Morris 1975), so that a
//! season that is not there costs next to nothing, and what remains unknown of a slot's mean stays in the test's
//! variance. A level is used only where it beats an F test at 1 %.
//!
//! Days are the replicates of the days of the week: the hours of one Monday are no 24 Mondays.

use statrs::distribution::{ContinuousCDF, FisherSnedecor};

use crate::profile::Slot;

/// A daily season needs so many days of reference.
const DAYS: usize = 4;
/// A weekly one so many weeks: with two, one odd week is half of what is known of every slot.
const WEEKS: usize = 3;
/// So many windows of a slot on average, beyond the first: what two weeks show of a week is one odd week.
const BEYOND_ONE: f64 = 1.7;
/// The chance that a season is seen where there is none.
const GATE: f64 = 0.01;

/// What a slot is a slot of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Cycle {
    /// Parts of the day.
    Day,
    /// Days of the week.
    Week,
    /// Parts of the week, beyond the two.
    Both,
}

impl Cycle {
    fn slots(self, parts: usize) -> usize {
        match self {
            Cycle::Day => parts,
            Cycle::Week => 7,
            Cycle::Both => 7 * parts,
        }
    }

    fn of(self, slot: Slot) -> usize {
        let part = usize::from(slot.part);
        match self {
            Cycle::Day => part,
            Cycle::Week => slot.weekday(),
            Cycle::Both => slot.weekday() * usize::from(slot.parts) + part,
        }
    }
}

/// The effect of one cycle, by slot.
#[derive(Clone, Debug)]
struct Level {
    cycle: Cycle,
    offsets: Vec<f64>,
    /// What is not known of each offset, as a variance.
    errors: Vec<f64>,
    /// The part of the reference's rows that lies in each slot.
    shares: Vec<f64>,
}

/// The season of one series; nothing where there is none.
#[derive(Clone, Debug, Default)]
pub struct Season {
    levels: Vec<Level>,
    parts: u16,
    /// Degrees of freedom that it took from the residuals.
    pub lost: f64,
}

/// One window of a series.
#[derive(Clone, Copy, Debug)]
pub struct Point {
    /// Where it stands in the calendar.
    pub slot: Option<Slot>,
    /// Its mean.
    pub mean: f64,
    /// Its sampling variance.
    pub variance: f64,
}

impl Point {
    fn weight(&self) -> f64 {
        let w = 1.0 / self.variance;
        if self.mean.is_finite() && w.is_finite() { w } else { 0.0 }
    }
}

impl Season {
    /// Learns the season of a series of reference windows.
    #[must_use]
    pub fn fit(points: &[Point]) -> Season {
        let mut season = Season::default();
        let slots: Option<Vec<Slot>> = points.iter().map(|p| p.slot).collect();
        let (Some(slots), true) = (slots, points.len() >= 2 * DAYS) else {
            return season;
        };
        let Some(first) = slots.first().filter(|f| f.parts > 0 && slots.iter().all(|s| s.parts == f.parts)) else {
            return season;
        };
        season.parts = first.parts;
        let parts = usize::from(first.parts);
        let count =
            |key: &dyn Fn(&Slot) -> i32| slots.iter().map(key).collect::<std::collections::BTreeSet<i32>>().len();
        let (days, weeks) = (count(&|s| s.day), count(&|s| s.week()));
        let cycles = [
            (Cycle::Day, parts > 1 && days >= DAYS),
            (Cycle::Week, weeks >= WEEKS && days >= 7 * WEEKS - 1),
            (Cycle::Both, parts > 1 && weeks >= WEEKS && days >= 7 * WEEKS - 1),
        ];
        let weights: Vec<f64> = points.iter().map(Point::weight).collect();
        let mut left: Vec<f64> = points.iter().map(|p| if p.mean.is_finite() { p.mean } else { 0.0 }).collect();
        for (cycle, _) in cycles.into_iter().filter(|(_, enough)| *enough) {
            // The unit that is drawn anew: a window, or for days of the week the whole day.
            let mut units: Vec<(usize, f64, f64)> = Vec::new();
            let mut day = None;
            for ((slot, y), w) in slots.iter().zip(&left).zip(&weights) {
                let same = cycle == Cycle::Week && day == Some(slot.day);
                match units.last_mut().filter(|_| same) {
                    Some((_, sum, weight)) => (*sum, *weight) = (*sum + w * y, *weight + w),
                    None => units.push((cycle.of(*slot), w * y, *w)),
                }
                day = Some(slot.day);
            }
            if let Some((level, lost)) = level(cycle, cycle.slots(parts), &units) {
                for (y, slot) in left.iter_mut().zip(&slots) {
                    *y -= level.offsets[cycle.of(*slot)];
                }
                season.lost += lost;
                season.levels.push(level);
            }
        }
        season
    }

    /// Whether there is none.
    #[must_use]
    pub fn is_none(&self) -> bool {
        self.levels.is_empty()
    }

    fn known(&self, slot: Option<Slot>) -> Option<Slot> {
        slot.filter(|s| s.parts == self.parts && s.part < s.parts)
    }

    /// By how much a window of this slot lies off the mean of the reference.
    #[must_use]
    pub fn offset(&self, slot: Option<Slot>) -> f64 {
        self.known(slot).map_or(0.0, |s| self.levels.iter().map(|l| l.offsets[l.cycle.of(s)]).sum())
    }

    /// The same for windows together, weighed by their rows, and the variance of what is not known of it: none where the slots
    /// are covered as the reference covers them.
    #[must_use]
    pub fn over(&self, windows: impl Iterator<Item = (Option<Slot>, f64)>) -> (f64, f64) {
        if self.is_none() {
            return (0.0, 0.0);
        }
        let windows: Vec<(Slot, f64)> = windows.filter_map(|(s, n)| Some((self.known(s)?, n))).collect();
        let all: f64 = windows.iter().map(|(_, n)| n).sum();
        if all <= 0.0 {
            return (0.0, 0.0);
        }
        let offset = windows.iter().map(|(s, n)| n / all * self.offset(Some(*s))).sum();
        let unknown = self.levels.iter().map(|l| {
            let mut shares = vec![0.0; l.offsets.len()];
            windows.iter().for_each(|(s, n)| shares[l.cycle.of(*s)] += n / all);
            shares.iter().zip(&l.shares).zip(&l.errors).map(|((a, b), e)| (a - b).powi(2) * e).sum::<f64>()
        });
        (offset, unknown.sum())
    }
}

/// The random effects of one cycle from `(slot, weighted sum, weight)` of each unit, and the degrees of freedom they take.
fn level(cycle: Cycle, slots: usize, units: &[(usize, f64, f64)]) -> Option<(Level, f64)> {
    let (mut sums, mut weights, mut seen) = (vec![0.0; slots], vec![0.0; slots], vec![0u32; slots]);
    for (slot, sum, weight) in units.iter().filter(|u| u.2 > 0.0) {
        sums[*slot] += sum;
        weights[*slot] += weight;
        seen[*slot] += 1;
    }
    let all: f64 = weights.iter().sum();
    let filled = seen.iter().filter(|n| **n > 0).count();
    let within_freedom = units.iter().filter(|u| u.2 > 0.0).count() as f64 - filled as f64;
    if filled < 2 || within_freedom < BEYOND_ONE * filled as f64 || all <= 0.0 {
        return None;
    }
    let centre = sums.iter().sum::<f64>() / all;
    let mean = |slot: usize| if weights[slot] > 0.0 { sums[slot] / weights[slot] } else { centre };
    let between: f64 = (0..slots).map(|s| weights[s] * (mean(s) - centre).powi(2)).sum();
    let within: f64 = units.iter().filter(|u| u.2 > 0.0).map(|(s, sum, w)| w * (sum / w - mean(*s)).powi(2)).sum();
    let between_freedom = filled as f64 - 1.0;
    let noise = (within / within_freedom).max(f64::MIN_POSITIVE);
    let f = between / between_freedom / noise;
    let p = FisherSnedecor::new(between_freedom, within_freedom).map_or(1.0, |law| law.sf(f.max(0.0)));
    if !f.is_finite() || p > GATE {
        return None;
    }
    let scale = all - weights.iter().map(|w| w * w).sum::<f64>() / all;
    let size = ((between - noise * between_freedom) / scale).max(0.0);
    let kept: Vec<f64> = weights.iter().map(|w| if *w > 0.0 { size / (size + noise / w) } else { 0.0 }).collect();
    let shares: Vec<f64> = weights.iter().map(|w| w / all).collect();
    let mut offsets: Vec<f64> = (0..slots).map(|s| kept[s] * (mean(s) - centre)).collect();
    let middle: f64 = offsets.iter().zip(&shares).map(|(o, q)| o * q).sum();
    offsets.iter_mut().for_each(|o| *o -= middle);
    // Of a slot that the reference has not seen only the size of the season is known.
    let errors = (0..slots).map(|s| if weights[s] > 0.0 { kept[s] * noise / weights[s] } else { size }).collect();
    let lost = kept.iter().zip(&shares).map(|(k, q)| k * (1.0 - q)).sum();
    Some((Level { cycle, offsets, errors, shares }, lost))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn noise(i: usize) -> f64 {
        // A Weyl sequence as uniform, made about normal by summing.
        (0..12).map(|k| ((i * 12 + k) as f64 * 0.754_877_666_246_693).fract() - 0.5).sum()
    }

    fn points(days: i32, parts: u16, level: impl Fn(Slot) -> f64) -> Vec<Point> {
        let slots = (0..days).flat_map(|day| (0..parts).map(move |part| Slot { day, part, parts }));
        slots
            .enumerate()
            .map(|(i, s)| Point { slot: Some(s), mean: level(s) + 0.1 * noise(i), variance: 0.01 })
            .collect()
    }

    #[test]
    fn a_week_is_learned_and_its_mean_is_none() {
        // 1970-01-01 was a Thursday, so day 4 is a Monday.
        let weekend = |s: Slot| if s.weekday() >= 5 { 1.0 } else { 0.0 };
        let season = Season::fit(&points(28, 1, weekend));
        let of = |day| season.offset(Some(Slot { day, part: 0, parts: 1 }));
        assert!((of(2) - 5.0 / 7.0).abs() < 0.1 && (of(4) + 2.0 / 7.0).abs() < 0.1, "{} {}", of(2), of(4));
        let week = (4..11).map(|day| (Some(Slot { day, part: 0, parts: 1 }), 10.0));
        let (offset, error) = season.over(week);
        assert!(offset.abs() < 1e-9 && error < 1e-9, "{offset} {error}");
        let (offset, error) = season.over([(Some(Slot { day: 2, part: 0, parts: 1 }), 3.0)].into_iter());
        assert!((offset - of(2)).abs() < 1e-12 && error > 0.0005, "{offset} {error}");
        assert!(season.lost > 5.0 && season.lost < 6.01, "{}", season.lost);
    }

    #[test]
    fn hours_and_days_add_up() {
        let level = |s: Slot| f64::from(s.part) * 0.2 + if s.weekday() == 0 { -1.0 } else { 0.0 };
        let season = Season::fit(&points(35, 6, level));
        let of = |day, part| season.offset(Some(Slot { day, part, parts: 6 }));
        assert!((of(5, 5) - of(5, 0) - 1.0).abs() < 0.15 && (of(4, 2) - of(5, 2) + 1.0).abs() < 0.2);
    }

    #[test]
    fn without_a_season_none_is_made_up() {
        assert!(Season::fit(&points(28, 1, |_| 0.0)).is_none());
        assert!(Season::fit(&points(28, 24, |_| 0.0)).is_none());
        // Two weeks are no season, whatever they look like.
        assert!(Season::fit(&points(14, 1, |s| s.weekday() as f64)).is_none());
        assert!(Season::fit(&[]).is_none());
        assert_eq!(Season::default().over([(None, 1.0)].into_iter()), (0.0, 0.0));
    }

    #[test]
    fn the_hours_of_one_odd_day_are_one_day() {
        // One Tuesday of four is far off: no season of Tuesdays.
        let season = Season::fit(&points(28, 24, |s| if s.day == 5 { 3.0 } else { 0.0 }));
        assert!(season.offset(Some(Slot { day: 5, part: 3, parts: 24 })).abs() < 0.2);
    }
}
