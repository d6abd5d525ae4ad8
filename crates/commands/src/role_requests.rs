//! Role requests: one member asks another to take on a role. The answer is a role that names the request, or silence.

use std::collections::BTreeMap;

use knotwork_documents::{Date, FieldError, RoleName, RoleRequestEdit, RoleRequestView, RoleView, is_ahead};
use knotwork_identity::{DocumentId, Nonce, PersonId, PublicKey, Timestamp};
use knotwork_replica::{Author, Basis, Target};

use crate::{
    CommandError, Member, NodeHandle, RoleEntry, RoleError,
    roles::{is_key_of, is_over, is_role_of},
};

/// A role request, with the names of both.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RoleRequestEntry {
    /// What it says.
    pub view: RoleRequestView,
    /// Who asks, where a profile tells it here.
    pub from_name: Option<String>,
    /// Who is asked, where a profile tells it here.
    pub person_name: Option<String>,
    /// Whether the asked person has taken on a role with it.
    pub taken_on: bool,
}

impl NodeHandle {
    /// Asks somebody to take on a role. Sent twice with one nonce, it is asked once, and what was taken back stays so.
    ///
    /// # Errors
    /// When the person has the role, was asked for it in the last half year, or is not known here; when a field breaks a
    /// rule, or the node cannot write.
    pub async fn ask_for_role(
        &self,
        member: &Member,
        edit: RoleRequestEdit,
        nonce: Nonce,
    ) -> Result<DocumentId, CommandError> {
        let edit = asked_by(member, edit);
        edit.check()?;
        let header = RoleRequestEdit::header(self.origin(), member.public_key(), nonce);
        let document = header.id();
        let requests = self.requests()?;
        if requests.iter().any(|request| request.id == document) {
            return Ok(document);
        }
        let person = edit.person.ok_or(FieldError::Missing { field: "person" })?;
        let role = edit.role.ok_or(FieldError::Missing { field: "role" })?;
        let topic = edit.topic.clone().unwrap_or_default();
        if person == member.person {
            return Err(RoleError::Yourself.into());
        }
        if self.profile_of(&person)?.is_none_or(|entry| entry.left) {
            return Err(RoleError::NobodyKnown.into());
        }
        let today = self.today();
        let holds = |entry: &RoleEntry| is_role_of(&entry.view, &person, role, &topic) && !is_over(&entry.view, today);
        if self.roles()?.iter().any(holds) {
            return Err(RoleError::Held { own: false }.into());
        }
        if let Some(again) = asked_again_from(&requests, member.person, &person, role, self.now()) {
            return Err(RoleError::AskedBefore { again }.into());
        }
        self.begin(header, edit.into(), member).await
    }

    /// Whether the role request that a nonce stands for began as this edit; none where there is none yet.
    ///
    /// # Errors
    /// When a field breaks a rule, or the store cannot be read.
    pub fn request_began_as(
        &self,
        member: &Member,
        edit: RoleRequestEdit,
        nonce: Nonce,
    ) -> Result<Option<bool>, CommandError> {
        let header = RoleRequestEdit::header(self.origin(), member.public_key(), nonce);
        self.began_as(header, &asked_by(member, edit).into(), &member.signer())
    }

    /// The role requests that wait for the member's answer, the oldest first. What the member has said "not now" to is
    /// known to this node alone.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub fn requests_to(&self, member: &Member) -> Result<Vec<RoleRequestEntry>, CommandError> {
        let declined = self.declined(&member.person)?;
        let (roles, today, now) = (self.roles()?, self.today(), self.now());
        let waits = |request: &RoleRequestView| {
            request.person == member.person
                && !request.withdrawn
                && !is_put_off(request, &declined, now)
                && !roles.iter().any(|entry| answers(&entry.view, request))
                && !roles.iter().any(|entry| {
                    is_role_of(&entry.view, &member.person, request.role, &request.topic)
                        && !is_over(&entry.view, today)
                })
        };
        let waiting = self.requests()?.into_iter().filter(waits).collect();
        self.request_entries(waiting, &roles)
    }

    /// The role requests that the member has made and not taken back, the oldest first.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub fn requests_by(&self, member: &Member) -> Result<Vec<RoleRequestEntry>, CommandError> {
        let made = self.requests()?.into_iter().filter(|request| request.from == member.person && !request.withdrawn);
        self.request_entries(made.collect(), &self.roles()?)
    }

    /// A role request that the member has made, taken back or not.
    ///
    /// # Errors
    /// When there is none of theirs with this id, or the store cannot be read.
    pub fn own_request(&self, member: &Member, document: &DocumentId) -> Result<RoleRequestEntry, CommandError> {
        let own = |request: &RoleRequestView| request.id == *document && request.from == member.person;
        let found = self.requests()?.into_iter().filter(own).collect();
        let entry = self.request_entries(found, &self.roles()?)?.pop();
        entry.ok_or(CommandError::NotFound(*document))
    }

    /// Whether somebody has asked the member with this request.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub fn is_asked(&self, member: &Member, request: &DocumentId) -> Result<bool, CommandError> {
        let asks = |found: &RoleRequestView| found.id == *request && found.person == member.person;
        Ok(self.requests()?.iter().any(asks))
    }

    /// Says "not now" to a request. Nobody but the member is told, and nobody's request for the same role is shown to
    /// them for half a year.
    ///
    /// # Errors
    /// When there is no such request to the member, or the node cannot write.
    pub async fn decline_request(&self, member: &Member, document: &DocumentId) -> Result<(), CommandError> {
        let request = self.requests()?.into_iter().find(|request| request.id == *document);
        let request = request.ok_or(CommandError::NotFound(*document))?;
        if request.person != member.person {
            return Err(RoleError::NotYours.into());
        }
        let name = format!("{DECLINED}{}", request.role.word());
        self.keep_note(&member.person, &name, Some(self.now().milliseconds().to_string())).await
    }

    /// Takes back a request that the member has made.
    ///
    /// # Errors
    /// When there is no such request of theirs, or the node cannot write.
    pub async fn withdraw_request(&self, member: &Member, document: &DocumentId) -> Result<(), CommandError> {
        let request = self.requests()?.into_iter().find(|request| request.id == *document);
        let request = request.ok_or(CommandError::NotFound(*document))?;
        if request.owner != member.public_key() {
            return Err(RoleError::NotYours.into());
        }
        let edit = RoleRequestEdit { withdrawn: Some(true), ..RoleRequestEdit::default() };
        self.edit(Target::Existing(*document), edit.into(), Basis::Now, &member.signer()).await.map(drop)
    }

    /// The genuine requests of people who are still there, the oldest first.
    fn requests(&self) -> Result<Vec<RoleRequestView>, CommandError> {
        let authors = self.status().authors.clone();
        let mut requests = self.with_roles(|known| genuine_requests(known.requests.values(), &authors))?;
        let people = self.people()?;
        let has_left = |request: &RoleRequestView| {
            authors.get(&request.owner).is_none_or(|by| people.has_left(&request.from, &by.organisation))
        };
        requests.retain(|request| !has_left(request));
        requests.sort_by_key(|request| (request.created, request.id));
        Ok(requests)
    }

    fn request_entries(
        &self,
        requests: Vec<RoleRequestView>,
        roles: &[RoleEntry],
    ) -> Result<Vec<RoleRequestEntry>, CommandError> {
        let (people, authors) = (self.people()?, self.status().authors.clone());
        let entry = |view: RoleRequestView| RoleRequestEntry {
            from_name: authors.get(&view.owner).and_then(|by| people.name_of(&view.from, &by.organisation)),
            person_name: people.get(&view.person).map(|entry| entry.fields.name.clone()),
            taken_on: roles.iter().any(|entry| answers(&entry.view, &view)),
            view,
        };
        Ok(requests.into_iter().map(entry).collect())
    }

    /// When the member last said "not now" to each role.
    fn declined(&self, person: &PersonId) -> Result<BTreeMap<RoleName, Timestamp>, CommandError> {
        let read = |(word, text): (String, String)| {
            Some((RoleName::from_word(&word)?, Timestamp::from_milliseconds(text.parse().ok()?)?))
        };
        Ok(self.notes(person, DECLINED)?.into_iter().filter_map(read).collect())
    }
}

/// A role request that a member makes.
fn asked_by(member: &Member, edit: RoleRequestEdit) -> RoleRequestEdit {
    RoleRequestEdit { from: Some(member.person), withdrawn: None, ..edit }
}

/// The requests whose owner is a key of the person who asks.
fn genuine_requests<'a>(
    views: impl Iterator<Item = &'a RoleRequestView>,
    authors: &BTreeMap<PublicKey, Author>,
) -> Vec<RoleRequestView> {
    views.filter(|view| is_key_of(&view.owner, &view.from, authors)).cloned().collect()
}

/// Whether a role is the answer to a request: only the asked person gives one.
fn answers(role: &RoleView, request: &RoleRequestView) -> bool {
    role.request == Some(request.id) && role.person == request.person
}

/// From when on somebody may be asked again to take on a role; `None` where that is now. Whether they said "not now" is
/// theirs to know: what counts is when they were asked. What an asker has taken back stands in nobody's way but their own.
fn asked_again_from(
    requests: &[RoleRequestView],
    asker: PersonId,
    person: &PersonId,
    role: RoleName,
    now: Timestamp,
) -> Option<Date> {
    let same = requests.iter().filter(|request| request.person == *person && request.role == role);
    let same = same.filter(|request| !request.withdrawn || request.from == asker);
    // A time that is ahead is not to be believed: it would keep everybody from asking for as long as it says.
    let asked = same.filter_map(|request| request.created).filter(|time| !is_ahead(Some(*time), now));
    let last = asked.max_by_key(|time| time.milliseconds())?;
    let again = last.milliseconds() + HALF_YEAR_MILLISECONDS;
    // On the day on which the half year is over it may still be some hours off.
    (now.milliseconds() < again).then(|| Timestamp::from_milliseconds(again + DAY_MILLISECONDS).map(Date::of)).flatten()
}

/// Whether a request was made before the member said "not now" to the role, or within half a year after.
fn is_put_off(request: &RoleRequestView, declined: &BTreeMap<RoleName, Timestamp>, now: Timestamp) -> bool {
    let Some(time) = declined.get(&request.role) else { return false };
    let made = request.created.filter(|made| !is_ahead(Some(*made), now));
    made.is_none_or(|made| made.milliseconds() < time.milliseconds() + HALF_YEAR_MILLISECONDS)
}

const DECLINED: &str = "declined/";
const DAY_MILLISECONDS: u64 = 24 * 60 * 60 * 1_000;
const HALF_YEAR_MILLISECONDS: u64 = 183 * DAY_MILLISECONDS;

#[cfg(test)]
mod tests {
    use super::*;

    const ADA: PersonId = PersonId([1; 16]);
    const BRAN: PersonId = PersonId([2; 16]);

    fn key(seed: u8) -> PublicKey {
        knotwork_identity::SecretKey::from_seed(&[seed; 32]).public()
    }

    fn time(day: u64) -> Timestamp {
        Timestamp::from_milliseconds(day * DAY_MILLISECONDS).expect("small")
    }

    fn request(created: Option<u64>, role: RoleName) -> RoleRequestView {
        RoleRequestView {
            id: DocumentId([8; 32]),
            owner: key(2),
            person: ADA,
            from: BRAN,
            role,
            topic: String::new(),
            note: String::new(),
            withdrawn: false,
            created: created.map(time),
            changed: None,
            heads: Vec::new(),
            conflicts: BTreeMap::new(),
        }
    }

    #[test]
    fn a_request_is_its_askers_own() {
        let author = |person| Author {
            organisation: key(9),
            person: Some(person),
            automatic: false,
            since: Timestamp::NONE,
            revoked: false,
        };
        let authors = BTreeMap::from([(key(1), author(ADA)), (key(2), author(BRAN))]);
        let mut own = request(Some(1), RoleName::Expert);
        assert_eq!(genuine_requests([&own].into_iter(), &authors).len(), 1);
        own.owner = key(1);
        assert!(genuine_requests([&own].into_iter(), &authors).is_empty(), "in somebody else's name");
    }

    #[test]
    fn nobody_is_asked_for_a_role_twice_in_half_a_year() {
        let asked = [request(Some(100), RoleName::Expert)];
        let again = |days, role| asked_again_from(&asked, ADA, &ADA, role, time(days));
        assert_eq!(again(100, RoleName::Expert), Some(Date::of(time(284))));
        assert!(again(282, RoleName::Expert).is_some() && again(283, RoleName::Expert).is_none());
        assert_eq!(again(100, RoleName::Sponsor), None);
        assert_eq!(asked_again_from(&asked, ADA, &BRAN, RoleName::Expert, time(100)), None);
        let taken_back = [RoleRequestView { withdrawn: true, ..request(Some(100), RoleName::Expert) }];
        let after = |asker| asked_again_from(&taken_back, asker, &ADA, RoleName::Expert, time(101));
        assert!(after(BRAN).is_some(), "nobody asks over and over by taking back");
        assert_eq!(after(ADA), None, "it stands in nobody else's way");
        let strange = [request(Some(9_000), RoleName::Expert), request(None, RoleName::Expert)];
        assert_eq!(
            asked_again_from(&strange, ADA, &ADA, RoleName::Expert, time(100)),
            None,
            "a time ahead says nothing"
        );
    }

    #[test]
    fn not_now_holds_for_half_a_year() {
        let declined = BTreeMap::from([(RoleName::Expert, time(100))]);
        let off = |created, role| is_put_off(&request(created, role), &declined, time(400));
        assert!(off(Some(99), RoleName::Expert) && off(Some(282), RoleName::Expert) && off(None, RoleName::Expert));
        assert!(!off(Some(283), RoleName::Expert) && !off(Some(99), RoleName::Sponsor));
        assert!(off(Some(9_000), RoleName::Expert), "a time ahead says nothing");
    }
}
