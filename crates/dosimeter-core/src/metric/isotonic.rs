//! Scores turned into chances: isotonic regression on the reference's score cells.
//!
//! Pool adjacent violators (Ayer et al. 1955): neighbouring cells whose shares of positives fall while the score
//! rises are pooled until none does. The result is the best non-decreasing map from score to P(Y = 1 | score), and
//! it needs no other input than the counts by cell.

use std::sync::Arc;

use serde::{Deserialize, Serialize};

use super::binary::BinaryTally;
use super::cells::ScoreCells;
use super::multiclass::MulticlassTally;

/// One pooled run of cells.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub(super) struct Block {
    pub(super) positives: u64,
    pub(super) rows: u64,
}

impl Block {
    fn share(self) -> f64 {
        self.positives as f64 / self.rows.max(1) as f64
    }

    /// The variance of the block's share; at 0 and 1 that of half a row more.
    pub(super) fn variance(self) -> f64 {
        let n = self.rows as f64;
        let share = self.share();
        let share = if share > 0.0 && share < 1.0 { share } else { (self.positives as f64 + 0.5) / (n + 1.0) };
        share * (1.0 - share) / n.max(1.0)
    }
}

/// The chance of a positive by score cell, learned from labelled rows.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Calibrator {
    edges: Arc<[f64]>,
    chances: Vec<f64>,
    /// For each cell the block that its chance comes from.
    block_of: Vec<u32>,
    blocks: Vec<Block>,
}

impl Calibrator {
    /// Learns the map from a labelled reference; `None` where no row had a score.
    #[must_use]
    pub fn fit(reference: &BinaryTally) -> Option<Self> {
        Self::of_cells(reference.cells())
    }

    /// Learns the chance that the most probable class is right, from its probability.
    #[must_use]
    pub fn fit_top_class(reference: &MulticlassTally) -> Option<Self> {
        Self::of_cells(reference.top_cells())
    }

    /// Learns the map from counts; `None` where no row had a score.
    pub(super) fn of_cells(cells: &ScoreCells) -> Option<Self> {
        // Each block with the last cell that it covers.
        let mut pooled: Vec<(Block, usize)> = Vec::new();
        for (at, (positives, negatives)) in cells.counts().enumerate() {
            let rows = positives + negatives;
            if rows == 0 {
                continue;
            }
            let mut block = Block { positives, rows };
            while let Some(&(last, _)) = pooled.last()
                && u128::from(last.positives) * u128::from(block.rows)
                    >= u128::from(block.positives) * u128::from(last.rows)
            {
                block = Block { positives: block.positives + last.positives, rows: block.rows + last.rows };
                pooled.pop();
            }
            pooled.push((block, at));
        }
        let count = cells.edges().len() + 1;
        let (mut chances, mut block_of) = (Vec::with_capacity(count), Vec::with_capacity(count));
        // A cell takes the chance of the block that reaches it; below the first and above the last, theirs. Cells
        // without a row between two blocks go with the upper one, which scores above the lower one's rows reach.
        let mut current = 0;
        for at in 0..count {
            while pooled.get(current).is_some_and(|(_, last)| *last < at) && current + 1 < pooled.len() {
                current += 1;
            }
            chances.push(pooled.get(current)?.0.share());
            block_of.push(current as u32);
        }
        let blocks = pooled.into_iter().map(|(block, _)| block).collect();
        Some(Self { edges: Arc::clone(cells.edges()), chances, block_of, blocks })
    }

    /// The grid that it was learned on.
    #[must_use]
    pub fn edges(&self) -> &Arc<[f64]> {
        &self.edges
    }

    /// The chance of a positive in every cell, by ascending score.
    #[must_use]
    pub fn chances(&self) -> &[f64] {
        &self.chances
    }

    /// The chance of a positive at a score; NaN has none.
    #[must_use]
    pub fn chance(&self, score: f64) -> Option<f64> {
        if score.is_nan() {
            return None;
        }
        self.chances.get(super::cells::cell_of(&self.edges, score)).copied()
    }

    /// The cell of a score; NaN has none.
    #[must_use]
    pub fn cell(&self, score: f64) -> Option<usize> {
        (!score.is_nan()).then(|| super::cells::cell_of(&self.edges, score))
    }

    /// The same with something added to the chance of each cell, within 0 to 1. The errors of the chances stay.
    #[must_use]
    pub fn shifted(&self, by: impl Fn(usize) -> f64) -> Calibrator {
        let chances = self.chances.iter().enumerate().map(|(cell, c)| (c + by(cell)).clamp(0.0, 1.0)).collect();
        Calibrator { chances, ..self.clone() }
    }

    pub(super) fn blocks(&self) -> &[Block] {
        &self.blocks
    }

    pub(super) fn block_of(&self, cell: usize) -> usize {
        self.block_of.get(cell).map_or(0, |b| *b as usize)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn is_isotonic_regression() {
        // sklearn IsotonicRegression on scores 1..8 with these labels:
        // .fit_transform([1,1,2,3,3,3,4,5,6,6,7,8], [0,0,1,0,1,0,1,0,1,1,0,1])
        let rows = [(1, 0), (1, 0), (2, 1), (3, 0), (3, 1), (3, 0), (4, 1), (5, 0), (6, 1), (6, 1), (7, 0), (8, 1)];
        let mut tally = BinaryTally::new((1..=8).map(f64::from).collect());
        rows.iter().for_each(|(s, y)| tally.add(*y == 1, None, Some(f64::from(*s))));
        let calibrator = Calibrator::fit(&tally).expect("scores");
        let chances: Vec<f64> = (1..=8).filter_map(|s| calibrator.chance(f64::from(s))).collect();
        let third = 2.0 / 3.0;
        for (got, want) in chances.iter().zip([0.0, 0.5, 0.5, 0.5, 0.5, third, third, 1.0]) {
            assert!((got - want).abs() < 1e-12, "{chances:?}");
        }
        assert_eq!(calibrator.chance(-5.0), Some(0.0));
        assert_eq!(calibrator.chance(99.0), Some(1.0));
        assert!(Calibrator::fit(&BinaryTally::new([].into())).is_none());
    }
}
