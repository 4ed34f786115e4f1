//! `dosimeter`: reads a model's history and names its decay.
//!
//! `args` is what was typed, `config` what the file says, `plan` what both mean; `check` runs it.

mod args;
mod check;
mod config;
mod error;
mod explain;
mod fit;
mod notes;
mod output;
mod plan;
mod progress;
mod simulate;
mod source;

use std::process::ExitCode;

use clap::{CommandFactory as _, Parser as _};

use crate::args::{Arguments, Command};
use crate::error::Failure;

fn main() -> ExitCode {
    let arguments = Arguments::parse();
    let result = match arguments.command {
        Command::Check(a) => check::run(&a),
        Command::Fit(a) => fit::run(&a),
        Command::Simulate(a) => simulate::run(&a),
        Command::Explain(a) => explain::run(&a),
        Command::Completions { shell } => {
            let mut script = Vec::new();
            clap_complete::generate(shell, &mut Arguments::command(), "dosimeter", &mut script);
            output::print(&String::from_utf8_lossy(&script)).map(|()| 0)
        }
    };
    match result {
        Ok(code) => ExitCode::from(code),
        // A reader that went away, as `| head`, is no error of ours.
        Err(Failure::ClosedPipe) => ExitCode::SUCCESS,
        Err(Failure::Error { what, hint }) => {
            error::say(&what, hint.as_deref());
            ExitCode::from(2)
        }
    }
}
