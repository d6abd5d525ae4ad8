//! What the tests with real processes are made of: the program, nodes in folders of their own, the API as a caller sees
//! it, wires that can be cut, and waiting for conditions.
//!
//! Everything is on loopback and in temporary folders, and every process ends with the value that started it. It knows
//! nothing of the inside of a node: what a test sees is what any program on the machine would see.

pub(crate) mod api;
pub(crate) mod circle;
pub(crate) mod cli;
pub(crate) mod clock;
pub(crate) mod daemon;
pub(crate) mod dice;
pub(crate) mod divided;
pub(crate) mod events;
pub(crate) mod liar;
pub(crate) mod library;
pub(crate) mod network;
pub(crate) mod ports;
pub(crate) mod program;
pub(crate) mod raw;
pub(crate) mod rogue;
pub(crate) mod small_disk;
pub(crate) mod wait;
pub(crate) mod wire;
