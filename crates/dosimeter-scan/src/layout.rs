//! How a cell was written, and dates in the layouts people use.
//!
//! A layout is evidence: when a column's dates turn from `2024-01-31` to `31/01/2024`, or its numbers grow decimal
//! commas, an upstream source changed its format, even where every cell still parses. So parsing reports the layout
//! beside the value.
//!
//! `03/04/2024` is ambiguous. A whole column usually is not: one value over 12 tells the order, which
//! [`DateOrder`] carries to the others. Where nothing tells, the month comes first and the layout says so.

use std::ops::Range;

use crate::number::digits;

/// How a cell was written.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Layout {
    /// `2024-01-31`
    IsoDate,
    /// `2024-01-31T10:00:00Z`, or with a blank, a fraction, an offset
    IsoDateTime,
    /// `31/01/2024`
    DayMonthSlash,
    /// `01/31/2024`
    MonthDaySlash,
    /// `03/04/2024` where nothing tells which is the month; read month first
    AmbiguousSlash,
    /// `31.01.2024`
    DayMonthDot,
    /// `2024/01/31`
    YearSlash,
    /// `20240131`
    Compact,
    /// `31-Jan-2024`
    DayMonthName,
    /// A number written `1,5`
    DecimalComma,
    /// A number, time or boolean with blanks around it
    Padded,
    /// A JSON number written as a string
    Quoted,
    /// A boolean written `1` or `0`
    BooleanDigit,
    /// A boolean written `yes`, `no`, `t`, `f`, `y` or `n`
    BooleanWord,
}

impl Layout {
    /// All layouts, in the order of their discriminants.
    pub const ALL: [Self; 14] = [
        Self::IsoDate,
        Self::IsoDateTime,
        Self::DayMonthSlash,
        Self::MonthDaySlash,
        Self::AmbiguousSlash,
        Self::DayMonthDot,
        Self::YearSlash,
        Self::Compact,
        Self::DayMonthName,
        Self::DecimalComma,
        Self::Padded,
        Self::Quoted,
        Self::BooleanDigit,
        Self::BooleanWord,
    ];

    /// A stable name for files and messages; dates show their pattern.
    #[must_use]
    pub fn id(self) -> &'static str {
        match self {
            Self::IsoDate => "YYYY-MM-DD",
            Self::IsoDateTime => "YYYY-MM-DD hh:mm",
            Self::DayMonthSlash => "DD/MM/YYYY",
            Self::MonthDaySlash => "MM/DD/YYYY",
            Self::AmbiguousSlash => "MM/DD/YYYY?",
            Self::DayMonthDot => "DD.MM.YYYY",
            Self::YearSlash => "YYYY/MM/DD",
            Self::Compact => "YYYYMMDD",
            Self::DayMonthName => "DD-Mon-YYYY",
            Self::DecimalComma => "decimal comma",
            Self::Padded => "padded",
            Self::Quoted => "quoted number",
            Self::BooleanDigit => "boolean digit",
            Self::BooleanWord => "boolean word",
        }
    }

    /// The layout of an [`Layout::id`].
    #[must_use]
    pub fn from_id(id: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|l| l.id() == id)
    }
}

/// Notes that a row of a batch is written in a layout: runs of consecutive rows, so that whoever takes some of the rows
/// can tell how those are written. Rows come in ascending order.
pub(crate) fn note(runs: &mut Vec<(Layout, Range<u32>)>, layout: Layout, row: u32) {
    // A cell has at most two or three layouts, so the run that goes on is among the last.
    match runs.iter_mut().rev().take(4).find(|(l, run)| *l == layout && run.end == row) {
        Some((_, run)) => run.end = row + 1,
        None => runs.push((layout, row..row + 1)),
    }
}

/// Which of two numbers before a year is the month, as far as the column tells.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum DateOrder {
    /// Nothing tells: month first, and the layout is [`Layout::AmbiguousSlash`].
    #[default]
    Unknown,
    /// `MM/DD`
    MonthFirst,
    /// `DD/MM`
    DayFirst,
}

/// A date or a date and time: microseconds since the epoch, UTC (naive times are UTC), and its layout.
#[must_use]
pub fn parse_time(text: &str) -> Option<(i64, Layout)> {
    parse_time_in(text.as_bytes(), DateOrder::Unknown)
}

/// As [`parse_time`], with what the column tells about the order of day and month. A value that only fits the other
/// order is read in that one, and its layout shows it.
#[must_use]
pub fn parse_time_in(text: &[u8], order: DateOrder) -> Option<(i64, Layout)> {
    let text = text.trim_ascii();
    let (days, layout, rest) = date(text, order)?;
    let day_micros = days.checked_mul(dosimeter_core::time::DAY)?;
    if rest.is_empty() {
        return Some((day_micros, layout));
    }
    let layout = if layout == Layout::IsoDate { Layout::IsoDateTime } else { layout };
    let rest = match rest {
        [b'T' | b't' | b' ', rest @ ..] => rest,
        _ => return None,
    };
    let micros = clock(rest.trim_ascii_start())?;
    Some((day_micros.checked_add(micros)?, layout))
}

/// The date at the start of a text: days since the epoch, layout, what follows.
fn date(text: &[u8], order: DateOrder) -> Option<(i64, Layout, &[u8])> {
    let (first, width, rest) = digits(text)?;
    match (width, rest) {
        (4, [sep @ (b'-' | b'/'), rest @ ..]) => {
            let (month, w, rest) = digits(rest)?;
            let rest = rest.strip_prefix(&[*sep])?;
            let (day, v, rest) = digits(rest)?;
            if w > 2 || v > 2 || (*sep == b'-' && (w != 2 || v != 2)) {
                return None;
            }
            let layout = if *sep == b'-' { Layout::IsoDate } else { Layout::YearSlash };
            Some((days(first, month, day)?, layout, rest))
        }
        (8, rest) => {
            let (year, month, day) = (first / 10_000, first / 100 % 100, first % 100);
            // Other eight-digit numbers are ids, not dates of the year 4711.
            if !(1900..=2100).contains(&year) {
                return None;
            }
            Some((days(year, month, day)?, Layout::Compact, rest))
        }
        (1 | 2, [b'/', rest @ ..]) => {
            let (second, w, rest) = digits(rest)?;
            let (year, v, rest) = digits(rest.strip_prefix(b"/")?)?;
            if w > 2 || v != 4 {
                return None;
            }
            let (day, month, layout) = match (first > 12, second > 12, order) {
                (true, true, _) => return None,
                (true, false, _) => (first, second, Layout::DayMonthSlash),
                (false, true, _) => (second, first, Layout::MonthDaySlash),
                (false, false, DateOrder::DayFirst) => (first, second, Layout::DayMonthSlash),
                (false, false, DateOrder::MonthFirst) => (second, first, Layout::MonthDaySlash),
                (false, false, DateOrder::Unknown) => (second, first, Layout::AmbiguousSlash),
            };
            Some((days(year, month, day)?, layout, rest))
        }
        (1 | 2, [b'.', rest @ ..]) => {
            let (month, w, rest) = digits(rest)?;
            let (year, v, rest) = digits(rest.strip_prefix(b".")?)?;
            if w > 2 || v != 4 {
                return None;
            }
            Some((days(year, month, first)?, Layout::DayMonthDot, rest))
        }
        (1 | 2, [sep @ (b'-' | b' '), a, b, c, rest @ ..]) => {
            let month = month_of([*a, *b, *c])?;
            let (year, v, rest) = digits(rest.strip_prefix(&[*sep])?)?;
            if v != 4 {
                return None;
            }
            Some((days(year, month, first)?, Layout::DayMonthName, rest))
        }
        _ => None,
    }
}

fn month_of(name: [u8; 3]) -> Option<u64> {
    const NAMES: [&[u8; 3]; 12] =
        [b"jan", b"feb", b"mar", b"apr", b"may", b"jun", b"jul", b"aug", b"sep", b"oct", b"nov", b"dec"];
    let name = name.map(|c| c.to_ascii_lowercase());
    NAMES.iter().position(|n| **n == name).map(|i| i as u64 + 1)
}

/// `hh:mm[:ss[.fraction]] [AM|PM] [Z|UTC|±hh[[:]mm]]` or `hhmmss` as microseconds, the offset subtracted.
fn clock(text: &[u8]) -> Option<i64> {
    let (first, width, mut rest) = digits(text)?;
    let (mut hour, minute, mut second) = match width {
        6 => (first / 10_000, first / 100 % 100, first % 100),
        1 | 2 => {
            let (minute, w, after) = digits(rest.strip_prefix(b":")?)?;
            rest = after;
            let mut second = 0;
            if let [b':', after @ ..] = rest {
                let (s, v, after) = digits(after)?;
                if v != 2 {
                    return None;
                }
                second = s;
                rest = after;
            }
            if w != 2 {
                return None;
            }
            (first, minute, second)
        }
        _ => return None,
    };
    let mut fraction = 0;
    if let [b'.' | b',', after @ ..] = rest {
        let shown = after.iter().take_while(|c| c.is_ascii_digit()).count();
        if shown == 0 {
            return None;
        }
        for i in 0..6 {
            let digit = if i < shown { after.get(i).map_or(0, |c| i64::from(c - b'0')) } else { 0 };
            fraction = fraction * 10 + digit;
        }
        rest = after.get(shown..)?;
    }
    rest = rest.trim_ascii_start();
    if let [half @ (b'A' | b'a' | b'P' | b'p'), b'M' | b'm', after @ ..] = rest {
        if !(1..=12).contains(&hour) {
            return None;
        }
        hour = hour % 12 + if half.eq_ignore_ascii_case(&b'p') { 12 } else { 0 };
        rest = after.trim_ascii_start();
    }
    // A leap second is the last second of its minute, as everywhere without a leap-second table.
    if second == 60 {
        second = 59;
    }
    if hour > 23 || minute > 59 || second > 59 {
        return None;
    }
    let offset = zone(rest)?;
    let seconds = i64::try_from(hour * 3600 + minute * 60 + second).ok()? - offset;
    Some(seconds * 1_000_000 + fraction)
}

/// Seconds east of Greenwich.
fn zone(text: &[u8]) -> Option<i64> {
    match text {
        b"" | b"Z" | b"z" | b"UTC" | b"GMT" => Some(0),
        [sign @ (b'+' | b'-'), rest @ ..] => {
            let (first, width, rest) = digits(rest)?;
            let (hours, minutes) = match (width, rest) {
                (2, []) => (first, 0),
                (4, []) => (first / 100, first % 100),
                (2, [b':', rest @ ..]) => match digits(rest)? {
                    (minutes, 2, []) => (first, minutes),
                    _ => return None,
                },
                _ => return None,
            };
            if hours > 23 || minutes > 59 {
                return None;
            }
            let seconds = i64::try_from(hours * 3600 + minutes * 60).ok()?;
            Some(if *sign == b'-' { -seconds } else { seconds })
        }
        _ => None,
    }
}

/// Days since 1970-01-01 of a date in the proleptic Gregorian calendar; `None` for the 30th of February.
fn days(year: u64, month: u64, day: u64) -> Option<i64> {
    let leap = year.is_multiple_of(4) && (!year.is_multiple_of(100) || year.is_multiple_of(400));
    let length = match month {
        4 | 6 | 9 | 11 => 30,
        2 if leap => 29,
        2 => 28,
        1..=12 => 31,
        _ => return None,
    };
    if day == 0 || day > length || year > 9999 {
        return None;
    }
    // Howard Hinnant's days_from_civil, for years from 0 on.
    let (year, month, day) = (i64::try_from(year).ok()?, i64::try_from(month).ok()?, i64::try_from(day).ok()?);
    let y = if month <= 2 { year - 1 } else { year };
    let era = y.div_euclid(400);
    let yoe = y.rem_euclid(400);
    let doy = (153 * ((month + 9) % 12) + 2) / 5 + day - 1;
    let doe = yoe * 365 + yoe / 4 - yoe / 100 + doy;
    Some(era * 146_097 + doe - 719_468)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dates_of_all_layouts() {
        let check = |text: &str, expected: &str, layout: Layout| {
            let (micros, found) = parse_time(text).unwrap_or((i64::MIN, Layout::Padded));
            assert_eq!(dosimeter_core::time::Timestamp(micros).to_string(), expected, "{text}");
            assert_eq!(found, layout, "{text}");
        };
        check("2024-02-29", "2024-02-29T00:00:00Z", Layout::IsoDate);
        check("2024-02-29T10:11:12Z", "2024-02-29T10:11:12Z", Layout::IsoDateTime);
        check("2024-02-29 10:11", "2024-02-29T10:11:00Z", Layout::IsoDateTime);
        check("2024-02-29 10:11:12.5+02:00", "2024-02-29T08:11:12.500000Z", Layout::IsoDateTime);
        check("2024-02-29T10:11:12.123456789-0530", "2024-02-29T15:41:12.123456Z", Layout::IsoDateTime);
        check("1969-12-31T23:59:59", "1969-12-31T23:59:59Z", Layout::IsoDateTime);
        check("31/01/2024", "2024-01-31T00:00:00Z", Layout::DayMonthSlash);
        check("1/31/2024 1:05 PM", "2024-01-31T13:05:00Z", Layout::MonthDaySlash);
        check("03/04/2024", "2024-03-04T00:00:00Z", Layout::AmbiguousSlash);
        check("31.1.2024 06:00", "2024-01-31T06:00:00Z", Layout::DayMonthDot);
        check("2024/1/31", "2024-01-31T00:00:00Z", Layout::YearSlash);
        check("20240131", "2024-01-31T00:00:00Z", Layout::Compact);
        check("20240131T101112Z", "2024-01-31T10:11:12Z", Layout::Compact);
        check("31-Jan-2024", "2024-01-31T00:00:00Z", Layout::DayMonthName);
        check(" 0001-01-01 ", "0001-01-01T00:00:00Z", Layout::IsoDate);
        check("9999-12-31 12:00:00 AM", "9999-12-31T00:00:00Z", Layout::IsoDateTime);
    }

    #[test]
    fn no_dates() {
        for text in [
            "",
            " ",
            "-",
            "2024",
            "2024-13-01",
            "2023-02-29",
            "2024-1-1",
            "31/31/2024",
            "12345678",
            "1.5",
            "1.2.3",
            "2024-01-01T",
            "2024-01-01T25:00",
            "2024-01-01 10",
            "2024-01-01x",
            "31-Foo-2024",
            "99999999999999999999",
            "2024-01-01T10:00:00+99:00",
            "10:00",
            "2024-01-01 10:00:00.",
            "é",
        ] {
            assert_eq!(parse_time(text), None, "{text}");
        }
    }

    #[test]
    fn the_column_tells_the_order() {
        let day = |order| parse_time_in(b"03/04/2024", order).map(|(t, l)| (t, l.id()));
        assert_eq!(day(DateOrder::DayFirst), Some((1_712_102_400_000_000, "DD/MM/YYYY")));
        assert_eq!(day(DateOrder::MonthFirst), Some((1_709_510_400_000_000, "MM/DD/YYYY")));
        assert_eq!(parse_time_in(b"13/04/2024", DateOrder::MonthFirst).map(|p| p.1), Some(Layout::DayMonthSlash));
    }

    #[test]
    fn ids_are_stable_and_unique() {
        for layout in Layout::ALL {
            assert_eq!(Layout::from_id(layout.id()), Some(layout));
        }
        for (i, layout) in Layout::ALL.into_iter().enumerate() {
            assert_eq!(layout as usize, i);
        }
    }
}
