//! Names that attack whoever prints them, through the whole program: from a file to every output.

use crate::kit::{Folder, run, world};

const PAYLOADS: [&str; 14] = [
    "<script>alert(1)</script>",
    "\"><img src=x onerror=alert(1)>",
    "]]><failure/>",
    "line\nbreak\r\n::error::owned",
    "::set-output name=x::y",
    "\u{1b}[2J\u{1b}[31mred",
    "\u{1b}]0;owned\u{7}",
    "\u{9b}31m",
    "abc\u{202e}txt.exe",
    "quote\" back\\slash \n} 1\ndosimeter_verdict 0",
    "=cmd|'/c calc'!A1",
    "[click](javascript:alert(1))|`x`",
    "{{7*7}}${x}%n%s",
    "..\\..\\x; DROP TABLE users;--",
];

/// What may not stand in an output as it is.
fn harmless(text: &str, what: &str) {
    let hidden = text
        .chars()
        .find(|c| (c.is_control() && *c != '\n') || matches!(*c, '\u{202a}'..='\u{202e}' | '\u{200b}'..='\u{200f}'));
    assert_eq!(hidden, None, "{what}: {:?}", text.chars().take(300).collect::<String>());
}

#[test]
fn columns_categories_monitors_and_files() {
    for payload in PAYLOADS {
        let folder = Folder::new();
        // Both a column of that name that moves, and a category that comes up.
        let mut reference = world(600, 1);
        let mut current = world(600, 2);
        reference.set(payload, (0..600).map(|i| i % 10));
        current.set(payload, (0..600).map(|i| 20 + i % 10));
        current.edit("channel", |i, v| if i % 2 == 0 { payload.to_owned() } else { v.to_owned() });
        current.edit("label", |_, v| (1 - v.parse::<u8>().unwrap()).to_string());
        let r = folder.file("reference.csv", reference.csv());
        let c = folder.file(&format!("{}.csv", payload.replace('/', "_")), current.csv());
        let page = folder.join("page.html");
        for format in ["terminal", "json", "html", "junit", "github", "prometheus", "markdown"] {
            let args = [
                "check",
                "--reference",
                &r,
                "--current",
                &c,
                "-f",
                format,
                "-vv",
                "--color",
                "never",
                "--monitor",
                payload,
                "-o",
                &page,
            ];
            let output = run(&args);
            assert_eq!((output.code, output.stderr.as_str()), (1, ""), "{payload:?} {format}");
            harmless(&output.stdout, format);
            match format {
                "json" => {
                    let result: serde_json::Value = serde_json::from_str(&output.stdout).unwrap();
                    assert_eq!(result["monitor"], payload);
                    assert!(result["columns"].as_array().unwrap().iter().any(|c| c["name"] == payload), "{payload:?}");
                }
                "html" | "junit" | "markdown" => {
                    for tag in ["<script>alert", "<img src=x", "<failure/>"] {
                        // In Markdown a code span shows a tag as it is.
                        let bare = output
                            .stdout
                            .lines()
                            .find(|l| l.find(tag).is_some_and(|at| format != "markdown" || !l[..at].contains('`')));
                        assert_eq!(bare, None, "{payload:?} {format}");
                    }
                }
                "github" => assert!(
                    !output.stdout.contains("\n::error::owned") && !output.stdout.contains("\n::set-output"),
                    "{}",
                    output.stdout
                ),
                "prometheus" => assert!(
                    !output.stdout.lines().any(|l| l == "dosimeter_verdict 0" || l.starts_with("} 1")),
                    "{}",
                    output.stdout
                ),
                _ => {}
            }
        }
        // What goes wrong is printed as well.
        let output = run(&["check", &folder.join(payload), "--reference-until", "0.5"]);
        output.is_error(&[]);
        harmless(&output.stderr, "error");
        let output = run(&["check", &c, "--reference-until", payload]);
        output.is_error(&[]);
        harmless(&output.stderr, "error");
        let output = run(&["check", &r, "--reference-until", "0.5", "--label", &format!("{payload}?")]);
        output.is_error(&[]);
        harmless(&output.stderr, "error");
        let output = run(&["fit", &c, "-o", &folder.join("b"), "--monitor", payload]);
        assert_eq!(output.code, 0);
        harmless(&output.stdout, "fit");
    }
}
