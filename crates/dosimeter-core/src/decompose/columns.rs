//! Which columns tell the periods apart, and which of them carry the inputs' part.
//!
//! Telling and mattering are two things: a date column tells every period apart and hurts nobody. What matters is read
//! off the regression on the reference's loss: the change of its mean from the reference to the common ground telescopes
//! over its trees' forks into one amount per column (see `learn::attribution`). Every model is asked only about
//! reference rows that it has not learned from.

use super::Part;
use crate::learn::{CrossFit, Matrix, Weighted};

/// Per column, what its movement adds to the expected loss, in units of the loss.
///
/// Its error is that of a delete-a-group jackknife (Kott 2001) over the folds, each of which one model has not learned from, together with the
/// column's share of the error of the whole, `inputs`, which holds what the current rows' sampling adds.
pub(super) fn harder(
    then: &CrossFit,
    reference: &Matrix,
    current: &Matrix,
    weight: &[f64],
    scale: f64,
    inputs: Part,
) -> Vec<Part> {
    let folds = then.models.len().max(1) as f64;
    let by_fold: Vec<Vec<f64>> = then
        .models
        .iter()
        .enumerate()
        .map(|(k, model)| {
            let own: Vec<f64> = then.fold.iter().map(|f| f64::from(*f == k)).collect();
            let before = Weighted { inputs: reference, weight: &own };
            let mut by_column = vec![0.0; reference.width()];
            model.attribute(&before, &Weighted { inputs: current, weight }, scale, &mut by_column);
            by_column
        })
        .collect();
    let of = |column: usize| by_fold.iter().filter_map(move |fold| fold.get(column).copied());
    let values: Vec<f64> = (0..reference.width()).map(|column| of(column).sum::<f64>() / folds).collect();
    let moved: f64 = values.iter().map(|v| v.abs()).sum();
    let with_error = |(column, value): (usize, &f64)| {
        let jackknife = of(column).map(|v| (v - value).powi(2)).sum::<f64>() * (folds - 1.0) / folds;
        let share = if moved > 0.0 { value.abs() / moved } else { 0.0 };
        Part { value: *value, se: jackknife.sqrt().hypot(share * inputs.se) }
    };
    values.iter().enumerate().map(with_error).collect()
}

/// Per column, whether the loss depends on it in either period, as far as two regressions can tell.
///
/// A column counts when it holds at least half of an even share of the gain: boosting gives every column a little.
pub(super) fn relevant(then: &CrossFit, now: &CrossFit) -> Vec<bool> {
    let (then, now) = (then.importance(), now.importance());
    let least = 0.5 / then.len().max(1) as f64;
    then.iter().zip(&now).map(|(a, b)| a.max(*b) >= least).collect()
}

/// The amounts of the kept columns, put back among all columns; the others amount to nothing.
pub(super) fn spread(amounts: Vec<Part>, kept: &[bool]) -> Vec<Part> {
    let mut amounts = amounts.into_iter();
    kept.iter().map(|kept| if *kept { amounts.next().unwrap_or_default() } else { Part::default() }).collect()
}

/// Shares of the classifier's gain among the first `inputs` columns alone: what the model made of them is no cause.
pub(super) fn telling(mut importance: Vec<f64>, inputs: usize) -> Vec<f64> {
    importance.truncate(inputs);
    let sum: f64 = importance.iter().sum();
    if sum > 0.0 {
        importance.iter_mut().for_each(|share| *share /= sum);
    }
    importance
}

/// Columns with their amounts, the largest first; columns that amount to nothing are left out.
pub(super) fn ranked<A: Copy>(amounts: Vec<A>, size: impl Fn(&A) -> f64) -> Vec<(usize, A)> {
    let mut ranked: Vec<(usize, A)> = amounts.into_iter().enumerate().filter(|(_, a)| size(a) != 0.0).collect();
    ranked.sort_by(|a, b| size(&b.1).total_cmp(&size(&a.1)).then(a.0.cmp(&b.0)));
    ranked
}
