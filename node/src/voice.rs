//! Asking the node for a member: with the personal token that they put into the environment.

use std::{
    fs::File,
    io::{Read, stdin},
    path::Path,
};

use crate::{caller::Caller, failure::Failure, folder::DataFolder, reach};

/// Asks the node of a folder for the member whose token is in the environment.
pub(crate) fn with_member<T>(
    folder: &DataFolder,
    ask: impl FnOnce(&Caller) -> Result<T, Failure>,
) -> Result<T, Failure> {
    let token = token().ok_or_else(|| {
        Failure::usage("this is for a member to do, and no token of one is given").next(format!(
            "make a personal token that may write, on the page Settings, and put it into the environment as {TOKEN}"
        ))
    })?;
    reach::with_node(folder, |caller| ask(&caller.with_token(&token)))
}

/// Asks the node of a folder for the member, if there is a token, and else for the machine.
pub(crate) fn with_reader<T>(
    folder: &DataFolder,
    ask: impl FnOnce(&Caller) -> Result<T, Failure>,
) -> Result<T, Failure> {
    match token() {
        Some(token) => reach::with_node(folder, |caller| ask(&caller.with_token(&token))),
        None => reach::with_node(folder, ask),
    }
}

/// Reads a text from a file, or from standard input for `-`.
pub(crate) fn read_text(path: &Path) -> Result<String, Failure> {
    let mut text = String::new();
    let cannot = |error: std::io::Error| Failure::io(&error, format_args!("cannot read {}", path.display()));
    if path == Path::new("-") {
        stdin().lock().take(TEXT_BYTES_MAX).read_to_string(&mut text).map_err(cannot)?;
    } else {
        File::open(path).and_then(|file| file.take(TEXT_BYTES_MAX).read_to_string(&mut text)).map_err(cannot)?;
    }
    Ok(text)
}

fn token() -> Option<String> {
    let token = std::env::var(TOKEN).ok()?;
    // What no header can carry is no token.
    let token = token.trim().to_owned();
    (!token.is_empty() && token.bytes().all(|byte| byte.is_ascii_graphic())).then_some(token)
}

/// Where the token is.
const TOKEN: &str = "KNOTWORK_TOKEN";
/// More than any text of a decision has.
const TEXT_BYTES_MAX: u64 = 1024 * 1024;
