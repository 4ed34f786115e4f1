//! Labels that come later and apart, joined to predictions by id.

use std::collections::HashMap;
use std::collections::hash_map::Entry as Slot;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};

use dosimeter_core::diagnosis::LabelInput;

use super::cells::{key_of, text_of};
use crate::{Dataset, Partition, ReadError};

/// A label of the feed.
#[derive(Debug)]
struct Entry {
    /// Which of the texts.
    text: u32,
    /// Whether a prediction has its id.
    used: AtomicBool,
}

/// A label feed in memory: 24 bytes a row and the different label texts once.
#[derive(Debug, Default)]
pub struct Labels {
    by_key: HashMap<u64, Entry>,
    texts: Vec<String>,
    numbers: Vec<f64>,
    rows: u64,
    duplicated: u64,
    /// Rows without an id, and with an id but without a label.
    nulls: (u64, u64),
    errors: Vec<ReadError>,
    files: Vec<String>,
    matched: AtomicU64,
    missing: AtomicU64,
}

impl Labels {
    /// Reads a label feed: its id column and its label column, by the names that the predictions use, or the only
    /// other column. A file that cannot be read among others that can is left out and kept in [`Labels::errors`].
    ///
    /// # Errors
    /// Where no file can be read, and where the two columns cannot be told.
    pub fn read(dataset: &Dataset, id: &str, label: Option<&str>) -> Result<Labels, ReadError> {
        let schema = dataset.schema();
        if !schema.iter().any(|f| f.name == id) {
            let names = schema.iter().map(|f| f.name.as_str()).collect::<Vec<_>>().join(", ");
            return Err(ReadError::new(format!("the labels have no id column {id:?}"))
                .with_hint(format!("they have: {names}; name the id that both files share with --id")));
        }
        let others: Vec<&str> = schema.iter().map(|f| f.name.as_str()).filter(|n| *n != id).collect();
        let label = match (label.filter(|l| others.contains(l)), others.as_slice()) {
            (Some(l), _) => l,
            (None, [only]) => only,
            (None, _) => {
                let guess = others.iter().find(|n| super::roles::is_label_name(n));
                guess.copied().ok_or_else(|| {
                    ReadError::new("cannot tell which column of the labels is the label")
                        .with_hint(format!("name it with --label; there are: {}", others.join(", ")))
                })?
            }
        };
        let mut labels = Labels { files: dataset.files.iter().map(|f| f.name.clone()).collect(), ..Labels::default() };
        let mut by_text: HashMap<String, u32> = HashMap::new();
        let columns = [id.to_owned(), label.to_owned()];
        for partition in dataset.partitions() {
            if let Err(e) = labels.add(dataset, &partition, &columns, &mut by_text) {
                labels.errors.push(e);
            }
        }
        if labels.rows == 0
            && let Some(e) = labels.errors.first()
        {
            return Err(e.clone());
        }
        labels.errors.extend_from_slice(dataset.errors());
        Ok(labels)
    }

    fn add(
        &mut self,
        dataset: &Dataset,
        partition: &Partition,
        columns: &[String],
        by_text: &mut HashMap<String, u32>,
    ) -> Result<(), ReadError> {
        for batch in dataset.read(partition, Some(columns))? {
            let batch = batch?;
            let (Some(ids), Some(values)) = (batch.columns.first(), batch.columns.get(1)) else { continue };
            for i in 0..batch.rows {
                let Some(key) = key_of(ids, i) else {
                    self.nulls.0 += 1;
                    continue;
                };
                let Some(text) = text_of(values, i) else {
                    self.nulls.1 += 1;
                    continue;
                };
                self.rows += 1;
                let next = self.texts.len() as u32;
                let text = *by_text.entry(text).or_insert_with_key(|t| {
                    self.texts.push(t.clone());
                    self.numbers.push(t.trim().parse().unwrap_or(f64::NAN));
                    next
                });
                match self.by_key.entry(key) {
                    Slot::Occupied(mut e) => {
                        self.duplicated += 1;
                        e.get_mut().text = text;
                    }
                    Slot::Vacant(e) => {
                        e.insert(Entry { text, used: AtomicBool::new(false) });
                    }
                }
            }
        }
        Ok(())
    }

    /// The label of a key, as text and as number. `known`: the row has its label already, and misses none.
    pub(crate) fn of(&self, key: Option<u64>, known: bool) -> Option<(&str, f64)> {
        let Some(entry) = key.and_then(|k| self.by_key.get(&k)) else {
            self.missing.fetch_add(u64::from(!known), Ordering::Relaxed);
            return None;
        };
        self.matched.fetch_add(1, Ordering::Relaxed);
        entry.used.store(true, Ordering::Relaxed);
        let i = entry.text as usize;
        Some((self.texts.get(i)?.as_str(), *self.numbers.get(i)?))
    }

    /// Files that could not be read, or not to their end.
    #[must_use]
    pub fn errors(&self) -> &[ReadError] {
        &self.errors
    }

    /// Rows of the feed without an id, and rows with an id but without a label.
    #[must_use]
    pub fn nulls(&self) -> (u64, u64) {
        self.nulls
    }

    /// The different labels with how often each came.
    #[must_use]
    pub fn counts(&self) -> std::collections::BTreeMap<String, u64> {
        let mut counts = vec![0u64; self.texts.len()];
        for entry in self.by_key.values() {
            if let Some(c) = counts.get_mut(entry.text as usize) {
                *c += 1;
            }
        }
        self.texts.iter().cloned().zip(counts).collect()
    }

    /// What became of the feed.
    #[must_use]
    pub fn report(&self) -> LabelInput {
        LabelInput {
            files: self.files.clone(),
            rows: self.rows,
            matched: self.matched.load(Ordering::Relaxed),
            missing: self.missing.load(Ordering::Relaxed),
            duplicated: self.duplicated,
            unknown: self.by_key.values().filter(|e| !e.used.load(Ordering::Relaxed)).count() as u64,
        }
    }
}
