//! The JSON that goes in and out, apart from the types of the node, so that both can change by themselves.
//!
//! Names are in snake case; times are RFC 3339 in UTC; ids are base32 with the prefix `b`.

mod admission;
mod charter;
mod comment;
mod count;
mod decision;
mod delegation;
mod details;
mod effect;
mod falls;
mod given;
mod hosted;
mod list;
mod mandate;
mod method;
mod minute;
mod new_decision;
mod next_step;
mod node;
mod object;
mod objection;
mod organisation;
mod own_node;
mod position;
mod reconvening;
mod reminder;
mod resource;
mod role;
mod said;
mod temperature;

pub(crate) use admission::{
    AdmissionBody, AdmissionPage, NetworkInvitationBody, NetworkInvitationPage, NewAdmission, NewNetworkInvitation,
    OpenNetworkInvitation,
};
pub(crate) use charter::{CharterBody, CharterInForce, CharterVersionBody, CharterVersions};
pub(crate) use comment::{CommentBody, CommentPage, NewComment, TaskPatch};
pub(crate) use decision::{AskedBody, Beside, DecisionBody, DecisionPage, DecisionSummary, state_word};
pub(crate) use delegation::{DelegationBody, DelegationPage, DelegationPatch, NewDelegation};
pub(crate) use effect::{EffectBody, NewEffect, NewEffectKind, read_stage};
pub(crate) use falls::FallsBody;
pub(crate) use given::{given, word};
pub(crate) use hosted::{HostedBody, HostedLink, HostedPage, NewHosted};
pub(crate) use mandate::{MandateBody, MandatePage, MandatePatch, NewMandate};
pub(crate) use method::read_quorum;
pub(crate) use minute::{MinuteBody, MinutePage, StandingBody};
pub(crate) use new_decision::{DecisionPatch, NewDecision, NewUnit, read_day};
pub(crate) use node::NodeBody;
pub(crate) use objection::ObjectionBody;
pub(crate) use organisation::{OrganisationBody, OrganisationPage, OrganisationPatch};
pub(crate) use own_node::{NewOwnNode, OwnNodeBody, OwnNodeChange, OwnNodePage, OwnNodeState};
pub(crate) use position::{EarlierPositionsBody, NewPosition, PositionBody, form_of};
pub(crate) use reconvening::{NewReconvening, ReconveningBody, ReconveningFileBody};
pub(crate) use reminder::ReminderPage;
pub(crate) use resource::{ContributorBody, HistoryBody, NewResource, ResourceBody, ResourcePage, ResourcePatch};
pub(crate) use role::{
    NewRole, NewRoleRequest, ROLE_WORDS, Role, RoleBody, RolePage, RolePatch, RoleRequestBody, RoleRequestLists,
    RoleRequestPatch,
};
pub(crate) use said::{NewWord, NewWordKind, SaidBody};
pub(crate) use temperature::{NewTemperatureAnswer, NewTemperatureCheck, TemperatureBody, TemperaturePage};
