//! Columns of vectors in the passes: surveyed, then read as columns of numbers.

use std::collections::BTreeMap;
use std::sync::Arc;

use arrow_buffer::NullBuffer;
use dosimeter_core::profile::grid::{Grid, Special};
use dosimeter_core::profile::sample::mix;
use dosimeter_core::profile::vector::ZEROS;
use dosimeter_core::profile::{Baseline, ColumnKind, ColumnSpec, VectorSpec};

use super::fit::thin;
use super::survey::Survey;
use crate::{Batch, Column, Kind, Values};

/// Dimensions that are told apart; longer vectors are no embeddings.
const MOST_DIMENSIONS: usize = 64;
const LONGEST: usize = 65_536;
/// Vectors that the grids are cut by, and about the most numbers in all.
const SAMPLED_ROWS: usize = 2_000;
const SAMPLED_NUMBERS: usize = 4_000_000;

/// What a survey keeps of a column of vectors: those of the smallest hashes, which merges exactly, and the dimensions.
#[derive(Clone, Debug, Default)]
pub struct VectorSurvey {
    /// Rows by dimension.
    dimensions: BTreeMap<usize, u64>,
    /// Vectors by the hash of their row.
    sample: BTreeMap<(u64, u64), Vec<f32>>,
    longest: usize,
}

impl VectorSurvey {
    pub(super) fn add(&mut self, row: u64, vector: &[f32]) {
        if let Some(n) = self.dimensions.get_mut(&vector.len()) {
            *n += 1;
        } else if self.dimensions.len() < MOST_DIMENSIONS {
            self.dimensions.insert(vector.len(), 1);
        }
        if !(2..=LONGEST).contains(&vector.len()) {
            return;
        }
        self.longest = self.longest.max(vector.len());
        let key = (mix(row), row);
        let full = self.sample.len() >= self.most();
        let last = self.sample.last_key_value().map(|(k, _)| *k);
        if full && last.is_some_and(|last| last < key) {
            return;
        }
        // What could not be embedded has no place on a grid.
        if vector.iter().all(|x| x.is_finite()) && vector.iter().any(|x| *x != 0.0) {
            self.sample.insert(key, vector.to_vec());
            self.trim();
        }
    }

    /// How many vectors are kept: fewer of long ones.
    fn most(&self) -> usize {
        (SAMPLED_NUMBERS / self.longest.max(1)).clamp(50, SAMPLED_ROWS)
    }

    fn trim(&mut self) {
        while self.sample.len() > self.most() {
            self.sample.pop_last();
        }
    }

    pub(super) fn merge(&mut self, other: VectorSurvey) {
        for (dimension, n) in other.dimensions {
            *self.dimensions.entry(dimension).or_insert(0) += n;
        }
        self.longest = self.longest.max(other.longest);
        self.sample.extend(other.sample);
        self.trim();
    }

    /// The dimension that nearly all vectors have; `None` where there is no such.
    pub(super) fn dimension(&self) -> Option<usize> {
        let all: u64 = self.dimensions.values().sum();
        let (dimension, n) = self.dimensions.iter().max_by_key(|(_, n)| **n)?;
        ((2..=LONGEST).contains(dimension) && *n * 10 >= all * 9).then_some(*dimension)
    }

    /// The cells of the column itself: its dimension, and vectors of zeros.
    pub(super) fn grid(&self) -> Grid {
        let dimension = self.dimension().map(|d| d.to_string());
        Grid::Category { values: dimension.into_iter().chain([ZEROS.to_owned()]).collect() }
    }
}

/// The cell of one vector in the column's own grid.
pub(super) fn cell(grid: &Grid, index: &BTreeMap<&str, usize>, vector: &[f32]) -> u16 {
    let known = |value: &str| index.get(value).copied().unwrap_or(grid.special(Special::Other));
    let cell = if vector.iter().any(|x| x.is_nan()) {
        grid.special(Special::NaN)
    } else if vector.iter().any(|x| x.is_infinite()) {
        grid.special(Special::Infinity)
    } else if !vector.is_empty() && vector.iter().all(|x| *x == 0.0) {
        known(ZEROS)
    } else {
        known(&vector.len().to_string())
    };
    cell as u16
}

/// Draws the directions of every column of vectors, and adds its parts to the columns.
pub(super) fn parts(survey: &Survey, columns: &mut Vec<ColumnSpec>, room: usize, seed: u64) -> Vec<VectorSpec> {
    let mut list = Vec::new();
    for column in 0..columns.len() {
        let Some(spec) = columns.get(column).filter(|c| c.kind == ColumnKind::Vector).cloned() else { continue };
        let Some(surveyed) = survey.columns.iter().find(|c| c.name == spec.name) else { continue };
        let Some(dimension) = surveyed.vectors.dimension() else { continue };
        let sample: Vec<&[f32]> =
            surveyed.vectors.sample.values().map(Vec::as_slice).filter(|v| v.len() == dimension).collect();
        let mut vectors = VectorSpec::draw(dimension, seed);
        vectors.column = column;
        vectors.first_part = columns.len();
        let mut values: Vec<Vec<f64>> = vec![Vec::with_capacity(sample.len()); vectors.parts()];
        let mut row = Vec::new();
        for v in &sample {
            if vectors.read(v, &mut row).is_some() {
                values.iter_mut().zip(&row).for_each(|(values, x)| values.push(*x));
            }
        }
        for (name, values) in vectors.part_names(&spec.name).into_iter().zip(&values) {
            let min = values.iter().copied().fold(f64::INFINITY, f64::min);
            let max = values.iter().copied().fold(f64::NEG_INFINITY, f64::max);
            columns.push(ColumnSpec {
                name,
                role: spec.role,
                kind: ColumnKind::Number,
                native: super::cells::native(Kind::Number).to_owned(),
                integer: false,
                layout: None,
                grid: thin(Grid::number(values, min, max), values, min, max, room),
            });
        }
        list.push(vectors);
    }
    list
}

/// The parts of a batch's vectors, as columns of numbers; none where the batch lacks the column.
pub(super) fn read(baseline: &Baseline, batch: &Batch) -> Vec<Column> {
    let mut all = Vec::new();
    for vectors in &baseline.vectors {
        let Some(spec) = baseline.columns.get(vectors.column) else { continue };
        let Some(column) = batch.column(&spec.name) else { continue };
        let column = super::cells::as_kind(column, Kind::Vector);
        let mut values: Vec<Vec<f64>> = vec![vec![0.0; batch.rows]; vectors.parts()];
        let mut valid = vec![false; batch.rows];
        if let Values::Vector(found) = &column.values {
            let mut row = Vec::new();
            for (i, valid) in valid.iter_mut().enumerate().filter(|(i, _)| column.is_valid(*i)) {
                if found.get(i).and_then(|v| vectors.read(v, &mut row)).is_some() {
                    *valid = true;
                    for (values, x) in values.iter_mut().zip(&row) {
                        if let Some(slot) = values.get_mut(i) {
                            *slot = *x;
                        }
                    }
                }
            }
        }
        let validity = valid.iter().any(|v| !v).then(|| NullBuffer::from(valid));
        for (name, values) in vectors.part_names(&spec.name).into_iter().zip(values) {
            all.push(Column::plain(Arc::from(name), Values::Float(values.into()), validity.clone()));
        }
    }
    all
}
