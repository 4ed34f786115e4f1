//! Numbers for people: as many digits as mean something, and no more.
//!
//! Three significant digits, thousands separated by commas, a true minus sign, a percent sign that does not come loose
//! from its number. A number that is not finite is a dash: nothing is known.

/// What stands for a number that is not known.
pub const UNKNOWN: &str = "–";

fn grouped(digits: &str) -> String {
    let mut out = String::new();
    for (i, c) in digits.chars().enumerate() {
        if i > 0 && (digits.len() - i).is_multiple_of(3) {
            out.push(',');
        }
        out.push(c);
    }
    out
}

/// A count: `41,210`.
#[must_use]
pub fn count(n: u64) -> String {
    grouped(&n.to_string())
}

/// A count with its noun: `1 column`, `12 columns`.
#[must_use]
pub fn counted(n: usize, noun: &str) -> String {
    let plural = if n == 1 { "" } else { "s" };
    format!("{} {noun}{plural}", count(n as u64))
}

/// Decimals that show three significant digits of `magnitude`, from 0 to 6.
fn decimals(magnitude: f64) -> usize {
    if !magnitude.is_finite() || magnitude == 0.0 {
        return 3;
    }
    (2 - magnitude.abs().log10().floor() as i32).clamp(0, 6) as usize
}

fn minus(text: String) -> String {
    match text.strip_prefix('-') {
        // "-0.000" is nothing but a rounded zero.
        Some(rest) if rest.chars().all(|c| matches!(c, '0' | '.')) => rest.to_owned(),
        Some(rest) => format!("−{rest}"),
        None => text,
    }
}

/// Fixed decimals with thousands separators and a true minus.
#[must_use]
pub fn fixed(v: f64, decimals: usize) -> String {
    if !v.is_finite() {
        return UNKNOWN.to_owned();
    }
    if v.abs() >= 1e15 {
        return minus(format!("{v:.2e}").replace('e', "e+"));
    }
    let text = format!("{v:.decimals$}");
    let (sign, rest) = match text.strip_prefix('-') {
        Some(rest) => ("-", rest),
        None => ("", text.as_str()),
    };
    let (whole, fraction) = match rest.split_once('.') {
        Some((whole, fraction)) => (whole, format!(".{fraction}")),
        None => (rest, String::new()),
    };
    minus(format!("{sign}{}{fraction}", grouped(whole)))
}

/// Any number with three significant digits: `0.0413`, `12.3`, `1,235`, `1.2e-9`, `3.4e+20`. Whole numbers stay whole.
#[must_use]
pub fn plain(v: f64) -> String {
    let size = v.abs();
    if !v.is_finite() {
        UNKNOWN.to_owned()
    } else if size != 0.0 && size < 1e-4 {
        minus(format!("{v:.1e}"))
    } else if size >= 1e15 {
        minus(format!("{v:.2e}").replace('e', "e+"))
    } else if v.fract() == 0.0 {
        fixed(v, 0)
    } else {
        let text = fixed(v, decimals(v));
        match text.contains('.') {
            true => text.trim_end_matches('0').trim_end_matches('.').to_owned(),
            false => text,
        }
    }
}

/// Decimals of a value of the watched metric.
pub(crate) fn metric_decimals(v: f64) -> usize {
    if v.abs() <= 1.0 { 3 } else { decimals(v) }
}

/// A value of the watched metric: three decimals up to 1, three significant digits beyond.
#[must_use]
pub fn metric(v: f64) -> String {
    fixed(v, metric_decimals(v))
}

/// A change of the metric, with its sign: `−0.153`, `+0.002`, `0.000`.
#[must_use]
pub fn change(v: f64) -> String {
    signed(v, metric_decimals(v))
}

fn shows(text: &str) -> bool {
    text.chars().any(|c| c.is_ascii_digit() && c != '0')
}

/// Fixed decimals with a sign, where it is not a rounded zero.
#[must_use]
pub fn signed(v: f64, decimals: usize) -> String {
    let text = fixed(v, decimals);
    if v > 0.0 && shows(&text) { format!("+{text}") } else { text }
}

/// A size that is never rounded to nothing: fixed decimals, more significant digits where those show none.
#[must_use]
pub fn least(v: f64, decimals: usize) -> String {
    let text = if v.abs() <= 1.0 { fixed(v, decimals) } else { metric(v) };
    if v != 0.0 && !shows(&text) { plain(v) } else { text }
}

/// A signed interval: `−0.161 to −0.145`.
#[must_use]
pub fn change_interval(low: f64, high: f64) -> String {
    format!("{} to {}", change(low), change(high))
}

/// An interval of values: `0.83 to 0.85`.
#[must_use]
pub fn interval(low: f64, high: f64) -> String {
    format!("{} to {}", metric(low), metric(high))
}

/// A fraction as a percentage, never rounded to a false 0 % or 100 %.
#[must_use]
pub fn percent(fraction: f64) -> String {
    let p = fraction * 100.0;
    if !p.is_finite() {
        return UNKNOWN.to_owned();
    }
    let text = if p > 0.0 && p < 0.1 {
        "< 0.1".to_owned()
    } else if p > 99.9 && p < 100.0 {
        "> 99.9".to_owned()
    } else if p.abs() < 10.0 && p.fract() != 0.0 || p > 99.0 && p < 100.0 {
        fixed(p, 1)
    } else {
        fixed(p, 0)
    };
    format!("{text}\u{a0}%")
}

/// A p-value: `0.031`, `0.0004`, `2e-12`, `< 1e-300`.
#[must_use]
pub fn p_value(p: f64) -> String {
    if !p.is_finite() {
        UNKNOWN.to_owned()
    } else if p < 1e-300 {
        "< 1e-300".to_owned()
    } else if p < 1e-4 {
        format!("{p:.0e}")
    } else if p < 0.001 {
        format!("{p:.4}")
    } else {
        format!("{p:.3}")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn three_significant_digits() {
        let check = |v: f64, expected: &str| assert_eq!(plain(v), expected, "{v}");
        check(0.0, "0");
        check(-0.0, "0");
        check(3.0, "3");
        check(0.041_666, "0.0417");
        check(-12.345, "−12.3");
        check(1234.5, "1,234");
        check(1_234_567.0, "1,234,567");
        check(1.23e-9, "1.2e-9");
        check(-3.4e20, "−3.40e+20");
        check(f64::NAN, "–");
        check(f64::NEG_INFINITY, "–");
        check(f64::MAX, "1.80e+308");
        check(f64::MIN_POSITIVE, "2.2e-308");
    }

    #[test]
    fn metrics_and_changes() {
        assert_eq!(metric(0.839), "0.839");
        assert_eq!(metric(1.0), "1.000");
        assert_eq!(metric(31_415.9), "31,416");
        assert_eq!(change(-0.153), "−0.153");
        assert_eq!(change(0.0021), "+0.002");
        assert_eq!(change(0.0001), "0.000");
        assert_eq!(change(-0.0001), "0.000");
        assert_eq!(signed(0.00376, 4), "+0.0038");
        assert_eq!([least(0.0664, 3), least(0.000_21, 3), least(12.34, 3)], ["0.066", "0.00021", "12.3"]);
        assert_eq!(change_interval(-0.161, -0.145), "−0.161 to −0.145");
    }

    #[test]
    fn percentages_and_p_values() {
        let percents = [(0.0, "0"), (1.0, "100"), (0.5, "50"), (0.0312, "3.1"), (0.0001, "< 0.1"), (0.9999, "> 99.9")];
        for (fraction, expected) in percents {
            assert_eq!(percent(fraction), format!("{expected}\u{a0}%"));
        }
        assert_eq!(p_value(0.0312), "0.031");
        assert_eq!(p_value(0.0004), "0.0004");
        assert_eq!(p_value(2e-12), "2e-12");
        assert_eq!(p_value(0.0), "< 1e-300");
        assert_eq!(counted(1, "column"), "1 column");
        assert_eq!(count(41_210), "41,210");
    }
}
