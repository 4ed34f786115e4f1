//! Counts over shared cells: totals, fractions, and what to do where a fraction is zero.
//!
//! A profile is counts on a frozen grid, so the product's own path to every statistic is a pair of count slices over
//! the same cells. The shorter slice is read as if it ended in zeros (a category that one side never saw), and a side
//! whose total is zero gives no answer.

/// What to do with zero fractions before a logarithm is taken of their ratio.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum ZeroRule {
    /// Nothing: the divergence is infinite where one side alone is zero.
    Keep,
    /// Every fraction below the floor becomes the floor; the fractions are not made to sum to 1 again.
    Floor(f64),
    /// Evidently's: exact zeros become 1e-4, or a millionth of that side's smallest non-zero fraction where that one is
    /// 1e-4 or less; other fractions stay as they are.
    Fill,
    /// This many pseudo-counts are added to every cell of each side (0.5 is Jeffreys' prior).
    Pseudo(f64),
}

/// The floor of the population stability index, and Evidently's fill for zero fractions.
pub const ZERO_FLOOR: f64 = 1e-4;

/// The pairs of counts `(reference, current)`, cell by cell, the shorter side padded with zeros.
pub fn pairs<'a>(reference: &'a [u64], current: &'a [u64]) -> impl Iterator<Item = (u64, u64)> + 'a {
    let at = |side: &[u64], i: usize| side.get(i).copied().unwrap_or(0);
    (0..reference.len().max(current.len())).map(move |i| (at(reference, i), at(current, i)))
}

/// The sum of counts, saturating.
pub fn total(counts: &[u64]) -> u64 {
    counts.iter().fold(0, |sum, &c| sum.saturating_add(c))
}

/// Both totals; `None` if either side is empty.
pub fn totals(reference: &[u64], current: &[u64]) -> Option<(u64, u64)> {
    let (n, m) = (total(reference), total(current));
    (n > 0 && m > 0).then_some((n, m))
}

/// Both sides as fractions of their totals, equally long; `None` if either side is empty.
///
/// ```
/// use dosimeter_core::statistic::cells::fractions;
/// assert_eq!(fractions(&[1, 3], &[2]), Some((vec![0.25, 0.75], vec![1.0, 0.0])));
/// ```
pub fn fractions(reference: &[u64], current: &[u64]) -> Option<(Vec<f64>, Vec<f64>)> {
    let (n, m) = totals(reference, current)?;
    Some(pairs(reference, current).map(|(r, c)| (r as f64 / n as f64, c as f64 / m as f64)).unzip())
}

/// Both sides as fractions with the zero rule applied.
pub fn smoothed(reference: &[u64], current: &[u64], rule: ZeroRule) -> Option<(Vec<f64>, Vec<f64>)> {
    let (n, m) = totals(reference, current)?;
    let (mut p, mut q) = fractions(reference, current)?;
    match rule {
        ZeroRule::Keep => {}
        ZeroRule::Floor(floor) => p.iter_mut().chain(q.iter_mut()).for_each(|x| *x = x.max(floor)),
        ZeroRule::Fill => [&mut p, &mut q].into_iter().for_each(|side| fill(side)),
        ZeroRule::Pseudo(alpha) => {
            let cells = p.len() as f64;
            for (side, n) in [(&mut p, n as f64), (&mut q, m as f64)] {
                side.iter_mut().for_each(|x| *x = (*x * n + alpha) / (n + alpha * cells));
            }
        }
    }
    Some((p, q))
}

fn fill(side: &mut [f64]) {
    let smallest = side.iter().copied().filter(|&x| x > 0.0).fold(f64::INFINITY, f64::min);
    let value = if smallest <= ZERO_FLOOR { smallest / 1e6 } else { ZERO_FLOOR };
    side.iter_mut().filter(|x| **x == 0.0).for_each(|x| *x = value);
}

/// Representative positions of cells: as many as there are cells, finite, never descending; else `None`.
pub fn checked_positions<'a>(positions: &'a [f64], reference: &[u64], current: &[u64]) -> Option<&'a [f64]> {
    let cells = reference.len().max(current.len());
    let used = positions.get(..cells)?;
    let ordered = used.iter().zip(used.iter().skip(1)).all(|(a, b)| a <= b);
    (ordered && used.iter().all(|x| x.is_finite())).then_some(used)
}

/// The gap of the two distribution functions after every cell, `F_reference - F_current`.
pub(crate) fn cdf_gaps<'a>(reference: &'a [u64], current: &'a [u64], n: u64, m: u64) -> impl Iterator<Item = f64> + 'a {
    pairs(reference, current).scan((0u64, 0u64), move |(a, b), (r, c)| {
        *a = a.saturating_add(r);
        *b = b.saturating_add(c);
        // Whole counts before the division: no drift of a running sum of fractions.
        Some(*a as f64 / n as f64 - *b as f64 / m as f64)
    })
}
