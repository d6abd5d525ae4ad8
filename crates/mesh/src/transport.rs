//! TCP (Noise, yamux) and QUIC, with names looked up by DNS.

use std::{future, io, sync::Arc};

use libp2p::{
    PeerId, Transport,
    core::{
        muxing::StreamMuxerBox,
        transport::{Boxed, timeout::TransportTimeout},
        upgrade::Version,
    },
    dns, identity, noise, quic, tcp, yamux,
};

use crate::{
    MeshError, Timing,
    limits::STREAMS_PER_CONNECTION_MAX,
    traffic::{Counted, CountedMuxer, Counters},
};

/// Everything that dials and listens.
pub(crate) fn transport(
    keypair: &identity::Keypair,
    timing: &Timing,
    counters: &Arc<Counters>,
) -> Result<Boxed<(PeerId, StreamMuxerBox)>, MeshError> {
    match dns::tokio::Transport::system(carriers(keypair, timing, counters)?) {
        Ok(transport) => Ok(transport.boxed()),
        // A machine without a usable resolv.conf still reaches every address that is written in numbers.
        Err(error) => {
            tracing::warn!(%error, "host names cannot be looked up; only addresses written in numbers will work");
            carriers(keypair, timing, counters)
        }
    }
}

fn carriers(
    keypair: &identity::Keypair,
    timing: &Timing,
    counters: &Arc<Counters>,
) -> Result<Boxed<(PeerId, StreamMuxerBox)>, MeshError> {
    let carriers = over_tcp(keypair, timing, counters)?
        .or_transport(over_quic(keypair, timing, counters))
        .map(|connection, _| connection.into_inner());
    Ok(TransportTimeout::new(carriers, timing.handshake).boxed())
}

fn over_tcp(
    keypair: &identity::Keypair,
    timing: &Timing,
    counters: &Arc<Counters>,
) -> Result<Boxed<(PeerId, StreamMuxerBox)>, MeshError> {
    let noise = noise::Config::new(keypair).map_err(|error| MeshError::SetUp(error.to_string()))?;
    let mut yamux = yamux::Config::default();
    yamux.set_max_num_streams(STREAMS_PER_CONNECTION_MAX);
    let unheard_max_ms = u32::try_from(timing.alive_silence.as_millis()).unwrap_or(u32::MAX);
    let counters = Arc::clone(counters);
    Ok(tcp::tokio::Transport::new(tcp::Config::new().nodelay(true))
        .and_then(move |socket, _| {
            future::ready(give_up_unheard(&socket.0, unheard_max_ms).map(|()| Counted::new(socket, counters)))
        })
        .upgrade(Version::V1Lazy)
        .authenticate(noise)
        .multiplex(yamux)
        .map(|(peer, muxer), _| (peer, StreamMuxerBox::new(muxer)))
        .boxed())
}

/// QUIC answers silence by itself; it is told to do so at the same pace as the signs of life.
fn over_quic(
    keypair: &identity::Keypair,
    timing: &Timing,
    counters: &Arc<Counters>,
) -> Boxed<(PeerId, StreamMuxerBox)> {
    let mut config = quic::Config::new(keypair);
    config.handshake_timeout = timing.handshake;
    config.keep_alive_interval = timing.alive_interval;
    config.max_idle_timeout = u32::try_from(timing.alive_silence.as_millis()).unwrap_or(u32::MAX);
    config.max_concurrent_stream_limit = STREAMS_PER_CONNECTION_MAX as u32;
    let counters = Arc::clone(counters);
    quic::tokio::Transport::new(config)
        .map(move |(peer, connection), _| (peer, StreamMuxerBox::new(CountedMuxer::new(connection, counters))))
        .boxed()
}

/// Tells the system to give up a connection when what was sent stays unacknowledged: otherwise closing one to a
/// machine that is gone would wait for the system's own patience, about a quarter of an hour.
#[cfg(target_os = "linux")]
fn give_up_unheard(socket: &tokio::net::TcpStream, milliseconds: u32) -> io::Result<()> {
    rustix::net::sockopt::set_tcp_user_timeout(socket, milliseconds).map_err(io::Error::from)
}

#[cfg(not(target_os = "linux"))]
fn give_up_unheard(_: &tokio::net::TcpStream, _: u32) -> io::Result<()> {
    Ok(())
}

#[cfg(all(test, target_os = "linux"))]
mod tests {
    use tokio::net::{TcpListener, TcpStream};

    use super::*;

    #[tokio::test]
    async fn the_system_is_told_how_long_to_wait() {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let socket = TcpStream::connect(listener.local_addr().expect("an address")).await.expect("connected");
        give_up_unheard(&socket, 40_000).expect("the system allows it");
        assert_eq!(rustix::net::sockopt::tcp_user_timeout(&socket).expect("a time"), 40_000);
    }
}
