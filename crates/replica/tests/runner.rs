//! Replicas in memory, in one thread, in time that only the tests let pass.

mod asking;
mod clocks;
mod comparing;
mod counted;
mod damage;
mod deciding;
mod ending;
mod flow;
mod full_disk;
mod further_nodes;
mod gossip;
mod handed_over;
mod holding;
mod other_terms;
mod parting;
mod quickness;
mod reconvening;
mod revoking;
mod scripted;
mod silence;
mod spreading;
mod standing_in;
mod world;
