//! Two-proportion z test.
//!
//! **What.** Did a rate move: of missing values, of a flag, of positive predictions?
//!
//! **Definition.** `z = (c - r) / sqrt(p̄ (1 - p̄) (1/n + 1/m))` with the pooled rate `p̄`; two-sided normal p. `z²` is the
//! two-by-two chi-square without correction. Evidently's `z` for binary columns.
//!
//! **Guarantees.** `z` changes its sign with the order, p does not; without any variation (`p̄` 0 or 1) there is no
//! evidence, so `z = 0`, `p = 1`. Asymptotic: needs about five rows of either kind; for rarer events use the exact tails of
//! [`binomial_sf`](super::tail::binomial_sf).
//!
//! **Paper.** K. Pearson (1900), as [`chi_square`](super::chi_square); A. Agresti, *Categorical Data Analysis*, for its use.
//!
//! ```
//! use dosimeter_core::statistic::two_proportion::counts;
//! let test = counts(10, 100, 20, 100).unwrap();
//! assert!((test.z - 1.9802950859533488).abs() < 1e-12 && test.change == 0.1);
//! ```

use super::tail::normal_two_sided;

/// The outcome of the test.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct TwoProportion {
    /// The statistic; positive when the rate grew.
    pub z: f64,
    /// Two-sided p-value.
    pub p: f64,
    /// Current rate minus reference rate.
    pub change: f64,
}

/// `hits` of `rows` in the reference and in the current data; `None` if a side has no rows or more hits than rows.
pub fn counts(reference_hits: u64, reference_rows: u64, current_hits: u64, current_rows: u64) -> Option<TwoProportion> {
    if reference_rows == 0 || current_rows == 0 || reference_hits > reference_rows || current_hits > current_rows {
        return None;
    }
    let (n, m) = (reference_rows as f64, current_rows as f64);
    let change = current_hits as f64 / m - reference_hits as f64 / n;
    let hits = reference_hits as f64 + current_hits as f64;
    let misses = (reference_rows - reference_hits) as f64 + (current_rows - current_hits) as f64;
    let variance = hits / (n + m) * (misses / (n + m)) * (1.0 / n + 1.0 / m);
    let z = if variance > 0.0 { change / variance.sqrt() } else { 0.0 };
    Some(TwoProportion { z, p: normal_two_sided(z), change })
}
