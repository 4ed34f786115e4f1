//! The result: `dosimeter.diagnosis/1`, ranked findings under one verdict.
//!
//! Absent knowledge is `None` (JSON `null`), never 0 and never a made-up value. Non-finite numbers become `null`.

use std::collections::BTreeMap;

use serde::{Serialize, Serializer};

use crate::catalogue::Mode;
use crate::time::Timestamp;

/// The name and version of the result format.
pub const FORMAT: &str = "dosimeter.diagnosis/1";

/// A number that JSON can hold: not finite is written as `null`.
#[derive(Clone, Copy, Debug, PartialEq, PartialOrd)]
pub struct Number(pub f64);

impl Serialize for Number {
    fn serialize<S: Serializer>(&self, s: S) -> Result<S::Ok, S::Error> {
        if self.0.is_finite() { s.serialize_f64(self.0) } else { s.serialize_none() }
    }
}

impl From<f64> for Number {
    fn from(value: f64) -> Self {
        Number(value)
    }
}

/// A lower and an upper end.
pub type Interval = [Number; 2];

/// What the run concludes; its exit code is a contract.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Verdict {
    /// Nothing harmful found, and the run had the power to find it.
    Healthy,
    /// At least one finding is harmful.
    Decaying,
    /// Too little evidence to say; never shown green.
    Blind,
}

impl Verdict {
    /// The process exit code: 0, 1 or 3 (2 is an error).
    #[must_use]
    pub fn exit_code(self) -> u8 {
        match self {
            Verdict::Healthy => 0,
            Verdict::Decaying => 1,
            Verdict::Blind => 3,
        }
    }

    /// The word that people and machines read.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Verdict::Healthy => "healthy",
            Verdict::Decaying => "decaying",
            Verdict::Blind => "blind",
        }
    }
}

/// How much a finding matters.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Severity {
    /// It costs more of the metric than is tolerated, or breaks what the model reads.
    Harmful,
    /// Real, and its price is small or not known.
    Watch,
    /// Real, and measured to cost nothing that matters.
    Harmless,
}

impl Severity {
    /// The word that people and machines read.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Severity::Harmful => "harmful",
            Severity::Watch => "watch",
            Severity::Harmless => "harmless",
        }
    }
}

/// What a number about the metric rests on.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Basis {
    /// Measured against labels.
    Labels,
    /// Estimated from scores, without labels; blind to concept drift.
    Estimate,
    /// Labels for one part, an estimate for the rest.
    Mixed,
    /// Neither labels nor scores.
    None,
}

impl Basis {
    /// The word that people and machines read.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Basis::Labels => "labels",
            Basis::Estimate => "estimate",
            Basis::Mixed => "mixed",
            Basis::None => "none",
        }
    }
}

/// The metric that the policy watches, reference against current.
#[derive(Clone, Debug, Serialize)]
pub struct MetricChange {
    /// The metric's id, as `accuracy`; `null` where there is nothing to measure.
    pub name: Option<String>,
    /// What the numbers rest on.
    pub basis: Basis,
    /// Its value on the reference.
    pub reference: Option<Number>,
    /// Its value on the current data.
    pub current: Option<Number>,
    /// current - reference, in the metric's own unit.
    pub change: Option<Number>,
    /// The 95 % interval of the change.
    pub interval: Option<Interval>,
    /// The loss that the policy tolerates, positive, in the metric's own unit.
    pub tolerance: Option<Number>,
    /// Whether more of the metric is better.
    pub higher_is_better: bool,
    /// Every other metric that could be computed: name, reference, current.
    pub others: Vec<OtherMetric>,
}

/// A metric that is not the watched one.
#[derive(Clone, Debug, Serialize)]
pub struct OtherMetric {
    /// The metric's id.
    pub name: String,
    /// Its value on the reference.
    pub reference: Option<Number>,
    /// Its value on the current data.
    pub current: Option<Number>,
    /// Whether more of the metric is better.
    pub higher_is_better: bool,
}

/// What a finding is about.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct Subject {
    /// The columns concerned, most telling first.
    pub columns: Vec<String>,
    /// A segment, as `{"hotel": "City"}`.
    pub segment: Option<BTreeMap<String, String>>,
}

/// Since when.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct Onset {
    /// The start of the window in which it began, where there is a time column.
    pub at: Option<Timestamp>,
    /// The first row concerned, 0-based over the current data (over the whole history where one was given).
    pub row: Option<u64>,
    /// The index of that window among the current windows.
    pub window: Option<usize>,
    /// The earliest and the latest place that the data allow, 95 %.
    pub interval: Option<[OnsetBound; 2]>,
    /// How it came; `null` where no change point stands out.
    pub shape: Option<Shape>,
}

/// How a change came.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Shape {
    /// From one row to the next, as far as can be seen.
    Abrupt,
    /// Little by little, over three windows at least.
    Gradual,
    /// It went again, and came again; dated to the first time.
    Recurring,
}

/// One end of an onset's interval: a time where there is one, a row otherwise.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
#[serde(untagged)]
pub enum OnsetBound {
    /// A point in time.
    Time(Timestamp),
    /// A row number.
    Row(u64),
}

/// One statistic, one subject, one window, against its null.
#[derive(Clone, Debug, Serialize)]
pub struct Evidence {
    /// The statistic's id in the catalogue of statistics, as `jensen_shannon`.
    pub statistic: String,
    /// Its value.
    pub value: Number,
    /// The value beyond which it is taken as real, where the test has one.
    pub threshold: Option<Number>,
    /// The p-value against the reference's own variation, where the test has one.
    pub p_value: Option<Number>,
    /// The size of the effect, in the unit that the statistic's documentation names.
    pub effect: Option<Number>,
    /// The current window; `null` for all of them together.
    pub window: Option<usize>,
}

/// What a finding costs.
#[derive(Clone, Debug, Serialize)]
pub struct Impact {
    /// The watched metric.
    pub metric: String,
    /// How much of its change this finding carries.
    pub change: Number,
    /// The 95 % interval of that.
    pub interval: Option<Interval>,
    /// What the number rests on.
    pub basis: Basis,
}

/// A named mode of decay, with subject, evidence, onset, impact, severity and next step.
#[derive(Clone, Debug, Serialize)]
pub struct Finding {
    /// The mode of decay.
    pub mode: Mode,
    /// The mode's own sub-kind, as `unit_changed`.
    pub kind: Option<String>,
    /// How much it matters.
    pub severity: Severity,
    /// What it is about.
    pub subject: Subject,
    /// Since when.
    pub onset: Option<Onset>,
    /// The part of the current rows concerned, 0 to 1.
    pub share: Option<Number>,
    /// What shows it.
    pub evidence: Vec<Evidence>,
    /// What it costs.
    pub impact: Option<Impact>,
    /// Per kind; documented in the catalogue.
    pub detail: BTreeMap<String, Detail>,
    /// One sentence.
    pub message: String,
    /// What to do.
    pub next_step: String,
}

/// A value inside [`Finding::detail`].
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(untagged)]
pub enum Detail {
    /// A truth value.
    Flag(bool),
    /// A number; not finite is `null`.
    Number(Number),
    /// A text, escaped by whoever prints it.
    Text(String),
    /// Several values.
    List(Vec<Detail>),
    /// Values by name.
    Map(BTreeMap<String, Detail>),
}

impl From<f64> for Detail {
    fn from(value: f64) -> Self {
        Detail::Number(Number(value))
    }
}

impl From<&str> for Detail {
    fn from(value: &str) -> Self {
        Detail::Text(value.to_owned())
    }
}

impl From<String> for Detail {
    fn from(value: String) -> Self {
        Detail::Text(value)
    }
}

impl From<bool> for Detail {
    fn from(value: bool) -> Self {
        Detail::Flag(value)
    }
}

/// The parts of the watched metric's change; they add up to it.
#[derive(Clone, Debug, Serialize)]
pub struct Decomposition {
    /// Inputs moved to where the reference has data too, and the model is worse there.
    pub inputs_common: Number,
    /// Inputs moved to where the reference has next to nothing.
    pub inputs_unseen: Number,
    /// The same inputs now mean something else: P(Y|X) moved.
    pub concept: Number,
    /// Rows hit by a change of format upstream.
    pub schema: Number,
    /// What is left.
    pub unexplained: Number,
    /// 95 % intervals by part.
    pub interval: BTreeMap<String, Interval>,
}

/// One window of the history.
#[derive(Clone, Debug, Serialize)]
pub struct Window {
    /// 0-based, in time order within its period.
    pub index: usize,
    /// Start, where there is a time column.
    pub start: Option<Timestamp>,
    /// End, exclusive.
    pub end: Option<Timestamp>,
    /// The first row.
    pub first_row: Option<u64>,
    /// Rows in it.
    pub rows: u64,
    /// Rows in it that have a label and a prediction.
    pub labelled: u64,
    /// The watched metric, from labels.
    pub metric: Option<Number>,
    /// Its 95 % interval.
    pub interval: Option<Interval>,
    /// The watched metric, estimated without labels.
    pub estimate: Option<Number>,
    /// Its 95 % interval.
    pub estimate_interval: Option<Interval>,
    /// The watched metric, where some of the rows have labels: from those and an estimate of the others together
    /// (prediction-powered inference). It assumes that the labels are those of a random part of the rows.
    pub combined: Option<Number>,
    /// Its 95 % interval.
    pub combined_interval: Option<Interval>,
}

/// One column's evidence and picture.
#[derive(Clone, Debug, Serialize)]
pub struct Column {
    /// Its name, as in the data: hostile until escaped.
    pub name: String,
    /// Its role, as `feature`.
    pub role: String,
    /// `number`, `category`, `time`, `boolean`, `text`, `vector[128]` (with its dimension) or `unknown`.
    #[serde(rename = "type")]
    pub kind: String,
    /// Whether it moved beyond the reference's own variation, or a finding names it.
    pub drifted: bool,
    /// Every statistic computed on it.
    pub evidence: Vec<Evidence>,
    /// Reference against current, for a small picture.
    pub picture: Option<Picture>,
    /// The smallest movement that would have been noticed.
    pub power: Option<ColumnPower>,
}

/// The smallest movements of a column over the whole current period that would have been noticed in 4 of 5 cases.
#[derive(Clone, Debug, Serialize)]
pub struct ColumnPower {
    /// Of numbers: in standard deviations of the reference's rank.
    pub rank_location: Option<Number>,
    /// Of categories: a rise of the most frequent value's share, as a fraction of rows.
    pub share: Option<Number>,
    /// Which value that is.
    pub share_of: Option<String>,
    /// A rise of the share of nulls, as a fraction of rows.
    pub nulls: Option<Number>,
}

/// A column's distribution in both periods over the same cells, for drawing.
#[derive(Clone, Debug, Serialize)]
pub struct Picture {
    /// Labels of the cells: ranges for numbers (`"10 – 20"`), the values for categories; then `other`, `null`.
    pub cells: Vec<String>,
    /// Fractions of the reference rows; they add up to 1.
    pub reference: Vec<Number>,
    /// Fractions of the current rows.
    pub current: Vec<Number>,
    /// Whether the cells are ordered ranges (draw as histogram) or categories (draw as bars).
    pub ordered: bool,
    /// One figure per window, reference then current, that shows the movement: mean, or the moving share.
    pub trend: Vec<Option<Number>>,
    /// What `trend` is, as `mean` or `share of "Online TA"`.
    pub trend_label: String,
    /// How many of `trend`'s entries belong to the reference.
    pub trend_reference: usize,
}

/// The smallest change that the run would have noticed.
#[derive(Clone, Debug, Serialize)]
pub struct Power {
    /// In the watched metric's unit; `null` where nothing could be measured.
    pub metric_change: Option<Number>,
    /// The rows that this rests on.
    pub rows: u64,
    /// What it means, in words.
    pub note: String,
}

/// How the alarm budget was spent.
#[derive(Clone, Debug, Serialize)]
pub struct Budget {
    /// Tolerated false alarms.
    pub false_alarms: Number,
    /// Per what: `90d` or `run`.
    pub per: String,
    /// How many checks shared it.
    pub checks: u64,
    /// The share of an average check. The shares differ: the metric and calibration get 20 % of the budget each; the format of
    /// all columns 20 % and their distributions 35 %, an equal part a column; their relations 5 %.
    pub alpha_per_check: Number,
    /// Days between two runs of this check, where that was said: then a run spends the policy's rate times this, and the runs
    /// of 90 days add up to it whatever data they share. `None`: the data are taken to be looked at once.
    pub every_days: Option<Number>,
}

/// What was read.
#[derive(Clone, Debug, Serialize)]
pub struct Inputs {
    /// The reference.
    pub reference: Input,
    /// The current data.
    pub current: Input,
    /// The labels file, where one was given.
    pub labels: Option<LabelInput>,
    /// The seed of every sample.
    pub seed: u64,
    /// Columns and roles that were inferred, with how sure and how to override: `label: is_canceled (inferred)`.
    pub roles: BTreeMap<String, Vec<String>>,
    /// The length of a window, as `1w` or `5000 rows`, with its time zone where that is not UTC: `1w (Europe/Lisbon)`.
    pub window: String,
}

/// The files of one period.
#[derive(Clone, Debug, Default, Serialize)]
pub struct Input {
    /// Rows read.
    pub rows: u64,
    /// Files read, in order.
    pub files: Vec<String>,
}

/// The label feed, joined by id.
#[derive(Clone, Debug, Default, Serialize)]
pub struct LabelInput {
    /// Files read.
    pub files: Vec<String>,
    /// Label rows read.
    pub rows: u64,
    /// Predictions that found their label.
    pub matched: u64,
    /// Predictions whose label has not come.
    pub missing: u64,
    /// Labels given more than once; the last one counts.
    pub duplicated: u64,
    /// Labels whose id no prediction has.
    pub unknown: u64,
}

/// The whole result of one run.
#[derive(Clone, Debug, Serialize)]
pub struct Diagnosis {
    /// [`FORMAT`].
    pub format: &'static str,
    /// The program's version.
    pub version: &'static str,
    /// The monitor's name.
    pub monitor: String,
    /// The conclusion.
    pub verdict: Verdict,
    /// The conclusion in one line.
    pub summary: String,
    /// The watched metric.
    pub metric: MetricChange,
    /// What was found, the first to look at first.
    pub findings: Vec<Finding>,
    /// Of the metric's change; `null` where it can't be had.
    pub decomposition: Option<Decomposition>,
    /// The current data in windows.
    pub windows: Vec<Window>,
    /// The reference in windows.
    pub reference_windows: Vec<Window>,
    /// Every column, most moved first.
    pub columns: Vec<Column>,
    /// What silence is worth.
    pub power: Power,
    /// How the alarm budget was spent.
    pub budget: Budget,
    /// What was read.
    pub inputs: Inputs,
    /// What the reader should know: files left out, rows not read, guesses.
    pub warnings: Vec<String>,
    /// Where the metric's steady decline leads; `null` where there is none.
    pub forecast: Option<Forecast>,
}

/// A steady decline of the watched metric, extrapolated.
#[derive(Clone, Debug, Serialize)]
pub struct Forecast {
    /// The watched metric.
    pub metric: String,
    /// How much it changes per `per`, in its own unit; below 0 where less is worse.
    pub slope: Number,
    /// The 95 % interval of that.
    pub slope_interval: Interval,
    /// `1w`, or `1000 rows` where there is no time.
    pub per: String,
    /// Whether the loss has crossed what is tolerated by the end of the data.
    pub crossed: bool,
    /// When the loss comes to what is tolerated, or, where it has, to as much more than it is at the end of the data; `null`
    /// where that lies further ahead than three times the decline that was seen.
    pub crosses: Option<Crossing>,
    /// One sentence.
    pub note: String,
}

/// When a loss is reached.
#[derive(Clone, Debug, Serialize)]
pub struct Crossing {
    /// The loss, positive, in the metric's own unit.
    pub loss: Number,
    /// When, where there is time.
    pub at: Option<Timestamp>,
    /// The row, counted on from the current data, where there is no time.
    pub row: Option<u64>,
    /// The 95 % interval.
    pub interval: [OnsetBound; 2],
}
