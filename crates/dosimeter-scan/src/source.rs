//! A data set: files behind one schema, cut into partitions, read as batches.
//!
//! Opening looks at every file once (a footer, or a sample of the first rows) and settles what each column is over
//! all of them. Reading is by partition and may go on from several threads at once; each reader opens its own file
//! handle.

use crate::batch::{Batch, Column, Values};
use crate::build::Target;
use crate::discover::{Found, discover};
use crate::error::ReadError;
use crate::field::{Field, Kind, ReadOptions};
use crate::format::{Batches, Facts, FileField, Table, check_names, csv, ipc, json, memory, parquet};
use crate::guard::shielded;
use crate::infer::Guess;
use crate::input::{Compression, PEEK, Source, compression_of};
use crate::problem::{Problem, ProblemKind, Problems, Tally};
use arrow_array::StringArray;
use std::collections::{BTreeMap, HashMap};
use std::ops::Range;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use tempfile::TempPath;

/// A file format.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Format {
    /// Apache Parquet.
    Parquet,
    /// Arrow IPC, file or stream.
    Arrow,
    /// Separated values.
    Csv,
    /// JSON objects, one a line, or one array of them.
    Json,
}

impl Format {
    /// The name for people.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Parquet => "Parquet",
            Self::Arrow => "Arrow IPC",
            Self::Csv => "CSV",
            Self::Json => "JSON Lines",
        }
    }
}

/// One readable file of a data set.
#[derive(Debug)]
pub struct DataFile {
    /// As the user would recognise it.
    pub name: String,
    /// Its format.
    pub format: Format,
    /// Its size on disk.
    pub bytes: u64,
    /// Rows, where the file says.
    pub rows: Option<u64>,
    /// The delimiter, of a CSV file.
    pub delimiter: Option<u8>,
    source: Source,
    table: Table,
    fields: Vec<FileField>,
    index: HashMap<String, usize>,
    hive: Vec<(String, Option<String>)>,
    /// Keeps temporary files alive.
    _spool: Vec<Arc<TempPath>>,
}

impl DataFile {
    /// Whether the file (or its path) has the column.
    #[must_use]
    pub fn has(&self, column: &str) -> bool {
        self.index.contains_key(column) || self.hive.iter().any(|(key, _)| key == column)
    }

    /// The names of the file's columns in its order, those of its path last.
    pub fn column_names(&self) -> impl Iterator<Item = &str> {
        let own = self.fields.iter().map(|f| f.name.as_str());
        own.chain(self.hive.iter().map(|(key, _)| key.as_str()).filter(|key| !self.index.contains_key(*key)))
    }
}

/// A part of a data set that is read by itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Partition {
    /// Index into [`Dataset::files`].
    pub file: usize,
    /// Row group of a Parquet file, 0 otherwise.
    pub index: usize,
    /// Rows, where known beforehand.
    pub rows: Option<u64>,
}

/// Files behind one schema.
#[derive(Debug)]
pub struct Dataset {
    /// The readable files, in order.
    pub files: Vec<DataFile>,
    errors: Vec<ReadError>,
    schema: Vec<Field>,
    targets: BTreeMap<String, Target>,
    problems: Problems,
}

impl Dataset {
    /// Opens files, globs, directories (recursively, with `key=value` parts as text columns) and `-` for standard
    /// input.
    ///
    /// A file that cannot be read among others that can is left out and kept in [`Dataset::errors`].
    ///
    /// # Errors
    /// When nothing matches, or no file is readable: the first file's error.
    pub fn open(paths: &[String], options: &ReadOptions) -> Result<Self, ReadError> {
        let found = discover(paths, options)?;
        let problems = Problems::default();
        // Many files need a smaller sample each.
        let mut options = options.clone();
        let share = options.sample_rows * 8 / found.len().max(8);
        options.sample_rows = share.max(options.sample_rows.min(200));
        let options = Arc::new(options);

        let mut files = Vec::new();
        let mut errors = Vec::new();
        for (found, outcome) in found.iter().zip(open_all(&found, &options, &problems)) {
            match outcome {
                Ok(Some(file)) => files.push(file),
                Ok(None) => {
                    let once = Tally { count: 1, lines: Vec::new() };
                    problems.record(&found.name, ProblemKind::SkippedFile, "", &once);
                }
                Err(e) => errors.push(e),
            }
        }
        if files.is_empty() {
            let unknown = || {
                ReadError::new("no file of a known format")
                    .in_file(paths.join(" "))
                    .with_hint("Parquet, Arrow IPC, CSV and JSON Lines are read")
            };
            return Err(errors.into_iter().next().unwrap_or_else(unknown));
        }
        let (schema, targets) = settle(&mut files, &options, &problems);
        Ok(Self { files, errors, schema, targets, problems })
    }

    /// Rows that are held already, as a data set of one file; `fields` describes the columns of `batch`, in order.
    #[must_use]
    pub fn of_batch(name: &str, fields: &[Field], batch: Batch) -> Self {
        let options = Arc::new(ReadOptions::default());
        let problems = Problems::default();
        let source = Source {
            path: name.into(),
            name: name.to_owned(),
            compression: Compression::None,
            options,
            problems: problems.clone(),
        };
        let own = |f: &Field| FileField {
            name: f.name.clone(),
            kind: f.kind,
            native: f.native.clone(),
            nullable: f.nullable,
            supported: f.supported,
            guess: None,
        };
        let file = DataFile {
            name: name.to_owned(),
            format: Format::Parquet,
            bytes: 0,
            rows: Some(batch.rows as u64),
            delimiter: None,
            source,
            table: Table::Memory(memory::Table(batch)),
            fields: fields.iter().map(own).collect(),
            index: fields.iter().enumerate().map(|(i, f)| (f.name.clone(), i)).collect(),
            hive: Vec::new(),
            _spool: Vec::new(),
        };
        Self { files: vec![file], errors: Vec::new(), schema: fields.to_vec(), targets: BTreeMap::new(), problems }
    }

    /// The union of all files' columns, in order of first appearance.
    #[must_use]
    pub fn schema(&self) -> Vec<Field> {
        self.schema.clone()
    }

    /// Files that could not be opened; the others are in [`Dataset::files`].
    #[must_use]
    pub fn errors(&self) -> &[ReadError] {
        &self.errors
    }

    /// What went wrong so far without ending a file. Row problems of a text file appear once it was read to its end.
    #[must_use]
    pub fn problems(&self) -> Vec<Problem> {
        self.problems.list()
    }

    /// The parts to read: a row group each of Parquet, the whole file otherwise.
    #[must_use]
    pub fn partitions(&self) -> Vec<Partition> {
        let of = |(file, f): (usize, &DataFile)| {
            let rows = f.table.partitions();
            rows.into_iter().enumerate().map(move |(index, rows)| Partition { file, index, rows }).collect::<Vec<_>>()
        };
        self.files.iter().enumerate().flat_map(of).collect()
    }

    /// Batches of one partition with the named columns in that order, or all of the file's when `None`. A named
    /// column that the file does not have comes as [`Values::Null`]. When `None`, JSON keys that the sample did not have come
    /// as further columns from the batch on in which they turn up.
    ///
    /// # Errors
    /// When the file cannot be opened any more, or is damaged. Errors met later come from the iterator, which then
    /// ends.
    pub fn read(&self, partition: &Partition, columns: Option<&[String]>) -> Result<BatchReader, ReadError> {
        self.read_only(partition, columns, None)
    }

    /// What a file says of a column in one of its partitions, where it does.
    pub(crate) fn facts(&self, partition: &Partition, column: &str) -> Option<Facts> {
        let file = self.files.get(partition.file)?;
        shielded(|| Ok(file.table.facts(partition.index, *file.index.get(column).unwrap_or(&usize::MAX)))).ok()?
    }

    /// As [`Dataset::read`], of some rows of the partition where its format can skip the others.
    pub(crate) fn read_only(
        &self,
        partition: &Partition,
        columns: Option<&[String]>,
        only: Option<&[Range<usize>]>,
    ) -> Result<BatchReader, ReadError> {
        let file = self.files.get(partition.file).ok_or_else(|| ReadError::new("no such file in the data set"))?;
        let mut selected = Vec::new();
        let mut places: HashMap<usize, usize> = HashMap::new();
        let mut slot = |name: &str| {
            let label: Arc<str> = Arc::from(name);
            if let Some(&i) = file.index.get(name) {
                return match file.fields.get(i) {
                    Some(field) if field.supported => {
                        let at = *places.entry(i).or_insert_with(|| {
                            selected.push(i);
                            selected.len() - 1
                        });
                        Slot::Read(at)
                    }
                    Some(field) => Slot::Fixed(label, Values::Unsupported(field.native.clone())),
                    None => Slot::Fixed(label, Values::Null),
                };
            }
            match file.hive.iter().find(|(key, _)| key == name) {
                Some((_, Some(value))) => Slot::Constant(label, StringArray::from(vec![value.as_str()])),
                _ => Slot::Fixed(label, Values::Null),
            }
        };
        let slots: Vec<Slot> = match columns {
            Some(names) => names.iter().map(|n| slot(n)).collect(),
            None => file.column_names().map(slot).collect(),
        };
        let targets: Vec<Target> = selected
            .iter()
            .map(|&i| {
                let name = file.fields.get(i).map_or("", |f| f.name.as_str());
                self.targets.get(name).copied().unwrap_or_else(|| Target::of(Kind::Text))
            })
            .collect();
        let inner =
            shielded(|| file.table.read(&file.source, partition.index, &selected, &targets, only, columns.is_none()))
                .map_err(|e| e.in_file(&file.name))?;
        Ok(BatchReader { inner: Some(inner), slots, selected: selected.len(), file: file.name.clone() })
    }
}

/// Opens files on all processors, outcomes in the order of the files.
fn open_all(
    found: &[Found],
    options: &Arc<ReadOptions>,
    problems: &Problems,
) -> Vec<Result<Option<DataFile>, ReadError>> {
    let open = |found: &Found| shielded(|| open_one(found, options, problems)).map_err(|e| e.in_file(&found.name));
    let workers = std::thread::available_parallelism().map_or(1, usize::from).min(found.len());
    if workers <= 1 {
        return found.iter().map(open).collect();
    }
    let next = AtomicUsize::new(0);
    let mut outcomes: Vec<(usize, Result<Option<DataFile>, ReadError>)> = std::thread::scope(|scope| {
        let work = || {
            let mut done = Vec::new();
            while let Some((i, f)) = {
                let i = next.fetch_add(1, Ordering::Relaxed);
                found.get(i).map(|f| (i, f))
            } {
                done.push((i, open(f)));
            }
            done
        };
        let threads: Vec<_> = (0..workers).map(|_| scope.spawn(work)).collect();
        threads.into_iter().flat_map(|t| t.join().unwrap_or_default()).collect()
    });
    outcomes.sort_by_key(|(i, _)| *i);
    outcomes.into_iter().map(|(_, outcome)| outcome).collect()
}

/// Opens one file; `None` when its format is unknown and nobody asked for it by name.
fn open_one(found: &Found, options: &Arc<ReadOptions>, problems: &Problems) -> Result<Option<DataFile>, ReadError> {
    let mut source = Source {
        path: found.path.clone(),
        name: found.name.clone(),
        compression: Compression::None,
        options: Arc::clone(options),
        problems: problems.clone(),
    };
    let bytes = std::fs::metadata(&found.path).map_err(|e| source.io("cannot open", &e))?.len();
    let mut head = source.peek(PEEK)?;
    source.compression = compression_of(&head);
    if source.compression != Compression::None {
        head = source.peek(PEEK)?;
    }
    let mut spool: Vec<_> = found.spool.clone().into_iter().collect();
    let Some(format) = crate::sniff::format_of(&source, &head, found.explicit)? else {
        return Ok(None);
    };
    if matches!(format, Format::Parquet | Format::Arrow) && source.compression != Compression::None {
        // These need to seek, so the decoded bytes go to a temporary file.
        let path = crate::input::unpack(&source)?;
        source.path = path.to_path_buf();
        source.compression = Compression::None;
        spool.push(Arc::new(path));
    }
    let (table, fields) = match format {
        Format::Parquet => parquet::open(&source).map(|(t, f)| (Table::Parquet(t), f))?,
        Format::Arrow => ipc::open(&source).map(|(t, f)| (Table::Ipc(t), f))?,
        Format::Csv => csv::open(&source, &head).map(|(t, f)| (Table::Csv(t), f))?,
        Format::Json => json::open(&source, &head).map(|(t, f)| (Table::Json(t), f))?,
    };
    check_names(&source, &fields)?;
    let rows = table.partitions().into_iter().sum::<Option<u64>>();
    let delimiter = if let Table::Csv(t) = &table { Some(t.delimiter) } else { None };
    let index = fields.iter().enumerate().map(|(i, f)| (f.name.clone(), i)).collect();
    Ok(Some(DataFile {
        name: found.name.clone(),
        format,
        bytes,
        rows,
        delimiter,
        source,
        table,
        fields,
        index,
        hive: found.hive.clone(),
        _spool: spool,
    }))
}

/// One column over all files.
#[derive(Default)]
struct Union {
    field: Option<Field>,
    votes: BTreeMap<Kind, usize>,
    guess: Guess,
}

/// What each column is, over all files.
fn settle(
    files: &mut [DataFile],
    options: &ReadOptions,
    problems: &Problems,
) -> (Vec<Field>, BTreeMap<String, Target>) {
    let mut order: Vec<String> = Vec::new();
    let mut unions: HashMap<String, Union> = HashMap::new();
    for file in files.iter_mut() {
        let hive: Vec<FileField> = file
            .hive
            .iter()
            .filter(|(key, _)| !file.index.contains_key(key))
            .map(|(key, value)| FileField {
                name: key.clone(),
                kind: Kind::Text,
                native: "path".to_owned(),
                nullable: value.is_none(),
                supported: true,
                guess: None,
            })
            .collect();
        let format = file.format.name();
        for field in file.fields.iter_mut().chain(&mut { hive }) {
            let mut vote = true;
            if let Some(guess) = &field.guess {
                field.kind = guess.target(options.expected.get(&field.name).copied()).kind;
                let wanted = options.expected.get(&field.name) == Some(&Kind::Vector);
                field.supported = !guess.is_nested() || wanted;
                let word = if field.supported { field.kind.id() } else { "list" };
                field.native = format!("{} {word}", format.split(' ').next().unwrap_or_default());
                field.nullable = guess.has_nulls();
                vote = !guess.is_empty();
            }
            let union = unions.entry(field.name.clone()).or_insert_with(|| {
                order.push(field.name.clone());
                Union::default()
            });
            if let Some(guess) = &field.guess {
                union.guess.add(guess);
            }
            if vote && field.supported {
                *union.votes.entry(field.kind).or_default() += 1;
            }
            let known = union.field.get_or_insert_with(|| Field {
                name: field.name.clone(),
                kind: field.kind,
                native: field.native.clone(),
                nullable: false,
                supported: false,
                files_with: 0,
                kinds: Vec::new(),
            });
            known.nullable |= field.nullable;
            known.supported |= field.supported;
            known.files_with += 1;
        }
    }
    let mut schema = Vec::with_capacity(order.len());
    let mut targets = BTreeMap::new();
    for name in order {
        let Some(Union { field: Some(mut field), votes, guess }) = unions.remove(&name) else {
            continue;
        };
        field.kind = elect(&votes).unwrap_or(field.kind);
        if votes.len() > 1 {
            field.kinds = votes.into_iter().collect();
            field.kinds.sort_by_key(|(kind, count)| (std::cmp::Reverse(*count), *kind));
        }
        let expected = options.expected.get(&name).copied();
        if guess.is_sampled() {
            let target = guess.target(Some(expected.unwrap_or(field.kind)));
            if target.kind == Kind::Time && guess.is_ambiguous() {
                let once = Tally { count: 1, lines: Vec::new() };
                let file = files.iter().find(|f| f.has(&name)).map_or("", |f| f.name.as_str());
                problems.record(file, ProblemKind::AmbiguousDate, &name, &once);
            }
            targets.insert(name, target);
        }
        schema.push(field);
    }
    (schema, targets)
}

/// The kind of most files, where integers and numbers vote together.
fn elect(votes: &BTreeMap<Kind, usize>) -> Option<Kind> {
    let count = |kind: Kind| votes.get(&kind).copied().unwrap_or(0);
    let numeric = count(Kind::Number) + count(Kind::Integer);
    let best = votes.iter().filter(|(k, _)| !k.is_numeric()).max_by_key(|(k, n)| (**n, std::cmp::Reverse(**k)));
    match best {
        Some((kind, n)) if *n > numeric => Some(*kind),
        _ if numeric == 0 => None,
        _ if count(Kind::Number) > 0 => Some(Kind::Number),
        _ => Some(Kind::Integer),
    }
}

/// Where a column of the answer comes from.
enum Slot {
    /// The reader's column at this place.
    Read(usize),
    /// The same string in every row.
    Constant(Arc<str>, StringArray),
    /// Nothing to read.
    Fixed(Arc<str>, Values),
}

/// The batches of one partition. After an error there are no more.
pub struct BatchReader {
    inner: Option<Batches>,
    slots: Vec<Slot>,
    /// Columns that were known beforehand; the reader may find more.
    selected: usize,
    file: String,
}

impl std::fmt::Debug for BatchReader {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("BatchReader").field("file", &self.file).finish_non_exhaustive()
    }
}

impl Iterator for BatchReader {
    type Item = Result<Batch, ReadError>;

    fn next(&mut self) -> Option<Self::Item> {
        let inner = self.inner.as_mut()?;
        match shielded(|| inner.next().transpose()) {
            Ok(None) => {
                self.inner = None;
                None
            }
            Ok(Some(batch)) => Some(Ok(assemble(&self.slots, self.selected, batch))),
            Err(e) => {
                self.inner = None;
                Some(Err(e.in_file(&self.file)))
            }
        }
    }
}

fn assemble(slots: &[Slot], selected: usize, batch: Batch) -> Batch {
    let rows = batch.rows;
    let in_order = slots.len() == batch.columns.len()
        && slots.iter().enumerate().all(|(i, s)| matches!(s, Slot::Read(at) if *at == i));
    if in_order {
        return batch;
    }
    let column = |slot: &Slot| match slot {
        Slot::Read(at) => batch.columns.get(*at).cloned(),
        Slot::Constant(name, dictionary) => {
            let values = Values::Text { keys: vec![0; rows].into(), dictionary: dictionary.clone() };
            Some(Column::plain(Arc::clone(name), values, None))
        }
        Slot::Fixed(name, values) => Some(Column::plain(Arc::clone(name), values.clone(), None)),
    };
    let late = batch.columns.iter().skip(selected).cloned();
    Batch { rows, columns: slots.iter().filter_map(column).chain(late).collect() }
}
