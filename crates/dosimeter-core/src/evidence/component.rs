//! A column as a few scalar series.
//!
//! Ordered values: the first four orthonormal polynomials of the reference's mid-rank (Neyman's smooth test, 1937;
//! Rayner & Best 1989): location, scale, skewness and kurtosis *of the ranks*, so that no outlier has leverage and no
//! moment need exist. Categories: the share of each frequent one. Numbers also: the shares below and above the
//! reference's range. Every column: the shares of nulls, of unknown values, of NaN
//! and of infinities. A series of window means of any of them has a plain variance, which is what lets the reference's
//! own wobble be learned for each kind of movement apart.

use crate::profile::grid::{Grid, SPECIALS, Special};

/// What a component measures.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Kind {
    /// A polynomial of the mid-rank, of degree 1 (location) to 4.
    Rank(usize),
    /// The share of one cell: of a value among the rows that have one, of a special cell among all rows.
    Share(usize),
}

/// One scalar that a window's counts give.
#[derive(Clone, Debug)]
pub struct Component {
    /// What it measures.
    pub kind: Kind,
    /// Score by value cell, for rank components.
    scores: Vec<f64>,
    /// The null cell, where the share is among the rows that have a value.
    without: Option<usize>,
    /// Mean over all reference rows.
    pub reference_mean: f64,
    /// Variance of a single row's score in the reference.
    pub variance: f64,
    /// Reference rows that it rests on.
    pub reference_n: f64,
}

/// The most categories that are tested by name; the others are tested together through the drift statistics.
const NAMED_CATEGORIES: usize = 40;

impl Component {
    /// The mean score of a window and the rows it rests on.
    #[must_use]
    pub fn mean(&self, counts: &[u64]) -> (f64, f64) {
        match self.kind {
            Kind::Share(cell) => {
                let nulls = self.without.and_then(|cell| counts.get(cell)).copied().unwrap_or(0);
                let n: u64 = counts.iter().sum::<u64>() - nulls;
                let x = counts.get(cell).copied().unwrap_or(0);
                if n == 0 { (0.0, 0.0) } else { (x as f64 / n as f64, n as f64) }
            }
            Kind::Rank(_) => {
                let (mut n, mut sum) = (0u64, 0.0);
                for (count, score) in counts.iter().zip(&self.scores) {
                    n += count;
                    sum += *count as f64 * score;
                }
                if n == 0 { (0.0, 0.0) } else { (sum / n as f64, n as f64) }
            }
        }
    }

    /// The variance of a single row's score, of the reference and these counts together, and no less than the reference's.
    ///
    /// A cell of share `p` scores up to `1 / sqrt(p)`: where a column is lumpy or the reference small, what the reference
    /// says of its rare cells is luck, and one that fills up a little more brings a variance of its own.
    #[must_use]
    pub fn pooled_variance(&self, counts: &[u64]) -> f64 {
        let Kind::Rank(_) = self.kind else {
            return self.variance;
        };
        let (mean, n) = self.mean(counts);
        let squares: f64 = counts.iter().zip(&self.scores).map(|(count, score)| *count as f64 * score * score).sum();
        let all = self.reference_n + n;
        let centre = n * mean / all;
        ((self.reference_n * self.variance + squares) / all - centre * centre).max(self.variance)
    }
}

/// The components of a column, from its reference counts.
#[must_use]
pub fn components(grid: &Grid, reference: &[u64]) -> Vec<Component> {
    let k = grid.value_cells();
    let total: u64 = reference.iter().sum();
    let mut list = Vec::new();
    if total == 0 {
        return list;
    }
    let share = |cell: usize| {
        let without = (cell < k).then(|| grid.special(Special::Null));
        let mut component = Component {
            kind: Kind::Share(cell),
            scores: Vec::new(),
            without,
            reference_mean: 0.0,
            variance: 0.0,
            reference_n: 0.0,
        };
        let (p, n) = component.mean(reference);
        component.reference_mean = p;
        component.variance = p * (1.0 - p);
        component.reference_n = n;
        component
    };
    match grid {
        Grid::Number { .. } => {
            list.extend(rank_components(reference.get(..k).unwrap_or(&[])));
            if k >= 3 {
                list.extend([share(0), share(k - 1)]);
            }
        }
        Grid::Category { .. } => list.extend((0..k.min(NAMED_CATEGORIES)).map(share)),
    }
    list.extend((k..k + SPECIALS).map(share));
    list
}

/// Orthonormal polynomials of the mid-rank under the reference's cell probabilities.
fn rank_components(counts: &[u64]) -> Vec<Component> {
    let n: u64 = counts.iter().sum();
    let filled = counts.iter().filter(|c| **c > 0).count();
    if n == 0 || filled < 2 {
        return Vec::new();
    }
    let p: Vec<f64> = counts.iter().map(|c| *c as f64 / n as f64).collect();
    let mut below = 0.0;
    let ranks: Vec<f64> = p
        .iter()
        .map(|p| {
            let rank = below + p / 2.0;
            below += p;
            2.0 * rank - 1.0
        })
        .collect();
    let dot = |a: &[f64], b: &[f64]| -> f64 { a.iter().zip(b).zip(&p).map(|((a, b), p)| a * b * p).sum() };
    let mut basis: Vec<Vec<f64>> = vec![vec![1.0; counts.len()]];
    for degree in 1..=4usize.min(filled - 1) {
        let mut v: Vec<f64> = ranks.iter().map(|u| u.powi(degree as i32)).collect();
        // Twice is enough (Giraud et al. 2005): the second pass removes what rounding left.
        for _ in 0..2 {
            for b in &basis {
                let c = dot(&v, b);
                v.iter_mut().zip(b).for_each(|(v, b)| *v -= c * b);
            }
        }
        let norm = dot(&v, &v).sqrt();
        if norm < 1e-7 {
            break;
        }
        v.iter_mut().for_each(|x| *x /= norm);
        basis.push(v);
    }
    // Where the reference has no rows a polynomial is extrapolation, and runs away: such a cell scores as the nearest that
    // has some.
    let nearest: Vec<usize> = (0..counts.len()).map(|cell| nearest_filled(counts, cell)).collect();
    basis.iter_mut().for_each(|v| *v = nearest.iter().map(|cell| v[*cell]).collect());
    basis
        .into_iter()
        .enumerate()
        .skip(1)
        .map(|(degree, scores)| Component {
            kind: Kind::Rank(degree),
            scores,
            without: None,
            reference_mean: 0.0,
            variance: 1.0,
            reference_n: n as f64,
        })
        .collect()
}

/// The nearest cell with rows, of two as near the lower; the cell itself where none has any.
fn nearest_filled(counts: &[u64], cell: usize) -> usize {
    let filled = |c: &usize| counts.get(*c).is_some_and(|n| *n > 0);
    (0..counts.len()).filter(filled).min_by_key(|c| c.abs_diff(cell)).unwrap_or(cell)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cells_that_the_reference_left_empty_do_not_run_away() {
        let list = rank_components(&[0, 4, 0, 0, 7, 6, 5, 8, 0]);
        for c in &list {
            let at = |cell: usize| c.mean(&(0..9).map(|i| u64::from(i == cell)).collect::<Vec<_>>()).0;
            assert!((at(0) - at(1)).abs() < 1e-12 && (at(2) - at(1)).abs() < 1e-12 && (at(8) - at(7)).abs() < 1e-12);
        }
    }

    #[test]
    fn a_lumpy_current_window_brings_its_own_variance() {
        let list = rank_components(&[97, 1, 1, 1]);
        assert!(list[0].pooled_variance(&[80, 5, 5, 10]) > 2.0 && list[0].pooled_variance(&[100, 0, 0, 0]) == 1.0);
    }

    #[test]
    fn rank_scores_are_orthonormal_under_the_reference() {
        let list = rank_components(&[0, 10, 30, 5, 5, 50, 25, 0]);
        assert_eq!(list.len(), 4);
        for a in &list {
            let (mean, n) = a.mean(&[0, 10, 30, 5, 5, 50, 25, 0]);
            assert!(mean.abs() < 1e-12);
            assert_eq!(n, 125.0);
        }
    }

    #[test]
    fn values_outside_the_reference_score_like_its_ends() {
        let list = rank_components(&[0, 10, 10, 10, 10, 0]);
        let (below, _) = list[0].mean(&[5, 0, 0, 0, 0, 0]);
        let (above, _) = list[0].mean(&[0, 0, 0, 0, 0, 5]);
        let (first, _) = list[0].mean(&[0, 1, 0, 0, 0, 0]);
        assert!(below < -1.3 && above > 1.3 && (below - first).abs() < 1e-12, "{below} {above}");
    }

    #[test]
    fn empty_and_constant_columns_have_no_rank_components() {
        assert!(rank_components(&[]).is_empty());
        assert!(rank_components(&[0, 7, 0]).is_empty());
    }
}
