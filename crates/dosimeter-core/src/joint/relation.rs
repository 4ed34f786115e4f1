//! Which pairs of columns no longer go together as they did?
//!
//! For two columns with ranks `u` and `v` the products `b_r(u) b_s(v)` of orthonormal polynomials have, block by block, means
//! that are the coefficients of the copula's density (Kallenberg and Ledwina 1999): that of `r = s = 1` is Spearman's rank
//! correlation, the others are relations that it does not see (where one spreads, bends or waves with the other). Each is
//! compared with the reference's as any component is; their wobble is moderated over all pairs (Smyth 2004), and the smallest p
//! is multiplied by their number.
//!
//! A block's ranks are given, so a mean has less variance than its products: to first order that of
//! `b_r b_s - rho (b_r² + b_s²) / 2`, which has the same mean but for `rho`, since within a block every `b²` averages 1.

use super::blocks::{Blocks, Null, Shift, compare, lasting};
use super::copula::{Copula, polynomial};
use crate::evidence::dispersion::Prior;

/// One relation of two columns.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Pair {
    /// The columns, by position, the first the smaller.
    pub columns: [usize; 2],
    /// The degrees of their polynomials; `[1, 1]` is Spearman's correlation.
    pub degrees: [usize; 2],
    /// Its mean product in the reference.
    pub reference: f64,
    /// Whether and since when it changed; p of this pair alone.
    pub shift: Shift,
}

impl Pair {
    /// The mean product in the most telling part of the current rows.
    #[must_use]
    pub fn current(&self) -> f64 {
        self.reference + self.shift.change
    }

    /// Whether it is Spearman's correlation.
    #[must_use]
    pub fn is_correlation(&self) -> bool {
        self.degrees == [1, 1]
    }

    /// The score of every row, whose mean is the relation.
    #[must_use]
    pub fn scores(&self, period: &Copula) -> Vec<f64> {
        let [a, b] = [0, 1].map(|i| feature(period, self.columns[i], self.degrees[i]));
        let half = self.reference / 2.0;
        a.iter().zip(&b).map(|(a, b)| a * b - half * (a * a + b * b - 2.0)).collect()
    }
}

/// All relations, the surest change first.
#[derive(Clone, Debug, Default)]
pub struct Relations {
    /// Every pair that was tested.
    pub pairs: Vec<Pair>,
    /// How much of a block's wobble lasts, over all pairs.
    pub lasts: f64,
}

/// The highest degree that a table of so many columns can afford: every degree more multiplies the pairs.
fn highest_degree(columns: usize) -> usize {
    match columns {
        0..=14 => 3,
        15..=30 => 2,
        _ => 1,
    }
}

/// How many pairs [`relations`] tests of so many columns.
#[must_use]
pub fn tested(columns: usize) -> usize {
    columns * columns.saturating_sub(1) / 2 * highest_degree(columns).pow(2)
}

fn feature(period: &Copula, column: usize, degree: usize) -> Vec<f64> {
    period.ranks.get(column).map_or(Vec::new(), |u| u.iter().map(|u| polynomial(degree, *u)).collect())
}

/// Tests every pair of columns; empty where the reference has fewer than two blocks.
#[must_use]
pub fn relations(reference: &Copula, current: &Copula, ordered: bool) -> Relations {
    let width = reference.ranks.len().min(current.ranks.len());
    let highest = highest_degree(width);
    let features = |period: &Copula| -> Vec<Vec<f64>> {
        (0..width).flat_map(|c| (1..=highest).map(move |d| (c, d))).map(|(c, d)| feature(period, c, d)).collect()
    };
    let (then, now) = (features(reference), features(current));
    let mut series = Vec::with_capacity(tested(width));
    for a in 0..then.len() {
        for b in (a / highest + 1) * highest..then.len() {
            let old = Sums::of(&then[a], &then[b], reference);
            let new = Sums::of(&now[a], &now[b], current);
            let rho = old.blocks.mean(0).0;
            let (r, n) = (old.rows, new.rows);
            let own = old.variance(rho);
            let variance = ((r * own + n * new.variance(rho)) / (r + n).max(1.0)).max(own).max(1e-4);
            let (ratio, persistence) = old.blocks.wobble(own.max(1e-4));
            let Some(ratio) = ratio else { return Relations::default() };
            series.push(([a, b], rho, old.blocks, new.blocks, variance, ratio, persistence));
        }
    }
    // Correlations wobble unlike other relations do.
    let plain = |f: &[usize; 2]| f.iter().all(|f| f % highest == 0);
    let priors = [false, true].map(|kind| {
        let members = series.iter().filter(|s| plain(&s.0) == kind);
        Common::of(members.map(|s| (s.5, s.6)))
    });
    let lasts = priors.iter().map(|p| p.lasts).fold(0.0, f64::max);
    let mut pairs: Vec<Pair> = series
        .into_iter()
        .map(|(features, rho, old, new, variance, (ratio, freedom), own)| {
            let common = &priors[usize::from(plain(&features))];
            Pair {
                columns: features.map(|f| f / highest),
                degrees: features.map(|f| f % highest + 1),
                reference: rho,
                shift: compare(&old, &new, variance, &common.null(ratio, freedom, own, old.rows.len()), ordered),
            }
        })
        .collect();
    let size = |p: &Pair| p.shift.change.abs();
    pairs.sort_by(|a, b| {
        let doubt = |p: &Pair| p.shift.p.max(1e-300);
        doubt(a).total_cmp(&doubt(b)).then(size(b).total_cmp(&size(a))).then(a.columns.cmp(&b.columns))
    });
    Relations { pairs, lasts }
}

/// What is known of wobble from many relations.
struct Common {
    prior: Prior,
    lasts: f64,
}

impl Common {
    fn of(ratios: impl Iterator<Item = ((f64, f64), Option<f64>)>) -> Common {
        let list: Vec<((f64, f64), Option<f64>)> = ratios.collect();
        let prior = Prior::fit(&list.iter().map(|l| l.0).collect::<Vec<_>>());
        let own: Vec<(f64, f64)> =
            list.iter().filter_map(|(ratio, p)| Some((ratio.0 - 1.0, lasting(*ratio, *p)?))).collect();
        let weight: f64 = own.iter().map(|o| o.0).sum();
        // Of many relations a few seem to wobble by luck, and what of luck seems to last is no knowledge.
        let lasts =
            if own.len() * 20 > list.len() { own.iter().map(|(w, l)| w * l).sum::<f64>() / weight } else { 0.0 };
        Common { prior, lasts }
    }

    /// Relations share columns, so that many of them know less than as many columns would: what is borrowed counts at most
    /// four times as much as what is seen, and never makes a wobble smaller than it was seen to be. The largest of many
    /// changes is otherwise one whose wobble was taken for too small.
    fn null(&self, ratio: f64, freedom: f64, persistence: Option<f64>, blocks: usize) -> Null {
        let prior = Prior { freedom: self.prior.freedom.min(4.0 * freedom), ..self.prior };
        let shrunk = prior.shrink(ratio, freedom);
        let lasts = lasting((ratio, freedom), persistence).map_or(self.lasts, |own| (own + self.lasts) / 2.0);
        Null::new(shrunk.factor.max(ratio), shrunk.freedom, lasts, blocks)
    }
}

/// The sums of a product and of what its variance needs.
struct Sums {
    blocks: Blocks,
    rows: f64,
    /// Sums of p, p², p q, q and q², with `p = a b` and `q = a² + b²`.
    sums: [f64; 5],
}

impl Sums {
    fn of(a: &[f64], b: &[f64], period: &Copula) -> Sums {
        let mut out = Sums { blocks: Blocks::default(), rows: 0.0, sums: [0.0; 5] };
        for block in &period.blocks {
            let (Some(a), Some(b)) = (a.get(block.clone()), b.get(block.clone())) else { continue };
            let sums = sums(a, b);
            let n = a.len() as f64;
            out.blocks.means.push(sums[0] / n);
            out.blocks.rows.push(n);
            out.rows += n;
            out.sums.iter_mut().zip(sums).for_each(|(all, own)| *all += own);
        }
        out
    }

    /// Variance of a row's `p - rho (q - 2) / 2`.
    fn variance(&self, rho: f64) -> f64 {
        let [p, pp, pq, q, qq] = self.sums.map(|s| s / self.rows.max(1.0));
        let mean = p - rho * q / 2.0;
        (pp - rho * pq + rho * rho * qq / 4.0 - mean * mean).max(0.0)
    }
}

/// In lanes, as a single sum would have to wait for each addition.
fn sums(a: &[f64], b: &[f64]) -> [f64; 5] {
    const LANES: usize = 4;
    let mut lanes = [[0.0f64; LANES]; 5];
    let mut add = |lane: usize, a: f64, b: f64| {
        let (p, q) = (a * b, a * a + b * b);
        lanes[0][lane] += p;
        lanes[1][lane] += p * p;
        lanes[2][lane] += p * q;
        lanes[3][lane] += q;
        lanes[4][lane] += q * q;
    };
    let (mut x, mut y) = (a.chunks_exact(LANES), b.chunks_exact(LANES));
    for (a, b) in (&mut x).zip(&mut y) {
        for lane in 0..LANES {
            add(lane, a[lane], b[lane]);
        }
    }
    for (a, b) in x.remainder().iter().zip(y.remainder()) {
        add(0, *a, *b);
    }
    lanes.map(|lane| lane.iter().sum())
}
