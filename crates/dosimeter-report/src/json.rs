//! `dosimeter.diagnosis/1`: the whole result for programs, pretty-printed.
//!
//! Its shape is a contract, written down as a JSON Schema in `docs/schema/`.

use dosimeter_core::diagnosis::Diagnosis;

use crate::{Style, escape};

pub(crate) fn render(diagnosis: &Diagnosis, _style: &Style) -> String {
    // The types hold no map with keys other than strings and no fallible serializer, so this cannot fail; were it
    // ever to, an object without a verdict is better than a half-written one.
    let mut text = serde_json::to_string_pretty(diagnosis)
        .unwrap_or_else(|error| serde_json::json!({ "error": error.to_string() }).to_string());
    text.push('\n');
    escape::json(&text)
}
