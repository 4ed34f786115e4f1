//! Labels or predictions are written with other values: 0 and 1 became 1 and 2, or `kept` and `churned`.
//!
//! Whoever compares answers with labels then finds everything wrong, though nothing is. Spellings of the same word are
//! found before; here the words share nothing but their places.

use std::collections::{BTreeMap, BTreeSet};

use super::super::case::{Case, Sampled, detail, evidence, finding};
use super::Claims;
use crate::catalogue::Mode;
use crate::diagnosis::{Detail, Number};
use crate::profile::Grid;
use crate::profile::grid::Special;
use crate::profile::sample::canonical_number;
use crate::profile::schema::Role;
use crate::text::{percent, quoted};

pub(super) fn check(case: &Case<'_>, claims: &mut Claims) {
    for column in 0..case.baseline.columns.len() {
        let spec = case.spec(column);
        if claims.open(column) && matches!(spec.role, Role::Label | Role::Prediction) {
            recoded(case, claims, column);
        }
    }
}

fn recoded(case: &Case<'_>, claims: &mut Claims, column: usize) {
    let spec = case.spec(column);
    let Grid::Category { values } = &spec.grid else {
        return;
    };
    if !case.special_moved(column, Special::Other) {
        return;
    }
    let Some(series) = case.special(column, Special::Other) else {
        return;
    };
    let affected = case.affected_by(series);
    let then = Sampled::of(spec, &case.baseline.reference, column, None);
    let now = Sampled::of(spec, case.current, column, Some(&affected.inner()));
    let share = |s: &Sampled, v: &str| *s.texts.get(v).unwrap_or(&0) as f64 / s.present().max(1) as f64;
    // A value that was rare may be new or gone by luck, and says nothing about how values are written.
    let new: Vec<&String> = now.texts.keys().filter(|v| !values.contains(v) && share(&now, v) >= 0.01).collect();
    let used: Vec<&String> = values.iter().filter(|v| share(&then, v) >= 0.01).collect();
    let gone = used.iter().filter(|v| share(&now, v) < 0.02 * share(&then, v)).count();
    let unknown: f64 = new.iter().map(|v| share(&now, v)).sum();
    if new.is_empty() || gone == 0 || now.present() < 20 {
        return;
    }
    // All of them are new words; or two classes of which one has a new name; or whole numbers that all moved by one.
    let replaced = unknown >= 0.95;
    let renamed = used.len() == 2 && new.len() == gone;
    let step = moved_by_one(&then, &now);
    if !(replaced || renamed || step.is_some()) {
        return;
    }
    let list = |v: &[&String]| {
        let names: Vec<String> = v.iter().take(4).map(|v| quoted(v)).collect();
        names.join(", ") + if v.len() > 4 { ", ..." } else { "" }
    };
    let written: Vec<&String> = now.texts.keys().filter(|v| share(&now, v) >= 0.01).collect();
    let rows = case.share_of(&affected.windows) * if step.is_some() { 1.0 } else { unknown.max(0.01) };
    let what = if spec.role == Role::Label { "labels" } else { "predictions" };
    let mut f = finding(
        Mode::SchemaChange,
        Some("type_changed"),
        &[spec.name.as_str()],
        format!(
            "{} writes its {what} with other values: {} became {} ({} of the rows)",
            quoted(&spec.name),
            list(&used),
            list(&written),
            percent(rows)
        ),
    );
    let words = |v: &[&String]| Detail::List(v.iter().take(20).map(|v| v.as_str().into()).collect());
    f.detail = detail([("from", words(&used)), ("to", words(&written))]);
    f.onset = Some(affected.onset);
    f.share = Some(Number(rows));
    f.evidence = vec![evidence("unknown_share", unknown)];
    claims.claim(&[column], f);
}

/// By how much all classes, as whole numbers, moved: classes counted from 0 that are now counted from 1, or the reverse.
fn moved_by_one(then: &Sampled, now: &Sampled) -> Option<f64> {
    let numbers = |s: &Sampled| -> Option<BTreeMap<String, f64>> {
        s.texts.keys().map(|t| t.parse::<f64>().ok().map(|x| (canonical_number(x), x))).collect()
    };
    let (a, b) = (numbers(then)?, numbers(now)?);
    let known: BTreeSet<&String> = a.keys().collect();
    let fits = |d: f64| b.values().all(|x| known.contains(&canonical_number(x - d)));
    [1.0, -1.0].into_iter().find(|d| b.len() >= 2 && fits(*d))
}
