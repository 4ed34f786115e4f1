//! Hostile text made safe, once per place it can end up in.
//!
//! A column may be called `</title><script>`, a category may hold the bytes that clear a terminal or a character that
//! reverses the line. So all text from data first becomes *visible* ([`visible`]): whatever does not show, or moves
//! other characters about, is written out as `\u{..}`. Then the output's own escape follows. HTML and SVG are built
//! with `maud`, which escapes every splice; no text from data is ever put into a style, a URL or an id.

use std::fmt::Write as _;

/// Whether a character hides, or moves others: controls, line separators, bidirectional marks, zero widths, fillers,
/// tags, variation selectors and non-characters.
fn hides(c: char) -> bool {
    c.is_control()
        || matches!(c,
            '\u{ad}' | '\u{34f}' | '\u{61c}' | '\u{115f}' | '\u{1160}' | '\u{17b4}' | '\u{17b5}'
            | '\u{180b}'..='\u{180f}' | '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}'
            | '\u{2060}'..='\u{206f}' | '\u{2800}' | '\u{3164}' | '\u{fe00}'..='\u{fe0f}' | '\u{feff}'
            | '\u{ffa0}' | '\u{fff0}'..='\u{fffb}' | '\u{fffe}' | '\u{ffff}' | '\u{1d173}'..='\u{1d17a}'
            | '\u{e0000}'..='\u{e0fff}')
}

/// Writes out every character that hides or moves others: `\n`, `\t`, `\r`, else `\u{202e}`.
#[must_use]
pub fn visible(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '\n' => out.push_str("\\n"),
            '\t' => out.push_str("\\t"),
            '\r' => out.push_str("\\r"),
            c if hides(c) => {
                let _ = write!(out, "\\u{{{:x}}}", u32::from(c));
            }
            c => out.push(c),
        }
    }
    out
}

/// Columns that a character takes on a terminal: 0 for combining marks, 2 for East Asian wide and emoji, else 1.
#[must_use]
pub fn char_width(c: char) -> usize {
    match u32::from(c) {
        0x0300..=0x036f
        | 0x0483..=0x0489
        | 0x0591..=0x05bd
        | 0x064b..=0x065f
        | 0x0900..=0x0902
        | 0x0e31
        | 0x0e34..=0x0e3a
        | 0x0e47..=0x0e4e
        | 0x1ab0..=0x1aff
        | 0x1dc0..=0x1dff
        | 0x20d0..=0x20f0
        | 0xfe20..=0xfe2f => 0,
        0x1100..=0x115f
        | 0x2e80..=0x303e
        | 0x3041..=0xa4cf
        | 0xac00..=0xd7a3
        | 0xf900..=0xfaff
        | 0xfe30..=0xfe6f
        | 0xff00..=0xff60
        | 0xffe0..=0xffe6
        | 0x1f300..=0x1f64f
        | 0x1f680..=0x1f6ff
        | 0x1f900..=0x1faff
        | 0x20000..=0x3fffd => 2,
        _ => 1,
    }
}

/// Columns that a text takes on a terminal.
#[must_use]
pub fn width(text: &str) -> usize {
    text.chars().map(char_width).sum()
}

/// Visible, and at most `columns` wide; what is cut ends in `…`.
#[must_use]
pub fn clip(text: &str, columns: usize) -> String {
    // A text of a million characters is not scanned for the first fifty: 40 bounds what one column can cost in
    // combining marks.
    let head: String = text.chars().take(columns.saturating_mul(40)).collect();
    let shown = visible(&head);
    if width(&shown) <= columns && head.len() == text.len() {
        return shown;
    }
    let mut out = String::new();
    let mut used = 0;
    for c in shown.chars() {
        let w = char_width(c);
        if used + w + 1 > columns {
            break;
        }
        used += w;
        out.push(c);
    }
    out.push('…');
    out
}

/// Text or an attribute of XML 1.0. What XML forbids, even as a reference, was made visible before.
#[must_use]
pub fn xml(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in visible(text).chars() {
        match c {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            '\'' => out.push_str("&apos;"),
            c => out.push(c),
        }
    }
    out
}

/// The message of a GitHub workflow command.
#[must_use]
pub fn github_message(text: &str) -> String {
    visible(text).replace('%', "%25")
}

/// A property of a GitHub workflow command.
#[must_use]
pub fn github_property(text: &str) -> String {
    github_message(text).replace(':', "%3A").replace(',', "%2C")
}

/// The value of a Prometheus label, without the quotes.
#[must_use]
pub fn prometheus_label(text: &str) -> String {
    // A newline arrives here as the two characters of `visible`, and its backslash is doubled like any other.
    visible(text).replace('\\', "\\\\").replace('"', "\\\"")
}

/// JSON text in which strings hold no character that hides: those are written `\u202e`, which means the same to a
/// program and nothing to the terminal that a person looks at it with.
#[must_use]
pub fn json(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        // Outside of strings the only such character is the line break of the layout.
        if c == '\n' || !hides(c) {
            out.push(c);
            continue;
        }
        for unit in c.encode_utf16(&mut [0; 2]) {
            let _ = write!(out, "\\u{unit:04x}");
        }
    }
    out
}

/// Text inside GitHub-flavoured Markdown, fit for a table cell: no mark-up, HTML, link, mention or issue reference.
#[must_use]
pub fn markdown(text: &str) -> String {
    const BREAK: &str = "&#8203;";
    let shown: Vec<char> = visible(text).chars().collect();
    let mut out = String::with_capacity(text.len());
    for (i, &c) in shown.iter().enumerate() {
        let before = i.checked_sub(1).and_then(|at| shown.get(at)).copied();
        let after = shown.get(i + 1).copied();
        let inside_word = |c: Option<char>| c.is_some_and(char::is_alphanumeric);
        match c {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '_' if inside_word(before) && inside_word(after) => out.push('_'),
            '\\' | '`' | '*' | '_' | '[' | ']' | '|' | '~' | '$' | '!' => {
                out.push('\\');
                out.push(c);
            }
            // Mentions, references and bare links are found in the rendered text, where an escape no longer shows:
            // only a character in between breaks them.
            '@' | '#' => {
                out.push(c);
                out.push_str(BREAK);
            }
            ':' if after == Some('/') => {
                out.push(c);
                out.push_str(BREAK);
            }
            '.' if before.is_some_and(|c| c.eq_ignore_ascii_case(&'w')) => {
                out.push_str(BREAK);
                out.push(c);
            }
            c => out.push(c),
        }
    }
    out
}

/// A code span of GitHub-flavoured Markdown, fit for a table cell.
#[must_use]
pub fn markdown_code(text: &str) -> String {
    let shown = visible(text);
    if shown.is_empty() {
        return String::new();
    }
    let mut longest = 0;
    let mut run = 0;
    for c in shown.chars() {
        run = if c == '`' { run + 1 } else { 0 };
        longest = longest.max(run);
    }
    let fence = "`".repeat(longest + 1);
    let pad = if longest > 0 || shown.starts_with(' ') || shown.ends_with(' ') { " " } else { "" };
    // Inside a table even a code span is cut at a pipe; outside of one, names have none often enough. A backslash
    // before the pipe would pair with ours, so such a pipe is replaced by its look-alike.
    let shown = shown.replace("\\|", "\\¦").replace('|', "\\|");
    format!("{fence}{pad}{shown}{pad}{fence}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_hides_is_written_out() {
        let check = |text: &str, expected: &str| assert_eq!(visible(text), expected);
        check("lead_time", "lead_time");
        check("Größe 身長 🙂", "Größe 身長 🙂");
        check("a\nb\tc\r", "a\\nb\\tc\\r");
        check("\u{1b}[2J", "\\u{1b}[2J");
        check("\u{9b}31m", "\\u{9b}31m");
        check("abc\u{202e}cba", "abc\\u{202e}cba");
        check("a\u{200b}b\u{feff}", "a\\u{200b}b\\u{feff}");
        check("\u{2028}\u{e0041}", "\\u{2028}\\u{e0041}");
        check("\u{0}", "\\u{0}");
    }

    #[test]
    fn clips_by_columns() {
        let check = |text: &str, columns, expected: &str| {
            assert_eq!(clip(text, columns), expected);
            assert!(width(&clip(text, columns)) <= columns.max(1));
        };
        check("lead_time", 9, "lead_time");
        check("lead_time", 8, "lead_ti…");
        check("身長身長", 8, "身長身長");
        check("身長身長", 6, "身長…");
        check("", 3, "");
        check("abc", 0, "…");
        check(&"x".repeat(1_000_000), 4, "xxx…");
    }

    #[test]
    fn each_output_has_its_own() {
        assert_eq!(xml("<a b=\"c\">&'\u{1}"), "&lt;a b=&quot;c&quot;&gt;&amp;&apos;\\u{1}");
        assert_eq!(json("{\n\u{202e}\u{e0041}}"), "{\n\\u202e\\udb40\\udc41}");
        assert_eq!(github_message("100 %\n::error::x"), "100 %25\\n::error::x");
        assert_eq!(github_property("a:b,c%"), "a%3Ab%2Cc%25");
        assert_eq!(prometheus_label("a\"b\\c\n"), "a\\\"b\\\\c\\\\n");
        assert_eq!(markdown("lead_time _x_ | <b>"), "lead_time \\_x\\_ \\| &lt;b&gt;");
        assert_eq!(markdown("@me #1 http://x www.x"), "@&#8203;me #&#8203;1 http:&#8203;//x www&#8203;.x");
        assert_eq!(markdown("[x](y)"), "\\[x\\](y)");
        assert_eq!(markdown_code("a`b"), "`` a`b ``");
        assert_eq!(markdown_code("a|b"), "`a\\|b`");
    }
}
