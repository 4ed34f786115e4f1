//! Mann-Whitney (Wilcoxon rank sum).
//!
//! **What.** Does a row of the current data tend to be larger than one of the reference? The answer is a probability that
//! anybody can read: [`MannWhitney::superiority`].
//!
//! **Definition.** `U` of the reference: pairs in which the reference value is the larger, ties counting half; normal
//! approximation with tie-corrected variance and continuity correction (scipy's `method='asymptotic'`). Evidently's
//! `mannw` reports the one-sided p that the reference is the smaller: [`MannWhitney::p_less`].
//!
//! **Guarantees.** Symmetric (two-sided); unchanged by increasing transforms; exact handling of ties, so a grid loses
//! resolution and nothing else. Blind to changes of spread alone.
//!
//! **Paper.** H. B. Mann and D. R. Whitney, *On a test of whether one of two random variables is stochastically larger
//! than the other* (1947).
//!
//! ```
//! use dosimeter_core::statistic::mann_whitney::samples;
//! let test = samples(&[1.0, 2.0, 3.0], &[2.0, 3.0, 4.0]).unwrap();
//! assert_eq!((test.u, test.superiority), (2.0, 1.0 - 2.0 / 9.0));
//! ```

use super::cells::{pairs, totals};
use super::sample::Pooled;
use super::tail::normal_sf;

/// The outcome of the test.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct MannWhitney {
    /// Pairs in which the reference is the larger, ties counting half.
    pub u: f64,
    /// The chance that a current row exceeds a reference row (ties half): 0.5 without a shift, the area under the ROC
    /// curve of telling the periods apart by this column.
    pub superiority: f64,
    /// Two-sided p-value.
    pub p: f64,
    /// One-sided p-value for "the reference is the smaller".
    pub p_less: f64,
}

/// The test on raw samples; `None` if a side has no finite value.
pub fn samples(reference: &[f64], current: &[f64]) -> Option<MannWhitney> {
    let pooled = Pooled::new(reference, current)?;
    counts(&pooled.reference, &pooled.current)
}

/// The test on counts over ordered cells; `None` if a side is empty.
pub fn counts(reference: &[u64], current: &[u64]) -> Option<MannWhitney> {
    let (n, m) = totals(reference, current)?;
    let (n, m) = (n as f64, m as f64);
    let all = n + m;
    let (mut below, mut u, mut ties) = (0.0, 0.0, 0.0);
    for (r, c) in pairs(reference, current) {
        let (r, c) = (r as f64, c as f64);
        u += r * (below + 0.5 * c);
        below += c;
        let t = r + c;
        ties += t * (t * t - 1.0);
    }
    let mean = 0.5 * n * m;
    let variance = n * m / 12.0 * (all + 1.0 - ties / (all * (all - 1.0)));
    // All rows equal (or a single pair): nothing can differ.
    let deviation = variance.max(0.0).sqrt();
    let tail = |u: f64| {
        if deviation > 0.0 { normal_sf((u - mean - 0.5) / deviation) } else { 1.0 }
    };
    let p = (2.0 * tail(u.max(n * m - u))).min(1.0);
    Some(MannWhitney { u, superiority: 1.0 - u / (n * m), p, p_less: tail(n * m - u) })
}
