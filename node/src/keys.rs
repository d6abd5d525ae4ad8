//! The three secret keys of a node's data folder, and the files that hold them.
//!
//! A key file is two or three lines of text: a warning, the secret, and for the service the person id
//! that goes with it.

use std::path::Path;

use knotwork_identity::{PersonId, SecretKey, from_text, to_text};
use zeroize::Zeroizing;

use crate::{clock, failure::Failure, private_file};

/// The secret keys of a node.
#[derive(Debug, Clone)]
pub(crate) struct Keys {
    /// Owns the organisation's profile and certificates.
    pub(crate) organisation: SecretKey,
    /// The node's identity on the wire.
    pub(crate) node: SecretKey,
    /// Signs what comes in by the API token and the command line.
    pub(crate) service: Certified,
}

/// A key that an organisation certifies, and for whom.
#[derive(Debug, Clone)]
pub(crate) struct Certified {
    /// The key.
    pub(crate) key: SecretKey,
    /// The person, or the service.
    pub(crate) person: PersonId,
}

impl Keys {
    /// New keys.
    pub(crate) fn random() -> Result<Self, Failure> {
        let certified = || Ok(Certified { key: clock::random_key()?, person: clock::random_person()? });
        Ok(Self { organisation: clock::random_key()?, node: clock::random_key()?, service: certified()? })
    }

    /// Writes the keys into a folder that must not hold any yet.
    pub(crate) fn create(&self, folder: &Path) -> Result<(), Failure> {
        private_file::create_folder(folder)?;
        let write = |name: &str, secret: &SecretKey, person| {
            private_file::create(&folder.join(name), text(name, secret, person).as_bytes())
        };
        write(ORGANISATION, &self.organisation, None)?;
        write(NODE, &self.node, None)?;
        write(SERVICE, &self.service.key, Some(self.service.person))
    }

    /// Reads the keys from a folder.
    pub(crate) fn read(folder: &Path) -> Result<Self, Failure> {
        let secret = |name: &str| read(&folder.join(name)).map(|(secret, _)| secret);
        let certified = |name: &str| {
            let path = folder.join(name);
            let (key, person) = read(&path)?;
            let person = person.ok_or_else(|| damaged(&path, "it has no line that begins with \"person\""))?;
            Ok(Certified { key, person })
        };
        Ok(Self { organisation: secret(ORGANISATION)?, node: secret(NODE)?, service: certified(SERVICE)? })
    }
}

fn text(name: &str, secret: &SecretKey, person: Option<PersonId>) -> Zeroizing<String> {
    let mut text = Zeroizing::new(String::with_capacity(TEXT_BYTES));
    text.push_str("# Knotwork: a secret key (");
    text.push_str(name);
    text.push_str("). Whoever has it can sign in your name. Keep a copy in a safe place.\nsecret ");
    text.push_str(&Zeroizing::new(to_text(secret.to_seed().as_slice())));
    text.push('\n');
    if let Some(person) = person {
        text.push_str("person ");
        text.push_str(&person.to_string());
        text.push('\n');
    }
    text
}

fn read(path: &Path) -> Result<(SecretKey, Option<PersonId>), Failure> {
    let text = private_file::read_secret(path)?;
    let mut secret = None;
    let mut person = None;
    for line in text.lines().filter(|line| !line.starts_with('#') && !line.trim().is_empty()) {
        match line.split_once(' ') {
            Some(("secret", seed)) => {
                let seed = from_text(seed.trim()).map_err(|error| damaged(path, &error.to_string()))?;
                secret = Some(SecretKey::from_seed(&Zeroizing::new(seed)));
            }
            Some(("person", id)) => {
                person = Some(id.trim().parse().map_err(|error| damaged(path, &format!("{error}")))?)
            }
            // Not shown: it may be a part of the secret.
            _ => return Err(damaged(path, "it has a line that begins neither with \"secret\" nor with \"person\"")),
        }
    }
    let secret = secret.ok_or_else(|| damaged(path, "it has no line that begins with \"secret\""))?;
    Ok((secret, person))
}

fn damaged(path: &Path, why: &str) -> Failure {
    Failure::new(format!("{} is not a key file: {why}", path.display())).next("put your copy of it in its place")
}

const ORGANISATION: &str = "organisation.key";
const NODE: &str = "node.key";
const SERVICE: &str = "service.key";
/// Room for a whole key file, so that no half-written copy of the secret is left behind in memory.
const TEXT_BYTES: usize = 512;

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;

    #[test]
    fn keys_are_read_as_they_were_written() {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let path = folder.path().join("keys");
        let keys = Keys::random().expect("random");
        keys.create(&path).expect("written");
        let read = Keys::read(&path).expect("readable");
        let seeds = |keys: &Keys| [&keys.organisation, &keys.node, &keys.service.key].map(|key| key.to_seed().to_vec());
        assert_eq!(seeds(&read), seeds(&keys));
        assert_eq!(read.service.person, keys.service.person);
        let mut distinct = seeds(&keys).to_vec();
        distinct.sort();
        distinct.dedup();
        assert_eq!(distinct.len(), 3);
        assert!(keys.create(&path).is_err(), "keys are never written over");
        assert!(text(SERVICE, &keys.service.key, Some(keys.service.person)).len() < TEXT_BYTES);
    }

    #[test]
    fn a_damaged_file_is_named_and_nothing_in_it_is_shown() {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let path = folder.path().join("keys");
        Keys::random().expect("random").create(&path).expect("written");
        let file = path.join(NODE);
        let whole = fs::read_to_string(&file).expect("readable");
        let secret = whole.lines().nth(1).and_then(|line| line.strip_prefix("secret ")).expect("the second line");
        for damage in ["", "secret", "secret bxyz\n", &format!("secret {}\n", &secret[..40]), &format!("{secret}\n")] {
            fs::write(&file, damage).expect("written");
            let shown = Keys::read(&path).expect_err("damaged").shown(false).expect("shown");
            assert!(shown.contains("node.key") && !shown.contains(&secret[..8]), "{shown}");
        }
        fs::remove_file(&file).expect("removed");
        assert!(Keys::read(&path).expect_err("gone").what().contains("node.key"));
    }
}
