//! In which windows is something off, since when, and until when?

use super::case::{Case, least_effect};
use super::dating::{Followed, to_the_row};
use crate::diagnosis::{Onset, OnsetBound, Shape};
use crate::evidence::onset::{Stretch, onset_interval, stretches_and_ramps};
use crate::evidence::shift::Series;
use crate::time::Timestamp;

/// When a column was affected.
#[derive(Clone, Debug)]
pub(crate) struct Affected {
    /// The windows at a shifted level, in order. Of a ramp, those in which it has come to what matters.
    pub(crate) windows: Vec<usize>,
    /// Since when.
    pub(crate) onset: Onset,
    /// Whether a change point stands out.
    pub(crate) sharp: bool,
    /// Where the rows lie that tell the row of an abrupt onset.
    pub(crate) border: Option<Border>,
}

/// The windows around an abrupt onset.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Border {
    /// The first window of the level before.
    pub(crate) first: usize,
    /// The windows in which it may have fallen.
    pub(crate) low: usize,
    pub(crate) high: usize,
    /// One past the last window of the level after.
    pub(crate) to: usize,
    /// Whether the level before is the reference's.
    pub(crate) from_reference: bool,
}

impl Affected {
    /// Windows and a date without a change point that stands out, or as a check dated them itself.
    pub(crate) fn plain(windows: Vec<usize>, onset: Onset, sharp: bool) -> Affected {
        Affected { windows, onset, sharp, border: None }
    }

    /// The windows that are wholly affected: the first may hold rows from before the onset.
    pub(crate) fn inner(&self) -> Vec<usize> {
        if self.windows.len() > 1 && self.onset.window != Some(0) {
            self.windows.iter().copied().filter(|w| Some(*w) != self.onset.window).collect()
        } else {
            self.windows.clone()
        }
    }
}

impl Case<'_> {
    /// The onset that a window stands for.
    pub(crate) fn onset_at(&self, window: usize, low: usize, high: usize) -> Onset {
        let bound = |w: usize| {
            let w = self.current.windows.get(w)?;
            w.start.map(|t| OnsetBound::Time(Timestamp(t))).or(w.first_row.map(OnsetBound::Row))
        };
        let at = self.current.windows.get(window);
        Onset {
            at: at.and_then(|w| w.start).map(Timestamp),
            row: at.and_then(|w| w.first_row),
            window: Some(window),
            interval: bound(low).zip(bound(high)).map(|(a, b)| [a, b]),
            shape: None,
        }
    }

    /// A place between windows as a time, or a row where there is none: in a window as far as the place is.
    pub(crate) fn place(&self, place: f64) -> Option<OnsetBound> {
        let last = self.current.windows.len().checked_sub(1)?;
        let w = self.current.windows.get((place.max(0.0) as usize).min(last))?;
        let part = (place - place.floor()).clamp(0.0, 1.0);
        let part = if place > last as f64 + 1.0 - 1e-9 { 1.0 } else { part };
        if let (Some(start), Some(end)) = (w.start, w.end) {
            return Some(OnsetBound::Time(Timestamp(
                start.saturating_add((part * end.saturating_sub(start) as f64) as i64),
            )));
        }
        Some(OnsetBound::Row(w.first_row?.saturating_add((part * w.rows as f64) as u64)))
    }

    /// The windows in which a series is off by at least `least`, and since when; all windows where no single change
    /// point stands out.
    pub(crate) fn affected(&self, deviations: &[f64], variances: &[f64], least: f64) -> Affected {
        self.affected_where(deviations, variances, |x| x.abs() >= least)
    }

    /// [`Case::affected`] where only some deviations matter, as those to the worse.
    pub(crate) fn affected_where(
        &self,
        deviations: &[f64],
        variances: &[f64],
        matters: impl Fn(f64) -> bool,
    ) -> Affected {
        let list = stretches_and_ramps(deviations, variances);
        let shifted = |s: &Stretch| s.shifted && matters(s.reach());
        let Some(index) = list.iter().position(shifted) else {
            let windows: Vec<usize> = (0..deviations.len()).collect();
            return Affected::plain(windows, self.onset_at(0, 0, deviations.len().saturating_sub(1)), false);
        };
        let Some(first) = list.get(index) else { return self.everywhere() };
        let mut affected = self.since(deviations, variances, &list, index);
        let from = affected.onset.window.unwrap_or(first.from);
        let windows: Vec<usize> = list
            .iter()
            .filter(|s| shifted(s))
            .flat_map(|s| (s.from..s.to).filter(|w| !s.is_ramp() || matters(s.value(*w))))
            .filter(|w| *w >= from)
            .collect();
        let between = |a: usize, b: usize| list.iter().any(|s| !shifted(s) && a < s.from && s.to <= b);
        if windows.windows(2).any(|w| between(w[0], w[1])) {
            affected.onset.shape = Some(Shape::Recurring);
        }
        affected.windows = windows;
        affected
    }

    /// Since when a stretch lasts, and its windows.
    pub(crate) fn since(&self, deviations: &[f64], variances: &[f64], list: &[Stretch], index: usize) -> Affected {
        let Some(stretch) = list.get(index) else { return self.everywhere() };
        let (low, high) = onset_interval(deviations, variances, list, index);
        // Windows without data belong to neither side: the change is seen where data come again.
        let seen = |w: &usize| deviations.get(*w).is_some_and(|d| d.is_finite());
        let from = (stretch.from..stretch.to).find(seen).unwrap_or(stretch.from);
        let mut onset = self.onset_at(from, from, from);
        onset.interval = self.place(low.min(from as f64)).zip(self.place(high.max(from as f64))).map(|(a, b)| [a, b]);
        onset.shape = Some(if stretch.is_ramp() { Shape::Gradual } else { Shape::Abrupt });
        let before = index.checked_sub(1).and_then(|i| list.get(i));
        let border = (!stretch.is_ramp()).then(|| Border {
            first: before.map_or(0, |s| s.from),
            low: low as usize,
            high: high.ceil() as usize,
            to: stretch.to,
            from_reference: before.is_none_or(|s| !s.shifted),
        });
        Affected { windows: (from..stretch.to).collect(), onset, sharp: true, border }
    }

    /// All windows, and no date: where the order of rows means nothing, windows chosen for what they show would lie.
    pub(crate) fn everywhere(&self) -> Affected {
        Affected::plain((0..self.current.windows.len()).collect(), Onset::default(), false)
    }

    /// Where the values of a component moved: [`Case::affected_by`], or everywhere.
    pub(crate) fn moved_in(&self, series: &Series) -> Affected {
        if self.baseline.ordered { self.affected_by(series) } else { self.everywhere() }
    }

    /// [`Case::moved_in`], dated to the row where the sample allows.
    pub(crate) fn moved_in_to_the_row(&self, column: usize, series: &Series) -> Affected {
        let mut affected = self.moved_in(series);
        to_the_row(self, Followed::Column(column), &mut affected);
        affected
    }

    /// [`Case::affected`] for a component: its most telling recent part where no single change point stands out.
    pub(crate) fn affected_by(&self, series: &Series) -> Affected {
        let found = self.affected(&series.deviations(), &series.variances, least_effect(series));
        if found.sharp || series.p_window.0 < series.p_overall {
            return found;
        }
        let windows: Vec<usize> = (series.since..series.means.len()).collect();
        let onset = self.onset_at(series.since, 0, series.means.len().saturating_sub(1));
        Affected::plain(windows, onset, false)
    }
}
