//! The tally of a model of many classes.

use std::sync::Arc;

use serde::{Deserialize, Serialize};

use super::binary::{auc_of, auc_parts, mean_of};
use super::cells::{ScoreCells, add_counts, sound_edges, unit_edges};
use super::confusion::Confusion;
use super::interval::{Estimate, Scale};
use super::loss::{probability, surprise};
use super::moments::Moments;
use super::reliability::ReliabilityBins;
use super::square::Square;
use super::table::{Metric, Task};
use super::tally::{MergeError, Unavailable};

/// The most classes that are told apart.
pub const MAX_CLASSES: usize = 200;

/// What classes beyond [`MAX_CLASSES`], and classes that the tally was not made for, are counted as.
pub const OTHER: &str = "other";

/// Cells of the most probable class's probability, fine enough for isotonic regression.
const TOP_CELLS: usize = 1024;

/// The frozen score edges of the one-vs-rest curves.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ScoreEdges {
    /// One grid for every class, as [`super::unit_edges`].
    Shared(Arc<[f64]>),
    /// One grid a class, in the order of the classes; a missing one is 256 equal cells on [0, 1].
    PerClass(Vec<Arc<[f64]>>),
}

impl ScoreEdges {
    fn of_class(&self, class: usize) -> Arc<[f64]> {
        match self {
            ScoreEdges::Shared(edges) => Arc::clone(edges),
            ScoreEdges::PerClass(all) => all.get(class).map_or_else(|| unit_edges(256), Arc::clone),
        }
    }
}

/// What labelled rows say about a model of many classes.
///
/// The first [`MAX_CLASSES`] classes are told apart; later ones, and labels or predictions that are none of them,
/// are counted together as [`OTHER`], where a row is right only if label and prediction are the same text. The
/// group enters macro means as one class, where it occurs.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct MulticlassTally {
    classes: Vec<String>,
    /// Positions in `classes`, sorted by name, for looking them up.
    by_name: Vec<u32>,
    /// How many scores a row has: the number of classes that were given.
    columns: usize,
    edges: ScoreEdges,
    rows: u64,
    unpredicted: u64,
    unscored: u64,
    outside_unit: u64,
    labels: Vec<u64>,
    /// (classes + 1)^2 counts, row = label, column = prediction, [`OTHER`] last.
    confusion: Vec<u64>,
    /// Rows in the last cell whose label and prediction are two different other classes.
    other_wrong: u64,
    /// Empty until the first row with scores.
    curves: Vec<ScoreCells>,
    top: ScoreCells,
    log_loss: Moments,
    brier: Moments,
    reliability: ReliabilityBins,
}

impl MulticlassTally {
    /// An empty tally for these classes, in the order in which rows give their scores; put the frequent ones first
    /// where there are more than [`MAX_CLASSES`].
    #[must_use]
    pub fn new(classes: Vec<String>, edges: ScoreEdges) -> Self {
        let columns = classes.len();
        let mut classes = classes;
        classes.truncate(MAX_CLASSES);
        let mut by_name: Vec<u32> = (0..classes.len() as u32).collect();
        by_name.sort_by(|a, b| classes.get(*a as usize).cmp(&classes.get(*b as usize)));
        let edges = match edges {
            ScoreEdges::Shared(e) => ScoreEdges::Shared(sound_edges(e)),
            ScoreEdges::PerClass(all) => ScoreEdges::PerClass(all.into_iter().map(sound_edges).collect()),
        };
        let size = classes.len() + 1;
        Self {
            classes,
            by_name,
            columns,
            edges,
            rows: 0,
            unpredicted: 0,
            unscored: 0,
            outside_unit: 0,
            labels: vec![0; size],
            confusion: vec![0; size * size],
            other_wrong: 0,
            curves: Vec::new(),
            top: ScoreCells::new(unit_edges(TOP_CELLS)),
            log_loss: Moments::default(),
            brier: Moments::default(),
            reliability: ReliabilityBins::default(),
        }
    }

    /// The classes that are told apart.
    #[must_use]
    pub fn classes(&self) -> &[String] {
        &self.classes
    }

    /// The position of a class, `None` for one that counts as [`OTHER`]. For columns of repeated text, look each
    /// value up once and count with [`Self::add_indexed`].
    #[must_use]
    pub fn class_index(&self, class: &str) -> Option<usize> {
        let name = |at: &u32| self.classes.get(*at as usize).map_or("", String::as_str);
        // The first of equal names.
        let at = self.by_name.partition_point(|at| name(at) < class);
        self.by_name.get(at).filter(|at| name(at) == class).map(|at| *at as usize)
    }

    /// Counts one labelled row; `scores` are the probabilities of the classes in the order given to [`Self::new`].
    /// Scores of another number, or with one that is not finite, count as none.
    pub fn add(&mut self, label: &str, predicted: Option<&str>, scores: Option<&[f64]>) {
        let index = self.class_index(label);
        let predicted_index = predicted.map(|p| self.class_index(p));
        self.add_indexed(index, predicted_index, predicted == Some(label), scores);
    }

    /// As [`Self::add`], with positions from [`Self::class_index`]: `predicted` is `None` without a prediction and
    /// `Some(None)` for another class; `equal` says, where both are other classes, whether they are the same.
    pub fn add_indexed(
        &mut self,
        label: Option<usize>,
        predicted: Option<Option<usize>>,
        equal: bool,
        scores: Option<&[f64]>,
    ) {
        let other = self.classes.len();
        let at = label.map_or(other, |l| l.min(other));
        self.rows += 1;
        if let Some(count) = self.labels.get_mut(at) {
            *count += 1;
        }
        match predicted {
            None => self.unpredicted += 1,
            Some(p) => {
                let p = p.map_or(other, |p| p.min(other));
                if let Some(count) = self.confusion.get_mut(at * (other + 1) + p) {
                    *count += 1;
                }
                self.other_wrong += u64::from(at == other && p == other && !equal);
            }
        }
        match scores.filter(|s| s.len() == self.columns && s.iter().all(|v| v.is_finite())) {
            Some(scores) => self.add_scores(at, scores),
            None => self.unscored += 1,
        }
    }

    fn add_scores(&mut self, label: usize, scores: &[f64]) {
        if self.curves.is_empty() {
            self.curves = (0..self.classes.len()).map(|k| ScoreCells::new(self.edges.of_class(k))).collect();
        }
        for (k, (curve, score)) in self.curves.iter_mut().zip(scores).enumerate() {
            curve.add(k == label, *score);
        }
        if scores.iter().any(|s| probability(*s).is_none()) {
            self.outside_unit += 1;
            return;
        }
        let other = self.classes.len();
        let (mut top, mut best, mut squares, mut grouped) = (0, f64::NEG_INFINITY, 0.0, 0.0);
        for (k, score) in scores.iter().enumerate() {
            let p = score.clamp(0.0, 1.0);
            if p > best {
                (top, best) = (k.min(other), p);
            }
            if k < other { squares += p * p } else { grouped += p }
        }
        squares += grouped * grouped;
        // A label among the others has their joint probability: 0 where every class is told apart.
        let of_label = if label < other { scores.get(label).copied().unwrap_or(0.0) } else { grouped };
        let of_label = of_label.clamp(0.0, 1.0);
        self.log_loss.add(surprise(of_label));
        self.brier.add((squares + 1.0 - 2.0 * of_label).max(0.0));
        self.reliability.add(top == label, best);
        self.top.add(top == label, best);
    }

    /// Adds everything that `other` has counted.
    ///
    /// # Errors
    /// Refuses another list of classes or other score edges; nothing has changed then.
    pub fn merge(&mut self, other: &Self) -> Result<(), MergeError> {
        if self.classes != other.classes || self.columns != other.columns {
            return Err(MergeError::Classes);
        }
        let same_curves = self.curves.iter().zip(&other.curves).all(|(a, b)| a.same_grid(b));
        if self.edges != other.edges || !same_curves || !self.top.same_grid(&other.top) {
            return Err(MergeError::Grid);
        }
        if self.curves.is_empty() {
            self.curves.clone_from(&other.curves);
        } else {
            for (a, b) in self.curves.iter_mut().zip(&other.curves) {
                a.merge(b)?;
            }
        }
        self.top.merge(&other.top)?;
        self.rows += other.rows;
        self.unpredicted += other.unpredicted;
        self.unscored += other.unscored;
        self.outside_unit += other.outside_unit;
        add_counts(&mut self.labels, &other.labels);
        add_counts(&mut self.confusion, &other.confusion);
        self.other_wrong += other.other_wrong;
        self.log_loss.merge(&other.log_loss);
        self.brier.merge(&other.brier);
        self.reliability.merge(&other.reliability);
        Ok(())
    }

    /// Labelled rows.
    #[must_use]
    pub fn rows(&self) -> u64 {
        self.rows
    }

    /// Labelled rows without a predicted class.
    #[must_use]
    pub fn unpredicted(&self) -> u64 {
        self.unpredicted
    }

    /// Labelled rows without a full row of finite scores.
    #[must_use]
    pub fn unscored(&self) -> u64 {
        self.unscored
    }

    /// Labelled rows with a score outside [0, 1].
    #[must_use]
    pub fn outside_unit(&self) -> u64 {
        self.outside_unit
    }

    /// Labels by class, [`OTHER`] last.
    #[must_use]
    pub fn label_counts(&self) -> &[u64] {
        &self.labels
    }

    /// Rows by label and predicted class, by row of the label, [`OTHER`] last.
    #[must_use]
    pub fn confusion(&self) -> &[u64] {
        &self.confusion
    }

    /// One-vs-rest labels by score, by class; empty without scores.
    pub(super) fn curves(&self) -> &[ScoreCells] {
        &self.curves
    }

    /// How many scores a row has.
    pub(super) fn columns(&self) -> usize {
        self.columns
    }

    /// Right and wrong by the probability of the most probable class.
    #[must_use]
    pub fn top_cells(&self) -> &ScoreCells {
        &self.top
    }

    /// Promised against actual hits of the most probable class; `None` where scores are no probabilities.
    #[must_use]
    pub fn reliability(&self) -> Option<&ReliabilityBins> {
        (self.outside_unit == 0 && self.log_loss.n() > 0).then_some(&self.reliability)
    }

    /// Names of the classes and of the others.
    fn names(&self) -> impl Iterator<Item = &str> {
        self.classes.iter().map(String::as_str).chain(std::iter::once(OTHER))
    }

    /// The two-class confusion matrix of one class against the rest.
    #[must_use]
    pub fn one_vs_rest(&self, class: usize) -> Confusion {
        let size = self.classes.len() + 1;
        let mut confusion = Confusion::default();
        for (at, count) in self.confusion.iter().enumerate() {
            let cell = match (at / size == class, at % size == class) {
                (true, true) => &mut confusion.true_positives,
                (true, false) => &mut confusion.false_negatives,
                (false, true) => &mut confusion.false_positives,
                (false, false) => &mut confusion.true_negatives,
            };
            *cell += count;
        }
        confusion
    }

    /// The metric with its error, where the data can give it.
    #[must_use]
    pub fn estimate(&self, metric: Metric) -> Option<Estimate> {
        self.try_estimate(metric).ok()
    }

    /// The metric with its error, over the rows that have what it takes; precision, recall, F1, specificity and AUC
    /// as means over classes.
    ///
    /// # Errors
    /// Says why where the data cannot give it.
    pub fn try_estimate(&self, metric: Metric) -> Result<Estimate, Unavailable> {
        if !metric.tasks().contains(&Task::Multiclass) {
            return Err(Unavailable::NotForTask);
        }
        if self.rows == 0 {
            return Err(Unavailable::NoRows);
        }
        if metric.needs_score() && self.unscored == self.rows {
            return Err(Unavailable::NoScores);
        }
        match metric {
            Metric::Auc => self.macro_auc(),
            Metric::LogLoss | Metric::Brier | Metric::Ece if self.outside_unit > 0 => {
                Err(Unavailable::NotProbabilities)
            }
            Metric::LogLoss => mean_of(&self.log_loss, Scale::Loss),
            Metric::Brier => mean_of(&self.brier, Scale::LossUpTo(2)),
            Metric::Ece => self.reliability.ece().ok_or(Unavailable::NoScores),
            Metric::Accuracy => self.accuracy(),
            _ => self.of_confusion(metric),
        }
    }

    fn accuracy(&self) -> Result<Estimate, Unavailable> {
        let size = self.classes.len() + 1;
        let hits: u64 = self.confusion.iter().step_by(size + 1).sum();
        Estimate::share(hits.saturating_sub(self.other_wrong), self.rows.saturating_sub(self.unpredicted))
            .ok_or(Unavailable::NoPredictions)
    }

    fn of_confusion(&self, metric: Metric) -> Result<Estimate, Unavailable> {
        let square = Square::new(self.classes.len() + 1, self.confusion.iter().map(|c| *c as f64));
        let n = square.total();
        if n <= 0.0 {
            return Err(Unavailable::NoPredictions);
        }
        let (value, variance) = square.measure(metric).ok_or(Unavailable::OneClass)?;
        let scale = if metric == Metric::Mcc { Scale::Correlation } else { Scale::Share };
        Estimate::bounded(value, variance.sqrt(), n as u64, scale).ok_or(Unavailable::NotFinite)
    }

    /// The mean of the one-vs-rest AUCs of the classes that occur.
    fn macro_auc(&self) -> Result<Estimate, Unavailable> {
        let (mut sum, mut parts, mut rarest) = (0.0, Vec::new(), u64::MAX);
        for curve in &self.curves {
            let Some((value, variances)) = auc_parts(curve) else {
                continue;
            };
            sum += value;
            parts.push(variances);
            rarest = rarest.min(curve.totals().0).min(curve.totals().1);
        }
        if parts.is_empty() {
            return Err(Unavailable::OneClass);
        }
        let (k, se) = (parts.len() as f64, macro_error(&parts));
        Estimate::bounded(sum / k, se, rarest, Scale::Share).ok_or(Unavailable::NotFinite)
    }

    /// The metric of each class against the rest, [`OTHER`] last where it occurs; `None` where a class does not give
    /// it, and for log loss, Brier and ECE, which are of all classes at once.
    #[must_use]
    pub fn per_class(&self, metric: Metric) -> Vec<(String, Option<Estimate>)> {
        let other = self.classes.len();
        let has_other = self.labels.get(other).is_some_and(|c| *c > 0)
            || self.confusion.iter().skip(other).step_by(other + 1).any(|c| *c > 0);
        self.names()
            .enumerate()
            .filter(|(k, _)| *k < other || has_other)
            .map(|(k, name)| {
                let estimate = match metric {
                    Metric::Auc => self.curves.get(k).and_then(|c| auc_of(c).ok()),
                    Metric::LogLoss | Metric::Brier | Metric::Ece => None,
                    _ => self.one_vs_rest(k).estimate(metric).ok(),
                };
                (name.to_owned(), estimate)
            })
            .collect()
    }
}

/// The error of the mean of one-vs-rest AUCs, from the parts of each one's variance that positives and negatives contribute.
///
/// The counts by class do not say how the classes' errors hang together, so the error is built from what is
/// known: the positives of two classes are different rows, so their parts are independent; the negatives' parts
/// are taken to move as one, which is the most they can; between the two stands the correlation 1/(K-1) that K
/// alike scores have which add up to 1. Never more than the classes' mean error, which is exact for K = 2. In
/// trials with 2 to 20 classes it was 1.0 to 1.45 times the true one.
pub(super) fn macro_error(parts: &[[f64; 2]]) -> f64 {
    let k = parts.len() as f64;
    let of_positives: f64 = parts.iter().map(|[v10, _]| v10).sum();
    let of_negatives: f64 = parts.iter().map(|[_, v01]| v01.sqrt()).sum();
    let errors: f64 = parts.iter().map(|[v10, v01]| (v10 + v01).sqrt()).sum();
    let cross = 2.0 / f64::max(k - 1.0, 1.0) * of_positives.sqrt() * of_negatives;
    (of_positives + of_negatives * of_negatives + cross).sqrt().min(errors) / k
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names(n: usize) -> Vec<String> {
        (0..n).map(|i| format!("c{i}")).collect()
    }

    #[test]
    fn other_classes_are_grouped_but_not_confused() {
        let mut t = MulticlassTally::new(names(300), ScoreEdges::Shared(unit_edges(10)));
        assert_eq!(t.classes().len(), MAX_CLASSES);
        assert_eq!((t.class_index("c199"), t.class_index("c200"), t.class_index("c0")), (Some(199), None, Some(0)));
        t.add("c250", Some("c250"), None);
        t.add("c250", Some("c251"), None);
        t.add("new", Some("c1"), None);
        t.add("c1", Some("c1"), None);
        assert_eq!(t.estimate(Metric::Accuracy).map(|e| e.value), Some(0.5));
        assert_eq!(t.per_class(Metric::Recall).len(), 201);
        assert_eq!(t.label_counts().last(), Some(&3));
    }

    #[test]
    fn scores_of_grouped_classes_add_up() {
        let mut t = MulticlassTally::new(names(202), ScoreEdges::Shared(unit_edges(10)));
        let mut scores = vec![0.0; 202];
        (scores[200], scores[201]) = (0.3, 0.7);
        t.add("c201", Some("c201"), Some(&scores));
        assert!(t.estimate(Metric::LogLoss).is_some_and(|e| e.value < 1e-9));
        assert!(t.estimate(Metric::Brier).is_some_and(|e| e.value.abs() < 1e-9));
        t.add("c201", Some("c201"), Some(&scores[..5]));
        assert_eq!(t.unscored(), 1);
    }

    #[test]
    fn margins_and_emptiness() {
        let mut t = MulticlassTally::new(Vec::new(), ScoreEdges::PerClass(Vec::new()));
        assert_eq!(t.try_estimate(Metric::Accuracy), Err(Unavailable::NoRows));
        t.add("x", Some("x"), Some(&[]));
        assert_eq!(t.estimate(Metric::Accuracy).map(|e| e.value), Some(1.0));
        assert_eq!(t.try_estimate(Metric::Mcc), Err(Unavailable::OneClass));
        let mut t = MulticlassTally::new(names(2), ScoreEdges::PerClass(Vec::new()));
        t.add("c0", None, Some(&[3.0, -3.0]));
        t.add("c1", None, Some(&[-3.0, 3.0]));
        assert_eq!(t.try_estimate(Metric::LogLoss), Err(Unavailable::NotProbabilities));
        assert_eq!(t.try_estimate(Metric::Accuracy), Err(Unavailable::NoPredictions));
        assert_eq!(t.estimate(Metric::Auc).map(|e| e.value), Some(1.0));
    }
}
