//! How a series varies by itself: its season, how much it wobbles about that, and for how long.
//!
//! A mean over a few windows that hang together lies close to them, wherever it lies: residuals about it look small, and
//! the fewer independent windows there are, the smaller. So the sum of their squares is held against what it is worth under
//! the autocorrelation, and not against the number of windows less one; the degrees of freedom shrink with it. And as
//! sampling error is fresh in every window, the autocorrelation of the wobble is larger than that of the means, by their
//! variance over that of the wobble.

use super::dispersion::{LONGEST, by_blocks, effective, excess_kurtosis, inflation, lag_one};
use super::season::{Point, Season};

/// What is believed of how long wobble lasts where fewer than five windows show it.
pub const UNKNOWN: f64 = 0.3;
/// So many windows say as much of how long one series' wobble lasts as all the others do.
const OWN: f64 = 30.0;

/// What the reference's windows show of one series.
#[derive(Clone, Debug)]
pub struct Natural {
    /// What the calendar makes of it.
    pub season: Season,
    /// Usable windows.
    pub windows: f64,
    /// Sum of squared residuals in units of their sampling variance.
    squares: f64,
    /// Autocorrelation of the means, sampling error included.
    lasting: Option<f64>,
    /// Where wobble comes by days or weeks, as many of them as there are less one; else infinite.
    blocks: f64,
    /// Excess kurtosis of the residuals.
    excess: Option<f64>,
}

impl Natural {
    /// Of reference windows; `None` under two.
    #[must_use]
    pub fn of(points: &[Point]) -> Option<Natural> {
        let usable: Vec<Point> = points
            .iter()
            .copied()
            .filter(|p| p.mean.is_finite() && p.variance.is_finite() && p.variance > 0.0)
            .collect();
        if usable.len() < 2 {
            return None;
        }
        let season = Season::fit(&usable);
        let weight: f64 = usable.iter().map(|p| 1.0 / p.variance).sum();
        let rest = |p: &Point| p.mean - season.offset(p.slot);
        let centre = usable.iter().map(|p| rest(p) / p.variance).sum::<f64>() / weight;
        let residuals: Vec<f64> = usable.iter().map(|p| (rest(p) - centre) / p.variance.sqrt()).collect();
        let squares = residuals.iter().map(|r| r * r).sum();
        let days: Option<Vec<i32>> = usable.iter().map(|p| p.slot.map(|s| s.day)).collect();
        let weeks: Option<Vec<i32>> = usable.iter().map(|p| p.slot.map(|s| s.week())).collect();
        let neighbours = lag_one(&residuals).map(|r| (r, f64::INFINITY));
        let blocks = [days, weeks].into_iter().flatten().filter_map(|b| {
            let distinct = b.iter().collect::<std::collections::BTreeSet<_>>().len() as f64;
            Some((by_blocks(&residuals, &b)?, distinct - 1.0))
        });
        let longest = neighbours.into_iter().chain(blocks).reduce(|a, b| if b.0 > a.0 { b } else { a });
        let (lasting, blocks) = (longest.map(|l| l.0), longest.map_or(f64::INFINITY, |l| l.1));
        let excess = excess_kurtosis(&residuals);
        Some(Natural { season, windows: usable.len() as f64, squares, lasting, blocks, excess })
    }

    fn free(&self) -> f64 {
        (self.windows - 1.0 - self.season.lost).max(1.0)
    }

    /// Variance over sampling variance as if windows were independent.
    #[must_use]
    pub fn plain_ratio(&self) -> f64 {
        self.squares / self.free()
    }

    /// The autocorrelation of the wobble by this series alone; `None` where it has none or too few windows.
    fn own(&self) -> Option<f64> {
        let wobble = 1.0 - 1.0 / self.plain_ratio();
        self.lasting.filter(|_| wobble > 0.0).map(|r| (r / wobble).clamp(0.0, LONGEST))
    }

    /// Excess kurtosis of the residuals beyond what luck makes of normal ones.
    #[must_use]
    pub fn heavy(&self) -> f64 {
        self.excess.map_or(0.0, |x| (x - (24.0 / self.windows).sqrt()).max(0.0))
    }

    /// How long this series' wobble lasts, given what is `common`.
    #[must_use]
    pub fn persistence(&self, common: f64) -> f64 {
        let weight = self.windows / (self.windows + OWN);
        self.own().map_or(common, |own| weight * own + (1.0 - weight) * common)
    }

    /// Variance of a window mean over its sampling variance, where wobble lasts so long, and the degrees of freedom behind it.
    #[must_use]
    pub fn ratio(&self, persistence: f64) -> (f64, f64) {
        let free = self.free();
        let plain = self.squares / free;
        if plain <= 1.0 {
            return (plain, free);
        }
        let r = persistence.clamp(0.0, LONGEST);
        let worth = (self.windows - inflation(self.windows, r) - self.season.lost).max(0.1 * free);
        let wobble = (self.squares - free) / worth;
        let freedom = (worth * (1.0 - r * r) / (1.0 + r * r)).min(self.blocks).min(free).max(1.0);
        let share = wobble / (1.0 + wobble);
        (1.0 + wobble, 1.0 / (share.powi(2) / freedom + (1.0 - share).powi(2) / free))
    }
}

/// What many series together show of the wobble of each.
#[derive(Clone, Copy, Debug)]
pub struct Common {
    /// How long it lasts.
    pub persistence: f64,
    /// Independent windows behind that, in all columns.
    pub freedom: f64,
}

impl Common {
    /// Of the series of every column. Those of one column move together, so a column counts once.
    #[must_use]
    pub fn of(columns: &[&Vec<Option<Natural>>]) -> Common {
        let all = || columns.iter().flat_map(|c| c.iter()).flatten();
        let persistence = common_persistence(all());
        let independent = |c: &&Vec<Option<Natural>>| {
            c.iter().flatten().map(|n| effective(n.windows, persistence) - 1.0).fold(0.0, f64::max)
        };
        let freedom = columns.iter().map(independent).sum::<f64>().max(1.0);
        Common { persistence, freedom }
    }
}

/// The excess kurtosis of a window's wobble that many series together show, of those that show more of it than of sampling
/// error, beyond what luck makes of normal ones.
#[must_use]
pub fn common_excess<'a>(all: impl Iterator<Item = &'a Natural>) -> f64 {
    let (mut excess, mut windows, mut count) = (0.0, 0.0, 0.0);
    for (n, x) in all.filter(|n| n.plain_ratio() > 2.0).filter_map(|n| Some((n, n.excess?))) {
        (excess, windows, count) = (excess + x, windows + n.windows, count + 1.0);
    }
    // Series of one column move together: two are worth about one.
    if count > 0.0 { (excess / count - (48.0f64 / windows).sqrt()).max(0.0) } else { 0.0 }
}

/// How long wobble lasts in many series together: one alone shows it badly.
#[must_use]
pub fn common_persistence<'a>(all: impl Iterator<Item = &'a Natural>) -> f64 {
    let (mut lasting, mut wobble) = (0.0, 0.0);
    for n in all.filter(|n| n.plain_ratio() > 1.0) {
        if let Some(r) = n.lasting {
            lasting += r;
            wobble += 1.0 - 1.0 / n.plain_ratio();
        }
    }
    if wobble > 0.0 { (lasting / wobble).clamp(0.0, LONGEST) } else { UNKNOWN }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::simulate::Rng;

    fn autoregression(rng: &mut Rng, n: usize, rho: f64, wobble: f64) -> Vec<Point> {
        let mut z = rng.standard_normal();
        (0..n)
            .map(|_| {
                let mean = wobble.sqrt() * z + rng.standard_normal();
                z = rho * z + (1.0 - rho * rho).sqrt() * rng.standard_normal();
                Point { slot: None, mean, variance: 1.0 }
            })
            .collect()
    }

    /// The mean over many series of the ratio, given how long wobble lasts.
    fn mean_ratio(n: usize, rho: f64, wobble: f64) -> f64 {
        let mut rng = Rng::new(7);
        let of = |rng: &mut Rng| Natural::of(&autoregression(rng, n, rho, wobble)).unwrap().ratio(rho).0;
        (0..4_000).map(|_| of(&mut rng)).sum::<f64>() / 4_000.0
    }

    #[test]
    fn a_few_windows_that_hang_together_are_not_taken_for_steady() {
        for (n, rho) in [(8, 0.0), (8, 0.5), (12, 0.8), (40, 0.8)] {
            let (found, truth) = (mean_ratio(n, rho, 9.0), 10.0);
            assert!((found / truth - 1.0).abs() < 0.1, "{n} windows at {rho}: {found}");
        }
    }

    #[test]
    fn the_wobbles_persistence_is_that_without_sampling_error() {
        let mut rng = Rng::new(3);
        for (rho, wobble) in [(0.0, 4.0), (0.5, 1.0), (0.8, 4.0)] {
            let series: Vec<Natural> =
                (0..300).map(|_| Natural::of(&autoregression(&mut rng, 40, rho, wobble)).unwrap()).collect();
            let found = common_persistence(series.iter());
            assert!((found - rho).abs() < 0.12, "{rho}: {found}");
        }
    }

    #[test]
    fn too_few_windows_are_unknown() {
        assert!(Natural::of(&[Point { slot: None, mean: 1.0, variance: 1.0 }]).is_none());
        assert_eq!(common_persistence([].iter()), UNKNOWN);
    }
}
