//! The metric over any windows: measured where labels have come, estimated where they have not.
//!
//! Labels come late, or for some rows only. Windows in which they come as usual are measured; those in which they have not
//! come are estimated, as far as there is something to estimate from; and what is said of several windows weighs both by their
//! rows. A few labels must not hide what the scores of all other rows show, and the scores must not outvote labels where there
//! are any. Where a measured window has rows without labels, these help: labels and estimate are combined in a way that is right
//! whatever the estimate is worth (prediction-powered inference, [`crate::metric::combine_binary`]).

use super::case::Case;
use super::direct_loss::{DirectLoss, row_loss};
use super::recalibration::Recalibration;
use crate::diagnosis::Basis;
use crate::metric::{
    Calibrator, ClassCalibrators, Estimate, ExpectedTally, Metric, Scale, Tally, UnlabelledTally, combine_binary,
    combine_multiclass, estimate_binary, estimate_multiclass,
};
use crate::profile::WindowProfile;

/// Labels fewer than this are no measurement; an estimate, where there is one, stands in.
pub(super) const FEW_LABELS: u64 = 30;

/// Where more of the rows have labels than this, there is nothing to gain from the others.
const MOST_LABELLED: f64 = 0.8;
/// The error that labels and estimate together may have of the labels' own, to be worth another assumption.
const WORTH: f64 = 0.99;

/// What an estimate is made from.
enum Source {
    /// Calibrated scores of two classes, and how their chances follow the inputs where that was learned.
    Scores(Calibrator, Option<Box<Recalibration>>),
    /// Calibrated scores of many classes, and the tally that they were learned from.
    Classes(ClassCalibrators, Box<Tally>),
    /// The loss of numbers, learned from the inputs.
    Loss(Box<DirectLoss>),
    Nothing,
}

/// How the metric is read in every current window.
pub(super) struct Reading<'a> {
    metric: Metric,
    source: Source,
    /// How far the estimate is off on the reference's own rows: a step function of the score ranks a little better than the
    /// labels do.
    bias: f64,
    windows: &'a [WindowProfile],
    reference: &'a [WindowProfile],
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

fn expected<'w>(windows: impl Iterator<Item = &'w WindowProfile>) -> Option<ExpectedTally> {
    let mut total: Option<ExpectedTally> = None;
    for tally in windows.filter_map(|w| w.expected.as_ref()) {
        match &mut total {
            None => total = Some(tally.clone()),
            Some(t) => {
                let _ = t.merge(tally);
            }
        }
    }
    total
}

/// Whether there are current rows without a label.
fn lacks_labels(case: &Case<'_>) -> bool {
    let labelled: u64 = case.current.windows.iter().filter_map(|w| w.outcome.as_ref()).map(Tally::rows).sum();
    labelled < case.current.rows()
}

impl<'a> Reading<'a> {
    pub(super) fn new(case: &Case<'a>, metric: Metric, reference: &Tally, labelled: &Estimate) -> Reading<'a> {
        let source = match reference {
            Tally::Binary(t) => Calibrator::fit(t).map(|c| {
                // Trees cost more than a look at the scores: only where something is asked of them.
                let asked = case.baseline.watch.metric == Some(metric) && lacks_labels(case);
                let by_inputs = asked.then(|| Recalibration::new(case, &c)).flatten();
                Source::Scores(c, by_inputs.map(Box::new))
            }),
            Tally::Multiclass(t) => {
                ClassCalibrators::fit(t).map(|c| Source::Classes(c, Box::new(Tally::Multiclass(t.clone()))))
            }
            // The sampled rows know the loss of the watched metric only.
            Tally::Regression(_) if case.baseline.watch.metric == Some(metric) => {
                DirectLoss::new(case, metric, labelled).map(|d| Source::Loss(Box::new(d)))
            }
            Tally::Regression(_) => None,
        };
        let windows = case.current.windows.as_slice();
        let labels = |w: &WindowProfile| w.outcome.as_ref().map_or(0, Tally::rows);
        let all: u64 = windows.iter().map(labels).sum();
        let usual = all as f64 / case.current.rows().max(1) as f64;
        // Where labels come for a part of the rows, a window that has half of the usual part is not waiting for them.
        let waiting = |w: &WindowProfile| (labels(w) as f64) < 0.5 * usual * w.rows as f64;
        let measured = windows.iter().map(|w| all >= FEW_LABELS && labels(w) > 0 && !waiting(w)).collect();
        let reference = case.baseline.reference.windows.as_slice();
        let mut reading =
            Reading { metric, source: source.unwrap_or(Source::Nothing), bias: 0.0, windows, reference, measured };
        let own = match &reading.source {
            Source::Scores(calibrator, _) => reading.score_estimate(reference.iter(), calibrator),
            _ => None,
        };
        reading.bias = own.map_or(0.0, |e| e.value - labelled.value);
        reading
    }

    pub(super) fn metric(&self) -> Metric {
        self.metric
    }

    fn of<'s>(&'s self, windows: &'s [usize]) -> impl Iterator<Item = &'a WindowProfile> + 's {
        windows.iter().filter_map(|w| self.windows.get(*w))
    }

    fn measure(&self, windows: &[usize]) -> Option<Estimate> {
        merged(self.of(windows))?.estimate(self.metric)
    }

    /// From scores of two classes.
    fn score_estimate<'w>(
        &self,
        windows: impl Iterator<Item = &'w WindowProfile>,
        calibrator: &Calibrator,
    ) -> Option<Estimate> {
        self.by_chances(&unlabelled(windows)?, calibrator)
    }

    fn by_chances(&self, scores: &UnlabelledTally, calibrator: &Calibrator) -> Option<Estimate> {
        let mut e = estimate_binary(self.metric, calibrator, scores).ok()?;
        e.value -= self.bias;
        match e.scale {
            Scale::Share | Scale::LossUpTo(_) => e.value = e.value.clamp(0.0, 1.0),
            Scale::Loss => e.value = e.value.max(0.0),
            _ => {}
        }
        Some(e)
    }

    fn guess(&self, windows: &[usize]) -> Option<Estimate> {
        match &self.source {
            Source::Scores(calibrator, by_inputs) => {
                let scores = unlabelled(self.of(windows))?;
                match by_inputs {
                    Some(r) => r.over(windows, calibrator, |c| self.by_chances(&scores, c)),
                    None => self.by_chances(&scores, calibrator),
                }
            }
            Source::Classes(calibrators, reference) => {
                let Tally::Multiclass(reference) = &**reference else { return None };
                estimate_multiclass(self.metric, reference, calibrators, &expected(self.of(windows))?).ok()
            }
            Source::Loss(direct) => direct.over(windows),
            Source::Nothing => None,
        }
    }

    /// Labels and the estimate of the rows without, where there are both and the two together say more than the labels.
    fn combine(&self, windows: &[usize]) -> Option<Estimate> {
        let labels = merged(self.of(windows))?;
        let alone = labels.estimate(self.metric)?;
        if labels.rows() < FEW_LABELS || labels.rows() as f64 > MOST_LABELLED * self.rows(windows) as f64 {
            return None;
        }
        let both = match (&self.source, &labels) {
            (Source::Scores(calibrator, _), _) => {
                combine_binary(self.metric, calibrator, &unlabelled(self.of(windows))?).ok()
            }
            (Source::Classes(..), _) => combine_multiclass(self.metric, &expected(self.of(windows))?).ok(),
            (Source::Loss(direct), Tally::Regression(t)) => {
                direct.combine(windows, t.row_losses(row_loss(self.metric)?)?)
            }
            _ => None,
        };
        both.filter(|e| e.se < WORTH * alone.se)
    }

    fn rows(&self, windows: &[usize]) -> u64 {
        self.of(windows).map(|w| w.rows).sum()
    }

    pub(super) fn is_measured(&self, window: usize) -> bool {
        self.measured.get(window).copied().unwrap_or(false)
    }

    /// Whether no window waits for its labels.
    pub(super) fn all_measured(&self) -> bool {
        self.measured.iter().zip(self.windows).all(|(measured, w)| *measured || w.rows == 0)
    }

    /// The metric over some windows, and what it rests on.
    pub(super) fn over(&self, windows: &[usize]) -> Option<(Estimate, Basis)> {
        let (with, without): (Vec<usize>, Vec<usize>) = windows.iter().partition(|w| self.is_measured(**w));
        let guess = (self.rows(&without) > 0).then(|| self.guess(&without)).flatten();
        let combined = self.combine(&with);
        let basis = if combined.is_some() { Basis::Mixed } else { Basis::Labels };
        match (combined.or_else(|| self.measure(&with)), guess) {
            (Some(a), None) => Some((a, basis)),
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

    /// By window, the metric estimated without labels, from all its rows.
    pub(super) fn by_score(&self) -> Vec<Option<Estimate>> {
        (0..self.windows.len()).map(|w| self.guess(&[w])).collect()
    }

    /// By window, the metric by its labels and the estimate of its other rows together.
    pub(super) fn by_both(&self) -> Vec<Option<Estimate>> {
        (0..self.windows.len()).map(|w| self.combine(&[w])).collect()
    }

    /// By reference window, what the estimate would have said: its own wobble is its null. Empty where that is not known.
    pub(super) fn of_reference(&self) -> Vec<Option<Estimate>> {
        match &self.source {
            Source::Scores(c, _) => self.reference.iter().map(|w| self.score_estimate(std::iter::once(w), c)).collect(),
            Source::Loss(direct) => direct.of_reference(self.reference.len()),
            _ => Vec::new(),
        }
    }

    /// What the estimate assumes, in words; `None` where there is none.
    pub(super) fn assumption(&self) -> Option<String> {
        match &self.source {
            Source::Scores(_, Some(r)) => Some(format!(
                "is estimated from the scores and what {} sampled reference rows say of them at given inputs, assuming that P(Y|inputs, score) is as in the reference",
                crate::text::count(r.learned_from())
            )),
            Source::Scores(_, None) => {
                Some("is estimated from the scores, assuming that P(Y|score) is as in the reference".to_owned())
            }
            Source::Classes(..) => Some(
                "is estimated from the scores of all classes, assuming that P(Y|scores) is as in the reference"
                    .to_owned(),
            ),
            Source::Loss(direct) => Some(format!(
                "is estimated from the inputs by trees that learned the loss of {} sampled reference rows, assuming that the loss at given inputs is as in the reference",
                crate::text::count(direct.learned_from())
            )),
            Source::Nothing => None,
        }
    }

    /// What the estimate of so many rows rests on, in words.
    pub(super) fn rests_on(&self, rows: u64) -> String {
        let rows = crate::text::count(rows);
        match &self.source {
            Source::Loss(_) => format!("the inputs of {rows} sampled rows"),
            _ => format!("the scores of {rows} rows"),
        }
    }

    /// The part of the rows that lie in windows of which anything is known, by labels or by these estimates.
    pub(super) fn covered(&self, estimates: &[Option<Estimate>]) -> f64 {
        let all: Vec<usize> = (0..self.windows.len()).collect();
        let known: Vec<usize> = all
            .iter()
            .copied()
            .filter(|w| self.is_measured(*w) || estimates.get(*w).is_some_and(Option::is_some))
            .collect();
        self.rows(&known) as f64 / self.rows(&all).max(1) as f64
    }
}
