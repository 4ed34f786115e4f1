//! What a pass keeps of a period beside its windows: once for all of it, or once a window.
//!
//! A period that will be judged again and again as it grows is profiled in one pass all the same: its windows are counted
//! apart anyhow, and here the little else is, so that each window becomes a profile of its own
//! ([`PeriodProfile::append`] puts them together again). Samples of a window are those of the shortest period that it will
//! be judged in; longer ones sample a part of them.

use std::collections::{BTreeMap, HashMap};

use dosimeter_core::profile::keys::KeySample;
use dosimeter_core::profile::period::{ColumnSketch, Notation};
use dosimeter_core::profile::sample::{Chooser, ExtraColumn, sampled};
use dosimeter_core::profile::{Baseline, PeriodProfile, Role};

use super::cells::times;
use super::window::Windows;
use super::{Progress, fold};
use crate::{Batch, Dataset};

/// How many times the sample of a period may be kept of a history that is profiled window by window.
pub const MOST_SAMPLES: u64 = 8;

/// Keys, sketches and notations of a period, or of one of its windows.
#[derive(Clone)]
pub(super) struct Part {
    pub(super) keys: Option<KeySample>,
    pub(super) sketches: Vec<ColumnSketch>,
    pub(super) natives: Vec<Option<String>>,
    pub(super) layouts: Vec<BTreeMap<String, Notation>>,
    pub(super) undated: u64,
}

impl Part {
    /// For a period, or the shortest one that a window will be judged in, of so many rows.
    pub(super) fn new(baseline: &Baseline, keyed: bool, rows: u64) -> Part {
        Part {
            keys: keyed.then(|| KeySample::new(rows)),
            sketches: vec![ColumnSketch::default(); baseline.columns.len()],
            natives: vec![None; baseline.columns.len()],
            layouts: vec![BTreeMap::new(); baseline.columns.len()],
            undated: 0,
        }
    }

    /// Gives a profile what was kept beside its windows.
    pub(super) fn complete(self, profile: &mut PeriodProfile) {
        profile.keys = self.keys;
        profile.sketches = self.sketches;
        profile.natives = self.natives;
        profile.layouts = self.layouts;
        profile.undated = self.undated;
    }
}

/// The rows to sample of each window: those of the shortest period that it will be judged in, as far as all of them
/// together are no more than [`MOST_SAMPLES`] samples.
pub(super) fn choosers(baseline: &Baseline, shortest: &[u64], sizes: &[u64]) -> Vec<Chooser> {
    let wanted = sampled(baseline.columns.len());
    let share = |rows: u64| (wanted as f64 / rows.max(1) as f64).min(1.0);
    let all: f64 = shortest.iter().zip(sizes).map(|(rows, size)| *size as f64 * share(*rows)).sum();
    let thinner = (all / (MOST_SAMPLES * wanted) as f64).max(1.0);
    let rows = |rows: &u64| (*rows.max(&wanted) as f64 * thinner) as u64;
    shortest
        .iter()
        .map(|r| {
            let total = if thinner > 1.0 { rows(r) } else { *r };
            Chooser::of_period(baseline.watch.seed, baseline.columns.len(), total)
        })
        .collect()
}

/// Of every window its rows, and those of the shortest period that it will be judged in, for [`super::profile::ProfileOptions`].
/// `first` says where the period of the look at a window begins.
#[must_use]
pub fn shortest(sizes: &[u64], first: impl Fn(usize) -> usize) -> Vec<(u64, u64)> {
    let mut least = vec![u64::MAX; sizes.len()];
    for look in 0..sizes.len() {
        let from = first(look).min(look);
        let rows: u64 = sizes.get(from..=look).map_or(0, |s| s.iter().sum());
        least.iter_mut().skip(from).take(look + 1 - from).for_each(|l| *l = rows.min(*l));
    }
    sizes.iter().copied().zip(least).collect()
}

/// The rows of every window, from the time column alone; `None` where all of `rows` may be kept, and nobody needs to know.
#[must_use]
pub fn sizes(
    dataset: &Dataset,
    baseline: &Baseline,
    windows: &Windows,
    within: super::Part,
    rows: u64,
    offsets: &[u64],
    progress: &Progress,
) -> Option<Vec<u64>> {
    if rows <= MOST_SAMPLES * sampled(baseline.columns.len()) {
        return None;
    }
    let count = windows.len();
    if let Windows::Rows { size, .. } = windows {
        let of = |i: usize| if i + 1 == count { rows.saturating_sub(size * i as u64) } else { *size };
        return Some((0..count).map(of).collect());
    }
    let time = baseline.columns.get(baseline.column_with(Role::Time)?)?.name.clone();
    let step = |counts: &mut Vec<u64>, _: usize, first: u64, batch: &Batch| {
        let Some(column) = batch.columns.first() else { return };
        for (i, time) in times(column, batch.rows).into_iter().enumerate() {
            let row = first + i as u64;
            if within.takes(row, time)
                && let Some(n) = windows.of(row, time).and_then(|w| counts.get_mut(w))
            {
                *n += 1;
            }
        }
    };
    // A file that breaks is reported by the pass itself.
    let (lanes, _) = fold(dataset, Some(&[time]), offsets, &[], progress, || vec![0u64; count], step);
    let mut total = vec![0u64; count];
    for lane in lanes {
        total.iter_mut().zip(lane).for_each(|(a, b)| *a += b);
    }
    Some(total)
}

/// The profile of one lane of a pass as one profile a window.
pub(super) fn split(profile: PeriodProfile, parts: Vec<Part>) -> Vec<PeriodProfile> {
    let PeriodProfile { windows, sample, extras, .. } = profile;
    let mut positions: Vec<Vec<usize>> = vec![Vec::new(); windows.len()];
    let mut window_of: HashMap<u64, usize> = HashMap::new();
    for (i, (row, window)) in sample.rows.iter().zip(&sample.windows).enumerate() {
        if let Some(list) = positions.get_mut(*window as usize) {
            list.push(i);
            window_of.insert(*row, *window as usize);
        }
    }
    let mut split: Vec<PeriodProfile> = windows
        .into_iter()
        .zip(parts)
        .zip(&positions)
        .map(|((window, part), positions)| {
            let mut p = PeriodProfile { windows: vec![window], ..PeriodProfile::default() };
            p.sample = sample.picked(positions);
            p.sample.windows.iter_mut().for_each(|w| *w = 0);
            part.complete(&mut p);
            p
        })
        .collect();
    for (name, extra) in extras {
        for (window, present) in extra.present.iter().enumerate().filter(|(_, n)| **n > 0) {
            if let Some(p) = split.get_mut(window) {
                let (present, native) = (vec![*present], extra.native.clone());
                p.extras.insert(name.clone(), ExtraColumn { present, native, ..ExtraColumn::default() });
            }
        }
        let mut into = |row: u64, put: &mut dyn FnMut(&mut ExtraColumn)| {
            let known = window_of.get(&row).and_then(|w| split.get_mut(*w)).and_then(|p| p.extras.get_mut(&name));
            known.into_iter().for_each(put);
        };
        extra.numbers.into_iter().for_each(|(row, x)| into(row, &mut |e| e.numbers.push((row, x))));
        extra.texts.into_iter().for_each(|(row, t)| into(row, &mut |e| e.texts.push((row, t.clone()))));
    }
    split
}

#[cfg(test)]
mod tests {
    use super::shortest;

    #[test]
    fn a_window_is_sampled_for_the_shortest_period_that_it_is_judged_in() {
        // Everything so far: a window is judged first with what was before it.
        assert_eq!(shortest(&[10, 20, 30], |_| 0), [(10, 10), (20, 30), (30, 60)]);
        // The last two: the second window with the first, or with the third.
        assert_eq!(shortest(&[10, 20, 5], |look| look.saturating_sub(1)), [(10, 10), (20, 25), (5, 25)]);
        assert_eq!(shortest(&[10, 20], |look| look), [(10, 10), (20, 20)]);
    }
}
