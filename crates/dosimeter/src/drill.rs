//! `dosimeter drill`: what would this check catch, on these data, and what would pass it?
//!
//! The reference is split, the later part is broken in every known way from its middle on, and the very same check is run on
//! it. First of all it is run on parts that nobody broke: a tool that alarms there has nothing to say about the others.

mod judge;
mod rehearse;
mod split;

use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};

use dosimeter_core::diagnosis::{Number, Verdict};
use dosimeter_core::time::Timestamp;
use dosimeter_report::drill::{Control, Data, Drill, FORMAT, Said, render};
use dosimeter_scan::inject::{Gathered, gather};
use dosimeter_scan::pass::{Cut, Part};

use crate::args::DrillArgs;
use crate::check::stem;
use crate::config;
use crate::error::{Failure, Outcome};
use crate::instant;
use crate::notes::Notes;
use crate::output;
use crate::plan::plan;
use crate::progress::Ticker;
use crate::source;
use split::{Order, Split};

/// The share of repeats in which a fault has to be caught to count as caught.
const CAUGHT_FROM: f64 = 0.8;

/// How much is tried.
pub(crate) struct Effort {
    /// Splits without a fault.
    controls: usize,
    /// Repeats of each fault at each strength, on as many splits.
    repeats: usize,
    /// Columns that each fault is put into.
    columns: usize,
}

pub(crate) fn run(args: &DrillArgs) -> Outcome {
    let format = output::text_format(&args.format)?;
    let outputs = output::text_outputs(&args.output)?;
    let (watch, settings) = config::complete(&args.watch)?;
    let (files, until) = match (args.reference.is_empty(), settings.history.is_empty()) {
        (false, _) => (args.reference.clone(), args.reference_until.clone()),
        (true, false) => (settings.history, args.reference_until.clone().or(settings.reference_until)),
        (true, true) => (settings.reference, args.reference_until.clone()),
    };
    let Some(first) = files.first() else {
        return Err(Failure::new("nothing to drill on").hint("give data of a period in which the model was healthy"));
    };
    let plan = plan(&watch, &stem(first))?;
    let ticker = Ticker::start(watch.quiet);
    let mut notes = Notes::default();
    let dataset = source::open(&files, &plan.read, &mut notes)?;
    let time = source::time_column(&dataset, plan.time.as_deref());
    let total = source::look_ahead(&dataset, None, &plan, &ticker).rows;
    let part = match &until {
        Some(text) => {
            let text = instant::reference_until(text, watch.time_zone.as_deref())?;
            Part::Before(source::cut(&text, || total)?)
        }
        None => Part::All,
    };
    let gathered = gather(&dataset, part, time.as_deref(), (args.rows, total), plan.fit.seed)?;
    drop(ticker);
    if gathered.batch.rows < 200 {
        return Err(Failure::new(format!("{} rows are too few for a drill: {first}", gathered.batch.rows))
            .hint("give a longer reference; a few thousand rows with labels are a start"));
    }
    let order = if time.is_some() {
        Order::Time
    } else if plan.window.is_some() || until.is_some() {
        Order::Rows
    } else {
        Order::Random
    };
    let effort = match args.quick {
        true => Effort { controls: 8, repeats: 3, columns: 1 },
        false => Effort { controls: 20, repeats: 5, columns: 2 },
    };
    let seed = plan.fit.seed;
    let meter = Meter::new(watch.quiet);
    let splits: Vec<Split> = parallel(effort.controls, "healthy", &meter, |i| {
        Split::new(&gathered, order, i, args.at.as_deref(), time.as_deref(), &plan)
    })
    .into_iter()
    .collect::<Result<_, Failure>>()?;
    let Some(main) = splits.first() else { return Err(Failure::new("no split could be made")) };
    let (faults, not_tried) = rehearse::all(&splits, &effort, &args.columns, seed, &meter)?;
    meter.done();
    let drill = Drill {
        format: FORMAT,
        version: env!("CARGO_PKG_VERSION"),
        monitor: main.baseline().watch.monitor.clone(),
        data: data(&gathered, dataset.files.iter().map(|f| f.name.clone()).collect(), order, main),
        control: control(&splits),
        repeats: effort.repeats,
        caught_from: Number(CAUGHT_FROM),
        faults,
        not_tried,
        assumptions: assumptions(order, &gathered, args.rows),
        warnings: notes.warnings.clone(),
        seed,
    };
    let style = output::style(&args.color, 0);
    output::deliver(format, outputs, style, |format, style| render(format, &drill, style).unwrap_or_default())?;
    if notes.complain() {
        return Ok(2);
    }
    Ok(u8::from(!drill.is_quiet()))
}

fn data(gathered: &Gathered, files: Vec<String>, order: Order, main: &Split) -> Data {
    Data {
        files,
        rows: gathered.seen,
        used: gathered.batch.rows as u64,
        reference_rows: main.baseline().reference.rows(),
        current_rows: main.current.rows as u64,
        split: order.id().to_owned(),
        window: main.baseline().window.to_string(),
        windows: main.control.windows.len(),
        fault_row: main.at as u64,
        fault_at: main.times.get(main.at).map(|t| Timestamp(*t)),
        metric: main.control.metric.name.clone(),
        power: main.control.power.note.clone(),
    }
}

fn control(splits: &[Split]) -> Control {
    let said = |v: Verdict| splits.iter().filter(|s| s.control.verdict == v).count();
    let main = splits.first();
    Control {
        runs: splits.len(),
        alarmed: said(Verdict::Decaying),
        blind: said(Verdict::Blind),
        budget: main.map(|s| s.control.budget.false_alarms),
        own_drift: main
            .iter()
            .flat_map(|s| &s.control.findings)
            .map(|f| Said {
                name: judge::name(f),
                severity: f.severity.as_str().to_owned(),
                columns: f.subject.columns.clone(),
                message: f.message.clone(),
            })
            .collect(),
    }
}

fn assumptions(order: Order, gathered: &Gathered, most: u64) -> Vec<String> {
    let mut list = vec![
        "the model is frozen and is not asked again: where an input is broken its logged predictions do not react, so such a \
         fault costs nothing here and is told by its format or drift; only faults of labels, scores and whole rows cost what \
         they would"
            .to_owned(),
    ];
    if order == Order::Random {
        list.push(
            "nothing says that the order of rows means time: rows are dealt at random, and drift of the reference itself \
             cannot be seen (name the time column with --time, or give --window)"
                .to_owned(),
        );
    } else {
        list.push("the splits overlap, so the runs without a fault are not independent of each other".to_owned());
    }
    if (gathered.batch.rows as u64) < gathered.seen {
        list.push(format!(
            "a sample of about {} rows was drilled on: a check of all rows sees more (--rows)",
            dosimeter_core::text::digits(most as f64)
        ));
    }
    if gathered.undated > 0 {
        list.push(format!("{} rows without a time were left out", gathered.undated));
    }
    list
}

/// Progress on stderr, where a person sees it.
pub(crate) struct Meter {
    shown: bool,
    start: std::time::Instant,
}

impl Meter {
    fn new(quiet: bool) -> Meter {
        use std::io::IsTerminal as _;
        Meter { shown: !quiet && std::io::stderr().is_terminal(), start: std::time::Instant::now() }
    }

    fn at(&self, what: &str, done: usize, of: usize) {
        use std::io::Write as _;
        if self.shown {
            let seconds = self.start.elapsed().as_secs();
            let _ = write!(std::io::stderr(), "\rdrill: {what}, {done} of {of} runs, {seconds} s \x1b[K");
        }
    }

    fn done(&self) {
        use std::io::Write as _;
        if self.shown {
            let _ = write!(std::io::stderr(), "\r\x1b[K");
        }
    }
}

/// Does `count` things on all processors; what they give comes in order.
pub(crate) fn parallel<T: Send>(count: usize, what: &str, meter: &Meter, one: impl Fn(usize) -> T + Sync) -> Vec<T> {
    let (next, done) = (AtomicUsize::new(0), AtomicUsize::new(0));
    let results = Mutex::new(Vec::new());
    let work = || {
        loop {
            let i = next.fetch_add(1, Ordering::Relaxed);
            if i >= count {
                break;
            }
            let result = one(i);
            if let Ok(mut list) = results.lock() {
                list.push((i, result));
            }
            meter.at(what, done.fetch_add(1, Ordering::Relaxed) + 1, count);
        }
    };
    let threads = std::thread::available_parallelism().map_or(1, usize::from).min(count.max(1));
    std::thread::scope(|scope| {
        for _ in 1..threads {
            scope.spawn(work);
        }
        work();
    });
    let mut list = results.into_inner().unwrap_or_default();
    list.sort_by_key(|(i, _)| *i);
    list.into_iter().map(|(_, result)| result).collect()
}

/// Where faults begin, as a row of a current part.
fn place(text: Option<&str>, rows: usize, times: &[i64]) -> Result<usize, Failure> {
    let Some(text) = text else { return Ok(rows / 2) };
    let bad = || {
        Failure::new(format!("{text:?} is no point in the current part: --at"))
            .hint("give a fraction (0.5 or 50%), a row of it, or a time in it")
    };
    let at = match source::cut(text, || rows as u64).map_err(|_| bad())? {
        Cut::Row(row) => row as usize,
        Cut::Time(t) => times.partition_point(|x| *x < t),
    };
    if at < rows { Ok(at) } else { Err(bad()) }
}
