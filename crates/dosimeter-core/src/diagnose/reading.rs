//! The metric over any windows: measured where labels have come, estimated from the scores where they have not.
//!
//! Labels come late, or for some rows only. Windows in which they come as usual are measured; those in which they have not
//! come are estimated, as far as there are scores; and what is said of several windows weighs both by their rows. A few
//! labels must not hide what the scores of all other rows show, and the scores must not outvote labels where there are any.

use crate::diagnosis::Basis;
use crate::metric::{Calibrator, Estimate, Metric, Tally, UnlabelledTally, estimate_binary};
use crate::profile::{PeriodProfile, WindowProfile};

/// Labels fewer than this are no measurement; an estimate, where there is one, stands in.
pub(super) const FEW_LABELS: u64 = 30;

/// How the metric is read in every current window.
pub(super) struct Reading<'a> {
    metric: Metric,
    calibrator: Option<Calibrator>,
    windows: &'a [WindowProfile],
    /// By window, whether it is measured.
    measured: Vec<bool>,
}

/// The tally of some windows together.
pub(super) fn merged<'w>(windows: impl Iterator<Item = &'w WindowProfile>) -> Option<Tally> {
    let mut total: Option<Tally> = None;
    for tally in windows.filter_map(|w| w.outcome.as_ref()) {
        match &mut total {
            None => total = Some(tally.clone()),
            Some(t) => {
                let _ = t.merge(tally);
            }
        }
    }
    total
}

fn unlabelled<'w>(windows: impl Iterator<Item = &'w WindowProfile>) -> Option<UnlabelledTally> {
    let mut total: Option<UnlabelledTally> = None;
    for tally in windows.filter_map(|w| w.scored.as_ref()) {
        match &mut total {
            None => total = Some(tally.clone()),
            Some(t) => {
                let _ = t.merge(tally);
            }
        }
    }
    total
}

impl<'a> Reading<'a> {
    pub(super) fn new(metric: Metric, reference: &Tally, current: &'a PeriodProfile) -> Reading<'a> {
        let calibrator = match reference {
            Tally::Binary(t) => Calibrator::fit(t),
            _ => None,
        };
        let windows = current.windows.as_slice();
        let labels = |w: &WindowProfile| w.outcome.as_ref().map_or(0, Tally::rows);
        let all: u64 = windows.iter().map(labels).sum();
        let usual = all as f64 / current.rows().max(1) as f64;
        // Where labels come for a part of the rows, a window that has half of the usual part is not waiting for them.
        let waiting = |w: &WindowProfile| (labels(w) as f64) < 0.5 * usual * w.rows as f64;
        let measured = windows.iter().map(|w| all >= FEW_LABELS && labels(w) > 0 && !waiting(w)).collect();
        Reading { metric, calibrator, windows, measured }
    }

    pub(super) fn metric(&self) -> Metric {
        self.metric
    }

    fn measure(&self, windows: &[usize]) -> Option<Estimate> {
        merged(windows.iter().filter_map(|w| self.windows.get(*w)))?.estimate(self.metric)
    }

    fn guess(&self, windows: &[usize]) -> Option<Estimate> {
        let tally = unlabelled(windows.iter().filter_map(|w| self.windows.get(*w)))?;
        estimate_binary(self.metric, self.calibrator.as_ref()?, &tally).ok()
    }

    fn rows(&self, windows: &[usize]) -> u64 {
        windows.iter().filter_map(|w| self.windows.get(*w)).map(|w| w.rows).sum()
    }

    pub(super) fn is_measured(&self, window: usize) -> bool {
        self.measured.get(window).copied().unwrap_or(false)
    }

    /// The metric over some windows, and what it rests on.
    pub(super) fn over(&self, windows: &[usize]) -> Option<(Estimate, Basis)> {
        let (with, without): (Vec<usize>, Vec<usize>) = windows.iter().partition(|w| self.is_measured(**w));
        let guess = (self.rows(&without) > 0).then(|| self.guess(&without)).flatten();
        match (self.measure(&with), guess) {
            (Some(a), None) => Some((a, Basis::Labels)),
            (None, Some(b)) => Some((b, Basis::Estimate)),
            (Some(a), Some(b)) => {
                let share = self.rows(&with) as f64 / self.rows(windows).max(1) as f64;
                let value = share * a.value + (1.0 - share) * b.value;
                let se = (share * a.se).hypot((1.0 - share) * b.se);
                Some((Estimate { value, se, n: a.n + b.n, ..a }, Basis::Mixed))
            }
            (None, None) => None,
        }
    }

    /// [`Reading::over`] where it rests on rows enough.
    pub(super) fn enough(&self, windows: &[usize]) -> Option<(Estimate, Basis)> {
        self.over(windows).filter(|(e, _)| e.n >= FEW_LABELS)
    }

    /// By window, the metric by its labels, however few.
    pub(super) fn by_label(&self) -> Vec<Option<Estimate>> {
        (0..self.windows.len()).map(|w| self.measure(&[w])).collect()
    }

    /// By window, the metric estimated from the scores of all its rows.
    pub(super) fn by_score(&self) -> Vec<Option<Estimate>> {
        (0..self.windows.len()).map(|w| self.guess(&[w])).collect()
    }

    /// The part of the rows that lie in windows of which anything is known, by labels or by these estimates.
    pub(super) fn covered(&self, estimates: &[Option<Estimate>]) -> f64 {
        let all: Vec<usize> = (0..self.windows.len()).collect();
        let known: Vec<usize> =
            all.iter().copied().filter(|w| self.is_measured(*w) || estimates[*w].is_some()).collect();
        self.rows(&known) as f64 / self.rows(&all).max(1) as f64
    }
}
