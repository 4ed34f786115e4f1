//! CSV and its relatives: the dialect is sniffed, a header is required, the rest is never fatal by itself.
//!
//! Only the empty cell is null. A record with too many or too few cells is skipped and counted; over 1 % of them the
//! file is refused, because then the dialect is misread or the file is broken, and numbers from it would be wrong.

use super::{Batches, FileField, check_names, too_many};
use crate::batch::Batch;
use crate::build::{Builder, Target};
use crate::error::ReadError;
use crate::field::Kind;
use crate::infer::Guess;
use crate::input::{PEEK, Source, size};
use crate::number::parse_number;
use crate::problem::{ProblemKind, Tally};
use csv::{ByteRecord, Reader, ReaderBuilder};
use std::io::{self, Read};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

/// Text bytes after which a batch ends early.
pub(crate) const BATCH_BYTES: usize = 32 << 20;
/// Sampled bytes after which guessing ends early.
pub(crate) const SAMPLE_BYTES: usize = 32 << 20;
const BUFFER: usize = 256 << 10;

/// An opened CSV file.
#[derive(Debug)]
pub(crate) struct Table {
    pub(crate) delimiter: u8,
    skip: usize,
    names: Vec<Arc<str>>,
}

/// A reader that stops when one record takes more than its share.
struct Metered {
    inner: Box<dyn Read + Send>,
    budget: Arc<AtomicU64>,
    limit: u64,
}

impl Read for Metered {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let left = self.budget.load(Ordering::Relaxed);
        if left == 0 {
            let error = ReadError::new(format!("a record is longer than {}", size(self.limit)))
                .with_hint("probably a quote that is never closed; fix it, or raise the limit");
            return Err(io::Error::other(error));
        }
        let n = self.inner.read(buffer)?;
        self.budget.store(left.saturating_sub(n as u64), Ordering::Relaxed);
        Ok(n)
    }
}

/// Records with their limits.
struct Records {
    reader: Reader<Metered>,
    budget: Arc<AtomicU64>,
    limit: u64,
    source: Source,
}

impl Records {
    fn new(source: &Source, delimiter: u8, skip: usize) -> Result<Self, ReadError> {
        let mut inner = source.stream()?;
        io::copy(&mut inner.by_ref().take(skip as u64), &mut io::sink()).map_err(|e| source.io("cannot read", &e))?;
        let limit = source.options.max_line as u64;
        let budget = Arc::new(AtomicU64::new(limit + BUFFER as u64));
        let reader = ReaderBuilder::new()
            .has_headers(false)
            .flexible(true)
            .delimiter(delimiter)
            .buffer_capacity(BUFFER)
            .from_reader(Metered { inner, budget: Arc::clone(&budget), limit });
        Ok(Self { reader, budget, limit, source: source.clone() })
    }

    fn line(&self) -> u64 {
        self.reader.position().line()
    }

    /// Reads the next record; false at the end.
    fn next(&mut self, record: &mut ByteRecord) -> Result<bool, ReadError> {
        self.budget.store(self.limit + BUFFER as u64, Ordering::Relaxed);
        let line = self.line();
        self.reader.read_byte_record(record).map_err(|e| match e.into_kind() {
            csv::ErrorKind::Io(e) => self.source.io("cannot read", &e).at_line(line),
            other => {
                ReadError::new(format!("not readable as CSV ({other:?})")).in_file(&self.source.name).at_line(line)
            }
        })
    }
}

/// Opens a file whose first decoded bytes are `head`.
pub(crate) fn open(source: &Source, head: &[u8]) -> Result<(Table, Vec<FileField>), ReadError> {
    let skip = if head.starts_with(b"\xef\xbb\xbf") { 3 } else { 0 };
    let body = head.get(skip..).unwrap_or_default();
    let delimiter = source.options.delimiter.unwrap_or_else(|| sniff(body, head.len() < PEEK));
    let mut records = Records::new(source, delimiter, skip)?;
    let mut record = ByteRecord::new();
    if !records.next(&mut record)? {
        return Err(ReadError::new("empty file")
            .in_file(&source.name)
            .with_hint("a CSV file starts with a line of column names"));
    }
    too_many(source, record.len())?;
    if record.iter().all(|cell| parse_number(cell.trim_ascii(), false).is_some()) {
        return Err(ReadError::new("no header: the first line holds only numbers")
            .in_file(&source.name)
            .at_line(1)
            .with_hint("put a line of column names on top"));
    }
    let names: Vec<String> = record
        .iter()
        .enumerate()
        // The index column that pandas writes has no name.
        .map(
            |(i, cell)| {
                if cell.is_empty() { format!("column_{}", i + 1) } else { String::from_utf8_lossy(cell).into_owned() }
            },
        )
        .collect();
    let guesses = sample(&mut records, names.len())?;
    let fields: Vec<FileField> = names
        .into_iter()
        .zip(guesses)
        .map(|(name, guess)| FileField {
            name,
            kind: Kind::Text,
            native: String::new(),
            nullable: true,
            supported: true,
            guess: Some(guess),
        })
        .collect();
    check_names(source, &fields).map_err(|e| e.at_line(1))?;
    let names = fields.iter().map(|f| Arc::from(f.name.as_str())).collect();
    Ok((Table { delimiter, skip, names }, fields))
}

/// Guesses from the first rows, fewer where rows are long.
fn sample(records: &mut Records, width: usize) -> Result<Vec<Guess>, ReadError> {
    let mut guesses = vec![Guess::default(); width];
    let mut record = ByteRecord::new();
    let mut bytes = 0;
    for _ in 0..records.source.options.sample_rows {
        if bytes > SAMPLE_BYTES || !records.next(&mut record)? {
            break;
        }
        bytes += record.as_slice().len() + 8 * record.len();
        if record.len() == width {
            for (guess, cell) in guesses.iter_mut().zip(&record) {
                guess.text(cell);
            }
        }
    }
    Ok(guesses)
}

/// The delimiter under which the first lines have the most cells, and all the same number of them.
fn sniff(head: &[u8], whole: bool) -> u8 {
    let end = if whole { head.len() } else { head.iter().rposition(|&c| c == b'\n').unwrap_or(head.len()) };
    let head = head.get(..end).unwrap_or_default();
    let mut best = (b',', 0.0);
    for delimiter in [b',', b';', b'\t', b'|'] {
        let mut reader = ReaderBuilder::new().has_headers(false).flexible(true).delimiter(delimiter).from_reader(head);
        let mut record = ByteRecord::new();
        let (mut width, mut same, mut all) = (0, 0u32, 0u32);
        while all < 200 && reader.read_byte_record(&mut record).unwrap_or(false) {
            if all == 0 {
                width = record.len();
            }
            same += u32::from(record.len() == width);
            all += 1;
        }
        let score = if width > 1 { width as f64 * (f64::from(same) / f64::from(all.max(1))).powi(4) } else { 0.0 };
        if score > best.1 {
            best = (delimiter, score);
        }
    }
    best.0
}

impl Table {
    pub(crate) fn read(&self, source: &Source, fields: &[usize], targets: &[Target]) -> Result<Batches, ReadError> {
        let mut records = Records::new(source, self.delimiter, self.skip)?;
        let mut record = ByteRecord::new();
        records.next(&mut record)?;
        let rows = source.options.rows_for(fields.len());
        let builders = fields
            .iter()
            .zip(targets)
            .filter_map(|(&f, &target)| self.names.get(f).map(|n| (f, Builder::new(Arc::clone(n), target, rows))))
            .collect();
        let width = self.names.len();
        let ragged = Tally::default();
        Ok(Box::new(Lines { records, record, builders, width, rows, total: 0, ragged, done: false }))
    }
}

struct Lines {
    records: Records,
    record: ByteRecord,
    /// Field index and its builder.
    builders: Vec<(usize, Builder)>,
    width: usize,
    rows: usize,
    total: u64,
    ragged: Tally,
    done: bool,
}

impl Lines {
    fn batch(&mut self) -> Result<Option<Batch>, ReadError> {
        let mut rows = 0;
        let mut bytes = 0;
        let all = self.builders.len() == self.width && self.builders.iter().enumerate().all(|(i, (f, _))| i == *f);
        while rows < self.rows && bytes < BATCH_BYTES {
            let line = self.records.line();
            if !self.records.next(&mut self.record)? {
                self.done = true;
                break;
            }
            self.total += 1;
            if self.record.len() != self.width {
                self.ragged.add(line);
                if self.ragged.count >= 1000 {
                    self.check_ragged()?;
                }
                continue;
            }
            rows += 1;
            bytes += self.record.as_slice().len();
            if all {
                for ((_, builder), cell) in self.builders.iter_mut().zip(&self.record) {
                    builder.text(cell);
                }
            } else {
                for (field, builder) in &mut self.builders {
                    builder.text(self.record.get(*field).unwrap_or_default());
                }
            }
        }
        if self.done {
            self.check_ragged()?;
            self.report();
        }
        if rows == 0 {
            return Ok(None);
        }
        let columns = self.builders.iter_mut().map(|(_, b)| b.finish()).collect::<Result<_, _>>()?;
        Ok(Some(Batch { rows, columns }))
    }

    fn check_ragged(&self) -> Result<(), ReadError> {
        if self.ragged.count * 100 <= self.total {
            return Ok(());
        }
        let lines: Vec<String> = self.ragged.lines.iter().map(u64::to_string).collect();
        Err(ReadError::new(format!(
            "{} of {} rows do not have the header's {} cells (lines {}{})",
            self.ragged.count,
            self.total,
            self.width,
            lines.join(", "),
            if self.ragged.count > lines.len() as u64 { ", ..." } else { "" }
        ))
        .in_file(&self.records.source.name)
        .at_line(self.ragged.lines.first().copied().unwrap_or(1))
        .with_hint("check the delimiter and the quotes of these lines"))
    }

    fn report(&self) {
        let source = &self.records.source;
        source.problems.record(&source.name, ProblemKind::RaggedRow, "", &self.ragged);
        for (_, builder) in &self.builders {
            let tally = Tally { count: builder.invalid(), lines: Vec::new() };
            source.problems.record(&source.name, ProblemKind::InvalidUtf8, builder.name(), &tally);
        }
    }
}

impl Iterator for Lines {
    type Item = Result<Batch, ReadError>;

    fn next(&mut self) -> Option<Self::Item> {
        if self.done {
            return None;
        }
        self.batch().transpose()
    }
}
