//! When a decision closes: the questions for day and time, and what is wrong with the answers.

use knotwork_documents::Date;
use knotwork_governance::{Charter, Terms};
use knotwork_identity::Timestamp;
use maud::{Markup, html};

use crate::{
    form::{Faults, Fields},
    layout::{Input, Kind, input},
    visit::Visit,
};

/// When a decision of the usual length closes, into the fields that ask for it.
pub(crate) fn set_usual_closing(fields: &mut Fields, now: Timestamp, charter: Option<&Charter>) {
    let days = u64::from(charter.map_or(Charter::USUAL_DAYS_FIRST, |charter| charter.usual_days));
    if let Some(closes) = Timestamp::from_milliseconds(now.milliseconds() + days * DAY) {
        fields.set("closes-day", Date::of(closes).to_string());
    }
    fields.set("closes-time", USUAL_TIME);
}

/// The questions for day and time of closing.
pub(crate) fn ask_closing(visit: &Visit, fields: &Fields, faults: &Faults) -> Markup {
    let (day, time) = (visit.text("closes-day"), visit.text("closes-time"));
    let hint = visit.text("closes-hint");
    html! {
        (input(&Input { name: "closes-day", label: &day, hint: Some(&hint), kind: Kind::Date, autocomplete: None }, fields, faults))
        (input(&Input { name: "closes-time", label: &time, hint: Some(&visit.text("closes-time-hint")), kind: Kind::Time, autocomplete: None }, fields, faults))
    }
}

/// Reads day and time of closing; says what is wrong with them.
pub(crate) fn read_closing(visit: &Visit, fields: &Fields, faults: &mut Faults) -> Option<Timestamp> {
    let day = fields.word("closes-day").parse::<Date>().ok().and_then(Date::start);
    let minutes = minutes_of(fields.word("closes-time"));
    if day.is_none() {
        faults.add("closes-day", visit.text("closes-day-wrong"));
    }
    if minutes.is_none() {
        faults.add("closes-time", visit.text("closes-time-wrong"));
    }
    let closes = Timestamp::from_milliseconds(day?.milliseconds() + minutes? * MINUTE)?;
    let open = closes.milliseconds().saturating_sub(visit.handle().now().milliseconds());
    if (Terms::OPEN_MILLISECONDS_MIN..=Terms::OPEN_MILLISECONDS_MAX).contains(&open) {
        return Some(closes);
    }
    faults.add("closes-day", visit.text("closes-out-of-range"));
    None
}

/// Minutes since midnight of a time such as 17:30.
fn minutes_of(time: &str) -> Option<u64> {
    let (hours, minutes) = time.split_once(':')?;
    let (hours, minutes): (u64, u64) = (hours.parse().ok()?, minutes.parse().ok()?);
    (hours < 24 && minutes < 60).then_some(hours * 60 + minutes)
}

const USUAL_TIME: &str = "17:00";
const MINUTE: u64 = 60_000;
const DAY: u64 = 86_400_000;

#[cfg(test)]
mod tests {
    use super::minutes_of;

    #[test]
    fn a_time_of_day_is_read() {
        assert_eq!(minutes_of("17:30"), Some(1_050));
        assert_eq!(minutes_of("0:00"), Some(0));
        for none in ["", "24:00", "12:60", "noon", "12", "-1:00", "1:2:3"] {
            assert_eq!(minutes_of(none), None, "{none}");
        }
    }
}
