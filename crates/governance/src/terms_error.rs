//! What is wrong with the terms of a decision.

use thiserror::Error;

use crate::{RulesError, Terms};

/// What is wrong with terms.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum TermsError {
    /// The rules allow no decision.
    #[error(transparent)]
    Rules(#[from] RulesError),
    /// No title.
    #[error("the decision has no title")]
    NoTitle,
    /// Two charters, two stages, or one organisation twice: people would read one, and the other would bind.
    #[error("a decision brings one charter, one stage, and each organisation once")]
    TwoOfAKind,
    /// An organisation is to go or to rest, and it is not said why.
    #[error("say in the text why the organisation is to go or to rest")]
    NoReasons,
    /// An organisation is to go or to rest, and those who are against it need not say why.
    #[error("where an organisation is to go or to rest, those who are asked give reasons: do not leave it to them")]
    ReasonsOptional,
    /// An organisation is to go or to rest, and would not see the positions.
    #[error("whom a decision is about sees every position as soon as it is taken: let positions be shown always")]
    Hidden,
    /// A text is too long.
    #[error("the {name} is {found} bytes long, and the limit is {limit}")]
    TooLong {
        /// Which text.
        name: &'static str,
        /// Its bytes.
        found: usize,
        /// The most.
        limit: usize,
    },
    /// A text has a character in it that steers what shows it.
    #[error("the {0} has a control character in it")]
    Steering(&'static str),
    /// An option is empty, too long or cannot be shown.
    #[error("an option is empty, longer than {max} bytes, or has a control character in it", max = Terms::OPTION_BYTES_MAX)]
    Option,
    /// Options and rules differ.
    #[error("there are {found} options, and the rules speak of {expected}")]
    Options {
        /// How many there are.
        found: usize,
        /// How many the rules name.
        expected: u16,
    },
    /// Electorate and rules differ.
    #[error("the rules speak of another number of voters than are asked")]
    Electorate,
    /// Somebody is asked twice, or they are not in order.
    #[error("those who are asked are not in order, each once")]
    Order,
    /// The time between opening and closing is none.
    #[error("a decision is open for a minute at least and for a year at most")]
    Times,
    /// An organisation would be removed before it can be heard.
    #[error(
        "a decision to part with an organisation is open for a week at least, so that the organisation can be heard"
    )]
    Unheard,
    /// The version is 0.
    #[error("the first version of terms is 1")]
    Version,
    /// An agreement by consent without a date on which it is looked at again.
    #[error("an agreement by consent needs a date on which it is looked at again")]
    NoReview,
    /// What was agreed would be looked at again before it is agreed.
    #[error("the date on which it is looked at again comes after the closing")]
    ReviewTooSoon,
    /// Two options that nobody could tell apart.
    #[error("two options are called \"{0}\": give each words of its own")]
    SameOption(String),
    /// Too many effects.
    #[error("{0} effects were given, and {max} are the most", max = Terms::EFFECTS_MAX)]
    TooManyEffects(usize),
    /// Too many integrated objections.
    #[error("{0} objections are integrated, and {max} are the most", max = Terms::INTEGRATES_MAX)]
    TooManyIntegrated(usize),
    /// All in all there is too much.
    #[error("texts, options and names of those who are asked take {0} bytes, and {max} are the most", max = Terms::BYTES_MAX)]
    TooLarge(usize),
    /// What is against an organisation stands beside something else: whom it is against is not asked, and would not be
    /// asked about the rest either.
    #[error("to part with an organisation, or to let it rest, is decided by itself: open a decision for each")]
    Parts,
    /// What binds everyone is adopted by organisations.
    #[error("what changes the roster or the charter is adopted or not, and by organisations")]
    CannotBind,
}

impl TermsError {
    /// The one part of the terms or of their rules that it is about, by its name there; none where it is about several.
    #[must_use]
    pub fn field(&self) -> Option<&'static str> {
        Some(match self {
            Self::Rules(error) => error.field(),
            Self::NoTitle => "title",
            Self::NoReasons => "text",
            Self::ReasonsOptional => "reasons",
            Self::Hidden => "shown",
            Self::TooLong { name, .. } | Self::Steering(name) => match *name {
                LEFT_OUT => "left_out",
                name => name,
            },
            Self::Option | Self::Options { .. } | Self::SameOption(_) => "options",
            Self::Electorate | Self::Order => "electorate",
            Self::Times | Self::Unheard => "closes",
            Self::NoReview | Self::ReviewTooSoon => "review",
            Self::TwoOfAKind | Self::TooManyEffects(_) | Self::Parts | Self::CannotBind => "effects",
            Self::TooManyIntegrated(_) => "integrates",
            Self::Version | Self::TooLarge(_) => return None,
        })
    }
}

/// What the text on who might be left out is called where it is refused.
pub(crate) const LEFT_OUT: &str = "word on who might be left out";
