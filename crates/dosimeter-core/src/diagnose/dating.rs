//! The row and the time of an abrupt change, from the sampled rows around it.
//!
//! Windows date a change to a window; what lies inside is told by the sample, which holds whole rows with their numbers and, where
//! there is a time column, their times. Nothing is made more precise than the sample is dense.

use super::affected::{Affected, Border};
use super::case::Case;
use crate::diagnosis::OnsetBound;
use crate::evidence::onset::rows::change_row;
use crate::profile::grid::Grid;
use crate::profile::{PeriodProfile, Role};
use crate::time::Timestamp;

/// More windows than this in doubt are no border: the change is not dated any closer.
const MOST_WINDOWS: usize = 8;
/// Rows of the level before that are enough without the reference's.
const ENOUGH: usize = 200;
/// Categories that are told apart, the most frequent first.
const MOST_CATEGORIES: usize = 9;

/// What is followed from row to row.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Followed {
    /// The loss under the watched metric.
    Loss,
    /// The values of a column.
    Column(usize),
}

/// Dates an abrupt onset to the row, and to the time of that row, where the sample allows.
pub(crate) fn to_the_row(case: &Case<'_>, followed: Followed, affected: &mut Affected) {
    let Some(border) = affected.border.filter(|_| affected.sharp) else {
        return;
    };
    if let Some(found) = row(case, followed, border) {
        let sample = &case.current.sample;
        let time = |i: usize| {
            let column = case.baseline.column_with(Role::Time)?;
            let t = *sample.columns.get(column)?.numbers.get(i)?;
            t.is_finite().then_some(Timestamp(t as i64))
        };
        let onset = &mut affected.onset;
        let timed = onset.at.is_some();
        // It fell after one sampled row and not after the next.
        let bound = |i: usize, add: u64| {
            if timed {
                Some(OnsetBound::Time(time(i)?))
            } else {
                Some(OnsetBound::Row(sample.rows.get(i)?.saturating_add(add)))
            }
        };
        let interval = bound(found.low, 1).zip(bound(found.high, 0));
        let Some((low, high)) = interval else { return };
        let at = if timed { time(found.at) } else { None };
        if timed && at.is_none() {
            return;
        }
        (onset.row, onset.at, onset.interval) = (sample.rows.get(found.at).copied(), at, Some([low, high]));
    }
}

/// Positions in the sample.
struct Found {
    at: usize,
    /// The last row that is surely before.
    low: usize,
    /// The first row that is surely after.
    high: usize,
}

fn row(case: &Case<'_>, followed: Followed, border: Border) -> Option<Found> {
    let sample = &case.current.sample;
    // Rows must follow one another as their windows do, or the order inside a window means nothing.
    if !sample.windows.is_sorted() {
        return None;
    }
    let (first, last) = (border.low.saturating_sub(1).max(border.first), (border.high + 1).min(border.to));
    if last.saturating_sub(first) > MOST_WINDOWS {
        return None;
    }
    let place = |w: usize| sample.windows.partition_point(|x| (*x as usize) < w);
    let (start, from, until, end) = (place(border.first), place(first), place(last), place(border.to));
    let known = known_values(case, followed, border);
    let take = |a: usize, b: usize| -> Vec<(usize, f64)> {
        (a..b).filter_map(|i| Some((i, value(case.current, followed, i)?))).collect()
    };
    let group = |x: f64| known.as_ref().map_or(x, |list| list.iter().position(|k| *k == x).map_or(-1.0, |p| p as f64));
    let grouped = |list: &[(usize, f64)]| list.iter().map(|(_, x)| group(*x)).collect::<Vec<f64>>();
    let mut before = grouped(&take(start, from));
    if before.len() < ENOUGH && border.from_reference {
        let reference = &case.baseline.reference;
        before.extend((0..reference.sample.len()).filter_map(|i| value(reference, followed, i)).map(group));
    }
    let between = take(from, until);
    let found = change_row(&before, &grouped(&between), &grouped(&take(until, end)))?;
    let at = |k: usize| between.get(k).map(|(i, _)| *i);
    Some(Found { at: at(found.at)?, low: at(found.low.checked_sub(1)?)?, high: at(found.high)? })
}

fn value(period: &PeriodProfile, followed: Followed, i: usize) -> Option<f64> {
    match followed {
        Followed::Loss => period.sample.losses.get(i).map(|l| f64::from(*l)).filter(|l| l.is_finite()),
        Followed::Column(j) => period.sample.columns.get(j)?.codes.get(i).map(|c| f64::from(*c)),
    }
}

/// The categories that are told apart; `None` where values have an order.
fn known_values(case: &Case<'_>, followed: Followed, border: Border) -> Option<Vec<f64>> {
    let Followed::Column(j) = followed else { return None };
    let Grid::Category { .. } = case.spec(j).grid else { return None };
    let windows: Vec<usize> = (border.first..border.to).collect();
    let mut counts: Vec<(u64, usize)> =
        case.counts_in(j, &windows).into_iter().enumerate().map(|(cell, n)| (n, cell)).collect();
    counts.sort_by(|a, b| b.0.cmp(&a.0).then(a.1.cmp(&b.1)));
    Some(counts.into_iter().take(MOST_CATEGORIES).filter(|(n, _)| *n > 0).map(|(_, cell)| cell as f64).collect())
}
