//! A bug planted on purpose in counting is found:
//! `cargo test -p knotwork-replica --features planted --test counting_planted`.

#[allow(dead_code, reason = "the other test binary uses the rest")]
mod asking;
#[allow(dead_code, reason = "the other test binary uses the rest")]
mod counted;
#[allow(dead_code, reason = "the other test binary uses the rest")]
mod world;

use knotwork_minutes::{
    Verdict,
    planted::{self, Bug},
};

#[test]
fn who_is_asked_taken_at_the_end() {
    let found = planted::with(Bug::ElectorateAtTheEnd, counted::asked_before_somebody_rests);
    assert_ne!(found, Some(Verdict::Adopted), "nothing tells who was asked from who would be now");
}
