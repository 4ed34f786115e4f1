//! Relations between columns: held to NannyML's published numbers on its car loans, and seen through the program.

use std::collections::BTreeMap;
use std::fs::File;

use arrow_array::cast::AsArray;
use arrow_array::types::Float64Type;
use arrow_array::{Array, RecordBatch};
use dosimeter_core::joint::pca::Components;
use dosimeter_core::learn::{Config, Cutter, Loss, Matrix, auc_within, cross_fit};
use parquet::arrow::arrow_reader::ParquetRecordBatchReaderBuilder;

use crate::kit::{Rng, Table, beside, compare, findings, shown};

const INPUTS: [&str; 7] = [
    "car_value",
    "salary_range",
    "debt_to_income_ratio",
    "loan_length",
    "repaid_loan_on_prev_car",
    "size_of_downpayment",
    "driver_tenure",
];

/// A column as numbers, or as words.
enum Cells {
    Numbers(Vec<f64>),
    Words(Vec<String>),
}

fn cells(batches: &[RecordBatch], name: &str) -> Cells {
    let columns = || batches.iter().map(|b| b.column_by_name(name).unwrap());
    let numbers: Vec<f64> =
        columns().filter_map(|c| c.as_primitive_opt::<Float64Type>()).flat_map(|c| c.values().to_vec()).collect();
    if !numbers.is_empty() {
        return Cells::Numbers(numbers);
    }
    let words = |c: &std::sync::Arc<dyn Array>| -> Vec<String> {
        if let Some(c) = c.as_boolean_opt() {
            c.iter().map(|x| format!("{x:?}")).collect()
        } else if let Some(c) = c.as_string_opt::<i32>() {
            c.iter().map(|x| x.unwrap().to_owned()).collect()
        } else {
            c.as_string::<i64>().iter().map(|x| x.unwrap().to_owned()).collect()
        }
    };
    Cells::Words(columns().flat_map(words).collect())
}

fn batches(path: &str) -> Vec<RecordBatch> {
    let file = ParquetRecordBatchReaderBuilder::try_new(File::open(path).unwrap()).unwrap();
    file.build().unwrap().map(Result::unwrap).collect()
}

/// Both periods as NannyML encodes them: a word by how often the reference has it.
fn car_loans() -> Option<[Vec<Vec<f64>>; 2]> {
    let [reference, analysis] = ["reference", "analysis"].map(|n| beside(&format!("car_loan/{n}.parquet")));
    let (reference, analysis) = (batches(&reference?), batches(&analysis?));
    let (mut then, mut now) = (Vec::new(), Vec::new());
    for name in INPUTS {
        match (cells(&reference, name), cells(&analysis, name)) {
            (Cells::Numbers(a), Cells::Numbers(b)) => {
                then.push(a);
                now.push(b);
            }
            (Cells::Words(a), Cells::Words(b)) => {
                let mut often: BTreeMap<&String, f64> = BTreeMap::new();
                a.iter().for_each(|w| *often.entry(w).or_insert(0.0) += 1.0);
                let code = |w: &String| often.get(w).copied().unwrap_or(0.0);
                then.push(a.iter().map(code).collect());
                now.push(b.iter().map(code).collect());
            }
            _ => panic!("{name} changed its type"),
        }
    }
    Some([then, now])
}

#[test]
fn reconstruction_error_is_nannymls() {
    let Some([then, now]) = car_loans() else {
        return;
    };
    let model = Components::fit(&then, |_| true, 0.65);
    // nannyml 0.13.1, DataReconstructionDriftCalculator(column_names=INPUTS, chunk_size=5000): reconstruction_error_value of the
    // reference's ten chunks, then of the analysis'.
    let expected = [
        [
            1.1364081809409246,
            1.1344779894868642,
            1.1360763923259614,
            1.1401143964629235,
            1.126078113672781,
            1.1420178225541335,
            1.1251463791670575,
            1.1432061571057692,
            1.1309535105091153,
            1.1270259419997948,
        ],
        [
            1.1415167360570921,
            1.1306364046263673,
            1.1389142568036612,
            1.145040278718482,
            1.1375628170543015,
            1.2492052296390255,
            1.2431014887354355,
            1.2581468610835447,
            1.2281786294002086,
            1.259883752176946,
        ],
    ];
    for (period, expected) in [&then, &now].into_iter().zip(expected) {
        let errors = model.errors(period);
        for (chunk, expected) in errors.chunks(5_000).zip(expected) {
            let found = chunk.iter().sum::<f64>() / chunk.len() as f64;
            assert!((found - expected).abs() < 1e-9, "{found} is not {expected}");
        }
    }
}

#[test]
fn a_domain_classifier_tells_what_nannymls_tells() {
    let Some([then, now]) = car_loans() else {
        return;
    };
    let cutters: Vec<Cutter> = then.iter().map(|c| Cutter::new(c, 64)).collect();
    let matrix = |columns: Vec<Vec<f64>>| {
        let codes = cutters.iter().zip(&columns).map(|(cut, values)| cut.codes(values)).collect();
        let cardinality: Vec<u16> = cutters.iter().map(Cutter::cardinality).collect();
        Matrix::new(codes, cardinality, vec![true; cutters.len()]).unwrap()
    };
    let part = |columns: &[Vec<f64>], from: usize, to: usize, step: usize| -> Vec<Vec<f64>> {
        columns.iter().map(|c| c[from..to].iter().step_by(step).copied().collect()).collect()
    };
    let reference = matrix(part(&then, 0, 50_000, 5));
    // nannyml_domain_classifier_cell4.csv: LightGBM, five folds, chunks of 5,000 of the analysis. Other trees, and a fifth of the
    // reference, and shallower ones: equal within 0.035.
    for (chunk, expected) in [(0, 0.502704), (4, 0.503402), (5, 0.913519), (9, 0.916694)] {
        let both = reference.stack(&matrix(part(&now, chunk * 5_000, (chunk + 1) * 5_000, 1))).unwrap();
        let is_now: Vec<bool> = (0..both.rows()).map(|row| row >= reference.rows()).collect();
        let target: Vec<f64> = is_now.iter().map(|now| f64::from(u8::from(*now))).collect();
        let fitted = cross_fit(&both, &target, None, &Config::new(Loss::Logistic, 3), 5);
        let found = auc_within(&fitted.margin, &is_now, &fitted.fold).unwrap();
        assert!((found.value - expected).abs() < 0.035, "chunk {chunk}: {found:?} is not {expected}");
    }
}

/// Two columns that correlate by `rho`, three that nothing happens to, one that may drift.
fn related(rows: usize, seed: u64, rho: f64, drift: f64) -> Table {
    let mut rng = Rng(seed.wrapping_mul(0x1234_5678_9abc_def1));
    let mut t = Table::default();
    let x: Vec<f64> = (0..rows).map(|_| rng.normal()).collect();
    let y: Vec<f64> = x.iter().map(|x| rho * x + (1.0 - rho * rho).sqrt() * rng.normal()).collect();
    let z: Vec<f64> = x.iter().map(|x| 0.5 * x + 0.8 * rng.normal() + drift).collect();
    t.set("income", x.iter().map(|v| format!("{v:.4}")));
    t.set("rent", y.iter().map(|v| format!("{v:.4}")));
    t.set("age", z.iter().map(|v| format!("{v:.4}")));
    t.set("region", (0..rows).map(|_| format!("r{}", rng.below(6))));
    t.set("other", (0..rows).map(|_| format!("{:.4}", rng.normal())));
    t
}

#[test]
fn a_relation_that_broke_is_the_one_finding() {
    let (_, result) = compare(&related(4_000, 1, 0.6, 0.0), &related(4_000, 2, 0.2, 0.0), &[]);
    let all = findings(&result);
    assert_eq!(all.len(), 1, "{}", shown(&result));
    assert_eq!((&all[0]["mode"], &all[0]["kind"]), (&"data_drift".into(), &"relation_changed".into()));
    // Age goes with income, and so went with rent a little less.
    let columns = all[0]["subject"]["columns"].as_array().unwrap();
    assert_eq!(columns[..2], ["income", "rent"]);
    assert_eq!(all[0]["severity"], "watch");
    let pair = &all[0]["detail"]["pairs"][0];
    let (then, now) = (pair["reference"].as_f64().unwrap(), pair["current"].as_f64().unwrap());
    // Spearman's of a normal pair: 6 / pi asin(rho / 2).
    assert!((then - 0.582).abs() < 0.04 && (now - 0.191).abs() < 0.05, "{pair}");
}

#[test]
fn a_column_that_drifted_is_not_told_twice() {
    let (_, result) = compare(&related(4_000, 3, 0.6, 0.0), &related(4_000, 4, 0.6, 1.0), &[]);
    let all = findings(&result);
    assert_eq!(all.len(), 1, "{}", shown(&result));
    assert_eq!((&all[0]["mode"], &all[0]["kind"]), (&"data_drift".into(), &serde_json::Value::Null));
    let (_, result) = compare(&related(4_000, 5, 0.6, 0.0), &related(4_000, 6, 0.6, 0.0), &[]);
    assert!(findings(&result).is_empty(), "{}", shown(&result));
}
