//! Dates and instants. The clock is always the caller's.

use alloc::string::{String, ToString};
use core::fmt;
use core::str::FromStr;
use jiff::civil;

/// A calendar day, counted as in `$HOROLOG`: day 0 is 1840-12-31.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Date(i32);

/// Days from 1840-12-31 to 1970-01-01.
const UNIX_EPOCH: i32 = 47_117;

impl Date {
    /// The day with this number, from year 1 to year 9999.
    pub fn from_day_number(days: i32) -> Option<Self> {
        civil_of(days).map(|_| Self(days))
    }

    /// The number of this day.
    pub const fn day_number(self) -> i32 {
        self.0
    }
}

fn civil_of(days: i32) -> Option<civil::Date> {
    let date = civil::date(1970, 1, 1)
        .checked_add(jiff::Span::new().try_days(i64::from(days) - i64::from(UNIX_EPOCH)).ok()?);
    date.ok().filter(|date| date.year() >= 1)
}

/// The text is not a calendar day of the form `YYYY-MM-DD`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct InvalidDate;

impl FromStr for Date {
    type Err = InvalidDate;

    fn from_str(text: &str) -> Result<Self, InvalidDate> {
        let digits = |part: &str| part.bytes().all(|b| b.is_ascii_digit());
        let (year, month, day) =
            match (text.get(..4), text.get(4..5), text.get(5..7), text.get(7..8), text.get(8..)) {
                (Some(y), Some("-"), Some(m), Some("-"), Some(d))
                    if d.len() == 2 && [y, m, d].into_iter().all(digits) =>
                {
                    (y, m, d)
                }
                _ => return Err(InvalidDate),
            };
        let date = civil::Date::new(
            year.parse().map_err(|_| InvalidDate)?,
            month.parse().map_err(|_| InvalidDate)?,
            day.parse().map_err(|_| InvalidDate)?,
        )
        .map_err(|_| InvalidDate)?;
        let days = civil::date(1970, 1, 1).until(date).map_err(|_| InvalidDate)?.get_days();
        Self::from_day_number(days + UNIX_EPOCH).ok_or(InvalidDate)
    }
}

impl fmt::Display for Date {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match civil_of(self.0) {
            Some(date) => fmt::Display::fmt(&date, f),
            None => f.write_str("?"),
        }
    }
}

/// An instant in microseconds since 1970-01-01 UTC.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct Timestamp(i64);

impl Timestamp {
    /// The instant so many microseconds after 1970-01-01 UTC.
    pub const fn from_micros(micros: i64) -> Self {
        Self(micros)
    }

    /// Microseconds since 1970-01-01 UTC.
    pub const fn micros(self) -> i64 {
        self.0
    }

    /// The day of this instant in UTC.
    pub fn date(self) -> Date {
        let days = self.0.div_euclid(86_400_000_000);
        Date(i32::try_from(days).unwrap_or(i32::MAX / 2) + UNIX_EPOCH)
    }
}

/// ISO 8601 in UTC, such as `2026-11-22T08:15:00.25Z`.
impl fmt::Display for Timestamp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let text =
            jiff::Timestamp::from_microsecond(self.0).map_or_else(|_| String::from("?"), |at| at.to_string());
        f.write_str(&text)
    }
}

/// Reads ISO 8601 with an offset.
impl FromStr for Timestamp {
    type Err = InvalidDate;

    fn from_str(text: &str) -> Result<Self, InvalidDate> {
        let at: jiff::Timestamp = text.parse().map_err(|_| InvalidDate)?;
        Ok(Self(at.as_microsecond()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn day_numbers_are_those_of_horolog() {
        assert_eq!("1840-12-31".parse::<Date>().unwrap().day_number(), 0);
        assert_eq!("1841-01-01".parse::<Date>().unwrap().day_number(), 1);
        assert_eq!("1970-01-01".parse::<Date>().unwrap().day_number(), UNIX_EPOCH);
        assert_eq!("2026-11-22".parse::<Date>().unwrap().to_string(), "2026-11-22");
    }

    #[test]
    fn only_real_calendar_days() {
        assert!("2020-02-29".parse::<Date>().is_ok());
        for bad in [
            "2017-02-29",
            "2017-13-29",
            "1/1/2025",
            "abc",
            "",
            "2017-1-1",
            "+017-01-01",
            "2017-01-011",
            "２０１７-01-01",
        ] {
            assert_eq!(bad.parse::<Date>(), Err(InvalidDate), "{bad}");
        }
    }

    #[test]
    fn instants_show_as_iso() {
        let at = Timestamp::from_micros(1_795_335_300_250_000);
        assert_eq!(at.to_string(), "2026-11-22T08:15:00.25Z");
        assert_eq!(at.to_string().parse(), Ok(at));
        assert_eq!(at.date().to_string(), "2026-11-22");
        assert_eq!(Timestamp::from_micros(-1).date().to_string(), "1969-12-31");
    }
}
