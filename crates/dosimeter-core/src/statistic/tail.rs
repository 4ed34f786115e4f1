//! Upper tails, careful where they are small.
//!
//! Every p-value of the product comes from here. Alarm budgets divide a small chance by the number of things watched,
//! so what counts is the *relative* error far out: `1 - cdf(x)` is noise below 1e-16, and a p-value of zero cannot be
//! ranked or multiplied. Each function computes the tail it names. Checked against scipy to 1e-10 of the value, down
//! to 1e-300 for the normal law; in the two places where scipy itself is farther off, against sums in more digits.
//!
//! A parameter that makes no sense (a negative number of degrees of freedom, a NaN) gives NaN, never a panic.

mod discrete;
mod interval;
mod kolmogorov;
mod quadratic;
mod special;

pub use discrete::{binomial_cdf, binomial_sf, poisson_cdf, poisson_sf};
pub use interval::{clopper_pearson, wilson};
pub use kolmogorov::{kolmogorov_n_sf, kolmogorov_sf, smirnov_sf};
pub use quadratic::{anderson_darling_sf, cramer_von_mises_sf};

use special::{beta_pq, falling_root, gamma_pq};
use std::f64::consts::PI;

/// Beyond so many degrees of freedom Student's law is the normal one to double precision.
const NORMAL_BEYOND: f64 = 1e15;

/// `P(Z > z)` for a standard normal `Z`; accurate in relative terms until it underflows near `z = 38.5`.
///
/// ```
/// use dosimeter_core::statistic::tail::normal_sf;
/// assert_eq!(normal_sf(0.0), 0.5);
/// assert!((normal_sf(30.0) / 4.906713927148187e-198 - 1.0).abs() < 1e-12);
/// ```
pub fn normal_sf(z: f64) -> f64 {
    // The complementary error function is the incomplete gamma at 1/2; library versions are off by 1e-11 near 1.
    let (p, q) = gamma_pq(0.5, 0.5 * z * z);
    if z < 0.0 { 0.5 + 0.5 * p } else { 0.5 * q }
}

/// `ln P(Z > z)`, also where the probability itself underflows.
pub fn normal_ln_sf(z: f64) -> f64 {
    if z < 30.0 {
        return normal_sf(z).ln();
    }
    // Mills' ratio as Laplace's continued fraction, evaluated from its tail.
    let fraction = (1..=20).rev().fold(z, |f, k| z + f64::from(k) / f);
    -0.5 * z * z - (2.0 * PI).sqrt().ln() - fraction.ln()
}

/// The `z` with `P(Z > z) = p`: infinite at 0 and 1, NaN outside `[0, 1]`.
///
/// ```
/// use dosimeter_core::statistic::tail::{normal_isf, normal_sf};
/// assert!((normal_isf(0.025) - 1.959963984540054).abs() < 1e-14);
/// assert!((normal_sf(normal_isf(1e-200)) / 1e-200 - 1.0).abs() < 1e-10);
/// ```
pub fn normal_isf(p: f64) -> f64 {
    if !(0.0..=1.0).contains(&p) {
        return f64::NAN;
    }
    if p > 0.5 {
        return -normal_isf(1.0 - p);
    }
    if p == 0.0 {
        return f64::INFINITY;
    }
    // A rough start (Abramowitz and Stegun 26.2.23), then Newton on the logarithm, where the tail is nearly straight.
    let t = (-2.0 * p.ln()).sqrt();
    let mut z =
        t - (2.515_517 + t * (0.802_853 + t * 0.010_328)) / (1.0 + t * (1.432_788 + t * (0.189_269 + t * 0.001_308)));
    for _ in 0..6 {
        let log = normal_ln_sf(z);
        let hazard = (-0.5 * z * z - log).exp() / (2.0 * PI).sqrt();
        let step = (log - p.ln()) / hazard;
        z += step;
        if step.abs() < 1e-16 * z.abs() {
            break;
        }
    }
    z
}

/// Two-sided normal p-value, `P(|Z| > |z|)`.
pub fn normal_two_sided(z: f64) -> f64 {
    (2.0 * normal_sf(z.abs())).min(1.0)
}

/// `P(X > x)` for chi-square with `dof > 0` degrees of freedom.
///
/// ```
/// use dosimeter_core::statistic::tail::chi2_sf;
/// assert!((chi2_sf(3.841458820694124, 1.0) - 0.05).abs() < 1e-14);
/// ```
pub fn chi2_sf(x: f64, dof: f64) -> f64 {
    gamma_pq(0.5 * dof, 0.5 * x.max(0.0)).1
}

/// The `x` with `P(X > x) = p` for chi-square; NaN unless `0 < p <= 1` and `dof > 0`.
pub fn chi2_isf(p: f64, dof: f64) -> f64 {
    if !(p > 0.0 && p <= 1.0 && dof > 0.0 && dof.is_finite()) {
        return f64::NAN;
    }
    if p == 1.0 {
        return 0.0;
    }
    let mut high = dof.max(1.0);
    while chi2_sf(high, dof) > p {
        high *= 2.0;
    }
    falling_root(0.0, high, |x| chi2_sf(x, dof) - p)
}

/// Two-sided p-value of Student's t with `dof > 0`: `P(|T| > |t|)`.
///
/// ```
/// use dosimeter_core::statistic::tail::student_two_sided;
/// assert!((student_two_sided(2.228138851986274, 10.0) - 0.05).abs() < 1e-14);
/// ```
pub fn student_two_sided(t: f64, dof: f64) -> f64 {
    if dof > NORMAL_BEYOND {
        return normal_two_sided(t);
    }
    let t = t.abs();
    if t.is_infinite() && dof > 0.0 {
        return 0.0;
    }
    // Scaled so that neither t² nor dof + t² overflows.
    let (x, y) = if t * t > dof {
        let r = dof / t / t;
        (r / (1.0 + r), 1.0 / (1.0 + r))
    } else {
        let r = t * t / dof;
        (1.0 / (1.0 + r), r / (1.0 + r))
    };
    beta_pq(0.5 * dof, 0.5, x, y).0
}

/// `P(T > t)` for Student's t.
pub fn student_sf(t: f64, dof: f64) -> f64 {
    let half = 0.5 * student_two_sided(t, dof);
    if t < 0.0 { 1.0 - half } else { half }
}

/// The `t >= 0` with `P(|T| > t) = p`; NaN unless `0 < p <= 1` and `dof > 0`.
pub fn student_two_sided_isf(p: f64, dof: f64) -> f64 {
    if !(p > 0.0 && p <= 1.0 && dof > 0.0) {
        return f64::NAN;
    }
    if p == 1.0 {
        return 0.0;
    }
    let mut high = 1.0;
    while student_two_sided(high, dof) > p && high < 1e300 {
        high *= 2.0;
    }
    let low = if high > 1.0 { 0.5 * high } else { 0.0 };
    falling_root(low, high, |t| student_two_sided(t, dof) - p)
}

/// `P(X > x)` for Fisher's F with `d1` and `d2` degrees of freedom.
pub fn f_sf(x: f64, d1: f64, d2: f64) -> f64 {
    if x <= 0.0 {
        return 1.0;
    }
    if x.is_infinite() && d1 > 0.0 && d2 > 0.0 {
        return 0.0;
    }
    let r = d1 / d2 * x;
    beta_pq(0.5 * d2, 0.5 * d1, 1.0 / (1.0 + r), r / (1.0 + r)).0
}

#[cfg(test)]
mod tests;
