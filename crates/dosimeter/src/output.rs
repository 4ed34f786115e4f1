//! Where text goes: standard output, or a file that is whole or not there.

use std::io::{ErrorKind, IsTerminal as _, Write as _};
use std::path::Path;

use dosimeter_report::Style;

use crate::error::Failure;

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
        }
    })
}

/// Writes a file aside and renames it, so that nobody ever sees half of it.
pub(crate) fn write(path: &Path, bytes: &[u8]) -> Result<(), Failure> {
    let shown = path.display();
    let fail = |e: std::io::Error| {
        Failure::new(format!("cannot write ({e}): {shown}")).hint("check that the folder exists and may be written to")
    };
    let folder = path.parent().filter(|p| !p.as_os_str().is_empty()).unwrap_or(Path::new("."));
    let mut file = tempfile::NamedTempFile::new_in(folder).map_err(fail)?;
    file.write_all(bytes).map_err(fail)?;
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt as _;
        let _ = file.as_file().set_permissions(std::fs::Permissions::from_mode(0o644));
    }
    file.persist(path).map_err(|e| fail(e.error))?;
    Ok(())
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
