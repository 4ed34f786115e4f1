//! One number by block, reference against current, with the reference's own wobble as the null.
//!
//! What `evidence::shift` does for the means of a column's windows is done here for any score of sampled rows: variance is
//! sampling error plus what the reference's blocks wobble beyond it, as far as that does not average out.

use crate::evidence::dispersion::{Dispersion, effective, persistence, ratio};
use crate::evidence::shift::recent_parts;
use crate::statistic::tail;

/// A score's mean by block.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Blocks {
    /// Means.
    pub means: Vec<f64>,
    /// Rows behind each.
    pub rows: Vec<f64>,
}

/// How much the reference's blocks wobble.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Null {
    /// Beyond sampling error.
    pub dispersion: Dispersion,
    /// How much of a block's wobble is still there in the next.
    pub lasts: f64,
}

/// A change and how sure it is.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Shift {
    /// Mean over the most telling recent part of the current blocks minus the reference's.
    pub change: f64,
    /// Two-sided p of it, times the parts tried.
    pub p: f64,
    /// The first block of that part.
    pub since: usize,
    /// Variance of a block's wobble beyond sampling error, and of a single row's score.
    pub wobble: f64,
    /// Variance of a single row's score.
    pub variance: f64,
}

impl Blocks {
    /// Means of row scores over ranges of rows.
    #[must_use]
    pub fn of(scores: &[f64], ranges: &[std::ops::Range<usize>]) -> Blocks {
        let mut out = Blocks::default();
        for inside in ranges.iter().filter_map(|r| scores.get(r.clone())).filter(|s| !s.is_empty()) {
            out.means.push(inside.iter().sum::<f64>() / inside.len() as f64);
            out.rows.push(inside.len() as f64);
        }
        out
    }

    /// The mean over blocks from one on, and its rows.
    #[must_use]
    pub fn mean(&self, from: usize) -> (f64, f64) {
        let (mut sum, mut n) = (0.0, 0.0);
        for (mean, rows) in self.means.iter().zip(&self.rows).skip(from) {
            sum += mean * rows;
            n += rows;
        }
        if n > 0.0 { (sum / n, n) } else { (0.0, 0.0) }
    }

    /// F of the block means and its degrees of freedom, and how much of the wobble lasts.
    #[must_use]
    pub fn wobble(&self, variance: f64) -> (Option<(f64, f64)>, Option<f64>) {
        let variances: Vec<f64> = self.rows.iter().map(|n| variance / n).collect();
        (ratio(&self.means, &variances), persistence(&self.means, &variances))
    }
}

impl Null {
    /// From F of the reference's blocks and its degrees of freedom.
    ///
    /// A wobble that lasts makes few of many blocks: their spread around their own mean is smaller than the wobble, and says
    /// less about it (Bayley and Hammersley 1946).
    #[must_use]
    pub fn new(ratio: f64, freedom: f64, lasts: f64, blocks: usize) -> Null {
        let seen = effective(blocks as f64, lasts);
        let missed = (1.0 - 1.0 / seen).max(0.25) / (1.0 - 1.0 / blocks.max(2) as f64);
        let factor = 1.0 + (ratio - 1.0).max(0.0) / missed.min(1.0);
        let worth = (1.0 - lasts * lasts) / (1.0 + lasts * lasts);
        Null { dispersion: Dispersion { factor, freedom: (freedom * worth).max(1.0) }, lasts }
    }
}

/// How much of the wobble alone lasts: blocks' sampling errors, which do not, are taken out. `None` where there is no wobble
/// beyond luck, for then the little there is would be blown up.
#[must_use]
pub fn lasting((ratio, freedom): (f64, f64), persistence: Option<f64>) -> Option<f64> {
    let wobbles = ratio > 1.0 + 3.0 * (2.0 / freedom.max(1.0)).sqrt();
    persistence.filter(|_| wobbles).map(|p| (p * ratio / (ratio - 1.0)).clamp(0.0, 0.9))
}

/// The null that a series of blocks gives by itself, with nothing borrowed; never less than sampling error.
#[must_use]
pub fn own_null(reference: &Blocks, variance: f64, common: f64) -> Option<Null> {
    let (ratio, persistence) = reference.wobble(variance);
    let (factor, freedom) = ratio?;
    let lasts = lasting((factor, freedom), persistence).map_or(common, |own| (own + common) / 2.0);
    Some(Null::new(factor, freedom, lasts, reference.rows.len()))
}

/// Tests the current blocks against the reference's: all of them, and where order means time their recent parts.
/// `variance` is that of a single row's score.
#[must_use]
pub fn compare(reference: &Blocks, current: &Blocks, variance: f64, null: &Null, ordered: bool) -> Shift {
    let (then, r) = reference.mean(0);
    let inverse: f64 = reference.rows.iter().map(|n| 1.0 / n).sum();
    let typical = if inverse > 0.0 { reference.rows.len() as f64 / inverse } else { 1.0 };
    let wobble = (null.dispersion.factor - 1.0).max(0.0) * variance / typical;
    let known = effective(reference.rows.len() as f64, null.lasts);
    let parts = if ordered { recent_parts(current.rows.len()) } else { vec![0] };
    let mut best = Shift { change: 0.0, p: 1.0, since: 0, wobble, variance };
    for from in &parts {
        let (now, n) = current.mean(*from);
        if n < 1.0 || r < 1.0 {
            continue;
        }
        let seen = effective((current.rows.len() - from) as f64, null.lasts);
        let of_blocks = wobble * (1.0 / seen + 1.0 / known);
        let total = variance * (1.0 / n + 1.0 / r) + of_blocks;
        let p = p_value(now - then, total, of_blocks, null.dispersion.freedom, n);
        if *from == 0 || p < best.p {
            (best.change, best.p, best.since) = (now - then, p, *from);
        }
    }
    best.p = (best.p * parts.len() as f64).min(1.0);
    best
}

/// Student's tail with Satterthwaite's degrees of freedom: only the wobble is uncertain, and few rows add their own.
fn p_value(change: f64, total: f64, wobble: f64, freedom: f64, n: f64) -> f64 {
    if total.is_nan() || total <= 0.0 || !change.is_finite() {
        return 1.0;
    }
    let t = change / total.sqrt();
    let freedom = (freedom * (total / wobble.max(f64::MIN_POSITIVE)).powi(2)).min((n - 1.0).max(1.0));
    tail::student_two_sided(t, freedom)
}
