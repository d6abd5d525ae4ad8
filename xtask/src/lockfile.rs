//! Reading `Cargo.lock`: which version of which library is in use.

use std::fmt;

/// One locked package.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Locked {
    pub(crate) name: String,
    pub(crate) version: Version,
}

/// A semantic version, ordered as cargo orders it as far as the floors need: a pre-release comes before its release.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Version {
    numbers: [u64; 3],
    /// Before `text`, so that releases sort above pre-releases.
    is_release: bool,
    text: String,
}

impl Version {
    /// Reads `1.2.3`, `1.2.3-alpha.1` or `1.2.3+build`.
    pub(crate) fn parse(text: &str) -> Option<Self> {
        let without_build = text.split('+').next()?;
        let (numbers, is_release) = match without_build.split_once('-') {
            Some((numbers, _)) => (numbers, false),
            None => (without_build, true),
        };
        let mut parts = numbers.split('.').map(|part| part.parse().ok());
        let numbers = [parts.next()??, parts.next()??, parts.next()??];
        parts.next().is_none().then(|| Self { numbers, is_release, text: text.to_owned() })
    }

    /// Whether this version is `floor` or later.
    pub(crate) fn is_at_least(&self, floor: [u64; 3]) -> bool {
        (self.numbers, self.is_release) >= (floor, true)
    }

    /// Whether this version comes before `ceiling`, of which pre-releases count as part.
    pub(crate) fn is_below(&self, ceiling: [u64; 3]) -> bool {
        self.numbers < ceiling
    }
}

impl fmt::Display for Version {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.text)
    }
}

/// All packages in the text of a lock file.
///
/// # Errors
/// Says which line is not as cargo writes it.
pub(crate) fn parse(text: &str) -> Result<Vec<Locked>, String> {
    let mut packages = Vec::new();
    let mut name = None;
    for (index, line) in text.lines().enumerate() {
        let wrong = || format!("Cargo.lock line {}: `{line}` is not as cargo writes it", index + 1);
        if line == "[[package]]" {
            name = None;
        } else if let Some(value) = line.strip_prefix("name = ") {
            name = Some(unquoted(value).ok_or_else(wrong)?.to_owned());
        } else if let Some(value) = line.strip_prefix("version = ")
            && let Some(name) = name.take()
        {
            let version = unquoted(value).and_then(Version::parse).ok_or_else(wrong)?;
            packages.push(Locked { name, version });
        }
    }
    if packages.is_empty() { Err("Cargo.lock lists no package".to_owned()) } else { Ok(packages) }
}

fn unquoted(value: &str) -> Option<&str> {
    value.strip_prefix('"')?.strip_suffix('"')
}

#[cfg(test)]
mod tests {
    use super::*;

    const SAMPLE: &str = "version = 4\n\n[[package]]\nname = \"a\"\nversion = \"1.2.3\"\ndependencies = [\n \"b\",\n]\n\n\
                          [[package]]\nname = \"b\"\nversion = \"0.5.0-alpha\"\nsource = \"registry+x\"\n";

    #[test]
    fn packages_are_read() {
        let packages = parse(SAMPLE).expect("the sample is a lock file");
        let shown: Vec<_> = packages.iter().map(|locked| format!("{} {}", locked.name, locked.version)).collect();
        assert_eq!(shown, ["a 1.2.3", "b 0.5.0-alpha"]);
    }

    #[test]
    fn what_cargo_does_not_write_is_refused() {
        for bad in ["", "[[package]]\nname = a\n", "[[package]]\nname = \"a\"\nversion = \"1.2\"\n"] {
            assert!(parse(bad).is_err(), "{bad:?}");
        }
    }

    #[test]
    fn versions_are_compared_by_number_and_release() {
        let at_least = |text: &str, floor| Version::parse(text).expect("a version").is_at_least(floor);
        assert!(at_least("0.10.0", [0, 9, 9]));
        assert!(at_least("1.0.0+build", [1, 0, 0]));
        assert!(!at_least("0.9.10", [0, 10, 0]));
        assert!(!at_least("1.0.0-rc.1", [1, 0, 0]));
        assert!(!Version::parse("1.0.0-alpha.124").expect("a version").is_below([0, 35, 0]));
        assert!(Version::parse("0.34.7").expect("a version").is_below([0, 35, 0]));
    }
}
