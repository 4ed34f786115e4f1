//! Rows as ranks within blocks: relations without margins.
//!
//! Neighbouring windows are put together into blocks of at least a given number of sampled rows. Within a block the rows of
//! a column are ranked, ties in random order (the distributional transform, Rüschendorf 2009), and rank `i` of `n` becomes
//! `(i + 1/2) / n`. So every column is evenly spread over 0 to 1 in every block, whatever it does by itself: a season, a trend
//! or a slow drift leaves no trace, while the copula, which is all that columns have in common, stays. A row without a value
//! takes a random place, for a missing value goes with nothing.

use std::ops::Range;

use crate::profile::sample::mix;

/// The rows of one period as ranks.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Copula {
    /// By column: each row's place in its block, 0 to 1, exclusive.
    pub ranks: Vec<Vec<f64>>,
    /// The window of each row, ascending.
    pub windows: Vec<u32>,
    /// The blocks, as ranges of rows.
    pub blocks: Vec<Range<usize>>,
}

/// The fewest rows of a block.
pub const LEAST_ROWS: usize = 50;
/// The most blocks of a reference.
pub const MOST_BLOCKS: usize = 40;

/// Rows that a block should hold at least where the reference has `rows`.
#[must_use]
pub fn block_rows(rows: usize) -> usize {
    (rows / MOST_BLOCKS).max(LEAST_ROWS)
}

impl Copula {
    /// Ranks `columns` of values (NaN: missing), whose rows lie in ascending `windows`, in blocks of `least` rows or more.
    #[must_use]
    pub fn new(columns: &[Vec<f64>], windows: Vec<u32>, least: usize, seed: u64) -> Copula {
        let blocks = cut(&windows, least.max(1));
        let rank = |(column, values): (usize, &Vec<f64>)| {
            let mut ranks = vec![0.5; windows.len()];
            for block in &blocks {
                let salt = mix(seed ^ mix((column as u64) << 32 | block.start as u64));
                rank_block(values.get(block.clone()).unwrap_or(&[]), salt, ranks.get_mut(block.clone()));
            }
            ranks
        };
        let ranks = columns.iter().enumerate().map(rank).collect();
        Copula { ranks, windows, blocks }
    }

    /// How many rows.
    #[must_use]
    pub fn rows(&self) -> usize {
        self.windows.len()
    }
}

/// Runs of windows that hold `least` rows or more; a short rest goes with the last.
fn cut(windows: &[u32], least: usize) -> Vec<Range<usize>> {
    let mut blocks: Vec<Range<usize>> = Vec::new();
    let mut from = 0;
    for at in 1..=windows.len() {
        let ends = at == windows.len() || windows.get(at) != windows.get(at - 1);
        if ends && at - from >= least {
            blocks.push(from..at);
            from = at;
        }
    }
    if from < windows.len() {
        match blocks.last_mut().filter(|_| (windows.len() - from) * 2 < least) {
            Some(last) => last.end = windows.len(),
            None => blocks.push(from..windows.len()),
        }
    }
    blocks
}

fn rank_block(values: &[f64], salt: u64, into: Option<&mut [f64]>) {
    let Some(into) = into else { return };
    let n = values.len();
    // Which places missing rows take is drawn first, so that the others share the rest evenly.
    let missing: Vec<usize> = (0..n).filter(|i| values[*i].is_nan()).collect();
    let mut taken = vec![false; n];
    let mut places: Vec<usize> = (0..n).collect();
    if !missing.is_empty() {
        places.sort_by_key(|i| mix(salt ^ *i as u64));
        for place in places.iter().take(missing.len()) {
            taken[*place] = true;
        }
    }
    let place = |rank: usize| (rank as f64 + 0.5) / n as f64;
    for (row, rank) in missing.iter().zip(&places) {
        into[*row] = place(*rank);
    }
    let mut present: Vec<(f64, u64, usize)> = values
        .iter()
        .enumerate()
        .filter(|(_, v)| !v.is_nan())
        .map(|(i, v)| (*v, mix(salt.rotate_left(17) ^ i as u64), i))
        .collect();
    // `+ 0.0`: nought and nought from below are one value.
    present.sort_by(|a, b| (a.0 + 0.0).total_cmp(&(b.0 + 0.0)).then(a.1.cmp(&b.1)));
    let free = (0..n).filter(|rank| !taken[*rank]);
    for ((_, _, row), rank) in present.into_iter().zip(free) {
        into[row] = place(rank);
    }
}

/// Orthonormal polynomials on 0 to 1 (Legendre's, moved): of degree 1 `sqrt(12) (u - 1/2)`, and of 2 and 3.
#[must_use]
pub fn polynomial(degree: usize, u: f64) -> f64 {
    let x = 2.0 * u - 1.0;
    match degree {
        1 => 3f64.sqrt() * x,
        2 => 5f64.sqrt() * (1.5 * x * x - 0.5),
        _ => 7f64.sqrt() * (2.5 * x * x * x - 1.5 * x),
    }
}
