//! What the replica knows of one other node, and when it compares with it next.

use knotwork_identity::{PublicKey, Timestamp};

use crate::{SessionId, frame::Summary, limits};

/// One other node of the roster.
#[derive(Debug)]
pub(crate) struct Peer {
    pub(crate) node: PublicKey,
    pub(crate) connected: bool,
    /// Whether it has said that it does not serve this node. It stands until a frame comes from it: such a node goes away and
    /// comes back all the time.
    pub(crate) declines: bool,
    /// The session that we opened with it, if one is open.
    pub(crate) session: Option<SessionId>,
    /// When to compare next, in milliseconds.
    pub(crate) next_check: Option<u64>,
    /// Whether that is because of a change that it may lack.
    settling: bool,
    /// Before this nothing is compared, in milliseconds: sessions failed.
    not_before: u64,
    /// Sessions in a row that failed, or brought nothing and left a difference.
    vain: u32,
    /// What it last said it holds.
    pub(crate) theirs: Vec<Summary>,
    pub(crate) last_in_step: Option<Timestamp>,
    pub(crate) fault: Option<String>,
}

/// How one of our sessions with a peer ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Ending {
    /// Both hold the same.
    InStep,
    /// What differs waits for something that neither has.
    Waiting,
    /// There is more to do than one session does. Whether this one brought anything.
    Unfinished { brought: bool },
    /// It broke, stood still or was given up.
    Failed,
}

impl Peer {
    pub(crate) fn new(node: PublicKey) -> Self {
        Self {
            node,
            connected: false,
            declines: false,
            session: None,
            next_check: None,
            settling: false,
            not_before: 0,
            vain: 0,
            theirs: Vec::new(),
            last_in_step: None,
            fault: None,
        }
    }

    /// A connection stands: what failed before says nothing about it.
    pub(crate) fn connected(&mut self) {
        self.connected = true;
        self.vain = 0;
        self.not_before = 0;
    }

    /// It is gone. What it said that it holds is not forgotten: as long as nothing changes here, it has all of it.
    pub(crate) fn disconnected(&mut self) {
        self.connected = false;
        self.next_check = None;
    }

    /// Compares at `at` at the latest, or when failures allow, if there is a connection.
    pub(crate) fn check_by(&mut self, at: u64) {
        if self.connected {
            let at = at.max(self.not_before);
            self.next_check = Some(self.next_check.map_or(at, |planned| planned.min(at)));
        }
    }

    /// As [`Peer::check_by`], because of a change that it may lack.
    pub(crate) fn settle_by(&mut self, at: u64) {
        let before = self.next_check;
        self.check_by(at);
        self.settling |= self.next_check != before;
    }

    /// The change seems to be known everywhere: it is enough to compare at `at`.
    pub(crate) fn need_not_settle(&mut self, at: u64) {
        if std::mem::take(&mut self.settling) && self.session.is_none() {
            self.next_check = None;
            self.check_by(at);
        }
    }

    /// The peer asked, and both hold the same: it will ask again before we do.
    pub(crate) fn asked_in_step(&mut self, now: u64) {
        if self.session.is_none() {
            self.settling = false;
            self.next_check = None;
            self.check_by(now + 2 * limits::IDLE_MILLISECONDS);
        }
    }

    /// Plans the next comparison after one that ended. What was planned meanwhile stands, unless both hold the same now.
    pub(crate) fn ended(&mut self, now: u64, jitter: u64, ending: Ending) {
        self.session = None;
        self.settling = false;
        let idle = now + limits::IDLE_MILLISECONDS + jitter % limits::IDLE_MILLISECONDS;
        match ending {
            Ending::InStep => {
                self.vain = 0;
                self.not_before = 0;
                self.next_check = None;
                self.check_by(idle);
            }
            Ending::Waiting => self.check_by(idle),
            Ending::Unfinished { brought: true } => {
                self.vain = 0;
                self.check_by(now + limits::SETTLE_MILLISECONDS);
            }
            Ending::Unfinished { brought: false } | Ending::Failed => {
                let pause = limits::RETRY_MILLISECONDS << self.vain.min(16);
                let pause = pause.min(limits::RETRY_MILLISECONDS_MAX);
                self.vain += 1;
                self.not_before = now + pause + jitter % pause;
                self.next_check = None;
                self.check_by(self.not_before);
            }
        }
    }
}
