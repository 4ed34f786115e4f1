//! A number with its sampling error, and the interval that it leaves.
//!
//! The textbook interval, value plus and minus two errors, fails just where monitoring lives: near the end of a
//! metric's range (an accuracy of 0.998) and for small windows. So the interval follows the metric's scale: Wilson's
//! score interval for shares, through the Jaccard index for F1, through Fisher's transform for correlations, and
//! Student's t clipped to the range for mean losses. A change between two windows gets its interval from the two
//! (Zou & Donner 2008), and so inherits their good behaviour.

use serde::{Deserialize, Serialize};
use statrs::distribution::{ContinuousCDF, Normal, StudentsT};

/// The range of a metric, and how its interval is made.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Scale {
    /// In [0, 1]: Wilson 1927's score interval at the sample size that the error amounts to, v(1-v)/se^2 (Korn &
    /// Graubard 1998); for a plain share that is n itself.
    Share,
    /// F1: 2J/(1+J) of the Jaccard index J = TP/(TP+FP+FN), which is a plain share.
    F1,
    /// In [-1, 1]: normal on atanh.
    Correlation,
    /// In [-1, 1]: Student's t, clipped.
    Difference,
    /// At most 1: Student's t, clipped.
    AtMostOne,
    /// In [0, limit]: Student's t, clipped.
    LossUpTo(u8),
    /// At least 0: Student's t, clipped.
    Loss,
    /// Any number: Student's t.
    Real,
}

/// A value, and how far a sample of that size may be from the truth.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Estimate {
    /// The value in this sample.
    pub value: f64,
    /// Its standard error under i.i.d. rows; infinite where the sample is too small to tell. A share seen at 0 or 1
    /// has an error too: that of half a row.
    pub se: f64,
    /// The rows that it rests on: those that its denominator counts (for precision the predicted positives, for the
    /// AUC the rarer class, and so on).
    pub n: u64,
    /// Its range, and how the interval is made.
    pub scale: Scale,
}

/// The two-sided normal quantile of a level; a level that is none counts as 0.95.
fn normal_quantile(level: f64) -> f64 {
    Normal::standard().inverse_cdf(upper_tail(level))
}

fn upper_tail(level: f64) -> f64 {
    let level = if level > 0.0 && level < 1.0 { level } else { 0.95 };
    // At the last bits before 1 the quantile would be infinite.
    (0.5 + 0.5 * level).min(1.0 - 1e-15)
}

/// Student's quantile for a mean of n values; from 1000 on the normal is as good.
fn student_quantile(level: f64, n: u64) -> f64 {
    if !(2..=1000).contains(&n) {
        return normal_quantile(level);
    }
    StudentsT::new(0.0, 1.0, (n - 1) as f64)
        .map_or_else(|_| normal_quantile(level), |t| t.inverse_cdf(upper_tail(level)))
}

/// Wilson's score interval of share `p` in `n` rows, at normal quantile `z`.
fn wilson(p: f64, n: f64, z: f64) -> [f64; 2] {
    let z2 = z * z;
    let centre = (n * p + 0.5 * z2) / (n + z2);
    let half = z * (n * p * (1.0 - p) + 0.25 * z2).max(0.0).sqrt() / (n + z2);
    [(centre - half).max(0.0), (centre + half).min(1.0)]
}

/// The error of a share that was seen at 0 or 1 in `n` rows: that of half a row. Zero would claim that no
/// further row can change it.
pub(super) fn error_at_the_end(n: f64) -> f64 {
    let q = 0.5 / (n + 1.0);
    if n > 0.0 { (q * (1.0 - q) / n).sqrt() } else { f64::INFINITY }
}

impl Estimate {
    /// A value with its error. `None` where the value is not a number.
    pub(super) fn new(value: f64, se: f64, n: u64, scale: Scale) -> Option<Self> {
        let se = if se.is_nan() { f64::INFINITY } else { se };
        value.is_finite().then_some(Self { value, se, n, scale })
    }

    /// A value in [0, 1] (or [-1, 1]) with its error, never 0: at the end of the range it is that of half a row.
    pub(super) fn bounded(value: f64, se: f64, n: u64, scale: Scale) -> Option<Self> {
        let at_end = value.abs() >= 1.0 || (value == 0.0 && scale != Scale::Correlation);
        let se = if at_end || se.is_nan() { error_at_the_end(n as f64) } else { se };
        Self::new(value, se, n, scale)
    }

    /// A value on its scale: [`Self::bounded`] where the scale ends at 1 (or 0) and a sample can reach it.
    pub(super) fn on(value: f64, se: f64, n: u64, scale: Scale) -> Option<Self> {
        match scale {
            Scale::Share | Scale::F1 | Scale::Correlation => Self::bounded(value, se, n, scale),
            _ => Self::new(value, se, n, scale),
        }
    }

    /// The share `hits` of `n`; `None` for none of none.
    #[must_use]
    pub fn share(hits: u64, n: u64) -> Option<Self> {
        if n == 0 {
            return None;
        }
        let p = hits.min(n) as f64 / n as f64;
        Self::bounded(p, (p * (1.0 - p) / n as f64).sqrt(), n, Scale::Share)
    }

    /// The interval that covers the truth with chance `level` (as 0.95), within the metric's range.
    #[must_use]
    pub fn interval(&self, level: f64) -> [f64; 2] {
        let [low, high] = self.on_scale(level);
        // Rounding must not put the value itself outside.
        [low.min(self.value), high.max(self.value)]
    }

    fn on_scale(&self, level: f64) -> [f64; 2] {
        let v = self.value;
        match self.scale {
            Scale::Share => {
                let n = if v > 0.0 && v < 1.0 { v * (1.0 - v) / (self.se * self.se) } else { self.n as f64 };
                wilson(v, if n.is_finite() { n } else { self.n as f64 }, normal_quantile(level))
            }
            Scale::F1 => {
                let jaccard = v / (2.0 - v);
                // se(F1) = 2/(1+J)^2 se(J): back to the size of the share that has this error.
                let se = self.se * (1.0 + jaccard) * (1.0 + jaccard) / 2.0;
                let n = if v > 0.0 && v < 1.0 { jaccard * (1.0 - jaccard) / (se * se) } else { self.n as f64 };
                let n = if n.is_finite() { n } else { self.n as f64 };
                wilson(jaccard, n, normal_quantile(level)).map(|j| 2.0 * j / (1.0 + j))
            }
            Scale::Correlation if v.abs() < 1.0 && self.se.is_finite() => {
                let half = normal_quantile(level) * self.se / (1.0 - v * v);
                [(v.atanh() - half).tanh(), (v.atanh() + half).tanh()]
            }
            Scale::Correlation | Scale::Difference => self.clipped(level, -1.0, 1.0),
            Scale::AtMostOne => self.clipped(level, f64::NEG_INFINITY, 1.0),
            Scale::LossUpTo(limit) => self.clipped(level, 0.0, f64::from(limit)),
            Scale::Loss => self.clipped(level, 0.0, f64::INFINITY),
            Scale::Real => self.clipped(level, f64::NEG_INFINITY, f64::INFINITY),
        }
    }

    fn clipped(&self, level: f64, low: f64, high: f64) -> [f64; 2] {
        let half = student_quantile(level, self.n) * self.se;
        [(self.value - half).max(low), (self.value + half).min(high)]
    }

    /// The interval of `self - reference`, two independent samples: MOVER (Zou & Donner 2008), for shares this is
    /// Newcombe 1998's.
    #[must_use]
    pub fn change_since(&self, reference: &Estimate, level: f64) -> [f64; 2] {
        let (now, then) = (self.interval(level), reference.interval(level));
        let d = self.value - reference.value;
        let down = (self.value - now[0]).hypot(then[1] - reference.value);
        let up = (now[1] - self.value).hypot(reference.value - then[0]);
        [d - down, d + up]
    }

    /// The two-sided p-value of no change since `reference`, two independent samples, by their standard errors.
    #[must_use]
    pub fn p_of_change_since(&self, reference: &Estimate) -> f64 {
        let d = (self.value - reference.value).abs();
        let se = self.se.hypot(reference.se);
        if d == 0.0 || se.is_infinite() {
            return 1.0;
        }
        if se == 0.0 {
            return 0.0;
        }
        (2.0 * Normal::standard().sf(d / se)).min(1.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn close(got: [f64; 2], want: [f64; 2], tolerance: f64) {
        assert!((got[0] - want[0]).abs() < tolerance && (got[1] - want[1]).abs() < tolerance, "{got:?} {want:?}");
    }

    #[test]
    fn shares_are_wilson() {
        // scipy.stats.binomtest(k, n).proportion_ci(0.95, method="wilson")
        let e = Estimate::share(90, 100).expect("rows");
        close(e.interval(0.95), [0.825_634_27, 0.944_771_37], 1e-6);
        let e = Estimate::share(50, 50).expect("rows");
        close(e.interval(0.95), [0.928_652_36, 1.0], 1e-6);
        let e = Estimate::share(0, 10).expect("rows");
        close(e.interval(0.99), [0.0, 0.398_854_09], 1e-6);
        assert!(Estimate::share(0, 0).is_none());
    }

    #[test]
    fn f1_goes_through_the_jaccard_index() {
        // TP 40, FP 7, FN 13: J = 40/60; scipy binomtest(40, 60).proportion_ci(0.95, "wilson"), then 2J/(1+J).
        let j: f64 = 40.0 / 60.0;
        let se = (4.0 * j * (1.0 - j) / (60.0 * (1.0 + j).powi(4))).sqrt();
        let e = Estimate { value: 80.0 / 100.0, se, n: 60, scale: Scale::F1 };
        close(e.interval(0.95), [0.701_778_086, 0.871_782_214], 1e-8);
    }

    #[test]
    fn never_outside_the_range_and_never_nan() {
        for scale in [Scale::Share, Scale::F1, Scale::Correlation, Scale::Difference, Scale::AtMostOne, Scale::Loss] {
            for value in [0.0, 1e-12, 0.5, 1.0 - 1e-12, 1.0] {
                for se in [0.0, 1e-300, 0.1, 1e9, f64::INFINITY] {
                    for n in [0, 1, 2, 5, u64::MAX] {
                        let e = Estimate { value, se, n, scale };
                        for level in [0.0, 0.5, 0.95, 1.0, f64::NAN] {
                            let [low, high] = e.interval(level);
                            assert!(low <= value && value <= high, "{e:?} {level} {low} {high}");
                            if scale != Scale::Loss {
                                assert!(high <= 1.0, "{e:?}");
                            }
                        }
                        assert!(!e.p_of_change_since(&e).is_nan());
                    }
                }
            }
        }
    }

    #[test]
    fn change_is_newcombe() {
        // statsmodels confint_proportions_2indep(56, 70, 48, 80, method="newcomb"): Newcombe 1998's example.
        let (a, b) = (Estimate::share(56, 70), Estimate::share(48, 80));
        let change = a.expect("rows").change_since(&b.expect("rows"), 0.95);
        close(change, [0.0524, 0.3339], 1e-4);
    }
}
