//! Members: how people of this organisation come to their accounts, and what they sign.

use std::{collections::BTreeSet, sync::Arc};

use knotwork_accounts::{
    Account, AccountError, Accounts, ApiToken, Bearer, Invitation, NewMember, Random, Scope, Session, SessionInfo,
    Settings, State,
};
use knotwork_documents::{Certificate, CertificateEdit, PersonEdit, PersonFields, View};
use knotwork_identity::{PersonId, PublicKey, SecretKey, SpaceId, Timestamp};
use knotwork_replica::{Basis, Target};
use serde::{Deserialize, Serialize};
use zeroize::Zeroizing;

use crate::{
    Command, CommandError, NodeHandle, Signer,
    handle::{away, storage_error},
};

/// A member who is signed in, or for whom a program acts.
#[derive(Clone)]
pub struct Member {
    /// The person.
    pub person: PersonId,
    /// What the person types to sign in.
    pub sign_in_name: String,
    /// Whether the person looks after the node.
    pub steward: bool,
    /// Whether a steward has still to confirm the account.
    pub waiting: bool,
    /// Whether the person has accepted the agreement in force.
    pub agreed: bool,
    /// The session, where there is one.
    pub session: Option<Session>,
    pub(crate) key: SecretKey,
}

/// What somebody types who is to have an account.
pub struct Newcomer {
    /// What to sign in with.
    pub sign_in_name: String,
    /// The passphrase.
    pub passphrase: Zeroizing<String>,
    /// What the person is called, for the profile.
    pub name: String,
}

/// By what right somebody gets an account.
#[derive(Debug, Clone)]
pub enum Right {
    /// The token that the node's first start wrote down.
    SetUp(String),
    /// An invitation.
    Invitation(String),
}

/// To whom a field of a profile is shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Audience {
    /// To nobody: it stays on this node.
    Nobody,
    /// To the person's organisation.
    Organisation,
    /// To the network.
    Network,
}

/// A person's own view of their profile: everything, with who sees it.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct OwnProfile {
    /// What it says.
    pub fields: PersonFields,
    /// Who sees each field, in the order of [`PersonFields::NAMES`].
    pub audiences: Vec<Audience>,
}

impl Member {
    /// Signs for the member.
    #[must_use]
    pub fn signer(&self) -> Signer {
        Signer::Member(Box::new(self.key.clone()))
    }

    /// The public half of the key that signs for the member.
    #[must_use]
    pub fn public_key(&self) -> PublicKey {
        self.key.public()
    }
}

impl Audience {
    /// All, from the narrowest to the widest.
    pub const ALL: [Self; 3] = [Self::Nobody, Self::Organisation, Self::Network];

    /// The word on forms and in the API.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::Nobody => "nobody",
            Self::Organisation => "organisation",
            Self::Network => "network",
        }
    }

    /// The audience of a word.
    #[must_use]
    pub fn from_word(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|audience| audience.word() == word)
    }

    /// Who sees a field unless its owner says otherwise.
    #[must_use]
    pub fn default_of(field: &str) -> Self {
        match field {
            "experience" => Self::Nobody,
            "contact" => Self::Organisation,
            _ => Self::Network,
        }
    }
}

impl OwnProfile {
    /// Who sees a field.
    #[must_use]
    pub fn audience(&self, field: &str) -> Audience {
        let place = PersonFields::NAMES.iter().position(|name| *name == field);
        place.and_then(|place| self.audiences.get(place).copied()).unwrap_or_else(|| Audience::default_of(field))
    }

    /// The fields that an audience has a document or a note for.
    fn part(&self, audience: Audience) -> PersonFields {
        let listed = self.fields.listed && audience == Audience::Network;
        let mut part = PersonFields { listed, ..PersonFields::default() };
        for name in PersonFields::NAMES.into_iter().filter(|name| self.audience(name) == audience) {
            part.set(name, self.fields.get(name).to_owned());
        }
        part
    }
}

impl NodeHandle {
    /// The member of a session's token, if the session goes on.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub fn member(&self, token: &str) -> Result<Option<Member>, CommandError> {
        let session = self.accounts().session(token, self.now())?;
        Ok(session.map(|session| Member::of(&session.account, &session.key, Some(session.clone()))))
    }

    /// The member for whom a program with a personal token acts, and what it may do.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub fn bearer(&self, text: &str) -> Result<Option<(Member, BTreeSet<Scope>)>, CommandError> {
        let bearer = self.accounts().bearer(text, self.now())?;
        Ok(bearer.map(|Bearer { account, key, scopes }| (Member::of(&account, &key, None), scopes)))
    }

    /// Whether nobody has an account at this node yet.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub fn awaits_set_up(&self) -> Result<bool, CommandError> {
        Ok(self.accounts().is_empty()?)
    }

    /// A new token with which the first account is made; none once there is one.
    ///
    /// # Errors
    /// When the store cannot be written.
    pub fn set_up_token(&self) -> Result<Option<String>, CommandError> {
        Ok(self.accounts().set_up_token(&mut self.random())?)
    }

    /// Checks a right without using it.
    ///
    /// # Errors
    /// Why it is none.
    pub fn check_right(&self, right: &Right) -> Result<(), CommandError> {
        match right {
            Right::SetUp(token) => self.accounts().check_set_up_token(token)?,
            Right::Invitation(text) => drop(self.accounts().invitation(text, self.now())?),
        }
        Ok(())
    }

    /// Makes an account, signs in with it, and gives the session's token. The person's certificate is written at once, or
    /// when a steward confirms.
    ///
    /// # Errors
    /// When the organisation is not in the network yet, the right does not hold, a name or passphrase cannot be taken, or the
    /// node cannot write.
    pub async fn join(&self, right: Right, newcomer: Newcomer, device: String) -> Result<String, CommandError> {
        self.check_admitted()?;
        if self.is_named_elsewhere(&newcomer.sign_in_name)? {
            return Err(AccountError::SignInNameTaken.into());
        }
        let mut person = PersonId([0; 16]);
        self.random()(&mut person.0);
        let key = self.fresh_key();
        let name = newcomer.name.trim().to_owned();
        let fields = PersonFields { name, ..PersonFields::default() };
        fields.check()?;
        let member = NewMember {
            sign_in_name: newcomer.sign_in_name,
            passphrase: newcomer.passphrase,
            person,
            proof: Certificate::proof(self.origin(), &self.organisation_key(), &person, &key),
            key,
            agreement: AGREEMENT_VERSION,
        };
        let token = self
            .hashing(move |accounts, now, random| {
                let made = match &right {
                    Right::SetUp(token) => accounts.set_up(token, &member, now, random)?,
                    Right::Invitation(text) => accounts.join(text, &member, now, random)?,
                };
                let begun = accounts.begin_session(&made, &member.key, &device, now, random)?;
                Ok(begun.token)
            })
            .await?;
        let Some(member) = self.member(&token)? else { return Ok(token) };
        let profile = OwnProfile { fields, ..OwnProfile::default() };
        self.keep_note(&member.person, PROFILE_NOTE, Some(kept_profile(&profile))).await?;
        if !member.waiting {
            self.certify(&member.person).await?;
            self.publish_profile(&member, &profile).await?;
        }
        Ok(token)
    }

    /// Signs a member in and gives the session's token.
    ///
    /// # Errors
    /// When name or passphrase are wrong, or there were too many wrong tries.
    pub async fn sign_in(
        &self,
        name: String,
        passphrase: Zeroizing<String>,
        device: String,
    ) -> Result<String, CommandError> {
        let token = self
            .hashing(move |accounts, now, random| {
                accounts.sign_in(&name, &passphrase, &device, now, random).map(|signed_in| signed_in.token)
            })
            .await?;
        // A newcomer's first profile could not be published before a steward had confirmed.
        if let Some(member) = self.member(&token)?.filter(|member| !member.waiting) {
            self.settle_in(&member).await?;
            // What others left half done keeps nobody out; it is tried again the next time.
            _ = self.end_what_should_have().await;
        }
        Ok(token)
    }

    /// Publishes what a member wrote while the account was waiting, and ends what was left half done of a change of keys.
    ///
    /// # Errors
    /// When the node cannot write.
    pub async fn settle_in(&self, member: &Member) -> Result<(), CommandError> {
        self.settle_keys(member).await?;
        if self.profile_of(&member.person)?.is_none() && self.accounts().account(&member.person)?.is_some() {
            self.certify(&member.person).await?;
            let profile = self.own_profile(member)?;
            self.publish_profile(member, &profile).await?;
        }
        Ok(())
    }

    /// Gives a member another passphrase.
    ///
    /// # Errors
    /// When the old one is wrong, or the new one cannot be taken.
    pub async fn change_passphrase(
        &self,
        session: Session,
        old: Zeroizing<String>,
        new: Zeroizing<String>,
    ) -> Result<(), CommandError> {
        self.hashing(move |accounts, now, random| accounts.change_passphrase(&session, &old, &new, now, random)).await
    }

    /// Invites a colleague, in a member's name or the operator's. The text goes into a link.
    ///
    /// # Errors
    /// When the member has too many open invitations, or the node cannot write.
    pub async fn invite(&self, by: Option<PersonId>) -> Result<(String, Invitation), CommandError> {
        self.keeping(move |accounts, now, random| accounts.invite(by.as_ref(), now, random)).await
    }

    /// A steward confirms a newcomer, whose certificate is written.
    ///
    /// # Errors
    /// When `by` is no steward, there is no such account, or the node cannot write.
    pub async fn confirm(&self, by: PersonId, person: PersonId) -> Result<(), CommandError> {
        self.keeping(move |accounts, _, _| accounts.confirm(&by, &person)).await?;
        self.certify(&person).await
    }

    /// Does something quick with the accounts, away from the threads that answer others.
    ///
    /// # Errors
    /// As `work` does.
    pub async fn keeping<T: Send + 'static>(
        &self,
        work: impl FnOnce(&Accounts, Timestamp, Random<'_>) -> Result<T, AccountError> + Send + 'static,
    ) -> Result<T, CommandError> {
        let handle = self.clone();
        away(move || Ok(work(handle.accounts(), handle.now(), &mut handle.random())?)).await
    }

    /// The sessions of a person.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub fn sessions(&self, person: &PersonId) -> Result<Vec<SessionInfo>, CommandError> {
        Ok(self.accounts().sessions(person, self.now())?)
    }

    /// The personal tokens of a person.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub fn tokens(&self, person: &PersonId) -> Result<Vec<ApiToken>, CommandError> {
        Ok(self.accounts().tokens(person)?)
    }

    /// The open invitations of a person.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub fn invitations(&self, person: Option<&PersonId>) -> Result<Vec<Invitation>, CommandError> {
        Ok(self.accounts().invitations(person, self.now())?)
    }

    /// All accounts of this node.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub fn all_accounts(&self) -> Result<Vec<Account>, CommandError> {
        Ok(self.accounts().accounts()?)
    }

    /// What the stewards have decided.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub fn account_settings(&self) -> Result<Settings, CommandError> {
        Ok(self.accounts().settings()?)
    }

    /// Everything that a member says of themself, with who sees it.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub fn own_profile(&self, member: &Member) -> Result<OwnProfile, CommandError> {
        let kept = self.accounts().note(&member.person, PROFILE_NOTE)?;
        let kept = kept.and_then(|text| serde_json::from_str::<KeptProfile>(&text).ok()).unwrap_or_default();
        let mut profile = OwnProfile { fields: PersonFields::default(), audiences: Vec::new() };
        profile.audiences = PersonFields::NAMES.iter().map(|name| kept.audience(name)).collect();
        // What is for others stands in documents; the note has the rest, and all of it before the first is written.
        let documents = [
            (Audience::Organisation, self.profile_in(SpaceId::Organisation(self.organisation_key()), member)?),
            (Audience::Network, self.profile_in(SpaceId::Commons, member)?),
        ];
        for name in PersonFields::NAMES {
            let audience = profile.audience(name);
            let document = documents.iter().find(|(of, _)| *of == audience).and_then(|(_, fields)| fields.as_ref());
            let value = document.map_or_else(|| kept.fields.get(name), |fields| fields.get(name));
            profile.fields.set(name, value.to_owned());
        }
        let published = documents.iter().find(|(of, _)| *of == Audience::Network);
        let published = published.and_then(|(_, fields)| fields.as_ref());
        profile.fields.listed = published.map_or(kept.fields.listed, |fields| fields.listed);
        Ok(profile)
    }

    /// Writes what a member says of themself, each field where its readers find it and nowhere else.
    ///
    /// # Errors
    /// When a field breaks a limit, or the node cannot write.
    pub async fn set_own_profile(&self, member: &Member, profile: &OwnProfile) -> Result<(), CommandError> {
        profile.fields.check()?;
        self.publish_profile(member, profile).await?;
        self.keep_note(&member.person, PROFILE_NOTE, Some(kept_profile(profile))).await
    }

    /// Sets or takes away something that a member keeps at this node alone.
    ///
    /// # Errors
    /// When it is too long, or there is too much.
    pub async fn keep_note(&self, person: &PersonId, name: &str, value: Option<String>) -> Result<(), CommandError> {
        let (person, name) = (*person, name.to_owned());
        self.keeping(move |accounts, _, _| accounts.set_note(&person, &name, value.as_deref())).await
    }

    /// Something that a member keeps at this node alone.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub fn note(&self, person: &PersonId, name: &str) -> Result<Option<String>, CommandError> {
        Ok(self.accounts().note(person, name)?)
    }

    /// What a member keeps at this node alone under names that begin with `prefix`.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub fn notes(&self, person: &PersonId, prefix: &str) -> Result<Vec<(String, String)>, CommandError> {
        Ok(self.accounts().notes(person, prefix)?)
    }

    /// The name that the operator gave for the first member, if so.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub fn first_member_name(&self) -> Result<String, CommandError> {
        if self.is_hosted() {
            return Ok(String::new());
        }
        let name = self.storage().local(FIRST_MEMBER_NAME).map_err(storage_error)?;
        Ok(name.and_then(|name| String::from_utf8(name).ok()).unwrap_or_default())
    }

    /// Writes the key of a person with an account into the person's certificate. One that has it already is left as it is.
    pub(crate) async fn certify(&self, person: &PersonId) -> Result<(), CommandError> {
        let account = self.accounts().account(person)?.filter(|account| account.state == State::Active);
        let Account { person, key, proof, .. } = account.ok_or(AccountError::NotFound("account"))?;
        let target = Target::Of(Certificate::header(self.origin(), self.organisation_key(), &person));
        let edit = Box::new(CertificateEdit { person, key, proof }.into());
        let (time, key) = (self.now(), Box::new(self.organisation_secret().clone()));
        self.send(|reply| Command::Edit { target, edit, key, basis: Basis::Now, time, reply }).await.map(drop)
    }

    async fn publish_profile(&self, member: &Member, profile: &OwnProfile) -> Result<(), CommandError> {
        let spaces = [
            (Audience::Network, SpaceId::Commons),
            (Audience::Organisation, SpaceId::Organisation(self.organisation_key())),
        ];
        for (audience, space) in spaces {
            let fields = profile.part(audience);
            // Nothing is said of somebody who says nothing; what was said before is taken back.
            if fields == PersonFields::default() && self.profile_in(space, member)?.is_none() {
                continue;
            }
            let header = PersonEdit::header(self.origin(), space, member.key.public(), &member.person);
            let edit = PersonEdit { person: member.person, fields };
            self.edit(Target::Of(header), edit.into(), Basis::Now, &member.signer()).await?;
        }
        Ok(())
    }

    fn profile_in(&self, space: SpaceId, member: &Member) -> Result<Option<PersonFields>, CommandError> {
        let header = PersonEdit::header(self.origin(), space, member.key.public(), &member.person);
        Ok(match self.any_view(&header.id())? {
            Some(View::Person(view)) => Some(view.fields),
            _ => None,
        })
    }

    /// A new key for a member.
    pub(crate) fn fresh_key(&self) -> SecretKey {
        let mut seed = Zeroizing::new([0; 32]);
        self.random()(seed.as_mut_slice());
        SecretKey::from_seed(&seed)
    }

    /// Does something that takes tens of milliseconds and much memory with the accounts: two at once, and the rest wait.
    pub(crate) async fn hashing<T: Send + 'static>(
        &self,
        work: impl FnOnce(&Accounts, Timestamp, Random<'_>) -> Result<T, AccountError> + Send + 'static,
    ) -> Result<T, CommandError> {
        let places = Arc::clone(self.hash_places());
        let Ok(waiting) = Arc::clone(self.hash_queue()).try_acquire_owned() else { return Err(CommandError::Busy) };
        let place = places.acquire_owned().await.map_err(|_| CommandError::Stopping)?;
        let result = self.keeping(work).await;
        drop((place, waiting));
        result
    }
}

impl Member {
    fn of(account: &Account, key: &SecretKey, session: Option<Session>) -> Self {
        Self {
            person: account.person,
            sign_in_name: account.sign_in_name.clone(),
            steward: account.steward,
            waiting: account.state == State::Waiting,
            agreed: account.agreement.0 >= AGREEMENT_VERSION,
            session,
            key: key.clone(),
        }
    }
}

/// What is kept of a profile at this node: who sees what, and the fields that are shown to nobody.
#[derive(Debug, Default, Serialize, Deserialize)]
#[serde(default)]
struct KeptProfile {
    audiences: std::collections::BTreeMap<String, Audience>,
    fields: PersonFields,
}

impl KeptProfile {
    fn audience(&self, field: &str) -> Audience {
        self.audiences.get(field).copied().unwrap_or_else(|| Audience::default_of(field))
    }
}

fn kept_profile(profile: &OwnProfile) -> String {
    let audiences = PersonFields::NAMES.iter().map(|name| ((*name).to_owned(), profile.audience(name))).collect();
    let kept = KeptProfile { audiences, fields: profile.fields.clone() };
    // Plain texts always have a JSON form.
    serde_json::to_string(&kept).unwrap_or_default()
}

/// The version of the agreement and privacy notice in force.
pub const AGREEMENT_VERSION: u32 = 1;
/// The local value with the name that the operator gave for the first member.
pub const FIRST_MEMBER_NAME: &str = "first-member-name";
const PROFILE_NOTE: &str = "profile";
