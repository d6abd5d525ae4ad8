//! Going on without those who are gone for good: what a reconvening changes, and what it must not be able to.

#[allow(dead_code, reason = "each test binary uses a part")]
mod circle;

use std::{cell::Cell, collections::BTreeMap};

use circle::{AllRight, Circle};
use knotwork_governance::{Said, Stands};
use knotwork_identity::{PublicKey, SecretKey, Signature};
use knotwork_minutes::{
    Agreed, Bundle, BundleReader, Disk, Event, Kept, Matter, Minute, Minutes, Misfit, Outcome, Parting, Proof,
    Reconvening, Records, Unverified, Weighed, write_minute,
};

const STANDS: Stands = Stands { count: 3, digest: [5; 32] };

/// A circle of five, of whom the last two are left behind by the first.
fn reconvened() -> (Circle, Minute) {
    let circle = Circle::of(5);
    let left = circle.organisations[3..].iter().map(|gone| (gone.public(), STANDS)).collect();
    let minute = circle.agreed.reconvene(&circle.organisations[0], left).expect("it fits");
    (circle, minute)
}

fn gone_along(circle: &mut Circle, minute: &Minute) {
    circle.agreed.retrace(minute, &Proof::NONE).expect("it fits");
    circle.minutes.push((minute.clone(), Proof::NONE));
}

#[test]
fn those_who_go_along_accept_anew_and_sign_alone() {
    let (mut circle, minute) = reconvened();
    let before = circle.agreed.clone();
    gone_along(&mut circle, &minute);
    let agreed = &circle.agreed;
    assert_eq!((agreed.height(), agreed.began(), agreed.began_by(4)), (5, 5, 0));
    assert_eq!((agreed.origin(), agreed.network()), (before.network(), Reconvening::network(&minute)));
    assert_ne!(agreed.network(), before.network());
    assert_eq!(agreed.hash(), minute.hash());
    assert_eq!((agreed.signers().len(), agreed.signers().quorum()), (1, 1));
    assert_eq!(agreed.charter(), before.charter());
    assert_eq!(agreed.asked_at(4).len(), 5);
    assert_eq!(agreed.asked_at(5).len(), 1);
    for gone in &circle.organisations[3..] {
        let gone = &agreed.gone()[&gone.public()];
        assert_eq!((gone.how, gone.until, gone.stands), (Parting::LeftBehind, 5, STANDS));
    }
    assert_eq!(agreed.left_behind().count(), 2);
    assert!(agreed.node_was_ever_on(&circle.nodes[4].public()));

    let accept = Said::Accept(circle.agreed.charter().digest);
    circle.minute(circle.word(1, 2, accept));
    circle.minute(circle.word(2, 2, accept));
    assert_eq!(circle.agreed.signers().len(), 3);
    assert_eq!(
        circle.agreed.check(&circle.agreed.next(circle.word(1, 3, accept))),
        Err(Misfit::NothingToAccept(circle.organisations[1].public()))
    );
}

#[test]
fn what_was_signed_for_the_network_before_does_not_count_in_it() {
    let (mut circle, minute) = reconvened();
    let accept = Said::Accept(circle.agreed.charter().digest);
    let earlier = circle.word(1, 2, accept);
    let next = circle.agreed.next(circle.word(1, 3, Said::Rest(knotwork_identity::Timestamp::MAX)));
    let proof = circle.proof(&next);
    gone_along(&mut circle, &minute);
    let own = circle.organisations[1].public();
    assert_eq!(circle.agreed.fits(&earlier), Err(Misfit::Signature(own)));
    assert_eq!(circle.agreed.clone().follow(&next, &proof), Err(Unverified::Misfit(Misfit::Network)));
    // Whoever is left behind says nothing here, and the one that was there signs nothing.
    let left = circle.word(4, 9, Said::Return);
    assert_eq!(circle.agreed.fits(&left), Err(Misfit::NotOnRoster(circle.organisations[4].public())));
}

#[test]
fn nobody_is_led_there_by_another() {
    let (circle, minute) = reconvened();
    let mut follower = circle.agreed.clone();
    assert_eq!(follower.follow(&minute, &Proof::NONE), Err(Unverified::Misfit(Misfit::Reconvened)));
    assert_eq!(follower.check(&minute), Err(Misfit::Reconvened));
    // Also where enough of the organisations have signed it: it is no matter that is agreed on.
    let proof = circle.proof(&minute);
    assert_eq!(follower.follow(&minute, &proof), Err(Unverified::Misfit(Misfit::Reconvened)));
    assert!(follower.retrace(&minute, &proof).is_err(), "it has one form");
    assert_eq!(follower.height(), circle.agreed.height());
}

#[test]
fn it_names_everyone_once_and_is_signed_for_its_place() {
    let (circle, minute) = reconvened();
    let Matter::Reconvened(good) = &minute.matter else { panic!("it is one") };
    let with = |change: &dyn Fn(&mut Reconvening)| {
        let mut reconvening = good.clone();
        change(&mut reconvening);
        let minute = Minute { matter: Matter::Reconvened(reconvening), ..minute.clone() };
        circle.agreed.clone().retrace(&minute, &Proof::NONE)
    };
    assert_eq!(with(&|_| ()), Ok(()));
    let first = circle.organisations[0].public();
    let unsigned = Err(Unverified::Misfit(Misfit::Signature(first)));
    assert_eq!(with(&|reconvening| reconvening.signature = Signature([1; 64])), unsigned);
    assert_eq!(with(&|reconvening| reconvening.left[0].1.count += 1), unsigned);
    assert_eq!(with(&|reconvening| _ = reconvening.carried.pop()), unsigned);

    let reconvene = |first: &SecretKey, left: Vec<PublicKey>| {
        circle.agreed.reconvene(first, left.into_iter().map(|gone| (gone, STANDS)).collect()).map(drop)
    };
    let [own, other] = [0, 1].map(|place: usize| circle.organisations[place].clone());
    let stranger = SecretKey::from_seed(&[77; 32]);
    assert_eq!(reconvene(&own, vec![stranger.public()]), Err(Misfit::NotOnRoster(stranger.public())));
    assert_eq!(reconvene(&stranger, vec![other.public()]), Err(Misfit::NotTheRoster));
    assert_eq!(reconvene(&own, vec![own.public()]), Err(Misfit::NotTheRoster), "nobody leaves itself behind");
    assert_eq!(reconvene(&other, vec![own.public()]), Ok(()));

    // At another place it is none.
    let mut later = circle.clone();
    later.minute(later.word(1, 2, Said::Rest(knotwork_identity::Timestamp::MAX)));
    let moved = Minute { height: later.agreed.height() + 1, previous: later.agreed.hash(), ..minute.clone() };
    assert!(later.agreed.retrace(&moved, &Proof::NONE).is_err());
    assert!(later.agreed.retrace(&minute, &Proof::NONE).is_err());
}

#[test]
fn its_bytes_have_one_form() {
    let (_, minute) = reconvened();
    assert_eq!(Minute::from_bytes(&minute.to_bytes()), Ok(minute.clone()));
    let Matter::Reconvened(good) = &minute.matter else { panic!("it is one") };
    let mut turned = good.clone();
    turned.carried.reverse();
    let mut twice = good.clone();
    twice.left[1] = twice.left[0];
    let mut many = good.clone();
    many.carried = (0..=64).map(|number| PublicKey([number; 32])).collect();
    for bad in [turned, twice, many] {
        let minute = Minute { matter: Matter::Reconvened(bad), ..minute.clone() };
        assert!(Minute::from_bytes(&minute.to_bytes()).is_err());
    }
}

#[test]
fn it_may_come_to_that_again_and_a_file_shows_all_of_it() {
    let (mut circle, minute) = reconvened();
    gone_along(&mut circle, &minute);
    let accept = Said::Accept(circle.agreed.charter().digest);
    circle.minute(circle.word(1, 2, accept));
    circle.minute(circle.word(2, 2, accept));
    let left = BTreeMap::from([(circle.organisations[0].public(), STANDS)]);
    let again = circle.agreed.reconvene(&circle.organisations[2], left).expect("it fits");
    gone_along(&mut circle, &again);
    circle.minute(circle.word(1, 3, accept));
    let agreed = &circle.agreed;
    assert_eq!((agreed.began(), agreed.began_by(7), agreed.height()), (8, 5, 9));
    assert_eq!(
        agreed.left_behind().map(|(organisation, _)| *organisation).collect::<Vec<_>>(),
        [circle.organisations[0].public()]
    );

    let mut file = Bundle::beginning(&circle.genesis, agreed.height());
    circle.minutes.iter().for_each(|(minute, proof)| file.extend(Bundle::part(&write_minute(minute, proof))));
    let mut reader = BundleReader::keeping();
    file.chunks(7).for_each(|piece| reader.take(piece).expect("it holds"));
    let read = reader.finish().expect("it is whole");
    assert_eq!((read.agreed.network(), read.agreed.hash()), (agreed.network(), agreed.hash()));
    assert_eq!(read.agreed.origin(), circle.genesis.network());
    assert_eq!(read.minutes.len(), circle.minutes.len());
}

/// Records of a node that waits for the lists of what stands.
struct Listing(Cell<bool>);

impl Records for Listing {
    fn has_list(&self, _: &PublicKey, stands: &Stands) -> bool {
        assert_eq!(*stands, STANDS);
        self.0.get()
    }

    fn weigh(&self, agreed: &Agreed, outcome: &Outcome) -> Weighed {
        AllRight.weigh(agreed, outcome)
    }

    fn minute(&self, _: u64) -> Option<Vec<u8>> {
        None
    }
}

#[test]
fn nobody_accepts_before_it_is_known_what_stands_of_those_left_behind() {
    let (mut circle, minute) = reconvened();
    gone_along(&mut circle, &minute);
    let kept = Kept { agreed: circle.agreed.clone(), log: Vec::new(), disk: Disk::Same };
    let mut minutes = Minutes::open(kept, circle.nodes[0].clone(), [3; 32]);
    let records = Listing(Cell::new(false));
    let accept = circle.word(1, 2, Said::Accept(circle.agreed.charter().digest));
    minutes.handle(0, Event::Waiting(vec![accept]), &records);
    assert_eq!(minutes.agreed().height(), 5);
    records.0.set(true);
    minutes.handle(1, Event::Arrived, &records);
    assert_eq!(minutes.agreed().height(), 6);
    assert_eq!(minutes.agreed().signers().len(), 2);
}
