//! Where text goes: standard output, or a file that is whole or not there.

use std::fs::{File, Permissions};
use std::io::{ErrorKind, IsTerminal as _, Write as _};
use std::path::{Path, PathBuf};

use dosimeter_report::{Format, Style};

use crate::error::Failure;

/// The format that a file's extension asks for.
pub(crate) fn format_of(path: &Path) -> Result<Format, Failure> {
    let extension = path.extension().map(|e| e.to_string_lossy().to_lowercase()).unwrap_or_default();
    let format = match extension.as_str() {
        "html" | "htm" => Format::Html,
        "json" => Format::Json,
        "xml" => Format::Junit,
        "prom" => Format::Prometheus,
        "md" => Format::Markdown,
        "txt" => Format::Terminal,
        _ => {
            return Err(Failure::new(format!("no format for this extension: {}", path.display()))
                .hint("use .html, .json, .xml (JUnit), .prom, .md or .txt"));
        }
    };
    Ok(format)
}

/// The format of that name, of those in which a replay and a drill are shown.
pub(crate) fn text_format(name: &str) -> Result<Format, Failure> {
    let format = Format::parse(name).map_err(|_| {
        Failure::new(format!("unknown format {name:?}: --format")).hint("one of terminal, json, markdown")
    })?;
    shown_as_text(format, "--format")
}

/// The files to write, each with the format that its extension says, of the same formats.
pub(crate) fn text_outputs(paths: &[PathBuf]) -> Result<Vec<(&PathBuf, Format)>, Failure> {
    paths.iter().map(|p| Ok((p, shown_as_text(format_of(p)?, &p.display().to_string())?))).collect()
}

fn shown_as_text(format: Format, place: &str) -> Result<Format, Failure> {
    match format {
        Format::Terminal | Format::Json | Format::Markdown => Ok(format),
        other => Err(Failure::new(format!("this is not written as {}: {place}", other.id()))
            .hint("use terminal (.txt), json or markdown (.md)")),
    }
}

/// Writes a result to its files and prints it.
pub(crate) fn deliver(
    format: Format,
    outputs: Vec<(&PathBuf, Format)>,
    style: Style,
    render: impl Fn(Format, &Style) -> String,
) -> Result<(), Failure> {
    for (path, format) in outputs {
        write(path, render(format, &Style { color: false, ..style }).as_bytes())?;
    }
    print(&render(format, &style))
}

/// Prints to standard output.
pub(crate) fn print(text: &str) -> Result<(), Failure> {
    let mut out = std::io::stdout().lock();
    let written = out
        .write_all(text.as_bytes())
        .and_then(|()| if text.ends_with('\n') { Ok(()) } else { out.write_all(b"\n") })
        .and_then(|()| out.flush());
    written.map_err(|e| {
        if e.kind() == ErrorKind::BrokenPipe {
            Failure::ClosedPipe
        } else {
            Failure::new(format!("cannot write ({e}): standard output"))
                .hint("check that the disk or whatever reads the output has room")
        }
    })
}

/// Writes a file, which is whole or as it was.
///
/// What is no regular file (a device, a pipe) is written to and stays what it is; a link is followed.
pub(crate) fn write(path: &Path, bytes: &[u8]) -> Result<(), Failure> {
    let written = match std::fs::metadata(path) {
        Ok(known) if known.is_file() => {
            path.canonicalize().and_then(|target| aside(&target, bytes, Some(known.permissions())))
        }
        Ok(_) => File::options().write(true).open(path).and_then(|mut f| f.write_all(bytes)),
        // A link to what is not there yet.
        Err(e) if e.kind() == ErrorKind::NotFound && path.symlink_metadata().is_ok() => {
            File::create(path).and_then(|mut f| f.write_all(bytes))
        }
        Err(e) if e.kind() == ErrorKind::NotFound => aside(path, bytes, None),
        Err(e) => Err(e),
    };
    written.map_err(|e| {
        Failure::new(format!("cannot write ({}): {}", reason(&e), path.display()))
            .hint("check that the folder exists and may be written to")
    })
}

/// Writes beside the target and renames, so that nobody ever sees half of it.
fn aside(path: &Path, bytes: &[u8], mode: Option<Permissions>) -> std::io::Result<()> {
    let folder = path.parent().filter(|p| !p.as_os_str().is_empty()).unwrap_or(Path::new("."));
    let mut builder = tempfile::Builder::new();
    // A new file is as private as the umask wants it: a baseline holds rows of data.
    #[cfg(unix)]
    let builder = {
        use std::os::unix::fs::PermissionsExt as _;
        builder.permissions(Permissions::from_mode(0o666))
    };
    let mut file = builder.tempfile_in(folder)?;
    file.write_all(bytes)?;
    if let Some(mode) = mode {
        file.as_file().set_permissions(mode)?;
    }
    file.persist(path).map_err(|e| e.error)?;
    Ok(())
}

/// Why, without the name of the file written aside, which nobody asked for.
fn reason(e: &std::io::Error) -> String {
    let text = e.to_string();
    match text.split_once(" at path ") {
        Some((why, _)) if e.get_ref().is_some() => why.to_owned(),
        _ => text,
    }
}

/// How text for people is laid out here.
pub(crate) fn style(color: &str, verbose: u8) -> Style {
    let terminal = std::io::stdout().is_terminal();
    let plain =
        std::env::var_os("NO_COLOR").is_some_and(|v| !v.is_empty()) || std::env::var("TERM").is_ok_and(|t| t == "dumb");
    let color = match color {
        "always" => true,
        "never" => false,
        _ => terminal && !plain,
    };
    Style { width: width(), color, verbose }
}

/// The terminal's width, or that of a page.
pub(crate) fn width() -> usize {
    let asked = std::env::var("COLUMNS").ok().and_then(|c| c.parse().ok());
    asked.or_else(|| terminal_size::terminal_size().map(|(w, _)| usize::from(w.0))).unwrap_or(100)
}
