//! The unit changed: an affine map turns the reference's quantiles into the current ones.
//!
//! A shifted bell curve is an affine map of itself too, so a map is believed only where it is one that people make: a
//! known conversion, a power of ten, a flipped sign, or a factor beyond any ordinary drift; and only where it explains the column
//! as well as two samples of the same thing agree. The maps are in `unit_map`, what else speaks for one in `joint`.

use super::super::case::{Affected, Case, Sampled, detail, evidence, finding};
use super::unit_map::{Found, Setting, changed};
use super::{Claims, joint, within};
use crate::catalogue::Mode;
use crate::diagnosis::{Detail, Finding, Number};
use crate::profile::ColumnKind;
use crate::profile::schema::Role;
use crate::text::{percent, quoted};

pub(super) fn check(case: &Case<'_>, claims: &mut Claims) {
    let whole = |j: &usize| case.baseline.part_of(*j).is_none();
    let inputs = |j: &usize| case.spec(*j).role.is_input() && case.spec(*j).kind == ColumnKind::Number && whole(j);
    let numbers = (0..case.baseline.columns.len()).filter(inputs).count();
    let moved = (0..case.baseline.columns.len()).filter(inputs).filter(|j| case.values_moved(*j)).count();
    let candidates: Vec<usize> = (0..case.baseline.columns.len())
        .filter(|column| {
            let spec = case.spec(*column);
            let answers = matches!(spec.role, Role::Score | Role::Prediction | Role::Label);
            claims.open(*column)
                && spec.kind == ColumnKind::Number
                && (spec.role.is_input() || answers)
                && case.values_moved(*column)
        })
        .collect();
    let find = |column: usize, everything_moved: bool| {
        since_reference(case, column, everything_moved).or_else(|| since_break(case, column, everything_moved))
    };
    // Where most columns moved at once the world changed, and what looks like a factor is part of it.
    let everything_moved = moved >= 3 && 2 * moved > numbers;
    let shared = if everything_moved { shared_map(&candidates, moved, |column| find(column, false)) } else { None };
    for column in candidates {
        let same = || find(column, false).filter(|f| f.detail.get("map") == shared.as_ref());
        if let Some(f) = find(column, everything_moved).or_else(|| shared.as_ref().and_then(|_| same())) {
            claims.claim(&[column], f);
        }
    }
}

/// The map that explains most of the columns that moved, if one does: a whole source may change its units.
fn shared_map(candidates: &[usize], moved: usize, find: impl Fn(usize) -> Option<Finding>) -> Option<Detail> {
    let maps: Vec<Detail> =
        candidates.iter().filter_map(|c| find(*c)).filter_map(|f| f.detail.get("map").cloned()).collect();
    maps.iter().find(|map| 2 * maps.iter().filter(|other| other == map).count() > moved).cloned()
}

/// Against the reference.
fn since_reference(case: &Case<'_>, column: usize, everything_moved: bool) -> Option<Finding> {
    let series = case.shift(column)?.loudest()?;
    let affected = case.affected_by(series);
    let inner = affected.inner();
    let then = Sampled::of(case.spec(column), &case.baseline.reference, column, None).numbers;
    let now = Sampled::of(case.spec(column), case.current, column, Some(&inner)).numbers;
    let setting = Setting {
        whole: case.spec(column).integer,
        abrupt: &|| within::abrupt(case, column, series, &affected),
        far: false,
        sudden: case.baseline.ordered && affected.sharp && affected.onset.window != Some(0),
        steady_outside: &|| within::steady_outside(case, column, &inner),
        related: &|| joint::ranks_stay(case, column, &inner),
        everything_moved,
    };
    Some(named(case, column, &affected, changed(&then, &now, &setting)?))
}

/// Against the time just before, where the column was on its way already.
fn since_break(case: &Case<'_>, column: usize, everything_moved: bool) -> Option<Finding> {
    let at = within::last_break(case, column)?;
    let then = Sampled::of(case.spec(column), case.current, column, Some(&at.before)).numbers;
    let inner = at.affected.inner();
    let now = Sampled::of(case.spec(column), case.current, column, Some(&inner)).numbers;
    let setting = Setting {
        whole: case.spec(column).integer,
        abrupt: &|| true,
        far: true,
        sudden: true,
        steady_outside: &|| within::steady_outside(case, column, &inner),
        related: &|| joint::ranks_stay(case, column, &inner),
        everything_moved,
    };
    Some(named(case, column, &at.affected, changed(&then, &now, &setting)?))
}

fn named(case: &Case<'_>, column: usize, affected: &Affected, found: Found) -> Finding {
    let name = &case.spec(column).name;
    let share = case.share_of(&affected.windows) * found.share;
    let mut f = finding(
        Mode::SchemaChange,
        Some("unit_changed"),
        &[name.as_str()],
        format!("{} changed its unit: {} ({} of the rows)", quoted(name), found.title, percent(share)),
    );
    let map = detail([("scale", found.scale.into()), ("offset", found.offset.into())]);
    f.detail = detail([("map", Detail::Map(map)), ("unit", found.title.into())]);
    f.onset = Some(affected.onset.clone());
    f.share = Some(Number(share));
    f.evidence = vec![evidence("ks", found.before), evidence("ks_after_map", found.after)];
    f
}
