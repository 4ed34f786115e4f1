//! The fire drill, end to end: quiet where nothing is broken, right about what is, open about what passes.

use serde_json::Value;

use crate::kit::{Folder, Rng, Table, run, stamp, world};

/// A healthy classifier that decides by its two inputs: a row every ten minutes.
fn healthy(rows: usize) -> Table {
    let mut t = world(rows, 11);
    let mut rng = Rng(12);
    t.set("age", (0..rows).map(|_| 20 + rng.below(60)));
    t
}

fn drill(table: &Table, more: &[&str]) -> (i32, Value) {
    let folder = Folder::new();
    let file = folder.file("reference.csv", table.csv());
    let output = run(&[&["drill", &file, "--quick", "--format", "json"], more].concat());
    (output.code, output.json())
}

fn tried<'a>(result: &'a Value, fault: &str) -> &'a Value {
    result["faults"].as_array().unwrap().iter().find(|f| f["fault"] == fault).unwrap_or_else(|| panic!("{fault}"))
}

/// The strongest of a fault.
fn strongest<'a>(result: &'a Value, fault: &str) -> &'a Value {
    tried(result, fault)["strengths"].as_array().unwrap().last().unwrap()
}

#[test]
fn healthy_data_are_quiet_and_plain_faults_are_caught_by_name() {
    let (code, result) = drill(&healthy(9_000), &[]);
    assert_eq!((code, &result["control"]["alarmed"]), (0, &Value::from(0)), "{result}");
    assert_eq!((&result["format"], &result["data"]["split"]), (&"dosimeter.drill/1".into(), &"time".into()));
    for fault in ["unit_x1000", "rename", "nulls", "sentinel_number", "casing", "frozen", "labels_stop", "duplicates"] {
        let s = strongest(&result, fault);
        assert_eq!((&s["caught"], &s["named_right"]), (&s["runs"], &s["runs"]), "{fault}: {s}");
        let soon = &s["soon"];
        assert!(soon["windows"].as_u64().unwrap() >= 1 && soon["seconds"].as_f64().unwrap() > 0.0, "{fault}: {s}");
    }
    let concept = strongest(&result, "concept");
    assert_eq!(concept["alarmed"], concept["runs"], "{concept}");
    // Every fault was tried, or it is said why not.
    let count = |key: &str| result[key].as_array().unwrap().len();
    assert!(count("faults") > 15 && count("not_tried") < 7, "{result}");
}

#[test]
fn what_is_too_weak_to_be_seen_is_said_to_pass() {
    let (_, result) = drill(&healthy(4_000), &["--columns", "amount,channel"]);
    // A hundredth of 2,000 labels flipped is less than this many rows can show.
    let concept = tried(&result, "concept");
    assert_eq!(concept["strengths"][0]["caught"], 0, "{concept}");
    assert!(concept["smallest"].as_u64().is_none_or(|s| s > 0), "{concept}");
    for f in result["faults"].as_array().unwrap() {
        assert!(f["columns"].as_array().unwrap().iter().all(|c| c == "amount" || c == "channel"), "{f}");
    }
}

#[test]
fn a_reference_that_decays_by_itself_is_said_to() {
    let mut t = healthy(4_500);
    t.edit("label", |i, v| if i >= 2_250 && i % 3 == 0 { flipped(v) } else { v.to_owned() });
    let (code, result) = drill(&t, &[]);
    assert_eq!(code, 1, "{}", result["control"]);
    assert!(result["control"]["alarmed"].as_u64().unwrap() > 0);
    assert!(!result["control"]["own_drift"].as_array().unwrap().is_empty());
}

fn flipped(label: &str) -> String {
    u8::from(label == "0").to_string()
}

#[test]
fn rows_in_no_order_are_dealt_and_a_history_is_cut() {
    let mut t = healthy(4_000);
    t.drop("timestamp");
    let (_, result) = drill(&t, &[]);
    assert_eq!(result["data"]["split"], "random");
    assert!(result["not_tried"].as_array().unwrap().iter().any(|n| n["fault"] == "feed_falls"), "{result}");
    let (_, result) = drill(&healthy(8_000), &["--reference-until", &stamp(10 * 4_000)[..10]]);
    let rows = result["data"]["rows"].as_u64().unwrap();
    assert!((3_800..=4_000).contains(&rows), "{rows}");
}

#[test]
fn the_same_seed_gives_the_same_bytes_and_wrong_input_is_refused() {
    let folder = Folder::new();
    let file = folder.file("reference.csv", healthy(2_000).csv());
    let once = || run(&["drill", &file, "--quick", "--format", "markdown"]);
    assert_eq!(once().stdout, once().stdout);
    run(&["drill", &file, "--columns", "amonut"]).is_error(&["amonut", "--columns"]);
    run(&["drill", &file, "--format", "html"]).is_error(&["html", "--format"]);
    run(&["drill", &file, "--at", "never"]).is_error(&["never", "--at"]);
    run(&["drill"]).is_error(&["nothing to drill on"]);
}
