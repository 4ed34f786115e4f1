//! How the history is cut: calendar spans in a time zone, or counts of rows.

use dosimeter_core::profile::baseline::WindowSpec;
use dosimeter_core::profile::{Slot, WindowProfile};
use jiff::civil::DateTime;
use jiff::tz::TimeZone;
use jiff::{Span, Timestamp, ToSpan, Unit};

use crate::ReadError;

/// Fewer rows than this in a typical window are too few to measure a metric.
const ENOUGH: u64 = 400;
/// A history is cut into at most about so many windows.
const MOST: u64 = 160;
/// A reference needs a few windows to show how much it wobbles.
const FEW: usize = 4;

/// The spans tried when none was asked for, with their lengths in seconds.
const SPANS: [(&str, i64); 7] = [
    ("1h", 3_600),
    ("6h", 21_600),
    ("1d", 86_400),
    ("1w", 604_800),
    ("2w", 1_209_600),
    ("1mo", 2_629_746),
    ("3mo", 7_889_238),
];

/// Windows of a period beyond which the times are not to be trusted: 11 years of hours.
const MOST_EDGES: usize = 100_000;

/// The windows of one period.
#[derive(Clone, Debug, PartialEq)]
pub enum Windows {
    /// By rows: the number of the first row, and rows in each window.
    Rows {
        /// The first row of the period.
        first: u64,
        /// Rows in a window.
        size: u64,
        /// How many windows; the last one takes a rest that is less than half a window.
        count: usize,
    },
    /// By time: ascending edges, one more than windows.
    Time(Vec<i64>),
}

impl Windows {
    /// How many there are.
    #[must_use]
    pub fn len(&self) -> usize {
        match self {
            Windows::Rows { count, .. } => *count,
            Windows::Time(edges) => edges.len().saturating_sub(1),
        }
    }

    /// Whether there are none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The window of a row; `None` for a row without a time where windows are of time.
    #[must_use]
    pub fn of(&self, row: u64, time: Option<i64>) -> Option<usize> {
        match self {
            Windows::Rows { first, size, count } => {
                let window = (row.checked_sub(*first)? / size) as usize;
                count.checked_sub(1).map(|last| window.min(last))
            }
            Windows::Time(edges) => {
                let time = time?;
                let i = edges.partition_point(|e| *e <= time);
                (i > 0 && i < edges.len()).then(|| i - 1)
            }
        }
    }

    /// Empty profiles with the windows' bounds.
    #[must_use]
    pub fn profiles(&self) -> Vec<WindowProfile> {
        match self {
            Windows::Rows { count, .. } => vec![WindowProfile::default(); *count],
            Windows::Time(edges) => edges
                .windows(2)
                .map(|e| WindowProfile { start: Some(e[0]), end: Some(e[1]), ..WindowProfile::default() })
                .collect(),
        }
    }
}

/// Gives windows of a day, or of hours that a day is a multiple of, their place in the calendar of the zone.
pub fn place(spec: &WindowSpec, windows: &mut [WindowProfile]) {
    let WindowSpec::Time { span, zone } = spec else {
        return;
    };
    let (Ok((_, unit, count)), Ok(zone)) = (parse_span(span), TimeZone::get(zone)) else {
        return;
    };
    let hours = match unit {
        Unit::Hour if 24 % count == 0 => count,
        Unit::Day if count == 1 => 24,
        _ => return,
    };
    for window in windows {
        let start = window.start.and_then(|t| Timestamp::from_microsecond(t).ok());
        window.slot = start.map(|t| t.to_zoned(zone.clone()).datetime()).map(|d| Slot {
            day: day_number(d),
            part: (i64::from(d.hour()) / hours) as u16,
            parts: (24 / hours) as u16,
        });
    }
}

/// Days since 1970-01-01.
fn day_number(d: DateTime) -> i32 {
    let epoch = jiff::civil::date(1970, 1, 1);
    d.date().since((Unit::Day, epoch)).map_or(0, |span| span.get_days())
}

/// Cuts a period of `rows` rows that begins at `first`.
#[must_use]
pub fn by_rows(first: u64, rows: u64, size: u64) -> Windows {
    let size = size.max(1);
    let whole = rows / size;
    let rest = rows % size;
    let count = whole + u64::from(rest * 2 >= size || whole == 0 && rest > 0);
    Windows::Rows { first, size, count: count as usize }
}

/// Cuts `[from, to]` (both instants included) at calendar borders; `start` and `end`, where given, are hard borders.
///
/// # Errors
/// For a span or a zone that is none.
pub fn by_time(
    span: &str,
    zone: &str,
    from: i64,
    to: i64,
    start: Option<i64>,
    end: Option<i64>,
) -> Result<Windows, ReadError> {
    let (step, unit, count) = parse_span(span)?;
    let tz = TimeZone::get(zone).map_err(|_| {
        ReadError::new(format!("unknown time zone {zone}")).with_hint("use an IANA name, as Europe/Lisbon, or UTC")
    })?;
    let outside = |_| ReadError::new("times beyond the calendar");
    let first =
        Timestamp::from_microsecond(start.unwrap_or(from).min(from)).map_err(outside)?.to_zoned(tz.clone()).datetime();
    let mut at = floor(first, unit, count);
    let mut edges = Vec::new();
    // Hours pass at one pace whatever the clock on the wall shows: the hour that autumn repeats is two windows.
    let pace = (unit == Unit::Hour).then(|| i64::from(step.get_hours()) * 3_600_000_000);
    let micros = |d: DateTime| tz.to_zoned(d).map(|z| z.timestamp().as_microsecond()).map_err(outside);
    let mut t = micros(at)?;
    if let Some(pace) = pace {
        t += (start.unwrap_or(from).min(from) - t).max(0) / pace * pace;
    }
    loop {
        edges.push(t);
        if t > to {
            break;
        }
        if edges.len() > MOST_EDGES {
            return Err(ReadError::new(format!("more than {MOST_EDGES} windows of {span}"))
                .with_hint("give a longer --window, and look for times that are far off"));
        }
        if let Some(pace) = pace {
            t += pace;
        } else {
            at = at.checked_add(step).map_err(outside)?;
            t = micros(at)?;
        }
    }
    if let Some(start) = start {
        edges.retain(|e| *e > start);
        edges.insert(0, start);
    }
    if let Some(end) = end {
        edges.retain(|e| *e < end);
        edges.push(end);
    }
    edges.dedup();
    Ok(Windows::Time(edges))
}

fn floor(d: DateTime, unit: Unit, count: i64) -> DateTime {
    let day = d.date();
    let midnight = day.to_datetime(jiff::civil::Time::midnight());
    match unit {
        Unit::Hour => midnight + (i64::from(d.hour()) / count * count).hours(),
        Unit::Week => midnight - i64::from(day.weekday().to_monday_zero_offset()).days(),
        Unit::Month => {
            let month = (i64::from(day.month()) - 1) / count * count + 1;
            day.with()
                .month(month as i8)
                .day(1)
                .build()
                .map_or(midnight, |d| d.to_datetime(jiff::civil::Time::midnight()))
        }
        Unit::Year => day.first_of_year().to_datetime(jiff::civil::Time::midnight()),
        _ => midnight,
    }
}

/// `1h`, `2d`, `1w`, `1mo`, `1y`.
fn parse_span(text: &str) -> Result<(Span, Unit, i64), ReadError> {
    let bad = || {
        ReadError::new(format!("{text:?} is no window: --window"))
            .with_hint("use a span of time as 1h, 1d, 1w, 1mo, or a number of rows")
    };
    let split = text.find(|c: char| !c.is_ascii_digit()).ok_or_else(bad)?;
    let count: i64 = if split == 0 { 1 } else { text[..split].parse().map_err(|_| bad())? };
    if !(1..=10_000).contains(&count) {
        return Err(bad());
    }
    Ok(match text[split..].trim() {
        "h" | "hour" | "hours" => (count.hours(), Unit::Hour, count.min(24)),
        "d" | "day" | "days" => (count.days(), Unit::Day, count),
        "w" | "week" | "weeks" => (count.weeks(), Unit::Week, count),
        "mo" | "month" | "months" => (count.months(), Unit::Month, count.min(12)),
        "y" | "year" | "years" => (count.years(), Unit::Year, count),
        _ => return Err(bad()),
    })
}

/// Whether a time zone is known.
#[must_use]
pub fn is_zone(zone: &str) -> bool {
    TimeZone::get(zone).is_ok()
}

/// Checks a window as given: rows as a number, or a span.
///
/// # Errors
/// For what is neither.
pub fn parse(text: &str, zone: &str) -> Result<WindowSpec, ReadError> {
    let rows = text.trim().trim_end_matches("rows").trim().replace('_', "");
    if let Ok(rows) = rows.parse::<u64>() {
        return if rows > 0 {
            Ok(WindowSpec::Rows(rows))
        } else {
            Err(ReadError::new("a window of 0 rows: --window")
                .with_hint("give a number of rows over 0, or a span of time as 1d"))
        };
    }
    parse_span(text)?;
    Ok(WindowSpec::Time { span: text.to_owned(), zone: zone.to_owned() })
}

/// A sensible cut: the shortest calendar span whose windows hold enough rows, where times say anything; else rows.
#[must_use]
pub fn choose(zone: &str, reference: (u64, Option<(i64, i64)>), current: (u64, Option<(i64, i64)>)) -> WindowSpec {
    let seconds = |span: Option<(i64, i64)>| span.map_or(0, |(a, b)| (b - a) / 1_000_000);
    let (r, c) = (seconds(reference.1), seconds(current.1));
    if r > 0 {
        for (span, length) in SPANS {
            let windows = |s: i64| (s / length + 1) as u64;
            let enough = reference.0 / windows(r) >= ENOUGH.min(reference.0 / FEW as u64).max(30);
            let current_enough = current.0 == 0 || current.0 / windows(c) >= 30;
            let few = windows(r).max(windows(c)) <= MOST;
            if windows(r) >= FEW as u64 && enough && current_enough && few {
                return WindowSpec::Time { span: span.to_owned(), zone: zone.to_owned() };
            }
        }
    }
    // Times too coarse to cut the reference may still tell the current windows apart, as years do.
    if reference.1.is_some() && r == 0 && c > 0 {
        let span = if c > 300 * 86_400 {
            "1y"
        } else if c > 25 * 86_400 {
            "1mo"
        } else {
            "1d"
        };
        return WindowSpec::Time { span: span.to_owned(), zone: zone.to_owned() };
    }
    WindowSpec::Rows(row_window(reference.0, current.0))
}

/// About a dozen windows of the reference, in round numbers.
fn row_window(reference: u64, current: u64) -> u64 {
    let size = (reference / 12).max(current / MOST).max(50);
    let unit = 10u64.pow(size.ilog10().saturating_sub(1));
    (size / unit * unit).max(1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn weeks_begin_on_monday_and_borders_are_hard() {
        // 2016-03-30 is a Wednesday.
        let day = 86_400_000_000i64;
        let from = 16_890 * day;
        let Windows::Time(edges) = by_time("1w", "UTC", from, from + 20 * day, Some(from), None).unwrap() else {
            panic!()
        };
        assert_eq!(edges[0], from);
        assert_eq!((edges[1] - from) / day, 5);
        assert_eq!((edges[2] - edges[1]) / day, 7);
        assert!(*edges.last().unwrap() > from + 20 * day);
    }

    #[test]
    fn a_day_may_have_23_hours() {
        let from = Timestamp::from_second(1_711_756_800).unwrap().as_microsecond(); // 2024-03-30 00:00 UTC
        let Windows::Time(edges) = by_time("1d", "Europe/Berlin", from, from + 3 * 86_400_000_000, None, None).unwrap()
        else {
            panic!()
        };
        let hours: Vec<i64> = edges.windows(2).map(|e| (e[1] - e[0]) / 3_600_000_000).collect();
        assert!(hours.contains(&23), "{hours:?}");
    }

    #[test]
    fn an_hour_is_an_hour_when_the_clock_goes_back() {
        // 2024-10-26 22:00 UTC, midnight in Berlin; at 01:00 UTC its clock goes from 03:00 back to 02:00.
        let hour = 3_600_000_000;
        let from = Timestamp::from_second(1_729_980_000).unwrap().as_microsecond();
        let lengths = |from: i64| -> Vec<i64> {
            let Windows::Time(edges) = by_time("1h", "Europe/Berlin", from, from + 6 * hour, None, None).unwrap()
            else {
                panic!()
            };
            assert_eq!(edges[0], from);
            edges.windows(2).map(|e| (e[1] - e[0]) / hour).collect()
        };
        assert_eq!(lengths(from), [1; 7]);
        // From the second of the two hours called 02.
        assert_eq!(lengths(from + 3 * hour), [1; 7]);
    }

    #[test]
    fn windows_know_their_hour_and_day_on_the_wall() {
        // 2024-03-29 is a Friday; on the 31st Berlin's clock goes from 02:00 to 03:00.
        let from = Timestamp::from_second(1_711_666_800).unwrap().as_microsecond();
        let cut = |span: &str| {
            let mut windows =
                by_time(span, "Europe/Berlin", from, from + 5 * 86_400_000_000, None, None).unwrap().profiles();
            place(&WindowSpec::Time { span: span.to_owned(), zone: "Europe/Berlin".to_owned() }, &mut windows);
            windows.iter().map(|w| w.slot).collect::<Vec<_>>()
        };
        let days: Vec<usize> = cut("1d").into_iter().map(|s| s.unwrap().weekday()).collect();
        assert_eq!(days, [4, 5, 6, 0, 1, 2]);
        let hours: Vec<Slot> = cut("1h").into_iter().flatten().collect();
        assert_eq!(hours[0], Slot { day: 19_811, part: 0, parts: 24 });
        let spring: Vec<u16> = hours.iter().filter(|s| s.day == 19_813).map(|s| s.part).take(4).collect();
        assert_eq!(spring, [0, 1, 3, 4]);
        assert!(cut("1w").iter().chain(&cut("5h")).all(Option::is_none));
    }

    #[test]
    fn rows_fall_into_windows() {
        let w = by_rows(100, 1_049, 500);
        assert_eq!(w.len(), 2);
        assert_eq!(w.of(99, None), None);
        assert_eq!(w.of(100, None), Some(0));
        assert_eq!(w.of(1_140, None), Some(1));
        assert_eq!(by_rows(0, 3, 500).len(), 1);
        assert_eq!(by_rows(0, 0, 500).len(), 0);
    }

    #[test]
    fn says_what_a_window_is() {
        assert_eq!(parse("5000", "UTC").unwrap(), WindowSpec::Rows(5000));
        assert!(parse("1fortnight", "UTC").is_err());
        assert!(parse("0", "UTC").is_err());
        assert!(parse("", "UTC").is_err());
    }
}
