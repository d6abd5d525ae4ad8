//! What people say on documents: comments, questions and answers, outcomes, dissent, and what an organisation says that
//! others want to remove.

use knotwork_documents::{CommentEdit, CommentKind, CommentView, Paper, View, kinds};
use knotwork_identity::{DocumentId, Nonce, PublicKey};
use knotwork_replica::{Basis, Target};

use crate::{
    CommandError, ContributorView, DecisionEntry, DecisionError, DecisionHead, DecisionState, Member, NodeHandle,
};

/// What somebody wants to say.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CommentDraft {
    /// As what.
    pub kind: CommentKind,
    /// What.
    pub text: String,
    /// Until when it is to be done, a date, where they take something on.
    pub due: Option<String>,
}

/// What somebody said on a document.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CommentEntry {
    /// What it says.
    pub view: CommentView,
    /// Who said it.
    pub by: ContributorView,
}

impl NodeHandle {
    /// As what a member may say something on an entry of the library.
    pub const SAYABLE_ON_RESOURCES: [CommentKind; 2] = [CommentKind::Comment, CommentKind::Question];

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
                && self.may_have_said(&view, on)?
            {
                entries.push(CommentEntry { by: self.contributor(&view.owner), view: *view });
            }
            Ok(())
        })?;
        Ok(entries)
    }

    /// Whether whoever said something could: only those are heard whom a decision is against, and what came of it is for
    /// whoever asked to say. What another's node lets its members write is not shown here as more than it is.
    fn may_have_said(&self, view: &CommentView, on: &DocumentId) -> Result<bool, CommandError> {
        Ok(match view.kind {
            CommentKind::Hearing => self.is_heard(&view.owner, on)?,
            CommentKind::Outcome => self.decision_paper(on)?.is_some_and(|decision| decision.owner == view.owner),
            _ => true,
        })
    }

    /// Whether a key is one of the organisation that a decision is against.
    fn is_heard(&self, key: &PublicKey, decision: &DocumentId) -> Result<bool, CommandError> {
        let Some(view) = self.decision_paper(decision)? else { return Ok(false) };
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

    /// What was said on a document, each question with the answers to it after it.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub fn discussion(&self, on: &DocumentId) -> Result<Vec<CommentEntry>, CommandError> {
        let mut entries = Vec::new();
        for entry in self.comments(on)? {
            let question = (entry.view.kind == CommentKind::Question).then_some(entry.view.id);
            entries.push(entry);
            if let Some(question) = question {
                entries.extend(self.comments(&question)?);
            }
        }
        Ok(entries)
    }

    /// Of these decisions, those that are not final and would part with an organisation, or have it rest, and to which nothing has been said
    /// for it yet; the latest first.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub fn decisions_concerning(
        &self,
        organisation: &PublicKey,
        heads: &[DecisionHead],
    ) -> Result<Vec<DecisionHead>, CommandError> {
        let mut concerning = Vec::new();
        for head in heads {
            if head.terms.against() == Some(*organisation)
                && head.state != DecisionState::Final
                && !self.comments(&head.id)?.iter().any(|said| said.view.kind == CommentKind::Hearing)
            {
                concerning.push(head.clone());
            }
        }
        Ok(concerning)
    }

    /// What a member may say on a decision as it stands: what follows from it is for whoever opened it to say, once it has
    /// closed, and a hearing is of the organisation that it is against.
    #[must_use]
    pub fn sayable(&self, member: &Member, decision: &DecisionEntry) -> Vec<CommentKind> {
        let mut kinds = Vec::new();
        // What is said otherwise goes with the organisation.
        if decision.terms.against() == Some(self.organisation_key()) {
            kinds.push(CommentKind::Hearing);
        }
        kinds.extend([CommentKind::Comment, CommentKind::Question]);
        if decision.state.is_over() {
            if decision.owner == member.public_key() {
                kinds.push(CommentKind::Outcome);
            }
            kinds.extend([CommentKind::Task, CommentKind::Dissent]);
        }
        kinds
    }

    /// Says something on a decision or on an entry of the library, or answers what was said on one. Sent twice with one nonce,
    /// it is said once.
    ///
    /// # Errors
    /// When it is not the member's to say, a field breaks a rule, or the node cannot write.
    pub async fn comment(
        &self,
        member: &Member,
        on: DocumentId,
        draft: CommentDraft,
        nonce: Nonce,
    ) -> Result<DocumentId, CommandError> {
        let CommentDraft { kind, text, due } = draft;
        let due = due.filter(|_| kind == CommentKind::Task);
        let edit = CommentEdit { on: Some(on), kind: Some(kind), text: Some(text), due, ..CommentEdit::default() };
        edit.check()?;
        let may = match self.decision(&on) {
            _ if kind == CommentKind::Answer => {
                self.comment_entry(&on)?.is_some_and(|said| said.view.kind == CommentKind::Question)
            }
            Ok(decision) => self.sayable(member, &decision).contains(&kind),
            Err(CommandError::NotFound(_)) => {
                self.resource(&on)?;
                Self::SAYABLE_ON_RESOURCES.contains(&kind)
            }
            Err(error) => return Err(error),
        };
        if !may {
            return Err(DecisionError::NotSayable(kind.word()).into());
        }
        let header = CommentEdit::header(self.origin(), member.public_key(), kind, nonce);
        self.begin(header, edit.into(), member).await
    }

    /// Takes back what the member said.
    ///
    /// # Errors
    /// When it is not theirs, or the node cannot write.
    pub async fn withdraw_comment(&self, member: &Member, document: &DocumentId) -> Result<(), CommandError> {
        let edit = CommentEdit { withdrawn: Some(true), ..CommentEdit::default() };
        self.edit_comment(member, document, edit, |_| true).await
    }

    /// Says that what the member took on is done, or is not after all.
    ///
    /// # Errors
    /// When it is not theirs, it is nothing that anybody took on, or the node cannot write.
    pub async fn set_task_done(&self, member: &Member, document: &DocumentId, done: bool) -> Result<(), CommandError> {
        let edit = CommentEdit { done: Some(done), ..CommentEdit::default() };
        self.edit_comment(member, document, edit, |view| view.kind == CommentKind::Task).await
    }

    /// What a member has taken on and not done, what is due first to begin with; with the decision that each is about.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub fn tasks_of(&self, member: &Member) -> Result<Vec<CommentView>, CommandError> {
        let key = member.public_key();
        let mut tasks = Vec::new();
        self.each_listed(kinds::COMMENT, Some(&key.to_string()), |document| {
            if let Some(View::Comment(view)) = self.any_view(document)?
                && view.owner == key
                && view.kind == CommentKind::Task
                && !view.withdrawn
                && !view.done
            {
                tasks.push(*view);
            }
            Ok(())
        })?;
        tasks.sort_by_key(|task| (task.due.is_none(), task.due, task.created));
        Ok(tasks)
    }

    async fn edit_comment(
        &self,
        member: &Member,
        document: &DocumentId,
        edit: CommentEdit,
        fits: impl Fn(&CommentView) -> bool,
    ) -> Result<(), CommandError> {
        match self.any_view(document)? {
            Some(View::Comment(view)) if view.withdrawn || !fits(&view) => {
                return Err(CommandError::NotFound(*document));
            }
            Some(View::Comment(view)) if view.owner == member.public_key() => {}
            Some(View::Comment(_)) => return Err(DecisionError::NotYours.into()),
            _ => return Err(CommandError::NotFound(*document)),
        }
        self.edit(Target::Existing(*document), edit.into(), Basis::Now, &member.signer()).await.map(drop)
    }
}
