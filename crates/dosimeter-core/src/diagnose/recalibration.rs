//! Chances that follow the inputs, for scores of two classes under covariate shift.
//!
//! A calibrator says what a score means on the reference's mix of inputs. Where inputs move, a score of 0.7 may come from
//! rows of which fewer are positive though P(Y | inputs) is what it was, and an estimate from the score alone is off. So trees
//! learn, on the labelled reference rows of the sample, what the calibrated score leaves over (label less chance) from the inputs
//! and the score; in each window, the chance of a score is corrected by what they say of the window's own sampled rows at
//! about that score, less what they say of the reference's. This is calibration that holds for parts of the inputs and not only
//! over all of them (Hébert-Johnson, Kim, Reingold and Rothblum 2018, "Multicalibration"), which is what makes an estimate carry
//! over to other inputs (Kim et al. 2022, "Universal adaptability"; NannyML calls its two ways there M-CBPE and PAPE). Unlike weights
//! by a density ratio it does not thin out the reference, and each window gets a correction of its own from one model.
//!
//! It is used only where the trees have learned something: their squared error on rows that they have not seen is less than that
//! of no correction, by three standard errors. Otherwise, and where nothing moved, the estimate is the plain one.
//!
//! **It assumes that P(Y | inputs, score) is what it was**, a weaker assumption than that P(Y | score) is.

use super::case::Case;
use super::learner::{for_estimate, matrix, rows_in};
use crate::learn::{Config, Loss, cross_fit};
use crate::metric::{Calibrator, Estimate, Moments};
use crate::profile::{PeriodProfile, Role};

const LEAST_ROWS: usize = 1_000;
const FOLDS: usize = 3;
/// Stretches of the score that have a correction each.
const BINS: usize = 10;
/// How many standard errors the trees must gain to be used.
const SKILL: f64 = 3.0;

/// A sampled row: its window, the bin of its score, and what the trees add to its chance.
struct Row {
    window: u32,
    bin: usize,
    more: f64,
}

/// What the trees learned.
pub(super) struct Recalibration {
    /// By cell of the score, its bin.
    bin_of: Vec<usize>,
    reference: Vec<Row>,
    current: Vec<Row>,
    learned_from: u64,
}

/// The sampled scores of a period.
fn score_of(period: &PeriodProfile, column: usize, row: usize) -> f64 {
    period.sample.columns.get(column).and_then(|c| c.numbers.get(row)).copied().unwrap_or(f64::NAN)
}

impl Recalibration {
    /// `None` where there is too little to learn from, or nothing was learned.
    pub(super) fn new(case: &Case<'_>, calibrator: &Calibrator) -> Option<Recalibration> {
        let score = case.baseline.column_with(Role::Score)?;
        let (columns, most) = for_estimate(case, Role::Score);
        let period = &case.baseline.reference;
        let rows_then = rows_in(period, None, most);
        let residual = |i: &usize| {
            let positive = match period.sample.positive.get(*i) {
                Some(0) => 0.0,
                Some(1) => 1.0,
                _ => f64::NAN,
            };
            positive - calibrator.chance(score_of(period, score, *i)).unwrap_or(f64::NAN)
        };
        let target: Vec<f64> = rows_then.iter().map(residual).collect();
        if target.iter().filter(|r| r.is_finite()).count() < LEAST_ROWS {
            return None;
        }
        let (then, _) = matrix(case, period, &columns, &rows_then)?;
        let config = Config::new(Loss::Squared, case.baseline.watch.seed.wrapping_add(12));
        let fitted = cross_fit(&then, &target, None, &config, FOLDS);
        let mut gain = Moments::default();
        for (r, m) in target.iter().zip(&fitted.margin).filter(|(r, _)| r.is_finite()) {
            gain.add(r * r - (r - m) * (r - m));
        }
        if gain.mean()? <= SKILL * gain.standard_error() {
            return None;
        }
        let rows_now = rows_in(case.current, None, most);
        let (now, _) = matrix(case, case.current, &columns, &rows_now)?;
        let more_now = fitted.mean_margin(&now);
        let bin_of = bins(calibrator, rows_then.iter().map(|i| score_of(period, score, *i)));
        let rows = |period: &PeriodProfile, at: &[usize], more: &[f64]| -> Vec<Row> {
            let row = |(i, more): (&usize, &f64)| {
                let bin = bin_of.get(calibrator.cell(score_of(period, score, *i))?).copied()?;
                Some(Row { window: *period.sample.windows.get(*i)?, bin, more: *more })
            };
            at.iter().zip(more).filter_map(row).collect()
        };
        Some(Recalibration {
            reference: rows(period, &rows_then, &fitted.margin),
            current: rows(case.current, &rows_now, &more_now),
            learned_from: gain.n(),
            bin_of: bin_of.clone(),
        })
    }

    /// Labelled reference rows that were learned from.
    pub(super) fn learned_from(&self) -> u64 {
        self.learned_from
    }

    /// The estimate of some current windows by chances that follow their inputs; `estimate` makes one from a calibrator.
    pub(super) fn over(
        &self,
        windows: &[usize],
        calibrator: &Calibrator,
        estimate: impl Fn(&Calibrator) -> Option<Estimate>,
    ) -> Option<Estimate> {
        let (mut then, mut now) = ([Moments::default(); BINS], [Moments::default(); BINS]);
        let add = |to: &mut [Moments; BINS], r: &Row| {
            if let Some(bin) = to.get_mut(r.bin) {
                bin.add(r.more);
            }
        };
        self.reference.iter().for_each(|r| add(&mut then, r));
        self.current.iter().filter(|r| windows.contains(&(r.window as usize))).for_each(|r| add(&mut now, r));
        let mut shift = [0.0; BINS];
        let mut errors = [0.0; BINS];
        for (bin, (a, b)) in then.iter().zip(&now).enumerate() {
            let (Some(before), Some(after), Some(shift), Some(error)) =
                (a.mean(), b.mean(), shift.get_mut(bin), errors.get_mut(bin))
            else {
                continue;
            };
            *shift = after - before;
            let se = b.standard_error();
            *error = if se.is_finite() { se.hypot(a.standard_error()) } else { after.abs() };
        }
        let at = |shift: &[f64; BINS]| {
            let by = |cell: usize| self.bin_of.get(cell).and_then(|b| shift.get(*b)).copied().unwrap_or(0.0);
            estimate(&calibrator.shifted(by))
        };
        let found = at(&shift)?;
        // The corrections' own error, by how the metric moves with each.
        let mut variance = found.se * found.se;
        for bin in 0..BINS {
            let mut moved = shift;
            if let (Some(slot), Some(error)) = (moved.get_mut(bin), errors.get(bin).filter(|e| **e > 0.0)) {
                *slot += error;
                variance += at(&moved).map_or(0.0, |e| (e.value - found.value).powi(2));
            }
        }
        Some(Estimate { se: variance.sqrt(), ..found })
    }
}

/// By score cell, its bin: stretches that hold about as many of these scores each.
fn bins(calibrator: &Calibrator, scores: impl Iterator<Item = f64>) -> Vec<usize> {
    let mut counts = vec![0u64; calibrator.chances().len()];
    for count in scores.filter_map(|s| calibrator.cell(s)).collect::<Vec<usize>>() {
        if let Some(slot) = counts.get_mut(count) {
            *slot += 1;
        }
    }
    let total = counts.iter().sum::<u64>().max(1) as f64;
    let mut below = 0.0;
    counts
        .iter()
        .map(|count| {
            let middle = (below + *count as f64 / 2.0) / total;
            below += *count as f64;
            ((middle * BINS as f64) as usize).min(BINS - 1)
        })
        .collect()
}
