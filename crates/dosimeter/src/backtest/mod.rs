//! `dosimeter backtest`: what a policy would have said, look after look, before anyone turns it on.
//!
//! The history is read as `check` reads it, in one pass, but profiled window by window ([`history`]); [`options`] is what
//! was asked for, [`play`] takes the looks, some at a time. What the looks come to is worked out in the core.

mod history;
mod options;
mod play;

use dosimeter_core::replay::{Backtest, Delayed, FORMAT, Health, Policy};
use dosimeter_report::backtest;
use dosimeter_scan::pass::Phase;

use crate::args::{BacktestArgs, CheckArgs, WatchArgs};
use crate::check;
use crate::config;
use crate::error::Outcome;
use crate::instant;
use crate::notes::Notes;
use crate::output;
use crate::progress::Ticker;
use options::Options;

pub(crate) fn run(args: &BacktestArgs) -> Outcome {
    let options = Options::of(args)?;
    let format = output::text_format(&args.format)?;
    let outputs = output::text_outputs(&args.output)?;
    let mut like = as_check(args);
    (like.given.reference_until, like.as_of) = instant::settled(&like)?;
    let (watch, settings) = config::complete(&like.watch)?;
    let paths = check::join(&like, settings)?;
    let plan = check::planned(&like, &watch, &paths)?;
    let ticker = Ticker::start(watch.quiet);
    let mut notes = Notes::default();
    let observe = history::observe(&options);
    let mut material = check::gather(&paths, &plan, &watch, &observe, &ticker, &mut notes)?;
    let warnings = check::warnings(&material, &mut notes);
    let windows = std::mem::take(&mut material.current);
    ticker.progress().begin(Phase::Diagnosis);
    let played = play::play(&material.baseline, windows, &options)?;
    drop(ticker);
    let result = result(&material, &options, played, warnings);
    let style = output::style(&args.color, args.verbose);
    output::deliver(format, outputs, style, |format, style| backtest::render(format, &result, style))?;
    // The replay holds for the files that could be read; nobody should take it for one of all of them.
    if notes.complain() {
        return Ok(2);
    }
    Ok(u8::from(result.health.is_some_and(|h| h.exceeded)))
}

/// The data are given and read as `check` takes them.
fn as_check(args: &BacktestArgs) -> CheckArgs {
    CheckArgs {
        given: args.given.clone(),
        // Here it may be a number of windows, and is the replay's own.
        watch: WatchArgs { every: None, ..args.watch.clone() },
        ..CheckArgs::default()
    }
}

fn result(material: &check::Material, options: &Options, played: play::Played, warnings: Vec<String>) -> Backtest {
    let baseline = &material.baseline;
    let play::Played { replay, delayed, alternatives, tolerance } = played;
    let first = |r: &dosimeter_core::replay::Replayed| r.first.as_ref().and_then(|f| f.at);
    let delayed = delayed.map(|late| Delayed {
        later_days: first(&late)
            .zip(first(&replay))
            .map(|(a, b)| ((a.0 - b.0) as f64 / dosimeter_core::time::DAY as f64).into()),
        replay: late,
    });
    Backtest {
        format: FORMAT,
        version: env!("CARGO_PKG_VERSION"),
        monitor: baseline.watch.monitor.clone(),
        policy: Policy {
            metric: baseline.watch.metric.map(|m| m.id().to_owned()),
            tolerance,
            false_alarms_per_90_days: baseline.watch.false_alarms_per_90_days.into(),
            window: baseline.window.to_string(),
            every: options.every_text.clone(),
            sees: options.trailing_text.clone().unwrap_or_else(|| "everything".to_owned()),
            label_delay: options.delay_text.clone(),
            hysteresis: options.hysteresis,
        },
        health: options.healthy.then(|| Health::of(&replay)),
        replay,
        delayed,
        alternatives,
        reference_rows: baseline.reference.rows(),
        files: material.dataset.files.iter().map(|f| f.name.clone()).collect(),
        warnings,
    }
}
