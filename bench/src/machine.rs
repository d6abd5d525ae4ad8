//! What the figures were measured on, and how they were asked for.

use std::{env, fs, thread};

/// Two lines for above the table: the machine, and the command that gives such a table again.
pub(crate) fn describe() -> String {
    let cores = thread::available_parallelism().map_or_else(|_| "?".to_owned(), |cores| cores.to_string());
    let processor = line_of("/proc/cpuinfo", "model name").unwrap_or_else(|| env::consts::ARCH.to_owned());
    let memory =
        line_of("/proc/meminfo", "MemTotal").and_then(|line| gibibytes(&line)).unwrap_or_else(|| "?".to_owned());
    let kernel = fs::read_to_string("/proc/sys/kernel/osrelease").unwrap_or_default();
    let kernel = format!("{} {}", env::consts::OS, kernel.trim());
    let arguments: Vec<String> = env::args().skip(1).collect();
    let separator = if arguments.is_empty() { "" } else { " -- " };
    format!(
        "Machine: {cores} cores ({processor}), {memory} GiB, {}.\nCommand: `cargo run --release -p knotwork-bench{separator}{}`.\n",
        kernel.trim(),
        arguments.join(" ")
    )
}

/// What stands behind the colon of the first line with this name.
fn line_of(file: &str, name: &str) -> Option<String> {
    let text = fs::read_to_string(file).ok()?;
    let (_, value) = text.lines().find(|line| line.starts_with(name))?.split_once(':')?;
    Some(value.trim().to_owned())
}

/// `24650000 kB` in GiB.
fn gibibytes(kilobytes: &str) -> Option<String> {
    let count: f64 = kilobytes.strip_suffix(" kB")?.trim().parse().ok()?;
    Some(format!("{:.1}", count / 1024.0 / 1024.0))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn memory_is_told_in_gibibytes() {
        assert_eq!(gibibytes("25165824 kB").as_deref(), Some("24.0"));
        assert_eq!(gibibytes("a lot"), None);
    }
}
