//! The sampled rows as the learners of the decomposition read them: coarse codes by column, and the way back to words.

use super::case::Case;
use crate::decompose::Codes;
use crate::learn::Matrix;
use crate::profile::grid::{Grid, Special};
use crate::profile::{ColumnKind, PeriodProfile, Role};
use crate::text::digits;

/// Cells that a learner sees of a column of numbers.
const LEARNER_CELLS: usize = 32;
/// Categories that a learner sees by name.
const LEARNER_CATEGORIES: usize = 64;
/// Cells of the sample that the learners may read: rows are left out beyond.
const LEARNER_BUDGET: usize = 2_000_000;

/// The same for each period where it is an estimate that they serve.
const ESTIMATE_BUDGET: usize = 1_000_000;

/// How many rows may be read, of so many columns.
pub(super) fn rows_for(columns: usize) -> usize {
    rows_within(LEARNER_BUDGET, columns)
}

fn rows_within(budget: usize, columns: usize) -> usize {
    (budget / columns.max(1)).max(2_000)
}

/// What an estimate without labels may learn from: the columns of the inputs and of what the model said of them, and how many
/// rows of each period.
pub(super) fn for_estimate(case: &Case<'_>, said: Role) -> (Vec<usize>, usize) {
    let readable = |j: &usize| {
        let spec = case.spec(*j);
        (spec.role.is_input() || spec.role == said) && spec.kind != ColumnKind::Text
    };
    let columns: Vec<usize> = (0..case.baseline.columns.len()).filter(readable).collect();
    let most = rows_within(ESTIMATE_BUDGET, columns.len());
    (columns, most)
}

/// Positions of sampled rows within some windows (`None`: in all), at most about `most`, evenly.
pub(super) fn rows_in(period: &PeriodProfile, windows: Option<&[usize]>, most: usize) -> Vec<usize> {
    let sample = &period.sample;
    let inside: Vec<usize> = (0..sample.len())
        .filter(|i| windows.is_none_or(|w| w.binary_search(&(sample.windows[*i] as usize)).is_ok()))
        .collect();
    let step = inside.len().div_ceil(most.max(1)).max(1);
    inside.into_iter().step_by(step).collect()
}

/// Sampled rows as learners read them, with their losses.
pub(super) fn matrix(
    case: &Case<'_>,
    period: &PeriodProfile,
    columns: &[usize],
    rows: &[usize],
) -> Option<(Matrix, Vec<f64>)> {
    let sample = &period.sample;
    let losses = rows.iter().map(|i| f64::from(sample.losses[*i])).collect();
    let (mut codes, mut cardinality, mut ordered) = (Vec::new(), Vec::new(), Vec::new());
    for j in columns {
        let grid = &case.spec(*j).grid;
        let map = learner_codes(case, *j);
        let most = map.iter().copied().max().unwrap_or(0) + 1;
        let column = sample.columns.get(*j)?;
        codes.push(rows.iter().map(|i| map.get(usize::from(column.codes[*i])).copied().unwrap_or(0)).collect());
        cardinality.push(most);
        ordered.push(matches!(grid, Grid::Number { .. }));
    }
    Matrix::new(codes, cardinality, ordered).ok().map(|m| (m, losses))
}

/// The code of a rank in 0..=1: equal cells, and ever finer ones in both tails, where inputs move to and models fail.
fn rank_code(rank: f64) -> u16 {
    let cells = LEARNER_CELLS as f64;
    let tail = |distance: f64| {
        if distance * cells >= 1.0 {
            0
        } else {
            (-(distance * cells).log2()).ceil().clamp(0.0, f64::from(TAIL_CELLS)) as u16
        }
    };
    let (low, high) = (tail(rank), tail(1.0 - rank));
    let middle = (rank * cells).floor().clamp(0.0, cells - 1.0) as u16;
    TAIL_CELLS + middle + high - low
}

/// Cells added in each tail.
const TAIL_CELLS: u16 = 3;
const LAST_RANK_CODE: u16 = 2 * TAIL_CELLS + LEARNER_CELLS as u16 - 1;

/// From a grid's cell to a learner's code; 0 is missing.
fn learner_codes(case: &Case<'_>, column: usize) -> Vec<u16> {
    let grid = &case.spec(column).grid;
    let k = grid.value_cells();
    let counts = case.reference_counts(column);
    let total: u64 = counts.iter().take(k).sum::<u64>().max(1);
    let mut map = Vec::with_capacity(grid.cells());
    match grid {
        Grid::Number { .. } => {
            let mut below = 0u64;
            for cell in 0..k {
                let n = counts.get(cell).copied().unwrap_or(0);
                map.push(2 + rank_code((below as f64 + n as f64 / 2.0) / total as f64));
                below += n;
            }
            // Beyond the reference's range is a place of its own, at either end.
            if let Some(first) = map.first_mut() {
                *first = 1;
            }
            if let Some(last) = map.last_mut().filter(|_| k > 1) {
                *last = 3 + LAST_RANK_CODE;
            }
            map.extend([0; crate::profile::grid::SPECIALS]);
        }
        Grid::Category { .. } => {
            map.extend((0..k).map(|cell| 2 + cell.min(LEARNER_CATEGORIES) as u16));
            map.extend([1, 0, 0, 0, 0]);
            debug_assert_eq!(grid.special(Special::Other), k);
        }
    }
    map
}

pub(super) fn codes_label(case: &Case<'_>, column: usize, codes: &Codes) -> String {
    let grid = &case.spec(column).grid;
    let map = learner_codes(case, column);
    let cells =
        |inside: &dyn Fn(u16) -> bool| (0..grid.value_cells()).filter(|c| inside(map[*c])).collect::<Vec<usize>>();
    match codes {
        Codes::Range { first, last } => {
            let inside = cells(&|c| c >= *first && c <= *last);
            match (grid, inside.first(), inside.last()) {
                (Grid::Number { edges, .. }, Some(a), Some(b)) => {
                    let low = a.checked_sub(1).and_then(|i| edges.get(i));
                    match (low, edges.get(*b)) {
                        (Some(l), Some(h)) => {
                            format!("{} to {}", digits(*l), digits(h.next_down()))
                        }
                        (None, Some(h)) => format!("below {}", digits(*h)),
                        (Some(l), None) => format!("{} and above", digits(*l)),
                        (None, None) => "any".to_owned(),
                    }
                }
                _ => "missing".to_owned(),
            }
        }
        Codes::Set(set) => {
            let names: Vec<String> = cells(&|c| set.contains(&c)).iter().take(3).map(|c| grid.label(*c)).collect();
            if names.is_empty() {
                if set.contains(&0) { "missing" } else { "other" }.to_owned()
            } else {
                names.join(", ")
            }
        }
    }
}
