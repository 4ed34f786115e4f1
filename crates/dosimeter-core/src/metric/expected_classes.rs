//! What is expected of rows of many classes before their labels come.
//!
//! Each class has a calibrator of its own, learned one-vs-rest on the labelled reference (isotonic regression on its score);
//! a row's calibrated chances are divided by their sum, and so say how likely each class is to be the label. That sum is the
//! row's own, so the chances cannot be had from counts by cell afterwards: they are worked out as the row is read, with the
//! calibrators that the baseline gives, and what is kept are sums of them.
//!
//! Memory does not grow with rows and is that of the labelled tally: for K classes (K + 1)^2 numbers for the expected confusion
//! matrix, 256 K counts for its error, and two numbers in each of 256 cells a class for the one-vs-rest curves; 64 cells
//! where there are more than 16 classes, 16 where there are more than 64. For 200 classes that is 0.8 MB a window.

use serde::{Deserialize, Serialize};

use super::cells::cell_of;
use super::isotonic::Calibrator;
use super::loss::{probability, surprise};
use super::moments::Moments;
use super::multiclass::MulticlassTally;
use super::prediction_powered::Joint;
use super::reliability::RELIABILITY_BINS;
use super::tally::MergeError;

/// The chances of all classes by their scores, learned on a labelled reference.
#[derive(Clone, Debug, PartialEq)]
pub struct ClassCalibrators {
    /// How many scores a row has.
    columns: usize,
    /// By class that is told apart.
    classes: Vec<Calibrator>,
}

impl ClassCalibrators {
    /// Learns them; `None` where no labelled row had scores that are probabilities.
    #[must_use]
    pub fn fit(reference: &MulticlassTally) -> Option<Self> {
        if reference.outside_unit() > 0 || reference.curves().is_empty() {
            return None;
        }
        let classes = reference.curves().iter().map(Calibrator::of_cells).collect::<Option<Vec<_>>>()?;
        Some(ClassCalibrators { columns: reference.columns(), classes })
    }

    /// How many classes are told apart.
    #[must_use]
    pub fn classes(&self) -> usize {
        self.classes.len()
    }

    /// The calibrator of one class.
    pub(super) fn class(&self, class: usize) -> Option<&Calibrator> {
        self.classes.get(class)
    }

    /// The chance of each class that is told apart, and last of all others together; they add up to 1. `None` for scores of
    /// another number, or that are no probabilities.
    #[must_use]
    pub fn chances(&self, scores: &[f64]) -> Option<Vec<f64>> {
        if scores.len() != self.columns || scores.iter().any(|s| probability(*s).is_none()) {
            return None;
        }
        let mut chances: Vec<f64> =
            self.classes.iter().zip(scores).map(|(c, s)| c.chance(s.clamp(0.0, 1.0)).unwrap_or(0.0)).collect();
        // Classes that are not told apart have no calibrator: their scores are taken at their word.
        chances.push(scores.iter().skip(self.classes.len()).map(|s| s.clamp(0.0, 1.0)).sum());
        let total: f64 = chances.iter().sum();
        if total > 0.0 {
            chances.iter_mut().for_each(|c| *c /= total);
        } else {
            // The reference knows no row like it: by its own scores.
            let all: f64 = scores.iter().map(|s| s.clamp(0.0, 1.0)).sum();
            let each = 1.0 / scores.len().max(1) as f64;
            for (c, s) in chances.iter_mut().zip(scores) {
                *c = if all > 0.0 { s.clamp(0.0, 1.0) / all } else { each };
            }
        }
        Some(chances)
    }
}

/// Isotonic blocks that are told apart: as many as a calibrator's 256 cells can have.
const CELLS: usize = 256;

/// Cells of a curve where there are so many classes.
fn curve_cells(classes: usize) -> usize {
    match classes {
        0..=16 => 256,
        17..=64 => 64,
        _ => 16,
    }
}

/// One bin of the most probable class's score.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
pub(super) struct TopBin {
    pub(super) rows: u64,
    pub(super) scores: f64,
    pub(super) chances: f64,
    pub(super) variance: f64,
}

/// Expected outcomes of rows of many classes, labelled or not.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ExpectedTally {
    classes: u32,
    cells: u32,
    rows: u64,
    unscored: u64,
    /// (classes + 1)^2 expected counts, row = label, column = prediction, others last.
    confusion: Vec<f64>,
    /// By predicted class, the chance of its being right.
    hit: Vec<Moments>,
    /// By predicted class, rows by the isotonic block that its chance comes from.
    hit_blocks: Vec<u64>,
    /// By class, rows and expected positives by cell of its score.
    curve_rows: Vec<u64>,
    curve_positives: Vec<f64>,
    log_loss: Moments,
    brier: Moments,
    top: [TopBin; RELIABILITY_BINS],
    /// Of rows that have a label: right (1 or 0), log loss, Brier, each with what was expected.
    labelled: [Joint; 3],
}

/// A row's answer, and the truth where it is known. Positions are among the classes told apart; `None` for another class.
#[derive(Clone, Copy, Debug)]
pub struct Answered<'a> {
    /// The predicted class.
    pub predicted: Option<usize>,
    /// The label, where there is one.
    pub label: Option<Option<usize>>,
    /// Whether the label is the prediction.
    pub right: bool,
    /// The probabilities of all classes.
    pub scores: Option<&'a [f64]>,
}

impl ExpectedTally {
    /// An empty tally for the classes of these calibrators.
    #[must_use]
    pub fn new(calibrators: &ClassCalibrators) -> Self {
        let k = calibrators.classes();
        let cells = curve_cells(k);
        ExpectedTally {
            classes: k as u32,
            cells: cells as u32,
            rows: 0,
            unscored: 0,
            confusion: vec![0.0; (k + 1) * (k + 1)],
            hit: vec![Moments::default(); k + 1],
            hit_blocks: vec![0; k * CELLS],
            curve_rows: vec![0; k * cells],
            curve_positives: vec![0.0; k * cells],
            log_loss: Moments::default(),
            brier: Moments::default(),
            top: [TopBin::default(); RELIABILITY_BINS],
            labelled: [Joint::default(); 3],
        }
    }

    /// Counts one row, read with the calibrators that the tally was made for. One without usable scores is counted as such.
    pub fn add(&mut self, calibrators: &ClassCalibrators, row: &Answered<'_>) {
        self.rows += 1;
        let k = self.classes as usize;
        let chances = row.scores.filter(|_| calibrators.classes() == k).and_then(|s| calibrators.chances(s));
        let (Some(chances), Some(scores)) = (chances, row.scores) else {
            self.unscored += 1;
            return;
        };
        let predicted = row.predicted.map_or(k, |p| p.min(k));
        for (label, chance) in chances.iter().enumerate() {
            if let Some(count) = self.confusion.get_mut(label * (k + 1) + predicted) {
                *count += chance;
            }
        }
        let hit = chances.get(predicted).copied().unwrap_or(0.0);
        if let Some(moments) = self.hit.get_mut(predicted) {
            moments.add(hit);
        }
        self.add_curves(calibrators, scores, &chances, predicted);
        let (log_loss, brier) = expected_losses(scores, &chances);
        self.log_loss.add(log_loss);
        self.brier.add(brier);
        self.add_top(scores, &chances);
        if let Some(label) = row.label {
            let label = label.map_or(k, |l| l.min(k));
            let mut truth = vec![0.0; k + 1];
            if let Some(slot) = truth.get_mut(label) {
                *slot = 1.0;
            }
            let (log_loss_now, brier_now) = expected_losses(scores, &truth);
            let [right, log, square] = &mut self.labelled;
            right.add(f64::from(u8::from(row.right)), hit);
            log.add(log_loss_now, log_loss);
            square.add(brier_now, brier);
        }
    }

    fn add_curves(&mut self, calibrators: &ClassCalibrators, scores: &[f64], chances: &[f64], predicted: usize) {
        let (k, cells) = (self.classes as usize, self.cells as usize);
        for (class, (score, chance)) in scores.iter().zip(chances).take(k).enumerate() {
            let cell = ((score.clamp(0.0, 1.0) * cells as f64) as usize).min(cells - 1);
            let at = class * cells + cell;
            if let (Some(rows), Some(positives)) = (self.curve_rows.get_mut(at), self.curve_positives.get_mut(at)) {
                *rows += 1;
                *positives += chance;
            }
        }
        if let (Some(score), Some(calibrator)) = (scores.get(predicted), calibrators.class(predicted)) {
            let block = calibrator.block_of(cell_of(calibrator.edges(), score.clamp(0.0, 1.0)));
            if let Some(count) = self.hit_blocks.get_mut(predicted * CELLS + block.min(CELLS - 1)) {
                *count += 1;
            }
        }
    }

    fn add_top(&mut self, scores: &[f64], chances: &[f64]) {
        let k = self.classes as usize;
        let best =
            scores.iter().enumerate().fold((0, f64::NEG_INFINITY), |b, (i, s)| if *s > b.1 { (i, *s) } else { b });
        let chance = chances.get(best.0.min(k)).copied().unwrap_or(0.0);
        let score = best.1.clamp(0.0, 1.0);
        let at = ((score * RELIABILITY_BINS as f64) as usize).min(RELIABILITY_BINS - 1);
        if let Some(bin) = self.top.get_mut(at) {
            bin.rows += 1;
            bin.scores += score;
            bin.chances += chance;
            bin.variance += chance * (1.0 - chance);
        }
    }

    /// Adds everything that `other` has counted.
    ///
    /// # Errors
    /// Refuses another number of classes; nothing has changed then.
    pub fn merge(&mut self, other: &Self) -> Result<(), MergeError> {
        if self.classes != other.classes || self.cells != other.cells {
            return Err(MergeError::Classes);
        }
        fn add<T: Copy + std::ops::AddAssign>(into: &mut [T], from: &[T]) {
            into.iter_mut().zip(from).for_each(|(a, b)| *a += *b);
        }
        self.rows += other.rows;
        self.unscored += other.unscored;
        add(&mut self.confusion, &other.confusion);
        add(&mut self.hit_blocks, &other.hit_blocks);
        add(&mut self.curve_rows, &other.curve_rows);
        add(&mut self.curve_positives, &other.curve_positives);
        self.hit.iter_mut().zip(&other.hit).for_each(|(a, b)| a.merge(b));
        self.log_loss.merge(&other.log_loss);
        self.brier.merge(&other.brier);
        for (a, b) in self.top.iter_mut().zip(&other.top) {
            a.rows += b.rows;
            a.scores += b.scores;
            a.chances += b.chances;
            a.variance += b.variance;
        }
        self.labelled.iter_mut().zip(&other.labelled).for_each(|(a, b)| a.merge(b));
        Ok(())
    }

    /// All rows.
    #[must_use]
    pub fn rows(&self) -> u64 {
        self.rows
    }

    /// Rows without a full row of probabilities.
    #[must_use]
    pub fn unscored(&self) -> u64 {
        self.unscored
    }

    pub(super) fn classes(&self) -> usize {
        self.classes as usize
    }

    pub(super) fn confusion(&self) -> &[f64] {
        &self.confusion
    }

    pub(super) fn hit(&self) -> &[Moments] {
        &self.hit
    }

    /// Rows predicted to be of a class by the isotonic block of its chance.
    pub(super) fn hit_blocks(&self, class: usize) -> &[u64] {
        self.hit_blocks.chunks_exact(CELLS).nth(class).unwrap_or_default()
    }

    /// Expected positives and negatives of a class by the cell of its score.
    pub(super) fn curve(&self, class: usize) -> Vec<(f64, f64)> {
        let cells = (self.cells as usize).max(1);
        let rows = self.curve_rows.chunks_exact(cells).nth(class).unwrap_or_default();
        let positives = self.curve_positives.chunks_exact(cells).nth(class).unwrap_or_default();
        rows.iter().zip(positives).map(|(n, p)| (*p, (*n as f64 - p).max(0.0))).collect()
    }

    /// Expected log loss and Brier of the rows.
    pub(super) fn losses(&self) -> [&Moments; 2] {
        [&self.log_loss, &self.brier]
    }

    pub(super) fn top(&self) -> &[TopBin] {
        &self.top
    }

    /// Right, log loss, Brier of the labelled rows, each with what was expected.
    pub(super) fn labelled(&self) -> &[Joint; 3] {
        &self.labelled
    }
}

/// The log loss and the Brier score of a row's scores, expected over the chances of its label (others together last).
fn expected_losses(scores: &[f64], chances: &[f64]) -> (f64, f64) {
    let told_apart = chances.len().saturating_sub(1);
    let (mut grouped, mut squares, mut log_loss, mut cross) = (0.0, 0.0, 0.0, 0.0);
    for (class, score) in scores.iter().enumerate() {
        let score = score.clamp(0.0, 1.0);
        if class < told_apart {
            let chance = chances.get(class).copied().unwrap_or(0.0);
            squares += score * score;
            cross += chance * score;
            if chance > 0.0 {
                log_loss += chance * surprise(score);
            }
        } else {
            grouped += score;
        }
    }
    let others = chances.last().copied().unwrap_or(0.0);
    if others > 0.0 {
        log_loss += others * surprise(grouped.min(1.0));
        cross += others * grouped;
    }
    (log_loss, (squares + grouped * grouped + 1.0 - 2.0 * cross).max(0.0))
}
