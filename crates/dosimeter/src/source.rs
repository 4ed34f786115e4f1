//! From paths to profiles: the passes, in order, with progress and warnings.

use dosimeter_core::profile::baseline::WindowSpec;
use dosimeter_core::profile::{Baseline, PeriodProfile, Role};
use dosimeter_scan::pass::labels::Labels;
use dosimeter_scan::pass::profile::{ProfileOptions, profile};
use dosimeter_scan::pass::survey::{Survey, SurveyOptions, survey};
use dosimeter_scan::pass::window::{self, Windows};
use dosimeter_scan::pass::{Cut, Part, fit, roles};
use dosimeter_scan::{Dataset, Kind, ReadError, ReadOptions};

use crate::error::Failure;
use crate::notes::Notes;
use crate::plan::Plan;
use crate::progress::Ticker;

/// A fitted baseline and what is known of the data that follow.
pub(crate) struct Fitted {
    pub(crate) baseline: Baseline,
    pub(crate) survey: Survey,
}

/// Opens data, and says which files could not be.
pub(crate) fn open(paths: &[String], options: &ReadOptions, notes: &mut Notes) -> Result<Dataset, Failure> {
    let dataset = Dataset::open(paths, options)?;
    notes.left_out(dataset.errors());
    Ok(dataset)
}

/// The time column: as given, or the only or best named one.
pub(crate) fn time_column(dataset: &Dataset, given: Option<&str>) -> Option<String> {
    if let Some(t) = given {
        return Some(t.to_owned());
    }
    let times: Vec<String> =
        dataset.schema().into_iter().filter(|f| f.kind == Kind::Time && f.supported).map(|f| f.name).collect();
    const NAMES: [&str; 6] = ["timestamp", "time", "datetime", "date", "ts", "event_time"];
    let named = times.iter().find(|n| NAMES.contains(&n.to_lowercase().as_str())).cloned();
    // A date of birth is a time as well: what is called one in text comes before what is none by name.
    named
        .or_else(|| roles::time_in_text(dataset))
        .or_else(|| if let [only] = times.as_slice() { Some(only.clone()) } else { None })
}

/// `2016-04-01`, `5000`, `0.5` or `30%` as a cut.
pub(crate) fn cut(text: &str, rows: impl FnOnce() -> u64) -> Result<Cut, Failure> {
    let bad = || {
        Failure::new(format!("{text:?} is no point in the data: --reference-until"))
            .hint("give a date or time (2016-04-01), a row number (5000), or a fraction (0.5 or 50%)")
    };
    let t = text.trim().trim_matches('"');
    if let Some(p) = t.strip_suffix('%') {
        let p: f64 = p.trim().parse().map_err(|_| bad())?;
        return if (0.0..100.0).contains(&p) {
            Ok(Cut::Row((p / 100.0 * rows() as f64).round() as u64))
        } else {
            Err(bad())
        };
    }
    if let Ok(row) = t.replace('_', "").parse::<u64>() {
        return Ok(Cut::Row(row));
    }
    if let Ok(f) = t.parse::<f64>() {
        return if f > 0.0 && f < 1.0 { Ok(Cut::Row((f * rows() as f64).round() as u64)) } else { Err(bad()) };
    }
    dosimeter_scan::parse_time(t).map(|(micros, _)| Cut::Time(micros)).ok_or_else(bad)
}

/// Reads late labels, once the baseline says which column is the id.
pub(crate) type LabelReader<'a> = &'a dyn Fn(&Baseline) -> Result<Labels, Failure>;

/// Learns a baseline from a part of a data set. `following` is what is known of the current data: rows and time span.
pub(crate) fn learn(
    dataset: &Dataset,
    part: Part,
    time: Option<&str>,
    following: Option<(u64, Option<(i64, i64)>)>,
    labels: Option<LabelReader<'_>>,
    plan: &Plan,
    ticker: &Ticker,
    notes: &mut Notes,
) -> Result<(Fitted, Option<Labels>), Failure> {
    let options = SurveyOptions { time, part, columns: true, seed: plan.fit.seed };
    let survey = survey(dataset, &options, ticker.progress());
    notes.lost(&survey.errors);
    if survey.rows == 0 {
        let name = dataset.files.first().map_or("the reference", |f| f.name.as_str());
        if let Some(e) = survey.errors.first() {
            return Err(e.clone().into());
        }
        return Err(Failure::new(format!("the reference has no rows: {name}")).hint(match part {
            Part::Before(_) if survey.rest.1 > 0 => "move --reference-until to a later point",
            _ => "give data of a period in which the model was healthy",
        }));
    }
    for f in dataset.schema().into_iter().filter(|f| !f.supported) {
        notes.warn(format!("column {} is a {} and is not looked at", f.name, f.native));
    }
    let also: Vec<String> = if labels.is_some() {
        plan.fit.given.roles.iter().filter(|(_, r)| **r == Role::Label).map(|(n, _)| n.clone()).collect()
    } else {
        Vec::new()
    };
    let mut given = plan.fit.given.clone();
    if let Some(t) = time {
        given.roles.entry(t.to_owned()).or_insert(Role::Time);
    }
    let mut decided = roles::decide(&given, &survey.columns, &also, survey.rows)?;
    decided.warnings.drain(..).for_each(|warning| notes.warn(warning));
    for name in &decided.indices {
        notes.warn(format!(
            "column {name} only numbers the rows, as pandas does, and is not looked at; give it a role to use it"
        ));
    }
    if let Some(t) = time.filter(|t| plan.time.as_deref() != Some(*t)) {
        decided.inferred.push(t.to_owned());
    }
    let time = decided.roles.iter().find(|(_, r)| **r == Role::Time).map(|(n, _)| n.clone());
    let spans = if time.is_some() { survey.span } else { None };
    let current = following.unwrap_or((survey.rest.1, survey.rest.0));
    let spec = match &plan.window {
        Some(w @ WindowSpec::Time { .. }) if spans.is_none() => {
            return Err(Failure::new(format!("windows of {w} need a time column"))
                .hint("name it with --time, or give --window a number of rows"));
        }
        Some(w) => w.clone(),
        None => window::choose(&plan.zone, (survey.rows, spans), current),
    };
    let end = match part {
        Part::Before(Cut::Time(cut)) => Some(cut),
        _ => None,
    };
    let first = 0;
    let windows = cut_period(&spec, first, survey.rows, spans, None, end, notes)?;
    let mut baseline = fit::baseline(
        &survey,
        &decided,
        spec,
        windows.len() + current_windows(&windows, survey.rows, current.0),
        &plan.fit,
    );
    baseline.files = dataset.files.iter().map(|f| f.name.clone()).collect();
    if let Some(m) = baseline.watch.metric
        && let Some(task) = baseline.watch.task
        && !m.tasks().contains(&task)
    {
        let fits = dosimeter_core::metric::Metric::all()
            .filter(|x| x.tasks().contains(&task))
            .map(|x| x.id())
            .collect::<Vec<_>>()
            .join(", ");
        return Err(Failure::new(format!("{} does not suit this model: --metric", m.id()))
            .hint(format!("its labels look like {}; choose one of {fits}, or say --task", task_name(task))));
    }
    let labels = labels.map(|read| read(&baseline)).transpose()?;
    labels.iter().for_each(|l| notes.labels(l));
    let offsets = survey.offsets();
    let options = ProfileOptions {
        baseline: &baseline,
        windows: &windows,
        part,
        rows: survey.rows,
        offsets: &offsets,
        labels: labels.as_ref(),
        split: None,
    };
    let (reference, errors) = profile(dataset, &options, ticker.progress());
    notes.lost(&errors);
    // What came too late to be surveyed is not known well enough to be compared, but is not new either.
    for name in reference.extras.keys() {
        notes.warn(format!("column {name} comes too late in the reference to be looked at"));
        baseline.ignored.push(name.clone());
    }
    baseline.reference = reference;
    baseline.ordered = matches!(part, Part::Before(_)) || plan.window.is_some() || baseline.reference.is_dated();
    dataset.problems().iter().for_each(|p| notes.warn(p.to_string()));
    Ok((Fitted { baseline, survey }, labels))
}

fn task_name(task: dosimeter_core::metric::Task) -> &'static str {
    match task {
        dosimeter_core::metric::Task::Binary => "two classes",
        dosimeter_core::metric::Task::Multiclass => "several classes",
        dosimeter_core::metric::Task::Regression => "numbers",
    }
}

fn current_windows(reference: &Windows, reference_rows: u64, rows: u64) -> usize {
    (reference.len() as f64 * rows as f64 / reference_rows.max(1) as f64).ceil() as usize
}

/// Cuts a period by the baseline's rule; by rows where its times do not serve, and says so.
fn cut_period(
    spec: &WindowSpec,
    first: u64,
    rows: u64,
    span: Option<(i64, i64)>,
    start: Option<i64>,
    end: Option<i64>,
    notes: &mut Notes,
) -> Result<Windows, Failure> {
    let by_rows = |why: String, notes: &mut Notes| {
        if rows > 0 {
            notes.warn(format!("{why}; its windows are cut by rows"));
        }
        window::by_rows(first, rows, (rows / 12).max(1))
    };
    Ok(match (spec, span) {
        (WindowSpec::Time { span: length, zone }, Some((from, to))) => {
            match window::by_time(length, zone, from, to, start, end) {
                Ok(windows) => windows,
                // An unknown zone was refused before: what is left are times far off, and one bad cell does not end a run.
                Err(e) if dosimeter_scan::pass::window::is_zone(zone) => {
                    by_rows(format!("the period has {}", e.what()), notes)
                }
                Err(e) => return Err(e.into()),
            }
        }
        (WindowSpec::Time { .. }, None) => window::by_rows(first, rows, (rows / 12).max(1)),
        (WindowSpec::Rows(size), _) => window::by_rows(first, rows, *size),
    })
}

/// The current period of a history, or a data set of its own.
pub(crate) struct Following<'a> {
    pub(crate) dataset: &'a Dataset,
    pub(crate) part: Part,
    pub(crate) rows: u64,
    pub(crate) span: Option<(i64, i64)>,
    pub(crate) first: u64,
    pub(crate) offsets: Vec<u64>,
}

impl<'a> Following<'a> {
    /// A data set of its own, of which so much has been seen ahead.
    pub(crate) fn whole(dataset: &'a Dataset, seen: &Survey) -> Following<'a> {
        Following { dataset, part: Part::All, rows: seen.rows, span: seen.span, first: 0, offsets: seen.offsets() }
    }

    /// What a pass over it needs.
    pub(crate) fn options<'b>(
        &'b self,
        baseline: &'b Baseline,
        windows: &'b Windows,
        labels: Option<&'b Labels>,
    ) -> ProfileOptions<'b> {
        let (part, rows, offsets) = (self.part, self.rows, self.offsets.as_slice());
        ProfileOptions { baseline, windows, part, rows, offsets, labels, split: None }
    }
}

/// How the current period is cut.
pub(crate) fn windows_of(
    baseline: &Baseline,
    following: &Following<'_>,
    notes: &mut Notes,
) -> Result<Windows, Failure> {
    let start = match following.part {
        Part::From(Cut::Time(cut)) => Some(cut),
        // The first window begins with the data, not with its calendar week.
        _ => following.span.map(|(first, _)| first),
    };
    if let Some(time) = baseline.column_with(Role::Time).filter(|_| following.span.is_none() && following.rows > 0) {
        let name = baseline.columns.get(time).map_or("", |c| c.name.as_str());
        notes.warn(format!("no time can be read in column {name} of the current data; windows are cut by rows"));
    }
    cut_period(&baseline.window, following.first, following.rows, following.span, start, None, notes)
}

/// How the current period is profiled: as one, or window by window.
pub(crate) type Observe<'a> =
    &'a dyn Fn(&Baseline, &Following<'_>, Option<&Labels>, &Ticker, &mut Notes) -> Result<Vec<PeriodProfile>, Failure>;

/// Profiles the current period on a baseline's grids, as one.
pub(crate) fn observe(
    baseline: &Baseline,
    following: &Following<'_>,
    labels: Option<&Labels>,
    ticker: &Ticker,
    notes: &mut Notes,
) -> Result<Vec<PeriodProfile>, Failure> {
    let windows = windows_of(baseline, following, notes)?;
    let options = following.options(baseline, &windows, labels);
    let (profile, errors) = profile(following.dataset, &options, ticker.progress());
    read(profile.rows(), &errors, notes)?;
    Ok(vec![profile])
}

/// Whether anything could be read; what could not be is noted.
pub(crate) fn read(rows: u64, errors: &[ReadError], notes: &mut Notes) -> Result<(), Failure> {
    if rows == 0
        && let Some(e) = errors.first()
    {
        return Err(e.clone().into());
    }
    notes.lost(errors);
    Ok(())
}

/// Whether the current windows follow one another as the reference's do: where times said so of those, they have to say
/// so of these.
pub(crate) fn follows(baseline: &Baseline, current: &[PeriodProfile]) -> bool {
    let by_rows = matches!(baseline.window, WindowSpec::Rows(_));
    let (dated, rows) = (current.iter().any(PeriodProfile::is_dated), current.iter().any(|p| p.rows() > 0));
    !(by_rows && baseline.reference.is_dated()) || dated || !rows
}

/// Surveys current data for rows and times only.
pub(crate) fn look_ahead(dataset: &Dataset, time: Option<&str>, plan: &Plan, ticker: &Ticker) -> Survey {
    let time = time.filter(|t| dataset.schema().iter().any(|f| f.name == *t));
    survey(dataset, &SurveyOptions { time, part: Part::All, columns: false, seed: plan.fit.seed }, ticker.progress())
}

/// How a label feed is read once the baseline says by which id; `None` where no feed is given.
pub(crate) fn read_labels<'a>(
    files: &'a [String],
    plan: &'a Plan,
) -> Option<impl Fn(&Baseline) -> Result<Labels, Failure> + 'a> {
    (!files.is_empty()).then_some(move |baseline: &Baseline| {
        let id = baseline.column_with(Role::Id).map(|j| baseline.columns[j].name.clone()).ok_or_else(|| {
            Failure::new("labels need an id to be joined by: --labels")
                .hint("name the column that both files share with --id")
        })?;
        let given = plan.fit.given.roles.iter().find(|(_, r)| **r == Role::Label).map(|(n, _)| n.clone());
        let label = given.or_else(|| baseline.column_with(Role::Label).map(|j| baseline.columns[j].name.clone()));
        // Ids are read as text, so that 2^53 + 1 is not 2^53.
        let mut options = plan.read.clone();
        options.expected.insert(id.clone(), Kind::Text);
        Ok(Labels::read(&Dataset::open(files, &options)?, &id, label.as_deref())?)
    })
}
