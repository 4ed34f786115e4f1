//! Columns of vectors from files to findings: each fault is named alone, drift without a loss is harmless, and healthy
//! vectors are quiet, topics of the week included.

use std::fmt::Write as _;

use serde_json::Value;

use crate::kit::run;

/// The kinds of schema change that only vectors have.
pub(crate) const KINDS: [&str; 4] =
    ["dimension_changed", "embedding_constant", "embedding_rescaled", "embedding_replaced"];

const WINDOWS: usize = 12;
const ROWS: usize = 150;
const DIMENSION: usize = 12;

/// Splitmix64, and normal numbers by Box and Muller.
struct Draw(u64);

impl Draw {
    fn uniform(&mut self) -> f64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let z = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        (((z ^ (z >> 31)) >> 11) as f64 + 0.5) / 2f64.powi(53)
    }

    fn normal(&mut self) -> f64 {
        (-2.0 * self.uniform().ln()).sqrt() * (std::f64::consts::TAU * self.uniform()).cos()
    }
}

/// A period as JSON Lines: vectors around three topics, whose mix wobbles by week, normalised; `edit` sees each vector with
/// its row. The label is read off the first element, and the model knows it but for noise.
fn period(seed: u64, first: usize, edit: impl Fn(usize, &mut Vec<f64>, &mut Draw)) -> String {
    let mut draw = Draw(seed);
    let mut text = String::new();
    for window in 0..WINDOWS {
        let share = 0.5 + 0.1 * draw.normal().clamp(-2.0, 2.0);
        for i in 0..ROWS {
            let row = window * ROWS + i;
            let topic = if draw.uniform() < share { 0 } else { 1 + usize::from(draw.uniform() < 0.5) };
            let mut v: Vec<f64> =
                (0..DIMENSION).map(|k| draw.normal() * 0.15 + f64::from(u8::from(k == topic))).collect();
            let norm = v.iter().map(|x| x * x).sum::<f64>().sqrt();
            v.iter_mut().for_each(|x| *x /= norm);
            let label = draw.uniform() < 0.5;
            let score = (if label { 0.75 } else { 0.25 }) + draw.normal() * 0.15;
            edit(row, &mut v, &mut draw);
            let list: Vec<String> = v.iter().map(|x| format!("{x:.6}")).collect();
            let minute = (first + row) * 7 * 1440 / ROWS;
            let time = format!(
                "2024-{:02}-{:02}T{:02}:{:02}:00Z",
                1 + minute / 1440 / 28,
                1 + minute / 1440 % 28,
                minute / 60 % 24,
                minute % 60
            );
            let _ = writeln!(
                text,
                "{{\"time\":\"{time}\",\"embedding\":[{}],\"score\":{:.4},\"prediction\":{},\"label\":{}}}",
                list.join(","),
                score.clamp(0.0, 1.0),
                u8::from(score > 0.5),
                u8::from(label)
            );
        }
    }
    text
}

fn compare(seed: u64, edit: impl Fn(usize, &mut Vec<f64>, &mut Draw)) -> Value {
    let folder = tempfile::tempdir().unwrap();
    let write = |name: &str, text: String| {
        let path = folder.path().join(name);
        std::fs::write(&path, text).unwrap();
        path.display().to_string()
    };
    let reference = write("reference.jsonl", period(seed, 0, |_, _, _| {}));
    let current = write("current.jsonl", period(seed + 1_000, WINDOWS * ROWS, edit));
    let args = ["check", "--reference", &reference, "--current", &current, "--time", "time", "--window", "7d"];
    run(&[&args[..], &["--format", "json"]].concat()).json()
}

fn shown(result: &Value) -> String {
    result["findings"]
        .as_array()
        .unwrap()
        .iter()
        .map(|f| format!("{} {} {}: {}\n", f["severity"], f["mode"], f["kind"], f["message"]))
        .collect()
}

/// The one finding there is.
#[track_caller]
fn alone<'v>(result: &'v Value, kind: &str) -> &'v Value {
    let findings = result["findings"].as_array().unwrap();
    assert!(findings.len() == 1 && findings[0]["kind"] == kind, "{kind}: {}", shown(result));
    assert_eq!(findings[0]["subject"]["columns"], serde_json::json!(["embedding"]));
    &findings[0]
}

/// From the middle on.
fn late(row: usize) -> bool {
    row >= WINDOWS / 2 * ROWS
}

#[test]
fn healthy_vectors_are_quiet() {
    let loud = (0..6).filter(|seed| !compare(*seed, |_, _, _| {})["findings"].as_array().unwrap().is_empty()).count();
    assert!(loud == 0, "{loud} of 6");
    let result = compare(1, |_, _, _| {});
    assert_eq!(result["verdict"], "healthy");
    let column = result["columns"].as_array().unwrap().iter().find(|c| c["name"] == "embedding").unwrap();
    assert_eq!(column["type"], "vector[12]");
    let names: Vec<&str> =
        column["evidence"].as_array().unwrap().iter().filter_map(|e| e["statistic"].as_str()).collect();
    assert!(["mmd", "energy_distance", "own_neighbours"].iter().all(|n| names.contains(n)), "{names:?}");
    // The parts are nobody's columns.
    assert!(!result.to_string().contains("embedding["), "{result}");
}

#[test]
fn drift_without_a_loss_is_harmless() {
    let result = compare(3, |row, v, _| {
        if late(row) {
            v[5] += 0.3;
        }
    });
    let f = alone(&result, "embedding_shift");
    assert_eq!(
        (&f["mode"], &f["severity"], &result["verdict"]),
        (&"data_drift".into(), &"harmless".into(), &"healthy".into())
    );
    let window = f["onset"]["window"].as_u64().unwrap() as usize;
    assert!(window.abs_diff(WINDOWS / 2) <= 1, "{window}");
}

#[test]
fn faults_of_vectors_are_named_alone() {
    let result = compare(4, |row, v, _| {
        if late(row) {
            v.extend([0.1, -0.1]);
        }
    });
    let f = alone(&result, "dimension_changed");
    assert_eq!(
        (&f["detail"]["from"], &f["detail"]["to"], &f["onset"]["window"]),
        (&12.0.into(), &"14".into(), &6.into())
    );

    let zeros = compare(5, |row, v, draw| {
        if late(row) && draw.uniform() < 0.2 {
            v.iter_mut().for_each(|x| *x = 0.0);
        }
    });
    alone(&zeros, "embedding_constant");
    let frozen = compare(6, |row, v, _| {
        if late(row) {
            v.iter_mut().enumerate().for_each(|(k, x)| *x = k as f64 / 30.0);
        }
    });
    alone(&frozen, "embedding_constant");

    let rescaled = compare(7, |row, v, draw| {
        if late(row) {
            let length = 3.0 + draw.normal() * 0.3;
            v.iter_mut().for_each(|x| *x *= length);
        }
    });
    alone(&rescaled, "embedding_rescaled");

    let replaced = compare(8, |row, v, _| {
        if late(row) {
            v.reverse();
        }
    });
    alone(&replaced, "embedding_replaced");
}

#[test]
fn odd_vectors_are_counted() {
    let result = compare(9, |row, v, draw| {
        if late(row) && draw.uniform() < 0.2 {
            v[3] = f64::NAN;
        }
    });
    // JSON has no NaN; Python writes it, and it is read.
    alone(&result, "null_rate_jumped");
}
