//! The clocks and the dice: everything below this package takes time and randomness as arguments.

use std::time::{Instant, SystemTime, UNIX_EPOCH};

use knotwork_identity::{PersonId, SecretKey, Timestamp};
use knotwork_replica::Now;

use crate::failure::Failure;

/// Tells the time as the replica wants it.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Clock {
    start: Instant,
}

impl Clock {
    /// A clock that starts now.
    pub(crate) fn start() -> Self {
        Self { start: Instant::now() }
    }

    /// The time.
    pub(crate) fn now(&self) -> Now {
        Now { milliseconds: self.milliseconds(), wall: time_of_day() }
    }

    /// Milliseconds since the start; never goes back.
    pub(crate) fn milliseconds(&self) -> u64 {
        u64::try_from(self.start.elapsed().as_millis()).unwrap_or(u64::MAX)
    }

    /// The instant at which so many milliseconds will have gone by since the start.
    pub(crate) fn instant(&self, milliseconds: u64) -> Option<Instant> {
        self.start.checked_add(std::time::Duration::from_millis(milliseconds))
    }
}

/// The time of day by the machine's clock; no claim where the clock stands before 1970 or after the year 10889.
pub(crate) fn time_of_day() -> Timestamp {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).ok();
    since
        .and_then(|since| u64::try_from(since.as_millis()).ok())
        .and_then(Timestamp::from_milliseconds)
        .unwrap_or(Timestamp::NONE)
}

/// Random bytes from the operating system.
pub(crate) fn random<const N: usize>() -> Result<[u8; N], Failure> {
    let mut bytes = [0; N];
    getrandom::fill(&mut bytes)
        .map_err(|error| Failure::new(format!("the operating system gives no random bytes: {error}")))?;
    Ok(bytes)
}

/// A new key.
pub(crate) fn random_key() -> Result<SecretKey, Failure> {
    let seed = zeroize::Zeroizing::new(random::<32>()?);
    Ok(SecretKey::from_seed(&seed))
}

/// A new person id.
pub(crate) fn random_person() -> Result<PersonId, Failure> {
    random().map(PersonId)
}

/// Fills a slice with random bytes. Without them nothing safe can be made any more, so this ends the thread.
pub(crate) fn fill_random(bytes: &mut [u8]) {
    getrandom::fill(bytes).expect("the operating system gives random bytes");
}
