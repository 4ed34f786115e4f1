//! How much a metric wobbles between the reference's windows, beyond its sampling error: the null of its fall.

use super::dispersion::{Prior, effective, persistence, ratio};
use crate::metric::Estimate;
use crate::statistic::tail;

/// A window of fewer rows has no normal error, and says nothing of wobble.
const LEAST_ROWS: u64 = 30;

/// How the metric wobbles between reference windows beyond its sampling error.
#[derive(Clone, Copy, Debug)]
pub struct Wobble {
    /// The variance between windows, as a multiple of what sampling alone would make it; 1 at least.
    pub factor: f64,
    /// Variance of one window's wobble.
    variance: f64,
    freedom: f64,
    persistence: f64,
    /// Independent windows behind the reference's mean.
    known: f64,
}

impl Wobble {
    /// From the reference's windows.
    #[must_use]
    pub fn of(windows: &[Option<Estimate>]) -> Wobble {
        let usable: Vec<&Estimate> =
            windows.iter().flatten().filter(|e| e.n >= LEAST_ROWS && e.se > 0.0 && e.se.is_finite()).collect();
        let means: Vec<f64> = usable.iter().map(|e| e.value).collect();
        let variances: Vec<f64> = usable.iter().map(|e| e.se.powi(2)).collect();
        let Some((f, d)) = ratio(&means, &variances) else {
            return Wobble { factor: 1.0, variance: 0.0, freedom: f64::INFINITY, persistence: 0.0, known: 1.0 };
        };
        let dispersion = Prior { typical: 1.0, freedom: 4.0 }.shrink(f, d);
        let typical = variances.iter().sum::<f64>() / variances.len() as f64;
        let persistence = persistence(&means, &variances).unwrap_or(0.3);
        Wobble {
            factor: dispersion.factor,
            variance: (dispersion.factor - 1.0) * typical,
            freedom: dispersion.freedom,
            persistence,
            known: effective(means.len() as f64, persistence),
        }
    }

    /// The variance of one window's wobble, and its autocorrelation from window to window.
    #[must_use]
    pub fn course(&self) -> (f64, f64) {
        (self.variance, self.persistence)
    }

    /// What it adds to a comparison of `windows` current windows with the reference.
    #[must_use]
    pub fn over(&self, windows: usize) -> f64 {
        self.variance * (1.0 / effective(windows as f64, self.persistence) + 1.0 / self.known)
    }

    /// One-sided p of a worsening `loss` with sampling variance `sampling`, over `windows` windows.
    #[must_use]
    pub fn p_worse(&self, loss: f64, sampling: f64, windows: usize) -> f64 {
        let wobble = self.over(windows);
        let total = sampling + wobble;
        let t = loss / total.sqrt();
        if !t.is_finite() {
            return if loss > 0.0 && total == 0.0 { 0.0 } else { 1.0 };
        }
        let freedom = self.freedom * (total / wobble.max(f64::MIN_POSITIVE)).powi(2);
        let two = if freedom < 1e6 { tail::student_two_sided(t, freedom.max(1.0)) } else { tail::normal_two_sided(t) };
        if t > 0.0 { two / 2.0 } else { 1.0 - two / 2.0 }
    }
}
