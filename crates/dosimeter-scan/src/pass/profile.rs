//! The one pass: every row of a period is counted on the baseline's grids.

mod beside;

use std::collections::BTreeMap;
use std::sync::Arc;

use arrow_array::StringArray;
use dosimeter_core::profile::baseline::WindowSpec;
use dosimeter_core::profile::grid::Special;
use dosimeter_core::profile::period::Notation;
use dosimeter_core::profile::sample::{Chooser, SampleColumn, UNKNOWN, canonical_number};
use dosimeter_core::profile::sketch::shorten;
use dosimeter_core::profile::{Baseline, ColumnKind, ColumnWindow, Lookup, PeriodProfile, Role};

use super::cells::{Cells, as_kind, asked, key_of, native, numbers, text_of, times, wanted};
use super::labels::Labels;
use super::outcome::{Judge, Row};
use super::parts::{self, Part as Kept};
use super::window::Windows;
use super::{Part, Phase, Progress, fold};
use crate::{Batch, Column, Dataset, Field, Format, Kind, ReadError, Values};

/// Texts kept of a column that the baseline does not know.
const EXTRA: usize = 4_000;

/// What a profile pass needs besides the data.
pub struct ProfileOptions<'a> {
    /// The grids, roles and metric.
    pub baseline: &'a Baseline,
    /// How the period is cut.
    pub windows: &'a Windows,
    /// Which rows.
    pub part: Part,
    /// Rows of the period, for the size of the samples.
    pub rows: u64,
    /// The number of the first row of every partition.
    pub offsets: &'a [u64],
    /// Labels that came apart.
    pub labels: Option<&'a Labels>,
    /// To profile window by window: of each its rows, and those of the shortest period that it will be judged in.
    pub split: Option<&'a [(u64, u64)]>,
}

impl ProfileOptions<'_> {
    /// Whether windows take their times from their rows: where the baseline's are of rows too. Rows that stand in for a
    /// calendar which their times do not fit are no periods.
    fn learns_times(&self) -> bool {
        matches!(self.windows, Windows::Rows { .. }) && matches!(self.baseline.window, WindowSpec::Rows(_))
    }
}

/// No window: the row is not of this period, or has no time.
const NONE: u32 = u32::MAX;

struct State<'a> {
    profile: PeriodProfile,
    /// One for the whole period, or one a window.
    parts: Vec<Kept>,
    /// Where rows without a time are counted: with the row before them.
    near: usize,
    cells: Vec<Cells<'a>>,
    /// The dictionary last counted, kept alive so that its address is its own.
    seen: Vec<Option<StringArray>>,
    codes: Vec<u16>,
}

struct Plan<'a> {
    options: &'a ProfileOptions<'a>,
    judge: Option<Judge>,
    choosers: Vec<Chooser>,
    id: Option<usize>,
    time: Option<usize>,
    label: Option<usize>,
    prediction: Option<usize>,
    score: Option<usize>,
    class_scores: Vec<usize>,
    /// Kinds that the files declare, by name.
    kinds: BTreeMap<String, Kind>,
}

/// Profiles a period.
#[must_use]
pub fn profile<'a>(
    dataset: &Dataset,
    options: &'a ProfileOptions<'a>,
    progress: &Progress,
) -> (PeriodProfile, Vec<ReadError>) {
    let (lanes, errors) = pass(dataset, options, progress);
    let mut total: Option<PeriodProfile> = None;
    for (mut profile, parts) in lanes {
        parts.into_iter().take(1).for_each(|part| part.complete(&mut profile));
        match &mut total {
            None => total = Some(profile),
            Some(t) => t.merge(profile),
        }
    }
    let mut total = total.unwrap_or_default();
    total.finish();
    if options.learns_times() {
        total.keep_sound_times();
    }
    (total, errors)
}

/// Profiles a period window by window in the same one pass: a profile of one window for each window of the period.
#[must_use]
pub fn profile_windows<'a>(
    dataset: &Dataset,
    options: &'a ProfileOptions<'a>,
    progress: &Progress,
) -> (Vec<PeriodProfile>, Vec<ReadError>) {
    let (lanes, errors) = pass(dataset, options, progress);
    let mut total: Vec<PeriodProfile> = Vec::new();
    for (profile, parts) in lanes {
        let windows = parts::split(profile, parts);
        if total.is_empty() {
            total = windows;
        } else {
            total.iter_mut().zip(windows).for_each(|(a, b)| a.merge(b));
        }
    }
    total.iter_mut().for_each(PeriodProfile::finish);
    (total, errors)
}

/// What a lane of a pass counted.
type Lane = (PeriodProfile, Vec<Kept>);

fn pass<'a>(dataset: &Dataset, options: &'a ProfileOptions<'a>, progress: &Progress) -> (Vec<Lane>, Vec<ReadError>) {
    progress.begin(Phase::Profile);
    let baseline = options.baseline;
    let role = |r: Role| baseline.column_with(r);
    let whole = Chooser::of_period(baseline.watch.seed, baseline.columns.len(), options.rows);
    let choosers = options.split.map_or_else(
        || vec![whole],
        |split| {
            let (sizes, shortest): (Vec<u64>, Vec<u64>) = split.iter().copied().unzip();
            parts::choosers(baseline, &shortest, &sizes)
        },
    );
    let plan = Plan {
        options,
        judge: Judge::new(baseline),
        choosers,
        id: role(Role::Id),
        time: role(Role::Time),
        label: role(Role::Label),
        prediction: role(Role::Prediction),
        score: role(Role::Score),
        class_scores: baseline.watch.class_scores.iter().flatten().filter_map(|s| baseline.position(s)).collect(),
        kinds: dataset.schema().into_iter().filter(|f| !read_as_asked(f, baseline)).map(|f| (f.name, f.kind)).collect(),
    };
    let lookups: Vec<Lookup> = baseline.columns.iter().map(|c| c.grid.lookup()).collect();
    let start = || State {
        profile: PeriodProfile {
            windows: {
                let mut windows = options.windows.profiles();
                super::window::place(&baseline.window, &mut windows);
                windows
            },
            ..PeriodProfile::default()
        },
        parts: match options.split {
            None => vec![Kept::new(baseline, plan.id.is_some(), options.rows)],
            Some(split) => split.iter().map(|(_, rows)| Kept::new(baseline, plan.id.is_some(), *rows)).collect(),
        },
        near: 0,
        cells: baseline.columns.iter().zip(&lookups).map(|(c, edges)| Cells::new(&c.grid, edges)).collect(),
        seen: vec![None; baseline.columns.len()],
        codes: Vec::new(),
    };
    let step = |s: &mut State<'_>, _: usize, row: u64, batch: &Batch| plan.add(s, row, batch);
    let (states, errors) = fold(dataset, None, options.offsets, &[], progress, start, step);
    // Without a partition there is one lane all the same, so that a period always has its windows.
    let lanes = if states.is_empty() { vec![start()] } else { states };
    (lanes.into_iter().map(|s| (s.profile, s.parts)).collect(), errors)
}

/// Whether a text file says nothing of a column's type: its cells were read towards the kind that the baseline needs
/// (an id as text, say, so that 2^53 + 1 is not 2^53), and every cell fits that.
fn read_as_asked(field: &Field, baseline: &Baseline) -> bool {
    let declares_none =
        [Format::Csv, Format::Json].iter().any(|f| f.name().split(' ').next() == field.native.split(' ').next());
    let spec = baseline.position(&field.name).and_then(|j| baseline.columns.get(j));
    declares_none && spec.is_some_and(|c| field.kind == asked(c) && native(field.kind) != c.native)
}

/// The class of type of a column that no file declares.
fn class(values: &Values) -> &'static str {
    match values {
        Values::Integer(_) | Values::Float(_) => "number",
        Values::Boolean(_) => "boolean",
        Values::Time(_) => "time",
        Values::Text { .. } => "text",
        Values::Vector(_) => "vector",
        Values::Null | Values::Unsupported(_) => "unknown",
    }
}

impl<'a> Plan<'a> {
    fn add(&self, s: &mut State<'_>, first: u64, batch: &Batch) {
        let baseline = self.options.baseline;
        let rows = batch.rows;
        let parts = super::vectors::read(baseline, batch);
        let by_name: BTreeMap<&str, &Column> = batch.columns.iter().chain(&parts).map(|c| (&*c.name, c)).collect();
        let column = |j: usize| by_name.get(baseline.columns[j].name.as_str()).copied();

        let stamps = self.time.and_then(column).map(|c| times(c, rows));
        let mut windows = vec![NONE; rows];
        let mut any = false;
        for (i, w) in windows.iter_mut().enumerate() {
            let row = first + i as u64;
            let time = stamps.as_ref().and_then(|t| t[i]);
            if !self.options.part.takes(row, time) {
                self.undated(s, time);
                continue;
            }
            match self.options.windows.of(row, time) {
                Some(window) => {
                    *w = window as u32;
                    s.near = self.part(*w);
                    any = true;
                }
                None => self.undated(s, time),
            }
        }
        if !any {
            return;
        }
        let learns_times = self.options.learns_times();
        for (i, w) in windows.iter().enumerate().filter(|(_, w)| **w != NONE) {
            let profile = &mut s.profile.windows[*w as usize];
            profile.rows += 1;
            let row = first + i as u64;
            profile.first_row = Some(profile.first_row.map_or(row, |f| f.min(row)));
            // Windows of time know their borders; those of rows learn them.
            if learns_times && let Some(t) = stamps.as_ref().and_then(|t| t[i]) {
                profile.start = Some(profile.start.map_or(t, |s| s.min(t)));
                profile.end = profile.end.max(t.checked_add(1));
            }
        }
        let sampled: Vec<u32> =
            (0..rows as u32).filter(|i| self.samples(windows[*i as usize], first + u64::from(*i))).collect();

        let (mut losses, positive, joined) = self.outcomes(s, &by_name, rows, &windows, &sampled);
        losses.resize(rows, f32::NAN);
        let sample = &mut s.profile.sample;
        sample.rows.extend(sampled.iter().map(|i| first + u64::from(*i)));
        sample.windows.extend(sampled.iter().map(|i| windows[*i as usize]));
        sample.losses.extend(sampled.iter().map(|i| losses[*i as usize]));
        sample.positive.extend(positive);
        sample.columns.resize(baseline.columns.len(), SampleColumn::default());

        let parts = self.parts_of(&windows);
        for j in 0..baseline.columns.len() {
            match column(j) {
                // Labels of the feed stand in for a column that is not there, or is there and empty.
                _ if self.label == Some(j) && joined.iter().any(Option::is_some) => {
                    let feed = Column::from_texts(baseline.columns[j].name.as_str(), &joined);
                    self.column(s, j, &feed, first, rows, (&windows, &parts), &sampled);
                }
                Some(c) => self.column(s, j, c, first, rows, (&windows, &parts), &sampled),
                None => self.absent(s, j, &windows, &sampled),
            }
        }
        self.extras(s, &batch.columns, first, &windows, &sampled);
    }

    /// The part that a window's rows belong to.
    fn part(&self, window: u32) -> usize {
        if self.options.split.is_some() { window as usize } else { 0 }
    }

    /// The parts that rows of a batch belong to.
    fn parts_of(&self, windows: &[u32]) -> Vec<usize> {
        let mut parts: Vec<usize> = windows.iter().filter(|w| **w != NONE).map(|w| self.part(*w)).collect();
        parts.dedup();
        parts.sort_unstable();
        parts.dedup();
        parts
    }

    fn samples(&self, window: u32, row: u64) -> bool {
        window != NONE && self.choosers.get(self.part(window)).is_some_and(|c| c.takes(row))
    }

    /// A row of no window.
    fn undated(&self, s: &mut State<'_>, time: Option<i64>) {
        if let Some(part) = s.parts.get_mut(s.near) {
            part.undated += u64::from(self.time.is_some() && time.is_none());
        }
    }

    /// Labels against predictions: the loss of every row, the labels of the sampled rows, and the labels in use where a feed is joined.
    fn outcomes(
        &self,
        s: &mut State<'_>,
        by_name: &BTreeMap<&str, &Column>,
        rows: usize,
        windows: &[u32],
        sampled: &[u32],
    ) -> (Vec<f32>, Vec<u8>, Vec<Option<String>>) {
        let mut positive = vec![UNKNOWN; sampled.len()];
        let Some(judge) = &self.judge else { return (Vec::new(), positive, Vec::new()) };
        let mut next = sampled.iter().zip(&mut positive).peekable();
        let baseline = self.options.baseline;
        let find = |j: Option<usize>| j.and_then(|j| by_name.get(baseline.columns[j].name.as_str()).copied());
        let (regression, kind) = (judge.is_regression(), if judge.is_regression() { Kind::Number } else { Kind::Text });
        let label = find(self.label).map(|c| as_kind(c, kind));
        let prediction = find(self.prediction).map(|c| as_kind(c, kind));
        let ids = find(self.id);
        let scores = if self.class_scores.is_empty() {
            find(self.score).map(|c| numbers(&as_kind(c, Kind::Number), rows))
        } else {
            None
        };
        let class_scores: Vec<Vec<f64>> = self
            .class_scores
            .iter()
            .filter_map(|j| find(Some(*j)))
            .map(|c| numbers(&as_kind(c, Kind::Number), rows))
            .collect();
        let with_classes = !class_scores.is_empty() && class_scores.len() == baseline.watch.classes.len();
        let (label_numbers, prediction_numbers) = if regression {
            (label.as_ref().map(|c| numbers(c, rows)), prediction.as_ref().map(|c| numbers(c, rows)))
        } else {
            (None, None)
        };
        let at = |v: &Option<Vec<f64>>, i: usize| v.as_ref().and_then(|v| v.get(i).copied()).unwrap_or(f64::NAN);
        let mut losses = vec![f32::NAN; rows];
        let mut joined: Vec<Option<String>> = if self.options.labels.is_some() { vec![None; rows] } else { Vec::new() };
        let mut row_scores = vec![0.0; class_scores.len()];
        for i in (0..rows).filter(|i| windows[*i] != NONE) {
            let mut row = Row {
                label: label.as_ref().filter(|_| !regression).and_then(|c| c.text(i)),
                prediction: prediction.as_ref().filter(|_| !regression).and_then(|c| c.text(i)),
                label_number: at(&label_numbers, i),
                prediction_number: at(&prediction_numbers, i),
                score: scores.as_ref().and_then(|v| v.get(i).copied()).filter(|x| !x.is_nan()),
                scores: None,
            };
            if let (Some(labels), Some(ids)) = (self.options.labels, ids) {
                let known = row.label.is_some() || row.label_number.is_finite();
                if let Some((text, number)) = labels.of(key_of(ids, i), known).filter(|_| !known) {
                    row.label = (!regression).then_some(text);
                    row.label_number = number;
                }
                joined[i] = match (row.label, row.label_number) {
                    (Some(text), _) => Some(text.to_owned()),
                    (None, x) if x.is_finite() => Some(canonical_number(x)),
                    _ => None,
                };
            }
            if with_classes {
                for (slot, v) in row_scores.iter_mut().zip(&class_scores) {
                    *slot = v[i];
                }
                row.scores = row_scores.iter().all(|x| x.is_finite()).then_some(row_scores.as_slice());
            }
            let window = &mut s.profile.windows[windows[i] as usize];
            window.labels += u64::from(row.label.is_some() || row.label_number.is_finite());
            losses[i] = judge.add(&row, window);
            // Sampled rows lie in a window, and in order.
            if let Some((_, slot)) = next.next_if(|(at, _)| **at as usize == i) {
                *slot = judge.positive(&row);
            }
        }
        (losses, positive, joined)
    }

    fn column(
        &self,
        s: &mut State<'_>,
        j: usize,
        found: &Column,
        first: u64,
        rows: usize,
        (windows, parts): (&[u32], &[usize]),
        sampled: &[u32],
    ) {
        let spec = &self.options.baseline.columns[j];
        if !matches!(found.values, Values::Null) {
            let declared = self.kinds.get(&spec.name).copied();
            for part in parts {
                let known = &mut s.parts[*part].natives[j];
                if known.is_none() {
                    *known = declared.map(|k| native(k).to_owned());
                }
            }
        }
        let kind = if spec.role == Role::Time { None } else { Some(wanted(spec.kind)) };
        let mut column = kind.map_or_else(|| found.clone(), |k| as_kind(found, k));
        for (layout, run) in &column.layouts {
            // Rows of the other period may stand in the same batch.
            for part in parts {
                let of = |w: &u32| *w != NONE && self.part(*w) == *part;
                let mut inside = run.clone().filter(|i| windows.get(*i as usize).is_some_and(of));
                let Some(at) = inside.next() else { continue };
                let seen = Notation { rows: 1 + inside.count() as u64, first_row: first + u64::from(at) };
                let known = &mut s.parts[*part].layouts[j];
                known.entry(layout.id().to_owned()).and_modify(|all| all.merge(seen)).or_insert(seen);
            }
        }
        let mut codes = std::mem::take(&mut s.codes);
        if spec.role == Role::Time && spec.kind == ColumnKind::Time {
            let stamps = times(&column, rows);
            let null = spec.grid.special(Special::Null) as u16;
            codes.clear();
            codes.extend(stamps.iter().map(|t| t.map_or(null, |t| s.cells[j].number(t as f64))));
            if !matches!(column.values, Values::Time(_)) {
                // Times in text or in numbers are counted as times.
                column.values = Values::Time(stamps.iter().map(|t| t.unwrap_or(0)).collect());
                column.validity = Some(stamps.iter().map(Option::is_some).collect());
            }
        } else {
            s.cells[j].of(&column, rows, &mut codes);
        }
        self.count(s, j, &column, &codes, windows);
        self.sketch(s, j, &column, &codes, (windows, parts));
        self.take_sample(s, j, &column, &codes, sampled);
        s.codes = codes;
    }

    /// Counts cells and moments by window.
    fn count(&self, s: &mut State<'_>, j: usize, column: &Column, codes: &[u16], windows: &[u32]) {
        let spec = &self.options.baseline.columns[j];
        let cells = spec.grid.cells();
        let mut i = 0;
        while i < codes.len() {
            let window = windows[i];
            let run = i + windows[i..].iter().take_while(|w| **w == window).count();
            if window != NONE {
                let profile = &mut s.profile.windows[window as usize];
                if profile.columns.len() <= j {
                    profile.columns.resize(self.options.baseline.columns.len(), ColumnWindow::default());
                }
                let target = &mut profile.columns[j];
                let counts = target.counts_mut(cells);
                for code in &codes[i..run] {
                    if let Some(c) = counts.get_mut(usize::from(*code)) {
                        *c += 1;
                    }
                }
                if spec.kind.is_ordered() {
                    let (value_cells, cells) = (spec.grid.value_cells() as u16, &codes[i..run]);
                    let moments = &mut target.moments;
                    match &column.values {
                        Values::Float(v) => moments.add_all(&v[i..run], |x| x, cells, value_cells, spec.grid.centre()),
                        Values::Integer(v) | Values::Time(v) => {
                            moments.add_all(&v[i..run], |x| x as f64, cells, value_cells, spec.grid.centre());
                        }
                        _ => {}
                    }
                }
            }
            i = run;
        }
    }

    /// A column that the file does not have, or a label that comes from the feed.
    fn absent(&self, s: &mut State<'_>, j: usize, windows: &[u32], sampled: &[u32]) {
        let spec = &self.options.baseline.columns[j];
        let null = spec.grid.special(Special::Null) as u16;
        let mut i = 0;
        while i < windows.len() {
            let window = windows[i];
            let run = windows[i..].iter().take_while(|w| **w == window).count();
            if window != NONE {
                let profile = &mut s.profile.windows[window as usize];
                if profile.columns.len() <= j {
                    profile.columns.resize(self.options.baseline.columns.len(), ColumnWindow::default());
                }
                profile.columns[j].add_absent(&spec.grid, run as u64);
            }
            i += run;
        }
        let target = &mut s.profile.sample.columns[j];
        target.codes.extend(sampled.iter().map(|_| null));
        if spec.kind.is_ordered() {
            target.numbers.extend(sampled.iter().map(|_| f64::NAN));
        }
    }

    /// Columns that the baseline does not know: counted and sampled, so that a renamed one can be recognised.
    fn extras(&self, s: &mut State<'_>, columns: &[Column], first: u64, windows: &[u32], sampled: &[u32]) {
        let baseline = self.options.baseline;
        for column in columns {
            if baseline.position(&column.name).is_some()
                || baseline.ignored.iter().any(|n| **n == *column.name)
                || matches!(column.values, Values::Null | Values::Unsupported(_))
            {
                continue;
            }
            let present = (0..windows.len()).filter(|i| windows[*i] != NONE && column.is_valid(*i));
            let mut counts = vec![0u64; s.profile.windows.len()];
            let mut any = false;
            for i in present {
                counts[windows[i] as usize] += 1;
                any = true;
            }
            if !any {
                continue;
            }
            let name: Arc<str> = Arc::clone(&column.name);
            let extra = s.profile.extras.entry(name.to_string()).or_default();
            extra.present.resize(counts.len(), 0);
            extra.present.iter_mut().zip(&counts).for_each(|(a, b)| *a += b);
            if extra.native.is_empty() {
                extra.native = self.kinds.get(&*name).map_or_else(|| class(&column.values), |k| native(*k)).to_owned();
            }
            for i in sampled.iter().filter(|i| column.is_valid(**i as usize)) {
                let row = first + u64::from(*i);
                let at = *i as usize;
                match &column.values {
                    Values::Float(v) if extra.numbers.len() < EXTRA => extra.numbers.push((row, v[at])),
                    Values::Integer(v) | Values::Time(v) if extra.numbers.len() < EXTRA => {
                        extra.numbers.push((row, v[at] as f64))
                    }
                    Values::Text { .. } | Values::Boolean(_) if extra.texts.len() < EXTRA => {
                        extra.texts.extend(text_of(column, at).map(|t| (row, shorten(&t).to_owned())));
                    }
                    _ => {}
                }
            }
        }
    }
}
