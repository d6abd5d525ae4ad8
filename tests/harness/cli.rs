//! The command line as a person or a script uses it.

use std::{
    ffi::OsStr,
    io::{Read, Write as _},
    process::{Child, Command, Stdio},
    thread,
    time::Duration,
};

use serde_json::Value;

use super::{program, wait};

/// One call of the program that is still to be made.
#[derive(Debug)]
pub(crate) struct Call {
    command: Command,
    stdin: Option<Vec<u8>>,
}

/// What a call came to.
#[derive(Debug)]
pub(crate) struct Outcome {
    /// The exit code; -1 where a signal ended it.
    pub(crate) code: i32,
    pub(crate) stdout: Vec<u8>,
    pub(crate) stderr: String,
    words: String,
}

/// A call with these words, and no surroundings but a path: no home, no variables.
pub(crate) fn call<S: AsRef<OsStr>>(words: impl IntoIterator<Item = S>) -> Call {
    let mut command = Command::new(program::knotwork());
    command.args(words).env_clear().envs(std::env::var_os("PATH").map(|path| ("PATH", path)));
    Call { command, stdin: None }
}

impl Call {
    pub(crate) fn arg(mut self, word: impl AsRef<OsStr>) -> Self {
        self.command.arg(word);
        self
    }

    pub(crate) fn env(mut self, name: &str, value: impl AsRef<OsStr>) -> Self {
        self.command.env(name, value);
        self
    }

    /// Makes the call and waits for its end.
    ///
    /// # Panics
    /// When it does not end.
    pub(crate) fn run(mut self) -> Outcome {
        let words = format!("{:?}", self.command);
        let input = if self.stdin.is_some() { Stdio::piped() } else { Stdio::null() };
        self.command.stdin(input).stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut child = Ended(self.command.spawn().expect("the program can be started"));
        if let (Some(mut input), Some(bytes)) = (child.0.stdin.take(), self.stdin) {
            // A program that wants no more is no fault.
            thread::spawn(move || _ = input.write_all(&bytes));
        }
        let stdout = read_all(child.0.stdout.take().expect("it is piped"));
        let stderr = read_all(child.0.stderr.take().expect("it is piped"));
        let status = wait::within(LONGEST, &words, || match child.0.try_wait().expect("it is our child") {
            Some(status) => Ok(status),
            None => Err("it still runs".to_owned()),
        });
        let [stdout, stderr] = [stdout, stderr].map(|reader| reader.join().expect("reading does not panic"));
        let stderr = String::from_utf8(stderr).expect("messages are UTF-8");
        Outcome { code: status.code().unwrap_or(-1), stdout, stderr, words }
    }

    /// Makes the call, which must succeed.
    ///
    /// # Panics
    /// With what was said, when it does not.
    #[track_caller]
    pub(crate) fn done(self) -> Outcome {
        self.run().expect_code(0)
    }
}

impl Outcome {
    /// Checks the exit code.
    ///
    /// # Panics
    /// With what was said, when it is another.
    #[track_caller]
    pub(crate) fn expect_code(self, code: i32) -> Self {
        assert_eq!(self.code, code, "{}\n{}{}", self.words, self.text(), self.stderr);
        self
    }

    /// Standard output as text, with what is not UTF-8 replaced.
    pub(crate) fn text(&self) -> String {
        String::from_utf8_lossy(&self.stdout).into_owned()
    }

    /// Standard output as JSON.
    ///
    /// # Panics
    /// When it is something else.
    #[track_caller]
    pub(crate) fn json(&self) -> Value {
        serde_json::from_slice(&self.stdout).unwrap_or_else(|error| panic!("{}: {error}: {}", self.words, self.text()))
    }

    /// The last line of standard error as JSON, which a failure with `--json` is.
    ///
    /// # Panics
    /// When it is something else.
    #[track_caller]
    pub(crate) fn failure(&self) -> Value {
        let last = self.stderr.lines().last().unwrap_or_default();
        serde_json::from_str(last).unwrap_or_else(|error| panic!("{}: {error}: {}", self.words, self.stderr))
    }
}

/// A child that does not outlive this value.
struct Ended(Child);

impl Drop for Ended {
    fn drop(&mut self) {
        // Both fail only where it has ended already.
        _ = self.0.kill();
        _ = self.0.wait();
    }
}

fn read_all(mut from: impl Read + Send + 'static) -> thread::JoinHandle<Vec<u8>> {
    thread::spawn(move || {
        let mut bytes = Vec::new();
        from.read_to_end(&mut bytes).expect("a pipe can be read");
        bytes
    })
}

/// No verb takes longer, `run` and `demo` without `--check` apart.
const LONGEST: Duration = Duration::from_secs(60);
