//! Every fault, on every place, at every strength, several times; then how much of it had to be seen.

use dosimeter_core::diagnosis::Number;
use dosimeter_core::profile::Baseline;
use dosimeter_core::simulate::Rng;
use dosimeter_report::drill::{NotTried, Soon, Strength, Tried};
use dosimeter_scan::Batch;
use dosimeter_scan::inject::{FAULTS, Fault, Injection, On, candidates, segment_of};

use super::judge::{Heard, judge};
use super::split::Split;
use super::{CAUGHT_FROM, Effort, Meter, parallel};
use crate::error::Failure;

/// A fault and the columns that it is put into.
struct Place {
    fault: &'static Fault,
    columns: Vec<String>,
}

type Rehearsed = (Vec<Tried>, Vec<NotTried>);

pub(crate) fn all(
    splits: &[Split],
    effort: &Effort,
    only: &[String],
    seed: u64,
    meter: &Meter,
) -> Result<Rehearsed, Failure> {
    let Some(main) = splits.first() else { return Ok((Vec::new(), Vec::new())) };
    for name in only {
        if !main.baseline().columns.iter().any(|c| c.name == *name && c.role.is_input()) {
            return Err(Failure::new(format!("no input column {name:?}: --columns"))
                .hint("name columns that the model reads, as they are spelt in the data"));
        }
    }
    let (mut places, mut not_tried) = (Vec::new(), Vec::new());
    for fault in FAULTS {
        // A renamed or emptied column is tried on one of each kind.
        let most = if fault.on == On::Any { effort.columns.max(2) } else { effort.columns };
        let strongest = fault.strengths.last().copied().unwrap_or(1.0);
        let fits = |columns: &Vec<String>| broken(main, fault, columns, strongest, seed, main.current.rows).is_some();
        let found: Vec<Vec<String>> =
            candidates(fault, main.baseline(), &main.current, only).into_iter().filter(fits).take(most).collect();
        if found.is_empty() {
            not_tried.push(NotTried {
                fault: fault.id.to_owned(),
                title: fault.title.to_owned(),
                why: why_not(fault, main.baseline()),
            });
        }
        places.extend(found.into_iter().map(|columns| Place { fault, columns }));
    }
    let repeats = effort.repeats.min(splits.len());
    let jobs: Vec<(usize, usize, usize)> = places
        .iter()
        .enumerate()
        .flat_map(|(p, place)| (0..place.fault.strengths.len()).flat_map(move |s| (0..repeats).map(move |r| (p, s, r))))
        .collect();
    let heard: Vec<Option<Heard>> = parallel(jobs.len(), "faults", meter, |j| {
        let (p, s, r) = jobs.get(j).copied()?;
        let (place, split) = (places.get(p)?, splits.get(r)?);
        hear(split, place, place.fault.strengths.get(s).copied()?, seed, r, split.current.rows)
    });
    let mut tried: Vec<Tried> = places
        .iter()
        .enumerate()
        .map(|(p, place)| {
            let of = |s: usize| -> Vec<&Heard> {
                jobs.iter()
                    .zip(&heard)
                    .filter(|((a, b, _), _)| (*a, *b) == (p, s))
                    .filter_map(|(_, h)| h.as_ref())
                    .collect()
            };
            let strengths: Vec<Strength> = place
                .fault
                .strengths
                .iter()
                .enumerate()
                .map(|(s, x)| strength(place, *x, &of(s), main.baseline()))
                .collect();
            let caught = |s: &Strength| s.runs > 0 && s.caught as f64 >= CAUGHT_FROM * s.runs as f64;
            let weak = strengths.iter().rposition(|s| !caught(s)).map_or(0, |last| last + 1);
            let segment = (place.fault.on == On::Segment)
                .then(|| segment_of(&main.current, place.columns.first()?))
                .flatten()
                .map(|(value, _)| value);
            Tried {
                fault: place.fault.id.to_owned(),
                title: place.fault.title.to_owned(),
                columns: place.columns.clone(),
                segment,
                smallest: (weak < strengths.len()).then_some(weak),
                strengths,
            }
        })
        .collect();
    // How soon, at the smallest strength that is caught and at the strongest.
    let mut asked: Vec<(usize, usize)> = tried
        .iter()
        .enumerate()
        .filter_map(|(p, t)| Some((p, t.smallest?, t.strengths.len() - 1)))
        .flat_map(|(p, a, b)| [(p, a), (p, b)])
        .collect();
    asked.dedup();
    let soon: Vec<Option<Soon>> = parallel(asked.len(), "how soon", meter, |k| {
        let (p, s) = asked.get(k).copied()?;
        let place = places.get(p)?;
        soon(splits, place, place.fault.strengths.get(s).copied()?, seed)
    });
    for ((p, s), soon) in asked.iter().zip(soon) {
        if let Some(strength) = tried.get_mut(*p).and_then(|t| t.strengths.get_mut(*s)) {
            strength.soon = soon;
        }
    }
    Ok((tried, not_tried))
}

/// The first rows of a split's current part with the fault in them; `None` where it would change nothing.
fn broken(split: &Split, fault: &Fault, columns: &[String], strength: f64, seed: u64, rows: usize) -> Option<Batch> {
    let part = split.current.slice(0..rows);
    let mut injection = Injection {
        batch: &part,
        baseline: split.baseline(),
        columns,
        from: split.at,
        strength,
        rng: Rng::of(seed, strength.to_bits()),
    };
    (fault.apply)(&mut injection)
}

fn hear(split: &Split, place: &Place, strength: f64, seed: u64, repeat: usize, rows: usize) -> Option<Heard> {
    let seed = seed.wrapping_add(repeat as u64).wrapping_mul(0x9e37_79b9_7f4a_7c15);
    let batch = broken(split, place.fault, &place.columns, strength, seed, rows)?;
    let said = split.check(&batch).ok()?;
    let window = split.ends.iter().position(|e| *e > split.at)?;
    Some(judge(place.fault, &place.columns, strength, window, &said, &split.control))
}

fn strength(place: &Place, strength: f64, heard: &[&Heard], baseline: &Baseline) -> Strength {
    let count = |test: &dyn Fn(&&&Heard) -> bool| heard.iter().filter(test).count();
    Strength {
        strength: Number(strength),
        words: (place.fault.words)(strength, baseline),
        runs: heard.len(),
        caught: count(&|h| h.caught),
        alarmed: count(&|h| h.alarmed),
        named_right: count(&|h| h.right),
        named: heard.first().and_then(|h| h.named.clone()),
        soon: None,
    }
}

/// The least number of windows from the fault's first row on in which the first repeat that catches it does, by bisection:
/// what is caught in a part is taken to be caught in every longer one.
fn soon(splits: &[Split], place: &Place, strength: f64, seed: u64) -> Option<Soon> {
    let caught =
        |split: &Split, r: usize, rows: usize| hear(split, place, strength, seed, r, rows).is_some_and(|h| h.caught);
    let (repeat, split) = splits.iter().enumerate().take(3).find(|(r, s)| caught(s, *r, s.current.rows))?;
    let first = split.ends.iter().position(|e| *e > split.at)?;
    let (mut low, mut high) = (first, split.ends.len() - 1);
    while low < high {
        let middle = (low + high) / 2;
        if caught(split, repeat, *split.ends.get(middle)?) { high = middle } else { low = middle + 1 }
    }
    let end = *split.ends.get(high)?;
    let time = |row: usize| split.times.get(row).copied();
    Some(Soon {
        rows: (end - split.at) as u64,
        windows: (high - first + 1) as u64,
        seconds: time(split.at).zip(time(end - 1)).map(|(a, b)| Number((b - a) as f64 / 1e6)),
    })
}

/// Why a fault has no place here.
fn why_not(fault: &Fault, baseline: &Baseline) -> String {
    use dosimeter_core::profile::Role;
    let lacks = |role: Role| baseline.column_with(role).is_none();
    match fault.on {
        On::Outcome if fault.id == "miscalibrated" => "there is no score of two classes between 0 and 1",
        On::Outcome | On::Segment if lacks(Role::Label) => "no label column is known (--label)",
        On::Rows if fault.id == "duplicates" => "no id column is known (--id)",
        On::Rows => "windows are not of time",
        On::Number | On::Pair => "no column of numbers would change by it",
        On::Category | On::Segment => "no column of categories would change by it",
        _ => "no column would change by it",
    }
    .to_owned()
}
