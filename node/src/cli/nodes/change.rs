//! `knotwork nodes sign` and `end`.

use clap::Args;
use serde_json::{Value, json};

use super::{
    super::{Context, output},
    PATH, key_of,
};
use crate::{failure::Failure, reach};

/// Have another node of this organisation sign minutes for it
///
/// That is this organisation's word, and counts once it is minuted. The node that signed before is served as before.
#[derive(Debug, Args)]
#[command(after_help = SIGN_EXAMPLES)]
pub(super) struct Sign {
    /// The node's key, or how it begins
    node: String,
}

/// End a node of this organisation: the network serves it no more
///
/// What was written with it stays. Of a machine that was lost, delete nothing: whoever has it has the organisation's key as
/// well, and only a new organisation key, with a decision to admit it, takes that back.
#[derive(Debug, Args)]
#[command(after_help = END_EXAMPLES)]
pub(super) struct End {
    /// The node's key, or how it begins
    node: String,
}

impl Sign {
    pub(super) fn run(self, context: &Context) -> Result<(), Failure> {
        let said = change(context, &self.node, "signs")?;
        if context.json() {
            return output::print_json(&said);
        }
        output::print(
            "It is said. It counts once it stands in the minutes.\n\nNext: see it with `knotwork nodes list`.",
        )
    }
}

impl End {
    pub(super) fn run(self, context: &Context) -> Result<(), Failure> {
        let ended = change(context, &self.node, "ended")?;
        if context.json() {
            return output::print_json(&ended);
        }
        output::print("It is ended: each node serves it no more as soon as it hears of that.")
    }
}

fn change(context: &Context, node: &str, state: &str) -> Result<Value, Failure> {
    reach::with_node(&context.folder()?, |caller| {
        let key = key_of(caller, node)?;
        Ok(caller
            .patch(&format!("{PATH}/{key}"), &json!({ "state": state }), None)?
            .map_or(Value::Null, |said| said.body))
    })
}

const SIGN_EXAMPLES: &str = "\
Examples:
  knotwork nodes list
  knotwork nodes sign b4x3kq";

const END_EXAMPLES: &str = "\
Examples:
  knotwork nodes end b4x3kq";
