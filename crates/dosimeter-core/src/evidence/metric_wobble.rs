//! How much a metric varies between the reference's windows by itself, its season and its wobble: the null of its fall.

use super::dispersion::{Prior, effective};
use super::natural::{Natural, UNKNOWN};
use super::season::{Point, Season};
use super::shift::{heavy_two_sided, heavy_two_sided_isf};
use crate::metric::Estimate;
use crate::profile::WindowProfile;
use crate::statistic::tail;

/// A window of fewer rows has no normal error, and says nothing of wobble.
const LEAST_ROWS: u64 = 30;
/// A metric mostly wobbles little; so little is this worth against what its own windows show.
const PRIOR: Prior = Prior { typical: 1.0, freedom: 1.0 };

/// How the metric wobbles between reference windows beyond its sampling error.
#[derive(Clone, Debug)]
pub struct Wobble {
    /// The variance between windows, as a multiple of what sampling alone would make it; 1 at least.
    pub factor: f64,
    /// Variance of one window's wobble.
    variance: f64,
    freedom: f64,
    persistence: f64,
    /// Independent windows behind the reference's mean.
    known: f64,
    /// Excess kurtosis of the wobble of a window.
    excess: f64,
    season: Season,
}

impl Wobble {
    /// From the metric over the reference's windows, and those windows.
    #[must_use]
    pub fn of(estimates: &[Option<Estimate>], windows: &[WindowProfile]) -> Wobble {
        let usable = estimates.iter().zip(windows.iter().map(|w| w.slot).chain(std::iter::repeat(None)));
        let points: Vec<Point> = usable
            .filter_map(|(e, slot)| Some((e.as_ref()?, slot)))
            .filter(|(e, _)| e.n >= LEAST_ROWS && e.se > 0.0 && e.se.is_finite())
            .map(|(e, slot)| Point { slot, mean: e.value, variance: e.se.powi(2) })
            .collect();
        let Some(natural) = Natural::of(&points) else {
            return Wobble {
                factor: 1.0,
                variance: 0.0,
                freedom: f64::INFINITY,
                persistence: 0.0,
                known: 1.0,
                excess: 0.0,
                season: Season::default(),
            };
        };
        let persistence = natural.persistence(UNKNOWN);
        let (ratio, freedom) = natural.ratio(persistence);
        let dispersion = PRIOR.shrink(ratio, freedom);
        let typical = points.iter().map(|p| p.variance).sum::<f64>() / points.len() as f64;
        Wobble {
            factor: dispersion.factor,
            variance: (dispersion.factor - 1.0) * typical,
            freedom: dispersion.freedom,
            persistence,
            known: effective(natural.windows, persistence),
            excess: natural.heavy(),
            season: natural.season,
        }
    }

    /// The variance of one window's wobble, and its autocorrelation from window to window.
    #[must_use]
    pub fn course(&self) -> (f64, f64) {
        (self.variance, self.persistence)
    }

    /// What it adds to a comparison of `windows` current windows with the reference.
    #[must_use]
    pub fn over(&self, windows: usize) -> f64 {
        self.variance * (1.0 / effective(windows as f64, self.persistence) + 1.0 / self.known)
    }

    /// By how much the calendar alone puts these windows off the reference, and the variance of what is not known of it.
    #[must_use]
    pub fn season<'w>(&self, windows: impl Iterator<Item = &'w WindowProfile>) -> (f64, f64) {
        self.season.over(windows.map(|w| (w.slot, w.rows as f64)))
    }

    /// How far a loss may be from what is measured of it, in standard errors: the point that chance passes with the
    /// probability `alpha`, by the same law as [`Wobble::p_worse`].
    #[must_use]
    pub fn quantile(&self, alpha: f64, sampling: f64, windows: usize) -> f64 {
        let (freedom, excess) = self.law(sampling, windows);
        let two = 2.0 * alpha.clamp(1e-300, 0.5);
        tail::student_two_sided_isf(two, freedom).max(heavy_two_sided_isf(two, excess))
    }

    /// One-sided p of a worsening `loss` with sampling variance `sampling`, over `windows` windows.
    #[must_use]
    pub fn p_worse(&self, loss: f64, sampling: f64, windows: usize) -> f64 {
        let wobble = self.over(windows);
        let total = sampling + wobble;
        let t = loss / total.sqrt();
        if !t.is_finite() {
            return if loss > 0.0 && total == 0.0 { 0.0 } else { 1.0 };
        }
        let (freedom, excess) = self.law(sampling, windows);
        let two = tail::student_two_sided(t, freedom).max(heavy_two_sided(t, excess));
        if t > 0.0 { two / 2.0 } else { 1.0 - two / 2.0 }
    }

    /// The degrees of freedom and the excess kurtosis of a comparison of `windows` windows.
    fn law(&self, sampling: f64, windows: usize) -> (f64, f64) {
        let wobble = self.over(windows);
        let share = (wobble / (sampling + wobble)).max(f64::MIN_POSITIVE);
        let independent = effective(windows as f64, self.persistence);
        ((self.freedom / share.powi(2)).max(1.0), self.excess * share.powi(2) / independent)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quantiles_are_where_the_p_says() {
        let of = |variance, freedom, excess| Wobble {
            factor: 2.0,
            variance,
            freedom,
            persistence: 0.3,
            known: 9.0,
            excess,
            season: Season::default(),
        };
        for wobble in [of(0.0, f64::INFINITY, 0.0), of(2e-4, 7.0, 0.0), of(2e-4, 40.0, 3.0), of(2e-4, 1e9, 8.0)] {
            for alpha in [0.2, 0.01, 1e-5] {
                let t = wobble.quantile(alpha, 1e-4, 4);
                let p = wobble.p_worse(t * (1e-4 + wobble.over(4)).sqrt(), 1e-4, 4);
                assert!((p / alpha - 1.0).abs() < 1e-6, "{wobble:?} {alpha}: {p}");
            }
        }
    }
}
