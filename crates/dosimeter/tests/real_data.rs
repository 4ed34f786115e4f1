//! Real tables, of which is known what happened: `examples/data/FIGURES.md`, and the publishers' own words.

use std::fs::File;
use std::sync::Arc;

use arrow_array::{Array, Int64Array, RecordBatch, UInt32Array};
use parquet::arrow::ArrowWriter;
use parquet::arrow::arrow_reader::ParquetRecordBatchReaderBuilder;
use serde_json::Value;

use crate::kit::{Folder, Output, Rng, beside, columns, example, finding, findings, run, shown};

fn window_rows(result: &Value) -> u64 {
    result["windows"].as_array().unwrap().iter().filter_map(|w| w["rows"].as_u64()).max().unwrap()
}

/// Asserts that a finding is dated to a row, give or take one window.
#[track_caller]
fn dated(result: &Value, mode: &str, column: &str, row: u64) {
    let found = finding(result, mode, column).unwrap_or_else(|| panic!("no {mode} of {column}: {}", shown(result)));
    let (at, size) = (found["onset"]["row"].as_u64().unwrap(), window_rows(result));
    assert!(at.abs_diff(row) <= size, "{mode} {column} at {at}, not {row} +- {size}");
}

#[track_caller]
fn harmful(result: &Value, mode: &str, column: &str) {
    let found = finding(result, mode, column).unwrap_or_else(|| panic!("no {mode} of {column}: {}", shown(result)));
    assert_eq!(found["severity"], "harmful", "{found}");
}

#[test]
fn hotel() {
    let output = run(&[
        "check",
        &example("hotel_bookings.parquet"),
        "--reference-until",
        "2016-04-01",
        "--label",
        "is_canceled",
        "-f",
        "json",
    ]);
    let result = output.json();
    assert_eq!((output.code, &result["verdict"]), (1, &"decaying".into()), "{}", shown(&result));
    harmful(&result, "performance_loss", "");
    let onset = finding(&result, "performance_loss", "").unwrap()["onset"]["at"].as_str().unwrap().to_owned();
    assert!(("2016-04".."2016-11").contains(&onset.as_str()), "dated {onset}");
    // What a person reads first: the two that lead, then the one whose cost is in them.
    for (column, mode, within) in [
        ("market_segment", "category_shift", 6),
        ("is_canceled", "prior_shift", 6),
        ("deposit_type", "category_shift", 12),
    ] {
        let place = findings(&result).iter().position(|f| f["mode"] == mode && columns(f).contains(&column));
        assert!(place.is_some_and(|p| p < within), "{column} at {place:?}: {}", shown(&result));
    }
    // Measured by scikit-learn over the same rows.
    let metric = &result["metric"];
    assert_eq!(metric["name"], "accuracy");
    assert!((metric["reference"].as_f64().unwrap() - 0.867).abs() < 0.0006, "{metric}");
    let rows = [(16_198, 0.834), (15_029, 0.780), (14_517, 0.769), (12_828, 0.797), (17_621, 0.748), (10_238, 0.689)];
    let mean = rows.iter().map(|(n, a)| f64::from(*n) * a).sum::<f64>() / 86_431.0;
    assert!((metric["current"].as_f64().unwrap() - mean).abs() < 0.001, "{metric}");
}

#[test]
fn bank() {
    let output = run(&["check", &example("bank_marketing.parquet"), "--reference-until", "20000", "-f", "json"]);
    let result = output.json();
    assert_eq!(output.code, 1, "{}", shown(&result));
    harmful(&result, "performance_loss", "");
    dated(&result, "performance_loss", "", 23_997);
    assert!(
        finding(&result, "prior_shift", "y").is_some() && finding(&result, "calibration_loss", "").is_some(),
        "{}",
        shown(&result)
    );
    for column in ["pdays", "previous", "poutcome"] {
        assert!(
            finding(&result, "schema_change", column).is_some_and(|f| f["kind"] == "column_awoke"),
            "{}",
            shown(&result)
        );
    }
}

#[test]
fn employment_is_healthy() {
    let output = run(&[
        "check",
        &example("employment_ma.parquet"),
        "--reference-until",
        "20000",
        "--label",
        "employed",
        "-f",
        "json",
    ]);
    let result = output.json();
    assert_eq!(output.code, 0, "{}", shown(&result));
    assert!(findings(&result).iter().all(|f| f["severity"] != "harmful"), "{}", shown(&result));
}

#[test]
fn employment_year_by_year() {
    let files = ["reference", "analysis", "analysis_target"].map(|n| beside(&format!("employment_ma/{n}.parquet")));
    let [Some(reference), Some(analysis), Some(target)] = files else {
        return;
    };
    let folder = Folder::new();
    for year in [2016, 2017, 2018] {
        let current = folder.join(&format!("{year}.parquet"));
        shuffled_year(&analysis, &current, year);
        let output = run(&[
            "check",
            "--reference",
            &reference,
            "--current",
            &current,
            "--labels",
            &target,
            "--id",
            "id",
            "--label",
            "employed",
            "--ignore",
            "year",
            "-f",
            "json",
        ]);
        let result = output.json();
        assert_eq!(output.code, 0, "{year}: {}", shown(&result));
    }
}

/// One year's rows in random order: inside a year the publisher's rows are sorted by household.
fn shuffled_year(from: &str, to: &str, year: i64) {
    let reader = ParquetRecordBatchReaderBuilder::try_new(File::open(from).unwrap())
        .unwrap()
        .with_batch_size(1 << 20)
        .build()
        .unwrap();
    let batches: Vec<RecordBatch> = reader.map(Result::unwrap).collect();
    let [batch] = batches.as_slice() else { panic!("{} batches", batches.len()) };
    let years: &Int64Array = batch.column_by_name("year").unwrap().as_any().downcast_ref().unwrap();
    let mut rows: Vec<u32> = (0..batch.num_rows() as u32).filter(|i| years.value(*i as usize) == year).collect();
    let mut rng = Rng(year as u64);
    (1..rows.len()).rev().for_each(|i| rows.swap(i, rng.below(i as u64 + 1) as usize));
    let part = arrow_select::take::take_record_batch(batch, &UInt32Array::from(rows)).unwrap();
    let mut writer = ArrowWriter::try_new(File::create(to).unwrap(), Arc::clone(part.schema_ref()), None).unwrap();
    writer.write(&part).unwrap();
    writer.close().unwrap();
}

#[test]
fn elec2() {
    let Some(path) = beside("elec2/elec2.parquet") else {
        return;
    };
    // No time column, and 'date' is a number that only grows.
    let result = run(&["check", &path, "--reference-until", "15000", "--label", "class", "-f", "json"]).json();
    for column in ["vicprice", "vicdemand", "transfer"] {
        assert!(
            finding(&result, "schema_change", column).is_some_and(|f| f["kind"] == "column_awoke"),
            "{}",
            shown(&result)
        );
        dated(&result, "schema_change", column, 17_424);
    }
}

/// A reference, a current part and labels that come apart.
fn published(name: &str, label: &str) -> Option<Output> {
    let [reference, current, labels] =
        ["reference", "analysis", "analysis_target"].map(|n| beside(&format!("{name}/{n}.parquet")));
    let args =
        ["--reference", &reference?, "--current", &current?, "--labels", &labels?, "--id", "id", "--label", label];
    Some(run(&[&["check", "-f", "json"], &args[..]].concat()))
}

#[test]
fn car_loan() {
    let Some(output) = published("car_loan", "repaid") else {
        return;
    };
    let result = output.json();
    assert_eq!(output.code, 1, "{}", shown(&result));
    dated(&result, "performance_loss", "", 25_000);
    // Inputs that moved far are dated to a few rows, inside a week of 1,000.
    let row = finding(&result, "data_drift", "loan_length").unwrap()["onset"]["row"].as_u64().unwrap();
    assert!(row.abs_diff(25_000) <= 40, "{row}");
    assert!(result["forecast"].is_null(), "a step is no decline: {}", result["forecast"]);
    assert_eq!(result["inputs"]["labels"]["matched"], 50_000);
    assert!(finding(&result, "data_drift", "car_value").is_some(), "{}", shown(&result));
}

#[test]
fn car_price() {
    let Some(output) = published("car_price", "y_true") else {
        return;
    };
    let result = output.json();
    assert_eq!(output.code, 0, "{}", shown(&result));
    let found = findings(&result).iter().find(|f| f["kind"] == "other_metric_fell").unwrap();
    let message = found["message"].as_str().unwrap();
    assert!(message.contains("mae improves") && message.contains("worsens"), "{message}");
    dated(&result, "performance_loss", "", 30_000);
    let mape = result["metric"]["others"].as_array().unwrap().iter().find(|m| m["name"] == "mape").unwrap();
    assert!(mape["current"].as_f64().unwrap() > mape["reference"].as_f64().unwrap(), "{mape}");
}

#[test]
fn car_price_names_the_percentage_error() {
    let Some(output) = published("car_price", "y_true") else {
        return;
    };
    let result = output.json();
    let found = findings(&result).iter().find(|f| f["kind"] == "other_metric_fell").unwrap();
    assert!(found["message"].as_str().unwrap().contains("mape worsens"), "{found}");
}
