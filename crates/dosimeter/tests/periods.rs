//! Which rows belong to which period, what is said of a period against itself, and when.

use dosimeter_scan::{WriteColumn, parse_time, write_parquet};
use serde_json::Value;

use crate::formats::{arrow, history, parquet, said};
use crate::kit::{Folder, Rng, Table, columns, finding, findings, run, shown, stamp, world};

/// How a column of [`every_type`] is stored where a format has types.
#[derive(Clone, Copy, PartialEq)]
enum Stored {
    Number,
    Integer,
    Boolean,
    Time,
    Text,
}

/// Columns of every type, as pandas writes them.
fn every_type() -> (Table, Vec<(&'static str, Stored)>) {
    let mut t = world(1_200, 5);
    let cell = |i: usize, text: String| if i.is_multiple_of(11) { String::new() } else { text };
    t.set("vip", (0..1_200).map(|i| if i % 3 == 0 { "True" } else { "False" }));
    t.set("opted", (0..1_200).map(|i| cell(i, if i % 4 == 0 { "True" } else { "False" }.to_owned())));
    t.set("visits", (0..1_200).map(|i| cell(i, format!("{}.0", i % 9))));
    t.set("quoted", (0..1_200).map(|i| format!("{}.{:02}", i % 37, i % 83)));
    t.set("born", (0..1_200).map(|i| format!("19{:02}-{:02}-{:02}", 50 + i % 49, 1 + i % 12, 1 + i % 28)));
    t.set("day", (0..1_200).map(|i| format!("{:02}.{:02}.2023", 1 + i % 28, 1 + i % 12)));
    t.set("code", (0..1_200).map(|i| format!("{:05}", i * 7 % 400)));
    t.set("note", (0..1_200).map(|i| format!("ticket {i} of {}", i * i % 977)));
    t.edit("label", |_, v| format!("{v}.0"));
    t.edit("prediction", |_, v| if v == "1" { "1.0".to_owned() } else { "0.0".to_owned() });
    let types = vec![
        ("id", Stored::Integer),
        ("timestamp", Stored::Time),
        ("amount", Stored::Number),
        ("channel", Stored::Text),
        ("score", Stored::Number),
        ("prediction", Stored::Number),
        ("label", Stored::Number),
        ("vip", Stored::Boolean),
        ("opted", Stored::Boolean),
        ("visits", Stored::Number),
        ("quoted", Stored::Text),
        ("born", Stored::Time),
        ("day", Stored::Text),
        ("code", Stored::Text),
        ("note", Stored::Text),
    ];
    (t, types)
}

fn typed_parquet(path: &str, t: &Table, types: &[(&'static str, Stored)]) {
    let column = |name: &str, stored: Stored| {
        let cells = t.column(name).iter();
        match stored {
            Stored::Number => WriteColumn::Number(cells.map(|v| v.parse().ok()).collect()),
            Stored::Integer => WriteColumn::Integer(cells.map(|v| v.parse().ok()).collect()),
            Stored::Boolean => WriteColumn::Boolean(cells.map(|v| v.to_lowercase().parse().ok()).collect()),
            Stored::Time => WriteColumn::Time(cells.map(|v| parse_time(v).map(|t| t.0)).collect()),
            Stored::Text => WriteColumn::Text(cells.map(|v| (!v.is_empty()).then(|| v.clone())).collect()),
        }
    };
    let list: Vec<(&str, WriteColumn)> = types.iter().map(|(n, s)| (*n, column(n, *s))).collect();
    write_parquet(path.as_ref(), &list).unwrap();
}

fn typed_jsonl(t: &Table, types: &[(&'static str, Stored)]) -> String {
    let value = |text: &str, stored: Stored| match stored {
        _ if text.is_empty() => Value::Null,
        Stored::Number => text.parse::<f64>().unwrap().into(),
        Stored::Integer => text.parse::<i64>().unwrap().into(),
        Stored::Boolean => (text == "True").into(),
        Stored::Time | Stored::Text => text.into(),
    };
    let line = |i: usize| {
        let cells = types.iter().map(|(n, s)| ((*n).to_owned(), value(&t.column(n)[i], *s)));
        Value::Object(cells.collect()).to_string() + "\n"
    };
    (0..t.rows()).map(line).collect()
}

/// The same rows twice: the table, and the table again.
fn twice(t: &Table) -> Table {
    let mut double = t.clone();
    let names: Vec<String> = t.csv().lines().next().unwrap().split(',').map(str::to_owned).collect();
    for name in names {
        let cells = t.column(&name).to_vec();
        double.set(&name, cells.iter().chain(&cells).cloned().collect::<Vec<_>>());
    }
    double
}

#[test]
fn a_file_says_nothing_against_itself() {
    let folder = Folder::new();
    let (table, types) = every_type();
    let double = twice(&table);
    let files = |table: &Table, name: &str| {
        let parquet = folder.join(&format!("{name}.parquet"));
        typed_parquet(&parquet, table, &types);
        let ipc = folder.join(&format!("{name}.arrow"));
        std::fs::rename(arrow(&folder, &parquet), &ipc).unwrap();
        [
            folder.file(&format!("{name}.csv"), table.csv()),
            folder.file(&format!("{name}.tsv"), table.csv().replace(',', "\t")),
            folder.file(&format!("{name}.jsonl"), typed_jsonl(table, &types)),
            parquet,
            ipc,
        ]
    };
    let baseline = folder.join("model.baseline");
    for (one, two) in files(&table, "one").iter().zip(&files(&double, "two")) {
        assert_eq!(run(&["fit", one, "-o", &baseline]).code, 0);
        for args in [
            &["check", "--reference", one, "--current", one, "-f", "json"][..],
            &["check", "--baseline", &baseline, one, "-f", "json"],
            &["check", two, "--reference-until", "0.5", "-f", "json"],
        ] {
            let result = run(args).json();
            assert!(findings(&result).is_empty(), "{args:?}: {}", shown(&result));
            assert_eq!(result["columns"].as_array().unwrap().len(), types.len(), "{args:?}");
        }
    }
}

#[test]
fn truth_values_in_other_words_are_named() {
    let folder = Folder::new();
    let (table, _) = every_type();
    let reference = folder.file("reference.csv", table.csv());
    let baseline = folder.join("model.baseline");
    assert_eq!(run(&["fit", &reference, "-o", &baseline]).code, 0);
    for (yes, no) in [("yes", "no"), ("Y", "N"), ("1", "0"), ("ja", "nein")] {
        let mut other = table.clone();
        other.edit("vip", |_, v| if v == "True" { yes } else { no }.to_owned());
        let current = folder.file("current.csv", other.csv());
        for with in
            [["--reference", &reference, "--current", &current], ["--baseline", &baseline, "--current", &current]]
        {
            let result = run(&[&["check", "-f", "json"], &with[..]].concat()).json();
            let named: Vec<_> = findings(&result).iter().map(columns).collect();
            assert_eq!(named, [["vip"]], "{yes}: {}", shown(&result));
        }
    }
}

#[test]
fn ignored_columns_are_not_new() {
    let folder = Folder::new();
    let table = history();
    let (whole, part) = (folder.file("whole.csv", table.csv()), folder.file("part.csv", table.part(0..3_000).csv()));
    let baseline = folder.join("model.baseline");
    assert_eq!(run(&["fit", &part, "-o", &baseline, "--ignore", "channel,amount"]).code, 0);
    for args in [
        &["check", "--reference", &part, "--current", &whole, "--ignore", "channel,amount"][..],
        &["check", &whole, "--reference-until", "3000", "--ignore", "channel,amount"],
        &["check", "--baseline", &baseline, &whole],
    ] {
        let result = run(&[args, &["-f", "json"]].concat()).json();
        for ignored in ["channel", "amount"] {
            let named = findings(&result).iter().any(|f| columns(f).contains(&ignored));
            assert!(!named, "{args:?}: {}", shown(&result));
            assert!(result["columns"].as_array().unwrap().iter().all(|c| c["name"] != ignored), "{args:?}");
        }
    }
    // A column of which the reference has no values is not ignored: it is new when they come.
    let mut empty = table.part(0..3_000);
    empty.edit("channel", |_, _| String::new());
    let empty = folder.file("empty.csv", empty.csv());
    let result = run(&["check", "--reference", &empty, "--current", &part, "-f", "json"]).json();
    assert!(finding(&result, "schema_change", "channel").is_some(), "{}", shown(&result));
}

#[test]
fn a_cut_by_row_counts_over_all_files() {
    let folder = Folder::new();
    let table = history();
    let whole = folder.file("whole.csv", table.csv());
    for (i, rows) in [0..1_500, 1_500..3_000, 3_000..4_500, 4_500..6_000].into_iter().enumerate() {
        folder.file(&format!("csv/{i}.csv"), table.part(rows.clone()).csv());
        folder.file(&format!("jsonl/{i}.jsonl"), table.part(rows.clone()).jsonl());
        let part = parquet(&folder, &table.part(rows));
        let ipc = arrow(&folder, &part);
        std::fs::create_dir_all(folder.join("ipc")).unwrap();
        std::fs::rename(ipc, folder.join(&format!("ipc/{i}.arrow"))).unwrap();
    }
    for until in ["4000", "0.6", "2500"] {
        let of = |path: &str| run(&["check", path, "--reference-until", until, "-f", "json"]).json();
        let wanted = of(&whole);
        let rows = |r: &Value, period: &str| r["inputs"][period]["rows"].as_u64().unwrap();
        for parts in ["csv", "jsonl", "ipc"] {
            let result = of(&folder.join(parts));
            for period in ["reference", "current"] {
                assert_eq!(rows(&result, period), rows(&wanted, period), "{parts} until {until}");
            }
            assert_eq!(said(&result), said(&wanted), "{parts} until {until}");
            for value in ["reference", "current"] {
                // Sums of parts differ in the last digit.
                let of = |r: &Value| r["metric"][value].as_f64().unwrap();
                assert!((of(&result) - of(&wanted)).abs() < 1e-12, "{parts} until {until}");
            }
        }
        if until == "4000" {
            assert_eq!((rows(&wanted, "reference"), rows(&wanted, "current")), (4_000, 2_000));
        }
    }
}

#[test]
fn a_notation_belongs_to_its_rows() {
    let mut table = world(3_000, 4);
    let day = |i: usize| (2_000 + i % 20, 1 + i % 12, 1 + i % 28);
    table.set(
        "born",
        (0..3_000)
            .map(day)
            .enumerate()
            .map(|(i, (y, m, d))| if i < 1_500 { format!("{y}-{m:02}-{d:02}") } else { format!("{d:02}.{m:02}.{y}") }),
    );
    let folder = Folder::new();
    let file = folder.file("events.csv", table.csv());
    let result = run(&["check", &file, "--reference-until", "1500", "-f", "json"]).json();
    let found = finding(&result, "schema_change", "born").unwrap_or_else(|| panic!("{}", shown(&result)));
    assert_eq!(
        (&found["kind"], &found["detail"]["from"], &found["detail"]["to"]),
        (&"date_layout_changed".into(), &"YYYY-MM-DD".into(), &"DD.MM.YYYY".into())
    );
    assert_eq!(found["share"], 1.0, "{found}");
    // And the other way about: what changes in the current period is dated by its row.
    let result = run(&["check", &file, "--reference-until", "500", "--window", "100", "-f", "json"]).json();
    let found = finding(&result, "schema_change", "born").unwrap_or_else(|| panic!("{}", shown(&result)));
    assert_eq!((&found["kind"], &found["onset"]["row"]), (&"date_layout_changed".into(), &1_500.into()), "{found}");
}

#[test]
fn windows_of_rows_have_dates_where_rows_have_times() {
    let folder = Folder::new();
    let (reference, mut current) = (world(2_000, 1), world(2_000, 2));
    current.edit("timestamp", |i, _| stamp(20_000 + i as u64 * 10));
    // From its middle on a column is called something else.
    let cells = current.column("amount").to_vec();
    current.edit("amount", |i, v| if i < 1_000 { v.to_owned() } else { String::new() });
    current.set("amount_eur", cells.iter().enumerate().map(|(i, v)| if i < 1_000 { String::new() } else { v.clone() }));
    let (r, c) = (folder.file("reference.csv", reference.csv()), folder.file("current.csv", current.csv()));
    let baseline = folder.join("model.baseline");
    assert_eq!(run(&["fit", &r, "-o", &baseline, "--window", "250"]).code, 0);
    for args in
        [&["check", "--reference", &r, "--current", &c, "--window", "250"][..], &["check", "--baseline", &baseline, &c]]
    {
        let result = run(&[args, &["-f", "json"]].concat()).json();
        let found = finding(&result, "schema_change", "amount").unwrap_or_else(|| panic!("{}", shown(&result)));
        assert_eq!(found["kind"], "column_renamed", "{}", shown(&result));
        assert_eq!(found["onset"]["row"], 1_000, "{found}");
        assert_eq!(found["onset"]["at"], stamp(20_000 + 10_000).as_str(), "{found}");
        let windows = result["windows"].as_array().unwrap();
        assert!(windows.iter().all(|w| w["start"].is_string() && w["end"].is_string()), "{windows:?}");
    }
    // Rows in no order of time have no dates, and no window of theirs is a period.
    let mut rng = Rng(3);
    let mut shuffled = current.clone();
    shuffled.edit("timestamp", |_, _| stamp(20_000 + rng.below(20_000)));
    let c = folder.file("shuffled.csv", shuffled.csv());
    let result = run(&["check", "--reference", &r, "--current", &c, "--window", "250", "-f", "json"]).json();
    let windows = result["windows"].as_array().unwrap();
    assert!(windows.iter().all(|w| w["start"].is_null()), "{windows:?}");
}

#[test]
fn a_json_key_that_comes_late_is_read() {
    let folder = Folder::new();
    let table = world(16_000, 6);
    let text = |from: usize, name: &str| -> String {
        let renamed = |(i, line): (usize, &str)| {
            if i < from { line.to_owned() + "\n" } else { line.replacen("\"amount\"", name, 1) + "\n" }
        };
        table.jsonl().lines().enumerate().map(renamed).collect()
    };
    let late = folder.file("late.jsonl", text(13_000, "\"amount_eur\""));
    let result = run(&["check", &late, "--reference-until", "6000", "--window", "500", "-f", "json"]).json();
    let found = finding(&result, "schema_change", "amount").unwrap_or_else(|| panic!("{}", shown(&result)));
    assert_eq!((&found["kind"], &found["onset"]["row"]), (&"column_renamed".into(), &13_000.into()), "{found}");
    // In both periods it is nothing new.
    let same = folder.file("same.jsonl", text(13_000, "\"zq\": 1, \"amount\""));
    let result = run(&["check", "--reference", &same, "--current", &same, "-f", "json"]).json();
    assert!(findings(&result).is_empty(), "{}", shown(&result));
    assert!(shown(&result).contains("column zq comes too late"), "{}", shown(&result));
    // A column that the reference knows is found, however late its file has it.
    let reference = folder.file("reference.jsonl", text(0, "\"amount\""));
    let dropped = table.jsonl().lines().enumerate().fold(String::new(), |all, (i, line)| {
        let mut row: Value = serde_json::from_str(line).unwrap();
        if i < 12_000 {
            row.as_object_mut().unwrap().remove("amount");
        }
        all + &row.to_string() + "\n"
    });
    let current = folder.file("dropped.jsonl", dropped);
    let result = run(&["check", "--reference", &reference, "--current", &current, "-f", "json"]).json();
    let found = finding(&result, "schema_change", "amount").unwrap_or_else(|| panic!("{}", shown(&result)));
    assert!((found["share"].as_f64().unwrap() - 0.75).abs() < 0.1, "{found}");
}

#[test]
fn times_in_text_are_times() {
    let folder = Folder::new();
    let (table, mut types) = every_type();
    types.iter_mut().filter(|(n, _)| *n == "timestamp").for_each(|(_, stored)| *stored = Stored::Text);
    let file = folder.join("text.parquet");
    typed_parquet(&file, &table, &types);
    let baseline = folder.join("model.baseline");
    assert_eq!(run(&["fit", &file, "-o", &baseline]).code, 0);
    let csv = folder.file("same.csv", table.csv());
    for args in [
        &["check", "--reference", &file, "--current", &file, "-f", "json"][..],
        &["check", "--reference", &file, "--current", &file, "-f", "json", "--time", "timestamp"],
        &["check", "--baseline", &baseline, &file, "-f", "json"],
        &["check", "--baseline", &baseline, &csv, "-f", "json"],
        &["check", &file, "--reference-until", "2024-01-06", "-f", "json"],
    ] {
        let result = run(args).json();
        let time = result["columns"].as_array().unwrap().iter().find(|c| c["name"] == "timestamp").unwrap();
        assert_eq!(time["role"], "time", "{args:?}");
        assert!(result["windows"].as_array().unwrap().iter().all(|w| w["start"].is_string()), "{args:?}");
        assert!(finding(&result, "schema_change", "timestamp").is_none(), "{args:?}: {}", shown(&result));
    }
    // Texts that are called a time and are none stay what they are.
    let mut odd = table;
    odd.edit("timestamp", |i, _| format!("shift {}", i % 3));
    typed_parquet(&file, &odd, &types);
    let result = run(&["check", "--reference", &file, "--current", &file, "-f", "json"]).json();
    let column = result["columns"].as_array().unwrap().iter().find(|c| c["name"] == "timestamp").unwrap();
    assert_eq!(column["role"], "feature");
}

#[test]
fn row_numbers_of_pandas_are_left_out() {
    let folder = Folder::new();
    for name in ["Unnamed: 0", "__index_level_0__"] {
        let mut table = world(2_000, 7);
        table.set(name, (0..2_000).map(|i| i % 1_000));
        table.drop("id");
        let file = folder.file("events.csv", table.csv());
        let result = run(&["check", &file, "--reference-until", "1000", "-f", "json"]).json();
        assert!(result["columns"].as_array().unwrap().iter().all(|c| c["name"] != name), "{}", shown(&result));
        assert!(!findings(&result).iter().any(|f| columns(f).contains(&name)), "{}", shown(&result));
        assert!(shown(&result).contains(&format!("column {name} only numbers the rows")), "{}", shown(&result));
        // Whoever names it gets it.
        let result = run(&["check", &file, "--reference-until", "1000", "-f", "json", "--segment", name]).json();
        assert!(result["columns"].as_array().unwrap().iter().any(|c| c["name"] == name), "{}", shown(&result));
    }
}
