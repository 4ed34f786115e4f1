//! Total variation distance.
//!
//! **What.** The share of rows that would have to change cell to turn one distribution into the other: the one distance
//! that can be said in a sentence to anybody.
//!
//! **Definition.** `Σ |r - c| / 2`.
//!
//! **Guarantees.** A metric between 0 and 1. Merging cells never raises it. It is the largest gap in probability over
//! *any* set of cells, so nothing that looks at the column through these cells can move by more.
//!
//! **Paper.** C. Jordan, *Sur la série de Fourier* (1881), for the variation; L. Le Cam's *Asymptotic Methods in
//! Statistical Decision Theory* (1986) for its role in testing.
//!
//! ```
//! use dosimeter_core::statistic::total_variation::counts;
//! assert_eq!(counts(&[50, 50], &[75, 25]), Some(0.25));
//! ```

use super::cells;

/// The distance on counts; `None` if a side is empty.
pub fn counts(reference: &[u64], current: &[u64]) -> Option<f64> {
    let (p, q) = cells::fractions(reference, current)?;
    Some(fractions(&p, &q))
}

/// The distance of fractions that sum to 1.
pub fn fractions(reference: &[f64], current: &[f64]) -> f64 {
    (0.5 * reference.iter().zip(current).map(|(r, c)| (r - c).abs()).sum::<f64>()).min(1.0)
}
