//! Whatever stands in the files: a clear error, a named finding, or a warning and a result; never a crash.

use std::io::Write as _;

use crate::kit::{
    Folder, Output, Rng, Table, compare, drifted, finding, findings, many_users, root, run, run_with, shown, stamp,
    warns, wide, world,
};

/// Checks a current file against a healthy reference of 2,000 rows.
fn against(folder: &Folder, current: &str, more: &[&str]) -> Output {
    let reference = folder.file("reference.csv", world(2_000, 1).csv());
    run(&[&["check", "--reference", &reference, "--current", current, "-f", "json"], more].concat())
}

/// A result beside which stderr says what could not be read.
#[track_caller]
fn partial(output: &Output) -> serde_json::Value {
    let said = output.stderr.lines().all(|l| l.starts_with("error: ") || l.starts_with("hint: "));
    assert!(said && output.stderr.is_empty() == (output.code != 2), "{output:?}");
    serde_json::from_str(&output.stdout).unwrap()
}

#[test]
fn an_empty_file() {
    let folder = Folder::new();
    against(&folder, &folder.file("empty.csv", ""), &[]).is_error(&["empty.csv", "empty"]);
    let good = folder.file("good.csv", world(500, 2).csv());
    run(&["check", "--reference", &folder.join("empty.csv"), "--current", &good]).is_error(&["empty.csv"]);
    run(&["fit", &folder.join("empty.csv"), "-o", &folder.join("b")]).is_error(&["empty.csv"]);
    assert!(!folder.path().join("b").exists());
}

#[test]
fn a_file_that_is_not_there() {
    let folder = Folder::new();
    against(&folder, &folder.join("absent.csv"), &[]).is_error(&["absent.csv", "no such file"]);
    against(&folder, &folder.join("absent*.csv"), &[]).is_error(&["absent*.csv"]);
    let empty = folder.join("nothing");
    std::fs::create_dir(&empty).unwrap();
    against(&folder, &empty, &[]).is_error(&["nothing"]);
}

#[test]
fn a_header_only() {
    let folder = Folder::new();
    let header = folder.file("header.csv", world(0, 1).csv());
    let output = against(&folder, &header, &[]);
    assert_eq!(output.code, 3, "{output:?}");
    assert!(warns(&output.json(), &["no rows"]), "{}", output.stdout);
    let good = folder.file("good.csv", world(500, 2).csv());
    run(&["check", "--reference", &header, "--current", &good]).is_error(&["header.csv", "no rows"]);
}

#[test]
fn one_row() {
    let folder = Folder::new();
    let one = folder.file("one.csv", world(1, 2).csv());
    let many = folder.file("many.csv", world(2_000, 2).csv());
    for current in [&one, &many] {
        let output = run(&["check", "--reference", &one, "--current", current, "-f", "json"]);
        assert_eq!(output.code, 3, "{}", shown(&output.json()));
    }
    assert_ne!(against(&folder, &one, &[]).code, 2);
}

#[test]
fn one_current_row_is_no_evidence() {
    let folder = Folder::new();
    for rows in [1, 5, 20] {
        let few = folder.file("few.csv", world(rows, 2).csv());
        let output = against(&folder, &few, &[]);
        assert_eq!(output.code, 3, "{rows} rows: {}", shown(&output.json()));
    }
}

#[test]
fn a_column_of_nulls() {
    let mut nulls = world(2_000, 2);
    nulls.edit("amount", |_, _| String::new());
    let (output, result) = compare(&world(2_000, 1), &nulls, &[]);
    assert!(finding(&result, "schema_change", "amount").is_some(), "{}", shown(&result));
    assert_ne!(output.code, 2);
    // In both periods it is nothing new.
    let mut reference = world(2_000, 1);
    reference.edit("amount", |_, _| String::new());
    let (output, result) = compare(&reference, &nulls, &[]);
    assert_eq!((output.code, finding(&result, "", "amount")), (0, None), "{}", shown(&result));
    // Values where there were none are something new.
    let (_, result) = compare(&reference, &world(2_000, 2), &[]);
    assert!(
        drifted(&result).contains(&"amount") || finding(&result, "schema_change", "amount").is_some(),
        "{}",
        shown(&result)
    );
}

#[test]
fn not_a_number_and_infinity() {
    let spoil =
        |seed, share: usize| {
            let mut t = world(2_000, seed);
            t.edit("amount", |i, v| {
                if i % 100 < share { ["NaN", "inf", "-Infinity"][i % 3].to_owned() } else { v.to_owned() }
            });
            t
        };
    let (output, result) = compare(&spoil(1, 5), &spoil(2, 5), &[]);
    assert_eq!(output.code, 0, "{}", shown(&result));
    let (_, result) = compare(&spoil(1, 5), &spoil(2, 60), &[]);
    assert!(drifted(&result).contains(&"amount"), "{}", shown(&result));
    // Nothing but such values, and scores and labels that are none.
    for (name, value) in [("amount", "NaN"), ("amount", "inf"), ("score", "NaN"), ("score", "1e308"), ("label", "NaN")]
    {
        let mut all = world(2_000, 2);
        all.edit(name, |_, _| value.to_owned());
        let (_, result) = compare(&world(2_000, 1), &all, &[]);
        assert!(!findings(&result).is_empty() || result["verdict"] == "blind", "{name} = {value}: {}", shown(&result));
        let (_, result) = compare(&all, &world(2_000, 1), &[]);
        assert!(!result["summary"].to_string().contains("NaN"), "{}", shown(&result));
    }
    let mut huge = world(2_000, 2);
    huge.edit("amount", |i, _| if i % 2 == 0 { "1.7e308" } else { "-1.7e308" }.to_owned());
    let (_, result) = compare(&world(2_000, 1), &huge, &[]);
    assert!(drifted(&result).contains(&"amount"), "{}", shown(&result));
}

#[test]
fn integers_beyond_two_to_the_53() {
    // 2^53 and 2^53 + 1 are one number as f64, and two keys.
    let mut t = world(2_000, 2);
    t.edit("id", |i, _| ((1u64 << 53) + i as u64).to_string());
    let labels: String = "id,label\n".to_owned()
        + &t.column("id").iter().zip(t.column("label")).map(|(i, l)| format!("{i},{l}\n")).collect::<String>();
    let mut bare = t.clone();
    bare.drop("label");
    let folder = Folder::new();
    let (l, c) = (folder.file("labels.csv", labels), folder.file("current.csv", bare.csv()));
    let result = against(&folder, &c, &["--labels", &l, "--id", "id", "--label", "label"]).json();
    let counts = &result["inputs"]["labels"];
    assert_eq!((&counts["matched"], &counts["duplicated"]), (&2_000.into(), &0.into()), "{counts}");
    // As numbers, beyond i64 as well.
    let mut large = world(2_000, 2);
    large.set("serial", (0..2_000u64).map(|i| u64::MAX - i));
    let mut reference = world(2_000, 1);
    reference.set("serial", (0..2_000u64).map(|i| u64::MAX - i));
    assert_eq!(compare(&reference, &large, &[]).0.code, 0);
}

#[test]
fn decimals() {
    let decimal = |seed| {
        let mut rng = Rng(seed);
        let mut t = world(2_000, seed);
        t.set("price", (0..2_000).map(|_| format!("{}.{:030}", rng.below(100), rng.bits())));
        t
    };
    let (output, result) = compare(&decimal(1), &decimal(2), &[]);
    assert_eq!(output.code, 0, "{}", shown(&result));
}

#[test]
fn bytes_that_are_not_utf_8() {
    let folder = Folder::new();
    let mut bytes = world(2_000, 2).csv().into_bytes();
    let at: Vec<usize> = bytes.windows(5).enumerate().filter(|(_, w)| *w == b"phone").map(|(i, _)| i).collect();
    for i in at {
        bytes[i + 1] = 0xff;
    }
    let output = against(&folder, &folder.file("latin.csv", &bytes), &[]);
    let result = output.json();
    assert!(warns(&result, &["UTF-8", "channel", "latin.csv"]), "{}", shown(&result));
    assert!(
        finding(&result, "category_shift", "channel").is_some()
            || finding(&result, "schema_change", "channel").is_some(),
        "{}",
        shown(&result)
    );
    // Noise is no table, whatever it is called.
    let mut rng = Rng(7);
    let noise: Vec<u8> = (0..20_000).map(|_| rng.bits() as u8).collect();
    for name in ["noise.csv", "noise.jsonl", "noise.parquet", "noise.arrow", "noise"] {
        let output = against(&folder, &folder.file(name, &noise), &[]);
        assert_ne!(output.code, 0, "{name}: {output:?}");
    }
}

#[test]
fn ten_thousand_columns() {
    let folder = Folder::new();
    let (r, c) = (folder.file("r.csv", wide(1)), folder.file("c.csv", wide(2)));
    let output = run(&["check", "--reference", &r, "--current", &c, "-f", "json"]);
    let result = output.json();
    assert!(drifted(&result).len() <= 1, "{}", shown(&result));
    assert_eq!(result["columns"].as_array().unwrap().len(), 10_000);
}

#[test]
fn a_million_categories() {
    let folder = Folder::new();
    let (r, c) = (folder.file("r.csv", many_users(1)), folder.file("c.csv", many_users(2)));
    let output = run(&["check", "--reference", &r, "--current", &c, "-f", "json", "-o", &folder.join("r.html")]);
    assert!(output.stdout.len() < 1 << 20, "{} bytes", output.stdout.len());
    assert!(std::fs::metadata(folder.join("r.html")).unwrap().len() < 1 << 20);
    let result = output.json();
    assert!(!drifted(&result).contains(&"amount"), "{}", shown(&result));
}

#[test]
fn what_is_opened_and_never_closed() {
    let folder = Folder::new();
    let reference = folder.file("r.jsonl", world(2_000, 1).jsonl());
    // A long line that is whole is held by `ways`.
    let nested = folder.file("nested.jsonl", "[".repeat(1_000_000));
    run(&["check", "--reference", &reference, "--current", &nested]).is_error(&["nested.jsonl"]);
    let nested = folder.file("nested2.jsonl", "{\"a\":".repeat(1_000_000));
    run(&["check", "--reference", &reference, "--current", &nested]).is_error(&["nested2.jsonl"]);
    // A CSV cell whose quote is never closed.
    let open = folder.file("open.csv", format!("{}\"{}", world(10, 2).csv(), "x,y\n".repeat(5_000_000)));
    let output = against(&folder, &open, &[]);
    assert!(output.code == 2 || output.code == 3, "{output:?}");
}

#[test]
fn ragged_rows() {
    let folder = Folder::new();
    let lines: Vec<String> = world(2_000, 2)
        .csv()
        .lines()
        .enumerate()
        .map(|(i, l)| match i {
            100 => format!("{l},more"),
            200 => "7,2024-01-01".to_owned(),
            _ => l.to_owned(),
        })
        .collect();
    let output = against(&folder, &folder.file("ragged.csv", lines.join("\n")), &[]);
    let result = output.json();
    assert!(warns(&result, &["2 rows", "ragged.csv", "101", "201"]), "{}", shown(&result));
    assert_eq!((output.code, &result["inputs"]["current"]["rows"]), (0, &1_998.into()), "{}", shown(&result));
}

#[test]
fn damaged_parquet() {
    let folder = Folder::new();
    let events = folder.join("events.parquet");
    run(&["simulate", "healthy", "--rows", "4000", "-o", &events]);
    let whole = std::fs::read(&events).unwrap();
    for length in [0, 1, 4, 12, whole.len() / 2, whole.len() - 1] {
        let cut = folder.file("cut.parquet", &whole[..length]);
        run(&["check", &cut, "--reference-until", "0.5"]).is_error(&["cut.parquet"]);
    }
    let mut rng = Rng(3);
    for i in 0..60 {
        let mut bytes = whole.clone();
        // Half of them in the footer, where the lies are worst.
        let at = if i % 2 == 0 { rng.below(bytes.len() as u64) } else { bytes.len() as u64 - 1 - rng.below(3_000) };
        bytes[at as usize] ^= 1 << rng.below(8);
        let flipped = folder.file("flipped.parquet", &bytes);
        let output = run(&["check", &flipped, "--reference-until", "0.5", "-f", "json"]);
        if output.code == 2 && output.stdout.is_empty() {
            output.is_error(&[]);
        } else {
            partial(&output);
        }
    }
}

#[test]
fn bombs() {
    let folder = Folder::new();
    let mut zst = zstd::stream::write::Encoder::new(Vec::new(), 1).unwrap();
    let block = vec![b'0'; 1 << 20];
    (0..400).for_each(|_| zst.write_all(&block).unwrap());
    let bomb = zst.finish().unwrap();
    assert!(bomb.len() < 100_000);
    for name in ["bomb.csv.zst", "bomb.jsonl.zst"] {
        against(&folder, &folder.file(name, &bomb), &[]).is_error(&[name]);
    }
    let mut gz = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    (0..100).for_each(|_| gz.write_all(&block).unwrap());
    let bomb = gz.finish().unwrap();
    against(&folder, &folder.file("bomb.csv.gz", &bomb), &[]).is_error(&["bomb.csv.gz"]);
    // A stream that ends too early is no end of the data.
    let mut gz = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    gz.write_all(world(2_000, 2).csv().as_bytes()).unwrap();
    let bytes = gz.finish().unwrap();
    let cut = folder.file("cut.csv.gz", &bytes[..bytes.len() / 2]);
    let output = against(&folder, &cut, &[]);
    assert_eq!(output.code, 2, "{output:?}");
    assert!(output.stderr.contains("cut.csv.gz"), "{output:?}");
    assert!(output.stdout.is_empty() || warns(&partial(&output), &["cut.csv.gz"]), "{output:?}");
}

#[test]
fn two_columns_of_one_name() {
    let folder = Folder::new();
    let text = world(2_000, 2).csv().replacen("channel", "amount", 1);
    let output = against(&folder, &folder.file("twice.csv", text), &[]);
    if output.code == 2 {
        output.is_error(&["twice.csv", "amount"]);
    } else {
        let result = output.json();
        assert!(warns(&result, &["amount", "twice.csv"]), "{}", shown(&result));
    }
}

#[test]
fn an_unreadable_file_among_many() {
    let folder = Folder::new();
    let whole = world(2_000, 2);
    folder.file("days/1.csv", whole.part(0..1_000).csv());
    folder.file("days/2.csv", whole.part(1_000..2_000).csv());
    folder.file("days/3.parquet", "PAR1 this is not");
    let output = against(&folder, &folder.join("days"), &[]);
    let result = partial(&output);
    assert!(warns(&result, &["3.parquet"]), "{}", shown(&result));
    // The others go on; the exit code says that they are not all.
    assert_eq!(&result["inputs"]["current"]["rows"], &2_000, "{}", shown(&result));
    assert_eq!((output.code, &result["verdict"]), (2, &"healthy".into()), "{}", shown(&result));
    let lines: Vec<&str> = output.stderr.lines().collect();
    assert!(lines[0].starts_with("error: ") && lines[0].contains("3.parquet"), "{lines:?}");
    assert!(lines[1].starts_with("hint: ") && lines.len() == 2, "{lines:?}");
    assert_eq!(against(&folder, &folder.join("days"), &["--exit-zero"]).code, 2);
    let fitted = run(&["fit", &folder.join("days"), "-o", &folder.join("days.baseline")]);
    assert!(
        fitted.code == 2 && fitted.stderr.contains("3.parquet") && fitted.stdout.contains("2000 rows"),
        "{fitted:?}"
    );
    // A file that breaks half-way loses its rows, not the run.
    let mut gz = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    gz.write_all(world(20_000, 3).csv().as_bytes()).unwrap();
    let bytes = gz.finish().unwrap();
    folder.file("days/3.parquet", b"");
    std::fs::remove_file(folder.join("days/3.parquet")).unwrap();
    folder.file("days/4.csv.gz", &bytes[..bytes.len() - bytes.len() / 4]);
    let output = against(&folder, &folder.join("days"), &[]);
    assert_eq!(output.code, 2, "{output:?}");
    let result = partial(&output);
    assert!(warns(&result, &["4.csv.gz"]), "{}", shown(&result));
}

#[test]
fn hive_parts_globs_and_stdin() {
    let folder = Folder::new();
    let whole = world(2_000, 2);
    for (region, rows) in [("north", 0..1_000), ("south", 1_000..2_000)] {
        folder.file(&format!("parts/region={region}/a.csv"), whole.part(rows).csv());
    }
    let parts = folder.join("parts");
    let output = run(&["check", "--reference", &parts, "--current", &parts, "-f", "json"]);
    let result = output.json();
    assert!(result["columns"].as_array().unwrap().iter().any(|c| c["name"] == "region"), "{}", shown(&result));
    assert_eq!(result["inputs"]["current"]["rows"], 2_000);
    let glob = folder.join("parts/*/*.csv");
    let output = run(&["check", "--reference", &parts, "--current", &glob, "-f", "json"]);
    assert_eq!(output.json()["inputs"]["current"]["rows"], 2_000);
    let reference = folder.file("reference.csv", world(2_000, 1).csv());
    let args = ["check", "--reference", &reference, "--current", "-", "-f", "json"];
    let output = run_with(&args, whole.csv().as_bytes(), None, &[]);
    assert_eq!((output.code, &output.json()["inputs"]["current"]["rows"]), (0, &2_000.into()), "{output:?}");
    run_with(&args, b"", None, &[]).is_error(&["standard input", "empty"]);
    run(&["check", "--reference", "-", "--current", "-"]).is_error(&["standard input", "twice"]);
}

#[test]
fn names_that_are_not_there() {
    let folder = Folder::new();
    let current = folder.file("current.csv", world(2_000, 2).csv());
    for flag in ["--label", "--prediction", "--id", "--segment", "--ignore", "--time", "--score"] {
        against(&folder, &current, &[flag, "chanel"]).is_error(&["chanel", "channel"]);
    }
    against(&folder, &current, &["--label", "channel", "--id", "channel"]).is_error(&["two roles", "channel"]);
    against(&folder, &current, &["--config", "nowhere.toml"]).is_error(&["nowhere.toml"]);
}

#[test]
fn predictions_of_another_question() {
    let folder = Folder::new();
    let current = folder.file("current.csv", world(2_000, 2).csv());
    let said = ["labels (\"channel\") partner, phone", "predictions (\"prediction\") 0, 1", "--score"];
    against(&folder, &current, &["--label", "channel"]).is_error(&said);
    assert_ne!(against(&folder, &current, &["--label", "channel", "--ignore", "prediction,score"]).code, 2);
    // The same truth in other words is the same question.
    let mut words = world(2_000, 2);
    words.edit("label", |_, v| if v == "1" { "yes" } else { "no" }.to_owned());
    let result = compare(&words, &words, &["--positive", "yes"]).1;
    assert!(result["metric"]["current"].as_f64().unwrap() > 0.6, "{}", shown(&result));
}

#[test]
fn words_that_are_wrong() {
    let folder = Folder::new();
    let current = folder.file("current.csv", world(2_000, 2).csv());
    let wrong: [(&[&str], &str); 12] = [
        (&["--metric", "mae"], "mae"),
        (&["--metric", "acuracy"], "acuracy"),
        (&["--window", "often"], "often"),
        (&["--window", "0"], "window"),
        (&["--window=-3d"], "-3d"),
        (&["--window", "1d", "--time-zone", "Mars/Phobos"], "Mars/Phobos"),
        (&["--tolerance", "NaN"], "tolerance"),
        (&["--tolerance=-1"], "tolerance"),
        (&["--false-alarms", "never"], "never"),
        (&["--delimiter", "é"], "delimiter"),
        (&["-o", "report.pdf"], "report.pdf"),
        (&["-o", "no/such/folder/report.html"], "report.html"),
    ];
    for (more, said) in wrong {
        against(&folder, &current, more).is_error(&[said]);
    }
    for until in ["yesterday", "1e9", "-5", "110%", "0", "0%"] {
        run(&["check", &current, &format!("--reference-until={until}")]).is_error(&["--reference-until"]);
    }
    for until in ["1999-01-01", "2099-01-01", "2000", "99999999", "100%"] {
        run(&["check", &current, &format!("--reference-until={until}")]).is_error(&["reference"]);
    }
    run(&["check", &current]).is_error(&["healthy period ends", "--reference-until"]);
    run(&["check"]).is_error(&["nothing to check"]);
    run(&["check", "--current", &current]).is_error(&["--reference"]);
    run(&["check", "--reference", &current]).is_error(&["--current"]);
    run(&["check", &current, "--reference-until", "0.5", "-f", "pdf"]).is_error(&["pdf", "--format", "html"]);
    run(&["simulate", "nonsense", "-o", &folder.join("x.parquet")]).is_error(&["nonsense"]);
    run(&["simulate", "healthy"]).is_error(&["-o"]);
    run(&["explain", "nonsense"]).is_error(&["nonsense"]);
}

#[test]
fn a_time_that_is_none() {
    let folder = Folder::new();
    let mut t = world(2_000, 2);
    t.edit("timestamp", |i, v| if i % 2 == 0 { v.to_owned() } else { String::new() });
    let output = against(&folder, &folder.file("half.csv", t.csv()), &[]);
    assert!(
        warns(&output.json(), &["time"]) || finding(&output.json(), "schema_change", "timestamp").is_some(),
        "{}",
        shown(&output.json())
    );
    t.edit("timestamp", |_, _| "soon".to_owned());
    let output = against(&folder, &folder.file("none.csv", t.csv()), &["--time", "timestamp"]);
    assert!(warns(&output.json(), &["no time", "timestamp"]), "{}", shown(&output.json()));
    // All at once, and a thousand years apart.
    t.edit("timestamp", |_, _| stamp(0));
    assert_ne!(against(&folder, &folder.file("once.csv", t.csv()), &[]).code, 2);
    t.edit("timestamp", |i, _| format!("{}-01-01T00:00:00Z", if i % 2 == 0 { 1024 } else { 9024 }));
    let output = against(&folder, &folder.file("apart.csv", t.csv()), &["--window", "1h"]);
    assert!(warns(&output.json(), &["100000 windows"]), "{}", shown(&output.json()));
    assert!(output.stdout.len() < 4 << 20);
}

#[test]
fn damaged_baselines() {
    let folder = Folder::new();
    let current = folder.file("current.csv", world(2_000, 2).csv());
    let reference = folder.file("reference.csv", world(2_000, 1).csv());
    let path = folder.join("healthy.baseline");
    assert_eq!(run(&["fit", &reference, "-o", &path]).code, 0);
    let whole = std::fs::read(&path).unwrap();
    let refused = |bytes: &[u8]| {
        let bad = folder.file("bad.baseline", bytes);
        run(&["check", "--baseline", &bad, &current]).is_error(&["bad.baseline"]);
    };
    for length in [0, 1, 7, 16, whole.len() / 2, whole.len() - 1] {
        refused(&whole[..length]);
    }
    let mut rng = Rng(5);
    for _ in 0..40 {
        let mut bytes = whole.clone();
        let at = rng.below(bytes.len() as u64) as usize;
        bytes[at] ^= 1 << rng.below(8);
        refused(&bytes);
    }
    refused(&[&whole[..], b"more"].concat());
    refused(world(10, 1).csv().as_bytes());
    run(&["check", "--baseline", &folder.join("absent"), &current]).is_error(&["absent"]);
    run(&["check", "--baseline", &path]).is_error(&["DATA"]);
    // What was learned is not learned anew: a flag that would ask for it is refused, not passed over.
    for (flag, value) in [
        ("--id", "id"),
        ("--time", "timestamp"),
        ("--prediction", "prediction"),
        ("--score", "score"),
        ("--label", "label"),
        ("--segment", "channel"),
        ("--ignore", "amount"),
        ("--task", "binary"),
        ("--positive", "1"),
        ("--threshold", "0.4"),
        ("--window", "1d"),
        ("--time-zone", "UTC"),
        ("--seed", "3"),
    ] {
        run(&["check", "--baseline", &path, &current, flag, value]).is_error(&[flag, "--baseline", "fit"]);
    }
    let policy = ["--metric", "auc", "--tolerance", "0.1", "--false-alarms", "2 per 90d", "--monitor", "m"];
    assert_eq!(run(&[&["check", "--baseline", &path, &current], &policy[..]].concat()).code, 0);
    let labels = folder.file("labels.csv", "id,truth\n1,1\n");
    let joined = run(&["check", "--baseline", &path, &current, "--labels", &labels, "--label", "truth"]);
    assert_ne!(joined.code, 2, "{joined:?}");
    assert_eq!(run(&["check", "--baseline", &path, &current]).code, 0);
}

#[test]
fn nothing_is_half_written() {
    let folder = Folder::new();
    let report = folder.file("report.html", "old");
    let bad = folder.file("bad.csv", "");
    against(&folder, &bad, &["-o", &report]).is_error(&["bad.csv"]);
    assert_eq!(std::fs::read_to_string(&report).unwrap(), "old");
    let files = std::fs::read_dir(folder.path()).unwrap().count();
    assert_eq!(files, 3, "a leftover");
    assert!(root().join("Cargo.toml").exists());
}

#[test]
fn columns_of_every_odd_shape() {
    // Each of these in both periods, and in the current one alone: never a crash, and no alarm where nothing changed.
    let shapes: [(&str, fn(usize) -> String); 8] = [
        ("constant", |_| "7".to_owned()),
        ("alternating", |i| (i % 2).to_string()),
        ("growing", |i| i.to_string()),
        ("subnormal", |i| format!("{}e-320", i % 9)),
        ("signed zero", |i| if i % 2 == 0 { "0.0" } else { "-0.0" }.to_owned()),
        ("one text", |_| "x".to_owned()),
        ("long text", |i| format!("{}{}", "long ".repeat(200), i % 3)),
        ("mixed", |i| if i % 2 == 0 { "1".to_owned() } else { "one".to_owned() }),
    ];
    let mut with: Table = world(2_000, 1);
    for (name, cell) in shapes {
        with.set(name, (0..2_000).map(cell));
    }
    let (output, result) = compare(&with, &with, &[]);
    assert_eq!(output.code, 0, "{}", shown(&result));
    assert!(drifted(&result).is_empty(), "{}", shown(&result));
    let without = world(2_000, 2);
    for (r, c) in [(&with, &without), (&without, &with)] {
        compare(r, c, &[]);
    }
}
