//! `dosimeter check`.

use std::path::Path;

use dosimeter_core::diagnose::{Context, diagnose};
use dosimeter_core::profile::{Baseline, PeriodProfile, Role, file};
use dosimeter_report::{Format, render};
use dosimeter_scan::Dataset;
use dosimeter_scan::pass::labels::Labels;
use dosimeter_scan::pass::{Cut, Part, Phase, fit};

use crate::args::{CheckArgs, WatchArgs};
use crate::config::{self, Paths};
use crate::error::{Failure, Outcome};
use crate::notes::Notes;
use crate::output;
use crate::plan::{Plan, plan};
use crate::progress::Ticker;
use crate::source::{self, Following, Observe};

pub(crate) fn run(args: &CheckArgs) -> Outcome {
    let format = Format::parse(&args.format).map_err(|_| {
        let known = Format::ALL.iter().map(|f| f.id()).collect::<Vec<_>>().join(", ");
        Failure::new(format!("unknown format {:?}: --format", args.format)).hint(format!("one of {known}"))
    })?;
    let outputs = args.output.iter().map(|p| Ok((p, output::format_of(p)?))).collect::<Result<Vec<_>, Failure>>()?;
    let (watch, settings) = config::complete(&args.watch)?;
    let paths = join(args, settings)?;
    let plan = planned(args, &watch, &paths)?;
    let ticker = Ticker::start(watch.quiet);
    let mut notes = Notes::default();
    let material = gather(&paths, &plan, &watch, &source::observe, &ticker, &mut notes)?;
    let diagnosis = finish(material, &paths, &ticker, &mut notes)?;
    drop(ticker);
    let style = output::style(&args.color, args.verbose);
    output::deliver(format, outputs, style, |format, style| render(format, &diagnosis, style))?;
    // The result holds for the files that could be read; nobody should take it for one of all of them.
    if notes.complain() {
        return Ok(2);
    }
    Ok(if args.exit_zero { 0 } else { diagnosis.verdict.exit_code() })
}

/// How the model of these data is to be watched.
pub(crate) fn planned(args: &CheckArgs, watch: &WatchArgs, paths: &Paths) -> Result<Plan, Failure> {
    let name = paths.history.first().or(paths.current.first()).map_or("model", String::as_str);
    if paths.baseline.is_some() {
        refuse_learning(&args.watch, !paths.labels.is_empty())?;
    }
    plan(watch, &stem(name))
}

/// What a diagnosis is made from.
pub(crate) struct Material {
    pub(crate) baseline: Baseline,
    /// One profile of the current period, or one a window, as it was observed.
    pub(crate) current: Vec<PeriodProfile>,
    pub(crate) dataset: Dataset,
    pub(crate) labels: Option<Labels>,
}

/// Reads both periods, however they were given.
pub(crate) fn gather(
    paths: &Paths,
    plan: &Plan,
    watch: &WatchArgs,
    observe: Observe<'_>,
    ticker: &Ticker,
    notes: &mut Notes,
) -> Result<Material, Failure> {
    match (&paths.baseline, paths.history.is_empty()) {
        (Some(baseline), _) => with_baseline(Path::new(baseline), paths, plan, watch, observe, ticker, notes),
        (None, true) => two_periods(paths, plan, observe, ticker, notes),
        (None, false) => history(paths, plan, observe, ticker, notes),
    }
}

/// A baseline has its roles, its windows and its samples: a typed flag that would change them has no effect, and nobody
/// should believe that it had.
fn refuse_learning(typed: &WatchArgs, labels: bool) -> Result<(), Failure> {
    let flags = [
        ("--id", typed.id.is_some()),
        ("--time", typed.time.is_some()),
        ("--prediction", typed.prediction.is_some()),
        ("--score", typed.score.is_some()),
        // It also names the column of the labels that came apart.
        ("--label", typed.label.is_some() && !labels),
        ("--segment", !typed.segment.is_empty()),
        ("--ignore", !typed.ignore.is_empty()),
        ("--task", typed.task.is_some()),
        ("--positive", typed.positive.is_some()),
        ("--threshold", typed.threshold.is_some()),
        ("--window", typed.window.is_some()),
        ("--time-zone", typed.time_zone.is_some()),
        ("--seed", typed.seed.is_some()),
    ];
    let idle: Vec<&str> = flags.iter().filter(|(_, given)| *given).map(|(flag, _)| *flag).collect();
    if idle.is_empty() {
        return Ok(());
    }
    Err(Failure::new(format!("no effect with --baseline, which was learned without: {}", idle.join(", ")))
        .hint("give them to `dosimeter fit` and make the baseline again, or leave them out"))
}

type Diagnosis = dosimeter_core::diagnosis::Diagnosis;

/// What was typed, completed by the settings.
pub(crate) fn join(args: &CheckArgs, settings: Paths) -> Result<Paths, Failure> {
    let given = &args.given;
    let typed =
        !(given.data.is_empty() && given.reference.is_empty() && given.current.is_empty() && given.baseline.is_none());
    let mut p = Paths {
        history: given.data.clone(),
        reference: given.reference.clone(),
        current: given.current.clone(),
        baseline: given.baseline.as_ref().map(|b| b.to_string_lossy().into_owned()),
        reference_until: given.reference_until.clone().or(settings.reference_until),
        as_of: args.as_of.clone().or(settings.as_of),
        labels: if given.labels.is_empty() { settings.labels } else { given.labels.clone() },
    };
    if !typed {
        p.history = settings.history;
        p.reference = settings.reference;
        p.current = settings.current;
        p.baseline = settings.baseline;
    }
    // With a baseline, bare files are the current data.
    if p.baseline.is_some() && p.current.is_empty() {
        p.current = std::mem::take(&mut p.history);
    }
    if [&p.history, &p.reference, &p.current, &p.labels].into_iter().flatten().filter(|n| *n == "-").count() > 1 {
        return Err(
            Failure::new("standard input is named twice: -").hint("it can be read once; save one of the two to a file")
        );
    }
    match (p.history.is_empty(), p.reference.is_empty(), p.current.is_empty(), p.baseline.is_some()) {
        (true, true, true, false) => Err(Failure::new("nothing to check").hint("give a history with --reference-until, or --reference and --current, or --baseline and data")),
        (false, ..) if p.reference_until.is_none() && p.current.is_empty() => Err(Failure::new("nothing says where the healthy period ends: --reference-until")
            .hint("say up to when (or to which row or fraction) the model was healthy, as --reference-until 2024-03-01 or 0.5")),
        (_, true, false, false) => Err(Failure::new("what to compare with: --reference").hint("give data of a healthy period with --reference, or a baseline with --baseline")),
        (true, false, true, _) => Err(Failure::new("what to check: --current").hint("give the data to compare with the reference")),
        (.., true, true) => Err(Failure::new("what to check: DATA").hint("give the data to compare with the baseline")),
        _ => Ok(p),
    }
}

fn history(
    paths: &Paths,
    plan: &Plan,
    observe: Observe<'_>,
    ticker: &Ticker,
    notes: &mut Notes,
) -> Result<Material, Failure> {
    let dataset = source::open(&paths.history, &plan.read, notes)?;
    let time = source::time_column(&dataset, plan.time.as_deref());
    let until = paths.reference_until.as_deref().unwrap_or_default();
    let cut = source::cut(until, || source::look_ahead(&dataset, None, plan, ticker).rows)?;
    if matches!(cut, Cut::Time(_)) && time.is_none() {
        return Err(Failure::new("--reference-until is a time, but no column holds times")
            .hint("name the time column with --time"));
    }
    let read = source::read_labels(&paths.labels, plan);
    let labels_of = read.as_ref().map(|f| f as &dyn Fn(&Baseline) -> Result<Labels, Failure>);
    let (fitted, labels) =
        source::learn(&dataset, Part::Before(cut), time.as_deref(), None, labels_of, plan, ticker, notes)?;
    let (span, rows) = fitted.survey.rest;
    if rows == 0 || fitted.survey.rest.1 == 0 {
        return Err(
            Failure::new(format!("no rows after {until}: --reference-until")).hint("move it to an earlier point")
        );
    }
    let first = match cut {
        Cut::Row(row) => row,
        Cut::Time(_) => fitted.survey.rows,
    };
    let following =
        Following { dataset: &dataset, part: Part::From(cut), rows, span, first, offsets: fitted.survey.offsets() };
    let current = observe(&fitted.baseline, &following, labels.as_ref(), ticker, notes)?;
    Ok(Material { baseline: fitted.baseline, current, dataset, labels })
}

fn two_periods(
    paths: &Paths,
    plan: &Plan,
    observe: Observe<'_>,
    ticker: &Ticker,
    notes: &mut Notes,
) -> Result<Material, Failure> {
    let reference = source::open(&paths.reference, &plan.read, notes)?;
    let time = source::time_column(&reference, plan.time.as_deref());
    let ahead = source::open(&paths.current, &plan.read, &mut Notes::default())?;
    let seen = source::look_ahead(&ahead, time.as_deref(), plan, ticker);
    let read = source::read_labels(&paths.labels, plan);
    let labels_of = read.as_ref().map(|f| f as &dyn Fn(&Baseline) -> Result<Labels, Failure>);
    let (mut fitted, labels) = source::learn(
        &reference,
        Part::All,
        time.as_deref(),
        Some((seen.rows, seen.span)),
        labels_of,
        plan,
        ticker,
        notes,
    )?;
    let (dataset, current) = current_of(&fitted.baseline, paths, plan, observe, ticker, labels.as_ref(), notes)?;
    fitted.baseline.ordered &= source::follows(&fitted.baseline, &current);
    // Held until here: it keeps what came on standard input.
    drop(ahead);
    Ok(Material { baseline: fitted.baseline, current, dataset, labels })
}

fn with_baseline(
    path: &Path,
    paths: &Paths,
    plan: &Plan,
    watch: &WatchArgs,
    observe: Observe<'_>,
    ticker: &Ticker,
    notes: &mut Notes,
) -> Result<Material, Failure> {
    let shown = path.display();
    let bytes = std::fs::read(path).map_err(|e| {
        Failure::new(format!("cannot read the baseline ({e}): {shown}")).hint("make one with `dosimeter fit`")
    })?;
    let mut baseline = file::decode(&bytes)
        .map_err(|e| Failure::new(format!("{e}: {shown}")).hint("make it again with `dosimeter fit`"))?;
    // The policy may be changed without learning anew; what was learned may not.
    baseline.watch.metric = plan.fit.metric.or(baseline.watch.metric);
    baseline.watch.tolerance = plan.fit.tolerance.or(baseline.watch.tolerance);
    if watch.false_alarms.is_some() {
        baseline.watch.false_alarms_per_90_days = plan.fit.false_alarms_per_90_days;
    }
    baseline.watch.every = plan.fit.every.or(baseline.watch.every);
    if watch.monitor.is_some() {
        baseline.watch.monitor = plan.fit.monitor.clone();
    }
    let read = source::read_labels(&paths.labels, plan);
    let labels = read.map(|read| read(&baseline)).transpose()?;
    labels.iter().for_each(|l| notes.labels(l));
    let (dataset, current) = current_of(&baseline, paths, plan, observe, ticker, labels.as_ref(), notes)?;
    baseline.ordered &= source::follows(&baseline, &current);
    Ok(Material { baseline, current, dataset, labels })
}

fn current_of(
    baseline: &Baseline,
    paths: &Paths,
    plan: &Plan,
    observe: Observe<'_>,
    ticker: &Ticker,
    labels: Option<&Labels>,
    notes: &mut Notes,
) -> Result<(Dataset, Vec<PeriodProfile>), Failure> {
    let mut options = plan.read.clone();
    options.expected = fit::expected(baseline);
    let dataset = source::open(&paths.current, &options, notes)?;
    let time = baseline.column_with(Role::Time).map(|j| baseline.columns[j].name.clone());
    let seen = source::look_ahead(&dataset, time.as_deref(), plan, ticker);
    if seen.rows == 0 {
        if let Some(e) = seen.errors.first() {
            return Err(e.clone().into());
        }
        notes.warn("the current data have no rows");
    }
    let following = Following::whole(&dataset, &seen);
    let profile = observe(baseline, &following, labels, ticker, notes)?;
    dataset.problems().iter().for_each(|p| notes.warn(p.to_string()));
    Ok((dataset, profile))
}

/// What the reader should know of how the data were taken.
pub(crate) fn warnings(material: &Material, notes: &mut Notes) -> Vec<String> {
    let baseline = &material.baseline;
    let mut warnings = std::mem::take(&mut notes.warnings);
    if !baseline.inferred.is_empty() {
        let guesses = baseline
            .inferred
            .iter()
            .filter_map(|n| baseline.position(n).map(|j| format!("{} = {n}", baseline.columns[j].role.as_str())))
            .collect::<Vec<_>>()
            .join(", ");
        warnings.insert(0, format!("roles guessed from names: {guesses}; say otherwise with --label, --prediction, --score, --time, --id or --ignore"));
    }
    if baseline.column_with(Role::Label).is_none() && material.labels.is_none() {
        warnings.insert(0, "no label column is known, so performance cannot be measured; name it with --label, or give late labels with --labels".to_owned());
    }
    warnings.dedup();
    warnings
}

fn finish(material: Material, paths: &Paths, ticker: &Ticker, notes: &mut Notes) -> Result<Diagnosis, Failure> {
    let warnings = warnings(&material, notes);
    let Material { baseline, current, dataset, labels } = material;
    let context = Context {
        current_files: dataset.files.iter().map(|f| f.name.clone()).collect(),
        labels: labels.map(|l| l.report()),
        as_of: paths.as_of.as_deref().map(as_of).transpose()?,
        warnings,
        ..Context::default()
    };
    ticker.progress().begin(Phase::Diagnosis);
    Ok(diagnose(&baseline, &current.into_iter().next().unwrap_or_default(), context))
}

fn as_of(text: &str) -> Result<i64, Failure> {
    let time = dosimeter_scan::parse_time(text).map(|(micros, _)| micros);
    time.ok_or_else(|| {
        Failure::new(format!("{text:?} is no time: --as-of")).hint("write it as 2024-03-01 or 2024-03-01T06:00")
    })
}

/// A monitor's name from a path.
pub(crate) fn stem(path: &str) -> String {
    let name = Path::new(path).file_name().map_or("model".into(), |n| n.to_string_lossy());
    name.split('.').next().filter(|s| !s.is_empty() && *s != "-" && !s.contains('*')).unwrap_or("model").to_owned()
}
