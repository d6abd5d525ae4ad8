//! Objections to a decision, under whichever of its terms they were made, and what became of each.

use knotwork_documents::{Paper, PaperView};
use knotwork_governance::{Details, Terms, Voter};
use knotwork_identity::{ChangeId, Timestamp};
use knotwork_replica::counting;

use crate::{CommandError, ContributorView, DecisionEntry, NodeHandle};

/// An objection: a position that one voter means to stop a proposal by.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ObjectionEntry {
    /// Whose it is.
    pub voter: Voter,
    /// The voter's name.
    pub name: String,
    /// The change in which it was made.
    pub change: ChangeId,
    /// Who made it.
    pub by: ContributorView,
    /// When, as they claim.
    pub time: Option<Timestamp>,
    /// The argument.
    pub reason: String,
    /// The version of the terms to which it was made.
    pub version: u32,
    /// What became of it.
    pub state: ObjectionState,
}

/// What became of an objection.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ObjectionState {
    /// It stands in the way.
    Open,
    /// It stood in the way when the decision closed: nothing answers it any more.
    Stood,
    /// The others found that it is no argument against the proposal.
    NotQualified,
    /// This version of the terms integrates it.
    Integrated(u32),
    /// Whoever made it took another position.
    Withdrawn,
    /// The terms were changed since, and whoever made it is asked anew.
    Earlier,
    /// It came after the ballots were counted.
    Late,
}

impl NodeHandle {
    /// The objections to a decision, the latest terms first. Whether a reader may see them is for
    /// [`DecisionEntry::visible_to`] to say.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub fn objections(&self, entry: &DecisionEntry) -> Result<Vec<ObjectionEntry>, CommandError> {
        let mut objections = Vec::new();
        let counted = entry.minuted.as_ref().map(|minuted| minuted.outcome.ballots.iter().copied().collect());
        for document in self.ballots(&entry.id, counted.as_ref())? {
            let view = &document.view;
            for sheet in &view.sheets {
                let Paper::Ballot(ballot) = &sheet.paper else { continue };
                let Some(version) = entry.versions.iter().find(|version| version.hash == ballot.terms) else {
                    continue;
                };
                let in_terms = version.terms.electorate.place(&ballot.voter).is_some();
                if !in_terms || !ballot.position.is_block() || !self.is_voiced(&version.terms, sheet.change) {
                    continue;
                }
                objections.push(ObjectionEntry {
                    voter: ballot.voter,
                    name: self.voter_name(&ballot.voter)?,
                    change: sheet.change,
                    by: self.contributor(&view.owner),
                    time: sheet.time,
                    reason: sheet.reason.clone(),
                    version: version.terms.version,
                    state: state_of(entry, view, sheet.change, &ballot.voter),
                });
            }
        }
        objections.sort_by_key(|objection| (std::cmp::Reverse(objection.version), objection.time, objection.change));
        Ok(objections)
    }

    /// Whether a change is a ballot under these terms by somebody who has the voter's voice. What cannot be checked yet is
    /// not shown as anybody's yet.
    pub(crate) fn is_voiced(&self, terms: &Terms, ballot: ChangeId) -> bool {
        let counted = counting::count(self.storage(), &self.agreed(), terms.decision, terms.hash(), &[ballot]);
        counted.is_ok_and(|counted| counted.voters.values().any(|counting| *counting == ballot))
    }
}

fn state_of(entry: &DecisionEntry, view: &PaperView, change: ChangeId, voter: &Voter) -> ObjectionState {
    let integrating = entry.versions.iter().filter(|version| version.terms.integrates.contains(&change));
    if let Some(version) = integrating.map(|version| version.terms.version).min() {
        return ObjectionState::Integrated(version);
    }
    let Some(position) = entry.positions.iter().find(|position| position.change == change) else {
        let replaced = !view.heads.contains(&change);
        return if replaced { ObjectionState::Withdrawn } else { ObjectionState::Earlier };
    };
    let set_aside = entry.count.as_ref().is_some_and(|count| match (&count.tally.details, entry.place(voter)) {
        (Details::Consent(objections), Some(place)) => objections.not_qualified.contains(&place),
        _ => false,
    });
    match (position.late, set_aside) {
        (true, _) => ObjectionState::Late,
        (false, true) => ObjectionState::NotQualified,
        (false, false) if entry.state.is_over() => ObjectionState::Stood,
        (false, false) => ObjectionState::Open,
    }
}

impl DecisionEntry {
    /// The place of a voter in the electorate.
    #[must_use]
    pub fn place(&self, voter: &Voter) -> Option<u32> {
        self.terms.electorate.place(voter)
    }
}
