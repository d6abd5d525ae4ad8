//! The mesh from outside: whole nodes over loopback, and peers that do not keep the rules.
#![allow(clippy::print_stdout, reason = "the measurements are printed")]

mod cost;
mod gossip;
mod hostile;
mod liveness;
mod minutes;
mod network;
mod peers;
