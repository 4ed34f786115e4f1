//! Every scenario of `simulate`, against its own truth: mode, kind, columns, severity, onset and verdict.

use serde_json::Value;

use crate::kit::{Folder, columns, findings, run, shown};

/// Simulates, checks, and says everything that differs from the truth.
fn misses(scenario: &str) -> Vec<String> {
    let folder = Folder::new();
    let events = folder.join("events.parquet");
    let written = run(&["simulate", scenario, "--seed", "1", "-o", &events]);
    assert_eq!((written.code, written.stderr.as_str()), (0, ""));
    let truth = std::fs::read_to_string(folder.join("events.truth.json")).unwrap();
    let truth: Value = serde_json::from_str(&truth).unwrap();
    let until = truth["reference_until"]["at"].as_str().unwrap();
    let output = run(&["check", &events, "--reference-until", until, "--format", "json"]);
    let result = output.json();
    let mut found = differences(&truth, &result);
    found.extend(crate::validator::errors(&result).into_iter().map(|e| format!("not as the schema has it: {e}")));
    found.extend(parts(scenario, &result));
    found.extend(course(scenario, &result));
    if !found.is_empty() {
        eprintln!("{scenario}: {found:#?}\n{}", shown(&result));
    }
    found
}

/// How the change came, and whether each later fall is told, with its own date.
fn course(scenario: &str, result: &Value) -> Vec<String> {
    let mut found = Vec::new();
    let fell: Vec<&Value> = findings(result).iter().filter(|f| f["mode"] == "performance_loss").collect();
    let again: Vec<u64> =
        fell.iter().filter(|f| f["kind"] == "metric_fell_again").filter_map(|f| f["onset"]["row"].as_u64()).collect();
    let shape = fell.first().map_or(&Value::Null, |f| &f["onset"]["shape"]);
    let (wanted, later): (&str, &[u64]) = match scenario {
        "concept_abrupt" => ("abrupt", &[]),
        "concept_gradual" => ("gradual", &[]),
        // Six weeks after the first time, as rows come evenly.
        "concept_recurring" => ("recurring", &[21_923]),
        _ => return if again.is_empty() { found } else { vec![format!("fell again at {again:?}")] },
    };
    if shape != wanted {
        found.push(format!("the shape is {shape}"));
    }
    if again.len() != later.len() || again.iter().zip(later).any(|(a, b)| a.abs_diff(*b) > 200) {
        found.push(format!("fell again at {again:?}, not {later:?}"));
    }
    if !result["forecast"].is_null() {
        found.push(format!("forecast: {}", result["forecast"]));
    }
    found
}

/// The decomposition: its parts are the whole, and the part that the scenario is about leads.
fn parts(scenario: &str, result: &Value) -> Vec<String> {
    let mut found = Vec::new();
    let d = &result["decomposition"];
    let part = |name: &str| d[name].as_f64().unwrap_or(f64::NAN);
    let (inputs, concept) = (part("inputs_common") + part("inputs_unseen"), part("concept"));
    if !d.is_null() {
        let sum = inputs + concept + part("schema") + part("unexplained");
        let whole = result["metric"]["change"].as_f64().unwrap_or(f64::NAN);
        if (sum - whole).abs() > 1e-9 * whole.abs().max(1.0) {
            found.push(format!("the parts make {sum} and not {whole}"));
        }
    }
    let (leads, follows) = match scenario {
        "concept_abrupt" | "concept_gradual" | "concept_recurring" => (concept, inputs),
        "data_drift" => (inputs, concept),
        _ => return found,
    };
    // Of the loss, so both are below zero where they are anything.
    if !(leads < 0.0 && leads < 2.0 * follows.min(0.0)) {
        found.push(format!("inputs {inputs}, concept {concept}"));
    }
    found
}

fn differences(truth: &Value, result: &Value) -> Vec<String> {
    let mut found = Vec::new();
    let severity = truth["severity"].as_str();
    let verdict = if severity == Some("harmful") { "decaying" } else { "healthy" };
    if result["verdict"] != verdict {
        found.push(format!("verdict {} is not {verdict}", result["verdict"]));
    }
    let Some(mode) = truth["mode"].as_str() else {
        found.extend(findings(result).iter().map(|f| format!("false alarm: {}", f["message"])));
        return found;
    };
    let wanted: Vec<&str> = truth["columns"].as_array().unwrap().iter().filter_map(Value::as_str).collect();
    let speaks = |f: &&Value| f["mode"] == mode && (truth["kind"].is_null() || f["kind"] == truth["kind"]);
    let named: Vec<&Value> = findings(result).iter().filter(speaks).collect();
    let Some(first) = named.first() else {
        found.push(format!("{mode}/{} is not named", truth["kind"]));
        return found;
    };
    // A shift may be told column by column; the loss through it is told by one finding.
    let mut seen: Vec<&str> = named.iter().flat_map(|f| columns(f)).collect();
    seen.sort_unstable();
    // A concept is about the label given the inputs: its subject is no single column.
    let wanted = wanted.iter().filter(|_| mode != "concept_drift");
    found.extend(wanted.filter(|c| !seen.contains(c)).map(|c| format!("{mode} does not name {c}, but {seen:?}")));
    if !named.iter().any(|f| f["severity"].as_str() == severity) {
        found.push(format!("{mode} is {} and not {}", first["severity"], truth["severity"]));
    }
    if let Some(row) = truth["onset"]["row"].as_u64() {
        let size = window_rows(result);
        let near = |f: &Value| f["onset"]["row"].as_u64().is_some_and(|r| r.abs_diff(row) <= size);
        if !named.iter().any(|f| near(f)) {
            let dated: Vec<String> = named.iter().map(|f| f["onset"]["row"].to_string()).collect();
            found.push(format!("{mode} is dated to row {}, not {row} +- {size}", dated.join(" ")));
        }
    }
    if let Some(row) = truth["onset"]["row"].as_u64() {
        let early = |f: &&Value| f["onset"]["row"].as_u64().is_some_and(|r| r + window_rows(result) < row);
        let harmful = findings(result).iter().filter(|f| f["severity"] == "harmful" && !speaks(f));
        found.extend(harmful.filter(early).map(|f| {
            format!("{} is dated to row {}, before anything happened at {row}", f["mode"], f["onset"]["row"])
        }));
    }
    found
}

/// The most rows in a current window.
fn window_rows(result: &Value) -> u64 {
    result["windows"].as_array().unwrap().iter().filter_map(|w| w["rows"].as_u64()).max().unwrap()
}

/// One test a scenario, so that they run side by side.
macro_rules! scenarios {
    ($($name:ident)*) => {
        $(#[test]
        fn $name() {
            let known = known_misses(stringify!($name));
            let new: Vec<String> = misses(stringify!($name)).into_iter().filter(|m| !known.contains(m)).collect();
            assert!(new.is_empty(), "{new:#?}");
        })*

        #[test]
        fn none_is_forgotten() {
            let known: Vec<&str> = dosimeter_core::simulate::SCENARIOS.iter().map(|s| s.id).collect();
            assert_eq!(known, [$(stringify!($name)),*]);
        }
    };
}

scenarios! {
    lesson healthy healthy_wobble harmless_drift data_drift concept_abrupt concept_gradual concept_recurring
    regression_growth rare_category label_shift unit_change renamed_column null_burst column_swap sentinel
    frozen_column date_layout decimal_comma casing
}

/// What the product does not see yet, as it says it today. Nothing may be added here; what is seen meanwhile goes.
const KNOWN_MISSES: &[(&str, &[&str])] = &[];

fn known_misses(scenario: &str) -> Vec<String> {
    let of = KNOWN_MISSES.iter().filter(|(s, _)| *s == scenario);
    of.flat_map(|(_, m)| m.iter().map(|s| (*s).to_owned())).collect()
}
