//! What each column is for: as given, else by its name and looks. The guess is always printed.

use std::collections::BTreeMap;

use dosimeter_core::metric::Task;
use dosimeter_core::profile::Role;

use super::cells::times;
use super::classes;
use super::column::{ColumnSurvey, KEY_ROWS};
use super::outcome::same_class;
use crate::{Dataset, Kind, ReadError};

/// Roles as the user gave them.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Given {
    /// By column.
    pub roles: BTreeMap<String, Role>,
    /// The score column of each class, in order, for models of several classes.
    pub class_scores: Vec<(String, String)>,
    /// What the model does.
    pub task: Option<Task>,
    /// The class that the score speaks of.
    pub positive: Option<String>,
    /// The score from which a model without predictions says yes, where one was given.
    pub threshold: Option<f64>,
}

/// Roles decided, and which of them were inferred.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Decided {
    /// By column.
    pub roles: BTreeMap<String, Role>,
    /// Columns whose role other than `feature` was guessed.
    pub inferred: Vec<String>,
    /// What the model does, where labels, predictions or scores are known.
    pub task: Option<Task>,
    /// The class that the score speaks of.
    pub positive: Option<String>,
    /// The classes.
    pub classes: Vec<String>,
    /// The score column of each class.
    pub class_scores: Vec<Option<String>>,
    /// Columns left out because they number the rows.
    pub indices: Vec<String>,
    /// What the user should know of labels and predictions.
    pub warnings: Vec<String>,
}

const ID: &[&str] = &[
    "id",
    "uuid",
    "guid",
    "row_id",
    "rowid",
    "identifier",
    "prediction_id",
    "request_id",
    "event_id",
    "transaction_id",
];
/// What pandas calls the number of a row when it writes it as a column.
const INDEX: &[&str] = &["__index_level_0__", "unnamed: 0"];
const TIME: &[&str] = &[
    "timestamp",
    "time",
    "datetime",
    "date",
    "ts",
    "event_time",
    "created_at",
    "occurred_at",
    "predicted_at",
    "event_timestamp",
    "date_time",
];
const LABEL: &[&str] =
    &["label", "target", "y", "y_true", "ytrue", "ground_truth", "actual", "outcome", "true_label", "truth", "labels"];
const PREDICTION: &[&str] = &[
    "prediction",
    "predicted",
    "y_pred",
    "ypred",
    "pred",
    "y_hat",
    "yhat",
    "predicted_label",
    "prediction_label",
    "predictions",
];
const SCORE: &[&str] = &[
    "score",
    "y_pred_proba",
    "proba",
    "probability",
    "y_prob",
    "y_score",
    "prob",
    "predicted_probability",
    "prediction_score",
    "prediction_proba",
    "p_hat",
];
const CLASS_SCORE: &[&str] = &["p_", "proba_", "prob_", "score_", "y_pred_proba_", "probability_"];

/// Decides every column's role.
///
/// # Errors
/// For a role given to a column that is not there, and for labels, predictions, scores and classes that do not go
/// together.
pub fn decide(given: &Given, columns: &[ColumnSurvey], also: &[String], rows: u64) -> Result<Decided, ReadError> {
    for name in given.roles.keys().chain(given.class_scores.iter().map(|(_, c)| c)) {
        if !columns.iter().any(|c| c.name == *name) && !also.contains(name) {
            let near = columns.iter().map(|c| c.name.as_str()).min_by_key(|n| distance(n, name)).unwrap_or("none");
            return Err(ReadError::new(format!("no column {name:?}: {}", flag(given, name)))
                .with_hint(format!("the closest is {near:?}; names are as in the file, case included")));
        }
    }
    let outcome = |c: &&ColumnSurvey| {
        let role =
            given.roles.get(&c.name).or(given.class_scores.iter().find(|(_, n)| *n == c.name).map(|_| &Role::Score));
        c.kind == Kind::Vector && role.is_some_and(|r| !matches!(r, Role::Feature | Role::Ignore))
    };
    if let Some(c) = columns.iter().find(outcome) {
        return Err(ReadError::new(format!("column {:?} holds vectors: {}", c.name, flag(given, &c.name)))
            .with_hint("a column of vectors can only be a feature"));
    }
    let mut d = Decided { roles: given.roles.clone(), ..Decided::default() };
    for (_, column) in &given.class_scores {
        d.roles.insert(column.clone(), Role::Score);
    }
    let has = |d: &Decided, role: Role| d.roles.values().any(|r| *r == role);
    let infer = |d: &mut Decided, role: Role, name: &str| {
        d.roles.insert(name.to_owned(), role);
        d.inferred.push(name.to_owned());
    };
    let free = |d: &Decided, c: &ColumnSurvey| !d.roles.contains_key(&c.name) && c.kind != Kind::Vector;
    let named = |c: &ColumnSurvey, list: &[&str]| list.contains(&c.name.trim().to_lowercase().as_str());
    let is_index = |c: &&ColumnSurvey| c.kind.is_numeric() && c.integer && named(c, INDEX);
    let indices: Vec<String> =
        columns.iter().filter(|c| free(&d, c)).filter(is_index).map(|c| c.name.clone()).collect();
    d.roles.extend(indices.iter().map(|n| (n.clone(), Role::Ignore)));
    d.indices = indices;
    for (role, list) in [(Role::Label, LABEL), (Role::Prediction, PREDICTION), (Role::Score, SCORE)] {
        if !has(&d, role) {
            // In the order of the list: a column called "label" beats one called "y".
            let found =
                list.iter().find_map(|n| columns.iter().find(|c| free(&d, c) && c.name.trim().to_lowercase() == *n));
            if let Some(c) = found.filter(|c| role != Role::Score || c.kind.is_numeric()) {
                infer(&mut d, role, &c.name);
            }
        }
    }
    if !has(&d, Role::Id) {
        let unique = |c: &&ColumnSurvey| {
            let name = c.name.trim().to_lowercase();
            let called = named(c, ID) || name.ends_with("_id") || name.ends_with("_uuid") || c.name.ends_with("Id");
            called
                && c.present as f64 >= 0.99 * rows as f64
                && matches!(c.kind, Kind::Integer | Kind::Text)
                && c.distinct >= 0.8 * rows.min(KEY_ROWS) as f64
        };
        if let Some(c) = columns.iter().filter(|c| free(&d, c)).find(unique) {
            infer(&mut d, Role::Id, &c.name);
        }
    }
    if !has(&d, Role::Time) {
        let times: Vec<&ColumnSurvey> = columns
            .iter()
            .filter(|c| free(&d, c) && c.kind == Kind::Time && c.present as f64 >= 0.9 * rows as f64)
            .collect();
        let best = times.iter().find(|c| named(c, TIME)).or(if times.len() == 1 { times.first() } else { None });
        let by_number = columns.iter().find(|c| {
            free(&d, c)
                && named(c, TIME)
                && c.kind.is_numeric()
                && super::cells::epoch(c.min).is_some()
                && super::cells::epoch(c.max).is_some()
        });
        if let Some(c) = best.copied().or(by_number) {
            infer(&mut d, Role::Time, &c.name);
        }
    }
    decide_task(given, columns, &mut d)?;
    for c in columns {
        d.roles.entry(c.name.clone()).or_insert(Role::Feature);
    }
    Ok(d)
}

/// The flag that names a column.
fn flag(given: &Given, column: &str) -> &'static str {
    match given.roles.get(column) {
        Some(Role::Id) => "--id",
        Some(Role::Time) => "--time",
        Some(Role::Prediction) => "--prediction",
        Some(Role::Label) => "--label",
        Some(Role::Segment) => "--segment",
        Some(Role::Ignore) => "--ignore",
        _ => "--score",
    }
}

fn decide_task(given: &Given, columns: &[ColumnSurvey], d: &mut Decided) -> Result<(), ReadError> {
    let of = |d: &Decided, role: Role| columns.iter().find(|c| d.roles.get(&c.name) == Some(&role));
    let (label, prediction, score) = (of(d, Role::Label), of(d, Role::Prediction), of(d, Role::Score));
    let Some(outcome) = label.filter(|c| c.present > 0).or(prediction) else {
        d.task = given.task.or(score.map(|_| Task::Binary));
        return Ok(());
    };
    let continuous = |c: &ColumnSurvey| c.kind.is_numeric() && (!c.integer || c.distinct > 60.0);
    let task = given.task.unwrap_or_else(|| {
        if continuous(outcome) || prediction.is_some_and(continuous) && outcome.distinct > 2.0 {
            Task::Regression
        } else if outcome.distinct <= 2.0 {
            Task::Binary
        } else {
            Task::Multiclass
        }
    });
    d.task = Some(task);
    // A label that is empty here comes from a feed, which is read later.
    let label = label.filter(|c| c.present > 0);
    classes::check(given, task, label, prediction, score)?;
    if task == Task::Regression {
        return Ok(());
    }
    d.warnings.extend(label.and_then(classes::only_one));
    let mut counts: BTreeMap<String, u64> = outcome.texts.clone();
    if let Some(p) = prediction {
        for t in p.texts.keys() {
            if !counts.contains_key(t) && counts.len() < 300 && task == Task::Multiclass {
                counts.insert(t.clone(), 0);
            }
        }
    }
    let mut classes: Vec<(String, u64)> = counts.into_iter().collect();
    if task == Task::Binary {
        d.positive = given.positive.clone().or_else(|| positive(&classes));
        d.classes = classes.into_iter().map(|(c, _)| c).collect();
        // The one score of two that speaks of the class that is asked about.
        for (class, column) in &given.class_scores {
            if d.positive.as_deref().is_some_and(|p| !same_class(class, p)) {
                d.roles.insert(column.clone(), Role::Ignore);
            }
        }
        return Ok(());
    }
    classes.sort_by(|a, b| b.1.cmp(&a.1).then(a.0.cmp(&b.0)));
    let names: Vec<String> = classes.into_iter().map(|(c, _)| c).collect();
    let score_of = |class: &String| {
        given.class_scores.iter().find(|(c, _)| same_class(c, class)).map(|(_, column)| column.clone()).or_else(|| {
            let free =
                |c: &&ColumnSurvey| c.kind.is_numeric() && d.roles.get(&c.name).is_none_or(|r| *r == Role::Score);
            columns
                .iter()
                .filter(free)
                .find(|c| CLASS_SCORE.iter().any(|p| c.name.strip_prefix(p) == Some(class.as_str())))
                .map(|c| c.name.clone())
        })
    };
    let scores: Vec<Option<String>> = names.iter().map(score_of).collect();
    if scores.iter().all(Option::is_some) {
        for s in scores.iter().flatten() {
            if d.roles.insert(s.clone(), Role::Score).is_none() {
                d.inferred.push(s.clone());
            }
        }
        d.class_scores = scores;
    }
    d.classes = names;
    Ok(())
}

/// The class that a score usually speaks of: 1, true, yes; else the last by name.
fn positive(classes: &[(String, u64)]) -> Option<String> {
    const YES: &[&str] = &["1", "1.0", "true", "yes", "y", "t", "positive", "pos"];
    let yes = classes.iter().find(|(c, _)| YES.contains(&c.to_lowercase().as_str()));
    yes.or_else(|| {
        if classes.len() == 1 && ["0", "false", "no"].contains(&classes[0].0.to_lowercase().as_str()) {
            None
        } else {
            classes.last()
        }
    })
    .map(|(c, _)| c.clone())
    .or_else(|| Some(if classes.first().is_some_and(|c| c.0 == "0") { "1" } else { "true" }.to_owned()))
}

/// A column of texts that is called what times are called and holds them, as CSV files turned into Parquet often have.
#[must_use]
pub fn time_in_text(dataset: &Dataset) -> Option<String> {
    let named = |name: &str| TIME.contains(&name.trim().to_lowercase().as_str());
    let holds_times = |name: &str| {
        let columns = [name.to_owned()];
        let batches = dataset.partitions().into_iter().filter_map(|p| dataset.read(&p, Some(&columns)).ok()).flatten();
        for batch in batches.filter_map(Result::ok) {
            let Some(column) = batch.columns.first() else { break };
            let present = batch.rows - column.null_count(batch.rows);
            if present > 0 {
                return times(column, batch.rows).iter().flatten().count() as f64 >= 0.95 * present as f64;
            }
        }
        false
    };
    let fields = dataset.schema().into_iter().filter(|f| f.supported && f.kind == Kind::Text && named(&f.name));
    fields.map(|f| f.name).find(|name| holds_times(name))
}

/// Edit distance, for the hint on a mistyped name.
fn distance(a: &str, b: &str) -> usize {
    let b: Vec<char> = b.chars().take(64).collect();
    let mut row: Vec<usize> = (0..=b.len()).collect();
    for (i, x) in a.chars().take(64).enumerate() {
        let mut last = i;
        row[0] = i + 1;
        for (j, y) in b.iter().enumerate() {
            let next = (last + usize::from(x != *y)).min(row[j] + 1).min(row[j + 1] + 1);
            last = row[j + 1];
            row[j + 1] = next;
        }
    }
    row[b.len()]
}

/// Whether a column is called what labels are called.
pub(crate) fn is_label_name(name: &str) -> bool {
    LABEL.contains(&name.trim().to_lowercase().as_str())
}
