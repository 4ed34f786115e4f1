//! Keys and free text: the shape that nearly every value had gave way to another.

use std::collections::BTreeMap;

use super::super::case::{Case, Sampled, detail, evidence};
use super::form::named;
use crate::diagnosis::Finding;
use crate::profile::ColumnKind;
use crate::profile::grid::Special;
use crate::text::quoted;

/// Codes of one width, as postal codes, that lost their leading noughts: somebody kept them as numbers.
pub(super) fn lost_noughts(case: &Case<'_>, column: usize) -> Option<Finding> {
    let spec = case.spec(column);
    if spec.kind.is_ordered() {
        return None;
    }
    let then = Sampled::of(spec, &case.baseline.reference, column, None);
    let now = Sampled::of(spec, case.current, column, None);
    let share = |s: &Sampled, test: &dyn Fn(&str) -> bool| {
        let n: u64 = s.texts.iter().filter(|(t, _)| test(t)).map(|(_, n)| n).sum();
        n as f64 / s.texts.values().sum::<u64>().max(1) as f64
    };
    let digits = |t: &str| !t.is_empty() && t.bytes().all(|b| b.is_ascii_digit());
    let width = then.texts.iter().filter(|(t, _)| digits(t)).max_by_key(|(_, n)| **n).map(|(t, _)| t.len())?;
    let nought = |t: &str| digits(t) && t.len() == width && t.starts_with('0');
    let short = |t: &str| digits(t) && t.len() < width && !t.starts_with('0');
    let fixed = share(&then, &|t| digits(t) && t.len() == width);
    let (had, has, lost) = (share(&then, &nought), share(&now, &nought), share(&now, &short));
    if width < 3 || fixed < 0.99 || had < 0.005 || then.present() < 50 || now.present() < 50 {
        return None;
    }
    // As many became shorter as had a nought, in all rows or in those since it began.
    if lost < 0.2 * had || share(&then, &short) > 0.0 || has > had - 0.7 * lost || lost * (now.rows as f64) < 10.0 {
        return None;
    }
    let example = now.texts.keys().find(|t| short(t)).cloned().unwrap_or_default();
    let padded = format!("{}{example}", "0".repeat(width - example.len()));
    let what = format!("lost its leading zeros, as {} for {}", quoted(&example), quoted(&padded));
    let mut f = named(case, column, "padding_changed", &what, None, lost);
    f.detail = detail([("from", padded.as_str().into()), ("to", example.as_str().into())]);
    let sample = &case.current.sample;
    let first = sample.columns.get(column).and_then(|c| c.texts.iter().find(|(_, t)| short(t)));
    let window = first.and_then(|(i, _)| sample.windows.get(*i as usize)).map_or(0, |w| *w as usize);
    f.onset = Some(case.onset_at(window, window.saturating_sub(1), window));
    f.evidence = vec![evidence("shorter_share", lost)];
    Some(f)
}

/// Free text and keys: the shape that nearly every value had gave way to another.
pub(super) fn pattern(case: &Case<'_>, column: usize) -> Option<Finding> {
    let spec = case.spec(column);
    if spec.kind != ColumnKind::Text
        && !(spec.kind == ColumnKind::Category && case.special_moved(column, Special::Other))
    {
        return None;
    }
    let then = patterns(&Sampled::of(spec, &case.baseline.reference, column, None));
    let now = Sampled::of(spec, case.current, column, None);
    let shapes = patterns(&now);
    let (old, old_share) = then.iter().max_by(|a, b| a.1.total_cmp(b.1))?;
    let (new, share) =
        shapes.iter().filter(|(p, _)| then.get(*p).copied().unwrap_or(0.0) < 0.01).max_by(|a, b| a.1.total_cmp(b.1))?;
    // A counter that gained a digit has not changed its shape.
    let plain = |shape: &str| {
        shape.chars().fold(String::new(), |s, c| if c == '9' && s.ends_with('9') { s } else { s + &c.to_string() })
    };
    if !(looks_like_date(old) && looks_like_date(new)) && then.keys().any(|p| plain(p) == plain(new)) {
        return None;
    }
    if *old_share < 0.6 || *share < 0.05 || now.rows < 50 || *share * (now.rows as f64) < 15.0 {
        return None;
    }
    let dates = looks_like_date(old) && looks_like_date(new);
    if spec.kind == ColumnKind::Category && !dates {
        return None; // New categories have shapes of their own.
    }
    let (kind, what) = if looks_like_date(old) && looks_like_date(new) {
        ("date_layout_changed", "changed its date layout")
    } else if old.to_lowercase() == new.to_lowercase() {
        ("casing_changed", "changed its upper and lower case")
    } else if old.replace(' ', "") == new.replace(' ', "") {
        ("padding_changed", "is padded differently")
    } else {
        ("type_changed", "changed the shape of its values")
    };
    let mut f = named(case, column, kind, &format!("{what}, from {} to {}", quoted(old), quoted(new)), None, *share);
    f.detail = detail([("from", old.as_str().into()), ("to", new.as_str().into())]);
    let first = first_with(case, column, new).unwrap_or(0);
    f.onset = Some(case.onset_at(first, first.saturating_sub(1), first));
    f.evidence = vec![evidence("pattern_share", *share)];
    Some(f)
}

/// The window of the first sampled row of a shape.
fn first_with(case: &Case<'_>, column: usize, wanted: &str) -> Option<usize> {
    let sample = &case.current.sample;
    let texts = &sample.columns.get(column)?.texts;
    texts
        .iter()
        .find(|(_, t)| shape(t) == wanted)
        .and_then(|(i, _)| sample.windows.get(*i as usize))
        .map(|w| *w as usize)
}

/// Shares of shapes: digits become 9, letters a or A, runs of letters are one.
fn patterns(s: &Sampled) -> BTreeMap<String, f64> {
    let mut shares: BTreeMap<String, f64> = BTreeMap::new();
    let total = s.texts.values().sum::<u64>().max(1) as f64;
    for (t, n) in &s.texts {
        *shares.entry(shape(t)).or_insert(0.0) += *n as f64 / total;
    }
    shares
}

fn shape(text: &str) -> String {
    let mut shape = String::new();
    for c in text.chars().take(40) {
        let c = match c {
            c if c.is_numeric() => '9',
            c if c.is_lowercase() => 'a',
            c if c.is_alphabetic() => 'A',
            c => c,
        };
        if !(c.is_alphabetic() && shape.ends_with(c)) {
            shape.push(c);
        }
    }
    shape
}

fn looks_like_date(shape: &str) -> bool {
    let digits = shape.bytes().filter(|b| *b == b'9').count();
    let separators = shape.chars().filter(|c| "-/. T:".contains(*c)).count();
    (6..=14).contains(&digits) && separators >= 2
        || shape == "99999999"
        || shape == "9999999999"
        || shape == "9999999999999"
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dates_have_a_shape() {
        assert!(looks_like_date("9999-99-99") && looks_like_date("99/99/9999") && looks_like_date("99.99.9999"));
        assert!(!looks_like_date("A999") && !looks_like_date("999.99"));
    }
}
