//! Kullback-Leibler divergence.
//!
//! **What.** The expected surprise, in nats, of a reader who believes the second distribution when the first is true.
//!
//! **Definition.** `Σ r ln(r / c)` of the reference from the current fractions, each side made to sum to 1 after the rule
//! for zeros is applied (scipy's `entropy(ref, cur)`). Evidently uses [`ZeroRule::Fill`] and natural logarithms.
//!
//! **Guarantees.** Never negative, zero exactly on equal fractions, *not* symmetric, infinite where the reference has
//! mass that the current side lacks unless zeros are smoothed. Merging cells never raises it.
//!
//! **Paper.** S. Kullback and R. A. Leibler, *On information and sufficiency* (1951).
//!
//! ```
//! use dosimeter_core::statistic::{cells::ZeroRule, kl};
//! let value = kl::counts(&[1, 1], &[1, 3], ZeroRule::Keep).unwrap();
//! assert!((value - 0.5 * (4f64 / 3.0).ln()).abs() < 1e-15);
//! assert_eq!(kl::counts(&[1, 1], &[2, 0], ZeroRule::Keep), Some(f64::INFINITY));
//! ```

use super::cells::{ZeroRule, smoothed};

/// The divergence on counts; `None` if a side is empty.
pub fn counts(reference: &[u64], current: &[u64], rule: ZeroRule) -> Option<f64> {
    let (p, q) = smoothed(reference, current, rule)?;
    Some(fractions(&p, &q))
}

/// The divergence of fractions, each side divided by its sum.
pub fn fractions(reference: &[f64], current: &[f64]) -> f64 {
    let (n, m): (f64, f64) = (reference.iter().sum(), current.iter().sum());
    let sum: f64 = reference
        .iter()
        .zip(current)
        .map(|(r, c)| (r / n, c / m))
        .map(|(r, c)| if r == 0.0 || r == c { 0.0 } else { r * (r / c).ln() })
        .sum();
    sum.max(0.0)
}
