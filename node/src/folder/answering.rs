//! Whether the process that a file names is the one that answers at an address.
//!
//! The file of a daemon that was killed stays, and its port may be somebody else's by the time the file is read. The
//! token must not be sent there.

use std::net::SocketAddr;

use rustix::process::{Pid, test_kill_process};

/// Whether a process with this id runs and listens at this address, as far as the system tells.
pub(super) fn listens(pid: u32, address: SocketAddr) -> bool {
    let pid_known = i32::try_from(pid).ok().and_then(Pid::from_raw);
    let runs = pid_known.is_some_and(|pid| !matches!(test_kill_process(pid), Err(rustix::io::Errno::SRCH)));
    runs && owns_listener(pid, address).unwrap_or(true)
}

/// Whether one of the process's open sockets listens there. Nothing where the system does not tell: elsewhere than on
/// Linux, or about another user's process.
#[cfg(target_os = "linux")]
fn owns_listener(pid: u32, address: SocketAddr) -> Option<bool> {
    let table = if address.is_ipv4() { "/proc/net/tcp" } else { "/proc/net/tcp6" };
    let listeners = std::fs::read_to_string(table).ok()?;
    let wanted: Vec<String> = listeners
        .lines()
        .filter_map(|line| listener_at(line, address.port()))
        .map(|inode| format!("socket:[{inode}]"))
        .collect();
    let open = std::fs::read_dir(format!("/proc/{pid}/fd")).ok()?;
    let mut targets = open.filter_map(|entry| std::fs::read_link(entry.ok()?.path()).ok());
    Some(targets.any(|target| wanted.iter().any(|socket| target.as_os_str() == socket.as_str())))
}

#[cfg(not(target_os = "linux"))]
fn owns_listener(_: u32, _: SocketAddr) -> Option<bool> {
    None
}

/// The inode of the socket in a line of the system's table, if it listens on this port.
#[cfg(target_os = "linux")]
fn listener_at(line: &str, port: u16) -> Option<&str> {
    let fields: Vec<&str> = line.split_whitespace().collect();
    let (local, state, inode) = (fields.get(1)?, fields.get(3)?, fields.get(9)?);
    let found = local.rsplit_once(':').and_then(|(_, port)| u16::from_str_radix(port, 16).ok())?;
    (found == port && *state == LISTENING).then_some(inode)
}

/// How the system writes that a socket listens.
#[cfg(target_os = "linux")]
const LISTENING: &str = "0A";

#[cfg(all(test, target_os = "linux"))]
mod tests {
    use std::net::TcpListener;

    use super::*;

    #[test]
    fn a_process_is_told_by_its_listening_socket() {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
        let address = listener.local_addr().expect("an address");
        assert!(listens(std::process::id(), address));
        // Init runs and does not listen there; if the system says nothing of it, nothing can be held against it.
        let parent = std::os::unix::process::parent_id();
        assert!(!listens(parent, address) || owns_listener(parent, address).is_none());
        assert!(!listens(u32::MAX, address) && !listens(0, address));
        drop(listener);
        assert!(!listens(std::process::id(), address));
    }
}
