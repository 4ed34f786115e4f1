//! Labels that come later and apart, joined to predictions by id.

use std::collections::HashMap;
use std::collections::hash_map::Entry;
use std::sync::atomic::{AtomicU64, Ordering};

use dosimeter_core::diagnosis::LabelInput;

use super::cells::{key_of, text_of};
use crate::{Dataset, ReadError};

/// A label feed in memory: 24 bytes a row and the different label texts once.
#[derive(Debug, Default)]
pub struct Labels {
    by_key: HashMap<u64, u32>,
    texts: Vec<String>,
    numbers: Vec<f64>,
    rows: u64,
    duplicated: u64,
    files: Vec<String>,
    matched: AtomicU64,
    missing: AtomicU64,
}

impl Labels {
    /// Reads a label feed: its id column and its label column, by the names that the predictions use, or the only
    /// other column.
    ///
    /// # Errors
    /// For files that cannot be read, and where the two columns cannot be told.
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
            for batch in dataset.read(&partition, Some(&columns))? {
                let batch = batch?;
                let (Some(ids), Some(values)) = (batch.columns.first(), batch.columns.get(1)) else { continue };
                for i in 0..batch.rows {
                    let (Some(key), Some(text)) = (key_of(ids, i), text_of(values, i)) else { continue };
                    labels.rows += 1;
                    let next = labels.texts.len() as u32;
                    let at = *by_text.entry(text).or_insert_with_key(|t| {
                        labels.texts.push(t.clone());
                        labels.numbers.push(t.trim().parse().unwrap_or(f64::NAN));
                        next
                    });
                    match labels.by_key.entry(key) {
                        Entry::Occupied(mut e) => {
                            labels.duplicated += 1;
                            e.insert(at);
                        }
                        Entry::Vacant(e) => {
                            e.insert(at);
                        }
                    }
                }
            }
        }
        Ok(labels)
    }

    /// The label of a key, as text and as number.
    pub(crate) fn of(&self, key: Option<u64>) -> Option<(&str, f64)> {
        let found = key.and_then(|k| self.by_key.get(&k)).map(|i| *i as usize);
        match found {
            Some(_) => self.matched.fetch_add(1, Ordering::Relaxed),
            None => self.missing.fetch_add(1, Ordering::Relaxed),
        };
        found.and_then(|i| Some((self.texts.get(i)?.as_str(), *self.numbers.get(i)?)))
    }

    /// The different labels with how often each came.
    #[must_use]
    pub fn counts(&self) -> std::collections::BTreeMap<String, u64> {
        let mut counts = vec![0u64; self.texts.len()];
        for i in self.by_key.values() {
            if let Some(c) = counts.get_mut(*i as usize) {
                *c += 1;
            }
        }
        self.texts.iter().cloned().zip(counts).collect()
    }

    /// What became of the feed.
    #[must_use]
    pub fn report(&self) -> LabelInput {
        let matched = self.matched.load(Ordering::Relaxed);
        LabelInput {
            files: self.files.clone(),
            rows: self.rows,
            matched,
            missing: self.missing.load(Ordering::Relaxed),
            duplicated: self.duplicated,
            unknown: (self.by_key.len() as u64).saturating_sub(matched),
        }
    }
}
