use crate::kit::{cells, only, open_expecting, open_text, written};
use dosimeter_scan::{Kind, coerce};

/// Reads a one-column CSV as text and turns it into a kind.
fn from_text(text: &str, kind: Kind) -> String {
    let data = open_expecting("t.csv", &format!("x\n{text}"), &[("x", Kind::Text)]);
    show(coerce(only(&data).columns.remove(0), kind), text.lines().count())
}

fn from_guess(text: &str, kind: Kind) -> String {
    let data = open_text("t.csv", format!("x\n{text}")).unwrap();
    show(coerce(only(&data).columns.remove(0), kind), text.lines().count())
}

fn show(column: dosimeter_scan::Column, rows: usize) -> String {
    let mut out = cells(&column, rows).join(" ");
    for (row, text) in &column.unparsed {
        out += &format!(" | {row}={text}");
    }
    out + &written(&column)
}

#[test]
fn text_to_others() {
    assert_eq!(from_text("1\n2.5\nfoo\n1\n", Kind::Number), "1.0 2.5 · 1.0 | 2=foo");
    assert_eq!(from_text("1\n 2\nfoo\n", Kind::Integer), "1 2 · | 2=foo | paddedx1");
    assert_eq!(from_text("1\n2.5\n", Kind::Integer), "1.0 2.5");
    assert_eq!(from_text("true\nNo\nx\n", Kind::Boolean), "true false · | 2=x | boolean wordx1");
    assert_eq!(
        from_text("13/02/2024\n01/02/2024\nx\n", Kind::Time),
        "2024-02-13T00:00:00Z 2024-02-01T00:00:00Z · | 2=x | DD/MM/YYYYx2"
    );
}

#[test]
fn others_to_text() {
    assert_eq!(from_guess("1\n2.5\n-0.0\n1e30\nnan\n", Kind::Text), "1 2.5 0 1e30 NaN");
    assert_eq!(from_guess("9007199254740993\n2\n", Kind::Text), "9007199254740993 2");
    assert_eq!(from_guess("true\nFALSE\n", Kind::Text), "true false");
    assert_eq!(from_guess("2024-02-29\n", Kind::Text), "2024-02-29T00:00:00Z | YYYY-MM-DDx1");
}

#[test]
fn between_numbers_and_to_booleans() {
    assert_eq!(from_guess("1\n2\n", Kind::Number), "1.0 2.0");
    assert_eq!(from_guess("1.0\n2e3\n", Kind::Integer), "1 2000");
    assert_eq!(from_guess("1.5\n2\n", Kind::Integer), "1.5 2.0");
    assert_eq!(from_guess("true\nfalse\n", Kind::Number), "1.0 0.0");
    assert_eq!(from_guess("1\n0\n7\n", Kind::Boolean), "true false · | 2=7");
    assert_eq!(from_guess("1\n2\n", Kind::Time), "· · | 0=1 | 1=2");
}
