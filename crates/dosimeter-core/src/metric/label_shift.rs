//! Did only the base rate move?
//!
//! Under a pure prior shift there are more (or fewer) positives, and each looks as positives always looked:
//! P(score | label) is unchanged. So is the AUC then, and recall and specificity; precision and accuracy move. Where
//! P(score | label) did change, the model reads a class differently, and retraining on a new base rate will not do.

use serde::{Deserialize, Serialize};

use super::binary::BinaryTally;
use super::isotonic::Calibrator;

/// The scores of one class in two windows.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct SameGivenLabel {
    /// Kolmogorov-Smirnov distance: the largest difference of the two distribution functions, on the score cells.
    pub distance: f64,
    /// The chance of such a distance where nothing changed. On cells, and with ties, it errs to the large side.
    pub p: f64,
    /// Rows of the class in the reference.
    pub reference: u64,
    /// Rows of the class in the current window.
    pub current: u64,
}

/// Scores given the label, in two windows.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct LabelShift {
    /// Positives; `None` where a window has none.
    pub positives: Option<SameGivenLabel>,
    /// Negatives; `None` where a window has none.
    pub negatives: Option<SameGivenLabel>,
    /// Of both: twice the smaller p (Bonferroni), at most 1; that of the one class where only one can be compared.
    pub p: f64,
}

/// Tests by class whether scores are distributed as they were. `None` where the grids differ, or where no class has
/// scores in both windows.
#[must_use]
pub fn same_given_label(reference: &BinaryTally, current: &BinaryTally) -> Option<LabelShift> {
    let (a, b) = (reference.cells(), current.cells());
    if !a.same_grid(b) {
        return None;
    }
    let positives = kolmogorov_smirnov(a.counts().map(|c| c.0).zip(b.counts().map(|c| c.0)));
    let negatives = kolmogorov_smirnov(a.counts().map(|c| c.1).zip(b.counts().map(|c| c.1)));
    let p = match (&positives, &negatives) {
        (Some(x), Some(y)) => (2.0 * x.p.min(y.p)).min(1.0),
        (Some(x), None) | (None, Some(x)) => x.p,
        (None, None) => return None,
    };
    Some(LabelShift { positives, negatives, p })
}

/// Whether a moved base rate is what the scores foretold: more rows that look positive, and not more positives that look as
/// before.
///
/// With `c` the reference's chance of a positive in a row's score cell, the mean of `c` moves as far as the base rate
/// where the inputs moved and P(Y | score) stayed, and by `E[c | 1] - E[c | 0]` of that where only the base rate moved
/// and P(score | Y) stayed. The nearer of the two is told. `None` where the grids differ or a class or the movement is missing.
#[must_use]
pub fn foretold_by_scores(reference: &BinaryTally, current: &BinaryTally) -> Option<bool> {
    let calibrator = Calibrator::fit(reference)?;
    if !reference.cells().same_grid(current.cells()) {
        return None;
    }
    let means = |tally: &BinaryTally| {
        let (mut n, mut sums) = ([0.0; 2], [0.0; 2]);
        for ((positives, negatives), chance) in tally.cells().counts().zip(calibrator.chances()) {
            for (class, rows) in [negatives, positives].into_iter().enumerate() {
                n[class] += rows as f64;
                sums[class] += rows as f64 * chance;
            }
        }
        (n, sums)
    };
    let ((n, sums), (m, sums_now)) = (means(reference), means(current));
    if n.iter().chain(&m).any(|rows| *rows < 1.0) {
        return None;
    }
    let moved = m[1] / (m[0] + m[1]) - n[1] / (n[0] + n[1]);
    let foretold = (sums_now[0] + sums_now[1]) / (m[0] + m[1]) - (sums[0] + sums[1]) / (n[0] + n[1]);
    let by_classes = sums[1] / n[1] - sums[0] / n[0];
    (moved != 0.0).then(|| foretold / moved > (1.0 + by_classes) / 2.0)
}

/// The two-sample test on counts by cell.
fn kolmogorov_smirnov(cells: impl Iterator<Item = (u64, u64)> + Clone) -> Option<SameGivenLabel> {
    let (n, m) = cells.clone().fold((0u64, 0u64), |(n, m), c| (n + c.0, m + c.1));
    if n == 0 || m == 0 {
        return None;
    }
    let (size_a, size_b) = (n as f64, m as f64);
    let (mut a, mut b, mut distance) = (0u64, 0u64, 0.0f64);
    for (x, y) in cells {
        a += x;
        b += y;
        distance = distance.max((a as f64 / size_a - b as f64 / size_b).abs());
    }
    // Stephens 1970: the limit law holds at small sizes with this argument.
    let root = (size_a * size_b / (size_a + size_b)).sqrt();
    let p = kolmogorov_sf((root + 0.12 + 0.11 / root) * distance);
    Some(SameGivenLabel { distance, p, reference: n, current: m })
}

/// P(K > x) of Kolmogorov's distribution.
fn kolmogorov_sf(x: f64) -> f64 {
    if x < 0.2 {
        return 1.0;
    }
    let mut sum = 0.0;
    for k in 1..=100u32 {
        let k = f64::from(k);
        let term = (-2.0 * k * k * x * x).exp();
        sum += if k % 2.0 == 1.0 { term } else { -term };
        if term < 1e-18 {
            break;
        }
    }
    (2.0 * sum).clamp(0.0, 1.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Scores 0.2 and 0.8 that are right, in these shares of (low negatives, low positives, high negatives, high positives).
    fn tally(rows: [u64; 4]) -> BinaryTally {
        let mut tally = BinaryTally::new([0.5].into());
        for (n, (label, score)) in rows.into_iter().zip([(false, 0.2), (true, 0.2), (false, 0.8), (true, 0.8)]) {
            (0..n).for_each(|_| tally.add(label, Some(score > 0.5), Some(score)));
        }
        tally
    }

    #[test]
    fn inputs_and_classes_move_the_base_rate_apart() {
        let before = tally([400, 100, 100, 400]);
        // Two thirds now look positive, and of these as many are as before.
        assert_eq!(foretold_by_scores(&before, &tally([240, 60, 140, 560])), Some(true));
        // Positives doubled, and of them as many look positive as before.
        assert_eq!(foretold_by_scores(&before, &tally([400, 200, 100, 800])), Some(false));
        assert_eq!(foretold_by_scores(&before, &before), None);
        assert_eq!(foretold_by_scores(&before, &tally([400, 0, 100, 0])), None);
    }

    #[test]
    fn kolmogorov() {
        // scipy.special.kolmogorov
        for (x, want) in
            [(0.3, 0.999_990_694_198_665_5), (0.8, 0.544_142_411_574_198_4), (2.0, 6.709_252_557_796_95e-4)]
        {
            assert!((kolmogorov_sf(x) - want).abs() < 1e-12, "{x}");
        }
        assert_eq!((kolmogorov_sf(0.0), kolmogorov_sf(1e9)), (1.0, 0.0));
    }
}
