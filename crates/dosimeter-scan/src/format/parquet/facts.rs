//! What a footer says of a column: values and extremes, without reading any.

use super::super::arrow::column;
use crate::batch::Values;
use arrow_array::{Array, ArrayRef};
use parquet::arrow::arrow_reader::ArrowReaderMetadata;
use parquet::arrow::arrow_reader::statistics::StatisticsConverter;
use std::sync::Arc;

/// What is known of a column in one partition before it is read.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Facts {
    /// Rows with a value.
    pub(crate) present: u64,
    /// Smallest and largest value of a column of numbers or times.
    pub(crate) extremes: Option<(f64, f64)>,
}

/// The facts of a leaf in a row group; `None` where the writer left them out, or the leaf lies inside another.
pub(super) fn of(metadata: &ArrowReaderMetadata, group: usize, leaf: usize) -> Option<Facts> {
    let group = metadata.metadata().row_groups().get(group)?;
    let descriptor = metadata.metadata().file_metadata().schema_descr();
    let [name] = descriptor.columns().get(leaf)?.path().parts() else { return None };
    let converter =
        StatisticsConverter::try_new(name, metadata.schema(), descriptor).ok()?.with_missing_null_counts_as_zero(false);
    let nulls = converter.row_group_null_counts([group]).ok()?;
    let nulls = nulls.is_valid(0).then(|| nulls.value(0))?;
    let present = u64::try_from(group.num_rows()).ok()?.checked_sub(nulls)?;
    let smallest = number(&converter.row_group_mins([group]).ok()?);
    let largest = number(&converter.row_group_maxes([group]).ok()?);
    Some(Facts { present, extremes: smallest.zip(largest) })
}

/// The one value of an array as the reader would give it, where that is a finite number or a time.
fn number(array: &ArrayRef) -> Option<f64> {
    let column = column(Arc::from(""), array, None).ok().filter(|c| c.is_valid(0))?;
    match &column.values {
        Values::Float(v) => v.first().copied(),
        Values::Integer(v) | Values::Time(v) => v.first().map(|x| *x as f64),
        _ => None,
    }
    .filter(|x| x.is_finite())
}
