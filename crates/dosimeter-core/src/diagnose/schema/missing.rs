//! Missing, new and renamed columns. A missing and a new one with the same distribution are one renamed column.

use super::super::case::{Case, Sampled, detail, evidence, finding};
use super::Claims;
use crate::catalogue::Mode;
use crate::diagnosis::{Detail, Number};
use crate::profile::sample::ExtraColumn;
use crate::profile::schema::{ColumnSpec, Role};
use crate::text::{percent, quoted};

/// A known column without values in a tail of the current windows.
struct Lost {
    column: usize,
    /// The first window without it.
    from: usize,
    /// Whether the files lack the column itself.
    absent: bool,
    share: f64,
}

pub(super) fn check(case: &Case<'_>, claims: &mut Claims) {
    let mut lost: Vec<Lost> = (0..case.baseline.columns.len())
        .filter(|j| !matches!(case.spec(*j).role, Role::Ignore) && claims.open(*j))
        .filter_map(|j| lost_column(case, j))
        .collect();
    let mut new: Vec<(&String, &ExtraColumn)> =
        case.current.extras.iter().filter(|(_, e)| beyond_luck(case, e.present.iter().sum::<u64>() as f64)).collect();

    // The best pair first, so that two renamed columns do not take each other's names.
    let mut pairs: Vec<(f64, usize, usize)> = Vec::new();
    for (l, missing) in lost.iter().enumerate() {
        for (n, (name, extra)) in new.iter().enumerate() {
            if let Some(score) = likeness(case, missing, name, extra) {
                pairs.push((score, l, n));
            }
        }
    }
    pairs.sort_by(|a, b| b.0.total_cmp(&a.0));
    let (mut used_lost, mut used_new) = (Vec::new(), Vec::new());
    for (score, l, n) in pairs {
        if used_lost.contains(&l) || used_new.contains(&n) {
            continue;
        }
        used_lost.push(l);
        used_new.push(n);
        let (from, to) = (&case.spec(lost[l].column).name, new[n].0);
        let mut f = finding(
            Mode::SchemaChange,
            Some("column_renamed"),
            &[from.as_str(), to.as_str()],
            format!(
                "{} is now called {}: the old name is empty, the new one holds the same values",
                quoted(from),
                quoted(to)
            ),
        );
        f.detail = detail([("from", from.as_str().into()), ("to", to.as_str().into())]);
        f.onset = Some(case.onset_at(lost[l].from, lost[l].from, lost[l].from));
        f.share = Some(Number(lost[l].share));
        f.evidence = vec![evidence("likeness", score)];
        claims.claim(&[lost[l].column], f);
    }
    let mut index = 0;
    lost.retain(|_| {
        index += 1;
        !used_lost.contains(&(index - 1))
    });
    index = 0;
    new.retain(|_| {
        index += 1;
        !used_new.contains(&(index - 1))
    });

    for missing in lost {
        if !missing.absent {
            continue; // A column that is there and empty is a null rate of 100 %.
        }
        let name = &case.spec(missing.column).name;
        let mut f = finding(
            Mode::SchemaChange,
            Some("column_missing"),
            &[name.as_str()],
            format!("{} is gone: {} of the current rows come without it", quoted(name), percent(missing.share)),
        );
        f.detail = detail([("role", case.spec(missing.column).role.as_str().into())]);
        f.onset = Some(case.onset_at(missing.from, missing.from, missing.from));
        f.share = Some(Number(missing.share));
        f.evidence = vec![evidence("absent_share", missing.share)];
        claims.claim(&[missing.column], f);
    }
    for (name, extra) in new {
        let present: u64 = extra.present.iter().sum();
        let share = present as f64 / case.current.rows().max(1) as f64;
        let first = extra.present.iter().position(|n| *n > 0).unwrap_or(0);
        let mut f = finding(
            Mode::SchemaChange,
            Some("column_new"),
            &[name.as_str()],
            format!("{} is new: the reference has no values of it", quoted(name)),
        );
        f.detail = detail([("type", Detail::Text(extra.native.clone()))]);
        f.onset = Some(case.onset_at(first, first, first));
        f.share = Some(Number(share));
        f.evidence = vec![evidence("present_share", share)];
        claims.findings.push(f);
    }
}

/// Whether so many values of an unknown column are more than a notable share, and than luck: a column that is nearly always
/// empty may have had its few values outside the reference.
fn beyond_luck(case: &Case<'_>, values: f64) -> bool {
    let (then, now) = (case.baseline.reference.rows() as f64, case.current.rows() as f64);
    values >= 0.001 * now && (now / (then + now)).powf(values) < case.budget.schema_per_column
}

/// Whether a column lost all its values from some window on, though the reference had them.
fn lost_column(case: &Case<'_>, column: usize) -> Option<Lost> {
    let spec = case.spec(column);
    let null = spec.grid.special(crate::profile::grid::Special::Null);
    let reference = case.reference_counts(column);
    let (nulls, all) = (reference.get(null).copied().unwrap_or(0), reference.iter().sum::<u64>());
    if all == 0 || nulls as f64 > 0.95 * all as f64 {
        return None;
    }
    let windows = &case.current.windows;
    let empty = |w: usize| windows[w].columns.get(column).is_none_or(|c| c.count(null) == c.rows());
    let from = (0..windows.len()).rev().take_while(|w| windows[*w].rows == 0 || empty(*w)).last()?;
    let rows: u64 = windows[from..].iter().map(|w| w.rows).sum();
    // A label that has not come yet is a late label, not a lost column.
    let absent: u64 = windows[from..].iter().filter_map(|w| w.columns.get(column)).map(|c| c.absent).sum();
    if from > 0 && !case.baseline.ordered || spec.role == Role::Label && windows.iter().any(|w| w.labels > 0) {
        return None;
    }
    if rows == 0 || (spec.role == Role::Label && absent == 0) || (from > 0 && rows < 30) {
        return None;
    }
    if spec.role == Role::Label && absent == rows && from == 0 {
        return None;
    }
    // The window in which it vanished is the one before, if that is already partly empty.
    let from = from
        .checked_sub(1)
        .filter(|w| windows[*w].columns.get(column).is_some_and(|c| c.count(null) * 10 > c.rows()))
        .unwrap_or(from);
    Some(Lost { column, from, absent: absent * 2 > rows, share: rows as f64 / case.current.rows().max(1) as f64 })
}

/// How surely a new column is the missing one: by distribution, and by name; `None` where it is not.
fn likeness(case: &Case<'_>, lost: &Lost, name: &str, extra: &ExtraColumn) -> Option<f64> {
    let spec = case.spec(lost.column);
    let old = Sampled::of(spec, &case.baseline.reference, lost.column, None);
    let new = sampled_extra(extra, spec);
    if new.present() < 5 {
        return None;
    }
    let alike = name_likeness(&spec.name, name);
    if super::super::case::is_text(spec) || spec.role == Role::Id {
        // Identifiers do not repeat: compare their lengths, and ask more of the name.
        return (alike > 0.5 && length_likeness(&old, &new) > 0.8).then_some(alike);
    }
    let (distance, noise) = old.distance(&new);
    let beyond = (distance - noise).max(0.0);
    // A column with few values looks like many others: 0/1 flags need a name that agrees or a very close rate.
    let distinct = old.texts.len().max(distinct(&old.numbers));
    let slack = match alike {
        a if a >= 0.9 => 0.25,
        a if a >= 0.5 => 0.10,
        _ if distinct >= 8 => 0.03,
        _ => 0.0,
    };
    (beyond <= slack).then_some((1.0 - beyond) + alike)
}

fn distinct(ascending: &[f64]) -> usize {
    ascending.windows(2).filter(|w| w[0] != w[1]).count() + usize::from(!ascending.is_empty())
}

fn sampled_extra(extra: &ExtraColumn, like: &ColumnSpec) -> Sampled {
    let mut out = Sampled::default();
    let categorical = !like.kind.is_ordered();
    for (_, x) in &extra.numbers {
        if categorical {
            *out.texts.entry(crate::profile::sample::canonical_number(*x)).or_insert(0) += 1;
        } else if x.is_finite() {
            out.numbers.push(*x);
        }
    }
    for (_, t) in &extra.texts {
        match t.trim().parse::<f64>() {
            Ok(x) if !categorical && x.is_finite() => out.numbers.push(x),
            _ => *out.texts.entry(t.clone()).or_insert(0) += 1,
        }
    }
    out.numbers.sort_by(f64::total_cmp);
    out.rows = out.numbers.len() as u64 + out.texts.values().sum::<u64>();
    out
}

/// 1 for names that differ in case and separators only, else the share of letter pairs in common (Dice).
pub(super) fn name_likeness(a: &str, b: &str) -> f64 {
    let plain = |s: &str| s.chars().filter(|c| c.is_alphanumeric()).flat_map(char::to_lowercase).collect::<Vec<char>>();
    let (a, b) = (plain(a), plain(b));
    if a == b && !a.is_empty() {
        return 1.0;
    }
    if a.len() < 2 || b.len() < 2 {
        return 0.0;
    }
    let mut rest: Vec<&[char]> = b.windows(2).collect();
    let total = a.len() + b.len() - 2;
    let mut common = 0;
    for pair in a.windows(2) {
        if let Some(i) = rest.iter().position(|p| *p == pair) {
            rest.swap_remove(i);
            common += 1;
        }
    }
    2.0 * f64::from(common) / total as f64
}

fn length_likeness(a: &Sampled, b: &Sampled) -> f64 {
    let mean = |s: &Sampled| {
        let n: u64 = s.texts.values().sum();
        s.texts.iter().map(|(t, k)| t.chars().count() as f64 * *k as f64).sum::<f64>() / n.max(1) as f64
    };
    let (a, b) = (mean(a), mean(b));
    if a.max(b) == 0.0 { 0.0 } else { a.min(b) / a.max(b) }
}

#[cfg(test)]
mod tests {
    use super::name_likeness;

    #[test]
    fn names_that_differ_in_spelling_only_are_the_same() {
        assert_eq!(name_likeness("lead_time", "leadTime"), 1.0);
        assert!(name_likeness("lead_time", "lead_time_days") > 0.5);
        assert!(name_likeness("adr", "hotel") < 0.1);
    }
}
