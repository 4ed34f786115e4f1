//! What a setting does, seen in the result: not that it is read, but what it changes.

use serde_json::Value;

use crate::kit::{Folder, Rng, Table, compare, finding, findings, run, shown, stamp, warns, world};

fn history_of(table: &Table, more: &[&str]) -> (i32, Value) {
    let folder = Folder::new();
    let events = folder.file("events.csv", table.csv());
    let output = run(&[&["check", &events, "-f", "json"], more].concat());
    (output.code, output.json())
}

fn number(v: &Value) -> f64 {
    v.as_f64().unwrap_or(f64::NAN)
}

fn numbers(t: &Table, column: &str) -> Vec<f64> {
    t.column(column).iter().map(|v| v.parse().unwrap()).collect()
}

/// The share of rows in which a yes from `threshold` on is right.
fn accuracy(t: &Table, threshold: f64) -> f64 {
    let pairs = numbers(t, "score").into_iter().zip(numbers(t, "label"));
    let right = pairs.filter(|(s, l)| (*s >= threshold) == (*l == 1.0));
    right.count() as f64 / t.rows() as f64
}

#[test]
fn a_reference_by_row_fraction_or_percent() {
    let table = world(4_000, 1);
    let (_, wanted) = history_of(&table, &["--reference-until", "2000"]);
    assert_eq!(wanted["inputs"]["reference"]["rows"], 2_000);
    for until in ["0.5", "50%", "50 %"] {
        let (_, result) = history_of(&table, &["--reference-until", until]);
        assert_eq!(without_files(&result), without_files(&wanted), "{until}");
    }
    let (_, result) = history_of(&table, &["--reference-until", "25%"]);
    assert_eq!(result["inputs"]["reference"]["rows"], 1_000);
}

/// A result apart from the names of the files.
fn without_files(result: &Value) -> Value {
    let mut bare = result.clone();
    for period in ["reference", "current"] {
        bare["inputs"][period]["files"] = Value::Null;
    }
    bare
}

/// A row every `step` minutes.
fn paced(rows: usize, step: u64) -> Table {
    let mut t = world(rows, 1);
    t.set("timestamp", (0..rows).map(|i| stamp(i as u64 * step)));
    t
}

#[test]
fn windows_end_at_the_calendars_borders() {
    let table = paced(6_000, 10);
    // Row 6,000 is on 11 February. Until when is the reference, and the first two windows after it.
    for (window, zone, until, edges) in [
        ("1h", "UTC", "2024-01-20", ["2024-01-20T00:00:00Z", "2024-01-20T01:00:00Z", "2024-01-20T02:00:00Z"]),
        ("1d", "UTC", "2024-01-20", ["2024-01-20T00:00:00Z", "2024-01-21T00:00:00Z", "2024-01-22T00:00:00Z"]),
        ("1w", "UTC", "2024-01-15", ["2024-01-15T00:00:00Z", "2024-01-22T00:00:00Z", "2024-01-29T00:00:00Z"]),
        ("1mo", "UTC", "2024-01-01T06:00", ["2024-01-01T06:00:00Z", "2024-02-01T00:00:00Z", "2024-03-01T00:00:00Z"]),
        (
            "1d",
            "America/New_York",
            "2024-01-20",
            ["2024-01-20T05:00:00Z", "2024-01-21T05:00:00Z", "2024-01-22T05:00:00Z"],
        ),
    ] {
        let more = ["--reference-until", until, "--window", window, "--time-zone", zone];
        let (_, result) = history_of(&table, &more);
        assert_eq!(result["inputs"]["window"].as_str().map(|w| w.contains(window)), Some(true), "{window}");
        let w = &result["windows"];
        let got = [&w[0]["start"], &w[0]["end"], &w[1]["end"]].map(|v| v.as_str().unwrap_or("-").to_owned());
        assert_eq!(got, edges, "{window} {zone}");
        assert_eq!(w[0]["end"], w[1]["start"], "{window}");
        let rows: u64 = w.as_array().unwrap().iter().map(|w| w["rows"].as_u64().unwrap()).sum();
        assert_eq!(Some(rows), result["inputs"]["current"]["rows"].as_u64(), "{window}: each row is in one window");
    }
    let (_, result) = history_of(&table, &["--reference-until", "4000", "--window", "500"]);
    let rows: Vec<_> = result["windows"].as_array().unwrap().iter().map(|w| (&w["first_row"], &w["rows"])).collect();
    let all = [4_000, 4_500, 5_000, 5_500].map(|r| (Value::from(r), Value::from(500)));
    assert_eq!(rows, all.iter().map(|(a, b)| (a, b)).collect::<Vec<_>>());
}

#[test]
fn a_sensible_window_is_chosen() {
    let chosen = |t: &Table| history_of(t, &["--reference-until", "0.6"]).1["inputs"]["window"].to_string();
    // 720 rows a day are enough, 144 are not; a week of them is. 30 an hour are too few, 600 are enough.
    assert_eq!(chosen(&paced(10_000, 2)), "\"1d\"");
    assert_eq!(chosen(&paced(8_000, 10)), "\"1w\"");
    let mut dense = world(6_000, 1);
    dense.set("timestamp", (0..6_000).map(|i| stamp(i / 10)));
    assert_eq!(chosen(&dense), "\"1h\"");
    let mut untimed = world(6_000, 1);
    untimed.drop("timestamp");
    let (_, result) = history_of(&untimed, &["--reference-until", "0.5"]);
    let windows = result["windows"].as_array().unwrap();
    assert!((8..=16).contains(&windows.len()) && windows.iter().all(|w| w["start"].is_null()), "{}", windows.len());
}

#[test]
fn the_metric_of_a_window_is_a_count_of_its_rows() {
    let mut table = world(6_000, 3);
    table.edit("label", |i, v| if i % 5 == 0 && i >= 4_500 { String::new() } else { v.to_owned() });
    for window in ["500", "1w"] {
        let (_, result) = history_of(&table, &["--reference-until", "3000", "--window", window]);
        let all = [&result["reference_windows"], &result["windows"]].map(|w| w.as_array().unwrap().clone()).concat();
        assert!(all.len() >= 5, "{window}");
        for w in &all {
            let [first, rows] = ["first_row", "rows"].map(|n| w[n].as_u64().unwrap() as usize);
            let pairs = table.column("prediction")[first..first + rows].iter().zip(&table.column("label")[first..]);
            let known: Vec<bool> = pairs.filter(|(_, l)| !l.is_empty()).map(|(p, l)| p == l).collect();
            let (n, right) = (known.len() as f64, known.iter().filter(|r| **r).count() as f64);
            assert_eq!(w["labelled"].as_f64(), Some(n), "{window} {w}");
            let p = right / n;
            assert!((number(&w["metric"]) - p).abs() < 1e-12, "{window}: {p} {w}");
            // Wilson's interval, worked out here again.
            let z = 1.959_963_984_540_054;
            let (middle, half) = (p + z * z / (2.0 * n), z * (p * (1.0 - p) / n + z * z / (4.0 * n * n)).sqrt());
            let scale = 1.0 + z * z / n;
            for (end, sign) in [(0, -1.0), (1, 1.0)] {
                let wanted = (middle + sign * half) / scale;
                assert!((number(&w["interval"][end]) - wanted).abs() < 1e-6, "{window}: {wanted} {w}");
            }
        }
    }
}

/// Three classes whose probabilities mean what they say.
fn three_classes(rows: usize, seed: u64) -> Table {
    let mut rng = Rng(seed);
    let mut t = Table::default();
    let p: Vec<[f64; 3]> = (0..rows)
        .map(|_| {
            let e = [(); 3].map(|()| (1.5 * rng.normal()).exp());
            e.map(|x| x / e.iter().sum::<f64>())
        })
        .collect();
    let names = ["low", "middle", "high"];
    t.set("id", 0..rows);
    t.set("timestamp", (0..rows).map(|i| stamp(i as u64 * 10)));
    t.set("amount", (0..rows).map(|_| format!("{:.3}", rng.normal())));
    for (k, column) in ["a_low", "b_mid", "c_high"].iter().enumerate() {
        t.set(column, p.iter().map(|p| format!("{:.6}", p[k])));
    }
    let best = |p: &[f64; 3]| (0..3).max_by(|a, b| p[*a].total_cmp(&p[*b])).unwrap();
    t.set("answer", p.iter().map(|p| names[best(p)]));
    t.set(
        "outcome",
        p.iter().map(|p| {
            let u = rng.uniform();
            names[if u < p[0] {
                0
            } else if u < p[0] + p[1] {
                1
            } else {
                2
            }]
        }),
    );
    t
}

#[test]
fn several_classes() {
    let roles = ["--score", "low=a_low,middle=b_mid,high=c_high", "--prediction", "answer", "--label", "outcome"];
    let healthy = three_classes(6_000, 1);
    let (code, result) = history_of(&healthy, &[&roles[..], &["--reference-until", "3000"]].concat());
    assert_eq!((code, findings(&result).len()), (0, 0), "{}", shown(&result));
    let rotate = |v: &str| match v {
        "low" => "middle",
        "middle" => "high",
        _ => "low",
    };
    let mut rotated = healthy.clone();
    rotated.edit("outcome", |i, v| if i >= 4_500 { rotate(v).to_owned() } else { v.to_owned() });
    for more in [&[][..], &["--task", "multiclass", "--metric", "f1"]] {
        let (code, result) = history_of(&rotated, &[&roles[..], &["--reference-until", "3000"], more].concat());
        assert_eq!(code, 1, "{}", shown(&result));
        let loss = finding(&result, "performance_loss", "").unwrap();
        let row = loss["onset"]["row"].as_u64().unwrap();
        assert!(row.abs_diff(4_500) <= 1_008, "dated {row}");
        let metric = &result["metric"];
        let named = std::iter::once(metric).chain(metric["others"].as_array().unwrap());
        let f1 = named.clone().find(|m| m["name"] == "f1").unwrap_or_else(|| panic!("no F1: {metric}"));
        let macro_f1 = |rows: std::ops::Range<usize>| {
            let of = |class: &str| {
                let (mut both, mut said, mut was) = (0.0, 0.0, 0.0);
                for (a, o) in
                    rotated.column("answer")[rows.clone()].iter().zip(&rotated.column("outcome")[rows.clone()])
                {
                    both += f64::from(u8::from(a == class && o == class));
                    said += f64::from(u8::from(a == class));
                    was += f64::from(u8::from(o == class));
                }
                2.0 * both / (said + was)
            };
            (of("low") + of("middle") + of("high")) / 3.0
        };
        for (name, rows) in [("reference", 0..3_000), ("current", 3_000..6_000)] {
            let wanted = macro_f1(rows);
            assert!((number(&f1[name]) - wanted).abs() < 1e-9, "{name}: macro F1 {wanted}, {f1}");
        }
        assert!(named.clone().any(|m| m["name"] == "log_loss"), "{metric}");
    }
}

/// Numbers to be foretold, with an error of standard deviation 2.
fn amounts(rows: usize, seed: u64) -> Table {
    let mut rng = Rng(seed);
    let mut t = Table::default();
    t.set("id", 0..rows);
    t.set("timestamp", (0..rows).map(|i| stamp(i as u64 * 10)));
    let size: Vec<f64> = (0..rows).map(|_| (30.0 + 8.0 * rng.normal()).max(5.0)).collect();
    t.set("size", size.iter().map(|x| format!("{x:.3}")));
    t.set("prediction", size.iter().map(|x| format!("{:.3}", 2.0 * x)));
    t.set("label", size.iter().map(|x| format!("{:.3}", 2.0 * x + 2.0 * rng.normal())));
    t
}

#[test]
fn regression() {
    let healthy = amounts(6_000, 1);
    let (code, result) = history_of(&healthy, &["--reference-until", "3000"]);
    assert_eq!((code, findings(&result).len(), &result["metric"]["name"]), (0, 0, &"mae".into()), "{}", shown(&result));
    let mut grown = healthy.clone();
    grown.edit(
        "label",
        |i, v| {
            if i >= 4_500 { format!("{:.3}", 1.1 * v.parse::<f64>().unwrap()) } else { v.to_owned() }
        },
    );
    let (code, result) = history_of(&grown, &["--reference-until", "3000"]);
    assert_eq!(code, 1, "{}", shown(&result));
    let error = |rows: std::ops::Range<usize>, of: &dyn Fn(f64) -> f64| {
        let n = rows.len() as f64;
        let (p, l) = (numbers(&grown, "prediction"), numbers(&grown, "label"));
        rows.map(|i| of(p[i] - l[i])).sum::<f64>() / n
    };
    let metric = &result["metric"];
    let value = |name: &str| {
        let all = std::iter::once(metric).chain(metric["others"].as_array().unwrap());
        all.clone().find(|m| m["name"] == name).map_or(f64::NAN, |m| number(&m["current"]))
    };
    for (name, wanted) in [
        ("mae", error(3_000..6_000, &f64::abs)),
        ("rmse", error(3_000..6_000, &|e| e * e).sqrt()),
        ("bias", error(3_000..6_000, &|e| e)),
    ] {
        assert!((value(name) - wanted).abs() < 1e-9 * wanted.abs().max(1.0), "{name} {wanted}: {metric}");
    }
    for name in ["mape", "rmsle", "r2"] {
        assert!(value(name).is_finite(), "{name}: {metric}");
    }
}

#[test]
fn task_decides_the_metric() {
    // Marks from 1 to 5: numbers to one model, classes to another.
    let mut rng = Rng(5);
    let marks: Vec<u64> = (0..4_000).map(|_| 1 + rng.below(5)).collect();
    let mut t = world(4_000, 1);
    t.drop("score");
    t.set("label", &marks);
    t.set("prediction", marks.iter().map(|m| if rng.uniform() < 0.7 { *m } else { 1 + rng.below(5) }));
    for (task, metric) in [("regression", "mae"), ("multiclass", "accuracy")] {
        let (_, result) = history_of(&t, &["--reference-until", "0.5", "--task", task]);
        assert_eq!(result["metric"]["name"], metric, "{task}: {}", shown(&result));
    }
}

#[test]
fn positive_turns_the_score_round() {
    let mut t = world(4_000, 1);
    t.edit("label", |_, v| ["cold", "warm"][usize::from(v == "1")].to_owned());
    t.edit("prediction", |_, v| ["cold", "warm"][usize::from(v == "1")].to_owned());
    let auc = |class: &str| {
        let more = ["--reference-until", "0.5", "--metric", "auc", "--positive", class];
        number(&history_of(&t, &more).1["metric"]["current"])
    };
    let (warm, cold) = (auc("warm"), auc("cold"));
    assert!(warm > 0.7 && (warm + cold - 1.0).abs() < 0.002, "{warm} {cold}");
}

#[test]
fn threshold_decides_where_nothing_was_predicted() {
    let mut t = world(4_000, 1);
    t.drop("prediction");
    for threshold in ["0.5", "0.2", "0.9"] {
        let more = ["--reference-until", "2000", "--threshold", threshold];
        let (_, result) = history_of(&t, &more);
        for (name, rows) in [("reference", 0..2_000), ("current", 2_000..4_000)] {
            let wanted = accuracy(&t.part(rows), threshold.parse().unwrap());
            assert!(
                (number(&result["metric"][name]) - wanted).abs() < 1e-9,
                "{threshold}: {wanted} {}",
                result["metric"]
            );
        }
    }
}

#[test]
fn tolerance_and_metric_decide_the_verdict() {
    let mut t = world(8_000, 1);
    // Every eighth label is wrong: the accuracy falls by about 0.06.
    t.edit(
        "label",
        |i, v| if i >= 4_000 && i % 8 == 0 { (1 - v.parse::<u8>().unwrap()).to_string() } else { v.to_owned() },
    );
    for (tolerance, code) in [("0.01", 1), ("0.2", 0)] {
        let (got, result) = history_of(&t, &["--reference-until", "4000", "--tolerance", tolerance]);
        assert_eq!((got, result["metric"]["tolerance"].to_string().as_str()), (code, tolerance), "{}", shown(&result));
    }
    for metric in ["accuracy", "auc", "f1", "log_loss", "brier", "mcc", "ece"] {
        let (_, result) = history_of(&t, &["--reference-until", "4000", "--metric", metric]);
        let of = &result["metric"];
        assert_eq!(of["name"], metric);
        let up = !["log_loss", "brier", "ece"].contains(&metric);
        assert_eq!(of["higher_is_better"], up, "{metric}");
        assert!((number(&of["change"]) < 0.0) == up, "{metric}: {of}");
        let loss = finding(&result, "performance_loss", "").unwrap_or_else(|| panic!("{metric}: {}", shown(&result)));
        assert_eq!(loss["impact"]["metric"], metric);
    }
}

#[test]
fn the_guess_of_roles_is_printed_with_how_to_override_it() {
    let folder = Folder::new();
    let (r, c) = (folder.file("r.csv", world(2_000, 1).csv()), folder.file("c.csv", world(2_000, 2).csv()));
    let said = run(&["check", "--reference", &r, "--current", &c]).stdout;
    let words = said.split_whitespace().collect::<Vec<_>>().join(" ");
    for part in ["roles guessed", "label", "prediction", "score", "time = timestamp", "id", "--time"] {
        assert!(words.contains(part), "{part}: {said}");
    }
    // Where all is said, nothing is guessed.
    let all =
        ["--label", "label", "--prediction", "prediction", "--score", "score", "--time", "timestamp", "--id", "id"];
    let said = run(&[&["check", "--reference", &r, "--current", &c][..], &all].concat()).stdout;
    assert!(!said.contains("guessed"), "{said}");
    // A role that is given holds, whatever the name suggests.
    let (_, result) = compare(&world(2_000, 1), &world(2_000, 2), &["--ignore", "score", "--segment", "channel"]);
    let roles = &result["inputs"]["roles"];
    assert!(roles["score"].is_null() && roles["segment"] == serde_json::json!(["channel"]), "{roles}");
}

#[test]
fn blind_says_what_is_missing() {
    let strip = |seed| {
        let mut t = world(2_000, seed);
        t.drop("label").drop("score").drop("prediction");
        t
    };
    let folder = Folder::new();
    let (r, c) = (folder.file("r.csv", strip(1).csv()), folder.file("c.csv", strip(2).csv()));
    let output = run(&["check", "--reference", &r, "--current", &c, "-o", &folder.join("r.json")]);
    assert_eq!((output.code, output.stderr.as_str()), (3, ""));
    for part in ["BLIND", "the reference has no labels", "Give the reference labels and predictions"] {
        assert!(output.stdout.contains(part), "{part}: {}", output.stdout);
    }
    let result: Value = serde_json::from_str(&std::fs::read_to_string(folder.join("r.json")).unwrap()).unwrap();
    assert_eq!((&result["verdict"], &result["metric"]["basis"]), (&"blind".into(), &"none".into()));
    for absent in ["reference", "current", "change", "interval"] {
        assert!(result["metric"][absent].is_null(), "{absent}");
    }
    assert!(warns(&result, &["no label column is known", "--label"]), "{}", shown(&result));
}
