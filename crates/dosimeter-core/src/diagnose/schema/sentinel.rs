//! A value that stands for "nothing" appeared: -999, 9999, N/A.

use super::super::case::{Affected, Case, Sampled, detail, evidence, finding};
use super::{Claims, within};
use crate::catalogue::Mode;
use crate::diagnosis::{Detail, Number};
use crate::evidence::component::Kind;
use crate::profile::grid::Special;
use crate::profile::{ColumnKind, Grid};
use crate::text::{digits, percent, quoted};

/// Numbers that people write for "no value".
const NUMBERS: [f64; 22] = [
    -1.0,
    0.0,
    -9.0,
    -99.0,
    -999.0,
    -9999.0,
    -99_999.0,
    -999_999.0,
    99.0,
    999.0,
    9999.0,
    99_999.0,
    999_999.0,
    9_999_999.0,
    -1e6,
    1e9,
    2_147_483_647.0,
    -2_147_483_648.0,
    65_535.0,
    32_767.0,
    -32_768.0,
    -1e9,
];

/// Words that people write for "no value".
const WORDS: [&str; 20] = [
    "",
    "n/a",
    "na",
    "#n/a",
    "nan",
    "null",
    "none",
    "nil",
    "unknown",
    "undefined",
    "missing",
    "not available",
    "unspecified",
    "?",
    "-",
    "--",
    ".",
    "(null)",
    "\\n",
    "tbd",
];

/// Whether a text is a word for nothing.
pub(super) fn is_null_word(text: &str) -> bool {
    let t = text.trim().to_lowercase();
    WORDS.contains(&t.as_str())
}

pub(super) fn check(case: &Case<'_>, claims: &mut Claims) {
    for column in 0..case.baseline.columns.len() {
        let spec = case.spec(column);
        if !claims.open(column) || !spec.role.is_input() || super::super::case::is_text(spec) {
            continue;
        }
        let found = if spec.kind == ColumnKind::Number {
            number(case, column).or_else(|| word(case, column))
        } else {
            word(case, column)
        };
        if let Some((value, text, share, then, affected)) = found {
            let mut f = finding(
                Mode::SchemaChange,
                Some("sentinel_appeared"),
                &[spec.name.as_str()],
                format!(
                    "{} now holds {text} in {} of the rows, {} in the reference: a stand-in for no value?",
                    quoted(&spec.name),
                    percent(share),
                    percent(then)
                ),
            );
            f.detail = detail([("value", value), ("rate", share.into()), ("rate_reference", then.into())]);
            f.onset = Some(affected.onset.clone());
            f.share = Some(Number(share));
            f.evidence = vec![evidence("sentinel_share", share)];
            claims.claim(&[column], f);
        }
    }
}

/// A word for nothing that the reference knows too, and that became much more frequent.
fn known_word(case: &Case<'_>, column: usize) -> Option<Found> {
    let Grid::Category { values } = &case.spec(column).grid else {
        return None;
    };
    if !case.values_moved(column) {
        return None;
    }
    let series = case.shift(column)?.loudest()?;
    let Kind::Share(cell) = series.component.kind else {
        return None;
    };
    let text = values.get(cell).filter(|t| is_null_word(t))?;
    let affected = case.affected_by(series);
    let counts = case.counts_in(column, &affected.windows);
    let share = counts.get(cell).copied().unwrap_or(0) as f64 / counts.iter().sum::<u64>().max(1) as f64;
    let before = series.component.reference_mean;
    (share > before + 0.01 && share > 1.5 * before).then(|| {
        (text.as_str().into(), format!("\"{text}\""), share * case.share_of(&affected.windows), before, affected)
    })
}

type Found = (Detail, String, f64, f64, Affected);

fn number(case: &Case<'_>, column: usize) -> Option<Found> {
    let spec = case.spec(column);
    let k = spec.grid.value_cells();
    let ends = case
        .shift(column)?
        .specials
        .iter()
        .filter(|s| matches!(s.component.kind, Kind::Share(c) if c == 0 || c + 1 == k));
    let outside = ends.filter(|s| s.p() * 4.0 < case.budget.schema_per_column).min_by(|a, b| a.p().total_cmp(&b.p()));
    let series = match outside {
        Some(s) => s,
        None if case.values_moved(column) => case.shift(column)?.loudest()?,
        None => return None,
    };
    let affected = case.affected_by(series);
    let then = Sampled::of(spec, &case.baseline.reference, column, None);
    among(case, column, then, affected, false).or_else(|| {
        // A column that was on its way already is compared with what it was just before.
        let at = within::last_break(case, column)?;
        let then = Sampled::of(spec, case.current, column, Some(&at.before));
        among(case, column, then, at.affected, true)
    })
}

/// The value that came up most in the affected windows, and that people write for nothing; `surely` where it must stand
/// alone beyond all others.
fn among(case: &Case<'_>, column: usize, then: Sampled, affected: Affected, surely: bool) -> Option<Found> {
    let now = Sampled::of(case.spec(column), case.current, column, Some(&affected.inner()));
    let (n, m) = (now.numbers.len() as f64, then.numbers.len() as f64);
    if n < 20.0 || m < 20.0 {
        return None;
    }
    let share_in =
        |s: &[f64], x: f64| (s.partition_point(|v| *v <= x) - s.partition_point(|v| *v < x)) as f64 / s.len() as f64;
    let (low, high) = (then.numbers[0], then.numbers[then.numbers.len() - 1]);
    let whole = (now.present() as f64 / now.rows.max(1) as f64).min(1.0);
    let mut best: Option<(f64, f64, f64)> = None;
    let mut i = 0;
    while i < now.numbers.len() {
        let x = now.numbers[i];
        let next = now.numbers.partition_point(|v| *v <= x);
        let (share, before) = ((next - i) as f64 / n, share_in(&then.numbers, x));
        // A number that nobody writes for nothing must stand well apart.
        let apart = 0.25 * (high - low);
        let strange = x < low - apart || x > high + apart || NUMBERS.contains(&x);
        if strange
            && next - i >= 5
            && share >= 0.003
            && share > 5.0 * before + 0.002
            && best.is_none_or(|b| share > b.1)
        {
            best = Some((x, share, before));
        }
        i = next;
    }
    let (x, share, before) = best?;
    // A listed one that the reference could not have held needs no more proof, where it stands there alone.
    let side = |v: f64| if x < low { v < low } else { v > high };
    let there = now.numbers.iter().filter(|v| side(**v)).count() as f64;
    let beyond = NUMBERS.contains(&x)
        && before == 0.0
        && (x < low.min(0.0) || x > 2.0 * high.max(0.0))
        && share * n >= 0.9 * there;
    // Without it the column must be what it was, or nearly: otherwise the column moved, and the value moved with it.
    let rest = Sampled {
        numbers: now.numbers.iter().copied().filter(|v| *v != x).collect(),
        rows: (n * (1.0 - share)) as u64,
        ..Sampled::default()
    };
    let was = Sampled {
        numbers: then.numbers.iter().copied().filter(|v| *v != x).collect(),
        rows: (m * (1.0 - before)) as u64,
        ..Sampled::default()
    };
    if rest.numbers.len() < 20 {
        return None;
    }
    if surely && !beyond {
        return None;
    }
    if !beyond && !rest.like(&was, 0.05) && rest.distance(&was).0 > 0.4 * now.distance(&then).0 {
        return None;
    }
    let rate = share * whole * case.share_of(&affected.windows);
    Some((x.into(), digits(x), rate, before, affected))
}

fn word(case: &Case<'_>, column: usize) -> Option<Found> {
    if !case.special_moved(column, Special::Other) {
        return known_word(case, column);
    }
    let spec = case.spec(column);
    let affected = case.affected_by(case.special(column, Special::Other)?);
    let now = Sampled::of(spec, case.current, column, Some(&affected.inner()));
    let known = |t: &str| matches!(&spec.grid, Grid::Category { values } if values.iter().any(|v| v == t));
    let unknown: u64 = now.texts.iter().filter(|(t, _)| !known(t)).map(|(_, n)| n).sum();
    let (text, rows) = now.texts.iter().filter(|(t, _)| !known(t)).max_by_key(|(_, n)| **n)?;
    // A word for nothing; or one and the same word all over a column of numbers.
    let lone = spec.kind == ColumnKind::Number && *rows as f64 > 0.9 * unknown as f64;
    if !(is_null_word(text) || lone) || (*rows as f64) < 0.5 * unknown as f64 {
        return None;
    }
    let share = *rows as f64 / now.rows.max(1) as f64 * case.share_of(&affected.windows);
    Some((text.as_str().into(), format!("\"{text}\""), share, 0.0, affected))
}
