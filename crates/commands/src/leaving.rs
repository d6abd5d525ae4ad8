//! Other keys and no keys: a passphrase that was forgotten, and people who leave.
//!
//! What somebody wrote stays theirs. Their organisation ends the key, and lists all that the key had written by then.
//! Accounts change first and the network is told after; what a crash or a full disk leaves half done is made up for
//! when somebody signs in, or the node starts.

use std::collections::{BTreeMap, BTreeSet};

use knotwork_accounts::{Account, AccountError, ResetLink, State};
use knotwork_documents::{Certificate, PersonEdit, Revocation, View};
use knotwork_identity::{ChangeId, DocumentId, PersonId, PublicKey, SpaceId};
use knotwork_replica::{Basis, Batch, KeyEnding, Target};
use zeroize::Zeroizing;

use crate::{
    Command, CommandError, FIRST_MEMBER_NAME, Member, NodeHandle,
    handle::{away, storage_error},
};

/// What keys have written, as far as it was looked through.
struct Written {
    by_key: BTreeMap<PublicKey, BTreeSet<ChangeId>>,
    /// The sequence number to go on from.
    from: u64,
}

impl NodeHandle {
    /// Makes a link with which a member who has forgotten the passphrase takes another one. The text goes into the
    /// link. `by` is nobody for the operator.
    ///
    /// # Errors
    /// When `by` is no steward, there is no such account, or the node cannot write.
    pub async fn reset_link(
        &self,
        by: Option<PersonId>,
        person: PersonId,
    ) -> Result<(String, ResetLink), CommandError> {
        self.keeping(move |accounts, now, random| accounts.reset_link(by.as_ref(), &person, now, random)).await
    }

    /// The account that somebody signs in to by this name.
    ///
    /// # Errors
    /// When there is none, or the store cannot be read.
    pub fn account_named(&self, sign_in_name: &str) -> Result<Account, CommandError> {
        let named = self.accounts().account_named(sign_in_name)?;
        Ok(named.ok_or(AccountError::NotFound("account with this name"))?)
    }

    /// The account of a person at this node, if there is one.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub fn account(&self, person: &PersonId) -> Result<Option<Account>, CommandError> {
        Ok(self.accounts().account(person)?)
    }

    /// Whose passphrase a link replaces.
    ///
    /// # Errors
    /// When it has been used, has ended or never was.
    pub fn check_reset(&self, text: &str) -> Result<Account, CommandError> {
        let person = self.accounts().check_reset(text, self.now())?.person;
        Ok(self.accounts().account(&person)?.ok_or(AccountError::ResetUnknown)?)
    }

    /// Gives whoever has a link another passphrase, and with it another key, and signs them in: gives the session's
    /// token. All other sessions and all tokens end.
    ///
    /// # Errors
    /// When the link does not work, the passphrase cannot be taken, or the node cannot write.
    pub async fn reset(
        &self,
        text: String,
        passphrase: Zeroizing<String>,
        device: String,
    ) -> Result<String, CommandError> {
        let person = self.check_reset(&text)?.person;
        let key = self.fresh_key();
        let proof = Certificate::proof(self.origin(), &self.organisation_key(), &person, &key);
        let token = self
            .hashing(move |accounts, now, random| {
                let reset = accounts.reset(&text, &passphrase, (&key, &proof), now, random)?;
                accounts.begin_session(&reset.account, &key, &device, now, random).map(|begun| begun.token)
            })
            .await?;
        if let Some(member) = self.member(&token)?.filter(|member| !member.waiting) {
            self.settle_keys(&member).await?;
        }
        Ok(token)
    }

    /// Closes an account: the person has left. All that they wrote stands, and they are said to be no longer here. With
    /// `erase`, their profile is shown no more, and so their name nowhere. A steward closes any, and everybody their
    /// own.
    ///
    /// # Errors
    /// When `by` may not, there is no such account, it is the last steward's while others have one, or the node cannot
    /// write. What the node could not write then, it writes when somebody signs in, or it starts again.
    pub async fn close_account(&self, by: PersonId, person: PersonId, erase: bool) -> Result<(), CommandError> {
        if erase {
            self.note_erasing(person, true).await?;
        }
        let closed = self.keeping(move |accounts, now, _| accounts.close(&by, &person, now)).await;
        match closed {
            Ok(Some(former)) => self.end_all(person, former.keys).await,
            Ok(None) => self.note_erasing(person, false).await,
            Err(error) => {
                if erase {
                    self.note_erasing(person, false).await?;
                }
                Err(error)
            }
        }
    }

    /// Has the profile of somebody who left shown no more. A steward does that.
    ///
    /// # Errors
    /// When `by` is no steward, nobody of this id has left this node, or the node cannot write.
    pub async fn erase_profile(&self, by: PersonId, person: PersonId) -> Result<(), CommandError> {
        let is_steward = |account: Account| account.steward && account.state == State::Active;
        if !self.accounts().account(&by)?.is_some_and(is_steward) {
            return Err(AccountError::NotASteward.into());
        }
        let former = self.accounts().former()?.into_iter().find(|former| former.person == person);
        let former = former.ok_or(AccountError::NotFound("former member"))?;
        self.note_erasing(person, true).await?;
        self.end_all(person, former.keys).await
    }

    /// Whether somebody had an account here and has left.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub fn has_left(&self, person: &PersonId) -> Result<bool, CommandError> {
        Ok(self.accounts().former()?.iter().any(|former| former.person == *person))
    }

    /// Makes up for what was left half done of changes of keys when the node stopped. To be called when it starts,
    /// before anybody can close an account.
    ///
    /// # Errors
    /// When the node cannot read or write.
    pub async fn finish_leaving(&self) -> Result<(), CommandError> {
        self.end_what_should_have().await?;
        // Of an account that was not closed after all nothing is erased.
        for (name, _) in self.storage().locals(ERASING).map_err(storage_error)? {
            if let Some(Ok(person)) = name.get(ERASING.len()..).map(str::parse::<PersonId>) {
                self.note_erasing(person, false).await?;
            }
        }
        Ok(())
    }

    /// Ends the keys that accounts have given up and the network was not told of, as when the disk was full.
    pub(crate) async fn end_what_should_have(&self) -> Result<(), CommandError> {
        let mut replaced = Vec::new();
        for account in self.all_accounts()? {
            if account.state == State::Active && !account.former_keys.is_empty() {
                // Somebody whose keys have all ended is taken to have left.
                self.certify(&account.person).await?;
                replaced.extend(account.former_keys);
            }
        }
        self.end_keys(replaced, &BTreeSet::new()).await?;
        for former in self.accounts().former()? {
            self.end_all(former.person, former.keys).await?;
        }
        Ok(())
    }

    /// Sees to it that a member's key is certified, that their profile is the new key's, and that the keys before it
    /// have ended.
    pub(crate) async fn settle_keys(&self, member: &Member) -> Result<(), CommandError> {
        let former = self.accounts().account(&member.person)?.map(|account| account.former_keys).unwrap_or_default();
        if former.is_empty() {
            return Ok(());
        }
        self.certify(&member.person).await?;
        for space in self.profile_spaces() {
            self.take_over_profile(member, &former, space).await?;
        }
        self.end_keys(former, &BTreeSet::new()).await
    }

    /// Writes what the profile of an earlier key says under the member's own.
    async fn take_over_profile(
        &self,
        member: &Member,
        former: &[PublicKey],
        space: SpaceId,
    ) -> Result<(), CommandError> {
        let header = |key: PublicKey| PersonEdit::header(self.origin(), space, key, &member.person);
        let own = header(member.key.public());
        if self.any_view(&own.id())?.is_some() {
            return Ok(());
        }
        for key in former.iter().rev() {
            if let Some(View::Person(view)) = self.any_view(&header(*key).id())? {
                let edit = PersonEdit { person: member.person, fields: view.fields };
                return self.edit(Target::Of(own), edit.into(), Basis::Now, &member.signer()).await.map(drop);
            }
        }
        Ok(())
    }

    /// Ends all keys of somebody who left.
    async fn end_all(&self, person: PersonId, keys: Vec<PublicKey>) -> Result<(), CommandError> {
        let erase = self.storage().local(&erasing(&person)).map_err(storage_error)?.is_some();
        let mut without = BTreeSet::new();
        if erase {
            for space in self.profile_spaces() {
                let headers = keys.iter().map(|key| PersonEdit::header(self.origin(), space, *key, &person));
                without.extend(headers.map(|header| header.id()));
            }
        }
        self.end_keys(keys, &without).await?;
        if erase { self.note_erasing(person, false).await } else { Ok(()) }
    }

    /// Ends keys that have not ended yet; where documents are to fall, also those that have.
    async fn end_keys(&self, mut keys: Vec<PublicKey>, without: &BTreeSet<DocumentId>) -> Result<(), CommandError> {
        let status = self.status();
        // A key that was never certified has written nothing, here or elsewhere.
        keys.retain(|key| status.authors.get(key).is_some_and(|author| !author.revoked || !without.is_empty()));
        if keys.is_empty() {
            return Ok(());
        }
        let (handle, wanted) = (self.clone(), keys.clone());
        let Written { mut by_key, from } = away(move || handle.written_by(wanted)).await?;
        for key in keys {
            let ending = Box::new(KeyEnding {
                key,
                written: by_key.remove(&key).unwrap_or_default(),
                from,
                without: without.clone(),
                nonce: self.fresh_nonce(),
                time: self.now(),
            });
            let organisation = Box::new(self.organisation_secret().clone());
            self.send(|reply| Command::EndKey { ending, organisation, reply }).await?;
        }
        Ok(())
    }

    /// Looks through all changes for those by some keys.
    fn written_by(&self, keys: Vec<PublicKey>) -> Result<Written, CommandError> {
        let mut by_key: BTreeMap<PublicKey, BTreeSet<ChangeId>> =
            keys.into_iter().map(|key| (key, BTreeSet::new())).collect();
        let mut from = 1;
        loop {
            let stored = self.storage().changes_from(from, AT_ONCE).map_err(storage_error)?;
            let Some(last) = stored.last() else { break };
            from = last.sequence + 1;
            for stored in stored.iter().filter(|stored| stored.change.header.space != SpaceId::Roster) {
                let Some(written) = by_key.get_mut(&stored.change.author) else { continue };
                written.insert(stored.id);
                if written.len() > Revocation::IDS_MAX {
                    return Err(CommandError::Failed("this key has written more than a revocation can list".into()));
                }
            }
        }
        Ok(Written { by_key, from })
    }

    /// Where profiles of this organisation's people are.
    fn profile_spaces(&self) -> [SpaceId; 2] {
        [SpaceId::Commons, SpaceId::Organisation(self.organisation_key())]
    }

    /// Notes that a person's profile is to be shown no more, until that is done.
    async fn note_erasing(&self, person: PersonId, erase: bool) -> Result<(), CommandError> {
        let handle = self.clone();
        away(move || {
            let mut local = vec![(erasing(&person), erase.then(Vec::new))];
            if erase {
                // It may be this person's, and has done its work.
                local.push((FIRST_MEMBER_NAME.into(), None));
            }
            let storage = handle.storage();
            storage.commit(&Batch { local, ..Batch::default() }).and_then(|()| storage.sync()).map_err(storage_error)
        })
        .await
    }
}

fn erasing(person: &PersonId) -> String {
    format!("{ERASING}{person}")
}

/// Begins the names of local values that say whose profile is still to be taken from view.
const ERASING: &str = "leaving/erase/";
/// How many changes are read from the store at once.
const AT_ONCE: usize = 256;
