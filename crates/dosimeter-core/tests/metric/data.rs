//! The generators of `reference.py`, equal to the last bit.

use dosimeter_core::metric::{BinaryTally, MulticlassTally, RegressionTally, ScoreEdges, quantile_edges};

pub(crate) struct Lcg(pub(crate) u64);

impl Lcg {
    pub(crate) fn next(&mut self) -> f64 {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 11) as f64 / (1u64 << 53) as f64
    }

    pub(crate) fn below(&mut self, n: usize) -> usize {
        (self.next() * n as f64) as usize
    }
}

pub(crate) fn binary(seed: u64, n: usize) -> Vec<(bool, f64)> {
    let mut g = Lcg(seed);
    let row = |_| {
        let (x, u) = (g.next(), g.next());
        (u < 0.05 + 0.9 * x, x * x * (3.0 - 2.0 * x))
    };
    (0..n).map(row).collect()
}

pub(crate) fn discrete(seed: u64, n: usize) -> Vec<(bool, f64)> {
    let mut g = Lcg(seed);
    let row = |_| {
        let (x, u) = (g.next(), g.next());
        (u < 0.02 + 0.3 * x * x, (x * 20.0).floor() / 20.0)
    };
    (0..n).map(row).collect()
}

pub(crate) fn multiclass(seed: u64, n: usize) -> Vec<(usize, [f64; 4])> {
    let mut g = Lcg(seed);
    let row = |_| {
        let u = g.next();
        let label = [0.5, 0.8, 0.95, 1.0].iter().position(|share| u < *share).unwrap_or(3);
        let mut raw = [0.0; 4];
        for (k, r) in raw.iter_mut().enumerate() {
            let v = g.next();
            *r = v * v + 0.01 + if k == label { 0.35 } else { 0.0 };
        }
        let total = raw[0] + raw[1] + raw[2] + raw[3];
        (label, raw.map(|r| r / total))
    };
    (0..n).map(row).collect()
}

pub(crate) fn regression(seed: u64, n: usize) -> Vec<(f64, f64)> {
    let mut g = Lcg(seed);
    let row = |_| {
        let (a, b, c) = (g.next(), g.next(), g.next());
        let label = 5.0 + 100.0 * a * a + 10.0 * b;
        (label, label + (c - 0.4) * (2.0 + 0.2 * label))
    };
    (0..n).map(row).collect()
}

/// A tally on edges from these very rows.
pub(crate) fn binary_tally(rows: &[(bool, f64)]) -> BinaryTally {
    let scores: Vec<f64> = rows.iter().map(|row| row.1).collect();
    count(BinaryTally::new(quantile_edges(&scores, 4096)), rows)
}

/// Counts rows into a tally; predicted positive from 0.5 on.
pub(crate) fn count(mut tally: BinaryTally, rows: &[(bool, f64)]) -> BinaryTally {
    rows.iter().for_each(|(label, score)| tally.add(*label, Some(*score >= 0.5), Some(*score)));
    tally
}

pub(crate) const CLASSES: [&str; 4] = ["a", "b", "c", "d"];

pub(crate) fn argmax(scores: &[f64; 4]) -> usize {
    (0..4).fold(0, |best, k| if scores[k] > scores[best] { k } else { best })
}

pub(crate) fn multiclass_tally(rows: &[(usize, [f64; 4])]) -> MulticlassTally {
    let edges = |k| quantile_edges(&rows.iter().map(|row| row.1[k]).collect::<Vec<f64>>(), 4096);
    let edges = ScoreEdges::PerClass((0..4).map(edges).collect());
    let mut tally = MulticlassTally::new(CLASSES.map(String::from).to_vec(), edges);
    for (label, scores) in rows {
        tally.add(CLASSES[*label], Some(CLASSES[argmax(scores)]), Some(scores));
    }
    tally
}

pub(crate) fn regression_tally(rows: &[(f64, f64)]) -> RegressionTally {
    let mut tally = RegressionTally::new();
    rows.iter().for_each(|(label, prediction)| tally.add(*label, Some(*prediction)));
    tally
}
