//! An organisation that signs minutes and lies: a test speaks for it, with its node's key, to the nodes of the others.

use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
    sync::mpsc::{self, Receiver, SyncSender},
    time::Duration,
};

use knotwork_documents::Paper;
use knotwork_governance::ClosingStatement;
use knotwork_identity::{DocumentId, Genesis, MinuteHash, PublicKey, SecretKey};
use knotwork_ledger::{Checked, Verifiers};
use knotwork_mesh::{Judgement, Mesh, MeshEvent, MinutesReceiver};
use knotwork_minutes::{Agreed, Frame, Message, Minute, Proposal, Step, Tally};
use knotwork_replica::Announcement;
use knotwork_simulator::minutes::forged;
use tokio::runtime::Runtime;

use super::{
    daemon::Node,
    network::Network,
    rogue::{self, secret},
    wait,
};

/// The liar. Ends with this value.
pub(crate) struct Liar {
    /// What the minutes that it was sent make of the network.
    pub(crate) agreed: Agreed,
    /// In which round the last of them became final.
    pub(crate) round: u32,
    key: SecretKey,
    others: Vec<PublicKey>,
    heard: Receiver<Heard>,
    /// What the others said of the height in progress.
    messages: Vec<Message>,
    statements: BTreeMap<DocumentId, BTreeMap<PublicKey, ClosingStatement>>,
    mesh: Mesh,
    // Last: the rest lives on it.
    _runtime: Runtime,
}

/// What it hears.
enum Heard {
    Frame(PublicKey, Frame),
    Statement(ClosingStatement),
}

impl Liar {
    /// Takes the part of a node that does not run, connects with the others and takes in the minutes that they have.
    pub(crate) fn in_place_of(node: &Node, network: &Network, others: &[Node]) -> Self {
        assert!(!node.is_running(), "{} runs itself", node.name);
        let key = secret(node, "node");
        let genesis = fs::read(&network.genesis).expect("the network's file is there");
        let genesis = Genesis::from_bytes(&genesis).expect("the network's file is one");
        let rogue::Joined { runtime, mesh, mut events } = rogue::join(key.clone(), genesis.network(), others);
        let (say, heard) = mpsc::sync_channel(HEARD_MAX);
        let (listening, network) = (mesh.clone(), genesis.network());
        runtime.spawn(async move {
            while let Some(event) = events.recv().await {
                match event {
                    MeshEvent::Minutes { peer, frames } => _ = tokio::spawn(listen(peer, frames, say.clone())),
                    MeshEvent::Announced { token, bytes, .. } => {
                        listening.judge(token, Judgement::Accept);
                        let announced = Announcement::parse(&bytes, &network, &mut Verifiers::new(8));
                        hear_statements(&announced.expect("an honest node announces changes").changes, &say);
                    }
                    // Streams on which spaces are brought in step end at once: it has nothing to say there.
                    _ => {}
                }
            }
        });
        let mut liar = Self {
            agreed: Agreed::founded(&genesis),
            round: 0,
            key,
            others: others.iter().map(|other| secret(other, "node").public()).collect(),
            heard,
            messages: Vec::new(),
            statements: BTreeMap::new(),
            mesh,
            _runtime: runtime,
        };
        let minutes = super::circle::hashes(&others[0]).len() as u64;
        liar.until("the minutes so far", |liar| liar.agreed.height() == minutes);
        liar
    }

    /// Its node's key.
    pub(crate) fn node(&self) -> PublicKey {
        self.key.public()
    }

    /// The number of the minute that comes next.
    pub(crate) fn next(&self) -> u64 {
        self.agreed.height() + 1
    }

    /// Whether it has the chair of the first round of the next minute.
    pub(crate) fn is_in_the_chair(&self) -> bool {
        self.agreed.signers().chair(self.next(), 0).node == self.node()
    }

    /// Waits for the statements of all others on a decision, in their order.
    pub(crate) fn statements(&mut self, decision: DocumentId) -> Vec<ClosingStatement> {
        let count = self.others.len();
        self.until("the others' statements", |liar| liar.statements.get(&decision).map_or(0, BTreeMap::len) == count);
        self.others.iter().map(|node| self.statements[&decision][node].clone()).collect()
    }

    /// Waits until each of the others has said what it finds of a minute, in the first round, or has the next minute.
    pub(crate) fn until_all_have_voted(&mut self) {
        let (next, count) = (self.next(), self.others.len());
        self.until("the others vote", |liar| {
            let voters = liar.messages.iter().filter_map(|message| match message {
                Message::Vote(vote) if vote.round == 0 => Some(vote.node),
                _ => None,
            });
            liar.next() > next || voters.collect::<BTreeSet<PublicKey>>().len() == count
        });
    }

    /// Waits for what another one proposes; nothing when its minute is final before that.
    pub(crate) fn proposed(&mut self) -> Option<MinuteHash> {
        let next = self.next();
        let found = |liar: &Self| {
            liar.messages.iter().find_map(|message| match message {
                Message::Proposal(Proposal { hash, round: 0, .. }) => Some(*hash),
                _ => None,
            })
        };
        self.until("a proposal", |liar| liar.next() > next || found(liar).is_some());
        found(self)
    }

    /// Waits until it has been sent this minute.
    pub(crate) fn until_final(&mut self, height: u64) {
        self.until("the minute is final", |liar| liar.agreed.height() >= height);
    }

    /// Its own statement.
    pub(crate) fn state(&self, as_in: &ClosingStatement, ballots: usize) -> ClosingStatement {
        let ballots = as_in.ballots[..ballots].to_vec();
        ClosingStatement::make(self.agreed.network(), &self.key, as_in.decision, as_in.terms, ballots)
    }

    /// Proposes a minute to one of the others, by its place, in the first round.
    pub(crate) fn propose(&self, to: usize, minute: &Minute) {
        let network = self.agreed.network();
        self.say(to, forged::proposal(network, &self.key, minute.height, 0, None, minute.clone()));
    }

    /// Votes in the first round towards one of the others, by its place.
    pub(crate) fn vote(&self, to: usize, height: u64, step: Step, minute: Option<MinuteHash>) {
        self.say(to, forged::vote(self.agreed.network(), &self.key, height, 0, step, minute));
    }

    fn say(&self, to: usize, message: Message) {
        self.mesh.send_minutes(self.others[to], Frame::Message(message).to_bytes());
    }

    /// Listens until something is so, and tells the others now and then how far it is.
    fn until(&mut self, what: &str, is_so: impl Fn(&Self) -> bool) {
        wait::until(what, || {
            while let Ok(heard) = self.heard.recv_timeout(GLANCE) {
                self.take_in(heard);
            }
            if is_so(self) {
                return Ok(());
            }
            self.others.iter().for_each(|other| self.tell(*other));
            Err(format!("{} minutes, {} messages: {:?}", self.agreed.height(), self.messages.len(), self.messages))
        });
    }

    fn take_in(&mut self, heard: Heard) {
        match heard {
            Heard::Statement(statement) => {
                self.statements.entry(statement.decision).or_default().insert(statement.node, statement);
            }
            Heard::Frame(_, Frame::Minutes(minutes)) => {
                for (minute, proof) in minutes {
                    if self.agreed.follow(&minute, &proof).is_ok() {
                        self.round = proof.round;
                        self.messages.clear();
                    }
                }
            }
            Heard::Frame(_, Frame::Message(message)) if message.height() == self.next() => self.messages.push(message),
            Heard::Frame(peer, Frame::Tally(tally)) if tally.height > self.agreed.height() => self.tell(peer),
            Heard::Frame(..) => {}
        }
    }

    /// Tells one of the others how far it is, and that it sees nobody else: what it says is passed on then.
    fn tell(&self, peer: PublicKey) {
        let agreed = &self.agreed;
        let (network, height, hash) = (agreed.network(), agreed.height(), agreed.hash());
        let tally = Tally { network, height, hash, has: Vec::new(), sees: Vec::new(), asks: false, answer: false };
        self.mesh.send_minutes(peer, Frame::Tally(tally).to_bytes());
    }
}

async fn listen(peer: PublicKey, mut frames: MinutesReceiver, say: SyncSender<Heard>) {
    while let Ok(Some(bytes)) = frames.recv().await {
        let frame = Frame::from_bytes(&bytes).expect("an honest node sends frames");
        // It may have ended meanwhile, or have more to hear than it can.
        _ = say.try_send(Heard::Frame(peer, frame));
    }
}

fn hear_statements(changes: &[Checked], say: &SyncSender<Heard>) {
    for change in changes {
        if let Checked::Change(change) = change
            && let Some(Paper::ClosingStatement(statement)) = Paper::read(change)
        {
            _ = say.try_send(Heard::Statement(statement));
        }
    }
}

const GLANCE: Duration = Duration::from_millis(20);
/// How much it may have heard and not looked at.
const HEARD_MAX: usize = 10_000;
