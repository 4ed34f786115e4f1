//! A panic of a decoder is that file's error, not the end of the run.
//!
//! The decoders of binary formats have panicked on hostile bytes before and will again. Each call into them runs
//! inside [`shielded`]; the panic hook keeps quiet on a thread while it is in there, so that the terminal shows the
//! named error and no backtrace.

use crate::error::ReadError;
use std::cell::Cell;
use std::panic::{self, AssertUnwindSafe};
use std::sync::Once;

thread_local! {
    static QUIET: Cell<bool> = const { Cell::new(false) };
}

static HOOK: Once = Once::new();

/// Runs `f`; a panic inside becomes an error.
pub(crate) fn shielded<T>(f: impl FnOnce() -> Result<T, ReadError>) -> Result<T, ReadError> {
    HOOK.call_once(|| {
        let previous = panic::take_hook();
        panic::set_hook(Box::new(move |info| {
            if !QUIET.get() {
                previous(info);
            }
        }));
    });
    let before = QUIET.replace(true);
    let outcome = panic::catch_unwind(AssertUnwindSafe(f));
    QUIET.set(before);
    outcome.unwrap_or_else(|payload| {
        let text = payload
            .downcast_ref::<&str>()
            .map(|s| (*s).to_owned())
            .or_else(|| payload.downcast_ref::<String>().cloned())
            .unwrap_or_default();
        let text = text.lines().next().unwrap_or_default().to_owned();
        Err(ReadError::new(format!("corrupt data, the decoder gave up ({text})"))
            .with_hint("the file is damaged or not what it claims to be; write it again"))
    })
}
