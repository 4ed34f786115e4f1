//! Units: a column of numbers arrives on another scale, from all senders or from some.

use super::Injection;
use super::edit::{numbers, of_numbers, with};
use crate::batch::Batch;

pub(super) fn times_1000(i: &mut Injection<'_>) -> Option<Batch> {
    mapped(i, 1000.0, 0.0)
}

pub(super) fn by_24(i: &mut Injection<'_>) -> Option<Batch> {
    mapped(i, 1.0 / 24.0, 0.0)
}

pub(super) fn km_to_miles(i: &mut Injection<'_>) -> Option<Batch> {
    mapped(i, 0.62, 0.0)
}

pub(super) fn f_to_c(i: &mut Injection<'_>) -> Option<Batch> {
    mapped(i, 5.0 / 9.0, -160.0 / 9.0)
}

fn mapped(i: &mut Injection<'_>, scale: f64, offset: f64) -> Option<Batch> {
    let struck = i.struck(i.strength);
    let column = i.column(0)?;
    let mut cells = numbers(column)?;
    let mut changed = false;
    for (cell, _) in cells.iter_mut().zip(struck).filter(|(_, s)| *s) {
        let new = cell.map(|x| x * scale + offset);
        changed |= new != *cell;
        *cell = new;
    }
    changed.then(|| with(i.batch, of_numbers(column, &cells)))
}
