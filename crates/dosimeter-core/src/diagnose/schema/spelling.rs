//! The same categories, spelt otherwise: casing, padding, encoding, escapes, numbers and truth values in other words.

use std::collections::BTreeMap;

use super::super::case::{Case, Sampled, detail, evidence, is_text};
use super::form::named;
use crate::diagnosis::{Detail, Finding};
use crate::profile::grid::Special;
use crate::text::quoted;

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
pub(super) fn spelling(case: &Case<'_>, column: usize) -> Option<Finding> {
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
    }
}
