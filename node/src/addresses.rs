//! Where a node listens, and under which addresses others can reach it.
//!
//! Knows the two forms of address on which a node can listen, and no network: names and anything more elaborate are the
//! mesh's to read.

use std::{
    fmt,
    net::{IpAddr, Ipv4Addr, Ipv6Addr},
    str::FromStr,
};

use knotwork_identity::{Card, check_address};

/// An address on which a node can listen: `/ip4/0.0.0.0/tcp/7300` or `/ip6/::/udp/7300/quic-v1`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct ListenAddress {
    /// The address of the machine, or of all of its networks at once.
    pub(crate) ip: IpAddr,
    /// TCP or QUIC.
    pub(crate) carrier: Carrier,
    /// 0 takes any free port.
    pub(crate) port: u16,
}

/// What carries the bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Carrier {
    Tcp,
    Quic,
}

impl ListenAddress {
    /// The addresses that others can use for this one, on a machine with these addresses. None while the port is 0.
    fn reachable(self, machine: &[IpAddr]) -> Vec<Self> {
        if self.port == 0 {
            return Vec::new();
        }
        if !self.ip.is_unspecified() {
            return vec![self];
        }
        let same_family = machine.iter().filter(|ip| ip.is_ipv4() == self.ip.is_ipv4());
        same_family.map(|ip| Self { ip: *ip, ..self }).collect()
    }
}

impl FromStr for ListenAddress {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let not_one = || {
            format!(
                "\"{text}\" is not an address to listen on; one looks like /ip4/0.0.0.0/tcp/7300 or \
                 /ip4/0.0.0.0/udp/7300/quic-v1"
            )
        };
        let parts: Vec<&str> = text.strip_prefix('/').ok_or_else(not_one)?.split('/').collect();
        let (ip, carrier, port) = match parts[..] {
            ["ip4", ip, "tcp", port] => (ip.parse().ok().map(IpAddr::V4), Carrier::Tcp, port),
            ["ip6", ip, "tcp", port] => (ip.parse().ok().map(IpAddr::V6), Carrier::Tcp, port),
            ["ip4", ip, "udp", port, "quic-v1"] => (ip.parse().ok().map(IpAddr::V4), Carrier::Quic, port),
            ["ip6", ip, "udp", port, "quic-v1"] => (ip.parse().ok().map(IpAddr::V6), Carrier::Quic, port),
            _ => return Err(not_one()),
        };
        Ok(Self { ip: ip.ok_or_else(not_one)?, carrier, port: port.parse().map_err(|_| not_one())? })
    }
}

impl fmt::Display for ListenAddress {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let family = if self.ip.is_ipv4() { "ip4" } else { "ip6" };
        match self.carrier {
            Carrier::Tcp => write!(formatter, "/{family}/{}/tcp/{}", self.ip, self.port),
            Carrier::Quic => write!(formatter, "/{family}/{}/udp/{}/quic-v1", self.ip, self.port),
        }
    }
}

/// The addresses to give to others: the explicit ones, then those that follow from where the node listens, each once
/// and no more than a card has room for.
pub(crate) fn published(explicit: &[String], listen: &[ListenAddress]) -> Vec<String> {
    let machine = machine_addresses();
    let derived = listen.iter().flat_map(|address| address.reachable(&machine)).map(|address| address.to_string());
    let mut addresses: Vec<String> = Vec::new();
    for address in explicit.iter().cloned().chain(derived) {
        if !addresses.contains(&address) {
            addresses.push(address);
        }
    }
    addresses.truncate(Card::ADDRESSES_MAX);
    addresses
}

/// Whether one of the addresses on a card leads to where a node is by its own word: to the same address, or at least to
/// the same port of whatever leads there. A card without addresses claims nothing.
pub(crate) fn leads_to(card: &[String], own: &[String]) -> bool {
    let port = |address: &String| -> Option<(String, String)> {
        let mut parts = address.split('/').skip(3);
        Some((parts.next()?.to_owned(), parts.next()?.to_owned()))
    };
    let same = |address: &String| own.contains(address) || own.iter().any(|own| port(own) == port(address));
    card.is_empty() || card.iter().any(same)
}

/// An address for others to dial, as it may stand on a card.
pub(crate) fn check_dialled(text: &str) -> Result<String, String> {
    check_address(text).map_err(|error| {
        format!("{text:?} is not an address of a node: {error}; one looks like /dns4/node.example.org/tcp/7300")
    })?;
    if text.len() > Card::ADDRESS_BYTES_MAX {
        return Err(format!("the address is longer than {} bytes", Card::ADDRESS_BYTES_MAX));
    }
    Ok(text.to_owned())
}

/// The addresses of this machine that another could use: the best first, and loopback only where there is nothing else.
fn machine_addresses() -> Vec<IpAddr> {
    let interfaces = if_addrs::get_if_addrs().unwrap_or_default();
    let all: Vec<IpAddr> = interfaces.iter().map(if_addrs::Interface::ip).collect();
    let mut useful: Vec<IpAddr> = all.iter().copied().filter(|ip| !ip.is_loopback() && !is_link_local(ip)).collect();
    if useful.is_empty() {
        useful = vec![Ipv4Addr::LOCALHOST.into(), Ipv6Addr::LOCALHOST.into()];
    }
    useful
}

/// Addresses that mean something on one cable only.
fn is_link_local(ip: &IpAddr) -> bool {
    match ip {
        IpAddr::V4(ip) => ip.is_link_local(),
        IpAddr::V6(ip) => ip.is_unicast_link_local(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn listen(text: &str) -> ListenAddress {
        text.parse().expect("an address")
    }

    #[test]
    fn a_card_that_leads_elsewhere_is_told() {
        let own = |texts: &[&str]| texts.iter().map(ToString::to_string).collect::<Vec<_>>();
        let listening = own(&["/ip4/10.0.0.1/tcp/4001"]);
        assert!(!leads_to(&own(&["/ip4/10.0.0.1/tcp/7300", "/ip4/10.0.0.1/udp/4001/quic-v1"]), &listening));
        assert!(leads_to(&own(&["/ip4/10.0.0.1/tcp/7300", "/ip4/10.0.0.1/tcp/4001"]), &listening));
        // A name, or a router that forwards the port.
        assert!(leads_to(&own(&["/dns4/alder.example/tcp/4001"]), &listening));
        assert!(leads_to(&[], &listening));
    }

    #[test]
    fn addresses_are_written_as_they_are_read() {
        for text in
            ["/ip4/0.0.0.0/tcp/7300", "/ip6/::1/udp/0/quic-v1", "/ip4/10.0.0.1/udp/65535/quic-v1", "/ip6/::/tcp/1"]
        {
            assert_eq!(listen(text).to_string(), text);
        }
        for bad in [
            "",
            "/",
            "7300",
            "/ip4/0.0.0.0",
            "/ip4/0.0.0.0/udp/1",
            "/ip4/::/tcp/1",
            "/ip4/1.2.3.4/tcp/65536",
            "/dns4/a/tcp/1",
            "/ip4/1.2.3.4/tcp/1/",
        ] {
            assert!(bad.parse::<ListenAddress>().is_err(), "{bad}");
        }
    }

    #[test]
    fn a_wildcard_stands_for_the_machines_addresses_of_its_family() {
        let machine: Vec<IpAddr> =
            ["192.0.2.1", "2001:db8::1", "192.0.2.9"].map(|ip| ip.parse().expect("an address")).to_vec();
        let shown = |text: &str| listen(text).reachable(&machine).iter().map(ToString::to_string).collect::<Vec<_>>();
        assert_eq!(shown("/ip4/0.0.0.0/tcp/7300"), ["/ip4/192.0.2.1/tcp/7300", "/ip4/192.0.2.9/tcp/7300"]);
        assert_eq!(shown("/ip6/::/udp/7300/quic-v1"), ["/ip6/2001:db8::1/udp/7300/quic-v1"]);
        assert_eq!(shown("/ip4/127.0.0.1/tcp/7300"), ["/ip4/127.0.0.1/tcp/7300"]);
        assert!(shown("/ip4/127.0.0.1/tcp/0").is_empty(), "nobody can dial port 0");
    }

    #[test]
    fn explicit_addresses_come_first_and_nothing_comes_twice() {
        let explicit = ["/dns4/node.example.org/tcp/7300".to_owned(), "/ip4/127.0.0.1/tcp/7300".to_owned()];
        let found =
            published(&explicit, &[listen("/ip4/127.0.0.1/tcp/7300"), listen("/ip4/127.0.0.1/udp/7300/quic-v1")]);
        assert_eq!(found, [&explicit[0], &explicit[1], "/ip4/127.0.0.1/udp/7300/quic-v1"]);
        let many: Vec<ListenAddress> = (1..40).map(|port| listen(&format!("/ip4/127.0.0.1/tcp/{port}"))).collect();
        assert_eq!(published(&[], &many).len(), Card::ADDRESSES_MAX);
    }

    #[test]
    fn every_machine_has_an_address() {
        assert!(!machine_addresses().is_empty());
        assert!(!published(&[], &[listen("/ip4/0.0.0.0/tcp/7300")]).is_empty());
    }

    #[test]
    fn an_address_to_dial_has_parts() {
        assert!(check_dialled("/dns4/a.example/tcp/1").is_ok());
        for bad in ["", "a.example:7300", "/", "/dns4", "/dns4/a b/tcp/1", &format!("/dns4/{}", "a".repeat(300))] {
            assert!(check_dialled(bad).is_err(), "{bad}");
        }
    }
}
