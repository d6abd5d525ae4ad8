//! Closing decisions: when this node states which ballots it holds, and which those are.

use std::collections::{BTreeMap, BTreeSet};

use knotwork_documents::{CommentKind, Paper, View, kinds};
use knotwork_governance::ClosingStatement;
use knotwork_identity::{ChangeId, DocumentId, PublicKey, TermsHash};

use crate::{
    Now, Replica,
    counting::{self, Uncounted},
};

impl Replica {
    /// Makes this node's statements on decisions that have closed by its clock, or that everyone has answered without
    /// standing in the way. Gives those that it has made now, which the next commit keeps.
    pub(crate) fn state_what_closed(&mut self, now: Now, touched: &BTreeSet<DocumentId>) -> Vec<ClosingStatement> {
        let Some(minuting) = &self.minuting else { return Vec::new() };
        let own = self.config.node.public();
        let agreed = minuting.minutes.agreed();
        let signers = agreed.signers();
        if !signers.has(&own) {
            return Vec::new();
        }
        let organisation = self.config.organisation.public();
        let all_needed = signers.are_all_needed();
        let mut due = Vec::new();
        let mut closes: Option<u64> = None;
        for (decision, open) in minuting.deciding.open() {
            let Some((hash, asked)) = open.latest() else { continue };
            let stated = open.statements.get(&hash);
            if stated.is_some_and(|statements| statements.contains_key(&own)) {
                continue;
            }
            // Where most say that it has closed, it is this clock that is behind.
            let by_signers = stated.into_iter().flat_map(BTreeMap::keys).filter(|node| signers.has(node)).count();
            let stated_by_most = 2 * by_signers > signers.len();
            let stated_by_half = 2 * by_signers >= signers.len();
            // Where every organisation has to sign, none takes part in its own removal.
            if all_needed && asked.silences.contains(&organisation) {
                continue;
            }
            let left = asked.undertaking.closes.milliseconds().saturating_sub(now.wall.milliseconds());
            let held_back = asked.closes_no_sooner_than().saturating_sub(now.milliseconds);
            let left = if stated_by_half { left } else { left.max(held_back) };
            // Each voter has a ballot of their own: until there are so many, none has to be read.
            let may_be_answered = touched.contains(decision) && open.ballots.len() >= asked.voters_still(agreed);
            let answered = may_be_answered
                && self.has_everyone_answered(decision, hash, &open.ballots)
                && (asked.removes.is_empty() || !asked.is_asked_anew(now))
                && asked.removes.iter().all(|organisation| self.is_heard(decision, organisation));
            if left == 0 || answered || stated_by_most {
                match self.ballots_held(*decision, hash, &open.ballots) {
                    Ok(ballots) => due.push((*decision, hash, ballots)),
                    Err(error) => tracing::error!(?error, %decision, "ballots cannot be read; nothing is stated"),
                }
            } else {
                // The time of day may be set right meanwhile, or the machine have slept.
                let at = now.milliseconds + left.min(LOOK_AGAIN_MILLISECONDS);
                closes = Some(closes.map_or(at, |closes| closes.min(at)));
            }
        }
        let (node, network) = (self.config.node.clone(), self.lineage().present);
        let mut made = Vec::with_capacity(due.len());
        for (decision, hash, ballots) in due {
            let statement = ClosingStatement::make(network, &node, decision, hash, ballots);
            match self.write_paper(now, Paper::ClosingStatement(statement.clone()), &node) {
                Ok(_) => made.push(statement),
                Err(error) => {
                    tracing::error!(%error, %decision, "this organisation's closing statement cannot be written");
                }
            }
        }
        if let Some(minuting) = &mut self.minuting {
            minuting.closes = closes;
        }
        made
    }

    /// The ballots under these terms that this node shows and that could count.
    fn ballots_held(
        &self,
        decision: DocumentId,
        terms: TermsHash,
        documents: &BTreeSet<DocumentId>,
    ) -> Result<Vec<ChangeId>, Uncounted> {
        let mut heads = Vec::new();
        for document in documents {
            let standing = self.revocations.standing();
            if let Ok(Some(View::Paper(view))) = crate::view_in(self.storage.as_ref(), document, standing) {
                let cast = view.sheets.iter().filter(|sheet| {
                    view.heads.contains(&sheet.change)
                        && matches!(&sheet.paper, Paper::Ballot(ballot) if ballot.terms == terms)
                });
                heads.extend(cast.map(|sheet| sheet.change));
            }
        }
        counting::holding(self.storage.as_ref(), decision, terms, &heads)
    }

    /// Whether an organisation that a decision would part with has said what it has to say. Until it has, the decision is not
    /// over before its end.
    fn is_heard(&self, decision: &DocumentId, organisation: &PublicKey) -> bool {
        let storage = self.storage.as_ref();
        let Ok(comments) = storage.list(kinds::COMMENT, Some(&decision.to_string()), None, COMMENTS_MAX) else {
            return false;
        };
        comments.iter().any(|comment| {
            let view = crate::view_in(storage, &comment.document, self.revocations.standing());
            matches!(view, Ok(Some(View::Comment(view))) if view.kind == CommentKind::Hearing
                && !view.withdrawn
                && self.authors.organisation_of(&view.owner, self.roster.as_ref()) == *organisation)
        })
    }

    fn has_everyone_answered(&self, decision: &DocumentId, hash: TermsHash, documents: &BTreeSet<DocumentId>) -> bool {
        let Some(minuting) = &self.minuting else { return false };
        let Ok(heads) = self.ballots_held(*decision, hash, documents) else { return false };
        let agreed = minuting.minutes.agreed();
        let Ok(counted) = counting::count(self.storage.as_ref(), agreed, *decision, hash, &heads) else { return false };
        // Whoever has gone since does not answer any more.
        let mut still =
            counted.terms.electorate.voters().filter(|voter| agreed.parties().contains_key(voter.organisation()));
        let is_answered = still.all(|voter| counted.voters.contains_key(&voter));
        if !is_answered || counted.voters.is_empty() || !counted.spoiled.is_empty() {
            return false;
        }
        // An objection or a block is there to be talked about until the end.
        counted.voters.values().all(|change| {
            let ballot = self.storage.change(change).ok().flatten().and_then(counting::checked);
            ballot.and_then(|change| Paper::read(&change)).is_some_and(|paper| match paper {
                Paper::Ballot(ballot) => !ballot.position.is_block(),
                _ => false,
            })
        })
    }
}

/// How many comments on a decision are looked through for what an organisation has to say that it would part with. Where
/// there are more before it, the decision is open until its end.
const COMMENTS_MAX: usize = 1_000;

/// How often it is looked at the time of day while something is open.
const LOOK_AGAIN_MILLISECONDS: u64 = 60_000;
