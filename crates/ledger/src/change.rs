//! The signed change, and the part of the gate that needs nothing but the change itself.

use std::collections::{BTreeMap, VecDeque};

use knotwork_identity::{
    ActorId, ChangeId, Decode, DecodeError, DocumentId, Encode, PublicKey, Reader, Signature, SignatureError,
    Timestamp, Verifier, Writer, sha256,
};

use crate::{
    DocumentHeader, FORMAT,
    chunk::{self, Chunk, Decoded, HASHED_FROM},
    limits::CHANGE_BYTES_MAX,
    operations::{OperationList, Operations},
    planted::{self, Bug},
    rejection::Rejection,
    shape,
};

/// A change with its author's signature, as it came: nothing about it has been checked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SignedChange {
    /// The document that it changes.
    pub header: DocumentHeader,
    /// Who signed it.
    pub author: PublicKey,
    /// Automerge's change chunk, whole and uncompressed.
    pub chunk: Vec<u8>,
    /// The author's signature over [`signed_message`].
    pub signature: Signature,
}

impl SignedChange {
    /// The part of the gate that needs no ancestors: format, owner, size, the chunk's one form, the derived actor, what
    /// every operation must be, and the signature.
    ///
    /// # Errors
    /// The reason, when the change must be refused for good.
    pub fn check(self, verifiers: &mut Verifiers) -> Result<Checked, Rejection> {
        let checked = self.check_trusted()?;
        if let Checked::Change(change) = &checked
            && !planted::is(Bug::UncheckedSignature)
        {
            let message = signed_message(&change.document, &change.signed.author, &change.id);
            verifiers
                .verify(&change.signed.author, &message, &change.signed.signature)
                .map_err(|_| Rejection::Signature(change.signed.author))?;
        }
        Ok(checked)
    }

    /// As [`SignedChange::check`], without the signature: for changes read back from one's own store, where the caller
    /// compares the id with the one under which the change was kept.
    ///
    /// # Errors
    /// The reason, when the change must be refused for good.
    pub fn check_trusted(self) -> Result<Checked, Rejection> {
        if self.header.format != FORMAT {
            return Ok(Checked::UnknownFormat(self));
        }
        if let Some(owner) = self.header.owner
            && owner != self.author
        {
            return Err(Rejection::NotTheOwner { owner, author: self.author });
        }
        let Decoded { chunk, operations, actor, actor_start, id } = chunk::decode(&self.chunk)?;
        let document = self.header.id();
        let derived = derive_actor(&self.author, &document, &self.chunk, actor_start);
        if actor != derived {
            return Err(Rejection::Actor { found: actor, derived });
        }
        shape::check(&operations)?;
        // A chunk can stand for far more than its own size. What is kept must not, or a small change would fill memory.
        let kept = operations.heap_bytes() <= KEPT_PER_BYTE_MAX * self.chunk.len();
        let operations = kept.then_some(operations);
        Ok(Checked::Change(CheckedChange { document, id, actor, chunk, operations, signed: self }))
    }
}

impl Encode for SignedChange {
    fn encode(&self, writer: &mut Writer) {
        self.header.encode(writer);
        self.author.encode(writer);
        writer.bytes(&self.chunk);
        self.signature.encode(writer);
    }
}

impl Decode for SignedChange {
    fn decode(reader: &mut Reader<'_>) -> Result<Self, DecodeError> {
        Ok(Self {
            header: DocumentHeader::decode(reader)?,
            author: PublicKey::decode(reader)?,
            chunk: reader.bytes("chunk", CHANGE_BYTES_MAX)?.to_vec(),
            signature: Signature::decode(reader)?,
        })
    }
}

/// What the stateless part of the gate says of a change that it does not reject.
#[derive(Debug, Clone)]
pub enum Checked {
    /// It is well formed, and its ancestors decide the rest.
    Change(CheckedChange),
    /// Its document has a format that this version does not know. It is to be held, and nothing in it was looked at:
    /// not even the signature.
    UnknownFormat(SignedChange),
}

impl Checked {
    /// The change, if its format is known.
    #[must_use]
    pub fn change(self) -> Option<CheckedChange> {
        if let Self::Change(change) = self { Some(change) } else { None }
    }
}

/// A change that has passed the stateless part of the gate.
#[derive(Debug, Clone)]
pub struct CheckedChange {
    document: DocumentId,
    id: ChangeId,
    actor: ActorId,
    chunk: Chunk,
    /// Left out where they would take up much more than the chunk.
    operations: Option<Operations>,
    signed: SignedChange,
}

impl CheckedChange {
    /// The change as it was signed.
    #[must_use]
    pub fn signed(&self) -> &SignedChange {
        &self.signed
    }

    /// Puts in the signature of a change that is being written.
    pub(crate) fn set_signature(&mut self, signature: Signature) {
        self.signed.signature = signature;
    }

    /// The change as it was signed, taken out.
    #[must_use]
    pub fn into_signed(self) -> SignedChange {
        self.signed
    }

    /// The header of its document.
    #[must_use]
    pub fn header(&self) -> &DocumentHeader {
        &self.signed.header
    }

    /// Its document.
    #[must_use]
    pub fn document(&self) -> DocumentId {
        self.document
    }

    /// Its id: Automerge's own hash of the chunk.
    #[must_use]
    pub fn id(&self) -> ChangeId {
        self.id
    }

    /// Its actor, which no other change has.
    #[must_use]
    pub fn actor(&self) -> ActorId {
        self.actor
    }

    /// Who signed it.
    #[must_use]
    pub fn author(&self) -> PublicKey {
        self.signed.author
    }

    /// The time that the author claims.
    #[must_use]
    pub fn time(&self) -> Timestamp {
        self.chunk.time()
    }

    /// The changes that it builds on directly, in ascending order.
    #[must_use]
    pub fn dependencies(&self) -> &[ChangeId] {
        self.chunk.dependencies()
    }

    /// What the chunk says beside its operations.
    #[must_use]
    pub fn chunk(&self) -> &Chunk {
        &self.chunk
    }

    /// The chunk's operations, in their order.
    #[must_use]
    pub fn operations(&self) -> OperationList<'_> {
        match &self.operations {
            Some(operations) => OperationList::kept(self.chunk.start(), &self.signed.chunk, operations),
            None => OperationList::fresh(self.chunk.start(), &self.signed.chunk),
        }
    }

    /// The same without its decoded operations, which are then decoded whenever they are asked for: for a change that
    /// waits, which may take no more memory than its bytes.
    #[must_use]
    pub fn lean(&self) -> Self {
        Self {
            document: self.document,
            id: self.id,
            actor: self.actor,
            chunk: self.chunk.clone(),
            operations: None,
            signed: self.signed.clone(),
        }
    }

    /// The operations, if they are kept decoded.
    pub(crate) fn kept_operations(&self) -> Option<&Operations> {
        self.operations.as_ref()
    }

    /// The chunk's length in bytes, which is what counts against a document's limit.
    #[must_use]
    pub fn byte_len(&self) -> usize {
        self.signed.chunk.len()
    }

    /// How much memory this takes, in bytes.
    #[must_use]
    pub fn memory_bytes(&self) -> usize {
        size_of::<Self>()
            + self.chunk.heap_bytes()
            + self.operations.as_ref().map_or(0, Operations::heap_bytes)
            + self.signed.chunk.capacity()
    }
}

/// Public keys made ready for checking signatures, as many as fit; the oldest make room.
#[derive(Debug)]
pub struct Verifiers {
    capacity: usize,
    ready: BTreeMap<PublicKey, Verifier>,
    order: VecDeque<PublicKey>,
}

impl Verifiers {
    /// Room for `capacity` keys, at least one.
    #[must_use]
    pub fn new(capacity: usize) -> Self {
        Self { capacity: capacity.max(1), ready: BTreeMap::new(), order: VecDeque::new() }
    }

    /// Checks one signature, strictly.
    ///
    /// # Errors
    /// When the signature is not the key's, or the key is none.
    pub fn verify(&mut self, key: &PublicKey, message: &[u8], signature: &Signature) -> Result<(), SignatureError> {
        if let Some(verifier) = self.ready.get(key) {
            return verifier.verify(message, signature);
        }
        let verifier = key.verifier()?;
        // Only keys that have signed something take up room.
        verifier.verify(message, signature)?;
        if self.order.len() == self.capacity
            && let Some(oldest) = self.order.pop_front()
        {
            self.ready.remove(&oldest);
        }
        self.order.push_back(*key);
        self.ready.insert(*key, verifier);
        Ok(())
    }
}

/// What an author signs: "knotwork/change/1" ‖ DocumentId ‖ author ‖ ChangeId.
#[must_use]
pub fn signed_message(document: &DocumentId, author: &PublicKey, change: &ChangeId) -> Vec<u8> {
    [&b"knotwork/change/1"[..], &document.0, &author.0, &change.0].concat()
}

/// The actor that a chunk must have: SHA-256("knotwork/actor/1" ‖ author ‖ DocumentId ‖ the chunk from byte 8 on, with
/// the 32 bytes at `actor_start` zeroed).
pub(crate) fn derive_actor(author: &PublicKey, document: &DocumentId, chunk: &[u8], actor_start: usize) -> ActorId {
    let parts: [&[u8]; 6] = [
        b"knotwork/actor/1",
        &author.0,
        &document.0,
        &chunk[HASHED_FROM..actor_start],
        &[0; 32],
        &chunk[actor_start + 32..],
    ];
    ActorId(sha256(&parts))
}

/// The id of a chunk that may be anything.
#[cfg(feature = "mutants")]
pub(crate) fn unsealed_id(chunk: &[u8]) -> Option<ChangeId> {
    Some(ChangeId(sha256(&[chunk.get(HASHED_FROM..)?])))
}

/// Puts the derived actor and then the checksum into a chunk whose actor is at `actor_start`.
pub(crate) fn seal(author: &PublicKey, document: &DocumentId, chunk: &mut [u8], actor_start: usize) {
    let actor = derive_actor(author, document, chunk, actor_start);
    chunk[actor_start..actor_start + 32].copy_from_slice(&actor.0);
    let id = sha256(&[&chunk[HASHED_FROM..]]);
    chunk[4..HASHED_FROM].copy_from_slice(&id[..4]);
}

/// How many bytes the decoded operations may take for each byte of the chunk to be kept. Text that people write takes
/// about 25.
const KEPT_PER_BYTE_MAX: usize = 48;
