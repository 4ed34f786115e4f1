use crate::kit::{Folder, batches, cells, open_expecting, open_text, shown, table};
use dosimeter_scan::{Dataset, Kind, ProblemKind, ReadOptions};

#[track_caller]
fn check(text: &str, expected: &str) {
    assert_eq!(table(&open_text("t.jsonl", text).unwrap()), expected);
}

#[test]
fn objects_are_flattened() {
    check(
        "{\"a\":1,\"b\":{\"c\":\"x\",\"d\":{\"e\":true}},\"l\":[1,{\"a\":2}]}\n\n{\"b\":null,\"a\":2.5}\n{\"b\":{\"c\":\"y\"},\"a\":null}\r\n",
        "a number: 1.0 2.5 ·\nb.c text: x · y\nb.d.e boolean: true · ·\nl text: <JSON list> <JSON list> <JSON list>\n",
    );
}

#[test]
fn numbers_are_exact_and_wrong_types_kept() {
    let rows = ["9007199254740993", "-1", "\"N/A\"", "true", "\"12\"", "{\"z\":1}", "[1]"];
    let text: String = rows.iter().map(|r| format!("{{\"x\":{r}}}\n")).collect();
    let data = open_expecting("t.jsonl", &text, &[("x", Kind::Integer)]);
    assert_eq!(
        table(&data),
        "x integer: 9007199254740993 -1 · · 12 · · | 2=N/A | 3=true | 6=[...] | quoted numberx1\nx.z integer: · · · · · 1 ·\n"
    );
    let data =
        open_expecting("t.jsonl", "{\"x\":18446744073709551615}\n{\"x\":1.50}\n{\"x\":\"\"}\n", &[("x", Kind::Text)]);
    assert_eq!(table(&data), "x text: 18446744073709551615 1.5 \n");
}

#[test]
fn times_and_texts() {
    check(
        "{\"t\":\"2024-01-31T00:00:00Z\",\"s\":\"007\"}\n{\"t\":\"2024-02-29\",\"s\":\"12\"}\n",
        "t time: 2024-01-31T00:00:00Z 2024-02-29T00:00:00Z | YYYY-MM-DDx1 | YYYY-MM-DD hh:mmx1\ns text: 007 12\n",
    );
}

#[test]
fn one_array_is_read_as_well() {
    for text in [
        "[{\"a\":1,\"s\":\"],\\\"[\"},\n {\"a\":2,\n \"s\":\"{\"} ]\n",
        "\u{feff}[{\"a\":1,\"s\":\"],\\\"[\"},{\"a\":2,\"s\":\"{\"}]",
    ] {
        let data = open_text("t.json", text).unwrap();
        assert_eq!(table(&data), "a integer: 1 2\ns text: ],\"[ {\n");
    }
}

#[test]
fn python_numbers_and_broken_bytes_are_repaired() {
    check("{\"a\":1.5}\n{\"a\":NaN}\n{\"a\":-Infinity}\n", "a number: 1.5 NaN -inf\n");
    let data = open_text("t.jsonl", b"{\"a\":\"x\xff\"}\n").unwrap();
    assert_eq!(table(&data), "a text: x\u{fffd}\n");
}

#[test]
fn bad_lines_are_counted_or_refused() {
    let mut text = "{\"a\":1}\n".repeat(300);
    text += "{\"a\":1e400}\n{\"a\":2,\"b\":{\"c\n";
    text += &"{\"a\":1,\"a\":3}\n".repeat(2);
    let data = open_text("t.jsonl", &text).unwrap();
    let rows: usize = batches(&data).unwrap().iter().map(|b| b.rows).sum();
    assert_eq!(rows, 302);
    let kinds: Vec<_> = data.problems().into_iter().map(|p| (p.kind, p.count, p.lines)).collect();
    assert_eq!(kinds, [(ProblemKind::BadJson, 2, vec![301, 302]), (ProblemKind::DuplicateKey, 2, vec![303, 304])]);
    assert_eq!(
        shown(batches(&open_text("t.jsonl", "{\"a\":1}\n{\"a\":1e400}\n").unwrap())),
        "not a JSON object (number out of range at column 10; 1 of 2 lines): t.jsonl, line 2 (one object a line is read, or one array of objects)"
    );
    assert!(
        shown(open_text("t.jsonl", "1\n2\n"))
            .starts_with("not a JSON object (invalid type: integer `1`, expected an object")
    );
    assert!(shown(open_text("t.json", "[]")).starts_with("empty file: t.json"));
}

#[test]
fn late_keys_are_read() {
    let mut text = "{\"a\":1}\n".repeat(10_000);
    text += "{\"a\":1,\"new\":{\"k\":5}}\n{\"a\":2,\"day\":\"2024-01-31\"}\n{\"new\":{\"k\":1.5},\"day\":null,\"ok\":true}\n";
    let data = open_text("t.jsonl", &text).unwrap();
    let all = batches(&data).unwrap();
    let last = all.last().unwrap();
    let of = |name: &str| cells(last.column(name).unwrap(), last.rows).split_off(last.rows - 4);
    assert_eq!(of("a"), ["1", "1", "2", "·"]);
    assert_eq!(of("new.k"), ["·", "5.0", "·", "1.5"]);
    assert_eq!(of("day"), ["·", "·", "2024-01-31T00:00:00Z", "·"]);
    assert_eq!(of("ok"), ["·", "·", "·", "true"]);
    assert!(data.problems().is_empty(), "{:?}", data.problems());
    // Whoever asks for some columns gets no others.
    let some = data.read(&data.partitions()[0], Some(&["a".to_owned()])).unwrap();
    assert!(some.map(Result::unwrap).all(|b| b.columns.len() == 1));
}

#[test]
fn late_keys_are_bounded() {
    let mut text = "{\"a\":1}\n".repeat(10_000);
    (0..150).for_each(|i| text += &format!("{{\"a\":1,\"k{i:03}\":{i}}}\n"));
    let data = open_text("t.jsonl", &text).unwrap();
    let most = batches(&data).unwrap().iter().map(|b| b.columns.len()).max();
    assert_eq!(most, Some(101));
    let problem = &data.problems()[0];
    assert_eq!(
        (problem.kind.clone(), problem.column.as_str(), problem.lines[0]),
        (ProblemKind::UnknownKey, "k100", 10_101)
    );
}

#[test]
fn depth_length_and_keys_are_bounded() {
    let deep = format!("{}1{}", "{\"a\":".repeat(65), "}".repeat(65));
    assert!(shown(open_text("t.jsonl", &deep)).starts_with("not a JSON object (nested too deep"));
    let deep = format!("{{\"a\":{}{}}}", "[".repeat(100_000), "]".repeat(100_000));
    assert!(shown(open_text("t.jsonl", &deep)).starts_with("not a JSON object (nested too deep"));
    let folder = Folder::new();
    let long = folder.file("t.jsonl", format!("{{\"a\":1}}\n{{\"a\":\"{}\"}}\n", "x".repeat(100 << 20)));
    assert_eq!(
        shown(Dataset::open(&[long], &ReadOptions::default())),
        "a JSON text is longer than 64 MiB: t.jsonl, line 2 (one object a line is read; drop its large values, or raise the limit)"
    );
    let keys: Vec<String> = (0..60_000).map(|i| format!("\"k{i}\":{i}")).collect();
    assert!(
        shown(open_text("t.jsonl", format!("{{{}}}", keys.join(","))))
            .contains("columns are more than the limit of 50000: t.jsonl, line 1")
    );
}
