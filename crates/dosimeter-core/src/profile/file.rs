//! The baseline's file: `magic, version, length, payload, checksum`.
//!
//! | bytes | what |
//! |---|---|
//! | 0..8 | the magic `DOSIBASE` |
//! | 8..12 | the format version, little-endian `u32` |
//! | 12..20 | the payload's length, little-endian `u64` |
//! | 20..20+n | the payload: the [`Baseline`] in postcard's encoding |
//! | last 4 | CRC-32 (IEEE) of everything before, little-endian |
//!
//! A file of another version, of the wrong length or with a wrong checksum is refused with a reason, never misread.

use super::baseline::Baseline;

const MAGIC: &[u8; 8] = b"DOSIBASE";
/// The version that this program writes and reads.
pub const VERSION: u32 = 3;
const HEADER: usize = 20;

/// Why a baseline cannot be read.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
pub enum FileError {
    /// It does not start with the magic.
    #[error("not a dosimeter baseline")]
    NotABaseline,
    /// Another version of the format.
    #[error("baseline format version {found}, this program reads version {VERSION}")]
    Version {
        /// The version in the file.
        found: u32,
    },
    /// Shorter or longer than it says.
    #[error("damaged baseline: {expected} bytes expected, {found} found")]
    Length {
        /// By the header.
        expected: u64,
        /// In fact.
        found: u64,
    },
    /// The checksum does not match.
    #[error("damaged baseline: checksum mismatch")]
    Checksum,
    /// The payload is not what it should be.
    #[error("damaged baseline: {0}")]
    Payload(String),
}

/// The bytes of a baseline file.
///
/// # Errors
/// Where the baseline cannot be encoded, which is a bug.
pub fn encode(baseline: &Baseline) -> Result<Vec<u8>, FileError> {
    let payload = postcard::to_stdvec(baseline).map_err(|e| FileError::Payload(e.to_string()))?;
    let mut bytes = Vec::with_capacity(HEADER + payload.len() + 4);
    bytes.extend_from_slice(MAGIC);
    bytes.extend_from_slice(&VERSION.to_le_bytes());
    bytes.extend_from_slice(&(payload.len() as u64).to_le_bytes());
    bytes.extend_from_slice(&payload);
    let checksum = crc32fast::hash(&bytes);
    bytes.extend_from_slice(&checksum.to_le_bytes());
    Ok(bytes)
}

/// Reads a baseline file's bytes.
///
/// # Errors
/// For another format or version and for damage, each by name.
pub fn decode(bytes: &[u8]) -> Result<Baseline, FileError> {
    if bytes.get(..8) != Some(MAGIC) {
        return Err(FileError::NotABaseline);
    }
    let word = |at: usize| bytes.get(at..at + 4).and_then(|b| b.try_into().ok()).map(u32::from_le_bytes);
    let found = word(8).ok_or(FileError::NotABaseline)?;
    if found != VERSION {
        return Err(FileError::Version { found });
    }
    let length = bytes.get(12..20).and_then(|b| b.try_into().ok()).map(u64::from_le_bytes).unwrap_or(0);
    let expected = length.saturating_add(HEADER as u64 + 4);
    if expected != bytes.len() as u64 {
        return Err(FileError::Length { expected, found: bytes.len() as u64 });
    }
    let end = bytes.len() - 4;
    if word(end) != Some(crc32fast::hash(&bytes[..end])) {
        return Err(FileError::Checksum);
    }
    let baseline: Baseline =
        postcard::from_bytes(&bytes[HEADER..end]).map_err(|e| FileError::Payload(e.to_string()))?;
    if !baseline.reference.sample.is_whole() {
        return Err(FileError::Payload("the sampled rows have columns of several lengths".to_owned()));
    }
    Ok(baseline)
}
