//! What ballots come to: an outcome as a function of terms, named ballots and what is agreed, and of nothing else.
//!
//! `docs/protocol/decisions.md` numbers the steps. Changes are read from the storage by their ids; whether they stand, and
//! what time it is, has no say here.

use std::collections::{BTreeMap, BTreeSet};

use knotwork_documents::{Certificate, Paper};
use knotwork_governance::{
    Ballot, BallotPaper, Charter, ClosingStatement, Count, Effect, Electorate, Outcome as Came, Terms, Voter,
};
use knotwork_identity::{ChangeId, CharterDigest, DocumentId, NetworkId, PersonId, PublicKey, TermsHash};
use knotwork_ledger::{Checked, CheckedChange};
use knotwork_minutes::{
    Agreed, Outcome, Verdict,
    planted::{self, Bug},
};

use crate::{
    StorageError, StoredChange,
    papers::Papers,
    voice::{Rank, rank_of},
};

/// What a decision came to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Counted {
    /// The terms.
    pub terms: Terms,
    /// The tally and what is decided.
    pub count: Count,
    /// Who is counted with which change.
    pub voters: BTreeMap<Voter, ChangeId>,
    /// The voters whose ballots say several things at once.
    pub spoiled: BTreeSet<Voter>,
}

/// Why nothing can be counted.
#[derive(Debug)]
pub enum Uncounted {
    /// Terms, a ballot or what gives a voice is not here yet.
    Lacking,
    /// The terms are not such that this network could decide by them; why.
    Wrong(String),
    /// The storage cannot be read.
    Storage(StorageError),
}

impl From<StorageError> for Uncounted {
    fn from(error: StorageError) -> Self {
        Self::Storage(error)
    }
}

/// The terms of a decision with this hash, if they are here.
///
/// # Errors
/// When the storage cannot be read.
pub fn terms_of(
    papers: &(impl Papers + ?Sized),
    decision: &DocumentId,
    hash: TermsHash,
) -> Result<Option<Terms>, StorageError> {
    for stored in papers.changes_of(decision)? {
        if let Some(change) = checked(stored)
            && let Some(Paper::Terms(terms)) = Paper::read(&change)
            && terms.hash() == hash
        {
            return Ok(Some(*terms));
        }
    }
    Ok(None)
}

/// The charter of this digest in a document, if it is there. What minutes name is read whoever wrote it, and whatever became of
/// them since.
///
/// # Errors
/// When it cannot be read.
pub fn charter_of(
    papers: &(impl Papers + ?Sized),
    document: &DocumentId,
    digest: CharterDigest,
) -> Result<Option<Charter>, StorageError> {
    let written = papers.changes_of(document)?.into_iter().filter_map(checked);
    let mut charters = written.filter_map(|change| match Paper::read(&change) {
        Some(Paper::Charter(charter)) if charter.digest() == digest => Some(*charter),
        _ => None,
    });
    Ok(charters.next())
}

/// Counts the ballots that these changes are.
///
/// # Errors
/// When something is missing or wrong.
pub fn count(
    papers: &(impl Papers + ?Sized),
    agreed: &Agreed,
    decision: DocumentId,
    hash: TermsHash,
    ballots: &[ChangeId],
) -> Result<Counted, Uncounted> {
    let terms = terms_of(papers, &decision, hash)?.ok_or(Uncounted::Lacking)?;
    count_under(papers, agreed, terms, ballots)
}

/// Counts the ballots that these changes are, under terms that are known.
///
/// # Errors
/// When something is missing or wrong.
pub fn count_under(
    papers: &(impl Papers + ?Sized),
    agreed: &Agreed,
    terms: Terms,
    ballots: &[ChangeId],
) -> Result<Counted, Uncounted> {
    let hash = terms.hash();
    check_terms(agreed, &terms).map_err(Uncounted::Wrong)?;
    check_charters(papers, &terms)?;
    let mut cast = Vec::new();
    for id in ballots {
        let change = papers.change(id)?.and_then(checked).ok_or(Uncounted::Lacking)?;
        cast.extend(read_ballot(papers, &terms, hash, &change)?);
    }
    let (mut counted, mut voters, mut spoiled) = (Vec::new(), BTreeMap::new(), BTreeSet::new());
    let mut agreeing = BTreeSet::new();
    let each = heads_of_each(papers, cast)?;
    // A finding is about the objection that was read, and not about what the same voter says after it.
    let places: BTreeMap<ChangeId, u32> = each
        .iter()
        .filter_map(|(voter, heads)| match heads.as_slice() {
            [one] => Some((one.id, terms.electorate.place(voter)?)),
            _ => None,
        })
        .collect();
    for (voter, heads) in each {
        let Some(place) = terms.electorate.place(&voter) else { continue };
        match heads.as_slice() {
            [one] => {
                let ballot = Ballot::new(place, one.paper.position.clone());
                // Of oneself nobody says that an objection does not qualify.
                let others = one.paper.not_qualified.iter().filter_map(|objection| places.get(objection).copied());
                let others = others.filter(|other| *other != place);
                counted.push(ballot.with_not_qualified(others));
                voters.insert(voter, one.id);
                if let (true, Voter::Organisation(organisation)) = (one.paper.position.agrees(), voter) {
                    agreeing.insert(organisation);
                }
            }
            _ => {
                counted.push(Ballot::spoiled(place));
                spoiled.insert(voter);
            }
        }
    }
    let rules = &agreed.charter_at(terms.as_of).rules;
    let mut count = terms.count(&counted, ballots, rules).map_err(|error| Uncounted::Wrong(error.to_string()))?;
    bind_at_the_end(agreed, &terms, &agreeing, &mut count);
    Ok(Counted { terms, count, voters, spoiled })
}

/// What a node states that it holds: of these ballots one for each voter, and of a voter whose ballots say several things
/// two. What cannot count, as far as this node can tell, is not named: anybody can write any number of such.
///
/// # Errors
/// When the terms are not here or the storage cannot be read.
pub fn holding(
    papers: &(impl Papers + ?Sized),
    decision: DocumentId,
    hash: TermsHash,
    ballots: &[ChangeId],
) -> Result<Vec<ChangeId>, Uncounted> {
    let terms = terms_of(papers, &decision, hash)?.ok_or(Uncounted::Lacking)?;
    let each = heads_here(papers, &terms, ballots)?;
    let first = each.values().filter_map(|heads| heads.first());
    let second = each.values().filter_map(|heads| heads.get(1));
    Ok(first.chain(second).take(ClosingStatement::BALLOTS_MAX).copied().collect())
}

/// Of those of these ballots that are here and could count, as far as can be told, those of each voter on which no other
/// builds.
pub(crate) fn heads_here(
    papers: &(impl Papers + ?Sized),
    terms: &Terms,
    ballots: &[ChangeId],
) -> Result<BTreeMap<Voter, Vec<ChangeId>>, StorageError> {
    let (hash, mut cast) = (terms.hash(), Vec::new());
    for id in ballots {
        cast.extend(countable(papers, terms, hash, id)?);
    }
    let each = heads_of_each(papers, cast)?.into_iter();
    Ok(each.map(|(voter, heads)| (voter, heads.iter().map(|cast| cast.id).collect())).collect())
}

/// The outcome of as many of these statements as one can be made of, if they are so many at least. Left out are those that
/// name what is not here or no ballot that could count: who states such a thing holds nobody up. Of too many ballots in all,
/// those statements are left out that name the most which nobody else names.
///
/// # Errors
/// As [`count`].
pub fn outcome_of_sound(
    papers: &(impl Papers + ?Sized),
    agreed: &Agreed,
    decision: DocumentId,
    hash: TermsHash,
    mut statements: Vec<ClosingStatement>,
    quorum: usize,
) -> Result<Outcome, Uncounted> {
    let terms = terms_of(papers, &decision, hash)?.ok_or(Uncounted::Lacking)?;
    let mut known: BTreeMap<ChangeId, bool> = BTreeMap::new();
    for id in statements.iter().flat_map(|statement| &statement.ballots) {
        if !known.contains_key(id) {
            known.insert(*id, countable(papers, &terms, hash, id)?.is_some());
        }
    }
    statements.retain(|statement| statement.ballots.iter().all(|id| known.get(id) == Some(&true)));
    let named = |statements: &[ClosingStatement]| {
        let mut times: BTreeMap<ChangeId, usize> = BTreeMap::new();
        for ballot in statements.iter().flat_map(|statement| &statement.ballots) {
            *times.entry(*ballot).or_default() += 1;
        }
        times
    };
    while statements.len() > quorum {
        let times = named(&statements);
        if times.len() <= Outcome::BALLOTS_MAX {
            break;
        }
        let alone = |statement: &ClosingStatement| {
            statement.ballots.iter().filter(|ballot| times.get(ballot) == Some(&1)).count()
        };
        let most = statements.iter().enumerate().max_by_key(|(_, statement)| (alone(statement), statement.node));
        let Some(place) = most.map(|(place, _)| place) else { break };
        statements.remove(place);
    }
    if statements.len() < quorum || named(&statements).len() > Outcome::BALLOTS_MAX {
        return Err(Uncounted::Lacking);
    }
    outcome(papers, agreed, decision, hash, &statements)
}

/// The closing statement in a change.
pub(crate) fn statement_in(
    papers: &(impl Papers + ?Sized),
    change: &ChangeId,
) -> Result<Option<ClosingStatement>, StorageError> {
    let paper = papers.change(change)?.and_then(checked).and_then(|change| Paper::read(&change));
    Ok(match paper {
        Some(Paper::ClosingStatement(statement)) => Some(statement),
        _ => None,
    })
}

/// What binds everyone needs its share of those who are on the roster when it is minuted as well: whoever was asked long
/// ago decides nothing about the network that there is now.
fn bind_at_the_end(agreed: &Agreed, terms: &Terms, agreeing: &BTreeSet<PublicKey>, count: &mut Count) {
    if terms.effects.is_empty() || count.outcome != Came::Adopted {
        return;
    }
    let before = agreed.minute_of(&terms.decision).map_or(agreed.height(), |minute| minute - 1);
    let asked = agreed.asked_at(before);
    let asked = asked.iter().filter(|organisation| Some(**organisation) != terms.against());
    let (mut all, mut agreed_still) = (0, 0);
    for organisation in asked {
        all += 1;
        agreed_still += u64::from(agreeing.contains(organisation));
    }
    let needed = terms.needed(all, &agreed.charter_at(before).rules);
    if agreed_still < needed {
        (count.outcome, count.agreed, count.needed) = (Came::NotAdopted, agreed_still, needed);
    }
}

/// The outcome that statements come to.
///
/// # Errors
/// As [`count`].
pub fn outcome(
    papers: &(impl Papers + ?Sized),
    agreed: &Agreed,
    decision: DocumentId,
    hash: TermsHash,
    statements: &[ClosingStatement],
) -> Result<Outcome, Uncounted> {
    let terms = terms_of(papers, &decision, hash)?.ok_or(Uncounted::Lacking)?;
    outcome_under(papers, agreed, terms, statements)
}

/// The outcome that statements come to, under terms that are known.
pub(crate) fn outcome_under(
    papers: &(impl Papers + ?Sized),
    agreed: &Agreed,
    terms: Terms,
    statements: &[ClosingStatement],
) -> Result<Outcome, Uncounted> {
    let (decision, hash) = (terms.decision, terms.hash());
    let named = Outcome::of(decision, hash, statements, (Vec::new(), Verdict::NotDecided, Vec::new())).ballots;
    let counted = count_under(papers, agreed, terms, &named)?;
    let verdict = Verdict::from(counted.count.outcome);
    // What has changed otherwise by now is not changed again, and the outcome is final all the same.
    let in_force = verdict == Verdict::Adopted
        && agreed.takes(&counted.terms.effects)
        && !is_of_an_older_charter(agreed, &counted.terms);
    let effects = if in_force { counted.terms.effects.clone() } else { Vec::new() };
    Ok(Outcome::of(decision, hash, statements, (counted.count.tally.counts, verdict, effects)))
}

/// Whether terms would bring a charter and another has come into force since they were opened. Whoever agreed to it compared it
/// with the one before, and what has been agreed since would be undone unseen.
fn is_of_an_older_charter(agreed: &Agreed, terms: &Terms) -> bool {
    let brings_one = terms.effects.iter().any(|effect| matches!(effect, Effect::Charter { .. }));
    brings_one && agreed.charter().since > terms.as_of
}

/// Whether this network could decide by these terms.
///
/// # Errors
/// Says why not.
pub fn check_terms(agreed: &Agreed, terms: &Terms) -> Result<(), String> {
    terms.check().map_err(|error| error.to_string())?;
    if terms.as_of > agreed.height() {
        return Err(format!("the terms speak of minute {}, which is not there yet", terms.as_of));
    }
    // In the network as it was before it was reconvened, other organisations were asked, and some of them are not here.
    let counted = agreed.minute_of(&terms.decision).unwrap_or(agreed.height());
    if terms.as_of < agreed.began_by(counted) {
        return Err(format!("it was asked before the network was reconvened with minute {}", agreed.began_by(counted)));
    }
    let asked: Vec<PublicKey> = match &terms.electorate {
        Electorate::Organisations(organisations) => organisations.clone(),
        Electorate::Persons(persons) => persons.iter().map(|(organisation, _)| *organisation).collect(),
    };
    if let Some(stranger) = asked.iter().find(|organisation| !agreed.was_ever_on(organisation)) {
        return Err(format!("{stranger} is asked and was never on the roster"));
    }
    if terms.effects.is_empty() {
        return Ok(());
    }
    let as_of = if planted::is(Bug::ElectorateAtTheEnd) { agreed.height() } else { terms.as_of };
    let all = agreed.asked_at(as_of);
    let expected: Vec<PublicKey> = all.iter().filter(|key| Some(**key) != terms.against()).copied().collect();
    if asked == expected {
        Ok(())
    } else {
        Err("what binds everyone is asked of every organisation on the roster, and of no other".into())
    }
}

/// Whether every charter that the terms name is here and says the rules that would bind: what people read is what they
/// agree to.
fn check_charters(papers: &(impl Papers + ?Sized), terms: &Terms) -> Result<(), Uncounted> {
    for effect in &terms.effects {
        let Effect::Charter { document, digest, rules } = effect else { continue };
        let charter = charter_of(papers, document, *digest)?.ok_or(Uncounted::Lacking)?;
        if charter.rules != *rules {
            return Err(Uncounted::Wrong("the charter's text has other rules than would bind".into()));
        }
    }
    Ok(())
}

/// A ballot that counts for a voter, unless another does.
struct Cast {
    id: ChangeId,
    document: DocumentId,
    paper: BallotPaper,
    /// How far it goes before ballots of the same voter in other documents.
    rank: Rank,
}

/// Of each voter the ballots on which no other builds, in the document of the highest standing. More than one say several
/// things at once.
fn heads_of_each(papers: &(impl Papers + ?Sized), cast: Vec<Cast>) -> Result<BTreeMap<Voter, Vec<Cast>>, StorageError> {
    let mut each: BTreeMap<Voter, Vec<Cast>> = BTreeMap::new();
    for one in cast {
        each.entry(one.paper.voter).or_default().push(one);
    }
    for heads in each.values_mut() {
        let Some((_, document)) = heads.iter().map(|cast| (cast.rank, cast.document)).max() else { continue };
        heads.retain(|cast| cast.document == document);
        if heads.len() > 1 {
            let built_on = built_on(papers, heads.iter().map(|cast| cast.id))?;
            heads.retain(|cast| !built_on.contains(&cast.id));
        }
    }
    Ok(each)
}

/// A ballot that could count, by what is here.
fn countable(
    papers: &(impl Papers + ?Sized),
    terms: &Terms,
    hash: TermsHash,
    id: &ChangeId,
) -> Result<Option<Cast>, StorageError> {
    let Some(change) = papers.change(id)?.and_then(checked) else { return Ok(None) };
    match read_ballot(papers, terms, hash, &change) {
        Err(Uncounted::Storage(error)) => Err(error),
        Err(Uncounted::Lacking | Uncounted::Wrong(_)) => Ok(None),
        Ok(cast) => Ok(cast),
    }
}

fn read_ballot(
    papers: &(impl Papers + ?Sized),
    terms: &Terms,
    hash: TermsHash,
    change: &CheckedChange,
) -> Result<Option<Cast>, Uncounted> {
    let Some(Paper::Ballot(paper)) = Paper::read(change) else { return Ok(None) };
    let fits = paper.decision == terms.decision
        && paper.terms == hash
        && terms.electorate.place(&paper.voter).is_some()
        && terms.rules.check_position(&paper.position).is_ok();
    if !fits {
        return Ok(None);
    }
    let Some(rank) = rank_of(papers, terms, &paper, change.author())? else { return Ok(None) };
    Ok(Some(Cast { id: change.id(), document: change.document(), paper: *paper, rank }))
}

/// The change with which an organisation certified a key for a person: what a ballot of that person names.
///
/// # Errors
/// When the storage cannot be read.
pub fn certifying_change(
    papers: &(impl Papers + ?Sized),
    network: NetworkId,
    organisation: PublicKey,
    person: PersonId,
    key: &PublicKey,
) -> Result<Option<ChangeId>, StorageError> {
    let header = Certificate::header(network, organisation, &person);
    let changes = papers.changes_of(&header.id())?.into_iter().filter_map(checked);
    let mut certifying = changes.filter(|change| {
        Certificate::read_further(&header, change, person, false).is_some_and(|read| read.keys.contains(key))
    });
    Ok(certifying.next().map(|change| change.id()))
}

/// The changes on which any of these builds, as far as they are there.
pub(crate) fn built_on(
    papers: &(impl Papers + ?Sized),
    heads: impl Iterator<Item = ChangeId>,
) -> Result<BTreeSet<ChangeId>, StorageError> {
    // One after the other: of what somebody else wrote beside them there may be any number.
    let mut built_on = BTreeSet::new();
    let mut open: Vec<ChangeId> = heads.collect();
    while let Some(id) = open.pop() {
        let Some(change) = papers.change(&id)?.and_then(checked) else { continue };
        open.extend(change.dependencies().iter().filter(|dependency| built_on.insert(**dependency)));
    }
    Ok(built_on)
}

/// A stored change, read.
pub(crate) fn checked(stored: StoredChange) -> Option<CheckedChange> {
    match stored.change.check_trusted() {
        Ok(Checked::Change(change)) => Some(change),
        _ => None,
    }
}
