//! The same values written in another form: types, date layouts, decimal commas; then spellings and shapes.

use std::collections::BTreeMap;

use super::super::case::{Affected, Case, Sampled, detail, evidence, finding};
use super::Claims;
use super::sentinel::is_null_word;
use super::shape::{lost_noughts, pattern};
use super::spelling::spelling;
use crate::catalogue::Mode;
use crate::diagnosis::{Finding, Number};
use crate::profile::ColumnKind;
use crate::profile::grid::Special;
use crate::profile::period::Notation;
use crate::profile::schema::Role;
use crate::text::{percent, quoted};

pub(super) fn check(case: &Case<'_>, claims: &mut Claims) {
    for column in 0..case.baseline.columns.len() {
        let role = case.spec(column).role;
        if !claims.open(column) || role == Role::Ignore {
            continue;
        }
        let found = notation(case, column)
            .or_else(|| lost_noughts(case, column))
            .or_else(|| native_type(case, column))
            .or_else(|| {
                if case.spec(column).kind.is_ordered() { number_form(case, column) } else { spelling(case, column) }
            })
            .or_else(|| pattern(case, column));
        if let Some(f) = found {
            claims.claim(&[column], f);
        }
    }
}

pub(super) fn named(
    case: &Case<'_>,
    column: usize,
    kind: &str,
    what: &str,
    affected: Option<&Affected>,
    share: f64,
) -> Finding {
    let name = &case.spec(column).name;
    let mut f = finding(
        Mode::SchemaChange,
        Some(kind),
        &[name.as_str()],
        format!("{} {what} ({} of the rows)", quoted(name), percent(share)),
    );
    f.onset = Some(affected.map_or_else(|| case.onset_at(0, 0, 0), |a| a.onset.clone()));
    f.share = Some(Number(share));
    f
}

/// The files declare another type than the reference's did.
fn native_type(case: &Case<'_>, column: usize) -> Option<Finding> {
    let spec = case.spec(column);
    let now = case.current.natives.get(column)?.as_deref()?;
    if now == spec.native || now.is_empty() || spec.native.is_empty() || now == "null" || spec.native == "null" {
        return None;
    }
    // Text that holds decimal commas or dates in another layout is named as that.
    if spec.kind.is_ordered()
        && let Some(f) = number_form(case, column)
    {
        return Some(f);
    }
    // Numbers became text because some of them are a word for nothing: the word is the news.
    if spec.kind == ColumnKind::Number {
        let texts = Sampled::of(spec, case.current, column, None).texts;
        let (nothing, all) = texts
            .iter()
            .fold((0, 0), |(nothing, all), (t, n)| (nothing + if is_null_word(t) { *n } else { 0 }, all + n));
        if 2 * nothing > all && case.special_moved(column, Special::Other) {
            return None;
        }
    }
    let mut f = named(case, column, "type_changed", &format!("was {} and now comes as {now}", spec.native), None, 1.0);
    f.detail = detail([("from", spec.native.as_str().into()), ("to", now.into())]);
    f.evidence = vec![evidence("type_changed_share", 1.0)];
    Some(f)
}

/// The notation of cells that still parse: a date layout, a decimal comma, numbers in quotes.
fn notation(case: &Case<'_>, column: usize) -> Option<Finding> {
    let then = case.baseline.reference.layouts.get(column)?;
    let now = case.current.layouts.get(column)?;
    let share_of = |m: &BTreeMap<String, Notation>, layout: &str, rows: u64| {
        m.get(layout).map_or(0, |n| n.rows) as f64 / rows.max(1) as f64
    };
    let (rows_then, rows_now) = (case.baseline.reference.rows(), case.current.rows());
    let rise = |l: &String| share_of(now, l, rows_now) - share_of(then, l, rows_then);
    let (to, share) = now.keys().map(|l| (l, rise(l))).max_by(|a, b| a.1.total_cmp(&b.1))?;
    if share < 0.01 || share_of(then, to, rows_then) > 0.2 {
        return None;
    }
    let from = then.iter().max_by_key(|(_, n)| n.rows).map_or("", |(l, _)| l.as_str());
    // A text format always writes its times as text: only a file that declares them as text has changed.
    let declared = case.current.natives.get(column).and_then(Option::as_deref);
    if from.is_empty() && declared == Some("time") {
        return None;
    }
    let (kind, what) = match to.as_str() {
        "decimal comma" => ("decimal_comma", "now writes its decimals with a comma".to_owned()),
        "padded" => ("padding_changed", "now has blanks around its values".to_owned()),
        "quoted number" => ("type_changed", "held numbers and now holds them as text".to_owned()),
        "boolean digit" | "boolean word" => ("type_changed", format!("now writes its truth values as {to}")),
        _ if from.is_empty() => ("type_changed", format!("now comes as text dates, {to}")),
        _ => ("date_layout_changed", format!("changed its date layout from {from} to {to}")),
    };
    let mut f = named(case, column, kind, &what, None, share);
    let window = now.get(to).map_or(0, |n| case.window_of_row(n.first_row));
    f.onset = Some(case.onset_at(window, window, window));
    f.detail = detail([("from", from.into()), ("to", to.as_str().into())]);
    f.evidence = vec![evidence("notation_share", share)];
    Some(f)
}

/// Texts in a column of numbers.
fn number_form(case: &Case<'_>, column: usize) -> Option<Finding> {
    if !case.special_moved(column, Special::Other) {
        return None;
    }
    let spec = case.spec(column);
    let affected = case.affected_by(case.special(column, Special::Other)?);
    let now = Sampled::of(spec, case.current, column, Some(&affected.inner()));
    let unparsed: u64 = now.texts.values().sum();
    if unparsed == 0 {
        return None;
    }
    let part = |test: &dyn Fn(&str) -> bool| {
        now.texts.iter().filter(|(t, _)| test(t)).map(|(_, n)| n).sum::<u64>() as f64 / unparsed as f64
    };
    if part(&|t| is_null_word(t)) > 0.5
        || (now.texts.len() <= 2 && part(&|t| !t.contains(|c: char| c.is_ascii_digit())) > 0.9)
    {
        return None; // A word for nothing: a sentinel.
    }
    let share = case.share_of(&affected.windows) * unparsed as f64 / now.present().max(1) as f64;
    let then = Sampled::of(spec, &case.baseline.reference, column, None);
    let parsed = |clean: &dyn Fn(&str) -> Option<f64>| {
        let mut s = Sampled { numbers: now.numbers.clone(), ..Sampled::default() };
        for (t, n) in &now.texts {
            if let Some(x) = clean(t) {
                s.numbers.extend(std::iter::repeat_n(x, *n as usize));
            }
        }
        s.numbers.sort_by(f64::total_cmp);
        s.rows = s.numbers.len() as u64;
        s.distance(&then).0
    };
    let example = now.texts.iter().max_by_key(|(_, n)| **n).map(|(t, _)| t.clone()).unwrap_or_default();
    let (comma, thousands) = (part(&|t| decimal_comma(t).is_some()), part(&|t| without_thousands(t).is_some()));
    if comma > 0.5 && (thousands < 0.5 || parsed(&decimal_comma) <= parsed(&without_thousands)) {
        let mut f = named(
            case,
            column,
            "decimal_comma",
            &format!("now writes its decimals with a comma, as in {}", quoted(&example)),
            Some(&affected),
            share,
        );
        f.detail = detail([("example", example.as_str().into())]);
        f.evidence = vec![evidence("decimal_comma_share", share)];
        return Some(f);
    }
    let to = if thousands > 0.5 {
        "numbers with thousands separators"
    } else if part(&|t| t.trim().parse::<f64>().is_ok()) > 0.5 {
        "numbers in padded text"
    } else if part(&|t| t.contains(|c: char| c.is_ascii_digit())) > 0.5 {
        "numbers with text around them"
    } else {
        "text"
    };
    let mut f = named(
        case,
        column,
        "type_changed",
        &format!("held numbers and now holds {to}, as {}", quoted(&example)),
        Some(&affected),
        share,
    );
    f.detail = detail([("from", "number".into()), ("to", to.into()), ("example", example.as_str().into())]);
    f.evidence = vec![evidence("unparsed_share", share)];
    Some(f)
}

/// `1,5` and `1.234,5` as a number; not `1,234` in which nothing tells, unless read that way.
fn decimal_comma(t: &str) -> Option<f64> {
    let (whole, fraction) = t.trim().rsplit_once(',')?;
    if fraction.is_empty() || !fraction.bytes().all(|b| b.is_ascii_digit()) || whole.contains(',') {
        return None;
    }
    format!("{}.{fraction}", whole.replace(['.', ' ', '\''], "")).parse().ok()
}

/// `1,234.5` or `1 234` as a number.
fn without_thousands(t: &str) -> Option<f64> {
    let t = t.trim();
    let whole = t.split('.').next()?;
    let mut groups = whole.split([',', ' ', '\'', '\u{a0}', '\u{202f}']);
    groups.next()?;
    let mut any = false;
    for g in groups {
        if g.len() != 3 {
            return None;
        }
        any = true;
    }
    if !any {
        return None;
    }
    t.replace([',', ' ', '\'', '\u{a0}', '\u{202f}'], "").parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_read_as_they_are_written_elsewhere() {
        assert_eq!(decimal_comma("1.234,5"), Some(1234.5));
        assert_eq!(decimal_comma("-0,25"), Some(-0.25));
        assert_eq!(without_thousands("1,234,567.8"), Some(1_234_567.8));
        assert_eq!(without_thousands("12"), None);
    }
}
