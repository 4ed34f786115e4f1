//! Scores and predictions of all rows of two classes, labelled or not, on the reference's score grid.
//!
//! This is what an estimate without labels is made of. Where some of the rows have a label, they are counted once more
//! by what the label said: the two sets of counts on one grid are what labels and scores are combined from
//! ([`super::combine_binary`]). Memory is that of the grid (at most 4,097 cells of 32 bytes, and of 32 more where there are
//! labels), whatever the rows.

use std::sync::Arc;

use serde::{Deserialize, Serialize};

use super::cells::{add_counts, cell_of, sound_edges};
use super::loss::probability;
use super::tally::MergeError;

/// Scores and predicted classes of rows, labelled or not.
///
/// For a model of many classes: the probability of the most probable class as the score, and `Some(true)` ("is
/// right") as the predicted class.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct UnlabelledTally {
    edges: Arc<[f64]>,
    predicted_positive: Vec<u64>,
    predicted_negative: Vec<u64>,
    unpredicted: Vec<u64>,
    score_sum: Vec<f64>,
    unscored: u64,
    outside_unit: u64,
    /// By cell, those of the rows that have score, prediction and label: true positives, false positives, false negatives, true
    /// negatives. Empty until the first of them.
    labelled: Vec<[u64; 4]>,
}

/// One cell: rows predicted positive, negative, and not at all, the mean score, and the labelled among them.
pub(super) struct CellRows {
    pub(super) positive: u64,
    pub(super) negative: u64,
    pub(super) unpredicted: u64,
    pub(super) score: f64,
    /// True positives, false positives, false negatives, true negatives.
    pub(super) labelled: [u64; 4],
}

impl UnlabelledTally {
    /// An empty tally on the grid of the calibrator that is to read it.
    #[must_use]
    pub fn new(score_edges: Arc<[f64]>) -> Self {
        let edges = sound_edges(score_edges);
        let cells = edges.len() + 1;
        Self {
            edges,
            predicted_positive: vec![0; cells],
            predicted_negative: vec![0; cells],
            unpredicted: vec![0; cells],
            score_sum: vec![0.0; cells],
            unscored: 0,
            outside_unit: 0,
            labelled: Vec::new(),
        }
    }

    /// Counts one row; a score that is not finite counts as none.
    pub fn add(&mut self, predicted: Option<bool>, score: Option<f64>) {
        let cell = score.map_or(0, |s| cell_of(&self.edges, s));
        self.add_in(cell, predicted, score);
    }

    /// The same where the score's cell is known.
    pub fn add_in(&mut self, cell: usize, predicted: Option<bool>, score: Option<f64>) {
        let Some(score) = score.filter(|s| s.is_finite()) else {
            self.unscored += 1;
            return;
        };
        let side = match predicted {
            Some(true) => &mut self.predicted_positive,
            Some(false) => &mut self.predicted_negative,
            None => &mut self.unpredicted,
        };
        if let (Some(count), Some(sum)) = (side.get_mut(cell), self.score_sum.get_mut(cell)) {
            *count += 1;
            *sum += score;
        }
        self.outside_unit += u64::from(probability(score).is_none());
    }

    /// Says that a row, which [`Self::add`] has counted, is labelled. One without a finite score or a prediction is left out.
    pub fn label(&mut self, label: bool, predicted: Option<bool>, score: Option<f64>) {
        let cell = score.map_or(0, |s| cell_of(&self.edges, s));
        self.label_in(cell, label, predicted, score);
    }

    /// The same where the score's cell is known.
    pub fn label_in(&mut self, cell: usize, label: bool, predicted: Option<bool>, score: Option<f64>) {
        let Some(predicted) = predicted.filter(|_| score.is_some_and(f64::is_finite)) else {
            return;
        };
        if self.labelled.is_empty() {
            self.labelled = vec![[0; 4]; self.edges.len() + 1];
        }
        if let Some([tp, fp, fnn, tn]) = self.labelled.get_mut(cell) {
            *match (label, predicted) {
                (true, true) => tp,
                (false, true) => fp,
                (true, false) => fnn,
                (false, false) => tn,
            } += 1;
        }
    }

    /// Adds everything that `other` has counted.
    ///
    /// # Errors
    /// [`MergeError::Grid`] where the score edges differ; nothing has changed then.
    pub fn merge(&mut self, other: &Self) -> Result<(), MergeError> {
        if self.edges != other.edges || self.score_sum.len() != other.score_sum.len() {
            return Err(MergeError::Grid);
        }
        add_counts(&mut self.predicted_positive, &other.predicted_positive);
        add_counts(&mut self.predicted_negative, &other.predicted_negative);
        add_counts(&mut self.unpredicted, &other.unpredicted);
        for (a, b) in self.score_sum.iter_mut().zip(&other.score_sum) {
            *a += b;
        }
        if self.labelled.is_empty() {
            self.labelled.clone_from(&other.labelled);
        } else {
            for (a, b) in self.labelled.iter_mut().zip(&other.labelled) {
                add_counts(a, b);
            }
        }
        self.unscored += other.unscored;
        self.outside_unit += other.outside_unit;
        Ok(())
    }

    /// All rows.
    #[must_use]
    pub fn rows(&self) -> u64 {
        self.unscored + self.scored()
    }

    pub(super) fn scored(&self) -> u64 {
        let sum = |counts: &[u64]| counts.iter().sum::<u64>();
        sum(&self.predicted_positive) + sum(&self.predicted_negative) + sum(&self.unpredicted)
    }

    /// Rows without a finite score.
    #[must_use]
    pub fn unscored(&self) -> u64 {
        self.unscored
    }

    /// Rows with score, prediction and label.
    #[must_use]
    pub fn labelled(&self) -> u64 {
        self.labelled.iter().flatten().sum()
    }

    /// Scores outside [0, 1].
    pub(super) fn outside_unit(&self) -> u64 {
        self.outside_unit
    }

    /// The ascending edges.
    pub(super) fn edges(&self) -> &Arc<[f64]> {
        &self.edges
    }

    /// What one cell holds.
    pub(super) fn cell(&self, cell: usize) -> CellRows {
        let at = |counts: &[u64]| counts.get(cell).copied().unwrap_or(0);
        let (positive, negative, unpredicted) =
            (at(&self.predicted_positive), at(&self.predicted_negative), at(&self.unpredicted));
        let rows = (positive + negative + unpredicted).max(1) as f64;
        CellRows {
            positive,
            negative,
            unpredicted,
            score: self.score_sum.get(cell).copied().unwrap_or(0.0) / rows,
            labelled: self.labelled.get(cell).copied().unwrap_or_default(),
        }
    }
}
