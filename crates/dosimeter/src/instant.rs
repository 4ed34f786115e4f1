//! Points in time as people write them: a date is midnight where the calendar windows are.

use dosimeter_scan::parse_time;
use jiff::Timestamp;
use jiff::tz::TimeZone;

use crate::args::CheckArgs;
use crate::config;
use crate::error::Failure;

/// The arguments of `check` with their points in time settled in the time zone that was typed or set.
pub(crate) fn settled(args: &CheckArgs) -> Result<(Option<String>, Option<String>), Failure> {
    if args.given.reference_until.is_none() && args.as_of.is_none() {
        return Ok((None, None));
    }
    let zone = config::complete(&args.watch)?.0.time_zone;
    let zone = zone.as_deref();
    let until = args.given.reference_until.as_deref().map(|t| reference_until(t, zone)).transpose()?;
    Ok((until, args.as_of.as_deref().map(|t| as_of(t, zone)).transpose()?))
}

/// `--reference-until`, which may also be a row or a fraction.
pub(crate) fn reference_until(text: &str, zone: Option<&str>) -> Result<String, Failure> {
    settle(text, zone, "--reference-until")
}

/// `--as-of`.
pub(crate) fn as_of(text: &str, zone: Option<&str>) -> Result<String, Failure> {
    settle(text, zone, "--as-of")
}

/// A time without a zone as the instant that it is in `zone`; whatever else was written as it is.
fn settle(text: &str, zone: Option<&str>, flag: &str) -> Result<String, Failure> {
    let t = text.trim().trim_matches('"');
    if ambiguous(t) {
        return Err(
            Failure::new(format!("{t:?} can be two days: {flag}")).hint("write year, month and day, as 2024-02-01")
        );
    }
    let Some(tz) = zone.and_then(|z| TimeZone::get(z).ok()) else { return Ok(text.to_owned()) };
    let number = t.ends_with('%') || t.replace('_', "").parse::<f64>().is_ok();
    if number || zoned(t) {
        return Ok(text.to_owned());
    }
    let instant = || {
        let (micros, _) = parse_time(t)?;
        let shown = Timestamp::from_microsecond(micros).ok()?.to_zoned(TimeZone::UTC).datetime();
        Some(tz.to_zoned(shown).ok()?.timestamp().to_string())
    };
    // What is no time is refused where it is used.
    Ok(instant().unwrap_or_else(|| text.to_owned()))
}

/// `01/02/2024` is a day in January or in February.
fn ambiguous(text: &str) -> bool {
    let date = text.split([' ', 'T']).next().unwrap_or_default();
    let parts: Vec<Option<u32>> = date.split(['/', '.']).map(|p| p.parse().ok()).collect();
    matches!(parts.as_slice(), [Some(a), Some(b), Some(year)] if *a <= 12 && *b <= 12 && a != b && *year > 31)
}

/// Whether a time says its own zone.
fn zoned(text: &str) -> bool {
    let clock = text.split_once(':').map_or("", |(_, rest)| rest);
    text.ends_with(['Z', 'z']) || clock.contains(|c: char| c == '+' || c == '-' || c.is_ascii_alphabetic())
}

#[cfg(test)]
mod tests {
    use super::reference_until;

    #[test]
    fn a_day_begins_at_midnight_where_one_is() {
        let at = |text, zone| reference_until(text, zone).unwrap();
        assert_eq!(at("2024-04-20", None), "2024-04-20");
        assert_eq!(at("2024-04-20", Some("Europe/Lisbon")), "2024-04-19T23:00:00Z");
        assert_eq!(at("2024-01-20 06:00:00", Some("America/New_York")), "2024-01-20T11:00:00Z");
        for same in ["2024-04-20T06:00:00Z", "2024-04-20T06:00:00+02:00", "5000", "5_000", "0.5", "30%", "soon"] {
            assert_eq!(at(same, Some("Europe/Lisbon")), same);
        }
    }

    #[test]
    fn a_date_that_is_two_days_is_refused() {
        assert!(reference_until("01/02/2024", None).is_err());
        assert!(reference_until("01.02.2024 06:00", None).is_err());
        assert!(reference_until("01/13/2024", None).is_ok() && reference_until("02/02/2024", None).is_ok());
        assert!(reference_until("2024/01/02", None).is_ok());
    }
}
