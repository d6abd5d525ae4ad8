//! Gossip: a topic per space that everyone on the roster follows, messages without author or signature of their own,
//! known by the hash of their content, passed on only when judged good.

use std::{
    collections::{HashMap, HashSet},
    io,
    time::Duration,
};

use knotwork_identity::{NetworkId, SpaceId, encode, sha256, to_text};
use libp2p::{
    PeerId,
    gossipsub::{
        self, ConfigBuilder, DataTransform, IdentTopic, Message, MessageAcceptance, MessageAuthenticity, MessageId,
        PeerScoreParams, PeerScoreThresholds, PublishError, RawMessage, TopicHash, TopicScoreParams, ValidationMode,
        Version, WhitelistSubscriptionFilter,
    },
};

use crate::{
    Judgement, MeshError,
    limits::{GOSSIP_BYTES_MAX, GOSSIP_QUEUE_MAX},
};

/// The protocol's name.
pub(crate) const GOSSIP_PROTOCOL: &str = "/knotwork/gossip/1";

/// The spaces whose changes are gossiped. Circles and an organisation's own space never are.
pub(crate) const GOSSIPED: [SpaceId; 2] = [SpaceId::Roster, SpaceId::Commons];

/// The behaviour, with unknown topics turned away before anything of them is kept.
pub(crate) type Behaviour = gossipsub::Behaviour<KnownTopics, WhitelistSubscriptionFilter>;

/// Which topic is which space.
#[derive(Debug, Clone)]
pub(crate) struct Topics {
    spaces: HashMap<TopicHash, SpaceId>,
    topics: HashMap<SpaceId, IdentTopic>,
}

impl Topics {
    pub(crate) fn new(network: &NetworkId) -> Self {
        let topics: HashMap<_, _> =
            GOSSIPED.into_iter().map(|space| (space, IdentTopic::new(topic_name(network, &space)))).collect();
        let spaces = topics.iter().map(|(space, topic)| (topic.hash(), *space)).collect();
        Self { spaces, topics }
    }

    /// The space of a topic.
    pub(crate) fn space(&self, topic: &TopicHash) -> Option<SpaceId> {
        self.spaces.get(topic).copied()
    }

    /// Publishes to a space's topic.
    pub(crate) fn publish(&self, gossip: &mut Behaviour, space: &SpaceId, bytes: Vec<u8>) -> Result<(), PublishError> {
        match self.topics.get(space) {
            Some(topic) => gossip.publish(topic.hash(), bytes).map(|_| ()),
            None => Err(PublishError::NoPeersSubscribedToTopic),
        }
    }
}

/// The name of a space's topic: a digest, because it travels in each message and tells the same as the long form.
fn topic_name(network: &NetworkId, space: &SpaceId) -> String {
    let digest = sha256(&[b"knotwork/topic/1", network.as_bytes(), &encode(space)]);
    to_text(&digest[..TOPIC_DIGEST_BYTES])
}

/// The gossip of one network.
pub(crate) fn behaviour(topics: &Topics) -> Result<Behaviour, MeshError> {
    let set_up = |reason: &dyn ToString| MeshError::SetUp(reason.to_string());
    let config = ConfigBuilder::default()
        .protocol_id(GOSSIP_PROTOCOL, Version::V1_1)
        .validation_mode(ValidationMode::Anonymous)
        .validate_messages()
        .message_id_fn(message_id)
        .max_transmit_size(GOSSIP_BYTES_MAX + ENVELOPE_BYTES)
        .flood_publish(true)
        .connection_handler_queue_len(GOSSIP_QUEUE_MAX)
        .history_length(HISTORY_HEARTBEATS)
        .heartbeat_initial_delay(HEARTBEAT)
        .heartbeat_interval(HEARTBEAT)
        .build()
        .map_err(|error| set_up(&error))?;
    let known: HashSet<TopicHash> = topics.spaces.keys().cloned().collect();
    let mut gossip = gossipsub::Behaviour::new_with_subscription_filter_and_transform(
        MessageAuthenticity::Anonymous,
        config,
        WhitelistSubscriptionFilter(known.clone()),
        KnownTopics(known),
    )
    .map_err(|error| set_up(&error))?;
    gossip.with_peer_score(score(topics), PeerScoreThresholds::default()).map_err(|error| set_up(&error))?;
    for topic in topics.topics.values() {
        gossip.subscribe(topic).map_err(|error| set_up(&error))?;
    }
    Ok(gossip)
}

/// Tells gossip what became of a message.
pub(crate) fn judge(gossip: &mut Behaviour, id: &MessageId, from: &PeerId, judgement: Judgement) {
    let acceptance = match judgement {
        Judgement::Accept => MessageAcceptance::Accept,
        Judgement::Ignore => MessageAcceptance::Ignore,
        Judgement::Reject => MessageAcceptance::Reject,
    };
    gossip.report_message_validation_result(id, from, acceptance);
}

/// A message is its content in its topic. Without the topic, a good message sent to the wrong one would count as
/// seen, and the right one would not get it any more.
fn message_id(message: &Message) -> MessageId {
    MessageId::from(sha256(&[b"knotwork/message/1", message.topic.as_str().as_bytes(), &message.data]).to_vec())
}

/// Points against peers that send what is rejected or break the rules of gossip; nothing against those that say little,
/// are slow or share an address: all that is common among honest organisations.
fn score(topics: &Topics) -> PeerScoreParams {
    let topic = TopicScoreParams {
        topic_weight: 1.0,
        time_in_mesh_weight: 0.01,
        time_in_mesh_quantum: Duration::from_secs(1),
        time_in_mesh_cap: 1000.0,
        first_message_deliveries_weight: 0.1,
        first_message_deliveries_decay: 0.9,
        first_message_deliveries_cap: 50.0,
        mesh_message_deliveries_weight: 0.0,
        mesh_failure_penalty_weight: 0.0,
        // Squared: one is forgiven within a minute, three make the peer unheard.
        invalid_message_deliveries_weight: -20.0,
        invalid_message_deliveries_decay: 0.97,
        ..TopicScoreParams::default()
    };
    PeerScoreParams {
        topics: topics.spaces.keys().map(|hash| (hash.clone(), topic.clone())).collect(),
        topic_score_cap: 20.0,
        ip_colocation_factor_weight: 0.0,
        behaviour_penalty_threshold: 6.0,
        behaviour_penalty_decay: 0.9,
        slow_peer_weight: 0.0,
        ..PeerScoreParams::default()
    }
}

/// Turns away messages of other topics, and those without room in the limit.
#[derive(Debug, Clone)]
pub(crate) struct KnownTopics(HashSet<TopicHash>);

impl DataTransform for KnownTopics {
    fn inbound_transform(&self, message: RawMessage) -> io::Result<Message> {
        if !self.0.contains(&message.topic) || message.data.len() > GOSSIP_BYTES_MAX {
            return Err(io::ErrorKind::InvalidData.into());
        }
        Ok(Message {
            source: message.source,
            data: message.data,
            sequence_number: message.sequence_number,
            topic: message.topic,
        })
    }

    fn outbound_transform(&self, _: &TopicHash, data: Vec<u8>) -> io::Result<Vec<u8>> {
        if data.len() > GOSSIP_BYTES_MAX { Err(io::ErrorKind::InvalidData.into()) } else { Ok(data) }
    }
}

const TOPIC_DIGEST_BYTES: usize = 16;
/// Room around the largest message: for its topic and lengths, and for what the library reads ahead. It holds its whole
/// buffer against the limit, so that without this room a large message would end the stream when another follows it.
const ENVELOPE_BYTES: usize = 256 + 8 * 1024;
const HEARTBEAT: Duration = Duration::from_secs(1);
/// How many heartbeats a message is kept: as long as its judgement may take.
const HISTORY_HEARTBEATS: usize = 10;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_space_of_each_network_has_a_topic_of_its_own() {
        let mut names = HashSet::new();
        for network in 0..10 {
            let topics = Topics::new(&NetworkId([network; 32]));
            for space in GOSSIPED {
                assert_eq!(topics.space(&topics.topics[&space].hash()), Some(space));
                assert!(names.insert(topics.topics[&space].to_string()));
            }
        }
    }

    #[test]
    fn of_other_topics_and_of_what_is_too_large_nothing_is_kept() {
        let topics = Topics::new(&NetworkId([1; 32]));
        let known = KnownTopics(topics.spaces.keys().cloned().collect());
        let message = |topic: TopicHash, size| RawMessage {
            source: None,
            data: vec![0; size],
            sequence_number: None,
            topic,
            signature: None,
            key: None,
            validated: false,
        };
        let topic = topics.topics[&SpaceId::Commons].hash();
        assert!(known.inbound_transform(message(topic.clone(), GOSSIP_BYTES_MAX)).is_ok());
        assert!(known.inbound_transform(message(topic, GOSSIP_BYTES_MAX + 1)).is_err());
        assert!(known.inbound_transform(message(TopicHash::from_raw("another"), 1)).is_err());
    }

    #[test]
    fn the_names_on_the_wire_are_those_of_the_protocol_page() {
        let page = include_str!("../../../docs/protocol/mesh.md");
        let topics = Topics::new(&NetworkId([7; 32]));
        for space in GOSSIPED {
            let row = format!("| 32 bytes of 7 | {space} | `{}` |", topics.topics[&space]);
            assert!(page.contains(&row), "{row}");
        }
        let topic = topics.topics[&SpaceId::Commons].hash();
        let id = message_id(&Message { source: None, data: b"knot".to_vec(), sequence_number: None, topic });
        assert!(page.contains(&format!("has the id `{id}`")), "{id}");
        assert!(page.contains(&format!("`{GOSSIP_PROTOCOL}`")));
    }

    #[test]
    fn the_same_bytes_in_two_topics_are_two_messages() {
        let topics = Topics::new(&NetworkId([1; 32]));
        let [one, two] = GOSSIPED.map(|space| {
            let topic = topics.topics[&space].hash();
            message_id(&Message { source: None, data: b"bytes".to_vec(), sequence_number: None, topic })
        });
        assert_ne!(one, two);
    }
}
