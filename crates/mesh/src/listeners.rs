//! Beginning to listen, with errors that say what to do.

use std::{
    io,
    net::{SocketAddr, TcpListener, UdpSocket},
    time::Duration,
};

use futures::{FutureExt as _, StreamExt as _};
use libp2p::{Swarm, core::transport::ListenerId, swarm::SwarmEvent};
use tokio::time::timeout;

use crate::{
    MeshError,
    address::{self, Carrier},
    behaviour::Behaviour,
};

/// Listens on all the addresses, and returns when each is known to work.
pub(crate) async fn listen(swarm: &mut Swarm<Behaviour>, addresses: &[String]) -> Result<(), MeshError> {
    let mut waiting = Vec::new();
    for text in addresses {
        let address = address::parse(text)?;
        let not_for_listening = || MeshError::NotAListenAddress(text.clone());
        let (carrier, socket) = address::socket(&address).ok_or_else(not_for_listening)?;
        probe(carrier, socket).map_err(|error| explain(text, &error))?;
        let listener = swarm
            .listen_on(address)
            .map_err(|error| MeshError::Listen { address: text.clone(), reason: error.to_string() })?;
        waiting.push((listener, text.clone()));
    }
    let all = async {
        while !waiting.is_empty() {
            settle(swarm.select_next_some().await, &mut waiting)?;
        }
        Ok(())
    };
    let result = timeout(LISTEN_MAX, all).await;
    match (result, waiting.first()) {
        (Ok(result), _) => result?,
        (Err(_), Some((_, address))) => {
            let reason = "the system names no address for it".to_owned();
            return Err(MeshError::Listen { address: address.clone(), reason });
        }
        (Err(_), None) => {}
    }
    // Listening on all interfaces gives an address for each; those that are known by now belong to the answer.
    while swarm.next().now_or_never().is_some() {}
    Ok(())
}

fn settle<E>(event: SwarmEvent<E>, waiting: &mut Vec<(ListenerId, String)>) -> Result<(), MeshError> {
    match event {
        SwarmEvent::NewListenAddr { listener_id, .. } => waiting.retain(|(listener, _)| *listener != listener_id),
        SwarmEvent::ListenerClosed { listener_id, reason: Err(error), .. } => {
            if let Some((_, text)) = waiting.iter().find(|(listener, _)| *listener == listener_id) {
                return Err(explain(text, &error));
            }
        }
        _ => {}
    }
    Ok(())
}

/// Tries to bind for a moment. libp2p shares TCP ports among the programs of one user, so that a second daemon would
/// start without a word and get half of the first one's connections.
fn probe(carrier: Carrier, socket: SocketAddr) -> io::Result<()> {
    match carrier {
        Carrier::Tcp => TcpListener::bind(socket).map(drop),
        Carrier::Quic => UdpSocket::bind(socket).map(drop),
    }
}

fn explain(address: &str, error: &io::Error) -> MeshError {
    let address = address.to_owned();
    match error.kind() {
        io::ErrorKind::AddrInUse => MeshError::AddressInUse(address),
        io::ErrorKind::AddrNotAvailable => MeshError::NoSuchAddress(address),
        io::ErrorKind::PermissionDenied => MeshError::NotAllowed(address),
        _ => MeshError::Listen { address, reason: error.to_string() },
    }
}

const LISTEN_MAX: Duration = Duration::from_secs(5);
