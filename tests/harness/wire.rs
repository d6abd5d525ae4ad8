//! A wire to a node that a test can cut, block and mend: whoever connects to one end is connected to the other.

use std::{
    io::{self, Read as _, Write as _},
    net::{Ipv4Addr, Shutdown, SocketAddr, TcpListener, TcpStream},
    sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError},
    thread,
    time::Duration,
};

/// A wire to a port of loopback.
#[derive(Debug)]
pub(crate) struct Wire {
    /// Where to connect.
    pub(crate) port: u16,
    ends: Arc<Ends>,
}

/// How a wire is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
enum Condition {
    #[default]
    Sound,
    /// Nothing is connected: what is tried is closed at once.
    Cut,
    /// Everything stays connected, and nothing gets through.
    Blocked,
    /// The test is over.
    Gone,
}

#[derive(Debug, Default)]
struct Ends {
    condition: Mutex<Condition>,
    changed: Condvar,
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
        self.ends.turn(Condition::Cut);
    }

    /// Lets nothing through any more, and lets nobody know.
    pub(crate) fn block(&self) {
        self.ends.turn(Condition::Blocked);
    }

    /// Mends it: what was held back goes on its way.
    pub(crate) fn mend(&self) {
        self.ends.turn(Condition::Sound);
    }
}

impl Drop for Wire {
    fn drop(&mut self) {
        self.ends.turn(Condition::Gone);
        // Wakes the thread that accepts.
        _ = TcpStream::connect((Ipv4Addr::LOCALHOST, self.port));
    }
}

impl Ends {
    fn accept(self: Arc<Self>, listener: &TcpListener, target: SocketAddr) {
        for near in listener.incoming() {
            let condition = self.condition();
            let (Ok(near), true) = (near, condition != Condition::Gone) else { return };
            if condition != Condition::Cut {
                // What cannot be connected is closed, as a cut wire does.
                _ = self.connect(near, target);
            }
        }
    }

    fn connect(self: &Arc<Self>, near: TcpStream, target: SocketAddr) -> io::Result<()> {
        let far = TcpStream::connect_timeout(&target, CONNECT_MAX)?;
        // A node sends small things and waits for the answer; the wire must not wait to make them larger.
        near.set_nodelay(true)?;
        far.set_nodelay(true)?;
        let (near_too, far_too) = (near.try_clone()?, far.try_clone()?);
        self.streams().push((near.try_clone()?, far.try_clone()?));
        if matches!(self.condition(), Condition::Cut | Condition::Gone) {
            self.disconnect();
        }
        let (there, back) = (Arc::clone(self), Arc::clone(self));
        thread::spawn(move || there.carry(near, far));
        thread::spawn(move || back.carry(far_too, near_too));
        Ok(())
    }

    /// Carries bytes until either side ends.
    fn carry(&self, mut from: TcpStream, mut to: TcpStream) {
        let mut bytes = vec![0; 64 * 1024];
        while let Ok(count @ 1..) = from.read(&mut bytes) {
            let condition = self.condition.lock().unwrap_or_else(PoisonError::into_inner);
            drop(self.changed.wait_while(condition, |condition| *condition == Condition::Blocked));
            if to.write_all(&bytes[..count]).is_err() {
                break;
            }
        }
        _ = (from.shutdown(Shutdown::Read), to.shutdown(Shutdown::Write));
    }

    fn condition(&self) -> Condition {
        *self.condition.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn turn(&self, condition: Condition) {
        *self.condition.lock().unwrap_or_else(PoisonError::into_inner) = condition;
        self.changed.notify_all();
        if matches!(condition, Condition::Cut | Condition::Gone) {
            self.disconnect();
        }
    }

    fn disconnect(&self) {
        for (near, far) in self.streams().drain(..) {
            // What has ended already needs no ending.
            _ = (near.shutdown(Shutdown::Both), far.shutdown(Shutdown::Both));
        }
    }

    fn streams(&self) -> MutexGuard<'_, Vec<(TcpStream, TcpStream)>> {
        self.streams.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

const CONNECT_MAX: Duration = Duration::from_secs(5);
