//! One fault of a source at a time, and the name that it must get.

use dosimeter_core::catalogue;
use dosimeter_core::simulate::SCENARIOS;
use serde_json::Value;

use crate::kit::{Folder, Table, columns, compare, findings, run, shown, world};

/// The world with a date, a code of fixed width and a size among its inputs.
fn rich(rows: usize, seed: u64) -> Table {
    let mut table = world(rows, seed);
    let hash = |i: usize, salt: u64| (i as u64).wrapping_mul(0x9e37_79b9_7f4a_7c15 ^ (salt << 7)).rotate_left(29) >> 20;
    let size = |i: usize| 20.0 * (hash(i, seed + 1) % 10_000) as f64 / 10_000.0;
    let date = |i: usize| {
        let day = hash(i, seed + 2) % 300;
        format!("2022-{:02}-{:02}", day / 28 % 12 + 1, day % 28 + 1)
    };
    table.set("zip", (0..rows).map(|i| format!("{:05}", 501 + hash(i, seed) % 99_000)));
    table.set("size", (0..rows).map(|i| format!("{:.2}", (size(i) / 4.0).exp())));
    table.set("signup", (0..rows).map(date));
    table
}

/// The result after a fault in the current data.
fn broken(more: &[&str], fault: impl FnOnce(&mut Table)) -> Value {
    let mut current = rich(4_000, 2);
    fault(&mut current);
    compare(&rich(4_000, 1), &current, more).1
}

fn number(cell: &str) -> f64 {
    cell.parse().unwrap()
}

/// The finding of a kind about a column.
#[track_caller]
fn named<'a>(result: &'a Value, kind: &str, column: &str) -> &'a Value {
    let found = findings(result).iter().find(|f| f["kind"] == kind && columns(f).contains(&column));
    found.unwrap_or_else(|| panic!("{kind} of {column} is not named: {}", shown(result)))
}

#[test]
fn nothing_is_found_where_nothing_is_broken() {
    let result = broken(&[], |_| {});
    assert!(findings(&result).is_empty(), "{}", shown(&result));
}

#[test]
fn a_score_in_per_cent() {
    let result = broken(&[], |t| {
        t.edit("score", |_, x| format!("{:.1}", number(x) * 100.0));
    });
    let f = named(&result, "unit_changed", "score");
    assert_eq!(f["detail"]["map"]["scale"], 100.0);
    let result = broken(&[], |t| {
        t.edit("score", |_, x| format!("{:.1}", number(x) * 100.0)).drop("label").drop("prediction");
    });
    assert_eq!(named(&result, "unit_changed", "score")["severity"], "harmful");
}

#[test]
fn a_model_that_always_says_the_same() {
    let result = broken(&[], |t| {
        t.edit("prediction", |_, _| "1".to_owned());
    });
    named(&result, "column_frozen", "prediction");
    // One that nearly always did is not stuck.
    let mut reference = rich(4_000, 1);
    reference.edit("prediction", |i, _| u8::from(i % 25 == 0).to_string());
    let mut current = rich(400, 2);
    current.edit("prediction", |_, _| "0".to_owned());
    let (_, result) = compare(&reference, &current, &["--ignore", "score"]);
    assert!(findings(&result).iter().all(|f| f["kind"] != "column_frozen"), "{}", shown(&result));
}

#[test]
fn labels_with_other_values() {
    for words in [["1", "2"], ["kept", "churned"], ["False", "True"]] {
        let result = broken(&[], |t| {
            t.edit("label", |_, x| words[usize::from(x == "1")].to_owned());
        });
        named(&result, "type_changed", "label");
    }
    let result = broken(&[], |t| {
        t.edit("prediction", |_, x| if x == "1" { "2" } else { "1" }.to_owned());
    });
    named(&result, "type_changed", "prediction");
}

#[test]
fn units_by_their_plainest_name() {
    for (scale, title) in [(1000.0, "× 1,000,"), (1.0 / 60.0, "× 1/60,"), (7.0, "× 7,"), (0.621_371, "× 0.621,")] {
        let result = broken(&[], |t| {
            t.edit("size", |_, x| (number(x) * scale).to_string());
        });
        let f = named(&result, "unit_changed", "size");
        assert!(f["detail"]["unit"].as_str().unwrap().starts_with(title), "{}", f["detail"]);
        let off = f["detail"]["map"]["scale"].as_f64().unwrap() / scale - 1.0;
        assert!(off.abs() < 1e-5, "{}", f["detail"]);
    }
}

#[test]
fn a_unit_of_a_column_that_had_drifted_before() {
    let result = broken(&[], |t| {
        t.edit("size", |i, x| (number(x) * if i < 2_000 { 1.4 } else { 1400.0 }).to_string());
    });
    let f = named(&result, "unit_changed", "size");
    assert_eq!(f["detail"]["map"]["scale"], 1000.0);
    assert!(f["onset"]["row"].as_u64().unwrap().abs_diff(2_000) < 300, "{}", f["onset"]);
}

#[test]
fn dates_that_time_did_not_bring() {
    let result = broken(&[], |t| {
        t.edit("signup", |i, x| if i % 4 == 0 { "1900-01-01".to_owned() } else { x.to_owned() });
    });
    assert_eq!(named(&result, "sentinel_appeared", "signup")["detail"]["value"], "1900-01-01");
    let result = broken(&[], |t| {
        t.edit("signup", |_, x| x.replace("2022", "2032"));
    });
    named(&result, "range_left", "signup");
    let result = broken(&[], |t| {
        t.edit("signup", |_, _| "2022-03-04".to_owned());
    });
    assert_eq!(named(&result, "column_frozen", "signup")["detail"]["value"], "2022-03-04");
}

#[test]
fn codes_that_lost_their_noughts() {
    let result = broken(&[], |t| {
        t.edit("zip", |_, x| x.trim_start_matches('0').to_owned());
    });
    named(&result, "padding_changed", "zip");
}

#[test]
fn a_batch_that_came_twice_is_one_finding_with_a_date() {
    let result = broken(&[], |t| {
        let ids = t.column("id").to_vec();
        t.edit("id", |i, x| if i < 2_000 { x.to_owned() } else { ids[i - 2_000].clone() });
    });
    let f = named(&result, "key_not_unique", "id");
    assert!(f["onset"]["row"].as_u64().unwrap().abs_diff(2_000) < 1_009, "{}", f["onset"]);
    assert_eq!(findings(&result).len(), 1, "{}", shown(&result));
}

/// Everything that a finding may say is documented, and under the name it has there.
#[track_caller]
fn documented(result: &Value) {
    for f in findings(result) {
        let Some(id) = f["kind"].as_str() else {
            continue;
        };
        let kind = catalogue::kind(id).unwrap_or_else(|| panic!("{id} is not in the catalogue"));
        for key in f["detail"].as_object().unwrap().keys() {
            assert!(kind.detail.iter().any(|k| k.key == key), "{id} says {key}, which is not in the catalogue");
        }
    }
}

#[test]
fn every_kind_and_detail_of_the_scenarios_is_documented() {
    for scenario in &SCENARIOS {
        let folder = Folder::new();
        let events = folder.join("events.parquet");
        assert_eq!(run(&["simulate", scenario.id, "--seed", "1", "-o", &events]).code, 0);
        let truth = std::fs::read_to_string(folder.join("events.truth.json")).unwrap();
        let truth: Value = serde_json::from_str(&truth).unwrap();
        let until = truth["reference_until"]["at"].as_str().unwrap();
        documented(&run(&["check", &events, "--reference-until", until, "--format", "json"]).json());
    }
}

#[test]
fn every_kind_and_detail_of_the_faults_is_documented() {
    type Fault = (&'static str, fn(usize, &str) -> String);
    let faults: [Fault; 11] = [
        ("size", |_, x| x.replace('.', ",")),
        ("size", |i, x| if i % 9 == 0 { "N/A".to_owned() } else { x.to_owned() }),
        ("size", |i, x| if i % 9 == 0 { String::new() } else { x.to_owned() }),
        ("size", |i, x| if i % 9 == 0 { "-999".to_owned() } else { x.to_owned() }),
        ("size", |i, x| if i % 9 == 0 { "5000.5".to_owned() + &(i % 10).to_string() } else { x.to_owned() }),
        ("size", |_, _| "3.5".to_owned()),
        ("channel", |_, x| x.to_uppercase()),
        ("channel", |_, x| format!(" {x}")),
        ("channel", |i, x| if i % 3 == 0 { "kiosk".to_owned() } else { x.to_owned() }),
        ("channel", |i, x| if i % 3 == 0 { "web".to_owned() } else { x.to_owned() }),
        ("signup", |_, x| format!("{}/{}/{}", &x[8..], &x[5..7], &x[..4])),
    ];
    for (column, change) in faults {
        let result = broken(&[], |t| {
            t.edit(column, change);
        });
        assert!(!findings(&result).is_empty(), "{column}");
        documented(&result);
    }
    documented(&broken(&[], |t| {
        t.drop("size");
    }));
    documented(&broken(&[], |t| {
        let (a, b) = (t.column("size").to_vec(), t.column("amount").to_vec());
        t.set("amount", a).set("size", b);
    }));
}
