//! Distinct counts and heavy hitters behind types of our own.
//!
//! HyperLogLog (Flajolet et al. 2007) and the frequent-items sketch of Anderson et al. (2017), from Apache DataSketches,
//! whose bytes other languages read. Only texts the grid does not know reach the heavy hitters: the known ones are
//! counted exactly.

use datasketches::frequencies::{ErrorType, FrequentItemsSketch};
use datasketches::hll::{HllSketch, HllType, HllUnion};
use serde::de::Error as _;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// 2^11 registers: a standard error of 2.3 %, 1 KB.
const LG_REGISTERS: u8 = 11;
/// At most this many texts are tracked; counts are off by at most 3.5/1024 of the total.
const HITTERS: usize = 1024;

/// How many different values a column has, about.
#[derive(Clone, Debug)]
pub struct Distinct(HllUnion);

impl Default for Distinct {
    fn default() -> Self {
        #[allow(clippy::unwrap_used)] // 11 lies within 4..=21, the sizes that the sketch accepts.
        Distinct(HllUnion::new(LG_REGISTERS).unwrap())
    }
}

impl Distinct {
    /// Adds a value by its hash.
    pub fn add(&mut self, hash: u64) {
        self.0.update_value(hash);
    }

    /// Adds another part's values.
    pub fn merge(&mut self, other: &Distinct) {
        self.0.update(&other.0.to_sketch(HllType::Hll8));
    }

    /// The estimated number of different values.
    #[must_use]
    pub fn estimate(&self) -> f64 {
        self.0.estimate()
    }
}

impl Serialize for Distinct {
    fn serialize<S: Serializer>(&self, s: S) -> Result<S::Ok, S::Error> {
        self.0.to_sketch(HllType::Hll8).serialize().serialize(s)
    }
}

impl<'de> Deserialize<'de> for Distinct {
    fn deserialize<D: Deserializer<'de>>(d: D) -> Result<Self, D::Error> {
        let sketch = HllSketch::deserialize(&Vec::<u8>::deserialize(d)?).map_err(D::Error::custom)?;
        let mut distinct = Distinct::default();
        distinct.0.update(&sketch);
        Ok(distinct)
    }
}

/// The most frequent texts, with counts that are bounded from both sides.
#[derive(Clone, Debug)]
pub struct HeavyHitters(FrequentItemsSketch<String>);

impl Default for HeavyHitters {
    fn default() -> Self {
        #[allow(clippy::unwrap_used)] // 1024 is a power of two, as the sketch requires.
        HeavyHitters(FrequentItemsSketch::new(HITTERS).unwrap())
    }
}

impl HeavyHitters {
    /// Adds a text that occurred `count` times; texts over 256 bytes are cut at a character.
    pub fn add(&mut self, text: &str, count: u64) {
        self.0.update_with_count(shorten(text).to_owned(), count);
    }

    /// Adds another part's texts.
    pub fn merge(&mut self, other: &HeavyHitters) {
        self.0.merge(&other.0);
    }

    /// Texts with counts that are surely at least so high, most frequent first, ties by text.
    #[must_use]
    pub fn top(&self) -> Vec<(String, u64)> {
        let mut top: Vec<(String, u64)> = self
            .0
            .frequent_items(ErrorType::NoFalseNegatives)
            .iter()
            .map(|row| (row.item().clone(), row.lower_bound()))
            .collect();
        top.sort_by(|a, b| b.1.cmp(&a.1).then(a.0.cmp(&b.0)));
        top
    }
}

impl Serialize for HeavyHitters {
    fn serialize<S: Serializer>(&self, s: S) -> Result<S::Ok, S::Error> {
        self.top().serialize(s)
    }
}

impl<'de> Deserialize<'de> for HeavyHitters {
    fn deserialize<D: Deserializer<'de>>(d: D) -> Result<Self, D::Error> {
        let mut hitters = HeavyHitters::default();
        for (text, count) in Vec::<(String, u64)>::deserialize(d)? {
            hitters.add(&text, count);
        }
        Ok(hitters)
    }
}

/// At most 256 bytes, cut between characters.
#[must_use]
pub fn shorten(text: &str) -> &str {
    let mut end = text.len().min(256);
    while !text.is_char_boundary(end) {
        end -= 1;
    }
    &text[..end]
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::profile::sample::mix;

    #[test]
    fn distinct_counts_merge() {
        let (mut a, mut b) = (Distinct::default(), Distinct::default());
        (0..60_000u64).for_each(|i| a.add(mix(i)));
        (40_000..100_000u64).for_each(|i| b.add(mix(i)));
        a.merge(&b);
        assert!((a.estimate() / 100_000.0 - 1.0).abs() < 0.08, "{}", a.estimate());
    }

    #[test]
    fn a_million_texts_stay_bounded_and_the_heavy_one_is_found() {
        let mut hitters = HeavyHitters::default();
        for i in 0..200_000 {
            hitters.add(&format!("v{i}"), 1);
            hitters.add("heavy", 1);
        }
        let top = hitters.top();
        assert_eq!(top[0].0, "heavy");
        assert!(top[0].1 >= 190_000, "{}", top[0].1);
        assert!(top.len() <= HITTERS);
    }
}
