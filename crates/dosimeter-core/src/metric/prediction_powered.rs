//! A few labels and an estimate on all rows, put together: prediction-powered inference.
//!
//! Where some rows of a window have labels, the labels alone give the metric without any assumption on the model, but
//! widely; an estimate from the scores of all rows is narrow, but wrong where P(Y | score) moved. Angelopoulos, Bates,
//! Fannjiang, Jordan and Zrnic (2023, "Prediction-powered inference", Science 382) take the estimate on the rows without
//! label and correct it by what it got wrong on those with one:
//!
//! ```text
//! mean over labelled of loss  +  λ (mean over the rest of guess  -  mean over labelled of guess)
//! ```
//!
//! The bracket is a difference of two means of one function of the rows, so whatever the guess is worth, its expectation
//! is 0 and the result is that of the labels. λ (Angelopoulos, Duchi and Zrnic 2023, PPI++) is the one that makes the
//! variance smallest: near 1 where the guess follows the loss, 0 where it knows nothing of it, so the interval is never
//! wider than that of the labels alone but by chance.
//!
//! **It assumes that labels are missing at random**: that the rows with a label are as a sample of the window. So does a
//! metric from those labels alone.
//!
//! Metrics that are no means go by their slopes: the PPI is done on the joint distribution of label, prediction and score
//! cell, the metric is that of the resulting counts, and its variance that of its linearisation there (delta method).

use serde::{Deserialize, Serialize};

use super::functional::{Group, functional};
use super::interval::Estimate;
use super::isotonic::Calibrator;
use super::moments::Moments;
use super::table::Metric;
use super::tally::Unavailable;
use super::unlabelled::UnlabelledTally;

/// Fewer labels than this leave λ to chance.
const LEAST_LABELS: f64 = 20.0;

/// Loss and guess of rows that have both: means, variances and covariance (Welford 1962; merges as Chan et al. 1979).
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Joint {
    loss: Moments,
    guess: Moments,
    products: f64,
}

impl Joint {
    /// Adds one row; one whose loss or guess is not finite is left out.
    pub fn add(&mut self, loss: f64, guess: f64) {
        if loss.is_finite() && guess.is_finite() {
            let before = self.loss.mean().unwrap_or(0.0);
            self.loss.add(loss);
            self.guess.add(guess);
            self.products += (loss - before) * (guess - self.guess.mean().unwrap_or(guess));
        }
    }

    /// Adds everything that `other` has seen.
    pub fn merge(&mut self, other: &Joint) {
        let (a, b) = (self.loss.n() as f64, other.loss.n() as f64);
        if let (Some(la), Some(lb), Some(ga), Some(gb)) =
            (self.loss.mean(), other.loss.mean(), self.guess.mean(), other.guess.mean())
        {
            self.products += (lb - la) * (gb - ga) * a * b / (a + b);
        }
        self.products += other.products;
        self.loss.merge(&other.loss);
        self.guess.merge(&other.guess);
    }

    /// Rows.
    #[must_use]
    pub fn n(&self) -> u64 {
        self.loss.n()
    }

    /// Of the losses.
    #[must_use]
    pub fn loss(&self) -> &Moments {
        &self.loss
    }

    /// Of the guesses.
    #[must_use]
    pub fn guess(&self) -> &Moments {
        &self.guess
    }

    /// The covariance of loss and guess, divided by n - 1; `None` for fewer than two rows.
    #[must_use]
    pub fn covariance(&self) -> Option<f64> {
        (self.n() > 1 && self.products.is_finite()).then(|| self.products / (self.n() - 1) as f64)
    }
}

/// Labelled rows whose mean loss is wanted, those of them whose guess is known, and the guesses of rows without label.
#[derive(Clone, Copy, Debug)]
pub struct Guessed<'a> {
    /// Mean, variance and number of the loss of all labelled rows.
    pub labels: &'a Moments,
    /// The labelled rows whose guess is known: all of them, or a sample.
    pub both: &'a Joint,
    /// Guesses of rows without a label.
    pub rest: &'a Moments,
}

impl Guessed<'_> {
    /// The mean loss, its standard error, and λ. `None` where there is too little of anything, or the guess is of no use.
    #[must_use]
    pub fn combine(&self) -> Option<(f64, f64, f64)> {
        let n = self.labels.n() as f64;
        let (m, sampled) = (self.rest.n() as f64, self.both.n() as f64);
        if sampled < LEAST_LABELS || m < LEAST_LABELS {
            return None;
        }
        let (mean, variance) = (self.labels.mean()?, self.labels.variance()?);
        let (of_guess, of_rest) = (self.both.guess.variance()?, self.rest.variance()?);
        let tuned = Tuned::new(n, variance, self.both.covariance()?, of_guess, sampled, of_rest, m);
        if tuned.lambda <= 0.0 {
            return None;
        }
        Some((mean + tuned.lambda * (self.rest.mean()? - self.both.guess.mean()?), tuned.variance.sqrt(), tuned.lambda))
    }
}

/// λ and the variance with it.
struct Tuned {
    lambda: f64,
    variance: f64,
}

impl Tuned {
    /// `n` labels with this variance; guesses of `sampled` of them, with their covariance and variance, and of `m` others.
    fn new(n: f64, variance: f64, covariance: f64, of_guess: f64, sampled: f64, of_rest: f64, m: f64) -> Tuned {
        let spread = of_guess / sampled + of_rest / m;
        // A fitted coefficient of one: what it explains of the labels it learned from is too much by one part in n.
        let raw = if spread > 0.0 { covariance / n / spread } else { 0.0 };
        let lambda = if raw.is_finite() { raw.clamp(0.0, 1.0) } else { 0.0 };
        let total = variance / n - 2.0 * lambda * covariance / n + lambda * lambda * spread;
        Tuned { lambda, variance: (total.max(0.0)) * (n - 1.0) / (n - 2.0).max(1.0) }
    }
}

/// A metric of two classes in a window of which some rows have labels. The `n` of the result counts the rows with labels.
///
/// # Errors
/// Says why where it cannot be had: no scores, no or too few labels, nothing without a label, scores of no use, 0/0, or a metric
/// that has no slope (the calibration error) or is of numbers. The labels alone are to be taken then.
pub fn combine_binary(
    metric: Metric,
    calibrator: &Calibrator,
    current: &UnlabelledTally,
) -> Result<Estimate, Unavailable> {
    if current.edges() != calibrator.edges() || current.scored() == 0 {
        return Err(Unavailable::NoScores);
    }
    if matches!(metric, Metric::LogLoss | Metric::Brier) && current.outside_unit() > 0 {
        return Err(Unavailable::NotProbabilities);
    }
    let rows = rows_of(calibrator, current);
    let (n, m) = rows.iter().fold((0.0, 0.0), |(n, m), r| (n + r.positives + r.negatives, m + r.rest));
    if n < LEAST_LABELS || m < LEAST_LABELS {
        return Err(Unavailable::NoRows);
    }
    let cells = calibrator.chances().len();
    let mixed = |lambda: f64| -> Vec<Group> {
        let group = |r: &Rows| {
            // By how much the rest has more rows of this group than its share of the labelled.
            let more = lambda * (r.rest * n / m - (r.positives + r.negatives));
            Group {
                positives: r.positives + more * r.chance,
                negatives: r.negatives + more * (1.0 - r.chance),
                ..r.group
            }
        };
        rows.iter().map(group).collect()
    };
    // λ from the slopes at the labels alone, its variance from those at the result.
    let alone = functional(metric, &mixed(0.0), cells)?;
    let lambda = tune(&rows, &alone.slopes, n, m).lambda;
    if lambda <= 0.0 {
        return Err(Unavailable::NoScores);
    }
    let found = functional(metric, &mixed(lambda), cells)?;
    let [variance, covariance, of_guess, of_rest] = spreads(&rows, &found.slopes, n, m);
    let spread = of_guess / n + of_rest / m;
    let total = variance / n - 2.0 * lambda * covariance / n + lambda * lambda * spread;
    let se = (total.max(0.0) * (n - 1.0) / (n - 2.0).max(1.0)).sqrt();
    if se <= 0.0 || se.is_nan() {
        return Err(Unavailable::NotFinite);
    }
    let value = if found.scale == super::interval::Scale::Share { found.value.clamp(0.0, 1.0) } else { found.value };
    Estimate::on(value, se, n as u64, found.scale).ok_or(Unavailable::NotFinite)
}

/// One group's labelled rows, and how many without.
struct Rows {
    group: Group,
    chance: f64,
    positives: f64,
    negatives: f64,
    rest: f64,
}

fn rows_of(calibrator: &Calibrator, current: &UnlabelledTally) -> Vec<Rows> {
    let mut rows = Vec::new();
    for (cell, chance) in calibrator.chances().iter().enumerate() {
        let c = current.cell(cell);
        let [tp, fp, fnn, tn] = c.labelled;
        for (predicted, all, positives, negatives) in [(true, c.positive, tp, fp), (false, c.negative, fnn, tn)] {
            if all > 0 {
                let group = Group { cell, predicted: Some(predicted), positives: 0.0, negatives: 0.0, score: c.score };
                rows.push(Rows {
                    group,
                    chance: *chance,
                    positives: positives as f64,
                    negatives: negatives as f64,
                    rest: all.saturating_sub(positives + negatives) as f64,
                });
            }
        }
    }
    rows
}

/// Variance of the labels' influence, its covariance with the guess's, and the variance of the guess's among the labelled and the
/// rest. The slopes are of counts that add up to `n`.
fn spreads(rows: &[Rows], slopes: &[(f64, f64)], n: f64, m: f64) -> [f64; 4] {
    let (mut a, mut b, mut c) = ([0.0; 2], [0.0; 2], [0.0; 2]);
    let mut product = 0.0;
    for (r, (up, down)) in rows.iter().zip(slopes) {
        let (up, down) = (n * up, n * down);
        let guess = r.chance * up + (1.0 - r.chance) * down;
        let labelled = r.positives + r.negatives;
        a[0] += r.positives * up + r.negatives * down;
        a[1] += r.positives * up * up + r.negatives * down * down;
        b[0] += labelled * guess;
        b[1] += labelled * guess * guess;
        product += (r.positives * up + r.negatives * down) * guess;
        c[0] += r.rest * guess;
        c[1] += r.rest * guess * guess;
    }
    let variance = |[sum, squares]: [f64; 2], n: f64| ((squares - sum * sum / n) / (n - 1.0)).max(0.0);
    [variance(a, n), (product - a[0] * b[0] / n) / (n - 1.0), variance(b, n), variance(c, m)]
}

fn tune(rows: &[Rows], slopes: &[(f64, f64)], n: f64, m: f64) -> Tuned {
    let [variance, covariance, of_guess, of_rest] = spreads(rows, slopes, n, m);
    Tuned::new(n, variance, covariance, of_guess, n, of_rest, m)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn joint_moments_merge_and_are_numpys() {
        let rows: Vec<(f64, f64)> = (0..60).map(|i| (f64::from(i * i % 17), f64::from(i * 3 % 11))).collect();
        let mut whole = Joint::default();
        rows.iter().for_each(|(l, g)| whole.add(*l, *g));
        let (mut a, mut b) = (Joint::default(), Joint::default());
        rows.iter().take(23).for_each(|(l, g)| a.add(*l, *g));
        rows.iter().skip(23).for_each(|(l, g)| b.add(*l, *g));
        a.merge(&b);
        // numpy: i = np.arange(60); np.cov(i*i % 17, i*3 % 11)[0, 1]
        let expected = -0.244_067_796_610_168_64;
        assert!((whole.covariance().expect("rows") - expected).abs() < 1e-9, "{:?}", whole.covariance());
        assert!((a.covariance().expect("rows") - expected).abs() < 1e-9);
    }
}
