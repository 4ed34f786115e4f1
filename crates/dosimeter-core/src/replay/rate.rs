//! How often alarms came, with the interval that a count of rare events has.

use crate::statistic::tail::chi2_isf;

/// The exact interval of a Poisson mean after `count` events at a level as 0.95 (Garwood 1936, Fiducial limits for the
/// Poisson distribution, Biometrika 28).
///
/// ```
/// use dosimeter_core::replay::rate::poisson_interval;
/// // scipy.stats.chi2.ppf([0.025, 0.975], [2 * 3, 2 * 3 + 2]) / 2
/// let [low, high] = poisson_interval(3, 0.95);
/// assert!((low - 0.61867212).abs() < 1e-8 && (high - 8.76727307).abs() < 1e-8);
/// ```
#[must_use]
pub fn poisson_interval(count: u64, level: f64) -> [f64; 2] {
    let side = (1.0 - level) / 2.0;
    let n = count as f64;
    let low = if count == 0 { 0.0 } else { 0.5 * chi2_isf(1.0 - side, 2.0 * n) };
    [low, 0.5 * chi2_isf(side, 2.0 * n + 2.0)]
}

#[cfg(test)]
mod tests {
    use super::poisson_interval;

    #[test]
    fn as_scipy_has_it() {
        // [chi2.ppf(0.025, 2 * n) / 2, chi2.ppf(0.975, 2 * n + 2) / 2], scipy 1.
        let check = |n: u64, low: f64, high: f64| {
            let [a, b] = poisson_interval(n, 0.95);
            assert!((a - low).abs() < 1e-6 && (b - high).abs() < 1e-6, "{n}: {a} {b}");
        };
        check(0, 0.0, 3.688_879_454);
        check(1, 0.025_317_808, 5.571_643_391);
        check(10, 4.795_388_696, 18.390_356_042);
    }
}
