//! A bundle: the genesis and all minutes with their proofs in one file, to be checked by anybody, anywhere.
//!
//! It is written and read part by part, so that neither side holds more of it than one minute. Who reads it checks it on
//! the way, and knows no file: bytes come in as they are read.
//!
//! ```text
//! Bundle = "knotwork/minutes/bundle/1" ‖ genesis bytes ‖ minutes u64 ‖ (minute with its proof) bytes each
//! Paper  = "knotwork/minutes/paper/1" ‖ decision [32] ‖ terms bytes ‖ Bundle ‖ changes u32 ‖ change bytes each
//! ```
//!
//! A *paper of a decision* is a bundle that ends with the minute of that decision, with its terms before it, and after it
//! what it was counted from. It shows that more than two thirds of the signing organisations agreed that these terms came
//! to this outcome; whoever reads the changes counts it again.

use knotwork_governance::Terms;
use knotwork_identity::{DecodeError, DocumentId, Genesis, GenesisError, Reader, Writer, decode_exact, encode};
use thiserror::Error;

use crate::{Agreed, Matter, Outcome, SigningOrganisation, Unverified, limits, read_minute};

/// What a file showed, once it was read to its end.
#[derive(Debug, Clone)]
pub struct Bundle {
    /// How the network began.
    pub genesis: Genesis,
    /// What its minutes make of it.
    pub agreed: Agreed,
    /// The decision that the file is about, if it is about one.
    pub decision: Option<DecidedTerms>,
    /// Every minute with its proof, as it stood in the file, where the reader was to keep them.
    pub minutes: Vec<Vec<u8>>,
}

/// The terms that a file holds, and what the minutes say came of them.
#[derive(Debug, Clone)]
pub struct DecidedTerms {
    /// The minute.
    pub height: u64,
    /// The terms.
    pub terms: Terms,
    /// What came of them.
    pub outcome: Outcome,
    /// What was agreed before that minute.
    pub before: Agreed,
    /// Who signed that minute, in the order of their nodes' keys.
    pub signed: Vec<SigningOrganisation>,
    /// The changes that it was counted from, each in its bytes and as yet unread; fewer where some were erased.
    pub changes: Vec<Vec<u8>>,
}

impl Bundle {
    /// How a bundle of so many minutes begins. The minutes follow, in their order from 1, each as
    /// [`Bundle::part`] gives it.
    #[must_use]
    pub fn beginning(genesis: &Genesis, minutes: u64) -> Vec<u8> {
        let mut writer = Writer::default();
        writer.fixed(MAGIC);
        writer.bytes(&genesis.to_bytes());
        writer.u64(minutes);
        writer.into_bytes()
    }

    /// What goes before the beginning of a bundle that is about a decision.
    #[must_use]
    pub fn about(decision: &DocumentId, terms: &Terms) -> Vec<u8> {
        let mut writer = Writer::default();
        writer.fixed(PAPER_MAGIC);
        writer.fixed(&decision.0);
        writer.bytes(&encode(terms));
        writer.into_bytes()
    }

    /// What goes after the minutes of a bundle that is about a decision: the changes that it was counted from. None, where
    /// they are more than a reader takes.
    #[must_use]
    pub fn changes(changes: &[Vec<u8>]) -> Vec<u8> {
        let bytes: usize = changes.iter().map(Vec::len).sum();
        let fits = changes.len() <= CHANGES_MAX as usize && bytes <= CHANGES_BYTES_MAX;
        let changes = if fits { changes } else { &[] };
        let mut writer = Writer::default();
        writer.length(changes.len());
        changes.iter().for_each(|change| writer.bytes(change));
        writer.into_bytes()
    }

    /// A minute with its proof, as `write_minute` gave it, as a part of a bundle.
    #[must_use]
    pub fn part(minute: &[u8]) -> Vec<u8> {
        let mut writer = Writer::default();
        writer.bytes(minute);
        writer.into_bytes()
    }
}

/// Reads a bundle, and checks every minute of it from the genesis on.
#[derive(Debug, Default)]
pub struct BundleReader {
    /// What has come and is not read yet: less than one part.
    rest: Vec<u8>,
    about: Option<(DocumentId, Terms)>,
    begun: Option<Begun>,
    decided: Option<Decided>,
    changes: Option<Changes>,
    kept: Option<Vec<Vec<u8>>>,
}

/// The changes after the minutes, as far as they have come.
#[derive(Debug)]
struct Changes {
    left: u32,
    taken: Vec<Vec<u8>>,
    bytes: usize,
}

#[derive(Debug)]
struct Decided {
    height: u64,
    outcome: Outcome,
    before: Agreed,
    signed: Vec<SigningOrganisation>,
}

#[derive(Debug)]
struct Begun {
    genesis: Genesis,
    agreed: Agreed,
    announced: u64,
}

impl BundleReader {
    /// A reader that keeps the minutes, for whoever takes them up.
    #[must_use]
    pub fn keeping() -> Self {
        Self { kept: Some(Vec::new()), ..Self::default() }
    }

    /// Takes in the next bytes of the file, however many.
    ///
    /// # Errors
    /// At the first thing in it that does not hold; then the file shows nothing.
    pub fn take(&mut self, bytes: &[u8]) -> Result<(), BundleError> {
        // In pieces, so that what is held is never more than one part and one piece.
        for piece in bytes.chunks(PIECE_BYTES) {
            self.rest.extend_from_slice(piece);
            while let Some(read) = self.step()? {
                self.rest.drain(..read);
            }
        }
        Ok(())
    }

    /// What the file showed, once all of it was taken in.
    ///
    /// # Errors
    /// When it is not whole.
    pub fn finish(self) -> Result<Bundle, BundleError> {
        let Self { rest, about, begun, decided, changes, kept } = self;
        let Some(Begun { genesis, agreed, announced }) = begun else {
            return Err(if rest.is_empty() { BundleError::NotABundle } else { BundleError::CutShort });
        };
        if agreed.height() < announced {
            return Err(BundleError::Missing { found: agreed.height(), announced });
        }
        if !rest.is_empty() {
            return Err(BundleError::TooMuch);
        }
        let decision = match (about, decided) {
            (None, _) => None,
            (Some((_, terms)), Some(Decided { height, outcome, before, signed })) if terms.hash() == outcome.terms => {
                let Some(Changes { left: 0, taken, .. }) = changes else { return Err(BundleError::CutShort) };
                Some(DecidedTerms { height, terms, outcome, before, signed, changes: taken })
            }
            (Some(_), Some(_)) => return Err(BundleError::OtherTerms),
            (Some((decision, _)), None) => return Err(BundleError::Undecided(decision)),
        };
        Ok(Bundle { genesis, agreed, decision, minutes: kept.unwrap_or_default() })
    }

    /// Reads one part, if all of it is there. Gives how many bytes it has.
    fn step(&mut self) -> Result<Option<usize>, BundleError> {
        match &self.begun {
            Some(begun) if begun.agreed.height() >= begun.announced => {
                if self.about.is_some() && self.changes.as_ref().is_none_or(|changes| changes.left > 0) {
                    return self.change();
                }
                if self.rest.is_empty() { Ok(None) } else { Err(BundleError::TooMuch) }
            }
            Some(_) => self.minute(),
            None if self.about.is_none() && self.rest.starts_with(PAPER_MAGIC) => self.terms(),
            None => self.beginning(),
        }
    }

    fn terms(&mut self) -> Result<Option<usize>, BundleError> {
        let mut reader = Reader::new(&self.rest);
        reader.fixed(PAPER_MAGIC.len())?;
        let read = reader.array().and_then(|id| Ok((id, reader.bytes("terms", Terms::BYTES_MAX)?)));
        let Some((decision, bytes)) = whole(read)? else { return Ok(None) };
        let terms: Terms = decode_exact(bytes)?;
        let used = self.rest.len() - reader.remaining();
        if terms.decision.0 != decision {
            return Err(BundleError::OtherTerms);
        }
        self.about = Some((DocumentId(decision), terms));
        Ok(Some(used))
    }

    fn beginning(&mut self) -> Result<Option<usize>, BundleError> {
        let known = self.rest.len().min(MAGIC.len());
        let paper = self.about.is_none() && PAPER_MAGIC.starts_with(&self.rest);
        if self.rest[..known] != MAGIC[..known] && !paper {
            return Err(BundleError::NotABundle);
        }
        if self.rest.len() < MAGIC.len() {
            return Ok(None);
        }
        let mut reader = Reader::new(&self.rest);
        reader.fixed(MAGIC.len())?;
        let read = reader.bytes("genesis", GENESIS_BYTES_MAX).and_then(|genesis| Ok((genesis, reader.u64()?)));
        let Some((genesis, announced)) = whole(read)? else { return Ok(None) };
        let genesis = Genesis::from_bytes(genesis)?;
        let used = self.rest.len() - reader.remaining();
        self.begun = Some(Begun { agreed: Agreed::founded(&genesis), genesis, announced });
        Ok(Some(used))
    }

    fn minute(&mut self) -> Result<Option<usize>, BundleError> {
        let Some(begun) = &mut self.begun else { return Ok(None) };
        let mut reader = Reader::new(&self.rest);
        let Some(bytes) = whole(reader.bytes("minute", PART_BYTES_MAX))? else { return Ok(None) };
        let height = begun.agreed.height() + 1;
        let (minute, proof) = read_minute(bytes).ok_or(BundleError::NotAMinute(height))?;
        let about = self.about.as_ref().map(|(decision, _)| *decision);
        let is_it = matches!(&minute.matter, Matter::Outcome(outcome) if Some(outcome.decision) == about);
        let before = is_it.then(|| begun.agreed.clone());
        begun.agreed.retrace(&minute, &proof).map_err(|error| BundleError::Minute { height, error })?;
        if let Some(kept) = &mut self.kept {
            kept.push(bytes.to_vec());
        }
        if let (Some(before), Matter::Outcome(outcome)) = (before, minute.matter) {
            let signed = proof.signatures.iter().filter_map(|(node, _)| before.signers().of_node(node)).collect();
            self.decided = Some(Decided { height, outcome, before, signed });
        }
        Ok(Some(self.rest.len() - reader.remaining()))
    }

    /// How many changes follow, or one of them.
    fn change(&mut self) -> Result<Option<usize>, BundleError> {
        let mut reader = Reader::new(&self.rest);
        match &mut self.changes {
            None => {
                let Some(count) = whole(reader.u32())? else { return Ok(None) };
                if count > CHANGES_MAX {
                    return Err(BundleError::TooMuch);
                }
                self.changes = Some(Changes { left: count, taken: Vec::new(), bytes: 0 });
            }
            Some(changes) => {
                let Some(bytes) = whole(reader.bytes("change", CHANGE_BYTES_MAX))? else { return Ok(None) };
                changes.bytes += bytes.len();
                if changes.bytes > CHANGES_BYTES_MAX {
                    return Err(BundleError::TooMuch);
                }
                changes.taken.push(bytes.to_vec());
                changes.left -= 1;
            }
        }
        Ok(Some(self.rest.len() - reader.remaining()))
    }
}

/// A value, or nothing where the bytes are not all there yet.
fn whole<T>(read: Result<T, DecodeError>) -> Result<Option<T>, BundleError> {
    match read {
        Ok(value) => Ok(Some(value)),
        Err(DecodeError::EndsEarly) => Ok(None),
        Err(error) => Err(error.into()),
    }
}

/// Why a file shows nothing.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum BundleError {
    /// It is something else.
    #[error("this is not a file of minutes")]
    NotABundle,
    /// It ends too early.
    #[error("the file is cut short")]
    CutShort,
    /// Something goes on after its end.
    #[error("something follows the end of the file, or it holds more than one takes")]
    TooMuch,
    /// Its bytes are not what they should be.
    #[error("the file is damaged: {0}")]
    Bytes(#[from] DecodeError),
    /// The genesis is none.
    #[error("the file does not begin with a network: {0}")]
    Genesis(#[from] GenesisError),
    /// What should be a minute is none.
    #[error("minute {0} is damaged")]
    NotAMinute(u64),
    /// A minute does not hold.
    #[error("minute {height} does not hold: {error}")]
    Minute {
        /// Which.
        height: u64,
        /// Why.
        error: Unverified,
    },
    /// There are fewer minutes than the file says.
    #[error("the file is cut short: {found} minutes are in it, and it speaks of {announced}")]
    Missing {
        /// How many there are.
        found: u64,
        /// How many it says.
        announced: u64,
    },
    /// The terms in it are not those that were minuted.
    #[error("the terms in the file are not those that were minuted")]
    OtherTerms,
    /// No minute is about the decision.
    #[error("no minute in the file says how the decision {0} came out")]
    Undecided(DocumentId),
}

const MAGIC: &[u8] = b"knotwork/minutes/bundle/1";
const PAPER_MAGIC: &[u8] = b"knotwork/minutes/paper/1";
/// The longest genesis, in bytes: name, purpose, and cards with their addresses.
const GENESIS_BYTES_MAX: usize = 1024 * 1024;
/// The longest minute with its proof, in bytes: a signature of every organisation, and some more.
const PART_BYTES_MAX: usize = limits::MINUTE_BYTES_MAX + limits::PARTIES_MAX * 128 + 64;
/// The most changes after the minutes: a ballot each and what it stands on, and some more.
const CHANGES_MAX: u32 = 16_384;
/// The most bytes of one of them.
const CHANGE_BYTES_MAX: usize = 64 * 1024;
/// The most bytes of all of them.
const CHANGES_BYTES_MAX: usize = 64 * 1024 * 1024;
/// How many bytes are looked at in one go.
const PIECE_BYTES: usize = 64 * 1024;

#[cfg(test)]
mod tests;
