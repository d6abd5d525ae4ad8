//! Times as text (RFC 3339): written always in UTC and with milliseconds, read in any of its forms.

use knotwork_documents::Date;
use knotwork_identity::Timestamp;

use crate::problem::Problem;

/// Reads a time.
///
/// # Errors
/// When `field` holds none, or one before 1970.
pub(crate) fn from_rfc3339(text: &str, field: &str) -> Result<Timestamp, Problem> {
    parse(text).ok_or_else(|| {
        let detail = format!("{field} is a time with its offset, such as 2026-12-24T18:00:00Z");
        Problem::malformed(detail).field(field)
    })
}

fn parse(text: &str) -> Option<Timestamp> {
    let (day, rest) = (text.get(..10)?, text.get(10..)?);
    let day: Date = day.parse().ok()?;
    let rest = rest.strip_prefix(['T', 't', ' '])?;
    let (clock, rest) = (rest.get(..8)?, rest.get(8..)?);
    let of_day = minutes_of(clock.get(..5)?)? * 60 + two_digits(clock.get(5..)?.strip_prefix(':')?, 59)?;
    let (milliseconds, offset) = match rest.strip_prefix('.') {
        None => (0, rest),
        Some(rest) => {
            let digits = rest.bytes().take_while(u8::is_ascii_digit).count();
            let thousandths: String = rest.get(..digits.min(3))?.to_owned();
            let value: u64 = thousandths.parse().ok()?;
            (value * 10_u64.pow(3 - u32::try_from(thousandths.len()).ok()?), rest.get(digits..)?)
        }
    };
    let local = day.start()?.milliseconds().checked_add(of_day * 1_000 + milliseconds)?;
    let utc = match (offset.get(..1)?, offset.get(1..)?) {
        ("Z" | "z", "") => local,
        ("+", offset) => local.checked_sub(minutes_of(offset)? * 60_000)?,
        ("-", offset) => local.checked_add(minutes_of(offset)? * 60_000)?,
        _ => return None,
    };
    Timestamp::from_milliseconds(utc)
}

/// The minutes of `hh:mm`.
fn minutes_of(text: &str) -> Option<u64> {
    let (hours, minutes) = text.split_once(':')?;
    Some(two_digits(hours, 23)? * 60 + two_digits(minutes, 59)?)
}

fn two_digits(text: &str, most: u64) -> Option<u64> {
    let digits = text.len() == 2 && text.bytes().all(|byte| byte.is_ascii_digit());
    digits.then(|| text.parse().ok()).flatten().filter(|number| *number <= most)
}

/// The text of a claimed time. None where the claim lies beyond the year 9999, which the form cannot write.
#[must_use]
pub fn to_rfc3339(time: Timestamp) -> Option<String> {
    let milliseconds = time.milliseconds();
    let (days, of_day) = (milliseconds / MILLISECONDS_A_DAY, milliseconds % MILLISECONDS_A_DAY);
    let (year, month, day) = date_of(days);
    if year > LAST_YEAR {
        return None;
    }
    let (seconds, fraction) = (of_day / 1_000, of_day % 1_000);
    let (hour, minute, second) = (seconds / 3_600, seconds / 60 % 60, seconds % 60);
    Some(format!("{year:04}-{month:02}-{day:02}T{hour:02}:{minute:02}:{second:02}.{fraction:03}Z"))
}

/// Year, month and day of a number of days since 1970-01-01, in the Gregorian calendar.
///
/// Years are counted from 1 March, so that the leap day is the last of its year, and in eras of 400 years, which all
/// have the same number of days.
fn date_of(days: u64) -> (u64, u64, u64) {
    let since_era_0 = days + DAYS_TO_1970;
    let (era, day_of_era) = (since_era_0 / DAYS_AN_ERA, since_era_0 % DAYS_AN_ERA);
    // Every 4th year is a day longer, every 100th is not, and the last of the 400 is again.
    let leap_days = day_of_era / 1_460;
    let (no_leap_days, last_day) = (day_of_era / 36_524, day_of_era / (DAYS_AN_ERA - 1));
    let year_of_era = (day_of_era + no_leap_days - leap_days - last_day) / 365;
    let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    // From March on, the lengths 31 30 31 30 31 repeat: 153 days in five months.
    let month_from_march = (5 * day_of_year + 2) / 153;
    let day = day_of_year - (153 * month_from_march + 2) / 5 + 1;
    let month = if month_from_march < 10 { month_from_march + 3 } else { month_from_march - 9 };
    let year = 400 * era + year_of_era + u64::from(month <= 2);
    (year, month, day)
}

const MILLISECONDS_A_DAY: u64 = 86_400_000;
/// Days in 400 years.
const DAYS_AN_ERA: u64 = 146_097;
/// Days from 1 March of the year 0 to 1 January 1970.
const DAYS_TO_1970: u64 = 719_468;
const LAST_YEAR: u64 = 9_999;

#[cfg(test)]
mod tests {
    use super::*;

    fn text(milliseconds: u64) -> Option<String> {
        to_rfc3339(Timestamp::from_milliseconds(milliseconds).expect("within the range"))
    }

    #[test]
    fn known_times_are_written_right() {
        let known = [
            (0, "1970-01-01T00:00:00.000Z"),
            (1, "1970-01-01T00:00:00.001Z"),
            (951_782_399_999, "2000-02-28T23:59:59.999Z"),
            (951_782_400_000, "2000-02-29T00:00:00.000Z"),
            (1_709_164_800_000, "2024-02-29T00:00:00.000Z"),
            (1_767_225_599_000, "2025-12-31T23:59:59.000Z"),
            (4_107_542_400_000, "2100-03-01T00:00:00.000Z"),
            (253_402_300_799_999, "9999-12-31T23:59:59.999Z"),
        ];
        for (milliseconds, wanted) in known {
            assert_eq!(text(milliseconds).as_deref(), Some(wanted));
        }
        assert_eq!(text(253_402_300_800_000), None);
        assert_eq!(to_rfc3339(Timestamp::MAX), None);
    }

    #[test]
    fn times_are_read_in_every_form_and_nothing_else_is() {
        let read = |text: &str| parse(text).map(Timestamp::milliseconds);
        let good = [
            ("1970-01-01T00:00:00Z", 0),
            ("2026-11-26T17:04:05.006Z", 1_795_712_645_006),
            ("2026-11-26t17:04:05.0069z", 1_795_712_645_006),
            ("2026-11-26 18:04:05+01:00", 1_795_712_645_000),
            ("2026-11-26T12:34:05.5-04:30", 1_795_712_645_500),
        ];
        for (text, wanted) in good {
            assert_eq!(read(text), Some(wanted), "{text}");
        }
        for text in [
            "",
            "2026-11-26",
            "2026-11-26T17:04:05",
            "2026-11-26T17:04Z",
            "2026-11-26T24:00:00Z",
            "2026-13-26T17:04:05Z",
            "2026-11-26T17:04:05.Z",
            "2026-11-26T17:04:05+1:00",
            "2026-11-26T17:04:05ZZ",
            "1969-12-31T23:59:59Z",
            "2026-11-26T17:04:é5Z",
            "soon",
        ] {
            assert_eq!(read(text), None, "{text}");
        }
    }

    #[test]
    fn every_day_follows_the_one_before() {
        let leap = |year: u64| year.is_multiple_of(4) && (!year.is_multiple_of(100) || year.is_multiple_of(400));
        let (mut year, mut month, mut day) = (1970, 1, 1);
        for days in 0..3_000_000 {
            assert_eq!(date_of(days), (year, month, day), "day {days}");
            let length = match month {
                2 => 28 + u64::from(leap(year)),
                4 | 6 | 9 | 11 => 30,
                _ => 31,
            };
            day += 1;
            if day > length {
                (month, day) = (month + 1, 1);
            }
            if month > 12 {
                (year, month) = (year + 1, 1);
            }
        }
    }
}
