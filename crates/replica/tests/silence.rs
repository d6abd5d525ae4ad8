//! Whether keys have signed anything of late, by the times that their changes claim.

use knotwork_identity::Timestamp;
use knotwork_replica::signed_since;

use crate::world::{World, key, resource};

#[test]
fn whoever_signed_nothing_of_late_is_told_from_those_who_did() {
    let mut world = World::new(2);
    world.connect_all();
    let services = [0, 1].map(|place| key(place, "service"));
    // What the first writes claims to be older than what the second writes.
    world.write(0, resource(world.network, 5, "", &services[0]));
    world.write(1, resource(world.network, 50, "", &services[1]));
    world.pass(60_000);
    assert_eq!(world.count_like(0), 2);
    for node in &world.nodes {
        let asks = |keys: &[usize], milliseconds| {
            let keys = keys.iter().map(|place| services[*place].public()).collect();
            let since = Timestamp::from_milliseconds(milliseconds).expect("small");
            signed_since(&*node.storage, &keys, since).expect("memory can be read")
        };
        assert!(asks(&[0], 1_005) && asks(&[1], 1_050), "the time itself counts");
        assert!(!asks(&[0], 1_006) && asks(&[1], 1_006), "of each its own");
        assert!(asks(&[0, 1], 1_006) && !asks(&[0, 1], 1_051));
        assert!(!asks(&[], 0));
    }
}
