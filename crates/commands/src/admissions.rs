//! Admissions: organisations that have applied to join through this node, and the decisions to admit them; and whether this
//! one was admitted.
//!
//! An application is known to the node that it came to, until a decision to admit is opened: that is everyone's.

use knotwork_documents::{NodeAddressView, Paper, View, kinds};
use knotwork_governance::{Application, Charter, Effect, Method, NodeCertificate, ReasonRule, Seat, Shown, Terms};
use knotwork_identity::{DocumentId, Nonce, PublicKey, Timestamp};
use knotwork_replica::Batch;

use crate::{
    CommandError, DecisionDraft, DecisionError, DecisionHead, DecisionState, Member, NodeHandle, Unit,
    handle::storage_error,
};

/// An organisation that has applied through this node.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AdmissionEntry {
    /// What it signed.
    pub application: Application,
    /// How it stands.
    pub state: AdmissionState,
}

/// A local value to write, or to forget, by its name.
pub(crate) type LocalEntry = (String, Option<Vec<u8>>);

/// How an application stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum AdmissionState {
    /// Nobody has opened a decision.
    Waiting,
    /// A decision to admit is under way.
    Deciding(DocumentId),
    /// The last decision came out otherwise.
    NotAdmitted(DocumentId),
    /// It is on the roster.
    Admitted,
    /// The charter has changed since: it has to accept the one in force.
    Outdated,
    /// It was in the network with this node, and has gone: it needs another node and a new invitation.
    Gone,
}

impl NodeHandle {
    /// The most applications that are kept; of this organisation's further nodes, as many again.
    pub const APPLICATIONS_MAX: usize = 200;

    /// Whether whom this handle asks for is not in the network yet: it waits to be admitted, with a node that was never in.
    #[must_use]
    pub fn waits_to_be_admitted(&self) -> bool {
        self.own().waits_to_be_admitted(&self.agreed(), self.storage())
    }

    /// Whether accounts can be made: nobody could vouch for their keys before this organisation is in the network.
    ///
    /// # Errors
    /// When it is not yet.
    pub fn check_admitted(&self) -> Result<(), CommandError> {
        if self.waits_to_be_admitted() { Err(CommandError::NotAdmitted("make the account")) } else { Ok(()) }
    }

    /// Where this node can be reached, as it last published; before that, as the genesis has it.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub fn own_addresses(&self) -> Result<Vec<String>, CommandError> {
        let published = NodeAddressView::header(self.origin(), self.node_key()).id();
        if let Some(View::NodeAddress(view)) = self.any_view(&published)?
            && !view.addresses.is_empty()
        {
            return Ok(view.addresses);
        }
        let own = self.host_key();
        let founder = self.genesis().founders.iter().find(|card| card.organisation == own);
        Ok(founder.map(|card| card.addresses.clone()).unwrap_or_default())
    }

    /// Takes an application that came by wire or in a file. Only one that answers an invitation of this node is kept: from
    /// then on, that invitation is this organisation's.
    ///
    /// # Errors
    /// When it is none, answers no open invitation or another's, too many are kept, or the node cannot write.
    pub fn receive_application(&self, bytes: &[u8]) -> Result<Application, CommandError> {
        let application = Application::from_bytes(bytes)
            .and_then(|application| application.to(self.network()))
            .map_err(|error| refused(error.to_string()))?;
        let _writing = self.admitting();
        // It comes again as long as its node is not served, also once the invitation has ended.
        let name = self.applied(&application);
        if self.storage().local(&name).map_err(storage_error)?.as_deref() == Some(bytes) {
            return Ok(application);
        }
        let claimed = self.claim_invitation(&application.secret, &application.organisation)?;
        let mut entries = self.room_for(&name)?;
        entries.extend(claimed);
        entries.push((name, Some(application.to_bytes())));
        self.keep_locals(entries)?;
        Ok(application)
    }

    /// Keeps an application, for a decision to be opened.
    pub(crate) fn keep_application(&self, application: &Application) -> Result<(), CommandError> {
        let _writing = self.admitting();
        let name = self.applied(application);
        let mut entries = self.room_for(&name)?;
        entries.push((name, Some(application.to_bytes())));
        self.keep_locals(entries)
    }

    /// What to forget so that an application of this name can be kept: nothing, or one that has come to an end.
    fn room_for(&self, name: &str) -> Result<Vec<LocalEntry>, CommandError> {
        let of_nodes = name.starts_with(ASKED);
        let kept = self.storage().locals(if of_nodes { ASKED } else { APPLIED }).map_err(storage_error)?;
        if kept.len() < Self::APPLICATIONS_MAX || kept.iter().any(|(known, _)| known == name) {
            return Ok(Vec::new());
        }
        let found = if of_nodes { self.first_added(&kept)? } else { self.first_settled(&kept)? };
        let ended = found.ok_or_else(|| {
            let most = Self::APPLICATIONS_MAX;
            refused(format!(
                "{most} applications wait at this node, and that is the most: decide about some of them first"
            ))
        })?;
        Ok(vec![(ended, None)])
    }

    /// An application that nothing follows from any more: of an organisation that has gone, else of one that is in the
    /// network, else of one that was not admitted.
    fn first_settled(&self, kept: &[(String, Vec<u8>)]) -> Result<Option<String>, CommandError> {
        let decisions = self.decisions()?;
        let end = |(name, bytes): &(String, Vec<u8>)| {
            let state = self.read_application(bytes).map(|application| self.admission_state(&application, &decisions));
            let rank = match state {
                None | Some(AdmissionState::Gone) => 0,
                Some(AdmissionState::Admitted) => 1,
                Some(AdmissionState::NotAdmitted(_)) => 2,
                Some(AdmissionState::Waiting | AdmissionState::Deciding(_) | AdmissionState::Outdated) => return None,
            };
            Some((rank, name.clone()))
        };
        Ok(kept.iter().filter_map(end).min().map(|(_, name)| name))
    }

    /// An application of a further node that does not ask any more.
    fn first_added(&self, kept: &[(String, Vec<u8>)]) -> Result<Option<String>, CommandError> {
        let asking: Vec<String> = self.asking_nodes()?.iter().map(|node| format!("{ASKED}{}", node.key)).collect();
        Ok(kept.iter().map(|(name, _)| name).find(|name| !asking.contains(name)).cloned())
    }

    /// Where an application is kept: one of each organisation, and of this one's own further nodes one of each.
    fn applied(&self, application: &Application) -> String {
        match application.seat.node() {
            Some(node) if application.organisation == self.host_key() => format!("{ASKED}{}", node.key),
            _ => format!("{APPLIED}{}", application.organisation),
        }
    }

    /// The organisations that have applied through this node, by name.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub fn admissions(&self) -> Result<Vec<AdmissionEntry>, CommandError> {
        let decisions = self.decisions()?;
        let kept = self.storage().locals(APPLIED).map_err(storage_error)?;
        let applications = kept.iter().filter_map(|(_, bytes)| self.read_application(bytes));
        let mut entries: Vec<AdmissionEntry> = applications
            .map(|application| AdmissionEntry { state: self.admission_state(&application, &decisions), application })
            .collect();
        entries.sort_by_cached_key(|entry| entry.application.name.to_lowercase());
        Ok(entries)
    }

    /// Opens a decision to admit an organisation, by the charter's usual method. Where this organisation alone is asked,
    /// that settles it, if the member speaks for it, or nobody ever did and the member is a steward, who does from then on.
    ///
    /// # Errors
    /// When nobody of this key has applied, it has accepted another charter, or the node cannot write.
    pub async fn open_admission(
        &self,
        member: &Member,
        organisation: &PublicKey,
        nonce: Nonce,
    ) -> Result<DocumentId, CommandError> {
        let entry = self.admissions()?.into_iter().find(|entry| entry.application.organisation == *organisation);
        let entry = entry.ok_or_else(|| DecisionError::Application("nobody of this key has applied here".into()))?;
        match entry.state {
            AdmissionState::Deciding(decision) => return Ok(decision),
            AdmissionState::Admitted => {
                return Err(DecisionError::Application("this organisation is in the network".into()).into());
            }
            AdmissionState::Outdated => {
                let why = "the charter has changed since it applied: send it an invitation again, so that it accepts the \
                           charter in force";
                return Err(DecisionError::Application(why.into()).into());
            }
            AdmissionState::Gone => {
                let why = "this organisation was in the network with this node and has gone: it needs a new invitation, and \
                           applies with another node";
                return Err(DecisionError::Application(why.into()).into());
            }
            AdmissionState::Waiting | AdmissionState::NotAdmitted(_) => {}
        }
        let charter = self.usual_charter()?;
        let name = entry.application.name.clone();
        let effect = self.sought(&entry.application);
        let is_back = self.agreed().gone().contains_key(organisation);
        let home = match entry.application.seat {
            Seat::Own { .. } if is_back => {
                let host = self.organisation_name();
                format!(
                    "It was invited by {host}. It was in the network before: what it wrote after it had left is shown again."
                )
            }
            Seat::Own { .. } => format!("It was invited by {}.", self.organisation_name()),
            Seat::Hosted { .. } => {
                let host = self.host_name();
                format!("Its members use the node of {host}: it decides like all others, and signs no minutes.")
            }
        };
        let (title, text) = match &effect {
            Effect::Node { node, .. } => (
                format!("Let another node speak for {name}"),
                format!(
                    "{name} is in the network, and asks that another node of its own signs minutes for it and is served from now \
                     on, and the one before no more. The node's key is {}, and the organisation's key, {organisation}, has \
                     signed for it. Whoever has that key can ask for this: make sure that it is they.",
                    node.key
                ),
            ),
            _ => (
                format!("Admit {name}"),
                format!(
                    "{name} has applied to join, and accepts the charter in force. Its key is {organisation}. {home}"
                ),
            ),
        };
        let draft = self.usual_draft(&charter, Terms::fitting_title(&title), text, effect);
        let decision = self.open_decision(member, draft, nonce).await?;
        let opened = self.decision(&decision)?;
        let settles = opened.terms.electorate.len() == 1 && opened.state == DecisionState::Open;
        // Where its voice was ever given to somebody, nobody takes it unasked.
        if settles && member.steward && self.mandates(&self.organisation_key())?.is_empty() {
            self.take_voice(member).await?;
        }
        if settles && self.voice_of(member)?.is_some() {
            let agree = agreeing(&opened.terms.rules.method);
            self.take_position(member, &decision, None, agree, String::new(), [].into()).await?;
        }
        Ok(decision)
    }

    /// A decision of the usual method and length, about something that binds.
    #[must_use]
    pub fn usual_draft(&self, charter: &Charter, title: String, text: String, effect: Effect) -> DecisionDraft {
        let days = u64::from(charter.usual_days);
        let usual = days * DAY_MILLISECONDS;
        let open = if effect.removes().is_some() { usual.max(Terms::REMOVAL_OPEN_MILLISECONDS_MIN) } else { usual };
        let closes = Timestamp::from_milliseconds(self.now().milliseconds() + open);
        DecisionDraft {
            title,
            text,
            summary: String::new(),
            left_out: String::new(),
            method: usual_method(charter, &effect),
            options: Vec::new(),
            unit: Unit::Organisations,
            quorum: None,
            threshold: None,
            closes: closes.unwrap_or(Timestamp::MAX),
            reasons: ReasonRule::Against,
            shown: Shown::Always,
            effects: vec![effect],
            review: None,
            follows: None,
            charter: None,
        }
    }

    /// What further nodes of the organisation whose node this is have handed over. Nobody decides on those.
    pub(crate) fn own_applications(&self) -> Result<Vec<Application>, CommandError> {
        let kept = self.storage().locals(ASKED).map_err(storage_error)?;
        let own = |application: &Application| application.organisation == self.organisation_key();
        Ok(kept.iter().filter_map(|(_, bytes)| self.read_application(bytes)).filter(own).collect())
    }

    fn read_application(&self, bytes: &[u8]) -> Option<Application> {
        Application::from_bytes(bytes).and_then(|application| application.to(self.network())).ok()
    }

    /// What an organisation of this key calls itself that has applied here.
    pub(crate) fn applicant_called(&self, organisation: &PublicKey) -> Option<String> {
        // What cannot be read now is called by its key until then.
        let kept = self.storage().local(&format!("{APPLIED}{organisation}")).ok()??;
        self.read_application(&kept).map(|application| application.name)
    }

    /// What is to be decided about an application: to admit the organisation, or where it is in the network, to let the node
    /// speak for it that it names.
    fn sought(&self, application: &Application) -> Effect {
        let organisation = application.organisation;
        match application.seat.node() {
            Some(node) if self.agreed().parties().contains_key(&organisation) => Effect::Node { organisation, node },
            _ => application.effect(),
        }
    }

    /// That the node with which an organisation of the network has applied here speaks for it.
    ///
    /// # Errors
    /// When it has not applied with another than it has, or the store cannot be read.
    pub fn node_sought(&self, organisation: &PublicKey) -> Result<Effect, CommandError> {
        let entry = self.admissions()?.into_iter().find(|entry| entry.application.organisation == *organisation);
        let effect =
            entry.filter(|entry| entry.state != AdmissionState::Admitted).map(|entry| self.sought(&entry.application));
        effect.filter(|effect| matches!(effect, Effect::Node { .. })).ok_or_else(|| {
            let why = "no organisation of the network with this key has applied here with another node than it has";
            DecisionError::Application(why.into()).into()
        })
    }

    fn admission_state(&self, application: &Application, decisions: &[DecisionHead]) -> AdmissionState {
        let agreed = self.agreed();
        let effect = self.sought(application);
        // With a node that was once let in nothing is applied for any more.
        let was_let_in = application.seat.node().is_some_and(|node| agreed.node_was_ever_on(&node.key));
        if let Some(party) = agreed.parties().get(&application.organisation) {
            let another = application.seat.node().is_some_and(|node| party.node != Some(node.key));
            if !another || was_let_in {
                return AdmissionState::Admitted;
            }
        } else if was_let_in || self.was_further_node(application) {
            return AdmissionState::Gone;
        }
        // One about another application of this organisation admits nobody any more, or somebody else opened it.
        let about = decisions.iter().find(|entry| entry.terms.effects.contains(&effect));
        match about {
            // Whoever accepted another charter than the one in force cannot be admitted, however it is decided.
            _ if application.charter != agreed.charter().digest => AdmissionState::Outdated,
            Some(entry) if !matches!(entry.state, DecisionState::Final | DecisionState::Lapsed) => {
                AdmissionState::Deciding(entry.id)
            }
            Some(entry) => AdmissionState::NotAdmitted(entry.id),
            None => AdmissionState::Waiting,
        }
    }

    /// Whether the organisation certified the node of an application once, beside the one that signed minutes for it.
    fn was_further_node(&self, application: &Application) -> bool {
        let certified = application.seat.node().is_some_and(|node| {
            let nonce = NodeCertificate::nonce(&node.key);
            let header = Paper::header_of(kinds::NODE_CERTIFICATE, self.origin(), application.organisation, nonce);
            // What cannot be read now is looked at again the next time.
            self.storage().count_of(&header.id(), 1).is_ok_and(|count| count > 0)
        });
        certified && self.agreed().gone().contains_key(&application.organisation)
    }

    /// Writes local values, and waits until they are on the disk.
    pub(crate) fn keep_locals(&self, local: Vec<LocalEntry>) -> Result<(), CommandError> {
        let batch = Batch { local, ..Batch::default() };
        let storage = self.storage();
        storage.commit(&batch).and_then(|()| storage.sync()).map_err(storage_error)
    }
}

/// How something is decided that binds: as the charter says, and to part with an organisation by a supermajority, so that no
/// single friend of it stands in the way.
fn usual_method(charter: &Charter, effect: &Effect) -> Method {
    match effect {
        Effect::Remove { .. } => Method::Supermajority,
        _ if charter.usual_method.decides() => charter.usual_method,
        _ => Method::Consent,
    }
}

fn refused(reason: String) -> CommandError {
    DecisionError::Application(reason).into()
}

/// The position that agrees, by this method.
fn agreeing(method: &Method) -> knotwork_governance::Position {
    use knotwork_governance::{Consensus, Consent, Position, Vote};
    match method {
        Method::Consensus { .. } => Position::Consensus(Consensus::Agree),
        Method::Majority | Method::Supermajority => Position::Vote(Vote::Agree),
        _ => Position::Consent(Consent::Given),
    }
}

const DAY_MILLISECONDS: u64 = 24 * 60 * 60 * 1_000;
const APPLIED: &str = "admissions/applied/";
const ASKED: &str = "nodes/asked/";
