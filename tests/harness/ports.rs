//! Ports that are free, for nodes whose addresses stand on cards before they run.

use std::{
    net::{Ipv4Addr, TcpListener, UdpSocket},
    sync::atomic::{AtomicU16, Ordering},
};

/// A port of loopback that nobody has, for TCP and UDP. Each is given once in the life of this process, and all are
/// below those that the system gives to outgoing connections, so nothing takes one in between.
pub(crate) fn free_port() -> u16 {
    static NEXT: AtomicU16 = AtomicU16::new(0);
    // Two runs of the tests at one time begin at different places.
    let start = u16::try_from(std::process::id() % u32::from(COUNT)).expect("the remainder is below a u16");
    for _ in 0..COUNT {
        let port = FIRST + (start + NEXT.fetch_add(1, Ordering::Relaxed) % COUNT) % COUNT;
        let tcp = TcpListener::bind((Ipv4Addr::LOCALHOST, port));
        if tcp.is_ok() && UdpSocket::bind((Ipv4Addr::LOCALHOST, port)).is_ok() {
            return port;
        }
    }
    panic!("no port of {FIRST} to {} is free", FIRST + COUNT - 1);
}

const FIRST: u16 = 12_000;
const COUNT: u16 = 18_000;
