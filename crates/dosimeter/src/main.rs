//! `dosimeter`: reads a model's history and names its decay.
//!
//! `args` is what was typed, `config` what the file says, `plan` and `instant` what both mean; `check` runs it.

mod args;
mod backtest;
mod check;
mod config;
mod drill;
mod error;
mod explain;
mod fit;
mod instant;
mod notes;
mod output;
mod plan;
mod progress;
mod simulate;
mod source;
mod typed;

use std::process::ExitCode;

use clap::{CommandFactory as _, Parser as _};

use crate::args::{Arguments, Command};
use crate::error::{Failure, Outcome};

fn main() -> ExitCode {
    match run() {
        Ok(code) => ExitCode::from(code),
        // A reader that went away, as `| head`, is no error of ours.
        Err(Failure::ClosedPipe) => ExitCode::SUCCESS,
        Err(Failure::Error { what, hint }) => {
            error::say(&what, hint.as_deref());
            ExitCode::from(2)
        }
    }
}

fn run() -> Outcome {
    let arguments = match Arguments::try_parse() {
        Ok(arguments) => arguments,
        Err(e) => {
            let refused = typed::failure(&e);
            return refused.map_or_else(
                || {
                    // A reader that went away has seen enough of the help.
                    let _ = e.print();
                    Ok(u8::try_from(e.exit_code()).unwrap_or(2))
                },
                Err,
            );
        }
    };
    match arguments.command {
        Command::Check(mut a) => {
            (a.given.reference_until, a.as_of) = instant::settled(&a)?;
            check::run(&a)
        }
        Command::Backtest(a) => backtest::run(&a),
        Command::Fit(a) => fit::run(&a),
        Command::Drill(a) => drill::run(&a),
        Command::Simulate(a) => simulate::run(&a),
        Command::Explain(a) => explain::run(&a),
        Command::Completions { shell } => {
            let mut script = Vec::new();
            clap_complete::generate(shell, &mut Arguments::command(), "dosimeter", &mut script);
            output::print(&String::from_utf8_lossy(&script)).map(|()| 0)
        }
    }
}
