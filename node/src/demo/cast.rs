//! Who takes part, and how their network comes about.

use std::{
    net::{Ipv4Addr, TcpListener, UdpSocket},
    path::{Path, PathBuf},
};

use super::{
    Interrupt,
    members::{self, MEMBERS},
    process::{self, Organisation},
};
use crate::{failure::Failure, folder::DataFolder};

/// The three organisations and the folder that holds theirs.
#[derive(Debug)]
pub(crate) struct Cast {
    place: Place,
    organisations: Vec<Organisation>,
}

/// Where the demo keeps its folders.
#[derive(Debug)]
enum Place {
    /// Removed at the end.
    Temporary(tempfile::TempDir),
    /// Kept.
    Named(PathBuf),
}

impl Place {
    fn path(&self) -> &Path {
        match self {
            Self::Temporary(folder) => folder.path(),
            Self::Named(path) => path,
        }
    }
}

impl Cast {
    /// The cast in a named folder, or in a temporary one.
    pub(crate) fn new(named: Option<PathBuf>) -> Result<Self, Failure> {
        let place = match named {
            Some(path) => {
                let cannot = |error: &std::io::Error| Failure::io(error, format_args!("cannot use {}", path.display()));
                std::fs::create_dir_all(&path).map_err(|error| cannot(&error))?;
                Place::Named(path.canonicalize().map_err(|error| cannot(&error))?)
            }
            None => {
                let made = tempfile::Builder::new().prefix("knotwork-demo-").tempdir();
                Place::Temporary(made.map_err(|error| Failure::io(&error, "cannot make a temporary folder"))?)
            }
        };
        let program =
            std::env::current_exe().map_err(|error| Failure::io(&error, "cannot tell which program this is"))?;
        let organisations =
            CAST.map(|(name, folder)| Organisation::new(name, program.clone(), place.path().join(folder)));
        Ok(Self { place, organisations: organisations.into() })
    }

    /// Whether the folder holds an earlier demo, which can go on. Anything else in it is left alone.
    pub(crate) fn has_played(&self) -> Result<bool, Failure> {
        let known = |organisation: &Organisation| {
            Ok(DataFolder::open(organisation.folder().root()).is_ok() && organisation.folder().genesis()?.is_some())
        };
        if self.organisations.iter().map(known).collect::<Result<Vec<_>, Failure>>()?.iter().all(|known| *known) {
            return Ok(true);
        }
        let path = self.place.path();
        let mut entries = std::fs::read_dir(path)
            .map_err(|error| Failure::io(&error, format_args!("cannot look into {}", path.display())))?;
        if entries.next().is_some() {
            return Err(Failure::usage(format!("{} holds something else than a demo", path.display()))
                .next("name an empty folder, or none"));
        }
        Ok(false)
    }

    /// Sets up the nodes, founds the network with the cards of all, and joins it, as three organisations would.
    pub(crate) fn found(&self) -> Result<(), Failure> {
        self.organisations.iter().try_for_each(set_up)?;
        let file = self.place.path().join("valley.genesis");
        let (founder, others) = self.organisations.split_first().ok_or_else(|| Failure::new("nobody takes part"))?;
        let mut found: Vec<std::ffi::OsString> =
            ["found", "--name", NETWORK, "--purpose", PURPOSE, "--out"].map(Into::into).to_vec();
        found.push(file.clone().into());
        for organisation in others {
            let card = organisation.folder().root().with_extension("card");
            process::write(&card, organisation.ask(["card"])?.as_bytes())?;
            found.extend(["--with".into(), card.into()]);
        }
        founder.ask(found)?;
        for organisation in others {
            organisation.ask(["join".as_ref(), file.as_os_str(), "--yes".as_ref()])?;
        }
        Ok(())
    }

    /// Starts all daemons.
    pub(crate) fn start(&mut self, interrupt: &Interrupt) -> Result<(), Failure> {
        self.organisations.iter_mut().try_for_each(|organisation| organisation.start(false, interrupt))
    }

    /// Makes an account at each node.
    pub(crate) fn set_up_members(&self) -> Result<(), Failure> {
        self.organisations
            .iter()
            .zip(&MEMBERS)
            .try_for_each(|(organisation, member)| members::set_up(organisation, member))
    }

    /// Imports the example library at the first organisation.
    pub(crate) fn import_library(&self) -> Result<(), Failure> {
        let file = self.place.path().join("library.csv");
        process::write(&file, LIBRARY.as_bytes())?;
        self.organisations[0].ask(["import".as_ref(), file.as_os_str()]).map(drop)
    }

    /// Sets up a fourth organisation, which is in no network yet.
    pub(super) fn add_newcomer(&mut self) -> Result<(), Failure> {
        let program =
            std::env::current_exe().map_err(|error| Failure::io(&error, "cannot tell which program this is"))?;
        let (name, folder) = NEWCOMER;
        let newcomer = Organisation::new(name, program, self.place.path().join(folder));
        set_up(&newcomer)?;
        self.organisations.push(newcomer);
        Ok(())
    }

    /// The fourth organisation.
    pub(super) fn newcomer(&self) -> Result<&Organisation, Failure> {
        self.organisations.get(CAST.len()).ok_or_else(|| Failure::new("nobody has come after the three"))
    }

    /// Starts the daemon of the fourth organisation.
    pub(super) fn start_newcomer(&mut self, interrupt: &Interrupt) -> Result<(), Failure> {
        let newcomer = self.organisations.get_mut(CAST.len());
        newcomer.ok_or_else(|| Failure::new("nobody has come after the three"))?.start(false, interrupt)
    }

    /// The folder that holds everything.
    pub(super) fn path(&self) -> &Path {
        self.place.path()
    }

    /// Stops all daemons in order, and tells of the first that could not be.
    pub(crate) fn stop(&mut self, interrupt: &Interrupt) -> Result<(), Failure> {
        let stopped: Vec<_> = self.organisations.iter_mut().map(|organisation| organisation.stop(interrupt)).collect();
        stopped.into_iter().collect()
    }

    /// The three.
    pub(crate) fn organisations(&self) -> &[Organisation] {
        &self.organisations
    }

    /// The three, to start and stop.
    pub(crate) fn organisations_mut(&mut self) -> &mut [Organisation] {
        &mut self.organisations
    }

    /// Whether the folder stays when the demo is over.
    pub(crate) fn is_kept(&self) -> bool {
        matches!(self.place, Place::Named(_))
    }
}

/// Sets up a node, as its operator would.
fn set_up(organisation: &Organisation) -> Result<(), Failure> {
    let (mesh, http) = (free_mesh_port()?, free_http_port()?);
    let listen = [format!("/ip4/127.0.0.1/tcp/{mesh}"), format!("/ip4/127.0.0.1/udp/{mesh}/quic-v1")];
    let http = format!("127.0.0.1:{http}");
    let (name, member) = (organisation.name(), format!("A member of {}", organisation.name()));
    let words =
        ["init", "--organisation", name, "--member", &member, "--http", &http, "--listen", &listen[0], &listen[1]];
    organisation.ask(words).map(drop)
}

/// A port that is free for TCP and UDP alike. Somebody else may take it before the node does; the node then says so.
fn free_mesh_port() -> Result<u16, Failure> {
    for _ in 0..PORT_ATTEMPTS_MAX {
        let tcp = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).map_err(|error| no_port(&error))?;
        let port = tcp.local_addr().map_err(|error| no_port(&error))?.port();
        if UdpSocket::bind((Ipv4Addr::LOCALHOST, port)).is_ok() {
            return Ok(port);
        }
    }
    Err(Failure::new("no port is free for TCP and UDP alike"))
}

fn free_http_port() -> Result<u16, Failure> {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0));
    listener.and_then(|listener| listener.local_addr()).map(|address| address.port()).map_err(|error| no_port(&error))
}

fn no_port(error: &std::io::Error) -> Failure {
    Failure::io(error, "no port is free")
}

/// Names and folders.
const CAST: [(&str, &str); 3] =
    [("Alder Practice", "alder"), ("Birch Health Board", "birch"), ("Cedar Neighbours", "cedar")];
/// Whoever joins later.
const NEWCOMER: (&str, &str) = ("Dogwood Hospice", "dogwood");
const NETWORK: &str = "Living well in the valley";
const PURPOSE: &str = "We share what helps people to live well.";
/// The example library.
const LIBRARY: &str = include_str!("../../demo/library.csv");
const PORT_ATTEMPTS_MAX: usize = 100;
