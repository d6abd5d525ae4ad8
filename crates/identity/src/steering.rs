//! Characters that steer what shows a text, a terminal or a page, in place of being shown.

/// Whether a character is a control character (Unicode's class Cc, line breaks among them), or turns the direction of
/// text. Names have none: whoever reads one must see what it is, and nothing else must change on the screen.
#[must_use]
pub fn is_steering(character: char) -> bool {
    character.is_control()
        || matches!(
            character,
            '\u{61c}' | '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}'
        )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_steers_is_told_from_what_is_shown() {
        for character in
            "\0\t\n\r\u{1b}\u{7f}\u{85}\u{9b}\u{61c}\u{200e}\u{200f}\u{202a}\u{202e}\u{2066}\u{2069}".chars()
        {
            assert!(is_steering(character), "{character:?}");
        }
        for character in "aÓ漢ا\u{301}🪢\u{200d}\u{202f}\u{2065}\u{206a} ".chars() {
            assert!(!is_steering(character), "{character:?}");
        }
    }
}
