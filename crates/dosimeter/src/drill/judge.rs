//! Whether a result speaks of a fault, and by its right name.

use dosimeter_core::diagnosis::{Diagnosis, Finding, Verdict};
use dosimeter_scan::inject::{Fault, On};

/// What a result said of a fault.
#[derive(Clone, Debug, Default)]
pub(crate) struct Heard {
    /// A finding speaks of it, or an alarm was raised that healthy data did not raise.
    pub(crate) caught: bool,
    pub(crate) alarmed: bool,
    /// A finding has its right name.
    pub(crate) right: bool,
    /// What the first such finding calls it.
    pub(crate) named: Option<String>,
}

/// `mode`, or `mode/kind`.
pub(crate) fn name(f: &Finding) -> String {
    match &f.kind {
        Some(kind) => format!("{}/{kind}", f.mode.id()),
        None => f.mode.id().to_owned(),
    }
}

/// `control` is what was said of the same rows before they were broken: what is said there already is no news, unless it is now
/// dated to the `window` in which the fault began, or graver.
pub(crate) fn judge(
    fault: &Fault,
    columns: &[String],
    strength: f64,
    window: usize,
    said: &Diagnosis,
    control: &Diagnosis,
) -> Heard {
    let is = |f: &Finding, names: &[&str]| {
        names.contains(&f.mode.id()) || f.kind.as_deref().is_some_and(|k| names.contains(&k))
    };
    let of_columns = !columns.is_empty() && fault.on != On::Segment;
    let concerns = |f: &Finding| {
        if of_columns {
            columns.iter().any(|c| f.subject.columns.contains(c))
        } else {
            is(f, fault.right) || is(f, fault.near)
        }
    };
    let dated = |f: &Finding| f.onset.as_ref().and_then(|o| o.window).is_some_and(|w| w.abs_diff(window) <= 1);
    let known = |f: &Finding| {
        control.findings.iter().any(|g| {
            let same = (g.mode, &g.kind, &g.subject.columns) == (f.mode, &f.kind, &f.subject.columns);
            same && g.severity <= f.severity && (dated(g) || !dated(f))
        })
    };
    let partly = of_columns && strength < 1.0;
    let right = |f: &Finding| is(f, fault.right) || partly && is(f, fault.near);
    let news: Vec<&Finding> = said.findings.iter().filter(|f| concerns(f) && !known(f)).collect();
    let alarmed = said.verdict == Verdict::Decaying && control.verdict != Verdict::Decaying;
    Heard {
        caught: alarmed || !news.is_empty(),
        alarmed,
        right: news.iter().any(|f| right(f)),
        named: news.iter().find(|f| right(f)).or(news.first()).map(|f| name(f)),
    }
}
