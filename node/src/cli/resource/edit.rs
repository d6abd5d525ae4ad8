//! `knotwork resource edit`.

use clap::Args;
use serde_json::{Map, Value, json};

use super::{
    super::{Context, output},
    fields::Fields,
    find::path_of,
};
use crate::{
    caller::{Answer, Caller},
    failure::Failure,
    reach,
};

/// Edit a resource: what is given is changed, the rest stays
///
/// What others do at the same time is kept: different fields both stay, and texts are merged.
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub(super) struct Edit {
    /// Its id, or the beginning of it
    id: String,
    /// One line that names it
    #[arg(long)]
    title: Option<String>,
    #[command(flatten)]
    fields: Fields,
    /// A tag to add
    #[arg(long, value_name = "WORD", conflicts_with = "tags")]
    add_tag: Vec<String>,
    /// A tag to take away
    #[arg(long, value_name = "WORD", conflicts_with = "tags")]
    remove_tag: Vec<String>,
    /// A link to add
    #[arg(long, value_name = "ADDRESS", conflicts_with = "links")]
    add_link: Vec<String>,
    /// A link to take away
    #[arg(long, value_name = "ADDRESS", conflicts_with = "links")]
    remove_link: Vec<String>,
}

impl Edit {
    pub(super) fn run(self, context: &Context) -> Result<(), Failure> {
        let mut given = self.fields.to_json()?;
        if let Some(title) = &self.title {
            given.insert("title".into(), json!(title));
        }
        let lists = [("tags", &self.add_tag, &self.remove_tag), ("links", &self.add_link, &self.remove_link)];
        let lists: Vec<ListEdit<'_>> = lists
            .into_iter()
            .filter(|(_, add, remove)| !add.is_empty() || !remove.is_empty())
            .map(|(field, add, remove)| ListEdit { field, add, remove })
            .collect();
        if given.is_empty() && lists.is_empty() {
            return Err(
                Failure::usage("there is nothing to change").next("name a field, for example --title; see --help")
            );
        }
        let answer = reach::with_node(&context.folder()?, |caller| {
            let path = path_of(caller, &self.id)?;
            send(caller, &path, &given, &lists)
        })?;
        if context.json() {
            return output::print_json(&answer.body);
        }
        output::print(answer.body["id"].as_str().unwrap_or_default())
    }
}

/// Entries to put on a list and to take off it.
struct ListEdit<'a> {
    field: &'static str,
    add: &'a [String],
    remove: &'a [String],
}

impl ListEdit<'_> {
    /// The whole list as it shall be.
    fn applied(&self, there: &Value) -> Vec<String> {
        let there = there.as_array().into_iter().flatten().filter_map(Value::as_str);
        let mut entries: Vec<String> =
            there.filter(|entry| !self.remove.iter().any(|removed| removed == entry)).map(str::to_owned).collect();
        for added in self.add {
            if !entries.contains(added) {
                entries.push(added.clone());
            }
        }
        entries
    }
}

/// Sends the edit. Lists go as a whole, so an edit of a list holds only for the state that it was made from; where
/// somebody else was faster, it is made again.
fn send(caller: &Caller, path: &str, given: &Map<String, Value>, lists: &[ListEdit<'_>]) -> Result<Answer, Failure> {
    for _ in 0..ATTEMPTS_MAX {
        let mut body = given.clone();
        let mut state = None;
        if !lists.is_empty() {
            let seen = caller.get(path, &[])?;
            for list in lists {
                body.insert(list.field.into(), json!(list.applied(&seen.body[list.field])));
            }
            state = seen.etag;
        }
        if let Some(answer) = caller.patch(path, &Value::Object(body), state.as_deref())? {
            return Ok(answer);
        }
    }
    Err(Failure::new("others keep changing this resource faster than it can be edited").next("try again in a moment"))
}

const ATTEMPTS_MAX: usize = 20;

const EXAMPLES: &str = "\
Examples:
  knotwork resource edit bq4xk2m --title \"Five whys, and when not to\"
  knotwork resource edit bq4xk2m --add-tag methods --remove-tag draft
  knotwork resource edit bq4xk2m --body-file better.md

Prints the id of the resource.";

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_list_keeps_what_is_not_named() {
        let edit = |add: &[&str], remove: &[&str]| {
            let own = |entries: &[&str]| entries.iter().map(ToString::to_string).collect::<Vec<_>>();
            let (add, remove) = (own(add), own(remove));
            ListEdit { field: "tags", add: &add, remove: &remove }.applied(&json!(["a", "b", "c"]))
        };
        assert_eq!(edit(&["d", "a"], &["b", "x"]), ["a", "c", "d"]);
        assert_eq!(edit(&["b"], &["b"]), ["a", "c", "b"]);
        assert_eq!(edit(&[], &["a", "b", "c"]), [""; 0]);
    }
}
