//! Pages of one row group, each looked at before the decoder sees it.
//!
//! A page of delta encoding says how many values it holds, and the decoder makes room for that many before it reads
//! the first: one flipped bit can ask for terabytes, which ends the process where no panic handler helps. So the
//! counts inside a page are held against those of its header, and these against the footer's.

use parquet::arrow::arrow_reader::RowGroups;
use parquet::basic::Encoding;
use parquet::column::page::{Page, PageIterator, PageMetadata, PageReader};
use parquet::errors::{ParquetError, Result};
use parquet::file::metadata::{ParquetMetaData, RowGroupMetaData};
use parquet::file::serialized_reader::SerializedPageReader;
use std::fs::File;
use std::sync::Arc;

/// One row group of an open file.
pub(super) struct Group {
    pub(super) file: Arc<File>,
    pub(super) metadata: Arc<ParquetMetaData>,
    pub(super) index: usize,
}

impl Group {
    fn own(&self) -> Option<&RowGroupMetaData> {
        self.metadata.row_groups().get(self.index)
    }
}

impl RowGroups for Group {
    fn num_rows(&self) -> usize {
        self.own().map_or(0, |g| usize::try_from(g.num_rows()).unwrap_or(0))
    }

    fn column_chunks(&self, i: usize) -> Result<Box<dyn PageIterator>> {
        let missing = || ParquetError::General("a column chunk is missing".to_owned());
        let chunk = self.own().and_then(|g| g.columns().get(i)).ok_or_else(missing)?;
        let descriptor = chunk.column_descr();
        let inner = SerializedPageReader::new(Arc::clone(&self.file), chunk, self.num_rows(), None)?;
        let pages = Checked {
            inner,
            values: u64::try_from(chunk.num_values()).unwrap_or(0),
            levels: [descriptor.max_rep_level(), descriptor.max_def_level()],
        };
        Ok(Box::new(Chunk(Some(pages))))
    }

    fn row_groups(&self) -> Box<dyn Iterator<Item = &RowGroupMetaData> + '_> {
        Box::new(self.own().into_iter())
    }

    fn metadata(&self) -> &ParquetMetaData {
        &self.metadata
    }
}

/// The one chunk that a column has in a row group.
struct Chunk(Option<Checked>);

impl Iterator for Chunk {
    type Item = Result<Box<dyn PageReader>>;

    fn next(&mut self) -> Option<Self::Item> {
        let pages: Box<dyn PageReader> = Box::new(self.0.take()?);
        Some(Ok(pages))
    }
}

impl PageIterator for Chunk {}

struct Checked {
    inner: SerializedPageReader<File>,
    /// Values of the whole chunk, as the footer says.
    values: u64,
    /// Highest repetition and definition level.
    levels: [i16; 2],
}

impl Checked {
    fn check(&self, page: &Page) -> Result<()> {
        let bad = |what: &str| Err(ParquetError::General(format!("a page with {what}")));
        let values = page.num_values();
        if u64::from(values) > self.values && !matches!(page, Page::DictionaryPage { .. }) {
            return bad("more values than its column");
        }
        let delta = matches!(
            page.encoding(),
            Encoding::DELTA_BINARY_PACKED | Encoding::DELTA_LENGTH_BYTE_ARRAY | Encoding::DELTA_BYTE_ARRAY
        );
        if !delta {
            return Ok(());
        }
        let buffer: &[u8] = page.buffer();
        let Some(data) = self.data(page).and_then(|start| buffer.get(start..)) else {
            return bad("damaged levels");
        };
        let Some((count, rest)) = run(data) else {
            return bad("damaged delta values");
        };
        // Suffixes follow prefixes, each with their own count.
        let second =
            if page.encoding() == Encoding::DELTA_BYTE_ARRAY { run(rest).map_or(0, |(count, _)| count) } else { 0 };
        if count.max(second) > u64::from(values) {
            return bad("more delta values than declared");
        }
        Ok(())
    }

    /// Where the values of a page begin, after its levels.
    fn data(&self, page: &Page) -> Option<usize> {
        match page {
            Page::DataPage { buf, num_values, rep_level_encoding, def_level_encoding, .. } => {
                let mut at = 0usize;
                for (max, encoding) in self.levels.iter().zip([rep_level_encoding, def_level_encoding]) {
                    if *max == 0 {
                        continue;
                    }
                    let length = if *encoding == Encoding::RLE {
                        let word = buf.get(at..at.checked_add(4)?)?;
                        4 + usize::try_from(u32::from_le_bytes(word.try_into().ok()?)).ok()?
                    } else {
                        let bits = (16 - max.leading_zeros()) as usize;
                        (bits * usize::try_from(*num_values).ok()?).div_ceil(8)
                    };
                    at = at.checked_add(length)?;
                }
                Some(at)
            }
            Page::DataPageV2 { rep_levels_byte_len, def_levels_byte_len, .. } => {
                usize::try_from(rep_levels_byte_len.checked_add(*def_levels_byte_len)?).ok()
            }
            Page::DictionaryPage { .. } => Some(0),
        }
    }
}

/// A run of delta-packed integers: how many it claims, and what follows it (empty where it is cut short).
fn run(data: &[u8]) -> Option<(u64, &[u8])> {
    let (block, rest) = varint(data)?;
    let (minis, rest) = varint(rest)?;
    let (count, rest) = varint(rest)?;
    let (_, mut rest) = varint(rest)?;
    let per_mini = usize::try_from(block.checked_div(minis)?).ok()?;
    let minis = usize::try_from(minis).ok()?;
    let mut left = count.saturating_sub(1);
    while left > 0 {
        let Some((_, after)) = varint(rest) else {
            return Some((count, &[]));
        };
        let Some((widths, mut body)) = after.split_at_checked(minis) else {
            return Some((count, &[]));
        };
        for &width in widths {
            if left == 0 {
                break;
            }
            let bytes = (usize::from(width).checked_mul(per_mini)?).div_ceil(8);
            body = body.get(bytes..).unwrap_or_default();
            left = left.saturating_sub(per_mini.max(1) as u64);
        }
        rest = body;
    }
    Some((count, rest))
}

fn varint(data: &[u8]) -> Option<(u64, &[u8])> {
    let mut value = 0u64;
    for (i, byte) in data.iter().enumerate().take(10) {
        value |= u64::from(byte & 0x7f).checked_shl(7 * i as u32)?;
        if byte & 0x80 == 0 {
            return Some((value, data.get(i + 1..)?));
        }
    }
    None
}

impl Iterator for Checked {
    type Item = Result<Page>;

    fn next(&mut self) -> Option<Self::Item> {
        self.get_next_page().transpose()
    }
}

impl PageReader for Checked {
    fn get_next_page(&mut self) -> Result<Option<Page>> {
        let page = self.inner.get_next_page()?;
        if let Some(page) = &page {
            self.check(page)?;
        }
        Ok(page)
    }

    fn peek_next_page(&mut self) -> Result<Option<PageMetadata>> {
        self.inner.peek_next_page()
    }

    fn skip_next_page(&mut self) -> Result<()> {
        self.inner.skip_next_page()
    }

    fn at_record_boundary(&mut self) -> Result<bool> {
        self.inner.at_record_boundary()
    }
}
