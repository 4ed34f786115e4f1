//! Columns of vectors, from every format, and what is odd in them.

use crate::kit::{Folder, cells, only, open, open_expecting, open_text};
use crate::parquet::write;
use arrow_array::builder::{FixedSizeListBuilder, Float32Builder};
use arrow_array::types::{Float32Type, Float64Type};
use arrow_array::{ArrayRef, LargeListArray, ListArray, RecordBatch};
use arrow_ipc::writer::FileWriter;
use dosimeter_scan::Kind;
use std::sync::Arc;

fn lists() -> Vec<(&'static str, ArrayRef)> {
    let rows = || vec![Some(vec![Some(0.5), Some(-1.0)]), None, Some(vec![Some(2.0), None]), Some(vec![])];
    let mut fixed = FixedSizeListBuilder::new(Float32Builder::new(), 2);
    for row in [Some([0.5, -1.0]), None, Some([2.0, f32::NAN]), Some([3.0, 4.0])] {
        row.unwrap_or_default().iter().for_each(|x| fixed.values().append_value(*x));
        fixed.append(row.is_some());
    }
    let narrow = vec![Some(vec![Some(0.5f32), Some(-1.0)]), None, Some(vec![Some(2.0), None]), Some(vec![])];
    vec![
        ("list", Arc::new(ListArray::from_iter_primitive::<Float32Type, _, _>(narrow))),
        ("large", Arc::new(LargeListArray::from_iter_primitive::<Float64Type, _, _>(rows()))),
        ("fixed", Arc::new(fixed.finish())),
    ]
}

const READ: [(&str, [&str; 4]); 3] = [
    ("list", ["[0.5, -1.0]", "·", "[2.0, NaN]", "[]"]),
    ("large", ["[0.5, -1.0]", "·", "[2.0, NaN]", "[]"]),
    ("fixed", ["[0.5, -1.0]", "·", "[2.0, NaN]", "[3.0, 4.0]"]),
];

#[test]
fn lists_of_floats_are_vectors() {
    let folder = Folder::new();
    let parquet = folder.path("t.parquet");
    write(&parquet, lists(), 100);
    let batch = RecordBatch::try_from_iter_with_nullable(lists().into_iter().map(|(n, a)| (n, a, true))).unwrap();
    let mut arrow = Vec::new();
    let mut writer = FileWriter::try_new(&mut arrow, &batch.schema()).unwrap();
    writer.write(&batch).unwrap();
    writer.finish().unwrap();
    drop(writer);
    for path in [parquet.display().to_string(), folder.file("t.arrow", arrow)] {
        let data = open(&path).unwrap();
        assert!(data.schema().iter().all(|f| f.kind == Kind::Vector && f.supported), "{:?}", data.schema());
        let batch = only(&data);
        for (name, expected) in READ {
            assert_eq!(cells(batch.column(name).unwrap(), 4), expected, "{name} of {path}");
        }
    }
}

#[test]
fn arrays_of_numbers_are_vectors_in_json() {
    let text = "{\"v\": [0.5, 1], \"i\": [1, 2], \"m\": [0.5, \"x\"]}\n{\"v\": null, \"i\": [1], \"m\": []}\n\
                {\"v\": [2, null, 3.5], \"i\": [], \"m\": [[1.5]]}\n";
    let data = open_text("t.jsonl", text).unwrap();
    let kinds: Vec<(String, Kind, bool)> = data.schema().into_iter().map(|f| (f.name, f.kind, f.supported)).collect();
    // Lists of whole numbers are lists of things.
    assert_eq!(kinds[0], ("v".to_owned(), Kind::Vector, true));
    assert!(kinds[1..].iter().all(|(_, _, supported)| !supported), "{kinds:?}");
    assert_eq!(cells(only(&data).column("v").unwrap(), 3), ["[0.5, 1.0]", "·", "[2.0, NaN, 3.5]"]);
    // Where vectors are expected, whole numbers are one, and other cells are kept as what they are.
    let data =
        open_expecting("t.jsonl", "{\"v\": [1, 2]}\n{\"v\": \"none\"}\n{\"v\": [true]}\n", &[("v", Kind::Vector)]);
    let batch = only(&data);
    assert_eq!(cells(&batch.columns[0], 3), ["[1.0, 2.0]", "·", "·"]);
    assert_eq!(batch.columns[0].unparsed, [(1, "none".to_owned()), (2, "[...]".to_owned())]);
}

#[test]
fn bracketed_text_is_a_vector_in_csv() {
    let data = open_text("t.csv", "v,t\n\"[0.5, 1]\",\"[a, b]\"\n,\n[2. 3.5],\"[0.5, x]\"\n").unwrap();
    assert_eq!(data.schema().iter().map(|f| f.kind).collect::<Vec<_>>(), [Kind::Vector, Kind::Text]);
    assert_eq!(cells(only(&data).column("v").unwrap(), 3), ["[0.5, 1.0]", "·", "[2.0, 3.5]"]);
}
