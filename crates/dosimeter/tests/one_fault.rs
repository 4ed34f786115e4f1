//! Every kind of change of format and of categories, end to end: one small world, one fault each, named, of the right column,
//! and alone. The same world without a fault is silent.

use serde_json::Value;

use crate::kit::{Rng, Table, columns, compare, finding, findings, shown, stamp};

/// Rows a day: one every two minutes, so that windows are days.
const DAY: usize = 720;
const REFERENCE: usize = 14 * DAY;
const CURRENT: usize = 7 * DAY;

const CITIES: [(&str, f64); 6] =
    [("Zürich", 0.34), ("Genève", 0.24), ("Málaga", 0.18), ("Oslo", 0.14), ("Kraków", 0.095), ("Tromsø", 0.005)];

/// What a shop sends to its model. Nothing depends on the time; the score means what it says.
fn shop(first: usize, rows: usize) -> Table {
    let mut rng = Rng(0x5eed ^ first as u64);
    let mut t = Table::default();
    t.set("id", (first..first + rows).map(|i| format!("order-{i:06}")));
    t.set("timestamp", (first..first + rows).map(|i| stamp(2 * i as u64)));
    t.set("price", (0..rows).map(|_| format!("{:.2}", 20.0 * (0.6 * rng.normal()).exp())));
    t.set("warmth", (0..rows).map(|_| format!("{:.1}", 12.0 + 6.0 * rng.normal())));
    t.set("items", (0..rows).map(|_| 1 + (2.0 * rng.normal().abs()) as u64));
    t.set("city", (0..rows).map(|_| city(rng.uniform())));
    t.set("channel", (0..rows).map(|_| ["web", "web", "shop", "phone"][rng.below(4) as usize]));
    t.set("born", (0..rows).map(|_| born(rng.below(12_000), "ymd")));
    t.set("release", (0..rows).map(|_| "7"));
    let score: Vec<f64> = (0..rows).map(|_| (rng.uniform() * 1000.0).round() / 1000.0).collect();
    t.set("score", &score);
    t.set("prediction", score.iter().map(|s| u8::from(*s >= 0.5)));
    t.set("label", score.iter().map(|s| u8::from(rng.uniform() < *s)));
    t.set("visits", (0..rows).map(|_| if rng.below(4) == 0 { String::new() } else { rng.below(20).to_string() }));
    t
}

fn city(mut u: f64) -> &'static str {
    for (name, share) in CITIES {
        if u < share {
            return name;
        }
        u -= share;
    }
    CITIES[0].0
}

/// A date between 1960 and 1992, of months that all have 28 days.
fn born(day: u64, layout: &str) -> String {
    let (d, m, y) = (1 + day % 28, 1 + day / 28 % 12, 1960 + day / 336 % 33);
    if layout == "ymd" { format!("{y}-{m:02}-{d:02}") } else { format!("{d:02}/{m:02}/{y}") }
}

/// What upstream did to the current rows.
type Edit = fn(&mut Table);

struct Fault {
    kind: &'static str,
    /// Where it is not the only place, as of a renamed column, any of them.
    column: &'static str,
    edit: Edit,
    more: &'static [&'static str],
}

const fn one_fault(kind: &'static str, column: &'static str, edit: Edit) -> Fault {
    Fault { kind, column, edit, more: &[] }
}

fn number(v: &str) -> f64 {
    v.parse().unwrap()
}

fn map(t: &mut Table, column: &str, f: impl Fn(&str) -> String) {
    t.edit(column, |_, v| f(v));
}

/// Every `n`th row, and not in step with anything.
fn every(n: usize) -> impl Fn(usize) -> bool {
    move |i| i.wrapping_mul(2_654_435_761) % (n * 1_000) < 1_000
}

fn some(t: &mut Table, column: &str, n: usize, value: &str) {
    t.edit(column, |i, v| if every(n)(i) { value.to_owned() } else { v.to_owned() });
}

fn swap(t: &mut Table, a: &str, b: &str) {
    let (x, y) = (t.column(a).to_vec(), t.column(b).to_vec());
    t.set(a, y).set(b, x);
}

fn latin(v: &str) -> String {
    v.bytes().map(char::from).collect()
}

const SCHEMA: [Fault; 24] = [
    one_fault("column_missing", "warmth", |t| {
        t.drop("warmth");
    }),
    one_fault("column_new", "loyalty", |t| {
        t.set("loyalty", (0..CURRENT).map(|i| i * 7919 % 10_007));
    }),
    one_fault("column_renamed", "warmth", |t| {
        let cells = t.column("warmth").to_vec();
        t.set("outside", cells).drop("warmth");
    }),
    one_fault("columns_swapped", "price", |t| swap(t, "price", "warmth")),
    one_fault("type_changed", "price", |t| map(t, "price", |v| format!("EUR {v}"))),
    one_fault("date_layout_changed", "born", |t| {
        t.set("born", (0..CURRENT as u64).map(|i| born(i * 7919 % 12_000, "dmy")));
    }),
    one_fault("decimal_comma", "price", |t| map(t, "price", |v| v.replace('.', ","))),
    one_fault("casing_changed", "channel", |t| map(t, "channel", str::to_uppercase)),
    one_fault("padding_changed", "channel", |t| map(t, "channel", |v| format!("{v:<12}"))),
    one_fault("encoding_changed", "city", |t| map(t, "city", latin)),
    one_fault("unit_changed", "price", |t| map(t, "price", |v| format!("{:.0}", number(v) * 100.0))),
    one_fault("unit_changed", "warmth", |t| map(t, "warmth", |v| format!("{:.2}", number(v) * 1.8 + 32.0))),
    one_fault("sentinel_appeared", "warmth", |t| some(t, "warmth", 12, "-999")),
    one_fault("sentinel_appeared", "city", |t| some(t, "city", 12, "N/A")),
    one_fault("null_rate_jumped", "items", |t| some(t, "items", 4, "")),
    one_fault("null_rate_fell", "visits", |t| {
        t.edit("visits", |i, v| if v.is_empty() { (i * 7919 % 20).to_string() } else { v.to_owned() });
    }),
    one_fault("column_frozen", "warmth", |t| map(t, "warmth", |_| "11.3".to_owned())),
    one_fault("column_awoke", "release", t_awoke),
    one_fault("range_left", "warmth", |t| {
        t.edit("warmth", |i, v| if every(100)(i) { format!("{:.1}", 90.0 + (i % 97) as f64) } else { v.to_owned() });
    }),
    one_fault("key_not_unique", "id", |t| {
        t.edit("id", |i, v| if every(10)(i) { format!("order-{:06}", REFERENCE + i / 2) } else { v.to_owned() });
    }),
    one_fault("volume_changed", "", |t| t.keep(every(5))),
    one_fault("predictions_stopped", "", |t| t.keep(|i| !(3 * DAY..5 * DAY).contains(&i))),
    one_fault("labels_stopped", "", |t| {
        t.edit("label", |i, v| if i >= 4 * DAY { String::new() } else { v.to_owned() });
    }),
    Fault { kind: "freshness_broken", column: "timestamp", edit: |_| {}, more: &["--as-of", "2024-02-20"] },
];

fn t_awoke(t: &mut Table) {
    t.set("release", (0..CURRENT).map(|i| 7 + i * 7919 % 5));
}

const CATEGORY: [Fault; 4] = [
    one_fault("category_new", "channel", |t| some(t, "channel", 8, "agent")),
    one_fault("category_vanished", "channel", |t| map(t, "channel", |v| v.replace("phone", "shop"))),
    one_fault("rare_became_common", "city", |t| some(t, "city", 4, "Tromsø")),
    one_fault("mix_changed", "channel", |t| {
        t.edit("channel", |i, v| if v == "web" && every(2)(i) { "shop".to_owned() } else { v.to_owned() });
    }),
];

/// Runs every fault of a table and says what is not as it must be.
#[track_caller]
fn named_alone(mode: &str, faults: &[Fault]) {
    let reference = shop(0, REFERENCE);
    let mut wrong = Vec::new();
    for fault in faults {
        let mut current = shop(REFERENCE, CURRENT);
        (fault.edit)(&mut current);
        let (_, result) = compare(&reference, &current, &[&["--time-zone", "UTC"], fault.more].concat());
        let mode = if fault.kind.ends_with("_stopped") { "feed_stalled" } else { mode };
        let is = |f: &&Value| {
            f["mode"] == mode
                && f["kind"] == fault.kind
                && (fault.column.is_empty() || columns(f).contains(&fault.column))
        };
        let named = findings(&result).iter().filter(is).count();
        let beside = findings(&result).iter().filter(|f| f["severity"] != "harmless" && !is(f)).count();
        if (named, beside) != (1, 0) {
            wrong.push(format!(
                "{} of {}: named {named} times, {beside} others; {}",
                fault.kind,
                fault.column,
                shown(&result)
            ));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn schema_kinds() {
    named_alone("schema_change", &SCHEMA);
}

#[test]
fn category_kinds() {
    named_alone("category_shift", &CATEGORY);
}

#[test]
fn no_kind_is_forgotten() {
    use dosimeter_core::catalogue::{CATEGORY_KINDS, OTHER_KINDS, SCHEMA_KINDS};
    let vectors = crate::embeddings::KINDS;
    let tested: Vec<&str> = SCHEMA.iter().chain(&CATEGORY).map(|f| f.kind).chain(vectors).collect();
    let all = SCHEMA_KINDS.iter().chain(&CATEGORY_KINDS);
    let stopped = OTHER_KINDS.iter().filter(|k| k.id.ends_with("_stopped"));
    let untested: Vec<&str> = all.chain(stopped).map(|k| k.id).filter(|id| !tested.contains(id)).collect();
    assert!(untested.is_empty(), "{untested:?}");
}

#[test]
fn without_a_fault_nothing_is_said() {
    let (output, result) = compare(&shop(0, REFERENCE), &shop(REFERENCE, CURRENT), &[]);
    assert_eq!((output.code, findings(&result).len()), (0, 0), "{}", shown(&result));
}

#[test]
fn the_map_of_a_unit() {
    // column, what the values become, and how precisely cells of a grid can tell.
    let units: [(&str, f64, f64); 4] =
        [("price", 100.0, 0.0), ("price", 0.453_592, 0.0), ("warmth", 1.8, 32.0), ("warmth", 1.0, 273.15)];
    let reference = shop(0, REFERENCE);
    let mut wrong = Vec::new();
    for (column, scale, offset) in units {
        let mut current = shop(REFERENCE, CURRENT);
        map(&mut current, column, |v| format!("{:.3}", number(v) * scale + offset));
        let (_, result) = compare(&reference, &current, &[]);
        let found = finding(&result, "schema_change", column);
        let part = |name: &str| found.and_then(|f| f["detail"]["map"][name].as_f64());
        let near = part("scale").is_some_and(|s| (s / scale - 1.0).abs() < 0.02)
            && part("offset").is_some_and(|o| (o - offset).abs() < 0.02 * offset.abs().max(scale));
        if !near || found.is_none_or(|f| f["kind"] != "unit_changed") {
            wrong.push(format!("{column} x {scale} + {offset}: {found:?} {}", shown(&result)));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}
