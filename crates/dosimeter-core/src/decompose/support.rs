//! Where both periods have data: the density ratio from a classifier that tells them apart.

use super::{Auc, Config, DecomposeError, Loss, Matrix, Options, auc_within, cross_fit};

/// One-sided 5 %: below it the periods' inputs count as the same.
const DISTINGUISHABLE: f64 = 1.645;

/// The weights that carry each period to the common ground.
pub(super) struct Support {
    /// Per reference row, min(r, R).
    pub(super) then: Vec<f64>,
    /// Per current row, min(1, R / r): the part of it that the reference can vouch for.
    pub(super) now: Vec<f64>,
    pub(super) auc: Auc,
    /// Per column, its share of what the classifier gained.
    pub(super) importance: Vec<f64>,
}

impl Support {
    pub(super) fn new(
        reference: &Matrix,
        current: &Matrix,
        options: &Options,
    ) -> Result<Self, DecomposeError> {
        let both = reference
            .stack(current)
            .map_err(|_| DecomposeError::Mismatch)?;
        let (n_then, n_now) = (reference.rows(), current.rows());
        let is_now: Vec<bool> = (0..both.rows()).map(|row| row >= n_then).collect();
        let target: Vec<f64> = is_now.iter().map(|now| f64::from(*now)).collect();
        // Both periods weigh the same, so that the odds are the density ratio.
        let half = both.rows() as f64 / 2.0;
        let of = |now: &bool| half / if *now { n_now as f64 } else { n_then as f64 };
        let weight: Vec<f64> = is_now.iter().map(of).collect();
        let config = Config::new(Loss::Logistic, options.seed.wrapping_add(2));
        let fitted = cross_fit(&both, &target, Some(&weight), &config, options.folds);
        let blind = Auc {
            value: 0.5,
            se: f64::INFINITY,
        };
        let auc = auc_within(&fitted.margin, &is_now, &fitted.fold).unwrap_or(blind);
        let log_ratio = if auc.z() > DISTINGUISHABLE {
            fitted.margin.clone()
        } else {
            vec![0.0; both.rows()]
        };
        let most = options.support_ratio.max(1.0);
        let (then, now) = log_ratio.split_at(n_then.min(log_ratio.len()));
        Ok(Support {
            then: then.iter().map(|l| l.exp().min(most)).collect(),
            now: now.iter().map(|l| (most / l.exp()).min(1.0)).collect(),
            auc,
            importance: fitted.importance(),
        })
    }
}
