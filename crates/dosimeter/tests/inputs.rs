//! What was typed and what it is written to: a mistake is said with a hint before it looks like a result.

use std::process::{Command, Stdio};

use crate::kit::{Folder, Output, Table, finding, run, shown, warns, world};

/// Checks a history of 4,000 rows whose reference is its first half.
fn halves(folder: &Folder, table: &Table, more: &[&str]) -> Output {
    let data = folder.file("history.csv", table.csv());
    run(&[&["check", &data, "--reference-until", "2000", "-f", "json"], more].concat())
}

/// The healthy world with other words for its two classes.
fn worded(label: [&str; 2], prediction: [&str; 2]) -> Table {
    let mut t = world(4_000, 1);
    for (column, words) in [("label", label), ("prediction", prediction)] {
        t.edit(column, |_, v| words[usize::from(v == "1")].to_owned());
    }
    t
}

#[test]
fn a_positive_class_that_is_none() {
    let folder = Folder::new();
    let t = worded(["no", "yes"], ["no", "yes"]);
    halves(&folder, &t, &["--positive", "maybe"]).is_error(&["maybe", "--positive", "no, yes"]);
    // Truth words are the same in whatever case.
    let right = halves(&folder, &t, &[]).json();
    let upper = halves(&folder, &t, &["--positive", "Yes"]).json();
    assert_eq!(right["metric"], upper["metric"]);
    assert!(right["metric"]["reference"].as_f64().unwrap() < 0.99, "{}", right["metric"]);
}

#[test]
fn labels_and_predictions_of_two_worlds() {
    let folder = Folder::new();
    for (label, prediction, said) in [
        (["0", "1"], ["cat", "dog"], "no class in common"),
        (["1", "2"], ["0", "1"], "more than two classes"),
        (["no", "yes"], ["0", "2"], "more than two classes"),
    ] {
        let output = halves(&folder, &worded(label, prediction), &[]);
        output.is_error(&[said, label[0], label[1], prediction[0], prediction[1], "same words"]);
    }
    // Other words for the same.
    let t = worded(["False", "True"], ["0", "1"]);
    assert_eq!(halves(&folder, &t, &[]).code, 0);
    let mut t = world(4_000, 1);
    let scores = t.column("score").to_vec();
    t.set("prediction", &scores);
    halves(&folder, &t, &[]).is_error(&["prediction", "fractions", "--score prediction"]);
    let mut t = world(4_000, 1);
    t.set("label", (0..4_000).map(|i| format!("{}.5", i % 500)));
    halves(&folder, &t, &["--task", "binary"]).is_error(&["label", "--task regression"]);
}

#[test]
fn one_odd_cell_is_no_class() {
    let folder = Folder::new();
    let mut t = world(4_000, 1);
    t.edit("prediction", |i, v| if i == 7 { "n/a" } else { v }.to_owned());
    assert_ne!(halves(&folder, &t, &[]).code, 2);
}

#[test]
fn scores_by_class() {
    let folder = Folder::new();
    let mut t = world(4_000, 1);
    let class = |i: usize| ["low", "mid", "high"][i % 3].to_owned();
    t.edit("label", |i, _| class(i)).edit("prediction", |i, _| class(i / 2)).drop("score");
    for (k, name) in ["s1", "s2", "s3"].into_iter().enumerate() {
        t.set(name, (0..4_000).map(|i| if i % 3 == k { 0.8 } else { 0.1 }));
    }
    let scored = |score: &str| halves(&folder, &t, &["--score", score]);
    assert_ne!(scored("low=s1,mid=s2,high=s3").code, 2);
    scored("low=s1,mid=s2,hgh=s3").is_error(&["hgh", "--score", "high, low, mid"]);
    scored("low=s1,mid=s2").is_error(&["high", "no score"]);
    scored("low=s1,low=s2,high=s3").is_error(&["low", "two scores"]);
    scored("low=s1,mid=s1,high=s3").is_error(&["s1", "two classes"]);
}

#[test]
fn more_classes_than_can_be_told_apart() {
    let folder = Folder::new();
    let mut t = world(4_000, 1);
    t.edit("label", |i, _| format!("c{}", i % 1_500)).edit("prediction", |i, _| format!("c{}", i % 1_500));
    halves(&folder, &t, &[]).is_error(&["label", "1500 classes", "1000", "--task regression"]);
}

#[test]
fn what_cannot_be_typed() {
    for (args, said) in [
        (&["check", "--lable", "x"][..], &["--lable", "--label"][..]),
        (&["chek"], &["chek", "check"]),
        (&["check", "--task", "ternary"], &["ternary", "--task", "binary, multiclass, regression"]),
        (&["check", "x.csv", "--label"], &["--label", "missing"]),
        (&["check", "--seed", "many"], &["many", "--seed"]),
        (&["check", "--reference", "a.csv", "--baseline", "b"], &["--reference", "--baseline"]),
        (&["fit"], &["REFERENCE"]),
        (&["fit", "a.csv", "-o", "b", "-o", "c"], &["--output", "twice"]),
    ] {
        run(args).is_error(said);
    }
    let help = run(&["check", "--help"]);
    assert!(help.code == 0 && help.stderr.is_empty() && help.stdout.contains("--reference-until"), "{help:?}");
    assert_eq!(run(&["--version"]).code, 0);
    let bare = run(&[]);
    assert!(bare.code == 2 && (bare.stdout + &bare.stderr).contains("check"));
}

#[test]
fn settings_are_checked_like_flags() {
    let folder = Folder::new();
    let data = folder.file("history.csv", world(4_000, 1).csv());
    let check = |more: &[&str]| run(&[&["check", &data, "--reference-until", "0.5", "-f", "json"], more].concat());
    check(&["--threshold", "2"]).is_error(&["threshold", "2"]);
    check(&["--threshold", "nan"]).is_error(&["threshold"]);
    check(&["--delimiter", ";;"]).is_error(&["--delimiter"]);
    check(&["--time-zone", "Mars/Base"]).is_error(&["Mars/Base", "--time-zone"]);
    for (text, said) in [
        ("[model]\nthreshold = nan\n", "threshold"),
        ("[policy]\ntolerance = -1.0\n", "tolerance"),
        ("[policy]\nwindow = 0\n", "window"),
        ("[policy]\nfalse_alarms = \"0 per 90d\"\n", "--false-alarms"),
        ("[data]\nas_of = \"01/02/2024\"\n", "--as-of"),
    ] {
        check(&["--config", &folder.file("some.toml", text)]).is_error(&[said]);
    }
    check(&["--config", &folder.file("latin.toml", b"monitor = \"caf\xe9\"\n")]).is_error(&["latin.toml", "UTF-8"]);
    // Blanks after commas are not part of a name; a tab has a name.
    let result = check(&["--ignore", "amount, channel"]).json();
    assert!(!result["columns"].as_array().unwrap().iter().any(|c| c["name"] == "channel"));
    let tabs = folder.file("tabs.csv", world(4_000, 1).csv().replace(',', "\t"));
    for tab in ["\\t", "tab"] {
        let output = run(&["check", &tabs, "--reference-until", "0.5", "-f", "json", "--delimiter", tab]);
        assert_eq!(output.code, 0, "{output:?}");
    }
    check(&["--label", "lable"]).is_error(&["lable", "--label", "\"label\""]);
}

#[test]
fn a_date_is_midnight_in_the_time_zone() {
    let folder = Folder::new();
    let data = folder.file("history.csv", world(4_000, 1).csv());
    let rows = |until: &str, more: &[&str]| {
        let args = [&["check", &data, "--reference-until", until, "-f", "json"], more].concat();
        run(&args).json()["inputs"]["reference"]["rows"].as_u64()
    };
    assert_eq!(rows("2024-01-15", &[]), Some(14 * 144));
    // Five hours of six rows later.
    assert_eq!(rows("2024-01-15", &["--time-zone", "America/New_York"]), Some(14 * 144 + 30));
    assert_eq!(rows("2024-01-15T00:00:00Z", &["--time-zone", "America/New_York"]), Some(14 * 144));
    let zone = folder.file("zone.toml", "[policy]\ntime_zone = \"America/New_York\"\n");
    assert_eq!(rows("2024-01-15", &["--config", &zone]), Some(14 * 144 + 30));
    run(&["check", &data, "--reference-until", "01/02/2024"]).is_error(&["01/02/2024", "two days", "2024-"]);
}

#[test]
fn an_array_that_is_cut_short() {
    let folder = Folder::new();
    let lines = world(4_000, 1).jsonl().trim_end().replace('\n', ",\n");
    let check = |text: String| {
        run(&["check", &folder.file("all.json", text), "--reference-until", "2000", "-f", "json"]).json()
    };
    let result = check(format!("[{lines}"));
    assert!(warns(&result, &["never closed", "all.json", "line 4000"]), "{}", shown(&result));
    let result = check(format!("[{lines}\n]\n"));
    assert!(!warns(&result, &["never closed"]), "{}", shown(&result));
}

#[test]
fn a_truncated_archive_has_a_hint() {
    let folder = Folder::new();
    let mut gz = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::default());
    std::io::Write::write_all(&mut gz, world(4_000, 1).csv().as_bytes()).unwrap();
    let mut bytes = gz.finish().unwrap();
    bytes.truncate(bytes.len() / 2);
    let data = folder.file("half.csv.gz", bytes);
    run(&["fit", &data, "-o", &folder.join("b")]).is_error(&["half.csv.gz"]);
}

#[cfg(unix)]
mod on_unix {
    use super::*;
    use std::os::unix::fs::{FileTypeExt as _, PermissionsExt as _, symlink};

    fn mode(path: &str) -> u32 {
        std::fs::metadata(path).unwrap().permissions().mode() & 0o777
    }

    #[test]
    fn a_new_file_is_as_private_as_the_umask_wants_it() {
        let folder = Folder::new();
        let data = folder.file("reference.csv", world(500, 1).csv());
        let path = folder.join("some.baseline");
        let fit = |mask: &str| {
            let command = format!("umask {mask} && exec \"$0\" \"$@\"");
            let program = env!("CARGO_BIN_EXE_dosimeter");
            let status = Command::new("sh")
                .args(["-c", &command, program, "fit", &data, "-o", &path, "-q"])
                .current_dir(folder.path())
                .stdout(Stdio::null())
                .status()
                .unwrap();
            assert!(status.success());
        };
        fit("077");
        assert_eq!(mode(&path), 0o600);
        // A file that is there keeps its mode.
        std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o640)).unwrap();
        fit("022");
        assert_eq!(mode(&path), 0o640);
        std::fs::remove_file(&path).unwrap();
        fit("022");
        assert_eq!(mode(&path), 0o644);
    }

    #[test]
    fn links_and_pipes_stay_what_they_are() {
        let folder = Folder::new();
        let data = folder.file("reference.csv", world(500, 1).csv());
        let (real, link) = (folder.file("real/old.baseline", "old"), folder.join("link.baseline"));
        symlink(&real, &link).unwrap();
        let fit = |path: &str| run(&["fit", &data, "-o", path, "-q"]);
        assert_eq!(fit(&link).code, 0);
        assert!(std::fs::symlink_metadata(&link).unwrap().is_symlink());
        let whole = std::fs::read(&real).unwrap();
        assert!(whole.len() > 1_000);
        // A link to what is not there yet.
        let (fresh, dangling) = (folder.join("real/new.baseline"), folder.join("dangling.baseline"));
        symlink(&fresh, &dangling).unwrap();
        assert_eq!(fit(&dangling).code, 0);
        assert!(std::fs::read(&fresh).unwrap().starts_with(&whole[..4]));
        let pipe = folder.join("pipe");
        assert!(Command::new("mkfifo").arg(&pipe).status().unwrap().success());
        let reader = std::thread::spawn({
            let pipe = pipe.clone();
            move || std::fs::read(pipe).unwrap()
        });
        assert_eq!(fit(&pipe).code, 0);
        assert!(std::fs::symlink_metadata(&pipe).unwrap().file_type().is_fifo());
        assert!(reader.join().unwrap().starts_with(&whole[..4]));
    }

    #[test]
    fn what_cannot_be_written_is_named_as_it_was_typed() {
        let folder = Folder::new();
        let data = folder.file("reference.csv", world(500, 1).csv());
        let path = folder.join("nowhere/b.baseline");
        let output = run(&["fit", &data, "-o", &path]);
        output.is_error(&["nowhere/b.baseline", "folder"]);
        assert!(!output.stderr.contains("at path"), "{output:?}");
        let round = folder.join("round.csv");
        symlink(&round, &round).unwrap();
        run(&["fit", &round, "-o", &path]).is_error(&["round.csv"]);
    }

    #[test]
    fn a_folder_that_may_not_be_read() {
        let folder = Folder::new();
        let whole = world(4_000, 1);
        folder.file("days/a.csv", whole.part(0..2_000).csv());
        folder.file("days/closed/b.csv", whole.part(2_000..4_000).csv());
        let closed = folder.path().join("days/closed");
        std::fs::set_permissions(&closed, std::fs::Permissions::from_mode(0o000)).unwrap();
        // Whoever may read everything has nothing to be told.
        if std::fs::read_dir(&closed).is_err() {
            let result = run(&["check", &folder.join("days"), "--reference-until", "0.5", "-f", "json"]).json();
            assert!(warns(&result, &["left out", "closed"]), "{}", shown(&result));
        }
        std::fs::set_permissions(&closed, std::fs::Permissions::from_mode(0o755)).unwrap();
    }
}

#[test]
fn right_settings_pass() {
    // The checks above refuse settings; a healthy world they let pass.
    let folder = Folder::new();
    let result = halves(&folder, &world(4_000, 1), &["--positive", "1", "--threshold", "0.5"]).json();
    assert_eq!((&result["verdict"], finding(&result, "concept_drift", "")), (&"healthy".into(), None));
}
