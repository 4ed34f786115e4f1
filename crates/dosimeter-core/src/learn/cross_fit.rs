//! Predictions for rows that the predicting model has not seen.
//!
//! The rows are dealt into folds; each fold is predicted by a model that learned from the others. What is built on
//! such predictions is free of the optimism of judging a model on its own training rows (Chernozhukov et al.,
//! "Double/debiased machine learning", Econometrics Journal 2018).

use super::bins::Matrix;
use super::boost::{Config, Loss, Model, fit_rows};
use super::rng::SplitMix;

/// Models by fold, and what each says of the rows it has not seen.
#[derive(Clone, Debug)]
pub struct CrossFit {
    /// One model per fold, learned from all the others.
    pub models: Vec<Model>,
    /// Each row's fold.
    pub fold: Vec<usize>,
    /// Each row's prediction by its fold's model, on the scale of [`Model::margin`].
    pub margin: Vec<f64>,
}

/// Fits one model per fold (2 at least) and predicts every row by the one that has not seen it.
///
/// Rows whose target is not finite are predicted too, and learned from by none. With [`Loss::Logistic`] every fold gets
/// its share of both classes.
#[must_use]
pub fn cross_fit(m: &Matrix, target: &[f64], weight: Option<&[f64]>, config: &Config, folds: usize) -> CrossFit {
    let folds = folds.max(2);
    let fold = deal(m.rows(), target, config, folds);
    let mut models = Vec::with_capacity(folds);
    let mut margin = vec![0.0; m.rows()];
    for k in 0..folds {
        let (own, others): (Vec<u32>, Vec<u32>) = (0..m.rows() as u32).partition(|&r| fold.get(r as usize) == Some(&k));
        let seed = config.seed.wrapping_add(k as u64);
        let model = fit_rows(m, &others, target, weight, &Config { seed, ..config.clone() });
        for (row, score) in own.iter().zip(model.margin(&m.select(&own))) {
            if let Some(slot) = margin.get_mut(*row as usize) {
                *slot = score;
            }
        }
        models.push(model);
    }
    CrossFit { models, fold, margin }
}

/// A fold per row: shuffled, then dealt out in turn, class by class.
fn deal(rows: usize, target: &[f64], config: &Config, folds: usize) -> Vec<usize> {
    let mut order: Vec<usize> = (0..rows).collect();
    SplitMix::new(config.seed, 3).shuffle(&mut order);
    let class = |row: &usize| match target.get(*row) {
        Some(t) if !t.is_finite() => 2,
        Some(t) if config.loss == Loss::Logistic && *t > 0.5 => 1,
        Some(_) => 0,
        None => 2,
    };
    order.sort_by_key(class);
    let mut fold = vec![0; rows];
    for (turn, row) in order.into_iter().enumerate() {
        if let Some(slot) = fold.get_mut(row) {
            *slot = turn % folds;
        }
    }
    fold
}

impl CrossFit {
    /// Rows that none of the models has seen: the mean of all models' margins.
    #[must_use]
    pub fn mean_margin(&self, matrix: &Matrix) -> Vec<f64> {
        let mut mean = vec![0.0; matrix.rows()];
        for model in &self.models {
            for (slot, score) in mean.iter_mut().zip(model.margin(matrix)) {
                *slot += score / self.models.len() as f64;
            }
        }
        mean
    }

    /// Per column, the mean gain over the folds' models, scaled to a sum of 1 (all 0 when nothing was split).
    #[must_use]
    pub fn importance(&self) -> Vec<f64> {
        let mut sum: Vec<f64> = Vec::new();
        for model in &self.models {
            let gains = model.importance();
            sum.resize(gains.len(), 0.0);
            sum.iter_mut().zip(gains).for_each(|(s, g)| *s += g);
        }
        let total: f64 = sum.iter().sum();
        if total > 0.0 {
            sum.iter_mut().for_each(|s| *s /= total);
        }
        sum
    }
}
