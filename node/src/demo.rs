//! The demo: three organisations on one machine, each a real process of this very program, with nothing arranged between
//! them that other organisations would not do.

mod agreement;
mod cast;
mod cut;
mod decide;
mod interrupt;
mod members;
mod process;

pub(crate) use agreement::{Standing, agree, standings};
pub(crate) use cast::Cast;
pub(crate) use cut::cut_and_heal;
pub(crate) use decide::{Minuted, decide};
pub(crate) use interrupt::Interrupt;
pub(crate) use members::{MEMBERS, NEWCOMER, PASSPHRASE};
