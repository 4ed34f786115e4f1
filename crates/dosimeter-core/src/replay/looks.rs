//! What each look of a monitor sees: the windows that had come by then, all since the reference or the last few.
//!
//! One profile per window is all that is kept of the history. A look over everything grows the period of the look before by
//! the windows that came since, and thins its samples: what a longer period samples is a part of what a shorter one does,
//! so nothing dropped is ever missed.

use std::collections::VecDeque;

use crate::profile::{Baseline, PeriodProfile};

/// A length: of time in microseconds, or of windows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Span {
    /// So many windows.
    Windows(usize),
    /// Microseconds.
    Time(i64),
}

/// One look.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Look {
    /// Counted from 0.
    pub index: usize,
    /// The last window that it sees, among all of the history's.
    pub window: usize,
    /// The first.
    pub from: usize,
    /// The end of the last window, microseconds UTC, where windows have times.
    pub at: Option<i64>,
    /// Rows that had come since the reference.
    pub rows: u64,
}

impl Look {
    /// The first window of its period, counted within it, whose labels are younger than `delay`; the number of windows where
    /// all labels are known.
    #[must_use]
    pub fn known(&self, period: &PeriodProfile, delay: Span) -> usize {
        let count = period.windows.len();
        // The period may have lost empty windows at its end, and with them time has passed.
        let passed = (self.window + 1 - self.from).saturating_sub(count);
        match (delay, self.at) {
            (Span::Windows(n), _) => count.saturating_sub(n.saturating_sub(passed)),
            (Span::Time(delay), Some(now)) => period
                .windows
                .iter()
                .position(|w| w.end.is_some_and(|end| end > now.saturating_sub(delay)))
                .unwrap_or(count),
            (Span::Time(_), None) => count,
        }
    }
}

/// After which windows one looks: every so many, or the first that ends at least so long after the look before; and after
/// the last one. `ends` are the windows' ends.
#[must_use]
pub fn schedule(ends: &[Option<i64>], every: Span) -> Vec<usize> {
    let mut looks = Vec::new();
    // A day in which clocks go forward has 23 hours and is a day.
    const SLACK: i64 = 3_600_000_000;
    let mut last: Option<i64> = None;
    for (i, end) in ends.iter().enumerate() {
        let due = match every {
            Span::Windows(n) => (i + 1) % n.max(1) == 0,
            Span::Time(every) => match (last, end) {
                (Some(last), Some(end)) => end.saturating_sub(last) >= every.saturating_sub(SLACK.min(every / 4)),
                _ => true,
            },
        };
        if due || i + 1 == ends.len() {
            looks.push(i);
            last = *end;
        }
    }
    looks
}

/// The looks in order, each with the period that it sees.
pub struct Looks<'a> {
    baseline: &'a Baseline,
    windows: std::vec::IntoIter<PeriodProfile>,
    schedule: VecDeque<usize>,
    trailing: Option<Span>,
    /// All windows so far as one period; with `trailing`, those that may still be seen, each by itself.
    grown: PeriodProfile,
    recent: VecDeque<PeriodProfile>,
    taken: usize,
    given: usize,
    rows: u64,
    end: Option<i64>,
}

impl<'a> Looks<'a> {
    /// Over a history of one profile per window, at the windows of `schedule`; over everything, or over `trailing`.
    #[must_use]
    pub fn new(
        baseline: &'a Baseline,
        windows: Vec<PeriodProfile>,
        schedule: Vec<usize>,
        trailing: Option<Span>,
    ) -> Looks<'a> {
        Looks {
            baseline,
            windows: windows.into_iter(),
            schedule: schedule.into(),
            trailing,
            grown: PeriodProfile::default(),
            recent: VecDeque::new(),
            taken: 0,
            given: 0,
            rows: 0,
            end: None,
        }
    }

    fn take(&mut self, next: PeriodProfile) {
        self.taken += 1;
        self.rows += next.rows();
        self.end = next.windows.last().and_then(|w| w.end).or(self.end);
        let Some(trailing) = self.trailing else {
            self.grown.append(next);
            return;
        };
        self.recent.push_back(next);
        let stale = |recent: &VecDeque<PeriodProfile>| match (trailing, self.end) {
            (Span::Windows(n), _) => recent.len() > n.max(1),
            (Span::Time(span), Some(now)) => {
                let start = recent.front().and_then(|p| p.windows.first()).and_then(|w| w.start);
                recent.len() > 1 && start.is_some_and(|s| s < now.saturating_sub(span))
            }
            (Span::Time(_), None) => false,
        };
        while stale(&self.recent) {
            self.recent.pop_front();
        }
    }
}

impl Iterator for Looks<'_> {
    type Item = (Look, PeriodProfile);

    fn next(&mut self) -> Option<(Look, PeriodProfile)> {
        loop {
            let window = self.schedule.pop_front()?;
            while self.taken <= window {
                let next = self.windows.next()?;
                self.take(next);
            }
            let (from, mut period) = if self.trailing.is_some() {
                let mut period = PeriodProfile::default();
                self.recent.iter().for_each(|p| period.append(p.clone()));
                period.thin(self.baseline);
                (self.taken - self.recent.len(), period)
            } else {
                self.grown.thin(self.baseline);
                (0, self.grown.clone())
            };
            period.settle(self.baseline);
            // Before the first row there is nothing to look at.
            if period.rows() == 0 {
                continue;
            }
            let look = Look { index: self.given, window, from, at: self.end, rows: self.rows };
            self.given += 1;
            return Some((look, period));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::profile::WindowProfile;
    use crate::time::DAY;

    #[test]
    fn looks_come_after_so_many_windows_or_so_long() {
        let weeks: Vec<Option<i64>> = (1..=7).map(|w| Some(w * 7 * DAY)).collect();
        assert_eq!(schedule(&weeks, Span::Windows(1)), [0, 1, 2, 3, 4, 5, 6]);
        assert_eq!(schedule(&weeks, Span::Windows(3)), [2, 5, 6]);
        assert_eq!(schedule(&weeks, Span::Time(14 * DAY)), [0, 2, 4, 6]);
        // Shorter than a window is every window.
        assert_eq!(schedule(&weeks, Span::Time(DAY)), [0, 1, 2, 3, 4, 5, 6]);
        assert_eq!(schedule(&[None, None], Span::Time(DAY)), [0, 1]);
        assert_eq!(schedule(&[], Span::Windows(1)), [0; 0]);
    }

    #[test]
    fn labels_are_known_once_they_are_old_enough() {
        let window = |w: i64| WindowProfile {
            start: Some(w * 7 * DAY),
            end: Some((w + 1) * 7 * DAY),
            rows: 1,
            ..WindowProfile::default()
        };
        let period = PeriodProfile { windows: (0..10).map(window).collect(), ..PeriodProfile::default() };
        let look = Look { index: 9, window: 9, from: 0, at: Some(70 * DAY), rows: 10 };
        let known = |delay| look.known(&period, delay);
        assert_eq!(known(Span::Time(0)), 10);
        assert_eq!(known(Span::Time(7 * DAY)), 9);
        assert_eq!(known(Span::Time(30 * DAY)), 5);
        assert_eq!(known(Span::Time(1_000 * DAY)), 0);
        assert_eq!((known(Span::Windows(0)), known(Span::Windows(4)), known(Span::Windows(40))), (10, 6, 0));
        // Two empty windows came after these ten.
        let late = Look { window: 11, at: Some(84 * DAY), ..look };
        assert_eq!((late.known(&period, Span::Windows(4)), late.known(&period, Span::Time(28 * DAY))), (8, 8));
    }
}
