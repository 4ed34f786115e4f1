//! Counts of positives and negatives by score, on a frozen grid.
//!
//! The edges come from the reference's scores and never move, so counts of two windows add up. A score belongs to
//! the cell of the last edge that is not above it: `[edge, next edge)`, with one cell below the first edge. Where
//! the edges are the distinct scores themselves, every score has its own cell and rank statistics are exact.

use std::sync::Arc;

use serde::{Deserialize, Serialize};

use super::tally::MergeError;

/// The most edges that a score grid keeps.
pub const MAX_EDGES: usize = 4096;

/// The cell of a score: how many edges are not above it.
#[must_use]
#[inline]
pub fn cell_of(edges: &[f64], score: f64) -> usize {
    edges.partition_point(|edge| *edge <= score)
}

/// Finite, ascending, distinct and at most [`MAX_EDGES`] edges out of any.
#[must_use]
pub fn sound_edges(edges: Arc<[f64]>) -> Arc<[f64]> {
    let ascending = edges.iter().zip(edges.iter().skip(1)).all(|(a, b)| a < b);
    if ascending && edges.len() <= MAX_EDGES && edges.iter().all(|e| e.is_finite()) {
        return edges;
    }
    quantile_edges(&edges, MAX_EDGES)
}

/// At most `max` ascending edges from scores: all distinct scores where they are few enough, otherwise their
/// quantiles, with heavy single values fenced off into cells of their own. Scores that are not finite are ignored.
#[must_use]
pub fn quantile_edges(scores: &[f64], max: usize) -> Arc<[f64]> {
    let max = max.clamp(1, MAX_EDGES);
    let mut sorted: Vec<f64> = scores.iter().copied().filter(|s| s.is_finite()).collect();
    sorted.sort_unstable_by(f64::total_cmp);
    let mut distinct = sorted.clone();
    // -0.0 and 0.0 are one score.
    distinct.dedup_by(|a, b| a == b);
    if distinct.len() <= max {
        return distinct.into();
    }
    let n = sorted.len();
    let mut edges: Vec<f64> = Vec::with_capacity(max);
    for i in 0..max {
        let at = (i as u128 * n as u128 / max as u128) as usize;
        let Some(&edge) = sorted.get(at) else {
            continue;
        };
        match edges.last() {
            // A value that fills two quantiles: one more edge right above it. The repeat pays for it.
            Some(&last) if last >= edge => {
                let above = sorted.partition_point(|s| *s <= edge);
                if let Some(&next) = sorted.get(above)
                    && next > last
                {
                    edges.push(next);
                }
            }
            _ => edges.push(edge),
        }
    }
    edges.into()
}

/// The edges of `cells` equal cells on [0, 1].
#[must_use]
pub fn unit_edges(cells: usize) -> Arc<[f64]> {
    let cells = cells.clamp(1, MAX_EDGES);
    (1..cells).map(|i| i as f64 / cells as f64).collect()
}

/// Positives and negatives per score cell.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ScoreCells {
    edges: Arc<[f64]>,
    positives: Vec<u64>,
    negatives: Vec<u64>,
}

impl ScoreCells {
    /// Empty cells, one more than there are edges.
    #[must_use]
    pub fn new(edges: Arc<[f64]>) -> Self {
        let edges = sound_edges(edges);
        let cells = edges.len() + 1;
        Self { edges, positives: vec![0; cells], negatives: vec![0; cells] }
    }

    /// Counts one score, which is a number.
    #[inline]
    pub fn add(&mut self, label: bool, score: f64) {
        self.add_in(label, cell_of(&self.edges, score));
    }

    /// Counts one score whose cell is known.
    #[inline]
    pub fn add_in(&mut self, label: bool, cell: usize) {
        let side = if label { &mut self.positives } else { &mut self.negatives };
        if let Some(count) = side.get_mut(cell) {
            *count += 1;
        }
    }

    /// Adds another's counts on the same grid.
    ///
    /// # Errors
    /// [`MergeError::Grid`] where the grids differ; nothing has changed then.
    pub fn merge(&mut self, other: &Self) -> Result<(), MergeError> {
        if !self.same_grid(other) {
            return Err(MergeError::Grid);
        }
        add_counts(&mut self.positives, &other.positives);
        add_counts(&mut self.negatives, &other.negatives);
        Ok(())
    }

    /// Whether the two can be merged and compared.
    #[must_use]
    pub fn same_grid(&self, other: &Self) -> bool {
        (Arc::ptr_eq(&self.edges, &other.edges) || self.edges == other.edges)
            && self.positives.len() == other.positives.len()
            && self.negatives.len() == other.negatives.len()
    }

    /// The ascending edges.
    #[must_use]
    pub fn edges(&self) -> &Arc<[f64]> {
        &self.edges
    }

    /// Positives and negatives of every cell, by ascending score.
    pub fn counts(&self) -> impl Iterator<Item = (u64, u64)> + Clone {
        self.positives.iter().copied().zip(self.negatives.iter().copied())
    }

    /// The same as numbers, for the rank statistics.
    pub(super) fn weights(&self) -> Vec<(f64, f64)> {
        self.counts().map(|(p, n)| (p as f64, n as f64)).collect()
    }

    /// All positives and all negatives.
    #[must_use]
    pub fn totals(&self) -> (u64, u64) {
        (self.positives.iter().sum(), self.negatives.iter().sum())
    }
}

pub(super) fn add_counts(into: &mut [u64], from: &[u64]) {
    for (a, b) in into.iter_mut().zip(from) {
        *a = a.saturating_add(*b);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn few_scores_get_a_cell_each() {
        let edges = quantile_edges(&[0.3, 0.1, f64::NAN, 0.3, 0.2, f64::INFINITY], 4096);
        assert_eq!(&*edges, &[0.1, 0.2, 0.3]);
        assert_eq!([0.0, 0.1, 0.15, 0.2, 0.3, 9.0].map(|s| cell_of(&edges, s)), [0, 1, 1, 2, 3, 3]);
        assert!(quantile_edges(&[], 10).is_empty());
    }

    #[test]
    fn a_heavy_value_is_fenced_off() {
        let mut scores: Vec<f64> = (0..1000).map(f64::from).collect();
        scores.extend(std::iter::repeat_n(500.0, 5000));
        let edges = quantile_edges(&scores, 60);
        assert!(edges.len() <= 60);
        assert!(edges.contains(&500.0) && edges.contains(&501.0), "{edges:?}");
        assert!(edges.iter().zip(edges.iter().skip(1)).all(|(a, b)| a < b));
    }

    #[test]
    fn bad_edges_are_mended_and_grids_are_compared() {
        let a = ScoreCells::new(vec![0.5, f64::NAN, 0.1, 0.5].into());
        assert_eq!(&**a.edges(), &[0.1, 0.5]);
        let mut b = ScoreCells::new(vec![0.2].into());
        assert_eq!(b.merge(&a), Err(MergeError::Grid));
    }
}
