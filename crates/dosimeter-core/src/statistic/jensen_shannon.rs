//! Jensen-Shannon distance.
//!
//! **What.** A bounded, symmetric distance between two sets of fractions that needs no rule for empty cells, the best
//! behaved of the binned distances and the default of several tools.
//!
//! **Definition.** With `m = (r + c)/2`, the square root of `(KL(r‖m) + KL(c‖m)) / 2`. It is the *distance*, as in
//! scipy; the divergence is its square. NannyML takes logarithms to base 2 (range 0 to 1), Evidently natural ones (range
//! 0 to 0.8326); one is the other times a constant, yet thresholds are not interchangeable.
//!
//! **Guarantees.** A metric: symmetric, zero exactly on equal fractions, triangle inequality. Merging cells never raises
//! it. Without change it is about `sqrt((k - 1)(1/n + 1/m) / 8)` in nats for `k` cells: small samples look drifted.
//!
//! **Papers.** J. Lin, *Divergence measures based on the Shannon entropy* (1991); D. M. Endres and J. E. Schindelin, *A
//! new metric for probability distributions* (2003).
//!
//! ```
//! use dosimeter_core::statistic::jensen_shannon::{LogBase, counts};
//! assert_eq!(counts(&[5, 0], &[0, 9], LogBase::Two), Some(1.0));
//! assert_eq!(counts(&[5, 5], &[1, 1], LogBase::Natural), Some(0.0));
//! ```

use super::cells;

/// Base of the logarithm.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LogBase {
    /// Nats: the largest distance is `sqrt(ln 2)`.
    Natural,
    /// Bits: the largest distance is 1.
    Two,
}

/// The distance on counts; `None` if a side is empty.
pub fn counts(reference: &[u64], current: &[u64], base: LogBase) -> Option<f64> {
    let (p, q) = cells::fractions(reference, current)?;
    Some(fractions(&p, &q, base))
}

/// The distance of fractions that sum to 1.
pub fn fractions(reference: &[f64], current: &[f64], base: LogBase) -> f64 {
    let part = |x: f64, middle: f64| if x > 0.0 { x * (x / middle).ln() } else { 0.0 };
    let sum: f64 = reference
        .iter()
        .zip(current)
        .filter(|(r, c)| r != c)
        .map(|(&r, &c)| {
            let middle = 0.5 * (r + c);
            part(r, middle) + part(c, middle)
        })
        .sum();
    let divergence = match base {
        LogBase::Natural => 0.5 * sum,
        LogBase::Two => 0.5 * sum / std::f64::consts::LN_2,
    };
    divergence.max(0.0).sqrt()
}
