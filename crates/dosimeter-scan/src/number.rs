//! Numbers and booleans from text, on bytes: no allocation, no locale, no surprise.
//!
//! The common short number is read directly: at most fifteen digits and a power of ten that `f64` holds exactly give
//! the correctly rounded result with one division (Clinger 1990). Everything else goes to the standard library.

use crate::layout::Layout;

/// Leading ASCII digits (at most 18): their value, how many, what follows.
pub(crate) fn digits(text: &[u8]) -> Option<(u64, usize, &[u8])> {
    let mut value = 0u64;
    let mut width = 0;
    for c in text {
        if !c.is_ascii_digit() {
            break;
        }
        if width == 18 {
            return None;
        }
        value = value * 10 + u64::from(c - b'0');
        width += 1;
    }
    if width == 0 { None } else { Some((value, width, text.get(width..).unwrap_or_default())) }
}

/// A whole number that fits `i64`: an optional sign and digits.
pub(crate) fn parse_integer(text: &[u8]) -> Option<i64> {
    let (negative, body) = match text {
        [b'-', body @ ..] => (true, body),
        [b'+', body @ ..] => (false, body),
        body => (false, body),
    };
    if let Some((value, _, [])) = digits(body) {
        let value = value as i64; // at most 18 digits: fits
        return Some(if negative { -value } else { value });
    }
    std::str::from_utf8(text).ok()?.parse().ok()
}

const TENS: [f64; 23] = [
    1e0, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9, 1e10, 1e11, 1e12, 1e13, 1e14, 1e15, 1e16, 1e17, 1e18, 1e19, 1e20,
    1e21, 1e22,
];

/// A number; `comma` reads `1,5` as one and a half. NaN and infinities by their usual names.
pub(crate) fn parse_number(text: &[u8], comma: bool) -> Option<f64> {
    let (negative, body) = match text {
        [b'-', body @ ..] => (true, body),
        [b'+', body @ ..] => (false, body),
        body => (false, body),
    };
    let point = if comma { b',' } else { b'.' };
    let mut mantissa = 0u64;
    let mut seen = 0usize;
    let mut fraction = 0usize;
    let mut pointed = false;
    let mut plain = true;
    for &c in body {
        if c.is_ascii_digit() {
            mantissa = mantissa.wrapping_mul(10).wrapping_add(u64::from(c - b'0'));
            seen += 1;
            fraction += usize::from(pointed);
        } else if c == point && !pointed {
            pointed = true;
        } else {
            plain = false;
            break;
        }
    }
    if plain && seen > 0 && seen <= 15 {
        // Fifteen digits stay below 2^53 and 10^15 is exact, so the division rounds once.
        let value = mantissa as f64 / TENS.get(fraction).copied().unwrap_or(1.0);
        return Some(if negative { -value } else { value });
    }
    if comma {
        if body.contains(&b'.') {
            return None;
        }
        let swapped: Vec<u8> = text.iter().map(|&c| if c == b',' { b'.' } else { c }).collect();
        return std::str::from_utf8(&swapped).ok()?.parse().ok();
    }
    std::str::from_utf8(text).ok()?.parse().ok()
}

/// `true` and `false` in any case; digits and words only when asked to read towards a boolean, with their layout.
pub(crate) fn parse_boolean(text: &[u8], lenient: bool) -> Option<(bool, Option<Layout>)> {
    if text.len() > 5 {
        return None;
    }
    let is = |word: &[u8]| text.eq_ignore_ascii_case(word);
    if is(b"true") {
        return Some((true, None));
    }
    if is(b"false") {
        return Some((false, None));
    }
    if !lenient {
        return None;
    }
    match text {
        b"1" | b"1.0" => return Some((true, Some(Layout::BooleanDigit))),
        b"0" | b"0.0" => return Some((false, Some(Layout::BooleanDigit))),
        _ => {}
    }
    if is(b"yes") || is(b"y") || is(b"t") {
        return Some((true, Some(Layout::BooleanWord)));
    }
    if is(b"no") || is(b"n") || is(b"f") {
        return Some((false, Some(Layout::BooleanWord)));
    }
    None
}

/// The canonical text of a number: whole ones without `.0`, the shortest that reads back otherwise.
pub(crate) fn write_number(value: f64, into: &mut String) {
    use std::fmt::Write;
    into.clear();
    // Writing to a String cannot fail.
    let _ = if value == 0.0 {
        write!(into, "0")
    } else if value.is_finite() && !(1e-6..1e21).contains(&value.abs()) {
        write!(into, "{value:e}")
    } else {
        write!(into, "{value}")
    };
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn agrees_with_the_standard_library() {
        let mut state = 1u64;
        for i in 0..200_000 {
            state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            let value = match i % 4 {
                0 => (state >> 11) as f64 / 1e6,
                1 => ((state >> 40) as f64 - 8e6) / 1000.0,
                2 => f64::from_bits(state),
                _ => (state >> 50) as f64,
            };
            for text in [format!("{value}"), format!("{value:.3}"), format!("{value:e}")] {
                let ours = parse_number(text.as_bytes(), false).map(f64::to_bits);
                let theirs = text.parse::<f64>().ok().map(f64::to_bits);
                assert_eq!(ours, theirs, "{text}");
                let comma = parse_number(text.replace('.', ",").as_bytes(), true).map(f64::to_bits);
                assert_eq!(comma, theirs, "{text} with a comma");
            }
        }
    }

    #[test]
    fn odd_numbers() {
        for text in ["", "-", "+", ".", "1.2.3", "1e", "0x10", "1_000", "1,5", "abc", " 1", "--1", "1-"] {
            assert_eq!(parse_number(text.as_bytes(), false), None, "{text}");
        }
        assert_eq!(parse_number(b"-0", false).map(f64::is_sign_negative), Some(true));
        assert_eq!(parse_number(b"1e400", false), Some(f64::INFINITY));
        assert_eq!(parse_number(b".5", false), Some(0.5));
        assert_eq!(parse_number(b"5.", false), Some(5.0));
        assert_eq!(parse_integer(b"9223372036854775807"), Some(i64::MAX));
        assert_eq!(parse_integer(b"-9223372036854775808"), Some(i64::MIN));
        assert_eq!(parse_integer(b"9223372036854775808"), None);
        assert_eq!(parse_integer(b"9007199254740993"), Some(9_007_199_254_740_993));
        assert_eq!(parse_integer(b""), None);
    }

    #[test]
    fn canonical_text() {
        let mut s = String::new();
        for (value, expected) in
            [(1.0, "1"), (-0.0, "0"), (0.1, "0.1"), (1e15, "1000000000000000"), (1e21, "1e21"), (f64::INFINITY, "inf")]
        {
            write_number(value, &mut s);
            assert_eq!(s, expected);
        }
    }
}
