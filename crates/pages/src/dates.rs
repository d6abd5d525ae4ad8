//! Dates as people write them.

use knotwork_documents::Date;
use knotwork_identity::Timestamp;

use crate::visit::Visit;

/// A day, such as "26 November 2026"; what has no time is said to have none.
pub(crate) fn day(visit: &Visit, time: Option<Timestamp>) -> String {
    let Some(time) = time else { return visit.text("no-date") };
    calendar_day(time).unwrap_or_else(|| visit.text("no-date"))
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

/// The day of a time in UTC; none for a time that no calendar here reaches.
fn calendar_day(time: Timestamp) -> Option<String> {
    (time.milliseconds() / DAY <= LAST_DAY).then(|| date(Date::of(time)))
}

const DAY: u64 = 24 * 60 * 60 * 1_000;
/// 31 December 9999, in days since 1970-01-01.
const LAST_DAY: u64 = 2_932_896;
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
            (0, "1 January 1970"),
            (59, "1 March 1970"),
            (11_016, "29 February 2000"),
            (11_017, "1 March 2000"),
            (20_783, "26 November 2026"),
            (LAST_DAY, "31 December 9999"),
        ] {
            let at = |milliseconds| calendar_day(Timestamp::from_milliseconds(milliseconds).expect("within range"));
            assert_eq!(at(days * DAY).as_deref(), Some(expected));
            assert_eq!(at(days * DAY + DAY - 1).as_deref(), Some(expected));
        }
        let beyond = Timestamp::from_milliseconds((LAST_DAY + 1) * DAY).expect("within range");
        assert_eq!(calendar_day(beyond), None);
        assert_eq!(calendar_day(Timestamp::MAX), None);
    }
}
