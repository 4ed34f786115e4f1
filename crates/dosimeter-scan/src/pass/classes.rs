//! Whether labels, predictions, scores and the classes that were named speak of the same thing.
//!
//! A model whose labels are 0 and 1 and whose predictions are cat and dog is always wrong, or (where everything is "not the
//! positive class") always right. Either is a mistake of the settings, and it is said before it looks like a result.

use std::collections::BTreeMap;

use dosimeter_core::metric::Task;

use super::column::ColumnSurvey;
use super::outcome::same_class;
use super::roles::Given;
use crate::ReadError;

/// More classes than this are not classes: a confusion matrix of them says nothing, and costs their square.
const MOST_CLASSES: f64 = 1_000.0;
/// Values shown of a column in a message.
const SHOWN: usize = 4;

/// Checks what was given and found against each other. `label` is `None` where no row has one yet.
pub(super) fn check(
    given: &Given,
    task: Task,
    label: Option<&ColumnSurvey>,
    prediction: Option<&ColumnSurvey>,
    score: Option<&ColumnSurvey>,
) -> Result<(), ReadError> {
    if task == Task::Regression {
        return match given.class_scores.first() {
            Some((class, _)) => {
                Err(ReadError::new(format!("class {class:?} has a score, but the model gives numbers: --score"))
                    .with_hint("scores by class are for --task multiclass"))
            }
            None => Ok(()),
        };
    }
    for column in [label, prediction].into_iter().flatten() {
        countable(column, task)?;
    }
    if let (Some(label), Some(prediction)) = (label, prediction) {
        same_world(given, task, label, prediction)?;
    }
    positive(given, task, label, prediction)?;
    class_scores(given, task, label, prediction)?;
    threshold(given, task, score)
}

/// A warning where every label is the same.
pub(super) fn only_one(label: &ColumnSurvey) -> Option<String> {
    let mut values = label.texts.iter().filter(|(_, n)| **n > 0);
    match (values.next(), values.next()) {
        (Some((class, rows)), None) if *rows > 1 && label.unparsed == 0 => Some(format!(
            "every label of the reference is {class} (column {}), so most metrics say nothing; give a reference that has all classes",
            label.name
        )),
        _ => None,
    }
}

/// Values with more than a few rows each: a slip in one cell is no class.
fn common(c: &ColumnSurvey) -> BTreeMap<&str, u64> {
    let all: u64 = c.texts.values().sum();
    c.texts.iter().filter(|(_, n)| **n >= 2 && **n * 100 >= all).map(|(t, n)| (t.as_str(), *n)).collect()
}

/// Whether the values are measured, not named.
fn fractions(c: &ColumnSurvey) -> bool {
    if !c.kind.is_numeric() || c.integer {
        return false;
    }
    let fractional = c.sample.iter().filter(|x| x.is_finite() && x.trunc() != **x).count();
    fractional > 2 && fractional * 100 > c.sample.len()
}

fn countable(c: &ColumnSurvey, task: Task) -> Result<(), ReadError> {
    let few = |n: f64| dosimeter_core::text::digits(n.round());
    if fractions(c) && c.distinct > 2.0 {
        let probability = c.min >= 0.0 && c.max <= 1.0;
        return Err(ReadError::new(format!("column {:?} holds fractions ({}), not classes", c.name, values(c)))
            .with_hint(if probability {
                format!("probabilities go to --score {}; a number to predict needs --task regression", c.name)
            } else {
                "a number to predict needs --task regression".to_owned()
            }));
    }
    if task == Task::Binary && c.kind.is_numeric() && c.distinct > 60.0 {
        return Err(ReadError::new(format!("column {:?} has {} different values, not two", c.name, few(c.distinct)))
            .with_hint("a number to predict needs --task regression; a score needs --score"));
    }
    if c.distinct > MOST_CLASSES {
        return Err(ReadError::new(format!("column {:?} has {} classes, over the limit of {}", c.name, few(c.distinct), few(MOST_CLASSES)))
            .with_hint("a number to predict needs --task regression; else name another column with --label or --prediction, or leave this one out with --ignore"));
    }
    Ok(())
}

fn same_world(given: &Given, task: Task, label: &ColumnSurvey, prediction: &ColumnSurvey) -> Result<(), ReadError> {
    let (labels, predictions) = (common(label), common(prediction));
    if labels.is_empty() || predictions.is_empty() {
        return Ok(());
    }
    let strange = predictions.keys().filter(|p| !labels.keys().any(|l| same_class(l, p))).count();
    let apart = strange == predictions.len() && !prediction.texts.keys().any(|p| label.texts.contains_key(p));
    // A label of one class and an answer that is always the other may be a bad model.
    let many = labels.len() + strange > 2;
    // Of several classes one against the rest may be meant, where that one is named.
    let against_rest = given.task == Some(Task::Binary) && given.positive.is_some() && !apart;
    if !many || !(apart || task == Task::Binary && !against_rest) {
        return Ok(());
    }
    let what = if apart { "no class in common" } else { "more than two classes" };
    Err(ReadError::new(format!(
        "labels and predictions have {what}: labels ({:?}) {}; predictions ({:?}) {}",
        label.name,
        values(label),
        prediction.name,
        values(prediction)
    ))
    .with_hint(if apart {
        "write both in the same words; name the columns with --label and --prediction, a probability with --score"
    } else {
        "write both in the same words, or say --task multiclass; to watch one class against the rest, say --task binary --positive CLASS"
    }))
}

fn positive(
    given: &Given,
    task: Task,
    label: Option<&ColumnSurvey>,
    prediction: Option<&ColumnSurvey>,
) -> Result<(), ReadError> {
    let Some(asked) = given.positive.as_deref().filter(|_| task == Task::Binary) else { return Ok(()) };
    let mut known: Vec<&str> = Vec::new();
    for c in [label, prediction].into_iter().flatten() {
        for text in c.texts.keys() {
            if same_class(text, asked) {
                return Ok(());
            }
            if known.len() <= SHOWN && !known.iter().any(|k| same_class(k, text)) {
                known.push(text);
            }
        }
    }
    // Where one class is all there is, the other one may well be called so.
    if known.len() < 2 {
        return Ok(());
    }
    Err(ReadError::new(format!("no label or prediction is {asked:?}: --positive"))
        .with_hint(format!("the classes are {}, as they are written in the file", listed(known.iter().copied()))))
}

fn class_scores(
    given: &Given,
    task: Task,
    label: Option<&ColumnSurvey>,
    prediction: Option<&ColumnSurvey>,
) -> Result<(), ReadError> {
    let asked = &given.class_scores;
    if asked.is_empty() {
        return Ok(());
    }
    for (i, (class, column)) in asked.iter().enumerate() {
        let earlier = asked.get(..i).unwrap_or_default();
        if earlier.iter().any(|(c, _)| same_class(c, class)) {
            return Err(ReadError::new(format!("class {class:?} is given two scores: --score"))
                .with_hint("name each class once, as --score low=p_low,high=p_high"));
        }
        if earlier.iter().any(|(_, c)| c == column) {
            return Err(ReadError::new(format!("column {column:?} is the score of two classes: --score"))
                .with_hint("each class has a column of its own, as --score low=p_low,high=p_high"));
        }
    }
    let known: Vec<&str> =
        [label, prediction].into_iter().flatten().flat_map(|c| c.texts.keys().map(String::as_str)).collect();
    let names = || listed(known.iter().copied());
    if let Some((class, _)) = asked.iter().find(|(c, _)| !known.iter().any(|k| same_class(k, c))) {
        return Err(ReadError::new(format!("no label or prediction is {class:?}: --score"))
            .with_hint(format!("the classes are {}, as they are written in the file", names())));
    }
    // Of two classes one score says all.
    let without = known.iter().find(|k| !asked.iter().any(|(c, _)| same_class(k, c)));
    match without.filter(|_| task == Task::Multiclass) {
        Some(class) => Err(ReadError::new(format!("class {class:?} has no score: --score"))
            .with_hint(format!("give a column for every class, CLASS=COLUMN; the classes are {}", names()))),
        None => Ok(()),
    }
}

/// A threshold may be no probability only where scores are none.
fn threshold(given: &Given, task: Task, score: Option<&ColumnSurvey>) -> Result<(), ReadError> {
    let (Some(t), Some(score)) = (given.threshold.filter(|_| task == Task::Binary), score) else { return Ok(()) };
    if (0.0..=1.0).contains(&t) || t >= score.min && t <= score.max || score.min > score.max {
        return Ok(());
    }
    Err(ReadError::new(format!("a threshold of {t}, but scores are from {} to {}: --threshold", score.min, score.max))
        .with_hint("give a score from which the model says yes, as 0.5"))
}

/// The first few values of a column, for a message.
fn values(c: &ColumnSurvey) -> String {
    let common = common(c);
    if common.is_empty() { listed(c.texts.keys().map(String::as_str)) } else { listed(common.keys().copied()) }
}

fn listed<'a>(values: impl Iterator<Item = &'a str>) -> String {
    let mut names: Vec<&str> = values.collect();
    names.sort_unstable();
    names.dedup();
    let more = if names.len() > SHOWN { ", ..." } else { "" };
    let short = |n: &&str| dosimeter_core::profile::sketch::shorten(n).to_owned();
    format!("{}{more}", names.iter().take(SHOWN).map(short).collect::<Vec<_>>().join(", "))
}
