//! Does a series decline steadily, how fast, and when does the line reach a level?
//!
//! Generalised least squares of the windows' deviations on time. Their covariance is what sampling gives each, and the
//! reference's wobble, which lasts: `wobble · lasting^|i - j|`. What is left beyond that widens the error. A line is
//! steady only where neither one step nor a decline that has ended explains the windows as well. The time at which it
//! reaches a level has Fieller's (1954) interval, which is that of a ratio of two normal estimates.

use crate::statistic::tail;

/// Windows with data that a trend needs.
const LEAST_WINDOWS: usize = 6;
/// By how much a line must beat the best step, and what the best end of the decline may gain on it, in twice the
/// log-likelihood.
const BEYOND_A_STEP: f64 = 2.0;
const SHORT_OF_AN_END: f64 = 6.0;

/// A straight line through windows.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Trend {
    /// Its value at 0.
    pub intercept: f64,
    /// How much it rises from window to window.
    pub slope: f64,
    /// Variances and covariance of the two.
    variance: [f64; 3],
    /// Degrees of freedom.
    freedom: f64,
    /// Whether a line is what it is, and no step and no decline that has ended.
    pub steady: bool,
}

/// Fits a line to the values `y` at `x` (windows) with sampling variances; `None` where there are too few.
#[must_use]
pub fn trend(x: &[f64], y: &[f64], sampling: &[f64], wobble: f64, lasting: f64) -> Option<Trend> {
    let n = x.len();
    if n < LEAST_WINDOWS || y.len() != n || sampling.len() != n {
        return None;
    }
    let covariance = |i: usize, j: usize| {
        let own = if i == j { sampling[i] } else { 0.0 };
        own + wobble.max(0.0) * lasting.clamp(0.0, 0.99).powf((x[i] - x[j]).abs())
    };
    let root = cholesky(n, covariance)?;
    let white = |v: &[f64]| solve(&root, v);
    let (ones, line, values) = (white(&vec![1.0; n]), white(x), white(y));
    let fit = two(&ones, &line, &values)?;
    let freedom = n as f64 - 2.0;
    let scale = (fit.squares / freedom).max(1.0);
    let rival = |f: &dyn Fn(f64) -> f64| -> f64 {
        let column: Vec<f64> = x.iter().map(|x| f(*x)).collect();
        two(&ones, &white(&column), &values).map_or(f64::INFINITY, |f| f.squares)
    };
    let inner = || x.iter().copied().skip(1).take(n - 2);
    let step = inner().map(|k| rival(&|x| f64::from(u8::from(x >= k)))).fold(f64::INFINITY, f64::min);
    // A decline that ended at least a few windows ago.
    let ended = inner().take(n.saturating_sub(4)).map(|k| rival(&|x| x.min(k))).fold(f64::INFINITY, f64::min);
    let steady = fit.squares < step - BEYOND_A_STEP * scale && fit.squares < ended + SHORT_OF_AN_END * scale;
    let variance = fit.inverse.map(|v| v * scale);
    Some(Trend { intercept: fit.first, slope: fit.second, variance, freedom, steady })
}

impl Trend {
    /// The value of the line.
    #[must_use]
    pub fn at(&self, x: f64) -> f64 {
        self.intercept + self.slope * x
    }

    /// One-sided p that the line does not rise.
    #[must_use]
    pub fn p_rising(&self) -> f64 {
        let t = self.slope / self.variance[2].sqrt();
        if !t.is_finite() {
            return 1.0;
        }
        let two = tail::student_two_sided(t, self.freedom);
        if t > 0.0 { two / 2.0 } else { 1.0 - two / 2.0 }
    }

    /// The 95 % interval of the slope.
    #[must_use]
    pub fn slope_interval(&self) -> [f64; 2] {
        let half = self.quantile() * self.variance[2].sqrt();
        [self.slope - half, self.slope + half]
    }

    /// Where the line reaches `level`, with the 95 % interval; `None` where the slope may be 0.
    #[must_use]
    pub fn reaches(&self, level: f64) -> Option<(f64, [f64; 2])> {
        let q = self.quantile().powi(2);
        let [v0, v01, v1] = self.variance;
        let off = self.intercept - level;
        let a = self.slope * self.slope - q * v1;
        let b = 2.0 * (off * self.slope - q * v01);
        let c = off * off - q * v0;
        let root = (b * b - 4.0 * a * c).max(0.0).sqrt();
        let at = -off / self.slope;
        (a > 0.0 && at.is_finite()).then(|| (at, [(-b - root) / (2.0 * a), (-b + root) / (2.0 * a)]))
    }

    /// Student's t beyond which 5 % lie.
    fn quantile(&self) -> f64 {
        tail::student_two_sided_isf(0.05, self.freedom)
    }
}

/// The lower triangle of a positive definite matrix's root, by rows.
fn cholesky(n: usize, covariance: impl Fn(usize, usize) -> f64) -> Option<Vec<Vec<f64>>> {
    let mut root: Vec<Vec<f64>> = Vec::with_capacity(n);
    for i in 0..n {
        let mut row: Vec<f64> = Vec::with_capacity(i + 1);
        for j in 0..i {
            let above = &root[j];
            let sum: f64 = row.iter().zip(above).map(|(a, b)| a * b).sum();
            row.push((covariance(i, j) - sum) / above[j]);
        }
        let rest = covariance(i, i) - row.iter().map(|a| a * a).sum::<f64>();
        if !(rest > 0.0 && rest.is_finite()) {
            return None;
        }
        row.push(rest.sqrt());
        root.push(row);
    }
    Some(root)
}

/// The vector that the root takes to `v`: independent errors of variance 1.
fn solve(root: &[Vec<f64>], v: &[f64]) -> Vec<f64> {
    let mut out: Vec<f64> = Vec::with_capacity(v.len());
    for (row, x) in root.iter().zip(v) {
        let sum: f64 = row.iter().zip(&out).map(|(a, b)| a * b).sum();
        out.push((x - sum) / row.last().copied().unwrap_or(1.0));
    }
    out
}

struct Fit {
    first: f64,
    second: f64,
    /// Variances and covariance under unit errors.
    inverse: [f64; 3],
    squares: f64,
}

/// Least squares on two columns.
fn two(a: &[f64], b: &[f64], y: &[f64]) -> Option<Fit> {
    let dot = |u: &[f64], v: &[f64]| u.iter().zip(v).map(|(x, y)| x * y).sum::<f64>();
    let (aa, ab, bb) = (dot(a, a), dot(a, b), dot(b, b));
    let (ay, by) = (dot(a, y), dot(b, y));
    let determinant = aa * bb - ab * ab;
    // NaN is no determinant either.
    if determinant.is_nan() || determinant <= 1e-12 * aa * bb {
        return None;
    }
    let (first, second) = ((bb * ay - ab * by) / determinant, (aa * by - ab * ay) / determinant);
    let squares = y.iter().zip(a.iter().zip(b)).map(|(y, (a, b))| (y - first * a - second * b).powi(2)).sum();
    Some(Fit { first, second, inverse: [bb / determinant, -ab / determinant, aa / determinant], squares })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::simulate::Rng;

    #[test]
    fn is_generalised_least_squares() {
        // numpy: S = diag(v) + 0.5 * 0.6**abs(i - j), X = [1, x];
        // inv(X.T @ inv(S) @ X) @ X.T @ inv(S) @ y, and sqrt of its covariance's diagonal (residuals are below their scale)
        let x: Vec<f64> = (0..8).map(f64::from).collect();
        let y = [0.1, 0.9, 2.3, 2.8, 4.4, 4.9, 6.2, 6.7];
        let v = [1.0, 0.8, 1.2, 1.0, 0.9, 1.1, 1.0, 1.3];
        let t = trend(&x, &y, &v, 0.5, 0.6).unwrap();
        let expected = [0.09454936012400034, 0.9819531855400653, 0.9204476760962644, 0.21434538828061597];
        for (got, want) in [t.intercept, t.slope, t.variance[0].sqrt(), t.variance[2].sqrt()].iter().zip(expected) {
            assert!((got - want).abs() < 1e-9, "{t:?}");
        }
        assert!(t.steady);
    }

    /// Values around a course of 24 windows, with wobble of variance 1 that lasts.
    fn draw(rng: &mut Rng, course: impl Fn(f64) -> f64) -> Option<Trend> {
        let mut wobble = rng.standard_normal();
        let (mut x, mut y) = (Vec::new(), Vec::new());
        for i in 0..24 {
            let at = f64::from(i) + 0.5;
            x.push(at);
            y.push(course(at) + wobble + rng.standard_normal());
            wobble = 0.5 * wobble + 0.75f64.sqrt() * rng.standard_normal();
        }
        trend(&x, &y, &[1.0; 24], 1.0, 0.5)
    }

    #[test]
    fn a_line_reaches_a_level_when_it_says() {
        let mut rng = Rng::new(11);
        let (mut said, mut covered) = (0, 0);
        for _ in 0..1000 {
            let Some(t) = draw(&mut rng, |x| 0.4 * x).filter(|t| t.steady && t.p_rising() < 0.0025) else { continue };
            let Some((_, [low, high])) = t.reaches(14.0) else { continue };
            said += 1;
            covered += usize::from((low..=high).contains(&35.0));
        }
        let share = f64::from(covered as u32) / f64::from(said);
        assert!(said > 600 && share >= 0.92, "{said} {share}");
    }

    #[test]
    fn neither_noise_nor_a_step_nor_a_fall_that_ended_is_a_decline() {
        let mut rng = Rng::new(12);
        let mut said = |course: &dyn Fn(f64) -> f64| {
            (0..500).filter(|_| draw(&mut rng, course).is_some_and(|t| t.steady && t.p_rising() < 0.0025)).count()
        };
        let (noise, step, ended) =
            (said(&|_| 0.0), said(&|x| if x < 12.0 { 0.0 } else { 8.0 }), said(&|x| 1.5 * x.min(10.0)));
        assert!(noise <= 5 && step <= 5 && ended <= 10, "{noise} {step} {ended}");
    }
}
