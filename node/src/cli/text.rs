//! Making what others wrote fit to be shown in a terminal.

use knotwork_identity::is_steering;
use unicode_width::{UnicodeWidthChar as _, UnicodeWidthStr as _};

/// A text without the characters that steer a terminal; line breaks and tabs stay. What others wrote must not be able
/// to rewrite what is on somebody's screen.
pub(crate) fn harmless(text: &str) -> String {
    text.chars().filter(|character| !is_steering(*character) || matches!(character, '\n' | '\t')).collect()
}

/// A text on one line.
pub(crate) fn one_line(text: &str) -> String {
    let spaced: String = text.chars().map(|character| if character.is_control() { ' ' } else { character }).collect();
    let harmless: String = spaced.chars().filter(|character| !is_steering(*character)).collect();
    harmless.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// How many have to do something.
pub(crate) fn have_to(number: u64) -> String {
    if number == 1 { "1 has to".into() } else { format!("{number} have to") }
}

/// How many agree.
pub(crate) fn agree(number: u64) -> String {
    if number == 1 { "1 agrees".into() } else { format!("{number} agree") }
}

/// A text cut to a width in columns, with a mark where something is missing, and filled up with spaces.
pub(crate) fn fitted(text: &str, width: usize) -> String {
    let mut shown = String::new();
    let mut used = 0;
    if text.width() <= width {
        shown.push_str(text);
        used = text.width();
    } else {
        for character in text.chars() {
            let next = character.width().unwrap_or(0);
            // Room for the mark.
            if used + next + 1 > width {
                break;
            }
            shown.push(character);
            used += next;
        }
        if width > 0 {
            shown.push('…');
            used += 1;
        }
    }
    shown.extend(std::iter::repeat_n(' ', width.saturating_sub(used)));
    shown
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_that_steers_a_terminal_is_left() {
        assert_eq!(harmless("a\u{1b}[2Jb\r\n\tc\u{9b}1m\u{202e}d"), "a[2Jb\n\tc1md");
        assert_eq!(one_line("  a\n\tb\u{7}c  \u{2066}d "), "a b c d");
        assert_eq!(one_line("a\0b\u{200f}c"), "a bc");
    }

    #[test]
    fn texts_are_cut_by_what_they_take_up_on_the_screen() {
        assert_eq!(fitted("abc", 5), "abc  ");
        assert_eq!(fitted("abcdef", 4), "abc…");
        assert_eq!(fitted("日本語", 4), "日… ");
        assert_eq!(fitted("日本語", 6), "日本語");
        assert_eq!(fitted("abc", 1), "…");
        assert_eq!(fitted("abc", 0), "");
        assert_eq!(fitted("e\u{301}e\u{301}e", 2).width(), 2);
    }
}
