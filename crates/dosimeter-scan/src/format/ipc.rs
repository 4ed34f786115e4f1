//! To come.
use super::{Batches, FileField};
use crate::build::Target;
use crate::error::ReadError;
use crate::input::Source;

/// An opened file.
#[derive(Debug)]
pub(crate) struct Table;
pub(crate) fn open(source: &Source) -> Result<(Table, Vec<FileField>), ReadError> {
    let _ = Target::of;
    Err(ReadError::new("to come").in_file(&source.name))
}
impl Table {
    pub(crate) fn read(&self, _: &Source, _: &[usize]) -> Result<Batches, ReadError> {
        Err(ReadError::new("to come"))
    }
}
