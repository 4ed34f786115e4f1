//! How much of a change of the mean loss comes from where.
//!
//! A model's loss rises for one of three reasons, and they call for different cures. The inputs may have moved, among
//! the kinds of rows that the reference knows, to the harder ones: the model was always worse there. They may have moved
//! to where the reference has next to nothing: the model was never tried there. Or the same inputs now have other
//! answers: P(Y|X) moved, and the model has to be taught anew. Following Cai, Namkoong and Yadlowsky, "Diagnosing model
//! performance under distribution shift" (arXiv 2303.02011, 2023), the change is walked in three
//! steps over a *common ground* S of both periods' inputs, P being the reference and Q the current data:
//!
//! ```text
//! E_Q[loss now] - E_P[loss then] =   E_S[loss then] - E_P[loss then]    inputs moved within common ground
//!                                  + E_S[loss now]  - E_S[loss then]    concept: same inputs, other loss
//!                                  + E_Q[loss now]  - E_S[loss now]     inputs moved to where P has next to nothing
//! ```
//!
//! The paper's S lies half way between P and Q. Here S is as much of Q as the reference can vouch for: its density is
//! min(q, R p), R being [`Options::support_ratio`]. So where no row is new, S is Q itself, the unseen part is 0 by
//! construction, and the concept is weighed by the rows served today. With r = q/p, rows of P stand for S with weight
//! min(r, R) and rows of Q with weight min(1, R/r): an importance weight that is clipped, and the clipped rest is not
//! lost but is the unseen part.
//!
//! r comes from a classifier that tells the periods apart, E[loss then | x] from a regression, both boosted trees that
//! never judge a row they learned from. The two are put together so that an error in one is corrected by the other
//! (augmented inverse probability weighting). On the worlds of the `decomposition` example regression alone, reweighting
//! alone and both together err by about as much; what sets them apart is that only the intervals of both together cover
//! the truth about as often as they say in every kind of world. The classifier that gives r sees only columns on which
//! the loss depends, before or now; and where it cannot tell the periods apart r is 1: what noise it found would only be
//! passed on.
//!
//! Sign: everything is a change of loss, positive is worse.

mod columns;
mod lattice;
mod moments;
mod parts;
mod slices;
mod support;
#[cfg(test)]
mod tests;
#[cfg(test)]
mod worlds;

use thiserror::Error;

use crate::learn::{Auc, Config, Loss, Matrix, auc_within, cross_fit};

pub use slices::{Codes, Condition, Slice, held_out, worst_slices};
use support::Support;

/// One period's rows: an i.i.d. sample.
#[derive(Clone, Copy, Debug)]
pub struct Sample<'a> {
    /// The inputs, cut into the same cells in both periods.
    pub inputs: &'a Matrix,
    /// The loss of every row; NaN (or any number that is not finite) where there is no label yet. Such rows still count
    /// as inputs.
    pub loss: &'a [f64],
}

/// How the expectation of yesterday's loss over the common ground is estimated.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Method {
    /// Regression corrected by reweighted residuals: right when either is.
    DoublyRobust,
    /// Regression alone.
    PlugIn,
    /// Reweighting alone.
    Weighting,
}

/// How to decompose; [`Options::new`] has the defaults.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Options {
    /// Of everything drawn.
    pub seed: u64,
    /// Folds of the cross-fitting, 2 at least.
    pub folds: usize,
    /// Where the current data is more than this many times as dense as the reference, the excess is unseen.
    pub support_ratio: f64,
    /// The share of current rows on common ground below which the concept is not identified.
    pub least_common_share: f64,
    /// How the regression and the weights are put together.
    pub method: Method,
    /// How many of the last columns are the model's own outputs: its score, its prediction. They are functions of the
    /// inputs, so they change nothing of what is estimated; but where many inputs move a little each, trees of few columns
    /// see none of them, and the score sees them all. They carry no blame: causes are inputs.
    pub outputs: usize,
}

impl Options {
    /// The defaults.
    #[must_use]
    pub fn new(seed: u64) -> Self {
        Options {
            seed,
            folds: 5,
            support_ratio: 20.0,
            least_common_share: 0.1,
            method: Method::DoublyRobust,
            outputs: 0,
        }
    }
}

/// A number and its standard error.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Part {
    /// In units of the loss, positive is worse.
    pub value: f64,
    /// Its standard error, from the rows' influence.
    pub se: f64,
}

impl Part {
    /// Both together. Errors add up: what one part is blamed for too much, its neighbour mostly is too.
    #[must_use]
    pub fn with(self, other: Part) -> Part {
        Part { value: self.value + other.value, se: self.se + other.se }
    }

    /// The 95 % interval by the normal approximation.
    #[must_use]
    pub fn interval(self) -> [f64; 2] {
        const Z: f64 = 1.959_963_984_540_054;
        [self.value - Z * self.se, self.value + Z * self.se]
    }
}

/// The parts of a change of the mean loss. `total = inputs_common + inputs_unseen + concept + unexplained`, exactly.
#[derive(Clone, Debug, PartialEq)]
pub struct Parts {
    /// Mean loss of the labelled current rows minus that of the labelled reference rows.
    pub total: Part,
    /// Inputs moved where the reference has data too.
    pub inputs_common: Part,
    /// Inputs moved to where the reference has next to nothing.
    pub inputs_unseen: Part,
    /// The same inputs now cost more: P(Y|X) moved.
    pub concept: Part,
    /// What is left: 0 when every current row is labelled, otherwise how the labelled rows differ from all of them.
    pub unexplained: f64,
    /// Whether there is common ground enough to tell concept from inputs. When not, the whole change is booked as
    /// unseen, and the concept's 0 is no measurement.
    pub identified: bool,
    /// How well the inputs alone tell the periods apart, on rows not learned from.
    pub domain_auc: f64,
    /// The standard error of that.
    pub domain_auc_se: f64,
    /// The share of current rows in excess of what the reference can vouch for.
    pub unseen_share: f64,
    /// Columns by how much they tell the periods apart: index and share of the gain, most telling first.
    pub telling_columns: Vec<(usize, f64)>,
    /// Columns by how much of the inputs' part their movement carries, the largest first; see
    /// [`Parts::inputs_common`] for the sum, which they meet up to the correction by the residuals.
    pub harder_columns: Vec<(usize, Part)>,
}

/// Why there is no decomposition.
#[derive(Clone, Copy, Debug, Error, PartialEq, Eq)]
pub enum DecomposeError {
    /// The two samples are not cut alike.
    #[error("the two periods are not cut into the same columns and cells")]
    Mismatch,
    /// Not one loss per row.
    #[error("{rows} rows of inputs and {losses} of losses: one loss per row is needed")]
    Rows {
        /// Rows of inputs.
        rows: usize,
        /// Losses.
        losses: usize,
    },
    /// Fewer labelled rows than can be told from chance.
    #[error("{found} labelled rows in one period; at least {needed} are needed in both")]
    TooFew {
        /// Labelled rows of the smaller period.
        found: usize,
        /// [`LEAST_ROWS`].
        needed: usize,
    },
}

/// Labelled rows that each period needs.
pub const LEAST_ROWS: usize = 50;

/// Decomposes the change of the mean loss from `reference` to `current`.
///
/// # Errors
/// When the samples do not fit together, or have fewer than [`LEAST_ROWS`] labelled rows.
pub fn decompose(reference: Sample<'_>, current: Sample<'_>, options: &Options) -> Result<Parts, DecomposeError> {
    let blank = [Matrix::constant(reference.loss.len()), Matrix::constant(current.loss.len())];
    let (reference, current) = if reference.inputs.width() == 0 && current.inputs.width() == 0 {
        let [a, b] = &blank;
        (Sample { inputs: a, loss: reference.loss }, Sample { inputs: b, loss: current.loss })
    } else {
        (reference, current)
    };
    check(&reference, &current)?;
    let scale =
        [reference.loss, current.loss].concat().iter().filter(|l| l.is_finite()).fold(0.0, |m, l| l.abs().max(m));
    let scale = if scale > 0.0 { scale } else { 1.0 };
    // Losses of any size become numbers whose squares and sums cannot overflow.
    let shrink =
        |loss: &[f64]| -> Vec<f64> { loss.iter().map(|l| if l.is_finite() { l / scale } else { f64::NAN }).collect() };
    let (loss_then, loss_now) = (shrink(reference.loss), shrink(current.loss));

    let regress = |inputs: &Matrix, loss: &[f64], stream: u64| {
        let config = Config::new(Loss::Squared, options.seed.wrapping_add(stream));
        cross_fit(inputs, loss, None, &config, options.folds)
    };
    let width = reference.inputs.width();
    let inputs = if options.outputs < width { width - options.outputs } else { width };
    let is_input: Vec<bool> = (0..width).map(|column| column < inputs).collect();
    let (own_then, own_now) = (reference.inputs.only(&is_input), current.inputs.only(&is_input));
    let own = regress(&own_then, &loss_then, 0);
    let now = regress(&own_now, &loss_now, 1);
    // What the loss depends on: those inputs, and what the model made of all of them.
    let mut relevant = columns::relevant(&own, &now);
    relevant.resize(width, true);
    let support = Support::new(reference.inputs, current.inputs, &relevant, options)?;
    // Once more without the columns that do not matter: what little the first one read into them moves when they do,
    // and the weights, which no longer see them, could not correct it.
    let few = relevant.contains(&true) && relevant.contains(&false);
    let kept = if few { relevant } else { vec![true; width] };
    let (inputs_then, inputs_now) = (reference.inputs.only(&kept), current.inputs.only(&kept));
    let again = (few || inputs < width).then(|| regress(&inputs_then, &loss_then, 3));
    let then = again.as_ref().unwrap_or(&own);
    let of_current = then.mean_margin(&inputs_now);
    // With every row labelled each term of this regression cancels.
    let now = now.margin;
    let rows = parts::Rows {
        then: parts::Period { loss: &loss_then, expected_then: &then.margin, expected_now: &[], weight: &support.then },
        now: parts::Period { loss: &loss_now, expected_then: &of_current, expected_now: &now, weight: &support.now },
    };
    let mut parts = parts::estimate(&rows, options.method);
    parts.scale(scale);
    let unseen_share = 1.0 - mean(&support.now);
    if unseen_share <= 0.0 {
        // A difference of two equal sums: what rounding leaves of it is no part.
        parts.inputs_unseen = Part::default();
    }
    let identified = 1.0 - unseen_share >= options.least_common_share;
    if !identified {
        parts.nothing_in_common();
    }
    let auc = support.auc;
    let telling = columns::telling(support.importance, inputs);
    // The blame is read off a regression on inputs alone.
    let (model, before, after, among) =
        if inputs < width { (&own, &own_then, &own_now, &is_input) } else { (then, &inputs_then, &inputs_now, &kept) };
    let carried = columns::harder(model, before, after, &support.now, scale, parts.inputs_common);
    let harder = columns::spread(carried, among);
    Ok(Parts {
        total: parts.total,
        inputs_common: parts.inputs_common,
        inputs_unseen: parts.inputs_unseen,
        concept: parts.concept,
        unexplained: parts.unexplained(),
        identified,
        domain_auc: auc.value,
        domain_auc_se: auc.se,
        unseen_share,
        telling_columns: columns::ranked(telling, |share| *share),
        harder_columns: columns::ranked(harder, |part| part.value),
    })
}

fn check(reference: &Sample<'_>, current: &Sample<'_>) -> Result<(), DecomposeError> {
    if !reference.inputs.same_cells(current.inputs) {
        return Err(DecomposeError::Mismatch);
    }
    let mut found = usize::MAX;
    for sample in [reference, current] {
        let (rows, losses) = (sample.inputs.rows(), sample.loss.len());
        if rows != losses {
            return Err(DecomposeError::Rows { rows, losses });
        }
        found = found.min(sample.loss.iter().filter(|l| l.is_finite()).count());
    }
    if found < LEAST_ROWS { Err(DecomposeError::TooFew { found, needed: LEAST_ROWS }) } else { Ok(()) }
}

fn mean(values: &[f64]) -> f64 {
    values.iter().sum::<f64>() / values.len().max(1) as f64
}
