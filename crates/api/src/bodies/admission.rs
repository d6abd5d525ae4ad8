//! Admissions as JSON.

use data_encoding::BASE64;
use knotwork_commands::{AdmissionEntry, AdmissionState, InvitationEntry};
use knotwork_governance::{Application, NetworkInvitation, Seat};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::effect::key;
use crate::rfc3339::to_rfc3339;

/// The organisations that have applied through this node.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct AdmissionPage {
    /// From A to Z by name.
    pub(crate) items: Vec<AdmissionBody>,
}

/// An organisation that has applied through this node.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Admission)]
pub(crate) struct AdmissionBody {
    /// Its key.
    organisation: String,
    /// Its name.
    #[schema(example = "Cedar Trust")]
    name: String,
    /// Its node's key; empty where it is hosted.
    node: String,
    /// Where its node is reached.
    addresses: Vec<String>,
    /// The key of the organisation that hosts it; empty where it has a node.
    host: String,
    /// `waiting` (nobody has opened a decision), `deciding`, `not-admitted`, `admitted`, `outdated` (the charter has
    /// changed since it applied), or `gone` (it was in the network with this node).
    #[schema(example = "waiting")]
    state: &'static str,
    /// The id of the decision about it, or empty.
    decision: String,
}

/// An application that came in a file.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct NewAdmission {
    /// The application in Base64.
    #[schema(content_encoding = "base64")]
    pub(crate) application: String,
}

/// What an invitation has to say beside what the node knows.
#[derive(Debug, Default, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct NewNetworkInvitation {
    /// Where the newcomer reaches this node, as multiaddresses.
    #[serde(default)]
    #[schema(example = json!(["/dns4/node.example.org/tcp/7300"]))]
    pub(crate) addresses: Vec<String>,
}

/// An invitation into the network, to hand to an organisation.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = NetworkInvitation)]
pub(crate) struct NetworkInvitationBody {
    /// The invitation in Base64. Whoever has it may apply: send it to that organisation alone.
    #[schema(content_encoding = "base64")]
    invitation: String,
}

/// The invitations with which an organisation may still apply.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct NetworkInvitationPage {
    /// The newest first.
    pub(crate) items: Vec<OpenNetworkInvitation>,
}

/// An invitation with which an organisation may still apply. What is in it is not kept.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct OpenNetworkInvitation {
    /// Names it.
    id: String,
    /// When it was made.
    #[schema(format = "date-time", required = true)]
    made: Option<String>,
    /// When it ends.
    #[schema(format = "date-time", required = true)]
    ends: Option<String>,
    /// The key of the organisation that has applied with it, which alone may do so again; empty where none has.
    organisation: String,
}

impl From<InvitationEntry> for OpenNetworkInvitation {
    fn from(entry: InvitationEntry) -> Self {
        Self {
            id: entry.id,
            made: to_rfc3339(entry.made),
            ends: to_rfc3339(entry.ends),
            organisation: key(entry.organisation.as_ref()),
        }
    }
}

impl From<AdmissionEntry> for AdmissionBody {
    fn from(entry: AdmissionEntry) -> Self {
        let (state, decision) = match entry.state {
            AdmissionState::Waiting => ("waiting", None),
            AdmissionState::Deciding(decision) => ("deciding", Some(decision)),
            AdmissionState::NotAdmitted(decision) => ("not-admitted", Some(decision)),
            AdmissionState::Admitted => ("admitted", None),
            AdmissionState::Outdated => ("outdated", None),
            AdmissionState::Gone => ("gone", None),
        };
        let Application { organisation, name, seat, .. } = entry.application;
        let (node, host) = (seat.node().map(|node| node.key), seat.host());
        Self {
            organisation: organisation.to_string(),
            name,
            node: key(node.as_ref()),
            addresses: if let Seat::Own { addresses, .. } = seat { addresses } else { Vec::new() },
            host: key(host.as_ref()),
            state,
            decision: decision.map(|decision| decision.to_string()).unwrap_or_default(),
        }
    }
}

impl From<&NetworkInvitation> for NetworkInvitationBody {
    fn from(invitation: &NetworkInvitation) -> Self {
        Self { invitation: BASE64.encode(&invitation.to_bytes()) }
    }
}
