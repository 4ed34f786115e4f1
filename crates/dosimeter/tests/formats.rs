//! One answer, whatever the way in and the way out.

use std::fs::File;
use std::io::Write as _;
use std::sync::Arc;

use dosimeter_scan::{WriteColumn, parse_time, write_parquet};
use parquet::arrow::arrow_reader::ParquetRecordBatchReaderBuilder;
use serde_json::Value;

use crate::kit::{Folder, Table, columns, findings, run, run_with, shown, world};

/// Decay with several names: nulls, a new category, labels turned round, from row 4,000 of 6,000 on.
pub(crate) fn history() -> Table {
    let mut t = world(6_000, 1);
    t.edit("amount", |i, v| if i >= 4_000 && i % 2 == 0 { String::new() } else { v.to_owned() });
    t.edit("channel", |i, v| if i >= 4_000 && i % 3 == 0 { "fax".to_owned() } else { v.to_owned() });
    t.edit("label", |i, v| if i >= 4_000 { (1 - v.parse::<u8>().unwrap()).to_string() } else { v.to_owned() });
    t
}

pub(crate) fn parquet(folder: &Folder, table: &Table) -> String {
    let numbers = |n: &str| WriteColumn::Number(table.column(n).iter().map(|v| v.parse().ok()).collect());
    let integers = |n: &str| WriteColumn::Integer(table.column(n).iter().map(|v| v.parse().ok()).collect());
    let texts = |n: &str| WriteColumn::Text(table.column(n).iter().cloned().map(Some).collect());
    let times = |n: &str| WriteColumn::Time(table.column(n).iter().map(|v| parse_time(v).map(|t| t.0)).collect());
    let path = folder.join("events.parquet");
    let list = [
        ("id", integers("id")),
        ("timestamp", times("timestamp")),
        ("amount", numbers("amount")),
        ("channel", texts("channel")),
        ("score", numbers("score")),
        ("prediction", integers("prediction")),
        ("label", integers("label")),
    ];
    write_parquet(path.as_ref(), &list).unwrap();
    path
}

pub(crate) fn arrow(folder: &Folder, parquet: &str) -> String {
    let path = folder.join("events.arrow");
    let reader = ParquetRecordBatchReaderBuilder::try_new(File::open(parquet).unwrap()).unwrap().build().unwrap();
    let batches: Vec<_> = reader.map(Result::unwrap).collect();
    let schema = Arc::clone(batches[0].schema_ref());
    let mut writer = arrow_ipc::writer::FileWriter::try_new(File::create(&path).unwrap(), &schema).unwrap();
    batches.iter().for_each(|b| writer.write(b).unwrap());
    writer.finish().unwrap();
    path
}

/// What a finding says, without what depends on how a file spells its types.
pub(crate) fn said(result: &Value) -> Vec<String> {
    let one = |f: &Value| {
        format!("{}/{} {} {:?} {} {}", f["mode"], f["kind"], f["severity"], columns(f), f["onset"]["row"], f["message"])
    };
    findings(result).iter().map(one).collect()
}

#[test]
fn every_file_format_says_the_same() {
    let folder = Folder::new();
    let table = history();
    let parquet = parquet(&folder, &table);
    let mut gz = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    gz.write_all(table.csv().as_bytes()).unwrap();
    let tsv = table.csv().replace(',', "\t");
    let files = [
        folder.file("events.csv", table.csv()),
        folder.file("events.csv.gz", gz.finish().unwrap()),
        folder.file("events.csv.zst", zstd::encode_all(table.csv().as_bytes(), 1).unwrap()),
        folder.file("events.tsv", tsv),
        folder.file("events.jsonl", table.jsonl()),
        arrow(&folder, &parquet),
    ];
    let of = |path: &str| run(&["check", path, "--reference-until", "4000", "-f", "json"]).json();
    let wanted = of(&parquet);
    assert_eq!(wanted["verdict"], "decaying");
    assert!(findings(&wanted).len() >= 3, "{}", shown(&wanted));
    for path in &files {
        let result = of(path);
        assert_eq!((&result["verdict"], said(&result)), (&wanted["verdict"], said(&wanted)), "{path}");
        assert_eq!(result["metric"], wanted["metric"], "{path}");
    }
}

#[test]
fn a_baseline_says_what_its_reference_says() {
    let folder = Folder::new();
    let table = history();
    let (reference, current) =
        (folder.file("r.csv", table.part(0..4_000).csv()), folder.file("c.csv", table.part(4_000..6_000).csv()));
    let baseline = folder.join("model.baseline");
    for window in [&["--window", "500"][..], &["--window", "1d"], &[]] {
        let fitted = run(&[&["fit", &reference, "-o", &baseline], window].concat());
        assert_eq!((fitted.code, fitted.stderr.as_str()), (0, ""));
        assert!(fitted.stdout.contains("4000 rows"), "{}", fitted.stdout);
        let with = run(&["check", "--baseline", &baseline, &current, "-f", "json"]);
        let without =
            run(&[&["check", "--reference", &reference, "--current", &current, "-f", "json"], window].concat());
        assert_eq!((with.code, without.code), (1, 1));
        let (with, without) = (with.json(), without.json());
        if window.is_empty() {
            // Without a window given, the length of the current period has a say where it is known.
            let names = |r: &Value| {
                findings(r)
                    .iter()
                    .map(|f| format!("{}{}{:?}", f["mode"], f["kind"], columns(f)))
                    .collect::<std::collections::BTreeSet<_>>()
            };
            assert_eq!(names(&with), names(&without));
        } else {
            assert_eq!(with["findings"], without["findings"]);
            assert_eq!(
                (&with["metric"], &with["windows"], &with["decomposition"]),
                (&without["metric"], &without["windows"], &without["decomposition"])
            );
        }
    }
}

#[test]
fn the_same_bytes_again() {
    let folder = Folder::new();
    let table = history();
    for (i, rows) in [0..1_500, 1_500..3_000, 3_000..4_500, 4_500..6_000].into_iter().enumerate() {
        folder.file(&format!("parts/{i}.csv"), table.part(rows).csv());
    }
    let parts = folder.join("parts");
    for format in ["json", "html", "terminal", "junit", "github", "prometheus", "markdown"] {
        let once = || run(&["check", &parts, "--reference-until", "4000", "-f", format]);
        let first = once();
        assert_eq!(first.code, 1);
        for _ in 0..3 {
            let again = once();
            let other = first.stdout.lines().zip(again.stdout.lines()).find(|(a, b)| a != b);
            assert_eq!(other, None, "{format} differs from run to run");
            assert!(again.stdout == first.stdout, "{format} differs from run to run");
        }
    }
    let fit = |name: &str| {
        let path = folder.join(name);
        run(&["fit", &parts, "-o", &path, "--monitor", "m"]);
        std::fs::read(path).unwrap()
    };
    assert!(fit("a") == fit("b"), "baselines differ");
    let simulate = |name: &str| {
        let path = folder.join(name);
        run(&["simulate", "unit_change", "--rows", "3000", "--seed", "7", "-o", &path]);
        std::fs::read(path).unwrap()
    };
    assert!(simulate("a.parquet") == simulate("b.parquet"), "streams differ");
}

#[test]
fn reports_are_written() {
    let folder = Folder::new();
    let events = folder.file("events.csv", history().csv());
    let names = ["r.html", "r.json", "r.xml", "r.prom", "r.md", "r.txt"].map(|n| folder.join(n));
    let mut args = vec!["check", &events, "--reference-until", "4000", "-f", "json"];
    names.iter().for_each(|n| args.extend(["-o", n]));
    let output = run(&args);
    assert_eq!(output.code, 1);
    let text = |i: usize| std::fs::read_to_string(&names[i]).unwrap();
    assert!(text(0).to_lowercase().starts_with("<!doctype html>") && text(0).trim_end().ends_with("</html>"));
    assert!(text(0).len() < 1 << 20);
    for outside in ["src=\"http", "href=\"//", "url(http", "@import", "<link rel"] {
        assert!(!text(0).contains(outside), "{outside}");
    }
    assert_eq!(text(1), output.stdout);
    assert!(text(2).starts_with("<?xml") && text(2).contains("</testsuites>"));
    assert!(text(3).contains("# TYPE dosimeter_"));
    assert!(text(4).starts_with('#') || text(4).contains("\n#") || text(4).contains("**"));
    assert!(text(5).contains("DECAYING") && !text(5).contains('\u{1b}'));
}

#[test]
fn exit_zero() {
    let folder = Folder::new();
    let events = folder.file("events.csv", history().csv());
    let args = ["check", &events, "--reference-until", "4000", "--exit-zero"];
    let output = run(&args);
    assert_eq!(output.code, 0);
    assert!(output.stdout.contains("DECAYING"));
    run(&["check", &folder.join("absent"), "--reference-until", "4000", "--exit-zero"]).is_error(&["absent"]);
}

#[test]
fn colours() {
    let folder = Folder::new();
    let events = folder.file("events.csv", history().csv());
    let args = ["check", &events, "--reference-until", "4000"];
    let with = |more: &[&str], env: &[(&str, &str)]| {
        run_with(&[&args[..], more].concat(), b"", None, env).stdout.contains('\u{1b}')
    };
    assert!(!with(&[], &[]), "colours where there is no terminal");
    assert!(with(&["--color", "always"], &[]));
    assert!(!with(&["--color", "auto"], &[("NO_COLOR", "1")]));
    assert!(!with(&["--color", "never"], &[]));
}

#[test]
fn words_about_itself() {
    for shell in ["bash", "zsh", "fish", "powershell", "elvish"] {
        let output = run(&["completions", shell]);
        assert_eq!(output.code, 0);
        assert!(output.stdout.contains("dosimeter") && output.stdout.contains("reference-until"), "{shell}");
    }
    assert!(run(&["--version"]).stdout.contains(env!("CARGO_PKG_VERSION")));
    let top = run(&["--help"]).stdout;
    for command in ["check", "fit", "simulate", "explain", "completions"] {
        assert!(top.contains(command), "{command}");
    }
    let watch = [
        "--id",
        "--time",
        "--prediction",
        "--score",
        "--label",
        "--segment",
        "--ignore",
        "--task",
        "--positive",
        "--threshold",
        "--metric",
        "--tolerance",
        "--false-alarms",
        "--every",
        "--window",
        "--time-zone",
        "--seed",
        "--monitor",
        "--delimiter",
        "--config",
        "--quiet",
        "--labels",
        "--output",
    ];
    let check = [
        "--reference",
        "--current",
        "--baseline",
        "--reference-until",
        "--as-of",
        "--format",
        "--verbose",
        "--color",
        "--exit-zero",
    ];
    let (of_check, of_fit) = (run(&["check", "--help"]).stdout, run(&["fit", "--help"]).stdout);
    for flag in watch {
        assert!(of_check.contains(flag) && of_fit.contains(flag), "{flag}");
    }
    for flag in check {
        assert!(of_check.contains(flag), "{flag}");
    }
    let simulate = run(&["simulate", "--help"]).stdout;
    assert!(["--output", "--rows", "--seed"].iter().all(|f| simulate.contains(f)));
    // Every flag that is there is in one of the lists: nobody adds one in silence.
    let flags = of_check
        .split_whitespace()
        .filter(|w| w.starts_with("--") && w.len() > 2)
        .map(|w| w.trim_end_matches(|c: char| !c.is_ascii_lowercase()));
    for flag in flags {
        assert!(watch.contains(&flag) || check.contains(&flag) || flag == "--help", "{flag} is new");
    }
    for mode in dosimeter_core::catalogue::Mode::ALL {
        assert_eq!(run(&["explain", mode.id()]).code, 0);
    }
    assert_eq!((run(&["explain"]).code, run(&["simulate"]).code, run(&["simulate", "lesson"]).code), (0, 0, 0));
}

#[test]
fn the_settings_file_says_what_flags_say() {
    let folder = Folder::new();
    let mut table = history();
    table.set("region", (0..6_000).map(|i| ["north", "south"][i % 2]));
    table.set("noise", (0..6_000).map(|i| i % 7));
    folder.file("events.csv", table.csv().replace(',', ";"));
    let flags = [
        "check",
        "events.csv",
        "--reference-until",
        "4000",
        "--id",
        "id",
        "--time",
        "timestamp",
        "--prediction",
        "prediction",
        "--score",
        "score",
        "--label",
        "label",
        "--segment",
        "region,channel",
        "--ignore",
        "noise",
        "--task",
        "binary",
        "--positive",
        "1",
        "--threshold",
        "0.5",
        "--metric",
        "f1",
        "--tolerance",
        "0.03",
        "--false-alarms",
        "2 per 30d",
        "--window",
        "1d",
        "--time-zone",
        "Europe/Lisbon",
        "--seed",
        "3",
        "--monitor",
        "shop",
        "--delimiter",
        ";",
        "-f",
        "json",
    ];
    let wanted = run_with(&flags, b"", Some(folder.path()), &[]);
    assert_eq!(wanted.code, 1, "{wanted:?}");
    let settings = "monitor = \"shop\"\n[data]\nhistory = \"events.csv\"\nreference_until = 4000\ndelimiter = \";\"\n[roles]\nid = \"id\"\n\
                    time = \"timestamp\"\nprediction = \"prediction\"\nscore = \"score\"\nlabel = \"label\"\nsegment = [\"region\", \"channel\"]\n\
                    ignore = \"noise\"\n[model]\ntask = \"binary\"\npositive = 1\nthreshold = 0.5\n[policy]\nmetric = \"f1\"\ntolerance = 0.03\n\
                    false_alarms = \"2 per 30d\"\nwindow = \"1d\"\ntime_zone = \"Europe/Lisbon\"\nseed = 3\n";
    folder.file("dosimeter.toml", settings);
    let got = run_with(&["check", "-f", "json"], b"", Some(folder.path()), &[]);
    assert_eq!((got.code, &got.stderr), (1, &String::new()));
    assert!(got.stdout == wanted.stdout, "the file says something else");
    // What is typed wins.
    let typed =
        run_with(&["check", "-f", "json", "--metric", "auc", "--seed", "4"], b"", Some(folder.path()), &[]).json();
    assert_eq!((&typed["metric"]["name"], &typed["inputs"]["seed"]), (&"auc".into(), &4.into()));
    // By name, from elsewhere.
    let path = folder.join("dosimeter.toml");
    let absolute = settings.replace("events.csv", &folder.join("events.csv"));
    folder.file("dosimeter.toml", absolute);
    assert_eq!(run(&["check", "--config", &path]).code, 1);
}

#[test]
fn settings_that_are_wrong() {
    let folder = Folder::new();
    for (text, line) in [
        ("[policy]\nmetrik = \"f1\"\n", "line 2"),
        ("\n\n[roles]\nlabel = 3\n", "line 4"),
        ("[nonsense]\n", "line 1"),
        ("[policy\n", "line 1"),
        ("monitor = \"a\"\nmonitor = \"b\"\n", "line 2"),
    ] {
        folder.file("dosimeter.toml", text);
        run_with(&["check"], b"", Some(folder.path()), &[]).is_error(&["dosimeter.toml", line]);
    }
    folder.file("dosimeter.toml", [0xff, 0xfe, 0x00]);
    run_with(&["check"], b"", Some(folder.path()), &[]).is_error(&["dosimeter.toml"]);
    folder.file("dosimeter.toml", "[model]\ntask = \"guessing\"\n[data]\nhistory = \"x.csv\"\nreference_until = 0.5\n");
    run_with(&["check"], b"", Some(folder.path()), &[]).is_error(&["guessing"]);
}
