//! Words: how a text is taken apart, the same way when it is put in and when it is asked for.
//!
//! A word is a run of letters and digits, in small letters and without accents. Scripts that write no spaces between
//! words have no such runs: their letters are put in one by one and as pairs of neighbours, and what is asked for are
//! the pairs, so that a word is found wherever its letters stand side by side, or nearly so.

use tantivy::tokenizer::{Token, TokenStream, Tokenizer};
use unicode_normalization::{UnicodeNormalization as _, char::is_combining_mark};

/// A text in the form in which texts are compared: compatible forms made one, in small letters, without accents.
pub(crate) fn fold(text: &str) -> String {
    if text.is_ascii() {
        return text.to_ascii_lowercase();
    }
    // Letters of other scripts are put together again: there, what was taken off may be more than an accent.
    let plain = text.nfkd().filter(|letter| !is_left_out(*letter)).nfc();
    let mut folded = String::with_capacity(text.len());
    for letter in plain.flat_map(char::to_lowercase) {
        match as_ascii(letter) {
            Some(ascii) => folded.push_str(ascii),
            None => folded.push(letter),
        }
    }
    folded
}

/// Who takes a text apart.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Purpose {
    /// To put it into an index.
    Keep,
    /// To ask an index for it.
    Ask,
}

/// The words of a folded text, in order.
pub(crate) struct Words<'a> {
    rest: &'a str,
    purpose: Purpose,
    /// Whether the letter before is of a script without spaces.
    runs_on: bool,
    /// A pair that comes next.
    pair: Option<&'a str>,
}

impl<'a> Words<'a> {
    pub(crate) fn new(folded: &'a str, purpose: Purpose) -> Self {
        Self { rest: folded, purpose, runs_on: false, pair: None }
    }

    /// The word or letter at the beginning of the rest, which is one of a word.
    fn take(&mut self, first: char) -> &'a str {
        let is_part = |letter: &char| is_of_word(*letter) && !is_unspaced(*letter);
        let letters = self.rest.chars().take_while(is_part);
        let (mut bytes, mut kept_bytes) = (0, 0);
        for (count, letter) in letters.enumerate() {
            bytes += letter.len_utf8();
            if count < WORD_CHARACTERS_MAX {
                kept_bytes = bytes;
            }
        }
        if is_unspaced(first) {
            (bytes, kept_bytes) = (first.len_utf8(), first.len_utf8());
        }
        let (word, rest) = self.rest.split_at(bytes);
        self.rest = rest;
        &word[..kept_bytes]
    }
}

impl<'a> Iterator for Words<'a> {
    type Item = &'a str;

    fn next(&mut self) -> Option<&'a str> {
        loop {
            if let Some(pair) = self.pair.take() {
                return Some(pair);
            }
            let first = self.rest.chars().next()?;
            if !is_of_word(first) {
                self.rest = &self.rest[first.len_utf8()..];
                self.runs_on = false;
                continue;
            }
            let here = self.rest;
            let word = self.take(first);
            let ran_on = std::mem::replace(&mut self.runs_on, is_unspaced(first));
            if !self.runs_on {
                return Some(word);
            }
            let next = self.rest.chars().next().filter(|next| is_unspaced(*next));
            self.pair = next.map(|next| &here[..word.len() + next.len_utf8()]);
            // Who asks for several letters in a row asks for the pairs alone.
            if self.purpose == Purpose::Keep || (self.pair.is_none() && !ran_on) {
                return Some(word);
            }
        }
    }
}

/// Takes apart what is put into an index.
#[derive(Debug, Clone, Default)]
pub(crate) struct WordTokenizer {
    folded: String,
    token: Token,
}

impl Tokenizer for WordTokenizer {
    type TokenStream<'a> = WordStream<'a>;

    fn token_stream<'a>(&'a mut self, text: &'a str) -> WordStream<'a> {
        self.token.reset();
        self.folded = fold(text);
        WordStream { words: Words::new(&self.folded, Purpose::Keep), token: &mut self.token }
    }
}

/// See [`WordTokenizer`].
pub(crate) struct WordStream<'a> {
    words: Words<'a>,
    token: &'a mut Token,
}

impl TokenStream for WordStream<'_> {
    fn advance(&mut self) -> bool {
        let Some(word) = self.words.next() else { return false };
        self.token.text.clear();
        self.token.text.push_str(word);
        self.token.position = self.token.position.wrapping_add(1);
        true
    }

    fn token(&self) -> &Token {
        self.token
    }

    fn token_mut(&mut self) -> &mut Token {
        self.token
    }
}

fn is_of_word(letter: char) -> bool {
    letter.is_alphanumeric() || is_combining_mark(letter)
}

/// Whether it is of a script that writes no spaces, or, as in Korean, writes them around more than a word.
fn is_unspaced(letter: char) -> bool {
    matches!(letter,
        '\u{0e00}'..='\u{0eff}' // Thai, Lao
        | '\u{1000}'..='\u{109f}' | '\u{a9e0}'..='\u{a9ff}' | '\u{aa60}'..='\u{aa7f}' // Burmese
        | '\u{1780}'..='\u{17ff}' // Khmer
        | '\u{1a20}'..='\u{1aad}' // Tai Tham
        | '\u{2e80}'..='\u{2fdf}' | '\u{3005}'..='\u{3007}' | '\u{3400}'..='\u{4dbf}' | '\u{4e00}'..='\u{9fff}'
        | '\u{f900}'..='\u{faff}' | '\u{20000}'..='\u{3ffff}' // Chinese characters
        | '\u{3040}'..='\u{30ff}' | '\u{31f0}'..='\u{31ff}' // Japanese syllables
        | '\u{ac00}'..='\u{d7a3}' // Korean syllables
    )
}

/// Accents of Latin, Greek and Cyrillic letters, points of Hebrew and Arabic, and what is not seen at all.
fn is_left_out(letter: char) -> bool {
    matches!(letter,
        '\u{0300}'..='\u{036f}' | '\u{1ab0}'..='\u{1aff}' | '\u{1dc0}'..='\u{1dff}' | '\u{20d0}'..='\u{20ff}'
        | '\u{fe00}'..='\u{fe0f}' | '\u{fe20}'..='\u{fe2f}'
        | '\u{0591}'..='\u{05bd}' | '\u{05bf}' | '\u{05c1}'..='\u{05c2}' | '\u{05c4}'..='\u{05c5}' | '\u{05c7}'
        | '\u{0640}' | '\u{064b}'..='\u{065f}' | '\u{0670}'
        | '\u{00ad}' | '\u{200b}'..='\u{200f}' | '\u{2060}' | '\u{feff}'
    )
}

/// Letters that are written otherwise where they are missing on the keyboard, and that no decomposition tells of.
fn as_ascii(letter: char) -> Option<&'static str> {
    Some(match letter {
        'ß' => "ss",
        'æ' => "ae",
        'œ' => "oe",
        'ø' => "o",
        'đ' | 'ð' => "d",
        'ħ' => "h",
        'ı' => "i",
        'ł' => "l",
        'ŧ' => "t",
        'þ' => "th",
        'ς' => "σ",
        _ => return None,
    })
}

/// How many characters of a word count: longer ones are told apart by their beginnings alone.
pub(crate) const WORD_CHARACTERS_MAX: usize = 64;

#[cfg(test)]
mod tests {
    use super::*;

    fn kept(text: &str) -> Vec<String> {
        Words::new(&fold(text), Purpose::Keep).map(str::to_owned).collect()
    }

    fn asked(text: &str) -> Vec<String> {
        Words::new(&fold(text), Purpose::Ask).map(str::to_owned).collect()
    }

    #[test]
    fn case_accents_and_compatible_forms_do_not_count() {
        assert_eq!(kept("Ärzte ÉCOLE façade Straße Łódź ＡＢＣ ﬁn"), kept("arzte ecole facade strasse lodz abc fin"));
        assert_eq!(kept("ΣΊΣΥΦΟΣ Ёлка İstanbul"), kept("σισυφος елка istanbul"));
        assert_eq!(kept("e\u{301}te\u{301} soft\u{ad}ware"), ["ete", "software"]);
    }

    #[test]
    fn words_end_at_what_is_neither_letter_nor_digit() {
        assert_eq!(
            kept("udev.conf(5) case-study l'école snake_case C++"),
            asked("udev conf 5 case study l ecole snake case c")
        );
        assert!(kept(" \"(!?)\" \u{1f600} ").is_empty());
        assert_eq!(asked("हिन्दी में"), ["हिन्दी", "में"]);
    }

    #[test]
    fn letters_without_spaces_are_kept_alone_and_in_pairs_and_asked_for_in_pairs() {
        assert_eq!(kept("東京都"), ["東", "東京", "京", "京都", "都"]);
        assert_eq!(asked("東京都"), ["東京", "京都"]);
        assert_eq!(asked("東 京x都"), ["東", "京", "x", "都"]);
        assert_eq!(asked("東京 都"), ["東京", "都"]);
        for text in ["東京都へ行く", "ภาษาไทย", "한국어를", "テキスト", "ភាសាខ្មែរ", "iPhone手機5"]
        {
            let kept = kept(text);
            assert!(asked(text).iter().all(|word| kept.contains(word)), "{text}");
            assert!(!asked(text).is_empty(), "{text}");
        }
    }

    #[test]
    fn long_words_are_told_apart_by_their_beginnings() {
        let word = "ö".repeat(WORD_CHARACTERS_MAX);
        assert_eq!(kept(&word), [fold(&word)]);
        assert_eq!(kept(&format!("{word}xyz next")), [fold(&word), "next".to_owned()]);
    }
}
