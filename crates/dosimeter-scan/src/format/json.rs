//! To come.
use super::{Batches, FileField};
use crate::build::Target;
use crate::error::ReadError;
use crate::input::Source;

/// An opened file.
#[derive(Debug)]
pub(crate) struct Table;
pub(crate) fn open(source: &Source, _head: &[u8]) -> Result<(Table, Vec<FileField>), ReadError> {
    Err(ReadError::new("to come").in_file(&source.name))
}
impl Table {
    pub(crate) fn read(&self, _: &Source, _: &[usize], _: &[Target]) -> Result<Batches, ReadError> {
        Err(ReadError::new("to come"))
    }
}
