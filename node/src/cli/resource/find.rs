//! Finding a resource by its id or by the beginning of its id.

use knotwork_identity::DocumentId;
use serde::Deserialize;

use super::{
    super::{other_version, text::one_line},
    PATH,
};
use crate::{caller::Caller, failure::Failure};

/// The part of a resource's id that people are shown.
pub(super) fn short(id: &str) -> &str {
    id.get(..SHORT).unwrap_or(id)
}

/// The path of the resource that is meant.
pub(super) fn path_of(caller: &Caller, meant: &str) -> Result<String, Failure> {
    if meant.parse::<DocumentId>().is_ok() {
        return Ok(format!("{PATH}/{meant}"));
    }
    let plausible = meant.len() >= BEGINNING_MIN
        && meant.starts_with('b')
        && meant.bytes().all(|byte| byte.is_ascii_alphanumeric());
    if !plausible {
        return Err(Failure::usage(format!("\"{}\" is not the id of a resource, nor its beginning", one_line(meant)))
            .next(format!("`knotwork resource list` shows them; at least {BEGINNING_MIN} characters are needed")));
    }
    let mut found: Vec<Named> = Vec::new();
    each(caller, None, |resource: Named| {
        if resource.id.starts_with(meant) {
            found.push(resource);
        }
        Ok(true)
    })?;
    match &found[..] {
        [] => Err(Failure::new(format!("there is no resource whose id begins with {meant}"))
            .next("`knotwork resource list` shows them all")),
        [one] => Ok(format!("{PATH}/{}", one.id)),
        several => {
            let names: Vec<String> =
                several.iter().take(5).map(|named| format!("{} ({})", named.id, one_line(&named.title))).collect();
            Err(Failure::usage(format!(
                "the ids of {} resources begin with {meant}: {}",
                several.len(),
                names.join(", ")
            ))
            .next("give more of it"))
        }
    }
}

/// Calls `each` with every resource, from A to Z, until it gives `false`. Gives how many there are in all.
pub(super) fn each<T: for<'de> Deserialize<'de>>(
    caller: &Caller,
    tag: Option<&str>,
    mut each: impl FnMut(T) -> Result<bool, Failure>,
) -> Result<u64, Failure> {
    let mut cursor: Option<String> = None;
    loop {
        let mut query = vec![("limit", PAGE)];
        query.extend(tag.map(|tag| ("tag", tag)));
        query.extend(cursor.as_deref().map(|cursor| ("cursor", cursor)));
        let page: Page<T> =
            serde_json::from_value(caller.get(PATH, &query)?.body).map_err(|error| other_version(&error))?;
        for item in page.items {
            if !each(item)? {
                return Ok(page.total);
            }
        }
        match page.next {
            Some(next) => cursor = Some(next),
            None => return Ok(page.total),
        }
    }
}

#[derive(Debug, Deserialize)]
struct Page<T> {
    items: Vec<T>,
    next: Option<String>,
    total: u64,
}

#[derive(Debug, Deserialize)]
struct Named {
    id: String,
    title: String,
}

/// The most that the API gives at once.
const PAGE: &str = "100";
/// So many characters of an id tell among millions.
const SHORT: usize = 10;
/// With fewer, a slip of the finger would find something.
const BEGINNING_MIN: usize = 4;
