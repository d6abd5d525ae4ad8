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

use crate::{Agreed, Matter, Outcome, Unverified, limits, read_minute};

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
            (Some((_, terms)), Some(Decided { height, outcome, before })) if terms.hash() == outcome.terms => {
                let Some(Changes { left: 0, taken, .. }) = changes else { return Err(BundleError::CutShort) };
                Some(DecidedTerms { height, terms, outcome, before, changes: taken })
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
            self.decided = Some(Decided { height, outcome, before });
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
mod tests {
    use knotwork_governance::{Said, SignedNode, Word};
    use knotwork_identity::{Card, SecretKey, Timestamp};

    use super::*;
    use crate::{Proof, Step, message::vote_bytes, write_minute};

    fn genesis(name: &str) -> Genesis {
        let (organisation, node) = (key(1).public(), key(2).public());
        let card = Card { name: "Alder".into(), organisation, node, addresses: Vec::new() };
        Genesis { nonce: [9; 32], name: name.into(), purpose: "To learn".into(), founders: vec![card] }
    }

    fn key(seed: u8) -> SecretKey {
        SecretKey::from_seed(&[seed; 32])
    }

    /// One organisation, which gives its node another key again and again.
    fn minutes(genesis: &Genesis, count: u8) -> Vec<Vec<u8>> {
        let mut agreed = Agreed::founded(genesis);
        let mut signer = key(2);
        let said = (0..count).map(|number| {
            let next = key(100 + number);
            let node = SignedNode::sign(agreed.network(), key(1).public(), &next);
            let said = Said::Node { node: Some(node), host: None };
            let word = Word::say(agreed.network(), &key(1), u64::from(number) + 1, said);
            let minute = agreed.next(Matter::Word(word));
            let bytes = vote_bytes(agreed.network(), minute.height, 0, Step::Precommit, Some(minute.hash()));
            let proof = Proof { round: 0, signatures: vec![(signer.public(), signer.sign(&bytes))] };
            agreed.follow(&minute, &proof).expect("it follows");
            signer = next;
            write_minute(&minute, &proof)
        });
        said.collect()
    }

    fn file(genesis: &Genesis, minutes: &[Vec<u8>]) -> Vec<u8> {
        let parts = minutes.iter().flat_map(|minute| Bundle::part(minute));
        Bundle::beginning(genesis, minutes.len() as u64).into_iter().chain(parts).collect()
    }

    fn read(bytes: &[u8], piece: usize) -> Result<Bundle, BundleError> {
        let mut reader = BundleReader::default();
        for piece in bytes.chunks(piece) {
            reader.take(piece)?;
        }
        reader.finish()
    }

    #[test]
    fn a_bundle_shows_what_its_minutes_say_in_whatever_pieces_it_comes() {
        let genesis = genesis("Improvers");
        let bytes = file(&genesis, &minutes(&genesis, 3));
        for piece in [1, 7, 100, bytes.len()] {
            let bundle = read(&bytes, piece).expect("it holds");
            assert_eq!((bundle.agreed.height(), &bundle.genesis), (3, &genesis));
            assert_eq!(bundle.agreed.parties()[&key(1).public()].node, Some(key(102).public()));
        }
        assert_eq!(read(&file(&genesis, &[]), 10).expect("no minutes yet").agreed.height(), 0);
    }

    #[test]
    fn no_byte_can_be_another_and_none_missing() {
        let genesis = genesis("Improvers");
        let bytes = file(&genesis, &minutes(&genesis, 2));
        for place in 0..bytes.len() {
            let mut flipped = bytes.clone();
            flipped[place] ^= 1;
            assert!(read(&flipped, 4096).is_err(), "byte {place} is another");
            assert!(read(&bytes[..place], 4096).is_err(), "cut before byte {place}");
        }
        assert_eq!(read(&[&bytes[..], b"x"].concat(), 4096).err(), Some(BundleError::TooMuch));
    }

    #[test]
    fn minutes_are_those_of_the_genesis_one_after_the_other() {
        let (one, other) = (genesis("Improvers"), genesis("Others"));
        let minutes = minutes(&one, 3);
        let missing = [minutes[0].clone(), minutes[2].clone()];
        assert!(matches!(read(&file(&one, &missing), 4096), Err(BundleError::Minute { height: 2, .. })));
        assert!(matches!(read(&file(&other, &minutes), 4096), Err(BundleError::Minute { height: 1, .. })));
        let late = [Bundle::beginning(&one, 4), minutes.iter().flat_map(|minute| Bundle::part(minute)).collect()];
        assert_eq!(read(&late.concat(), 4096).err(), Some(BundleError::Missing { found: 3, announced: 4 }));
    }

    #[test]
    fn nothing_grows_with_what_a_file_claims() {
        let claimed = [MAGIC, &u32::MAX.to_be_bytes()].concat();
        assert!(matches!(read(&claimed, 4096), Err(BundleError::Bytes(DecodeError::TooLong { .. }))));
        let genesis = genesis("Improvers");
        let claimed = [Bundle::beginning(&genesis, 1), u32::MAX.to_be_bytes().to_vec()].concat();
        assert!(matches!(read(&claimed, 4096), Err(BundleError::Bytes(DecodeError::TooLong { .. }))));
        assert_eq!(read(b"PK\x03\x04", 4096).err(), Some(BundleError::NotABundle));
        assert_eq!(read(b"", 4096).err(), Some(BundleError::NotABundle));
    }

    #[test]
    fn nobody_who_does_not_sign_makes_a_minute_final() {
        let genesis = genesis("Improvers");
        let agreed = Agreed::founded(&genesis);
        let word = Word::say(agreed.network(), &key(1), 1, Said::Rest(Timestamp::MAX));
        let minute = agreed.next(Matter::Word(word));
        let proof = Proof { round: 0, signatures: Vec::new() };
        let bytes = file(&genesis, &[write_minute(&minute, &proof)]);
        assert!(matches!(read(&bytes, 4096), Err(BundleError::Minute { height: 1, .. })));
    }
}
