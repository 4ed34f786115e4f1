//! A scenario's rows as columns, and its truth.

use super::expected;
use super::fault::{Fault, apply};
use super::rng::Rng;
use super::scenario::{Plan, REFERENCE_WEEKS, Scenario, WEEKS, scenario};
use super::stream::{Position, SimColumn, SimValues, Stream, Truth};
use super::world::{self, CARRIERS, CHANNELS, Order, Seen};
use crate::time::{DAY, Timestamp};

/// Rows of a stream where nobody says how many.
pub const DEFAULT_ROWS: usize = 30_000;
/// Monday, 4 January 2016, 00:00 UTC.
const START: i64 = 16_804 * DAY;
const WEEK: i64 = 7 * DAY;

/// The stream of a scenario; `None` where there is no scenario of this id.
///
/// Rows are spread evenly over 26 weeks from 4 January 2016, of which the first 10 are the reference. The same id, seed
/// and number of rows give the same stream, and up to its onset a scenario has the rows of `healthy` with that seed.
///
/// ```
/// let stream = dosimeter_core::simulate::generate("unit-change", 1, 1000).unwrap();
/// assert_eq!(stream.truth.kind.as_deref(), Some("unit_changed"));
/// assert_eq!(stream.columns[0].values.len(), 1000);
/// ```
#[must_use]
pub fn generate(id: &str, seed: u64, rows: usize) -> Option<Stream> {
    let scenario = scenario(id)?;
    Some(Stream { columns: columns(scenario, seed, rows), truth: truth(scenario, seed, rows) })
}

/// The columns alone.
pub(super) fn columns(scenario: &Scenario, seed: u64, rows: usize) -> Vec<SimColumn> {
    if scenario.plan == Plan::Lesson { lesson_columns(seed, rows) } else { order_columns(scenario, seed, rows) }
}

/// The instant of a row. In whole numbers, so that a row lies in the week that its number says.
fn time(row: usize, rows: usize) -> i64 {
    let span = i128::from(WEEK) * i128::from(WEEKS);
    START + (row as i128 * span / rows.max(1) as i128) as i64
}

/// Weeks since the start, with fraction.
fn week(row: usize, rows: usize) -> f64 {
    (time(row, rows) - START) as f64 / WEEK as f64
}

/// The first row at or after the start of a week.
fn position(week: u64, rows: usize) -> Position {
    let row = (u128::from(week) * rows as u128).div_ceil(u128::from(WEEKS)) as u64;
    Position { row, at: Timestamp(START + WEEK * week as i64) }
}

fn truth(scenario: &Scenario, seed: u64, rows: usize) -> Truth {
    let onset = scenario.onset_week.map(|week| position(week, rows));
    Truth {
        scenario: scenario.id.to_owned(),
        seed,
        rows: rows as u64,
        weeks: WEEKS,
        mode: scenario.mode,
        kind: scenario.kind.map(str::to_owned),
        columns: scenario.columns.iter().map(|name| (*name).to_owned()).collect(),
        severity: scenario.severity,
        onset: onset.filter(|position| position.row < rows as u64),
        reference_until: position(REFERENCE_WEEKS, rows),
        metric: expected::metric(scenario, seed),
        detail: scenario.details().into_iter().map(|(key, value)| (key.to_owned(), value)).collect(),
        note: scenario.note.to_owned(),
    }
}

/// The mean of the lesson's input: 0.5, and from week 13 on 0.04 more each week until 0.94.
fn lesson_mean(week: f64) -> f64 {
    0.5 + 0.04 * (week.floor() - 12.0).clamp(0.0, 11.0)
}

fn lesson_columns(seed: u64, rows: usize) -> Vec<SimColumn> {
    let xs: Vec<f64> = (0..rows)
        .map(|row| Rng::of(seed, row as u64).normal(lesson_mean(week(row, rows)), 0.15).clamp(0.0, 1.0))
        .collect();
    let classes = || SimValues::Integer(xs.iter().map(|x| Some(i64::from(*x > 0.5))).collect());
    vec![
        column("id", SimValues::Integer((0..rows as i64).map(Some).collect())),
        column("time", SimValues::Time((0..rows).map(|row| time(row, rows)).collect())),
        column("x", SimValues::Float(xs.iter().map(|x| Some(*x)).collect())),
        column("prediction", classes()),
        column("label", classes()),
    ]
}

/// One row of the order scenarios.
struct Row {
    order: Order,
    seen: Seen,
    broken: bool,
    prediction: f64,
    score: f64,
    label: f64,
}

fn row(scenario: &Scenario, seed: u64, index: usize, rows: usize) -> Row {
    let mut rng = Rng::of(seed, index as u64);
    let state = scenario.state(seed, week(index, rows));
    let (order, late) = world::labelled(&state, &mut rng);
    let fault = scenario.fault(&state);
    let seen = apply(fault, &order, &mut rng);
    let score = world::score(&seen);
    let (prediction, label) = if scenario.is_regression() {
        (world::predicted_hours(&seen), world::true_hours(&order, state.growth, &mut rng))
    } else {
        (f64::from(u8::from(score >= 0.5)), f64::from(u8::from(late)))
    };
    Row { order, seen, broken: fault != Fault::Nothing, prediction, score, label }
}

fn order_columns(scenario: &Scenario, seed: u64, rows: usize) -> Vec<SimColumn> {
    let all: Vec<Row> = (0..rows).map(|index| row(scenario, seed, index, rows)).collect();
    let float = |get: &dyn Fn(&Row) -> Option<f64>| SimValues::Float(all.iter().map(get).collect());
    let integer = |get: &dyn Fn(&Row) -> Option<i64>| SimValues::Integer(all.iter().map(get).collect());
    let text = |get: &dyn Fn(&Row) -> String| SimValues::Text(all.iter().map(|row| Some(get(row))).collect());
    let is = |fault: Fault| scenario.plan == Plan::Broken(fault);

    let mut columns = vec![
        column("id", SimValues::Integer((0..rows as i64).map(|row| Some(100_000 + row)).collect())),
        column("time", SimValues::Time((0..rows).map(|row| time(row, rows)).collect())),
        column("wait_hours", float(&|row| row.seen.wait_hours)),
        column("items", integer(&|row| Some(row.seen.items))),
        column("distance_km", float(&|row| Some(row.seen.distance_km))),
        column("drive_minutes", float(&|row| Some(row.seen.drive_minutes))),
    ];
    columns.push(if is(Fault::DecimalComma) {
        let comma = |row: &Row| {
            let fee = format!("{:.2}", row.order.fee);
            if row.broken { fee.replace('.', ",") } else { fee }
        };
        column("fee", text(&comma))
    } else {
        column("fee", float(&|row| row.seen.fee))
    });
    columns.push(if is(Fault::DateLayout) {
        column("member_since", text(&|row| date(row.order.tenure_days, row.broken)))
    } else {
        column("tenure_days", integer(&|row| row.seen.tenure_days))
    });
    if is(Fault::Renamed) {
        columns.push(column("customer_age_days", integer(&|row| row.broken.then_some(row.order.tenure_days))));
    }
    let carrier = |row: &Row| {
        let name = name(&CARRIERS, row.order.carrier);
        if row.seen.carrier.is_none() { name.to_uppercase() } else { name }
    };
    columns.extend([
        column("express", SimValues::Boolean(all.iter().map(|row| Some(row.seen.express)).collect())),
        column("carrier", text(&carrier)),
        column("channel", text(&|row| name(&CHANNELS, row.seen.channel))),
    ]);
    if scenario.is_regression() {
        columns.push(column("prediction", float(&|row| Some(row.prediction))));
        columns.push(column("label", float(&|row| Some(row.label))));
    } else {
        columns.push(column("score", float(&|row| Some(row.score))));
        columns.push(column("prediction", integer(&|row| Some(row.prediction as i64))));
        columns.push(column("label", integer(&|row| Some(row.label as i64))));
    }
    columns
}

fn column(name: &'static str, values: SimValues) -> SimColumn {
    SimColumn { name, values }
}

fn name(names: &[&str], index: usize) -> String {
    names.get(index).copied().unwrap_or_default().to_owned()
}

/// The day `days` before the start of the stream, in one of two layouts.
fn date(days: i64, slashes: bool) -> String {
    let (year, month, day) = Timestamp(START - DAY * days).date();
    if slashes { format!("{day:02}/{month:02}/{year:04}") } else { format!("{year:04}-{month:02}-{day:02}") }
}
