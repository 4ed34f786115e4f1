//! Intervals for a proportion.
//!
//! Wilson's (1927) inverts the score test: close to its nominal coverage on average, never empty, never outside
//! `[0, 1]`, the default where many intervals are read. Clopper and Pearson's (1934) inverts the exact binomial test:
//! it covers at least as often as promised, always, and is wider for it.

use super::normal_isf;
use super::special::{beta_pq, falling_root};

/// Wilson's score interval for `successes` of `trials` at a two-sided `confidence` such as 0.95; `None` without trials,
/// with more successes than trials, or for a confidence outside `(0, 1)`.
///
/// ```
/// use dosimeter_core::statistic::tail::wilson;
/// let (low, high) = wilson(0, 20, 0.95).unwrap();
/// assert_eq!(low, 0.0);
/// assert!((high - 0.16113).abs() < 1e-5);
/// ```
pub fn wilson(successes: u64, trials: u64, confidence: f64) -> Option<(f64, f64)> {
    let alpha = checked_alpha(successes, trials, confidence)?;
    let z = normal_isf(alpha / 2.0);
    let (n, z2) = (trials as f64, z * z);
    let p = successes as f64 / n;
    let centre = (p + z2 / (2.0 * n)) / (1.0 + z2 / n);
    let half = z / (1.0 + z2 / n) * (p * (1.0 - p) / n + z2 / (4.0 * n * n)).sqrt();
    // At the ends the bound is exact; rounding would leave a stray 1e-18.
    let low = if successes == 0 { 0.0 } else { (centre - half).max(0.0) };
    let high = if successes == trials { 1.0 } else { (centre + half).min(1.0) };
    Some((low, high))
}

/// Clopper and Pearson's exact interval; arguments and `None` as for [`wilson`].
pub fn clopper_pearson(successes: u64, trials: u64, confidence: f64) -> Option<(f64, f64)> {
    let alpha = checked_alpha(successes, trials, confidence)?;
    let (k, rest) = (successes as f64, (trials - successes) as f64);
    let low = if successes == 0 {
        0.0
    } else {
        falling_root(0.0, 1.0, |p| alpha / 2.0 - beta_pq(k, rest + 1.0, p, 1.0 - p).0)
    };
    let high = if successes == trials {
        1.0
    } else {
        falling_root(0.0, 1.0, |p| beta_pq(k + 1.0, rest, p, 1.0 - p).1 - alpha / 2.0)
    };
    Some((low, high))
}

fn checked_alpha(successes: u64, trials: u64, confidence: f64) -> Option<f64> {
    let sound = trials > 0 && successes <= trials && confidence > 0.0 && confidence < 1.0;
    sound.then_some(1.0 - confidence)
}
