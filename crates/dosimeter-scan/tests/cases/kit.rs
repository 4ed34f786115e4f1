//! Fixtures are made in the test; a column is compared as the text of its cells.

use dosimeter_scan::{Batch, Column, Dataset, Kind, ReadError, ReadOptions, Values};
use std::path::{Path, PathBuf};

/// A folder that goes away with the test.
pub(crate) struct Folder(pub(crate) tempfile::TempDir);

impl Folder {
    pub(crate) fn new() -> Self {
        Self(tempfile::tempdir().unwrap())
    }

    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.0.path().join(name)
    }

    pub(crate) fn file(&self, name: &str, bytes: impl AsRef<[u8]>) -> String {
        let path = self.path(name);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(&path, bytes).unwrap();
        text(&path)
    }
}

pub(crate) fn text(path: &Path) -> String {
    path.to_str().unwrap().to_owned()
}

pub(crate) fn open(path: &str) -> Result<Dataset, ReadError> {
    Dataset::open(&[path.to_owned()], &ReadOptions::default())
}

/// Opens a text as a file of this name.
pub(crate) fn open_text(name: &str, text: impl AsRef<[u8]>) -> Result<Dataset, ReadError> {
    let folder = Folder::new();
    let data = open(&folder.file(name, text));
    // Leaked on purpose: the data set reads the file later.
    std::mem::forget(folder);
    data
}

/// Opens a text with some columns' kinds known.
pub(crate) fn open_expecting(name: &str, text: &str, expected: &[(&str, Kind)]) -> Dataset {
    let folder = Folder::new();
    let path = folder.file(name, text);
    let expected = expected.iter().map(|(n, k)| ((*n).to_owned(), *k)).collect();
    let data = Dataset::open(&[path], &ReadOptions { expected, ..ReadOptions::default() }).unwrap();
    std::mem::forget(folder);
    data
}

pub(crate) fn batches(data: &Dataset) -> Result<Vec<Batch>, ReadError> {
    let mut all = Vec::new();
    for partition in data.partitions() {
        for batch in data.read(&partition, None)? {
            all.push(batch?);
        }
    }
    Ok(all)
}

/// All of a data set's only batch.
pub(crate) fn only(data: &Dataset) -> Batch {
    let mut all = batches(data).unwrap();
    assert_eq!(all.len(), 1, "batches");
    all.remove(0)
}

/// The cells of a column; `·` for null.
pub(crate) fn cells(column: &Column, rows: usize) -> Vec<String> {
    let cell = |row: usize| match &column.values {
        _ if !column.is_valid(row) => "·".to_owned(),
        Values::Null => "·".to_owned(),
        Values::Boolean(v) => v.value(row).to_string(),
        Values::Integer(v) => v[row].to_string(),
        Values::Float(v) => format!("{:?}", v[row]),
        Values::Time(v) => dosimeter_core::time::Timestamp(v[row]).to_string(),
        Values::Text { .. } => column.text(row).unwrap().to_owned(),
        Values::Vector(v) => format!("{:?}", v.get(row).unwrap()),
        Values::Unsupported(what) => format!("<{what}>"),
    };
    (0..rows).map(cell).collect()
}

/// ` | layout x rows` of each layout.
pub(crate) fn written(column: &Column) -> String {
    let mut rows = std::collections::BTreeMap::new();
    for (layout, run) in &column.layouts {
        *rows.entry(*layout).or_insert(0) += run.len();
    }
    rows.into_iter().map(|(layout, n)| format!(" | {}x{n}", layout.id())).collect()
}

/// `name kind: cells | unparsed | layouts` of each column, one line each.
pub(crate) fn table(data: &Dataset) -> String {
    let batch = only(data);
    let schema = data.schema();
    let mut out = String::new();
    for column in &batch.columns {
        let kind = schema.iter().find(|f| f.name == *column.name).unwrap().kind;
        out += &format!("{} {kind}: {}", column.name, cells(column, batch.rows).join(" "));
        for (row, text) in &column.unparsed {
            out += &format!(" | {row}={text}");
        }
        out += &written(column);
        out += "\n";
    }
    out
}

/// An error's line and hint.
pub(crate) fn shown<T>(result: Result<T, ReadError>) -> String {
    match result {
        Ok(_) => panic!("no error"),
        Err(e) => {
            let line = e.to_string();
            assert_eq!(line.lines().count(), 1, "{line}");
            // The folder differs from run to run.
            let file = &e.place().file;
            let name = file.rsplit('/').next().unwrap_or_default();
            format!("{} ({})", line.replace(file.as_str(), name), e.hint().unwrap_or("no hint"))
        }
    }
}
