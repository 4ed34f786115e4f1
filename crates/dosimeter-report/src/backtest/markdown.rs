//! A replay as GitHub-flavoured Markdown, for the pull request that turns a policy on.

use dosimeter_core::replay::Backtest;

use super::strip::strip;
use super::words;
use crate::escape::{clip, markdown, markdown_code};
use crate::number;

/// Alarms listed before the rest is only counted.
const ROWS: usize = 60;

fn text(raw: &str, columns: usize) -> String {
    markdown(&clip(raw, columns))
}

pub(super) fn render(b: &Backtest) -> String {
    let zone = words::zone(b);
    let mut out = format!("## Replay of {}\n\n", markdown_code(&clip(&b.monitor, 80)));
    let (signs, each) = strip(&b.replay.looks, 100);
    let signs: String = signs.iter().map(|s| s.shown()).collect();
    out.push_str(&format!("`{signs}`\n\n"));
    out.push_str("· healthy, ? blind, ▵ notice, ▲ alarm, █ decaying");
    if each > 1 {
        out.push_str(&format!("; each sign {each} looks, the worst shown"));
    }
    out.push_str("\n\n| | |\n|---|---|\n");
    let mut row = |question: &str, answer: &str| {
        out.push_str(&format!("| {question} | {} |\n", text(answer, 400)));
    };
    if let Some(span) = words::spanned(b) {
        row("When", &span);
    }
    row("Looks", &words::looks(b));
    row("Alarms", &words::alarms(&b.replay));
    row("Tolerated", &format!("false alarms: {}", words::budget(b)));
    if let Some(first) = &b.replay.first {
        row("First", &format!("{}: {}", words::first(first, &zone), first.message));
    }
    row("Blind", &words::blind(&b.replay));
    words::delay(b).iter().flatten().for_each(|line| row("Delay", line));
    if let Some(h) = &b.health {
        row("Healthy", &words::health(h));
    }
    out.push('\n');
    if !b.alternatives.is_empty() {
        out.push_str(
            "| tolerance | false alarms | alarms | notices | blind | first alarm |\n|---|---|--:|--:|--:|---|\n",
        );
        for a in &b.alternatives {
            let tolerance = a.tolerance.map_or(number::UNKNOWN.to_owned(), |t| number::plain(t.0));
            let first = match (a.first, a.first_look) {
                (Some(at), _) => crate::date::day(at, &zone),
                (None, Some(look)) => format!("look {}", look + 1),
                (None, None) => "none".to_owned(),
            };
            let own = if a.own { " (the policy)" } else { "" };
            out.push_str(&format!(
                "| {tolerance}{own} | {} | {} | {} | {} | {first} |\n",
                words::policy_rate(a.false_alarms_per_90_days.0),
                a.alarms,
                a.notices,
                number::percent(a.blind.0)
            ));
        }
        out.push('\n');
    }
    let last = b.replay.looks.len();
    for a in b.replay.alarms.iter().take(ROWS) {
        let Some(lead) = a.findings.first() else { continue };
        let more = words::more(a).map_or(String::new(), |m| format!("; {m}"));
        out.push_str(&format!(
            "- **{}** {} ({}{more})\n",
            words::when(a.at, a.rows, &zone),
            text(&lead.message, 300),
            words::fate(lead, last, &zone)
        ));
    }
    if b.replay.alarms.len() > ROWS {
        out.push_str(&format!("- {}\n", number::counted(b.replay.alarms.len() - ROWS, "more alarm")));
    }
    b.warnings.iter().take(ROWS).for_each(|w| out.push_str(&format!("- ⚠ {}\n", text(w, 400))));
    out.push_str(&format!("\n<sub>dosimeter {}</sub>\n", markdown(b.version)));
    out
}
