//! Largest change of one category's share (L-infinity).
//!
//! **What.** By how much the share of the category that moved most has moved, and which one that is: a finding with a
//! name in it.
//!
//! **Definition.** `max |r - c|` over the cells. NannyML offers it for categories.
//!
//! **Guarantees.** A metric between 0 and 1, at most total variation. Merging cells may raise or lower it.
//!
//! **Paper.** None needed; the use for drift is described in *Jensen-Shannon, L-infinity and others* of NannyML's
//! documentation and in Google's TensorFlow Data Validation (Breck et al., *Data validation for machine learning*, 2019).
//!
//! ```
//! use dosimeter_core::statistic::l_infinity::counts;
//! let largest = counts(&[50, 30, 20], &[50, 10, 40]).unwrap();
//! assert!((largest.distance - 0.2).abs() < 1e-15);
//! assert_eq!(largest.cell, 1);
//! ```

use super::cells::{pairs, totals};

/// The largest change and where it is.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct LInfinity {
    /// The largest `|r - c|`, between 0 and 1.
    pub distance: f64,
    /// Index of the first cell that has it.
    pub cell: usize,
    /// The change there, current minus reference.
    pub change: f64,
}

/// The largest change on counts; `None` if a side is empty.
pub fn counts(reference: &[u64], current: &[u64]) -> Option<LInfinity> {
    let (n, m) = totals(reference, current)?;
    let mut largest = (0u128, 0, (0, 0));
    for (cell, (r, c)) in pairs(reference, current).enumerate() {
        // Compared in whole numbers: rounding must not choose between equal changes.
        let gap = (u128::from(r) * u128::from(m)).abs_diff(u128::from(c) * u128::from(n));
        if gap > largest.0 {
            largest = (gap, cell, (r, c));
        }
    }
    let (_, cell, (r, c)) = largest;
    let change = c as f64 / m as f64 - r as f64 / n as f64;
    Some(LInfinity { distance: change.abs(), cell, change })
}
