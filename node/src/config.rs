//! The settings of a node: `config.toml` in its data folder, written by `knotwork init` and edited by hand after that.

use std::{net::SocketAddr, path::Path};

use serde::{Deserialize, Serialize, de::Error as _};

use crate::{
    addresses::{self, ListenAddress},
    failure::Failure,
    logging::LogFormat,
};

/// The settings of a node.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Config {
    /// Whose node it is.
    pub(crate) organisation: OrganisationConfig,
    /// How it meets other nodes.
    #[serde(default)]
    pub(crate) mesh: MeshConfig,
    /// How programs and pages on this machine reach it.
    #[serde(default)]
    pub(crate) http: HttpConfig,
    /// What it tells of its doings.
    #[serde(default)]
    pub(crate) logging: LoggingConfig,
}

/// Whose node it is.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct OrganisationConfig {
    /// The organisation's name, as its people write it.
    pub(crate) name: String,
}

/// How a node meets other nodes.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct MeshConfig {
    /// Where it listens.
    #[serde(deserialize_with = "listen_addresses")]
    pub(crate) listen: Vec<ListenAddress>,
    /// Addresses to give to others before those that follow from `listen`.
    #[serde(deserialize_with = "dialled_addresses")]
    pub(crate) addresses: Vec<String>,
    /// Addresses to dial beside those that the network knows.
    #[serde(deserialize_with = "dialled_addresses")]
    pub(crate) peers: Vec<String>,
}

/// How programs on this machine reach a node.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct HttpConfig {
    /// Where the API answers.
    pub(crate) listen: SocketAddr,
    /// Names beside the address itself under which it may be asked, such as that of a proxy before it.
    pub(crate) hosts: Vec<String>,
    /// Whether `/metrics` is open to everyone who reaches it.
    pub(crate) open_metrics: bool,
}

/// What a node tells of its doings.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct LoggingConfig {
    /// For people or for programs.
    pub(crate) format: LogFormat,
    /// How much, in the form of `RUST_LOG`, which goes before it.
    pub(crate) filter: String,
}

impl Default for MeshConfig {
    fn default() -> Self {
        let listen = DEFAULT_LISTEN.map(|text| text.parse().expect("the defaults are addresses"));
        Self { listen: listen.to_vec(), addresses: Vec::new(), peers: Vec::new() }
    }
}

impl Default for HttpConfig {
    fn default() -> Self {
        Self { listen: DEFAULT_HTTP, hosts: Vec::new(), open_metrics: false }
    }
}

impl Default for LoggingConfig {
    fn default() -> Self {
        Self { format: LogFormat::Text, filter: "warn,knotwork=info".into() }
    }
}

impl Config {
    /// The settings of a new node.
    pub(crate) fn new(name: &str) -> Self {
        Self {
            organisation: OrganisationConfig { name: name.to_owned() },
            mesh: MeshConfig::default(),
            http: HttpConfig::default(),
            logging: LoggingConfig::default(),
        }
    }

    /// Reads the file.
    pub(crate) fn read(path: &Path) -> Result<Self, Failure> {
        let text = std::fs::read_to_string(path)
            .map_err(|error| Failure::io(&error, format_args!("cannot read {}", path.display())))?;
        let config: Self = toml::from_str(&text).map_err(|error| {
            Failure::new(format!("{} cannot be used:\n{}", path.display(), error.to_string().trim_end()))
                .next("mend the line, or see docs/guides/operate.md for what may stand there")
        })?;
        config.check().map_err(|failure| failure.during(path.display()))?;
        Ok(config)
    }

    /// Checks what no single setting shows.
    pub(crate) fn check(&self) -> Result<(), Failure> {
        if self.organisation.name.trim().is_empty() {
            return Err(Failure::usage("the organisation has no name"));
        }
        check_http(self.http.listen)
    }

    /// The text of the file, with a word on every setting.
    pub(crate) fn to_text(&self) -> String {
        let listen: Vec<String> = self.mesh.listen.iter().map(ToString::to_string).collect();
        format!(
            "# The settings of this Knotwork node. They take effect when the node is started again.\n\
             \n\
             [organisation]\n\
             # As its people write it. It is part of the card that was given to others.\n\
             name = {name}\n\
             \n\
             [mesh]\n\
             # Where other nodes reach this one: /ip4 or /ip6, with /tcp/PORT or /udp/PORT/quic-v1.\n\
             listen = {listen}\n\
             # Addresses to give to others first, such as \"/dns4/node.example.org/tcp/7300\" behind a router.\n\
             addresses = {addresses}\n\
             # Addresses of other nodes to try beside those that the network knows.\n\
             peers = {peers}\n\
             \n\
             [http]\n\
             # Where programs on this machine reach the API. It is not encrypted, so only loopback is taken.\n\
             listen = {http}\n\
             # Names under which it may be asked beside its address, such as that of a proxy with TLS before it.\n\
             hosts = {hosts}\n\
             # Whether /metrics answers without a token.\n\
             open_metrics = {open_metrics}\n\
             \n\
             [logging]\n\
             # \"text\" for people, \"json\" for programs.\n\
             format = {format}\n\
             # error, warn, info, debug or trace, or the finer forms of RUST_LOG, which goes before this.\n\
             filter = {filter}\n",
            name = value(&self.organisation.name),
            listen = value(&listen),
            addresses = value(&self.mesh.addresses),
            peers = value(&self.mesh.peers),
            http = value(&self.http.listen),
            hosts = value(&self.http.hosts),
            open_metrics = self.http.open_metrics,
            format = value(&self.logging.format),
            filter = value(&self.logging.filter),
        )
    }
}

/// Refuses an address for the API that others could reach.
pub(crate) fn check_http(address: SocketAddr) -> Result<(), Failure> {
    if address.ip().is_loopback() {
        return Ok(());
    }
    Err(Failure::usage(format!("the API is not encrypted and cannot be opened at {address}, which others may reach"))
        .next(format!("use 127.0.0.1:{0} or [::1]:{0}, with a proxy that speaks TLS before it", address.port())))
}

/// A value as TOML writes it.
fn value(value: &impl Serialize) -> String {
    toml::Value::try_from(value).map(|value| value.to_string()).unwrap_or_default()
}

fn listen_addresses<'de, D: serde::Deserializer<'de>>(deserializer: D) -> Result<Vec<ListenAddress>, D::Error> {
    let texts = Vec::<String>::deserialize(deserializer)?;
    texts.iter().map(|text| text.parse().map_err(D::Error::custom)).collect()
}

fn dialled_addresses<'de, D: serde::Deserializer<'de>>(deserializer: D) -> Result<Vec<String>, D::Error> {
    let texts = Vec::<String>::deserialize(deserializer)?;
    texts.iter().map(|text| addresses::check_dialled(text).map_err(D::Error::custom)).collect()
}

/// Where a node listens unless told otherwise.
const DEFAULT_LISTEN: [&str; 2] = ["/ip4/0.0.0.0/tcp/7300", "/ip4/0.0.0.0/udp/7300/quic-v1"];
/// Where the API answers unless told otherwise.
const DEFAULT_HTTP: SocketAddr = SocketAddr::new(std::net::IpAddr::V4(std::net::Ipv4Addr::LOCALHOST), 7380);

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Result<Config, Failure> {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let path = folder.path().join("config.toml");
        std::fs::write(&path, text).expect("written");
        Config::read(&path)
    }

    #[test]
    fn what_is_written_reads_as_it_was() {
        let mut config = Config::new("Bwrdd Iechyd \"Y Bryn\"\n= # ☂");
        assert_eq!(read(&config.to_text()).expect("readable"), config);
        config.mesh.listen = vec!["/ip6/::1/tcp/0".parse().expect("an address")];
        config.mesh.addresses = vec!["/dns4/a.example/tcp/1".into(), "/ip4/192.0.2.1/tcp/2".into()];
        config.mesh.peers = vec!["/ip4/192.0.2.1/tcp/2".into()];
        config.http.hosts = vec!["node.example.org".into()];
        config.http.open_metrics = true;
        config.logging = LoggingConfig { format: LogFormat::Json, filter: "knotwork=debug".into() };
        assert_eq!(read(&config.to_text()).expect("readable"), config);
    }

    #[test]
    fn only_the_name_is_needed() {
        assert_eq!(read("[organisation]\nname = \"A\"\n").expect("readable"), Config::new("A"));
    }

    #[test]
    fn a_mistake_is_shown_with_its_line() {
        let cases = [
            ("[organisation]\nname = \"A\"\nnmae = \"B\"\n", "nmae"),
            ("[organisation]\nname = \"A\"\n[mesh]\nlisten = [\"7300\"]\n", "7300"),
            ("[organisation]\nname = \"A\"\n[mesh]\npeers = [\"a.example:7300\"]\n", "a.example"),
            ("[organisation]\nname = \"A\"\n[http]\nlisten = \"0.0.0.0:7380\"\n", "others may reach"),
            ("[organisation]\nname = \" \"\n", "no name"),
            ("name = \"A\"\n", "name"),
        ];
        for (text, expected) in cases {
            let shown = read(text).expect_err("a mistake").shown(false).expect("shown");
            assert!(shown.contains(expected) && shown.contains("config.toml"), "{shown}");
        }
    }
}
