//! A replay, written for its reader: for a person at a terminal, for a program, for a pull request.
//!
//! The same two rules hold as for a diagnosis: text from data passes through [`crate::escape`], and nothing is said that
//! is not known.

mod json;
mod markdown;
mod strip;
mod terminal;
mod words;

use dosimeter_core::replay::Backtest;

use crate::{Format, Style};

/// Writes a replay as JSON or Markdown, and as text for a terminal in every other format. The text ends with a newline.
#[must_use]
pub fn render(format: Format, backtest: &Backtest, style: &Style) -> String {
    match format {
        Format::Json => json::render(backtest),
        Format::Markdown => markdown::render(backtest),
        _ => terminal::render(backtest, style),
    }
}
