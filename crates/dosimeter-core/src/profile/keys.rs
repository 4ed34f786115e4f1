//! Is the key still unique? Exact repeats among a hashed sample of the keys themselves.
//!
//! Keys whose hash falls under a threshold are all kept, so two rows with the same key are both kept or both dropped:
//! the share of repeated keys in the sample estimates that of the whole without bias, in bounded memory, and the
//! samples of two parts merge by union (KMV, Bar-Yossef et al., RANDOM 2002).

use serde::{Deserialize, Serialize};

use super::sample::mix;

/// The most keys kept, about.
pub const KEPT: u64 = 65_536;

/// Hashed keys under a threshold.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct KeySample {
    threshold: u64,
    hashes: Vec<u64>,
    /// Rows with a key.
    pub rows: u64,
}

impl KeySample {
    /// For a period of `total` rows.
    #[must_use]
    pub fn new(total: u64) -> KeySample {
        let threshold = if total <= KEPT { u64::MAX } else { (KEPT as f64 / total as f64 * u64::MAX as f64) as u64 };
        KeySample { threshold, hashes: Vec::new(), rows: 0 }
    }

    /// Adds one key by its hash.
    pub fn add(&mut self, hash: u64) {
        self.rows += 1;
        let mixed = mix(hash);
        // One key a million times must not fill the memory: equal hashes beyond the bound say nothing new.
        if mixed <= self.threshold && (self.hashes.len() as u64) < KEPT * 4 {
            self.hashes.push(mixed);
        }
    }

    /// Adds the keys of another part of the same period.
    pub fn merge(&mut self, other: &KeySample) {
        self.rows += other.rows;
        self.hashes.extend(&other.hashes);
        self.hashes.truncate((KEPT * 8) as usize);
    }

    /// Keeps what [`KeySample::new`] with this total would have kept; a sample never grows.
    pub fn thin(&mut self, total: u64) {
        self.threshold = self.threshold.min(KeySample::new(total).threshold);
        self.hashes.retain(|h| *h <= self.threshold);
    }

    /// The share of rows whose key some earlier row already had, and how many rows that was measured on.
    #[must_use]
    pub fn repeated(&self) -> (f64, usize) {
        let mut sorted = self.hashes.clone();
        sorted.sort_unstable();
        let repeats = sorted.windows(2).filter(|w| w[0] == w[1]).count();
        let share = if sorted.is_empty() { 0.0 } else { repeats as f64 / sorted.len() as f64 };
        // A few keys on many rows seldom fall under the threshold. But then too few different ones do: of unique keys
        // as many would as the threshold lets through, give or take a square root.
        let expected = self.rows as f64 * (self.threshold as f64 / u64::MAX as f64);
        let lacking = expected - (sorted.len() - repeats) as f64;
        if lacking > 6.0 * expected.sqrt() {
            let rows = usize::try_from(self.rows).unwrap_or(usize::MAX);
            return (lacking / expected, rows);
        }
        (share, sorted.len())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn finds_repeats_at_scale() {
        let mut keys = KeySample::new(1_000_000);
        for i in 0..950_000u64 {
            keys.add(i);
        }
        for i in 0..50_000u64 {
            keys.add(i * 7);
        }
        let (share, n) = keys.repeated();
        assert!((share - 0.05).abs() < 0.01, "{share} of {n}");
    }

    #[test]
    fn one_key_on_all_rows_is_seen_wherever_its_hash_falls() {
        for key in 0..40 {
            let mut keys = KeySample::new(1_000_000);
            (0..1_000_000u64).for_each(|_| keys.add(key));
            let (share, n) = keys.repeated();
            assert!(share > 0.999 && n > 10_000, "{key}: {share} of {n}");
        }
    }

    #[test]
    fn half_of_the_keys_frozen_are_half_of_the_rows() {
        let mut keys = KeySample::new(1_000_000);
        (0..1_000_000u64).for_each(|i| keys.add(if i < 500_000 { i } else { 3 }));
        assert!((keys.repeated().0 - 0.5).abs() < 0.1, "{:?}", keys.repeated());
    }

    #[test]
    fn unique_keys_have_no_repeats() {
        let mut keys = KeySample::new(300_000);
        (0..300_000u64).for_each(|i| keys.add(i));
        assert_eq!(keys.repeated().0, 0.0);
    }
}
