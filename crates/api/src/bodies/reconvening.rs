//! Reconvenings as JSON.

use data_encoding::BASE64;
use knotwork_commands::{NodeHandle, Reconvened};
use knotwork_identity::{NetworkId, PublicKey};
use knotwork_minutes::Reconvening;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::effect::StandsBody;

/// Without whom the network is to go on.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct NewReconvening {
    /// The keys of the organisations that are left behind.
    pub(crate) without: Vec<String>,
}

/// The file with which organisations go on without others.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = ReconveningFile)]
pub(crate) struct ReconveningFileBody {
    /// The id that the network has from then on.
    network: String,
    /// The number of the minute with which it begins.
    height: u64,
    /// All minutes up to that one, in Base64: a file for each organisation that goes along.
    #[schema(content_encoding = "base64")]
    file: String,
}

/// With whom the network went on, and without whom.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Reconvening)]
pub(crate) struct ReconveningBody {
    /// The id of the network from this minute on.
    network: String,
    /// The key of the organisation that reconvened it.
    first: String,
    /// Who was carried over.
    carried: Vec<NamedBody>,
    /// Who was left behind.
    left: Vec<LeftBehindBody>,
}

/// An organisation by key and name.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = NamedOrganisation)]
pub(crate) struct NamedBody {
    /// Its key.
    organisation: String,
    /// Its name.
    name: String,
}

/// An organisation that was left behind.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = LeftBehind)]
pub(crate) struct LeftBehindBody {
    /// Its key.
    organisation: String,
    /// Its name.
    name: String,
    /// How much of what it wrote stands.
    stands: StandsBody,
}

impl From<Reconvened> for ReconveningFileBody {
    fn from(reconvened: Reconvened) -> Self {
        let Reconvened { network, height, file } = reconvened;
        Self { network: network.to_string(), height, file: BASE64.encode(&file) }
    }
}

impl ReconveningBody {
    pub(crate) fn new(network: NetworkId, reconvening: &Reconvening, handle: &NodeHandle) -> Self {
        let named = |organisation: &PublicKey| NamedBody {
            organisation: organisation.to_string(),
            name: handle.organisation_called(organisation),
        };
        let left = reconvening.left.iter().map(|(organisation, stands)| {
            let NamedBody { organisation, name } = named(organisation);
            LeftBehindBody { organisation, name, stands: (*stands).into() }
        });
        Self {
            network: network.to_string(),
            first: reconvening.first.to_string(),
            carried: reconvening.carried.iter().map(named).collect(),
            left: left.collect(),
        }
    }
}
