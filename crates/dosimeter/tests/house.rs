//! The house rules that a compiler does not hold: which crate may know which, and how files are kept.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::process::Command;

use serde_json::Value;

use crate::kit::root;

/// What each crate of the house may depend on inside the house.
const ARROWS: [(&str, &[&str]); 4] = [
    ("dosimeter-core", &[]),
    ("dosimeter-scan", &["dosimeter-core"]),
    ("dosimeter-report", &["dosimeter-core"]),
    ("dosimeter", &["dosimeter-core", "dosimeter-scan", "dosimeter-report"]),
];

/// What the pure core may depend on outside.
const CORE_MAY_USE: [&str; 6] = ["crc32fast", "datasketches", "postcard", "serde", "statrs", "thiserror"];

fn metadata() -> Value {
    let output = Command::new(env!("CARGO"))
        .args(["metadata", "--format-version", "1", "--no-deps", "--offline"])
        .current_dir(root())
        .output()
        .unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    serde_json::from_slice(&output.stdout).unwrap()
}

fn dependencies() -> BTreeMap<String, BTreeSet<String>> {
    let mut all = BTreeMap::new();
    for package in metadata()["packages"].as_array().unwrap() {
        // Of a crate's own tests nothing flows into the product.
        let used = package["dependencies"].as_array().unwrap().iter().filter(|d| d["kind"] != "dev");
        let names = used.map(|d| d["name"].as_str().unwrap().to_owned()).collect();
        all.insert(package["name"].as_str().unwrap().to_owned(), names);
    }
    all
}

#[test]
fn arrows_point_down() {
    let all = dependencies();
    let known: BTreeSet<&str> = ARROWS.iter().map(|(name, _)| *name).collect();
    assert_eq!(all.keys().map(String::as_str).collect::<BTreeSet<_>>(), known, "a new crate needs its arrows here");
    for (name, may) in ARROWS {
        for dependency in all[name].iter().filter(|d| known.contains(d.as_str())) {
            assert!(may.contains(&dependency.as_str()), "{name} -> {dependency} points up");
        }
    }
}

#[test]
fn the_core_depends_on_little() {
    for dependency in &dependencies()["dosimeter-core"] {
        assert!(
            CORE_MAY_USE.contains(&dependency.as_str()),
            "dosimeter-core -> {dependency}: the core is pure and small"
        );
    }
}

/// Every source file of the workspace.
fn sources() -> Vec<(PathBuf, String)> {
    let mut found = Vec::new();
    walk(&root().join("crates"), &mut found);
    walk(&root().join("bench"), &mut found);
    assert!(found.len() > 100, "{} files", found.len());
    found
}

fn walk(folder: &Path, found: &mut Vec<(PathBuf, String)>) {
    let Ok(entries) = std::fs::read_dir(folder) else {
        return;
    };
    for entry in entries.map(Result::unwrap) {
        let path = entry.path();
        if path.is_dir() {
            if path.file_name().is_some_and(|n| n != "target" && !n.to_string_lossy().starts_with('.')) {
                walk(&path, found);
            }
        } else if path.extension().is_some_and(|e| e == "rs") {
            found.push((path.clone(), std::fs::read_to_string(&path).unwrap()));
        }
    }
}

#[test]
fn a_crate_has_one_binary_of_integration_tests() {
    // Each links everything again.
    for package in metadata()["packages"].as_array().unwrap() {
        let targets = package["targets"].as_array().unwrap().iter();
        let tests: Vec<&Value> = targets.filter(|t| t["kind"] == serde_json::json!(["test"])).collect();
        let paths: Vec<_> = tests.iter().filter_map(|t| t["src_path"].as_str()).collect();
        assert!(paths.len() == 1 && paths[0].ends_with("tests/main.rs"), "{}: {paths:?}", package["name"]);
    }
}

#[test]
fn files_are_short() {
    let long: Vec<String> = sources()
        .iter()
        .filter(|(_, text)| text.lines().count() > 600)
        .map(|(p, t)| format!("{}: {} lines", p.display(), t.lines().count()))
        .collect();
    assert!(long.is_empty(), "over 600 lines: {long:#?}");
}

#[test]
fn nothing_is_left_lying_about() {
    // In pieces, so that this file does not find itself.
    let words = [
        ["to", "do!("].concat(),
        ["db", "g!("].concat(),
        ["FIX", "ME"].concat(),
        ["TO", "DO"].concat(),
        ["XX", "X:"].concat(),
    ];
    let mut left = Vec::new();
    for (path, text) in sources() {
        for (i, line) in text.lines().enumerate() {
            if words.iter().any(|w| line.contains(w.as_str())) {
                left.push(format!("{}:{}: {}", path.display(), i + 1, line.trim()));
            }
        }
    }
    assert!(left.is_empty(), "{left:#?}");
}

#[test]
fn the_core_is_pure() {
    // The lints in its clippy.toml hold the same; this holds it where nobody runs them.
    let banned = [
        "std::fs",
        "std::io",
        "std::net",
        "std::thread",
        "std::env",
        "std::process",
        "SystemTime",
        "Instant::now",
        "HashMap",
        "HashSet",
        "print!",
        "println!",
        "OpenOptions",
        "thread_local!",
        "static mut",
        "unsafe ",
    ];
    let mut found = Vec::new();
    for (path, text) in sources().iter().filter(|(p, _)| p.to_string_lossy().contains("dosimeter-core/src")) {
        for (i, line) in text.lines().enumerate() {
            let code = line.split("//").next().unwrap_or_default();
            // Grouped imports too: `use std::{fs, io}`.
            let grouped = code.split_once("std::{").is_some_and(|(_, list)| {
                list.split([',', ' ', '}', ';']).any(|word| banned.contains(&format!("std::{word}").as_str()))
            });
            if grouped || banned.iter().any(|b| code.contains(b)) {
                found.push(format!("{}:{}: {}", path.display(), i + 1, line.trim()));
            }
        }
    }
    assert!(found.is_empty(), "{found:#?}");
}

#[test]
fn every_module_opens_with_what_it_is() {
    let test = |p: &Path| p.ends_with("tests.rs") || p.components().any(|c| c.as_os_str() == "tests");
    let bare: Vec<String> = sources()
        .iter()
        .filter(|(p, t)| !test(p) && !t.starts_with("//!"))
        .map(|(p, _)| p.display().to_string())
        .collect();
    assert!(bare.is_empty(), "{bare:#?}");
}
