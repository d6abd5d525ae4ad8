//! Keys, peer ids and addresses, and how one becomes the other.

use std::net::{IpAddr, Ipv6Addr, SocketAddr};

use knotwork_identity::{PublicKey, SecretKey};
use libp2p::{
    Multiaddr, PeerId,
    identity::{Keypair, ed25519},
    multiaddr::Protocol,
};

use crate::MeshError;

/// The libp2p identity of a node key.
pub(crate) fn keypair(node: &SecretKey) -> Result<Keypair, MeshError> {
    let mut seed = node.to_seed();
    Keypair::ed25519_from_bytes(seed.as_mut()).map_err(|error| MeshError::SetUp(error.to_string()))
}

/// The peer id of a node key; nothing if the bytes are not a key.
pub(crate) fn peer_id(key: &PublicKey) -> Option<PeerId> {
    let key = ed25519::PublicKey::try_from_bytes(key.as_bytes()).ok()?;
    Some(libp2p::identity::PublicKey::from(key).to_peer_id())
}

/// The node key of a peer id: an ed25519 key stands in the id itself. Nothing for any other key.
pub(crate) fn public_key(peer: &PeerId) -> Option<PublicKey> {
    let bytes = peer.to_bytes();
    let encoded = bytes.strip_prefix(&IDENTITY_MULTIHASH)?;
    let key = libp2p::identity::PublicKey::try_decode_protobuf(encoded).ok()?;
    Some(PublicKey(key.try_into_ed25519().ok()?.to_bytes()))
}

/// Reads a multiaddress.
pub(crate) fn parse(text: &str) -> Result<Multiaddr, MeshError> {
    text.trim().parse().map_err(|_| MeshError::NotAnAddress(text.to_owned()))
}

/// The address without the peer at its end, as listeners report theirs.
pub(crate) fn without_peer(address: &Multiaddr) -> Multiaddr {
    let mut address = address.clone();
    if peer_of(&address).is_some() {
        address.pop();
    }
    address
}

/// The peer at the end of an address.
pub(crate) fn peer_of(address: &Multiaddr) -> Option<PeerId> {
    match address.iter().last() {
        Some(Protocol::P2p(peer)) => Some(peer),
        _ => None,
    }
}

/// How an address carries bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) enum Carrier {
    Tcp,
    Quic,
}

/// The socket of an address on which a node can listen.
pub(crate) fn socket(address: &Multiaddr) -> Option<(Carrier, SocketAddr)> {
    let mut parts = address.iter();
    let ip = match parts.next()? {
        Protocol::Ip4(ip) => IpAddr::V4(ip),
        Protocol::Ip6(ip) => IpAddr::V6(ip),
        _ => return None,
    };
    let socket = match (parts.next()?, parts.next()) {
        (Protocol::Tcp(port), None) => (Carrier::Tcp, SocketAddr::new(ip, port)),
        (Protocol::Udp(port), Some(Protocol::QuicV1)) => (Carrier::Quic, SocketAddr::new(ip, port)),
        _ => return None,
    };
    parts.next().is_none().then_some(socket)
}

/// What carries the bytes at a remote address.
pub(crate) fn carrier(address: &Multiaddr) -> Carrier {
    if address.iter().any(|part| matches!(part, Protocol::Udp(_))) { Carrier::Quic } else { Carrier::Tcp }
}

/// Where a remote address counts for the limit per address: an IPv4 address, or the /64 of an IPv6 address, which one
/// household or host has whole. Nothing for an address without an IP.
pub(crate) fn source(address: &Multiaddr) -> Option<IpAddr> {
    address.iter().find_map(|part| match part {
        Protocol::Ip4(ip) => Some(IpAddr::V4(ip)),
        Protocol::Ip6(ip) => Some(match ip.to_ipv4_mapped() {
            Some(ip) => IpAddr::V4(ip),
            None => IpAddr::V6(Ipv6Addr::from_bits(ip.to_bits() & !u128::from(u64::MAX))),
        }),
        _ => None,
    })
}

/// The head of a peer id that holds its key rather than a hash: identity multihash, 36 bytes.
const IDENTITY_MULTIHASH: [u8; 2] = [0x00, 0x24];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_and_its_peer_id_name_each_other() {
        for seed in 0..50 {
            let key = SecretKey::from_seed(&[seed; 32]).public();
            let peer = peer_id(&key).expect("a key");
            assert_eq!(public_key(&peer), Some(key));
            assert_eq!(keypair(&SecretKey::from_seed(&[seed; 32])).expect("a key").public().to_peer_id(), peer);
        }
        // y = 2 is on no point of the curve.
        let mut not_a_point = [0; 32];
        not_a_point[0] = 2;
        assert_eq!(peer_id(&PublicKey(not_a_point)), None);
        // A peer id made of a hash (of an RSA key, say) names no node.
        let hashed = [&[0x12, 0x20][..], &[7; 32]].concat();
        assert_eq!(public_key(&PeerId::from_bytes(&hashed).expect("a peer id")), None);
    }

    #[test]
    fn only_plain_sockets_can_be_listened_on() {
        let at = |text: &str| socket(&text.parse().expect("an address"));
        assert_eq!(at("/ip4/127.0.0.1/tcp/1"), Some((Carrier::Tcp, "127.0.0.1:1".parse().expect("a socket"))));
        assert_eq!(at("/ip6/::1/udp/2/quic-v1"), Some((Carrier::Quic, "[::1]:2".parse().expect("a socket"))));
        for text in ["/ip4/127.0.0.1", "/ip4/127.0.0.1/udp/1", "/dns4/example.org/tcp/1", "/ip4/127.0.0.1/tcp/1/ws"] {
            assert_eq!(at(text), None, "{text}");
        }
    }

    #[test]
    fn an_ipv6_source_is_its_network() {
        let of = |text: &str| source(&text.parse().expect("an address"));
        assert_eq!(of("/ip6/2001:db8:1:2:3::4/tcp/1"), of("/ip6/2001:db8:1:2:ffff::1/tcp/9"));
        assert_ne!(of("/ip6/2001:db8:1:2::1/tcp/1"), of("/ip6/2001:db8:1:3::1/tcp/1"));
        assert_eq!(of("/ip6/::ffff:192.0.2.1/tcp/1"), of("/ip4/192.0.2.1/tcp/1"));
        assert_eq!(of("/dns4/example.org/tcp/1"), None);
    }

    #[test]
    fn the_peer_at_an_addresss_end_is_found_and_taken_off() {
        let peer = peer_id(&SecretKey::from_seed(&[1; 32]).public()).expect("a key");
        let plain: Multiaddr = "/ip4/127.0.0.1/tcp/1".parse().expect("an address");
        let full = plain.clone().with(Protocol::P2p(peer));
        assert_eq!(peer_of(&full), Some(peer));
        assert_eq!(peer_of(&plain), None);
        assert_eq!(without_peer(&full), plain);
    }
}
