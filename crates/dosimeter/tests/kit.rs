//! Runs the built program, and makes the small tables that it is run on.

use std::fmt::Write as _;
use std::io::{Read as _, Write as _};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use serde_json::Value;

/// No run may take longer: a guard against hanging, no measure of speed.
const HANGING: Duration = Duration::from_secs(60);

/// What a run left behind.
#[derive(Debug)]
pub(crate) struct Output {
    pub(crate) code: i32,
    pub(crate) stdout: String,
    pub(crate) stderr: String,
}

impl Output {
    /// The result of a run with `--format json`.
    #[track_caller]
    pub(crate) fn json(&self) -> Value {
        assert_eq!(self.stderr, "", "exit {}", self.code);
        serde_json::from_str(&self.stdout).unwrap_or_else(|e| panic!("{e}: {}", self.stdout))
    }

    /// Asserts the contract of errors: exit code 2, one line of what and where, a hint, and nothing on stdout.
    #[track_caller]
    pub(crate) fn is_error(&self, parts: &[&str]) {
        assert_eq!(self.code, 2, "{self:?}");
        assert_eq!(self.stdout, "", "{self:?}");
        let lines: Vec<&str> = self.stderr.lines().collect();
        assert!(lines.first().is_some_and(|l| l.starts_with("error: ")), "{self:?}");
        assert!(lines.get(1).is_some_and(|l| l.starts_with("hint: ")), "{self:?}");
        assert_eq!(lines.len(), 2, "{self:?}");
        for part in parts {
            assert!(self.stderr.contains(part), "{part:?} is not said: {self:?}");
        }
    }
}

/// Runs the program in an empty folder.
#[track_caller]
pub(crate) fn run(args: &[&str]) -> Output {
    run_with(args, b"", None, &[])
}

/// Runs the program with bytes on stdin, in a folder, with variables in its environment.
#[track_caller]
pub(crate) fn run_with(args: &[&str], stdin: &[u8], folder: Option<&Path>, env: &[(&str, &str)]) -> Output {
    let empty = tempfile::tempdir().unwrap();
    let mut child = Command::new(env!("CARGO_BIN_EXE_dosimeter"))
        .args(args)
        .current_dir(folder.unwrap_or(empty.path()))
        .env_remove("NO_COLOR")
        .env_remove("COLUMNS")
        .envs(env.iter().copied())
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let mut input = child.stdin.take().unwrap();
    let mut out = child.stdout.take().unwrap();
    let mut err = child.stderr.take().unwrap();
    let (code, stdout, stderr) = std::thread::scope(|scope| {
        // A program that refuses early closes its stdin: no failure of the test.
        scope.spawn(move || input.write_all(stdin));
        let stdout = scope.spawn(move || {
            let mut text = Vec::new();
            out.read_to_end(&mut text).map(|_| text)
        });
        let stderr = scope.spawn(move || {
            let mut text = Vec::new();
            err.read_to_end(&mut text).map(|_| text)
        });
        let code = wait(&mut child);
        (code, stdout.join().unwrap().unwrap(), stderr.join().unwrap().unwrap())
    });
    let output = Output {
        code: code.unwrap_or_else(|| panic!("no exit code (hanging or killed): {args:?}")),
        stdout: String::from_utf8(stdout).unwrap(),
        stderr: String::from_utf8(stderr).unwrap(),
    };
    assert!(!output.stderr.contains("panicked"), "{args:?}: {}", output.stderr);
    assert!((0..=3).contains(&output.code), "{args:?}: {output:?}");
    output
}

fn wait(child: &mut Child) -> Option<i32> {
    let start = Instant::now();
    while start.elapsed() < HANGING {
        if let Some(status) = child.try_wait().unwrap() {
            return status.code();
        }
        std::thread::sleep(Duration::from_millis(2));
    }
    let _ = child.kill();
    None
}

/// A folder that goes away with the test.
pub(crate) struct Folder(tempfile::TempDir);

impl Folder {
    pub(crate) fn new() -> Self {
        Self(tempfile::tempdir().unwrap())
    }

    pub(crate) fn path(&self) -> &Path {
        self.0.path()
    }

    /// The full path of a name, as text.
    pub(crate) fn join(&self, name: &str) -> String {
        self.0.path().join(name).to_str().unwrap().to_owned()
    }

    /// Writes a file and gives its path.
    pub(crate) fn file(&self, name: &str, bytes: impl AsRef<[u8]>) -> String {
        let path = self.0.path().join(name);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(&path, bytes).unwrap();
        path.to_str().unwrap().to_owned()
    }
}

/// SplitMix64: seeded, and the same everywhere.
pub(crate) struct Rng(pub(crate) u64);

impl Rng {
    pub(crate) fn bits(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    /// In [0, 1).
    pub(crate) fn uniform(&mut self) -> f64 {
        (self.bits() >> 11) as f64 / (1u64 << 53) as f64
    }

    /// Standard normal.
    pub(crate) fn normal(&mut self) -> f64 {
        let (u, v) = (1.0 - self.uniform(), self.uniform());
        (-2.0 * u.ln()).sqrt() * (std::f64::consts::TAU * v).cos()
    }

    pub(crate) fn below(&mut self, n: u64) -> u64 {
        (self.uniform() * n as f64) as u64
    }
}

/// Columns of text, written as CSV.
#[derive(Clone, Default)]
pub(crate) struct Table {
    columns: Vec<(String, Vec<String>)>,
}

impl Table {
    pub(crate) fn rows(&self) -> usize {
        self.columns.first().map_or(0, |(_, v)| v.len())
    }

    /// Adds a column, or puts it in place of the one of that name.
    pub(crate) fn set<T: ToString>(&mut self, name: &str, values: impl IntoIterator<Item = T>) -> &mut Self {
        let values: Vec<String> = values.into_iter().map(|v| v.to_string()).collect();
        match self.columns.iter_mut().find(|(n, _)| n == name) {
            Some((_, old)) => *old = values,
            None => self.columns.push((name.to_owned(), values)),
        }
        self
    }

    /// Changes the cells of a column.
    pub(crate) fn edit(&mut self, name: &str, mut change: impl FnMut(usize, &str) -> String) -> &mut Self {
        let (_, cells) = self.columns.iter_mut().find(|(n, _)| n == name).unwrap();
        for (i, cell) in cells.iter_mut().enumerate() {
            *cell = change(i, cell);
        }
        self
    }

    pub(crate) fn drop(&mut self, name: &str) -> &mut Self {
        self.columns.retain(|(n, _)| n != name);
        self
    }

    /// Keeps the rows that pass.
    pub(crate) fn keep(&mut self, pass: impl Fn(usize) -> bool) {
        for (_, cells) in &mut self.columns {
            let mut row = 0;
            cells.retain(|_| {
                row += 1;
                pass(row - 1)
            });
        }
    }

    pub(crate) fn column(&self, name: &str) -> &[String] {
        &self.columns.iter().find(|(n, _)| n == name).unwrap().1
    }

    /// Some of the rows.
    pub(crate) fn part(&self, rows: std::ops::Range<usize>) -> Table {
        Table { columns: self.columns.iter().map(|(n, v)| (n.clone(), v[rows.clone()].to_vec())).collect() }
    }

    pub(crate) fn csv(&self) -> String {
        let names: Vec<String> = self.columns.iter().map(|(n, _)| quoted(n)).collect();
        let mut text = names.join(",") + "\n";
        for row in 0..self.rows() {
            let cells: Vec<String> = self.columns.iter().map(|(_, v)| quoted(&v[row])).collect();
            writeln!(text, "{}", cells.join(",")).unwrap();
        }
        text
    }

    /// JSON Lines; cells that read as numbers are numbers, empty ones are null.
    pub(crate) fn jsonl(&self) -> String {
        let mut text = String::new();
        for row in 0..self.rows() {
            let cells: serde_json::Map<String, Value> = self
                .columns
                .iter()
                .map(|(n, v)| {
                    let cell = &v[row];
                    let value = match cell.parse::<serde_json::Number>() {
                        Ok(n) => Value::Number(n),
                        Err(_) if cell.is_empty() => Value::Null,
                        Err(_) => Value::String(cell.clone()),
                    };
                    (n.clone(), value)
                })
                .collect();
            writeln!(text, "{}", Value::Object(cells)).unwrap();
        }
        text
    }
}

fn quoted(cell: &str) -> String {
    if cell.contains([',', '"', '\n', '\r']) || cell.starts_with(' ') {
        format!("\"{}\"", cell.replace('"', "\"\""))
    } else {
        cell.to_owned()
    }
}

/// A healthy binary classifier: a row every ten minutes from 2024-01-01 on, and a score that means what it says.
pub(crate) fn world(rows: usize, seed: u64) -> Table {
    let mut rng = Rng(seed);
    let mut table = Table::default();
    table.set("id", (0..rows).map(|i| i + 1));
    table.set("timestamp", (0..rows).map(|i| stamp(i as u64 * 10)));
    table.set("amount", (0..rows).map(|_| format!("{:.3}", 50.0 + 10.0 * rng.normal())));
    table.set("channel", (0..rows).map(|_| ["web", "shop", "phone", "partner"][rng.below(4) as usize]));
    let score: Vec<f64> = (0..rows).map(|_| (rng.uniform() * 1000.0).round() / 1000.0).collect();
    table.set("score", &score);
    table.set("prediction", score.iter().map(|s| u8::from(*s >= 0.5)));
    table.set("label", score.iter().map(|s| u8::from(rng.uniform() < *s)));
    table
}

/// A table of 10,000 columns.
pub(crate) fn wide(seed: u64) -> String {
    let mut rng = Rng(seed);
    let names: Vec<String> = (0..10_000).map(|i| format!("c{i}")).collect();
    let mut text = names.join(",") + "\n";
    for _ in 0..1_000 {
        let cells: Vec<String> = (0..10_000).map(|_| (rng.bits() % 1000).to_string()).collect();
        text += &(cells.join(",") + "\n");
    }
    text
}

/// A table of a million users, next to all of them once.
pub(crate) fn many_users(seed: u64) -> String {
    let mut rng = Rng(seed);
    let mut text = String::from("user,amount\n");
    (0..1_000_000).for_each(|_| text += &format!("u{:x},{}\n", rng.bits(), rng.below(1000)));
    text
}

/// Minutes after 2024-01-01, as a time; good for four months.
pub(crate) fn stamp(minutes: u64) -> String {
    let (mut day, minute) = (minutes / 1440, minutes % 1440);
    let mut month = 1;
    for length in [31, 29, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31] {
        if day < length {
            break;
        }
        day -= length;
        month += 1;
    }
    format!("2024-{month:02}-{:02}T{:02}:{:02}:00Z", day + 1, minute / 60, minute % 60)
}

/// The findings of a result.
#[track_caller]
pub(crate) fn findings(result: &Value) -> &[Value] {
    result["findings"].as_array().unwrap()
}

/// The first finding of a mode that names a column (any column where that is empty).
pub(crate) fn finding<'a>(result: &'a Value, mode: &str, column: &str) -> Option<&'a Value> {
    findings(result).iter().find(|f| f["mode"] == mode && (column.is_empty() || columns(f).contains(&column)))
}

/// The columns that a finding speaks of.
pub(crate) fn columns(finding: &Value) -> Vec<&str> {
    finding["subject"]["columns"].as_array().unwrap().iter().filter_map(Value::as_str).collect()
}

/// `mode/kind severity [columns] @row` of each finding, one line each.
pub(crate) fn shown(result: &Value) -> String {
    let mut text = format!("{}: {}\n", result["verdict"].as_str().unwrap(), result["summary"].as_str().unwrap_or("-"));
    for f in findings(result) {
        let (kind, onset) = (f["kind"].as_str().unwrap_or("-"), &f["onset"]);
        let (mode, severity) = (f["mode"].as_str().unwrap(), f["severity"].as_str().unwrap());
        writeln!(text, "  {mode}/{kind} {severity} {:?} row {} at {}", columns(f), onset["row"], onset["at"]).unwrap();
    }
    for w in result["warnings"].as_array().unwrap() {
        writeln!(text, "  warning: {}", w.as_str().unwrap()).unwrap();
    }
    text
}

/// Whether a warning has all the words.
pub(crate) fn warns(result: &Value, words: &[&str]) -> bool {
    result["warnings"].as_array().unwrap().iter().filter_map(Value::as_str).any(|w| words.iter().all(|x| w.contains(x)))
}

/// The names of the columns that the result calls drifted.
pub(crate) fn drifted(result: &Value) -> Vec<&str> {
    let columns = result["columns"].as_array().unwrap();
    columns.iter().filter(|c| c["drifted"] == true).filter_map(|c| c["name"].as_str()).collect()
}

/// The repository's root.
pub(crate) fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")
}

/// A file of the data that ship with the repository.
pub(crate) fn example(name: &str) -> String {
    root().join("examples/data").join(name).to_str().unwrap().to_owned()
}

/// A file of the larger tables that do not ship, from the folder that `DOSIMETER_DATA` names. Whoever sets it wants them
/// read: a file that is then missing is a failure. Past the capture of a test's output, or nobody would see what was skipped.
pub(crate) fn beside(name: &str) -> Option<String> {
    let Some(folder) = std::env::var_os("DOSIMETER_DATA").filter(|f| !f.is_empty()) else {
        let _ = writeln!(std::io::stderr(), "skipped: set DOSIMETER_DATA to the folder that holds {name}");
        return None;
    };
    // Relative to the repository, since tests run in their crate's folder.
    let path = root().join(folder).join(name);
    assert!(path.exists(), "DOSIMETER_DATA is set, and {} is not there", path.display());
    Some(path.to_str().unwrap().to_owned())
}

/// Checks `current` against `reference`, both CSV.
#[track_caller]
pub(crate) fn compare(reference: &Table, current: &Table, more: &[&str]) -> (Output, Value) {
    let folder = Folder::new();
    let (r, c) = (folder.file("reference.csv", reference.csv()), folder.file("current.csv", current.csv()));
    let args = [&["check", "--reference", &r, "--current", &c, "--format", "json"], more].concat();
    let output = run(&args);
    let result = output.json();
    (output, result)
}
