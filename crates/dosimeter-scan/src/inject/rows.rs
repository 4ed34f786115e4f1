//! Whole rows: fewer of them, or some twice.

use super::Injection;
use crate::batch::Batch;
use dosimeter_core::profile::baseline::WindowSpec;
use dosimeter_core::profile::{Baseline, Role};

pub(super) fn fewer_words(share: f64, _: &Baseline) -> String {
    format!("{} fewer rows", super::percent(share))
}

pub(super) fn repeated_words(share: f64, _: &Baseline) -> String {
    format!("{} of rows twice", super::percent(share))
}

/// A share of the rows does not come. Only windows of time can show it.
pub(super) fn feed_falls(i: &mut Injection<'_>) -> Option<Batch> {
    if !matches!(i.baseline.window, WindowSpec::Time { .. }) {
        return None;
    }
    let lost = i.struck(i.strength);
    let kept: Vec<usize> = lost.iter().enumerate().filter(|(_, lost)| !**lost).map(|(row, _)| row).collect();
    Some(i.batch.take(&kept))
}

/// A share of the rows comes twice. Only an id can show it.
pub(super) fn duplicates(i: &mut Injection<'_>) -> Option<Batch> {
    i.baseline.column_with(Role::Id)?;
    let twice = i.struck(i.strength);
    let rows: Vec<usize> =
        twice.iter().enumerate().flat_map(|(row, twice)| std::iter::repeat_n(row, 1 + usize::from(*twice))).collect();
    Some(i.batch.take(&rows))
}
