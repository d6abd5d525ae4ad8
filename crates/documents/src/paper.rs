//! Papers: documents whose changes each say one thing as a whole, in canonical bytes that are hashed and signed elsewhere
//! too: words, closing statements, mandates, certificates of nodes, charters, terms of decisions, ballots, temperature
//! checks, and delegations.
//!
//! What one change says is the paper; nothing is merged. So every node reads the same from a change alone, and a minute
//! can name a ballot by its change.

use automerge::{ROOT, ReadDoc as _, ScalarValue, transaction::Transactable as _};
use knotwork_governance::{
    BallotPaper, Charter, ClosingStatement, Delegation, DelegationAnswer, Mandate, MandateAnswer, NodeCertificate,
    TemperatureCheck, TemperatureCounts, Terms, Word,
};
use knotwork_identity::{
    ChangeId, DocumentId, NetworkId, Nonce, PublicKey, SpaceId, Timestamp, bytes_from_text, decode_exact, encode,
    to_text,
};
use knotwork_ledger::{Action, CheckedChange, DocumentHeader, FORMAT, Key, Kind, Object, Pen, PenError, ScalarRef};
use serde::{Deserialize, Serialize, de::Error as _};

use crate::{
    FieldError,
    field::{Field, prose},
    kinds,
};

/// What one change of a paper says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Paper {
    /// An organisation's own word.
    Word(Word),
    /// A closing statement.
    ClosingStatement(ClosingStatement),
    /// An organisation's leave for a member to speak for it.
    Mandate(Mandate),
    /// A member's answer to a mandate.
    MandateAnswer(MandateAnswer),
    /// An organisation's word that a node is its own.
    NodeCertificate(NodeCertificate),
    /// A charter.
    Charter(Box<Charter>),
    /// The terms of a decision.
    Terms(Box<Terms>),
    /// A ballot.
    Ballot(Box<BallotPaper>),
    /// A temperature check.
    TemperatureCheck(Box<TemperatureCheck>),
    /// How many members of an organisation feel how.
    TemperatureCounts(TemperatureCounts),
    /// A member has a colleague speak for them while they are away.
    Delegation(Box<Delegation>),
    /// What one of the two says on a delegation.
    DelegationAnswer(DelegationAnswer),
}

/// A paper as it is written: what it says, and the reason that a ballot gives.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PaperEdit {
    /// What it says.
    pub paper: Paper,
    /// Why; for ballots alone.
    pub reason: String,
}

/// A paper with everything that it has said, read only.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PaperView {
    /// The document.
    pub id: DocumentId,
    /// The key that owns it.
    pub owner: PublicKey,
    /// What it said, change by change, in the order of what builds on what.
    pub sheets: Vec<Sheet>,
    /// The changes on which none builds yet, sorted. More than one: it says several things at once.
    pub heads: Vec<ChangeId>,
}

/// What one change of a paper said.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Sheet {
    /// The change.
    pub change: ChangeId,
    /// When, as its author claims.
    pub time: Option<Timestamp>,
    /// What it says.
    #[serde(serialize_with = "write_paper", deserialize_with = "read_paper")]
    pub paper: Paper,
    /// Why; empty where no reason is given.
    pub reason: String,
}

impl Paper {
    /// The kind of document that says it.
    #[must_use]
    pub const fn kind(&self) -> Kind {
        match self {
            Self::Word(_) => kinds::WORD,
            Self::ClosingStatement(_) => kinds::CLOSING_STATEMENT,
            Self::Mandate(_) => kinds::MANDATE,
            Self::MandateAnswer(_) => kinds::MANDATE_ANSWER,
            Self::NodeCertificate(_) => kinds::NODE_CERTIFICATE,
            Self::Charter(_) => kinds::CHARTER,
            Self::Terms(_) => kinds::DECISION,
            Self::Ballot(_) => kinds::BALLOT,
            Self::TemperatureCheck(_) => kinds::TEMPERATURE_CHECK,
            Self::TemperatureCounts(_) => kinds::TEMPERATURE_COUNTS,
            Self::Delegation(_) => kinds::DELEGATION,
            Self::DelegationAnswer(_) => kinds::DELEGATION_ANSWER,
        }
    }

    /// The header of the document in which this is said by this key. What may be said by a key many times has a random
    /// nonce; the nonce of the rest follows from what is said.
    #[must_use]
    pub fn header(&self, network: NetworkId, owner: PublicKey, random: Nonce) -> DocumentHeader {
        let nonce = match self {
            Self::Word(word) => Word::nonce(word.number),
            Self::ClosingStatement(statement) => ClosingStatement::nonce(statement.decision, statement.terms),
            Self::Mandate(mandate) => Mandate::nonce(mandate.number),
            Self::MandateAnswer(answer) => MandateAnswer::nonce(answer.mandate),
            Self::NodeCertificate(certificate) => NodeCertificate::nonce(&certificate.node.key),
            Self::Ballot(ballot) => BallotPaper::nonce(ballot.decision, &ballot.voter, 0),
            Self::TemperatureCounts(counts) => TemperatureCounts::nonce(counts.asked),
            Self::DelegationAnswer(answer) => DelegationAnswer::nonce(answer.delegation),
            Self::Charter(_) | Self::Terms(_) | Self::TemperatureCheck(_) | Self::Delegation(_) => random,
        };
        Self::header_of(self.kind(), network, owner, nonce)
    }

    /// The header of a paper of this kind.
    #[must_use]
    pub fn header_of(kind: Kind, network: NetworkId, owner: PublicKey, nonce: Nonce) -> DocumentHeader {
        DocumentHeader { format: FORMAT, network, space: space_of(kind), kind, owner: Some(owner), nonce }
    }

    /// What a change says, if it is of a paper and says something that its document may say.
    #[must_use]
    pub fn read(change: &CheckedChange) -> Option<Self> {
        let header = change.header();
        if !is_kind_of_paper(header.kind) {
            return None;
        }
        let owner = header.owner?;
        let paper = Self::from_bytes(header.kind, &said(change)?)?;
        let is_theirs = match &paper {
            Self::Word(word) => word.organisation == owner,
            Self::ClosingStatement(statement) => statement.node == owner,
            Self::Terms(terms) => terms.decision == header.id(),
            Self::Mandate(_)
            | Self::MandateAnswer(_)
            | Self::NodeCertificate(_)
            | Self::Charter(_)
            | Self::Ballot(_)
            | Self::TemperatureCheck(_)
            | Self::TemperatureCounts(_)
            | Self::Delegation(_)
            | Self::DelegationAnswer(_) => true,
        };
        (is_theirs && *header == paper.header(header.network, owner, header.nonce)).then_some(paper)
    }

    fn to_bytes(&self) -> Vec<u8> {
        match self {
            Self::Word(word) => encode(word),
            Self::ClosingStatement(statement) => encode(statement),
            Self::Mandate(mandate) => encode(mandate),
            Self::MandateAnswer(answer) => encode(answer),
            Self::NodeCertificate(certificate) => encode(certificate),
            Self::Charter(charter) => encode(charter.as_ref()),
            Self::Terms(terms) => encode(terms.as_ref()),
            Self::Ballot(ballot) => encode(ballot.as_ref()),
            Self::TemperatureCheck(check) => encode(check.as_ref()),
            Self::TemperatureCounts(counts) => encode(counts),
            Self::Delegation(delegation) => encode(delegation.as_ref()),
            Self::DelegationAnswer(answer) => encode(answer),
        }
    }

    fn from_bytes(kind: Kind, bytes: &[u8]) -> Option<Self> {
        match kind {
            kinds::WORD => decode_exact(bytes).ok().map(Self::Word),
            kinds::CLOSING_STATEMENT => decode_exact(bytes).ok().map(Self::ClosingStatement),
            kinds::MANDATE => decode_exact(bytes).ok().map(Self::Mandate),
            kinds::MANDATE_ANSWER => decode_exact(bytes).ok().map(Self::MandateAnswer),
            kinds::NODE_CERTIFICATE => decode_exact(bytes).ok().map(Self::NodeCertificate),
            kinds::CHARTER => decode_exact(bytes).ok().map(Box::new).map(Self::Charter),
            kinds::DECISION => decode_exact(bytes).ok().map(Box::new).map(Self::Terms),
            kinds::BALLOT => decode_exact(bytes).ok().map(Box::new).map(Self::Ballot),
            kinds::TEMPERATURE_CHECK => decode_exact(bytes).ok().map(Box::new).map(Self::TemperatureCheck),
            kinds::TEMPERATURE_COUNTS => decode_exact(bytes).ok().map(Self::TemperatureCounts),
            kinds::DELEGATION => decode_exact(bytes).ok().map(Box::new).map(Self::Delegation),
            kinds::DELEGATION_ANSWER => decode_exact(bytes).ok().map(Self::DelegationAnswer),
            _ => None,
        }
    }

    /// What it is about, by which it is listed: the decision or the mandate; of a decision, what it follows.
    fn subject(&self) -> Option<DocumentId> {
        match self {
            Self::ClosingStatement(statement) => Some(statement.decision),
            Self::Ballot(ballot) => Some(ballot.decision),
            Self::MandateAnswer(answer) => Some(answer.mandate),
            Self::TemperatureCounts(counts) => Some(counts.check),
            Self::DelegationAnswer(answer) => Some(answer.delegation),
            Self::Terms(terms) => terms.follows,
            Self::Word(_)
            | Self::Mandate(_)
            | Self::NodeCertificate(_)
            | Self::Charter(_)
            | Self::TemperatureCheck(_)
            | Self::Delegation(_) => None,
        }
    }
}

impl PaperEdit {
    /// Says this, without a reason.
    #[must_use]
    pub const fn new(paper: Paper) -> Self {
        Self { paper, reason: String::new() }
    }

    /// Checks the reason.
    ///
    /// # Errors
    /// When it is too long or has characters in it that steer what shows it.
    pub fn check(&self) -> Result<(), FieldError> {
        REASON.check(Some(&self.reason))
    }

    /// Writes it as a further change of the document that the pen has open.
    ///
    /// # Errors
    /// When the document can take no more.
    pub fn write(&self, pen: &mut Pen<'_>) -> Result<(), PenError> {
        pen.write(|document| {
            document.put(ROOT, SAYS, ScalarValue::Bytes(self.paper.to_bytes()))?;
            if self.reason.is_empty() {
                return Ok(());
            }
            // What is set to what it is already is not written, and each change says all by itself.
            if document.get(ROOT, REASON.name)?.is_some() {
                document.delete(ROOT, REASON.name)?;
            }
            document.put(ROOT, REASON.name, prose(&self.reason))
        })
    }
}

impl PaperView {
    /// What a paper says, from its changes in an order of dependency; `None` where it says nothing.
    pub(crate) fn read<'a>(
        header: &DocumentHeader,
        changes: impl Iterator<Item = &'a CheckedChange>,
        heads: Vec<ChangeId>,
    ) -> Option<Self> {
        let sheets: Vec<Sheet> = changes.filter_map(Sheet::read).collect();
        let owner = header.owner?;
        (!sheets.is_empty()).then(|| Self { id: header.id(), owner, sheets, heads })
    }

    /// What it says now: its last sheet in the order of what builds on what.
    #[must_use]
    pub fn latest(&self) -> Option<&Sheet> {
        self.sheets.last()
    }

    /// Its place among others, and what it is about.
    pub(crate) fn listed(&self) -> (String, Vec<String>) {
        let first = self.sheets.first();
        let time = first.and_then(|sheet| sheet.time).map_or(0, Timestamp::milliseconds);
        let subject = first.and_then(|sheet| sheet.paper.subject());
        (format!("{time:015}"), subject.iter().map(ToString::to_string).collect())
    }
}

impl Sheet {
    /// What a change says.
    #[must_use]
    pub fn read(change: &CheckedChange) -> Option<Self> {
        let paper = Paper::read(change)?;
        let reason = word_in(change, REASON.name).map(|reason| REASON.fit(&reason)).unwrap_or_default();
        Some(Self { change: change.id(), time: change.time().claimed(), paper, reason })
    }
}

/// Whether a document of this kind is a paper, in the space in which papers of the kind are.
pub(crate) fn is_paper(header: &DocumentHeader) -> bool {
    is_kind_of_paper(header.kind) && header.owner.is_some() && header.space == space_of(header.kind)
}

fn is_kind_of_paper(kind: Kind) -> bool {
    matches!(
        kind,
        kinds::WORD
            | kinds::CLOSING_STATEMENT
            | kinds::MANDATE
            | kinds::MANDATE_ANSWER
            | kinds::NODE_CERTIFICATE
            | kinds::CHARTER
            | kinds::DECISION
            | kinds::BALLOT
            | kinds::TEMPERATURE_CHECK
            | kinds::TEMPERATURE_COUNTS
            | kinds::DELEGATION
            | kinds::DELEGATION_ANSWER
    )
}

fn space_of(kind: Kind) -> SpaceId {
    if matches!(kind, kinds::WORD | kinds::MANDATE | kinds::NODE_CERTIFICATE) {
        SpaceId::Roster
    } else {
        SpaceId::Commons
    }
}

/// The bytes that a change sets as what it says; the last of them where it sets several.
fn said(change: &CheckedChange) -> Option<Vec<u8>> {
    let operations = change.operations();
    operations
        .iter()
        .filter_map(|operation| match (operation.object, operation.key, operation.action) {
            (Object::Root, Key::Map(SAYS), Action::Set(ScalarRef::Bytes(bytes))) => Some(bytes.to_vec()),
            _ => None,
        })
        .last()
}

fn word_in(change: &CheckedChange, name: &str) -> Option<String> {
    let operations = change.operations();
    operations
        .iter()
        .filter_map(|operation| match (operation.object, operation.key, operation.action) {
            (Object::Root, Key::Map(key), Action::Set(ScalarRef::Str(word))) if key == name => Some(word.to_owned()),
            _ => None,
        })
        .last()
}

fn write_paper<S: serde::Serializer>(paper: &Paper, serializer: S) -> Result<S::Ok, S::Error> {
    (paper.kind().0, to_text(&paper.to_bytes())).serialize(serializer)
}

fn read_paper<'de, D: serde::Deserializer<'de>>(deserializer: D) -> Result<Paper, D::Error> {
    let (kind, text) = <(u16, String)>::deserialize(deserializer)?;
    let bytes = bytes_from_text(&text).map_err(D::Error::custom)?;
    Paper::from_bytes(Kind(kind), &bytes).ok_or_else(|| D::Error::custom("not a paper"))
}

/// The limits of a ballot's fields, in bytes of UTF-8.
pub mod limits {
    /// The longest reason.
    pub const REASON_BYTES_MAX: usize = 4_000;
}

const SAYS: &str = "says";
const REASON: Field = Field::prose("reason", limits::REASON_BYTES_MAX);
