//! Gradient boosting: shallow trees added one by one, each fitted to what the ones before left over.
//!
//! Friedman, "Greedy function approximation" (Annals of Statistics 2001), with the second-order leaf values of Chen and
//! Guestrin, "XGBoost" (KDD 2016). A fifth of the rows is held out to say when to stop: with nothing to learn the model
//! stays flat, which is what keeps two equal periods equal.

use super::bins::Matrix;
use super::rng::SplitMix;
use super::tree::{Grower, Limits, Pair, Tree};

/// What is minimised, and so what is predicted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Loss {
    /// Squared error: predicts the mean of the target.
    Squared,
    /// Log loss of a target between 0 and 1: predicts its chance.
    Logistic,
}

/// How to learn.
#[derive(Clone, Debug, PartialEq)]
pub struct Config {
    /// What is minimised.
    pub loss: Loss,
    /// The most trees.
    pub rounds: usize,
    /// The most splits between root and leaf.
    pub depth: usize,
    /// The part of each tree that is added.
    pub learning_rate: f64,
    /// The least sum of curvature in a child: rows times weight for squared loss, times `p (1 - p)` for logistic.
    pub min_child_weight: f64,
    /// Pulls leaf values to zero, as that many rows of curvature 1 would.
    pub l2: f64,
    /// The part of the columns that each tree may use, drawn anew.
    pub columns_per_tree: f64,
    /// Rounds without a better held-out loss before stopping; 0 learns on all rows and never stops early.
    pub patience: usize,
    /// Of the held-out rows and the columns drawn.
    pub seed: u64,
}

impl Config {
    /// The defaults for a loss: at most 80 trees of depth 3, rate 0.1, stopping after 8 rounds without progress.
    #[must_use]
    pub fn new(loss: Loss, seed: u64) -> Self {
        Config {
            loss,
            rounds: 80,
            depth: 3,
            learning_rate: 0.1,
            min_child_weight: 5.0,
            l2: 1.0,
            columns_per_tree: 1.0,
            patience: 8,
            seed,
        }
    }
}

/// A fitted model.
#[derive(Clone, Debug)]
pub struct Model {
    pub(crate) loss: Loss,
    pub(crate) base: f64,
    pub(crate) trees: Vec<Tree>,
    width: usize,
}

/// The largest log odds of a class that is all there is.
const LARGEST_LOG_ODDS: f64 = 12.0;

/// Fits `target` (one per row) with row weights (`None`: all 1).
///
/// Rows whose target is not finite or whose weight is not positive and finite are left out; with none left the model
/// predicts 0 (logistic: one half). For [`Loss::Logistic`] targets are clamped to 0..=1.
#[must_use]
pub fn fit(matrix: &Matrix, target: &[f64], weight: Option<&[f64]>, config: &Config) -> Model {
    let all: Vec<u32> = (0..matrix.rows() as u32).collect();
    fit_rows(matrix, &all, target, weight, config)
}

/// [`fit`] on some rows of a matrix.
pub(crate) fn fit_rows(m: &Matrix, rows: &[u32], target: &[f64], weight: Option<&[f64]>, config: &Config) -> Model {
    let weight_of = |r: u32| weight.map_or(Some(1.0), |w| w.get(r as usize).copied());
    let usable = |r: &u32| {
        target.get(*r as usize).is_some_and(|t| t.is_finite())
            && weight_of(*r).is_some_and(|w| w > 0.0 && w.is_finite())
    };
    let mut rows: Vec<u32> = rows.iter().copied().filter(usable).collect();
    let held = if config.patience > 0 { hold_out(&mut rows, config.seed) } else { Vec::new() };
    let training = Part::new(m, &rows, target, weight, config.loss);
    let held = Part::new(m, &held, target, weight, config.loss);
    learn(&training, &held, config)
}

/// Takes a fifth of the rows out, at random; both keep their order.
fn hold_out(rows: &mut Vec<u32>, seed: u64) -> Vec<u32> {
    let mut order: Vec<usize> = (0..rows.len()).collect();
    SplitMix::new(seed, 1).shuffle(&mut order);
    order.truncate(rows.len() / 5);
    let mut out = vec![false; rows.len()];
    for i in order {
        if let Some(slot) = out.get_mut(i) {
            *slot = true;
        }
    }
    let held = rows.iter().zip(&out).filter(|(_, o)| **o).map(|(r, _)| *r).collect();
    let mut at = out.iter();
    rows.retain(|_| at.next() == Some(&false));
    held
}

/// The rows learned from, or those held out.
struct Part {
    matrix: Matrix,
    target: Vec<f64>,
    weight: Vec<f64>,
}

impl Part {
    fn new(matrix: &Matrix, rows: &[u32], target: &[f64], weight: Option<&[f64]>, loss: Loss) -> Self {
        let pick = |from: &[f64]| rows.iter().map(|&r| from.get(r as usize).copied().unwrap_or(0.0)).collect();
        let mut target: Vec<f64> = pick(target);
        if loss == Loss::Logistic {
            target.iter_mut().for_each(|t| *t = t.clamp(0.0, 1.0));
        }
        Part { matrix: matrix.select(rows), target, weight: weight.map_or_else(|| vec![1.0; rows.len()], pick) }
    }

    /// The weighted loss of some scores, up to a constant.
    fn loss(&self, scores: &[f64], loss: Loss) -> f64 {
        let row = |((&s, &t), &w): ((&f64, &f64), &f64)| match loss {
            Loss::Squared => w * (s - t) * (s - t),
            // log(1 + e^s) - t s, without overflow.
            Loss::Logistic => w * (s.max(0.0) + (-s.abs()).exp().ln_1p() - t * s),
        };
        scores.iter().zip(&self.target).zip(&self.weight).map(row).sum()
    }

    fn gradients(&self, scores: &[f64], loss: Loss, into: &mut Vec<Pair>) {
        into.clear();
        let row = |((&s, &t), &w): ((&f64, &f64), &f64)| match loss {
            Loss::Squared => [w * (s - t), w],
            Loss::Logistic => {
                let p = chance(s);
                [w * (p - t), w * p * (1.0 - p)]
            }
        };
        into.extend(scores.iter().zip(&self.target).zip(&self.weight).map(row));
    }
}

fn learn(training: &Part, held: &Part, config: &Config) -> Model {
    let matrix = &training.matrix;
    let weights: f64 = training.weight.iter().sum();
    let mean = training.target.iter().zip(&training.weight).map(|(t, w)| t * (w / weights)).sum::<f64>();
    let base = match config.loss {
        _ if !mean.is_finite() || weights <= 0.0 => 0.0,
        Loss::Squared => mean,
        Loss::Logistic => {
            // The sum of shares may pass 1 by a rounding error, and the logarithm would not forgive it.
            let mean = mean.clamp(0.0, 1.0);
            (mean / (1.0 - mean)).ln().clamp(-LARGEST_LOG_ODDS, LARGEST_LOG_ODDS)
        }
    };
    let mut model = Model { loss: config.loss, base, trees: Vec::new(), width: matrix.width() };
    let limits = Limits {
        depth: config.depth.min(12),
        min_child_weight: config.min_child_weight.max(1e-12),
        l2: config.l2.max(0.0),
        min_gain: 1e-12 * weights,
    };
    // A column with one code cannot be split; looking at it costs as much as any other.
    let useful: Vec<usize> = (0..matrix.width()).filter(|&c| varies(matrix.column(c))).collect();
    let drawn = ((useful.len() as f64 * config.columns_per_tree.clamp(0.0, 1.0)).ceil() as usize).max(1);
    let mut rng = SplitMix::new(config.seed, 2);
    let mut grower = Grower::new(matrix, limits);
    let mut scores = vec![base; matrix.rows()];
    let mut held_scores = vec![base; held.matrix.rows()];
    let mut gradients = Vec::with_capacity(matrix.rows());
    let (mut best_loss, mut best_round) = (held.loss(&held_scores, config.loss), 0);
    let may_stop = config.patience > 0 && !held_scores.is_empty();
    while model.trees.len() < config.rounds && !useful.is_empty() {
        let mut columns = useful.clone();
        if drawn < columns.len() {
            rng.shuffle(&mut columns);
            columns.truncate(drawn);
            columns.sort_unstable();
        }
        training.gradients(&scores, config.loss, &mut gradients);
        let tree = grower.grow(&gradients, &columns, config.learning_rate, &mut scores);
        let stuck = tree.nodes.len() == 1 && drawn == useful.len();
        if may_stop {
            for (row, score) in held_scores.iter_mut().enumerate() {
                *score += tree.value(&held.matrix, row);
            }
        }
        model.trees.push(tree);
        if may_stop {
            let loss = held.loss(&held_scores, config.loss);
            if loss < best_loss {
                (best_loss, best_round) = (loss, model.trees.len());
            } else if model.trees.len() - best_round >= config.patience {
                break;
            }
        }
        if stuck {
            break;
        }
    }
    if may_stop {
        model.trees.truncate(best_round);
    }
    model
}

fn varies(codes: &[u16]) -> bool {
    codes.first().is_some_and(|first| codes.iter().any(|code| code != first))
}

/// The chance of a log odds.
pub(crate) fn chance(log_odds: f64) -> f64 {
    1.0 / (1.0 + (-log_odds).exp())
}

impl Model {
    /// One prediction per row: the expected target, or the chance of a 1.
    #[must_use]
    pub fn predict(&self, matrix: &Matrix) -> Vec<f64> {
        let mut scores = self.margin(matrix);
        if self.loss == Loss::Logistic {
            scores.iter_mut().for_each(|s| *s = chance(*s));
        }
        scores
    }

    /// One score per row before the link: the same as [`Model::predict`] for squared loss, log odds for logistic.
    #[must_use]
    pub fn margin(&self, matrix: &Matrix) -> Vec<f64> {
        let mut scores = vec![self.base; matrix.rows()];
        for tree in &self.trees {
            for (row, score) in scores.iter_mut().enumerate() {
                *score += tree.value(matrix, row);
            }
        }
        scores
    }

    /// Per column, how much the splits on it took off the training loss. Not scaled.
    #[must_use]
    pub fn importance(&self) -> Vec<f64> {
        let mut gains = vec![0.0; self.width];
        for fork in self.trees.iter().flat_map(|t| &t.nodes).filter_map(|n| n.fork.as_ref()) {
            if let Some(gain) = gains.get_mut(fork.column) {
                *gain += fork.gain;
            }
        }
        gains
    }

    /// How many trees were kept.
    #[must_use]
    pub fn trees(&self) -> usize {
        self.trees.len()
    }
}
