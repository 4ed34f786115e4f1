//! What stands on a screen: colours, width, progress, the lesson, explanations, the page.

use std::io::Write as _;
use std::path::Path;
use std::process::{Command, Stdio};

use crate::kit::{Folder, example, run, run_with, world};

/// What the program writes to a terminal, where `script` can make one.
fn on_a_terminal(args: &[&str], env: &[(&str, &str)]) -> Option<String> {
    if !Path::new("/usr/bin/script").exists() {
        let _ = writeln!(std::io::stderr(), "skipped: no script(1) to make a terminal");
        return None;
    }
    let line: Vec<String> =
        std::iter::once(&env!("CARGO_BIN_EXE_dosimeter")).chain(args).map(|a| format!("'{a}'")).collect();
    let output = Command::new("/usr/bin/script")
        .args(["-qec", &line.join(" "), "/dev/null"])
        .env("TERM", "xterm")
        .env_remove("NO_COLOR")
        .env_remove("COLUMNS")
        .envs(env.iter().copied())
        .stdin(Stdio::null())
        .output()
        .unwrap();
    Some(String::from_utf8(output.stdout).unwrap())
}

fn healthy(folder: &Folder) -> [String; 2] {
    [folder.file("r.csv", world(2_000, 1).csv()), folder.file("c.csv", world(2_000, 2).csv())]
}

#[test]
fn colours_only_where_they_are_wanted() {
    let folder = Folder::new();
    let [r, c] = healthy(&folder);
    let args = ["check", "--reference", &r, "--current", &c];
    for (env, coloured) in [
        (&[][..], true),
        (&[("NO_COLOR", "1")], false),
        // The convention: set to nothing is not set.
        (&[("NO_COLOR", "")], true),
        (&[("TERM", "dumb")], false),
    ] {
        let Some(text) = on_a_terminal(&args, env) else { return };
        assert!(text.contains("HEALTHY"), "{text}");
        assert_eq!(text.contains("\u{1b}["), coloured, "{env:?}: {text:?}");
    }
    let text = on_a_terminal(&[&args[..], &["--color", "never"]].concat(), &[]).unwrap();
    assert!(!text.contains('\u{1b}'), "{text:?}");
}

#[test]
fn lines_keep_to_the_width() {
    let hotel = example("hotel_bookings.parquet");
    for verbose in [&[][..], &["-vv"]] {
        let args = ["check", &hotel, "--reference-until", "2016-04-01", "--label", "is_canceled"];
        let output = run_with(&[&args[..], verbose].concat(), b"", None, &[("COLUMNS", "60")]);
        let long: Vec<&str> = output.stdout.lines().filter(|l| l.chars().count() > 60).collect();
        assert!(output.code == 1 && long.is_empty(), "{verbose:?}: {long:#?}");
    }
    for command in ["lesson", "explain"] {
        let args = if command == "lesson" { vec!["simulate", "lesson"] } else { vec!["explain", "concept_drift"] };
        let output = run_with(&args, b"", None, &[("COLUMNS", "60")]);
        let long: Vec<&str> = output.stdout.lines().filter(|l| l.chars().count() > 60).collect();
        assert!(long.is_empty(), "{command}: {long:#?}");
    }
}

#[test]
fn no_progress_where_nobody_looks() {
    // As long a run as the tests have: over a second in any place that is busy.
    let folder = Folder::new();
    let mut text = String::from("user,amount\n");
    (0..2_000_000).for_each(|i| text += &format!("u{i},{}\n", i % 1000));
    let path = folder.file("r.csv", text);
    let output = run(&["check", "--reference", &path, "--current", &path]);
    assert_eq!(output.stderr, "");
    assert!(!output.stdout.contains("rows read") && !output.stdout.contains('\r'), "{}", output.stdout);
}

#[test]
fn the_lesson_to_the_digit() {
    let said = run(&["simulate", "lesson"]).stdout;
    let lines = "  week  0: input mean=0.50 accuracy=1.000\n  week  3: input mean=0.62 accuracy=1.000\n  \
                 week  6: input mean=0.74 accuracy=1.000\n  week  9: input mean=0.86 accuracy=1.000\n";
    assert!(said.contains(lines), "{said}");
    // Then what it shows, and the worlds in which accuracy does fall.
    let after = said.split(lines).nth(1).unwrap_or_default();
    for part in ["Drift without decay", "Concept drift", "Schema change", "Category shift", "MISSED"] {
        assert!(after.contains(part), "{part}");
    }
}

#[test]
fn explanations() {
    let why = run(&["explain"]).stdout;
    let paragraphs: Vec<&str> = why.split("\n\n").map(str::trim).filter(|p| !p.is_empty()).collect();
    assert!(paragraphs[0].contains("Why models get worse"), "{}", paragraphs[0]);
    // The one paragraph: some sentences, then the modes, each with its name.
    assert!(
        (300..2_000).contains(&paragraphs[1].len()) && paragraphs[1].matches('.').count() >= 3,
        "{}",
        paragraphs[1]
    );
    let ids: Vec<&str> = dosimeter_core::catalogue::Mode::ALL.iter().map(|m| m.id()).collect();
    assert!(ids.iter().all(|id| why.contains(&format!("• {id}: "))), "{why}");
    for id in ids {
        let said = run(&["explain", id]).stdout;
        for part in ["How it degrades", "What shows it", "What it is confused with", "What to do"] {
            let section = said.split(part).nth(1).unwrap_or_default();
            assert!(section.len() > 80, "{id}: {part}");
        }
        assert!(said.contains(&format!("({id})")), "{said}");
    }
    run(&["explain", "rot"]).is_error(&["rot"]);
}

#[test]
fn where_the_change_comes_from_is_shown() {
    let folder = Folder::new();
    let names = ["r.html", "r.json", "r.md"].map(|n| folder.join(n));
    let hotel = example("hotel_bookings.parquet");
    let mut args = vec!["check", &hotel, "--reference-until", "2016-04-01", "--label", "is_canceled", "-v"];
    names.iter().for_each(|n| args.extend(["-o", n]));
    let terminal = run(&args).stdout;
    let [html, json, markdown] = names.map(|n| std::fs::read_to_string(n).unwrap());
    for (text, what) in [(&terminal, "terminal"), (&html, "html"), (&markdown, "markdown")] {
        let part = text.split("change comes from").nth(1).unwrap_or_else(|| panic!("{what}"));
        for row in ["Inputs moved to harder regions", "The same inputs mean something else", "Unexplained"] {
            assert!(part.contains(row), "{what}: {row}");
        }
    }
    let result: serde_json::Value = serde_json::from_str(&json).unwrap();
    let parts = ["inputs_common", "inputs_unseen", "concept", "schema", "unexplained"];
    let sum: f64 = parts.iter().map(|p| result["decomposition"][p].as_f64().unwrap()).sum();
    assert!((sum - result["metric"]["change"].as_f64().unwrap()).abs() < 1e-9, "{}", result["decomposition"]);

    // And the page as it comes from data: marked, in both colour schemes, for paper, alone in the world, small.
    for part in ["@media print", "prefers-color-scheme", "class=\"onset\""] {
        assert!(html.contains(part), "{part}");
    }
    for part in ["<script", "src=\"http", "url(http", "@import", "<link"] {
        assert!(!html.contains(part), "{part}");
    }
    // A drawing's namespace is a name and no address.
    let addresses = html.match_indices("://").filter(|(i, _)| !html[i + 3..].starts_with("www.w3.org/"));
    assert_eq!(addresses.count(), 0);
    assert!(html.len() < 300_000, "{} bytes", html.len());
}
