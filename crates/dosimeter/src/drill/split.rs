//! One split of the reference: a baseline of the one part, and the other to be broken.

use dosimeter_core::diagnose::{Context, diagnose};
use dosimeter_core::diagnosis::Diagnosis;
use dosimeter_core::profile::{Baseline, Role};
use dosimeter_core::simulate::Rng;
use dosimeter_scan::inject::Gathered;
use dosimeter_scan::pass::Part;
use dosimeter_scan::{Batch, Dataset, Field, Kind, Values};

use super::place;
use crate::error::Failure;
use crate::notes::Notes;
use crate::plan::Plan;
use crate::progress::Ticker;
use crate::source::{self, Following};

/// What the order of rows means.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Order {
    /// A column says when.
    Time,
    /// Somebody said that rows lie in order.
    Rows,
    /// Nothing: rows are dealt.
    Random,
}

impl Order {
    pub(crate) fn id(self) -> &'static str {
        match self {
            Order::Time => "time",
            Order::Rows => "rows",
            Order::Random => "random",
        }
    }
}

/// What any current part is checked against, and how.
struct Monitor {
    baseline: Baseline,
    fields: Vec<Field>,
    time: Option<String>,
    plan: Plan,
}

/// A baseline and what follows it.
pub(crate) struct Split {
    monitor: Monitor,
    pub(crate) current: Batch,
    /// Times of the current rows, where they have some.
    pub(crate) times: Vec<i64>,
    /// The first row of the current part that faults strike: where a window begins.
    pub(crate) at: usize,
    /// The rows at which windows of the current part end.
    pub(crate) ends: Vec<usize>,
    /// What is said of the current part as it is.
    pub(crate) control: Diagnosis,
}

/// Where the current part of a split begins, as a fraction of the rows: the middle first, then around it.
fn fraction(split: usize) -> f64 {
    let off = split.div_ceil(2) as f64 * 0.012;
    if split % 2 == 1 { 0.5 - off } else { 0.5 + off }
}

impl Split {
    pub(crate) fn new(
        all: &Gathered,
        order: Order,
        split: usize,
        at: Option<&str>,
        time: Option<&str>,
        plan: &Plan,
    ) -> Result<Split, Failure> {
        let rows = all.batch.rows;
        let mut middle = (rows as f64 * fraction(split)).round() as usize;
        let (reference, current) = if order == Order::Random {
            let mut rng = Rng::of(plan.fit.seed, split as u64);
            let mut dealt: Vec<(u64, usize)> = (0..rows).map(|row| (rng.bits(), row)).collect();
            dealt.sort_unstable();
            let dealt: Vec<usize> = dealt.into_iter().map(|(_, row)| row).collect();
            middle = rows / 2;
            (all.batch.take(dealt.get(..middle).unwrap_or(&[])), all.batch.take(dealt.get(middle..).unwrap_or(&[])))
        } else {
            // Rows of one instant stay together.
            if let Some(t) = all.times.get(middle) {
                let first = all.times.partition_point(|x| x < t);
                middle = if first > 0 { first } else { all.times.partition_point(|x| x <= t) };
            }
            (all.batch.slice(0..middle), all.batch.slice(middle..rows))
        };
        if reference.rows == 0 || current.rows == 0 {
            return Err(Failure::new("the reference cannot be split: all rows have one time")
                .hint("give a longer reference, or leave --time out"));
        }
        let times = all.times.get(middle..).unwrap_or(&[]).to_vec();
        let dataset = Dataset::of_batch("reference", &all.fields, reference);
        let span = times.first().zip(times.last()).map(|(a, b)| (*a, *b));
        let ticker = Ticker::start(true);
        let following = Some((current.rows as u64, span));
        let notes = &mut Notes::default();
        let (mut fitted, _) = source::learn(&dataset, Part::All, time, following, None, plan, &ticker, notes)?;
        fitted.baseline.ordered = order != Order::Random;
        let monitor = Monitor {
            baseline: fitted.baseline,
            fields: all.fields.clone(),
            time: time.map(str::to_owned),
            plan: plan.clone(),
        };
        let control = monitor.check(&current)?;
        let ends: Vec<usize> = control
            .windows
            .iter()
            .scan(0, |end, w| {
                *end += w.rows as usize;
                Some(*end)
            })
            .collect();
        let wanted = place(at, current.rows, &times)?;
        // A fault begins with a window, so that windows since then can be counted; not with the very first row.
        let starts = ends.iter().copied().filter(|e| *e < current.rows);
        let at = starts.min_by_key(|e| e.abs_diff(wanted)).filter(|_| at.is_none()).unwrap_or(wanted);
        Ok(Split { monitor, current, times, at, ends, control })
    }

    pub(crate) fn baseline(&self) -> &Baseline {
        &self.monitor.baseline
    }

    /// The very same check on this batch in place of the current part.
    pub(crate) fn check(&self, batch: &Batch) -> Result<Diagnosis, Failure> {
        self.monitor.check(batch)
    }
}

impl Monitor {
    fn check(&self, batch: &Batch) -> Result<Diagnosis, Failure> {
        let dataset = Dataset::of_batch("current", &self.fields_of(batch), batch.clone());
        let ticker = Ticker::start(true);
        let notes = &mut Notes::default();
        let time = self.baseline.column_with(Role::Time).and(self.time.as_deref());
        let seen = source::look_ahead(&dataset, time, &self.plan, &ticker);
        let following = Following::whole(&dataset, &seen);
        let profiles = source::observe(&self.baseline, &following, None, &ticker, notes)?;
        Ok(diagnose(&self.baseline, &profiles.into_iter().next().unwrap_or_default(), Context::default()))
    }

    /// What the columns of a broken batch are: what they were, but for new ones and whole numbers that are no more.
    fn fields_of(&self, batch: &Batch) -> Vec<Field> {
        let of = |c: &dosimeter_scan::Column| {
            let known = self.fields.iter().find(|f| *f.name == *c.name);
            let kind = match (&c.values, known) {
                (Values::Float(_), _) => Kind::Number,
                (_, Some(f)) => f.kind,
                (Values::Integer(_), None) => Kind::Integer,
                (Values::Boolean(_), None) => Kind::Boolean,
                (Values::Time(_), None) => Kind::Time,
                _ => Kind::Text,
            };
            let native = known.map_or("unknown", |f| f.native.as_str()).to_owned();
            let name = c.name.to_string();
            Field { name, kind, native, nullable: true, supported: true, files_with: 1, kinds: Vec::new() }
        };
        batch.columns.iter().map(of).collect()
    }
}
