//! What may be asked of a node, and the handle to ask it.
//!
//! Questions are answered from the store at once and never wait for a writer. Commands go to the one thread that owns
//! the replica, and are answered when what they wrote is on the disk. Nothing here knows HTTP, pages or the wire.

mod admissions;
mod calendar;
mod charter;
mod command;
mod comments;
mod contributors;
mod cupboard;
mod deciding;
mod decision_error;
mod decisions;
mod delegations;
mod departed;
mod departing;
mod directory;
mod falling;
mod follow;
mod handle;
mod hearing;
mod hosting;
mod leaving;
mod library;
mod listed;
mod listener;
mod mandates;
mod members;
mod minutes;
mod network_invitations;
mod nodes;
mod objections;
mod organisations;
mod outside;
mod own_profile;
mod positions;
mod reminders;
mod renewals;
mod resources;
mod role_requests;
mod roles;
mod silence;
mod speakers;
mod temperatures;
mod view;

pub use admissions::{AdmissionEntry, AdmissionState};
pub use charter::{CharterEntry, CharterVersion};
pub use command::{Command, CommandError, PreparedResource, Signer, Written};
pub use comments::{CommentDraft, CommentEntry};
pub use deciding::{DecisionDraft, Unit};
pub use decision_error::DecisionError;
pub use decisions::{DecisionEntry, DecisionHead, DecisionState, MinutedOutcome, TermsVersion, Visible};
pub use delegations::{DelegationEntry, DelegationState, StoodIn};
pub use departed::{Departed, DepartedSeat};
pub use departing::Reconvened;
pub use directory::{People, PersonEntry};
pub use falling::{Falling, Touched, TouchedDocument, TouchedKind, WhatFalls};
pub use handle::{NodeHandle, NodeParts, RandomSource};
pub use hearing::HEARD_DAYS;
pub use hosting::{HostedEntry, HostedKey, HostedState};
pub use library::{FoundResources, LibraryMarks, LibraryOrder, LibraryQuery};
pub use listener::Listener;
pub use mandates::{MandateEntry, MandateState};
pub use members::{AGREEMENT_VERSION, FIRST_MEMBER_NAME, Member, Newcomer, Right};
pub use minutes::{MinuteEntry, MinutesStanding, UnstatedDecision};
pub use network_invitations::InvitationEntry;
pub use nodes::{NodeEntry, NodeState, NodeToAdd};
pub use objections::{ObjectionEntry, ObjectionState};
pub use organisations::OrganisationEntry;
pub use outside::{Outside, Own, TurnedAway};
pub use own_profile::{Audience, OwnProfile};
pub use positions::{EarlierPositions, PositionEntry};
pub use reminders::{Reminder, Whom};
pub use role_requests::RoleRequestEntry;
pub use roles::{RoleEntry, RoleError, ends_soon, is_over, unheld};
pub use silence::SILENT_DAYS;
pub use temperatures::{TemperatureDraft, TemperatureEntry, TemperatureState};
pub use view::{
    ChangeNotice, ContributorView, HistoryEntry, NodeView, Page, PastResource, PeerView, Position, PositionError,
    ResourceEntry, SpaceView,
};
