//! All that is kept of one period: its windows, a sample of rows, its keys and what the grid does not know.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::keys::KeySample;
use super::sample::{ExtraColumn, RowSample};
use super::sketch::{Distinct, HeavyHitters};
use super::window::WindowProfile;

/// The sketches of one column.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub struct ColumnSketch {
    /// Distinct values; only of texts and whole numbers.
    pub distinct: Option<Distinct>,
    /// Texts that the grid does not know.
    pub unknown: Option<HeavyHitters>,
}

/// How often a notation was met, and where first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Notation {
    /// Rows written so.
    pub rows: u64,
    /// The first of them.
    pub first_row: u64,
}

impl Notation {
    /// Adds rows written so.
    pub fn merge(&mut self, other: Notation) {
        self.rows += other.rows;
        self.first_row = self.first_row.min(other.first_row);
    }
}

/// One period, reference or current.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub struct PeriodProfile {
    /// In order of time or rows.
    pub windows: Vec<WindowProfile>,
    /// Sampled rows.
    pub sample: RowSample,
    /// Sampled keys, where a column has the role `id`.
    pub keys: Option<KeySample>,
    /// By column, in the baseline's order.
    pub sketches: Vec<ColumnSketch>,
    /// Columns that the baseline does not know.
    pub extras: BTreeMap<String, ExtraColumn>,
    /// The types that the files gave the baseline's columns, by column.
    pub natives: Vec<Option<String>>,
    /// How cells of text were written (date layouts, decimal commas), by column and notation.
    pub layouts: Vec<BTreeMap<String, Notation>>,
    /// Rows that have no time and so belong to no window.
    pub undated: u64,
}

impl PeriodProfile {
    /// Adds the profile of another part of the same period, made with the same windows and baseline.
    pub fn merge(&mut self, other: PeriodProfile) {
        if self.windows.len() < other.windows.len() {
            self.windows.resize(other.windows.len(), WindowProfile::default());
        }
        for (a, b) in self.windows.iter_mut().zip(&other.windows) {
            a.start = a.start.into_iter().chain(b.start).min();
            a.end = a.end.max(b.end);
            a.merge(b);
        }
        self.sample.merge(other.sample);
        match (&mut self.keys, other.keys) {
            (Some(a), Some(b)) => a.merge(&b),
            (a @ None, b) => *a = b,
            _ => {}
        }
        if self.sketches.len() < other.sketches.len() {
            self.sketches.resize(other.sketches.len(), ColumnSketch::default());
        }
        for (a, b) in self.sketches.iter_mut().zip(other.sketches) {
            match (&mut a.distinct, b.distinct) {
                (Some(a), Some(b)) => a.merge(&b),
                (a @ None, b) => *a = b,
                _ => {}
            }
            match (&mut a.unknown, b.unknown) {
                (Some(a), Some(b)) => a.merge(&b),
                (a @ None, b) => *a = b,
                _ => {}
            }
        }
        for (name, extra) in other.extras {
            let mine = self.extras.entry(name).or_default();
            mine.numbers.extend(extra.numbers);
            mine.texts.extend(extra.texts);
            mine.present.resize(mine.present.len().max(extra.present.len()), 0);
            for (a, b) in mine.present.iter_mut().zip(&extra.present) {
                *a += b;
            }
            if mine.native.is_empty() {
                mine.native = extra.native;
            }
        }
        self.natives.resize(self.natives.len().max(other.natives.len()), None);
        for (a, b) in self.natives.iter_mut().zip(other.natives) {
            if a.is_none() {
                *a = b;
            }
        }
        self.layouts.resize(self.layouts.len().max(other.layouts.len()), BTreeMap::new());
        for (a, b) in self.layouts.iter_mut().zip(other.layouts) {
            for (layout, seen) in b {
                a.entry(layout).and_modify(|n| n.merge(seen)).or_insert(seen);
            }
        }
        self.undated += other.undated;
    }

    /// Takes back the times of windows of rows that do not follow one another in time: such a window is no period, and
    /// nothing can be dated by it. Neighbours may overlap a little, as in a log that is written by several hands.
    pub fn keep_sound_times(&mut self) {
        let spans: Vec<(i64, i64)> = self.windows.iter().filter_map(|w| w.start.zip(w.end)).collect();
        let sound = spans.windows(2).all(|pair| {
            let ((a, b), (c, d)) = (pair[0], pair[1]);
            a <= c && b <= d && b.saturating_sub(c) <= b.saturating_sub(a).max(d.saturating_sub(c)) / 2 + 1
        });
        if !sound {
            for w in &mut self.windows {
                (w.start, w.end) = (None, None);
            }
        }
    }

    /// Whether windows have times, and so follow one another.
    #[must_use]
    pub fn is_dated(&self) -> bool {
        self.windows.iter().any(|w| w.start.is_some())
    }

    /// Puts samples in row order and drops empty windows at both ends, after the last merge.
    pub fn finish(&mut self) {
        self.sample.sort();
        for extra in self.extras.values_mut() {
            extra.numbers.sort_by_key(|(row, _)| *row);
            extra.texts.sort_by_key(|(row, _)| *row);
        }
    }

    /// All rows.
    #[must_use]
    pub fn rows(&self) -> u64 {
        self.windows.iter().map(|w| w.rows).sum()
    }

    /// Counts of one column over the windows in `range`, added up.
    #[must_use]
    pub fn counts(&self, column: usize, range: std::ops::Range<usize>) -> Vec<u64> {
        let mut sum = super::window::ColumnWindow::default();
        for window in self.windows.iter().skip(range.start).take(range.len()) {
            if let Some(c) = window.columns.get(column) {
                sum.merge(c);
            }
        }
        sum.counts
    }
}
