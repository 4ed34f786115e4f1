//! From what the user typed to a list of files: globs, directories, standard input.

use crate::error::ReadError;
use crate::field::ReadOptions;
use crate::input::size;
use std::cmp::Ordering;
use std::io::{self, Read, Write};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError, Weak};
use tempfile::TempPath;

/// Directories nested deeper than this are not searched.
const MAX_NESTING: usize = 64;

/// A file to read.
#[derive(Clone, Debug)]
pub(crate) struct Found {
    pub(crate) path: PathBuf,
    pub(crate) name: String,
    /// `key=value` parts of the path.
    pub(crate) hive: Vec<(String, Option<String>)>,
    /// Named by the user, as opposed to found in a directory: an unknown format is an error.
    pub(crate) explicit: bool,
    /// Keeps spooled standard input alive.
    pub(crate) spool: Option<Arc<TempPath>>,
}

/// All files of the arguments, in their order; within one argument in natural order of the path.
pub(crate) fn discover(paths: &[String], options: &ReadOptions) -> Result<Vec<Found>, ReadError> {
    let mut found = Vec::new();
    for argument in paths {
        let path = Path::new(argument);
        if argument == "-" {
            found.push(spool(options)?);
        } else if path.is_dir() {
            directory(path, &mut found)?;
        } else if std::fs::symlink_metadata(path).is_ok() {
            found.push(file(path, true)?);
        } else if argument.contains(['*', '?', '[']) {
            glob(argument, &mut found)?;
        } else {
            let error = io::Error::from(io::ErrorKind::NotFound);
            return Err(ReadError::io(path, "cannot open", &error));
        }
    }
    if found.is_empty() {
        return Err(
            ReadError::new("no input files").with_hint("name files, directories, globs, or - for standard input")
        );
    }
    Ok(found)
}

fn file(path: &Path, explicit: bool) -> Result<Found, ReadError> {
    let metadata = std::fs::metadata(path).map_err(|e| ReadError::io(path, "cannot open", &e))?;
    if !metadata.is_file() {
        return Err(ReadError::new("not a regular file")
            .in_file(path.display().to_string())
            .with_hint("devices and pipes are not read by name; pipe data to standard input and pass -"));
    }
    Ok(Found { path: path.to_owned(), name: path.display().to_string(), hive: hive(path), explicit, spool: None })
}

fn glob(pattern: &str, found: &mut Vec<Found>) -> Result<(), ReadError> {
    let matches = glob::glob(pattern).map_err(|e| {
        ReadError::new(format!("not a valid glob ({})", e.msg)).in_file(pattern).with_hint("escape brackets as [[]")
    })?;
    let mut paths: Vec<PathBuf> = matches.filter_map(Result::ok).collect();
    paths.sort_by(|a, b| natural(&a.to_string_lossy(), &b.to_string_lossy()));
    let before = found.len();
    for path in paths {
        if path.is_dir() {
            directory(&path, found)?;
        } else {
            found.push(file(&path, false)?);
        }
    }
    if found.len() == before {
        return Err(ReadError::new("no file matches")
            .in_file(pattern)
            .with_hint("quote the glob and check the folder"));
    }
    Ok(())
}

fn directory(root: &Path, found: &mut Vec<Found>) -> Result<(), ReadError> {
    let mut paths = Vec::new();
    // The folder that was asked for has to be there; what cannot be read below it is one failure among files.
    walk(root, 0, &mut paths)?;
    paths.sort_by(|a, b| natural(&a.to_string_lossy(), &b.to_string_lossy()));
    if paths.is_empty() {
        return Err(ReadError::new("no data files in the directory")
            .in_file(root.display().to_string())
            .with_hint("looked for Parquet, Arrow, CSV and JSON Lines; hidden files and _names are left out"));
    }
    for path in paths {
        // Looked at when it is opened, so that a file (or folder) without permission is named and left out.
        found.push(Found { name: path.display().to_string(), hive: hive(&path), explicit: false, spool: None, path });
    }
    Ok(())
}

/// Regular files below, without hidden ones and without the `_SUCCESS` and `_delta_log` of table writers. Linked
/// directories are not followed, so that there are no cycles.
fn walk(folder: &Path, depth: usize, paths: &mut Vec<PathBuf>) -> Result<(), ReadError> {
    if depth > MAX_NESTING {
        return Err(ReadError::new("directories nested too deep")
            .in_file(folder.display().to_string())
            .with_hint("name the folders that hold the data"));
    }
    let doing = "cannot list";
    for entry in std::fs::read_dir(folder).map_err(|e| ReadError::io(folder, doing, &e))? {
        let entry = entry.map_err(|e| ReadError::io(folder, doing, &e))?;
        let name = entry.file_name();
        if name.as_encoded_bytes().starts_with(b".") || name.as_encoded_bytes().starts_with(b"_") {
            continue;
        }
        let kind = entry.file_type().map_err(|e| ReadError::io(&entry.path(), doing, &e))?;
        if kind.is_dir() {
            if std::fs::read_dir(entry.path()).is_err() {
                paths.push(entry.path());
                continue;
            }
            walk(&entry.path(), depth + 1, paths)?;
        } else if kind.is_file() || (kind.is_symlink() && entry.path().is_file()) {
            paths.push(entry.path());
        }
    }
    Ok(())
}

/// What standard input was spooled to, as long as a data set holds it: the stream itself can be read only once, and
/// a data set may be opened again once the kinds of its columns are known.
static SPOOLED: Mutex<Weak<TempPath>> = Mutex::new(Weak::new());

/// Standard input goes to a temporary file, because it is read twice: once for its shape, once for its rows.
fn spool(options: &ReadOptions) -> Result<Found, ReadError> {
    let mut spooled = SPOOLED.lock().unwrap_or_else(PoisonError::into_inner);
    let held = match spooled.upgrade() {
        Some(held) => held,
        None => Arc::new(drain(options)?),
    };
    *spooled = Arc::downgrade(&held);
    Ok(Found { path: held.to_path_buf(), name: STDIN.to_owned(), hive: Vec::new(), explicit: true, spool: Some(held) })
}

const STDIN: &str = "standard input";

fn drain(options: &ReadOptions) -> Result<TempPath, ReadError> {
    let name = STDIN;
    let fail = |e: &io::Error| {
        ReadError::new(format!("cannot be spooled: {e}"))
            .in_file(name)
            .with_hint("check that the folder for temporary files has room")
    };
    let mut file = tempfile::Builder::new().prefix("dosimeter-").tempfile().map_err(|e| fail(&e))?;
    let mut input = io::stdin().lock().take(options.max_decompressed.saturating_add(1));
    let copied = io::copy(&mut input, &mut file).map_err(|e| fail(&e))?;
    if copied > options.max_decompressed {
        return Err(ReadError::new(format!("more than {}", size(options.max_decompressed)))
            .in_file(name)
            .with_hint("write it to a file and name that"));
    }
    file.flush().map_err(|e| fail(&e))?;
    Ok(file.into_temp_path())
}

/// The `key=value` folders of a path, as Hive, Spark and pyarrow write partitioned tables.
fn hive(path: &Path) -> Vec<(String, Option<String>)> {
    let mut parts: Vec<(String, Option<String>)> = Vec::new();
    for part in path.parent().into_iter().flat_map(Path::components) {
        let part = part.as_os_str().to_string_lossy();
        let Some((key, value)) = part.split_once('=') else {
            continue;
        };
        let named = key.chars().all(|c| c.is_alphanumeric() || c == '_' || c == '-');
        if key.is_empty() || !named || parts.iter().any(|(k, _)| k == key) {
            continue;
        }
        let value = (value != "__HIVE_DEFAULT_PARTITION__").then(|| percent_decoded(value));
        parts.push((key.to_owned(), value));
    }
    parts
}

fn percent_decoded(text: &str) -> String {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.as_bytes();
    while let [first, after @ ..] = rest {
        let hex = |c: u8| (c as char).to_digit(16);
        if let (b'%', [a, b, tail @ ..]) = (first, after)
            && let (Some(high), Some(low)) = (hex(*a), hex(*b))
        {
            bytes.push((high * 16 + low) as u8);
            rest = tail;
        } else {
            bytes.push(*first);
            rest = after;
        }
    }
    String::from_utf8_lossy(&bytes).into_owned()
}

/// `part-2` before `part-10`: runs of digits compare as numbers.
pub(crate) fn natural(a: &str, b: &str) -> Ordering {
    let (mut a, mut b) = (a.as_bytes(), b.as_bytes());
    loop {
        let run = |s: &[u8]| s.iter().take_while(|c| c.is_ascii_digit()).count();
        let (n, m) = (run(a), run(b));
        if n > 0 && m > 0 {
            let (x, rest_a) = a.split_at(n);
            let (y, rest_b) = b.split_at(m);
            let zeros = |s: &[u8]| s.iter().take_while(|c| **c == b'0').count();
            let x = x.get(zeros(x)..).unwrap_or_default();
            let y = y.get(zeros(y)..).unwrap_or_default();
            let order = x.len().cmp(&y.len()).then_with(|| x.cmp(y)).then_with(|| n.cmp(&m));
            if order != Ordering::Equal {
                return order;
            }
            (a, b) = (rest_a, rest_b);
            continue;
        }
        match (a, b) {
            ([x, rest_a @ ..], [y, rest_b @ ..]) => {
                if x != y {
                    return x.cmp(y);
                }
                (a, b) = (rest_a, rest_b);
            }
            _ => return a.len().cmp(&b.len()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_in_names_sort_as_numbers() {
        let mut names = ["p-10", "p-2", "p-1", "q", "p-02", "p"];
        names.sort_by(|a, b| natural(a, b));
        assert_eq!(names, ["p", "p-1", "p-2", "p-02", "p-10", "q"]);
    }

    #[test]
    fn hive_parts() {
        let parts = hive(Path::new("/data/day=2024-01-01/city=S%C3%A3o/x=__HIVE_DEFAULT_PARTITION__/a=b.csv"));
        let text = |s: &str| Some(s.to_owned());
        assert_eq!(
            parts,
            [("day".to_owned(), text("2024-01-01")), ("city".to_owned(), text("São")), ("x".to_owned(), None)]
        );
    }
}
