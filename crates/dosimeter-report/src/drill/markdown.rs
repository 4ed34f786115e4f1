//! The drill as a table for a wiki or a comment.

use super::{Drill, control, split};
use crate::escape::markdown;

pub(super) fn render(drill: &Drill) -> String {
    let mut out = format!("### Fire drill of {}\n\n{}.\n\n", markdown(&drill.monitor), markdown(&control(drill)));
    for s in &drill.control.own_drift {
        out.push_str(&format!("- your reference drifts by itself: {} ({})\n", markdown(&s.message), s.severity));
    }
    out.push_str(&format!("\n{}. {}\n\n", markdown(&split(drill)), markdown(&drill.data.power)));
    out.push_str("| fault | where | caught from | seen after | named right | says | passes unseen |\n|---|---|---|---|---|---|---|\n");
    for tried in &drill.faults {
        let cells = match tried.caught() {
            Some(s) => [
                markdown(&s.words),
                s.soon.map_or("–".to_owned(), |s| s.words()),
                format!("{} of {}", s.named_right, s.caught),
                if s.alarmed * 2 > s.runs { "alarm" } else { "told" }.to_owned(),
            ],
            None => ["never", "–", "–", "–"].map(str::to_owned),
        };
        let unseen = tried.unseen().join(", ");
        let (title, place) = (markdown(&tried.title), markdown(&tried.place()));
        out.push_str(&format!("| {title} | {place} | {} | {} |\n", cells.join(" | "), markdown(&unseen)));
    }
    out.push('\n');
    for n in &drill.not_tried {
        out.push_str(&format!("- not tried: {}: {}\n", markdown(&n.title), markdown(&n.why)));
    }
    for note in drill.assumptions.iter().chain(&drill.warnings) {
        out.push_str(&format!("- {}\n", markdown(note)));
    }
    out
}
