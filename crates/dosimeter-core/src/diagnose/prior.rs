//! The base rate moved: of the labels, of the predictions, of the scores.

use super::case::{Case, detail, evidence, finding, series_evidence};
use super::reading::merged;
use super::schema::Claims;
use crate::catalogue::Mode;
use crate::diagnosis::{Finding, Number};
use crate::evidence::component::Kind;
use crate::metric::{LabelShift, MulticlassTally, Tally, foretold_by_scores, same_given_label};
use crate::profile::grid::Grid;
use crate::profile::schema::Role;
use crate::statistic::chi_square;
use crate::text::{digits, percent, quoted};

/// A smaller movement of a base rate is not worth a word.
const LEAST: f64 = 0.01;

/// Labels, predictions and scores that moved, labels first; without a severity yet.
pub(crate) fn find(case: &Case<'_>, claims: &Claims) -> Vec<Finding> {
    [Role::Label, Role::Prediction, Role::Score]
        .into_iter()
        .flat_map(|role| {
            (0..case.baseline.columns.len()).filter(move |j| case.spec(*j).role == role).map(move |j| (role, j))
        })
        .filter(|(_, j)| !claims.explained.contains(j) && case.worth_naming(*j))
        .filter_map(|(role, column)| moved(case, role, column))
        .collect()
}

fn moved(case: &Case<'_>, role: Role, column: usize) -> Option<Finding> {
    let spec = case.spec(column);
    let series = case.shift(column)?.loudest()?;
    let affected = case.moved_in_to_the_row(column, series);
    let categorical = matches!(spec.grid, Grid::Category { .. });
    let what = match role {
        Role::Label if categorical => "base rate of the labels",
        Role::Label => "labels",
        Role::Prediction if categorical => "base rate of the predictions",
        Role::Prediction => "predictions",
        _ => "scores",
    };
    let change = match (&spec.grid, &series.component.kind) {
        (Grid::Category { values }, Kind::Share(cell)) => {
            let counts = case.counts_in(column, &affected.windows);
            let known: u64 = counts.iter().take(values.len()).sum();
            let all = case.reference_counts(column);
            let known_then: u64 = all.iter().take(values.len()).sum();
            // Speak of the positive class where there is one.
            let cell =
                case.baseline.watch.positive.as_ref().and_then(|p| values.iter().position(|v| v == p)).unwrap_or(*cell);
            let then = all.get(cell).copied().unwrap_or(0) as f64 / known_then.max(1) as f64;
            let now = counts.get(cell).copied().unwrap_or(0) as f64 / known.max(1) as f64;
            if (now - then).abs() < LEAST {
                return None;
            }
            Some((values.get(cell)?.clone(), then, now))
        }
        _ => None,
    };
    let text = match &change {
        Some((value, then, now)) => format!(
            "the {what} moved: {} = {}: {} → {}",
            quoted(&spec.name),
            quoted(value),
            percent(*then),
            percent(*now)
        ),
        None => {
            let mean =
                |p: &crate::profile::PeriodProfile, w: &dyn Fn(usize) -> bool| super::columns::mean(case, p, column, w);
            let (a, b) =
                (mean(&case.baseline.reference, &|_| true)?, mean(case.current, &|w| affected.windows.contains(&w))?);
            if role == Role::Score && (b - a).abs() < LEAST {
                // The mean stayed: what moved, if anything worth a word, is the shape around it.
                let quartiles = |windows: Option<&[usize]>| super::columns::quantiles(case, column, windows);
                let (then, now) = (quartiles(None)?, quartiles(Some(&affected.windows))?);
                if then.iter().zip(&now).all(|(x, y)| (x - y).abs() < LEAST) {
                    return None;
                }
                format!(
                    "the {what} changed their shape: middle half of {} {} to {} → {} to {}",
                    quoted(&spec.name),
                    digits(then[0]),
                    digits(then[2]),
                    digits(now[0]),
                    digits(now[2])
                )
            } else {
                format!("the {what} moved: mean of {} {} → {}", quoted(&spec.name), digits(a), digits(b))
            }
        }
    };
    let mut f = finding(Mode::PriorShift, Some(role.as_str()), &[spec.name.as_str()], text);
    if let Some((value, then, now)) = change {
        f.detail = detail([("value", value.into()), ("reference", then.into()), ("current", now.into())]);
    }
    f.share = Some(Number(case.share_of(&affected.windows)));
    f.evidence = vec![series_evidence(case, column, series)];
    f.evidence.extend(super::columns::statistics(case, column, Some(&affected.windows)));
    f.onset = Some(affected.onset);
    Some(f)
}

/// Where a movement of the labels comes from.
pub(crate) struct BaseRate {
    /// What the model says of each class is what it said before, so that the base rate alone explains the change.
    pub(crate) alone: bool,
    /// The scores foretold it: inputs moved, and the base rate with them.
    pub(crate) follows: bool,
    /// The test of scores given the label, for a binary model.
    shift: Option<LabelShift>,
}

/// Whether the base rate moved by itself or because of the inputs, over some windows.
pub(crate) fn base_rate(case: &Case<'_>, windows: &[usize]) -> Option<BaseRate> {
    let reference = merged(case.baseline.reference.windows.iter())?;
    let current = merged(windows.iter().filter_map(|w| case.current.windows.get(*w)))?;
    match (&reference, &current) {
        (Tally::Binary(a), Tally::Binary(b)) => {
            let shift = same_given_label(a, b)?;
            let near = |s: Option<crate::metric::SameGivenLabel>| {
                s.is_none_or(|s| s.distance < NEAR || s.p > 0.001 && s.distance < NOT_FAR)
            };
            // Where inputs moved, a base rate moves with them: a small movement of either leaves the other near.
            let follows = foretold_by_scores(a, b).unwrap_or(false);
            let alone = !follows && near(shift.positives) && near(shift.negatives);
            Some(BaseRate { alone, follows, shift: Some(shift) })
        }
        (Tally::Multiclass(a), Tally::Multiclass(b)) => {
            Some(BaseRate { alone: same_confusion(a, b)?, follows: false, shift: None })
        }
        _ => None,
    }
}

/// Two distributions nearer than this (Kolmogorov-Smirnov, total variation) are the same for the purpose; ones farther than
/// the other are not, however few the rows.
const NEAR: f64 = 0.04;
const NOT_FAR: f64 = 0.15;
/// A class of fewer labelled rows says nothing of what the model makes of it.
const LEAST_OF_CLASS: f64 = 30.0;

/// Whether the model answers each class as before: the rows of the confusion matrix, each by itself. `None` where no class has
/// rows enough in both periods.
fn same_confusion(a: &MulticlassTally, b: &MulticlassTally) -> Option<bool> {
    let width = a.classes().len() + 1;
    let (mut compared, mut same) = (false, true);
    for (then, now) in a.confusion().chunks(width).zip(b.confusion().chunks(width)) {
        let total = |row: &[u64]| row.iter().sum::<u64>() as f64;
        let (n, m) = (total(then), total(now));
        if n < LEAST_OF_CLASS || m < LEAST_OF_CLASS {
            continue;
        }
        compared = true;
        let distance = then.iter().zip(now).map(|(x, y)| (*x as f64 / n - *y as f64 / m).abs()).sum::<f64>() / 2.0;
        let p = chi_square::contingency(then, now).map_or(1.0, |c| c.p);
        same &= distance < NEAR || p > 0.001 && distance < NOT_FAR;
    }
    compared.then_some(same)
}

/// Says on a label finding where its movement comes from.
pub(crate) fn tell(f: &mut Finding, rate: &BaseRate) {
    if rate.alone || rate.follows {
        f.detail.insert("from".to_owned(), if rate.alone { ALONE } else { INPUTS }.into());
    }
    if let Some(shift) = &rate.shift {
        let distance = |s: Option<crate::metric::SameGivenLabel>| s.map_or(0.0, |s| s.distance);
        let mut e = evidence("score_given_label_ks", distance(shift.positives).max(distance(shift.negatives)));
        e.p_value = Some(Number(shift.p));
        f.evidence.push(e);
    }
}

/// Values of the detail `from`.
const ALONE: &str = "base_rate";
const INPUTS: &str = "inputs";

/// Whether a label finding says that its movement comes from the inputs.
pub(crate) fn follows_inputs(f: &Finding) -> bool {
    f.detail.get("from") == Some(&INPUTS.into())
}
