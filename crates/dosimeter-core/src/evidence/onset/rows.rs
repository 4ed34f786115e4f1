//! The row at which a change fell, from sampled rows around the windows' border.
//!
//! Rows well before and rows well after say how the values were distributed then and are now; each row between speaks for one
//! or the other by the logarithm of its likelihood ratio, and the change fell where the sums agree best (Page 1954; Hinkley
//! 1970). Values are held in a few groups, so that no outlier has leverage and no shape is assumed. The interval is
//! Siegmund's (1988), widened where rows come in bursts.

use super::interval::LACK;

/// Where among the rows in doubt the change fell.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Place {
    /// The first row after it, most likely.
    pub at: usize,
    /// The first row after it, at the earliest, with about 95 % confidence.
    pub low: usize,
    /// The same, at the latest.
    pub high: usize,
}

/// Rows that each side needs.
const LEAST_ROWS: usize = 60;
/// Groups of values.
const MOST_GROUPS: usize = 10;
/// Rows in a row whose mean is compared with what independent rows would give.
const BLOCK: usize = 20;

/// Where the change fell among the rows `between`, given rows `before` and `after` it; `None` where they do not say.
///
/// Values are compared as groups: whole sets of values where there are few, else ranges of equal counts.
#[must_use]
pub fn change_row(before: &[f64], between: &[f64], after: &[f64]) -> Option<Place> {
    if before.len() < LEAST_ROWS || after.len() < LEAST_ROWS || between.is_empty() {
        return None;
    }
    let edges = edges(before, after);
    let group = |x: f64| edges.partition_point(|e| *e < x);
    let (was, is) = (shares(before, edges.len() + 1, group), shares(after, edges.len() + 1, group));
    let ratio = |x: &f64| {
        let g = group(*x);
        was.get(g).zip(is.get(g)).map_or(0.0, |(a, b)| (b / a).ln())
    };
    // Twice the log-likelihood of a change before row k, less that of none: ratios after it count.
    let mut sums = vec![0.0; between.len() + 1];
    for (k, x) in between.iter().enumerate().rev() {
        sums[k] = sums[k + 1] + 2.0 * ratio(x);
    }
    let best = sums.iter().copied().fold(f64::NEG_INFINITY, f64::max);
    let ratios = |list: &[f64]| list.iter().map(ratio).collect::<Vec<f64>>();
    let lack = LACK * bursts(&ratios(before)).max(bursts(&ratios(after)));
    let near = |s: &f64| *s >= best - lack;
    let at = sums.iter().position(|s| *s >= best)?;
    let (low, high) = (sums.iter().position(near)?, sums.iter().rposition(near)?);
    // At an end of the rows in doubt it may as well have fallen outside.
    (low > 0 && high < between.len()).then_some(Place { at, low, high })
}

/// The ends of groups, each inclusive, but of the last.
fn edges(before: &[f64], after: &[f64]) -> Vec<f64> {
    let mut all: Vec<f64> = before.iter().chain(after).copied().collect();
    all.sort_by(f64::total_cmp);
    let mut values = all.clone();
    values.dedup();
    let mut ends: Vec<f64> = if values.len() <= MOST_GROUPS {
        values
    } else {
        // The side with fewer rows says as much as the other.
        (1..MOST_GROUPS)
            .filter_map(|k| all.get(k * all.len() / MOST_GROUPS).copied())
            .chain(all.last().copied())
            .collect()
    };
    ends.dedup();
    ends.pop();
    ends
}

fn shares(values: &[f64], groups: usize, group: impl Fn(f64) -> usize) -> Vec<f64> {
    let mut counts = vec![0.5; groups];
    for x in values {
        if let Some(c) = counts.get_mut(group(*x)) {
            *c += 1.0;
        }
    }
    let all: f64 = counts.iter().sum();
    counts.iter().map(|c| c / all).collect()
}

/// How much more the means of blocks of rows vary than independent rows' would; 1 at least.
fn bursts(values: &[f64]) -> f64 {
    let n = values.len() as f64;
    let mean = values.iter().sum::<f64>() / n;
    let variance = values.iter().map(|x| (x - mean).powi(2)).sum::<f64>() / n;
    let blocks: Vec<f64> = values.chunks_exact(BLOCK).map(|b| b.iter().sum::<f64>() / BLOCK as f64).collect();
    if blocks.len() < 3 || variance <= 0.0 {
        return 1.0;
    }
    let between = blocks.iter().map(|b| (b - mean).powi(2)).sum::<f64>() / (blocks.len() - 1) as f64;
    // A handful of blocks varies by itself: a factor is believed as far as it exceeds its own error.
    let factor = between * BLOCK as f64 / variance;
    let luck = 1.0 + 2.0 * (2.0 / (blocks.len() - 1) as f64).sqrt();
    if factor > luck { factor } else { 1.0 }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::simulate::Rng;

    /// Rows that are 1 with probability `p`.
    fn draw(rng: &mut Rng, n: usize, p: f64) -> Vec<f64> {
        (0..n).map(|_| f64::from(u8::from(rng.uniform() < p))).collect()
    }

    #[test]
    fn the_row_is_found_as_often_as_the_interval_says() {
        let mut rng = Rng::new(5);
        let (mut found, mut covered, mut off) = (0, 0, 0.0);
        for _ in 0..400 {
            let (before, after) = (draw(&mut rng, 600, 0.1), draw(&mut rng, 600, 0.35));
            let mut between = draw(&mut rng, 230, 0.1);
            between.extend(draw(&mut rng, 270, 0.35));
            let Some(place) = change_row(&before, &between, &after) else { continue };
            found += 1;
            covered += usize::from((place.low..=place.high).contains(&230));
            off += place.at as f64 - 230.0;
        }
        let share = covered as f64 / found as f64;
        assert!(found >= 390 && share >= 0.95, "{found} {share}");
        assert!((off / found as f64).abs() < 5.0, "{off}");
    }

    #[test]
    fn values_of_any_size_are_groups() {
        let mut rng = Rng::new(6);
        let mut wild =
            |n: usize, add: f64| -> Vec<f64> { (0..n).map(|_| add + 1.0 / rng.uniform().max(1e-12)).collect() };
        let (before, after) = (wild(300, 0.0), wild(300, 4.0));
        let mut between = wild(100, 0.0);
        between.extend(wild(120, 4.0));
        let place = change_row(&before, &between, &after).unwrap();
        assert!(place.at.abs_diff(100) <= 4 && place.high - place.low < 20, "{place:?}");
    }

    #[test]
    fn what_did_not_change_has_no_row() {
        let mut rng = Rng::new(7);
        let found = (0..100)
            .filter(|_| {
                let (a, b, c) = (draw(&mut rng, 200, 0.2), draw(&mut rng, 200, 0.2), draw(&mut rng, 200, 0.2));
                change_row(&a, &b, &c).is_some()
            })
            .count();
        assert!(found <= 3, "{found}");
        assert_eq!(change_row(&[], &[], &[]), None);
    }
}
