//! Comparing: what is asked in which way, what it costs, and where it ends.

use knotwork_identity::{ChangeId, SpaceId, Timestamp};
use knotwork_ledger::Checked;
use knotwork_reconcile::ChangeSet;
use knotwork_replica::{Event, Frame, limits};

use crate::{
    scripted::{Scripted, begun, faults},
    world::{COMPARE, WANT, WANT_ALL, World, key, resource},
};

#[test]
fn a_node_that_has_nothing_asks_for_everything() {
    let mut world = World::new(2);
    world.write_resources(0, 0, 40);
    world.connect(0, 1);
    world.pass(5_000);
    assert_eq!(world.count_like(0), 2);
    let asked: Vec<_> = [COMPARE, WANT, WANT_ALL].map(|tag| world.frames(0, tag) + world.frames(1, tag)).into();
    // The roster spaces differ and are compared; the commons of one are empty.
    assert!(world.sent.iter().filter(|sent| sent.tag() == WANT_ALL).count() <= 1, "{asked:?}");
    let commons_compared =
        world.sent.iter().any(|sent| sent.tag() == COMPARE && sent.bytes.get(1) == Some(&SpaceId::Commons.tag()));
    assert!(!commons_compared, "there is nothing to compare: {asked:?}");
}

#[test]
fn a_reconnect_with_nothing_new_costs_a_greeting_each_way() {
    let mut world = World::new(2);
    world.write_resources(0, 0, 300);
    world.connect(0, 1);
    world.pass(10_000);
    assert_eq!(world.count_like(0), 2);
    world.part(0, 1);
    world.sent.clear();
    world.connect(0, 1);
    world.pass(5_000);
    let bytes: usize = world.sent.iter().map(|sent| sent.bytes.len()).sum();
    assert_eq!(world.sent.len(), 2);
    assert!(bytes < 400, "{bytes} bytes");
}

#[test]
fn a_reconnect_costs_by_the_difference_and_not_by_what_is_held() {
    let cost = |held: u64, new: u64| {
        let mut world = World::new(2);
        world.write_resources(0, 0, held);
        world.connect(0, 1);
        world.pass(10_000);
        assert_eq!(world.count_like(0), 2);
        world.part(0, 1);
        world.write_resources(0, held, new);
        world.write_resources(1, held + new, new);
        world.sent.clear();
        world.connect(0, 1);
        world.pass(5_000);
        assert_eq!(world.count_like(0), 2);
        world.sent.iter().map(|sent| sent.bytes.len()).sum::<usize>()
    };
    let (small, large, more) = (cost(300, 5), cost(1_500, 5), cost(300, 50));
    assert!(large < 2 * small, "{small} bytes over 300 changes, and {large} over 1,500");
    assert!(small < 8_000 && more < 10 * small, "{small} bytes for 10 changes, {more} for 100");
}

#[test]
fn where_the_sums_agree_and_the_digests_do_not_it_compares_under_a_salt() {
    let mut world = World::with_strangers(1, 1);
    world.write_resources(0, 0, 20);
    let mut peer = Scripted::new(&world, 1);
    for number in 0..20 {
        let change = resource(world.network, number, "", &key(0, "service")).remove(0);
        peer.offer(change.id(), change.time(), Checked::Change(change));
    }
    // It has one more, which only shows under other names: in the comparison without a salt the sums hide it.
    let hidden = resource(world.network, 500, "", &key(0, "service")).remove(0);
    let mut with_hidden = ChangeSet::from_ids(peer.set.ids());
    with_hidden.insert(hidden.time(), &hidden.id());
    peer.changes.insert(hidden.id(), Checked::Change(hidden.clone()));
    peer.digest = Some(with_hidden.digest());
    peer.salted = Some(with_hidden);
    peer.meet(&mut world);
    assert_eq!(peer.compared.first(), Some(&None));
    assert!(peer.compared.iter().any(Option::is_some), "{:?}", peer.compared);
    assert_eq!(peer.wanted, [vec![hidden.id()]]);
    assert!(world.nodes[0].replica.holds(&SpaceId::Commons, hidden.time(), &hidden.id()));
    assert!(world.faults.is_empty(), "{:?}", world.faults);
}

#[test]
fn a_comparison_ends_after_so_many_rounds() {
    let mut world = World::with_strangers(1, 1);
    world.write_resources(0, 0, 100);
    let mut peer = Scripted::new(&world, 1);
    peer.set.insert(Timestamp::NONE, &ChangeId([3; 32]));
    // "All of it differs", whatever was asked: version, no upper bound, a fingerprint.
    peer.answer = Some([&[0x61, 0, 0, 1][..], &[0xab; 16]].concat());
    peer.meet(&mut world);
    let unsalted = peer.compared.iter().filter(|salt| salt.is_none()).count();
    assert_eq!(unsalted, limits::COMPARE_ROUNDS_MAX, "rounds of the first comparison");
    let salts: std::collections::BTreeSet<_> = peer.compared.iter().flatten().collect();
    assert!(salts.len() <= limits::SALTS_MAX);
    assert!(world.faults.is_empty(), "{:?}", world.faults);
}

/// The question whether two sets are equal.
fn question() -> Vec<u8> {
    knotwork_reconcile::begin(&ChangeSet::default()).expect("it begins")
}

fn compare(salt: Option<[u8; 16]>) -> Frame {
    Frame::Compare { space: SpaceId::Commons, salt, body: question() }
}

#[test]
fn a_salt_is_answered_after_a_comparison_without_and_only_so_many() {
    let mut world = World::with_strangers(1, 1);
    world.write_resources(0, 0, 3);
    let now = world.now();
    let replica = &mut world.nodes[0].replica;
    let session = begun(replica, now, 1, 900);
    replica.handle(now, Event::Frame { session, frame: compare(Some([1; 16])) });
    let reasons = faults(&replica.commit(now).effects);
    assert!(matches!(&reasons[..], [reason] if reason.contains("before it has compared without")), "{reasons:?}");
    // In its order, up to the limit.
    let session = begun(replica, now, 1, 901);
    replica.handle(now, Event::Frame { session, frame: compare(None) });
    for salt in 0..limits::SALTS_MAX as u8 {
        replica.handle(now, Event::Frame { session, frame: compare(Some([salt; 16])) });
    }
    assert_eq!(faults(&replica.commit(now).effects), [""; 0]);
    replica.handle(now, Event::Frame { session, frame: compare(Some([99; 16])) });
    assert_eq!(faults(&replica.commit(now).effects).len(), 1);
}

#[test]
fn a_session_has_so_many_greetings_and_answers() {
    let mut world = World::with_strangers(1, 1);
    world.write_resources(0, 0, 3);
    let now = world.now();
    let replica = &mut world.nodes[0].replica;
    let session = begun(replica, now, 1, 900);
    for _ in 1..limits::GREETINGS_MAX {
        replica.handle(now, Event::Frame { session, frame: Frame::Greeting { spaces: Vec::new() } });
    }
    assert_eq!(faults(&replica.commit(now).effects), [""; 0]);
    replica.handle(now, Event::Frame { session, frame: Frame::Greeting { spaces: Vec::new() } });
    assert_eq!(faults(&replica.commit(now).effects), ["it greets without end"]);
    let session = begun(replica, now, 1, 901);
    for _ in 0..limits::ANSWERS_MAX {
        replica.handle(now, Event::Frame { session, frame: compare(None) });
    }
    assert_eq!(faults(&replica.commit(now).effects), [""; 0]);
    replica.handle(now, Event::Frame { session, frame: compare(None) });
    assert_eq!(faults(&replica.commit(now).effects), ["it compares without end"]);
}

#[test]
fn a_session_compares_so_many_bytes_and_no_more() {
    let mut world = World::with_strangers(1, 1);
    world.write_resources(0, 0, 3);
    let now = world.now();
    let replica = &mut world.nodes[0].replica;
    let session = begun(replica, now, 1, 900);
    // The longest message, of ids that nobody has: version, no upper bound, a list of ids.
    let count: usize = (knotwork_reconcile::FRAME_BYTES_MAX - 6) / 32;
    let head = [0x61, 0, 0, 2, 0x80 | (count >> 7) as u8, (count & 0x7f) as u8];
    let ids = (0..count).flat_map(|number| knotwork_identity::sha256(&[&number.to_be_bytes()]));
    let body: Vec<u8> = head.into_iter().chain(ids).collect();
    let mut bytes = 0;
    let reasons = loop {
        let frame = Frame::Compare { space: SpaceId::Commons, salt: None, body: body.clone() };
        bytes += body.len();
        replica.handle(now, Event::Frame { session, frame });
        let reasons = faults(&replica.commit(now).effects);
        if !reasons.is_empty() {
            break reasons;
        }
    };
    assert_eq!(reasons, ["it compares without end"]);
    assert!(bytes <= 2 * limits::COMPARE_BYTES_MAX + body.len(), "{bytes} bytes");
}

#[test]
fn another_session_of_a_peer_takes_the_place_of_the_one_before() {
    let mut world = World::with_strangers(1, 1);
    let now = world.now();
    let replica = &mut world.nodes[0].replica;
    let first = begun(replica, now, 1, 900);
    let second = begun(replica, now, 1, 901);
    let effects = replica.commit(now).effects;
    assert!(effects.contains(&knotwork_replica::Effect::Close { session: first }));
    replica.handle(now, Event::Frame { session: first, frame: Frame::WantAll { space: SpaceId::Commons } });
    assert!(replica.commit(now).effects.is_empty(), "nobody listens to the first any more");
    replica.handle(now, Event::Frame { session: second, frame: Frame::WantAll { space: SpaceId::Commons } });
    assert!(!replica.commit(now).effects.is_empty());
}
