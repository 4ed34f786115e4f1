//! Chi-square and G tests of homogeneity.
//!
//! **What.** Could two sets of counts over the same categories be two draws from one distribution?
//!
//! **Definition.** The `2 x K` contingency table of reference and current counts, expected counts from the margins:
//! Pearson's `Σ (o - e)² / e`, or the likelihood ratio `G = 2 Σ o ln(o / e)`; chi-square with `K - 1` degrees of
//! freedom, `K` counting the categories that either side has. `None` below two categories or with an empty side. Yates'
//! correction is off unless asked for (scipy applies it when `K = 2`). [`one_sample`] takes the reference for the truth,
//! as Evidently does: with a reference no larger than the current data it alarms far too often.
//!
//! **Guarantees.** Symmetric in the two samples. The law is asymptotic; expected counts below about five make it rough,
//! and [`merge_sparse`] and [`pool_sparse`] are the remedy, chosen from the pooled counts alone so that the choice does
//! not favour a difference.
//!
//! **Papers.** K. Pearson, *On the criterion...* (1900); S. S. Wilks, *The large-sample distribution of the likelihood
//! ratio* (1938); W. G. Cochran, *Some methods for strengthening the common chi-square tests* (1954), for sparse cells.
//!
//! ```
//! use dosimeter_core::statistic::chi_square::contingency;
//! let test = contingency(&[10, 20, 30], &[20, 20, 20]).unwrap();
//! assert_eq!((test.dof, (test.statistic * 1e6).round()), (2, 5_333_333.0));
//! assert!((test.p - 0.06948345122280152).abs() < 1e-12);
//! ```

use super::cells::{pairs, totals};
use super::tail::chi2_sf;

/// A chi-square-distributed statistic.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct ChiSquare {
    /// The statistic.
    pub statistic: f64,
    /// Degrees of freedom.
    pub dof: u64,
    /// Upper tail of the asymptotic law.
    pub p: f64,
}

/// Continuity correction of two-by-two tables.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Correction {
    /// None.
    Off,
    /// Yates': every count half a unit nearer to its expectation, when there is one degree of freedom.
    Yates,
}

/// Pearson's test without correction.
pub fn contingency(reference: &[u64], current: &[u64]) -> Option<ChiSquare> {
    contingency_with(reference, current, Correction::Off)
}

/// Pearson's test.
pub fn contingency_with(reference: &[u64], current: &[u64], correction: Correction) -> Option<ChiSquare> {
    table(reference, current, correction, |o, e| (o - e) * (o - e) / e)
}

/// The likelihood-ratio (G) test without correction.
pub fn g_test(reference: &[u64], current: &[u64]) -> Option<ChiSquare> {
    table(
        reference,
        current,
        Correction::Off,
        |o, e| {
            if o > 0.0 { 2.0 * (o * (o / e).ln() - (o - e)) } else { 2.0 * e }
        },
    )
}

fn table(
    reference: &[u64],
    current: &[u64],
    correction: Correction,
    term: impl Fn(f64, f64) -> f64,
) -> Option<ChiSquare> {
    let (n, m) = totals(reference, current)?;
    let (n, m) = (n as f64, m as f64);
    let filled: Vec<(f64, f64)> =
        pairs(reference, current).filter(|&(r, c)| r > 0 || c > 0).map(|(r, c)| (r as f64, c as f64)).collect();
    let dof = filled.len().checked_sub(1).filter(|&d| d > 0)? as u64;
    let nudge = |o: f64, e: f64| match correction {
        Correction::Yates if dof == 1 => o + (e - o).signum() * (e - o).abs().min(0.5),
        _ => o,
    };
    let mut statistic = 0.0;
    for (r, c) in filled {
        let both = r + c;
        let (er, ec) = (both * (n / (n + m)), both * (m / (n + m)));
        statistic += term(nudge(r, er), er) + term(nudge(c, ec), ec);
    }
    let statistic = statistic.max(0.0);
    Some(ChiSquare { statistic, dof, p: chi2_sf(statistic, dof as f64) })
}

/// Pearson's goodness of fit of the current counts to the reference fractions, taken as exact. A category that the
/// reference lacks makes the statistic infinite and `p` zero.
pub fn one_sample(reference: &[u64], current: &[u64]) -> Option<ChiSquare> {
    let (n, m) = totals(reference, current)?;
    let scale = m as f64 / n as f64;
    let filled: Vec<(u64, u64)> = pairs(reference, current).filter(|&(r, c)| r > 0 || c > 0).collect();
    let dof = filled.len().checked_sub(1).filter(|&d| d > 0)? as u64;
    let statistic = filled
        .iter()
        .map(|&(r, c)| {
            let e = r as f64 * scale;
            (c as f64 - e) * (c as f64 - e) / e
        })
        .sum();
    Some(ChiSquare { statistic, dof, p: chi2_sf(statistic, dof as f64) })
}

/// Merges neighbouring cells of an ordered grid, from the left, until both sides expect at least `least` rows in each
/// (Cochran's rule is 5; 1 will do for most). A remainder joins the last cell. The choice looks at pooled counts only.
///
/// ```
/// use dosimeter_core::statistic::chi_square::merge_sparse;
/// let (r, c) = merge_sparse(&[1, 1, 8, 9, 1], &[0, 2, 9, 8, 1], 1.5).unwrap();
/// assert_eq!((r, c), (vec![2, 8, 10], vec![2, 9, 9]));
/// ```
pub fn merge_sparse(reference: &[u64], current: &[u64], least: f64) -> Option<(Vec<u64>, Vec<u64>)> {
    let share = smaller_share(reference, current)?;
    let mut out: Vec<(u64, u64)> = Vec::new();
    let mut open = (0u64, 0u64);
    for (r, c) in pairs(reference, current) {
        open = (open.0.saturating_add(r), open.1.saturating_add(c));
        if (open.0 as f64 + open.1 as f64) * share >= least {
            out.push(open);
            open = (0, 0);
        }
    }
    match out.last_mut() {
        Some(last) => *last = (last.0.saturating_add(open.0), last.1.saturating_add(open.1)),
        None => out.push(open),
    }
    Some(out.into_iter().unzip())
}

/// Pools all categories in which either side expects fewer than `least` rows into one, put last; for unordered
/// categories. Alone it may still be sparse: it then joins the smallest category that was kept.
pub fn pool_sparse(reference: &[u64], current: &[u64], least: f64) -> Option<(Vec<u64>, Vec<u64>)> {
    let share = smaller_share(reference, current)?;
    let enough = |&(r, c): &(u64, u64)| (r as f64 + c as f64) * share >= least;
    let (mut kept, sparse): (Vec<_>, Vec<_>) = pairs(reference, current).partition(enough);
    let rest = sparse.iter().fold((0u64, 0u64), |s, x| (s.0.saturating_add(x.0), s.1.saturating_add(x.1)));
    if rest != (0, 0) {
        match kept.iter_mut().min_by_key(|(r, c)| r.saturating_add(*c)) {
            Some(smallest) if !enough(&rest) => {
                *smallest = (smallest.0.saturating_add(rest.0), smallest.1.saturating_add(rest.1));
            }
            _ => kept.push(rest),
        }
    }
    Some(kept.into_iter().unzip())
}

fn smaller_share(reference: &[u64], current: &[u64]) -> Option<f64> {
    let (n, m) = totals(reference, current)?;
    Some(n.min(m) as f64 / (n as f64 + m as f64))
}
