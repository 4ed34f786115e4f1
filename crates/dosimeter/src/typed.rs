//! What cannot be understood of the command line, said as every other error is: one line, a hint, nothing on stdout.

use std::error::Error as _;

use clap::error::{ContextKind, ContextValue, ErrorKind};

use crate::error::Failure;

/// Why the arguments were refused; `None` where help or the version was asked for, which is no error.
pub(crate) fn failure(e: &clap::Error) -> Option<Failure> {
    let of = |kind: ContextKind| e.get(kind).map(words).filter(|w| !w.is_empty());
    let argument = of(ContextKind::InvalidArg).unwrap_or_else(|| "the command line".to_owned());
    let help = "`dosimeter --help` and `dosimeter check --help` say what can be typed";
    let value = of(ContextKind::InvalidValue);
    Some(match e.kind() {
        ErrorKind::DisplayHelp | ErrorKind::DisplayVersion | ErrorKind::DisplayHelpOnMissingArgumentOrSubcommand => {
            return None;
        }
        ErrorKind::UnknownArgument => {
            let hint = of(ContextKind::SuggestedArg).map_or(help.to_owned(), |s| format!("the closest is {s}"));
            Failure::new(format!("unknown argument: {argument}")).hint(hint)
        }
        ErrorKind::InvalidSubcommand => {
            let name = of(ContextKind::InvalidSubcommand).unwrap_or_default();
            let hint = of(ContextKind::SuggestedSubcommand).map_or(help.to_owned(), |s| format!("the closest is {s}"));
            Failure::new(format!("unknown command: {name}")).hint(hint)
        }
        ErrorKind::InvalidValue | ErrorKind::ValueValidation => match value {
            Some(value) => {
                let valid = of(ContextKind::ValidValue).map(|v| format!("one of {v}"));
                let why = e.source().map(|why| format!("it is refused: {why}"));
                Failure::new(format!("{value:?} is no value: {argument}"))
                    .hint(valid.or(why).unwrap_or_else(|| help.to_owned()))
            }
            None => {
                Failure::new(format!("a value is missing: {argument}")).hint(of(ContextKind::ValidValue).map_or_else(
                    || "write it after the flag; one that begins with - as --flag=VALUE".to_owned(),
                    |v| format!("one of {v}"),
                ))
            }
        },
        ErrorKind::ArgumentConflict => match of(ContextKind::PriorArg) {
            Some(other) if other == argument => Failure::new(format!("given twice: {argument}")).hint("give it once"),
            Some(other) => {
                Failure::new(format!("cannot go together: {argument} and {other}")).hint("leave one of them out")
            }
            None => Failure::new(format!("cannot go with another flag: {argument}")).hint(help),
        },
        ErrorKind::MissingRequiredArgument => Failure::new(format!("something is missing: {argument}")).hint(help),
        _ => {
            let text = e.to_string();
            let line = text.lines().next().unwrap_or_default();
            Failure::new(line.trim_start_matches("error: ").to_owned()).hint(help)
        }
    })
}

fn words(value: &ContextValue) -> String {
    match value {
        ContextValue::String(s) => s.clone(),
        ContextValue::Strings(all) => all.join(", "),
        other => other.to_string(),
    }
}
