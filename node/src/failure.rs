//! Why a verb did not succeed, in words for the person who typed it.
//!
//! A failure says what is wrong and, where anything can be done, what to do next. It is shown once, at the very end, as
//! text or as JSON.

use std::{fmt, io, process::ExitCode};

use serde_json::{Map, Value, json};

/// Why a verb did not succeed.
#[derive(Debug)]
pub(crate) struct Failure {
    outcome: Outcome,
    what: String,
    next: Option<String>,
    details: Map<String, Value>,
}

/// What the failure means for the exit code.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Outcome {
    /// It did not work.
    Failed,
    /// It was asked for in a way that cannot work.
    WrongUsage,
    /// Whoever read our output has stopped reading, which is no fault.
    OutputClosed,
}

impl Failure {
    /// Something that did not work.
    pub(crate) fn new(what: impl Into<String>) -> Self {
        Self { outcome: Outcome::Failed, what: what.into(), next: None, details: Map::new() }
    }

    /// A wish that cannot be carried out as it was put.
    pub(crate) fn usage(what: impl Into<String>) -> Self {
        Self { outcome: Outcome::WrongUsage, ..Self::new(what) }
    }

    /// A failure to read or write, said with what was being done: `io(error, "cannot read /a/b")`.
    pub(crate) fn io(error: &io::Error, doing: impl fmt::Display) -> Self {
        let failure = Self::new(format!("{doing}: {}", plain(error)));
        match error.kind() {
            io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded => failure.next("free some space and try again"),
            io::ErrorKind::PermissionDenied => failure.next("see who owns it and who may use it (ls -l)"),
            io::ErrorKind::NotFound => failure.next("see whether the name is right, and whether its folder is there"),
            io::ErrorKind::AlreadyExists => failure.next("move away what is there, or name another place"),
            io::ErrorKind::IsADirectory => failure.next("name a file in it"),
            io::ErrorKind::NotADirectory => failure.next("a part of the path is a file: name another"),
            io::ErrorKind::ReadOnlyFilesystem => failure.next("nothing can be written there: name another place"),
            io::ErrorKind::InvalidData => failure.next("it must be text in UTF-8"),
            _ => failure.next("see whether the disk is there and healthy (dmesg), and try again"),
        }
    }

    /// A failure to write to standard output.
    pub(crate) fn output(error: &io::Error) -> Self {
        match error.kind() {
            io::ErrorKind::BrokenPipe => {
                Self { outcome: Outcome::OutputClosed, ..Self::new("nobody reads the output") }
            }
            _ => Self::io(error, "cannot write the output"),
        }
    }

    /// Adds what the reader can do about it.
    #[must_use]
    pub(crate) fn next(mut self, next: impl Into<String>) -> Self {
        self.next = Some(next.into());
        self
    }

    /// Adds what the reader can do about it, unless something is said already.
    #[must_use]
    pub(crate) fn or_next(mut self, next: impl Into<String>) -> Self {
        self.next.get_or_insert_with(|| next.into());
        self
    }

    /// Adds a value for programs that read the JSON form.
    #[must_use]
    pub(crate) fn detail(mut self, name: &str, value: impl Into<Value>) -> Self {
        self.details.insert(name.to_owned(), value.into());
        self
    }

    /// Puts what was being done before what went wrong.
    #[must_use]
    pub(crate) fn during(mut self, doing: impl fmt::Display) -> Self {
        self.what = format!("{doing}: {}", self.what);
        self
    }

    /// What is wrong, in one sentence.
    pub(crate) fn what(&self) -> &str {
        &self.what
    }

    /// 1 where something did not work, 2 for wrong usage.
    pub(crate) fn exit_code(&self) -> ExitCode {
        match self.outcome {
            Outcome::Failed => ExitCode::from(1),
            Outcome::WrongUsage => ExitCode::from(2),
            Outcome::OutputClosed => ExitCode::SUCCESS,
        }
    }

    /// What to show on standard error; nothing if there is nothing to say.
    pub(crate) fn shown(&self, json: bool) -> Option<String> {
        if self.outcome == Outcome::OutputClosed {
            return None;
        }
        if !json {
            return Some(self.to_string());
        }
        let mut object = self.details.clone();
        object.insert("error".into(), json!(self.what));
        if let Some(next) = &self.next {
            object.insert("next".into(), json!(next));
        }
        Some(Value::Object(object).to_string())
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "error: {}", self.what)?;
        match &self.next {
            Some(next) => write!(formatter, "\n  {next}"),
            None => Ok(()),
        }
    }
}

/// What the system says, without the number of the error.
fn plain(error: &io::Error) -> String {
    let text = error.to_string();
    let end = text.find(" (os error ").unwrap_or(text.len());
    text[..end].to_lowercase()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_failure_says_what_and_what_next_in_both_forms() {
        let failure = Failure::new("no network yet").next("run `knotwork found`").detail("line", 7);
        assert_eq!(failure.shown(false).as_deref(), Some("error: no network yet\n  run `knotwork found`"));
        let shown: Value = serde_json::from_str(&failure.shown(true).expect("shown")).expect("JSON");
        assert_eq!(shown, json!({"error": "no network yet", "next": "run `knotwork found`", "line": 7}));
    }

    #[test]
    fn a_reader_that_went_away_is_no_failure() {
        let closed = Failure::output(&io::Error::from(io::ErrorKind::BrokenPipe));
        assert_eq!(closed.shown(false), None);
        assert!(
            Failure::output(&io::Error::from_raw_os_error(28)).shown(false).expect("shown").contains("free some space")
        );
    }

    #[test]
    fn the_systems_words_come_without_their_number() {
        let failure = Failure::io(&io::Error::from_raw_os_error(2), "cannot read /a");
        assert_eq!(failure.what(), "cannot read /a: no such file or directory");
    }

    #[test]
    fn whatever_the_system_refuses_there_is_something_to_do() {
        for number in 1..134 {
            let failure = Failure::io(&io::Error::from_raw_os_error(number), "cannot write /a");
            let shown = failure.shown(false).expect("shown");
            assert!(shown.lines().count() == 2, "{shown}");
        }
    }
}
