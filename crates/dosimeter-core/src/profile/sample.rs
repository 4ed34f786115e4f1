//! A seeded, bounded sample of whole rows.
//!
//! A row is in the sample when the hash of its number and the seed falls under a threshold, so the sample of a part is
//! the part of the sample: it merges exactly, in any order, on any machine. Within a sample rows are independent of
//! their values, hence every sample statistic has its ordinary standard error.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

/// Mixes 64 bits so that each output bit depends on each input bit (Steele et al., SplitMix64, 2014).
#[inline]
#[must_use]
pub fn mix(mut z: u64) -> u64 {
    z = z.wrapping_add(0x9e37_79b9_7f4a_7c15);
    z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    z ^ (z >> 31)
}

/// A 64-bit hash of bytes (FNV-1a, then mixed).
#[must_use]
pub fn hash_bytes(bytes: &[u8]) -> u64 {
    mix(bytes.iter().fold(0xcbf2_9ce4_8422_2325, |h, b| (h ^ u64::from(*b)).wrapping_mul(0x0100_0000_01b3)))
}

/// A number as the text that names its category: whole numbers without a fraction.
#[must_use]
pub fn canonical_number(x: f64) -> String {
    if x == x.trunc() && x.abs() < 1e15 { format!("{x:.0}") } else { format!("{x}") }
}

/// Rows sampled of a period, and the most cells of a sample.
const SAMPLED: u64 = 20_000;
const SAMPLED_CELLS: u64 = 4_000_000;

/// How many rows are sampled of a period with so many columns.
#[must_use]
pub fn sampled(columns: usize) -> u64 {
    SAMPLED.min((SAMPLED_CELLS / columns.max(1) as u64).max(1_000))
}

/// Which rows belong to a sample.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Chooser {
    seed: u64,
    threshold: u64,
}

impl Chooser {
    /// About `wanted` rows out of `total`.
    #[must_use]
    pub fn new(seed: u64, wanted: u64, total: u64) -> Chooser {
        let threshold =
            if wanted >= total { u64::MAX } else { (wanted as f64 / total as f64 * u64::MAX as f64) as u64 };
        Chooser { seed: mix(seed), threshold }
    }

    /// The rows sampled of a period of `rows` rows.
    #[must_use]
    pub fn of_period(seed: u64, columns: usize, rows: u64) -> Chooser {
        Chooser::new(seed, sampled(columns), rows.max(1))
    }

    /// Whether the row with this number is in the sample.
    #[inline]
    #[must_use]
    pub fn takes(&self, row: u64) -> bool {
        mix(row ^ self.seed) <= self.threshold
    }
}

/// One column of a sample.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct SampleColumn {
    /// The cell of each row.
    pub codes: Vec<u16>,
    /// The number of each row, NaN where there is none; empty for categories.
    pub numbers: Vec<f64>,
    /// Texts that the grid does not know, by position in the sample.
    pub texts: BTreeMap<u32, String>,
}

/// A column that the baseline does not know, as sampled.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct ExtraColumn {
    /// Its numbers by row number.
    pub numbers: Vec<(u64, f64)>,
    /// Its texts by row number.
    pub texts: Vec<(u64, String)>,
    /// Rows with a value, by window.
    pub present: Vec<u64>,
    /// The type that the file gave it.
    pub native: String,
}

/// No label, or not of two classes.
pub const UNKNOWN: u8 = 2;

/// Whole rows of one period.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct RowSample {
    /// Row numbers, ascending once [`RowSample::sort`] ran.
    pub rows: Vec<u64>,
    /// The window of each row.
    pub windows: Vec<u32>,
    /// The loss of each row under the watched metric, NaN where there is no label.
    pub losses: Vec<f32>,
    /// Of a model of two classes, the label of each row: 1 positive, 0 negative, [`UNKNOWN`] where there is none.
    pub positive: Vec<u8>,
    /// By column, in the baseline's order.
    pub columns: Vec<SampleColumn>,
}

impl RowSample {
    /// How many rows it holds.
    #[must_use]
    pub fn len(&self) -> usize {
        self.rows.len()
    }

    /// Whether it holds none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.rows.is_empty()
    }

    /// Whether every row has all that a row has, as in any sample that was not forged.
    #[must_use]
    pub fn is_whole(&self) -> bool {
        let rows = self.len();
        let fits = |n: usize| n == rows || n == 0;
        let column = |c: &SampleColumn| c.codes.len() == rows && fits(c.numbers.len());
        self.windows.len() == rows
            && self.losses.len() == rows
            && fits(self.positive.len())
            && self.columns.iter().all(column)
    }

    /// Drops all rows but those whose number is to be kept.
    pub fn retain(&mut self, keep: impl Fn(u64) -> bool) {
        let kept: Vec<usize> = (0..self.len()).filter(|i| self.rows.get(*i).is_some_and(|r| keep(*r))).collect();
        if kept.len() < self.len() {
            *self = self.picked(&kept);
        }
    }

    /// The rows at these positions, which ascend.
    #[must_use]
    pub fn picked(&self, positions: &[usize]) -> RowSample {
        fn pick<T: Copy>(all: &[T], positions: &[usize]) -> Vec<T> {
            positions.iter().filter_map(|i| all.get(*i).copied()).collect()
        }
        let column = |c: &SampleColumn| SampleColumn {
            codes: pick(&c.codes, positions),
            numbers: pick(&c.numbers, positions),
            texts: c
                .texts
                .iter()
                .filter_map(|(i, t)| Some((positions.binary_search(&(*i as usize)).ok()? as u32, t.clone())))
                .collect(),
        };
        RowSample {
            rows: pick(&self.rows, positions),
            windows: pick(&self.windows, positions),
            losses: pick(&self.losses, positions),
            positive: pick(&self.positive, positions),
            columns: self.columns.iter().map(column).collect(),
        }
    }

    /// Adds the sample of another part.
    pub fn merge(&mut self, other: RowSample) {
        let offset = self.len() as u32;
        self.rows.extend(other.rows);
        self.windows.extend(other.windows);
        self.losses.extend(other.losses);
        if !(self.positive.is_empty() && other.positive.is_empty()) {
            self.positive.resize(offset as usize, UNKNOWN);
            self.positive.extend(other.positive);
            self.positive.resize(self.rows.len(), UNKNOWN);
        }
        if self.columns.len() < other.columns.len() {
            self.columns.resize(other.columns.len(), SampleColumn::default());
        }
        for (a, b) in self.columns.iter_mut().zip(other.columns) {
            a.codes.extend(b.codes);
            a.numbers.extend(b.numbers);
            a.texts.extend(b.texts.into_iter().map(|(i, t)| (i + offset, t)));
        }
    }

    /// Puts the rows in order of their numbers, so that the same rows give the same bytes however they were merged.
    pub fn sort(&mut self) {
        let mut order: Vec<usize> = (0..self.len()).collect();
        order.sort_by_key(|i| self.rows[*i]);
        if order.windows(2).all(|w| w[0] < w[1]) {
            return;
        }
        let mut position = vec![0u32; order.len()];
        for (new, old) in order.iter().enumerate() {
            position[*old] = new as u32;
        }
        self.rows = order.iter().map(|i| self.rows[*i]).collect();
        self.windows = order.iter().map(|i| self.windows[*i]).collect();
        self.losses = order.iter().map(|i| self.losses[*i]).collect();
        if !self.positive.is_empty() {
            self.positive = order.iter().map(|i| self.positive.get(*i).copied().unwrap_or(UNKNOWN)).collect();
        }
        for column in &mut self.columns {
            column.codes = order.iter().map(|i| column.codes[*i]).collect();
            if !column.numbers.is_empty() {
                column.numbers = order.iter().map(|i| column.numbers[*i]).collect();
            }
            column.texts =
                std::mem::take(&mut column.texts).into_iter().map(|(i, t)| (position[i as usize], t)).collect();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn chooses_about_as_many_as_wanted() {
        let chooser = Chooser::new(7, 1_000, 100_000);
        let taken = (0..100_000).filter(|r| chooser.takes(*r)).count();
        assert!((900..1_100).contains(&taken), "{taken}");
        assert!((0..50).all(|r| Chooser::new(0, 50, 50).takes(r)));
    }

    #[test]
    fn order_of_merging_does_not_matter() {
        let part = |rows: &[u64]| RowSample {
            rows: rows.to_vec(),
            windows: vec![0; rows.len()],
            losses: vec![0.0; rows.len()],
            positive: rows.iter().map(|r| (*r % 2) as u8).collect(),
            columns: vec![SampleColumn {
                codes: rows.iter().map(|r| *r as u16).collect(),
                numbers: Vec::new(),
                texts: rows.iter().enumerate().map(|(i, r)| (i as u32, r.to_string())).collect(),
            }],
        };
        let (mut a, mut b) = (part(&[5, 2]), part(&[9, 1]));
        a.merge(part(&[9, 1]));
        b.merge(part(&[5, 2]));
        a.sort();
        b.sort();
        assert_eq!(a, b);
        assert_eq!(a.columns[0].texts[&0], "1");
    }
}
