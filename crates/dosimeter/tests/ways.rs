//! Ways in that must not matter: compressed JSON Lines, a stream of Arrow batches; and bounds that must: memory, one line.

use std::fs::File;
use std::io::Write as _;
use std::process::{Command, Stdio};

use parquet::arrow::arrow_reader::ParquetRecordBatchReaderBuilder;
use serde_json::Value;

use crate::kit::{Folder, findings, many_users, run, shown, wide, world};

/// All but the names: of the files, and of the monitor, which is called after them.
fn nameless(mut result: Value) -> Value {
    result["monitor"] = Value::Null;
    for period in ["reference", "current"] {
        result["inputs"][period]["files"] = Value::Null;
    }
    result
}

fn decayed(path: &str) -> Value {
    let result = nameless(run(&["check", path, "--reference-until", "2000", "-f", "json"]).json());
    assert!(!findings(&result).is_empty() && result["verdict"] == "decaying", "{}", shown(&result));
    result
}

#[test]
fn compressed_json_lines() {
    let mut table = world(4_000, 1);
    table.edit("label", |i, v| if i >= 2_000 { (1 - v.parse::<u8>().unwrap()).to_string() } else { v.to_owned() });
    let text = table.jsonl();
    let folder = Folder::new();
    let wanted = decayed(&folder.file("events.jsonl", &text));
    let mut gz = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    gz.write_all(text.as_bytes()).unwrap();
    let files = [
        folder.file("events.jsonl.gz", gz.finish().unwrap()),
        folder.file("events.jsonl.zst", zstd::encode_all(text.as_bytes(), 1).unwrap()),
    ];
    for path in &files {
        assert!(decayed(path) == wanted, "{path}");
    }
}

#[test]
fn an_arrow_stream_is_as_good_as_a_file() {
    let folder = Folder::new();
    let events = folder.join("events.parquet");
    run(&["simulate", "concept_abrupt", "--rows", "4000", "-o", &events]);
    let reader = ParquetRecordBatchReaderBuilder::try_new(File::open(&events).unwrap()).unwrap();
    let batches: Vec<_> = reader.with_batch_size(700).build().unwrap().map(Result::unwrap).collect();
    let schema = batches[0].schema();
    let mut file = arrow_ipc::writer::FileWriter::try_new(Vec::new(), &schema).unwrap();
    let mut stream = arrow_ipc::writer::StreamWriter::try_new(Vec::new(), &schema).unwrap();
    for batch in &batches {
        file.write(batch).unwrap();
        stream.write(batch).unwrap();
    }
    let wanted = decayed(&folder.file("events.arrow", file.into_inner().unwrap()));
    let bytes = stream.into_inner().unwrap();
    assert!(!bytes.starts_with(b"ARROW1"));
    assert!(decayed(&folder.file("events.arrows", &bytes)) == wanted);
    // Whatever it is called: the first bytes tell.
    assert!(decayed(&folder.file("events", &bytes)) == wanted);
}

/// Runs a check that gets no more memory than this from the system; its result, where that was enough.
#[cfg(target_os = "linux")]
fn within(megabytes: usize, reference: &str, current: &str) -> Option<Value> {
    let script = format!("ulimit -v {} && exec \"$@\"", megabytes * 1024);
    let mut command = Command::new("/bin/bash");
    command.args(["-c", &script, "bash", env!("CARGO_BIN_EXE_dosimeter"), "check", "-f", "json"]);
    command.args(["--reference", reference, "--current", current]).stdin(Stdio::null());
    let output = command.output().unwrap();
    let done = matches!(output.status.code(), Some(0 | 1 | 3));
    done.then(|| serde_json::from_slice(&output.stdout).unwrap())
}

#[test]
#[cfg(target_os = "linux")]
fn ten_thousand_columns_within_two_gibibytes() {
    let folder = Folder::new();
    let result = within(2_048, &folder.file("r.csv", wide(1)), &folder.file("c.csv", wide(2))).unwrap();
    assert_eq!(result["columns"].as_array().unwrap().len(), 10_000);
}

#[test]
#[cfg(target_os = "linux")]
fn a_million_categories_within_one_gibibyte() {
    let folder = Folder::new();
    let (r, c) = (folder.file("r.csv", many_users(1)), folder.file("c.csv", many_users(2)));
    let result = within(1_024, &r, &c).unwrap();
    assert_eq!(result["inputs"]["current"]["rows"], 1_000_000);
    // The bound is one: with next to nothing it cannot be done.
    assert_eq!(within(32, &r, &c), None);
}

#[test]
fn one_line_of_a_hundred_megabytes() {
    let folder = Folder::new();
    let reference = folder.file("r.jsonl", world(2_000, 1).jsonl());
    let long = format!("{{\"amount\": 1, \"channel\": \"{}\"}}\n", "x".repeat(100_000_000));
    let current = folder.file("long.jsonl", long + &world(2_000, 2).jsonl());
    let output = run(&["check", "--reference", &reference, "--current", &current, "-f", "json"]);
    output.is_error(&["longer than 64 MiB", "long.jsonl, line 1"]);
}

#[test]
fn two_columns_of_one_name() {
    let folder = Folder::new();
    let reference = folder.file("reference.csv", world(2_000, 1).csv());
    let twice = folder.file("twice.csv", world(2_000, 2).csv().replacen("channel", "amount", 1));
    for periods in [["--reference", &reference, "--current", &twice], ["--reference", &twice, "--current", &reference]]
    {
        let output = run(&[&["check"], &periods[..]].concat());
        output.is_error(&["two columns of the same name", "twice.csv, line 1, column \"amount\""]);
    }
}
