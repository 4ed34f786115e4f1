//! The three steps, and how far each can be trusted.
//!
//! Every mean in the decomposition is an average over rows of one period, so each part has an influence per row: how
//! much the part moves when that row's weight grows. The mean square of those is the part's variance, at no cost of
//! resampling. What the two learners got wrong enters the doubly robust estimate only as a product of both errors and
//! is not in the standard error; the coverage measured with all of it is in the `decomposition` example.

use super::{Method, Part};

/// What is known of the rows of one period.
#[derive(Clone, Copy)]
pub(super) struct Period<'a> {
    /// NaN where there is no label.
    pub(super) loss: &'a [f64],
    /// The loss that the reference would expect at the row.
    pub(super) expected_then: &'a [f64],
    /// The loss that the current data would expect there; only read for the current period.
    pub(super) expected_now: &'a [f64],
    /// How much the row stands for the common ground.
    pub(super) weight: &'a [f64],
}

/// Both periods.
pub(super) struct Rows<'a> {
    pub(super) then: Period<'a>,
    pub(super) now: Period<'a>,
}

/// The parts before they are dressed up.
pub(super) struct Estimate {
    pub(super) total: Part,
    pub(super) inputs_common: Part,
    pub(super) inputs_unseen: Part,
    pub(super) concept: Part,
}

impl Estimate {
    pub(super) fn unexplained(&self) -> f64 {
        self.total.value - self.inputs_common.value - self.inputs_unseen.value - self.concept.value
    }

    /// Back to the losses' own unit.
    pub(super) fn scale(&mut self, by: f64) {
        for part in [&mut self.total, &mut self.inputs_common, &mut self.inputs_unseen, &mut self.concept] {
            part.value *= by;
            part.se *= by;
        }
    }

    /// Without common ground all that is known is that the rows are new and what they cost.
    pub(super) fn nothing_in_common(&mut self) {
        self.inputs_common = Part::default();
        self.concept = Part::default();
        self.inputs_unseen = self.total;
    }
}

/// A weighted mean over the rows where `values` is a number, and each row's influence on it.
struct Mean {
    value: f64,
    influence: Vec<f64>,
}

impl Mean {
    fn of(values: impl Iterator<Item = f64>, weight: &[f64]) -> Mean {
        let mut influence: Vec<f64> = values.collect();
        let known = |(v, w): (&f64, &f64)| (!v.is_nan()).then_some((*v, *w));
        let (sum, weights) =
            influence.iter().zip(weight).filter_map(known).fold((0.0, 0.0), |(s, t), (v, w)| (s + v * w, t + w));
        let value = if weights > 0.0 { sum / weights } else { 0.0 };
        let share = if weights > 0.0 { 1.0 / weights } else { 0.0 };
        for (slot, weight) in influence.iter_mut().zip(weight) {
            *slot = if slot.is_nan() { 0.0 } else { (*slot - value) * weight * share };
        }
        Mean { value, influence }
    }
}

/// A sum of means, some of them taken off.
fn part(then: &[(f64, &Mean)], now: &[(f64, &Mean)]) -> Part {
    let value = then.iter().chain(now).map(|(sign, mean)| sign * mean.value).sum();
    let variance = |terms: &[(f64, &Mean)]| {
        let mut rows = vec![0.0; terms.first().map_or(0, |(_, m)| m.influence.len())];
        for (sign, mean) in terms {
            rows.iter_mut().zip(&mean.influence).for_each(|(row, i)| *row += sign * i);
        }
        let n = rows.len() as f64;
        rows.iter().map(|i| i * i).sum::<f64>() * n / (n - 1.0).max(1.0)
    };
    Part { value, se: (variance(then) + variance(now)).sqrt() }
}

/// The parts.
pub(super) fn estimate(rows: &Rows<'_>, method: Method) -> Estimate {
    let (then, now) = (&rows.then, &rows.now);
    let zero_then = vec![0.0; then.loss.len()];
    let zero_now = vec![0.0; now.loss.len()];
    let ones_then = vec![1.0; then.loss.len()];
    let ones_now = vec![1.0; now.loss.len()];
    let (expected_then, expected_now) = match method {
        Method::Weighting => (zero_then.as_slice(), zero_now.as_slice()),
        Method::DoublyRobust | Method::PlugIn => (then.expected_then, now.expected_then),
    };
    let residual =
        |loss: &[f64], expected: &[f64]| -> Vec<f64> { loss.iter().zip(expected).map(|(l, e)| l - e).collect() };
    // Yesterday's loss on common ground: what is expected of today's rows, plus yesterday's reweighted surprise.
    let carried = Mean::of(expected_now.iter().copied(), now.weight);
    let correction = match method {
        Method::PlugIn => Mean::of(zero_then.iter().copied(), &ones_then),
        Method::DoublyRobust | Method::Weighting => {
            Mean::of(residual(then.loss, expected_then).into_iter(), then.weight)
        }
    };
    let before = Mean::of(then.loss.iter().copied(), &ones_then);
    // Today's loss on common ground and everywhere; rows without a label are filled in and corrected likewise.
    let common = Mean::of(now.expected_now.iter().copied(), now.weight);
    let common_correction = Mean::of(residual(now.loss, now.expected_now).into_iter(), now.weight);
    let everywhere = Mean::of(now.expected_now.iter().copied(), &ones_now);
    let everywhere_correction = Mean::of(residual(now.loss, now.expected_now).into_iter(), &ones_now);
    let after = Mean::of(now.loss.iter().copied(), &ones_now);
    Estimate {
        total: part(&[(-1.0, &before)], &[(1.0, &after)]),
        inputs_common: part(&[(1.0, &correction), (-1.0, &before)], &[(1.0, &carried)]),
        concept: part(&[(-1.0, &correction)], &[(1.0, &common), (1.0, &common_correction), (-1.0, &carried)]),
        inputs_unseen: part(
            &[],
            &[(1.0, &everywhere), (1.0, &everywhere_correction), (-1.0, &common), (-1.0, &common_correction)],
        ),
    }
}
