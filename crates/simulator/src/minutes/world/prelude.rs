//! What a run begins with, and votes and frames seen from outside.

use knotwork_governance::{Said, Word};
use knotwork_identity::{Encode as _, MinuteHash, NetworkId, Writer};
use knotwork_minutes::{Agreed, Frame, Matter, Message, Proof, Step};

use crate::{
    Breach, Sightings,
    minutes::{cast::Cast, disk::write_minute, papers::Papers, scenario::Scenario, watch::Watch},
};

/// The minutes with which a run begins: acceptances, signed by everyone who signs.
pub(super) fn make(
    cast: &Cast,
    scenario: &Scenario,
    watch: &mut Watch,
    papers: &Papers,
) -> Result<Vec<Vec<u8>>, Breach> {
    let mut minutes = Vec::new();
    let mut agreed = Agreed::founded(&cast.genesis);
    let mut nothing = Sightings::default();
    for place in 1..scenario.founders {
        let is_liar = place >= scenario.founders - scenario.liars;
        let too_few = is_liar && (place + 1 - 1) / 3 < scenario.liars;
        if place >= scenario.accepted || too_few {
            continue;
        }
        let said = Said::Accept(agreed.charter().digest);
        let word = Word::say(agreed.network(), &cast.organisations[place], 1, said);
        let minute = agreed.next(Matter::Word(word));
        let bytes = vote_bytes(agreed.network(), minute.height, 0, Step::Precommit, Some(minute.hash()));
        let signing = cast.nodes.iter().filter(|key| agreed.signers().has(&key.public()));
        let mut signatures: Vec<_> = signing.map(|key| (key.public(), key.sign(&bytes))).collect();
        signatures.sort_by_key(|(node, _)| *node);
        let proof = Proof { round: 0, signatures };
        agreed.follow(&minute, &proof).map_err(|error| Breach::new(format!("the prelude does not hold: {error}")))?;
        let kept = write_minute(&minute, &proof);
        watch.minuted(0, minute.height, &kept, papers, &mut nothing)?;
        minutes.push(kept);
    }
    Ok(minutes)
}

/// Whether whom a vote names has signed it.
pub(super) fn is_genuine(agreed: &Agreed, message: &Message) -> bool {
    let Message::Vote(vote) = message else { return true };
    let bytes = vote_bytes(agreed.network(), vote.height, vote.round, vote.step, vote.minute);
    vote.node.verify(&bytes, &vote.signature).is_ok()
}

/// A frame, for the trace.
pub(super) fn describe(frame: &Frame) -> String {
    match frame {
        Frame::Tally(tally) => format!(
            "tally {} with {} messages{}{}",
            tally.height,
            tally.has.len(),
            if tally.asks { ", asks" } else { "" },
            if tally.answer { ", wants an answer" } else { "" }
        ),
        Frame::Minutes(minutes) => format!("{} minutes", minutes.len()),
        Frame::Message(Message::Proposal(proposal)) => {
            format!("proposal {}/{} lock {:?} {:?}", proposal.height, proposal.round, proposal.lock, proposal.hash)
        }
        Frame::Message(Message::Vote(vote)) => {
            format!("{:?} {}/{} {:?} of {:?}", vote.step, vote.height, vote.round, vote.minute, vote.node)
        }
        Frame::Known { height, messages } => format!("known {} after {height}", messages.len()),
    }
}

/// What a vote's signature is over, by the protocol's document.
fn vote_bytes(network: NetworkId, height: u64, round: u32, step: Step, minute: Option<MinuteHash>) -> Vec<u8> {
    let mut writer = Writer::default();
    writer.fixed(b"knotwork/vote/1");
    network.encode(&mut writer);
    writer.u64(height);
    writer.u32(round);
    writer.u8(step as u8);
    writer.option(minute.as_ref());
    writer.into_bytes()
}
