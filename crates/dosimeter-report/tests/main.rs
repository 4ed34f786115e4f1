//! What every output promises, over diagnoses good, bad, blind, wide and hostile.

mod check;
mod fixtures;

use dosimeter_report::{Format, Style};

fn style(width: usize, color: bool, verbose: u8) -> Style {
    Style { width, color, verbose }
}

#[test]
fn formats_have_names() {
    for &format in Format::ALL {
        assert_eq!(Format::parse(format.id()), Ok(format));
        assert_eq!(format.id().to_uppercase().parse(), Ok(format));
        assert!(!format.title().is_empty() && format.media_type().contains('/'));
        assert!(!format.extension().contains('.'));
    }
    let error = Format::parse("yaml\u{1b}[2J").expect_err("no such format").to_string();
    assert!(error.starts_with("unknown format: yaml\\u{1b}[2J (one of terminal, json, html"), "{error}");
}

#[test]
fn same_input_same_bytes() {
    for (name, diagnosis) in fixtures::all() {
        for &format in Format::ALL {
            let once = dosimeter_report::render(format, &diagnosis, &Style::default());
            let again = dosimeter_report::render(format, &diagnosis.clone(), &Style::default());
            assert_eq!(once, again, "{name} {}", format.id());
            assert!(once.ends_with('\n') && !once.contains("NaN"), "{name} {}", format.id());
        }
    }
}
