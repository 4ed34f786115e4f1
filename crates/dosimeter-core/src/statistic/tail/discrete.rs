//! Exact tails of counts: binomial and Poisson.
//!
//! Definitions follow scipy: `sf(k)` is `P(X > k)` and `cdf(k)` is `P(X <= k)`, so that the chance of "at least `k`"
//! is `sf(k - 1)`. Both are computed as the tail that they are, never as one minus a number near one.

use super::special::{beta_pq, gamma_pq};

/// `P(X > k)` for `X ~ Binomial(n, p)`; NaN unless `0 <= p <= 1`.
///
/// ```
/// use dosimeter_core::statistic::tail::binomial_sf;
/// assert!((binomial_sf(8, 10, 0.5) - 11.0 / 1024.0).abs() < 1e-15);
/// ```
pub fn binomial_sf(k: u64, n: u64, p: f64) -> f64 {
    if !(0.0..=1.0).contains(&p) {
        return f64::NAN;
    }
    if k >= n {
        return 0.0;
    }
    beta_pq(k as f64 + 1.0, (n - k) as f64, p, 1.0 - p).0
}

/// `P(X <= k)` for `X ~ Binomial(n, p)`; NaN unless `0 <= p <= 1`.
pub fn binomial_cdf(k: u64, n: u64, p: f64) -> f64 {
    if !(0.0..=1.0).contains(&p) {
        return f64::NAN;
    }
    if k >= n {
        return 1.0;
    }
    beta_pq(k as f64 + 1.0, (n - k) as f64, p, 1.0 - p).1
}

/// `P(X > k)` for `X ~ Poisson(mean)`; NaN for a negative mean.
pub fn poisson_sf(k: u64, mean: f64) -> f64 {
    gamma_pq(k as f64 + 1.0, mean).0
}

/// `P(X <= k)` for `X ~ Poisson(mean)`; NaN for a negative mean.
pub fn poisson_cdf(k: u64, mean: f64) -> f64 {
    gamma_pq(k as f64 + 1.0, mean).1
}
