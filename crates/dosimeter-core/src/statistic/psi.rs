//! Population stability index.
//!
//! **What.** How far two sets of fractions over the same cells lie apart, weighing each change by its logarithm: the
//! number the credit industry has watched since the nineties, with its rule of thumb of 0.1 ("look") and 0.25 ("act").
//!
//! **Definition.** `Σ (c - r) ln(c / r)`, which is the symmetric (Jeffreys) divergence `KL(c‖r) + KL(r‖c)`. An empty
//! cell would make it infinite, so zeros need a rule, and the rule is half of the number: by default every fraction
//! below 1e-4 becomes 1e-4 ([`ZERO_FLOOR`]); Evidently's variant is [`ZeroRule::Fill`]. Fractions are not rescaled
//! afterwards.
//!
//! **Guarantees.** Never negative, zero on equal fractions, symmetric (the floor included). Merging cells never raises
//! it when no floor applies. Under no change it is about `(1/n + 1/m)` times a chi-square with one degree of freedom
//! less than there are cells, so the thumb rule means nothing at 200 rows and misses everything at ten million;
//! [`p`] uses that law.
//!
//! **Papers.** H. Jeffreys, *An invariant form for the prior probability* (1946); B. Yurdakul and J. Naranjo,
//! *Statistical properties of the population stability index* (2020).
//!
//! ```
//! use dosimeter_core::statistic::psi;
//! let value = psi::counts(&[50, 50], &[25, 75]).unwrap();
//! assert!((value - 0.25 * 3f64.ln()).abs() < 1e-12);
//! assert_eq!(psi::counts(&[3, 4], &[6, 8]), Some(0.0));
//! ```

use super::cells::{ZERO_FLOOR, ZeroRule, smoothed};
use super::tail::chi2_sf;

/// The index with fractions floored at 1e-4; `None` if a side is empty.
pub fn counts(reference: &[u64], current: &[u64]) -> Option<f64> {
    counts_with(reference, current, ZeroRule::Floor(ZERO_FLOOR))
}

/// The index with another rule for zeros; infinite under [`ZeroRule::Keep`] where one side alone is zero.
pub fn counts_with(reference: &[u64], current: &[u64], rule: ZeroRule) -> Option<f64> {
    let (p, q) = smoothed(reference, current, rule)?;
    Some(fractions(&p, &q))
}

/// The index of fractions as they are.
pub fn fractions(reference: &[f64], current: &[f64]) -> f64 {
    // A cell that is empty on both sides says nothing; 0 ln(0/0) must not become NaN.
    reference.iter().zip(current).filter(|(r, c)| r != c).map(|(r, c)| (c - r) * (c / r).ln()).sum()
}

/// The chance of an index this large without change, for `cells` filled cells and `n` and `m` rows (asymptotic; fair
/// when expected counts are at least about five).
pub fn p(index: f64, cells: usize, n: u64, m: u64) -> Option<f64> {
    if cells < 2 || n == 0 || m == 0 {
        return None;
    }
    Some(chi2_sf(index / (1.0 / n as f64 + 1.0 / m as f64), (cells - 1) as f64))
}
