//! The format of a file from its first bytes; the extension only settles what they leave open.

use crate::error::ReadError;
use crate::input::Source;
use crate::source::Format;

/// First bytes of things that are not read, with their name and what to do.
const REFUSED: [(&[u8], &str, &str); 13] = [
    (b"\xff\xfe", "UTF-16 text", "convert it: iconv -f UTF-16 -t UTF-8"),
    (b"\xfe\xff", "UTF-16 text", "convert it: iconv -f UTF-16 -t UTF-8"),
    (b"PARE", "encrypted Parquet", "decrypt it first"),
    (b"PK\x03\x04", "a zip archive or spreadsheet", "unpack it, or save the sheet as CSV"),
    (b"\xd0\xcf\x11\xe0", "a spreadsheet", "save the sheet as CSV"),
    (b"\x80\x04", "a pickle", "pickles run code when read; save as Parquet or CSV"),
    (b"\x80\x05", "a pickle", "pickles run code when read; save as Parquet or CSV"),
    (b"Obj\x01", "Avro", "convert it to Parquet"),
    (b"ORC", "ORC", "convert it to Parquet"),
    (b"SQLite format 3", "an SQLite database", "export the table as CSV"),
    (b"BZh", "bzip2", "decompress it; gzip and zstd are read as they are"),
    (b"\xfd7zXZ", "xz", "decompress it; gzip and zstd are read as they are"),
    (b"FEA1", "Feather version 1", "write it again as Feather version 2 or Parquet"),
];

/// The format, `None` when unknown in a file that nobody asked for by name.
pub(crate) fn format_of(source: &Source, head: &[u8], explicit: bool) -> Result<Option<Format>, ReadError> {
    if head.is_empty() {
        let e = ReadError::new("empty file").in_file(&source.name);
        return Err(e.with_hint("nothing was written to it; check the job that makes it"));
    }
    if head.starts_with(b"PAR1") {
        return Ok(Some(Format::Parquet));
    }
    if head.starts_with(b"ARROW1") || head.starts_with(b"\xff\xff\xff\xff") {
        return Ok(Some(Format::Arrow));
    }
    if let Some((_, name, hint)) = REFUSED.iter().find(|(magic, ..)| head.starts_with(magic)) {
        let e = ReadError::new(format!("{name} is not supported")).in_file(&source.name);
        return if explicit { Err(e.with_hint(*hint)) } else { Ok(None) };
    }
    let extension = extension(&source.name);
    let text = head.strip_prefix(b"\xef\xbb\xbf").unwrap_or(head).trim_ascii_start();
    let json = text.starts_with(b"{") || text.starts_with(b"[");
    Ok(match extension.as_str() {
        "parquet" | "parq" | "pq" | "arrow" | "feather" | "ipc" | "arrows" => {
            return Err(ReadError::new(format!("not a readable .{extension} file (its first bytes are wrong)"))
                .in_file(&source.name)
                .with_hint("the file is damaged or has the wrong extension"));
        }
        "csv" | "tsv" | "psv" | "tab" => Some(Format::Csv),
        "jsonl" | "ndjson" | "json" => Some(Format::Json),
        _ if head.contains(&0) => None,
        _ if json => Some(Format::Json),
        "txt" | "data" | "log" | "dat" => Some(Format::Csv),
        // Standard input, or a file given by name without a telling extension.
        _ if explicit => Some(Format::Csv),
        _ => None,
    })
    .and_then(|format| match format {
        None if explicit => Err(ReadError::new("format not recognised")
            .in_file(&source.name)
            .with_hint("Parquet, Arrow IPC, CSV and JSON Lines are read, plain or in gzip or zstd")),
        other => Ok(other),
    })
}

/// The extension in lower case, that of the compression left out.
fn extension(name: &str) -> String {
    let lower = name.to_lowercase();
    let mut stem = lower.as_str();
    for suffix in [".gz", ".zst", ".zstd", ".gzip"] {
        stem = stem.strip_suffix(suffix).unwrap_or(stem);
    }
    let file = stem.rsplit(['/', '\\']).next().unwrap_or_default();
    file.rsplit_once('.').map_or(String::new(), |(_, e)| e.to_owned())
}
