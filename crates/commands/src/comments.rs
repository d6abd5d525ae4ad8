//! What people say on documents: comments, questions and answers, outcomes, dissent, and what an organisation says that
//! others want to remove.

use knotwork_documents::{CommentEdit, CommentKind, CommentView, Paper, View, kinds};
use knotwork_identity::{DocumentId, Nonce, PublicKey};
use knotwork_replica::{Basis, Target};

use crate::{CommandError, ContributorView, DecisionEntry, DecisionError, Member, NodeHandle};

/// What somebody said on a document.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CommentEntry {
    /// What it says.
    pub view: CommentView,
    /// Who said it.
    pub by: ContributorView,
}

impl NodeHandle {
    /// What was said on a document and not taken back, the oldest first.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub fn comments(&self, on: &DocumentId) -> Result<Vec<CommentEntry>, CommandError> {
        let mut entries = Vec::new();
        self.each_listed(kinds::COMMENT, Some(&on.to_string()), |document| {
            if let Some(View::Comment(view)) = self.any_view(document)?
                && !view.withdrawn
                && view.on == *on
                && (view.kind != CommentKind::Hearing || self.is_heard(&view.owner, on)?)
            {
                entries.push(CommentEntry { by: self.contributor(&view.owner), view: *view });
            }
            Ok(())
        })?;
        Ok(entries)
    }

    /// Whether a key is one of the organisation that a decision is against.
    fn is_heard(&self, key: &PublicKey, decision: &DocumentId) -> Result<bool, CommandError> {
        let Some(View::Paper(view)) = self.any_view(decision)? else { return Ok(false) };
        let against = view.sheets.iter().find_map(|sheet| match &sheet.paper {
            Paper::Terms(terms) => terms.against(),
            _ => None,
        });
        Ok(against.is_some() && self.status().authors.get(key).map(|author| author.organisation) == against)
    }

    /// What somebody said, by its own document; none where it is not there, or was taken back.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub fn comment_entry(&self, document: &DocumentId) -> Result<Option<CommentEntry>, CommandError> {
        Ok(match self.any_view(document)? {
            Some(View::Comment(view)) if !view.withdrawn => {
                Some(CommentEntry { by: self.contributor(&view.owner), view: *view })
            }
            _ => None,
        })
    }

    /// What a member may say on a decision as it stands: what follows from it is for whoever opened it to say, once it has
    /// closed, and a hearing is of the organisation that it is against.
    #[must_use]
    pub fn sayable(&self, member: &Member, decision: &DecisionEntry) -> Vec<CommentKind> {
        let mut kinds = vec![CommentKind::Comment, CommentKind::Question];
        if decision.state.is_over() {
            if decision.owner == member.public_key() {
                kinds.push(CommentKind::Outcome);
            }
            kinds.push(CommentKind::Dissent);
        }
        if decision.terms.against() == Some(self.organisation_key()) {
            kinds.push(CommentKind::Hearing);
        }
        kinds
    }

    /// Says something on a decision, or answers what was said on one. Sent twice with one nonce, it is said once.
    ///
    /// # Errors
    /// When it is not the member's to say, a field breaks a rule, or the node cannot write.
    pub async fn comment(
        &self,
        member: &Member,
        on: DocumentId,
        kind: CommentKind,
        text: String,
        nonce: Nonce,
    ) -> Result<DocumentId, CommandError> {
        let edit = CommentEdit { on: Some(on), kind: Some(kind), text: Some(text), withdrawn: None };
        edit.check()?;
        match self.decision(&on) {
            Ok(decision) if kind == CommentKind::Answer || self.sayable(member, &decision).contains(&kind) => {}
            Err(CommandError::NotFound(_)) if kind == CommentKind::Answer => {}
            Ok(_) => return Err(DecisionError::NotSayable(kind.word()).into()),
            Err(error) => return Err(error),
        }
        let header = CommentEdit::header(self.origin(), member.public_key(), kind, nonce);
        self.begin(header, edit.into(), member).await
    }

    /// Takes back what the member said.
    ///
    /// # Errors
    /// When it is not theirs, or the node cannot write.
    pub async fn withdraw_comment(&self, member: &Member, document: &DocumentId) -> Result<(), CommandError> {
        match self.any_view(document)? {
            Some(View::Comment(view)) if view.owner == member.public_key() => {}
            Some(View::Comment(_)) => return Err(DecisionError::NotYours.into()),
            _ => return Err(CommandError::NotFound(*document)),
        }
        let edit = CommentEdit { withdrawn: Some(true), ..CommentEdit::default() };
        self.edit(Target::Existing(*document), edit.into(), Basis::Now, &member.signer()).await.map(drop)
    }
}
