//! Kolmogorov-Smirnov.
//!
//! **What.** The largest gap between two distribution functions, and where it is: for how many percent of rows does
//! "below this value" say something else than before?
//!
//! **Definition.** `D = max |F_ref - F_cur|`, computed in integers. Two p-values: [`Ks::p_asymptotic`] is the law of the
//! one-sample statistic at the effective size `nm/(n+m)` (scipy's `method='asymp'`); [`Ks::p_exact`] counts lattice
//! paths (scipy's `method='exact'`, which is also what `auto`, Evidently and Alibi use up to 10,000 rows a side). NannyML
//! watches `D` itself against a threshold.
//!
//! **Guarantees.** `D` is between 0 and 1, symmetric, the same for every increasing transform of the column. Both
//! p-values assume no ties; with ties, and so on a grid, they are conservative: they never alarm too often, and the `D`
//! of a grid is at most that of the raw values. [`p_exact_ties`] is exact given the ties, for small samples on a grid.
//!
//! **Papers.** N. V. Smirnov (1939); J. L. Hodges, *The significance probability of the Smirnov two-sample test* (1958);
//! T. Viehmann, *Numerically more stable computation of the p-values for the two-sample Kolmogorov-Smirnov test* (2021).
//!
//! ```
//! use dosimeter_core::statistic::ks;
//! let test = ks::samples(&[1.0, 2.0, 3.0, 4.0], &[3.5, 4.5, 5.5, f64::NAN]).unwrap();
//! assert_eq!((test.statistic, test.cell, test.sign), (0.75, 2, 1));
//! assert!((test.p_exact().unwrap() - 8.0 / 35.0).abs() < 1e-15);
//! ```

use super::cells::{pairs, totals};
use super::sample::Pooled;
use super::tail::kolmogorov_n_sf;

/// The largest gap of two distribution functions.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Ks {
    /// `D`, between 0 and 1.
    pub statistic: f64,
    /// Index of the cell after which the gap is largest; on raw samples the rank of the value among the distinct ones.
    pub cell: usize,
    /// The value at which the gap is largest, in the column's unit; raw samples only.
    pub location: Option<f64>,
    /// `1` where the reference's distribution function is the higher (values grew), `-1` otherwise, `0` without a gap.
    pub sign: i8,
    /// Rows of the reference.
    pub reference_rows: u64,
    /// Rows of the current data.
    pub current_rows: u64,
    gap: u128,
}

/// The statistic on raw samples; `None` if a side has no finite value.
pub fn samples(reference: &[f64], current: &[f64]) -> Option<Ks> {
    let pooled = Pooled::new(reference, current)?;
    let ks = counts(&pooled.reference, &pooled.current)?;
    Some(Ks { location: pooled.values.get(ks.cell).copied(), ..ks })
}

/// The statistic on counts over ordered cells; `None` if a side is empty.
pub fn counts(reference: &[u64], current: &[u64]) -> Option<Ks> {
    let (n, m) = totals(reference, current)?;
    let mut best = Ks { statistic: 0.0, cell: 0, location: None, sign: 0, reference_rows: n, current_rows: m, gap: 0 };
    let (mut a, mut b) = (0u64, 0u64);
    for (cell, (r, c)) in pairs(reference, current).enumerate() {
        a = a.saturating_add(r);
        b = b.saturating_add(c);
        let (left, right) = (u128::from(a) * u128::from(m), u128::from(b) * u128::from(n));
        let gap = left.abs_diff(right);
        if gap > best.gap {
            best = Ks { cell, sign: if left > right { 1 } else { -1 }, gap, ..best };
        }
    }
    best.statistic = best.gap as f64 / (n as f64 * m as f64);
    Some(best)
}

/// The work that [`Ks::p_exact`] will do at most: steps of the recursion, about half a second.
const MOST_STEPS: u128 = 200_000_000;

/// Rows in all that the recursion will hold: bounds its memory.
const MOST_ROWS: u64 = 10_000_000;

fn affordable(n: u64, m: u64) -> bool {
    u128::from(n) * u128::from(m) <= MOST_STEPS && n.saturating_add(m) <= MOST_ROWS
}

impl Ks {
    /// Two-sided p-value by the one-sample law at the effective size.
    pub fn p_asymptotic(&self) -> f64 {
        let (n, m) = (self.reference_rows as f64, self.current_rows as f64);
        // Half to even, as numpy rounds.
        let effective = (n / (n + m) * m).round_ties_even().max(1.0);
        if self.gap == 0 {
            return 1.0;
        }
        kolmogorov_n_sf(effective as u64, self.statistic)
    }

    /// Exact two-sided p-value for values without ties; `None` where `n m` exceeds 200 million (or
    /// `n + m` ten million).
    pub fn p_exact(&self) -> Option<f64> {
        crossing_probability(self.reference_rows, self.current_rows, self.gap, |_| true)
    }

    /// The exact p-value up to 10,000 rows a side where it is affordable, else the asymptotic one (scipy's `auto`).
    pub fn p(&self) -> f64 {
        let small = self.reference_rows.max(self.current_rows) <= 10_000;
        small.then(|| self.p_exact()).flatten().unwrap_or_else(|| self.p_asymptotic())
    }
}

/// Exact two-sided p-value on counts, given how many pooled rows share each cell: the gap only counts where a cell
/// ends. `None` if a side is empty or `n m` exceeds 200 million.
pub fn p_exact_ties(reference: &[u64], current: &[u64]) -> Option<f64> {
    let ks = counts(reference, current)?;
    if !affordable(ks.reference_rows, ks.current_rows) {
        return None;
    }
    let mut ends = vec![false; (ks.reference_rows + ks.current_rows + 1) as usize];
    let mut so_far = 0;
    for (r, c) in pairs(reference, current) {
        so_far += r + c;
        if let Some(end) = ends.get_mut(so_far as usize) {
            *end = true;
        }
    }
    crossing_probability(ks.reference_rows, ks.current_rows, ks.gap, |i| ends.get(i as usize) == Some(&true))
}

/// The chance that a random order of `n` and `m` rows has a gap of `gap / (n m)` or more at a place that counts.
///
/// `u[j]` is the chance that a random path to `(i, j)` has already shown it: 1 at a place that itself does, else the
/// average over the two last steps. Only positive numbers are added, so tiny chances keep all their digits.
fn crossing_probability(n: u64, m: u64, gap: u128, counts_at: impl Fn(u64) -> bool) -> Option<f64> {
    if !affordable(n, m) {
        return None;
    }
    if gap == 0 {
        return Some(1.0);
    }
    let shows = |i: u64, j: u64| {
        counts_at(i + j) && (u128::from(i) * u128::from(m)).abs_diff(u128::from(j) * u128::from(n)) >= gap
    };
    let mut row = vec![0.0f64; m as usize + 1];
    for i in 0..=n {
        let mut left = 0.0;
        for (j, u) in (0u64..).zip(row.iter_mut()) {
            let steps = (i + j) as f64;
            *u = if shows(i, j) {
                1.0
            } else if i + j == 0 {
                0.0
            } else {
                i as f64 / steps * *u + j as f64 / steps * left
            };
            left = *u;
        }
    }
    row.last().copied()
}
