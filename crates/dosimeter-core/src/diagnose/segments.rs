//! The segments that somebody asked to watch: did the loss rise in one of them, though the whole may not show it?
//!
//! A twentieth of the rows may lose everything within the tolerance of the whole. Every value of a column with the role
//! `segment` is compared with itself in the reference, on the sampled rows, at a share of the metric's alarm budget.

use std::collections::BTreeMap;

use super::case::{Case, detail, evidence, finding};
use super::performance::{Performance, impact};
use crate::catalogue::Mode;
use crate::diagnosis::{Basis, Finding, Number, Severity};
use crate::metric::RowLoss;
use crate::profile::grid::Grid;
use crate::profile::{PeriodProfile, Role};
use crate::statistic::tail;
use crate::text::{digits, percent, quoted};

/// Labelled sampled rows that a segment needs in both periods.
const LEAST_ROWS: f64 = 50.0;
/// Segments that are named, the largest loss first.
const MOST: usize = 3;

/// Count, mean and variance of the mean of a segment's row losses.
#[derive(Clone, Copy)]
struct Cell {
    n: f64,
    mean: f64,
    variance: f64,
}

/// The segments that lost more than is tolerated, where the whole did not.
pub(crate) fn find(case: &Case<'_>, performance: &Performance) -> Vec<Finding> {
    if performance.is_harmful()
        || !matches!(performance.basis, Basis::Labels | Basis::Mixed)
        || !RowLoss::is_metric(performance.metric)
    {
        return Vec::new();
    }
    let watched = (0..case.baseline.columns.len()).filter(|j| case.spec(*j).role == Role::Segment);
    let compared: Vec<(usize, usize, Cell, Cell)> = watched
        .flat_map(|column| {
            let (then, now) = (by_cell(&case.baseline.reference, column), by_cell(case.current, column));
            let both = move |(cell, now): (usize, Cell)| Some((column, cell, *then.get(&cell)?, now));
            now.into_iter().filter_map(both).filter(|(_, _, a, b)| a.n >= LEAST_ROWS && b.n >= LEAST_ROWS)
        })
        .collect();
    let alpha = case.budget.performance / 4.0 / compared.len().max(1) as f64;
    let labelled: f64 = case.current.sample.losses.iter().filter(|l| l.is_finite()).count().max(1) as f64;
    let mut fell: Vec<(f64, Finding)> = compared
        .iter()
        .filter_map(|(column, cell, then, now)| {
            let rise = now.mean - then.mean;
            // What the whole metric wobbles beyond its sampling error, its segments do too.
            let error = ((then.variance + now.variance) * performance.dispersion).sqrt();
            let p = tail::normal_two_sided(rise / error) / 2.0;
            (rise > performance.tolerance && p < alpha)
                .then(|| (rise, named(case, performance, *column, *cell, (then, now), (error, p), now.n / labelled)))
        })
        .collect();
    fell.sort_by(|a, b| b.0.total_cmp(&a.0));
    fell.into_iter().take(MOST).map(|(_, f)| f).collect()
}

fn by_cell(period: &PeriodProfile, column: usize) -> BTreeMap<usize, Cell> {
    let mut sums: BTreeMap<usize, (f64, f64, f64)> = BTreeMap::new();
    let Some(sampled) = period.sample.columns.get(column) else {
        return BTreeMap::new();
    };
    for (code, loss) in sampled.codes.iter().zip(&period.sample.losses).filter(|(_, l)| l.is_finite()) {
        let (n, sum, squares) = sums.entry(usize::from(*code)).or_default();
        let loss = f64::from(*loss);
        (*n, *sum, *squares) = (*n + 1.0, *sum + loss, *squares + loss * loss);
    }
    sums.into_iter()
        .map(|(cell, (n, sum, squares))| {
            let mean = sum / n;
            // Half a row of each kind: a segment without an error is not certain.
            let spread = (squares / n - mean * mean).max(0.25 / n);
            (cell, Cell { n, mean, variance: spread / n })
        })
        .collect()
}

fn named(
    case: &Case<'_>,
    performance: &Performance,
    column: usize,
    cell: usize,
    (then, now): (&Cell, &Cell),
    (error, p): (f64, f64),
    share: f64,
) -> Finding {
    let spec = case.spec(column);
    let value = match &spec.grid {
        Grid::Number { edges, .. } => {
            let below = cell.checked_sub(1).and_then(|i| edges.get(i)).map_or("-inf".to_owned(), |x| digits(*x));
            format!("{below} to {}", edges.get(cell).map_or("inf".to_owned(), |x| digits(*x)))
        }
        Grid::Category { .. } => spec.grid.label(cell),
    };
    // A row's loss is 1 where accuracy counts 0.
    let metric = |loss: f64| if performance.metric.higher_is_better() { 1.0 - loss } else { loss };
    let rise = now.mean - then.mean;
    let mut f = finding(
        Mode::PerformanceLoss,
        Some("segment_fell"),
        &[spec.name.as_str()],
        format!(
            "{} {} → {} where {} is {} ({} of the rows)",
            performance.metric.id(),
            digits(metric(then.mean)),
            digits(metric(now.mean)),
            quoted(&spec.name),
            quoted(&value),
            percent(share)
        ),
    );
    f.severity = Severity::Harmful;
    f.subject.segment = Some(BTreeMap::from([(spec.name.clone(), value)]));
    f.share = Some(Number(share));
    f.impact = Some(impact(performance, rise * share, [rise - 1.96 * error, rise + 1.96 * error].map(|x| x * share)));
    f.detail = detail([("reference", metric(then.mean).into()), ("current", metric(now.mean).into())]);
    let mut e = evidence(performance.metric.id(), metric(now.mean));
    e.p_value = Some(Number(p));
    e.effect = Some(Number(rise));
    e.threshold = Some(Number(performance.tolerance));
    f.evidence = vec![e];
    f
}
