//! What is kept of a column beside its counts: keys, distinct values, texts that the grid does not know, sampled rows.

use std::collections::BTreeMap;

use arrow_array::Array;
use dosimeter_core::profile::grid::Special;
use dosimeter_core::profile::sample::hash_bytes;
use dosimeter_core::profile::sketch::{Distinct, HeavyHitters, shorten};
use dosimeter_core::profile::{ColumnKind, Role};

use super::super::cells::{key_of, same_dictionary, text_of};
use super::{NONE, Plan, State};
use crate::{Column, Values};

impl Plan<'_> {
    /// Keys, distinct values and texts that the grid does not know.
    pub(super) fn sketch(
        &self,
        s: &mut State<'_>,
        j: usize,
        column: &Column,
        codes: &[u16],
        (windows, parts): (&[u32], &[usize]),
    ) {
        let spec = &self.options.baseline.columns[j];
        if spec.role == Role::Id && self.id == Some(j) {
            for i in (0..codes.len()).filter(|i| windows[*i] != NONE) {
                let keys = s.parts[self.part(windows[i])].keys.as_mut();
                if let (Some(keys), Some(key)) = (keys, key_of(column, i)) {
                    keys.add(key);
                }
            }
            return;
        }
        let other = spec.grid.special(Special::Other) as u16;
        if let (Values::Text { keys, dictionary }, false) = (&column.values, spec.kind == ColumnKind::Text) {
            if !same_dictionary(s.seen[j].as_ref(), dictionary) {
                s.seen[j] = Some(dictionary.clone());
                // A dictionary is of a file and not of a window: it counts where it is first met.
                if let Some(part) = parts.first() {
                    let distinct = s.parts[*part].sketches[j].distinct.get_or_insert_with(Distinct::default);
                    for k in 0..dictionary.len() {
                        distinct.add(hash_bytes(dictionary.value(k).as_bytes()));
                    }
                }
            }
            if codes.contains(&other) {
                let mut counts: BTreeMap<(usize, i32), u64> = BTreeMap::new();
                for i in (0..codes.len()).filter(|i| codes[*i] == other && windows[*i] != NONE && column.is_valid(*i)) {
                    *counts.entry((self.part(windows[i]), keys[i])).or_insert(0) += 1;
                }
                for ((part, k), n) in counts {
                    let unknown = s.parts[part].sketches[j].unknown.get_or_insert_with(HeavyHitters::default);
                    if let Ok(k) = usize::try_from(k)
                        && k < dictionary.len()
                    {
                        unknown.add(dictionary.value(k), n);
                    }
                }
            }
        }
        if let Values::Vector(_) = &column.values
            && codes.contains(&other)
        {
            for i in (0..codes.len()).filter(|i| codes[*i] == other && windows[*i] != NONE && column.is_valid(*i)) {
                let sketch = &mut s.parts[self.part(windows[i])].sketches[j];
                let unknown = sketch.unknown.get_or_insert_with(HeavyHitters::default);
                unknown.add(&text_of(column, i).unwrap_or_default(), 1);
            }
        }
        for (row, text) in &column.unparsed {
            let Some(window) = windows.get(*row as usize).filter(|w| **w != NONE) else { continue };
            let sketch = &mut s.parts[self.part(*window)].sketches[j];
            sketch.unknown.get_or_insert_with(HeavyHitters::default).add(text, 1);
        }
    }

    /// The sampled rows of a column.
    pub(super) fn take_sample(&self, s: &mut State<'_>, j: usize, column: &Column, codes: &[u16], sampled: &[u32]) {
        let spec = &self.options.baseline.columns[j];
        let other = spec.grid.special(Special::Other) as u16;
        let base = s.profile.sample.rows.len() - sampled.len();
        let target = &mut s.profile.sample.columns[j];
        target.codes.extend(sampled.iter().map(|i| codes[*i as usize]));
        if spec.kind.is_ordered() {
            let value = |i: usize| match &column.values {
                _ if !column.is_valid(i) => f64::NAN,
                Values::Float(v) => v[i],
                Values::Integer(v) | Values::Time(v) => v[i] as f64,
                _ => f64::NAN,
            };
            target.numbers.extend(sampled.iter().map(|i| value(*i as usize)));
        }
        for (at, i) in sampled.iter().enumerate() {
            if codes[*i as usize] == other
                && let Some(text) = text_of(column, *i as usize)
            {
                target.texts.insert((base + at) as u32, shorten(&text).to_owned());
            }
        }
    }
}
