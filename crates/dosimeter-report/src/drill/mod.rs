//! A fire drill, written for its reader: what would be caught, how soon, from which strength on, and what would not.
//!
//! The types here are the JSON `dosimeter.drill/1`, described in `docs/result-format.md`.

mod json;
mod markdown;
mod terminal;

use dosimeter_core::diagnosis::Number;
use dosimeter_core::time::Timestamp;
use serde::Serialize;

use crate::{Format, Style};

/// The name of the format.
pub const FORMAT: &str = "dosimeter.drill/1";

/// The whole result of one drill.
#[derive(Clone, Debug, Serialize)]
pub struct Drill {
    /// [`FORMAT`].
    pub format: &'static str,
    /// The program's version.
    pub version: &'static str,
    /// The monitor's name.
    pub monitor: String,
    /// What was drilled on.
    pub data: Data,
    /// What was said where nothing was broken.
    pub control: Control,
    /// Repeats of each fault at each strength.
    pub repeats: usize,
    /// The share of them that counts as caught.
    pub caught_from: Number,
    /// Every fault that was tried, in the order of the catalogue of faults.
    pub faults: Vec<Tried>,
    /// Faults for which the data have no place.
    pub not_tried: Vec<NotTried>,
    /// What a reader has to know to believe it.
    pub assumptions: Vec<String>,
    /// What the reader should know of the input.
    pub warnings: Vec<String>,
    /// The seed of everything.
    pub seed: u64,
}

/// The rows of a drill and how they were split.
#[derive(Clone, Debug, Default, Serialize)]
pub struct Data {
    /// The files.
    pub files: Vec<String>,
    /// Rows that there were.
    pub rows: u64,
    /// Rows that were drilled on: all, or a seeded sample.
    pub used: u64,
    /// Rows that played the reference, in the main split.
    pub reference_rows: u64,
    /// Rows that played the current data.
    pub current_rows: u64,
    /// `time`, `rows` (in their order), or `random` where nothing says that their order means time.
    pub split: String,
    /// The length of a window.
    pub window: String,
    /// Windows of the current data.
    pub windows: usize,
    /// The row of the current data from which faults strike.
    pub fault_row: u64,
    /// Its time.
    pub fault_at: Option<Timestamp>,
    /// The watched metric.
    pub metric: Option<String>,
    /// What an unbroken run would have noticed of it.
    pub power: String,
}

/// The runs without a fault.
#[derive(Clone, Debug, Default, Serialize)]
pub struct Control {
    /// How many, each on a split of its own.
    pub runs: usize,
    /// Those that raised an alarm: that said `decaying`.
    pub alarmed: usize,
    /// Those that said `blind`.
    pub blind: usize,
    /// The chance of a false alarm that each may have by the policy.
    pub budget: Option<Number>,
    /// What the main split says of the reference itself.
    pub own_drift: Vec<Said>,
}

/// A finding on data that nobody broke.
#[derive(Clone, Debug, Serialize)]
pub struct Said {
    /// `mode` or `mode/kind`.
    pub name: String,
    /// `harmful`, `watch` or `harmless`.
    pub severity: String,
    /// The columns that it speaks of.
    pub columns: Vec<String>,
    /// In a sentence.
    pub message: String,
}

/// One fault on one place.
#[derive(Clone, Debug, Serialize)]
pub struct Tried {
    /// As `unit_x1000`.
    pub fault: String,
    /// In words.
    pub title: String,
    /// The columns that it was put into; empty for faults of the outcome and of rows.
    pub columns: Vec<String>,
    /// The segment, where it strikes one.
    pub segment: Option<String>,
    /// From weak to strong.
    pub strengths: Vec<Strength>,
    /// The index of the least strength from which on every strength was caught; `null` where the strongest passed.
    pub smallest: Option<usize>,
}

/// One fault at one strength.
#[derive(Clone, Debug, Serialize)]
pub struct Strength {
    /// In the fault's unit.
    pub strength: Number,
    /// In words, as `5 % of rows`.
    pub words: String,
    /// Repeats in which it could be put in.
    pub runs: usize,
    /// Those in which a finding spoke of it, or an alarm was raised.
    pub caught: usize,
    /// Those that raised an alarm (exit code 1).
    pub alarmed: usize,
    /// Those in which a finding had the right name.
    pub named_right: usize,
    /// What the first repeat called it, as `schema_change/unit_changed`; `null` where it said nothing.
    pub named: Option<String>,
    /// The least part of the current data, from the fault's first row on, in which the first repeat caught it.
    pub soon: Option<Soon>,
}

/// How much of a fault had to be seen.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct Soon {
    /// Rows since the fault began.
    pub rows: u64,
    /// Windows since the fault began.
    pub windows: u64,
    /// Time since the fault began, in seconds; `null` without a time column.
    pub seconds: Option<Number>,
}

/// A fault that could not be tried.
#[derive(Clone, Debug, Serialize)]
pub struct NotTried {
    /// As `unit_x1000`.
    pub fault: String,
    /// In words.
    pub title: String,
    /// Why not.
    pub why: String,
}

impl Drill {
    /// Whether no run without a fault raised an alarm.
    #[must_use]
    pub fn is_quiet(&self) -> bool {
        self.control.alarmed == 0
    }
}

/// Writes a drill: as text for a terminal, JSON or Markdown; `None` for formats that it has not.
#[must_use]
pub fn render(format: Format, drill: &Drill, style: &Style) -> Option<String> {
    match format {
        Format::Terminal => Some(terminal::render(drill, style)),
        Format::Json => Some(json::render(drill)),
        Format::Markdown => Some(markdown::render(drill)),
        _ => None,
    }
}

impl Tried {
    /// The place in words: the columns, or nothing.
    fn place(&self) -> String {
        match &self.segment {
            Some(segment) => format!("{} = {segment}", self.columns.join(", ")),
            None => self.columns.join(", "),
        }
    }

    /// The strength from which on it is caught.
    fn caught(&self) -> Option<&Strength> {
        self.strengths.get(self.smallest?)
    }

    /// The strengths that would pass unseen, in words.
    fn unseen(&self) -> Vec<&str> {
        let passed = self.strengths.iter().take(self.smallest.unwrap_or(usize::MAX));
        passed.map(|s| s.words.as_str()).collect()
    }
}

/// A time in words of one unit: `3 days`.
fn span(seconds: f64) -> String {
    const DAY: f64 = 86_400.0;
    let (size, unit) = match seconds {
        s if s >= 14.0 * DAY => (7.0 * DAY, "week"),
        s if s >= 2.0 * DAY => (DAY, "day"),
        s if s >= 7_200.0 => (3_600.0, "hour"),
        _ => (60.0, "minute"),
    };
    let n = (seconds / size).ceil().max(1.0) as usize;
    crate::number::counted(n, unit)
}

impl Soon {
    fn words(&self) -> String {
        match self.seconds {
            Some(s) => span(s.0),
            None => format!("{} rows", crate::number::count(self.rows)),
        }
    }
}

/// What the control said, in a sentence.
fn control(drill: &Drill) -> String {
    let c = &drill.control;
    let chance = c
        .budget
        .map_or(String::new(), |b| format!("; the policy allows each a chance of {}", crate::number::percent(b.0)));
    let blind = if c.blind > 0 { format!(", {} were blind", c.blind) } else { String::new() };
    format!("healthy: {} of {} runs alarmed{blind}{chance}", c.alarmed, c.runs)
}

/// How the rows were split, in a sentence.
fn split(drill: &Drill) -> String {
    let d = &drill.data;
    let count = crate::number::count;
    let sampled = if d.used < d.rows { format!(", a sample of {}", count(d.used)) } else { String::new() };
    let how = match d.split.as_str() {
        "time" => "the earlier",
        "rows" => "the first",
        _ => "a random",
    };
    format!(
        "{} rows{sampled}: {how} {} play the reference, {} the current data in {}, broken from row {} on",
        count(d.rows),
        count(d.reference_rows),
        count(d.current_rows),
        crate::number::counted(d.windows, "window"),
        count(d.fault_row)
    )
}

#[cfg(test)]
mod tests;
