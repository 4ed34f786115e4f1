//! Anderson-Darling, two and more samples.
//!
//! **What.** Cramér-von Mises with the gap divided by its own standard deviation, so that tails count as much as the
//! middle.
//!
//! **Definition.** Scholz and Stephens' rank statistic, in two versions for ties: midranks (scipy's `midrank=True`,
//! Evidently's `anderson`) and right ends; normalised by its exact mean and standard deviation without ties. Two p-values:
//! `p_clipped` interpolates the published table and is held to `[0.001, 0.25]`, which is what other tools report; `p` is
//! the upper tail of the limiting law at the standardised statistic, which neither clips nor extrapolates.
//!
//! **Guarantees.** Symmetric; unchanged by increasing transforms. On raw samples with ties both are a little conservative.
//! [`counts`] standardises given the ties; its p matches two moments and is fair from about ten filled cells.
//!
//! **Papers.** F. W. Scholz and M. A. Stephens, *K-sample Anderson-Darling tests* (1987); A. N. Pettitt, *A two-sample
//! Anderson-Darling rank statistic* (1976).
//!
//! ```
//! use dosimeter_core::statistic::anderson_darling::{Ties, samples};
//! let (a, b) = ([1.0, 2.0, 3.0, 4.0, 5.0, 6.0], [4.5, 5.5, 6.5, 7.5, 8.5, 9.5]);
//! let test = samples(&a, &b, Ties::Midrank).unwrap();
//! assert!((test.statistic - 3.4983477007818644).abs() < 1e-12 && (test.p_clipped - 0.012498068880715224).abs() < 1e-12);
//! ```

use super::cells::{pairs, totals};
use super::sample::{Pooled, finite_sorted};
use super::tail::anderson_darling_sf;
use std::f64::consts::PI;

/// What to do with equal values.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Ties {
    /// Rank them by their middle.
    Midrank,
    /// Take the distribution functions at the right end of each group.
    Right,
}

/// The outcome of the test.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct AndersonDarling {
    /// The normalised statistic `(A² - (k - 1)) / σ`.
    pub statistic: f64,
    /// `A²` itself.
    pub a2: f64,
    /// Upper tail of the limiting law; NaN for more than two samples, for which only the table is at hand.
    pub p: f64,
    /// p interpolated in the published table, between 0.001 and 0.25.
    pub p_clipped: f64,
}

/// Two raw samples; `None` if a side is empty, all values are equal, or there are fewer than four.
pub fn samples(reference: &[f64], current: &[f64], ties: Ties) -> Option<AndersonDarling> {
    let pooled = Pooled::new(reference, current)?;
    from_groups(&[&pooled.reference, &pooled.current], ties)
}

/// Two or more raw samples; `None` as for [`samples`], or for fewer than two.
pub fn k_samples(all: &[&[f64]], ties: Ties) -> Option<AndersonDarling> {
    let sorted: Vec<Vec<f64>> = all.iter().map(|s| finite_sorted(s)).collect();
    let mut distinct = finite_sorted(&sorted.concat());
    distinct.dedup();
    let counts: Vec<Vec<u64>> = sorted
        .iter()
        .map(|s| {
            let mut cells = vec![0; distinct.len()];
            for v in s {
                if let Some(cell) = cells.get_mut(distinct.partition_point(|d| d < v)) {
                    *cell += 1;
                }
            }
            cells
        })
        .collect();
    let views: Vec<&[u64]> = counts.iter().map(Vec::as_slice).collect();
    from_groups(&views, ties)
}

/// The right-end statistic on counts over ordered cells, standardised given the ties. `None` if a side is empty or only
/// one cell is filled.
pub fn counts(reference: &[u64], current: &[u64]) -> Option<AndersonDarling> {
    let (n, m) = totals(reference, current)?;
    let (n, m) = (n as f64, m as f64);
    let all = n + m;
    let (mut a, mut b) = (0.0, 0.0);
    let (mut a2, mut mean, mut diagonal, mut crossed, mut odds) = (0.0, 0.0, 0.0, 0.0, 0.0);
    for (r, c) in pairs(reference, current) {
        a += r as f64;
        b += c as f64;
        let w = (r as f64 + c as f64) / all;
        let (u, v) = ((a + b) / all, (n - a + m - b) / all);
        if w == 0.0 || v <= 0.0 {
            continue;
        }
        a2 += w * (a / n - b / m).powi(2) / (u * v);
        mean += w;
        // Squared correlation of the bridge at i < j: (u_i / v_i) (v_j / u_j).
        diagonal += w * w;
        crossed += odds * w * v / u;
        odds += w * u / v;
    }
    // N/(N-1) is the finite-population factor, which Scholz and Stephens' (N-1)/N takes out again.
    a2 *= n * m / all * (all - 1.0) / all;
    if mean == 0.0 {
        return None;
    }
    let statistic = (a2 - mean) / (2.0 * (diagonal + 2.0 * crossed)).sqrt();
    Some(AndersonDarling { statistic, a2, p: p_limit(statistic), p_clipped: p_table(statistic, 1.0) })
}

fn p_limit(statistic: f64) -> f64 {
    anderson_darling_sf(1.0 + statistic * (2.0 * (PI * PI / 3.0 - 3.0)).sqrt())
}

fn from_groups(groups: &[&[u64]], ties: Ties) -> Option<AndersonDarling> {
    let k = groups.len();
    let sizes: Vec<f64> = groups.iter().map(|g| g.iter().sum::<u64>() as f64).collect();
    let cells: Vec<f64> =
        (0..groups.first()?.len()).map(|i| groups.iter().filter_map(|g| g.get(i)).sum::<u64>() as f64).collect();
    let all: f64 = sizes.iter().sum();
    if k < 2 || sizes.contains(&0.0) || cells.len() < 2 || all < 4.0 {
        return None;
    }
    let mut a2 = 0.0;
    for (group, &size) in groups.iter().zip(&sizes) {
        let (mut before, mut mine, mut inner) = (0.0, 0.0, 0.0);
        for (&count, &tied) in group.iter().zip(&cells) {
            let (b, m, spread) = match ties {
                Ties::Midrank => {
                    let b = before + 0.5 * tied;
                    (b, mine + 0.5 * count as f64, b * (all - b) - all * tied / 4.0)
                }
                Ties::Right => {
                    let b = before + tied;
                    (b, mine + count as f64, b * (all - b))
                }
            };
            if spread > 0.0 {
                inner += tied / all * (all * m - b * size).powi(2) / spread;
            }
            before += tied;
            mine += count as f64;
        }
        a2 += inner / size;
    }
    if ties == Ties::Midrank {
        a2 *= (all - 1.0) / all;
    }
    let degrees = (k - 1) as f64;
    let statistic = (a2 - degrees) / null_variance(&sizes, all).sqrt();
    let p = if k == 2 { p_limit(statistic) } else { f64::NAN };
    Some(AndersonDarling { statistic, a2, p, p_clipped: p_table(statistic, degrees) })
}

/// Beyond so many rows the variance is that of its limit to six digits, and the harmonic double sum is not worth a pass.
const LIMIT_ROWS: f64 = 3e6;

/// The exact variance of `A²` without ties (Scholz and Stephens, equation 4).
fn null_variance(sizes: &[f64], n: f64) -> f64 {
    let k = sizes.len() as f64;
    if n > LIMIT_ROWS {
        return 2.0 * (k - 1.0) * (PI * PI / 3.0 - 3.0);
    }
    let reciprocals: f64 = sizes.iter().map(|s| 1.0 / s).sum();
    // h = 1 + 1/2 + ... + 1/(N-1); g = Σ_(i<j) 1/((N-i) j).
    let (mut h, mut g) = (0.0, 0.0);
    for j in 2..n as u64 {
        h += 1.0 / (n - j as f64 + 1.0);
        g += h / j as f64;
    }
    h += 1.0;
    let a = (4.0 * g - 6.0) * (k - 1.0) + (10.0 - 6.0 * g) * reciprocals;
    let b = (2.0 * g - 4.0) * k * k + 8.0 * h * k + (2.0 * g - 14.0 * h - 4.0) * reciprocals - 8.0 * h + 4.0 * g - 6.0;
    let c = (6.0 * h + 2.0 * g - 2.0) * k * k + (4.0 * h - 4.0 * g + 6.0) * k + (2.0 * h - 6.0) * reciprocals + 4.0 * h;
    let d = (2.0 * h + 6.0) * k * k - 4.0 * h * k;
    (((a * n + b) * n + c) * n + d) / ((n - 1.0) * (n - 2.0) * (n - 3.0))
}

/// Scholz and Stephens' table 2: level and the coefficients of its critical value in `1/sqrt(k-1)`.
const TABLE: [(f64, f64, f64, f64); 7] = [
    (0.25, 0.675, -0.245, -0.105),
    (0.1, 1.281, 0.25, -0.305),
    (0.05, 1.645, 0.678, -0.362),
    (0.025, 1.96, 1.149, -0.391),
    (0.01, 2.326, 1.822, -0.396),
    (0.005, 2.573, 2.364, -0.345),
    (0.001, 3.085, 3.615, -0.154),
];

/// The log of the level as a least-squares parabola of the critical value, held to the table's range.
fn p_table(statistic: f64, degrees: f64) -> f64 {
    let points = TABLE.map(|(p, a, b, c)| (a + b / degrees.sqrt() + c / degrees, p.ln()));
    let [(first, _), .., (last, _)] = points;
    if statistic < first {
        return 0.25;
    }
    if statistic > last {
        return 0.001;
    }
    // Orthogonal polynomials on the seven points: the normal equations become three divisions.
    let mean = points.iter().map(|p| p.0).sum::<f64>() / 7.0;
    let s2 = points.iter().map(|p| (p.0 - mean).powi(2)).sum::<f64>();
    let s3 = points.iter().map(|p| (p.0 - mean).powi(3)).sum::<f64>();
    let second = |x: f64| (x - mean).powi(2) - s3 / s2 * (x - mean) - s2 / 7.0;
    let level = points.iter().map(|p| p.1).sum::<f64>() / 7.0;
    let slope = points.iter().map(|p| (p.0 - mean) * p.1).sum::<f64>() / s2;
    let bend =
        points.iter().map(|p| second(p.0) * p.1).sum::<f64>() / points.iter().map(|p| second(p.0).powi(2)).sum::<f64>();
    (level + slope * (statistic - mean) + bend * second(statistic)).exp()
}
