//! From a survey of the reference to what a baseline freezes: kinds, grids, score cells.

use std::collections::BTreeMap;

use dosimeter_core::metric::{Metric, Task, quantile_edges};
use dosimeter_core::profile::baseline::{Baseline, Watch, WindowSpec};
use dosimeter_core::profile::grid::{CATEGORY_CELLS, Grid};
use dosimeter_core::profile::{ColumnKind, ColumnSpec, PeriodProfile, Role};

use super::cells::native;
use super::column::ColumnSurvey;
use super::roles::{Decided, Given};
use super::survey::Survey;
use crate::Kind;

/// Score cells of a window's tally: an AUC is exact to about a part in a thousand of a cell's width in rank.
const SCORE_CELLS: usize = 1024;

/// What the user chose, or left open.
#[derive(Clone, Debug)]
pub struct FitOptions {
    /// The monitor's name.
    pub monitor: String,
    /// Roles.
    pub given: Given,
    /// The metric that decides.
    pub metric: Option<Metric>,
    /// The loss one can live with.
    pub tolerance: Option<f64>,
    /// The score from which a model says yes.
    pub threshold: f64,
    /// Tolerated false alarms per 90 days.
    pub false_alarms_per_90_days: f64,
    /// Microseconds between two runs of the check, where that is known.
    pub every: Option<i64>,
    /// The seed.
    pub seed: u64,
}

/// A baseline with an empty reference, to be filled by the profile pass.
#[must_use]
pub fn baseline(
    survey: &Survey,
    roles: &Decided,
    window: WindowSpec,
    windows: usize,
    options: &FitOptions,
) -> Baseline {
    let categorical = matches!(roles.task, Some(Task::Binary | Task::Multiclass));
    // Many columns and windows share a bounded number of cells.
    let room = (8_000_000 / (survey.columns.len().max(1) * windows.max(1)))
        .clamp(16, dosimeter_core::profile::grid::NUMBER_CELLS);
    let mut columns: Vec<ColumnSpec> = survey
        .columns
        .iter()
        .filter(|c| {
            let role = roles.roles.get(&c.name).copied().unwrap_or(Role::Feature);
            // What the reference has no value of is not known: should it come, it is new.
            role != Role::Ignore
                && (c.kind != Kind::Vector || c.vectors.dimension().is_some())
                && (c.present + c.unparsed > 0 || matches!(role, Role::Label | Role::Prediction | Role::Score))
        })
        .map(|c| spec(c, roles.roles.get(&c.name).copied().unwrap_or(Role::Feature), categorical, room, survey.rows))
        .collect();
    let vectors = super::vectors::parts(survey, &mut columns, room, options.seed);
    let scores = columns.iter().position(|c| c.role == Role::Score).filter(|_| roles.task == Some(Task::Binary));
    let score_edges = scores
        .and_then(|i| survey.columns.iter().find(|c| c.name == columns[i].name))
        .map(|c| quantile_edges(&c.sample, SCORE_CELLS).to_vec())
        .unwrap_or_default();
    // Lists of no usual length are no embeddings, and not looked at.
    let ragged = |name: &String| {
        let found = survey.columns.iter().find(|c| c.name == *name);
        found.is_some_and(|c| c.kind == Kind::Vector && c.vectors.dimension().is_none())
    };
    let metric = options.metric.or_else(|| roles.task.map(Metric::default_for));
    Baseline {
        watch: Watch {
            monitor: options.monitor.clone(),
            task: roles.task,
            positive: roles.positive.clone(),
            classes: roles.classes.clone(),
            class_scores: roles.class_scores.clone(),
            metric,
            tolerance: options.tolerance,
            threshold: options.threshold,
            false_alarms_per_90_days: options.false_alarms_per_90_days,
            every: options.every,
            seed: options.seed,
        },
        window,
        ordered: true,
        columns,
        score_edges,
        reference: PeriodProfile::default(),
        files: Vec::new(),
        inferred: roles.inferred.clone(),
        ignored: roles.roles.iter().filter(|(n, r)| **r == Role::Ignore || ragged(n)).map(|(n, _)| n.clone()).collect(),
        vectors,
    }
}

fn spec(c: &ColumnSurvey, role: Role, categorical: bool, room: usize, rows: u64) -> ColumnSpec {
    if c.kind == Kind::Text
        && matches!(role, Role::Feature | Role::Segment | Role::Score | Role::Time)
        && let Some(parsed) = parsed_texts(c)
    {
        // Numbers and dates written as text are compared as what they say; the notation is watched beside.
        return ColumnSpec { native: native(Kind::Text).to_owned(), ..spec(&parsed, role, categorical, room, rows) };
    }
    let class = categorical && matches!(role, Role::Label | Role::Prediction);
    let kind = match c.kind {
        _ if class => ColumnKind::Category,
        Kind::Number | Kind::Integer if role == Role::Id => ColumnKind::Text,
        Kind::Number | Kind::Integer => ColumnKind::Number,
        Kind::Time => ColumnKind::Time,
        Kind::Boolean => ColumnKind::Boolean,
        Kind::Vector => ColumnKind::Vector,
        Kind::Text if role == Role::Time => ColumnKind::Time,
        Kind::Text if role == Role::Id || is_free_text(c, rows) => ColumnKind::Text,
        Kind::Text => ColumnKind::Category,
    };
    let grid = match kind {
        ColumnKind::Number | ColumnKind::Time => {
            thin(Grid::number(&c.sample, c.min, c.max), &c.sample, c.min, c.max, room)
        }
        ColumnKind::Text => Grid::Category { values: Vec::new() },
        ColumnKind::Vector => c.vectors.grid(),
        ColumnKind::Boolean => Grid::Category { values: vec!["false".to_owned(), "true".to_owned()] },
        ColumnKind::Category => {
            let mut grid = Grid::category(&c.texts);
            if let Grid::Category { values } = &mut grid {
                values.truncate(CATEGORY_CELLS.min(room.max(64) * 4));
            }
            grid
        }
    };
    ColumnSpec {
        name: c.name.clone(),
        role,
        kind,
        native: native(c.kind).to_owned(),
        integer: c.integer,
        layout: c.layout.clone(),
        grid,
    }
}

/// How a text is read as a number or an instant.
type Reading<'f> = &'f dyn Fn(&str) -> Option<f64>;

/// A column of texts that are all but always numbers with decimals, or dates, as that; `None` where they are not.
/// Whole numbers in text stay text: they are mostly codes.
fn parsed_texts(c: &ColumnSurvey) -> Option<ColumnSurvey> {
    let total: u64 = c.texts.values().sum();
    if total == 0 {
        return None;
    }
    let part = |test: &dyn Fn(&str) -> bool| {
        c.texts.iter().filter(|(t, _)| test(t)).map(|(_, n)| n).sum::<u64>() as f64 / total as f64
    };
    let number = |t: &str| t.trim().parse::<f64>().ok().filter(|x| x.is_finite());
    let time = |t: &str| crate::parse_time(t.trim()).map(|(t, _)| t as f64);
    let (kind, value): (Kind, Reading<'_>) =
        if part(&|t| number(t).is_some()) >= 0.95 && part(&|t| t.contains('.')) >= 0.3 {
            (Kind::Number, &number)
        } else if part(&|t| t.len() >= 8 && time(t).is_some()) >= 0.95 {
            (Kind::Time, &time)
        } else {
            return None;
        };
    let share = (40_000.0 / total as f64).min(1.0);
    let mut parsed = ColumnSurvey {
        kind,
        integer: false,
        min: f64::INFINITY,
        max: f64::NEG_INFINITY,
        sample: Vec::new(),
        ..c.clone()
    };
    let mut owed = 0.0;
    for (x, n) in c.texts.iter().filter_map(|(t, n)| Some((value(t)?, *n))) {
        parsed.min = parsed.min.min(x);
        parsed.max = parsed.max.max(x);
        owed += n as f64 * share;
        while owed >= 1.0 {
            parsed.sample.push(x);
            owed -= 1.0;
        }
    }
    Some(parsed)
}

/// A grid of fewer cells, where there is room for fewer only.
pub(super) fn thin(grid: Grid, sample: &[f64], min: f64, max: f64, room: usize) -> Grid {
    if grid.value_cells() <= room.max(16) * 2 {
        return grid;
    }
    let step = (sample.len() / (room * 8)).max(1);
    let few: Vec<f64> = sample.iter().copied().step_by(step).collect();
    Grid::number(&few, min, max)
}

/// Texts that mostly do not repeat, or of which there are more than anyone calls categories.
fn is_free_text(c: &ColumnSurvey, rows: u64) -> bool {
    c.overflow || (c.distinct > 50.0 && c.distinct > 0.5 * c.present.min(rows) as f64)
}

/// The kinds that text formats should parse towards, for a data set that is compared with a baseline.
#[must_use]
pub fn expected(baseline: &Baseline) -> BTreeMap<String, Kind> {
    baseline.columns.iter().map(|c| (c.name.clone(), super::cells::asked(c))).collect()
}
