//! Thirty-odd payloads as monitor, column, category, file, role, metric and message, through every output.

use dosimeter_report::{Format, Style, render};

use crate::fixtures::hostile::{PAYLOADS, with};

/// Everything between `<` and the next `>`: what a browser or a parser takes as mark-up.
pub(crate) fn tags(text: &str) -> Vec<&str> {
    text.split('<').skip(1).filter_map(|rest| rest.find('>').and_then(|end| text_before(text, rest, end))).collect()
}

/// The tag including its `<`, as a slice of the whole text.
fn text_before<'t>(text: &'t str, rest: &'t str, end: usize) -> Option<&'t str> {
    let start = rest.as_ptr() as usize - text.as_ptr() as usize - 1;
    text.get(start..start + end + 2)
}

fn written(format: Format, payload: &str) -> String {
    render(format, &with(payload), &Style { width: 100, color: false, verbose: 3 })
}

#[test]
fn nothing_hides_in_any_output() {
    for payload in PAYLOADS {
        for &format in Format::ALL {
            let text = written(format, payload);
            let hidden = text.chars().find(|c| {
                (c.is_control() && *c != '\n') || matches!(*c, '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2060}'..='\u{2069}' | '\u{feff}' | '\u{e0000}'..='\u{e007f}')
            });
            assert_eq!(hidden, None, "{payload:?} in {}", format.id());
        }
    }
}

#[test]
fn json_gives_names_back() {
    for payload in PAYLOADS {
        let value: serde_json::Value = serde_json::from_str(&written(Format::Json, payload)).expect("valid JSON");
        assert_eq!(value["monitor"], payload);
        assert_eq!(value["columns"][1]["picture"]["cells"][0], payload);
        assert_eq!(value["inputs"]["current"]["files"][0], payload);
    }
}

/// The mark-up of a harmless name is that of a hostile one: no tag more, no attribute else.
#[test]
fn markup_does_not_depend_on_names() {
    let shape = |text: &str| -> Vec<String> {
        tags(text)
            .into_iter()
            .map(|tag| {
                // Texts inside attributes may differ, their names may not.
                tag.split('"').step_by(2).collect::<Vec<_>>().join("\"")
            })
            .collect()
    };
    for format in [Format::Html, Format::Junit] {
        let plain = shape(&written(format, "plain"));
        for payload in PAYLOADS {
            assert_eq!(shape(&written(format, payload)), plain, "{payload:?} in {}", format.id());
        }
    }
}

#[test]
fn html_puts_names_in_no_style_url_or_id() {
    for payload in PAYLOADS {
        let page = written(Format::Html, payload);
        for tag in tags(&page) {
            for attribute in ["style=", "href=", "id=", "class="] {
                let value = tag.split(attribute).nth(1).and_then(|rest| rest.split('"').nth(1)).unwrap_or("");
                let known = value.chars().all(|c| c.is_ascii_alphanumeric() || "-:#_ .".contains(c));
                assert!(known, "{payload:?}: {tag}");
            }
        }
    }
}

#[test]
fn xml_is_well_formed() {
    for payload in PAYLOADS {
        let text = written(Format::Junit, payload);
        let mut open: Vec<&str> = Vec::new();
        for tag in tags(&text).into_iter().filter(|tag| !tag.starts_with("<?") && !tag.ends_with("/>")) {
            let name = tag.trim_matches(['<', '>', '/']).split(' ').next().unwrap_or("");
            if tag.starts_with("</") {
                assert_eq!(open.pop(), Some(name), "{payload:?}");
            } else {
                open.push(name);
            }
        }
        assert!(open.is_empty(), "{payload:?}");
        for entity in text.split('&').skip(1) {
            let name = entity.split(';').next().unwrap_or("");
            assert!(["amp", "lt", "gt", "quot", "apos"].contains(&name), "{payload:?}: &{name}");
        }
    }
}

#[test]
fn github_lines_are_all_ours() {
    let plain = written(Format::Github, "plain");
    for payload in PAYLOADS {
        let text = written(Format::Github, payload);
        assert_eq!(text.lines().count(), plain.lines().count(), "{payload:?}");
        for (line, expected) in text.lines().zip(plain.lines()) {
            let level = |line: &str| line.split(' ').next().unwrap_or("").to_owned();
            assert_eq!(level(line), level(expected), "{payload:?}");
            let properties = line.split("::").nth(1).unwrap_or("");
            assert_eq!(properties.matches(['=', ',']).count(), 1 + payload_equals(properties), "{payload:?}: {line}");
            let percent =
                line.split('%').skip(1).all(|rest| ["25", "0A", "3A", "2C"].iter().any(|code| rest.starts_with(code)));
            assert!(percent, "{payload:?}: {line}");
        }
    }
}

/// An equals sign inside a property's value is allowed; a comma would begin a new property.
fn payload_equals(properties: &str) -> usize {
    properties.matches('=').count().saturating_sub(1)
}

#[test]
fn prometheus_stays_one_sample_a_line() {
    for payload in PAYLOADS {
        let text = written(Format::Prometheus, payload);
        for line in text.lines() {
            assert!(line.starts_with("# ") || line.starts_with("dosimeter_"), "{payload:?}: {line}");
        }
        let verdicts = text.lines().filter(|l| l.starts_with("dosimeter_verdict")).count();
        assert_eq!(verdicts, 3, "{payload:?}");
    }
}

#[test]
fn markdown_has_only_our_markup() {
    let plain = written(Format::Markdown, "plain");
    for payload in PAYLOADS {
        let text = written(Format::Markdown, payload);
        assert_eq!(text.lines().count(), plain.lines().count(), "{payload:?}");
        let bare = without_code(&text);
        let tags: Vec<&str> = tags(&bare);
        assert!(
            tags.iter()
                .all(|tag| ["<br>", "<sub>", "</sub>", "<details>", "</details>", "<summary>", "</summary>"]
                    .contains(tag)),
            "{payload:?}: {tags:?}"
        );
        for part in ["](", "://", "@o", "@e", "www.", "```"] {
            assert!(!bare.replace("\\]", "").contains(part), "{payload:?}: {part} in\n{bare}");
        }
        for (line, expected) in bare.lines().zip(without_code(&plain).lines()) {
            let cells = |line: &str| line.replace("\\|", "").matches('|').count();
            assert_eq!(cells(line), cells(expected), "{payload:?}: {line}");
        }
    }
}

/// The text without its code spans, as CommonMark finds them: runs of as many backticks, none of them escaped.
fn without_code(text: &str) -> String {
    let mut out = String::new();
    for line in text.lines() {
        let chars: Vec<char> = line.chars().collect();
        let run = |at: usize| chars.iter().skip(at).take_while(|c| **c == '`').count();
        let mut i = 0;
        while i < chars.len() {
            if chars[i] == '\\' {
                out.extend(chars.iter().skip(i).take(2));
                i += 2;
                continue;
            }
            let n = run(i);
            let mut end = i + n;
            while n > 0 && end < chars.len() && run(end) != n {
                end += run(end).max(1);
            }
            if n > 0 && end < chars.len() {
                i = end + n;
                continue;
            }
            out.extend(chars.iter().skip(i).take(n.max(1)));
            i += n.max(1);
        }
        out.push('\n');
    }
    out
}
