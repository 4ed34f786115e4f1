//! Energy distance.
//!
//! **What.** How much farther apart two rows are when one is drawn from each sample than when both come from the same.
//!
//! **Definition.** `sqrt(2 E|X - Y| - E|X - X'| - E|Y - Y'|)`, which on the line is `sqrt(2 ∫ (F_ref - F_cur)²)` (scipy's,
//! and Evidently's `ed`). On counts every row of a cell stands at the cell's representative position.
//!
//! **Guarantees.** A metric; in the square root of the column's unit. Less moved by one wild value than Wasserstein: the
//! gap enters squared.
//!
//! **Paper.** G. J. Székely and M. L. Rizzo, *Energy statistics: a class of statistics based on distances* (2013).
//!
//! ```
//! use dosimeter_core::statistic::energy::samples;
//! assert_eq!(samples(&[0.0], &[2.0]), Some(2.0));
//! ```

use super::cells::{cdf_gaps, checked_positions, totals};
use super::sample::Pooled;

/// The distance of raw samples; `None` if a side has no finite value.
pub fn samples(reference: &[f64], current: &[f64]) -> Option<f64> {
    let pooled = Pooled::new(reference, current)?;
    counts(&pooled.reference, &pooled.current, &pooled.values)
}

/// The distance on counts over ordered cells with their positions; `None` if a side is empty or the positions are too
/// few, not finite or not ascending.
pub fn counts(reference: &[u64], current: &[u64], positions: &[f64]) -> Option<f64> {
    let (n, m) = totals(reference, current)?;
    let x = checked_positions(positions, reference, current)?;
    let widths = x.iter().zip(x.iter().skip(1)).map(|(a, b)| b - a);
    let area: f64 = cdf_gaps(reference, current, n, m)
        .zip(widths)
        // The widest gap of doubles is infinite; times no difference it must stay nothing.
        .filter(|(gap, _)| *gap != 0.0)
        .map(|(gap, width)| gap * gap * width)
        .sum();
    Some((2.0 * area).sqrt())
}
