//! What must not fool a check: one wild value, a hole, a broken column.

use crate::kit::{Rng, Table, compare, drifted, finding, findings, shown, world};

/// 5,000 rows; `amount` has mean 50 and standard deviation 10.
fn with_amount(seed: u64, mean: f64, wild: bool) -> Table {
    let mut t = world(5_000, seed);
    let mut rng = Rng(seed ^ 99);
    t.set("amount", (0..5_000).map(|i| if wild && i == 2_500 { 1e6 } else { mean + 10.0 * rng.normal() }));
    t
}

#[test]
fn one_wild_value_neither_hides_nor_alarms() {
    for (in_reference, in_current) in [(true, false), (false, true), (true, true)] {
        for seed in 0..4 {
            let reference = with_amount(2 * seed + 1, 50.0, in_reference);
            let (output, result) = compare(&reference, &with_amount(2 * seed + 2, 50.0, in_current), &[]);
            assert!(!drifted(&result).contains(&"amount"), "alarm: {}", shown(&result));
            assert_eq!(output.code, 0, "{}", shown(&result));
            let (_, result) = compare(&reference, &with_amount(2 * seed + 2, 60.0, in_current), &[]);
            assert!(finding(&result, "data_drift", "amount").is_some(), "hidden: {}", shown(&result));
        }
    }
}

#[test]
fn a_column_that_is_mostly_null_is_an_alarm() {
    for (column, with_labels) in [("amount", true), ("channel", true), ("amount", false), ("channel", false)] {
        let mut reference = world(3_000, 1);
        let mut current = world(3_000, 2);
        current.edit(column, |i, v| if i % 10 == 0 { v.to_owned() } else { String::new() });
        if !with_labels {
            reference.drop("label");
            current.drop("label");
        }
        let (_, result) = compare(&reference, &current, &[]);
        let found = finding(&result, "schema_change", column).unwrap_or_else(|| panic!("{}", shown(&result)));
        assert_eq!(found["kind"], "null_rate_jumped", "{found}");
        assert_ne!(found["severity"], "harmless", "{found}");
    }
}

#[test]
fn a_vanished_column_is_never_ignored() {
    for column in ["amount", "channel", "score", "prediction", "label", "timestamp", "id"] {
        let mut current = world(3_000, 2);
        current.drop(column);
        let (_, result) = compare(&world(3_000, 1), &current, &[]);
        let said =
            finding(&result, "schema_change", column).is_some() || finding(&result, "feed_stalled", column).is_some();
        let warned = result["warnings"]
            .as_array()
            .unwrap()
            .iter()
            .any(|w| w.as_str().unwrap().contains(&format!("no {column}")));
        assert!(said || warned, "{column}: {}", shown(&result));
    }
    // Where no metric can tell that the model does without it, it is harm.
    let strip = |mut t: Table| {
        t.drop("label").drop("score").drop("prediction");
        t
    };
    let mut current = strip(world(3_000, 2));
    current.drop("amount");
    let (output, result) = compare(&strip(world(3_000, 1)), &current, &[]);
    assert_ne!(output.code, 0, "{}", shown(&result));
    assert!(finding(&result, "schema_change", "amount").is_some(), "{}", shown(&result));
}

#[test]
fn one_bad_column_costs_no_report() {
    let bad: [(&str, fn(usize) -> String); 5] = [
        ("NaN", |_| "NaN".to_owned()),
        ("one text each", |i| format!("text {i} {}", "x".repeat(i % 50))),
        ("control codes", |i| format!("\u{1b}[{i}m\u{0}")),
        ("huge and tiny", |i| format!("1e{}", (i as i64 % 616) - 308)),
        ("a mixture", |i| ["1", "", "x", "NaN", "2024-01-01", "true"][i % 6].to_owned()),
    ];
    for (what, cell) in bad {
        let mut current = world(3_000, 2);
        current.edit("channel", |i, _| cell(i));
        current.edit("amount", |_, v| (v.parse::<f64>().unwrap() + 20.0).to_string());
        let (_, result) = compare(&world(3_000, 1), &current, &[]);
        assert!(finding(&result, "data_drift", "amount").is_some(), "{what}: {}", shown(&result));
        assert!(
            findings(&result).iter().any(|f| f["subject"].to_string().contains("channel")),
            "{what}: {}",
            shown(&result)
        );
        assert_eq!(result["metric"]["basis"], "labels");
    }
}

#[test]
fn data_that_end_long_ago_are_named_and_fresh_ones_are_not() {
    let data = crate::kit::example("hotel_bookings.parquet");
    let kinds = |as_of: &str| {
        let args = [
            "check",
            &data,
            "--reference-until",
            "2016-04-01",
            "--label",
            "is_canceled",
            "--as-of",
            as_of,
            "-f",
            "json",
        ];
        let result = crate::kit::run(&args).json();
        findings(&result).iter().filter_map(|f| f["kind"].as_str().map(str::to_owned)).collect::<Vec<_>>()
    };
    assert!(kinds("2017-12-01").contains(&"freshness_broken".to_owned()));
    assert!(!kinds("2017-09-02").contains(&"freshness_broken".to_owned()));
    crate::kit::run(&["check", &data, "--reference-until", "2016-04-01", "--as-of", "lately"]).is_error(&["--as-of"]);
}
