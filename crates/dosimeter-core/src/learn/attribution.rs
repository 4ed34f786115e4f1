//! Which columns' movement moves a model's mean prediction.
//!
//! The mean of a tree over one sample minus its mean over another telescopes over the tree: at every fork the second
//! sample sends other shares of its rows down the two ways, and what that changes is (share now - share before) times
//! the difference of what the two ways were worth before. Summed over forks, weighted by how many rows arrive there
//! now, this is the whole difference, exactly; each term belongs to the one column that the fork asks. A column that
//! moves and that the model never asks gets exactly nothing.

use super::bins::Matrix;
use super::boost::Model;
use super::tree::Tree;

/// A sample whose rows count by weight; rows beyond the weights count nothing.
pub(crate) struct Weighted<'a> {
    pub(crate) inputs: &'a Matrix,
    pub(crate) weight: &'a [f64],
}

impl Model {
    /// Adds to `by_column` what each column's movement changes in the mean margin from `before` to `now`.
    ///
    /// The sum over columns is the weighted mean margin now minus that before, up to rounding. `scale` multiplies it.
    pub(crate) fn attribute(&self, before: &Weighted<'_>, now: &Weighted<'_>, scale: f64, by_column: &mut [f64]) {
        for tree in &self.trees {
            let (old, new) = (reach(tree, before), reach(tree, now));
            let worth = worth(tree, &old);
            let share = |reach: &[f64], of: usize, at: usize| {
                let total = reach.get(at).copied().unwrap_or(0.0);
                if total > 0.0 { reach.get(of).copied().unwrap_or(0.0) / total } else { 0.5 }
            };
            let all = new.first().copied().unwrap_or(0.0);
            if all <= 0.0 {
                continue;
            }
            for (at, node) in tree.nodes.iter().enumerate() {
                let Some(fork) = &node.fork else { continue };
                let [a, b] = fork.children;
                let moved = share(&new, a, at) - share(&old, a, at);
                let differ = worth.get(a).copied().unwrap_or(0.0) - worth.get(b).copied().unwrap_or(0.0);
                if let Some(slot) = by_column.get_mut(fork.column) {
                    *slot += scale * new.get(at).copied().unwrap_or(0.0) / all * moved * differ;
                }
            }
        }
    }
}

/// The weight that arrives at each node.
fn reach(tree: &Tree, sample: &Weighted<'_>) -> Vec<f64> {
    let mut reach = vec![0.0; tree.nodes.len()];
    for (row, &weight) in sample.weight.iter().enumerate().take(sample.inputs.rows()) {
        let mut at = 0;
        while let Some(slot) = reach.get_mut(at) {
            *slot += weight;
            let Some(fork) = tree.nodes.get(at).and_then(|n| n.fork.as_ref()) else {
                break;
            };
            let code = sample.inputs.column(fork.column).get(row).copied().unwrap_or(0);
            at = fork.children[usize::from(!fork.split.first(code))];
        }
    }
    reach
}

/// The mean value of the rows that arrive at each node; half and half where none does.
fn worth(tree: &Tree, reach: &[f64]) -> Vec<f64> {
    let mut worth: Vec<f64> = tree.nodes.iter().map(|n| n.value).collect();
    for at in (0..tree.nodes.len()).rev() {
        let Some(fork) = tree.nodes.get(at).and_then(|n| n.fork.as_ref()) else {
            continue;
        };
        let of = |list: &[f64], i: usize| list.get(i).copied().unwrap_or(0.0);
        let [a, b] = fork.children;
        let total = of(reach, at);
        let share = if total > 0.0 { of(reach, a) / total } else { 0.5 };
        let mean = share * of(&worth, a) + (1.0 - share) * of(&worth, b);
        if let Some(slot) = worth.get_mut(at) {
            *slot = mean;
        }
    }
    worth
}

#[cfg(test)]
mod tests {
    use super::super::rng::SplitMix;
    use super::super::{Config, Loss, Matrix, MatrixError, fit};
    use super::Weighted;

    #[test]
    fn adds_up_and_gives_nothing_to_bystanders() -> Result<(), MatrixError> {
        let mut rng = SplitMix::new(4, 0);
        let mut sample = |rows: usize, tilt: usize| {
            let a: Vec<u16> = (0..rows).map(|_| rng.below(10).max(rng.below(1 + tilt)) as u16).collect();
            let b: Vec<u16> = (0..rows).map(|_| rng.below(10) as u16).collect();
            let c: Vec<u16> = (0..rows).map(|_| rng.below(10).max(rng.below(1 + tilt)) as u16).collect();
            Matrix::new(vec![a, b, c], vec![10; 3], vec![true, true, false])
        };
        let (before, now) = (sample(900, 0)?, sample(700, 9)?);
        let target: Vec<f64> =
            (0..900).map(|r| f64::from(before.column(0)[r]) + f64::from(before.column(1)[r]).powi(2)).collect();
        let model = fit(&before, &target, None, &Config::new(Loss::Squared, 1));
        let weight: Vec<f64> = (0..700).map(|r| 1.0 + (r % 3) as f64).collect();
        let mean = |m: &Matrix, w: &[f64]| {
            model.margin(m).iter().zip(w).map(|(p, w)| p * w).sum::<f64>() / w.iter().sum::<f64>()
        };
        let ones = vec![1.0; 900];
        let mut by_column = vec![0.0; 3];
        let (old, new) = (Weighted { inputs: &before, weight: &ones }, Weighted { inputs: &now, weight: &weight });
        model.attribute(&old, &new, 1.0, &mut by_column);
        let whole = mean(&now, &weight) - mean(&before, &ones);
        assert!((by_column.iter().sum::<f64>() - whole).abs() < 1e-9, "{by_column:?} {whole}");
        assert!(by_column[0] > 0.8, "{by_column:?}");
        assert!(by_column[2].abs() < 0.1, "{by_column:?}");
        Ok(())
    }
}
