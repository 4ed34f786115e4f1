//! Hellinger distance.
//!
//! **What.** The Euclidean distance of the square roots of two sets of fractions; kinder to rare cells than total
//! variation, finite where PSI and KL are not.
//!
//! **Definition.** `sqrt(Σ (√r - √c)² / 2)`. NannyML and Evidently agree on it and differ in the bins alone.
//!
//! **Guarantees.** A metric between 0 and 1; zero exactly on equal fractions, 1 exactly on disjoint ones. Merging cells
//! never raises it. It brackets total variation: `H² <= TV <= √2 H`.
//!
//! **Paper.** E. Hellinger, *Neue Begründung der Theorie quadratischer Formen von unendlichvielen Veränderlichen* (1909).
//!
//! ```
//! use dosimeter_core::statistic::hellinger::counts;
//! assert_eq!(counts(&[1, 0], &[0, 1]), Some(1.0));
//! ```

use super::cells;

/// The distance on counts; `None` if a side is empty.
pub fn counts(reference: &[u64], current: &[u64]) -> Option<f64> {
    let (p, q) = cells::fractions(reference, current)?;
    Some(fractions(&p, &q))
}

/// The distance of fractions that sum to 1.
pub fn fractions(reference: &[f64], current: &[f64]) -> f64 {
    let sum: f64 = reference.iter().zip(current).map(|(r, c)| (r.sqrt() - c.sqrt()).powi(2)).sum();
    (0.5 * sum).sqrt().min(1.0)
}
