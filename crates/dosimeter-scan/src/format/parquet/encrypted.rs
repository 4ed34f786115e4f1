//! Whether a footer in plain text says that the columns are encrypted.
//!
//! Such a file opens like any other and its pages then look damaged. The decoder is built without encryption and skips the
//! one field that tells, so after a failure the footer is walked once more: a struct of Thrift's compact protocol,
//! whose field 8 is the algorithm.

use crate::input::Source;
use std::io::{Read, Seek, SeekFrom};

/// The field of `FileMetaData` that names the algorithm.
const ALGORITHM: i64 = 8;
/// Footers beyond this are not walked for the sake of a message.
const MOST: u32 = 64 << 20;
/// Structs and lists nested deeper than any footer's.
const MAX_DEPTH: usize = 32;

/// Whether the footer names an algorithm; false where it cannot be read.
pub(super) fn is_encrypted(source: &Source) -> bool {
    footer(source).is_some_and(|bytes| names_algorithm(&bytes))
}

fn footer(source: &Source) -> Option<Vec<u8>> {
    let mut file = source.file().ok()?;
    file.seek(SeekFrom::End(-8)).ok()?;
    let mut tail = [0; 8];
    file.read_exact(&mut tail).ok()?;
    let [a, b, c, d, b'P', b'A', b'R', b'1'] = tail else { return None };
    let length = Some(u32::from_le_bytes([a, b, c, d])).filter(|l| *l <= MOST)?;
    file.seek(SeekFrom::End(-8 - i64::from(length))).ok()?;
    let mut bytes = Vec::new();
    file.take(u64::from(length)).read_to_end(&mut bytes).ok()?;
    Some(bytes)
}

fn names_algorithm(footer: &[u8]) -> bool {
    let mut walk = Walk { rest: footer };
    let mut id = 0;
    while let Some((next, kind)) = walk.field(id) {
        id = next;
        if id == ALGORITHM {
            return true;
        }
        if walk.skip(kind, 0).is_none() {
            break;
        }
    }
    false
}

/// What is left of a Thrift struct.
struct Walk<'a> {
    rest: &'a [u8],
}

impl Walk<'_> {
    fn byte(&mut self) -> Option<u8> {
        let (first, rest) = self.rest.split_first()?;
        self.rest = rest;
        Some(*first)
    }

    fn bytes(&mut self, n: u64) -> Option<()> {
        self.rest = self.rest.get(usize::try_from(n).ok()?..)?;
        Some(())
    }

    fn varint(&mut self) -> Option<u64> {
        let mut value = 0;
        for shift in (0..64).step_by(7) {
            let byte = self.byte()?;
            value |= u64::from(byte & 0x7f) << shift;
            if byte & 0x80 == 0 {
                return Some(value);
            }
        }
        None
    }

    /// The next field's number and type; `None` at the end.
    fn field(&mut self, last: i64) -> Option<(i64, u8)> {
        let head = self.byte().filter(|h| *h != 0)?;
        let id = match head >> 4 {
            0 => {
                let raw = self.varint()?;
                (raw >> 1) as i64 ^ -((raw & 1) as i64)
            }
            delta => last.checked_add(i64::from(delta))?,
        };
        Some((id, head & 15))
    }

    fn skip(&mut self, kind: u8, depth: usize) -> Option<()> {
        if depth > MAX_DEPTH {
            return None;
        }
        match kind {
            // The value of a boolean is its type.
            1 | 2 => Some(()),
            3 => self.bytes(1),
            4..=6 => self.varint().map(drop),
            7 => self.bytes(8),
            8 => {
                let length = self.varint()?;
                self.bytes(length)
            }
            9 | 10 => {
                let head = self.byte()?;
                let count = if head >> 4 == 15 { self.varint()? } else { u64::from(head >> 4) };
                for _ in 0..count {
                    // In a list a boolean takes a byte, so every element takes one.
                    if head & 15 <= 2 { self.bytes(1)? } else { self.skip(head & 15, depth + 1)? }
                }
                Some(())
            }
            12 => {
                let mut id = 0;
                while let Some((next, kind)) = self.field(id) {
                    id = next;
                    self.skip(kind, depth + 1)?;
                }
                Some(())
            }
            // Maps and what is yet to come: no footer has them.
            _ => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::names_algorithm;

    #[test]
    fn the_eighth_field_tells() {
        // 1: i32 2, 2: list of two binaries, 4: list of one struct { 1: i64, 2: true }, then 8: a struct.
        let plain = [0x15, 4, 0x19, 0x28, 1, b'a', 2, b'b', b'c', 0x29, 0x1c, 0x16, 0x80, 1, 0x11, 0];
        assert!(!names_algorithm(&[&plain[..], &[0]].concat()));
        assert!(names_algorithm(&[&plain[..], &[0x4c, 0x1c, 0, 0, 0]].concat()));
        // Cut or lying footers end the walk.
        for end in 0..plain.len() {
            assert!(!names_algorithm(&plain[..end]));
        }
        assert!(!names_algorithm(&[0x19, 0xf8, 0xff, 0xff, 0xff, 0xff, 0x0f, 1]));
    }
}
