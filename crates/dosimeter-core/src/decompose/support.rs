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

/// A classifier of the two periods, judged on rows that it has not learned from.
struct Classifier {
    /// Log of q/p, reference rows first.
    log_ratio: Vec<f64>,
    auc: Auc,
    importance: Vec<f64>,
}

impl Classifier {
    fn new(both: &Matrix, n_then: usize, options: &Options) -> Self {
        let is_now: Vec<bool> = (0..both.rows()).map(|row| row >= n_then).collect();
        let target: Vec<f64> = is_now.iter().map(|now| f64::from(*now)).collect();
        // Both periods weigh the same, so that the odds are the density ratio.
        let half = both.rows() as f64 / 2.0;
        let of = |now: &bool| half / if *now { both.rows() - n_then } else { n_then } as f64;
        let weight: Vec<f64> = is_now.iter().map(of).collect();
        let base = Config::new(Loss::Logistic, options.seed.wrapping_add(2));
        // Rows that are surely new have next to no curvature left; a leaf of them must still be allowed to grow surer.
        let config = Config { min_child_weight: 0.5, l2: 0.2, ..base };
        let fitted = cross_fit(both, &target, Some(&weight), &config, options.folds);
        let blind = Auc { value: 0.5, se: f64::INFINITY };
        let auc = auc_within(&fitted.margin, &is_now, &fitted.fold).unwrap_or(blind);
        let importance = fitted.importance();
        Classifier { log_ratio: fitted.margin, auc, importance }
    }
}

impl Support {
    /// `relevant` holds, per column, whether the loss depends on it in either period.
    ///
    /// Only those decide on the ratio. Columns that move and do not matter would drown it: with ten of them two periods
    /// look disjoint though every row's loss can be compared, and weights that follow them are all noise. The AUC and the
    /// importance are those of all columns.
    pub(super) fn new(
        reference: &Matrix,
        current: &Matrix,
        relevant: &[bool],
        options: &Options,
    ) -> Result<Self, DecomposeError> {
        let both = reference.stack(current).map_err(|_| DecomposeError::Mismatch)?;
        let n_then = reference.rows();
        let Classifier { log_ratio, auc, importance } = Classifier::new(&both, n_then, options);
        let same = vec![0.0; both.rows()];
        let mut log_ratio = if auc.z() <= DISTINGUISHABLE || !relevant.contains(&true) {
            same
        } else if relevant.contains(&false) {
            let few = Classifier::new(&both.only(relevant), n_then, options);
            if few.auc.z() > DISTINGUISHABLE { few.log_ratio } else { same }
        } else {
            log_ratio
        };
        let most = options.support_ratio.max(1.0);
        lift_new_cells(&mut log_ratio, reference, current, most);
        let (then, now) = log_ratio.split_at(n_then.min(log_ratio.len()));
        Ok(Support {
            then: then.iter().map(|l| l.exp().min(most)).collect(),
            now: now.iter().map(|l| (most / l.exp()).min(1.0)).collect(),
            auc,
            importance,
        })
    }
}

/// Raises the ratio in cells of a single column that the reference has next to never seen.
///
/// A new category, or a value beyond the reference's range, needs no classifier: q/p averaged over such a cell is its
/// count now over its count then (nothing then is an infinite ratio), and it is taken as new when even one more row then
/// would leave it so. Trees that stop early stay shy of calling a row new, most of all with few rows.
fn lift_new_cells(log_ratio: &mut [f64], reference: &Matrix, current: &Matrix, most: f64) {
    let (then, now) = log_ratio.split_at_mut(reference.rows().min(log_ratio.len()));
    let balance = reference.rows() as f64 / current.rows().max(1) as f64;
    for column in 0..current.width() {
        let cells = usize::from(current.cardinality(column));
        let lifted: Vec<Option<f64>> = counts(current.column(column), cells)
            .iter()
            .zip(counts(reference.column(column), cells))
            .map(|(now, then)| (balance * now > most * (then + 1.0)).then(|| (balance * now / then).ln()))
            .collect();
        for (ratios, codes) in [(&mut *then, reference.column(column)), (&mut *now, current.column(column))] {
            for (log, &code) in ratios.iter_mut().zip(codes) {
                if let Some(lifted) = lifted.get(usize::from(code)).copied().flatten() {
                    *log = log.max(lifted);
                }
            }
        }
    }
}

fn counts(codes: &[u16], cells: usize) -> Vec<f64> {
    let mut counts = vec![0.0; cells];
    for &code in codes {
        if let Some(count) = counts.get_mut(usize::from(code)) {
            *count += 1.0;
        }
    }
    counts
}
