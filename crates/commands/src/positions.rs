//! Positions in a decision, as they are read: of each voter the one that counts, and beside it what came too late.

use std::collections::{BTreeMap, BTreeSet};

use knotwork_documents::{Paper, PaperView, Sheet, View, kinds};
use knotwork_governance::{BallotPaper, Position, Terms, Voter};
use knotwork_identity::{ChangeId, DocumentId, TermsHash, Timestamp};
use knotwork_ledger::Checked;
use knotwork_replica::{
    Standing,
    counting::{self, Counted},
    view_of_stored,
};

use crate::{CommandError, ContributorView, DecisionEntry, NodeHandle, StoodIn, TermsVersion, handle::storage_error};

/// The position of one voter.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PositionEntry {
    /// Who votes.
    pub voter: Voter,
    /// The voter's name.
    pub name: String,
    /// The change that is the ballot.
    pub change: ChangeId,
    /// Who took it.
    pub by: ContributorView,
    /// For whom they stood in, if so.
    pub stood_in: Option<StoodIn>,
    /// When, as they claim.
    pub time: Option<Timestamp>,
    /// What they say.
    pub position: Position,
    /// Why.
    pub reason: String,
    /// Whose objections are no argument, as this voter finds; by place in the electorate.
    pub not_qualified: BTreeSet<u32>,
    /// Whether it says several things at once, and so counts as nothing.
    pub spoiled: bool,
    /// Whether it came too late: no organisation has said that it held it when the decision closed. Until the decision is
    /// final another may still say so.
    pub late: bool,
    /// Whether it stands. What is minuted is shown and stays counted, also where its key was taken back since.
    pub stands: bool,
}

/// What was answered to one version of a decision's terms before everyone was asked anew.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EarlierPositions {
    /// The version.
    pub terms: Terms,
    /// The last position of each voter under it, in the order of the electorate.
    pub positions: Vec<PositionEntry>,
}

impl NodeHandle {
    /// To how many versions that are not in force answers are shown.
    pub const EARLIER_MAX: usize = 20;

    /// What was answered to versions of the terms that are not in force, the latest version first, and no more than the last
    /// [`NodeHandle::EARLIER_MAX`] of them. None of it counts.
    /// Whether a reader may see it is for [`DecisionEntry::visible_to`] to say.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub fn earlier_positions(&self, entry: &DecisionEntry) -> Result<Vec<EarlierPositions>, CommandError> {
        let ballots = self.ballots(&entry.id, None)?;
        let mut earlier: Vec<EarlierPositions> = Vec::new();
        for TermsVersion { hash, terms, .. } in entry.versions.iter().filter(|version| version.hash != entry.hash) {
            let last: Vec<_> = ballots.iter().filter_map(|ballot| last_under(ballot, *hash)).collect();
            if last.is_empty() {
                continue;
            }
            if earlier.len() == Self::EARLIER_MAX {
                break;
            }
            let ids: Vec<ChangeId> = last.iter().map(|(_, sheet)| sheet.change).collect();
            // What cannot be checked yet is not shown as anybody's yet.
            let counted = counting::count_under(self.storage(), &self.agreed(), terms.clone(), &ids);
            let Ok(counted) = counted else { continue };
            let positions = self.positions(terms, &last, Some(&counted), None)?;
            if !positions.is_empty() {
                earlier.push(EarlierPositions { terms: terms.clone(), positions });
            }
        }
        Ok(earlier)
    }

    /// The ballots of a decision, as far as they stand, and those that are named whatever became of them.
    pub(crate) fn ballots(
        &self,
        decision: &DocumentId,
        named: Option<&BTreeSet<ChangeId>>,
    ) -> Result<Vec<BallotDocument>, CommandError> {
        let standing = self.papers(kinds::BALLOT, decision)?.into_iter();
        let mut ballots: Vec<BallotDocument> = standing.map(|view| BallotDocument { view, stands: true }).collect();
        let there: BTreeSet<ChangeId> = ballots.iter().flat_map(|ballot| changes_of(&ballot.view)).collect();
        let mut fallen: BTreeSet<DocumentId> = BTreeSet::new();
        for change in named.into_iter().flatten().filter(|change| !there.contains(change)) {
            let Some(stored) = self.storage().change(change).map_err(storage_error)? else { continue };
            if let Ok(Checked::Change(change)) = stored.change.check_trusted() {
                fallen.insert(change.document());
            }
        }
        for document in fallen {
            let stored = self.storage().changes_of(&document).map_err(storage_error)?;
            if let Some(View::Paper(mut view)) = view_of_stored(stored, &Standing::default()).map_err(storage_error)? {
                // What was not counted and does not stand is shown nowhere.
                let is_named = |sheet: &Sheet| named.is_some_and(|named| named.contains(&sheet.change));
                view.sheets.retain(|sheet| is_named(sheet) && !there.contains(&sheet.change));
                ballots.push(BallotDocument { view: *view, stands: false });
            }
        }
        Ok(ballots)
    }

    /// The position of each voter: the one that counts, or else the latest that was taken; and behind it the latest of those
    /// that came too late, where `named` says which came in time.
    pub(crate) fn positions(
        &self,
        terms: &Terms,
        heads: &[(&BallotDocument, &Sheet)],
        counted: Option<&Counted>,
        named: Option<&BTreeSet<ChangeId>>,
    ) -> Result<Vec<PositionEntry>, CommandError> {
        let mut by_voter: BTreeMap<Voter, Vec<Answer<'_>>> = BTreeMap::new();
        for (document, sheet) in heads {
            if let Paper::Ballot(ballot) = &sheet.paper
                && terms.electorate.place(&ballot.voter).is_some()
            {
                by_voter.entry(ballot.voter).or_default().push(Answer { document, sheet, ballot });
            }
        }
        let places: BTreeMap<ChangeId, u32> = by_voter
            .iter()
            .flat_map(|(voter, all)| all.iter().map(|answer| (answer.sheet.change, terms.electorate.place(voter))))
            .filter_map(|(change, place)| Some((change, place?)))
            .collect();
        let mut positions = Vec::new();
        for voter in terms.electorate.voters() {
            let Some(mut all) = by_voter.remove(&voter) else { continue };
            all.sort_by_key(|answer| (answer.sheet.time, answer.sheet.change));
            let is_late = |answer: &Answer<'_>| named.is_some_and(|named| !named.contains(&answer.sheet.change));
            let (mut late, mut in_time): (Vec<_>, Vec<_>) = all.into_iter().partition(is_late);
            // A ballot of somebody who has not the voter's voice is not shown as the voter's.
            late.retain(|answer| self.is_voiced(terms, answer.sheet.change));
            let counting = counted.and_then(|counted| counted.voters.get(&voter));
            let spoiled = counted.is_some_and(|counted| counted.spoiled.contains(&voter));
            if counted.is_some() && !spoiled {
                in_time.retain(|answer| Some(&answer.sheet.change) == counting);
            }
            let each = in_time.last().map(|answer| (answer, spoiled, false));
            for (answer, spoiled, late) in each.into_iter().chain(late.last().map(|answer| (answer, false, true))) {
                let entry = self.position_entry(voter, answer, &places)?;
                positions.push(PositionEntry { spoiled, late, ..entry });
            }
        }
        Ok(positions)
    }

    fn position_entry(
        &self,
        voter: Voter,
        answer: &Answer<'_>,
        places: &BTreeMap<ChangeId, u32>,
    ) -> Result<PositionEntry, CommandError> {
        let Answer { document, sheet, ballot } = answer;
        Ok(PositionEntry {
            voter,
            name: self.voter_name(&voter)?,
            change: sheet.change,
            by: self.contributor(&document.view.owner),
            stood_in: self.stood_in(&ballot.standing)?,
            time: sheet.time,
            position: ballot.position.clone(),
            reason: sheet.reason.clone(),
            not_qualified: ballot.not_qualified.iter().filter_map(|objection| places.get(objection).copied()).collect(),
            spoiled: false,
            late: false,
            stands: document.stands,
        })
    }
}

/// A document of ballots.
pub(crate) struct BallotDocument {
    pub(crate) view: PaperView,
    /// Whether what it says stands.
    pub(crate) stands: bool,
}

/// What somebody said for a voter.
struct Answer<'a> {
    document: &'a BallotDocument,
    sheet: &'a Sheet,
    ballot: &'a BallotPaper,
}

/// The ballots under these terms that nothing of the same document takes the place of, and those that are named: what came
/// later does not take the place of what counts.
pub(crate) fn heads_under<'a>(
    ballots: &'a [BallotDocument],
    hash: TermsHash,
    named: Option<&BTreeSet<ChangeId>>,
) -> Vec<(&'a BallotDocument, &'a Sheet)> {
    let sheets = ballots.iter().flat_map(|ballot| ballot.view.sheets.iter().map(move |sheet| (ballot, sheet)));
    let is_named = |sheet: &Sheet| named.is_some_and(|named| named.contains(&sheet.change));
    sheets
        .filter(|(ballot, sheet)| is_named(sheet) || ballot.view.heads.contains(&sheet.change))
        .filter(|(_, sheet)| is_under(sheet, hash))
        .collect()
}

/// The last ballot under these terms in a document, whatever came after it under others.
fn last_under(ballot: &BallotDocument, hash: TermsHash) -> Option<(&BallotDocument, &Sheet)> {
    ballot.view.sheets.iter().rfind(|sheet| is_under(sheet, hash)).map(|sheet| (ballot, sheet))
}

fn is_under(sheet: &Sheet, hash: TermsHash) -> bool {
    matches!(&sheet.paper, Paper::Ballot(ballot) if ballot.terms == hash)
}

fn changes_of(view: &PaperView) -> impl Iterator<Item = ChangeId> {
    view.sheets.iter().map(|sheet| sheet.change)
}
