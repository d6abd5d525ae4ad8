//! What the store asks of the thing that keeps its bytes: an ordered map with atomic commits.
//!
//! An engine knows nothing of changes, documents or tables. One thread commits; any number read. The rules below are
//! held to by [`crate::conformance`], which every engine must pass.

use std::ops::ControlFlow;

use knotwork_replica::StorageError;

/// An ordered map from byte strings to byte strings.
///
/// Keys have up to [`KEY_BYTES_MAX`] bytes and are ordered byte by byte, a shorter one before the longer ones that begin
/// with it; values have up to [`VALUE_BYTES_MAX`]. The empty key is left to an engine that is built on another.
pub trait Engine: Send + Sync + 'static {
    /// The value under a key. It is one that was committed, whole, whatever is committed meanwhile.
    ///
    /// # Errors
    /// [`StorageError::Damaged`] when what is there cannot be read, [`StorageError::Io`] when reading failed.
    fn get(&self, key: &[u8]) -> Result<Option<Vec<u8>>, StorageError>;

    /// Calls `each` for the entries whose keys begin with `prefix` and are not before `from`, in ascending order, until
    /// it breaks off. A commit made meanwhile may be seen in part; what was committed before is seen whole. `each` may
    /// read from the engine.
    ///
    /// # Errors
    /// As [`Engine::get`].
    fn scan(&self, prefix: &[u8], from: &[u8], each: &mut Visit<'_>) -> Result<(), StorageError>;

    /// The last of the keys that begin with `prefix`.
    ///
    /// # Errors
    /// As [`Engine::get`].
    fn last_key(&self, prefix: &[u8]) -> Result<Option<Vec<u8>>, StorageError>;

    /// Applies all the writes: readers see them when this returns, and after a crash all of them are there or none.
    /// What a crash leaves of several commits is a run of the first of them.
    ///
    /// # Errors
    /// [`StorageError::Full`] when there is no room; then nothing was applied, and a later commit may succeed. After any
    /// other error no more commits are taken until the engine is opened again.
    fn commit(&self, writes: Writes) -> Result<(), StorageError>;

    /// Takes the room on the disk that absorbing about so many bytes needs, so that it cannot run out half way.
    ///
    /// # Errors
    /// [`StorageError::Full`] when there is not enough. Nothing has been written then.
    fn prepare(&self, bytes: usize) -> Result<(), StorageError> {
        let _ = bytes;
        Ok(())
    }

    /// As [`Engine::commit`], for a caller that has the writes elsewhere and will give them again after a crash, which may
    /// leave any part of them. No key may occur twice.
    ///
    /// # Errors
    /// As [`Engine::commit`].
    fn absorb(&self, writes: Writes) -> Result<(), StorageError> {
        self.commit(writes)
    }

    /// Makes everything committed so far outlast power loss.
    ///
    /// # Errors
    /// When the disk does not take it. Then nothing committed since the last success may be relied on.
    fn sync(&self) -> Result<(), StorageError>;

    /// Bytes that the engine takes up on disk; 0 where that means nothing.
    fn size_on_disk(&self) -> u64;

    /// Asks whether there is room to commit about so many bytes and what follows from them. An engine that has other
    /// means to refuse a commit need not answer.
    ///
    /// # Errors
    /// [`StorageError::Full`] when there is not.
    fn check_room(&self, bytes: usize) -> Result<(), StorageError> {
        let _ = bytes;
        Ok(())
    }

    /// Told that something read was not what had been written. What comes of it shows at the next opening: an engine
    /// that lasts has everything checked then.
    fn distrust(&self) {}
}

/// What a scan calls for each key and value. Breaking ends the scan.
pub type Visit<'a> = dyn FnMut(&[u8], &[u8]) -> ControlFlow<()> + 'a;

/// The longest key.
pub const KEY_BYTES_MAX: usize = 512;

/// The longest value: 16 MiB, twice the size of the largest document.
pub const VALUE_BYTES_MAX: usize = 16 << 20;

/// What one commit writes, in order: of two writes to one key the later counts.
#[derive(Debug, Clone, Default)]
pub struct Writes {
    writes: Vec<(Vec<u8>, Option<Vec<u8>>)>,
    bytes: usize,
}

impl Writes {
    /// Sets a key to a value.
    pub fn put(&mut self, key: Vec<u8>, value: Vec<u8>) {
        self.bytes += key.len() + value.len();
        self.writes.push((key, Some(value)));
    }

    /// Takes a key away. It need not be there.
    pub fn delete(&mut self, key: Vec<u8>) {
        self.bytes += key.len();
        self.writes.push((key, None));
    }

    /// Whether there is nothing to write.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.writes.is_empty()
    }

    /// How many writes there are.
    #[must_use]
    pub fn len(&self) -> usize {
        self.writes.len()
    }

    /// Bytes of all keys and values.
    #[must_use]
    pub fn bytes(&self) -> usize {
        self.bytes
    }

    /// The writes in their order: a key with its new value, or with `None` where it is taken away.
    pub fn iter(&self) -> impl Iterator<Item = (&[u8], Option<&[u8]>)> {
        self.writes.iter().map(|(key, value)| (key.as_slice(), value.as_deref()))
    }

    /// The writes in their order.
    pub(crate) fn into_entries(self) -> impl Iterator<Item = (Vec<u8>, Option<Vec<u8>>)> {
        self.writes.into_iter()
    }

    /// Checks the limits on keys and values.
    ///
    /// # Errors
    /// [`StorageError::Io`] of the kind `InvalidInput`, naming what is too long.
    pub fn check(&self) -> Result<(), StorageError> {
        for (key, value) in self.iter() {
            if key.len() > KEY_BYTES_MAX {
                return Err(invalid(format!("a key is {} bytes long, and the limit is {KEY_BYTES_MAX}", key.len())));
            }
            if let Some(value) = value
                && value.len() > VALUE_BYTES_MAX
            {
                return Err(invalid(format!(
                    "a value is {} bytes long, and the limit is {VALUE_BYTES_MAX}",
                    value.len()
                )));
            }
        }
        Ok(())
    }
}

/// The first key after all those that begin with `prefix`, or `None` if there is none.
pub(crate) fn after_prefix(prefix: &[u8]) -> Option<Vec<u8>> {
    let last = prefix.iter().rposition(|byte| *byte != u8::MAX)?;
    let mut after = prefix[..=last].to_vec();
    after[last] += 1;
    Some(after)
}

/// The error for a caller that asks for what the store does not do.
pub(crate) fn invalid(message: String) -> StorageError {
    StorageError::Io(std::io::Error::new(std::io::ErrorKind::InvalidInput, message))
}
