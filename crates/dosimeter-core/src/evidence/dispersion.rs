//! How much more than sampling error do a column's window means wobble?
//!
//! For a series of reference window means, `F = Σ r² / (W - 1)` with `r` the residuals in units of their sampling error is
//! about 1 when rows are independent and larger when the column wobbles from window to window. A handful of windows says little about
//! one column, but there are many columns: following Smyth (2004, the moderated t of limma), a scaled inverse
//! chi-square prior is fitted to all the F of a data set, and each column's dispersion is shrunk towards it with as many
//! extra degrees of freedom as the columns agree.

use statrs::function::gamma::digamma;

/// A prior on the dispersion, learned across columns.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Prior {
    /// The typical dispersion; 1 is pure sampling error.
    pub typical: f64,
    /// How many degrees of freedom it is worth; infinite where all columns agree.
    pub freedom: f64,
}

/// A dispersion and what is known of it.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Dispersion {
    /// Variance of a window mean over its sampling variance, at least 1.
    pub factor: f64,
    /// The degrees of freedom behind it.
    pub freedom: f64,
}

impl Prior {
    /// Fits the prior to `(F, degrees of freedom)` of many series; a cautious one where there are too few.
    #[must_use]
    pub fn fit(ratios: &[(f64, f64)]) -> Prior {
        let usable: Vec<(f64, f64)> =
            ratios.iter().copied().filter(|(f, d)| *f > 1e-9 && f.is_finite() && *d >= 1.0).collect();
        if usable.len() < 6 {
            return Prior { typical: 1.0, freedom: 4.0 };
        }
        let m = usable.len() as f64;
        let e: Vec<f64> = usable.iter().map(|(f, d)| f.ln() - digamma(d / 2.0) + (d / 2.0).ln()).collect();
        let mean = e.iter().sum::<f64>() / m;
        let spread = e.iter().map(|x| (x - mean).powi(2)).sum::<f64>() / (m - 1.0);
        let expected = usable.iter().map(|(_, d)| trigamma(d / 2.0)).sum::<f64>() / m;
        let excess = spread - expected;
        if excess <= 1e-3 {
            return Prior { typical: mean.exp().max(1.0), freedom: f64::INFINITY };
        }
        let freedom = 2.0 * inverse_trigamma(excess);
        let typical = (mean + digamma(freedom / 2.0) - (freedom / 2.0).ln()).exp();
        Prior { typical: typical.max(1.0), freedom }
    }

    /// One series' dispersion, shrunk towards the prior.
    #[must_use]
    pub fn shrink(&self, ratio: f64, freedom: f64) -> Dispersion {
        if self.freedom.is_infinite() || freedom < 1.0 {
            return Dispersion { factor: self.typical, freedom: self.freedom.max(freedom) };
        }
        let total = self.freedom + freedom;
        Dispersion { factor: ((self.freedom * self.typical + freedom * ratio) / total).max(1.0), freedom: total }
    }
}

/// F of a series of means with their sampling variances, and its degrees of freedom.
///
/// Windows without rows (infinite or zero variance) are left out; `None` under two windows.
#[must_use]
pub fn ratio(means: &[f64], variances: &[f64]) -> Option<(f64, f64)> {
    let usable: Vec<(f64, f64)> = means
        .iter()
        .zip(variances)
        .filter(|(m, v)| m.is_finite() && v.is_finite() && **v > 0.0)
        .map(|(m, v)| (*m, *v))
        .collect();
    if usable.len() < 2 {
        return None;
    }
    let weight: f64 = usable.iter().map(|(_, v)| 1.0 / v).sum();
    let centre = usable.iter().map(|(m, v)| m / v).sum::<f64>() / weight;
    let d = usable.len() as f64 - 1.0;
    Some((usable.iter().map(|(m, v)| (m - centre).powi(2) / v).sum::<f64>() / d, d))
}

/// [`lag_one`] of a series about its own mean, held to 0 to [`LONGEST`].
#[must_use]
pub fn persistence(means: &[f64], variances: &[f64]) -> Option<f64> {
    let usable: Vec<(f64, f64)> = means
        .iter()
        .zip(variances)
        .filter(|(m, v)| m.is_finite() && v.is_finite() && **v > 0.0)
        .map(|(m, v)| (*m, *v))
        .collect();
    let weight: f64 = usable.iter().map(|(_, v)| 1.0 / v).sum();
    let centre = usable.iter().map(|(m, v)| m / v).sum::<f64>() / weight;
    let residuals: Vec<f64> = usable.iter().map(|(m, v)| (m - centre) / v.sqrt()).collect();
    lag_one(&residuals).map(|r| r.max(0.0))
}

/// How long wobble lasts in a series of residuals in units of their sampling error: the lag-1 autocorrelation, corrected for
/// its small-sample bias, `-(1 + 4 r) / n` for this estimator (Kendall 1954); `None` under five windows.
#[must_use]
pub fn lag_one(residuals: &[f64]) -> Option<f64> {
    let n = residuals.len();
    if n < 5 {
        return None;
    }
    let total: f64 = residuals.iter().map(|r| r * r).sum();
    if total <= 0.0 {
        return Some(0.0);
    }
    let raw = residuals.windows(2).map(|w| w[0] * w[1]).sum::<f64>() / total;
    let n = n as f64;
    Some(((raw + 1.0 / n) / (1.0 - 4.0 / n).max(0.5)).clamp(-1.0, LONGEST))
}

/// The autocorrelation at which sums over `block` windows vary as much as these residuals' do; `None` under four whole blocks.
///
/// What comes by days or weeks, as a holiday does, is not seen between neighbouring hours. `block_of` says which block each
/// window lies in.
#[must_use]
pub fn by_blocks(residuals: &[f64], block_of: &[i32]) -> Option<f64> {
    let mut sums: Vec<(i32, f64, f64)> = Vec::new();
    for (r, block) in residuals.iter().zip(block_of) {
        match sums.last_mut().filter(|s| s.0 == *block) {
            Some((_, sum, n)) => (*sum, *n) = (*sum + r, *n + 1.0),
            None => sums.push((*block, *r, 1.0)),
        }
    }
    let size = sums.iter().map(|s| s.2).fold(0.0, f64::max);
    sums.retain(|s| s.2 >= 0.6 * size);
    if sums.len() < 4 || size < 2.0 {
        return None;
    }
    let each = residuals.iter().map(|r| r * r).sum::<f64>() / (residuals.len() as f64 - 1.0);
    let blocks = sums.iter().map(|s| s.1.powi(2) / s.2).sum::<f64>() / (sums.len() as f64 - 1.0);
    if each <= 0.0 {
        return Some(0.0);
    }
    let (mut low, mut high) = (0.0, LONGEST);
    for _ in 0..40 {
        let middle = (low + high) / 2.0;
        if inflation(size, middle) < blocks / each { low = middle } else { high = middle }
    }
    Some(low)
}

/// Wobble that lasts longer than this autocorrelation says cannot be told from a change.
pub const LONGEST: f64 = 0.95;

/// The variance of the mean of `n` windows over what it would be if they were independent, for a first-order autoregression.
#[must_use]
pub fn inflation(n: f64, persistence: f64) -> f64 {
    let r = persistence.clamp(0.0, LONGEST);
    if n <= 1.0 {
        return 1.0;
    }
    ((1.0 + r) / (1.0 - r) - 2.0 * r * (1.0 - r.powf(n)) / (n * (1.0 - r).powi(2))).clamp(1.0, n)
}

/// How many independent windows `n` windows are worth under an autocorrelation, at least one.
#[must_use]
pub fn effective(n: f64, persistence: f64) -> f64 {
    n.max(1.0) / inflation(n, persistence)
}

/// The excess kurtosis of residuals, without bias for normal ones (Joanes & Gill 1998); `None` under six windows.
#[must_use]
pub fn excess_kurtosis(residuals: &[f64]) -> Option<f64> {
    let n = residuals.len() as f64;
    let (second, fourth) = residuals.iter().fold((0.0, 0.0), |(a, b), r| (a + r * r, b + r.powi(4)));
    if n < 6.0 || second <= 0.0 {
        return None;
    }
    let raw = n * fourth / (second * second) - 3.0;
    Some((n - 1.0) / ((n - 2.0) * (n - 3.0)) * ((n + 1.0) * raw + 6.0))
}

/// The second derivative of ln Γ, by recurrence and the asymptotic series (Abramowitz & Stegun 6.4.12).
#[must_use]
pub fn trigamma(mut x: f64) -> f64 {
    let mut sum = 0.0;
    while x < 10.0 {
        sum += 1.0 / (x * x);
        x += 1.0;
    }
    let y = 1.0 / (x * x);
    sum + 1.0 / x + y / 2.0 + y / x * (1.0 / 6.0 - y * (1.0 / 30.0 - y * (1.0 / 42.0 - y / 30.0)))
}

/// The x with `trigamma(x) = y`, by Newton's method on 1/trigamma (Smyth 2004, appendix).
#[must_use]
pub fn inverse_trigamma(y: f64) -> f64 {
    if y > 1e7 {
        return 1.0 / y.sqrt();
    }
    let mut x = 0.5 + 1.0 / y;
    for _ in 0..50 {
        let t = trigamma(x);
        let h = 1e-5 * x;
        let slope = (trigamma(x + h) - trigamma(x - h)) / (2.0 * h);
        let step = t * (1.0 - t / y) / slope;
        x += step;
        if (-step / x).abs() < 1e-9 {
            break;
        }
    }
    x
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn trigamma_matches_scipy() {
        // scipy.special.polygamma(1, x)
        for (x, expected) in [
            (0.5, 4.934802200544679),
            (1.0, 1.6449340668482266),
            (4.5, 0.24872510303901035),
            (50.0, 0.02020133322669713),
        ] {
            assert!((trigamma(x) - expected).abs() < 1e-8 * expected.max(1.0), "{x}: {}", trigamma(x));
        }
        for y in [0.01, 0.3, 2.0, 40.0] {
            assert!((trigamma(inverse_trigamma(y)) / y - 1.0).abs() < 1e-6);
        }
    }

    #[test]
    fn agreeing_columns_are_worth_infinite_freedom() {
        let ratios: Vec<(f64, f64)> = (0..40).map(|i| (0.8 + f64::from(i) * 0.01, 9.0)).collect();
        let prior = Prior::fit(&ratios);
        assert!(prior.freedom.is_infinite());
        assert_eq!(prior.typical, 1.0_f64.max(prior.typical));
        assert!(prior.typical < 1.2, "{}", prior.typical);
    }

    #[test]
    fn a_wobbly_column_among_steady_ones_keeps_its_own_dispersion() {
        let mut ratios: Vec<(f64, f64)> = (0..30).map(|i| (0.5 + f64::from(i % 10) * 0.1, 9.0)).collect();
        ratios.extend((0..6).map(|i| (40.0 + f64::from(i), 9.0)));
        let prior = Prior::fit(&ratios);
        assert!(prior.shrink(40.0, 9.0).factor > 20.0, "{prior:?}");
        assert!(prior.shrink(1.0, 9.0).factor < 3.0, "{prior:?}");
    }

    #[test]
    fn slow_wobble_is_worth_fewer_windows() {
        let slow: Vec<f64> = (0..40).map(|i| f64::from(i / 10 % 2)).collect();
        let quick: Vec<f64> = (0..40).map(|i| f64::from(i * 7 % 5)).collect();
        let centred = |x: &[f64]| {
            let mean = x.iter().sum::<f64>() / x.len() as f64;
            x.iter().map(|v| v - mean).collect::<Vec<_>>()
        };
        let (a, b) = (lag_one(&centred(&slow)).unwrap(), lag_one(&centred(&quick)).unwrap());
        assert!(a > 0.7 && b < 0.2, "{a} {b}");
        assert!(effective(40.0, a) < 8.0 && effective(40.0, 0.0) == 40.0);
    }

    #[test]
    fn inflation_is_that_of_an_autoregression() {
        // numpy: c = 0.7 ** abs(np.subtract.outer(range(9), range(9))); c.sum() / 9
        assert!((inflation(9.0, 0.7) - 4.008_018_58).abs() < 1e-6, "{}", inflation(9.0, 0.7));
        assert_eq!((inflation(9.0, 0.0), inflation(1.0, 0.7)), (1.0, 1.0));
    }

    #[test]
    fn kurtosis_matches_scipy() {
        // scipy.stats.kurtosis(x, bias=False) with x of mean 0
        let x = [-3.0, -1.0, 0.0, 0.5, 0.5, 1.0, 2.0, 0.0];
        assert!((excess_kurtosis(&x).unwrap() - 2.0315296566077006).abs() < 1e-9, "{:?}", excess_kurtosis(&x));
        assert_eq!(excess_kurtosis(&x[..5]), None);
    }

    #[test]
    fn what_comes_by_weeks_is_seen_by_weeks() {
        let week = |i: usize| (i / 7) as i32;
        let odd: Vec<f64> =
            (0..70).map(|i| if i / 7 % 2 == 0 { 1.0 } else { -1.0 } + ((i * 5) % 7) as f64 - 3.0).collect();
        let blocks: Vec<i32> = (0..70).map(week).collect();
        assert!(by_blocks(&odd, &blocks).unwrap() > 0.0);
        let none: Vec<f64> = (0..70).map(|i| ((i * 5) % 7) as f64 - 3.0).collect();
        assert_eq!(by_blocks(&none, &blocks).map(|x| x < 1e-6), Some(true));
        assert_eq!(by_blocks(&none, &[0; 70]), None);
    }

    #[test]
    fn ratio_of_too_few_windows_is_unknown() {
        assert_eq!(ratio(&[1.0], &[1.0]), None);
        assert_eq!(ratio(&[1.0, f64::NAN], &[1.0, 1.0]), None);
        let (f, d) = ratio(&[0.0, 2.0], &[1.0, 1.0]).unwrap();
        assert_eq!((f, d), (2.0, 1.0));
    }
}
