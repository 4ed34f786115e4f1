//! How well scores rank, from counts by cell.
//!
//! Each statistic comes with its gradient: how much it changes with one more positive, and one more negative, in
//! each cell. The sampling error of counted rows follows from that, and so does that of an estimate without labels,
//! where a row is a positive only with some chance.

/// A statistic of cells, with its gradient by cell: (one more positive, one more negative).
pub(super) struct Ranked {
    pub(super) value: f64,
    pub(super) gradient: Vec<(f64, f64)>,
}

fn totals(cells: &[(f64, f64)]) -> (f64, f64) {
    cells.iter().fold((0.0, 0.0), |(p, n), c| (p + c.0, n + c.1))
}

/// Area under the ROC curve: the chance that a positive lies in a higher cell than a negative, ties 1/2. Cells
/// hold (positives, negatives) by ascending score. `None` where one class is missing.
pub(super) fn auc(cells: &[(f64, f64)]) -> Option<Ranked> {
    let (positives, negatives) = totals(cells);
    if !(positives > 0.0 && negatives > 0.0) {
        return None;
    }
    let (mut positives_below, mut negatives_below, mut wins) = (0.0, 0.0, 0.0);
    // The two placements: the share of the other class that a row of this cell beats.
    let mut gradient: Vec<(f64, f64)> = Vec::with_capacity(cells.len());
    for &(p, n) in cells {
        wins += p * (negatives_below + 0.5 * n);
        let beats = (negatives_below + 0.5 * n) / negatives;
        let beaten = (positives - positives_below - 0.5 * p) / positives;
        gradient.push((beats, beaten));
        positives_below += p;
        negatives_below += n;
    }
    let value = wins / (positives * negatives);
    for g in &mut gradient {
        *g = ((g.0 - value) / positives, (g.1 - value) / negatives);
    }
    Some(Ranked { value, gradient })
}

/// DeLong's variance of the AUC in its two parts, the variance of the positives' placements over their number and
/// the same for negatives. `None` where a class has fewer than two rows.
pub(super) fn auc_variance(cells: &[(f64, f64)], auc: &Ranked) -> Option<[f64; 2]> {
    let (positives, negatives) = totals(cells);
    if positives < 2.0 || negatives < 2.0 {
        return None;
    }
    let (mut of_positives, mut of_negatives) = (0.0, 0.0);
    for (c, g) in cells.iter().zip(&auc.gradient) {
        of_positives += c.0 * g.0 * g.0;
        of_negatives += c.1 * g.1 * g.1;
    }
    Some([of_positives * positives / (positives - 1.0), of_negatives * negatives / (negatives - 1.0)])
}

/// Average precision: the sum over cells, from the highest score down, of precision so far times the step in
/// recall. `None` without positives.
pub(super) fn average_precision(cells: &[(f64, f64)]) -> Option<Ranked> {
    let (positives, _) = totals(cells);
    if positives <= 0.0 {
        return None;
    }
    let mut value = 0.0;
    let (mut above, mut alarms) = (0.0, 0.0);
    // Per cell: precision at its threshold, and how that precision counts in the sum.
    let mut steps: Vec<(f64, f64, f64)> = Vec::with_capacity(cells.len());
    for &(p, n) in cells.iter().rev() {
        above += p;
        alarms += n;
        let all = above + alarms;
        if all <= 0.0 {
            steps.push((0.0, 0.0, 0.0));
            continue;
        }
        let (precision, weight) = (above / all, p / positives);
        value += weight * precision;
        steps.push((precision, weight * alarms / (all * all), weight * above / (all * all)));
    }
    // A row counts in the precision of its own threshold and of every lower one: sum from the lowest cell up.
    let mut gradient = Vec::with_capacity(cells.len());
    let (mut by_positive, mut by_negative) = (0.0, 0.0);
    for (precision, gain, loss) in steps.into_iter().rev() {
        by_positive += gain;
        by_negative += loss;
        gradient.push(((precision - value) / positives + by_positive, -by_negative));
    }
    Some(Ranked { value, gradient })
}

/// The delta method on multinomial counts: sum of count times gradient squared, less the square of their sum over n.
pub(super) fn multinomial_variance(terms: impl Iterator<Item = (f64, f64)>) -> f64 {
    let (mut n, mut sum, mut squares) = (0.0, 0.0, 0.0);
    for (count, gradient) in terms {
        n += count;
        sum += count * gradient;
        squares += count * gradient * gradient;
    }
    if n > 0.0 { (squares - sum * sum / n).max(0.0) } else { f64::INFINITY }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn by_hand() {
        // Scores 1, 2, 2, 3 with labels 0, 1, 0, 1: pairs (2>1)=1, (2=2)=1/2, (3>1)=1, (3>2)=1.
        let cells = [(0.0, 1.0), (1.0, 1.0), (1.0, 0.0)];
        let ranked = auc(&cells).expect("two classes");
        assert!((ranked.value - 3.5 / 4.0).abs() < 1e-15);
        // sklearn.metrics.average_precision_score([0, 1, 0, 1], [1, 2, 2, 3])
        let ap = average_precision(&cells).expect("positives");
        assert!((ap.value - 0.833_333_333_333_333_3).abs() < 1e-15);
        assert!(auc(&[(1.0, 0.0)]).is_none() && average_precision(&[(0.0, 1.0)]).is_none());
    }

    #[test]
    fn gradients_are_the_derivatives() {
        let cells = vec![(3.0, 9.0), (0.0, 0.0), (2.0, 5.0), (7.0, 4.0), (6.0, 1.0)];
        for f in [auc, average_precision] {
            let at = f(&cells).expect("two classes");
            for i in 0..cells.len() {
                let h = 1e-6;
                for positive in [true, false] {
                    let (mut up, mut down) = (cells.clone(), cells.clone());
                    if positive {
                        up[i].0 += h;
                        down[i].0 -= h;
                    } else {
                        up[i].1 += h;
                        down[i].1 -= h;
                    }
                    let slope = (f(&up).expect("").value - f(&down).expect("").value) / (2.0 * h);
                    let got = if positive { at.gradient[i].0 } else { at.gradient[i].1 };
                    assert!((slope - got).abs() < 1e-7, "cell {i} {positive}: {slope} {got}");
                }
            }
        }
    }
}
