//! The looks, taken by a few threads: each sees its own period, so they may be taken in any order and are put in order.

use std::collections::BTreeMap;
use std::sync::Mutex;

use dosimeter_core::diagnose::Context;
use dosimeter_core::diagnosis::Number;
use dosimeter_core::profile::{Baseline, PeriodProfile};
use dosimeter_core::replay::{Alternative, Look, Looks, Replayed, Seen, Span, replayed, schedule, see};

use super::options::Options;
use crate::error::Failure;

/// What the looks came to.
pub(crate) struct Played {
    pub(crate) replay: Replayed,
    pub(crate) delayed: Option<Replayed>,
    pub(crate) alternatives: Vec<Alternative>,
    /// The tolerance that was in force.
    pub(crate) tolerance: Option<Number>,
}

/// One policy to be replayed.
#[derive(Clone, Copy, Debug, PartialEq)]
struct Job {
    tolerance: Option<f64>,
    rate: f64,
    delay: Option<Span>,
}

/// Replays a history of one profile a window.
pub(crate) fn play(baseline: &Baseline, windows: Vec<PeriodProfile>, options: &Options) -> Result<Played, Failure> {
    let bounds: Vec<(Option<i64>, Option<i64>)> =
        windows.iter().map(|p| p.windows.first().map_or((None, None), |w| (w.start, w.end))).collect();
    let start = bounds.iter().find_map(|(start, _)| *start);
    let ends: Vec<Option<i64>> = bounds.iter().map(|(_, end)| *end).collect();
    let last = ends.iter().rev().find_map(|end| *end);
    let span = start.zip(last).map(|(a, b)| b - a).filter(|s| *s > 0);
    if let (None, Some(flag)) = (span, options.timed().first()) {
        return Err(Failure::new(format!("the windows have no times: {flag}"))
            .hint("give a number of windows, or name the time column with --time"));
    }
    if let (Some(span), Span::Time(every)) = (span, options.every)
        && (every as f64) < 0.7 * span as f64 / windows.len().max(1) as f64
    {
        return Err(Failure::new(format!(
            "looks every {} see no new window of {}: --every",
            options.every_text, baseline.window
        ))
        .hint("cut the history into shorter windows with --window"));
    }
    let schedule = schedule(&ends, options.every);
    let every = match options.every {
        Span::Time(every) => Some(every),
        Span::Windows(_) => span.map(|s| s / schedule.len().max(1) as i64),
    };
    let jobs = jobs(baseline, options);
    let looks = Looks::new(baseline, windows, schedule, options.trailing);
    let seen = take(baseline, looks, &jobs, every);
    if seen.is_empty() {
        return Err(Failure::new("the history has no rows to look at").hint("give data that follow the reference"));
    }
    let of = |job: usize| -> Replayed {
        let list: Vec<(Look, &Seen)> = seen.iter().filter_map(|(l, all)| Some((*l, all.get(job)?))).collect();
        replayed(&list, jobs.get(job).map_or(1.0, |j| j.rate), start, options.hysteresis)
    };
    let replay = of(0);
    let delayed = options.delay.map(|_| of(1));
    let tried = usize::from(options.delay.is_some()) + 1;
    let alternatives = if jobs.len() > tried {
        let line = |i: usize, r: &Replayed| {
            let job = jobs.get(i)?;
            let in_force = seen.last().and_then(|(_, all)| all.get(i)?.metric.tolerance);
            Some(alternative(r, job.tolerance.map(Number).or(in_force), job.rate, i == 0))
        };
        let others = (tried..jobs.len()).filter_map(|i| line(i, &of(i)));
        line(0, &replay).into_iter().chain(others).collect()
    } else {
        Vec::new()
    };
    let tolerance = seen.last().and_then(|(_, all)| all.first()?.metric.tolerance);
    Ok(Played { replay, delayed, alternatives, tolerance })
}

/// The policy, the same with late labels, and what else is tried, each but once.
fn jobs(baseline: &Baseline, options: &Options) -> Vec<Job> {
    let own = Job { tolerance: baseline.watch.tolerance, rate: baseline.watch.false_alarms_per_90_days, delay: None };
    let mut jobs = vec![own];
    jobs.extend(options.delay.map(|delay| Job { delay: Some(delay), ..own }));
    let tolerances = options.tolerances.iter().map(|t| Job { tolerance: Some(*t), ..own });
    for job in tolerances.chain(options.rates.iter().map(|rate| Job { rate: *rate, ..own })) {
        if !jobs.contains(&job) {
            jobs.push(job);
        }
    }
    jobs
}

fn alternative(replay: &Replayed, tolerance: Option<Number>, rate: f64, own: bool) -> Alternative {
    Alternative {
        tolerance,
        false_alarms_per_90_days: Number(rate),
        own,
        alarms: replay.alarms.len(),
        notices: replay.notices.len(),
        blind: replay.blind,
        first: replay.first.as_ref().and_then(|f| f.at),
        first_look: replay.first.as_ref().map(|f| f.look),
    }
}

/// Takes every look for every job. Only the next period is made under the lock; judging it is what takes time.
fn take(baseline: &Baseline, looks: Looks<'_>, jobs: &[Job], every: Option<i64>) -> Vec<(Look, Vec<Seen>)> {
    let looks = Mutex::new(looks);
    let taken: Mutex<BTreeMap<usize, (Look, Vec<Seen>)>> = Mutex::new(BTreeMap::new());
    let next = || looks.lock().ok().and_then(|mut l| l.next());
    let worker = || {
        let mut own = baseline.clone();
        while let Some((look, period)) = next() {
            let mut all = Vec::with_capacity(jobs.len());
            for job in jobs {
                own.watch.tolerance = job.tolerance;
                own.watch.false_alarms_per_90_days = job.rate;
                all.push(see(&own, &look, period.clone(), every, job.delay, Context::default()));
            }
            if let Ok(mut taken) = taken.lock() {
                taken.insert(look.index, (look, all));
            }
        }
    };
    let threads = std::thread::available_parallelism().map_or(1, usize::from).min(16);
    std::thread::scope(|scope| {
        for _ in 1..threads {
            scope.spawn(worker);
        }
        worker();
    });
    taken.into_inner().unwrap_or_default().into_values().collect()
}
