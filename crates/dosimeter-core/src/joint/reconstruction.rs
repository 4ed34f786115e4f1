//! Did rows move off the reference's principal components?
//!
//! Of ranks within blocks and not of the values themselves: outliers have no leverage, categories need no made-up distances,
//! and what a column does alone is out, so that the error grows only where relations changed. The reference's rows are judged
//! by components fitted to other stretches of it, as the current rows are judged by components that have not seen them:
//! otherwise they would look closer than any new row is.

use super::blocks::{Blocks, Shift, compare, own_null};
use super::copula::{Copula, polynomial};
use super::pca::Components;

/// The share of variance that the components hold, as in NannyML.
pub const SHARE: f64 = 0.65;
/// Stretches of the reference.
const FOLDS: usize = 5;

/// The reconstruction error and its change.
#[derive(Clone, Debug)]
pub struct Reconstruction {
    /// The mean error of reference rows, in standard deviations of a column.
    pub reference: f64,
    /// Its change.
    pub shift: Shift,
    /// The error of every current row.
    pub errors: Vec<f64>,
    /// How many components are kept.
    pub kept: usize,
}

/// Tests the reconstruction error; `None` under three columns or two blocks, where there is nothing to lose.
#[must_use]
pub fn reconstruction(reference: &Copula, current: &Copula, lasts: f64, ordered: bool) -> Option<Reconstruction> {
    let scores = |period: &Copula| -> Vec<Vec<f64>> {
        period.ranks.iter().map(|u| u.iter().map(|u| polynomial(1, *u)).collect()).collect()
    };
    if reference.ranks.len() < 3 || reference.blocks.len() < 2 {
        return None;
    }
    let (then, now) = (scores(reference), scores(current));
    let folds = FOLDS.min(reference.blocks.len());
    let mut own = vec![0.0; reference.rows()];
    let mut errors = vec![0.0; current.rows()];
    let mut kept = 0;
    for fold in 0..folds {
        // Blocks next to each other go together: a wobble that lasts must not be known beforehand.
        let at = |k: usize| reference.blocks.get(k * reference.blocks.len() / folds).map_or(own.len(), |b| b.start);
        let out = at(fold)..if fold + 1 == folds { own.len() } else { at(fold + 1) };
        let model = Components::fit(&then, |row| !out.contains(&row), SHARE);
        let held: Vec<Vec<f64>> = then.iter().map(|c| c.get(out.clone()).unwrap_or(&[]).to_vec()).collect();
        if let Some(slot) = own.get_mut(out.clone()) {
            slot.copy_from_slice(&model.errors(&held));
        }
        errors.iter_mut().zip(model.errors(&now)).for_each(|(sum, e)| *sum += e / folds as f64);
        kept = kept.max(model.kept);
    }
    let mean = own.iter().sum::<f64>() / own.len().max(1) as f64;
    let variance = own.iter().map(|e| (e - mean).powi(2)).sum::<f64>() / own.len().max(1) as f64;
    if variance <= 1e-12 {
        return None;
    }
    let (old, new) = (Blocks::of(&own, &reference.blocks), Blocks::of(&errors, &current.blocks));
    let null = own_null(&old, variance, lasts)?;
    Some(Reconstruction { reference: mean, shift: compare(&old, &new, variance, &null, ordered), errors, kept })
}
