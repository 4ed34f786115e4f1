//! Values that went missing, said or unsaid.

use super::Injection;
use super::edit::{emptied, numbers, of_numbers, rewritten, with};
use crate::batch::Batch;

/// Nulls in a share of the rows.
pub(super) fn burst(i: &mut Injection<'_>) -> Option<Batch> {
    let struck = i.struck(i.strength);
    let column = i.column(0)?;
    let held = (i.from..i.batch.rows).any(|row| column.is_valid(row));
    held.then(|| with(i.batch, emptied(column, &struck)))
}

/// -999 in place of a number.
pub(super) fn sentinel_number(i: &mut Injection<'_>) -> Option<Batch> {
    let struck = i.struck(i.strength);
    let column = i.column(0)?;
    let mut cells = numbers(column)?;
    if cells.contains(&Some(-999.0)) {
        return None;
    }
    cells.iter_mut().zip(struck).filter(|(_, s)| *s).for_each(|(cell, _)| *cell = Some(-999.0));
    Some(with(i.batch, of_numbers(column, &cells)))
}

/// `N/A` in place of a text.
pub(super) fn sentinel_text(i: &mut Injection<'_>) -> Option<Batch> {
    let struck = i.struck(i.strength);
    let column = i.column(0)?;
    if (0..i.batch.rows).any(|row| column.text(row) == Some("N/A")) {
        return None;
    }
    Some(with(i.batch, rewritten(column, &struck, |_| "N/A".to_owned())?))
}
