//! Writing the description of the HTTP API anew from the code.

use crate::process::{Failure, cargo, program, repository, run, shown, target_folder};

/// Builds the node, asks it for its API description, and writes that to `docs/reference/openapi.json`.
///
/// A test compares the two, so this is what to run after a wanted change of the API.
///
/// # Errors
/// The node does not build, or prints something else than JSON; the file is then left as it was.
pub(crate) fn write() -> Result<(), Failure> {
    // With --workspace, as everywhere: another selection of packages would build the libraries again.
    run(&mut cargo(["build", "--workspace", "--all-targets"]), "mend the build")?;
    let mut node = program(&target_folder().join("debug").join("knotwork"));
    node.arg("openapi");
    let shown = shown(&node);
    let output = node.output();
    let output =
        output.map_err(|error| Failure::new(format!("`{shown}` cannot be started: {error}"), "see node/src"))?;
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    if !output.status.success() || !text.trim_start().starts_with('{') {
        let errors = String::from_utf8_lossy(&output.stderr).into_owned();
        let what = format!("`{shown}` printed no API description ({}): {errors}", output.status);
        return Err(Failure::new(what, "mend the verb; docs/reference/openapi.json is as it was"));
    }
    let file = repository().join("docs/reference/openapi.json");
    let written = file.parent().map_or(Ok(()), std::fs::create_dir_all).and_then(|()| std::fs::write(&file, text));
    written
        .map_err(|error| Failure::new(format!("{}: {error}", file.display()), "make room or give leave to write"))?;
    println!("{} is written", file.display());
    Ok(())
}
