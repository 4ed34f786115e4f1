//! Categories: a rare one surges, a new one comes, the spelling changes.

use super::Injection;
use super::edit::{rewritten, with};
use crate::batch::{Batch, Column};
use std::collections::BTreeMap;

/// A category is rare below this share.
const RARE: f64 = 0.05;

/// Rows of each text, and where it was met first.
pub(super) fn counts(column: &Column, rows: usize) -> BTreeMap<&str, (usize, usize)> {
    let mut counts = BTreeMap::new();
    for row in 0..rows {
        if let Some(text) = column.text(row) {
            counts.entry(text).or_insert((0, row)).0 += 1;
        }
    }
    counts
}

/// A share of the rows takes the most frequent of the rare values.
pub(super) fn surge(i: &mut Injection<'_>) -> Option<Batch> {
    let struck = i.struck(i.strength);
    let column = i.column(0)?;
    let counts = counts(column, i.batch.rows);
    let all: usize = counts.values().map(|(n, _)| n).sum();
    let rare = counts.iter().filter(|(_, (n, _))| (*n as f64) < RARE * all as f64);
    let (value, _) = rare.max_by(|a, b| a.1.0.cmp(&b.1.0).then(b.0.cmp(a.0)))?;
    let value = (*value).to_owned();
    Some(with(i.batch, rewritten(column, &struck, |_| value.clone())?))
}

/// A share of the rows takes a value that nobody has seen.
pub(super) fn new_value(i: &mut Injection<'_>) -> Option<Batch> {
    let struck = i.struck(i.strength);
    let column = i.column(0)?;
    let counts = counts(column, i.batch.rows);
    // Spelt as the others are, so that it is news and no change of format.
    let like = counts.iter().max_by(|a, b| a.1.0.cmp(&b.1.0).then(b.0.cmp(a.0)))?.0;
    let value = (2..).map(|n| format!("{like}{n}")).find(|v| !counts.contains_key(v.as_str()))?;
    Some(with(i.batch, rewritten(column, &struck, |_| value.clone())?))
}

/// Upper case; lower case where all is in upper case already.
pub(super) fn casing(i: &mut Injection<'_>) -> Option<Batch> {
    let struck = i.struck(i.strength);
    let column = i.column(0)?;
    let changed =
        rewritten(column, &struck, str::to_uppercase).or_else(|| rewritten(column, &struck, str::to_lowercase))?;
    Some(with(i.batch, changed))
}

/// Blanks behind the text.
pub(super) fn padding(i: &mut Injection<'_>) -> Option<Batch> {
    let struck = i.struck(i.strength);
    let column = i.column(0)?;
    Some(with(i.batch, rewritten(column, &struck, |text| format!("{text}  "))?))
}
