//! What an organisation signs about itself: that it accepts the network, and its profile.

use std::collections::BTreeMap;

use automerge::{ROOT, ReadDoc as _, ScalarValue, transaction::Transactable as _};
use knotwork_identity::{ChangeId, NetworkId, Nonce, PublicKey, SecretKey, SpaceId, Timestamp, sha256};
use knotwork_ledger::{CheckedChange, DocumentHeader, FORMAT, Kind, Pen, PenError};
use serde::{Deserialize, Serialize};

use crate::{
    FieldError, WriteError,
    content::Content,
    field::{self, Field, lines, prose, write_values},
    kinds,
    resource::Signed,
};

/// What an organisation says of itself.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct OrganisationView {
    /// Its key, which owns the profile.
    pub organisation: PublicKey,
    /// Its name.
    pub name: String,
    /// What it is and does.
    #[serde(default)]
    pub about: String,
    /// What it works in.
    #[serde(default)]
    pub sectors: Vec<String>,
    /// Where it works.
    #[serde(default)]
    pub places: Vec<String>,
    /// Its page on the web, which begins with `https://` or `http://`; or empty.
    #[serde(default)]
    pub website: String,
    /// Fields to which different values were given at the same time, with all of them, the shown one first.
    #[serde(default)]
    pub conflicts: BTreeMap<String, Vec<String>>,
    /// What tells this version from others: the changes on which none builds yet, sorted. Empty in a view that an earlier
    /// version of the program kept.
    #[serde(default)]
    pub heads: Vec<ChangeId>,
}

impl OrganisationView {
    pub(crate) fn new(header: &DocumentHeader, content: &Content, signed: Signed) -> Option<Self> {
        let name = NAME.read(content);
        if name.trim().is_empty() {
            return None;
        }
        Some(Self {
            organisation: header.owner?,
            name,
            about: ABOUT.read(content),
            sectors: SECTORS.read_entries(content),
            places: PLACES.read_entries(content),
            website: WEBSITE.read(content),
            conflicts: field::conflicts(&FIELDS, content),
            heads: signed.heads,
        })
    }
}

/// The fields of an organisation's profile to change, each with what it shall be; the others stay.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct OrganisationEdit {
    /// Its name: one line. The first edit of a document needs it.
    pub name: Option<String>,
    /// What it is and does.
    pub about: Option<String>,
    /// What it works in. Blank entries are left out.
    pub sectors: Option<Vec<String>>,
    /// Where it works. Blank entries are left out.
    pub places: Option<Vec<String>>,
    /// Its page on the web, which begins with `https://` or `http://`; or empty.
    pub website: Option<String>,
}

impl OrganisationEdit {
    /// The header of an organisation's profile.
    #[must_use]
    pub fn header(network: NetworkId, organisation: PublicKey) -> DocumentHeader {
        header(network, kinds::ORGANISATION_PROFILE, organisation)
    }

    /// Checks every given field against its form and its limit.
    ///
    /// # Errors
    /// Names the first field that breaks one.
    pub fn check(&self) -> Result<(), FieldError> {
        if self.name.as_deref().is_some_and(|name| name.trim().is_empty()) {
            return Err(FieldError::Missing { field: NAME.name });
        }
        NAME.check(self.name.as_deref())?;
        ABOUT.check(self.about.as_deref())?;
        SECTORS.check_entries(self.sectors.as_deref())?;
        PLACES.check_entries(self.places.as_deref())?;
        WEBSITE.check(self.website.as_deref())
    }

    /// Writes the edit as a further change on the document that the pen has open; none where nothing differs.
    ///
    /// # Errors
    /// When a field breaks a rule, when a new profile has no name, or when the document can take no more.
    pub fn write(&self, pen: &mut Pen<'_>) -> Result<(), WriteError> {
        self.check()?;
        if self.name.is_none() && pen.document().get_all(ROOT, NAME.name).unwrap_or_default().is_empty() {
            return Err(FieldError::Missing { field: NAME.name }.into());
        }
        let mut values = Vec::new();
        values.extend(self.name.as_deref().map(|name| (NAME.name, name.into())));
        values.extend(self.about.as_deref().map(|about| (ABOUT.name, prose(about))));
        values.extend(self.sectors.as_deref().map(|sectors| (SECTORS.name, lines(sectors))));
        values.extend(self.places.as_deref().map(|places| (PLACES.name, lines(places))));
        values.extend(self.website.as_deref().map(|website| (WEBSITE.name, website.into())));
        Ok(write_values(pen, values)?)
    }
}

/// The limits of an organisation's fields, in bytes of UTF-8 or in entries.
pub mod limits {
    /// The longest name.
    pub const NAME_BYTES_MAX: usize = knotwork_identity::Card::NAME_BYTES_MAX;
    /// The longest account of what it is and does.
    pub const ABOUT_BYTES_MAX: usize = 5_000;
    /// The most sectors or places.
    pub const ENTRIES_MAX: usize = 50;
    /// The longest of them.
    pub const ENTRY_BYTES_MAX: usize = 200;
    /// The longest address of its page on the web.
    pub const WEBSITE_BYTES_MAX: usize = 2_000;
}

/// The header of an organisation's acceptance of the network.
#[must_use]
pub fn acceptance_header(network: NetworkId, organisation: PublicKey) -> DocumentHeader {
    header(network, kinds::ACCEPTANCE, organisation)
}

/// Writes an organisation's acceptance of the network.
///
/// # Errors
/// None in practice: it is far below every limit.
pub fn write_acceptance(
    network: NetworkId,
    organisation: &SecretKey,
    time: Timestamp,
) -> Result<Vec<CheckedChange>, PenError> {
    let header = acceptance_header(network, organisation.public());
    let mut pen = Pen::new(header, organisation, time);
    pen.write(|document| document.put(ROOT, ACCEPTS, ScalarValue::Bytes(network.0.to_vec())))?;
    Ok(pen.finish().0)
}

/// Whether the content of an acceptance says that the network is accepted.
#[must_use]
pub(crate) fn accepts(header: &DocumentHeader, content: &Content) -> bool {
    content.bytes(ACCEPTS) == Some(&header.network.0)
}

/// Writes an organisation's first profile.
///
/// # Errors
/// None in practice: a name is far below every limit.
pub fn write_profile(
    network: NetworkId,
    organisation: &SecretKey,
    name: &str,
    time: Timestamp,
) -> Result<Vec<CheckedChange>, PenError> {
    let header = header(network, kinds::ORGANISATION_PROFILE, organisation.public());
    let mut pen = Pen::new(header, organisation, time);
    pen.write(|document| document.put(ROOT, NAME.name, name))?;
    Ok(pen.finish().0)
}

/// The header of a document of which an owner has one.
pub(crate) fn header(network: NetworkId, kind: Kind, owner: PublicKey) -> DocumentHeader {
    let digest = sha256(&[b"knotwork/single/1", &kind.0.to_be_bytes()]);
    let mut nonce = [0; 16];
    nonce.copy_from_slice(&digest[..16]);
    DocumentHeader { format: FORMAT, network, space: SpaceId::Roster, kind, owner: Some(owner), nonce: Nonce(nonce) }
}

const ACCEPTS: &str = "accepts";
const NAME: Field = Field::line("name", limits::NAME_BYTES_MAX);
const ABOUT: Field = Field::prose("about", limits::ABOUT_BYTES_MAX);
const SECTORS: Field = Field::lines("sectors", limits::ENTRIES_MAX, limits::ENTRY_BYTES_MAX);
const PLACES: Field = Field::lines("places", limits::ENTRIES_MAX, limits::ENTRY_BYTES_MAX);
const WEBSITE: Field = Field::website("website", limits::WEBSITE_BYTES_MAX);
const FIELDS: [Field; 5] = [NAME, ABOUT, SECTORS, PLACES, WEBSITE];
