//! Dates for people, in the policy's time zone: `4 Jul 2016`, and the time of day only where there is one.

use dosimeter_core::diagnosis::Diagnosis;
use dosimeter_core::time::{DAY, Timestamp};
use jiff::tz::TimeZone;

const MONTHS: [&str; 12] = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];

/// The zone in which days begin. A zone that this machine does not know is UTC, and its dates say so.
#[derive(Clone, Debug)]
pub struct Zone(Option<TimeZone>);

impl Zone {
    /// UTC.
    pub const UTC: Zone = Zone(None);

    /// By its IANA name.
    #[must_use]
    pub fn named(name: &str) -> Zone {
        Zone(TimeZone::get(name).ok())
    }

    /// The zone that the windows were cut in: it stands behind their length, as in `1w (Europe/Lisbon)`.
    #[must_use]
    pub fn of(d: &Diagnosis) -> Zone {
        Zone::of_window(&d.inputs.window)
    }

    /// That of a window's length as it is written.
    #[must_use]
    pub fn of_window(window: &str) -> Zone {
        let name = window.strip_suffix(')').and_then(|w| w.rsplit_once(" (")).map(|(_, name)| name);
        name.map_or(Zone::UTC, Zone::named)
    }
}

/// A point in time as a calendar and a clock show it.
struct Civil {
    year: i64,
    month: &'static str,
    day: u32,
    /// Since midnight.
    seconds: i64,
    zone: String,
}

fn civil(at: Timestamp, zone: &Zone) -> Civil {
    let name = |month: u32| MONTHS.get(month.saturating_sub(1) as usize).copied().unwrap_or("?");
    if let (Some(tz), Ok(instant)) = (&zone.0, jiff::Timestamp::from_microsecond(at.0)) {
        let local = tz.to_datetime(instant);
        let seconds = i64::from(local.hour()) * 3600 + i64::from(local.minute()) * 60 + i64::from(local.second());
        return Civil {
            year: i64::from(local.year()),
            month: name(u32::from(local.month().unsigned_abs())),
            day: u32::from(local.day().unsigned_abs()),
            seconds,
            zone: tz.to_offset_info(instant).abbreviation().to_owned(),
        };
    }
    let (year, month, day) = at.date();
    Civil { year, month: name(month), day, seconds: at.0.rem_euclid(DAY) / 1_000_000, zone: "UTC".to_owned() }
}

fn clock(seconds: i64) -> String {
    format!("{:02}:{:02}", seconds / 3600, seconds / 60 % 60)
}

/// `4 Jul 2016`, or `4 Jul 2016 14:30 UTC` where it is not midnight.
#[must_use]
pub fn day(at: Timestamp, zone: &Zone) -> String {
    let c = civil(at, zone);
    let date = format!("{} {} {}", c.day, c.month, c.year);
    if c.seconds == 0 { date } else { format!("{date} {} {}", clock(c.seconds), c.zone) }
}

/// `between 6 Jun and 1 Aug 2016`; the year is said once where it is the same.
#[must_use]
pub fn between(low: Timestamp, high: Timestamp, zone: &Zone) -> String {
    let (a, b) = (civil(low, zone), civil(high, zone));
    let first = if a.year == b.year && a.seconds == 0 { format!("{} {}", a.day, a.month) } else { day(low, zone) };
    format!("between {first} and {}", day(high, zone))
}

/// How an axis is labelled: one form for all of it, as coarse as its span.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Axis {
    /// `Jul 2016`.
    Month,
    /// `4 Jul 2016`.
    Day,
    /// `4 Jul 14:30`.
    Hour,
    /// `14:30`.
    Clock,
}

impl Axis {
    /// The form for a span between two points.
    #[must_use]
    pub fn over(low: Timestamp, high: Timestamp) -> Axis {
        match high.0.saturating_sub(low.0) {
            span if span > 150 * DAY => Axis::Month,
            span if span > 6 * DAY => Axis::Day,
            span if span > DAY => Axis::Hour,
            _ => Axis::Clock,
        }
    }

    /// A point's label.
    #[must_use]
    pub fn label(self, at: Timestamp, zone: &Zone) -> String {
        let c = civil(at, zone);
        match self {
            Axis::Month => format!("{} {}", c.month, c.year),
            Axis::Day => format!("{} {} {}", c.day, c.month, c.year),
            Axis::Hour => format!("{} {} {}", c.day, c.month, clock(c.seconds)),
            Axis::Clock => clock(c.seconds),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// 4 July 2016, midnight UTC.
    const AT: Timestamp = Timestamp(1_467_590_400_000_000);
    const HOUR: i64 = DAY / 24;

    #[test]
    fn human() {
        let day = |at| day(at, &Zone::UTC);
        let between = |low, high| between(low, high, &Zone::UTC);
        assert_eq!(day(AT), "4 Jul 2016");
        assert_eq!(day(Timestamp(AT.0 + 52_200_000_000)), "4 Jul 2016 14:30 UTC");
        assert_eq!(between(AT, Timestamp(AT.0 + 28 * DAY)), "between 4 Jul and 1 Aug 2016");
        assert_eq!(between(AT, Timestamp(AT.0 + 280 * DAY)), "between 4 Jul 2016 and 10 Apr 2017");
        let _ = (day(Timestamp(i64::MIN)), day(Timestamp(i64::MAX)));
    }

    #[test]
    fn in_the_zone_of_the_policy() {
        // Lisbon is an hour ahead of UTC in summer, so its day begins at 23:00 UTC.
        let lisbon = Zone::named("Europe/Lisbon");
        assert_eq!(day(Timestamp(AT.0 - HOUR), &lisbon), "4 Jul 2016");
        assert_eq!(day(AT, &lisbon), "4 Jul 2016 01:00 WEST");
        assert_eq!(
            between(Timestamp(AT.0 - HOUR), Timestamp(AT.0 + 28 * DAY - HOUR), &lisbon),
            "between 4 Jul and 1 Aug 2016"
        );
        assert_eq!(day(AT, &Zone::named("Nowhere/Atlantis")), "4 Jul 2016");
        let _ = (day(Timestamp(i64::MIN), &lisbon), day(Timestamp(i64::MAX), &lisbon));
    }

    #[test]
    fn one_form_for_an_axis() {
        let check = |days: i64, expected: &str| {
            let axis = Axis::over(AT, Timestamp(AT.0 + days * DAY));
            assert_eq!(axis.label(Timestamp(AT.0 + 12 * HOUR), &Zone::UTC), expected, "{days} days");
        };
        check(800, "Jul 2016");
        check(60, "4 Jul 2016");
        check(4, "4 Jul 12:00");
        check(1, "12:00");
    }
}
