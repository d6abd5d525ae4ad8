//! The dialler with a clock that the test moves.

use libp2p::swarm::ConnectionId;

use super::*;

/// A dialler, a clock that the test moves, and the peers' names.
struct Bench {
    dialler: Dialler,
    now: Instant,
    connections: usize,
}

impl Bench {
    fn new() -> Self {
        Self { dialler: Dialler::new(Timing::default(), 1), now: Instant::now(), connections: 0 }
    }

    fn knows(&mut self, peer: PeerId, addresses: &[&str]) {
        self.dialler.roster.insert(peer);
        self.dialler.set_addresses(peer, addresses.iter().map(|text| at(text)).collect(), self.now);
    }

    /// Dials whatever is to be dialled now.
    fn dials(&mut self) -> Vec<(ConnectionId, Dial)> {
        std::iter::from_fn(|| {
            let dial = self.dialler.poll(self.now, 0, 1)?;
            self.connections += 1;
            let connection = ConnectionId::new_unchecked(self.connections);
            self.dialler.started(&dial.target, connection);
            Some((connection, dial))
        })
        .collect()
    }

    /// Waits until something is to be done, and says for how long.
    fn wait(&mut self) -> Duration {
        let next = self.dialler.next_wake().expect("something is to be done");
        let waited = next.saturating_duration_since(self.now);
        self.now = self.now.max(next);
        waited
    }

    fn fail(&mut self, connection: ConnectionId) {
        self.dialler.failed(connection, Failure::Failed, self.now);
    }

    fn reach(&mut self, connection: ConnectionId, peer: PeerId) {
        self.dialler.reached(connection, peer, self.now);
        self.dialler.connected(peer, self.now);
    }
}

fn at(text: &str) -> Multiaddr {
    text.parse().expect("an address")
}

const ONE: &str = "/ip4/192.0.2.1/tcp/1";
const TWO: &str = "/ip4/192.0.2.2/udp/2/quic-v1";

#[test]
fn addresses_are_tried_as_listed_each_with_a_head_start() {
    let mut bench = Bench::new();
    let peer = PeerId::random();
    bench.knows(peer, &[TWO, ONE]);
    let first = bench.dials();
    assert_eq!(first.iter().map(|(_, dial)| dial.address.clone()).collect::<Vec<_>>(), [at(TWO)]);
    assert_eq!(bench.wait(), Timing::default().address_stagger);
    let second = bench.dials();
    assert_eq!(second.iter().map(|(_, dial)| dial.address.clone()).collect::<Vec<_>>(), [at(ONE)]);
    // One reached ends the attempt; the other, when it is turned away, changes nothing.
    bench.reach(second[0].0, peer);
    bench.dialler.failed(first[0].0, Failure::Connected(peer), bench.now);
    assert_eq!(bench.dialler.next_wake(), None);
    // A failure does not make the next address wait for its time.
    let mut bench = Bench::new();
    bench.knows(peer, &[TWO, ONE]);
    let first = bench.dials();
    bench.fail(first[0].0);
    assert_eq!(bench.dials().len(), 1);
}

#[test]
fn pauses_double_up_to_a_bound_that_grows_with_the_absence() {
    let mut bench = Bench::new();
    bench.knows(PeerId::random(), &[ONE]);
    let timing = Timing::default();
    let (start, mut pauses) = (bench.now, Vec::new());
    while bench.now < start + Duration::from_secs(3600) {
        let dials = bench.dials();
        bench.fail(dials[0].0);
        pauses.push(bench.wait());
    }
    for (number, pause) in pauses.iter().take(5).enumerate() {
        let expected = timing.redial_first * 2_u32.pow(number as u32);
        assert!((expected * 3 / 4..=expected * 5 / 4).contains(pause), "pause {number} is {pause:?}");
    }
    assert!(pauses.iter().all(|pause| *pause <= timing.redial_late * 5 / 4));
    let soon: Duration = pauses.iter().take_while(|pause| **pause <= timing.redial_soon * 5 / 4).sum();
    assert!(soon >= timing.redial_patience, "patience ended after {soon:?}");
    assert!(*pauses.last().expect("some") >= timing.redial_late * 3 / 4);
    assert!(pauses.iter().collect::<HashSet<_>>().len() > pauses.len() / 2, "no chance in the pauses");
}

#[test]
fn only_a_connection_that_lasted_ends_the_series() {
    let mut bench = Bench::new();
    let peer = PeerId::random();
    bench.knows(peer, &[ONE]);
    let mut last = Duration::ZERO;
    for _ in 0..6 {
        let dials = bench.dials();
        bench.reach(dials[0].0, peer);
        assert_eq!(bench.dialler.next_wake(), None, "a connected peer is dialled");
        bench.now += Timing::default().steady / 2;
        bench.dialler.disconnected(peer, bench.now);
        let pause = bench.wait();
        assert!(pause > last, "{pause:?} after {last:?}");
        last = pause;
    }
    let dials = bench.dials();
    bench.reach(dials[0].0, peer);
    bench.now += Timing::default().steady;
    bench.dialler.disconnected(peer, bench.now);
    assert_eq!(bench.wait(), Duration::ZERO);
    let dials = bench.dials();
    bench.fail(dials[0].0);
    assert!(bench.wait() <= Timing::default().redial_first * 5 / 4);
}

#[test]
fn a_new_address_is_tried_at_once_and_the_same_ones_are_no_news() {
    let mut bench = Bench::new();
    let peer = PeerId::random();
    bench.knows(peer, &[ONE]);
    for _ in 0..8 {
        let dials = bench.dials();
        bench.fail(dials[0].0);
        bench.wait();
    }
    let dials = bench.dials();
    bench.fail(dials[0].0);
    bench.knows(peer, &[ONE]);
    assert!(bench.dials().is_empty());
    bench.knows(peer, &[TWO, ONE]);
    assert_eq!(bench.dials()[0].1.address, at(TWO));
}

#[test]
fn those_off_the_roster_and_the_refused_are_left_alone() {
    let mut bench = Bench::new();
    let (peer, other) = (PeerId::random(), PeerId::random());
    bench.knows(peer, &[ONE]);
    bench.knows(other, &[TWO]);
    bench.dialler.set_roster(HashSet::from([peer]));
    bench.dialler.refuse(peer, bench.now + Duration::from_secs(100));
    assert!(bench.dials().is_empty());
    // Neither a move nor a new address shortens it.
    bench.dialler.set_own(HashSet::from([at("/ip4/192.0.2.9/tcp/9")]), bench.now);
    bench.knows(peer, &[TWO]);
    assert_eq!(bench.wait(), Duration::from_secs(100));
    assert_eq!(bench.dials()[0].1, Dial { target: Target::Peer(peer), address: at(TWO) });
    assert!(bench.dials().is_empty());
}

#[test]
fn own_addresses_are_not_dialled() {
    let mut bench = Bench::new();
    bench.dialler.set_own(HashSet::from([at(ONE)]), bench.now);
    bench.knows(PeerId::random(), &[ONE]);
    assert!(bench.dials().is_empty());
    assert!(bench.wait() > Duration::ZERO);
    // Under another name it shows when dialled, and is forgotten.
    bench.dialler.add_address(at(TWO), bench.now);
    let (connection, dial) = bench.dials().into_iter().find(|(_, dial)| dial.address == at(TWO)).expect("a dial");
    bench.dialler.failed(connection, Failure::Own, bench.now);
    assert!(!bench.dialler.targets.contains_key(&dial.target));
}

#[test]
fn an_extra_address_follows_the_peer_that_answered() {
    let mut bench = Bench::new();
    let peer = PeerId::random();
    bench.dialler.roster.insert(peer);
    bench.dialler.add_address(at(ONE), bench.now);
    let dials = bench.dials();
    assert_eq!(dials[0].1.target, Target::Address(at(ONE)));
    bench.reach(dials[0].0, peer);
    assert_eq!(bench.dialler.next_wake(), None);
    bench.now += Timing::default().steady;
    bench.dialler.disconnected(peer, bench.now);
    assert_eq!(bench.dials().len(), 1);
    for number in 0..2 * EXTRA_ADDRESSES_MAX {
        bench.dialler.add_address(at(&format!("/ip4/192.0.2.3/tcp/{}", number + 1)), bench.now);
    }
    assert_eq!(bench.dialler.targets.len(), EXTRA_ADDRESSES_MAX);
}

#[test]
fn no_more_are_dialled_than_allowed_and_chance_chooses() {
    let peers: Vec<_> = std::iter::repeat_with(PeerId::random).take(50).collect();
    let mut chosen = std::collections::BTreeSet::new();
    for seed in 0..50 {
        let mut bench = Bench::new();
        bench.dialler.random = seed;
        for peer in &peers {
            bench.knows(*peer, &[ONE]);
        }
        assert_eq!(bench.dialler.poll(bench.now, 16, 16), None);
        chosen.insert(bench.dialler.poll(bench.now, 15, 16).map(|dial| dial.target));
    }
    assert!(chosen.len() > 10, "only {} of 50 were ever first", chosen.len());
}
