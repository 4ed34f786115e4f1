//! The laws of Kolmogorov and Smirnov: limiting, and exact for one sample of size `n`.
//!
//! Two-sample tests with an "asymptotic" p-value (scipy's `method='asymp'`) take the exact one-sample law at the
//! effective size `nm/(n+m)`, which is far closer than the limit at hundreds of rows. Following Simard and L'Ecuyer,
//! the method depends on where one is: closed forms at the ends, Smirnov's one-sided sum (doubled; exact beyond 1/2 and
//! off by less than 1e-8 of itself elsewhere it is used) in the upper tail, Durbin's matrix in the form of Marsaglia,
//! Tsang and Wang for small `n`, and the expansion of Pelz and Good for the rest.
//!
//! Papers: R. Simard and P. L'Ecuyer, *Computing the Two-Sided Kolmogorov-Smirnov Distribution* (2011); W. Pelz and
//! I. J. Good, *Approximating the lower tail-areas of the Kolmogorov-Smirnov one-sample statistic* (1976);
//! G. Marsaglia, W. W. Tsang and J. Wang, *Evaluating Kolmogorov's Distribution* (2003).

use super::special::{binomial_mass, stirling_error};
use std::f64::consts::{FRAC_PI_2, PI};

/// `P(K > x)` for Kolmogorov's limiting law, accurate in relative terms in the upper tail.
///
/// ```
/// use dosimeter_core::statistic::tail::kolmogorov_sf;
/// assert!((kolmogorov_sf(1.3580986) - 0.05).abs() < 1e-7);
/// ```
pub fn kolmogorov_sf(x: f64) -> f64 {
    if x.is_nan() {
        return f64::NAN;
    }
    if x <= 0.04 {
        return 1.0;
    }
    if x < 0.8 {
        let base = -PI * PI / (8.0 * x * x);
        let sum: f64 = (0..5).map(|k| (base * f64::from((2 * k + 1) * (2 * k + 1))).exp()).sum();
        return 1.0 - (2.0 * PI).sqrt() / x * sum;
    }
    let mut sum = 0.0;
    for k in 1..10 {
        let term = (-2.0 * x * x * f64::from(k * k)).exp();
        sum += if k % 2 == 1 { term } else { -term };
    }
    (2.0 * sum).clamp(0.0, 1.0)
}

/// Above so many values Smirnov's sum is taken over every so-many-th term.
const EVERY_TERM: u64 = 10_000;

/// `P(D⁺ > d)` for the one-sided Smirnov statistic of `n` values: Birnbaum and Tingey's sum.
///
/// Above ten thousand values every `n / 2500`-th term stands for its neighbours: the terms follow a smooth bell that
/// vanishes with all its derivatives at both ends, for which such a sum errs by less than rounding does. (Left of
/// `√n d = 1` the ends are not flat, and the expansion `exp(-(6nd+1)²/(18n))`, off by `1/n`, takes over.)
pub fn smirnov_sf(n: u64, d: f64) -> f64 {
    if n == 0 || d.is_nan() {
        return f64::NAN;
    }
    if d <= 0.0 {
        return 1.0;
    }
    if d >= 1.0 {
        return 0.0;
    }
    let size = n as f64;
    if n > EVERY_TERM && size * d * d < 1.0 {
        return (-(6.0 * size * d + 1.0).powi(2) / (18.0 * size)).exp();
    }
    let stride = if n > EVERY_TERM { n / 2_500 } else { 1 };
    let last = (size * (1.0 - d)).floor() as u64;
    let mut sum = 0.0;
    for j in (0..=last).step_by(stride as usize) {
        let j = j as f64;
        let (np, nq) = (size * d + j, size * (1.0 - d) - j);
        if nq > 0.0 {
            sum += binomial_mass(j, size - j, np, nq) * size * d / np;
        }
    }
    (sum * stride as f64).clamp(0.0, 1.0)
}

/// `P(D > d)` for the two-sided Kolmogorov-Smirnov statistic of one sample of `n` values.
pub fn kolmogorov_n_sf(n: u64, d: f64) -> f64 {
    if n == 0 || d.is_nan() {
        return f64::NAN;
    }
    let size = n as f64;
    let t = size * d;
    if t <= 0.5 {
        return 1.0;
    }
    if d >= 1.0 {
        return 0.0;
    }
    if t <= 1.0 {
        // n! ((2t-1)/n)^n, with n!/n^n = sqrt(2πn) e^(-n) e^δ.
        let log = 0.5 * (2.0 * PI * size).ln() - size + stirling_error(size) + size * (2.0 * t - 1.0).ln();
        return -log.exp_m1();
    }
    if t >= size - 1.0 {
        return 2.0 * (size * (-d).ln_1p()).exp();
    }
    let spread = t * d;
    if d >= 0.5 || spread >= if n <= 140 { 4.0 } else { 2.2 } {
        return (2.0 * smirnov_sf(n, d)).min(1.0);
    }
    let cdf =
        if n <= 140 || (n <= 100_000 && size * d.powf(1.5) <= 1.4) { durbin_cdf(n, d) } else { pelz_good_cdf(size, d) };
    (1.0 - cdf).clamp(0.0, 1.0)
}

/// Pelz and Good's expansion in powers of `1/√n`.
fn pelz_good_cdf(n: f64, d: f64) -> f64 {
    let z = n.sqrt() * d;
    let z2 = z * z;
    let (z4, z6) = (z2 * z2, z2 * z2 * z2);
    let mut k = [0.0; 4];
    for i in 0..40 {
        // The half-integer sums run over all integers: each non-negative one counts twice.
        let u = (f64::from(i) + 0.5) * PI;
        let (u2, weight) = (u * u, 2.0 * (-(f64::from(i) + 0.5).powi(2) * PI * PI / (2.0 * z2)).exp());
        let (u4, u6) = (u2 * u2, u2 * u2 * u2);
        k[0] += weight;
        k[1] += weight * (u2 - z2);
        k[2] += weight * (6.0 * z6 + 2.0 * z4 + u2 * (2.0 * z4 - 5.0 * z2) + u4 * (1.0 - 2.0 * z2));
        k[3] += weight
            * (u6 * (5.0 - 30.0 * z2) + u4 * (212.0 * z4 - 60.0 * z2) + u2 * (135.0 * z4 - 96.0 * z6)
                - 30.0 * z6
                - 90.0 * z4 * z4);
    }
    let (mut second, mut third) = (0.0, 0.0);
    for i in 1..40 {
        let v2 = (f64::from(i) * PI).powi(2);
        let weight = 2.0 * (-v2 / (2.0 * z2)).exp();
        second += weight * v2;
        third += weight * (3.0 * v2 * z2 - v2 * v2);
    }
    let root = FRAC_PI_2.sqrt();
    let [k0, k1, k2, k3] = k;
    root * (k0 / z
        + k1 / (6.0 * z4 * n.sqrt())
        + (k2 / (72.0 * z6 * z) - second / (36.0 * z * z2)) / n
        + (k3 / (6480.0 * z6 * z4) + third / (216.0 * z6)) / (n * n.sqrt()))
}

/// A square matrix times a power of two, so that powers neither overflow nor vanish.
struct Scaled {
    side: usize,
    cells: Vec<f64>,
    exponent: i32,
}

impl Scaled {
    fn times(&self, other: &Scaled) -> Scaled {
        let m = self.side;
        let mut cells = vec![0.0; m * m];
        for (row, out) in self.cells.chunks_exact(m).zip(cells.chunks_exact_mut(m)) {
            for (&a, line) in row.iter().zip(other.cells.chunks_exact(m)) {
                if a != 0.0 {
                    out.iter_mut().zip(line).for_each(|(o, b)| *o += a * b);
                }
            }
        }
        let mut exponent = self.exponent + other.exponent;
        if cells.get(m * (m / 2) + m / 2).is_some_and(|&c| c > 2f64.powi(400)) {
            cells.iter_mut().for_each(|c| *c *= 2f64.powi(-400));
            exponent += 400;
        }
        Scaled { side: m, cells, exponent }
    }
}

/// `P(D < d)` by the matrix of Durbin, as arranged by Marsaglia, Tsang and Wang: `n!/n^n` times the middle entry of
/// the `n`-th power.
fn durbin_cdf(n: u64, d: f64) -> f64 {
    let size = n as f64;
    let t = size * d;
    let k = t.floor() as usize + 1;
    let (m, h) = (2 * k - 1, k as f64 - t);
    // 1/i! for i up to m; h^i shrinks fast enough that underflow to zero is right.
    let inverse: Vec<f64> = (0..=m)
        .scan(1.0, |f, i| {
            *f /= if i == 0 { 1.0 } else { i as f64 };
            Some(*f)
        })
        .collect();
    let factor = |i: usize| inverse.get(i).copied().unwrap_or(0.0);
    let mut cells = vec![0.0; m * m];
    for (i, row) in cells.chunks_exact_mut(m).enumerate() {
        for (j, cell) in row.iter_mut().enumerate() {
            if i + 1 >= j {
                let step = i + 1 - j;
                let mut value = 1.0;
                if j == 0 {
                    value -= h.powi(i as i32 + 1);
                }
                if i + 1 == m {
                    value -= h.powi((m - j) as i32);
                }
                if j == 0 && i + 1 == m && 2.0 * h > 1.0 {
                    value += (2.0 * h - 1.0).powi(m as i32);
                }
                *cell = value * factor(step);
            }
        }
    }
    let mut base = Scaled { side: m, cells, exponent: 0 };
    let mut power = Scaled { side: m, cells: vec![0.0; m * m], exponent: 0 };
    power.cells.iter_mut().step_by(m + 1).for_each(|c| *c = 1.0);
    let mut left = n;
    while left > 0 {
        if left & 1 == 1 {
            power = power.times(&base);
        }
        left >>= 1;
        if left > 0 {
            base = base.times(&base);
        }
    }
    let middle = power.cells.get((k - 1) * m + k - 1).copied().unwrap_or(0.0);
    let scale = 0.5 * (2.0 * PI * size).ln() - size + stirling_error(size);
    (middle.ln() + f64::from(power.exponent) * std::f64::consts::LN_2 + scale).exp()
}
