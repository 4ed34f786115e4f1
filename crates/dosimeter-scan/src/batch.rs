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

    /// Some consecutive rows; no value is copied.
    #[must_use]
    pub fn slice(&self, rows: Range<usize>) -> Batch {
        let end = rows.end.min(self.rows);
        let rows = rows.start.min(end)..end;
        Batch { rows: rows.len(), columns: self.columns.iter().map(|c| c.slice(&rows)).collect() }
    }

    /// The rows of these numbers, in this order; a number may come more than once, and one that is no row is null.
    #[must_use]
    pub fn take(&self, rows: &[usize]) -> Batch {
        Batch { rows: rows.len(), columns: self.columns.iter().map(|c| c.take(rows)).collect() }
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

    /// Some consecutive rows.
    fn slice(&self, rows: &Range<usize>) -> Column {
        let (from, n) = (rows.start, rows.len());
        let values = match &self.values {
            Values::Null => Values::Null,
            Values::Boolean(v) => Values::Boolean(v.slice(from, n)),
            Values::Integer(v) => Values::Integer(v.slice(from, n)),
            Values::Float(v) => Values::Float(v.slice(from, n)),
            Values::Time(v) => Values::Time(v.slice(from, n)),
            Values::Text { keys, dictionary } => {
                Values::Text { keys: keys.slice(from, n), dictionary: dictionary.clone() }
            }
            Values::Vector(v) => Values::Vector(v.picked(rows.clone())),
            Values::Unsupported(name) => Values::Unsupported(name.clone()),
        };
        let (from, to) = (from as u32, (from + n) as u32);
        let inside = |run: &Range<u32>| run.start.max(from)..run.end.min(to);
        Column {
            name: Arc::clone(&self.name),
            values,
            validity: self.validity.as_ref().map(|v| v.slice(from as usize, n)),
            unparsed: self
                .unparsed
                .iter()
                .filter(|(row, _)| (from..to).contains(row))
                .map(|(row, text)| (row - from, text.clone()))
                .collect(),
            layouts: self
                .layouts
                .iter()
                .map(|(layout, run)| (*layout, inside(run)))
                .filter(|(_, run)| !run.is_empty())
                .map(|(layout, run)| (layout, run.start - from..run.end - from))
                .collect(),
        }
    }

    /// The rows of these numbers.
    pub(crate) fn take(&self, rows: &[usize]) -> Column {
        let integers = |v: &ScalarBuffer<i64>| rows.iter().map(|i| v.get(*i).copied().unwrap_or(0)).collect();
        let values = match &self.values {
            Values::Null => Values::Null,
            Values::Boolean(v) => Values::Boolean(rows.iter().map(|i| *i < v.len() && v.value(*i)).collect()),
            Values::Integer(v) => Values::Integer(integers(v)),
            Values::Float(v) => Values::Float(rows.iter().map(|i| v.get(*i).copied().unwrap_or(f64::NAN)).collect()),
            Values::Time(v) => Values::Time(integers(v)),
            Values::Text { keys, dictionary } => Values::Text {
                keys: rows.iter().map(|i| keys.get(*i).copied().unwrap_or(-1)).collect(),
                dictionary: dictionary.clone(),
            },
            Values::Vector(v) => Values::Vector(v.picked(rows.iter().copied())),
            Values::Unsupported(name) => Values::Unsupported(name.clone()),
        };
        let validity = (self.validity.is_some() || !matches!(values, Values::Null | Values::Unsupported(_)))
            .then(|| NullBuffer::from_iter(rows.iter().map(|i| self.holds(*i))));
        let mut taken = Column::plain(Arc::clone(&self.name), values, validity.filter(|v| v.null_count() > 0));
        if !self.unparsed.is_empty() {
            let texts: std::collections::BTreeMap<usize, &String> =
                self.unparsed.iter().map(|(row, text)| (*row as usize, text)).collect();
            let kept = rows.iter().enumerate().filter_map(|(at, i)| Some((at as u32, (*texts.get(i)?).clone())));
            taken.unparsed = kept.collect();
        }
        if !self.layouts.is_empty() {
            // A cell may be written in two layouts at once, as a padded date.
            let mut by_row: Vec<Vec<Layout>> = Vec::new();
            for (layout, run) in &self.layouts {
                by_row.resize(by_row.len().max(run.end as usize), Vec::new());
                by_row.iter_mut().take(run.end as usize).skip(run.start as usize).for_each(|l| l.push(*layout));
            }
            for (at, i) in rows.iter().enumerate() {
                for layout in by_row.get(*i).into_iter().flatten() {
                    crate::layout::note(&mut taken.layouts, *layout, at as u32);
                }
            }
        }
        taken
    }

    /// Whether there is such a row, and it holds a value.
    fn holds(&self, row: usize) -> bool {
        let rows = match &self.values {
            Values::Null | Values::Unsupported(_) => 0,
            Values::Boolean(v) => v.len(),
            Values::Integer(v) | Values::Time(v) => v.len(),
            Values::Float(v) => v.len(),
            Values::Text { keys, .. } => keys.len(),
            Values::Vector(v) => v.len(),
        };
        row < rows && self.is_valid(row)
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
