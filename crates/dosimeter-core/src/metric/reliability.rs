//! Ten bins of the score: what was promised, and what came.
//!
//! The bins are equal in width, [0, 0.1), [0.1, 0.2), ..., [0.9, 1]. The expected calibration error (Naeini,
//! Cooper & Hauskrecht 2015) is the mean over rows of |mean label - mean score| of their bin. As an absolute value it
//! never averages out: a perfectly calibrated model has an ECE of about 0.8 standard errors per bin.
//! [`ReliabilityBins::ece_debiased`] takes the noise's share off, bin by bin.

use serde::{Deserialize, Serialize};
use statrs::distribution::{Continuous, ContinuousCDF, Normal};

use super::interval::{Estimate, Scale, error_at_the_end};
use super::moments::Moments;

/// How many equal-width bins a reliability curve has.
pub const RELIABILITY_BINS: usize = 10;

/// One bin: scores, and label minus score.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
pub(super) struct Bin {
    pub(super) score_sum: f64,
    pub(super) label_sum: u64,
    /// Moments of label minus score.
    pub(super) gap: Moments,
}

/// Scores and labels by bin of the score.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct ReliabilityBins {
    bins: [Bin; RELIABILITY_BINS],
}

/// Mean and variance of |N(mean, se^2)|.
pub(super) fn folded_normal(mean: f64, se: f64) -> (f64, f64) {
    if se <= 0.0 {
        return (mean.abs(), 0.0);
    }
    let z = mean / se;
    let normal = Normal::standard();
    let folded = 2.0 * se * normal.pdf(z) + mean * (1.0 - 2.0 * normal.cdf(-z));
    (folded, (mean * mean + se * se - folded * folded).max(0.0))
}

impl ReliabilityBins {
    /// Counts one row with its probability, which is in [0, 1].
    #[inline]
    pub(super) fn add(&mut self, label: bool, probability: f64) {
        let at = ((probability * RELIABILITY_BINS as f64) as usize).min(RELIABILITY_BINS - 1);
        if let Some(bin) = self.bins.get_mut(at) {
            bin.score_sum += probability;
            bin.label_sum += u64::from(label);
            bin.gap.add(f64::from(u8::from(label)) - probability);
        }
    }

    pub(super) fn merge(&mut self, other: &Self) {
        for (a, b) in self.bins.iter_mut().zip(&other.bins) {
            a.score_sum += b.score_sum;
            a.label_sum += b.label_sum;
            a.gap.merge(&b.gap);
        }
    }

    pub(super) fn bins(&self) -> &[Bin; RELIABILITY_BINS] {
        &self.bins
    }

    /// Label minus score over all bins.
    #[must_use]
    pub fn gap(&self) -> Moments {
        let mut all = Moments::default();
        self.bins.iter().for_each(|bin| all.merge(&bin.gap));
        all
    }

    /// (weight, |gap|, gap less noise, standard error of the gap) of every bin that holds a row.
    fn parts(&self) -> Vec<(f64, f64, f64, f64)> {
        let n = self.gap().n() as f64;
        self.bins
            .iter()
            .filter_map(|bin| {
                let gap = bin.gap.mean()?;
                let rows = bin.gap.n() as f64;
                // A single row, or equal ones, show no spread; half a row of the other label may still come.
                let variance = bin.gap.variance().filter(|v| *v > 0.0);
                let se = variance.map_or_else(|| error_at_the_end(rows), |v| (v / rows).sqrt());
                let signal = (gap * gap - se * se).max(0.0).sqrt();
                Some((rows / n, gap.abs(), signal, se))
            })
            .collect()
    }

    /// The expected calibration error. Its standard error is that of folded normals around the gaps less their
    /// noise, plus the sampling of the bins' weights; it does not cover the upward bias.
    #[must_use]
    pub fn ece(&self) -> Option<Estimate> {
        let parts = self.parts();
        let n = self.gap().n();
        let value: f64 = parts.iter().map(|(weight, gap, _, _)| weight * gap).sum();
        let within: f64 = parts.iter().map(|(w, _, signal, se)| w * w * folded_normal(*signal, *se).1).sum();
        let (mean, square) =
            parts.iter().fold((0.0, 0.0), |(m, s), (w, _, signal, _)| (m + w * signal, s + w * signal * signal));
        let between = (square - mean * mean).max(0.0) / n as f64;
        if n == 0 { None } else { Estimate::new(value, (within + between).sqrt(), n, Scale::LossUpTo(1)) }
    }

    /// The calibration error with what noise alone adds to each bin taken off; at least 0.
    #[must_use]
    pub fn ece_debiased(&self) -> Option<Estimate> {
        let ece = self.ece()?;
        let noise: f64 =
            self.parts().iter().map(|(w, _, signal, se)| w * (folded_normal(*signal, *se).0 - signal)).sum();
        Estimate::new((ece.value - noise).max(0.0), ece.se, ece.n, ece.scale)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn folded_normal_moments() {
        // scipy.stats.foldnorm(0.5/0.2, scale=0.2): mean, var
        let (mean, variance) = folded_normal(0.5, 0.2);
        assert!(
            (mean - 0.500_801_654_871_651_3).abs() < 1e-9 && (variance - 0.039_197_702_477_815_5).abs() < 1e-9,
            "{mean} {variance}"
        );
        let (mean, _) = folded_normal(0.0, 1.0);
        assert!((mean - (2.0 / std::f64::consts::PI).sqrt()).abs() < 1e-12);
    }

    #[test]
    fn by_hand() {
        let mut bins = ReliabilityBins::default();
        assert!(bins.ece().is_none());
        // Bin 2: gap |1/2 - 0.25| on 2 rows; bin 9: |1 - 0.95| on 2 rows.
        for (label, score) in [(true, 0.2), (false, 0.3 - 1e-12), (true, 0.9), (true, 1.0)] {
            bins.add(label, score);
        }
        assert!((bins.ece().expect("rows").value - (0.5 * 0.25 + 0.5 * 0.05)).abs() < 1e-9);
    }
}
