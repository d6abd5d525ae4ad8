//! Handing in an application.

use std::collections::BTreeSet;

use knotwork_documents::OrganisationEdit;
use knotwork_identity::{DocumentId, PublicKey};
use knotwork_replica::Roster as _;

use super::{minutes::Meshed, *};

/// A driver with this mesh, whose organisation has applied through `sponsor`. Its network's minutes name neither node.
fn applying(mesh: (Mesh, mpsc::Receiver<MeshEvent>), own: PublicKey, sponsor: PublicKey) -> DriverParts {
    let Sample { mut parts, roster, store, .. } = sample(MemoryEngine::new());
    let (application, profile) = (b"an application".to_vec(), DocumentId([0; 32]));
    parts.applying = Some(Applying { sponsor, application, own, roster, storage: store, profile });
    parts.mesh = Some(mesh);
    parts
}

#[tokio::test(flavor = "multi_thread")]
async fn a_sponsor_whose_node_no_minute_names_is_met_and_gets_the_application() {
    let (mut sponsor, newcomer) = (Meshed::start(1).await, Meshed::start(2).await);
    newcomer.mesh.set_addresses(sponsor.key, sponsor.mesh.listen_addresses());
    let mut parts = applying((newcomer.mesh, newcomer.events), newcomer.key, sponsor.key);
    // As the replica says it: nobody is named who could be met.
    parts.effects.push(Effect::Roster { nodes: Vec::new(), further: Vec::new() });
    let driver = Driver::start(parts).expect("starts");
    let came = sponsor
        .until(|event| match event {
            MeshEvent::Application { peer, bytes } => Some((peer, bytes)),
            _ => None,
        })
        .await;
    assert_eq!(came, (newcomer.key, b"an application".to_vec()));
    driver.stop().await.expect("everything is on the disk");
}

#[test]
fn an_application_is_the_sponsors_until_the_node_was_let_in() {
    let [own, sponsor, other] = [1, 2, 3].map(|number| PublicKey([number; 32]));
    let Sample { keys, roster, genesis, store, .. } = sample(MemoryEngine::new());
    let named = keys.node.public();
    let of = |own, sponsor| {
        let (roster, storage) = (roster.clone(), store.clone());
        Applying { sponsor, application: vec![7], own, roster, storage, profile: DocumentId([0; 32]) }
    };
    let waiting = of(own, sponsor);
    assert_eq!((waiting.handed_to(&sponsor), waiting.handed_to(&other)), (Some(vec![7]), None));
    assert_eq!((waiting.unnamed(), waiting.met()), (Some(sponsor), [named, sponsor].into()));
    assert_eq!(of(own, named).unnamed(), None, "a minute names it");
    assert_eq!(of(own, named).handed_to(&named), Some(vec![7]));
    // Further nodes have what their organisation signed when it came in, also once it has gone.
    let profile = OrganisationEdit::header(genesis.network(), keys.organisation.public()).id();
    let was_served = Applying { profile, ..of(own, sponsor) };
    assert_eq!((was_served.handed_to(&sponsor), was_served.unnamed()), (None, None));
    // By a minute, or by a certificate.
    assert_eq!((of(named, sponsor).handed_to(&sponsor), of(named, sponsor).unnamed()), (None, None));
    let by = BTreeSet::from([genesis.founders[0].organisation]);
    roster.serve_also(Arc::new([(own, by)].into()));
    assert_eq!((waiting.handed_to(&sponsor), waiting.unnamed()), (None, None));
}
