//! A disk in memory that forgets at a crash what was not synced.

use knotwork_identity::{DecodeError, Encode as _, Genesis, PublicKey, Writer, decode_exact, encode};
use knotwork_minutes::{Agreed, Disk as State, Entry, Kept, Minute, Proof, Work};

use crate::Breach;

/// What a node keeps, in bytes.
#[derive(Debug, Clone, Default)]
pub(crate) struct Disk {
    safe: Content,
    written: Option<Content>,
}

#[derive(Debug, Clone, Default)]
struct Content {
    minutes: Vec<Vec<u8>>,
    log: Vec<Vec<u8>>,
    /// Whether it may not be the latest.
    copied: bool,
}

impl Disk {
    /// A disk with minutes on it.
    pub(crate) fn with_minutes(minutes: Vec<Vec<u8>>) -> Self {
        Self { safe: Content { minutes, ..Content::default() }, written: None }
    }

    /// Writes what is to be kept, as one batch.
    pub(crate) fn write(&mut self, work: &Work) -> Result<(), Breach> {
        let mut content = self.latest().clone();
        content.copied |= work.copied;
        if work.forget {
            content.log.clear();
        }
        content.log.extend(work.log.iter().map(encode));
        for (height, minute) in &work.minuted {
            if *height != content.minutes.len() as u64 + 1 {
                return Err(Breach::new(format!("minute {height} is kept after {}", content.minutes.len())));
            }
            content.minutes.push(minute.clone());
        }
        self.written = Some(content);
        Ok(())
    }

    /// The same, put back after it went on without it.
    pub(crate) fn into_copy(mut self) -> Self {
        self.safe.copied = true;
        self
    }

    /// The node speaks again: what its disk may lack is of no importance any more.
    pub(crate) fn release(&mut self) {
        self.safe.copied = false;
    }

    /// Takes up a file of minutes, which begins with those that are there.
    pub(crate) fn take_up(&mut self, file: &[Vec<u8>]) {
        self.safe.minutes = file.to_vec();
        self.safe.log.clear();
    }

    /// Whether it may not be the latest.
    pub(crate) fn is_copied(&self) -> bool {
        self.latest().copied
    }

    /// All final minutes.
    pub(crate) fn minutes(&self) -> Vec<Vec<u8>> {
        self.latest().minutes.clone()
    }

    /// What was written is safe.
    pub(crate) fn sync(&mut self) {
        if let Some(content) = self.written.take() {
            self.safe = content;
        }
    }

    /// What was not synced is lost.
    pub(crate) fn crash(&mut self) {
        self.written = None;
    }

    /// A final minute.
    pub(crate) fn minute(&self, height: u64) -> Option<Vec<u8>> {
        self.latest().minutes.get(usize::try_from(height.checked_sub(1)?).ok()?).cloned()
    }

    /// Whether a minute on it carries this node's signature.
    pub(crate) fn is_signed_by(&self, node: &PublicKey) -> bool {
        let proofs = self.latest().minutes.iter().filter_map(|kept| read_minute(kept).ok());
        proofs.into_iter().any(|(_, proof)| proof.signatures.iter().any(|(signer, _)| signer == node))
    }

    /// How many entries the log has.
    pub(crate) fn log_len(&self) -> usize {
        self.latest().log.len()
    }

    /// What a start finds.
    pub(crate) fn open(&self, genesis: &Genesis) -> Result<Kept, Breach> {
        let mut agreed = Agreed::founded(genesis);
        for kept in &self.safe.minutes {
            let (minute, proof) = read_minute(kept)?;
            agreed
                .retrace(&minute, &proof)
                .map_err(|error| Breach::new(format!("a kept minute does not hold: {error}")))?;
        }
        let log = self.safe.log.iter().map(|bytes| decode_exact::<Entry>(bytes)).collect::<Result<Vec<_>, _>>();
        let log = log.map_err(|error| Breach::new(format!("the log cannot be read: {error}")))?;
        let disk = if self.safe.copied { State::Copy } else { State::Same };
        Ok(Kept { agreed, log, disk })
    }

    fn latest(&self) -> &Content {
        self.written.as_ref().unwrap_or(&self.safe)
    }
}

/// A final minute in the form in which it is kept.
pub(crate) fn write_minute(minute: &Minute, proof: &Proof) -> Vec<u8> {
    let mut writer = Writer::default();
    writer.bytes(&minute.to_bytes());
    proof.encode(&mut writer);
    writer.into_bytes()
}

/// Reads it back.
pub(crate) fn read_minute(kept: &[u8]) -> Result<(Minute, Proof), Breach> {
    use knotwork_identity::{Decode as _, Reader};
    let read = || -> Result<(Minute, Proof), DecodeError> {
        let mut reader = Reader::new(kept);
        let minute = Minute::from_bytes(reader.bytes("minute", knotwork_minutes::limits::MINUTE_BYTES_MAX)?)?;
        let proof = Proof::decode(&mut reader)?;
        reader.finish()?;
        Ok((minute, proof))
    };
    read().map_err(|error| Breach::new(format!("a kept minute cannot be read: {error}")))
}
