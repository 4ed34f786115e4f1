use crate::kit::{Folder, batches, cells, open, shown, text};
use dosimeter_scan::{Dataset, Kind, ReadOptions};
use std::io::Write;

#[test]
fn folders_with_hive_parts() {
    let folder = Folder::new();
    for (name, text) in [
        ("day=2/p-10.csv", "a,b\n5,x\n"),
        ("day=2/p-9.csv", "a\n4\n"),
        ("day=1/p.csv", "a,b\n1,x\n2.5,y\n"),
        ("day=1/_SUCCESS", ""),
        ("day=1/.hidden.csv", "zzz"),
        ("README.md", "hello"),
    ] {
        folder.file(name, text);
    }
    let data = open(&text(folder.0.path())).unwrap();
    let names: Vec<&str> = data.files.iter().map(|f| f.name.rsplit('/').next().unwrap()).collect();
    assert_eq!(names, ["p.csv", "p-9.csv", "p-10.csv"]);
    assert!(data.errors().is_empty());
    let schema: Vec<_> = data.schema().into_iter().map(|f| (f.name, f.kind, f.files_with)).collect();
    assert_eq!(
        schema,
        [("a".to_owned(), Kind::Number, 3), ("b".to_owned(), Kind::Text, 2), ("day".to_owned(), Kind::Text, 3)]
    );
    let rows: Vec<String> = batches(&data)
        .unwrap()
        .iter()
        .flat_map(|b| {
            b.columns.iter().map(|c| format!("{}={}", c.name, cells(c, b.rows).join(","))).collect::<Vec<_>>()
        })
        .collect();
    assert_eq!(rows, ["a=1.0,2.5", "b=x,y", "day=1,1", "a=4.0", "day=2", "a=5.0", "b=x", "day=2"]);
    assert!(data.files[0].has("b") && !data.files[1].has("b") && data.files[1].has("day"));
}

#[test]
fn one_bad_file_does_not_stop_the_others() {
    let folder = Folder::new();
    folder.file("a.csv", "x\n1\n");
    folder.file("b.csv", "");
    folder.file("c.parquet", "PAR1 but no more");
    let data = open(&format!("{}/*", text(folder.0.path()))).unwrap();
    assert_eq!((data.files.len(), data.errors().len()), (1, 2));
    assert!(shown(open(&text(&folder.path("b.csv")))).starts_with("empty file: b.csv"));
    let folder = Folder::new();
    assert!(shown(open(&format!("{}/*.csv", text(folder.0.path())))).starts_with("no file matches"));
    assert!(shown(open(&text(folder.0.path()))).starts_with("no data files in the directory"));
}

fn gz(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::default());
    encoder.write_all(bytes).unwrap();
    encoder.finish().unwrap()
}

#[test]
fn compressed_text_is_read_in_a_stream() {
    let folder = Folder::new();
    let plain = b"a,b\n1,x\n2,y\n";
    let two_members = [gz(b"a,b\n1,x\n"), gz(b"2,y\n")].concat();
    let files = [
        folder.file("a.csv.gz", gz(plain)),
        folder.file("two.csv.gz", two_members),
        folder.file("a.csv.zst", zstd::encode_all(&plain[..], 3).unwrap()),
        folder.file("no-extension", gz(plain)),
    ];
    for path in files {
        let all = batches(&open(&path).unwrap()).unwrap();
        assert_eq!(cells(&all[0].columns[0], all[0].rows), ["1", "2"], "{path}");
    }
    let mut cut = gz(&b"a,b\n1,x\n2,y\n".repeat(1000));
    cut.truncate(cut.len() / 2);
    let path = folder.file("cut.csv.gz", cut);
    assert!(shown(open(&path)).starts_with("cannot read: the file ends too early: cut.csv.gz"));
}

#[test]
fn bombs_are_refused() {
    let folder = Folder::new();
    let ones = [&b"a\n"[..], &b"1\n".repeat(140 << 20)].concat();
    let path = folder.file("bomb.csv.zst", zstd::encode_all(&ones[..], 1).unwrap());
    let data = open(&path).unwrap();
    assert!(shown(batches(&data)).contains("decompresses to over 2000 times its size: bomb.csv.zst"));
    let path = folder.file("large.csv.gz", gz(&b"a\n1\n2\n".repeat(1 << 20)));
    let options = ReadOptions { max_decompressed: 1 << 20, ..ReadOptions::default() };
    let data = Dataset::open(&[path], &options).unwrap();
    assert!(shown(batches(&data)).starts_with("more than 1 MiB decompressed"));
}

#[test]
fn ten_thousand_columns() {
    let folder = Folder::new();
    let names: Vec<String> = (0..10_000).map(|i| format!("c{i}")).collect();
    let mut text = names.join(",") + "\n";
    for row in 0..100 {
        let cells: Vec<String> = (0..10_000).map(|i| (i * row).to_string()).collect();
        text += &(cells.join(",") + "\n");
    }
    let path = folder.file("wide.csv", &text);
    let data = open(&path).unwrap();
    let all = batches(&data).unwrap();
    assert_eq!((all.iter().map(|b| b.rows).sum::<usize>(), all[0].columns.len()), (100, 10_000));
    let options = ReadOptions { max_columns: 9_999, ..ReadOptions::default() };
    assert!(shown(Dataset::open(&[path], &options)).starts_with("10000 columns are more than the limit of 9999"));
}
