//! Whole columns: renamed, frozen, swapped.

use super::Injection;
use super::edit::{emptied, numbers, of_numbers, with};
use crate::batch::{Batch, Column};

/// The name that a renamed column gets.
pub(super) fn new_name(name: &str) -> String {
    format!("{name}_v2")
}

/// From then on the values come under another name.
pub(super) fn rename(i: &mut Injection<'_>) -> Option<Batch> {
    let after = i.struck(1.0);
    let before: Vec<bool> = after.iter().map(|s| !s).collect();
    let column = i.column(0)?;
    let to = new_name(&column.name);
    if i.batch.column(&to).is_some() {
        return None;
    }
    let new = Column { name: to.into(), ..emptied(column, &before) };
    Some(with(&with(i.batch, emptied(column, &after)), new))
}

/// From then on every row holds the value of the first.
pub(super) fn frozen(i: &mut Injection<'_>) -> Option<Batch> {
    let column = i.column(0)?;
    let first = (i.from..i.batch.rows).find(|row| column.is_valid(*row))?;
    let rows: Vec<usize> = (0..i.batch.rows).map(|row| if row >= i.from { first } else { row }).collect();
    Some(with(i.batch, column.take(&rows)))
}

/// From then on two columns of numbers hold each other's values.
pub(super) fn swapped(i: &mut Injection<'_>) -> Option<Batch> {
    let (a, b) = (i.column(0)?, i.column(1)?);
    let (mut x, mut y) = (numbers(a)?, numbers(b)?);
    x.iter_mut().zip(&mut y).skip(i.from).for_each(|(x, y)| std::mem::swap(x, y));
    Some(with(&with(i.batch, of_numbers(a, &x)), of_numbers(b, &y)))
}
