//! Passphrases: how long, and which are too easy to guess. No rule says what they are made of.

use unicode_normalization::UnicodeNormalization as _;
use zeroize::Zeroizing;

use crate::{AccountError, limits};

/// Checks a new passphrase of somebody who signs in with `sign_in_name`.
///
/// # Errors
/// When it is too short, too long or too easy to guess.
pub fn check_passphrase(passphrase: &str, sign_in_name: &str) -> Result<(), AccountError> {
    if passphrase.len() > limits::PASSPHRASE_BYTES_MAX {
        return Err(AccountError::PassphraseLong);
    }
    let normal = normal(passphrase);
    if normal.chars().count() < limits::PASSPHRASE_CHARS_MIN {
        return Err(AccountError::PassphraseShort);
    }
    let letters: Zeroizing<Vec<char>> =
        Zeroizing::new(normal.to_lowercase().chars().filter(|c| !c.is_whitespace()).collect());
    let plain: Zeroizing<String> = Zeroizing::new(letters.iter().collect());
    let name: String = sign_in_name.to_lowercase().chars().filter(|c| !c.is_whitespace()).collect();
    let easy = plain.is_empty()
        || repeats(&letters)
        || runs(&letters)
        || (!name.is_empty() && *plain == name)
        || [COMMON, OFTEN_CHOSEN]
            .into_iter()
            .flat_map(str::lines)
            .any(|common| common == plain.as_str() || repeated(common, &plain));
    if easy { Err(AccountError::PassphraseCommon) } else { Ok(()) }
}

/// The form in which a passphrase is hashed: the same from every keyboard.
pub(crate) fn normal(passphrase: &str) -> Zeroizing<String> {
    Zeroizing::new(passphrase.nfkc().collect())
}

/// Whether a text is one part again and again.
fn repeats(letters: &[char]) -> bool {
    (1..=letters.len() / 2).any(|length| letters.iter().zip(&letters[length..]).all(|(a, b)| a == b))
}

/// Whether a text goes up or down the alphabet, the digits or a keyboard's row for all its length.
fn runs(letters: &[char]) -> bool {
    let steps = |step: i64| {
        letters.windows(2).all(|pair| {
            let (before, after) = (i64::from(u32::from(pair[0])), i64::from(u32::from(pair[1])));
            // Nine is followed by nought.
            after - before == step || (pair == ['9', '0'] && step == 1) || (pair == ['0', '9'] && step == -1)
        })
    };
    steps(1) || steps(-1)
}

/// Whether a text is a common word with itself, or with digits and signs after it.
fn repeated(common: &str, plain: &str) -> bool {
    let Some(rest) = plain.strip_prefix(common) else { return false };
    common.len() >= COMMON_STEM_BYTES_MIN && rest.chars().all(|c| c.is_ascii_digit() || c.is_ascii_punctuation())
}

/// Words and phrases that are tried first by whoever guesses, in lower case and without spaces. Those with fewer than
/// twelve characters count where only digits and signs follow.
const COMMON: &str = include_str!("guessed_first.txt");
/// Those of at least twelve characters among the 20,000 passwords that Django refuses, of which Royce Williams made the
/// list; its licence stands beside it.
const OFTEN_CHOSEN: &str = include_str!("often_chosen.txt");
const COMMON_STEM_BYTES_MIN: usize = 6;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_long_and_unusual_is_taken_whatever_it_is_made_of() {
        for good in [
            "four plain words here",
            "cwrw da am ddim",
            "πάντα ῥεῖ καὶ οὐδὲν",
            "        x y z q r s t u v w a b",
            "tr0ub4dor&3xyz!",
        ] {
            assert_eq!(check_passphrase(good, "ada"), Ok(()), "{good}");
        }
    }

    #[test]
    fn length_is_counted_in_characters_and_bytes() {
        assert_eq!(check_passphrase("elevenchars", "ada"), Err(AccountError::PassphraseShort));
        assert_eq!(check_passphrase("twelve chars", "ada"), Ok(()));
        assert_eq!(check_passphrase("ééééééééééé", "ada"), Err(AccountError::PassphraseShort));
        let longest = "ab cd ".repeat(200)[..limits::PASSPHRASE_BYTES_MAX - 1].to_owned() + "x";
        assert_eq!(check_passphrase(&longest, "ada"), Ok(()));
        assert_eq!(check_passphrase(&(longest + "y"), "ada"), Err(AccountError::PassphraseLong));
    }

    #[test]
    fn what_is_guessed_first_is_refused() {
        for bad in [
            "password1234",
            "Password 123!",
            "passwordpassword",
            "aaaaaaaaaaaaaa",
            "abcabcabcabc",
            "123456789012",
            "abcdefghijklmn",
            "98765432109876",
            "qwertyuiop123",
            "correcthorsebatterystaple",
            "            ",
            "Letmein letmein",
            "1q2w3e4r5t6y7u8i9o0p",
            "Cookie Monster",
            "cookiemonster1!",
            "1QAZ2wsx3edc4rfv",
            "ada.byrne@example.org",
        ] {
            assert_eq!(check_passphrase(bad, "Ada.Byrne@example.org"), Err(AccountError::PassphraseCommon), "{bad}");
        }
    }

    #[test]
    fn lists_are_small_sorted_and_in_the_form_that_is_compared() {
        for list in [COMMON, OFTEN_CHOSEN] {
            assert!(list.len() < 60_000 && list.lines().is_sorted_by(|a, b| a < b));
            for entry in list.lines() {
                let plain: String = normal(entry).to_lowercase().split_whitespace().collect();
                assert!(!entry.is_empty() && plain == entry, "{entry}");
            }
        }
        assert!(OFTEN_CHOSEN.lines().all(|entry| entry.chars().count() >= limits::PASSPHRASE_CHARS_MIN));
    }

    #[test]
    fn two_keyboards_type_the_same() {
        assert_eq!(normal("cafe\u{301}"), normal("caf\u{e9}"));
    }
}
