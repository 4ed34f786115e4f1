//! JSON Lines: one object a line, or one array of objects. Objects are flattened with dots; of arrays those of numbers alone are read, as vectors.
//!
//! Names and kinds come from the first lines. A key that turns up later comes as a column of its own, after the others, where
//! all columns are asked for: a renamed field is such a key. Beyond a number of them they are counted, not read. A line that
//! does not parse is skipped and counted, over 1 % of them the file is refused. Limits on line length, depth and number of
//! keys are errors that name the line.

mod records;
mod walk;

use super::{Batches, FileField, too_many};
use crate::batch::Batch;
use crate::build::{Builder, Target};
use crate::error::ReadError;
use crate::field::Kind;
use crate::format::csv::{BATCH_BYTES, SAMPLE_BYTES};
use crate::infer::Guess;
use crate::input::Source;
use crate::problem::{ProblemKind, Tally};
use records::Records;
use std::collections::BTreeMap;
use std::sync::Arc;
use walk::{Keys, Sink, walk};

/// Distinct late or repeated keys remembered by name.
const MAX_NAMED: usize = 100;
/// Late keys that are read.
const MAX_LATE: usize = 100;

/// An opened JSON Lines file.
#[derive(Debug)]
pub(crate) struct Table {
    keys: Keys,
    /// The key behind each field.
    fields: Vec<usize>,
    array: bool,
}

/// Collects guesses, adding keys as they come.
struct Sampler {
    keys: Keys,
    guesses: Vec<Guess>,
    max_columns: usize,
    too_many: bool,
}

impl Sampler {
    fn guess(&mut self, key: usize, tell: impl FnOnce(&mut Guess)) {
        if self.guesses.len() <= key {
            self.guesses.resize(key + 1, Guess::default());
        }
        if let Some(guess) = self.guesses.get_mut(key) {
            tell(guess);
        }
    }
}

impl Sink for Sampler {
    fn child(&mut self, parent: usize, turn: usize, name: &str) -> Option<usize> {
        if let Some(key) = self.keys.find(parent, turn, name) {
            return Some(key);
        }
        if self.keys.len() > self.max_columns {
            self.too_many = true;
            return None;
        }
        Some(self.keys.add(parent, name))
    }
    fn null(&mut self, key: usize) {
        self.guess(key, Guess::null);
    }
    fn boolean(&mut self, key: usize, _: bool) {
        self.guess(key, Guess::boolean);
    }
    fn integer(&mut self, key: usize, _: i64) {
        self.guess(key, Guess::integer);
    }
    fn unsigned(&mut self, key: usize, _: u64) {
        self.guess(key, Guess::number);
    }
    fn float(&mut self, key: usize, _: f64) {
        self.guess(key, Guess::number);
    }
    fn string(&mut self, key: usize, value: &str) {
        self.guess(key, |g| g.string(value.as_bytes()));
    }
    fn list(&mut self, key: usize, numbers: Option<&[f32]>) {
        let fractions = numbers.map(|n| n.iter().any(|x| x.fract() != 0.0));
        self.guess(key, |g| g.list(fractions));
    }
}

/// Opens a file whose first decoded bytes are `head`.
pub(crate) fn open(source: &Source, head: &[u8]) -> Result<(Table, Vec<FileField>), ReadError> {
    let text = head.strip_prefix(b"\xef\xbb\xbf").unwrap_or(head).trim_ascii_start();
    let array = text.starts_with(b"[");
    let mut records = Records::new(source, array)?;
    let max_columns = source.options.max_columns;
    let mut sampler = Sampler { keys: Keys::default(), guesses: Vec::new(), max_columns, too_many: false };
    let (mut bytes, mut good, mut bad) = (0, 0, Bad::default());
    for _ in 0..source.options.sample_rows {
        if bytes > SAMPLE_BYTES || !records.next()? {
            break;
        }
        bytes += records.record.len();
        match parse(&records, &mut sampler, source.options.max_depth) {
            Ok(()) => good += 1,
            Err(why) => bad.add(&records, &why),
        }
        if sampler.too_many {
            too_many(source, sampler.keys.len()).map_err(|e| e.at_line(records.line))?;
        }
    }
    if good == 0 {
        return Err(match bad.first {
            Some(why) => bad_json(source, &why, bad.tally.lines.first().copied()),
            None => ReadError::new("empty file").in_file(&source.name).with_hint("no JSON object is in it"),
        });
    }
    let mut fields = Vec::new();
    let mut keys = Vec::new();
    let mut guesses = sampler.guesses.into_iter();
    for key in 0..sampler.keys.len() {
        let guess = guesses.next().unwrap_or_default();
        // A key that only ever held objects, or null in their place, is no column: its parts are.
        if key == 0 || (guess.is_empty() && (sampler.keys.has_children(key) || !guess.is_sampled())) {
            continue;
        }
        keys.push(key);
        fields.push(FileField {
            name: sampler.keys.name(key).to_owned(),
            kind: Kind::Text,
            native: String::new(),
            nullable: true,
            supported: !guess.is_nested(),
            guess: Some(guess),
        });
    }
    Ok((Table { keys: sampler.keys, fields: keys, array }, fields))
}

/// Parses the current record into the sink; a second try for what Python writes and JSON has no words for.
fn parse(records: &Records, sink: &mut impl Sink, depth: usize) -> Result<(), String> {
    let Err(error) = walk(&records.record, sink, depth) else {
        return Ok(());
    };
    let why = error.to_string();
    sink.undo();
    let Some(repaired) = records::repaired(&records.record) else {
        return Err(why);
    };
    walk(&repaired, sink, depth).map_err(|_| {
        sink.undo();
        why
    })
}

/// Lines that did not parse.
#[derive(Default)]
struct Bad {
    tally: Tally,
    first: Option<String>,
}

impl Bad {
    fn add(&mut self, records: &Records, why: &str) {
        self.tally.add(records.line);
        self.first.get_or_insert_with(|| why.to_owned());
    }
}

fn bad_json(source: &Source, why: &str, line: Option<u64>) -> ReadError {
    // serde_json counts lines within the record, which is always its first: only the column says something.
    let why = why.replace(" at line 1 column ", " at column ");
    let e = ReadError::new(format!("not a JSON object ({why})"))
        .in_file(&source.name)
        .with_hint("one object a line is read, or one array of objects");
    if let Some(line) = line { e.at_line(line) } else { e }
}

impl Table {
    /// `late`: whether keys that the sample did not have are read too.
    pub(crate) fn read(
        &self,
        source: &Source,
        fields: &[usize],
        targets: &[Target],
        late: bool,
    ) -> Result<Batches, ReadError> {
        let rows = source.options.rows_for(fields.len());
        let mut places = vec![None; self.keys.len()];
        let mut builders = Vec::with_capacity(fields.len());
        for (&field, &target) in fields.iter().zip(targets) {
            let Some(&key) = self.fields.get(field) else {
                continue;
            };
            if let Some(place) = places.get_mut(key) {
                *place = Some(builders.len());
            }
            builders.push(Builder::new(Arc::from(self.keys.name(key)), target, rows));
        }
        let wanted = self.keys.wanted(&places);
        let writer = Writer {
            known: self.keys.len(),
            most: self.keys.len() + if late { MAX_LATE } else { 0 },
            capacity: rows,
            expected: source.options.expected.clone(),
            keys: self.keys.clone(),
            places,
            wanted,
            builders,
            row: 0,
            late: BTreeMap::new(),
            twice: BTreeMap::new(),
            line: 0,
        };
        Ok(Box::new(Objects {
            records: Records::new(source, self.array)?,
            source: source.clone(),
            writer,
            rows,
            total: 0,
            bad: Bad::default(),
            done: false,
        }))
    }
}

/// Writes cells to builders.
struct Writer {
    keys: Keys,
    /// Keys of the sample; those after them are late.
    known: usize,
    /// Keys beyond these are not read.
    most: usize,
    capacity: usize,
    expected: BTreeMap<String, Kind>,
    /// The builder of each key.
    places: Vec<Option<usize>>,
    /// Keys that lead to a builder.
    wanted: Vec<bool>,
    builders: Vec<Builder>,
    row: usize,
    late: BTreeMap<String, Tally>,
    twice: BTreeMap<String, Tally>,
    line: u64,
}

impl Writer {
    /// Gives a late key a builder at its first value, which says what the key holds.
    fn welcome(&mut self, key: usize, tell: impl FnOnce(&mut Guess)) {
        if key < self.known || self.places.get(key).is_none_or(Option::is_some) {
            return;
        }
        let mut guess = Guess::default();
        tell(&mut guess);
        let name = self.keys.name(key);
        let target = guess.target(self.expected.get(name).copied());
        let mut builder = Builder::new(Arc::from(name), target, self.capacity);
        (0..self.row).for_each(|_| builder.null());
        if let Some(place) = self.places.get_mut(key) {
            *place = Some(self.builders.len());
            self.builders.push(builder);
        }
    }

    /// The builder of a key, unless this row already has its cell.
    fn builder(&mut self, key: usize) -> Option<&mut Builder> {
        let place = self.places.get(key).copied().flatten()?;
        let builder = self.builders.get_mut(place)?;
        if builder.rows() > self.row {
            count(&mut self.twice, self.keys.name(key), self.line);
            return None;
        }
        Some(builder)
    }
}

fn count(tallies: &mut BTreeMap<String, Tally>, name: &str, line: u64) {
    if let Some(tally) = tallies.get_mut(name) {
        tally.add(line);
    } else if tallies.len() < MAX_NAMED {
        tallies.entry(name.to_owned()).or_default().add(line);
    }
}

impl Sink for Writer {
    fn child(&mut self, parent: usize, turn: usize, name: &str) -> Option<usize> {
        let Some(key) = self.keys.find(parent, turn, name) else {
            if self.keys.len() < self.most {
                let key = self.keys.add(parent, name);
                self.places.resize(self.keys.len(), None);
                self.wanted.resize(self.keys.len(), true);
                return Some(key);
            }
            // Whoever asked for some columns did not ask for this one.
            if self.most > self.known {
                let name = self.keys.join(parent, name);
                count(&mut self.late, &name, self.line);
            }
            return None;
        };
        self.wanted.get(key).copied().unwrap_or(false).then_some(key)
    }
    fn null(&mut self, key: usize) {
        if let Some(builder) = self.builder(key) {
            builder.null();
        }
    }
    fn boolean(&mut self, key: usize, value: bool) {
        self.welcome(key, Guess::boolean);
        if let Some(builder) = self.builder(key) {
            builder.boolean(value);
        }
    }
    fn integer(&mut self, key: usize, value: i64) {
        self.welcome(key, Guess::integer);
        if let Some(builder) = self.builder(key) {
            builder.integer(value);
        }
    }
    fn unsigned(&mut self, key: usize, value: u64) {
        self.welcome(key, Guess::number);
        if let Some(builder) = self.builder(key) {
            builder.unsigned(value);
        }
    }
    fn float(&mut self, key: usize, value: f64) {
        self.welcome(key, Guess::number);
        if let Some(builder) = self.builder(key) {
            builder.float(value);
        }
    }
    fn string(&mut self, key: usize, value: &str) {
        self.welcome(key, |g| g.string(value.as_bytes()));
        if let Some(builder) = self.builder(key) {
            builder.string(value);
        }
    }
    fn list(&mut self, key: usize, numbers: Option<&[f32]>) {
        if let Some(builder) = self.builder(key) {
            builder.list(numbers);
        }
    }
    fn undo(&mut self) {
        for builder in &mut self.builders {
            builder.truncate(self.row);
        }
    }
}

struct Objects {
    records: Records,
    source: Source,
    writer: Writer,
    rows: usize,
    total: u64,
    bad: Bad,
    done: bool,
}

impl Objects {
    fn batch(&mut self) -> Result<Option<Batch>, ReadError> {
        let mut bytes = 0;
        self.writer.row = 0;
        while self.writer.row < self.rows && bytes < BATCH_BYTES {
            if !self.records.next()? {
                self.done = true;
                break;
            }
            self.total += 1;
            self.writer.line = self.records.line;
            if let Err(why) = parse(&self.records, &mut self.writer, self.source.options.max_depth) {
                self.bad.add(&self.records, &why);
                if self.bad.tally.count >= 1000 {
                    self.check_bad()?;
                }
                continue;
            }
            self.writer.row += 1;
            bytes += self.records.record.len();
            for builder in &mut self.writer.builders {
                if builder.rows() < self.writer.row {
                    builder.null();
                }
            }
        }
        if self.done {
            self.check_bad()?;
            self.report();
        }
        if self.writer.row == 0 {
            return Ok(None);
        }
        let columns = self.writer.builders.iter_mut().map(Builder::finish).collect::<Result<_, _>>()?;
        Ok(Some(Batch { rows: self.writer.row, columns }))
    }

    fn check_bad(&self) -> Result<(), ReadError> {
        let Some(why) = &self.bad.first else {
            return Ok(());
        };
        if self.bad.tally.count * 100 <= self.total {
            return Ok(());
        }
        let why = format!("{why}; {} of {} lines", self.bad.tally.count, self.total);
        Err(bad_json(&self.source, &why, self.bad.tally.lines.first().copied()))
    }

    fn report(&self) {
        let (problems, file) = (&self.source.problems, self.source.name.as_str());
        problems.record(file, ProblemKind::BadJson, "", &self.bad.tally);
        if let Some(line) = self.records.cut_short() {
            problems.record(file, ProblemKind::CutShort, "", &Tally { count: 1, lines: vec![line] });
        }
        for (key, tally) in &self.writer.late {
            problems.record(file, ProblemKind::UnknownKey, key, tally);
        }
        for (key, tally) in &self.writer.twice {
            problems.record(file, ProblemKind::DuplicateKey, key, tally);
        }
    }
}

impl Iterator for Objects {
    type Item = Result<Batch, ReadError>;

    fn next(&mut self) -> Option<Self::Item> {
        if self.done { None } else { self.batch().transpose() }
    }
}
