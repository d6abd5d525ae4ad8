//! What an operator sets.

use std::net::SocketAddr;

/// The settings of the API.
#[derive(Clone)]
pub struct ApiConfig {
    /// The operator's token. Whoever sends it as `Authorization: Bearer TOKEN` may do everything. Without a token (an
    /// empty one) nobody may.
    pub token: String,
    /// The address that the node listens on. From it come the names by which the node may be addressed: the address
    /// itself, `127.0.0.1`, `localhost` and `[::1]`, each with the port.
    pub address: SocketAddr,
    /// Further names by which the node may be addressed, as a `Host` header carries them: `knotwork.example.org` or
    /// `knotwork.example.org:8443`. A name without a port is accepted alone and with the port of `address`.
    pub hosts: Vec<String>,
    /// Whether `/metrics` needs no token.
    pub metrics_open: bool,
}

impl std::fmt::Debug for ApiConfig {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter
            .debug_struct("ApiConfig")
            .field("address", &self.address)
            .field("hosts", &self.hosts)
            .field("metrics_open", &self.metrics_open)
            .finish_non_exhaustive()
    }
}
