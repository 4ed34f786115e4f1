//! Every header of an Arrow IPC file against the file's size.
//!
//! Messages carry lengths, and compressed buffers the length they claim to unpack to; a decoder that believes them
//! allocates terabytes. Here each is compared with the bytes that are there, without reading the bodies.

use crate::error::ReadError;
use crate::input::{Source, size};
use arrow_ipc::{Footer, Message, RecordBatch, root_as_footer, root_as_message};
use std::fs::File;
use std::io::{self, BufReader, Read, Seek, SeekFrom};

/// Claimed sizes up to this are believed.
const FREE: u64 = 256 << 20;
const MAX_RATIO: u64 = 2000;

struct Checker<'a> {
    source: &'a Source,
    input: BufReader<File>,
    bytes: u64,
    unpacked: u64,
}

/// Checks all messages; tells whether this is a file with a footer.
pub(super) fn headers(source: &Source) -> Result<bool, ReadError> {
    let file = source.file()?;
    let bytes = file.metadata().map_err(|e| source.io("cannot open", &e))?.len();
    let mut checker = Checker { source, input: BufReader::new(file), bytes, unpacked: 0 };
    let mut magic = [0; 6];
    checker.read(0, &mut magic)?;
    if &magic == b"ARROW1" {
        checker.file()?;
        Ok(true)
    } else {
        checker.stream()?;
        Ok(false)
    }
}

impl Checker<'_> {
    fn bad(&self, what: impl AsRef<str>) -> ReadError {
        ReadError::new(format!("not a readable Arrow file ({})", what.as_ref()))
            .in_file(&self.source.name)
            .with_hint("the file is damaged or incomplete; write it again")
    }

    fn read(&mut self, at: u64, into: &mut [u8]) -> Result<(), ReadError> {
        // Relative, so that the buffer survives short hops.
        let seek = |input: &mut BufReader<File>| {
            let now = input.stream_position()?;
            input.seek_relative((at as i64).wrapping_sub(now as i64))
        };
        let read = |input: &mut BufReader<File>, into: &mut [u8]| -> io::Result<()> {
            seek(input)?;
            input.read_exact(into)
        };
        read(&mut self.input, into).map_err(|e| match e.kind() {
            io::ErrorKind::UnexpectedEof | io::ErrorKind::InvalidInput => self.bad("it ends too early"),
            _ => self.source.io("cannot read", &e),
        })
    }

    /// Bytes of a stretch that lies inside the file.
    fn stretch(&mut self, at: u64, length: u64) -> Result<Vec<u8>, ReadError> {
        if at.checked_add(length).is_none_or(|end| end > self.bytes) {
            return Err(self.bad("it ends too early"));
        }
        let mut bytes = vec![0; usize::try_from(length).map_err(|_| self.bad("too large"))?];
        self.read(at, &mut bytes)?;
        Ok(bytes)
    }

    fn file(&mut self) -> Result<(), ReadError> {
        let end = self.bytes.checked_sub(10).ok_or_else(|| self.bad("it ends too early"))?;
        let mut trailer = [0; 10];
        self.input.seek(SeekFrom::Start(0)).map_err(|e| self.source.io("cannot read", &e))?;
        self.read(end, &mut trailer)?;
        let length =
            arrow_ipc::reader::read_footer_length(trailer).map_err(|_| self.bad("no footer: it was not closed"))?;
        let start = end.checked_sub(length as u64).ok_or_else(|| self.bad("footer outside of the file"))?;
        let bytes = self.stretch(start, length as u64)?;
        let footer: Footer<'_> = root_as_footer(&bytes).map_err(|_| self.bad("damaged footer"))?;
        if footer.schema().is_none() || footer.recordBatches().is_none() {
            return Err(self.bad("damaged footer"));
        }
        for block in footer.dictionaries().into_iter().flatten().chain(footer.recordBatches().into_iter().flatten()) {
            let (Ok(at), Ok(meta), Ok(body)) = (
                u64::try_from(block.offset()),
                u64::try_from(block.metaDataLength()),
                u64::try_from(block.bodyLength()),
            ) else {
                return Err(self.bad("a block of negative size"));
            };
            let end = at.checked_add(meta).and_then(|m| m.checked_add(body));
            if end.is_none_or(|end| end > self.bytes) || meta < 8 {
                return Err(self.bad("a block outside of the file"));
            }
            let header = self.stretch(at, meta)?;
            let skip = if header.starts_with(b"\xff\xff\xff\xff") { 8 } else { 4 };
            let message =
                root_as_message(header.get(skip..).unwrap_or_default()).map_err(|_| self.bad("damaged block"))?;
            self.message(&message, at + meta, body)?;
        }
        Ok(())
    }

    fn stream(&mut self) -> Result<(), ReadError> {
        let mut at = 0;
        while at + 4 <= self.bytes {
            let mut word = [0; 4];
            self.read(at, &mut word)?;
            at += 4;
            if word == [0xff; 4] {
                if at + 4 > self.bytes {
                    return Err(self.bad("it ends too early"));
                }
                self.read(at, &mut word)?;
                at += 4;
            }
            let length = u64::from(u32::from_le_bytes(word));
            if length == 0 {
                break;
            }
            let header = self.stretch(at, length)?;
            at += length;
            let message = root_as_message(&header).map_err(|_| self.bad("damaged message"))?;
            let body = u64::try_from(message.bodyLength()).map_err(|_| self.bad("a message of negative size"))?;
            if at.checked_add(body).is_none_or(|end| end > self.bytes) {
                return Err(self.bad("it ends too early"));
            }
            self.message(&message, at, body)?;
            at += body;
        }
        Ok(())
    }

    fn message(&mut self, message: &Message<'_>, at: u64, body: u64) -> Result<(), ReadError> {
        let batch = message.header_as_record_batch().or_else(|| message.header_as_dictionary_batch()?.data());
        match batch {
            Some(batch) => self.batch(&batch, at, body),
            None => Ok(()),
        }
    }

    fn batch(&mut self, batch: &RecordBatch<'_>, at: u64, body: u64) -> Result<(), ReadError> {
        if i32::try_from(batch.length()).is_err() || batch.length() < 0 {
            return Err(self.bad(format!("{} rows in one batch", batch.length())));
        }
        let compressed = batch.compression().is_some();
        for buffer in batch.buffers().into_iter().flatten() {
            let (Ok(offset), Ok(length)) = (u64::try_from(buffer.offset()), u64::try_from(buffer.length())) else {
                return Err(self.bad("a buffer of negative size"));
            };
            if offset.checked_add(length).is_none_or(|end| end > body) {
                return Err(self.bad("a buffer outside of its message"));
            }
            if !compressed || length < 8 {
                continue;
            }
            let mut claim = [0; 8];
            self.read(at + offset, &mut claim)?;
            // -1 says that this buffer is stored plain.
            let claim = u64::try_from(i64::from_le_bytes(claim)).unwrap_or(length);
            self.unpacked = self.unpacked.saturating_add(claim);
            if claim > FREE && claim / length > MAX_RATIO {
                return Err(self.bad(format!("a buffer that claims {} in {length} bytes", size(claim))));
            }
        }
        if self.unpacked > self.source.options.max_decompressed {
            let max = self.source.options.max_decompressed;
            return Err(ReadError::new(format!("more than {} decompressed", size(max)))
                .in_file(&self.source.name)
                .with_hint("raise the limit if the file is meant to be this large"));
        }
        Ok(())
    }
}
