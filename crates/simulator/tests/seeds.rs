//! Hundreds of networks, each drawn from a seed. `cargo run --release -p knotwork-simulator -- --seeds N` runs any number.

mod campaign;

use knotwork_simulator::Subject;

#[test]
fn what_is_promised_holds_in_hundreds_of_networks() {
    campaign::holds(Subject::Replicas, MENDED.iter().copied().chain(0..SEEDS), &RARE);
}

#[test]
fn a_seed_is_the_same_run_each_time() {
    campaign::replays(Subject::Replicas);
}

/// Seeds that failed once, and are always run.
const MENDED: &[u64] = &[2_357];

/// How many seeds are run here.
const SEEDS: u64 = 300;

/// States that must be met at least once.
const RARE: [&str; 16] = [
    "a commit fails because the disk is full",
    "a crash loses what was not synced",
    "a document of several changes is written",
    "a liar opens a session of its own",
    "a liar says something by gossip",
    "a member's key is ended",
    "a node crashes between a commit and its effects",
    "a node crashes between a commit and its sync",
    "a node crashes between a sync and its replies",
    "a node starts from an old copy",
    "a peer has all its sessions open",
    "a peer's share of what is held is full",
    "an honest node parts from a liar",
    "an old copy loses what nobody else has",
    "healing takes more than ten seconds",
    "two nodes know that they are in step",
];
