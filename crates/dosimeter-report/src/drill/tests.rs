//! Every output says the same, escapes names, and never calls a fault caught that was not.

use super::*;

fn strength(words: &str, caught: usize) -> Strength {
    Strength {
        strength: Number(0.1),
        words: words.to_owned(),
        runs: 5,
        caught,
        alarmed: 0,
        named_right: caught,
        named: None,
        soon: (caught > 0).then_some(Soon { rows: 400, windows: 1, seconds: Some(Number(3.0 * 86_400.0)) }),
    }
}

fn drill() -> Drill {
    let tried = |column: &str, strengths: Vec<Strength>, smallest| Tried {
        fault: "nulls".into(),
        title: "null burst".into(),
        columns: vec![column.to_owned()],
        segment: None,
        strengths,
        smallest,
    };
    Drill {
        format: FORMAT,
        version: "0",
        monitor: "m".into(),
        data: Data { rows: 1000, used: 500, split: "time".into(), ..Data::default() },
        control: Control { runs: 20, ..Control::default() },
        repeats: 5,
        caught_from: Number(0.8),
        faults: vec![
            tried("a\u{1b}[31m|b", vec![strength("1 % of rows", 0), strength("5 % of rows", 5)], Some(1)),
            tried("c", vec![strength("all rows", 2)], None),
        ],
        not_tried: Vec::new(),
        assumptions: Vec::new(),
        warnings: Vec::new(),
        seed: 0,
    }
}

#[test]
fn the_table_says_from_when_on_and_what_passes() {
    let text = render(Format::Terminal, &drill(), &Style::default()).unwrap();
    assert!(text.contains("healthy: 0 of 20 runs alarmed"), "{text}");
    assert!(text.lines().any(|l| l.contains("5 % of rows") && l.contains("3 days") && l.contains("5/5")), "{text}");
    assert!(text.contains("null burst (c): all rows") && text.contains("): 1 % of rows"), "{text}");
    assert!(text.lines().all(|l| crate::escape::width(l) <= 80), "{text}");
    assert!(!text.contains('\u{1b}'));
}

#[test]
fn names_do_not_break_other_outputs() {
    let text = render(Format::Markdown, &drill(), &Style::default()).unwrap();
    assert!(
        text.lines().filter(|l| l.starts_with("| null")).all(|l| l.replace("\\|", "").matches('|').count() == 8),
        "{text}"
    );
    let json = render(Format::Json, &drill(), &Style::default()).unwrap();
    let value: serde_json::Value = serde_json::from_str(&json).unwrap();
    assert_eq!(value["format"], FORMAT);
    assert!(render(Format::Html, &drill(), &Style::default()).is_none());
}
