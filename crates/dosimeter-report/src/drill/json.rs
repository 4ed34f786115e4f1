//! `dosimeter.drill/1`, pretty-printed.

use super::Drill;
use crate::escape;

pub(super) fn render(drill: &Drill) -> String {
    let mut text = serde_json::to_string_pretty(drill)
        .unwrap_or_else(|error| serde_json::json!({ "error": error.to_string() }).to_string());
    text.push('\n');
    escape::json(&text)
}
