//! Addresses of nodes as text: how a multiaddress that a node can be dialled at begins.

use core::net::{Ipv4Addr, Ipv6Addr};

use thiserror::Error;

/// Checks that a text is a multiaddress at which a node can be dialled: a host (`/ip4`, `/ip6`, `/dns`, `/dns4` or
/// `/dns6`), then `/tcp/PORT` or `/udp/PORT/quic-v1`. What follows, such as `/p2p/ID`, is for whoever dials to read.
///
/// # Errors
/// Says which part is wrong.
pub fn check_address(text: &str) -> Result<(), AddressError> {
    if text.contains(|character: char| character.is_whitespace() || crate::is_steering(character)) {
        return Err(AddressError::Space);
    }
    let mut parts = text.strip_prefix('/').ok_or(AddressError::NoSlash)?.split('/');
    let family = parts.next().unwrap_or_default();
    let host = parts.next().unwrap_or_default();
    let fits = match family {
        "ip4" => host.parse::<Ipv4Addr>().is_ok(),
        "ip6" => host.parse::<Ipv6Addr>().is_ok(),
        "dns" | "dns4" | "dns6" => !host.is_empty(),
        _ => return Err(AddressError::NoHost(family.to_owned())),
    };
    if !fits {
        return Err(AddressError::Host { family: family.to_owned(), host: host.to_owned() });
    }
    let carrier = parts.next().unwrap_or_default();
    let port = parts.next().unwrap_or_default();
    let carried = match carrier {
        "tcp" => true,
        "udp" => parts.next() == Some("quic-v1"),
        _ => false,
    };
    if !carried {
        return Err(AddressError::Carrier);
    }
    match port.parse::<u16>() {
        Ok(1..) => Ok(()),
        _ => Err(AddressError::Port(port.to_owned())),
    }
}

/// Why a text is no address of a node.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum AddressError {
    /// It has a space or a control character in it.
    #[error("there is a space or a control character in it")]
    Space,
    /// It does not begin as a multiaddress.
    #[error("it does not begin with /; one looks like /dns4/node.example.org/tcp/7300")]
    NoSlash,
    /// It does not begin with a host.
    #[error("it begins with /{0}, and not with /ip4, /ip6, /dns, /dns4 or /dns6")]
    NoHost(String),
    /// The host is none.
    #[error("\"{host}\" is no host for /{family}")]
    Host {
        /// Of which kind it should be.
        family: String,
        /// What stands there.
        host: String,
    },
    /// It says not, or not so that a node understands it, what carries the bytes.
    #[error("neither /tcp/PORT nor /udp/PORT/quic-v1 follows the host")]
    Carrier,
    /// The port is none.
    #[error("\"{0}\" is no port, which is a number from 1 to 65535")]
    Port(String),
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_at_which_a_node_can_be_dialled_pass() {
        for good in [
            "/ip4/192.0.2.1/tcp/7300",
            "/ip6/2001:db8::1/udp/1/quic-v1",
            "/dns4/node.example.org/tcp/65535",
            "/dns/localhost/tcp/1/p2p/12D3KooW",
            "/dns6/a/udp/7300/quic-v1/p2p/12D3KooW",
        ] {
            assert_eq!(check_address(good), Ok(()), "{good}");
        }
    }

    #[test]
    fn everything_else_is_refused_with_the_part_that_is_wrong() {
        let port = |text: &str| AddressError::Port(text.to_owned());
        for (bad, why) in [
            ("garbage", AddressError::NoSlash),
            ("", AddressError::NoSlash),
            ("/a/b/c", AddressError::NoHost("a".into())),
            ("/", AddressError::NoHost(String::new())),
            ("/tcp/7300", AddressError::NoHost("tcp".into())),
            ("/ip4/host/tcp/1", AddressError::Host { family: "ip4".into(), host: "host".into() }),
            ("/ip6/1.2.3.4/tcp/1", AddressError::Host { family: "ip6".into(), host: "1.2.3.4".into() }),
            ("/dns4//tcp/1", AddressError::Host { family: "dns4".into(), host: String::new() }),
            ("/ip4/1.2.3.4", AddressError::Carrier),
            ("/ip4/1.2.3.4/udp/1", AddressError::Carrier),
            ("/ip4/1.2.3.4/sctp/1", AddressError::Carrier),
            ("/ip4/1.2.3.4/tcp", port("")),
            ("/ip4/1.2.3.4/tcp/0", port("0")),
            ("/ip4/1.2.3.4/tcp/65536", port("65536")),
            ("/ip4/1.2.3.4/tcp/1 ", AddressError::Space),
            ("/dns4/a\u{1b}[2J/tcp/1", AddressError::Space),
        ] {
            assert_eq!(check_address(bad), Err(why), "{bad}");
        }
    }
}
