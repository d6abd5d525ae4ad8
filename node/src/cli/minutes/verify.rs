//! `knotwork minutes verify`: checks a file of minutes without any node.

use std::{
    fs::File,
    io::{ErrorKind, Read, stdin},
    path::{Path, PathBuf},
};

use clap::Args;
use knotwork_identity::{NetworkId, PublicKey};
use knotwork_minutes::{Bundle, BundleReader};
use serde_json::{Value, json};

use super::{
    super::{Context, output, text::one_line},
    decided::Decided,
};
use crate::failure::Failure;

/// Check a file of minutes, without any node
///
/// Checks every minute from the genesis on: that each follows the one before, fits what was agreed, and carries the
/// signatures of more than two thirds of the organisations that signed minutes then. A file of a decision also shows that
/// its terms are those that were minuted; it tells what was asked, what it took, who opened it and who signed, and its ballots
/// are counted again.
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub(super) struct Verify {
    /// The file; - reads standard input
    file: PathBuf,
    /// The id that the network must have
    #[arg(long, value_name = "ID")]
    network: Option<String>,
}

impl Verify {
    pub(super) fn run(self, context: &Context) -> Result<(), Failure> {
        let wanted = self.network.as_deref().map(read_network).transpose()?;
        let bundle = if self.file == Path::new("-") {
            read_bundle(&mut stdin().lock(), &self.file, BundleReader::default())?
        } else {
            let cannot = |error| Failure::io(&error, format_args!("cannot read {}", self.file.display()));
            read_bundle(&mut File::open(&self.file).map_err(cannot)?, &self.file, BundleReader::default())?
        };
        if let Some(wanted) = wanted.filter(|wanted| *wanted != bundle.agreed.network()) {
            return Err(other_network(&bundle, wanted));
        }
        let decided = Decided::read(&bundle, &self.file)?;
        if context.json() {
            output::print_json(&as_json(&bundle, decided.as_ref()))
        } else {
            output::print(&as_text(&bundle, decided.as_ref(), wanted.is_some()))
        }
    }
}

/// That a file is not of the network that was meant. Anybody can found one of the same name, and have it decide anything.
fn other_network(bundle: &Bundle, wanted: NetworkId) -> Failure {
    let agreed = &bundle.agreed;
    let (name, network) = (one_line(&bundle.genesis.name), agreed.network());
    if wanted == agreed.origin() {
        let (minute, what) = (agreed.began(), "these minutes begin in that network, which was reconvened with minute");
        return Failure::new(format!("{what} {minute}: since then it is {network}"))
            .next("ask somebody you trust whether they went along, and whether that is its id now");
    }
    Failure::new(format!("these are minutes of another network: {name} ({network})"))
        .next("ask somebody you trust for the id of the network that you mean")
}

fn read_network(text: &str) -> Result<NetworkId, Failure> {
    text.parse().map_err(|error| Failure::usage(format!("--network is the id of a network: {error}")))
}

/// Reads a file of minutes to the end, or to the first thing that does not hold.
pub(in crate::cli) fn read_bundle(
    file: &mut dyn Read,
    path: &Path,
    mut reader: BundleReader,
) -> Result<Bundle, Failure> {
    let refused = |error: knotwork_minutes::BundleError| {
        Failure::new(format!("{} does not hold: {error}", path.display()))
            .next("ask another organisation for its file, and compare the hash of the last minute")
    };
    let mut piece = vec![0; PIECE_BYTES];
    loop {
        match file.read(&mut piece) {
            Ok(0) => return reader.finish().map_err(refused),
            Ok(bytes) => reader.take(&piece[..bytes]).map_err(refused)?,
            Err(error) if error.kind() == ErrorKind::Interrupted => {}
            Err(error) => return Err(Failure::io(&error, format_args!("cannot read {}", path.display()))),
        }
    }
}

fn as_text(bundle: &Bundle, decided: Option<&Decided<'_>>, compared: bool) -> String {
    let agreed = &bundle.agreed;
    let mut lines = vec![
        format!("Every minute holds. {} ({})", one_line(&bundle.genesis.name), agreed.network()),
        String::new(),
        format!("minutes    {}", agreed.height()),
        format!("last hash  {}", agreed.hash()),
    ];
    for (key, party) in agreed.parties() {
        let how = match (party.accepted, party.resting.is_some()) {
            (false, _) => ", has not accepted",
            (true, true) => ", rests",
            (true, false) => "",
        };
        lines.push(format!("on it      {}{how}", called(bundle, key)));
    }
    if agreed.began() > 0 {
        // One organisation alone begins it, so the signatures after it may be few.
        lines.push(format!(
            "\nThe network was reconvened with minute {}: from there on those sign who have gone along, which one did alone at \
             first.\nAsk somebody you trust whether {} is the network's id.\n",
            agreed.began(),
            agreed.network()
        ));
        lines.extend(agreed.left_behind().map(|(key, _)| format!("left       {}", called(bundle, key))));
    }
    if !compared && agreed.began() == 0 {
        lines.push(format!(
            "\nAnybody can found a network of that name. Ask somebody you trust whether {} is its id.",
            agreed.network()
        ));
    }
    lines.extend(decided.map(Decided::as_text));
    lines.join("\n")
}

fn as_json(bundle: &Bundle, decided: Option<&Decided<'_>>) -> Value {
    let agreed = &bundle.agreed;
    let roster = agreed.parties().iter().map(|(key, party)| {
        json!({
            "organisation": key,
            "name": name(bundle, key),
            "node": party.node,
            "accepted": party.accepted,
            "resting": party.resting.is_some(),
            "since": party.since,
        })
    });
    json!({
        "name": bundle.genesis.name,
        "network": agreed.network(),
        "minutes": agreed.height(),
        "hash": agreed.hash().to_string(),
        "roster": roster.collect::<Vec<_>>(),
        "reconvened": (agreed.began() > 0).then(|| json!({
            "minute": agreed.began(),
            "left": agreed.left_behind().map(|(key, _)| key).collect::<Vec<_>>(),
        })),
        "decision": decided.map(Decided::as_json),
    })
}

/// What a founder is called. Names of those who came later are in no minute.
pub(super) fn name<'a>(bundle: &'a Bundle, key: &PublicKey) -> Option<&'a str> {
    let card = bundle.genesis.founders.iter().find(|card| card.organisation == *key);
    card.map(|card| card.name.as_str())
}

/// An organisation by its name, as far as the file tells it, and its key.
pub(super) fn called(bundle: &Bundle, key: &PublicKey) -> String {
    match name(bundle, key) {
        Some(name) => format!("{} ({key})", one_line(name)),
        None => format!("{key} (its name is not in the file)"),
    }
}

/// How much of the file is read at once.
const PIECE_BYTES: usize = 64 * 1024;

const EXAMPLES: &str = "\
Examples:
  knotwork minutes verify valley.minutes
  knotwork minutes verify valley.minutes --network bq4xk2m… --json
  curl -s -H \"Authorization: Bearer $TOKEN\" $NODE/api/v1/minutes/bundle | knotwork minutes verify -

Prints the network, how many minutes there are, the hash of the last, and who is on the roster. Exit code 1 where anything
does not hold.";

#[cfg(test)]
mod tests {
    use knotwork_identity::{Card, Genesis, SecretKey};

    use super::*;

    fn genesis(name: &str) -> Genesis {
        let key = |seed| SecretKey::from_seed(&[seed; 32]).public();
        let card = Card { name: name.into(), organisation: key(1), node: key(2), addresses: Vec::new() };
        Genesis { nonce: [1; 32], name: "Valley".into(), purpose: "P".into(), founders: vec![card] }
    }

    #[test]
    fn a_file_is_told_in_plain_words_and_a_damaged_one_is_refused() {
        let bytes = Bundle::beginning(&genesis("Alder"), 0);
        let bundle = read_bundle(&mut bytes.as_slice(), Path::new("f"), BundleReader::default()).expect("it holds");
        let text = as_text(&bundle, None, false);
        assert!(text.starts_with("Every minute holds. Valley (b") && text.contains("minutes    0"), "{text}");
        assert!(text.contains("on it      Alder (b"), "{text}");
        assert_eq!(
            (&as_json(&bundle, None)["minutes"], &as_json(&bundle, None)["roster"][0]["name"]),
            (&json!(0), &json!("Alder"))
        );
        let steering = Bundle::beginning(&genesis("Alder\u{1b}[2J"), 0);
        for bad in [&steering[..], &bytes[..bytes.len() - 1], &[&bytes[..], b"x"].concat(), b"", b"hello"] {
            let failure = read_bundle(&mut &*bad, Path::new("f"), BundleReader::default()).expect_err("it is damaged");
            assert!(failure.what().starts_with("f does not hold: "), "{}", failure.what());
        }
    }
}
