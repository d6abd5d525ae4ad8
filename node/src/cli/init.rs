//! `knotwork init`: keys and settings for a new node.

use std::{net::SocketAddr, path::PathBuf};

use clap::Args;
use knotwork_identity::{Card, is_steering, to_text};
use serde_json::json;

use super::{Context, output};
use crate::{
    addresses::ListenAddress,
    clock,
    config::Config,
    failure::Failure,
    folder::DataFolder,
    keys::{self, Keys},
};

/// Set up a node: its keys, its settings, its folder
///
/// Makes the organisation's key, the node's key, the key of the organisation's first member and that of its service (which
/// signs what comes in by this command line and the API), the token that opens the API, and config.toml with everything
/// that can be set. What exists is never written over.
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub(crate) struct Init {
    /// The organisation's name, as its people write it
    #[arg(long, value_name = "NAME")]
    organisation: String,
    /// The file with the organisation's key, where it has one: it has another node (keys/organisation.key there), or was hosted
    #[arg(long, value_name = "FILE")]
    organisation_key: Option<PathBuf>,
    /// The name of its first member; it stays in this node's own store
    #[arg(long, value_name = "NAME")]
    member: Option<String>,
    /// Where other nodes reach this one [default: TCP and QUIC on port 7300, on all networks]
    #[arg(long, value_name = "MULTIADDR", num_args = 1..)]
    listen: Vec<ListenAddress>,
    /// Where the API answers on this machine [default: 127.0.0.1:7380]
    #[arg(long, value_name = "ADDR:PORT")]
    http: Option<SocketAddr>,
}

impl Init {
    pub(super) fn run(self, context: &Context) -> Result<(), Failure> {
        let name = checked_name("organisation", &self.organisation)?;
        let member = self.member.as_deref().map(|member| checked_name("member", member)).transpose()?;
        let mut config = Config::new(name);
        if !self.listen.is_empty() {
            config.mesh.listen = self.listen;
        }
        if let Some(http) = self.http {
            config.http.listen = http;
        }
        config.check()?;

        let mut keys = Keys::random()?;
        if let Some(path) = &self.organisation_key {
            keys.organisation = keys::read_organisation(path)?;
        }
        let token = to_text(&clock::random::<32>()?);
        let folder = DataFolder::at(context.folder_path()?);
        folder.create(&config, &keys, &token, member)?;

        let root = folder.root().display();
        if context.json() {
            return output::print_json(&json!({
                "data": folder.root(),
                "organisation": { "name": name, "key": keys.organisation.public() },
                "node": keys.node.public(),
                "service": keys.service.key.public(),
                "config": folder.config_path(),
                "token_file": folder.api_token_path(),
            }));
        }
        output::print(&format!(
            "{name} has a node in {root}.\n\
             \n\
             Keep a copy of {keys} in a safe place: without these keys nobody can speak for the organisation, and with\n\
             them anybody can. Settings are in {config}.\n\
             \n\
             Next: `knotwork found` begins a network; `knotwork card` prints the card to be invited with.",
            keys = folder.keys_path().display(),
            config = folder.config_path().display(),
        ))
    }
}

/// A name that fits on a card and on one line.
pub(super) fn checked_name<'a>(what: &str, name: &'a str) -> Result<&'a str, Failure> {
    let name = name.trim();
    let wrong = |why: &str| Err(Failure::usage(format!("the {what}'s name {why}")));
    if name.is_empty() {
        return wrong("is empty");
    }
    if name.len() > Card::NAME_BYTES_MAX {
        return wrong(&format!("is {} bytes long, and the limit is {}", name.len(), Card::NAME_BYTES_MAX));
    }
    if name.contains(is_steering) {
        return wrong("has a line break or another control character in it");
    }
    Ok(name)
}

const EXAMPLES: &str = "\
Examples:
  knotwork init --organisation \"Alder Practice\" --member \"Ada Byrne\"
  knotwork init --organisation \"Birch Health Board\" --listen /ip4/0.0.0.0/tcp/4001
  knotwork init --organisation \"Dogwood Trust\" --organisation-key dogwood.key";

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_fit_on_one_line_of_a_card() {
        assert_eq!(checked_name("member", " Ann Ó Briain ").expect("fine"), "Ann Ó Briain");
        for bad in ["", "  ", "a\nb", "a\u{7}b", "a\u{1b}[2J", "a\u{202e}b", "a\u{200f}b", &"a".repeat(201)] {
            assert!(checked_name("member", bad).is_err(), "{bad}");
        }
    }
}
