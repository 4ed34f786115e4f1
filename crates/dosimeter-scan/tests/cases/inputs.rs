//! What is said of input that is read only in part, and of labels that say little.

use crate::kit::{Folder, batches, open, open_text, text};
use crate::parquet::write;
use arrow_array::{ArrayRef, BinaryArray, Int64Array};
use dosimeter_scan::pass::roles::{Given, decide};
use dosimeter_scan::pass::survey::{SurveyOptions, survey};
use dosimeter_scan::pass::{Part, Progress};
use std::sync::Arc;

fn problems(data: &dosimeter_scan::Dataset) -> Vec<String> {
    batches(data).unwrap();
    data.problems().iter().map(|p| p.to_string().split(": ").take(2).collect::<Vec<_>>().join(": ")).collect()
}

#[test]
fn bytes_are_mentioned() {
    let folder = Folder::new();
    let path = folder.path("bytes.parquet");
    let bytes: Vec<&[u8]> = vec![b"\xff\xfe", b"\xff", b"ok"];
    let words: Vec<&[u8]> = vec![b"one", b"two", b"ok"];
    let columns: Vec<(&str, ArrayRef)> = vec![
        ("x", Arc::new(Int64Array::from(vec![1, 2, 3]))),
        ("raw", Arc::new(BinaryArray::from(bytes))),
        ("words", Arc::new(BinaryArray::from(words))),
    ];
    write(&path, columns, 10);
    assert_eq!(problems(&open(&text(&path)).unwrap()), ["column \"raw\" holds bytes that are no text: not watched"]);
}

#[test]
fn an_array_needs_its_bracket() {
    let cut = problems(&open_text("a.json", "[{\"a\":1},\n{\"a\":2}").unwrap());
    assert!(cut.len() == 1 && cut[0].contains("never closed"), "{cut:?}");
    assert_eq!(problems(&open_text("a.json", "[{\"a\":1},\n{\"a\":2}\n]\n").unwrap()), Vec::<String>::new());
    assert_eq!(problems(&open_text("a.jsonl", "{\"a\":1}\n{\"a\":2}\n").unwrap()), Vec::<String>::new());
}

#[test]
fn labels_of_one_class_are_said() {
    let warned = |labels: &[&str]| {
        let rows: String = labels.iter().map(|l| format!("{l},1\n")).collect();
        let data = open_text("a.csv", format!("label,prediction\n{rows}")).unwrap();
        let options = SurveyOptions { time: None, part: Part::All, columns: true, seed: 0 };
        let seen = survey(&data, &options, &Progress::default());
        decide(&Given::default(), &seen.columns, &[], seen.rows).unwrap().warnings
    };
    let one = warned(&["no"; 20]);
    assert!(one.len() == 1 && one[0].contains("is no") && one[0].contains("label"), "{one:?}");
    assert!(warned(&["no", "yes", "no", "yes"]).is_empty());
}
