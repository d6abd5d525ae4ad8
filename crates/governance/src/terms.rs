//! The terms of a decision: what is frozen when it opens.

use std::collections::BTreeSet;

use knotwork_identity::{ChangeId, DocumentId, PublicKey, TermsHash, Timestamp, encode, is_steering, sha256};

use crate::{
    Ballot, BindingRules, Effect, Electorate, Method, Outcome, Position, Ratio, ReasonRule, Rules, Shown, Tally,
    TallyError, TermsError, tally, terms_error::LEFT_OUT,
};

/// What was asked of whom, how, and until when. Ballots name the hash of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Terms {
    /// The decision that these are terms of.
    pub decision: DocumentId,
    /// 1 for the first; each change of the terms counts up, and asks everyone anew.
    pub version: u32,
    /// What it is called.
    pub title: String,
    /// What is proposed, or asked.
    pub text: String,
    /// The same in a few plain sentences.
    pub summary: String,
    /// Who might be left out or harmed by it, and who of them has been asked.
    pub left_out: String,
    /// How it is taken.
    pub rules: Rules,
    /// What can be chosen, where the method chooses.
    pub options: Vec<String>,
    /// Who is asked.
    pub electorate: Electorate,
    /// How many minutes there were when it was opened: the electorate and the binding rules are those of that time.
    pub as_of: u64,
    /// When it opens.
    pub opens: Timestamp,
    /// When it closes, by each organisation's own clock.
    pub closes: Timestamp,
    /// When a reason has to be given.
    pub reasons: ReasonRule,
    /// Who sees the positions of others, and when.
    pub shown: Shown,
    /// What it changes for everyone, if it is adopted.
    pub effects: Vec<Effect>,
    /// When what was agreed is looked at again.
    pub review: Option<Timestamp>,
    /// The decision that this one follows: a re-run, a renewal, or one that takes the place of another.
    pub follows: Option<DocumentId>,
    /// The objections that these terms integrate, by the change in which they were made.
    pub integrates: Vec<ChangeId>,
}

/// What the ballots come to under the terms.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Count {
    /// The tally.
    pub tally: Tally,
    /// What is decided, the binding rules included.
    pub outcome: Outcome,
    /// How many agreed.
    pub agreed: u64,
    /// How many had to, by the binding rules; 0 where the decision binds nobody.
    pub needed: u64,
}

impl Terms {
    /// The longest title, in bytes.
    pub const TITLE_BYTES_MAX: usize = 200;
    /// The longest text, in bytes.
    pub const TEXT_BYTES_MAX: usize = 20_000;
    /// The longest summary and the longest word on who might be left out, in bytes.
    pub const SUMMARY_BYTES_MAX: usize = 2_000;
    /// The longest option, in bytes.
    pub const OPTION_BYTES_MAX: usize = 200;
    /// The most bytes in all: terms travel in one change.
    pub const BYTES_MAX: usize = 56 * 1024;
    /// The most effects.
    pub const EFFECTS_MAX: usize = 8;
    /// The most objections that are integrated.
    pub const INTEGRATES_MAX: usize = 64;
    /// The shortest time that a decision is open, in milliseconds.
    pub const OPEN_MILLISECONDS_MIN: u64 = 60_000;
    /// The shortest time that a decision to part with an organisation is open, in milliseconds: a week, so that it can be
    /// heard.
    pub const REMOVAL_OPEN_MILLISECONDS_MIN: u64 = 7 * 86_400_000;
    /// The longest time that a decision is open, in milliseconds: a year.
    pub const OPEN_MILLISECONDS_MAX: u64 = 366 * 86_400_000;

    /// A title within its limit: what is named in one may be as long as that alone.
    #[must_use]
    pub fn fitting_title(title: &str) -> String {
        if title.len() <= Self::TITLE_BYTES_MAX {
            return title.to_owned();
        }
        let end = title.floor_char_boundary(Self::TITLE_BYTES_MAX - ELLIPSIS.len());
        format!("{}{ELLIPSIS}", title[..end].trim_end())
    }

    /// What ballots and minutes name them by: SHA-256("knotwork/terms/1" ‖ the canonical bytes).
    #[must_use]
    pub fn hash(&self) -> TermsHash {
        TermsHash(sha256(&[b"knotwork/terms/1", &encode(self)]))
    }

    /// Checks everything that does not depend on what is agreed.
    ///
    /// # Errors
    /// Names what is wrong.
    pub fn check(&self) -> Result<(), TermsError> {
        self.rules.check()?;
        self.check_texts()?;
        if self.options.len() != usize::from(self.rules.options) {
            return Err(TermsError::Options { found: self.options.len(), expected: self.rules.options });
        }
        if self.electorate.len() != self.rules.electorate as usize {
            return Err(TermsError::Electorate);
        }
        if !self.electorate.is_in_order() {
            return Err(TermsError::Order);
        }
        let open = self.closes.milliseconds().checked_sub(self.opens.milliseconds());
        if self.removes().is_some() && open.is_some_and(|open| open < Self::REMOVAL_OPEN_MILLISECONDS_MIN) {
            return Err(TermsError::Unheard);
        }
        if !open.is_some_and(|open| (Self::OPEN_MILLISECONDS_MIN..=Self::OPEN_MILLISECONDS_MAX).contains(&open)) {
            return Err(TermsError::Times);
        }
        if self.version == 0 {
            return Err(TermsError::Version);
        }
        if self.rules.method == Method::Consent && self.review.is_none() {
            return Err(TermsError::NoReview);
        }
        if self.review.is_some_and(|review| review <= self.closes) {
            return Err(TermsError::ReviewTooSoon);
        }
        if self.effects.len() > Self::EFFECTS_MAX {
            return Err(TermsError::TooManyEffects(self.effects.len()));
        }
        if self.integrates.len() > Self::INTEGRATES_MAX {
            return Err(TermsError::TooManyIntegrated(self.integrates.len()));
        }
        let bytes = encode(self).len();
        if bytes > Self::BYTES_MAX {
            return Err(TermsError::TooLarge(bytes));
        }
        if self.against().is_some() {
            if self.effects.len() > 1 {
                return Err(TermsError::Parts);
            }
            if self.text.trim().is_empty() {
                return Err(TermsError::NoReasons);
            }
            if self.reasons == ReasonRule::Optional {
                return Err(TermsError::ReasonsOptional);
            }
            // Whom it is about has no voice in it, and sees what is said for and against.
            if self.shown != Shown::Always {
                return Err(TermsError::Hidden);
            }
        }
        if has_two_of_a_kind(&self.effects) {
            return Err(TermsError::TwoOfAKind);
        }
        if !self.effects.is_empty() {
            let adopts = !self.rules.method.chooses() && self.rules.method.decides();
            if !adopts || !matches!(self.electorate, Electorate::Organisations(_)) {
                return Err(TermsError::CannotBind);
            }
        }
        Ok(())
    }

    /// Counts ballots. The lot is drawn from the terms and the ids of the ballots that are counted.
    ///
    /// # Errors
    /// As of [`tally`].
    pub fn count(&self, ballots: &[Ballot], ids: &[ChangeId], rules: &BindingRules) -> Result<Count, TallyError> {
        let mut parts: Vec<&[u8]> = vec![b"knotwork/lot/seed/1"];
        let hash = self.hash();
        parts.push(&hash.0);
        parts.extend(ids.iter().map(|id| &id.0[..]));
        let tally = tally(&self.rules, ballots, sha256(&parts))?;
        let agreed = ballots.iter().filter(|ballot| ballot.agrees()).count() as u64;
        let needed = self.needed(u64::from(self.rules.electorate), rules);
        let outcome = match tally.outcome {
            Outcome::Adopted if agreed < needed => Outcome::NotAdopted,
            outcome => outcome,
        };
        Ok(Count { tally, outcome, agreed, needed })
    }

    /// How many of so many organisations have to agree, by these binding rules; 0 where the decision binds nobody.
    #[must_use]
    pub fn needed(&self, organisations: u64, rules: &BindingRules) -> u64 {
        self.least(rules).map_or(0, |least| least.smallest(crate::Bound::AtLeast, organisations))
    }

    /// The share of organisations that has to agree at least, by these binding rules; none where the decision binds nobody.
    #[must_use]
    pub fn least(&self, rules: &BindingRules) -> Option<Ratio> {
        self.effects.iter().map(|effect| rules.least_for(effect)).max()
    }

    /// The organisation that an effect parts with or lets rest: it is heard, and not asked.
    #[must_use]
    pub fn against(&self) -> Option<PublicKey> {
        self.effects.iter().find_map(Effect::against)
    }

    /// What each count of a tally is of: an option, the word of a position, or the number of a step.
    #[must_use]
    pub fn count_names(&self) -> Vec<String> {
        if self.rules.method.chooses() {
            return self.options.clone();
        }
        let positions = self.rules.method.positions();
        let name = |position: &Position| match position {
            Position::Gradient(step) => step.to_string(),
            position => position.word().to_owned(),
        };
        positions.iter().map(name).collect()
    }

    /// The organisation that an effect parts with.
    #[must_use]
    pub fn removes(&self) -> Option<PublicKey> {
        self.effects.iter().find_map(Effect::removes)
    }

    /// Whether a position has to come with a reason.
    #[must_use]
    pub fn wants_reason(&self, position: &Position) -> bool {
        match self.reasons {
            ReasonRule::Optional => position.is_block(),
            ReasonRule::Against => position.is_against() || position.is_block(),
            ReasonRule::Always => true,
        }
    }

    fn check_texts(&self) -> Result<(), TermsError> {
        if self.title.trim().is_empty() {
            return Err(TermsError::NoTitle);
        }
        let line = |text: &String| text.contains(is_steering);
        let prose = |text: &String| text.contains(|character| is_steering(character) && character != '\n');
        for (name, found, limit, steering) in [
            ("title", self.title.len(), Self::TITLE_BYTES_MAX, line(&self.title)),
            ("text", self.text.len(), Self::TEXT_BYTES_MAX, prose(&self.text)),
            ("summary", self.summary.len(), Self::SUMMARY_BYTES_MAX, prose(&self.summary)),
            (LEFT_OUT, self.left_out.len(), Self::SUMMARY_BYTES_MAX, prose(&self.left_out)),
        ] {
            if found > limit {
                return Err(TermsError::TooLong { name, found, limit });
            }
            if steering {
                return Err(TermsError::Steering(name));
            }
        }
        let mut different = BTreeSet::new();
        for option in &self.options {
            if !different.insert(option.trim().to_lowercase()) {
                return Err(TermsError::SameOption(option.trim().to_owned()));
            }
            if option.trim().is_empty() || option.len() > Self::OPTION_BYTES_MAX || line(option) {
                return Err(TermsError::Option);
            }
        }
        Ok(())
    }
}

const ELLIPSIS: &str = "…";

/// Whether two effects are about the same: then the last would undo what the others say.
fn has_two_of_a_kind(effects: &[Effect]) -> bool {
    let about = |effect: &Effect| match *effect {
        Effect::Charter { .. } => (0, None),
        Effect::Stage(_) => (1, None),
        Effect::Admit { organisation, .. }
        | Effect::Remove { organisation, .. }
        | Effect::Rest { organisation }
        | Effect::Node { organisation, .. } => (2, Some(organisation)),
    };
    let mut seen = BTreeSet::new();
    !effects.iter().all(|effect| seen.insert(about(effect)))
}

#[cfg(test)]
pub(crate) mod tests {
    use knotwork_identity::{CharterDigest, NetworkId, PersonId, SecretKey, decode_exact};

    use super::*;
    use crate::{Consent, Ratio, TermsError};

    pub(crate) fn terms(organisations: u8) -> Terms {
        let time = |milliseconds| Timestamp::from_milliseconds(milliseconds).expect("a time");
        Terms {
            decision: DocumentId([1; 32]),
            version: 1,
            title: "Meet in spring".into(),
            text: "We meet in April.\n\nIn Swansea.".into(),
            summary: "A meeting in April.".into(),
            left_out: "Whoever cannot travel; two have been asked.".into(),
            rules: Rules::usual(Method::Consent, 0, u32::from(organisations)),
            options: Vec::new(),
            electorate: Electorate::Organisations((0..organisations).map(|key| PublicKey([key; 32])).collect()),
            as_of: 7,
            opens: time(1_000_000),
            closes: time(90_000_000),
            reasons: ReasonRule::Against,
            shown: Shown::Always,
            effects: Vec::new(),
            review: Some(time(99_000_000)),
            follows: None,
            integrates: vec![ChangeId([3; 32])],
        }
    }

    #[test]
    fn terms_round_trip_and_every_cut_is_refused() {
        let terms = terms(3);
        assert_eq!(terms.check(), Ok(()));
        let bytes = encode(&terms);
        assert_eq!(decode_exact(&bytes), Ok(terms));
        for end in 0..bytes.len() {
            assert!(decode_exact::<Terms>(&bytes[..end]).is_err());
        }
    }

    #[test]
    fn a_title_is_made_to_fit() {
        assert_eq!(Terms::fitting_title("Part with Birch"), "Part with Birch");
        for long in ["a".repeat(201), "é".repeat(150), "…".repeat(90)] {
            let title = Terms::fitting_title(&long);
            assert!(title.len() <= Terms::TITLE_BYTES_MAX && title.len() > 190 && title.ends_with('…'), "{title}");
        }
    }

    #[test]
    fn every_limit_is_named() {
        let fine = terms(3);
        let with = |change: &dyn Fn(&mut Terms)| {
            let mut terms = fine.clone();
            change(&mut terms);
            terms.check()
        };
        assert_eq!(with(&|terms| terms.title.clear()), Err(TermsError::NoTitle));
        assert_eq!(with(&|terms| terms.title.push('\n')), Err(TermsError::Steering("title")));
        assert!(matches!(with(&|terms| terms.text = "a".repeat(20_001)), Err(TermsError::TooLong { .. })));
        assert_eq!(with(&|terms| terms.closes = terms.opens), Err(TermsError::Times));
        assert_eq!(with(&|terms| terms.closes = Timestamp::MAX), Err(TermsError::Times));
        assert_eq!(with(&|terms| terms.version = 0), Err(TermsError::Version));
        assert_eq!(with(&|terms| terms.review = None), Err(TermsError::NoReview));
        assert_eq!(with(&|terms| terms.rules.electorate = 4), Err(TermsError::Electorate));
        assert_eq!(
            with(&|terms| terms.integrates = vec![ChangeId([0; 32]); 65]),
            Err(TermsError::TooManyIntegrated(65))
        );
        let twice = Electorate::Organisations(vec![PublicKey([1; 32]); 3]);
        assert_eq!(with(&|terms| terms.electorate = twice.clone()), Err(TermsError::Order));
        assert_eq!(with(&|terms| terms.review = Some(terms.closes)), Err(TermsError::ReviewTooSoon));
        let alike = |terms: &mut Terms| {
            terms.rules = Rules::usual(Method::Score { highest: 5 }, 2, 3);
            terms.options = vec!["In May".into(), " in may ".into()];
        };
        assert_eq!(with(&alike), Err(TermsError::SameOption("in may".into())));
        let options = |terms: &mut Terms| terms.options.push("One".into());
        assert_eq!(with(&options), Err(TermsError::Options { found: 1, expected: 0 }));
        let advice = |terms: &mut Terms| {
            terms.rules = Rules::usual(Method::Advice, 0, 3);
            terms.effects = vec![Effect::Stage(crate::Stage::Dormant)];
        };
        assert_eq!(with(&advice), Err(TermsError::CannotBind));
        let many = |terms: &mut Terms| {
            terms.electorate = Electorate::Persons(
                (0..2_000_u32)
                    .map(|place| {
                        let mut person = [0; 16];
                        person[..4].copy_from_slice(&place.to_be_bytes());
                        (PublicKey([1; 32]), PersonId(person))
                    })
                    .collect(),
            );
            terms.rules.electorate = 2_000;
        };
        assert!(matches!(with(&many), Err(TermsError::TooLarge(_))));
    }

    #[test]
    fn what_binds_needs_the_share_that_the_charter_names_whatever_the_method() {
        let mut terms = terms(6);
        let ballots: Vec<Ballot> = (0..3).map(|voter| Ballot::new(voter, Position::Consent(Consent::Given))).collect();
        let count = |terms: &Terms, ballots: &[Ballot]| {
            let count = terms.count(ballots, &[], &BindingRules::FIRST).expect("fit");
            (count.outcome, count.agreed, count.needed)
        };
        assert_eq!(count(&terms, &ballots), (Outcome::Adopted, 3, 0));
        let (document, digest) = (DocumentId([5; 32]), CharterDigest([6; 32]));
        terms.effects = vec![Effect::Charter { document, digest, rules: BindingRules::FIRST }];
        assert_eq!(terms.check(), Ok(()));
        assert_eq!(count(&terms, &ballots), (Outcome::NotAdopted, 3, 4));
        let mut four = ballots.clone();
        four.push(Ballot::new(3, Position::Consent(Consent::WithConcern)));
        assert_eq!(count(&terms, &four), (Outcome::Adopted, 4, 4));
        // The strictest of several effects counts.
        let rules = BindingRules { remove: Ratio::new(1, 1), ..BindingRules::FIRST };
        let organisation = PublicKey([9; 32]);
        let node = crate::SignedNode::sign(NetworkId([1; 32]), organisation, &SecretKey::from_seed(&[8; 32]));
        terms.effects.push(Effect::Node { organisation, node });
        assert_eq!(terms.check(), Ok(()));
        assert_eq!(terms.count(&four, &[], &rules).expect("fit").needed, 6);
    }

    #[test]
    fn what_people_read_is_all_that_binds() {
        let charter = |digest| Effect::Charter {
            document: DocumentId([digest; 32]),
            digest: knotwork_identity::CharterDigest([digest; 32]),
            rules: BindingRules::FIRST,
        };
        let stage = Effect::Stage;
        let both = Terms { effects: vec![charter(1), stage(crate::Stage::Dormant)], ..terms(3) };
        assert_eq!(both.check(), Ok(()));
        for twice in [
            vec![charter(1), charter(2)],
            vec![charter(1), charter(1)],
            vec![stage(crate::Stage::Dormant), charter(1), stage(crate::Stage::Emerging)],
        ] {
            let twice = Terms { effects: twice, ..terms(3) };
            assert_eq!(twice.check(), Err(TermsError::TwoOfAKind));
            assert!(decode_exact::<Terms>(&encode(&twice)).is_err(), "nor can it be read");
        }
    }

    #[test]
    fn what_is_against_an_organisation_is_decided_by_itself() {
        let organisation = |key| PublicKey([key; 32]);
        let stands = crate::Stands { count: 0, digest: [0; 32] };
        let (remove, rest) =
            (Effect::Remove { organisation: organisation(9), stands }, Effect::Rest { organisation: organisation(8) });
        // There is a week to be heard before one is removed, and less before one rests, which it can end.
        let terms = |organisations| {
            let terms = terms(organisations);
            let closes = terms.opens.milliseconds() + Terms::REMOVAL_OPEN_MILLISECONDS_MIN;
            let time = |milliseconds| Timestamp::from_milliseconds(milliseconds).expect("a time");
            Terms { closes: time(closes), review: Some(time(closes + 1)), ..terms }
        };
        let sooner = Timestamp::from_milliseconds(terms(3).closes.milliseconds() - 1).expect("a time");
        let too_soon = |effect: &Effect| Terms { effects: vec![effect.clone()], closes: sooner, ..terms(3) };
        assert_eq!(too_soon(&remove).check(), Err(TermsError::Unheard));
        assert!(decode_exact::<Terms>(&encode(&too_soon(&remove))).is_err(), "nor can it be read");
        assert_eq!(too_soon(&rest).check(), Ok(()));
        for alone in [&remove, &rest] {
            let alone = Terms { effects: vec![alone.clone()], ..terms(3) };
            assert_eq!(alone.check(), Ok(()));
            assert_eq!(Terms { text: " \n".into(), ..alone.clone() }.check(), Err(TermsError::NoReasons));
            let unasked = Terms { reasons: ReasonRule::Optional, ..alone.clone() };
            assert_eq!(unasked.check(), Err(TermsError::ReasonsOptional));
            for shown in [Shown::AfterOwn, Shown::AfterClosing] {
                assert_eq!(Terms { shown, ..alone.clone() }.check(), Err(TermsError::Hidden));
            }
        }
        for with in [rest.clone(), remove.clone(), Effect::Stage(crate::Stage::Dormant)] {
            let beside = Terms { effects: vec![with, remove.clone()], ..terms(3) };
            assert_eq!(beside.check(), Err(TermsError::Parts));
            assert!(decode_exact::<Terms>(&encode(&beside)).is_err(), "nor can it be read");
        }
    }
}
