//! Days, as people write them: YYYY-MM-DD.

/// A day as a number that grows with it: 2031-04-30 is 20310430. `None` for what is no day of the calendar.
pub(crate) fn day(text: &str) -> Option<u64> {
    let bytes = text.as_bytes();
    let dashed = bytes.len() == TEXT_BYTES && bytes[4] == b'-' && bytes[7] == b'-';
    if !dashed || !bytes.iter().enumerate().all(|(at, byte)| at == 4 || at == 7 || byte.is_ascii_digit()) {
        return None;
    }
    let number = |range| text.get(range).and_then(|digits: &str| digits.parse::<u64>().ok());
    let (year, month, day) = (number(0..4)?, number(5..7)?, number(8..10)?);
    let leap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
    let days = match month {
        2 if leap => 29,
        2 => 28,
        4 | 6 | 9 | 11 => 30,
        1..=12 => 31,
        _ => return None,
    };
    (1..=days).contains(&day).then_some(year * 10_000 + month * 100 + day)
}

const TEXT_BYTES: usize = 10;

#[cfg(test)]
mod tests {
    use super::day;

    #[test]
    fn days_of_the_calendar_are_days_and_nothing_else_is() {
        assert_eq!(day("2031-04-30"), Some(20_310_430));
        assert_eq!(day("2028-02-29"), Some(20_280_229));
        let no_days =
            ["", "2031-04-31", "2027-02-29", "2100-02-29", "2031-00-10", "2031-13-10", "2031-01-00", "31-1-1"];
        for text in no_days.into_iter().chain(["2031/04/30", "2031-04-30 ", "+031-04-30", "２０３１-04", "2031-4-300"])
        {
            assert_eq!(day(text), None, "{text}");
        }
    }
}
