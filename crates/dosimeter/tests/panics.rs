//! A decoder of others panics on some bytes. That is the file's error: one line, its name, no backtrace; the others go on.

use std::sync::Arc;

use arrow_array::{ArrayRef, Float64Array, Int64Array, RecordBatch, StringArray};
use dosimeter_scan::{Dataset, ReadError, ReadOptions};
use parquet::arrow::ArrowWriter;

use crate::kit::{Folder, run, shown, warns};

const ROWS: usize = 300;

fn parquet() -> Vec<u8> {
    let x: ArrayRef = Arc::new(Float64Array::from_iter_values((0..ROWS).map(|i| (i * 7 % 37) as f64)));
    let k: ArrayRef = Arc::new(StringArray::from_iter_values((0..ROWS).map(|i| ["a", "bb", "ccc"][i % 3])));
    let y: ArrayRef = Arc::new(Int64Array::from_iter_values((0..ROWS).map(|i| (i % 2) as i64)));
    let batch = RecordBatch::try_from_iter([("x", x), ("k", k), ("y", y)]).unwrap();
    let mut writer = ArrowWriter::try_new(Vec::new(), batch.schema(), None).unwrap();
    writer.write(&batch).unwrap();
    writer.into_inner().unwrap()
}

fn read(path: &str) -> Result<(), ReadError> {
    let data = Dataset::open(&[path.to_owned()], &ReadOptions::default())?;
    for partition in data.partitions() {
        for batch in data.read(&partition, None)? {
            batch?;
        }
    }
    Ok(())
}

#[test]
fn are_the_error_of_their_file() {
    let folder = Folder::new();
    let whole = parquet();
    // Which bytes make it panic changes with the decoder's version, so they are searched for.
    let mut panicked = Vec::new();
    for at in 0..whole.len() {
        for value in [127, 255] {
            let mut bytes = whole.clone();
            bytes[at] = value;
            let outcome = read(&folder.file("damaged.parquet", &bytes));
            if outcome.is_err_and(|e| e.to_string().contains("the decoder gave up")) {
                panicked.push(bytes);
            }
        }
    }
    // Without one, this test says nothing: then damage more than one byte.
    assert!(!panicked.is_empty(), "no single byte makes the decoder panic");
    let step = panicked.len().div_ceil(4);
    for bytes in panicked.iter().step_by(step) {
        let damaged = folder.file("damaged.parquet", bytes);
        run(&["check", &damaged, "--reference-until", "0.5"]).is_error(&["corrupt data", "damaged.parquet"]);

        folder.file("days/1.parquet", &whole);
        folder.file("days/2.parquet", bytes);
        let reference = folder.file("reference.parquet", &whole);
        let args = ["check", "--reference", &reference, "--current", &folder.join("days"), "-f", "json"];
        // The others go on; the exit code and stderr say that they are not all.
        let output = run(&args);
        assert_eq!((output.code, output.stderr.lines().count()), (2, 2), "{output:?}");
        assert!(output.stderr.starts_with("error: ") && output.stderr.contains("2.parquet"), "{output:?}");
        let result = serde_json::from_str(&output.stdout).unwrap();
        assert!(warns(&result, &["2.parquet", "corrupt data"]), "{}", shown(&result));
        assert!(result["inputs"]["current"]["rows"].as_u64() >= Some(ROWS as u64), "{}", shown(&result));
    }
}
