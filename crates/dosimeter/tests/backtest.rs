//! A replay says what `check` would have said at the time, rings once for one fault, and is silent where nothing happened.

use serde_json::Value;

use crate::kit::{Folder, Rng, Table, example, run, stamp, world};

/// Rows of a week of [`world`].
const WEEK: usize = 1_008;
/// Weeks of the reference.
const REFERENCE: usize = 8;

/// Healthy weeks, then from one on the same inputs mean something else where the channel is the phone.
fn drifting(weeks: usize, since: usize) -> Table {
    let mut table = world((REFERENCE + weeks) * WEEK, 11);
    turn(&mut table, (REFERENCE + since) * WEEK);
    table
}

fn turn(table: &mut Table, from: usize) {
    let mut rng = Rng(5);
    let phone: Vec<bool> = table.column("channel").iter().map(|c| c == "phone").collect();
    table.edit("label", |i, label| {
        let flips = i >= from && phone[i] && rng.uniform() < 0.8;
        if flips { if label == "1" { "0" } else { "1" }.to_owned() } else { label.to_owned() }
    });
}

/// A folder with a baseline of the first weeks, and what follows.
fn fitted(table: &Table, week: usize) -> (Folder, String, Table) {
    let folder = Folder::new();
    let reference = folder.file("reference.csv", table.part(0..REFERENCE * week).csv());
    let baseline = folder.join("model.baseline");
    let output = run(&["fit", &reference, "-o", &baseline, "--window", "1w", "--id", "id", "--label", "label"]);
    assert_eq!(output.code, 0, "{output:?}");
    let rest = table.part(REFERENCE * week..table.rows());
    (folder, baseline, rest)
}

/// What is compared of a finding: all that a look keeps.
fn kept(f: &Value) -> [&Value; 5] {
    let columns = f.get("columns").unwrap_or_else(|| &f["subject"]["columns"]);
    let change = f.get("change").unwrap_or_else(|| f["impact"].get("change").unwrap_or(&Value::Null));
    [&f["mode"], &f["severity"], columns, change, &f["message"]]
}

/// Asserts that a look is what `check` says of the data up to it, to the last digit.
#[track_caller]
fn same(look: &Value, check: &Value) {
    assert_eq!(look["verdict"], check["verdict"], "{look}");
    assert_eq!(look["metric"], check["metric"]["current"], "{look}");
    assert_eq!(look["basis"], check["metric"]["basis"], "{look}");
    let findings = |v: &Value| -> Vec<String> {
        let list = v["findings"].as_array().unwrap().iter();
        let told = list.filter(|f| f["severity"] != "harmless" && f["kind"] != "labels_stopped");
        told.map(|f| serde_json::to_string(&kept(f)).unwrap()).collect()
    };
    assert_eq!(findings(look), findings(check));
}

fn look_at(looks: &Value, rows: usize) -> &Value {
    looks.as_array().unwrap().iter().find(|l| l["rows"] == rows).unwrap_or_else(|| panic!("no look at {rows}: {looks}"))
}

#[test]
fn a_look_is_what_check_would_have_said() {
    // Over 20,000 rows, so that the sample of the last looks is a part of what came.
    let (folder, baseline, rest) = fitted(&drifting(24, 10), WEEK);
    let history = folder.file("history.csv", rest.csv());
    let output = run(&["backtest", "--baseline", &baseline, &history, "-f", "json"]);
    assert_eq!(output.code, 0, "{output:?}");
    let result = output.json();
    assert_eq!(result["replay"]["looks"].as_array().unwrap().len(), 24);
    let mut found = 0;
    for week in [1, 6, 13, 24] {
        let until = folder.file("until.csv", rest.part(0..week * WEEK).csv());
        let check = run(&["check", "--baseline", &baseline, "--current", &until, "-f", "json"]).json();
        same(look_at(&result["replay"]["looks"], week * WEEK), &check);
        found += check["findings"].as_array().unwrap().len();
    }
    assert!(found > 1, "nothing to compare");
}

#[test]
fn a_look_at_the_last_weeks_is_what_check_says_of_them() {
    let (folder, baseline, rest) = fitted(&drifting(12, 4), WEEK);
    let history = folder.file("history.csv", rest.csv());
    let output =
        run(&["backtest", "--baseline", &baseline, &history, "--trailing", "4w", "--every", "2", "-f", "json"]);
    let result = output.json();
    assert_eq!(result["policy"]["sees"], "4w");
    for week in [4, 10] {
        // Its rows are numbered anew, and so sampled otherwise: what is counted is the same.
        let until = folder.file("until.csv", rest.part((week - 4) * WEEK..week * WEEK).csv());
        let check = run(&["check", "--baseline", &baseline, "--current", &until, "-f", "json"]).json();
        let look = look_at(&result["replay"]["looks"], week * WEEK);
        assert_eq!((&look["verdict"], &look["metric"]), (&check["verdict"], &check["metric"]["current"]), "{look}");
    }
}

#[test]
fn late_labels_are_labels_that_have_not_come() {
    let (folder, baseline, rest) = fitted(&drifting(14, 4), WEEK);
    let history = folder.file("history.csv", rest.csv());
    let output = run(&["backtest", "--baseline", &baseline, &history, "--label-delay", "28d", "-f", "json"]);
    let result = output.json();
    let late = &result["delayed"]["replay"];
    for week in [5, 9, 14] {
        let mut until = rest.part(0..week * WEEK);
        let known = week.saturating_sub(4) * WEEK;
        until.edit("label", |i, label| if i < known { label.to_owned() } else { String::new() });
        let until = folder.file("until.csv", until.csv());
        let check = run(&["check", "--baseline", &baseline, "--current", &until, "-f", "json"]).json();
        same(look_at(&late["looks"], week * WEEK), &check);
    }
    // Concept drift cannot be seen without labels: the alarm comes later by about the delay.
    let first = |r: &Value| r["first"]["look"].as_u64();
    let (at_once, late) = (first(&result["replay"]).unwrap(), first(late).unwrap());
    assert!((3..=5).contains(&(late - at_once)), "{at_once} {late}");
    assert!(result["delayed"]["later_days"].as_f64().is_some_and(|d| d > 20.0 && d < 36.0));
}

#[test]
fn one_fault_rings_few_times_and_is_dated() {
    let folder = Folder::new();
    let history = folder.file("history.csv", drifting(16, 6).csv());
    let until = stamp((REFERENCE * WEEK * 10) as u64);
    let args = ["backtest", &history, "--reference-until", &until, "--window", "1w", "--id", "id", "-f", "json"];
    let result =
        run(&[&args[..], &["--try-tolerances", "0.2,0.01", "--try-false-alarms", "1 per 900d"]].concat()).json();
    let replay = &result["replay"];
    let alarms = replay["alarms"].as_array().unwrap();
    // The metric falls, and why: no more than a message for each.
    assert!((1..=3).contains(&alarms.len()), "{alarms:#?}");
    let first = &replay["first"];
    // Dated to a row that is at most half a day off.
    let truth = ((REFERENCE + 6) * WEEK * 10) as u64;
    let near = stamp(truth - 720)..=stamp(truth + 720);
    assert!(first["onset"].as_str().is_some_and(|at| near.contains(&at.to_owned())), "{first}");
    assert!(first["delay_days"].as_f64().is_some_and(|d| d > 0.0 && d <= 35.0), "{first}");
    assert!(replay["looks"].as_array().unwrap().iter().take(6).all(|l| l["verdict"] != "decaying"));
    let tried = result["alternatives"].as_array().unwrap();
    assert_eq!(tried.len(), 4);
    assert_eq!((&tried[0]["own"], tried[0]["alarms"].as_u64()), (&true.into(), Some(alarms.len() as u64)));
    // For a loss that is tolerated nobody is called; what calls at last is another finding.
    let look = |i: usize| tried[i]["first_look"].as_u64().unwrap_or(u64::MAX);
    assert!(look(1) > look(0), "{tried:#?}");
    assert!(tried[2]["alarms"].as_u64() >= Some(1));
}

#[test]
fn what_is_healthy_stays_within_the_budget() {
    let folder = Folder::new();
    for scenario in ["healthy", "healthy_wobble"] {
        let history = folder.join(&format!("{scenario}.parquet"));
        assert_eq!(run(&["simulate", scenario, "-o", &history, "--rows", "16000"]).code, 0);
        let output = run(&["backtest", &history, "--reference-until", "0.4", "--healthy", "-f", "json"]);
        let result = output.json();
        assert_eq!((output.code, &result["replay"]["alarms"]), (0, &serde_json::json!([])), "{scenario}");
        assert_eq!(result["health"]["exceeded"], false);
    }
    // The same flag on a history that is none: the budget of a moment is exceeded, and the exit code says so.
    let history = folder.file("short.csv", drifting(4, 0).csv());
    let until = stamp((REFERENCE * WEEK * 10) as u64);
    let rare = ["--false-alarms", "1 per 9000d", "--window", "1w", "--id", "id"];
    let args = ["backtest", &history, "--reference-until", &until, "--healthy", "-f", "json"];
    let output = run(&[&args[..], &rare].concat());
    assert_eq!(output.code, 1, "{}", output.stdout);
}

#[test]
fn every_format_and_a_hostile_name() {
    let folder = Folder::new();
    let history = folder.file("history.csv", drifting(4, 1).csv());
    let until = stamp((REFERENCE * WEEK * 10) as u64);
    let name = "<b>\u{1b}[31m|evil\u{202e}";
    let (md, json, txt) = (folder.join("a.md"), folder.join("a.json"), folder.join("a.txt"));
    let output = run(&[
        "backtest",
        &history,
        "--reference-until",
        &until,
        "--window",
        "1w",
        "--monitor",
        name,
        "-o",
        &md,
        "-o",
        &json,
        "-o",
        &txt,
        "--label-delay",
        "1w",
        "-v",
    ]);
    assert_eq!((output.code, output.stderr.as_str()), (0, ""));
    let read = |path: &str| std::fs::read_to_string(path).unwrap();
    for text in [&output.stdout, &read(&md), &read(&txt), &read(&json)] {
        assert!(!text.contains('\u{1b}') && !text.contains('\u{202e}'), "{text}");
    }
    // In Markdown a name stands in a code span.
    assert!(read(&md).starts_with("## Replay of `"), "{}", read(&md));
    let result: Value = serde_json::from_str(&read(&json)).unwrap();
    assert_eq!((&result["format"], &result["monitor"]), (&"dosimeter.backtest/1".into(), &name.into()));
    // No line is wider than the screen.
    let narrow = crate::kit::run_with(
        &["backtest", &history, "--reference-until", &until, "--window", "1w"],
        b"",
        None,
        &[("COLUMNS", "80")],
    );
    assert!(narrow.stdout.lines().all(|l| l.chars().count() <= 80), "{}", narrow.stdout);
}

#[test]
fn what_cannot_be_replayed_is_said() {
    let hotel = example("hotel_bookings.parquet");
    let check = |more: &[&str], parts: &[&str]| {
        run(&[&["backtest", &hotel, "--reference-until", "2016-04-01"], more].concat()).is_error(parts);
    };
    check(&["--every", "1fortnight"], &["1fortnight", "--every"]);
    check(&["--every", "1h"], &["--every", "--window"]);
    check(&["--format", "html"], &["html"]);
    check(&["-o", "x.xml"], &["junit", "x.xml"]);
    check(&["--try-tolerances=-1"], &["--try-tolerances"]);
    check(&["--try-false-alarms", "often"], &["--try-false-alarms"]);
    let folder = Folder::new();
    let mut undated = world(4_000, 3);
    undated.drop("timestamp");
    let undated = folder.file("undated.csv", undated.csv());
    run(&["backtest", &undated, "--reference-until", "0.5", "--label-delay", "30d"])
        .is_error(&["--label-delay", "time"]);
    // In windows it can be done.
    let output =
        run(&["backtest", &undated, "--reference-until", "0.5", "--label-delay", "2", "--window", "200", "-f", "json"]);
    let result = output.json();
    assert_eq!((output.code, result["replay"]["looks"].as_array().unwrap().len()), (0, 10));
    assert_eq!(result["replay"]["per_week"], Value::Null);
}
