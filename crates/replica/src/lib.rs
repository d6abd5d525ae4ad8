//! The replica: meaning and protocol joined, event in, effects out.
//!
//! It knows which changes are admitted, who may write, what each peer holds and when to compare with whom. It knows no
//! sockets, files or clocks: storage and roster are traits, time comes with every event, and what is to be sent or
//! awaited goes out as values.

mod admission;
mod announce;
mod archive;
mod authors;
mod closing;
mod comparison;
pub mod counting;
mod deciding;
mod desk;
mod ending;
mod event;
mod evidence;
mod frame;
mod held;
mod incoming;
mod kept_minutes;
pub mod limits;
mod meeting;
mod minuting;
mod outgoing;
mod pack;
mod papers;
mod passed_over;
mod peer;
mod remaking;
mod replica;
mod revocations;
mod roster;
mod schedule;
mod session;
mod shown;
mod silence;
mod standing;
mod status;
mod storage;
mod unfinished;
mod voice;
mod writing;

pub use desk::history_of_stored;
pub use event::{
    Basis, Effect, Event, Judgement, KeyEnding, Now, Receipt, Refusal, Reply, SessionId, StandingList, Target,
};
pub use evidence::{Answers, Evidence, EvidenceError, Opener};
pub use frame::{Announcement, Frame, FrameError, Summary};
pub use kept_minutes::{TakeUpError, minute_in, take_up_minutes};
pub use knotwork_documents::Listing;
pub use minuting::mark_copied;
pub use pack::{PackError, Packer};
pub use papers::Papers;
pub use replica::{Commit, Replica, ReplicaConfig};
pub use roster::{AgreedRoster, Departure, FurtherNodes, Roster};
pub use shown::{Shown, view_in, view_of_stored};
pub use silence::signed_since;
pub use standing::Standing;
pub use status::{Author, PeerStatus, SpaceStatus, Status};
pub use storage::{Batch, DocumentUpdate, ListingKey, Storage, StorageError, StoredChange};
