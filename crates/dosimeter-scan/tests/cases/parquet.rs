use crate::kit::{Folder, batches, open, shown, table, text};
use arrow_array::types::Int32Type;
use arrow_array::{
    ArrayRef, BinaryArray, BooleanArray, Date32Array, Decimal128Array, DictionaryArray, Float32Array, Float64Array,
    Int8Array, Int64Array, LargeStringArray, ListArray, RecordBatch, StringArray, StringViewArray, StructArray,
    TimestampMillisecondArray, TimestampNanosecondArray, UInt64Array,
};
use arrow_schema::{DataType, Field};
use dosimeter_scan::{Values, WriteColumn, write_parquet};
use parquet::arrow::ArrowWriter;
use parquet::basic::Encoding;
use parquet::file::properties::{WriterProperties, WriterVersion};
use std::sync::Arc;

pub(crate) fn write(path: &std::path::Path, columns: Vec<(&str, ArrayRef)>, group: usize) {
    let batch = RecordBatch::try_from_iter_with_nullable(columns.into_iter().map(|(n, a)| (n, a, true))).unwrap();
    let properties = WriterProperties::builder().set_max_row_group_row_count(Some(group)).build();
    let file = std::fs::File::create(path).unwrap();
    let mut writer = ArrowWriter::try_new(file, batch.schema(), Some(properties)).unwrap();
    writer.write(&batch).unwrap();
    writer.close().unwrap();
}

/// The same with the encodings of version 2, without dictionaries.
fn write_delta(path: &std::path::Path, columns: Vec<(&str, ArrayRef)>) {
    let batch = RecordBatch::try_from_iter_with_nullable(columns.into_iter().map(|(n, a)| (n, a, true))).unwrap();
    for version in [WriterVersion::PARQUET_1_0, WriterVersion::PARQUET_2_0] {
        let mut properties = WriterProperties::builder().set_writer_version(version).set_dictionary_enabled(false);
        for (name, encoding) in [
            ("i64", Encoding::DELTA_BINARY_PACKED),
            ("str", Encoding::DELTA_LENGTH_BYTE_ARRAY),
            ("large", Encoding::DELTA_BYTE_ARRAY),
            ("view", Encoding::DELTA_BYTE_ARRAY),
        ] {
            properties = properties.set_column_encoding(name.into(), encoding);
        }
        let file = std::fs::File::create(path.with_extension(version.as_num().to_string())).unwrap();
        let mut writer = ArrowWriter::try_new(file, batch.schema(), Some(properties.build())).unwrap();
        writer.write(&batch).unwrap();
        writer.close().unwrap();
    }
}

#[test]
fn delta_encodings_are_read_and_their_counts_checked() {
    let folder = Folder::new();
    let path = folder.path("t.parquet");
    let columns: Vec<_> =
        every_type().into_iter().filter(|(n, _)| ["i64", "str", "large", "view"].contains(n)).collect();
    write_delta(&path, columns);
    let many: Vec<(&str, ArrayRef)> = vec![
        ("i64", Arc::new((0..50_000).map(|i| (i % 7 != 0).then_some(i * i % 1001)).collect::<Int64Array>())),
        ("view", Arc::new((0..50_000).map(|i| Some(format!("prefix-{}", i / 3))).collect::<StringArray>())),
    ];
    let long = folder.path("long.parquet");
    write_delta(&long, many);
    for version in ["1", "2"] {
        let path = path.with_extension(version);
        let expected: String = EVERY_TYPE
            .lines()
            .filter(|l| ["i64 ", "str ", "large ", "view "].iter().any(|n| l.starts_with(n)))
            .map(|l| format!("{l}\n"))
            .collect();
        assert_eq!(table(&open(&text(&path)).unwrap()), expected);
        let mut rows = 0;
        for batch in batches(&open(&text(&long.with_extension(version))).unwrap()).unwrap() {
            for row in 0..batch.rows {
                assert_eq!(batch.columns[1].text(row).unwrap(), format!("prefix-{}", rows / 3));
                assert_eq!(batch.columns[0].is_valid(row), rows % 7 != 0);
                rows += 1;
            }
        }
        assert_eq!(rows, 50_000);
        let bytes = std::fs::read(&path).unwrap();
        for at in 4..bytes.len() {
            let mut bytes = bytes.clone();
            bytes[at] |= 0xe0;
            if let Ok(data) = open(&folder.file("flipped.parquet", bytes)) {
                let _ = batches(&data);
            }
        }
    }
}

pub(crate) fn every_type() -> Vec<(&'static str, ArrayRef)> {
    let inner: ArrayRef = Arc::new(StringArray::from(vec![Some("p"), None, Some("q")]));
    let number: ArrayRef = Arc::new(Int64Array::from(vec![1, 2, 3]));
    let parent = StructArray::new(
        vec![Field::new("s", DataType::Utf8, true), Field::new("n", DataType::Int64, false)].into(),
        vec![inner, number],
        Some(vec![true, true, false].into()),
    );
    let list = ListArray::from_iter_primitive::<Int32Type, _, _>(vec![Some(vec![Some(1)]), None, Some(vec![])]);
    let dictionary: DictionaryArray<Int32Type> = vec![Some("u"), None, Some("u")].into_iter().collect();
    vec![
        ("f64", Arc::new(Float64Array::from(vec![Some(1.5), None, Some(f64::NAN)]))),
        ("f32", Arc::new(Float32Array::from(vec![0.5, -0.0, f32::INFINITY]))),
        ("i8", Arc::new(Int8Array::from(vec![Some(-128), None, Some(127)]))),
        ("i64", Arc::new(Int64Array::from(vec![9_007_199_254_740_993, i64::MIN, i64::MAX]))),
        ("u64", Arc::new(UInt64Array::from(vec![1, 2, u64::MAX]))),
        ("dec", Arc::new(Decimal128Array::from(vec![12345, -1, 0]).with_precision_and_scale(10, 2).unwrap())),
        ("bool", Arc::new(BooleanArray::from(vec![Some(true), None, Some(false)]))),
        ("date", Arc::new(Date32Array::from(vec![0, 19_782, -1]))),
        ("ms", Arc::new(TimestampMillisecondArray::from(vec![1, 2, 3]).with_timezone("Europe/Berlin"))),
        ("ns", Arc::new(TimestampNanosecondArray::from(vec![-1, 1_000, 1_999]))),
        ("str", Arc::new(StringArray::from(vec![Some("a"), None, Some("é")]))),
        ("large", Arc::new(LargeStringArray::from(vec!["", "b", "b"]))),
        ("view", Arc::new(StringViewArray::from(vec!["a string longer than twelve", "x", "x"]))),
        ("bin", Arc::new(BinaryArray::from(vec![&b"t"[..], b"u", b"v"]))),
        ("raw", Arc::new(BinaryArray::from(vec![&b"\xff"[..], b"u", b"v"]))),
        ("dict", Arc::new(dictionary)),
        ("list", Arc::new(list)),
        ("st", Arc::new(parent)),
        ("last", Arc::new(Int64Array::from(vec![7, 8, 9]))),
    ]
}

pub(crate) const EVERY_TYPE: &str = "\
f64 number: 1.5 · NaN
f32 number: 0.5 -0.0 inf
i8 integer: -128 · 127
i64 integer: 9007199254740993 -9223372036854775808 9223372036854775807
u64 integer: 1.0 2.0 1.8446744073709552e19
dec number: 123.45 -0.01 0.0
bool boolean: true · false
date time: 1970-01-01T00:00:00Z 2024-02-29T00:00:00Z 1969-12-31T00:00:00Z
ms time: 1970-01-01T00:00:00.001000Z 1970-01-01T00:00:00.002000Z 1970-01-01T00:00:00.003000Z
ns time: 1969-12-31T23:59:59.999999Z 1970-01-01T00:00:00.000001Z 1970-01-01T00:00:00.000001Z
str text: a · é
large text:  b b
view text: a string longer than twelve x x
bin text: t u v
raw text: <Binary> <Binary> <Binary>
dict text: u · u
list text: <LIST> <LIST> <LIST>
st.s text: p · ·
st.n integer: 1 2 ·
last integer: 7 8 9
";

#[test]
fn every_type_has_its_shape() {
    let folder = Folder::new();
    let path = folder.path("t.parquet");
    write(&path, every_type(), 1000);
    let data = open(&text(&path)).unwrap();
    let native = data.schema().into_iter().find(|f| f.name == "list").unwrap().native;
    assert_eq!(table(&data), EVERY_TYPE.replace("LIST", &native));
}

#[test]
fn projection_keeps_the_order_asked() {
    let folder = Folder::new();
    let path = folder.path("t.parquet");
    write(&path, every_type(), 1000);
    let data = open(&text(&path)).unwrap();
    let wanted = ["last", "list", "st.n", "f64", "absent"].map(str::to_owned);
    let batch = data.read(&data.partitions()[0], Some(&wanted)).unwrap().next().unwrap().unwrap();
    let names: Vec<&str> = batch.columns.iter().map(|c| &*c.name).collect();
    assert_eq!(names, ["last", "list", "st.n", "f64", "absent"]);
    let Values::Integer(v) = &batch.columns[0].values else { panic!() };
    assert_eq!(v.to_vec(), [7, 8, 9]);
    assert_eq!(data.read(&data.partitions()[0], Some(&[])).unwrap().next().unwrap().unwrap().rows, 3);
}

#[test]
fn written_and_read_again() {
    let folder = Folder::new();
    let path = folder.path("t.parquet");
    let rows = 300_000usize;
    let columns = [
        ("n", WriteColumn::Number((0..rows).map(|i| (i % 10 != 0).then_some(i as f64 / 2.0)).collect())),
        ("i", WriteColumn::Integer((0..rows).map(|i| Some(i as i64)).collect())),
        ("b", WriteColumn::Boolean((0..rows).map(|i| Some(i % 2 == 0)).collect())),
        ("t", WriteColumn::Time((0..rows).map(|i| Some(i as i64 * 1_000_000)).collect())),
        ("s", WriteColumn::Text((0..rows).map(|i| Some(format!("id-{i}"))).collect())),
        (
            "c",
            WriteColumn::Category((0..rows).map(|i| i as u32 % 4).collect(), vec!["x".into(), "y".into(), "z".into()]),
        ),
    ];
    write_parquet(&path, &columns).unwrap();
    let data = open(&text(&path)).unwrap();
    let parts: Vec<_> = data.partitions().iter().map(|p| p.rows).collect();
    assert_eq!(parts, [Some(131_072), Some(131_072), Some(37_856)]);
    assert_eq!(data.files[0].rows, Some(300_000));
    let mut at = 0usize;
    for batch in batches(&data).unwrap() {
        let [n, i, b, t, s, c] = &batch.columns[..] else { panic!() };
        let (Values::Float(nv), Values::Integer(iv), Values::Boolean(bv), Values::Time(tv)) =
            (&n.values, &i.values, &b.values, &t.values)
        else {
            panic!()
        };
        for row in 0..batch.rows {
            assert_eq!(n.is_valid(row), !at.is_multiple_of(10));
            assert!(at.is_multiple_of(10) || nv[row] == at as f64 / 2.0);
            assert_eq!((iv[row], bv.value(row), tv[row]), (at as i64, at.is_multiple_of(2), at as i64 * 1_000_000));
            assert_eq!(s.text(row), Some(format!("id-{at}").as_str()));
            assert_eq!(c.text(row), ["x", "y", "z"].get(at % 4).copied());
            at += 1;
        }
    }
    assert_eq!(at, rows);
    assert_eq!(std::fs::read_dir(folder.0.path()).unwrap().count(), 1, "nothing left beside the file");
}

#[test]
fn cut_and_foreign_files_are_named() {
    let folder = Folder::new();
    let path = folder.path("t.parquet");
    write(&path, every_type(), 1000);
    let bytes = std::fs::read(&path).unwrap();
    for cut in [4, 8, 100, bytes.len() / 2, bytes.len() - 1] {
        let path = folder.file("cut.parquet", &bytes[..cut]);
        assert!(shown(open(&path)).starts_with("not a readable Parquet file ("), "cut at {cut}");
    }
    let path = folder.file("text.parquet", "a,b\n1,2\n");
    assert!(shown(open(&path)).starts_with("not a readable .parquet file"));
    write(&folder.path("none.parquet"), vec![("a", Arc::new(Int64Array::from(Vec::<i64>::new())))], 10);
    let data = open(&text(&folder.path("none.parquet"))).unwrap();
    assert_eq!((data.files[0].rows, batches(&data).unwrap().len()), (Some(0), 0));
}

/// Every 97th byte, some bits: an error or some batches, no panic that escapes, no endless run.
#[test]
fn flipped_bits_stay_inside() {
    let folder = Folder::new();
    let path = folder.path("t.parquet");
    let mut columns = every_type();
    columns.truncate(16);
    write(&path, columns, 2);
    let bytes = std::fs::read(&path).unwrap();
    for at in (0..bytes.len()).step_by(97) {
        for bit in [0, 3, 7] {
            let mut bytes = bytes.clone();
            bytes[at] ^= 1 << bit;
            let path = folder.file("flipped.parquet", bytes);
            if let Ok(data) = open(&path) {
                let _ = batches(&data);
            }
        }
    }
}
