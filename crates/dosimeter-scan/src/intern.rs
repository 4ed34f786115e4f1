//! Strings to keys, for the formats that have no dictionary of their own.
//!
//! A column of few distinct values keeps one dictionary over many batches, so that work done once per entry stays
//! done. A column of mostly distinct values (ids, free text) gains nothing from hashing: it gets one fresh entry a
//! row, and is tried again from time to time.

use crate::error::ReadError;
use arrow_array::StringArray;
use arrow_buffer::{Buffer, OffsetBuffer, ScalarBuffer};
use std::hash::{BuildHasher, RandomState};
use std::sync::OnceLock;

/// A dictionary over this many entries or bytes starts anew after the batch.
const MAX_ENTRIES: usize = 1 << 14;
const MAX_BYTES: usize = 1 << 20;
/// Batches a mostly distinct column goes without hashing.
const REST: usize = 32;

/// Collects the distinct strings of a column.
#[derive(Debug)]
pub(crate) struct Interner {
    /// Open addressing: entry + 1, or 0. The length is a power of two.
    slots: Vec<u32>,
    hashes: Vec<u64>,
    offsets: Vec<i32>,
    bytes: Vec<u8>,
    cached: Option<StringArray>,
    fresh: usize,
    rest: usize,
    /// Cells replaced because they were not UTF-8.
    pub(crate) invalid: u64,
}

impl Default for Interner {
    fn default() -> Self {
        Self {
            slots: vec![0; 64],
            hashes: Vec::new(),
            offsets: vec![0],
            bytes: Vec::new(),
            cached: None,
            fresh: 0,
            rest: 0,
            invalid: 0,
        }
    }
}

impl Interner {
    /// The key of a string; bytes that are not UTF-8 are replaced by U+FFFD and counted.
    pub(crate) fn key(&mut self, text: &[u8]) -> i32 {
        if self.rest > 0 {
            return self.add(text);
        }
        let hash = hash(text);
        let mask = self.slots.len() - 1;
        let mut at = hash as usize & mask;
        loop {
            let Some(&slot) = self.slots.get(at) else {
                return self.add(text);
            };
            if slot == 0 {
                break;
            }
            let entry = slot as usize - 1;
            if self.hashes.get(entry) == Some(&hash) && self.entry(entry) == text {
                return entry as i32;
            }
            at = (at + 1) & mask;
        }
        let key = self.add(text);
        self.hashes.push(hash);
        if let Some(slot) = self.slots.get_mut(at) {
            *slot = key as u32 + 1;
        }
        if self.hashes.len() * 2 > self.slots.len() {
            self.grow();
        }
        key
    }

    fn entry(&self, i: usize) -> &[u8] {
        match (self.offsets.get(i), self.offsets.get(i + 1)) {
            (Some(&from), Some(&to)) => self.bytes.get(from as usize..to as usize).unwrap_or_default(),
            _ => &[],
        }
    }

    fn add(&mut self, text: &[u8]) -> i32 {
        let key = self.offsets.len() as i32 - 1;
        if std::str::from_utf8(text).is_ok() {
            self.bytes.extend_from_slice(text);
        } else {
            // Stored in its replaced form, so that the raw bytes never match and each such cell is counted.
            self.invalid += 1;
            self.bytes.extend_from_slice(String::from_utf8_lossy(text).as_bytes());
        }
        self.offsets.push(self.bytes.len() as i32);
        self.fresh += 1;
        key
    }

    fn grow(&mut self) {
        let mask = self.slots.len() * 4 - 1;
        self.slots = vec![0; mask + 1];
        for (entry, hash) in self.hashes.iter().enumerate() {
            let mut at = *hash as usize & mask;
            while self.slots.get(at).is_some_and(|s| *s != 0) {
                at = (at + 1) & mask;
            }
            if let Some(slot) = self.slots.get_mut(at) {
                *slot = entry as u32 + 1;
            }
        }
    }

    /// The dictionary of the batch that just ended with this many rows.
    ///
    /// # Errors
    /// Only if a dictionary outgrew 32-bit offsets, which the callers' batch limits exclude.
    pub(crate) fn finish(&mut self, rows: usize) -> Result<StringArray, ReadError> {
        let distinct = self.rest == 0 && rows >= 512 && self.fresh * 2 > rows;
        let unchanged = self.fresh == 0;
        self.fresh = 0;
        if unchanged && let Some(cached) = &self.cached {
            return Ok(cached.clone());
        }
        let keep = self.rest == 0 && !distinct && self.offsets.len() <= MAX_ENTRIES && self.bytes.len() <= MAX_BYTES;
        let (offsets, bytes) = if keep {
            (self.offsets.clone(), self.bytes.clone())
        } else {
            (std::mem::replace(&mut self.offsets, vec![0]), std::mem::take(&mut self.bytes))
        };
        let array = build(offsets, bytes)?;
        if keep {
            self.cached = Some(array.clone());
        } else {
            self.slots.fill(0);
            self.hashes.clear();
            self.cached = None;
            self.rest = if distinct { REST } else { self.rest.saturating_sub(1) };
        }
        Ok(array)
    }
}

/// A string array from offsets and bytes, both checked.
pub(crate) fn build(offsets: Vec<i32>, bytes: Vec<u8>) -> Result<StringArray, ReadError> {
    if i32::try_from(bytes.len()).is_err() {
        return Err(ReadError::new("more than 2 GiB of text in one batch").with_hint("read with a smaller batch size"));
    }
    let offsets = OffsetBuffer::new(ScalarBuffer::from(offsets));
    StringArray::try_new(offsets, Buffer::from_vec(bytes), None)
        .map_err(|e| ReadError::new(format!("text is not UTF-8 ({e})")))
}

/// Multiply and fold, eight bytes at a time, from a seed drawn once a process so that nobody can craft collisions.
/// Keys are numbered by first appearance, hence no result depends on the seed.
fn hash(text: &[u8]) -> u64 {
    static SEED: OnceLock<u64> = OnceLock::new();
    let seed = *SEED.get_or_init(|| RandomState::new().hash_one(0u8));
    let fold = |a: u64, b: u64| {
        let product = u128::from(a) * u128::from(b);
        (product as u64) ^ ((product >> 64) as u64)
    };
    let mut state = seed ^ text.len() as u64;
    let mut chunks = text.chunks_exact(8);
    for chunk in &mut chunks {
        let word = chunk.try_into().map_or(0, u64::from_le_bytes);
        state = fold(state ^ word, 0x9E37_79B9_7F4A_7C15);
    }
    let mut tail = [0u8; 8];
    for (to, from) in tail.iter_mut().zip(chunks.remainder()) {
        *to = *from;
    }
    fold(state ^ u64::from_le_bytes(tail), 0xD6E8_FEB8_6659_FD93 ^ seed)
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    #[test]
    fn same_string_same_key_over_batches() {
        let mut interner = Interner::default();
        let keys: Vec<i32> = ["a", "b", "a", "", "c"].iter().map(|s| interner.key(s.as_bytes())).collect();
        assert_eq!(keys, [0, 1, 0, 2, 3]);
        let first = interner.finish(5).unwrap();
        assert_eq!(interner.key(b"c"), 3);
        let second = interner.finish(1).unwrap();
        assert_eq!(first.values().as_ptr(), second.values().as_ptr());
        assert_eq!(second.iter().flatten().collect::<Vec<_>>(), ["a", "b", "", "c"]);
    }

    #[test]
    fn distinct_columns_stop_hashing_and_stay_right() {
        let mut interner = Interner::default();
        for batch in 0..80 {
            let texts: Vec<String> = (0..1000).map(|i| format!("id-{batch}-{i}")).collect();
            let keys: Vec<i32> = texts.iter().map(|s| interner.key(s.as_bytes())).collect();
            let dictionary = interner.finish(texts.len()).unwrap();
            for (text, key) in texts.iter().zip(keys) {
                assert_eq!(dictionary.value(key as usize), text);
            }
        }
    }

    #[test]
    fn invalid_bytes_are_replaced_and_counted() {
        let mut interner = Interner::default();
        let a = interner.key(b"a\xff");
        let b = interner.key(b"a\xff");
        let dictionary = interner.finish(2).unwrap();
        assert_eq!((dictionary.value(a as usize), dictionary.value(b as usize)), ("a\u{fffd}", "a\u{fffd}"));
        assert_eq!(interner.invalid, 2);
    }
}
