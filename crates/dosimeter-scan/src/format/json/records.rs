//! Cuts a stream into JSON texts: lines, or the elements of one top-level array. Neither is ever held whole, and no
//! piece may be longer than the limit.

use crate::error::ReadError;
use crate::input::{Source, size};
use std::io::{BufRead, BufReader, Read};

/// The texts of a stream, one at a time.
pub(super) struct Records {
    input: BufReader<Box<dyn Read + Send>>,
    source: Source,
    array: bool,
    /// Inside the array, that is past its bracket.
    entered: bool,
    /// Past the bracket that closes the array.
    closed: bool,
    next_line: u64,
    /// The current text.
    pub(super) record: Vec<u8>,
    /// The one-based line on which it starts.
    pub(super) line: u64,
}

impl Records {
    pub(super) fn new(source: &Source, array: bool) -> Result<Self, ReadError> {
        let mut input = BufReader::with_capacity(256 << 10, source.stream()?);
        let head = input.fill_buf().map_err(|e| source.io("cannot read", &e))?;
        if head.starts_with(b"\xef\xbb\xbf") {
            input.consume(3);
        }
        let (record, source) = (Vec::new(), source.clone());
        Ok(Self { input, source, array, entered: false, closed: false, next_line: 1, record, line: 0 })
    }

    fn too_long(&self) -> ReadError {
        let limit = self.source.options.max_line as u64;
        ReadError::new(format!("a JSON text is longer than {}", size(limit)))
            .in_file(&self.source.name)
            .at_line(self.line)
            .with_hint("one object a line is read; drop its large values, or raise the limit")
    }

    /// The last line, where the stream ended inside the array.
    pub(super) fn cut_short(&self) -> Option<u64> {
        (self.array && self.entered && !self.closed).then_some(self.next_line)
    }

    /// Goes on to the next text; false at the end.
    pub(super) fn next(&mut self) -> Result<bool, ReadError> {
        if self.array { self.element() } else { self.text_line() }
    }

    fn text_line(&mut self) -> Result<bool, ReadError> {
        let limit = self.source.options.max_line;
        loop {
            self.record.clear();
            self.line = self.next_line;
            let mut bounded = self.input.by_ref().take(limit as u64 + 2);
            let read = bounded
                .read_until(b'\n', &mut self.record)
                .map_err(|e| self.source.io("cannot read", &e).at_line(self.line))?;
            if read == 0 {
                return Ok(false);
            }
            self.next_line += 1;
            if self.record.trim_ascii_end().len() > limit {
                return Err(self.too_long());
            }
            if !self.record.trim_ascii().is_empty() {
                return Ok(true);
            }
        }
    }

    /// The next element of the array: brackets and braces balanced outside of strings, up to a comma or the end.
    fn element(&mut self) -> Result<bool, ReadError> {
        self.record.clear();
        self.line = self.next_line;
        let (mut depth, mut quoted, mut escaped) = (0usize, false, false);
        loop {
            let buffer = self.input.fill_buf().map_err(|e| self.source.io("cannot read", &e).at_line(self.line))?;
            if buffer.is_empty() {
                // Whatever is left is either nothing or an element cut short, which the parser will name.
                return Ok(!self.record.trim_ascii().is_empty());
            }
            let mut used = 0;
            let mut complete = false;
            for &c in buffer {
                used += 1;
                self.next_line += u64::from(c == b'\n');
                if quoted {
                    (quoted, escaped) = (escaped || c != b'"', !escaped && c == b'\\');
                } else {
                    match c {
                        b'[' if !self.entered => {
                            self.entered = true;
                            continue;
                        }
                        b'"' => quoted = true,
                        b'{' | b'[' => depth += 1,
                        b',' if depth == 0 => {
                            complete = true;
                            break;
                        }
                        b']' if depth == 0 => {
                            self.closed = true;
                            continue;
                        }
                        b'}' | b']' => depth = depth.saturating_sub(1),
                        _ if c.is_ascii_whitespace() && self.record.is_empty() => {
                            self.line = self.next_line;
                            continue;
                        }
                        _ => {}
                    }
                }
                self.record.push(c);
            }
            self.input.consume(used);
            if self.record.len() > self.source.options.max_line {
                return Err(self.too_long());
            }
            if complete && !self.record.trim_ascii().is_empty() {
                return Ok(true);
            }
        }
    }
}

/// A text that did not parse, with what Python writes for numbers that JSON cannot express put in quotes, and bytes
/// that are not UTF-8 replaced; `None` when it holds neither.
pub(super) fn repaired(text: &[u8]) -> Option<Vec<u8>> {
    let lossy = String::from_utf8_lossy(text);
    let mut changed = matches!(lossy, std::borrow::Cow::Owned(_));
    let mut rest = lossy.as_bytes();
    let mut out = Vec::with_capacity(rest.len() + 16);
    let (mut quoted, mut escaped) = (false, false);
    while let [c, after @ ..] = rest {
        if quoted {
            (quoted, escaped) = (escaped || *c != b'"', !escaped && *c == b'\\');
        } else if *c == b'"' {
            quoted = true;
        } else if let Some(word) = [&b"NaN"[..], b"-Infinity", b"Infinity"].into_iter().find(|w| rest.starts_with(w)) {
            out.push(b'"');
            out.extend_from_slice(word);
            out.push(b'"');
            rest = rest.get(word.len()..).unwrap_or_default();
            changed = true;
            continue;
        }
        out.push(*c);
        rest = after;
    }
    changed.then_some(out)
}
