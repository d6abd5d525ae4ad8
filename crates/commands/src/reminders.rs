//! Reminders: who has not answered in a decision that is about to close, and has not been told so.
//!
//! Everyone is reminded once of each end of a decision, by whichever way comes first: the next page that they open, or a
//! program that takes the reminders and carries them further. New terms ask everyone anew, so they have an end of their own.
//! Who has been reminded is among this node's own values; no other node gets it, and it goes when the decision has closed.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::{MutexGuard, PoisonError},
};

use knotwork_accounts::State;
use knotwork_governance::Voter;
use knotwork_identity::{DocumentId, Nonce, PersonId, PublicKey, TermsHash, Timestamp};

use crate::{
    CommandError, DecisionState, Member, NodeHandle, calendar::Term, handle::storage_error, speakers::Speakers,
};

/// One member is to be told that a decision closes before long.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reminder {
    /// The decision.
    pub decision: DocumentId,
    /// The terms under which the answer is missing.
    pub terms: TermsHash,
    /// What it is called.
    pub title: String,
    /// When it closes, as its terms say.
    pub closes: Timestamp,
    /// Until when it can be answered: then, or later, as whoever is asked anew has time to answer.
    pub open_until: Timestamp,
    /// Whose answer is missing.
    pub person: PersonId,
    /// What they are called, where a profile tells it here.
    pub name: Option<String>,
}

/// Of whom reminders are wanted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Whom {
    /// Of all members of this organisation.
    Everyone,
    /// Of one, who signs with this key.
    One(PersonId, PublicKey),
}

impl Whom {
    /// Of this member.
    #[must_use]
    pub fn member(member: &Member) -> Self {
        Self::One(member.person, member.public_key())
    }
}

impl NodeHandle {
    /// The most reminders that are given at once.
    pub const REMINDERS_MAX: usize = 1_000;

    /// Of what members are to be reminded now: of each open decision that closes within a day, those who have a voice in it
    /// (their organisation's, their own, or a colleague's for whom they stand in), which has not been heard, and who have not
    /// been reminded. The first to close comes first.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub fn reminders(&self, whom: Whom) -> Result<Vec<Reminder>, CommandError> {
        self.unheard(whom, |mark, terms| mark.is_none_or(|mark| mark.terms != *terms))
    }

    /// Notes that these have been given.
    ///
    /// # Errors
    /// When the node cannot write.
    pub fn note_reminded(&self, reminders: &[Reminder]) -> Result<(), CommandError> {
        let _writing = self.reminding();
        self.mark(reminders, None)
    }

    /// Gives what [`NodeHandle::reminders`] gives, and notes it as given, so that nobody else gives it. Asked again with one
    /// nonce, it gives the same again, but for those who have answered meanwhile.
    ///
    /// # Errors
    /// When the node cannot read or write.
    pub fn take_reminders(&self, whom: Whom, request: Option<Nonce>) -> Result<Vec<Reminder>, CommandError> {
        let _writing = self.reminding();
        if request.is_some() {
            let is_of_request = |mark: &Mark, terms: &TermsHash| mark.terms == *terms && mark.request == request;
            let before = self.unheard(whom, |mark, terms| mark.is_some_and(|mark| is_of_request(&mark, terms)))?;
            if !before.is_empty() {
                return Ok(before);
            }
        }
        let reminders = self.reminders(whom)?;
        self.mark(&reminders, request)?;
        Ok(reminders)
    }

    /// Forgets who was reminded of decisions that have closed.
    ///
    /// # Errors
    /// When the store cannot be read or written.
    pub fn forget_reminders(&self) -> Result<(), CommandError> {
        let _writing = self.reminding();
        // Most of the time nobody has been reminded of anything, and nothing more is read.
        let shelf = self.shelved(REMINDED);
        let kept = self.storage().locals(&shelf).map_err(storage_error)?;
        let mut over = Vec::new();
        let mut open: BTreeMap<DocumentId, bool> = BTreeMap::new();
        for (name, _) in kept {
            let Some(decision) = name.strip_prefix(&shelf).and_then(decision_in) else {
                over.push((name, None));
                continue;
            };
            let is_open = match open.get(&decision) {
                Some(is_open) => *is_open,
                None => self.decision_head(&decision)?.is_some_and(|head| !head.state.is_over()),
            };
            open.insert(decision, is_open);
            if !is_open {
                over.push((name, None));
            }
        }
        if over.is_empty() { Ok(()) } else { self.keep_local(over) }
    }

    /// Of whom an answer is still missing where a decision closes before long, as far as their marks are wanted.
    fn unheard(
        &self,
        whom: Whom,
        is_wanted: impl Fn(Option<Mark>, &TermsHash) -> bool,
    ) -> Result<Vec<Reminder>, CommandError> {
        // Whoever is not in the network any more cannot be counted.
        if self.outside().is_some() {
            return Ok(Vec::new());
        }
        let now = self.now();
        let near = self.calendar().find(self, |term| is_near(term.opens, term.open_until, now))?;
        // Most of the time nothing closes within a day, and nothing more is read.
        if near.is_empty() {
            return Ok(Vec::new());
        }
        let persons = self.persons_of(whom)?;
        let speakers = self.speakers()?;
        let mut reminders = Vec::new();
        for term in near {
            let mut of_term = Vec::new();
            for (person, key) in &persons {
                if is_wanted(self.mark_of(&term.decision, person)?, &term.terms) {
                    of_term.push((*person, *key));
                }
            }
            // Whoever was reminded already costs no more than that.
            if of_term.is_empty() {
                continue;
            }
            reminders.extend(self.unheard_of(&term, &of_term, &speakers)?);
            if reminders.len() >= Self::REMINDERS_MAX {
                break;
            }
        }
        reminders.truncate(Self::REMINDERS_MAX);
        Ok(reminders)
    }

    /// Those of these persons who have a voice in one decision that has not been heard.
    fn unheard_of(
        &self,
        term: &Term,
        persons: &[(PersonId, PublicKey)],
        speakers: &Speakers,
    ) -> Result<Vec<Reminder>, CommandError> {
        let Some(head) = self.decision_head(&term.decision)?.filter(|head| head.state == DecisionState::Open) else {
            return Ok(Vec::new());
        };
        let voices = persons.iter().map(|(person, key)| (*person, speakers.voices(person, key, &head.terms)));
        let voices: Vec<(PersonId, Vec<Voter>)> = voices.filter(|(_, voices)| !voices.is_empty()).collect();
        // Ballots are read only where somebody has a voice.
        if voices.is_empty() {
            return Ok(Vec::new());
        }
        let entry = self.decision(&term.decision)?;
        // Changed since: it is looked at the next time.
        if entry.hash != term.terms {
            return Ok(Vec::new());
        }
        let unanswered: BTreeSet<Voter> = entry.unanswered.into_iter().collect();
        let (people, own) = (self.people()?, self.organisation_key());
        let unheard = voices.into_iter().filter(|(_, voices)| voices.iter().any(|voice| unanswered.contains(voice)));
        let reminder = |(person, _)| Reminder {
            decision: entry.id,
            terms: entry.hash,
            title: entry.terms.title.clone(),
            closes: entry.terms.closes,
            open_until: entry.open_until,
            person,
            name: people.name_of(&person, &own),
        };
        Ok(unheard.map(reminder).collect())
    }

    fn persons_of(&self, whom: Whom) -> Result<Vec<(PersonId, PublicKey)>, CommandError> {
        match whom {
            Whom::One(person, key) => Ok(vec![(person, key)]),
            Whom::Everyone => {
                let accounts = self.all_accounts()?.into_iter().filter(|account| account.state == State::Active);
                Ok(accounts.map(|account| (account.person, account.key)).collect())
            }
        }
    }

    fn mark_of(&self, decision: &DocumentId, person: &PersonId) -> Result<Option<Mark>, CommandError> {
        let name = self.shelved(&name_of(decision, person));
        Ok(self.storage().local(&name).map_err(storage_error)?.as_deref().and_then(Mark::read))
    }

    fn mark(&self, reminders: &[Reminder], request: Option<Nonce>) -> Result<(), CommandError> {
        if reminders.is_empty() {
            return Ok(());
        }
        let marked = reminders.iter().map(|reminder| {
            let name = self.shelved(&name_of(&reminder.decision, &reminder.person));
            (name, Some(Mark { terms: reminder.terms, request }.bytes()))
        });
        self.keep_local(marked.collect())
    }

    /// Held from looking to noting, so that two who take reminders at once do not both get them.
    fn reminding(&self) -> MutexGuard<'_, ()> {
        self.calendar().reminding.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Whether an end is near enough for a reminder: within a day. Whoever has only just been asked needs none, so of what is
/// open for a day or less in all, it comes in the last half.
fn is_near(opens: Timestamp, closes: Timestamp, now: Timestamp) -> bool {
    let (opens, closes, now) = (opens.milliseconds(), closes.milliseconds(), now.milliseconds());
    let open = closes.saturating_sub(opens);
    let ahead = if open <= DAY_MILLISECONDS { open / 2 } else { DAY_MILLISECONDS };
    opens <= now && now < closes && closes - now <= ahead
}

/// That somebody was reminded: of which terms, and by which request, if it can be sent again.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Mark {
    terms: TermsHash,
    request: Option<Nonce>,
}

impl Mark {
    fn bytes(&self) -> Vec<u8> {
        let request = self.request.iter().flat_map(|nonce| nonce.0);
        self.terms.0.into_iter().chain(request).collect()
    }

    fn read(bytes: &[u8]) -> Option<Self> {
        let (terms, request) = bytes.split_first_chunk()?;
        let request = if request.is_empty() { None } else { Some(Nonce(request.try_into().ok()?)) };
        Some(Self { terms: TermsHash(*terms), request })
    }
}

/// Where it is kept that somebody was reminded.
fn name_of(decision: &DocumentId, person: &PersonId) -> String {
    format!("{REMINDED}{decision}/{person}")
}

/// The decision of what is kept under this name, of which the beginning is left out.
fn decision_in(name: &str) -> Option<DocumentId> {
    name.split_once('/')?.0.parse().ok()
}

const REMINDED: &str = "reminded/";
const DAY_MILLISECONDS: u64 = 24 * 60 * 60 * 1_000;

#[cfg(test)]
mod tests {
    use super::*;

    const HOUR: u64 = 60 * 60 * 1_000;

    fn at(milliseconds: u64) -> Timestamp {
        Timestamp::from_milliseconds(milliseconds).expect("a time")
    }

    /// When the reminder of what is open for so long comes, looked at every quarter of an hour: its first and its last.
    fn comes(open: u64) -> Option<(u64, u64)> {
        let opens = 1_000 * HOUR;
        let quarters = (opens - HOUR..=opens + open + HOUR).step_by(15 * 60 * 1_000);
        let near: Vec<u64> =
            quarters.filter(|now| is_near(at(opens), at(opens + open), at(*now))).map(|now| now - opens).collect();
        Some((*near.first()?, *near.last()?))
    }

    #[test]
    fn it_comes_a_day_before_the_end_and_not_after_it() {
        let quarter = HOUR / 4;
        assert_eq!(comes(7 * 24 * HOUR), Some((6 * 24 * HOUR, 7 * 24 * HOUR - quarter)));
        assert_eq!(comes(25 * HOUR), Some((HOUR, 25 * HOUR - quarter)));
    }

    #[test]
    fn of_what_is_open_for_a_day_or_less_it_comes_in_the_last_half() {
        let quarter = HOUR / 4;
        assert_eq!(comes(24 * HOUR), Some((12 * HOUR, 24 * HOUR - quarter)));
        assert_eq!(comes(2 * HOUR), Some((HOUR, 2 * HOUR - quarter)));
        assert_eq!(comes(0), None);
    }

    #[test]
    fn marks_are_read_as_they_were_written_and_nothing_else_is_one() {
        for request in [None, Some(Nonce([7; 16]))] {
            let mark = Mark { terms: TermsHash([3; 32]), request };
            let bytes = mark.bytes();
            assert_eq!(Mark::read(&bytes), Some(mark));
            assert_eq!(Mark::read(&bytes[..31]), None);
            assert_eq!(Mark::read(&[&bytes[..], &[0]].concat()), None);
        }
    }
}
