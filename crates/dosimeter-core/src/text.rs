//! Numbers in sentences: few digits, no noise.

/// About three significant digits, thousands separated, no exponent for everyday sizes.
#[must_use]
pub fn digits(x: f64) -> String {
    if !x.is_finite() {
        return x.to_string();
    }
    let size = x.abs();
    if size != 0.0 && !(1e-4..1e15).contains(&size) {
        return format!("{x:.2e}");
    }
    let decimals =
        if size >= 1000.0 || x == x.trunc() { 0 } else { (2 - size.log10().floor() as i32).clamp(0, 6) as usize };
    let text = format!("{x:.decimals$}");
    let (whole, fraction) = text.split_once('.').map_or((text.as_str(), None), |(w, f)| (w, Some(f)));
    let (sign, whole) = whole.strip_prefix('-').map_or(("", whole), |w| ("-", w));
    let mut grouped = String::new();
    for (i, c) in whole.chars().enumerate() {
        if i > 0 && whole.len() > 4 && (whole.len() - i).is_multiple_of(3) {
            grouped.push(',');
        }
        grouped.push(c);
    }
    match fraction.map(|f| f.trim_end_matches('0')).filter(|f| !f.is_empty()) {
        Some(f) => format!("{sign}{grouped}.{f}"),
        None => format!("{sign}{grouped}"),
    }
}

/// A value of a metric or a change of it: three decimals up to 1, as [`digits`] beyond and where three would show nothing.
#[must_use]
pub fn metric(x: f64) -> String {
    let text = format!("{x:.3}");
    let shows = x == 0.0 || text.chars().any(|c| ('1'..='9').contains(&c));
    if x.abs() <= 1.0 && shows { text } else { digits(x) }
}

/// A count, its thousands separated: `4,772`.
#[must_use]
pub fn count(n: u64) -> String {
    let plain = n.to_string();
    let mut grouped = String::new();
    for (i, c) in plain.chars().enumerate() {
        if i > 0 && (plain.len() - i).is_multiple_of(3) {
            grouped.push(',');
        }
        grouped.push(c);
    }
    grouped
}

/// A share as a percentage, `0.0123` as `1.2 %`; never a rounded `0 %` or `100 %` for what is not. The space does not break.
#[must_use]
pub fn percent(share: f64) -> String {
    let p = share * 100.0;
    match p {
        _ if !p.is_finite() => "?".to_owned(),
        _ if p > 0.0 && p < 0.1 => "<0.1\u{a0}%".to_owned(),
        _ if p < 100.0 && p > 99.9 => ">99.9\u{a0}%".to_owned(),
        _ if p.abs() < 10.0 && p != p.trunc() => format!("{p:.1}\u{a0}%"),
        _ => format!("{p:.0}\u{a0}%"),
    }
}

/// A name in quotes where it is not a plain word.
#[must_use]
pub fn quoted(name: &str) -> String {
    let plain = !name.is_empty() && name.chars().all(|c| c.is_alphanumeric() || "_-.".contains(c));
    if plain { name.to_owned() } else { format!("\"{}\"", name.chars().take(60).collect::<String>()) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn few_digits() {
        for (x, expected) in [
            (0.8391, "0.839"),
            (1234567.0, "1,234,567"),
            (99.37, "99.4"),
            (0.0, "0"),
            (-0.00123, "-0.00123"),
            (1e-9, "1.00e-9"),
            (12.0, "12"),
            (1.5, "1.5"),
            (853.4, "853"),
            (-999.0, "-999"),
            (1000.5, "1000"),
            (f64::NAN, "NaN"),
        ] {
            assert_eq!(digits(x), expected);
        }
        assert_eq!(percent(0.0004), "<0.1\u{a0}%");
        assert_eq!(percent(0.9999), ">99.9\u{a0}%");
        assert_eq!(percent(1.0), "100\u{a0}%");
        assert_eq!(percent(0.176), "18\u{a0}%");
        assert_eq!(percent(0.0123), "1.2\u{a0}%");
        assert_eq!(
            [metric(0.83), metric(1.0), metric(-0.0004), metric(0.0), metric(12.3)],
            ["0.830", "1.000", "-0.0004", "0.000", "12.3"]
        );
        assert_eq!([count(12), count(4_772), count(32_568)], ["12", "4,772", "32,568"]);
    }
}
