//! Dates for people, in UTC: `4 Jul 2016`, and the time of day only where there is one.

use dosimeter_core::time::{DAY, Timestamp};

const MONTHS: [&str; 12] = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];

fn parts(at: Timestamp) -> (i64, &'static str, u32) {
    let (year, month, day) = at.date();
    let name = MONTHS.get(month.saturating_sub(1) as usize).copied().unwrap_or("?");
    (year, name, day)
}

/// `4 Jul 2016`, or `4 Jul 2016 14:30 UTC` where it is not midnight.
#[must_use]
pub fn day(at: Timestamp) -> String {
    let (year, month, day) = parts(at);
    let seconds = at.0.rem_euclid(DAY) / 1_000_000;
    if seconds == 0 {
        format!("{day} {month} {year}")
    } else {
        format!("{day} {month} {year} {:02}:{:02} UTC", seconds / 3600, seconds / 60 % 60)
    }
}

/// `Jul 2016`, for an axis.
#[must_use]
pub fn month(at: Timestamp) -> String {
    let (year, month, _) = parts(at);
    format!("{month} {year}")
}

/// `4 Jul`, for an axis of days.
#[must_use]
pub fn short_day(at: Timestamp) -> String {
    let (_, month, day) = parts(at);
    format!("{day} {month}")
}

/// `14:30`, for an axis of hours.
#[must_use]
pub fn hour(at: Timestamp) -> String {
    let seconds = at.0.rem_euclid(DAY) / 1_000_000;
    format!("{:02}:{:02}", seconds / 3600, seconds / 60 % 60)
}

/// `between 6 Jun and 1 Aug 2016`; the year is said once where it is the same.
#[must_use]
pub fn between(low: Timestamp, high: Timestamp) -> String {
    let same_year = low.date().0 == high.date().0 && low.0.rem_euclid(DAY) == 0;
    let first = if same_year { short_day(low) } else { day(low) };
    format!("between {first} and {}", day(high))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn human() {
        let at = Timestamp(1_467_590_400_000_000);
        assert_eq!(day(at), "4 Jul 2016");
        assert_eq!(day(Timestamp(at.0 + 52_200_000_000)), "4 Jul 2016 14:30 UTC");
        assert_eq!(month(at), "Jul 2016");
        assert_eq!(between(at, Timestamp(at.0 + 28 * DAY)), "between 4 Jul and 1 Aug 2016");
        assert_eq!(between(at, Timestamp(at.0 + 280 * DAY)), "between 4 Jul 2016 and 10 Apr 2017");
        let _ = (day(Timestamp(i64::MIN)), day(Timestamp(i64::MAX)));
    }
}
