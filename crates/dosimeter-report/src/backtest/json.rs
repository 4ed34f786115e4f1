//! `dosimeter.backtest/1`: the whole replay for programs, pretty-printed.

use dosimeter_core::replay::Backtest;

use crate::escape;

pub(super) fn render(backtest: &Backtest) -> String {
    // As for a diagnosis, there is nothing in the types that could fail.
    let mut text = serde_json::to_string_pretty(backtest)
        .unwrap_or_else(|error| serde_json::json!({ "error": error.to_string() }).to_string());
    text.push('\n');
    escape::json(&text)
}
