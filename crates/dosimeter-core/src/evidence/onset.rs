//! Since when? Change points in a series of window deviations from the reference.
//!
//! Optimal partitioning (Jackson et al. 2005): the current windows are split into stretches that are either *as the
//! reference* (deviation 0, nothing to estimate) or *shifted* (a mean of their own), at the least sum of squared
//! standardised residuals plus a penalty for every stretch that begins. The variances include the reference's own
//! wobble, so a wobbling column is not cut into pieces.

/// A maximal run of windows at one level.
#[derive(Clone, Debug, PartialEq)]
pub struct Stretch {
    /// First window.
    pub from: usize,
    /// One past the last window.
    pub to: usize,
    /// Mean deviation from the reference; 0 for a stretch like the reference.
    pub level: f64,
    /// Whether it differs from the reference.
    pub shifted: bool,
}

/// What a new stretch must gain to be worth telling: about a p of 0.001 per place at which it could begin.
fn penalty(windows: usize) -> f64 {
    8.0 + 2.0 * (windows.max(1) as f64).ln()
}

/// Splits a series of deviations with their variances into stretches, in order.
///
/// Windows without data have an infinite variance and go with their neighbours.
#[must_use]
pub fn stretches(deviations: &[f64], variances: &[f64]) -> Vec<Stretch> {
    let n = deviations.len().min(variances.len());
    if n == 0 {
        return Vec::new();
    }
    let weight = |i: usize| {
        let w = 1.0 / variances[i];
        if w.is_finite() && deviations[i].is_finite() { w } else { 0.0 }
    };
    let (mut w, mut wy, mut wyy) = (vec![0.0; n + 1], vec![0.0; n + 1], vec![0.0; n + 1]);
    for i in 0..n {
        let (k, y) = (weight(i), if deviations[i].is_finite() { deviations[i] } else { 0.0 });
        w[i + 1] = w[i] + k;
        wy[i + 1] = wy[i] + k * y;
        wyy[i + 1] = wyy[i] + k * y * y;
    }
    let still = |a: usize, b: usize| wyy[b] - wyy[a];
    let moved = |a: usize, b: usize| {
        let weight = w[b] - w[a];
        if weight > 0.0 { still(a, b) - (wy[b] - wy[a]).powi(2) / weight } else { 0.0 }
    };
    let price = penalty(n);
    // best[b] = least cost of windows 0..b; the history began like the reference, so a first still stretch is free.
    let mut best = vec![0.0f64; n + 1];
    let mut from = vec![(0usize, false); n + 1];
    for b in 1..=n {
        let (mut cost, mut choice) = (f64::INFINITY, (0, false));
        for (a, before) in best.iter().enumerate().take(b) {
            let begin = if a == 0 { 0.0 } else { price };
            for (c, shifted) in [(before + still(a, b) + begin, false), (before + moved(a, b) + price, true)] {
                if c < cost - 1e-12 {
                    (cost, choice) = (c, (a, shifted));
                }
            }
        }
        best[b] = cost;
        from[b] = choice;
    }
    let mut list = Vec::new();
    let mut b = n;
    while b > 0 {
        let (a, shifted) = from[b];
        let weight = w[b] - w[a];
        let level = if shifted && weight > 0.0 { (wy[b] - wy[a]) / weight } else { 0.0 };
        list.push(Stretch { from: a, to: b, level, shifted });
        b = a;
    }
    list.reverse();
    list
}

/// The windows at which the stretch that begins at `at` may have begun instead, with about 95 % confidence.
///
/// The likelihood-ratio set: every boundary whose cost is within 6 of the best (Siegmund 1988 finds the chi-square
/// value of 3.84 too short for change points).
#[must_use]
pub fn onset_interval(
    deviations: &[f64],
    variances: &[f64],
    at: usize,
    before: f64,
    after: f64,
    to: usize,
) -> (usize, usize) {
    let cost = |boundary: usize| -> f64 {
        (0..to.min(deviations.len()))
            .filter(|i| deviations[*i].is_finite() && variances[*i].is_finite() && variances[*i] > 0.0)
            .map(|i| (deviations[i] - if i < boundary { before } else { after }).powi(2) / variances[i])
            .sum()
    };
    let best = cost(at);
    let near = |b: &usize| cost(*b) <= best + 6.0;
    let low = (0..=at).rev().take_while(near).last().unwrap_or(at);
    let high = (at..to.max(at + 1)).take_while(near).last().unwrap_or(at);
    (low, high)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_step_is_found_at_its_window() {
        let y: Vec<f64> = (0..20).map(|i| if i < 12 { 0.1 } else { 3.0 } + 0.3 * f64::from((i * 7) % 5 - 2)).collect();
        let list = stretches(&y, &[1.0; 20]);
        assert_eq!(list.iter().map(|s| (s.from, s.shifted)).collect::<Vec<_>>(), [(0, false), (12, true)]);
        let (low, high) = onset_interval(&y, &[1.0; 20], 12, 0.0, list[1].level, 20);
        assert!(low >= 10 && high <= 13, "{low} {high}");
    }

    #[test]
    fn noise_is_one_still_stretch() {
        let y: Vec<f64> = (0..60).map(|i| f64::from((i * 37) % 11 - 5) / 3.2).collect();
        assert_eq!(stretches(&y, &[1.0; 60]).len(), 1);
        assert!(!stretches(&y, &[1.0; 60])[0].shifted);
    }

    #[test]
    fn recovery_ends_a_stretch() {
        let y: Vec<f64> = (0..30).map(|i| if (10..20).contains(&i) { 5.0 } else { 0.0 }).collect();
        let list = stretches(&y, &[1.0; 30]);
        assert_eq!(
            list.iter().map(|s| (s.from, s.to, s.shifted)).collect::<Vec<_>>(),
            [(0, 10, false), (10, 20, true), (20, 30, false)]
        );
    }

    #[test]
    fn windows_without_data_do_not_panic() {
        assert!(stretches(&[], &[]).is_empty());
        assert_eq!(stretches(&[f64::NAN, 1.0], &[f64::INFINITY, 0.0]).len(), 1);
    }
}
