//! The uniform shape: a batch is some rows of some columns, a column is one of eight simple layouts.
//!
//! Buffers are Arrow's and reference-counted: cloning a column copies no values.

use crate::layout::Layout;
use crate::vectors::Vectors;
use arrow_array::{Array, StringArray};
use arrow_buffer::{BooleanBuffer, NullBuffer, ScalarBuffer};
use std::ops::Range;
use std::sync::Arc;

/// Longest text kept of an unparsed cell, in bytes.
pub const UNPARSED_BYTES: usize = 256;

/// Some consecutive rows.
#[derive(Clone, Debug)]
pub struct Batch {
    /// Number of rows; every column has as many.
    pub rows: usize,
    /// In the order of the projection, or of the file when all columns were asked for.
    pub columns: Vec<Column>,
}

impl Batch {
    /// A column by name.
    #[must_use]
    pub fn column(&self, name: &str) -> Option<&Column> {
        self.columns.iter().find(|c| &*c.name == name)
    }
}

/// One column of a batch.
#[derive(Clone, Debug)]
pub struct Column {
    /// Its name, as in the schema.
    pub name: Arc<str>,
    /// Its cells. Where `validity` says null the value is meaningless (and a text key may be out of range).
    pub values: Values,
    /// Which rows hold a value; `None` when all do.
    pub validity: Option<NullBuffer>,
    /// Cells that hold something else than the column's kind: row in the batch and text, cut at
    /// [`UNPARSED_BYTES`]. These rows are null in `validity`.
    pub unparsed: Vec<(u32, String)>,
    /// How cells were written, where text was parsed: date layouts, decimal commas, padding. Runs of rows of the batch,
    /// in the order in which they begin.
    pub layouts: Vec<(Layout, Range<u32>)>,
}

/// The cells of a column.
///
/// The variant may change from batch to batch of one column: whole numbers come as [`Values::Integer`] until a
/// batch holds a fraction or a value beyond `i64`, which comes as [`Values::Float`]; an absent column comes as
/// [`Values::Null`].
#[derive(Clone, Debug)]
pub enum Values {
    /// Nothing but nulls, or the file does not have the column.
    Null,
    /// Booleans.
    Boolean(BooleanBuffer),
    /// Whole numbers.
    Integer(ScalarBuffer<i64>),
    /// Real numbers, NaN and infinities included.
    Float(ScalarBuffer<f64>),
    /// Microseconds since the epoch, UTC.
    Time(ScalarBuffer<i64>),
    /// Strings by key. Valid rows' keys are inside the dictionary; entries may repeat or be unused; consecutive
    /// batches often share one dictionary (compare [`Column::dictionary_id`]).
    Text {
        /// One key a row.
        keys: ScalarBuffer<i32>,
        /// The strings, none null.
        dictionary: StringArray,
    },
    /// Vectors of numbers, as embeddings are.
    Vector(Vectors),
    /// A list of something else, a map or opaque bytes: its type's name. The cells are not read.
    Unsupported(String),
}

impl Column {
    /// A column without notes.
    pub(crate) fn plain(name: Arc<str>, values: Values, validity: Option<NullBuffer>) -> Self {
        Self { name, values, validity, unparsed: Vec::new(), layouts: Vec::new() }
    }

    /// A column of texts.
    #[must_use]
    pub fn from_texts(name: &str, texts: &[Option<String>]) -> Self {
        let keys: Vec<i32> = (0..texts.len() as i32).collect();
        let validity: Vec<bool> = texts.iter().map(Option::is_some).collect();
        let dictionary: StringArray = texts.iter().map(|t| Some(t.as_deref().unwrap_or_default())).collect();
        Self::plain(name.into(), Values::Text { keys: keys.into(), dictionary }, Some(NullBuffer::from(validity)))
    }

    /// Number of nulls among `rows` rows, unparsed cells included.
    #[must_use]
    pub fn null_count(&self, rows: usize) -> usize {
        match (&self.values, &self.validity) {
            (Values::Null, _) => rows,
            (_, Some(validity)) => validity.null_count(),
            (_, None) => 0,
        }
    }

    /// Whether the row holds a value.
    #[must_use]
    pub fn is_valid(&self, row: usize) -> bool {
        match (&self.values, &self.validity) {
            (Values::Null, _) => false,
            (_, Some(validity)) => row < validity.len() && validity.is_valid(row),
            (_, None) => true,
        }
    }

    /// The string of a row of a text column, if it holds one.
    #[must_use]
    pub fn text(&self, row: usize) -> Option<&str> {
        let Values::Text { keys, dictionary } = &self.values else {
            return None;
        };
        if !self.is_valid(row) {
            return None;
        }
        let key = usize::try_from(*keys.get(row)?).ok()?;
        (key < dictionary.len()).then(|| dictionary.value(key))
    }

    /// Tells whether two batches share a dictionary, so that work done per entry can be kept: equal ids of two
    /// dictionaries alive at the same time mean equal contents.
    #[must_use]
    pub fn dictionary_id(&self) -> Option<(usize, usize)> {
        match &self.values {
            Values::Text { dictionary, .. } => {
                Some((dictionary.values().as_ptr().addr(), dictionary.offsets().inner().inner().as_ptr().addr()))
            }
            _ => None,
        }
    }
}

/// Cuts at [`UNPARSED_BYTES`], never inside a character.
pub(crate) fn cut(text: &str) -> String {
    let mut end = text.len().min(UNPARSED_BYTES);
    while !text.is_char_boundary(end) {
        end -= 1;
    }
    text.get(..end).unwrap_or_default().to_owned()
}
