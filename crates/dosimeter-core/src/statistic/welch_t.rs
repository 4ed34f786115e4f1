//! Welch's t test.
//!
//! **What.** Did the mean move, and by how much, with an interval?
//!
//! **Definition.** `t = (mean_ref - mean_cur) / sqrt(s²_ref/n + s²_cur/m)` with the degrees of freedom of Welch and
//! Satterthwaite (scipy's `ttest_ind(equal_var=False)`). [`pooled`] is Student's version with one variance for both,
//! which is what Evidently's `t_test` does. Moments are enough, so the second face takes what a profile keeps.
//!
//! **Guarantees.** `t` changes its sign with the samples' order, p does not; unchanged by affine maps of the column. p is
//! asymptotically right for finite variances; one wild value inflates the variance and hides a shift of everything else.
//!
//! **Paper.** B. L. Welch, *The generalization of "Student's" problem when several different population variances are
//! involved* (1947).
//!
//! ```
//! use dosimeter_core::statistic::welch_t::samples;
//! let test = samples(&[1.0, 2.0, 3.0], &[2.0, 4.0, 6.0, 8.0]).unwrap();
//! assert!((test.t + 2.1213203435596424).abs() < 1e-12 && (test.dof - 4.075471698113208).abs() < 1e-12);
//! ```

use super::sample::Moments;
use super::tail::{student_two_sided, student_two_sided_isf};

/// The outcome of the test.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct TTest {
    /// The statistic; positive when the reference has the larger mean.
    pub t: f64,
    /// Degrees of freedom, rarely whole.
    pub dof: f64,
    /// Two-sided p-value.
    pub p: f64,
    /// Current mean minus reference mean, in the column's unit.
    pub change: f64,
    /// Standard error of the change.
    pub standard_error: f64,
}

impl TTest {
    /// The interval of the change at a two-sided `confidence` such as 0.95; NaN bounds for a confidence outside `(0, 1)`.
    pub fn interval(&self, confidence: f64) -> (f64, f64) {
        let half = student_two_sided_isf(1.0 - confidence, self.dof) * self.standard_error;
        (self.change - half, self.change + half)
    }
}

/// Welch's test of raw samples; `None` below two finite values a side or when neither varies.
pub fn samples(reference: &[f64], current: &[f64]) -> Option<TTest> {
    moments(&Moments::new(reference)?, &Moments::new(current)?)
}

/// Welch's test of two sets of moments; `None` below two values a side or when neither varies.
pub fn moments(reference: &Moments, current: &Moments) -> Option<TTest> {
    let (n, m) = (reference.count as f64, current.count as f64);
    let (v, w) = (reference.sample_variance() / n, current.sample_variance() / m);
    let dof = (v + w) * (v + w) / (v * v / (n - 1.0) + w * w / (m - 1.0));
    test(current.mean - reference.mean, (v + w).sqrt(), dof)
}

/// Student's test, which takes both variances for equal; `None` as for [`moments`].
pub fn pooled(reference: &Moments, current: &Moments) -> Option<TTest> {
    if reference.count < 2 || current.count < 2 {
        return None;
    }
    let (n, m) = (reference.count as f64, current.count as f64);
    let dof = n + m - 2.0;
    let variance = (reference.squares + current.squares) / dof;
    test(current.mean - reference.mean, (variance * (1.0 / n + 1.0 / m)).sqrt(), dof)
}

fn test(change: f64, standard_error: f64, dof: f64) -> Option<TTest> {
    if !(standard_error > 0.0 && standard_error.is_finite() && dof > 0.0 && change.is_finite()) {
        return None;
    }
    let t = -change / standard_error;
    Some(TTest { t, dof, p: student_two_sided(t, dof), change, standard_error })
}
