//! `knotwork check` and `knotwork rebuild`: looking after the store by hand.

use clap::Args;
use knotwork_identity::Genesis;
use knotwork_store::{OpenReport, Repair};
use serde_json::json;

use super::{Context, output};
use crate::{
    failure::Failure,
    folder::{DataFolder, FolderLock},
    opening::{self, Before},
    reach::{self, Reached},
};

/// Read the whole store and check every change in it
///
/// Reads everything and checks it against its hashes; nothing is changed that is sound. A store that cannot be opened
/// because it is damaged is repaired first, as it is when the node starts. Stop the node before.
#[derive(Debug, Args)]
#[command(after_help = CHECK_EXAMPLES)]
pub(crate) struct Check {}

/// Make the store anew from the changes in it
///
/// Keeps every change that is sound, and derives the rest from them. The old files are set aside. What was lost comes back
/// from the other organisations that have it. Stop the node before.
#[derive(Debug, Args)]
#[command(after_help = REBUILD_EXAMPLES)]
pub(crate) struct Rebuild {}

impl Check {
    pub(super) fn run(self, context: &Context) -> Result<(), Failure> {
        let folder = context.folder()?;
        let genesis = folder.joined_genesis()?;
        let _lock = lock(&folder)?;
        let (store, opened) = opening::open_store(&folder, &genesis)?;
        let report = store.check().map_err(|error| opening::unusable(&folder, &error))?;
        if context.json() {
            output::print_json(&json!({
                "sound": report.sound,
                "faults": report.faults,
                "named": report.named,
                "repair": repair_json(&opened),
            }))?;
        } else {
            for fault in &report.named {
                output::say(fault);
            }
            let repaired = repair_sentence(&opened);
            output::print(&format!("{repaired}{} changes are sound, {} faults", report.sound, report.faults))?;
        }
        if report.is_sound() {
            return Ok(());
        }
        Err(Failure::new("the store is damaged")
            .next("`knotwork rebuild` makes it anew from what is sound; the rest comes back from other organisations"))
    }
}

impl Rebuild {
    pub(super) fn run(self, context: &Context) -> Result<(), Failure> {
        let folder = context.folder()?;
        let genesis = folder.joined_genesis()?;
        let _lock = lock(&folder)?;
        let before = if is_sound(&folder, &genesis) { Before::Sound } else { Before::Damaged };
        let (_store, opened) = opening::rebuild_store(&folder, &genesis, before)?;
        let whole = |repair: &&Repair| before == Before::Sound && repair.lost == 0;
        if let Some(repair) = opened.repair.as_ref().filter(whole) {
            // Nothing is in it that is not in the new one; if it stays, it takes up room and no more.
            _ = std::fs::remove_dir_all(&repair.set_aside);
            let kept = repair.kept;
            if context.json() {
                return output::print_json(&json!({ "repair": null, "kept": kept }));
            }
            return output::print(&format!("Nothing was damaged. The store is made anew with its {kept} changes."));
        }
        if context.json() {
            return output::print_json(&json!({ "repair": repair_json(&opened) }));
        }
        output::print(&format!("{}The store is made anew.", repair_sentence(&opened)))
    }
}

/// Whether the store can be opened as it is, and everything in it is as it was written.
fn is_sound(folder: &DataFolder, genesis: &Genesis) -> bool {
    let checked = opening::open_store(folder, genesis).map(|(store, report)| (store.check(), report));
    matches!(checked, Ok((Ok(check), report)) if check.is_sound() && report.repair.is_none())
}

fn lock(folder: &DataFolder) -> Result<FolderLock, Failure> {
    match reach::reach(folder)? {
        Reached::Free(lock) => Ok(lock),
        Reached::Running(_) => {
            Err(Failure::new("the node is running and uses the store").next("stop it first, and start it again after"))
        }
    }
}

fn repair_json(opened: &OpenReport) -> serde_json::Value {
    let repair = opened.repair.as_ref();
    repair.map_or(serde_json::Value::Null, |Repair { why, kept, lost, set_aside }| {
        json!({ "why": why, "kept": kept, "lost": lost, "set_aside": set_aside })
    })
}

fn repair_sentence(opened: &OpenReport) -> String {
    opened.repair.as_ref().map_or_else(String::new, |Repair { why, kept, lost, set_aside }| {
        format!(
            "The store was repaired ({why}): {kept} changes kept, {lost} lost. The old files are in {}.\n",
            set_aside.display()
        )
    })
}

const CHECK_EXAMPLES: &str = "\
Examples:
  knotwork check
  knotwork check --json";

const REBUILD_EXAMPLES: &str = "\
Example:
  knotwork rebuild";
