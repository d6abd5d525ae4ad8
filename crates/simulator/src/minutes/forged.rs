//! Messages of minutes that anybody with a key could sign, as the protocol's document says and not as the crate does it.

use std::sync::Arc;

use knotwork_identity::{Encode as _, MinuteHash, NetworkId, SecretKey, Writer};
use knotwork_minutes::{Message, Minute, Proposal, Step, Vote};

/// A vote for a minute, or for none.
#[must_use]
pub fn vote(
    network: NetworkId,
    key: &SecretKey,
    height: u64,
    round: u32,
    step: Step,
    minute: Option<MinuteHash>,
) -> Message {
    let mut writer = begin(b"knotwork/vote/1", network);
    writer.u64(height);
    writer.u32(round);
    writer.u8(step as u8);
    writer.option(minute.as_ref());
    let signature = key.sign(&writer.into_bytes());
    Message::Vote(Vote { height, round, step, minute, node: key.public(), signature })
}

/// A proposal of a minute, which may name another height in itself.
#[must_use]
pub fn proposal(
    network: NetworkId,
    key: &SecretKey,
    height: u64,
    round: u32,
    lock: Option<u32>,
    minute: Minute,
) -> Message {
    let hash = minute.hash();
    let mut writer = begin(b"knotwork/proposal/1", network);
    writer.u64(height);
    writer.u32(round);
    match lock {
        None => writer.u8(0),
        Some(lock) => {
            writer.u8(1);
            writer.u32(lock);
        }
    }
    hash.encode(&mut writer);
    let signature = key.sign(&writer.into_bytes());
    Message::Proposal(Proposal { height, round, lock, minute: Arc::new(minute), hash, node: key.public(), signature })
}

fn begin(purpose: &[u8], network: NetworkId) -> Writer {
    let mut writer = Writer::default();
    writer.fixed(purpose);
    network.encode(&mut writer);
    writer
}
