//! What a minute records.

use knotwork_governance::{ClosingStatement, Effect, Outcome as Came, Word};
use knotwork_identity::{
    ChangeId, Decode, DecodeError, DocumentId, Encode, PublicKey, Reader, Signature, TermsHash, Writer, encode, sha256,
};

use crate::{Reconvening, limits};

/// What a minute records.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Matter {
    /// What an organisation said for itself.
    Word(Word),
    /// How a decision came out.
    Outcome(Outcome),
    /// Some of the organisations go on without others, who are gone for good.
    Reconvened(Reconvening),
}

/// How a decision came out. No name, no reason and no text is in it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Outcome {
    /// The decision.
    pub decision: DocumentId,
    /// Which of its terms.
    pub terms: TermsHash,
    /// Who said at its closing which ballots were there; by node key, ascending.
    pub statements: Vec<Held>,
    /// Every ballot that a statement names, ascending.
    pub ballots: Vec<ChangeId>,
    /// How often each position was taken, or what each option got, in the order of the method.
    pub counts: Vec<u64>,
    /// What came of it.
    pub verdict: Verdict,
    /// What it changes for everyone; nothing unless it was adopted.
    pub effects: Vec<Effect>,
}

/// What came of a decision.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Verdict {
    /// Nothing: too few took part, or the method never decides by itself.
    NotDecided,
    /// The proposal is adopted.
    Adopted,
    /// It is not.
    NotAdopted,
    /// This option is chosen; the first is 0.
    Chosen(u16),
}

/// A closing statement without what the outcome says already.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Held {
    /// The node that speaks for its organisation.
    pub node: PublicKey,
    /// A bit for each ballot of the outcome, the first in the most significant bit of the first byte.
    held: Vec<u8>,
    /// By the node's key.
    pub signature: Signature,
}

impl Matter {
    /// Tells matters apart: a decision is minuted once, and so is each word.
    #[must_use]
    pub fn key(&self) -> [u8; 32] {
        match self {
            Self::Word(word) => sha256(&[
                b"knotwork/matter/word",
                &word.organisation.0,
                &word.number.to_be_bytes(),
                &encode(&word.said),
            ]),
            Self::Outcome(outcome) => sha256(&[b"knotwork/matter/outcome", &outcome.decision.0]),
            Self::Reconvened(reconvening) => sha256(&[b"knotwork/matter/reconvened", &encode(reconvening)]),
        }
    }
}

impl Verdict {
    /// The word for it that programs go by.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::NotDecided => "not-decided",
            Self::Adopted => "adopted",
            Self::NotAdopted => "not-adopted",
            Self::Chosen(_) => "chosen",
        }
    }

    /// The option that was chosen, from 0.
    #[must_use]
    pub const fn option(self) -> Option<u16> {
        match self {
            Self::Chosen(option) => Some(option),
            Self::NotDecided | Self::Adopted | Self::NotAdopted => None,
        }
    }
}

impl Outcome {
    /// The most ballots that statements name together.
    pub const BALLOTS_MAX: usize = 4_096;

    /// Puts together what statements of one decision and terms say. Of two by one node, the first counts.
    #[must_use]
    pub fn of(
        decision: DocumentId,
        terms: TermsHash,
        statements: &[ClosingStatement],
        (counts, verdict, effects): (Vec<u64>, Verdict, Vec<Effect>),
    ) -> Self {
        let mut first: Vec<&ClosingStatement> = statements.iter().collect();
        first.sort_by_key(|statement| statement.node);
        first.dedup_by_key(|statement| statement.node);
        let ballots = union(&first);
        let held = first.iter().map(|statement| Held::of(statement, &ballots)).collect();
        Self { decision, terms, statements: held, ballots, counts, verdict, effects }
    }

    /// The statements in full.
    #[must_use]
    pub fn closing_statements(&self) -> Vec<ClosingStatement> {
        self.statements
            .iter()
            .map(|held| ClosingStatement {
                decision: self.decision,
                terms: self.terms,
                node: held.node,
                ballots: held.ballots(&self.ballots).collect(),
                signature: held.signature,
            })
            .collect()
    }

    /// Whether the ballots are just those that the statements name.
    #[must_use]
    pub fn is_union(&self) -> bool {
        let mut named = vec![0_u8; self.ballots.len().div_ceil(8)];
        for held in &self.statements {
            for (all, one) in named.iter_mut().zip(&held.held) {
                *all |= one;
            }
        }
        (0..self.ballots.len()).all(|index| has_bit(&named, index))
    }
}

/// Every ballot that a statement names, ascending.
fn union(statements: &[&ClosingStatement]) -> Vec<ChangeId> {
    let mut ballots: Vec<ChangeId> = statements.iter().flat_map(|statement| statement.ballots.clone()).collect();
    ballots.sort_unstable();
    ballots.dedup();
    ballots
}

impl Held {
    fn of(statement: &ClosingStatement, ballots: &[ChangeId]) -> Self {
        let mut held = vec![0_u8; ballots.len().div_ceil(8)];
        for ballot in &statement.ballots {
            if let Ok(index) = ballots.binary_search(ballot) {
                held[index / 8] |= 0x80 >> (index % 8);
            }
        }
        Self { node: statement.node, held, signature: statement.signature }
    }

    fn ballots<'a>(&'a self, all: &'a [ChangeId]) -> impl Iterator<Item = ChangeId> + 'a {
        all.iter().enumerate().filter(|(index, _)| has_bit(&self.held, *index)).map(|(_, ballot)| *ballot)
    }
}

fn has_bit(bits: &[u8], index: usize) -> bool {
    bits.get(index / 8).is_some_and(|byte| byte & (0x80 >> (index % 8)) != 0)
}

impl Encode for Matter {
    fn encode(&self, writer: &mut Writer) {
        match self {
            Self::Word(word) => {
                writer.u8(0);
                word.encode(writer);
            }
            Self::Outcome(outcome) => {
                writer.u8(1);
                outcome.encode(writer);
            }
            Self::Reconvened(reconvening) => {
                writer.u8(2);
                reconvening.encode(writer);
            }
        }
    }
}

impl Decode for Matter {
    fn decode(reader: &mut Reader<'_>) -> Result<Self, DecodeError> {
        match reader.u8()? {
            0 => Word::decode(reader).map(Self::Word),
            1 => Outcome::decode(reader).map(Self::Outcome),
            2 => Reconvening::decode(reader).map(Self::Reconvened),
            _ => Err(DecodeError::NotCanonical("matter")),
        }
    }
}

impl Encode for Outcome {
    fn encode(&self, writer: &mut Writer) {
        self.decision.encode(writer);
        self.terms.encode(writer);
        writer.length(self.statements.len());
        for held in &self.statements {
            held.node.encode(writer);
            writer.bytes(&held.held);
            held.signature.encode(writer);
        }
        writer.length(self.ballots.len());
        for ballot in &self.ballots {
            ballot.encode(writer);
        }
        writer.length(self.counts.len());
        for count in &self.counts {
            writer.u64(*count);
        }
        self.verdict.encode(writer);
        writer.length(self.effects.len());
        for effect in &self.effects {
            effect.encode(writer);
        }
    }
}

impl Decode for Outcome {
    fn decode(reader: &mut Reader<'_>) -> Result<Self, DecodeError> {
        let decision = DocumentId::decode(reader)?;
        let terms = TermsHash::decode(reader)?;
        let statements = (0..reader.length("statements", limits::PARTIES_MAX)?)
            .map(|_| {
                Ok(Held {
                    node: PublicKey::decode(reader)?,
                    held: reader.bytes("held", Outcome::BALLOTS_MAX.div_ceil(8))?.to_vec(),
                    signature: Signature::decode(reader)?,
                })
            })
            .collect::<Result<Vec<_>, DecodeError>>()?;
        let ballots = (0..reader.length("ballots", Outcome::BALLOTS_MAX)?)
            .map(|_| ChangeId::decode(reader))
            .collect::<Result<Vec<_>, _>>()?;
        let counts =
            (0..reader.length("counts", limits::COUNTS_MAX)?).map(|_| reader.u64()).collect::<Result<Vec<_>, _>>()?;
        let verdict = Verdict::decode(reader)?;
        let effects = (0..reader.length("effects", limits::EFFECTS_MAX)?)
            .map(|_| Effect::decode(reader))
            .collect::<Result<Vec<_>, _>>()?;
        let outcome = Self { decision, terms, statements, ballots, counts, verdict, effects };
        outcome.check_form()?;
        Ok(outcome)
    }
}

impl Outcome {
    /// What has only one form: orders, and the lengths and spare bits of what statements held.
    fn check_form(&self) -> Result<(), DecodeError> {
        let ordered = self.statements.is_sorted_by(|a, b| a.node < b.node) && self.ballots.is_sorted_by(|a, b| a < b);
        let bytes = self.ballots.len().div_ceil(8);
        let spare = bytes * 8 - self.ballots.len();
        let whole = self.statements.iter().all(|held| {
            held.held.len() == bytes
                && held.held.last().is_none_or(|last| u32::from(*last).trailing_zeros() >= spare as u32)
        });
        let decided = self.verdict == Verdict::Adopted || self.effects.is_empty();
        if ordered && whole && decided { Ok(()) } else { Err(DecodeError::NotCanonical("outcome")) }
    }
}

impl From<Came> for Verdict {
    fn from(came: Came) -> Self {
        match came {
            Came::NotDecided(_) => Self::NotDecided,
            Came::Adopted => Self::Adopted,
            Came::NotAdopted => Self::NotAdopted,
            Came::Chosen(option) => Self::Chosen(option),
        }
    }
}

impl Encode for Verdict {
    fn encode(&self, writer: &mut Writer) {
        match self {
            Self::NotDecided => writer.u8(0),
            Self::Adopted => writer.u8(1),
            Self::NotAdopted => writer.u8(2),
            Self::Chosen(option) => {
                writer.u8(3);
                writer.u16(*option);
            }
        }
    }
}

impl Decode for Verdict {
    fn decode(reader: &mut Reader<'_>) -> Result<Self, DecodeError> {
        Ok(match reader.u8()? {
            0 => Self::NotDecided,
            1 => Self::Adopted,
            2 => Self::NotAdopted,
            3 => Self::Chosen(reader.u16()?),
            _ => return Err(DecodeError::NotCanonical("verdict")),
        })
    }
}
