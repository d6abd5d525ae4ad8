//! A wire between two nodes that a test can cut and mend: whoever connects to one end is connected to the other.

use std::{
    io::{Read as _, Write as _},
    net::{Ipv4Addr, Shutdown, SocketAddr, TcpListener, TcpStream},
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicBool, Ordering},
    },
    thread,
    time::Duration,
};

/// A wire to a port of loopback. While it is cut, its own port refuses and nothing that was connected is any more.
#[derive(Debug)]
pub(crate) struct Wire {
    /// Where to connect.
    pub(crate) port: u16,
    ends: Arc<Ends>,
}

#[derive(Debug, Default)]
struct Ends {
    is_cut: AtomicBool,
    is_gone: AtomicBool,
    /// Both ends of what is connected.
    streams: Mutex<Vec<(TcpStream, TcpStream)>>,
}

impl Wire {
    /// A wire that leads to a port.
    pub(crate) fn to(target: u16) -> Self {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, super::ports::free_port())).expect("the port is free");
        let port = listener.local_addr().expect("a listener has an address").port();
        let ends = Arc::<Ends>::default();
        let accepting = Arc::clone(&ends);
        thread::spawn(move || accepting.accept(&listener, SocketAddr::from((Ipv4Addr::LOCALHOST, target))));
        Self { port, ends }
    }

    /// Cuts the wire: at once, and without a word to either side that was not on its way already.
    pub(crate) fn cut(&self) {
        self.ends.is_cut.store(true, Ordering::SeqCst);
        self.ends.disconnect();
    }

    /// Mends it.
    pub(crate) fn mend(&self) {
        self.ends.is_cut.store(false, Ordering::SeqCst);
    }
}

impl Drop for Wire {
    fn drop(&mut self) {
        self.ends.is_gone.store(true, Ordering::SeqCst);
        self.cut();
        // Wakes the thread that accepts.
        _ = TcpStream::connect((Ipv4Addr::LOCALHOST, self.port));
    }
}

impl Ends {
    fn accept(self: Arc<Self>, listener: &TcpListener, target: SocketAddr) {
        for near in listener.incoming() {
            if self.is_gone.load(Ordering::SeqCst) {
                return;
            }
            let Ok(near) = near else { continue };
            if self.is_cut.load(Ordering::SeqCst) {
                continue;
            }
            let Ok(far) = TcpStream::connect_timeout(&target, CONNECT_MAX) else { continue };
            // A node sends small things and waits for the answer; the wire must not wait to make them larger.
            _ = (near.set_nodelay(true), far.set_nodelay(true));
            let [Ok(near_too), Ok(far_too)] = [near.try_clone(), far.try_clone()] else { continue };
            let [Ok(near_kept), Ok(far_kept)] = [near.try_clone(), far.try_clone()] else { continue };
            self.streams.lock().unwrap_or_else(PoisonError::into_inner).push((near_kept, far_kept));
            if self.is_cut.load(Ordering::SeqCst) {
                self.disconnect();
            }
            thread::spawn(move || carry(near, far));
            thread::spawn(move || carry(far_too, near_too));
        }
    }

    fn disconnect(&self) {
        for (near, far) in self.streams.lock().unwrap_or_else(PoisonError::into_inner).drain(..) {
            // What has ended already needs no ending.
            _ = (near.shutdown(Shutdown::Both), far.shutdown(Shutdown::Both));
        }
    }
}

/// Carries bytes until either side ends.
fn carry(mut from: TcpStream, mut to: TcpStream) {
    let mut bytes = vec![0; 64 * 1024];
    while let Ok(count @ 1..) = from.read(&mut bytes) {
        if to.write_all(&bytes[..count]).is_err() {
            break;
        }
    }
    _ = (from.shutdown(Shutdown::Read), to.shutdown(Shutdown::Write));
}

const CONNECT_MAX: Duration = Duration::from_secs(5);
