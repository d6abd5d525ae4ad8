//! Who may cast a voter's ballot: whoever has the voice, by a mandate or a certificate, or a colleague who stands in for them.
//!
//! What gives a voice is read from the changes that a ballot names, and from those that a delegation names. One step, and no
//! further: what a delegation names has to give its author the voice itself.

use knotwork_documents::{Certificate, Paper, kinds};
use knotwork_governance::{BallotPaper, Delegation, Terms, Voter};
use knotwork_identity::{ChangeId, PersonId, PublicKey};
use knotwork_ledger::CheckedChange;

use crate::{
    StorageError,
    counting::{Uncounted, checked},
    papers::Papers,
};

/// How far a ballot goes before others of the same voter; the highest counts. Under a later mandate first, and under one and
/// the same, or of a person, whoever has the voice goes before whoever stands in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Rank(u64, u64);

/// How far a ballot goes that this key signed; `None` where it has not the voter's voice.
pub(crate) fn rank_of(
    papers: &(impl Papers + ?Sized),
    terms: &Terms,
    paper: &BallotPaper,
    author: PublicKey,
) -> Result<Option<Rank>, Uncounted> {
    let standing = papers.change(&paper.standing)?.and_then(checked).ok_or(Uncounted::Lacking)?;
    let ranked = |own: bool, given: u64| match paper.voter {
        Voter::Organisation(_) => Rank(given, u64::from(own)),
        Voter::Person(..) => Rank(u64::from(own), given),
    };
    match Paper::read(&standing) {
        Some(Paper::Delegation(delegation)) => {
            let given = given_to_stand_in(papers, terms, &paper.voter, &standing, &delegation, author)?;
            Ok(given.map(|given| ranked(false, given)))
        }
        _ => Ok(given_by(&standing, terms, &paper.voter, author).map(|given| ranked(true, given))),
    }
}

/// The changes that are read to tell whether a ballot that stands on this one has the voter's voice, as far as they are
/// there.
///
/// # Errors
/// When they cannot be read.
pub(crate) fn standing_of(papers: &(impl Papers + ?Sized), standing: ChangeId) -> Result<Vec<ChangeId>, StorageError> {
    let mut read = vec![standing];
    let change = papers.change(&standing)?.and_then(checked);
    if let Some(Paper::Delegation(delegation)) = change.as_ref().and_then(Paper::read) {
        read.push(delegation.certified);
        read.extend(delegation.voices);
    }
    Ok(read)
}

/// What a delegation gives whoever signed with this key of the voter's voice.
fn given_to_stand_in(
    papers: &(impl Papers + ?Sized),
    terms: &Terms,
    voter: &Voter,
    change: &CheckedChange,
    delegation: &Delegation,
    author: PublicKey,
) -> Result<Option<u64>, Uncounted> {
    let of_voter = match voter {
        Voter::Organisation(organisation) => delegation.organisation == *organisation,
        Voter::Person(organisation, person) => delegation.organisation == *organisation && delegation.person == *person,
    };
    let read = |id: &ChangeId| -> Result<CheckedChange, Uncounted> {
        papers.change(id)?.and_then(checked).ok_or(Uncounted::Lacking)
    };
    let stand_in = read(&delegation.certified)?;
    let voices = delegation.voices.iter().map(read).collect::<Result<Vec<_>, _>>()?;
    let is_colleague = certifies(&stand_in, delegation.organisation, delegation.stand_in, author);
    if !of_voter || !is_colleague || !delegation.is_for(terms) {
        return Ok(None);
    }
    Ok(voices.iter().filter_map(|voice| given_by(voice, terms, voter, change.author())).max())
}

/// What a change gives whoever signed with this key of the voter's voice: the number of a mandate, or when a certificate
/// claims to have been written.
fn given_by(standing: &CheckedChange, terms: &Terms, voter: &Voter, author: PublicKey) -> Option<u64> {
    match voter {
        Voter::Organisation(organisation) => match Paper::read(standing) {
            Some(Paper::Mandate(mandate))
                if standing.header().owner == Some(*organisation)
                    && mandate.keys.contains(&author)
                    && mandate.from <= terms.closes
                    && terms.opens <= mandate.until =>
            {
                Some(mandate.number)
            }
            _ => None,
        },
        Voter::Person(organisation, person) => {
            certifies(standing, *organisation, *person, author).then(|| standing.time().milliseconds())
        }
    }
}

/// Whether a change gives a key to a person of an organisation. What makes it a machine's gives it to nobody.
fn certifies(change: &CheckedChange, organisation: PublicKey, person: PersonId, key: PublicKey) -> bool {
    let header = change.header();
    // A certificate's later changes name no person; the keys' signatures do.
    let certificate = (header.kind == kinds::CERTIFICATE && header.owner == Some(organisation))
        .then(|| Certificate::read_further(header, change, person, false))
        .flatten();
    certificate.is_some_and(|certificate| certificate.keys.contains(&key))
}
