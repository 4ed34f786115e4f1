//! The area under the ROC curve, exactly, with its standard error.
//!
//! AUC is the chance that a random positive scores above a random negative, a tie counting half; with midranks it
//! costs one sort. Its standard error is that of DeLong, DeLong and Clarke-Pearson, "Comparing the areas under two or
//! more correlated ROC curves" (Biometrics 1988), by the midrank form of Sun and Xu (IEEE SPL 2014).
//!
//! Out-of-fold scores come from several models, whose levels differ slightly and against each fold's own base rate;
//! ranked together they bend the AUC below one half when there is nothing to find. [`auc_within`] compares rows only
//! with rows of their own fold.

use std::collections::BTreeMap;

/// An AUC and how far it can be trusted.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Auc {
    /// 0 to 1; one half is blind.
    pub value: f64,
    /// DeLong's standard error; infinite with fewer than two rows of a class.
    pub se: f64,
}

impl Auc {
    /// Standard errors above one half; 0 where that cannot be said.
    #[must_use]
    pub fn z(self) -> f64 {
        let above = self.value - 0.5;
        if self.se > 0.0 {
            above / self.se
        } else if above > 0.0 {
            // Told apart without a single mistake.
            f64::INFINITY
        } else {
            0.0
        }
    }
}

/// The AUC of `scores` for `positive`; NaN scores are left out, `None` when a class is empty.
#[must_use]
pub fn auc(scores: &[f64], positive: &[bool]) -> Option<Auc> {
    let mut rows: Vec<(f64, bool)> =
        scores.iter().copied().zip(positive.iter().copied()).filter(|(s, _)| !s.is_nan()).collect();
    rows.sort_unstable_by(|a, b| a.0.total_cmp(&b.0));
    let n_pos = rows.iter().filter(|r| r.1).count();
    let n_neg = rows.len() - n_pos;
    if n_pos == 0 || n_neg == 0 {
        return None;
    }
    let (m, n) = (n_pos as f64, n_neg as f64);
    // Every positive's share of negatives below it, every negative's share of positives above it.
    let (mut sum, mut squares_pos, mut squares_neg) = (0.0, 0.0, 0.0);
    let (mut pos_below, mut neg_below) = (0.0, 0.0);
    // `==` and not `total_cmp`: 0.0 and -0.0 are a tie.
    for tie in rows.chunk_by(|a, b| a.0 == b.0) {
        let pos = tie.iter().filter(|r| r.1).count() as f64;
        let neg = tie.len() as f64 - pos;
        let of_pos = (neg_below + neg / 2.0) / n;
        let of_neg = 1.0 - (pos_below + pos / 2.0) / m;
        sum += pos * of_pos;
        squares_pos += pos * of_pos * of_pos;
        squares_neg += neg * of_neg * of_neg;
        pos_below += pos;
        neg_below += neg;
    }
    let value = sum / m;
    let variance = |squares: f64, count: f64| (squares - count * value * value).max(0.0) / (count - 1.0) / count;
    let se = if n_pos < 2 || n_neg < 2 {
        f64::INFINITY
    } else {
        (variance(squares_pos, m) + variance(squares_neg, n)).sqrt()
    };
    Some(Auc { value, se })
}

/// The mean of the folds' AUCs, each among its own rows, weighted by their numbers of rows.
///
/// `fold` names each row's fold. Folds that lack a class are left out; `None` when all do.
#[must_use]
pub fn auc_within(scores: &[f64], positive: &[bool], fold: &[usize]) -> Option<Auc> {
    let mut folds: BTreeMap<usize, (Vec<f64>, Vec<bool>)> = BTreeMap::new();
    for ((&score, &positive), &fold) in scores.iter().zip(positive).zip(fold) {
        let own = folds.entry(fold).or_default();
        own.0.push(score);
        own.1.push(positive);
    }
    let (mut sum, mut variance, mut weight) = (0.0, 0.0, 0.0);
    for (scores, positive) in folds.values() {
        if let Some(one) = auc(scores, positive) {
            let rows = scores.len() as f64;
            sum += rows * one.value;
            variance += rows * rows * one.se * one.se;
            weight += rows;
        }
    }
    (weight > 0.0).then(|| Auc { value: sum / weight, se: variance.sqrt() / weight })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn close(a: f64, b: f64) {
        assert!((a - b).abs() < 1e-12, "{a} is not {b}");
    }

    #[test]
    fn ties_and_error_as_computed_pair_by_pair() {
        // numpy: psi[i, j] = (p > n) + (p == n) / 2; mean; sqrt(var(psi.mean(1)) / m + var(psi.mean(0)) / n), ddof 1.
        let scores: Vec<f64> = (0..40).map(|i| f64::from((i * 37) % 11)).collect();
        let positive: Vec<bool> = (0..40).map(|i| (i * i + i / 3) % 5 < 2).collect();
        let found = auc(&scores, &positive).unwrap_or(Auc { value: 0.0, se: 0.0 });
        close(found.value, 0.518_75);
        close(found.se, 0.094_638_335_116_823_62);
    }

    #[test]
    fn corners() {
        assert_eq!(auc(&[], &[]), None);
        assert_eq!(auc(&[1.0, 2.0], &[true, true]), None);
        assert_eq!(auc(&[f64::NAN, 2.0], &[true, false]), None);
        let two = auc(&[1.0, f64::NEG_INFINITY], &[true, false]);
        assert_eq!(two, Some(Auc { value: 1.0, se: f64::INFINITY }));
        let tied = auc(&[0.0, -0.0, 0.0, -0.0], &[true, false, true, false]);
        assert_eq!(tied.map(|a| (a.value, a.se, a.z())), Some((0.5, 0.0, 0.0)));
        let clean = auc(&[2.0, 3.0, 0.0, 1.0], &[true, true, false, false]);
        assert_eq!(clean.map(|a| (a.value, a.z())), Some((1.0, f64::INFINITY)));
    }

    #[test]
    fn folds_are_ranked_apart() {
        // Each fold ranks perfectly; their levels contradict each other.
        let scores = [1.0, 0.0, 1.0, 0.0, 11.0, 10.0, 11.0, 10.0];
        let positive = [true, false, true, false, true, false, true, false];
        let fold = [0, 0, 0, 0, usize::MAX, usize::MAX, usize::MAX, usize::MAX];
        assert_eq!(auc_within(&scores, &positive, &fold).map(|a| a.value), Some(1.0));
        assert_eq!(auc(&scores, &positive).map(|a| a.value), Some(0.75));
        assert_eq!(auc_within(&[1.0], &[true], &[0]), None);
    }
}
