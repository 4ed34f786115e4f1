//! Labels that come late, apart, twice, for some rows, or for rows that nobody knows.

use serde_json::Value;

use crate::kit::{Folder, Output, Table, finding, run, shown, warns, world};

/// A model whose reference has labels and whose current rows have none; its labels are in a file of their own.
struct Late {
    folder: Folder,
    reference: String,
    current: String,
    rows: Table,
}

fn late() -> Late {
    let folder = Folder::new();
    let mut reference = world(2_000, 1);
    reference.edit("id", |i, _| format!("r{i}"));
    let mut rows = world(2_000, 2);
    rows.edit("id", |i, _| format!("c{i}"));
    let mut bare = rows.clone();
    bare.drop("label");
    Late {
        reference: folder.file("reference.csv", reference.csv()),
        current: folder.file("current.csv", bare.csv()),
        rows,
        folder,
    }
}

impl Late {
    fn check(&self, labels: &str) -> Output {
        let labels = self.folder.file("labels.csv", labels);
        run(&["check", "--reference", &self.reference, "--current", &self.current, "--labels", &labels, "-f", "json"])
    }

    fn feed(&self, rows: impl Iterator<Item = usize>) -> String {
        let (ids, labels) = (self.rows.column("id"), self.rows.column("label"));
        "id,label\n".to_owned() + &rows.map(|i| format!("{},{}\n", ids[i], labels[i])).collect::<String>()
    }
}

#[track_caller]
fn counts(result: &Value, wanted: [u64; 5]) {
    let of = |name: &str| result["inputs"]["labels"][name].as_u64().unwrap();
    assert_eq!(["rows", "matched", "missing", "duplicated", "unknown"].map(of), wanted, "{}", shown(result));
}

#[test]
fn all_of_them() {
    let late = late();
    let output = late.check(&late.feed(0..2_000));
    let result = output.json();
    // Rows of the reference have their labels in the data: they miss none.
    counts(&result, [2_000, 2_000, 0, 0, 0]);
    assert_eq!((output.code, &result["metric"]["basis"]), (0, &"labels".into()), "{}", shown(&result));
    // The same as labels in the file itself.
    let whole = late.folder.file("whole.csv", late.rows.csv());
    let direct = run(&["check", "--reference", &late.reference, "--current", &whole, "-f", "json"]).json();
    assert_eq!(result["metric"]["current"], direct["metric"]["current"]);
}

#[test]
fn some_of_them() {
    let late = late();
    let result = late.check(&late.feed((0..2_000).filter(|i| i % 4 == 0))).json();
    counts(&result, [500, 500, 1_500, 0, 0]);
    let labelled: u64 = result["windows"].as_array().unwrap().iter().filter_map(|w| w["labelled"].as_u64()).sum();
    assert_eq!(labelled, 500);
}

#[test]
fn twice_and_unknown() {
    let late = late();
    let twice = late.feed((0..2_000).chain(0..100)) + "nobody,1\nno one,0\n";
    let result = late.check(&twice).json();
    counts(&result, [2_102, 2_000, 0, 100, 2]);
    // What came last is what holds.
    let mut flipped = late.feed(0..2_000);
    for (id, label) in late.rows.column("id").iter().zip(late.rows.column("label")) {
        flipped += &format!("{id},{}\n", if label == "1" { 0 } else { 1 });
    }
    let result = late.check(&flipped).json();
    counts(&result, [4_000, 2_000, 0, 2_000, 0]);
    assert_eq!(result["verdict"], "decaying", "{}", shown(&result));
    assert!(result["metric"]["current"].as_f64().unwrap() < 0.4);
}

#[test]
fn only_strangers() {
    let late = late();
    let output = late.check("id,label\nx,1\ny,0\n");
    let result = output.json();
    counts(&result, [2, 0, 2_000, 0, 2]);
    assert_ne!(result["metric"]["basis"], "labels", "{}", shown(&result));
    let told = warns(&result, &["label"]) || finding(&result, "feed_stalled", "").is_some();
    assert!(told, "{}", shown(&result));
}

#[test]
fn that_cannot_be_joined() {
    let late = late();
    late.check("key,label\nc1,1\n").is_error(&["id", "labels"]);
    late.check("").is_error(&["labels.csv", "empty"]);
    late.check("id,weight,height\nc1,1,2\n").is_error(&["--label"]);
    let mut bare = world(500, 1);
    bare.drop("id");
    let path = late.folder.file("bare.csv", bare.csv());
    let labels = late.folder.file("labels.csv", "id,label\n1,1\n");
    run(&["check", "--reference", &path, "--current", &path, "--labels", &labels]).is_error(&["--id"]);
    let absent = late.folder.join("absent.csv");
    run(&["check", "--reference", &late.reference, "--current", &late.current, "--labels", &absent])
        .is_error(&["absent.csv"]);
}

#[test]
fn nulls_are_no_labels() {
    let late = late();
    let mut feed = String::from("id,label\n");
    for (i, (id, label)) in late.rows.column("id").iter().zip(late.rows.column("label")).enumerate() {
        feed += &if i % 2 == 0 { format!("{id},\n") } else { format!("{id},{label}\n") };
    }
    let result = late.check(&feed).json();
    counts(&result, [1_000, 1_000, 1_000, 0, 0]);
    assert!(warns(&result, &["labels: 0 rows without an id and 1000 without a label"]), "{}", shown(&result));
    let result = late.check(&(late.feed(0..2_000) + ",1\n,0\n,1\n")).json();
    counts(&result, [2_000, 2_000, 0, 0, 0]);
    assert!(warns(&result, &["labels: 3 rows without an id and 0 without a label"]), "{}", shown(&result));
}

#[test]
fn an_id_that_is_predicted_twice_uses_one_label() {
    let mut late = late();
    let half = late.rows.part(0..1_000);
    let twice = half.csv() + &half.csv().lines().skip(1).map(|l| format!("{l}\n")).collect::<String>();
    let cells = |l: &str| l.rsplit_once(',').map_or(String::new(), |(rest, _)| rest.to_owned() + "\n");
    late.current = late.folder.file("twice.csv", twice.lines().map(cells).collect::<String>());
    let result = late.check(&late.feed(0..2_000)).json();
    counts(&result, [2_000, 2_000, 0, 0, 1_000]);
}

#[test]
fn a_label_file_that_cannot_be_read_is_said() {
    let late = late();
    let good = late.folder.file("good.csv", late.feed(0..2_000));
    let bad = late.folder.file("bad.parquet", "PAR1 this is not");
    let args = ["check", "--reference", &late.reference, "--current", &late.current, "-f", "json", "--labels"];
    let output = run(&[&args[..], &[&good, &bad]].concat());
    assert_eq!(output.code, 2, "{output:?}");
    assert!(output.stderr.starts_with("error: ") && output.stderr.contains("bad.parquet"), "{output:?}");
    let result: Value = serde_json::from_str(&output.stdout).unwrap();
    counts(&result, [2_000, 2_000, 0, 0, 0]);
    assert!(warns(&result, &["left out", "bad.parquet"]), "{}", shown(&result));
    run(&[&args[..], &[&bad]].concat()).is_error(&["bad.parquet"]);
}
