//! Does a score of 0.8 still mean 80 %?
//!
//! Three answers, from the plain to the sharp: the reliability curve (promised against actual share of positives by
//! bin of the score), calibration in the large (one number: mean label less mean score), and a two-sample test of
//! whether the curve's gaps are the same in two windows. The test asks for a *change*: a model that always promised
//! too much passes it, as it is no worse than it was.

use serde::{Deserialize, Serialize};
use statrs::distribution::{ChiSquared, ContinuousCDF};

use super::binary::BinaryTally;
use super::interval::{Estimate, Scale};
use super::moments::Moments;
use super::reliability::{Bin, RELIABILITY_BINS, ReliabilityBins};

/// One bin of the reliability curve that holds rows.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct ReliabilityPoint {
    /// The bin's range, lower end included.
    pub range: [f64; 2],
    /// The mean score: what is promised.
    pub mean_score: f64,
    /// The share of positive labels: what came.
    pub actual: Estimate,
}

/// The reliability curve; empty where there are no probabilities.
#[must_use]
pub fn reliability(bins: &ReliabilityBins) -> Vec<ReliabilityPoint> {
    let width = 1.0 / RELIABILITY_BINS as f64;
    bins.bins()
        .iter()
        .enumerate()
        .filter_map(|(i, bin)| {
            let n = bin.gap.n();
            let actual = Estimate::share(bin.label_sum, n)?;
            let range = [i as f64 * width, (i + 1) as f64 * width];
            Some(ReliabilityPoint {
                range,
                mean_score: bin.score_sum / n as f64,
                actual,
            })
        })
        .collect()
}

/// Mean label less mean score: positive where the model promises too little. `None` without probabilities.
#[must_use]
pub fn calibration_in_the_large(tally: &BinaryTally) -> Option<Estimate> {
    let gap = tally.reliability()?.gap();
    Estimate::new(
        gap.mean()?,
        gap.standard_error(),
        gap.n(),
        Scale::Difference,
    )
}

/// One pooled bin of a [`CalibrationTest`].
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct CalibrationBin {
    /// The bin's range of scores.
    pub range: [f64; 2],
    /// Mean label less mean score in the reference.
    pub reference_gap: f64,
    /// The same in the current window.
    pub current_gap: f64,
    /// The standard error of their difference.
    pub se: f64,
}

/// Whether calibration changed between two windows.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct CalibrationTest {
    /// Sum over bins of (difference of the gaps / its standard error)^2.
    pub chi2: f64,
    /// How many bins enter.
    pub dof: u32,
    /// The chance of such a chi2 where nothing changed.
    pub p: f64,
    /// The change of mean label less mean score over all rows, current less reference. It also moves where the
    /// scores move between bins of different gap; the bins' own changes do not.
    pub mean_shift: Estimate,
    /// The bins that were compared.
    pub bins: Vec<CalibrationBin>,
}

/// Neighbouring bins are pooled until both windows promise at least this many positives and negatives.
const LEAST_EXPECTED: f64 = 10.0;

/// Compares two windows' gaps between label and score, bin by bin.
///
/// The ten reliability bins are pooled from the left until each window expects at least ten positives and ten
/// negatives in each; the difference of the two mean gaps is standardised with both windows' own variances, and the
/// squares add up to a chi-squared statistic. `None` where a window has no probabilities, or too few rows for one
/// bin.
#[must_use]
pub fn calibration_test(reference: &BinaryTally, current: &BinaryTally) -> Option<CalibrationTest> {
    let (a, b) = (reference.reliability()?, current.reliability()?);
    let bins = pooled(a, b);
    let (mut chi2, mut compared) = (0.0, Vec::new());
    for (range, a, b) in bins {
        let (Some(reference_gap), Some(current_gap)) = (a.mean(), b.mean()) else {
            continue;
        };
        let se = a.standard_error().hypot(b.standard_error());
        let z = (current_gap - reference_gap) / se;
        if z.is_finite() {
            chi2 += z * z;
            compared.push(CalibrationBin {
                range,
                reference_gap,
                current_gap,
                se,
            });
        }
    }
    let dof = compared.len() as u32;
    let p = ChiSquared::new(f64::from(dof)).ok()?.sf(chi2);
    let (a, b) = (
        calibration_in_the_large(reference)?,
        calibration_in_the_large(current)?,
    );
    let mean_shift = Estimate::new(
        b.value - a.value,
        a.se.hypot(b.se),
        a.n.min(b.n),
        Scale::Real,
    )?;
    Some(CalibrationTest {
        chi2,
        dof,
        p,
        mean_shift,
        bins: compared,
    })
}

/// Neighbouring bins, pooled until they are large enough; what is left over joins the last.
fn pooled(a: &ReliabilityBins, b: &ReliabilityBins) -> Vec<([f64; 2], Moments, Moments)> {
    #[derive(Clone, Copy, Default)]
    struct Side {
        gap: Moments,
        score: f64,
    }
    impl Side {
        fn take(&mut self, bin: &Bin) {
            self.gap.merge(&bin.gap);
            self.score += bin.score_sum;
        }
        fn join(&mut self, other: &Side) {
            self.gap.merge(&other.gap);
            self.score += other.score;
        }
        fn enough(&self) -> bool {
            self.score >= LEAST_EXPECTED && self.gap.n() as f64 - self.score >= LEAST_EXPECTED
        }
    }
    let width = 1.0 / RELIABILITY_BINS as f64;
    let mut done: Vec<([f64; 2], Side, Side)> = Vec::new();
    let (mut from, mut x, mut y) = (0.0, Side::default(), Side::default());
    for (i, (bin_a, bin_b)) in a.bins().iter().zip(b.bins()).enumerate() {
        x.take(bin_a);
        y.take(bin_b);
        if x.enough() && y.enough() {
            let to = (i + 1) as f64 * width;
            done.push(([from, to], x, y));
            (from, x, y) = (to, Side::default(), Side::default());
        }
    }
    if let Some((range, last_x, last_y)) = done.last_mut() {
        last_x.join(&x);
        last_y.join(&y);
        range[1] = 1.0;
    }
    done.into_iter()
        .map(|(range, x, y)| (range, x.gap, y.gap))
        .collect()
}
