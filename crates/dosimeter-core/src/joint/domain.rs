//! Can a learner tell the two periods apart by relations alone?
//!
//! Boosted trees are taught on every second block of both periods and judged on the others, then the other way round (a
//! classifier two-sample test: Lopez-Paz and Oquab 2017; Kim, Ramdas, Singh and Wasserman 2021). What they say of a row is a
//! score like any other, and its mean by block is tested against how much it wobbles between the reference's own blocks that
//! were not learned from. The larger p of the two halves holds: whatever one half found by luck, the other does not.
//!
//! A wobble that lasts over many blocks is in both halves, and no split of it takes it away. So whatever passes is held against
//! the reference itself: each quarter of it takes the part of the current data, and only what the periods show beyond the most
//! telling quarter counts.

use super::blocks::{Blocks, compare, own_null};
use super::copula::Copula;
use crate::learn::{Auc, Config, Loss, Matrix, Model, auc_within, fit};
use crate::profile::sample::mix;
use crate::statistic::tail;

/// Cells that a tree sees of a column.
const CELLS: u16 = 16;
/// Cells of one period's rows that are learned from: rows are left out beyond.
const BUDGET: usize = 250_000;

/// What the learner could tell.
#[derive(Clone, Debug)]
pub struct Domain {
    /// On rows not learned from.
    pub auc: Auc,
    /// The largest AUC by which a quarter of the reference could be told from the rest of it; `None` where nobody had to ask.
    pub auc_reference: Option<f64>,
    /// p that the periods differ, by all that is said above.
    pub p: f64,
    /// Columns by their share of the gain, most telling first.
    pub columns: Vec<(usize, f64)>,
    /// The first current block of the part in which they differ.
    pub since: usize,
    /// The score of every current row, its mean over the reference, its variance, and that of a block's wobble.
    pub scores: Vec<f64>,
    /// The mean score of reference rows.
    pub reference: f64,
    /// Variance of a reference row's score.
    pub variance: f64,
    /// Variance of a block's wobble beyond sampling error.
    pub wobble: f64,
    /// Rows learned from, of both periods.
    pub rows: usize,
}

/// Tests whether the periods can be told apart; the reference is asked about itself only where `alpha` is passed. `None` where
/// either has too little.
#[must_use]
pub fn domain(
    reference: &Copula,
    current: &Copula,
    lasts: f64,
    ordered: bool,
    alpha: f64,
    seed: u64,
) -> Option<Domain> {
    let then: Vec<Block<'_>> = blocks(reference);
    let now: Vec<Block<'_>> = blocks(current);
    let parts = match now.len() {
        n if ordered && n >= 8 => vec![0, n - n / 4],
        _ => vec![0],
    };
    let (mut best, mut since) = (tell(&then, now.get(parts.first().copied()?..)?, lasts, seed)?, 0);
    for from in parts.iter().skip(1) {
        if let Some(found) = now.get(*from..).and_then(|now| tell(&then, now, lasts, seed))
            && found.p < best.p
        {
            (best, since) = (found, *from);
        }
    }
    best.p = (best.p * parts.len() as f64).min(1.0);
    let mut auc_reference = None;
    if best.p < alpha {
        const QUARTERS: usize = 4;
        let (mut most, mut z) = (0.5f64, 0.0f64);
        for q in 0..QUARTERS {
            let cut = |q: usize| q * then.len() / QUARTERS;
            let rest: Vec<Block<'_>> = then[..cut(q)].iter().chain(&then[cut(q + 1)..]).copied().collect();
            if let Some(own) = tell(&rest, &then[cut(q)..cut(q + 1)], lasts, seed) {
                most = most.max(own.auc.value);
                z = z.max(normal(own.p));
            }
        }
        auc_reference = Some(most);
        best.p = if best.auc.value > most { tail::normal_sf(normal(best.p) - z) } else { 1.0 };
    }
    let mut columns: Vec<(usize, f64)> = best.importance.iter().copied().enumerate().filter(|c| c.1 > 0.0).collect();
    columns.sort_by(|a, b| b.1.total_cmp(&a.1).then(a.0.cmp(&b.0)));
    let (rows, all) = (best.rows, (0..current.rows()).collect::<Vec<usize>>());
    let matrix = matrix(&[(current, all.as_slice())])?;
    let mut scores = vec![0.0; current.rows()];
    for bag in &best.bags {
        scores.iter_mut().zip(bag.margin(&matrix)).for_each(|(sum, s)| *sum += s / 2.0);
    }
    Some(Domain {
        auc: best.auc,
        auc_reference,
        p: best.p,
        columns,
        since,
        scores,
        reference: best.reference,
        variance: best.variance,
        wobble: best.wobble,
        rows,
    })
}

fn normal(p: f64) -> f64 {
    tail::normal_isf(p.clamp(1e-300, 0.999_999))
}

/// A block: its period and its rows, thinned to what may be learned from.
#[derive(Clone, Copy)]
struct Block<'a> {
    period: &'a Copula,
    from: usize,
    to: usize,
}

fn blocks(period: &Copula) -> Vec<Block<'_>> {
    period.blocks.iter().map(|b| Block { period, from: b.start, to: b.end }).collect()
}

/// Both halves' answer.
struct Told {
    p: f64,
    auc: Auc,
    importance: Vec<f64>,
    bags: Vec<Bag>,
    reference: f64,
    variance: f64,
    wobble: f64,
    rows: usize,
}

/// Rows of the blocks of one half; of a lone block, every second row. `step` thins.
fn half(blocks: &[Block<'_>], which: usize, step: usize) -> Vec<Vec<usize>> {
    let lone = blocks.len() < 2;
    let inside = |(k, b): (usize, &Block<'_>)| -> Vec<usize> {
        if lone {
            (b.from + which..b.to).step_by(2 * step).collect()
        } else if k % 2 == which {
            (b.from..b.to).step_by(step).collect()
        } else {
            Vec::new()
        }
    };
    blocks.iter().enumerate().map(inside).collect()
}

fn tell(then: &[Block<'_>], now: &[Block<'_>], lasts: f64, seed: u64) -> Option<Told> {
    let width = then.first()?.period.ranks.len().max(1);
    let most = (BUDGET / width).clamp(1_500, 8_000);
    let step = |blocks: &[Block<'_>]| blocks.iter().map(|b| b.to - b.from).sum::<usize>().div_ceil(most).max(1);
    let steps = [step(then), step(now)];
    let halves = [0, 1].map(|h| (half(then, h, steps[0]), half(now, h, steps[1])));
    let (mut ps, mut bags, mut rows) = (Vec::new(), Vec::new(), 0);
    let (mut scores, mut is_now, mut fold) = (Vec::new(), Vec::new(), Vec::new());
    let mut importance = vec![0.0; width];
    let (mut reference, mut variance, mut wobble) = (0.0, 0.0, 0.0);
    for h in 0..2 {
        let (old, new) = (flat(then, &halves[h].0)?, flat(now, &halves[h].1)?);
        let [n_old, n_new] = [count(&old), count(&new)];
        if n_old < 40 || n_new < 40 {
            return None;
        }
        rows += n_old + n_new;
        let inputs = matrix(&join(&old, &new))?;
        let target: Vec<f64> = (0..n_old + n_new).map(|i| f64::from(u8::from(i >= n_old))).collect();
        let bag = Bag::fit(&inputs, &target, n_old, seed.wrapping_add(11 + h as u64));
        let held = &halves[1 - h];
        let [old, new] = [(then, &held.0), (now, &held.1)].map(|(b, rows)| score(&bag, b, rows));
        let (old, new) = (old?, new?);
        let all: Vec<f64> = old.iter().flatten().copied().collect();
        let mean = all.iter().sum::<f64>() / all.len().max(1) as f64;
        let spread = all.iter().map(|s| (s - mean).powi(2)).sum::<f64>() / all.len().max(1) as f64;
        let p = if spread > 1e-12 {
            let [old, new] = [means(&old), means(&new)];
            let null = own_null(&old, spread, lasts)?;
            let shift = compare(&old, &new, spread, &null, false);
            wobble += shift.wobble / 2.0;
            if shift.change > 0.0 { shift.p / 2.0 } else { 1.0 }
        } else {
            1.0
        };
        ps.push(p);
        reference += mean / 2.0;
        variance += spread / 2.0;
        for (list, now) in [(&old, false), (&new, true)] {
            for s in list.iter().flatten() {
                scores.push(*s);
                is_now.push(now);
                fold.push(h);
            }
        }
        importance.iter_mut().zip(bag.importance()).for_each(|(sum, gain)| *sum += gain);
        bags.push(bag);
    }
    let total: f64 = importance.iter().sum();
    if total > 0.0 {
        importance.iter_mut().for_each(|g| *g /= total);
    }
    let auc = auc_within(&scores, &is_now, &fold)?;
    let p = ps.iter().copied().fold(0.0, f64::max);
    Some(Told { p, auc, importance, bags, reference, variance, wobble, rows })
}

/// Several models on rows that weigh at random (the Bayesian bootstrap, Rubin 1981).
///
/// With margins taken out no single column tells anything, so that a tree has no reason to fork at its root, and what two columns
/// tell together lies below that fork. Random weights give it a reason, another one to each model.
struct Bag {
    models: Vec<Model>,
}

/// Models in a bag.
const BAG: u64 = 4;

impl Bag {
    /// Fits `target`, 0 for the first `then` rows and 1 for the others; both periods weigh the same.
    fn fit(inputs: &Matrix, target: &[f64], then: usize, seed: u64) -> Bag {
        let rows = target.len();
        let share = |i: usize| rows as f64 / 2.0 / if i < then { then } else { rows - then } as f64;
        let model = |k: u64| {
            let salt = mix(seed ^ mix(k));
            let uniform = |i: usize| ((mix(salt ^ i as u64) >> 11) as f64 + 0.5) / (1u64 << 53) as f64;
            let weight: Vec<f64> = (0..rows).map(|i| -share(i) * uniform(i).ln()).collect();
            let config = Config {
                rounds: 40,
                depth: 5,
                patience: 0,
                columns_per_tree: 0.5,
                min_child_weight: 20.0,
                ..Config::new(Loss::Logistic, salt)
            };
            fit(inputs, target, Some(&weight), &config)
        };
        Bag { models: (0..BAG).map(model).collect() }
    }

    fn margin(&self, rows: &Matrix) -> Vec<f64> {
        let mut mean = vec![0.0; rows.rows()];
        for model in &self.models {
            mean.iter_mut().zip(model.margin(rows)).for_each(|(sum, s)| *sum += s / self.models.len() as f64);
        }
        mean
    }

    fn importance(&self) -> Vec<f64> {
        let mut sum: Vec<f64> = Vec::new();
        for gains in self.models.iter().map(Model::importance) {
            sum.resize(gains.len(), 0.0);
            sum.iter_mut().zip(gains).for_each(|(s, g)| *s += g);
        }
        sum
    }
}

type Rows<'a> = Vec<(&'a Copula, Vec<usize>)>;

/// The rows of all blocks that have some.
fn flat<'a>(blocks: &[Block<'a>], rows: &[Vec<usize>]) -> Option<Rows<'a>> {
    let list: Rows<'a> =
        blocks.iter().zip(rows).filter(|(_, r)| !r.is_empty()).map(|(b, r)| (b.period, r.clone())).collect();
    (!list.is_empty()).then_some(list)
}

fn count(rows: &Rows<'_>) -> usize {
    rows.iter().map(|(_, r)| r.len()).sum()
}

fn join<'a, 'b>(a: &'b Rows<'a>, b: &'b Rows<'a>) -> Vec<(&'a Copula, &'b [usize])> {
    a.iter().chain(b).map(|(p, r)| (*p, r.as_slice())).collect()
}

/// Ranks as codes; code 0, which means missing, is not used.
fn matrix(rows: &[(&Copula, &[usize])]) -> Option<Matrix> {
    let width = rows.first()?.0.ranks.len();
    let code = |u: f64| 1 + ((u * f64::from(CELLS)) as u16).min(CELLS - 1);
    let column = |c: usize| -> Vec<u16> {
        let of = |(p, r): &(&Copula, &[usize])| -> Vec<u16> {
            let ranks = p.ranks.get(c).map_or(&[][..], Vec::as_slice);
            r.iter().map(|i| ranks.get(*i).map_or(0, |u| code(*u))).collect()
        };
        rows.iter().flat_map(of).collect()
    };
    Matrix::new((0..width).map(column).collect(), vec![CELLS + 1; width], vec![true; width]).ok()
}

/// Scores by block, of blocks that have rows in this half.
fn score(bag: &Bag, blocks: &[Block<'_>], rows: &[Vec<usize>]) -> Option<Vec<Vec<f64>>> {
    let list = flat(blocks, rows)?;
    list.iter().map(|(p, r)| Some(bag.margin(&matrix(&[(p, r.as_slice())])?))).collect()
}

fn means(scores: &[Vec<f64>]) -> Blocks {
    let mean = |s: &Vec<f64>| s.iter().sum::<f64>() / s.len().max(1) as f64;
    Blocks { means: scores.iter().map(mean).collect(), rows: scores.iter().map(|s| s.len() as f64).collect() }
}
