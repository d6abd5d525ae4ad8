//! The charter in force, those before it, when it is looked at again, and one that is proposed.

use knotwork_documents::{Date, Paper, PaperEdit, View, acceptance_header};
use knotwork_governance::{Charter, Effect, Stage};
use knotwork_identity::{CharterDigest, DocumentId, Nonce, Timestamp, sha256};
use knotwork_ledger::DocumentHeader;
use knotwork_minutes::{CharterInForce, Matter};
use knotwork_replica::counting;

use crate::{CommandError, DecisionDraft, DecisionError, Member, NodeHandle, handle::storage_error};

/// The charter in force.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CharterEntry {
    /// What it says; none while its text has not arrived.
    pub charter: Option<Charter>,
    /// What the minutes name it by.
    pub digest: CharterDigest,
    /// The minute that brought it; 0 for the first.
    pub since: u64,
    /// When it was agreed, as the terms of its decision claim, or for the first whoever founded the network; none where those
    /// are not here.
    pub agreed: Option<Timestamp>,
    /// Where the network says it stands.
    pub stage: Stage,
    /// When it is due to be looked at again, where it is known when it was agreed.
    pub review_due: Option<Date>,
}

/// One charter that was in force.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CharterVersion {
    /// What it says; none while its text has not arrived.
    pub charter: Option<Charter>,
    /// What the minutes name it by.
    pub digest: CharterDigest,
    /// The minute that brought it; 0 for the first.
    pub since: u64,
}

impl NodeHandle {
    /// The charter in force.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub fn charter(&self) -> Result<CharterEntry, CommandError> {
        let agreed = self.agreed();
        let in_force = agreed.charter();
        let when = self.agreed_at(in_force.since)?;
        let due = when.and_then(|when| Date::of(when).months_later(in_force.rules.review_months));
        Ok(CharterEntry {
            charter: self.charter_text(in_force)?,
            digest: in_force.digest,
            since: in_force.since,
            agreed: when,
            stage: agreed.stage(),
            review_due: due,
        })
    }

    /// The charter by whose usual ways something is proposed: the one in force, or the first where its text is not here.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub fn usual_charter(&self) -> Result<Charter, CommandError> {
        Ok(self.charter()?.charter.unwrap_or_else(|| Charter::first(self.founding_purpose().to_owned())))
    }

    /// Every charter that was in force, the latest first.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub fn charter_versions(&self) -> Result<Vec<CharterVersion>, CommandError> {
        let agreed = self.agreed();
        let versions = agreed.charters().iter().rev().map(|in_force| {
            let charter = self.charter_text(in_force)?;
            Ok(CharterVersion { charter, digest: in_force.digest, since: in_force.since })
        });
        versions.collect()
    }

    /// A charter that somebody wrote, in force or not.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub fn written_charter(&self, document: &DocumentId) -> Result<Option<Charter>, CommandError> {
        let Some(View::Paper(view)) = self.any_view(document)? else { return Ok(None) };
        let sheet = view.sheets.iter().rev().find_map(|sheet| match &sheet.paper {
            Paper::Charter(charter) => Some(charter.as_ref().clone()),
            _ => None,
        });
        Ok(sheet)
    }

    /// A decision of the usual method and length about another charter, which is written with it.
    #[must_use]
    pub fn charter_draft(&self, usual: &Charter, title: String, text: String, proposed: Charter) -> DecisionDraft {
        let effect = DecisionDraft::effect_of(&proposed);
        DecisionDraft { charter: Some(proposed), ..self.usual_draft(usual, title, text, effect) }
    }

    /// Writes the charter that goes with a decision of this nonce. Sent twice, it is written once.
    pub(crate) async fn write_charter(
        &self,
        member: &Member,
        charter: Charter,
        decision: Nonce,
    ) -> Result<(), CommandError> {
        let (header, paper) = self.charter_paper(member, charter, decision);
        self.begin(header, PaperEdit::new(paper).into(), member).await.map(drop)
    }

    /// The effect that names the charter that goes with a decision of this nonce, written or not.
    fn charter_effect(&self, member: &Member, charter: &Charter, decision: Nonce) -> Result<Effect, DecisionError> {
        charter.check()?;
        let document = self.charter_paper(member, charter.clone(), decision).0.id();
        Ok(Effect::Charter { document, digest: charter.digest(), rules: charter.rules })
    }

    fn charter_paper(&self, member: &Member, charter: Charter, decision: Nonce) -> (DocumentHeader, Paper) {
        let nonce = charter_nonce(decision, &charter);
        let paper = Paper::Charter(Box::new(charter));
        (paper.header(self.origin(), member.public_key(), nonce), paper)
    }

    /// Has the effect about a charter name the one that is to be written.
    pub(crate) fn put_charter(
        &self,
        member: &Member,
        effects: &mut [Effect],
        charter: Option<&Charter>,
        decision: Nonce,
    ) -> Result<(), DecisionError> {
        let Some(charter) = charter else { return Ok(()) };
        let named = self.charter_effect(member, charter, decision)?;
        if let Some(effect) = effects.iter_mut().find(|effect| matches!(effect, Effect::Charter { .. })) {
            *effect = named;
        }
        Ok(())
    }

    fn charter_text(&self, in_force: &CharterInForce) -> Result<Option<Charter>, CommandError> {
        let Some(document) = in_force.document else {
            return Ok(Some(Charter::first(self.founding_purpose().to_owned())));
        };
        counting::charter_of(self.storage(), &document, in_force.digest).map_err(storage_error)
    }

    /// When the decision of a minute was opened, as its terms say; of the first charter, when the one who founded the network
    /// accepted it, as it says.
    fn agreed_at(&self, height: u64) -> Result<Option<Timestamp>, CommandError> {
        if height == 0 {
            return self.founded_at();
        }
        let Some(entry) = self.minute(height)? else { return Ok(None) };
        let Matter::Outcome(outcome) = &entry.minute.matter else { return Ok(None) };
        let terms = self.terms(&outcome.decision, outcome.terms)?;
        Ok(terms.map(|terms| terms.opens))
    }

    fn founded_at(&self) -> Result<Option<Timestamp>, CommandError> {
        let agreed = self.agreed();
        let mut accepted = Vec::new();
        for founder in agreed.asked_at(0).iter() {
            let document = acceptance_header(self.origin(), *founder).id();
            let changes = self.storage().changes_of(&document).map_err(storage_error)?;
            let checked = changes.into_iter().filter_map(|stored| stored.change.check_trusted().ok());
            accepted.extend(checked.filter_map(|checked| checked.change()?.time().claimed()));
        }
        Ok(accepted.into_iter().min())
    }
}

impl DecisionDraft {
    /// The effect of a charter that is still to be written.
    #[must_use]
    pub fn effect_of(charter: &Charter) -> Effect {
        Effect::Charter { document: DocumentId([0; 32]), digest: charter.digest(), rules: charter.rules }
    }
}

/// The nonce of a charter that goes with a decision: another text is never taken for one that was sent before.
fn charter_nonce(decision: Nonce, charter: &Charter) -> Nonce {
    let digest = sha256(&[b"knotwork/charter/nonce/1", &decision.0, &charter.digest().0]);
    let mut nonce = [0; 16];
    nonce.copy_from_slice(&digest[..16]);
    Nonce(nonce)
}
