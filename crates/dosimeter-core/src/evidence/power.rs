//! The smallest movement of a component that its test would have noticed.
//!
//! Silence is worth what the test could have heard. The test of the whole current period is turned round: from its share of
//! the budget, its variance and its wobble follows the smallest difference that is called a movement, and from that the
//! smallest true movement that is measured as at least that much in 4 of 5 cases. Recent parts and single windows are tested
//! as well, so a movement of that size is noticed a little more often than said.

use super::component::Kind;
use super::shift::{Series, p_of_mean};
use crate::statistic::tail;

/// The chance that a movement of the size said goes unnoticed.
const MISSED: f64 = 0.2;

/// The smallest rise of a component over the whole current period that is noticed in 4 of 5 cases, in its own unit: standard
/// deviations of the rank, or a share. `alpha` is what its p is held against, `least` the smallest difference that counts.
/// `None` where no rise at all would be noticed.
#[must_use]
pub fn smallest(series: &Series, alpha: f64, least: f64) -> Option<f64> {
    let whole = series.whole?;
    let c = &series.component;
    // Beyond this a mean of ranks or a share cannot go.
    let most = match c.kind {
        Kind::Rank(_) => 3.0f64.sqrt(),
        Kind::Share(_) => 1.0 - c.reference_mean - whole.chance.offset,
    };
    // The period has half of the component's share, and each of its parts an equal one of that.
    let alpha = alpha / (2.0 * whole.parts.max(1) as f64);
    let null = c.reference_mean + whole.chance.offset;
    let p = |d: f64| p_of_mean(c, (null + d, whole.rows), whole.variance, &whole.chance);
    let (mut low, mut high) = (0.0, most);
    if high.is_nan() || high <= 0.0 || p(high) > alpha {
        return None;
    }
    for _ in 0..50 {
        let middle = (low + high) / 2.0;
        if p(middle) > alpha { low = middle } else { high = middle }
    }
    let called = high.max(least);
    let mut d = called;
    for _ in 0..20 {
        d = called + spread(series, d)?;
    }
    (d <= most).then_some(d)
}

/// How far a measured difference falls short of a true one of `d` in one of five cases.
fn spread(series: &Series, d: f64) -> Option<f64> {
    let whole = series.whole?;
    let c = &series.component;
    let sampling = match c.kind {
        Kind::Rank(_) => whole.variance * (1.0 / whole.rows + 1.0 / c.reference_n),
        Kind::Share(_) => {
            let now = (c.reference_mean + whole.chance.offset + d).clamp(0.0, 1.0);
            now * (1.0 - now) / whole.rows + c.variance / c.reference_n
        }
    };
    let total = sampling + whole.chance.wobble;
    let freedom = whole.chance.freedom * (total / whole.chance.wobble.max(f64::MIN_POSITIVE)).powi(2);
    Some(tail::student_two_sided_isf(2.0 * MISSED, freedom.max(1.0)) * total.sqrt())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::evidence::budget::Budget;
    use crate::evidence::shift::{Whole, test_columns};
    use crate::profile::baseline::{Watch, WindowSpec};
    use crate::profile::{Baseline, ColumnKind, ColumnSpec, ColumnWindow, Grid, PeriodProfile, Role, WindowProfile};
    use crate::simulate::Rng;

    const COLUMNS: usize = 10;
    const CELLS: usize = 20;
    const ROWS: usize = 300;

    /// Equally likely cells, whose first polynomial moves by `shift` and wobbles by `wobble` from window to window. Column 0 alone
    /// is shifted.
    fn period(rng: &mut Rng, windows: usize, shift: f64, wobble: f64) -> PeriodProfile {
        let u: Vec<f64> = (0..CELLS).map(|c| (2.0 * c as f64 + 1.0) / CELLS as f64 - 1.0).collect();
        let norm = (u.iter().map(|u| u * u).sum::<f64>() / CELLS as f64).sqrt();
        let window = |rng: &mut Rng| {
            let columns = (0..COLUMNS)
                .map(|j| {
                    let theta = if j == 0 { shift } else { 0.0 } + wobble * rng.standard_normal();
                    // E[score] of these chances is theta: the scores are orthonormal.
                    let sums: Vec<f64> = u
                        .iter()
                        .scan(0.0, |sum, u| {
                            *sum += (1.0 + theta * u / norm).max(0.0);
                            Some(*sum)
                        })
                        .collect();
                    let total = sums[CELLS - 1];
                    let mut counts = vec![0u64; CELLS + crate::profile::grid::SPECIALS + 2];
                    for _ in 0..ROWS {
                        let at = rng.uniform() * total;
                        // The first and the last cell of a grid lie outside the reference.
                        counts[1 + sums.partition_point(|s| *s <= at).min(CELLS - 1)] += 1;
                    }
                    ColumnWindow { counts, ..ColumnWindow::default() }
                })
                .collect();
            WindowProfile { rows: ROWS as u64, columns, ..WindowProfile::default() }
        };
        PeriodProfile { windows: (0..windows).map(|_| window(rng)).collect(), ..PeriodProfile::default() }
    }

    fn baseline(reference: PeriodProfile, ordered: bool) -> Baseline {
        let edges: Vec<f64> = (0..=CELLS).map(|c| c as f64).collect();
        let centers: Vec<f64> = (0..CELLS + 2).map(|c| c as f64 - 0.5).collect();
        let column = |j: usize| ColumnSpec {
            name: format!("c{j}"),
            role: Role::Feature,
            kind: ColumnKind::Number,
            native: "Float64".to_owned(),
            integer: false,
            layout: None,
            grid: Grid::Number { edges: edges.clone(), centers: centers.clone() },
        };
        Baseline {
            watch: Watch {
                monitor: String::new(),
                task: None,
                positive: None,
                classes: Vec::new(),
                class_scores: Vec::new(),
                metric: None,
                tolerance: None,
                threshold: 0.5,
                false_alarms_per_90_days: 1.0,
                every: None,
                seed: 0,
            },
            window: WindowSpec::Rows(ROWS as u64),
            ordered,
            columns: (0..COLUMNS).map(column).collect(),
            score_edges: Vec::new(),
            reference,
            files: Vec::new(),
            inferred: Vec::new(),
            ignored: Vec::new(),
            vectors: Vec::new(),
        }
    }

    /// The share of runs in which a shift of just the size said is noticed, and in which one of nothing is.
    fn noticed(ordered: bool, wobble: f64, runs: u64) -> (f64, f64) {
        let alpha = Budget::new(1.0, None, COLUMNS).drift_per_column;
        let (mut hits, mut said, mut false_alarms) = (0, 0, 0);
        for run in 0..runs {
            let mut rng = Rng::of(71, run);
            let baseline = baseline(period(&mut rng, 12, 0.0, wobble), ordered);
            let healthy = test_columns(&baseline, &period(&mut rng, 12, 0.0, wobble));
            let values = &healthy[0].values;
            let d = smallest(&values[0], alpha / values.len() as f64, 0.02);
            false_alarms += u32::from(healthy[0].p_values() < alpha);
            // Where the wobble is hardly known no size is promised.
            let Some(d) = d else { continue };
            said += 1;
            let shifted = test_columns(&baseline, &period(&mut rng, 12, d, wobble));
            hits += u32::from(shifted[0].p_values() < alpha);
        }
        assert!(f64::from(said) > 0.98 * runs as f64, "{said}");
        (f64::from(hits) / f64::from(said), f64::from(false_alarms) / runs as f64)
    }

    #[test]
    fn a_shift_of_the_size_said_is_noticed_in_four_of_five_cases() {
        const RUNS: u64 = 300;
        // Three standard errors of a share of 0.8 over the runs.
        let error = 3.0 * (0.8 * 0.2 / RUNS as f64).sqrt();
        for (ordered, wobble) in [(false, 0.0), (false, 0.08), (true, 0.0), (true, 0.08)] {
            let (share, false_alarms) = noticed(ordered, wobble, RUNS);
            // In order, recent parts and single windows may notice what the whole does not.
            let more = if ordered { 0.05 } else { 0.0 };
            assert!((0.8 - error..=0.8 + error + more).contains(&share), "{ordered} {wobble}: {share}");
            assert!(false_alarms < 0.02, "{ordered} {wobble}: {false_alarms}");
        }
    }

    #[test]
    fn the_size_said_is_where_the_test_calls_it() {
        for wobble in [0.0, 0.08] {
            let mut rng = Rng::of(5, 0);
            let baseline = baseline(period(&mut rng, 12, 0.0, wobble), false);
            let series = &test_columns(&baseline, &period(&mut rng, 12, 0.0, wobble))[0].values[0];
            let whole = series.whole.unwrap();
            // Measured as it is in one of five cases, a movement of the size said has just the p that is asked for.
            let d = smallest(series, 1e-4, 0.0).unwrap();
            let called = d - spread(series, d).unwrap();
            let mean = series.component.reference_mean + whole.chance.offset + called;
            let p = p_of_mean(&series.component, (mean, whole.rows), whole.variance, &whole.chance);
            assert!((2.0 * p / 1e-4 - 1.0).abs() < 1e-3, "{wobble}: {p}");
            // What is not worth a word is not noticed however sure it is, and nothing is noticed in three rows.
            assert!(smallest(series, 1e-4, 0.5).unwrap() > 0.5);
            let few = Series { whole: Some(Whole { rows: 3.0, ..whole }), ..series.clone() };
            assert!(smallest(&few, 1e-4, 0.0).is_none());
        }
    }
}
