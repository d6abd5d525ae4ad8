//! Days, as a calendar on the wall has them. What day it is, nothing here knows.

use std::{fmt, str::FromStr};

use knotwork_identity::Timestamp;
use serde::{Deserialize, Serialize};
use thiserror::Error;

/// A day of the Gregorian calendar, in the years 0000 to 9999. Written `YYYY-MM-DD`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Date(time::Date);

impl Date {
    /// The day of a year, a month (1 to 12) and a day of the month (1 to 31), if there is one.
    #[must_use]
    pub fn new(year: u16, month: u8, day: u8) -> Option<Self> {
        let month = time::Month::try_from(month).ok()?;
        let date = time::Date::from_calendar_date(i32::from(year), month, day).ok()?;
        (year <= YEAR_MAX).then_some(Self(date))
    }

    /// The day on which a time falls in Greenwich (UTC); the last day there is for a time after it.
    #[must_use]
    pub fn of(time: Timestamp) -> Self {
        let seconds = i64::try_from(time.milliseconds() / 1_000).unwrap_or(i64::MAX);
        Self(time::OffsetDateTime::from_unix_timestamp(seconds).map_or(LAST, time::OffsetDateTime::date))
    }

    /// The moment at which the day begins in Greenwich (UTC); none before 1970.
    #[must_use]
    pub fn start(self) -> Option<Timestamp> {
        let days = Self::new(1970, 1, 1)?.days_until(self);
        u64::try_from(days).ok().and_then(|days| Timestamp::from_milliseconds(days * 86_400_000))
    }

    /// The year, 0 to 9999.
    #[must_use]
    pub fn year(self) -> u16 {
        self.0.year().unsigned_abs() as u16
    }

    /// The month, 1 to 12.
    #[must_use]
    pub fn month(self) -> u8 {
        self.0.month().into()
    }

    /// The day of the month, 1 to 31.
    #[must_use]
    pub fn day(self) -> u8 {
        self.0.day()
    }

    /// The same day of the month so many months later, or the last day of that month where it is shorter; none after the
    /// year 9999.
    #[must_use]
    pub fn months_later(self, months: u16) -> Option<Self> {
        let ahead = u32::from(self.month()) - 1 + u32::from(months);
        let year = u16::try_from(u32::from(self.year()) + ahead / 12).ok()?;
        let month = u8::try_from(ahead % 12 + 1).ok()?;
        (1..=self.day()).rev().find_map(|day| Self::new(year, month, day))
    }

    /// How many days it is from this day to `other`; below zero where `other` is before it.
    #[must_use]
    pub fn days_until(self, other: Self) -> i32 {
        other.0.to_julian_day() - self.0.to_julian_day()
    }
}

impl fmt::Display for Date {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{:04}-{:02}-{:02}", self.year(), self.month(), self.day())
    }
}

impl FromStr for Date {
    type Err = DateError;

    fn from_str(text: &str) -> Result<Self, DateError> {
        let parts = text.as_bytes();
        let number = |from: usize, to: usize| {
            let digits = parts.get(from..to)?;
            digits
                .iter()
                .try_fold(0_u16, |value, digit| digit.is_ascii_digit().then(|| value * 10 + u16::from(digit - b'0')))
        };
        let date = || {
            if parts.len() != TEXT_BYTES || parts[4] != b'-' || parts[7] != b'-' {
                return None;
            }
            Self::new(number(0, 4)?, number(5, 7)? as u8, number(8, 10)? as u8)
        };
        date().ok_or(DateError)
    }
}

impl TryFrom<String> for Date {
    type Error = DateError;

    fn try_from(text: String) -> Result<Self, DateError> {
        text.parse()
    }
}

impl From<Date> for String {
    fn from(date: Date) -> Self {
        date.to_string()
    }
}

/// A text is no date, or names a day that there is not.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
#[error("a date is written as a year, a month and a day that there is, such as 2026-03-31")]
pub struct DateError;

const YEAR_MAX: u16 = 9_999;
const TEXT_BYTES: usize = 10;
const LAST: time::Date = match time::Date::from_ordinal_date(YEAR_MAX as i32, 365) {
    Ok(date) => date,
    Err(_) => time::Date::MAX,
};

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn date(text: &str) -> Date {
        text.parse().expect("a date")
    }

    proptest! {
        #[test]
        fn a_date_reads_as_it_is_written_and_text_orders_as_days_do(left in 0_i32..3_652_425, right in 0_i32..3_652_425) {
            let day = |number: i32| {
                let first = date("0000-01-01");
                Date(time::Date::from_julian_day(first.0.to_julian_day() + number).expect("within range"))
            };
            let (left, right) = (day(left), day(right));
            prop_assert_eq!(date(&left.to_string()), left);
            prop_assert_eq!(left.cmp(&right), left.to_string().cmp(&right.to_string()));
            prop_assert_eq!(left.days_until(right), -right.days_until(left));
        }

        #[test]
        fn no_text_is_too_strange(text in ".{0,12}") {
            if let Ok(date) = text.parse::<Date>() {
                prop_assert_eq!(date.to_string(), text);
            }
        }
    }

    #[test]
    fn days_that_there_are_not_are_no_dates() {
        for text in ["2024-02-29", "2000-02-29", "0000-01-01", "0000-02-29", "9999-12-31", "1582-10-10"] {
            assert_eq!(date(text).to_string(), text);
        }
        let wrong = [
            "",
            "2023-02-29",
            "1900-02-29",
            "2024-13-01",
            "2024-00-01",
            "2024-01-00",
            "2024-04-31",
            "2024-1-1",
            "24-01-01",
            "12024-01-01",
            "-024-01-01",
            "+024-01-01",
            "2024/01/01",
            "2024-01-01 ",
            "2024-01-0١",
            "20240101",
        ];
        for text in wrong {
            assert_eq!(text.parse::<Date>(), Err(DateError), "{text}");
        }
        assert_eq!(Date::new(10_000, 1, 1), None);
    }

    #[test]
    fn a_time_falls_on_a_day() {
        let at = |milliseconds| Date::of(Timestamp::from_milliseconds(milliseconds).expect("within range")).to_string();
        assert_eq!(at(0), "1970-01-01");
        assert_eq!(at(86_399_999), "1970-01-01");
        assert_eq!(at(86_400_000), "1970-01-02");
        assert_eq!(at(1_709_164_800_000), "2024-02-29");
        assert_eq!(at(253_402_300_799_999), "9999-12-31");
        assert_eq!(at(253_402_300_800_000), "9999-12-31");
        assert_eq!(Date::of(Timestamp::MAX).to_string(), "9999-12-31");
    }

    #[test]
    fn months_later_is_the_same_day_or_the_last_of_a_shorter_month() {
        let later = |day: &str, months| date(day).months_later(months).map(|day| day.to_string());
        assert_eq!(later("2026-11-27", 12).as_deref(), Some("2027-11-27"));
        assert_eq!(later("2026-11-27", 1).as_deref(), Some("2026-12-27"));
        assert_eq!(later("2026-11-27", 2).as_deref(), Some("2027-01-27"));
        assert_eq!(later("2027-01-31", 1).as_deref(), Some("2027-02-28"));
        assert_eq!(later("2028-02-29", 12).as_deref(), Some("2029-02-28"));
        assert_eq!(later("2027-12-31", 0).as_deref(), Some("2027-12-31"));
        assert_eq!(later("9999-12-31", 1), None);
    }

    #[test]
    fn a_kept_date_is_its_text() {
        let kept = serde_json::to_string(&Some(date("2026-03-31"))).expect("writes");
        assert_eq!(kept, "\"2026-03-31\"");
        assert_eq!(serde_json::from_str::<Date>(&kept).ok(), Some(date("2026-03-31")));
        assert!(serde_json::from_str::<Date>("\"2026-02-31\"").is_err());
    }
}
