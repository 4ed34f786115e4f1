//! The same values written in another form: types, decimal commas, date layouts, casing, padding, encoding.

use std::collections::BTreeMap;

use super::super::case::{Affected, Case, Sampled, detail, evidence, finding, is_text};
use super::Claims;
use super::sentinel::is_null_word;
use crate::catalogue::Mode;
use crate::diagnosis::{Detail, Finding, Number};
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

fn named(case: &Case<'_>, column: usize, kind: &str, what: &str, affected: Option<&Affected>, share: f64) -> Finding {
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

/// A way in which spellings differ, by the kind that names it.
type Fold = fn(&str) -> String;

const FOLDS: [(&str, &str, Fold); 8] = [
    ("padding_changed", "is padded differently", fold_padding),
    ("casing_changed", "changed its upper and lower case", fold_case),
    ("encoding_changed", "changed its character encoding", fold_encoding),
    ("encoding_changed", "lost characters to another encoding", fold_lost),
    ("encoding_changed", "is escaped, or no longer", fold_escapes),
    ("type_changed", "writes its numbers in another form", fold_number),
    ("type_changed", "writes its truth values in another form", fold_truth),
    ("padding_changed", "changed its separators", fold_separators),
];

/// Categories that the reference spells otherwise.
fn spelling(case: &Case<'_>, column: usize) -> Option<Finding> {
    if is_text(case.spec(column)) || !case.special_moved(column, Special::Other) {
        return None;
    }
    let spec = case.spec(column);
    let crate::profile::Grid::Category { values } = &spec.grid else {
        return None;
    };
    let affected = case.affected_by(case.special(column, Special::Other)?);
    let now = Sampled::of(spec, case.current, column, Some(&affected.inner()));
    let known: std::collections::BTreeSet<&str> = values.iter().map(String::as_str).collect();
    let unknown: Vec<(&String, u64)> =
        now.texts.iter().filter(|(t, _)| !known.contains(t.as_str())).map(|(t, n)| (t, *n)).collect();
    let rows: u64 = unknown.iter().map(|(_, n)| n).sum();
    if rows == 0 {
        return None;
    }
    let twice: [(&str, &str, Fold); 2] = [
        ("casing_changed", "changed its case and padding", |t| fold_case(&fold_padding(t))),
        ("encoding_changed", "changed its encoding and case", |t| fold_case(&fold_padding(&fold_encoding(t)))),
    ];
    for (kind, what, fold) in FOLDS.into_iter().chain(twice) {
        let folded: BTreeMap<String, &str> = values.iter().rev().map(|v| (fold(v), v.as_str())).collect();
        let matched: Vec<(&String, &str, u64)> =
            unknown.iter().filter_map(|(t, n)| folded.get(&fold(t)).map(|v| (*t, *v, *n))).collect();
        let hit: u64 = matched.iter().map(|m| m.2).sum();
        if (hit as f64) < 0.8 * rows as f64 {
            continue;
        }
        let share = case.share_of(&affected.windows) * hit as f64 / now.rows.max(1) as f64;
        let (new, old, _) = matched.iter().max_by_key(|m| m.2)?;
        let mut f = named(
            case,
            column,
            kind,
            &format!("{what}, as {} for {}", quoted(&format!("{new:?}").replace('"', "")), quoted(old)),
            Some(&affected),
            share,
        );
        let map: BTreeMap<String, Detail> =
            matched.iter().take(20).map(|(new, old, _)| ((*old).to_owned(), Detail::Text((*new).clone()))).collect();
        f.detail = detail([("example", Detail::Map(map)), ("from", (*old).into()), ("to", new.as_str().into())]);
        f.evidence = vec![evidence("respelled_share", share)];
        return Some(f);
    }
    None
}

fn fold_padding(t: &str) -> String {
    let t = t.split_whitespace().collect::<Vec<_>>().join(" ");
    let digits = t.trim_start_matches('0');
    if !digits.is_empty() && t.bytes().all(|b| b.is_ascii_digit()) { digits.to_owned() } else { t }
}

fn fold_case(t: &str) -> String {
    t.to_lowercase()
}

/// Undoes UTF-8 read as Latin-1 or Windows-1252, then drops accents and replacement marks down to plain letters.
fn fold_encoding(t: &str) -> String {
    let bytes: Option<Vec<u8>> = t.chars().map(to_windows_1252).collect();
    let repaired = bytes
        .filter(|b| b.iter().any(|x| *x >= 0x80))
        .and_then(|b| String::from_utf8(b).ok())
        .unwrap_or_else(|| t.to_owned());
    repaired.chars().filter_map(plain_letter).collect()
}

/// What is left where every letter beyond ASCII may have become a question mark.
fn fold_lost(t: &str) -> String {
    let lost = |c: char| !c.is_ascii() || c == '?';
    if t.chars().any(lost) { t.chars().filter(|c| !lost(*c)).collect() } else { format!("\u{0}{t}") }
}

/// Undoes the escapes of HTML and of addresses: `&amp;`, `%20`.
fn fold_escapes(t: &str) -> String {
    let mut plain = t.to_owned();
    for (escape, meaning) in [
        ("&lt;", "<"),
        ("&gt;", ">"),
        ("&quot;", "\""),
        ("&#34;", "\""),
        ("&#39;", "'"),
        ("&#x27;", "'"),
        ("&apos;", "'"),
        ("&nbsp;", " "),
        ("&amp;", "&"),
    ] {
        plain = plain.replace(escape, meaning);
    }
    let mut bytes = Vec::with_capacity(plain.len());
    let mut rest = plain.as_bytes();
    while let Some((first, tail)) = rest.split_first() {
        let hex = |i: usize| tail.get(i).and_then(|b| char::from(*b).to_digit(16));
        if let (b'%', Some(high), Some(low)) = (*first, hex(0), hex(1)) {
            bytes.push((high * 16 + low) as u8);
            rest = tail.get(2..).unwrap_or(&[]);
        } else {
            bytes.push(*first);
            rest = tail;
        }
    }
    String::from_utf8(bytes).unwrap_or(plain)
}

fn to_windows_1252(c: char) -> Option<u8> {
    const HIGH: [(char, u8); 27] = [
        ('€', 0x80),
        ('‚', 0x82),
        ('ƒ', 0x83),
        ('„', 0x84),
        ('…', 0x85),
        ('†', 0x86),
        ('‡', 0x87),
        ('ˆ', 0x88),
        ('‰', 0x89),
        ('Š', 0x8a),
        ('‹', 0x8b),
        ('Œ', 0x8c),
        ('Ž', 0x8e),
        ('‘', 0x91),
        ('’', 0x92),
        ('“', 0x93),
        ('”', 0x94),
        ('•', 0x95),
        ('–', 0x96),
        ('—', 0x97),
        ('˜', 0x98),
        ('™', 0x99),
        ('š', 0x9a),
        ('›', 0x9b),
        ('œ', 0x9c),
        ('ž', 0x9e),
        ('Ÿ', 0x9f),
    ];
    u8::try_from(u32::from(c)).ok().or_else(|| HIGH.iter().find(|(h, _)| *h == c).map(|(_, b)| *b))
}

/// The unaccented letter; nothing for marks that stand for a lost character, so that a lost letter is no difference.
fn plain_letter(c: char) -> Option<char> {
    const FOLDED: &str = "àaáaâaãaäaåaçcèeéeêeëeìiíiîiïiñnòoóoôoõoöoøoùuúuûuüuýyÿyšsžzÀAÁAÂAÃAÄAÅAÇCÈEÉEÊEËEÌIÍIÎIÏIÑNÒOÓOÔOÕOÖOØOÙUÚUÛUÜUÝYŠSŽZłlŁLćcęeąaśsźzżzğgışsřrčcěeďdťtňn";
    if c == '\u{fffd}' || ('\u{300}'..='\u{36f}').contains(&c) {
        return None;
    }
    if c.is_ascii() {
        return Some(c);
    }
    let mut pairs = FOLDED.chars();
    while let (Some(accented), Some(plain)) = (pairs.next(), pairs.next()) {
        if accented == c {
            return Some(plain);
        }
    }
    Some(c)
}

fn fold_number(t: &str) -> String {
    t.trim()
        .replace(',', ".")
        .parse::<f64>()
        .map_or_else(|_| format!("\u{0}{t}"), crate::profile::sample::canonical_number)
}

fn fold_truth(t: &str) -> String {
    match t.trim().to_lowercase().as_str() {
        "1" | "1.0" | "true" | "t" | "yes" | "y" | "on" => "true".to_owned(),
        "0" | "0.0" | "false" | "f" | "no" | "n" | "off" => "false".to_owned(),
        _ => format!("\u{0}{t}"),
    }
}

fn fold_separators(t: &str) -> String {
    t.chars().filter(|c| c.is_alphanumeric()).flat_map(char::to_lowercase).collect()
}

/// Codes of one width, as postal codes, that lost their leading noughts: somebody kept them as numbers.
fn lost_noughts(case: &Case<'_>, column: usize) -> Option<Finding> {
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
fn pattern(case: &Case<'_>, column: usize) -> Option<Finding> {
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
    fn folds_undo_what_upstreams_do() {
        assert_eq!(fold_encoding("SÃ£o Paulo"), fold_encoding("São Paulo"));
        assert_eq!(fold_encoding("Sao Paulo"), fold_encoding("São Paulo"));
        assert_eq!(fold_padding(" Online  TA "), "Online TA");
        assert_eq!(fold_padding("007"), "7");
        assert_eq!(fold_escapes("Food &amp; drink"), "Food & drink");
        assert_eq!(fold_escapes("S%C3%A3o%20Paulo"), "São Paulo");
        assert_eq!(fold_escapes("100 %"), "100 %");
        assert_eq!(fold_number("1.0"), fold_number("1"));
        assert_eq!(fold_truth("Yes"), fold_truth("true"));
        assert_eq!(decimal_comma("1.234,5"), Some(1234.5));
        assert_eq!(decimal_comma("-0,25"), Some(-0.25));
        assert_eq!(without_thousands("1,234,567.8"), Some(1_234_567.8));
        assert_eq!(without_thousands("12"), None);
    }

    #[test]
    fn dates_have_a_shape() {
        assert!(looks_like_date("9999-99-99") && looks_like_date("99/99/9999") && looks_like_date("99.99.9999"));
        assert!(!looks_like_date("A999") && !looks_like_date("999.99"));
    }
}
