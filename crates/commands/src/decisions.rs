//! Decisions, as they are read: what is asked of whom, who has said what, what came of it, and whether that is final.

use std::collections::{BTreeMap, BTreeSet};

use knotwork_documents::{Paper, PaperView, Sheet, View, kinds};
use knotwork_governance::{Count, Shown, Terms, Undertaking, Voter, in_succession};
use knotwork_identity::{ChangeId, DocumentId, MinuteHash, PublicKey, TermsHash, Timestamp};
use knotwork_minutes::{Agreed, Matter, Outcome, Verdict};
use knotwork_replica::{
    Evidence, Standing,
    counting::{self, Uncounted},
    view_of_stored,
};

use crate::{
    CommandError, ContributorView, Member, NodeHandle, PositionEntry, handle::storage_error, positions::heads_under,
};

/// A decision with everything that a page about it shows.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DecisionEntry {
    /// The document.
    pub id: DocumentId,
    /// Who opened it.
    pub by: ContributorView,
    /// The key that opened it, which alone may change its terms.
    pub owner: PublicKey,
    /// The terms in force: those that were minuted, or the latest.
    pub terms: Terms,
    /// Their hash.
    pub hash: TermsHash,
    /// All its terms, the latest first.
    pub versions: Vec<TermsVersion>,
    /// How it stands.
    pub state: DecisionState,
    /// Until when positions are taken: as the terms say, or later, as whoever is asked anew has time to answer.
    pub open_until: Timestamp,
    /// Every position under the terms in force, in the order of the electorate: of each voter the one that counts, and
    /// behind it what came too late. Whether a reader may see them is for [`DecisionEntry::visible_to`] to say.
    pub positions: Vec<PositionEntry>,
    /// Those who have not answered under the terms in force, or too late.
    pub unanswered: Vec<Voter>,
    /// What the ballots come to, as far as they can be counted here.
    pub count: Option<Count>,
    /// The signing organisations that have said which ballots they hold, by key.
    pub stated: BTreeSet<PublicKey>,
    /// Those that have not.
    pub unstated: BTreeSet<PublicKey>,
    /// The minute that made it final.
    pub minuted: Option<MinutedOutcome>,
}

/// A decision as a list shows it: what is asked, and how it stands, without counting.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DecisionHead {
    /// The document.
    pub id: DocumentId,
    /// The terms in force: those that were minuted, or the latest.
    pub terms: Terms,
    /// How it stands.
    pub state: DecisionState,
    /// Until when positions are taken: as the terms say, or later, as whoever is asked anew has time to answer.
    pub open_until: Timestamp,
}

/// How a decision stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum DecisionState {
    /// Positions are taken. Whoever's clock is behind the one of who opened it takes them as well.
    Open,
    /// It has closed by this node's clock, and is not final.
    Closed,
    /// It was asked before the network was reconvened, and comes to nothing any more.
    Lapsed,
    /// It is minuted.
    Final,
}

impl DecisionState {
    /// Whether no more positions are taken.
    #[must_use]
    pub fn is_over(self) -> bool {
        matches!(self, Self::Closed | Self::Lapsed | Self::Final)
    }
}

/// One version of a decision's terms.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TermsVersion {
    /// Their hash.
    pub hash: TermsHash,
    /// When they were written, as their author claims.
    pub time: Option<Timestamp>,
    /// What they say.
    pub terms: Terms,
}

/// The minute that made a decision final.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MinutedOutcome {
    /// Its number.
    pub height: u64,
    /// Its hash.
    pub hash: MinuteHash,
    /// What it says.
    pub outcome: Outcome,
}

/// Whether a reader may see who took which position.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Visible {
    /// Yes.
    Now,
    /// Once they have taken one.
    AfterOwn,
    /// Once it has closed.
    AfterClosing,
}

impl MinutedOutcome {
    /// Whether it was adopted and changes nothing, as what these terms would have changed was otherwise by then.
    #[must_use]
    pub fn is_overtaken(&self, terms: &Terms) -> bool {
        self.outcome.verdict == Verdict::Adopted && !terms.effects.is_empty() && self.outcome.effects.is_empty()
    }
}

impl DecisionEntry {
    /// Whether a reader with this voter's voice may see positions.
    #[must_use]
    pub fn visible_to(&self, own: &[Voter]) -> Visible {
        // Whom it is about has no voice, and sees everything; but not what was answered to terms that were about nobody.
        let is_against = |terms: &Terms| terms.against().is_some();
        if is_against(&self.terms) && self.versions.iter().all(|version| is_against(&version.terms)) {
            return Visible::Now;
        }
        // Positions that were taken under stricter terms are not shown by looser ones.
        let versions = self.versions.iter().map(|version| version.terms.shown);
        match versions.chain([self.terms.shown]).max_by_key(|shown| *shown as u8).unwrap_or(self.terms.shown) {
            Shown::Always => Visible::Now,
            _ if self.state.is_over() => Visible::Now,
            Shown::AfterOwn if own.iter().any(|voter| self.position_of(voter).is_some()) => Visible::Now,
            Shown::AfterOwn => Visible::AfterOwn,
            Shown::AfterClosing => Visible::AfterClosing,
        }
    }

    /// The position of a voter: the one that counts, or, where none does, what came too late.
    #[must_use]
    pub fn position_of(&self, voter: &Voter) -> Option<&PositionEntry> {
        self.positions.iter().find(|position| position.voter == *voter)
    }

    /// How many have answered in time.
    #[must_use]
    pub fn answered(&self) -> usize {
        self.positions.iter().filter(|position| !position.late).count()
    }

    /// The objections that are neither integrated nor withdrawn, under the terms in force.
    pub fn objections(&self) -> impl Iterator<Item = &PositionEntry> {
        self.positions.iter().filter(|position| position.position.is_block() && !position.late)
    }
}

impl NodeHandle {
    /// All decisions, the latest first. No ballot is read for that.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub fn decisions(&self) -> Result<Vec<DecisionHead>, CommandError> {
        let mut heads = Vec::new();
        self.each_listed(kinds::DECISION, None, |document| {
            heads.extend(self.decision_head(document)?);
            Ok(())
        })?;
        heads.reverse();
        // Of a key that was taken back nothing is listed.
        let listed: BTreeSet<DocumentId> = heads.iter().map(|head| head.id).collect();
        for decision in self.agreed().minuted().filter(|decision| !listed.contains(decision)) {
            heads.extend(self.decision_head(decision)?);
        }
        if heads.len() > listed.len() {
            heads.sort_by_key(|head| std::cmp::Reverse(head.terms.opens));
        }
        Ok(heads)
    }

    /// One decision as a list shows it, if it is here. No ballot is read for that.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub fn decision_head(&self, id: &DocumentId) -> Result<Option<DecisionHead>, CommandError> {
        let Some(view) = self.decision_paper(id)? else { return Ok(None) };
        let Some(Head { terms, hash, minuted, .. }) = self.head_of(&view)? else { return Ok(None) };
        let stated = |decision: &DocumentId| Ok(self.statements(decision, hash)?.stated);
        let state = self.state_of(&view.id, &terms, minuted.is_some(), stated)?;
        let open_until = self.open_until(&view.id, &terms);
        Ok(Some(DecisionHead { id: view.id, terms, state, open_until }))
    }

    /// The decisions in which positions are taken now, with everything about them, the latest first.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub fn open_decisions(&self) -> Result<Vec<DecisionEntry>, CommandError> {
        let open = self.decisions()?.into_iter().filter(|head| head.state == DecisionState::Open);
        open.map(|head| self.decision(&head.id)).collect()
    }

    /// One decision.
    ///
    /// # Errors
    /// When there is none with this id, or the store cannot be read.
    pub fn decision(&self, id: &DocumentId) -> Result<DecisionEntry, CommandError> {
        let entry = match self.decision_paper(id)? {
            Some(view) => self.decision_entry(&view)?,
            None => None,
        };
        entry.ok_or(CommandError::NotFound(*id))
    }

    /// The voices with which a member may take a position in a decision: the organisation's, if they have a mandate, their
    /// own, and those of colleagues for whom they stand in.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub fn voices(&self, member: &Member, terms: &Terms) -> Result<Vec<Voter>, CommandError> {
        Ok(self.speakers()?.voices(&member.person, &member.public_key(), terms))
    }

    /// What a voter is called.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub fn voter_name(&self, voter: &Voter) -> Result<String, CommandError> {
        Ok(match voter {
            Voter::Organisation(organisation) => self.name_of(organisation),
            Voter::Person(organisation, person) => {
                self.people()?.name_of(person, organisation).unwrap_or_else(|| self.name_of(organisation))
            }
        })
    }

    /// The terms of a decision with this hash, if they are here.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub fn terms(&self, decision: &DocumentId, hash: TermsHash) -> Result<Option<Terms>, CommandError> {
        counting::terms_of(self.storage(), decision, hash).map_err(storage_error)
    }

    /// What the outcome of a decision was counted from, and who opened it, as far as it is here: changes in their bytes, to be
    /// handed on with its minute.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub fn evidence(&self, terms: &Terms, outcome: &Outcome) -> Result<Vec<Vec<u8>>, CommandError> {
        let authors = self.status().authors.clone();
        Evidence::gather(self.storage(), terms, outcome, &authors).map_err(storage_error)
    }

    /// The paper of a decision, as far as it stands. Nobody takes back what is minuted: of that everything is shown, whatever
    /// became of whoever wrote it.
    pub(crate) fn decision_paper(&self, id: &DocumentId) -> Result<Option<PaperView>, CommandError> {
        let view = match self.any_view(id)? {
            None if self.agreed().minute_of(id).is_some() => {
                let stored = self.storage().changes_of(id).map_err(storage_error)?;
                view_of_stored(stored, &Standing::default()).map_err(storage_error)?
            }
            view => view,
        };
        Ok(match view {
            Some(View::Paper(view)) => Some(*view),
            _ => None,
        })
    }

    fn decision_entry(&self, view: &PaperView) -> Result<Option<DecisionEntry>, CommandError> {
        let Some(Head { terms, hash, versions, minuted }) = self.head_of(view)? else { return Ok(None) };
        let Statements { stated, unstated, ballots: named } = self.statements(&view.id, hash)?;
        let state = self.state_of(&view.id, &terms, minuted.is_some(), |_| Ok(stated.clone()))?;
        // Until somebody has said which answers they held, none has come too late.
        let named = match &minuted {
            Some(minuted) => Some(minuted.outcome.ballots.iter().copied().collect()),
            None if state.is_over() && !stated.is_empty() => Some(named),
            None => None,
        };
        let ballots = self.ballots(&view.id, named.as_ref().filter(|_| minuted.is_some()))?;
        let heads = heads_under(&ballots, hash, named.as_ref());
        let is_named = |change: &ChangeId| named.as_ref().is_none_or(|named| named.contains(change));
        let ids: Vec<ChangeId> = match &minuted {
            Some(minuted) => minuted.outcome.ballots.clone(),
            None => heads.iter().map(|(_, sheet)| sheet.change).filter(is_named).collect(),
        };
        let counted = match counting::count(self.storage(), &self.agreed(), view.id, hash, &ids) {
            Ok(counted) => Some(counted),
            Err(Uncounted::Storage(error)) => return Err(storage_error(error)),
            Err(Uncounted::Lacking | Uncounted::Wrong(_)) => None,
        };
        let positions = self.positions(&terms, &heads, counted.as_ref(), named.as_ref())?;
        let in_time = positions.iter().filter(|position| !position.late);
        let answered: BTreeSet<Voter> = in_time.map(|position| position.voter).collect();
        let unanswered: Vec<Voter> = terms.electorate.voters().filter(|voter| !answered.contains(voter)).collect();
        Ok(Some(DecisionEntry {
            open_until: self.open_until(&view.id, &terms),
            id: view.id,
            by: self.contributor(&view.owner),
            owner: view.owner,
            terms,
            hash,
            versions,
            state,
            positions,
            unanswered,
            count: counted.map(|counted| counted.count),
            stated,
            unstated,
            minuted,
        }))
    }

    /// Which terms of a decision are in force; none where they are not here.
    pub(crate) fn head_of(&self, view: &PaperView) -> Result<Option<Head>, CommandError> {
        let minuted = self.minuted_outcome(&view.id)?;
        let versions = in_succession(view.sheets.iter().filter_map(version_in));
        let in_force = minuted.as_ref().map(|minuted| minuted.outcome.terms);
        let current = versions.iter().find(|version| in_force.is_none_or(|hash| hash == version.hash));
        let current = match (current, in_force) {
            (Some(current), _) => Some((current.terms.clone(), current.hash)),
            // The terms themselves were by a key that was taken back.
            (None, Some(hash)) => self.terms(&view.id, hash)?.map(|terms| (terms, hash)),
            (None, None) => None,
        };
        Ok(current.map(|(terms, hash)| Head { terms, hash, versions, minuted }))
    }

    /// How a decision stands. `stated` gives who has stated, and is asked where that matters.
    fn state_of(
        &self,
        decision: &DocumentId,
        terms: &Terms,
        is_final: bool,
        stated: impl FnOnce(&DocumentId) -> Result<BTreeSet<PublicKey>, CommandError>,
    ) -> Result<DecisionState, CommandError> {
        let now = self.now();
        Ok(if is_final {
            DecisionState::Final
        } else if terms.as_of < self.agreed().began() {
            DecisionState::Lapsed
        } else if self.open_until(decision, terms) <= now
            || is_closed_early(&self.agreed(), &stated(decision)?, &self.host_key())
        {
            DecisionState::Closed
        } else {
            DecisionState::Open
        })
    }

    /// Until when positions are taken under the terms in force of a decision.
    pub(crate) fn open_until(&self, decision: &DocumentId, terms: &Terms) -> Timestamp {
        self.status().open_until.get(decision).map_or(terms.closes, |until| terms.closes.max(*until))
    }

    /// Whether a decision is final and came to something.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub fn was_agreed(&self, decision: &DocumentId) -> Result<bool, CommandError> {
        let verdict = self.minuted_outcome(decision)?.map(|minuted| minuted.outcome.verdict);
        Ok(matches!(verdict, Some(Verdict::Adopted | Verdict::Chosen(_))))
    }

    fn minuted_outcome(&self, decision: &DocumentId) -> Result<Option<MinutedOutcome>, CommandError> {
        let Some(height) = self.agreed().minute_of(decision) else { return Ok(None) };
        Ok(self.minute(height)?.and_then(|entry| match entry.minute.matter {
            Matter::Outcome(outcome) => Some(MinutedOutcome { height, hash: entry.hash, outcome }),
            Matter::Word(_) | Matter::Reconvened(_) => None,
        }))
    }

    /// Which signing organisations have made their closing statements, and which have not.
    fn statements(&self, decision: &DocumentId, hash: TermsHash) -> Result<Statements, CommandError> {
        let mut named: BTreeMap<PublicKey, BTreeSet<ChangeId>> = BTreeMap::new();
        for paper in self.papers(kinds::CLOSING_STATEMENT, decision)? {
            // Of two by one node the first counts.
            let first = paper.sheets.iter().find_map(|sheet| match &sheet.paper {
                Paper::ClosingStatement(statement) if statement.terms == hash => Some(&statement.ballots),
                _ => None,
            });
            if let Some(ballots) = first {
                named.entry(paper.owner).or_insert_with(|| ballots.iter().copied().collect());
            }
        }
        let agreed = self.agreed();
        let mut statements = Statements::default();
        for signer in agreed.signers().iter() {
            match named.remove(&signer.node) {
                Some(ballots) => {
                    statements.stated.insert(signer.organisation);
                    statements.ballots.extend(ballots);
                }
                None => {
                    statements.unstated.insert(signer.organisation);
                }
            }
        }
        Ok(statements)
    }
}

/// Who has said which ballots they hold.
#[derive(Debug, Default)]
struct Statements {
    stated: BTreeSet<PublicKey>,
    unstated: BTreeSet<PublicKey>,
    /// The ballots that any of them names.
    ballots: BTreeSet<ChangeId>,
}

/// The terms in force of a decision, among all of them.
pub(crate) struct Head {
    pub(crate) terms: Terms,
    pub(crate) hash: TermsHash,
    /// The latest first.
    versions: Vec<TermsVersion>,
    pub(crate) minuted: Option<MinutedOutcome>,
}

/// Whether a decision has closed before its time, as everyone has answered: this node says so, or as many as can make it
/// final. Others alone could say so of any.
fn is_closed_early(agreed: &Agreed, stated: &BTreeSet<PublicKey>, own: &PublicKey) -> bool {
    stated.contains(own) || !stated.is_empty() && stated.len() >= agreed.signers().quorum()
}

fn version_in(sheet: &Sheet) -> Option<(Undertaking, ChangeId, TermsVersion)> {
    match &sheet.paper {
        Paper::Terms(terms) => {
            let version = TermsVersion { hash: terms.hash(), time: sheet.time, terms: terms.as_ref().clone() };
            Some((terms.undertaking(), sheet.change, version))
        }
        _ => None,
    }
}
