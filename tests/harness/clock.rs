//! Another time of day for one process: a clock that is ahead, so that what takes a day need not be waited for.

use std::{
    path::{Path, PathBuf},
    process::Command,
    time::{Duration, SystemTime, UNIX_EPOCH},
};

use knotwork_documents::Date;
use knotwork_identity::Timestamp;

/// A clock that is ahead of this machine's by so much.
#[derive(Debug, Clone)]
pub(crate) struct Clock {
    library: PathBuf,
    ahead: Duration,
}

impl Clock {
    /// Makes one, with its library in this folder.
    pub(crate) fn ahead(folder: &Path, ahead: Duration) -> Self {
        let library = folder.join("clock.so");
        let source = Path::new(env!("CARGO_MANIFEST_DIR")).join("harness/clock.c");
        let compiled = Command::new("cc").args(["-shared", "-fPIC", "-O1", "-o"]).arg(&library).arg(source).output();
        let compiled = compiled.expect("there is a C compiler");
        assert!(compiled.status.success(), "{}", String::from_utf8_lossy(&compiled.stderr));
        Self { library, ahead }
    }

    /// Has a process go by it.
    pub(crate) fn set(&self, command: &mut Command) {
        command.env("LD_PRELOAD", &self.library);
        command.env("KNOTWORK_TEST_SECONDS_AHEAD", self.ahead.as_secs().to_string());
    }
}

/// A time of day by this machine's clock, as the API writes it.
pub(crate) fn time_in(ahead: Duration) -> String {
    let time = SystemTime::now().duration_since(UNIX_EPOCH).expect("after 1970") + ahead;
    let milliseconds = u64::try_from(time.as_millis()).expect("in range");
    let day = Date::of(Timestamp::from_milliseconds(milliseconds).expect("in range"));
    let seconds = time.as_secs() % 86_400;
    format!("{day}T{:02}:{:02}:{:02}Z", seconds / 3_600, seconds / 60 % 60, seconds % 60)
}
