//! Frames of minutes on their way between the replica's thread and a peer.

use std::{collections::HashSet, time::Duration};

use knotwork_identity::{MinuteHash, NetworkId, PublicKey, SecretKey};
use knotwork_mesh::{MeshConfig, MinutesReceiver};
use knotwork_minutes::{Frame, FrameError, Tally};
use tokio::time::timeout;

use super::*;
use crate::driver::minutes::Minutes;

const NETWORK: NetworkId = NetworkId([7; 32]);
const PATIENCE: Duration = Duration::from_secs(20);

/// A mesh, and what it tells.
pub(super) struct Meshed {
    pub(super) mesh: Mesh,
    pub(super) key: PublicKey,
    pub(super) events: mpsc::Receiver<MeshEvent>,
}

impl Meshed {
    pub(super) async fn start(number: u8) -> Self {
        let key = SecretKey::from_seed(&[number; 32]);
        let mut config = MeshConfig::new(key.clone(), NETWORK);
        config.listen = vec!["/ip4/127.0.0.1/tcp/0".to_owned()];
        let (mesh, events) = Mesh::start(config).await.expect("the mesh starts");
        Self { mesh, key: key.public(), events }
    }

    pub(super) async fn until<T>(&mut self, find: impl Fn(MeshEvent) -> Option<T>) -> T {
        let found = async {
            loop {
                if let Some(found) = find(self.events.recv().await.expect("the mesh runs")) {
                    return found;
                }
            }
        };
        timeout(PATIENCE, found).await.expect("never came")
    }

    async fn minutes(&mut self) -> MinutesReceiver {
        self.until(|event| match event {
            MeshEvent::Minutes { frames, .. } => Some(frames),
            _ => None,
        })
        .await
    }
}

/// Two that are connected.
async fn meshed() -> (Meshed, Meshed) {
    let (mut first, mut second) = (Meshed::start(1).await, Meshed::start(2).await);
    let roster = HashSet::from([first.key, second.key]);
    first.mesh.set_roster(roster.clone());
    second.mesh.set_roster(roster);
    second.mesh.set_addresses(first.key, first.mesh.listen_addresses());
    for one in [&mut first, &mut second] {
        one.until(|event| matches!(event, MeshEvent::Connected { .. }).then_some(())).await;
    }
    (first, second)
}

fn tally(height: u64) -> Frame {
    let tally = Tally {
        network: NETWORK,
        height,
        hash: MinuteHash([1; 32]),
        has: Vec::new(),
        sees: Vec::new(),
        asks: false,
        answer: false,
    };
    Frame::Tally(tally)
}

/// The thread's own, over an engine and with a mesh, without the thread.
fn turns(engine: Slow, mesh: Mesh) -> (Arc<Store<Slow>>, Loop) {
    let Sample { store, mut parts, .. } = sample(engine);
    let (inputs, inputs_in) = mpsc::channel(INPUTS_MAX);
    let (_, commands) = mpsc::channel(COMMANDS_MAX);
    let board = StatusBoard::new(watch::channel(Arc::new(parts.replica.status())).0);
    let turns = Loop {
        replica: parts.replica,
        storage: parts.storage,
        clock: parts.clock,
        inputs: inputs_in,
        commands,
        surroundings: Surroundings::new(
            Handle::current(),
            Some(mesh),
            parts.lineage,
            None,
            parts.peers,
            inputs,
            Rooms::new(),
        ),
        waiting: Waiting::default(),
        board,
        newest: watch::channel(0).0,
        unsynced_since: None,
    };
    (store, turns)
}

#[tokio::test(flavor = "multi_thread")]
async fn what_has_to_be_on_the_disk_is_not_sent_where_the_disk_refuses() {
    let (first, mut second) = meshed().await;
    let (store, mut turns) = turns(Slow::default(), first.mesh.clone());
    let send = |text: &str| vec![Effect::Minutes { peer: second.key, frame: text.as_bytes().to_vec() }];
    let commit = |effects, after_sync| Commit { effects, after_sync, newest: 1, wrote: true, ..Commit::default() };
    store.engine().fails.store(true, Ordering::SeqCst);
    turns.carry_out(commit(send("at once"), send("not without the disk")));
    store.engine().fails.store(false, Ordering::SeqCst);
    // What was refused before is not sent later either.
    turns.carry_out(commit(send("at once too"), send("from the disk")));
    assert!(turns.unsynced_since.is_none(), "it was sent before the disk had it");
    // Where nothing was written since, the disk has it already.
    let syncs = store.engine().syncs.load(Ordering::SeqCst);
    turns.carry_out(Commit { after_sync: send("from the disk too"), newest: 1, ..Commit::default() });
    assert_eq!(store.engine().syncs.load(Ordering::SeqCst), syncs);
    let mut frames = second.minutes().await;
    for text in ["at once", "at once too", "from the disk", "from the disk too"] {
        let frame = timeout(PATIENCE, frames.recv()).await.expect("never came");
        assert_eq!(frame, Ok(Some(text.as_bytes().to_vec())), "instead of {text}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn frames_that_come_are_handed_on_in_order_until_one_is_none() {
    let (mut first, second) = meshed().await;
    let (inputs, mut inputs_out) = mpsc::channel(INPUTS_MAX);
    let mut minutes = Minutes::new(Handle::current(), inputs, Rooms::new());
    for height in 0..100 {
        second.mesh.send_minutes(first.key, tally(height).to_bytes());
    }
    second.mesh.send_minutes(first.key, b"nothing of the kind".to_vec());
    assert!(!minutes.are_read_of(&second.key));
    minutes.taken_in(second.key, first.minutes().await);
    assert!(minutes.are_read_of(&second.key));
    for height in 0..100 {
        match timeout(PATIENCE, inputs_out.recv()).await.expect("never came") {
            Some(Input::Frame { event: Event::Minutes { peer, frame }, .. }) => {
                assert_eq!((peer, *frame), (second.key, tally(height)));
            }
            other => panic!("{other:?}"),
        }
    }
    match timeout(PATIENCE, inputs_out.recv()).await.expect("never came") {
        Some(Input::Frame { event: Event::MalformedMinutes { peer, error }, .. }) => {
            assert!(peer == second.key && matches!(error, FrameError::Bytes(_)), "{error}");
        }
        other => panic!("{other:?}"),
    }
    // The stream has ended with it: what comes next comes on another.
    let again = async {
        loop {
            second.mesh.send_minutes(first.key, tally(100).to_bytes());
            if let Ok(event) = timeout(Duration::from_millis(10), first.minutes()).await {
                return event;
            }
        }
    };
    minutes.taken_in(second.key, timeout(PATIENCE, again).await.expect("never came"));
    let next = timeout(PATIENCE, inputs_out.recv()).await.expect("never came");
    assert!(matches!(next, Some(Input::Frame { event: Event::Minutes { .. }, .. })), "{next:?}");
    minutes.gone(&second.key);
    assert!(!minutes.are_read_of(&second.key));
}

#[tokio::test(flavor = "multi_thread")]
async fn what_comes_after_the_end_of_a_connection_is_dropped() {
    let (mut first, second) = meshed().await;
    let (_store, mut turns) = turns(Slow::default(), first.mesh.clone());
    second.mesh.send_minutes(first.key, tally(1).to_bytes());
    let frames = first.minutes().await;
    assert!(turns.surroundings.event(Input::Minutes { peer: second.key, frames }).is_none());
    let input = timeout(PATIENCE, turns.inputs.recv()).await.expect("never came").expect("a frame");
    let ended = turns.surroundings.event(Input::Event(Event::Disconnected { peer: second.key }));
    assert!(matches!(ended, Some(Event::Disconnected { .. })));
    assert!(turns.surroundings.event(input).is_none());
}
