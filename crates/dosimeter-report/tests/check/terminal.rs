//! The terminal: seven answers in one screen, any width, no control code but our own colours.

use dosimeter_report::escape::width;
use dosimeter_report::{Format, render};

use crate::fixtures::{self, hotel};
use crate::style;

#[test]
fn first_screen_answers_in_order() {
    let text = render(Format::Terminal, &hotel::decaying(), &style(120, false, 0));
    let wanted = [
        "✗ DECAYING  hotel-cancellations",
        "What",
        "accuracy 0.839 → 0.686",
        "Since",
        "26 Sep 2016",
        "How bad",
        "−0.153, 7.6 times the tolerated loss of 0.020",
        "How sure",
        "−0.161 to −0.145",
        "Where",
        "✗ −0.098",
        "✗ −0.041",
        "! −0.006",
        "12 columns moved without harm",
        "Do",
        "Multiply lead_time",
        "Missed",
        "0.012",
        "-v",
    ];
    let mut rest = text.as_str();
    for part in wanted {
        let at = rest.find(part);
        assert!(at.is_some(), "{part} is missing or too early in\n{text}");
        rest = rest.get(at.unwrap_or(0)..).unwrap_or("");
    }
    assert!(text.lines().count() <= 15, "{text}");
}

#[test]
fn blind_and_healthy_say_so() {
    let text = render(Format::Terminal, &fixtures::blind(), &style(80, false, 0));
    assert!(text.starts_with("? BLIND") && text.contains("yes: a loss below 0.210 would often go unseen"), "{text}");
    let text = render(Format::Terminal, &fixtures::healthy(), &style(80, true, 0));
    assert!(text.starts_with("\u{1b}[1;32m✓ HEALTHY"), "{text}");
    assert!(!text.contains("\u{1b}[1;31m"), "{text}");
}

#[test]
fn never_wider_than_asked() {
    for (name, diagnosis) in fixtures::all() {
        for columns in [0, 40, 41, 57, 80, 120, 200, 1000] {
            for verbose in 0..4 {
                let text = render(Format::Terminal, &diagnosis, &style(columns, false, verbose));
                let most = columns.clamp(40, 200);
                let wide = text.lines().find(|line| width(line) > most);
                assert_eq!(wide, None, "{name} at {columns} with {verbose}");
                assert!(!text.contains('\u{1b}'), "{name} is coloured");
            }
        }
    }
}

#[test]
fn colours_change_nothing_else() {
    let plain = render(Format::Terminal, &hotel::decaying(), &style(80, false, 2));
    let mut coloured = render(Format::Terminal, &hotel::decaying(), &style(80, true, 2));
    for code in ["0", "1", "2", "33", "1;31", "1;32", "1;35"] {
        coloured = coloured.replace(&format!("\u{1b}[{code}m"), "");
    }
    assert_eq!(plain, coloured);
}
