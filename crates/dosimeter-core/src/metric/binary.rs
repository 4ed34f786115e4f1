//! The tally of a model of two classes.

use std::sync::Arc;

use serde::{Deserialize, Serialize};

use super::cells::{ScoreCells, cell_of};
use super::confusion::Confusion;
use super::interval::{Estimate, Scale};
use super::loss::{log_loss, probability};
use super::moments::Moments;
use super::ranking;
use super::reliability::ReliabilityBins;
use super::table::{Metric, Task};
use super::tally::{MergeError, Unavailable};

/// What labelled rows say about a model of two classes.
///
/// ```
/// use dosimeter_core::metric::{BinaryTally, Metric, quantile_edges};
/// let rows = [(false, 0.1), (false, 0.4), (true, 0.35), (true, 0.8)];
/// let edges = quantile_edges(&rows.map(|row| row.1), 4096);
/// let mut tally = BinaryTally::new(edges);
/// for (label, score) in rows {
///     tally.add(label, Some(score >= 0.5), Some(score));
/// }
/// assert_eq!(tally.estimate(Metric::Auc).map(|auc| auc.value), Some(0.75));
/// assert_eq!(tally.estimate(Metric::Accuracy).map(|acc| acc.value), Some(0.75));
/// ```
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct BinaryTally {
    confusion: Confusion,
    unpredicted: u64,
    unscored: u64,
    outside_unit: u64,
    positives: u64,
    rows: u64,
    cells: ScoreCells,
    score: Moments,
    log_loss: Moments,
    brier: Moments,
    reliability: ReliabilityBins,
}

impl BinaryTally {
    /// An empty tally on frozen ascending score edges ([`super::quantile_edges`] of the reference's scores); edges
    /// that are unsorted, repeated, not finite or too many are mended.
    #[must_use]
    pub fn new(score_edges: Arc<[f64]>) -> Self {
        Self {
            confusion: Confusion::default(),
            unpredicted: 0,
            unscored: 0,
            outside_unit: 0,
            positives: 0,
            rows: 0,
            cells: ScoreCells::new(score_edges),
            score: Moments::default(),
            log_loss: Moments::default(),
            brier: Moments::default(),
            reliability: ReliabilityBins::default(),
        }
    }

    /// Counts one labelled row. A score that is not finite counts as none. Any finite score ranks; only scores in
    /// [0, 1] enter log loss, Brier and ECE.
    pub fn add(&mut self, label: bool, predicted: Option<bool>, score: Option<f64>) {
        let cell = score.map_or(0, |s| cell_of(self.cells.edges(), s));
        self.add_in(cell, label, predicted, score);
    }

    /// The same where the score's cell is known.
    pub fn add_in(&mut self, cell: usize, label: bool, predicted: Option<bool>, score: Option<f64>) {
        self.rows += 1;
        self.positives += u64::from(label);
        match predicted {
            Some(predicted) => self.confusion.add(label, predicted),
            None => self.unpredicted += 1,
        }
        let Some(score) = score.filter(|s| s.is_finite()) else {
            self.unscored += 1;
            return;
        };
        self.cells.add_in(label, cell);
        self.score.add(score);
        match probability(score) {
            Some(p) => {
                let gap = f64::from(u8::from(label)) - p;
                self.log_loss.add(log_loss(label, p));
                self.brier.add(gap * gap);
                self.reliability.add(label, p);
            }
            None => self.outside_unit += 1,
        }
    }

    /// Adds everything that `other` has counted.
    ///
    /// # Errors
    /// [`MergeError::Grid`] where the score edges differ; nothing has changed then.
    pub fn merge(&mut self, other: &Self) -> Result<(), MergeError> {
        self.cells.merge(&other.cells)?;
        self.confusion.merge(&other.confusion);
        self.unpredicted += other.unpredicted;
        self.unscored += other.unscored;
        self.outside_unit += other.outside_unit;
        self.positives += other.positives;
        self.rows += other.rows;
        self.score.merge(&other.score);
        self.log_loss.merge(&other.log_loss);
        self.brier.merge(&other.brier);
        self.reliability.merge(&other.reliability);
        Ok(())
    }

    /// Labelled rows.
    #[must_use]
    pub fn rows(&self) -> u64 {
        self.rows
    }

    /// Rows with a positive label.
    #[must_use]
    pub fn positives(&self) -> u64 {
        self.positives
    }

    /// Labelled rows without a predicted class.
    #[must_use]
    pub fn unpredicted(&self) -> u64 {
        self.unpredicted
    }

    /// Labelled rows without a finite score.
    #[must_use]
    pub fn unscored(&self) -> u64 {
        self.unscored
    }

    /// Scores outside [0, 1].
    #[must_use]
    pub fn outside_unit(&self) -> u64 {
        self.outside_unit
    }

    /// Labels against predicted classes.
    #[must_use]
    pub fn confusion(&self) -> &Confusion {
        &self.confusion
    }

    /// Labels by score.
    #[must_use]
    pub fn cells(&self) -> &ScoreCells {
        &self.cells
    }

    /// Mean and variance of the score.
    #[must_use]
    pub fn score(&self) -> &Moments {
        &self.score
    }

    /// Promised against actual positives by score; `None` where scores are no probabilities.
    #[must_use]
    pub fn reliability(&self) -> Option<&ReliabilityBins> {
        (self.outside_unit == 0 && self.log_loss.n() > 0).then_some(&self.reliability)
    }

    /// The calibration error less what noise adds to it.
    #[must_use]
    pub fn ece_debiased(&self) -> Option<Estimate> {
        self.reliability()?.ece_debiased()
    }

    /// The share of positive labels.
    #[must_use]
    pub fn base_rate(&self) -> Option<Estimate> {
        Estimate::share(self.positives, self.rows)
    }

    /// The metric with its error, where the data can give it.
    #[must_use]
    pub fn estimate(&self, metric: Metric) -> Option<Estimate> {
        self.try_estimate(metric).ok()
    }

    /// The metric with its error, over the rows that have what it takes (a prediction, or a score).
    ///
    /// # Errors
    /// Says why where the data cannot give it.
    pub fn try_estimate(&self, metric: Metric) -> Result<Estimate, Unavailable> {
        if !metric.tasks().contains(&Task::Binary) {
            return Err(Unavailable::NotForTask);
        }
        if self.rows == 0 {
            return Err(Unavailable::NoRows);
        }
        if metric.needs_score() && self.unscored == self.rows {
            return Err(Unavailable::NoScores);
        }
        match metric {
            Metric::Auc => auc_of(&self.cells),
            Metric::AveragePrecision => self.average_precision(),
            Metric::LogLoss | Metric::Brier | Metric::Ece if self.outside_unit > 0 => {
                Err(Unavailable::NotProbabilities)
            }
            Metric::LogLoss => mean_of(&self.log_loss, Scale::Loss),
            Metric::Brier => mean_of(&self.brier, Scale::LossUpTo(1)),
            Metric::Ece => self.reliability.ece().ok_or(Unavailable::NoScores),
            _ => self.confusion.estimate(metric),
        }
    }

    fn average_precision(&self) -> Result<Estimate, Unavailable> {
        let cells = self.cells.weights();
        let ap = ranking::average_precision(&cells).ok_or(Unavailable::NoPositives)?;
        let terms = cells.iter().zip(&ap.gradient).flat_map(|(c, g)| [(c.0, g.0), (c.1, g.1)]);
        let se = ranking::multinomial_variance(terms).sqrt();
        Estimate::bounded(ap.value, se, self.cells.totals().0, Scale::Share).ok_or(Unavailable::NotFinite)
    }
}

/// The AUC of cells with DeLong's error; its `n` is the rarer class.
pub(super) fn auc_of(cells: &ScoreCells) -> Result<Estimate, Unavailable> {
    let (value, [of_positives, of_negatives]) = auc_parts(cells).ok_or(Unavailable::OneClass)?;
    let (positives, negatives) = cells.totals();
    let se = (of_positives + of_negatives).sqrt();
    Estimate::bounded(value, se, positives.min(negatives), Scale::Share).ok_or(Unavailable::NotFinite)
}

/// The AUC, and the parts of its variance that positives and negatives contribute.
pub(super) fn auc_parts(cells: &ScoreCells) -> Option<(f64, [f64; 2])> {
    let weights = cells.weights();
    let auc = ranking::auc(&weights)?;
    let parts = ranking::auc_variance(&weights, &auc);
    Some((auc.value, parts.unwrap_or([f64::INFINITY; 2])))
}

/// The mean of a row loss.
pub(super) fn mean_of(moments: &Moments, scale: Scale) -> Result<Estimate, Unavailable> {
    let mean = moments.mean().ok_or(Unavailable::NotFinite)?;
    Estimate::new(mean, moments.standard_error(), moments.n(), scale).ok_or(Unavailable::NotFinite)
}
