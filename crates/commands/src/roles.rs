//! Roles: who does what for the network for a time, and who asks whom. A role is words about a person: nothing in this
//! program asks for one before it does something.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::{Mutex, PoisonError},
};

use knotwork_documents::{Date, Edit, FieldError, RoleEdit, RoleName, RoleRequestView, RoleView, View, kinds};
use knotwork_identity::{DocumentId, NetworkId, Nonce, PersonId, PublicKey};
use knotwork_ledger::DocumentHeader;
use knotwork_replica::{Author, Basis, Target};

use crate::{CommandError, Member, NodeHandle, follow::Follower};

/// A role that somebody holds, held or will hold.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RoleEntry {
    /// What it says.
    pub view: RoleView,
    /// The person's name, where their profile tells it here.
    pub name: Option<String>,
    /// The key of the organisation that vouches for the person.
    pub organisation_key: PublicKey,
    /// Its name.
    pub organisation: String,
}

/// Why a role is not taken on, laid down or asked for.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum RoleError {
    /// Only the person whose role it is may change it.
    #[error("this is somebody else's; only they can change it")]
    NotYours,
    /// The person holds this role already.
    #[error("{whose} this role already, for the same topic", whose = if *own { "you have" } else { "this person has" })]
    Held {
        /// Whether it is the member's own.
        own: bool,
    },
    /// Nobody asks themself.
    #[error("this is you: you can take on a role yourself")]
    Yourself,
    /// The person was asked for this role not long ago.
    #[error("this person was asked to take on this role not long ago; it can be asked again from {again} on")]
    AskedBefore {
        /// From when on.
        again: Date,
    },
    /// The person is not known here.
    #[error("this person is not known here")]
    NobodyKnown,
}

/// What is known of roles.
#[derive(Default)]
pub(crate) struct RoleBook {
    state: Mutex<Known>,
}

#[derive(Default)]
pub(crate) struct Known {
    role_follower: Follower,
    request_follower: Follower,
    roles: BTreeMap<DocumentId, RoleView>,
    pub(crate) requests: BTreeMap<DocumentId, RoleRequestView>,
}

impl NodeHandle {
    /// All roles that people say of themselves, those that are over among them, but for people who have left: by role,
    /// then by name.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub fn roles(&self) -> Result<Vec<RoleEntry>, CommandError> {
        let authors = self.status().authors.clone();
        let views = self.with_roles(|known| genuine_roles(known.roles.values(), &authors))?;
        let people = self.people()?;
        // Whoever has left has laid everything down.
        let is_here = |view: &RoleView| {
            authors.get(&view.owner).is_some_and(|by| !people.has_left(&view.person, &by.organisation))
        };
        let mut entries: Vec<RoleEntry> = views
            .into_iter()
            .filter(is_here)
            .filter_map(|view| {
                let organisation = authors.get(&view.owner)?.organisation;
                let name = people.name_of(&view.person, &organisation);
                Some(RoleEntry {
                    name,
                    organisation_key: organisation,
                    organisation: self.name_of(&organisation),
                    view,
                })
            })
            .collect();
        entries.sort_by_cached_key(|entry| {
            (entry.view.role, entry.name.as_ref().map(|name| name.to_lowercase()), entry.view.id)
        });
        Ok(entries)
    }

    /// What day it is by the node's clock.
    #[must_use]
    pub fn today(&self) -> Date {
        Date::of(self.now())
    }

    /// Takes on a role. Sent twice with one nonce, it is taken on once, and what became of it since stays.
    ///
    /// # Errors
    /// When the member has it already, a field breaks a rule, or the node cannot write.
    pub async fn take_on_role(
        &self,
        member: &Member,
        edit: RoleEdit,
        nonce: Nonce,
    ) -> Result<DocumentId, CommandError> {
        let edit = taken_on_by(member, edit);
        let header = RoleEdit::header(self.origin(), member.public_key(), nonce);
        let document = header.id();
        let role = edit.role.ok_or(FieldError::Missing { field: "role" })?;
        let topic = edit.topic.clone().unwrap_or_default();
        let today = self.today();
        let roles = self.roles()?;
        if roles.iter().any(|entry| entry.view.id == document) {
            return Ok(document);
        }
        let is_same = |entry: &RoleEntry| {
            entry.organisation_key == self.organisation_key()
                && is_role_of(&entry.view, &member.person, role, &topic)
                && !is_over(&entry.view, today)
        };
        if roles.iter().any(is_same) {
            return Err(RoleError::Held { own: true }.into());
        }
        self.begin(header, edit.into(), member).await
    }

    /// Whether the role that a nonce stands for began as this edit; none where there is none yet.
    ///
    /// # Errors
    /// When a field breaks a rule, or the store cannot be read.
    pub fn role_began_as(&self, member: &Member, edit: RoleEdit, nonce: Nonce) -> Result<Option<bool>, CommandError> {
        let header = RoleEdit::header(self.origin(), member.public_key(), nonce);
        self.began_as(header, &taken_on_by(member, edit).into(), &member.signer())
    }

    /// Changes until when a role of the member's own lasts; an empty text leaves it open.
    ///
    /// # Errors
    /// When there is no such role of theirs, the date breaks a rule, or the node cannot write.
    pub async fn extend_role(&self, member: &Member, document: DocumentId, until: String) -> Result<(), CommandError> {
        let view = self.own_role(member, &document)?;
        // The check needs both days, and what has begun does not begin again.
        let since = view.since.map(|since| since.to_string());
        let edit = RoleEdit { since, until: Some(until), ..RoleEdit::default() };
        self.change_role(member, &view, edit).await
    }

    /// Lays down a role of the member's own, today. One that is laid down already stays so from its day on.
    ///
    /// # Errors
    /// When there is no such role of theirs, or the node cannot write.
    pub async fn lay_down_role(&self, member: &Member, document: DocumentId) -> Result<(), CommandError> {
        let view = self.own_role(member, &document)?;
        if view.ended.is_some_and(|ended| ended <= self.today()) {
            return Ok(());
        }
        let edit = RoleEdit { ended: Some(self.today().to_string()), ..RoleEdit::default() };
        self.change_role(member, &view, edit).await
    }

    /// A role of the member's own.
    ///
    /// # Errors
    /// When there is none of theirs with this id, or the store cannot be read.
    pub fn own_role(&self, member: &Member, document: &DocumentId) -> Result<RoleView, CommandError> {
        let next = next_header(self.origin(), member.public_key(), document).id();
        let is_it = |entry: &RoleEntry| [*document, next].contains(&entry.view.id);
        let entry = self.roles()?.into_iter().find(is_it).ok_or(CommandError::NotFound(*document))?;
        let is_own = entry.view.person == member.person && entry.organisation_key == self.organisation_key();
        if is_own { Ok(entry.view) } else { Err(RoleError::NotYours.into()) }
    }

    /// Writes a new document. One that is there by now, as the same was sent twice at once, is left as it is.
    pub(crate) async fn begin(
        &self,
        header: DocumentHeader,
        edit: Edit,
        member: &Member,
    ) -> Result<DocumentId, CommandError> {
        let document = header.id();
        match self.edit(Target::Of(header), edit, Basis::If(Vec::new()), &member.signer()).await {
            Ok(_) | Err(CommandError::Stale { .. }) => Ok(document),
            Err(error) => Err(error),
        }
    }

    /// A role of the member's own as it stands now: under this id, or under the one with which it goes on where the
    /// member has written on it with a newer key.
    ///
    /// # Errors
    /// When there is none of theirs with this id, or the store cannot be read.
    pub fn own_role_entry(&self, member: &Member, document: &DocumentId) -> Result<RoleEntry, CommandError> {
        let next = next_header(self.origin(), member.public_key(), document).id();
        let is_it =
            |entry: &RoleEntry| entry.view.person == member.person && [*document, next].contains(&entry.view.id);
        self.roles()?.into_iter().find(is_it).ok_or(CommandError::NotFound(*document))
    }

    /// Writes on a role; one that the person signed with a key that they have no more goes on in a new document.
    async fn change_role(&self, member: &Member, view: &RoleView, edit: RoleEdit) -> Result<(), CommandError> {
        let (target, edit) = if view.owner == member.public_key() {
            (Target::Existing(view.id), edit)
        } else {
            let header = next_header(self.origin(), member.public_key(), &view.id);
            let date = |date: Option<Date>| Some(date.map(|date| date.to_string()).unwrap_or_default());
            let whole = RoleEdit {
                person: Some(view.person),
                role: Some(view.role),
                topic: Some(view.topic.clone()),
                since: date(view.since),
                until: edit.until.or_else(|| date(view.until)),
                ended: edit.ended.or_else(|| date(view.ended)),
                request: view.request,
            };
            (Target::Of(header), whole)
        };
        self.edit(target, edit.into(), Basis::Now, &member.signer()).await.map(drop)
    }

    pub(crate) fn with_roles<T>(&self, ask: impl FnOnce(&Known) -> T) -> Result<T, CommandError> {
        let mut known = self.role_book().state.lock().unwrap_or_else(PoisonError::into_inner);
        known.take_in(self)?;
        Ok(ask(&known))
    }
}

impl Known {
    /// Brings what is known up to date.
    fn take_in(&mut self, handle: &NodeHandle) -> Result<(), CommandError> {
        if self.role_follower.begins_anew(handle) {
            self.roles.clear();
        }
        let roles = &mut self.roles;
        self.role_follower.catch_up(handle, kinds::ROLE, |document| {
            match handle.any_view(document)? {
                Some(View::Role(view)) => drop(roles.insert(*document, *view)),
                _ => drop(roles.remove(document)),
            }
            Ok(())
        })?;
        if self.request_follower.begins_anew(handle) {
            self.requests.clear();
        }
        let requests = &mut self.requests;
        self.request_follower.catch_up(handle, kinds::ROLE_REQUEST, |document| {
            match handle.any_view(document)? {
                Some(View::RoleRequest(view)) => drop(requests.insert(*document, *view)),
                _ => drop(requests.remove(document)),
            }
            Ok(())
        })
    }
}

/// A role that a member takes on: it is theirs, and not laid down yet.
fn taken_on_by(member: &Member, edit: RoleEdit) -> RoleEdit {
    RoleEdit { person: Some(member.person), ended: None, ..edit }
}

/// Whether a role is over on a day: run out or laid down.
#[must_use]
pub fn is_over(role: &RoleView, today: Date) -> bool {
    role.until.is_some_and(|until| until < today) || role.ended.is_some_and(|ended| ended <= today)
}

/// Whether a role that is held runs out within a month.
#[must_use]
pub fn ends_soon(role: &RoleView, today: Date) -> bool {
    role.is_held(today) && role.until.is_some_and(|until| today.days_until(until) <= SOON_DAYS)
}

/// The roles that nobody holds on a day, in the order in which they are offered.
#[must_use]
pub fn unheld(roles: &[RoleEntry], today: Date) -> Vec<RoleName> {
    let held: BTreeSet<RoleName> =
        roles.iter().filter(|entry| entry.view.is_held(today)).map(|entry| entry.view.role).collect();
    RoleName::ALL.into_iter().filter(|role| !held.contains(role)).collect()
}

/// The roles whose owner is a key of the person, without those that go on under another key that the same organisation gave
/// them.
fn genuine_roles<'a>(
    views: impl Iterator<Item = &'a RoleView>,
    authors: &BTreeMap<PublicKey, Author>,
) -> Vec<RoleView> {
    let genuine: Vec<&RoleView> = views.filter(|view| is_key_of(&view.owner, &view.person, authors)).collect();
    let whose = |view: &RoleView| (view.person, authors.get(&view.owner).map(|author| author.organisation));
    let mut by_nonce: BTreeMap<_, Vec<PublicKey>> = BTreeMap::new();
    for view in &genuine {
        by_nonce.entry((whose(view), view.nonce)).or_default().push(view.owner);
    }
    let goes_on = |view: &RoleView| {
        let next = by_nonce.get(&(whose(view), nonce_of_next(&view.id)));
        next.is_some_and(|owners| owners.iter().any(|owner| *owner != view.owner))
    };
    genuine.into_iter().filter(|view| !goes_on(view)).cloned().collect()
}

/// The header of the document in which a role goes on under another key of the same person.
fn next_header(network: NetworkId, key: PublicKey, before: &DocumentId) -> DocumentHeader {
    RoleEdit::header(network, key, nonce_of_next(before))
}

fn nonce_of_next(before: &DocumentId) -> Nonce {
    let mut nonce = [0; 16];
    nonce.copy_from_slice(&before.0[..16]);
    Nonce(nonce)
}

/// Whether a key signs, or signed, for a person.
pub(crate) fn is_key_of(key: &PublicKey, person: &PersonId, authors: &BTreeMap<PublicKey, Author>) -> bool {
    authors.get(key).is_some_and(|author| author.person == Some(*person) && !author.automatic)
}

/// Whether it is this role of this person, for the same topic however that is typed.
pub(crate) fn is_role_of(view: &RoleView, person: &PersonId, role: RoleName, topic: &str) -> bool {
    view.person == *person && view.role == role && view.topic.trim().to_lowercase() == topic.trim().to_lowercase()
}

const SOON_DAYS: i32 = 30;

#[cfg(test)]
mod tests {
    use super::*;

    const ADA: PersonId = PersonId([1; 16]);
    const BRAN: PersonId = PersonId([2; 16]);
    const NETWORK: NetworkId = NetworkId([9; 32]);

    fn key(seed: u8) -> PublicKey {
        knotwork_identity::SecretKey::from_seed(&[seed; 32]).public()
    }

    fn day(text: &str) -> Date {
        text.parse().expect("a day")
    }

    fn authors(keys: &[(u8, PersonId)]) -> BTreeMap<PublicKey, Author> {
        let author = |person| Author {
            organisation: key(9),
            person: Some(person),
            automatic: false,
            since: knotwork_identity::Timestamp::NONE,
            revoked: false,
        };
        keys.iter().map(|(seed, person)| (key(*seed), author(*person))).collect()
    }

    fn role(owner: PublicKey, id: DocumentId, until: Option<&str>, ended: Option<&str>) -> RoleView {
        RoleView {
            id,
            nonce: Nonce([0; 16]),
            owner,
            person: ADA,
            role: RoleName::Connector,
            topic: "Falls".into(),
            since: Some(day("2026-01-01")),
            until: until.map(day),
            ended: ended.map(day),
            request: None,
            created: None,
            changed: None,
            heads: Vec::new(),
            conflicts: BTreeMap::new(),
        }
    }

    #[test]
    fn a_role_is_its_persons_own_and_goes_on_under_a_new_key() {
        let first = role(key(1), DocumentId([3; 32]), None, None);
        let after = |view: RoleView| RoleView { nonce: nonce_of_next(&first.id), ..view };
        let id = |seed| next_header(NETWORK, key(seed), &first.id).id();
        let next = after(role(key(4), id(4), None, Some("2026-02-01")));
        let foreign = role(key(2), DocumentId([5; 32]), None, None);
        let mut authors = authors(&[(1, ADA), (4, ADA), (2, BRAN), (5, ADA)]);
        if let Some(foreign) = authors.get_mut(&key(5)) {
            foreign.organisation = key(8);
        }
        let views = [first.clone(), foreign.clone()];
        assert_eq!(genuine_roles(views.iter(), &authors), std::slice::from_ref(&first));
        // Somebody else's key takes nothing over.
        let taken = after(role(key(2), id(2), None, Some("2026-02-01")));
        assert_eq!(genuine_roles([first.clone(), taken].iter(), &authors), std::slice::from_ref(&first));
        // Nor does another organisation's key for what it says is the same person.
        let stolen = after(role(key(5), id(5), None, Some("2026-02-01")));
        let views = [first.clone(), stolen.clone()];
        assert!(genuine_roles(views.iter(), &authors).contains(&first));
        assert_eq!(genuine_roles([first.clone(), next.clone()].iter(), &authors), [next]);
    }

    #[test]
    fn roles_run_out_are_laid_down_and_end_soon() {
        let of = |until, ended| role(key(1), DocumentId([3; 32]), until, ended);
        let today = day("2026-06-01");
        assert!(!is_over(&of(None, None), today) && !ends_soon(&of(None, None), today));
        assert!(!is_over(&of(Some("2026-06-01"), None), today) && ends_soon(&of(Some("2026-06-01"), None), today));
        assert!(ends_soon(&of(Some("2026-07-01"), None), today) && !ends_soon(&of(Some("2026-07-02"), None), today));
        assert!(is_over(&of(Some("2026-05-31"), None), today) && !ends_soon(&of(Some("2026-05-31"), None), today));
        assert!(is_over(&of(None, Some("2026-06-01")), today) && !is_over(&of(None, Some("2026-06-02")), today));
        let entry = |view| RoleEntry { view, name: None, organisation_key: key(9), organisation: String::new() };
        assert_eq!(unheld(&[], today), RoleName::ALL);
        assert!(!unheld(&[entry(of(None, None))], today).contains(&RoleName::Connector));
        assert!(unheld(&[entry(of(None, Some("2026-05-01")))], today).contains(&RoleName::Connector));
    }
}
