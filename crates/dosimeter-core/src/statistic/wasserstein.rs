//! Wasserstein distance.
//!
//! **What.** How far, in the column's own unit, the average row has to be moved to turn one distribution into the other:
//! "orders are 3.40 EUR apart", a number that a domain expert can judge.
//!
//! **Definition.** The area between the two distribution functions, `∫ |F_ref - F_cur|` (1-Wasserstein; scipy's and
//! NannyML's). [`normalised`] divides by the reference's population standard deviation, at least 0.001, as Evidently
//! does. On counts every row of a cell stands at the cell's representative position.
//!
//! **Guarantees.** A metric, without upper bound, in the unit of the column: scaling the column scales it. On a grid it is
//! off by at most the mean width of the cells that hold the rows. One wild value moves it by `value / n`: on raw samples
//! it is as fragile as a mean, on a grid the open end cells bound the damage.
//!
//! **Papers.** L. V. Kantorovich, *On the translocation of masses* (1942); S. S. Vallender, *Calculation of the
//! Wasserstein distance between probability distributions on the line* (1974).
//!
//! ```
//! use dosimeter_core::statistic::wasserstein::{counts, samples};
//! assert_eq!(samples(&[0.0, 1.0], &[5.0, 6.0]), Some(5.0));
//! assert_eq!(counts(&[2, 0], &[1, 1], &[10.0, 30.0]), Some(10.0));
//! ```

use super::cells::{cdf_gaps, checked_positions, totals};
use super::sample::{Moments, Pooled};

/// The least standard deviation to divide by.
pub const LEAST_DEVIATION: f64 = 0.001;

/// The distance of raw samples; `None` if a side has no finite value.
pub fn samples(reference: &[f64], current: &[f64]) -> Option<f64> {
    let pooled = Pooled::new(reference, current)?;
    counts(&pooled.reference, &pooled.current, &pooled.values)
}

/// The distance in standard deviations of the reference.
pub fn normalised(reference: &[f64], current: &[f64]) -> Option<f64> {
    let deviation = Moments::new(reference)?.variance().sqrt();
    Some(samples(reference, current)? / deviation.max(LEAST_DEVIATION))
}

/// The distance on counts over ordered cells with their positions; `None` if a side is empty or the positions are too
/// few, not finite or not ascending.
pub fn counts(reference: &[u64], current: &[u64], positions: &[f64]) -> Option<f64> {
    let (n, m) = totals(reference, current)?;
    let x = checked_positions(positions, reference, current)?;
    let widths = x.iter().zip(x.iter().skip(1)).map(|(a, b)| b - a);
    Some(
        cdf_gaps(reference, current, n, m)
            .zip(widths)
            // The widest gap of doubles is infinite; times no difference it must stay nothing.
            .filter(|(gap, _)| *gap != 0.0)
            .map(|(gap, width)| gap.abs() * width)
            .sum(),
    )
}
