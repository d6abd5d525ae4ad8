//! `knotwork network reconvene`: going on without organisations that are gone for good.

use std::{
    fs::File,
    path::{Path, PathBuf},
};

use clap::Args;
use data_encoding::BASE64;
use knotwork_documents::{OrganisationEdit, View};
use knotwork_identity::{Genesis, PublicKey};
use knotwork_minutes::{Agreed, Bundle, BundleReader, Matter, Reconvening, read_minute};
use knotwork_replica::{Standing, Storage, TakeUpError, take_up_minutes, view_in};
use serde_json::json;

use super::{
    super::{Context, join, minutes::read_bundle, output, text::one_line},
    organisation_named,
};
use crate::{
    failure::Failure,
    folder::{DataFolder, FolderLock},
    opening,
    private_file::Handout,
    voice,
};

/// Go on without organisations that are gone for good
///
/// Where a third or more of the organisations that sign minutes are gone, nothing can be final any more, not even that they
/// are removed. Those who are left go on from the last minute: the documents keep their history and their authors, the
/// charter stays in force, and what had been decided stays decided. What is open has to be asked anew.
///
/// First one organisation writes a file that leaves the others behind. Then each one that goes along, that one as well,
/// stops its node, gives it the file, and starts it again. Nobody is taken along who does not do so.
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub(super) struct Reconvene {
    /// The file that another organisation, or this one, has written
    file: Option<PathBuf>,
    /// An organisation to leave behind, by its name or its key; again for each
    #[arg(long, value_name = "ORGANISATION", conflicts_with = "file", requires = "out")]
    without: Vec<String>,
    /// Where to write the file
    #[arg(long, value_name = "FILE", requires = "without")]
    out: Option<PathBuf>,
    /// Go along without being asked
    #[arg(long, short)]
    yes: bool,
}

impl Reconvene {
    pub(super) fn run(self, context: &Context) -> Result<(), Failure> {
        let folder = context.folder()?;
        match (self.file, self.out) {
            (Some(file), _) => go_along(context, &folder, &file, self.yes),
            (None, Some(out)) => write(context, &folder, &self.without, &out),
            (None, None) => Err(Failure::usage("this needs the file that reconvenes the network").next(
                "give it, or have it written: say who is left behind with --without, and where it goes with --out",
            )),
        }
    }
}

/// Has the node write the file.
fn write(context: &Context, folder: &DataFolder, without: &[String], out: &Path) -> Result<(), Failure> {
    let answer = voice::with_member(folder, |caller| {
        let listed = caller.get("/api/v1/organisations", &[])?.body;
        let keys = without.iter().map(|named| organisation_named(&listed, named)).collect::<Result<Vec<_>, _>>()?;
        caller.post("/api/v1/minutes/reconvenings", &json!({ "without": keys }))
    })?;
    let bytes = BASE64.decode(answer.body["file"].as_str().unwrap_or_default().as_bytes());
    let bytes = bytes.map_err(|error| Failure::new(format!("the node gave no file: {error}")))?;
    Handout::write(out, &bytes)?.put()?;
    let (network, height) = (&answer.body["network"], &answer.body["height"]);
    if context.json() {
        return output::print_json(&json!({ "file": out, "network": network, "height": height }));
    }
    output::print(&format!(
        "{file} reconvenes the network with minute {height}. Nothing has changed yet.\n\nNext: send it to every organisation \
         that is to go along. Each of them, and you as well, stops its node, runs `knotwork network reconvene {file}`, and \
         starts it again.",
        file = out.display(),
    ))
}

/// Takes up a file that reconvenes the network.
fn go_along(context: &Context, folder: &DataFolder, file: &Path, yes: bool) -> Result<(), Failure> {
    let genesis = folder.joined_genesis()?;
    let lock = folder.try_lock()?.ok_or_else(|| {
        Failure::new("this node is running")
            .next("stop it, run this again, and start it: it then is where the file leads")
    })?;
    let bundle = read(file)?;
    let own = folder.keys()?.organisation.public();
    check(&bundle, &genesis, &own, file)?;
    let (store, _) = opening::open_store(folder, &genesis)?;
    if !yes {
        output::say(&description(&bundle, &own, &store));
        join::ask_yes("Go along?", "going along", "not gone along: nothing was changed")?;
    }
    let agreed = enter(folder, &lock, &genesis, &store, &bundle)?;
    if context.json() {
        return output::print_json(&json!({ "network": agreed.network(), "height": agreed.height() }));
    }
    let then = if agreed.parties().get(&own).is_some_and(|party| party.accepted) {
        "It signs minutes there from then on."
    } else {
        "Its acceptance is said then, and counts once it is minuted."
    };
    output::print(&format!(
        "This organisation goes along from minute {}. The network is {} now.\n\nNext: `knotwork run`. {then}",
        agreed.began(),
        agreed.network()
    ))
}

/// Puts the minutes into the store, and notes where the node is. Broken off half-way, running it again finishes it.
fn enter(
    folder: &DataFolder,
    _lock: &FolderLock,
    genesis: &Genesis,
    store: &dyn Storage,
    bundle: &Bundle,
) -> Result<Agreed, Failure> {
    let agreed = take_up_minutes(genesis, store, &bundle.minutes).map_err(|error| {
        let failure = Failure::new(error.to_string());
        match error {
            TakeUpError::Storage(error) => opening::unusable(folder, &error),
            TakeUpError::Short { .. } => failure
                .next("ask whoever wrote the file to start its node, let it catch up with yours, and write it anew"),
            TakeUpError::Other { .. } | TakeUpError::DoesNotHold { .. } => {
                failure.next("ask for the file again; should it be the same, talk to each other before you go on")
            }
        }
    })?;
    folder.keep_reconvened(agreed.network())?;
    Ok(agreed)
}

fn read(path: &Path) -> Result<Bundle, Failure> {
    let cannot = |error| Failure::io(&error, format_args!("cannot read {}", path.display()));
    read_bundle(&mut File::open(path).map_err(cannot)?, path, BundleReader::keeping())
}

/// Whether the file leads from this node's network to one that this organisation is carried over to.
fn check(bundle: &Bundle, genesis: &Genesis, own: &PublicKey, path: &Path) -> Result<(), Failure> {
    if bundle.genesis.network() != genesis.network() {
        return Err(Failure::new(format!(
            "{} is of another network: \"{}\"",
            path.display(),
            one_line(&bundle.genesis.name)
        )));
    }
    if bundle.agreed.began() == 0 {
        return Err(Failure::new(format!("{} holds minutes, and none of them reconvenes the network", path.display()))
            .next("ask for the file that `knotwork network reconvene --without … --out FILE` wrote"));
    }
    if !bundle.agreed.parties().contains_key(own) {
        return Err(Failure::new("this organisation is not among those who are carried over")
            .next("talk to whoever wrote the file; this node stays where it is"));
    }
    Ok(())
}

/// What a person reads before their organisation goes along.
fn description(bundle: &Bundle, own: &PublicKey, store: &dyn Storage) -> String {
    let agreed = &bundle.agreed;
    let mut lines =
        vec![format!("\"{}\" is reconvened with minute {}.", one_line(&bundle.genesis.name), agreed.began())];
    if let Some(reconvening) = latest(bundle) {
        let named = |key: &PublicKey| {
            let note = if key == own { " (this organisation)" } else { "" };
            format!("  {}{note}\n    key {key}", one_line(&name_of(bundle, key, store)))
        };
        lines.push(format!("\n{} has signed it.\n\nWho is carried over:", name_of(bundle, &reconvening.first, store)));
        lines.extend(reconvening.carried.iter().map(named));
        lines.push("\nWho is left behind:".into());
        lines.extend(
            reconvening
                .left
                .iter()
                .map(|(key, stands)| format!("{}\n    {} of its changes stand", named(key), stands.count)),
        );
    }
    lines.push(
        "\nThe charter, the documents and what was decided stay as they are. What is open has to be asked anew. This node\n\
         then exchanges nothing any more with those who do not go along, and there is no way back to the network before."
            .into(),
    );
    lines.join("\n")
}

fn latest(bundle: &Bundle) -> Option<Reconvening> {
    let place = usize::try_from(bundle.agreed.began()).ok()?.checked_sub(1)?;
    match read_minute(bundle.minutes.get(place)?)?.0.matter {
        Matter::Reconvened(reconvening) => Some(reconvening),
        Matter::Word(_) | Matter::Outcome(_) => None,
    }
}

/// What an organisation calls itself, as far as it is known here.
fn name_of(bundle: &Bundle, key: &PublicKey, store: &dyn Storage) -> String {
    let profile = OrganisationEdit::header(bundle.agreed.origin(), *key).id();
    let written = match view_in(store, &profile, &Standing::default()) {
        Ok(Some(View::Organisation(view))) => Some(view.name),
        _ => None,
    };
    let card = || bundle.genesis.founders.iter().find(|card| card.organisation == *key).map(|card| card.name.clone());
    written.or_else(card).unwrap_or_else(|| key.to_string())
}

const EXAMPLES: &str = "\
Examples:
  knotwork network reconvene --without Elder --without \"Fern Trust\" --out valley.minutes
  knotwork network reconvene valley.minutes

Writing the file acts for the steward whose personal token is in KNOTWORK_TOKEN, and needs the node to run. Going along
needs it to be stopped.";
