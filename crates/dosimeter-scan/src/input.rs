//! Bytes in: opening, telling the format by its first bytes, decompressing under a bound.

use crate::error::ReadError;
use crate::field::ReadOptions;
use crate::problem::Problems;
use std::fs::File;
use std::io::{self, BufReader, Read};
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use tempfile::TempPath;

/// Bytes looked at to tell format and dialect.
pub(crate) const PEEK: usize = 64 << 10;
/// A ratio over this, beyond [`RATIO_FREE`] decoded bytes, is taken for a decompression bomb.
const MAX_RATIO: u64 = 2000;
const RATIO_FREE: u64 = 256 << 20;

/// A wrapping around the whole file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Compression {
    None,
    Gzip,
    Zstd,
}

/// One input file with all that its reader needs.
#[derive(Clone, Debug)]
pub(crate) struct Source {
    pub(crate) path: PathBuf,
    /// As the user would recognise it.
    pub(crate) name: String,
    pub(crate) compression: Compression,
    pub(crate) options: Arc<ReadOptions>,
    pub(crate) problems: Problems,
}

impl Source {
    pub(crate) fn io(&self, doing: &str, error: &io::Error) -> ReadError {
        let e = ReadError::io(&self.path, doing, error);
        if e.place().file == self.path.display().to_string() { e.renamed(&self.name) } else { e }
    }

    /// The file itself.
    pub(crate) fn file(&self) -> Result<File, ReadError> {
        File::open(&self.path).map_err(|e| self.io("cannot open", &e))
    }

    /// The decoded bytes, bounded.
    pub(crate) fn stream(&self) -> Result<Box<dyn Read + Send>, ReadError> {
        let file = self.file()?;
        if self.compression == Compression::None {
            return Ok(Box::new(file));
        }
        let encoded = Arc::new(AtomicU64::new(0));
        let counted = BufReader::with_capacity(128 << 10, Counted { inner: file, count: Arc::clone(&encoded) });
        let inner: Box<dyn Read + Send> = match self.compression {
            Compression::Zstd => Box::new(
                zstd::stream::read::Decoder::with_buffer(counted).map_err(|e| self.io("cannot decompress", &e))?,
            ),
            _ => Box::new(flate2::bufread::MultiGzDecoder::new(counted)),
        };
        Ok(Box::new(Bounded { inner, encoded, decoded: 0, max: self.options.max_decompressed }))
    }

    /// The first decoded bytes.
    pub(crate) fn peek(&self, bytes: usize) -> Result<Vec<u8>, ReadError> {
        let mut head = Vec::new();
        let outcome = self.stream()?.take(bytes as u64).read_to_end(&mut head);
        match outcome {
            Ok(_) => Ok(head),
            // Enough to tell the format: the reader will meet the damage with a line number.
            Err(_) if !head.is_empty() => Ok(head),
            Err(e) => Err(self.io("cannot read", &e)),
        }
    }
}

/// Counts what is read from the file.
struct Counted {
    inner: File,
    count: Arc<AtomicU64>,
}

impl Read for Counted {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let n = self.inner.read(buffer)?;
        self.count.fetch_add(n as u64, Ordering::Relaxed);
        Ok(n)
    }
}

/// Refuses to decode more than is sane.
struct Bounded {
    inner: Box<dyn Read + Send>,
    encoded: Arc<AtomicU64>,
    decoded: u64,
    max: u64,
}

impl Read for Bounded {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let n = self.inner.read(buffer)?;
        self.decoded += n as u64;
        let ratio = self.decoded / self.encoded.load(Ordering::Relaxed).max(1);
        if self.decoded > self.max {
            let error = ReadError::new(format!("more than {} decompressed", size(self.max)))
                .with_hint("raise the limit if the file is meant to be this large");
            return Err(io::Error::other(error));
        }
        if self.decoded > RATIO_FREE && ratio > MAX_RATIO {
            let error = ReadError::new(format!("decompresses to over {MAX_RATIO} times its size"))
                .with_hint("this looks like a decompression bomb; decompress it yourself if it is not");
            return Err(io::Error::other(error));
        }
        Ok(n)
    }
}

/// The decoded bytes in a temporary file, for formats that seek.
pub(crate) fn unpack(source: &Source) -> Result<TempPath, ReadError> {
    let fail = |e: &io::Error| source.io("cannot decompress", e);
    let mut file = tempfile::Builder::new().prefix("dosimeter-").tempfile().map_err(|e| fail(&e))?;
    io::copy(&mut source.stream()?, &mut file).map_err(|e| fail(&e))?;
    Ok(file.into_temp_path())
}

/// A byte count for people.
pub(crate) fn size(bytes: u64) -> String {
    const UNITS: [&str; 5] = ["bytes", "KiB", "MiB", "GiB", "TiB"];
    let mut value = bytes;
    let mut unit = 0;
    while value >= 1024 && value.is_multiple_of(1024) && unit + 1 < UNITS.len() {
        value /= 1024;
        unit += 1;
    }
    format!("{value} {}", UNITS.get(unit).unwrap_or(&"bytes"))
}

/// The compression that the first bytes show.
pub(crate) fn compression_of(head: &[u8]) -> Compression {
    match head {
        [0x1f, 0x8b, ..] => Compression::Gzip,
        [0x28, 0xb5, 0x2f, 0xfd, ..] => Compression::Zstd,
        // A skippable frame, as some archivers put in front.
        [0x50..=0x5f, 0x2a, 0x4d, 0x18, ..] => Compression::Zstd,
        _ => Compression::None,
    }
}
