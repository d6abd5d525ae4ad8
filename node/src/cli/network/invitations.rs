//! `knotwork network invitations`.

use clap::Args;
use serde::Deserialize;
use serde_json::{Value, json};

use super::{
    super::{
        Context, other_version, output,
        table::{Table, terminal_width},
    },
    PATH,
};
use crate::{caller::Caller, failure::Failure, voice};

/// List the invitations with which an organisation may still apply, or take one back
///
/// An invitation is for the first organisation that applies with it, which may do so again, and ends after 30 days. Once it is
/// taken back, nobody applies with it; an application that came by it stays.
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub(super) struct Invitations {
    /// Take this one back: its id, or how that begins
    #[arg(long, value_name = "ID")]
    take_back: Option<String>,
}

impl Invitations {
    pub(super) fn run(self, context: &Context) -> Result<(), Failure> {
        let folder = context.folder()?;
        if let Some(begins) = &self.take_back {
            let id = voice::with_member(&folder, |caller| take_back(caller, begins))?;
            if context.json() {
                return output::print_json(&json!({ "taken_back": id }));
            }
            return output::print("It is taken back: nobody applies with it any more.");
        }
        let (open, names) = voice::with_member(&folder, |caller| {
            let names = Names {
                applied: caller.get(PATH, &[])?.body,
                organisations: caller.get("/api/v1/organisations", &[])?.body,
            };
            Ok((caller.get(&format!("{PATH}/invitations"), &[])?.body, names))
        })?;
        if context.json() {
            return output::print_json(&open);
        }
        let mut table = Table::new(&["id", "made", "ends", "applied with by"]);
        for one in read(open)? {
            let applicant = names.of(&one.organisation);
            table.row([one.id, day(one.made), day(one.ends), applicant]);
        }
        output::print(&table.shown(terminal_width()))
    }
}

fn take_back(caller: &Caller, begins: &str) -> Result<String, Failure> {
    let open = read(caller.get(&format!("{PATH}/invitations"), &[])?.body)?;
    let mut found = open.into_iter().map(|one| one.id).filter(|id| id.starts_with(begins));
    let id = match (found.next(), found.next()) {
        (Some(id), None) => id,
        (None, _) => {
            return Err(Failure::new(format!("no open invitation has the id {begins}"))
                .next("see them with `knotwork network invitations`"));
        }
        (Some(_), Some(_)) => {
            return Err(Failure::usage(format!("the ids of several invitations begin with {begins}"))
                .next("give more of the id"));
        }
    };
    caller.delete(&format!("{PATH}/invitations/{id}"))?;
    Ok(id)
}

fn read(body: Value) -> Result<Vec<Listed>, Failure> {
    let page: Page = serde_json::from_value(body).map_err(|error| other_version(&error))?;
    Ok(page.items)
}

/// What organisations are called: in what they applied with, and in the network, where they are or have been.
struct Names {
    applied: Value,
    organisations: Value,
}

impl Names {
    /// The name of the organisation of this key; the key where no name is known.
    fn of(&self, key: &str) -> String {
        if key.is_empty() {
            return String::new();
        }
        let listed = |list: &Value, field: &str| {
            let found = list.as_array()?.iter().find(|item| item[field] == key)?;
            found["name"].as_str().map(str::to_owned)
        };
        listed(&self.applied["items"], "organisation")
            .or_else(|| listed(&self.organisations["items"], "key"))
            .or_else(|| listed(&self.organisations["gone"], "key"))
            .unwrap_or_else(|| key.to_owned())
    }
}

fn day(time: Option<String>) -> String {
    time.unwrap_or_default().chars().take(10).collect()
}

#[derive(Debug, Deserialize)]
struct Page {
    items: Vec<Listed>,
}

#[derive(Debug, Deserialize)]
struct Listed {
    id: String,
    made: Option<String>,
    ends: Option<String>,
    organisation: String,
}

const EXAMPLES: &str = "\
Examples:
  knotwork network invitations
  knotwork network invitations --take-back bq4xk2m

Acts for the steward whose personal token is in KNOTWORK_TOKEN.";

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_organisation_has_its_name_wherever_it_is_known_by_one() {
        let names = Names {
            applied: json!({ "items": [{ "organisation": "k1", "name": "Alder" }] }),
            organisations: json!({ "items": [{ "key": "k2", "name": "Birch" }], "gone": [{ "key": "k3", "name": "Cedar" }] }),
        };
        assert_eq!(["", "k1", "k2", "k3", "k4"].map(|key| names.of(key)), ["", "Alder", "Birch", "Cedar", "k4"]);
    }
}
