//! Whose fault a loss is, and whether there is one at all: worlds in which the truth is known by construction.

use serde_json::Value;

use crate::kit::{Folder, Rng, Table, compare, finding, findings, run, shown, stamp};

fn sigmoid(z: f64) -> f64 {
    1.0 / (1.0 + (-z).exp())
}

/// A calibrated model of many inputs; `spread` pulls all of them towards the boundary, `truth` turns a row's chance into
/// the one that its label is drawn with.
fn model(rows: usize, seed: u64, inputs: usize, spread: f64, truth: impl Fn(usize, f64) -> f64) -> Table {
    let mut rng = Rng(seed);
    let x: Vec<Vec<f64>> = (0..inputs).map(|_| (0..rows).map(|_| spread * rng.normal()).collect()).collect();
    let z = |i: usize| 2.5 / (inputs as f64).sqrt() * x.iter().map(|c| c[i]).sum::<f64>();
    let score: Vec<f64> = (0..rows).map(|i| sigmoid(z(i))).collect();
    let mut t = Table::default();
    for (name, values) in x.iter().enumerate() {
        t.set(&format!("x{name}"), values.iter().map(|v| format!("{v:.4}")));
    }
    t.set("score", score.iter().map(|s| format!("{s:.5}")));
    t.set("prediction", score.iter().map(|s| u8::from(*s >= 0.5)));
    t.set("label", score.iter().enumerate().map(|(i, s)| u8::from(rng.uniform() < truth(i, *s))));
    t
}

fn harmful<'a>(result: &'a Value, mode: &str) -> Option<&'a Value> {
    finding(result, mode, "").filter(|f| f["severity"] == "harmful")
}

#[test]
fn inputs_that_move_together_are_no_concept_drift() {
    let honest = |_: usize, s: f64| s;
    let (reference, current) = (model(8_000, 1, 20, 1.0, honest), model(8_000, 2, 20, 0.6, honest));
    let (_, result) = compare(&reference, &current, &[]);
    assert_eq!(result["verdict"], "decaying", "{}", shown(&result));
    let parts = &result["decomposition"];
    let part = |name: &str| parts[name].as_f64().unwrap();
    assert!(part("inputs_common") < -0.05 && part("concept").abs() < 0.02, "{parts}");
    assert!(harmful(&result, "concept_drift").is_none(), "{}", shown(&result));
    assert_eq!(harmful(&result, "data_drift").unwrap()["kind"], "inputs_moved_together");
    // The same change of labels with inputs that stay is concept drift, and inputs are not blamed.
    let (_, result) = compare(&reference, &model(8_000, 2, 20, 1.0, |_, s| 0.7 * s + 0.15), &[]);
    assert!(harmful(&result, "concept_drift").is_some() && harmful(&result, "data_drift").is_none());
}

#[test]
fn concept_drift_is_named_though_inputs_moved_to_easier_rows() {
    let easier = |rows, seed, concept: f64| model(rows, seed, 3, 1.5, move |_, s| (1.0 - concept) * s + concept / 2.0);
    let (_, result) = compare(&model(8_000, 21, 3, 1.0, |_, s| s), &easier(8_000, 22, 0.3), &[]);
    let part = |name: &str| result["decomposition"][name].as_f64().unwrap();
    assert!(part("inputs_common") > 0.02 && part("concept") < -0.06, "{}", result["decomposition"]);
    assert!(harmful(&result, "concept_drift").is_some(), "{}", shown(&result));
}

#[test]
fn a_few_broken_rows_do_not_take_the_loss_of_all() {
    let reference = model(6_000, 3, 3, 1.0, |_, s| s);
    let mut current = model(6_000, 4, 3, 1.0, |_, s| 0.5 * s + 0.25);
    current.edit("x2", |i, v| if i % 30 == 7 { String::new() } else { v.to_owned() });
    let (_, result) = compare(&reference, &current, &[]);
    let broken = finding(&result, "schema_change", "x2").unwrap();
    assert_eq!((&broken["kind"], &broken["severity"]), (&"null_rate_jumped".into(), &"watch".into()));
    let part = |name: &str| result["decomposition"][name].as_f64().unwrap();
    assert!(part("concept") < -0.08 && part("schema").abs() < 0.02, "{}", result["decomposition"]);
    assert!(harmful(&result, "concept_drift").is_some(), "{}", shown(&result));
}

#[test]
fn a_few_labels_do_not_hide_what_the_scores_of_all_others_show() {
    // From row 11,000 on the inputs are where the model knows nothing; labels end at row 8,200.
    let (calm, unsure) = (model(11_000, 5, 3, 1.0, |_, s| s), model(4_000, 6, 3, 0.2, |_, s| s));
    let mut all = Table::default();
    for name in ["x0", "x1", "x2", "score", "prediction", "label"] {
        all.set(name, calm.column(name).iter().chain(unsure.column(name)));
    }
    all.set("time", (0..15_000).map(|i| stamp(i * 8)));
    all.edit("label", |i, v| if i < 8_200 { v.to_owned() } else { String::new() });
    let folder = Folder::new();
    let file = folder.file("history.csv", all.csv());
    let result = run(&["check", &file, "--reference-until", "8000", "--format", "json"]).json();
    assert_eq!((&result["verdict"], &result["metric"]["basis"]), (&"decaying".into(), &"mixed".into()));
    let drift: Vec<&Value> = findings(&result).iter().filter(|f| f["mode"] == "data_drift").collect();
    assert!(!drift.is_empty() && drift.iter().all(|f| f["severity"] != "harmless"), "{}", shown(&result));
}

#[test]
fn a_watched_segment_may_not_collapse_in_silence() {
    let vip = |i: usize| i % 50 == 3;
    let with = |t: &mut Table| {
        t.set("plan", (0..10_000).map(|i| if vip(i) { "vip" } else { "usual" }));
    };
    let (mut reference, mut current) =
        (model(10_000, 7, 3, 1.0, |_, s| s), model(10_000, 8, 3, 1.0, move |i, s| if vip(i) { 1.0 - s } else { s }));
    with(&mut reference);
    with(&mut current);
    let (output, result) = compare(&reference, &current, &["--segment", "plan"]);
    let fell = finding(&result, "performance_loss", "plan").unwrap();
    assert_eq!((output.code, &fell["kind"]), (1, &"segment_fell".into()), "{}", shown(&result));
    assert_eq!(fell["subject"]["segment"]["plan"], "vip");
    // The control: the same rows without the collapse.
    let mut same = model(10_000, 8, 3, 1.0, |_, s| s);
    with(&mut same);
    let (output, result) = compare(&reference, &same, &["--segment", "plan"]);
    assert_eq!(output.code, 0, "{}", shown(&result));
}

#[test]
fn a_model_that_got_better_is_not_decaying() {
    // Every score is right more often than it says.
    let surer = |_: usize, s: f64| if s > 0.5 { 0.5 + 0.5 * s } else { 0.5 * s };
    let (output, result) = compare(&model(8_000, 9, 3, 1.0, |_, s| s), &model(8_000, 10, 3, 1.0, surer), &[]);
    assert_eq!(output.code, 0, "{}", shown(&result));
    let calibration = finding(&result, "calibration_loss", "").unwrap();
    assert_eq!(calibration["severity"], "watch", "{calibration}");
}

#[test]
fn files_in_no_order_are_judged_as_wholes() {
    // Sorted by the outcome, as tables often are: no window of such a file is like the whole.
    let mut current = model(6_000, 12, 3, 1.0, |_, s| 0.6 * s + 0.2);
    let right: Vec<bool> =
        current.column("label").iter().zip(current.column("prediction")).map(|(a, b)| a == b).collect();
    let mut order: Vec<usize> = (0..6_000).collect();
    order.sort_by_key(|i| right[*i]);
    for name in ["x0", "x1", "x2", "score", "prediction", "label"] {
        let values = current.column(name).to_vec();
        current.set(name, order.iter().map(|i| values[*i].clone()));
    }
    let accuracy = right.iter().filter(|r| **r).count() as f64 / 6_000.0;
    let (_, result) = compare(&model(6_000, 11, 3, 1.0, |_, s| s), &current, &[]);
    let fell = finding(&result, "performance_loss", "").unwrap();
    let change = accuracy - result["metric"]["reference"].as_f64().unwrap();
    assert!((fell["impact"]["change"].as_f64().unwrap() - change).abs() < 1e-9, "{fell}");
    assert!(findings(&result).iter().all(|f| f["onset"].is_null()), "{}", shown(&result));
}

#[test]
fn many_classes_may_lose_their_calibration_too() {
    let classes = ["a", "b", "c"];
    let world = |seed: u64, sure: f64| {
        let mut rng = Rng(seed);
        let mut t = Table::default();
        let (mut scores, mut label, mut said) = (vec![Vec::new(); 3], Vec::new(), Vec::new());
        for _ in 0..6_000 {
            let e: Vec<f64> = (0..3).map(|_| (sure * rng.normal()).exp()).collect();
            let sum: f64 = e.iter().sum();
            // The truth is as sure as a model of 1.0 would be.
            let honest: Vec<f64> = e.iter().map(|x| x.powf(1.0 / sure)).collect();
            let mut u = rng.uniform() * honest.iter().sum::<f64>();
            let is = (0..3)
                .find(|k| {
                    u -= honest[*k];
                    u < 0.0
                })
                .unwrap_or(2);
            label.push(classes[is]);
            said.push(classes[(0..3).max_by(|a, b| e[*a].total_cmp(&e[*b])).unwrap()]);
            (0..3).for_each(|k| scores[k].push(format!("{:.5}", e[k] / sum)));
        }
        t.set("label", label).set("prediction", said);
        (0..3).for_each(|k| {
            t.set(&format!("p_{}", classes[k]), &scores[k]);
        });
        t
    };
    let flags = ["--score", "a=p_a,b=p_b,c=p_c"];
    let (_, result) = compare(&world(13, 1.0), &world(14, 2.5), &flags);
    assert!(harmful(&result, "calibration_loss").is_some(), "{}", shown(&result));
    let (_, result) = compare(&world(13, 1.0), &world(15, 1.0), &flags);
    assert!(finding(&result, "calibration_loss", "").is_none(), "{}", shown(&result));
}

#[test]
fn a_slice_that_nobody_watches_is_found_in_a_steady_whole() {
    // A crossing of 6 % of the rows, in which every second answer turns; the whole loses less than is tolerated.
    let crossing = |i: usize| i % 5 == 2 && (i / 5) % 10 < 3;
    let with = |t: &mut Table| {
        t.set("plan", (0..20_000).map(|i| format!("p{}", i % 5)));
        t.set("hour", (0..20_000).map(|i| (i / 5) % 10));
    };
    let world = |seed, fell: bool| {
        let turned = move |i: usize, s: f64| if fell && crossing(i) { 0.5 } else { s };
        let mut t = model(20_000, seed, 3, 1.0, turned);
        with(&mut t);
        t
    };
    let reference = world(31, false);
    let (_, result) = compare(&reference, &world(32, true), &["--tolerance", "0.03"]);
    let fell = findings(&result).iter().find(|f| f["kind"] == "slice_fell");
    let fell = fell.unwrap_or_else(|| panic!("{}", shown(&result)));
    assert_eq!((&fell["subject"]["segment"]["plan"], &fell["severity"]), (&"p2".into(), &"watch".into()), "{fell}");
    assert!(fell["subject"]["segment"]["hour"].is_string(), "{fell}");
    // It turned 0.3 of 6 % of the rows, or so; the interval is that of rows that did not choose the slice.
    let (share, [low, high]) =
        (fell["share"].as_f64().unwrap(), [0, 1].map(|i| fell["impact"]["interval"][i].as_f64().unwrap()));
    assert!((0.05..0.08).contains(&share) && low < -0.01 && high > -0.025, "{fell}");
    // The control: the same rows, where nothing turned.
    let (output, result) = compare(&reference, &world(32, false), &["--tolerance", "0.03"]);
    assert!(output.code == 0 && findings(&result).is_empty(), "{}", shown(&result));
}

/// Sensors whose values depend on a class, as exponentials; the class itself is not in the table.
fn sensors(seed: u64, mix: [f64; 3], rows: usize) -> Table {
    let (mut law, mut rng) = (Rng(seed), Rng(seed ^ mix[0].to_bits()));
    let class: Vec<usize> = (0..rows)
        .map(|_| {
            let u = rng.uniform();
            if u < mix[0] {
                0
            } else if u < mix[0] + mix[1] {
                1
            } else {
                2
            }
        })
        .collect();
    let mut t = Table::default();
    for name in 0..12 {
        let means = [law.normal(), law.normal(), law.normal()];
        let spread = (0.3 * law.normal()).exp();
        let value = class.iter().map(|c| (1.5 * (means[*c] + spread * rng.normal())).exp());
        t.set(&format!("s{name}"), value.map(|v| format!("{v:.4}")).collect::<Vec<_>>());
    }
    t
}

#[test]
fn a_mix_of_classes_that_moves_every_sensor_is_no_unit() {
    for seed in 1..=8 {
        let (reference, current) = (sensors(seed, [0.6, 0.3, 0.1], 4_000), sensors(seed, [0.2, 0.3, 0.5], 4_000));
        let (_, result) = compare(&reference, &current, &[]);
        assert!(finding(&result, "data_drift", "").is_some() || !findings(&result).is_empty(), "{}", shown(&result));
        let broken = findings(&result).iter().filter(|f| f["kind"] == "unit_changed" || f["kind"] == "columns_swapped");
        assert_eq!(broken.count(), 0, "{seed}: {}", shown(&result));
    }
    // A unit that changed in the same moment, of a column that does not go with the class, is still seen.
    let with_flow = |mix, seed, factor: f64| {
        let (mut t, mut rng) = (sensors(1, mix, 4_000), Rng(seed));
        t.set("flow", (0..4_000).map(|_| format!("{:.1}", factor * (1.0 + rng.normal()).exp())).collect::<Vec<_>>());
        t
    };
    let (_, result) = compare(&with_flow([0.6, 0.3, 0.1], 51, 1.0), &with_flow([0.2, 0.3, 0.5], 52, 1000.0), &[]);
    assert_eq!(finding(&result, "schema_change", "flow").unwrap()["kind"], "unit_changed", "{}", shown(&result));
}

#[test]
fn a_few_labels_are_no_concept_drift() {
    // Inputs move to harder rows, and 80 labels say so.
    for seed in 41..47 {
        let (reference, current) = (model(2_000, seed, 3, 1.5, |_, s| s), model(80, seed + 100, 3, 0.2, |_, s| s));
        let (_, result) = compare(&reference, &current, &[]);
        assert!(finding(&result, "concept_drift", "").is_none(), "{seed}: {}", shown(&result));
    }
}
