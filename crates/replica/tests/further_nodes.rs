//! Nodes that an organisation certifies beside the one that signs for it: whom the mesh is to connect, as what.

use knotwork_documents::Paper;
use knotwork_governance::{NodeCertificate, Said, SignedNode};
use knotwork_identity::{Nonce, SecretKey};

use crate::{
    asking::{founded, say, speaks},
    world::{World, key},
};

#[test]
fn whoever_signs_has_the_place_of_one_that_signs_and_whoever_is_ended_none() {
    let mut world = founded(3);
    let (first, second) = (key(1, "node"), SecretKey::from_seed(&[77; 32]));
    for node in [&first, &second] {
        certify(&mut world, node, true);
    }
    world.pass(60_000);
    for place in [0, 2] {
        assert_eq!(world.told[place].1, [second.public()], "node {place}");
        assert!(world.told[place].0.contains(&second.public()) && world.told[place].0.contains(&first.public()));
    }
    // Named, it is one of those that sign, and the other is served beside it.
    let named = SignedNode::sign(world.network, key(1, "organisation").public(), &second);
    world.give(1, speaks(1, Said::Node { node: Some(named), host: None }));
    world.settle();
    world.pass(60_000);
    for place in [0, 2] {
        assert_eq!(world.told[place].1, [first.public()], "node {place}");
        assert!(world.told[place].0.contains(&second.public()) && world.told[place].0.contains(&first.public()));
    }
    // Ended, it is connected for a moment more, and not when that connection has gone, whoever ends it.
    certify(&mut world, &first, false);
    world.pass(1_000);
    assert_eq!(world.told[0].1, []);
    assert!(world.told[0].0.contains(&first.public()), "it hears of it");
    world.part(0, 1);
    assert!(!world.told[0].0.contains(&first.public()));
    world.pass(60_000);
    assert!(!world.told[2].0.contains(&first.public()));
}

/// The second organisation says of a node of its own, signed for the network as it is now, whether it is served.
pub(crate) fn certify(world: &mut World, node: &SecretKey, served: bool) {
    let organisation = key(1, "organisation");
    let node = SignedNode::sign(world.rosters[1].agreed().network(), organisation.public(), node);
    say(world, 1, Paper::NodeCertificate(NodeCertificate { node, served }), &organisation, Nonce([0; 16]));
}
