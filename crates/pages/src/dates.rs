//! Dates as people write them.

use knotwork_documents::Date;
use knotwork_identity::Timestamp;

use crate::visit::Visit;

/// A day, such as "26 November 2026"; what has no time is said to have none.
pub(crate) fn day(visit: &Visit, time: Option<Timestamp>) -> String {
    let Some(time) = time else { return visit.text("no-date") };
    let (year, month, day) = civil(time.milliseconds() / DAY);
    if year > LAST_YEAR {
        return visit.text("no-date");
    }
    format!("{day} {} {year}", MONTHS[month - 1])
}

/// A day that is in no time zone.
pub(crate) fn date(date: Date) -> String {
    format!("{} {} {}", date.day(), MONTHS[usize::from(date.month()) - 1], date.year())
}

/// A day that was typed, as it is shown; what is no day stays as it was typed.
pub(crate) fn written(text: &str) -> String {
    text.parse().map_or_else(|_| text.to_owned(), date)
}

/// A day and the time of day, in UTC.
pub(crate) fn moment(visit: &Visit, time: Option<Timestamp>) -> String {
    let Some(time) = time else { return visit.text("no-date") };
    let minutes = time.milliseconds() % DAY / 60_000;
    let at = format!("{:02}:{:02}", minutes / 60, minutes % 60);
    visit.text_with("day-at", &[("day", day(visit, Some(time)).into()), ("time", at.into())])
}

/// How long ago something was, roughly.
pub(crate) fn ago(visit: &Visit, time: Timestamp, now: Timestamp) -> String {
    let minutes = now.milliseconds().saturating_sub(time.milliseconds()) / 60_000;
    match minutes {
        0 => visit.text("just-now"),
        1..60 => visit.text_with("minutes-ago", &[("count", minutes.into())]),
        60..2_880 => visit.text_with("hours-ago", &[("count", (minutes / 60).into())]),
        _ => visit.text_with("days-ago", &[("count", (minutes / 1_440).into())]),
    }
}

/// Year, month and day of a number of days since 1970-01-01 (Howard Hinnant, "chrono-compatible low-level date
/// algorithms").
fn civil(days: u64) -> (u64, usize, u64) {
    let shifted = days + 719_468;
    let (era, of_era) = (shifted / 146_097, shifted % 146_097);
    let year_of_era = (of_era - of_era / 1_460 + of_era / 36_524 - of_era / 146_096) / 365;
    let of_year = of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let shifted_month = (5 * of_year + 2) / 153;
    let day = of_year - (153 * shifted_month + 2) / 5 + 1;
    let month = if shifted_month < 10 { shifted_month + 3 } else { shifted_month - 9 };
    (year_of_era + era * 400 + u64::from(month <= 2), usize::try_from(month).unwrap_or(1), day)
}

const DAY: u64 = 24 * 60 * 60 * 1_000;
const LAST_YEAR: u64 = 9_999;
const MONTHS: [&str; 12] = [
    "January",
    "February",
    "March",
    "April",
    "May",
    "June",
    "July",
    "August",
    "September",
    "October",
    "November",
    "December",
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn days_are_those_of_the_calendar() {
        for (days, expected) in [
            (0, (1970, 1, 1)),
            (59, (1970, 3, 1)),
            (11_016, (2000, 2, 29)),
            (11_017, (2000, 3, 1)),
            (20_783, (2026, 11, 26)),
            (2_932_896, (9999, 12, 31)),
        ] {
            assert_eq!(civil(days), expected);
        }
    }
}
