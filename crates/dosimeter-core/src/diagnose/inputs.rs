//! Inputs that moved though their format did not: `data_drift` of numbers, `category_shift` of categories.

use super::case::{Affected, Case, detail, finding, series_evidence};
use super::columns;
use super::schema::Claims;
use crate::catalogue::Mode;
use crate::diagnosis::{Detail, Finding, Number};
use crate::evidence::component::Kind;
use crate::evidence::shift::Series;
use crate::profile::grid::{Grid, Special};
use crate::profile::sketch::HeavyHitters;
use crate::text::{digits, percent, quoted};

/// Below this share a category is rare, above the other it is common.
const RARE: f64 = 0.05;
const COMMON: f64 = 0.10;
/// A new or vanished category below this share is not worth a word.
const NOTABLE: f64 = 0.005;

/// Columns that moved and that no schema check has claimed, as findings without a severity yet.
pub(crate) fn find(case: &Case<'_>, claims: &Claims) -> Vec<Finding> {
    let whole = |j: &usize| case.baseline.part_of(*j).is_none();
    let open = |j: &usize| !claims.explained.contains(j) && case.spec(*j).role.is_input() && whole(j);
    (0..case.baseline.columns.len())
        .filter(open)
        .filter_map(|j| match case.spec(j).grid {
            Grid::Category { .. } if !super::case::is_text(case.spec(j)) => category(case, j),
            Grid::Number { .. } => number(case, j),
            Grid::Category { .. } => None,
        })
        .collect()
}

fn number(case: &Case<'_>, column: usize) -> Option<Finding> {
    if !case.worth_naming(column) {
        return None;
    }
    let spec = case.spec(column);
    let series = case.shift(column)?.loudest()?;
    let affected = case.moved_in_to_the_row(column, series);
    let (then, now) =
        (columns::quantiles(case, column, None), columns::quantiles(case, column, Some(&affected.windows)));
    let what = match (then.zip(now), &series.component.kind) {
        // What all three quartiles do is plain, whichever component of the rank says it loudest.
        (Some((a, b)), _) if a.iter().zip(&b).all(|(a, b)| a < b) => "moved up",
        (Some((a, b)), _) if a.iter().zip(&b).all(|(a, b)| a > b) => "moved down",
        (_, Kind::Rank(1)) if series.effect() > 0.0 => "moved up",
        (_, Kind::Rank(1)) => "moved down",
        (_, Kind::Rank(2)) if series.effect() > 0.0 => "spread out",
        (_, Kind::Rank(2)) => "narrowed",
        _ => "changed its shape",
    };
    let medians = then.zip(now).map_or(String::new(), |(a, b)| {
        if a[1] != b[1] {
            return format!(": median {} → {}", digits(a[1]), digits(b[1]));
        }
        if a[0] != b[0] || a[2] != b[2] {
            return format!(
                ": middle half {} to {} → {} to {}",
                digits(a[0]),
                digits(a[2]),
                digits(b[0]),
                digits(b[2])
            );
        }
        let mean =
            |p: &crate::profile::PeriodProfile, take: &dyn Fn(usize) -> bool| columns::mean(case, p, column, take);
        match (mean(&case.baseline.reference, &|_| true), mean(case.current, &|w| affected.windows.contains(&w))) {
            (Some(a), Some(b)) => format!(": mean {} → {}", digits(a), digits(b)),
            _ => String::new(),
        }
    });
    let mut f =
        finding(Mode::DataDrift, None, &[spec.name.as_str()], format!("{} {what}{medians}", quoted(&spec.name)));
    let quartiles = |q: [f64; 3]| Detail::List(q.iter().map(|x| (*x).into()).collect());
    if let Some((a, b)) = then.zip(now) {
        f.detail = detail([("quartiles_reference", quartiles(a)), ("quartiles_current", quartiles(b))]);
    }
    fill(case, column, series, affected, &mut f);
    Some(f)
}

fn category(case: &Case<'_>, column: usize) -> Option<Finding> {
    let spec = case.spec(column);
    let Grid::Category { values } = &spec.grid else {
        return None;
    };
    let unknown_moved = case.special_moved(column, Special::Other);
    if !case.worth_naming(column) && !unknown_moved {
        return None;
    }
    let shift = case.shift(column)?;
    let series = if case.worth_naming(column) { shift.loudest()? } else { case.special(column, Special::Other)? };
    let affected = case.moved_in_to_the_row(column, series);
    let (reference, current) = (case.reference_counts(column), case.counts_in(column, &affected.windows));
    let share = |counts: &[u64], cell: usize| {
        counts.get(cell).copied().unwrap_or(0) as f64 / counts.iter().sum::<u64>().max(1) as f64
    };
    let mut movers: Vec<(f64, String, f64, f64)> = values
        .iter()
        .enumerate()
        .map(|(cell, v)| (v.clone(), share(&reference, cell), share(&current, cell)))
        .map(|(v, a, b)| ((b - a).abs(), v, a, b))
        .collect();
    let other = spec.grid.special(Special::Other);
    let everywhere = case.current.counts(column, super::case::all(case)).get(other).copied().unwrap_or(0);
    let unknown_inside = current.get(other).copied().unwrap_or(0) as f64 / everywhere.max(1) as f64;
    for (value, n) in
        case.current.sketches.get(column).and_then(|s| s.unknown.as_ref()).map(HeavyHitters::top).unwrap_or_default()
    {
        // Counted over all windows; most of them lie in the affected ones, as the unknown of all kinds do.
        let b = n as f64 * unknown_inside / current.iter().sum::<u64>().max(1) as f64;
        movers.push((b, value, 0.0, b));
    }
    movers.sort_by(|a, b| b.0.total_cmp(&a.0).then(a.1.cmp(&b.1)));
    let became = movers
        .iter()
        .find(|m| m.2 < RARE && m.3 >= 4.0 * m.2 && (m.3 >= COMMON || m.2 < 0.2 * RARE && m.3 >= 0.3 * COMMON));
    let new = movers.iter().find(|m| m.2 == 0.0 && m.3 >= NOTABLE);
    let vanished = movers.iter().find(|m| m.2 >= 0.2 * RARE && m.3 < 0.02 * m.2);
    let from_to = |m: &(f64, String, f64, f64)| format!("{} {} → {}", quoted(&m.1), percent(m.2), percent(m.3));
    let (kind, what, subject) = if let Some(m) = became.filter(|m| m.2 > 0.0) {
        ("rare_became_common", format!("a rare value became common: {}", from_to(m)), m)
    } else if let Some(m) = new {
        ("category_new", format!("a new value came: {} in {} of the rows", quoted(&m.1), percent(m.3)), m)
    } else if let Some(m) = vanished.filter(|v| movers.first().is_some_and(|f| f.0 < 3.0 * v.0)) {
        ("category_vanished", format!("a value vanished: {}", from_to(m)), m)
    } else {
        let m = movers.first()?;
        // Unknown values that each stay below notice are a long tail, as of a key that keeps growing.
        if !case.worth_naming(column) && m.2 == 0.0 && m.3 < NOTABLE {
            return None;
        }
        ("mix_changed", format!("the mix changed: {}", from_to(m)), m)
    };
    let second =
        movers.iter().find(|m| m.1 != subject.1 && m.0 >= 0.02).map_or(String::new(), |m| format!(", {}", from_to(m)));
    let mut f = finding(
        Mode::CategoryShift,
        Some(kind),
        &[spec.name.as_str()],
        format!("{}: {what}{second}", quoted(&spec.name)),
    );
    let list = movers.iter().take(8).map(|m| {
        Detail::Map(detail([("value", m.1.as_str().into()), ("reference", m.2.into()), ("current", m.3.into())]))
    });
    f.detail = detail([
        ("value", subject.1.as_str().into()),
        ("reference", subject.2.into()),
        ("current", subject.3.into()),
        ("movers", Detail::List(list.collect())),
    ]);
    fill(case, column, series, affected, &mut f);
    Some(f)
}

fn fill(case: &Case<'_>, column: usize, series: &Series, affected: Affected, f: &mut Finding) {
    f.share = Some(Number(case.share_of(&affected.windows)));
    f.evidence = vec![series_evidence(case, column, series)];
    f.evidence.extend(columns::statistics(case, column, Some(&affected.windows)));
    f.onset = Some(affected.onset);
}
