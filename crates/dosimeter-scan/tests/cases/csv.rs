use crate::kit::{Folder, batches, cells, only, open, open_expecting, open_text, shown, table};
use dosimeter_scan::{Dataset, Kind, ProblemKind, ReadOptions, Values};

#[track_caller]
fn check(text: impl AsRef<[u8]>, expected: &str) {
    assert_eq!(table(&open_text("t.csv", text).unwrap()), expected);
}

#[test]
fn kinds_are_guessed() {
    check(
        "i,f,b,t,s,code\n1,1.5,true,2024-01-31,a,007\n-2,2,False,2024-02-29T12:00:00Z,\"b,c\",123\n,,,,,\n",
        "i integer: 1 -2 ·\n\
         f number: 1.5 2.0 ·\n\
         b boolean: true false ·\n\
         t time: 2024-01-31T00:00:00Z 2024-02-29T12:00:00Z · | YYYY-MM-DDx1 | YYYY-MM-DD hh:mmx1\n\
         s text: a b,c ·\n\
         code text: 007 123 ·\n",
    );
}

#[test]
fn only_the_empty_cell_is_null() {
    check("x,y\n1,a\nN/A,b\n3,\n-,NULL\n", "x integer: 1 · 3 · | 1=N/A | 3=-\ny text: a b · NULL\n");
}

#[test]
fn not_finite_is_a_number() {
    check("x\n1.5\nNaN\ninf\n-inf\n", "x number: 1.5 NaN inf -inf\n");
}

#[test]
fn big_integers_survive() {
    check(
        "a,b\n9007199254740993,9223372036854775807\n1,-9223372036854775808\n",
        "a integer: 9007199254740993 1\nb integer: 9223372036854775807 -9223372036854775808\n",
    );
    check("id\n18446744073709551615\n1\n", "id text: 18446744073709551615 1\n");
    let data = open_expecting("t.csv", "id\n9007199254740993\n0012\n", &[("id", Kind::Text)]);
    assert_eq!(table(&data), "id text: 9007199254740993 0012\n");
}

#[test]
fn an_integer_column_widens() {
    let data = open_expecting("t.csv", "x\n1\n2.5\n", &[("x", Kind::Integer)]);
    assert_eq!(table(&data), "x integer: 1.0 2.5\n");
}

#[test]
fn expected_kinds_hold() {
    let text = "x,b,t,n\nfoo,1,2024-13-01,1.5\n1,yes,01/02/2024,x\n2,maybe,13/02/2024,\n";
    let expected = [("x", Kind::Number), ("b", Kind::Boolean), ("t", Kind::Time), ("n", Kind::Text)];
    assert_eq!(
        table(&open_expecting("t.csv", text, &expected)),
        "x number: · 1.0 2.0 | 0=foo\n\
         b boolean: true true · | 2=maybe | boolean digitx1 | boolean wordx1\n\
         t time: · 2024-02-01T00:00:00Z 2024-02-13T00:00:00Z | 0=2024-13-01 | DD/MM/YYYYx2\n\
         n text: 1.5 x ·\n"
    );
}

#[test]
fn dialects() {
    let same = "a integer: 1 3\nb text: x y\n";
    for text in
        ["a,b\n1,x\n3,y\n", "a;b\n1;x\n3;y\n", "a\tb\r\n1\tx\r\n3\ty\r\n", "a|b\n1|x\n3|y", "\u{feff}a,b\n1,x\n\n3,y\n"]
    {
        check(text, same);
    }
    check("a;b\n1,5;x\n2;y,z\n", "a number: 1.5 2.0 | decimal commax1\nb text: x y,z\n");
    check("a,b\n 1, x\n2 , y\n", "a integer: 1 2 | paddedx2\nb text:  x  y\n");
    check(",b\n0,1\n", "column_1 integer: 0\nb integer: 1\n");
    check("a,b\n\"multi\nline\",1\n\"q\"\"q\",2\n", "a text: multi\nline q\"q\nb integer: 1 2\n");
}

#[test]
fn ambiguous_dates_are_flagged() {
    let data = open_text("t.csv", "t\n01/02/2024\n03/04/2024\n").unwrap();
    assert_eq!(table(&data), "t time: 2024-01-02T00:00:00Z 2024-03-04T00:00:00Z | MM/DD/YYYY?x2\n");
    assert_eq!(data.problems()[0].kind, ProblemKind::AmbiguousDate);
}

#[test]
fn refusals() {
    let check = |text: &[u8], expected: &str| assert_eq!(shown(open_text("t.csv", text)), expected);
    check(b"", "empty file: t.csv (nothing was written to it; check the job that makes it)");
    check(
        b"a,b,a\n1,2,3\n",
        "two columns of the same name, the 1st and the 3rd: t.csv, line 1, column \"a\" (rename or drop one of them; which one was meant cannot be guessed)",
    );
    check(
        b"1,2\n3,4\n",
        "no header: the first line holds only numbers: t.csv, line 1 (put a line of column names on top)",
    );
    check(b"\xff\xfea\0,\0", "UTF-16 text is not supported: t.csv (convert it: iconv -f UTF-16 -t UTF-8)");
    check(
        b"PK\x03\x04....",
        "a zip archive or spreadsheet is not supported: t.csv (unpack it, or save the sheet as CSV)",
    );
    assert!(shown(open("/nowhere/t.csv")).starts_with("no such file: t.csv"));
    assert!(shown(open("/dev/zero")).starts_with("not a regular file"));
}

#[test]
fn few_rows() {
    let data = open_text("t.csv", "a,b\n").unwrap();
    assert_eq!(batches(&data).unwrap().len(), 0);
    assert_eq!(data.schema().len(), 2);
    check("a\n1\n", "a integer: 1\n");
}

#[test]
fn ragged_rows_are_counted_or_refused() {
    let mut text = String::from("a,b\n");
    for i in 0..500 {
        text += if i == 7 || i == 9 { "1\n" } else { "1,2\n" };
    }
    let data = open_text("t.csv", &text).unwrap();
    assert_eq!(only(&data).rows, 498);
    assert_eq!(data.problems()[0].to_string().split(": ").next(), Some("2 rows with a wrong number of cells skipped"));
    assert_eq!(data.problems()[0].lines, [9, 11]);
    let data = open_text("t.csv", "a,b\n1,2\n3\n").unwrap();
    assert_eq!(
        shown(batches(&data)),
        "1 of 2 rows do not have the header's 2 cells (lines 3): t.csv, line 3 (check the delimiter and the quotes of these lines)"
    );
}

#[test]
fn invalid_utf8_is_replaced_and_counted() {
    let data = open_text("t.csv", b"a,b\nx\xff,1\n\xfe,2\n").unwrap();
    assert_eq!(table(&data), "a text: x\u{fffd} \u{fffd}\nb integer: 1 2\n");
    let problem = &data.problems()[0];
    assert_eq!((problem.kind.clone(), problem.count, problem.column.as_str()), (ProblemKind::InvalidUtf8, 2, "a"));
}

#[test]
fn control_codes_in_names_are_kept() {
    let data = open_text("t.csv", "a\u{1b}[31m,\"b\nc\"\n1,2\n").unwrap();
    let names: Vec<String> = data.schema().into_iter().map(|f| f.name).collect();
    assert_eq!(names, ["a\u{1b}[31m", "b\nc"]);
}

#[test]
fn an_open_quote_is_bounded() {
    let folder = Folder::new();
    let mut text = b"a,b\n1,2\n\"".to_vec();
    text.resize(8 << 20, b'x');
    let path = folder.file("t.csv", text);
    let options = ReadOptions { max_line: 1 << 20, ..ReadOptions::default() };
    assert_eq!(
        shown(Dataset::open(&[path], &options)),
        "a record is longer than 1 MiB: t.csv, line 3 (probably a quote that is never closed; fix it, or raise the limit)"
    );
}

#[test]
fn projection_in_the_order_asked() {
    let data = open_text("t.csv", "a,b,c\n1,x,3\n").unwrap();
    let wanted = ["c".to_owned(), "nope".to_owned(), "a".to_owned()];
    let batch = data.read(&data.partitions()[0], Some(&wanted)).unwrap().next().unwrap().unwrap();
    let shown: Vec<_> = batch.columns.iter().map(|c| (c.name.to_string(), cells(c, 1)[0].clone())).collect();
    assert_eq!(shown, [("c".into(), "3".to_owned()), ("nope".into(), "·".to_owned()), ("a".into(), "1".to_owned())]);
    assert!(matches!(batch.columns[1].values, Values::Null));
    let none: [String; 0] = [];
    assert_eq!(data.read(&data.partitions()[0], Some(&none)).unwrap().next().unwrap().unwrap().rows, 1);
}

#[test]
fn many_rows_in_batches() {
    let mut text = String::from("i,s\n");
    for i in 0..20_000 {
        text += &format!("{i},{}\n", i % 7);
    }
    let data = open_text("t.csv", &text).unwrap();
    let all = batches(&data).unwrap();
    assert_eq!(all.iter().map(|b| b.rows).collect::<Vec<_>>(), [8192, 8192, 3616]);
    let Values::Integer(v) = &all[2].columns[0].values else { panic!() };
    assert_eq!(v[3615], 19_999);
}
