//! The drill as a table for a terminal of 80 columns and more.

use super::{Drill, Tried, control, split};
use crate::terminal::text::{Line, Page, Tone};
use crate::{Style, escape};

/// Widths: of a fault's name or place, of a strength, of how soon, of the names.
const NAME: usize = 28;
const STRENGTH: usize = 25;
const SOON: usize = 12;
const NAMED: usize = 8;
/// Words put into a line; the page breaks it.
const WORDS: usize = 2_000;

pub(super) fn render(drill: &Drill, style: &Style) -> String {
    let mut page = Page::new(style);
    let title = format!("Fire drill of {}", escape::clip(&drill.monitor, 60));
    page.line(&Line::of(Tone::Plain, &title), 2);
    page.blank();
    let tone = if drill.is_quiet() { Tone::Plain } else { Tone::Harmful };
    said(&mut page, "Control", &control(drill), tone);
    own_drift(&mut page, drill);
    said(&mut page, "Data", &split(drill), Tone::Plain);
    said(&mut page, "Power", &drill.data.power, Tone::Plain);
    for a in &drill.assumptions {
        said(&mut page, "Note", a, Tone::Dim);
    }
    page.blank();
    let header =
        format!("  {:<NAME$}{:<STRENGTH$}{:<SOON$}{:<NAMED$}{}", "fault", "caught from", "seen after", "named", "says");
    page.line(&Line::of(Tone::Dim, &header), 2);
    let mut last = "";
    for tried in &drill.faults {
        if tried.title != last && !tried.columns.is_empty() {
            page.line(&Line::of(Tone::Plain, &format!("  {}", escape::visible(&tried.title))), 4);
        }
        last = &tried.title;
        row(&mut page, tried);
    }
    unseen(&mut page, drill);
    for n in &drill.not_tried {
        said(&mut page, "Not tried", &format!("{}: {}", n.title, n.why), Tone::Dim);
    }
    for w in &drill.warnings {
        said(&mut page, "Warning", w, Tone::Dim);
    }
    page.finish()
}

fn said(page: &mut Page, head: &str, text: &str, tone: Tone) {
    let mut line = Line::of(Tone::Dim, &format!("  {head:<11}"));
    line.push(tone, &escape::clip(text, WORDS));
    page.line(&line, 13);
}

fn own_drift(page: &mut Page, drill: &Drill) {
    let said_of = &drill.control.own_drift;
    if said_of.is_empty() {
        return;
    }
    for (i, s) in said_of.iter().take(3).enumerate() {
        let head = if i == 0 { "your reference drifts by itself: " } else { "" };
        let text = format!("{head}{} ({})", s.message, s.severity);
        said(page, if i == 0 { "Drift" } else { "" }, &text, Tone::Watch);
    }
    if said_of.len() > 3 {
        said(page, "", &format!("and {} more findings (--format json)", said_of.len() - 3), Tone::Dim);
    }
}

fn row(page: &mut Page, tried: &Tried) {
    let mut line = Line::new();
    if tried.columns.is_empty() {
        line.push(Tone::Plain, &format!("  {}", escape::clip(&tried.title, NAME - 1)));
    } else {
        line.push(Tone::Plain, &format!("    {}", escape::clip(&tried.place(), NAME - 3)));
    }
    line.pad_to(NAME + 2);
    match tried.caught() {
        Some(s) => {
            line.push(Tone::Plain, &escape::clip(&s.words, STRENGTH - 1));
            line.pad_to(NAME + STRENGTH + 2);
            let soon = s.soon.map_or("-".to_owned(), |s| s.words());
            line.push(Tone::Plain, &escape::clip(&soon, SOON - 1));
            line.pad_to(NAME + STRENGTH + SOON + 2);
            let tone = if s.named_right == s.caught { Tone::Plain } else { Tone::Watch };
            line.push(tone, &format!("{}/{}", s.named_right, s.caught));
            line.pad_to(NAME + STRENGTH + SOON + NAMED + 2);
            line.push(Tone::Plain, if s.alarmed * 2 > s.runs { "alarm" } else { "told" });
        }
        None => line.push(Tone::Watch, "passes unseen"),
    }
    page.line(&line, 4);
}

fn unseen(page: &mut Page, drill: &Drill) {
    page.blank();
    page.line(&Line::of(Tone::Plain, "  Would pass unseen"), 2);
    let mut any = false;
    for tried in &drill.faults {
        let missed = tried.unseen();
        if missed.is_empty() {
            continue;
        }
        any = true;
        let place = if tried.columns.is_empty() { String::new() } else { format!(" ({})", tried.place()) };
        let text = format!("    {}{place}: {}", tried.title, missed.join(", "));
        page.line(&Line::of(Tone::Plain, &escape::clip(&text, WORDS)), 6);
    }
    if !any {
        page.line(&Line::of(Tone::Plain, "    nothing of what was tried"), 6);
    }
    page.blank();
}
