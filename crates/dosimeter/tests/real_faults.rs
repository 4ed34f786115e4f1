//! Real tables without any drift of their own: rows dealt at random into two halves. Alone they are healthy; one upstream fault
//! in the second half is named, and nothing beside it.

use std::fs::File;

use arrow_array::{Array, Float64Array, Int64Array, StringArray, TimestampMicrosecondArray};
use parquet::arrow::arrow_reader::ParquetRecordBatchReaderBuilder;
use serde_json::Value;

use crate::kit::{Rng, Table, columns, compare, example, findings, shown, stamp};

/// A shipped table, and what breaks in it: always a unit, a rename, a date layout, a swap, a sentinel.
struct Case {
    table: &'static str,
    time: &'static str,
    label: &'static str,
    unit: (&'static str, f64),
    renamed: (&'static str, &'static str),
    swapped: (&'static str, &'static str),
    sentinel: (&'static str, &'static str),
}

const HOTEL: Case = Case {
    table: "hotel_bookings",
    time: "arrival_date",
    label: "is_canceled",
    unit: ("adr", 100.0),
    renamed: ("lead_time", "days_ahead"),
    swapped: ("lead_time", "adr"),
    sentinel: ("stays_in_week_nights", "-1"),
};

const BANK: Case = Case {
    table: "bank_marketing",
    time: "called_at",
    label: "y",
    unit: ("euribor3m", 100.0),
    renamed: ("education", "schooling"),
    swapped: ("job", "education"),
    sentinel: ("age", "999"),
};

const EMPLOYMENT: Case = Case {
    table: "employment_ma",
    time: "surveyed_at",
    label: "employed",
    unit: ("AGEP", 12.0),
    renamed: ("SCHL", "SCHOOLING"),
    swapped: ("SCHL", "RELP"),
    sentinel: ("AGEP", "-9"),
};

/// The cells as a CSV would hold them.
fn cells(column: &dyn Array) -> Vec<String> {
    let any = column.as_any();
    let text = |i: usize| {
        if column.is_null(i) {
            String::new()
        } else if let Some(a) = any.downcast_ref::<Int64Array>() {
            a.value(i).to_string()
        } else if let Some(a) = any.downcast_ref::<Float64Array>() {
            a.value(i).to_string()
        } else if let Some(a) = any.downcast_ref::<StringArray>() {
            a.value(i).to_owned()
        } else if any.is::<TimestampMicrosecondArray>() {
            String::new()
        } else {
            panic!("a column of {}", column.data_type())
        }
    };
    (0..column.len()).map(text).collect()
}

/// Two halves by a hash of the row's number, with evenly spaced times and a text column of dates. At most 20,000 rows each:
/// enough for every fault, and quickly written.
fn halves(case: &Case) -> (Table, Table) {
    let file = File::open(example(&format!("{}.parquet", case.table))).unwrap();
    let reader = ParquetRecordBatchReaderBuilder::try_new(file).unwrap().with_batch_size(1 << 20).build().unwrap();
    let batches: Vec<_> = reader.map(Result::unwrap).collect();
    let [batch] = batches.as_slice() else { panic!("{} batches", batches.len()) };
    let mut deck: Vec<usize> = (0..batch.num_rows()).collect();
    deck.sort_by_key(|i| Rng(*i as u64).bits());
    let size = (deck.len() / 2).min(20_000);
    let half = |rows: &[usize], first: usize| {
        let mut t = Table::default();
        for (field, column) in batch.schema().fields().iter().zip(batch.columns()) {
            let all = cells(column.as_ref());
            t.set(field.name(), rows.iter().map(|i| &all[*i]));
        }
        t.set(case.time, (first..first + size).map(|i| stamp(3 * i as u64)));
        t.set("signed_up", rows.iter().map(|i| signed_up(Rng(!*i as u64).below(9_000), false)));
        t
    };
    (half(&deck[..size], 0), half(&deck[size..2 * size], size))
}

/// A date between 1990 and 2014, of months of 28 days.
fn signed_up(day: u64, other_layout: bool) -> String {
    let (d, m, y) = (1 + day % 28, 1 + day / 28 % 12, 1990 + day / 336 % 25);
    if other_layout { format!("{d:02}.{m:02}.{y}") } else { format!("{y}-{m:02}-{d:02}") }
}

fn check(case: &Case, reference: &Table, current: &Table) -> (i32, Value) {
    let (output, result) = compare(reference, current, &["--time", case.time, "--label", case.label]);
    (output.code, result)
}

#[track_caller]
fn holds(case: &Case) {
    let (reference, current) = halves(case);
    let (code, result) = check(case, &reference, &current);
    let loud: Vec<&Value> = findings(&result).iter().filter(|f| f["severity"] != "harmless").collect();
    assert_eq!((code, loud.len()), (0, 0), "{}: {}", case.table, shown(&result));

    let mut wrong = Vec::new();
    let mut fault = |kind: &str, named: &[&str], edit: &dyn Fn(&mut Table)| {
        let mut broken = current.clone();
        edit(&mut broken);
        let (_, result) = check(case, &reference, &broken);
        let is = |f: &&Value| f["kind"] == kind && named.iter().all(|c| columns(f).contains(c));
        let hits = findings(&result).iter().filter(is).count();
        // What the fault cannot touch keeps its findings by chance, where there are any: those are harmless.
        let beside = findings(&result).iter().filter(|f| f["severity"] != "harmless" && !is(f)).count();
        if (hits, beside) != (1, 0) {
            wrong.push(format!("{kind} of {named:?}: {hits} times, {beside} others; {}", shown(&result)));
        }
    };
    let (column, factor) = case.unit;
    fault("unit_changed", &[column], &|t| {
        t.edit(column, |_, v| v.parse::<f64>().map_or(String::new(), |x| (x * factor).to_string()));
    });
    let (from, to) = case.renamed;
    fault("column_renamed", &[from, to], &|t| {
        let cells = t.column(from).to_vec();
        t.drop(from).set(to, cells);
    });
    fault("date_layout_changed", &["signed_up"], &|t| {
        let rows = t.rows() as u64;
        t.set("signed_up", (0..rows).map(|i| signed_up(Rng(i ^ 77).below(9_000), true)));
    });
    let (a, b) = case.swapped;
    fault("columns_swapped", &[a, b], &|t| {
        let (x, y) = (t.column(a).to_vec(), t.column(b).to_vec());
        t.set(a, y).set(b, x);
    });
    let (column, value) = case.sentinel;
    fault("sentinel_appeared", &[column], &|t| {
        t.edit(column, |i, v| if Rng(i as u64).below(10) == 0 { value.to_owned() } else { v.to_owned() });
    });
    assert!(wrong.is_empty(), "{}: {}", case.table, wrong.join("\n"));
}

#[test]
fn hotel() {
    holds(&HOTEL);
}

#[test]
fn bank() {
    holds(&BANK);
}

#[test]
fn employment() {
    holds(&EMPLOYMENT);
}
