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
            Some(ReliabilityPoint { range, mean_score: bin.score_sum / n as f64, actual })
        })
        .collect()
}

/// Mean label less mean score: positive where the model promises too little. `None` without probabilities.
#[must_use]
pub fn calibration_in_the_large(tally: &BinaryTally) -> Option<Estimate> {
    let gap = tally.reliability()?.gap();
    Estimate::new(gap.mean()?, gap.standard_error(), gap.n(), Scale::Difference)
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

impl CalibrationTest {
    /// How far a window has gone along the way from the reference's curve to the current one: 0 where it lies on the
    /// reference's, 1 where it lies on the current one's. It dates a curve that bent while its mean stayed.
    #[must_use]
    pub fn progress(&self, window: &BinaryTally) -> Option<Estimate> {
        let bins = window.reliability()?.bins();
        let width = 1.0 / RELIABILITY_BINS as f64;
        let (mut along, mut length, mut variance, mut rows) = (0.0, 0.0, 0.0, 0);
        for bin in &self.bins {
            let mut run = Run::default();
            let mut score = 0.0;
            let inside = |i: usize| (bin.range[0]..bin.range[1]).contains(&((i as f64 + 0.5) * width));
            for (_, b) in bins.iter().enumerate().filter(|(i, _)| inside(*i)) {
                run.join(Run::of(b));
                score += b.score_sum;
            }
            let (n, way) = (run.gap.n() as f64, bin.current_gap - bin.reference_gap);
            if let Some(gap) = run.gap.mean() {
                // The chance of a positive half of the way: where one curve leaves next to none, a single row would be certain.
                let chance = (score / n + (bin.reference_gap + bin.current_gap) / 2.0).clamp(0.02, 0.98);
                along += n * way * (gap - bin.reference_gap);
                length += n * way * way;
                variance += n * way * way * chance * (1.0 - chance);
                rows += run.gap.n();
            }
        }
        Estimate::new(along / length, variance.sqrt() / length, rows, Scale::Real)
    }
}

/// Neighbouring bins are pooled until each window can expect this many positives and negatives.
const LEAST_EXPECTED: f64 = 10.0;

/// Compares two windows' gaps between label and score, bin by bin.
///
/// The ten reliability bins are pooled from the left until, at the two windows' joint share of positives, each window
/// can expect ten positives and ten negatives in each; Welch's t of the two mean gaps is turned into a normal
/// deviate, and the squares add up to a chi-squared statistic. `None` where a window has no probabilities, or too few rows for one
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
        let z2 = squared_deviate((current_gap - reference_gap) / se, &a, &b);
        if z2.is_finite() {
            chi2 += z2;
            compared.push(CalibrationBin { range, reference_gap, current_gap, se });
        }
    }
    let dof = compared.len() as u32;
    let p = ChiSquared::new(f64::from(dof)).ok()?.sf(chi2);
    let (a, b) = (calibration_in_the_large(reference)?, calibration_in_the_large(current)?);
    let mean_shift = Estimate::new(b.value - a.value, a.se.hypot(b.se), a.n.min(b.n), Scale::Real)?;
    Some(CalibrationTest { chi2, dof, p, mean_shift, bins: compared })
}

/// The squared normal deviate of Welch's t (Welch 1947 for the degrees of freedom, Wallace 1959 for the deviate).
fn squared_deviate(t: f64, a: &Moments, b: &Moments) -> f64 {
    let (va, vb) = (a.standard_error().powi(2), b.standard_error().powi(2));
    let per_freedom = |v: f64, m: &Moments| v * v / (m.n() as f64 - 1.0);
    let freedom = (va + vb).powi(2) / (per_freedom(va, a) + per_freedom(vb, b));
    let shrink = (8.0 * freedom + 1.0) / (8.0 * freedom + 3.0);
    freedom * (t * t / freedom).ln_1p() * shrink * shrink
}

/// One window's rows of a run of bins.
#[derive(Clone, Copy, Default)]
struct Run {
    gap: Moments,
    positives: u64,
}

impl Run {
    fn of(bin: &Bin) -> Self {
        Run { gap: bin.gap, positives: bin.label_sum }
    }

    fn join(&mut self, other: Run) {
        self.gap.merge(&other.gap);
        self.positives += other.positives;
    }
}

/// Whether each window, at the joint share of positives, expects enough of both labels. The joint share and not
/// each one's own: choosing bins by the very counts that are compared would bias the test.
fn enough(a: &Run, b: &Run) -> bool {
    let (n, m) = (a.gap.n() as f64, b.gap.n() as f64);
    let share = (a.positives + b.positives) as f64 / (n + m).max(1.0);
    n.min(m) * share.min(1.0 - share) >= LEAST_EXPECTED
}

/// Neighbouring bins, pooled until they are large enough; what is left over joins the last.
fn pooled(a: &ReliabilityBins, b: &ReliabilityBins) -> Vec<([f64; 2], Moments, Moments)> {
    let width = 1.0 / RELIABILITY_BINS as f64;
    let mut done: Vec<([f64; 2], Run, Run)> = Vec::new();
    let (mut from, mut x, mut y) = (0.0, Run::default(), Run::default());
    for (i, (bin_a, bin_b)) in a.bins().iter().zip(b.bins()).enumerate() {
        x.join(Run::of(bin_a));
        y.join(Run::of(bin_b));
        if enough(&x, &y) {
            let to = (i + 1) as f64 * width;
            done.push(([from, to], x, y));
            (from, x, y) = (to, Run::default(), Run::default());
        }
    }
    if let Some((range, last_x, last_y)) = done.last_mut() {
        last_x.join(x);
        last_y.join(y);
        range[1] = 1.0;
    }
    done.into_iter().map(|(range, x, y)| (range, x.gap, y.gap)).collect()
}
