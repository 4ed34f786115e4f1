//! Points in time as microseconds since the Unix epoch, printed in UTC.
//!
//! Core owns no clock and no time zone: calendar windows arrive as edges. All it needs is to print an instant.

use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// Microseconds since 1970-01-01T00:00:00Z.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Timestamp(pub i64);

/// Microseconds in a day.
pub const DAY: i64 = 86_400_000_000;

impl Timestamp {
    /// Year, month and day in the proleptic Gregorian calendar, UTC.
    #[must_use]
    pub fn date(self) -> (i64, u32, u32) {
        // Howard Hinnant's civil_from_days, on eras of 400 years.
        let z = self.0.div_euclid(DAY) + 719_468;
        let era = z.div_euclid(146_097);
        let doe = z.rem_euclid(146_097);
        let yoe = (doe - doe / 1460 + doe / 36_524 - doe / 146_096) / 365;
        let doy = doe - (365 * yoe + yoe / 4 - yoe / 100);
        let mp = (5 * doy + 2) / 153;
        let day = (doy - (153 * mp + 2) / 5 + 1) as u32;
        let month = if mp < 10 { mp + 3 } else { mp - 9 } as u32;
        (yoe + era * 400 + i64::from(month <= 2), month, day)
    }

    /// `2016-07-04`, the form for people.
    #[must_use]
    pub fn to_date_string(self) -> String {
        let (y, m, d) = self.date();
        format!("{y:04}-{m:02}-{d:02}")
    }
}

impl std::fmt::Display for Timestamp {
    /// RFC 3339 in UTC, with a fraction only where there is one.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let micros = self.0.rem_euclid(DAY);
        let (s, fraction) = (micros / 1_000_000, micros % 1_000_000);
        write!(f, "{}T{:02}:{:02}:{:02}", self.to_date_string(), s / 3600, s / 60 % 60, s % 60)?;
        if fraction != 0 {
            write!(f, ".{fraction:06}")?;
        }
        write!(f, "Z")
    }
}

impl Serialize for Timestamp {
    fn serialize<S: Serializer>(&self, s: S) -> Result<S::Ok, S::Error> {
        if s.is_human_readable() { s.collect_str(self) } else { s.serialize_i64(self.0) }
    }
}

impl<'de> Deserialize<'de> for Timestamp {
    /// Only from the binary form: results are written, never read back.
    fn deserialize<D: Deserializer<'de>>(d: D) -> Result<Self, D::Error> {
        i64::deserialize(d).map(Timestamp)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn prints_rfc_3339() {
        let check = |micros: i64, expected: &str| assert_eq!(Timestamp(micros).to_string(), expected);
        check(0, "1970-01-01T00:00:00Z");
        check(951_782_400_000_000, "2000-02-29T00:00:00Z");
        check(1_467_590_400_000_000, "2016-07-04T00:00:00Z");
        check(-1, "1969-12-31T23:59:59.999999Z");
    }
}
