//! The three secret keys of a node's data folder, and the files that hold them.
//!
//! A key file is two or three lines of text: a warning, the secret, and for the service the person id
//! that goes with it.

use std::{
    fs, io,
    path::{Path, PathBuf},
};

use knotwork_identity::{Card, PersonId, SecretKey, from_text, to_text};
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
        let secret = |name: &str| read(&folder.join(name)).map(|file| file.secret);
        let certified = |name: &str| {
            let path = folder.join(name);
            let KeyFile { secret: key, person, .. } = read(&path)?;
            let person = person.ok_or_else(|| damaged(&path, "it has no line that begins with \"person\""))?;
            Ok(Certified { key, person })
        };
        Ok(Self { organisation: secret(ORGANISATION)?, node: secret(NODE)?, service: certified(SERVICE)? })
    }
}

/// The key of an organisation that this node hosts, as it stands in a file of its own.
#[derive(Debug, Clone)]
pub(crate) struct HostedFile {
    /// What the organisation is called.
    pub(crate) name: String,
    /// Its key.
    pub(crate) key: SecretKey,
}

impl HostedFile {
    /// Where it is among the keys of a node.
    pub(crate) fn path(&self, keys: &Path) -> PathBuf {
        keys.join(HOSTED).join(format!("{}.{KEY}", self.key.public()))
    }

    /// Writes it among the keys of a node, where it must not be yet.
    pub(crate) fn create(&self, keys: &Path) -> Result<(), Failure> {
        private_file::create_folder(&keys.join(HOSTED))?;
        self.write_to(&self.path(keys))
    }

    /// Writes it where no file is yet.
    pub(crate) fn write_to(&self, path: &Path) -> Result<(), Failure> {
        let mut whole = text("organisation.key", &self.key, None);
        whole.push_str("name ");
        whole.push_str(&self.name);
        whole.push('\n');
        private_file::create(path, whole.as_bytes())
    }
}

/// The keys of the organisations that a node hosts.
pub(crate) fn read_hosted(keys: &Path) -> Result<Vec<HostedFile>, Failure> {
    let folder = keys.join(HOSTED);
    let cannot = |error: &io::Error| Failure::io(error, format_args!("cannot look into {}", folder.display()));
    let entries = match fs::read_dir(&folder) {
        Ok(entries) => entries,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
        Err(error) => return Err(cannot(&error)),
    };
    let mut hosted = Vec::new();
    for entry in entries {
        let path = entry.map_err(|error| cannot(&error))?.path();
        if path.extension().is_none_or(|extension| extension != KEY) {
            continue;
        }
        let KeyFile { secret, name, .. } = read(&path)?;
        let name = name.ok_or_else(|| damaged(&path, "it has no line that begins with \"name\""))?;
        hosted.push(HostedFile { name, key: secret });
    }
    Ok(hosted)
}

/// The organisation's key in a file that was handed over.
pub(crate) fn read_organisation(path: &Path) -> Result<SecretKey, Failure> {
    let KeyFile { secret, person, .. } = read(path)?;
    match person {
        None => Ok(secret),
        Some(_) => Err(damaged(path, "it holds the key of a service, and not that of an organisation")),
    }
}

/// What a key file says.
struct KeyFile {
    secret: SecretKey,
    person: Option<PersonId>,
    name: Option<String>,
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

fn read(path: &Path) -> Result<KeyFile, Failure> {
    let text = private_file::read_secret(path)?;
    let mut secret = None;
    let (mut person, mut called) = (None, None);
    for line in text.lines().filter(|line| !line.starts_with('#') && !line.trim().is_empty()) {
        match line.split_once(' ') {
            Some(("secret", seed)) => {
                let seed = from_text(seed.trim()).map_err(|error| damaged(path, &error.to_string()))?;
                secret = Some(SecretKey::from_seed(&Zeroizing::new(seed)));
            }
            Some(("person", id)) => {
                person = Some(id.trim().parse().map_err(|error| damaged(path, &format!("{error}")))?)
            }
            Some(("name", name)) => called = Some(name.trim().to_owned()).filter(|name| Card::check_name(name).is_ok()),
            // Not shown: it may be a part of the secret.
            _ => {
                return Err(damaged(
                    path,
                    "it has a line that begins with neither \"secret\", \"person\" nor \"name\"",
                ));
            }
        }
    }
    let secret = secret.ok_or_else(|| damaged(path, "it has no line that begins with \"secret\""))?;
    Ok(KeyFile { secret, person, name: called })
}

fn damaged(path: &Path, why: &str) -> Failure {
    Failure::new(format!("{} is not a key file: {why}", path.display())).next("put your copy of it in its place")
}

const ORGANISATION: &str = "organisation.key";
const NODE: &str = "node.key";
const SERVICE: &str = "service.key";
/// The folder of the keys of hosted organisations, and how their files end.
const HOSTED: &str = "hosted";
const KEY: &str = "key";
/// Room for a whole key file, so that no half-written copy of the secret is left behind in memory.
const TEXT_BYTES: usize = 512;

#[cfg(test)]
mod tests {
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
    fn a_hosted_organisation_takes_its_key_along() {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let keys = folder.path().join("keys");
        Keys::random().expect("random").create(&keys).expect("written");
        assert!(read_hosted(&keys).expect("readable").is_empty());
        let hosted = HostedFile { name: "Dogwood Trust".into(), key: clock::random_key().expect("random") };
        hosted.create(&keys).expect("written");
        assert!(hosted.create(&keys).is_err(), "keys are never written over");
        let read = read_hosted(&keys).expect("readable");
        assert_eq!((read.len(), read[0].name.as_str()), (1, "Dogwood Trust"));
        let out = folder.path().join("dogwood.key");
        read[0].write_to(&out).expect("written");
        assert_eq!(read_organisation(&out).expect("readable").public(), hosted.key.public());
        assert!(read_organisation(&keys.join(SERVICE)).is_err(), "a service is no organisation");
        // A name that would steer a terminal is none.
        let path = keys.join(HOSTED).join("x.key");
        let seed = to_text(hosted.key.to_seed().as_slice());
        private_file::create(&path, format!("secret {seed}\nname a\u{1b}[2J\n").as_bytes()).expect("written");
        assert!(read_hosted(&keys).expect_err("no name").what().contains("x.key"));
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
