//! Edits: what a member or a machine wants a document to say, whatever its kind.

use knotwork_ledger::{Kind, Pen};

use crate::{
    CertificateEdit, CommentEdit, FieldError, OrganisationEdit, PaperEdit, PersonEdit, ResourceEdit, RoleEdit,
    RoleRequestEdit, WriteError, kinds,
};

/// An edit of a document of some kind.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Edit {
    /// Of an entry of the library.
    Resource(ResourceEdit),
    /// Of a person's profile.
    Person(PersonEdit),
    /// Of what a person does for the network.
    Role(RoleEdit),
    /// Of what one person asks of another.
    RoleRequest(RoleRequestEdit),
    /// Of what an organisation says of itself.
    Organisation(OrganisationEdit),
    /// Of a person's certificate.
    Certificate(CertificateEdit),
    /// Of a word, a closing statement, a mandate or an answer to one, a charter, terms, or a ballot.
    Paper(Box<PaperEdit>),
    /// Of what a person says on a document.
    Comment(CommentEdit),
}

impl Edit {
    /// The kind of document that it edits.
    #[must_use]
    pub const fn kind(&self) -> Kind {
        match self {
            Self::Resource(_) => kinds::RESOURCE,
            Self::Person(_) => kinds::PERSON_PROFILE,
            Self::Role(_) => kinds::ROLE,
            Self::RoleRequest(_) => kinds::ROLE_REQUEST,
            Self::Organisation(_) => kinds::ORGANISATION_PROFILE,
            Self::Certificate(_) => kinds::CERTIFICATE,
            Self::Paper(edit) => edit.paper.kind(),
            Self::Comment(_) => kinds::COMMENT,
        }
    }

    /// Checks every given field against its limit.
    ///
    /// # Errors
    /// Names the first field that breaks one.
    pub fn check(&self) -> Result<(), FieldError> {
        match self {
            Self::Resource(edit) => edit.check(),
            Self::Person(edit) => edit.check(),
            Self::Role(edit) => edit.check(),
            Self::RoleRequest(edit) => edit.check(),
            Self::Organisation(edit) => edit.check(),
            // Keys and signatures have one length.
            Self::Certificate(_) => Ok(()),
            Self::Paper(edit) => edit.check(),
            Self::Comment(edit) => edit.check(),
        }
    }

    /// Writes the edit as further changes on the document that the pen has open; none where nothing differs.
    ///
    /// # Errors
    /// When a field breaks a limit, a new document would lack what makes it one of its kind, or the document can take no
    /// more.
    pub fn write(&self, pen: &mut Pen<'_>) -> Result<(), WriteError> {
        match self {
            Self::Resource(edit) => edit.write(pen),
            Self::Person(edit) => edit.write(pen),
            Self::Role(edit) => edit.write(pen),
            Self::RoleRequest(edit) => edit.write(pen),
            Self::Organisation(edit) => edit.write(pen),
            Self::Certificate(edit) => edit.write(pen),
            Self::Paper(edit) => {
                edit.check()?;
                Ok(edit.write(pen)?)
            }
            Self::Comment(edit) => edit.write(pen),
        }
    }
}

impl From<ResourceEdit> for Edit {
    fn from(edit: ResourceEdit) -> Self {
        Self::Resource(edit)
    }
}

impl From<PersonEdit> for Edit {
    fn from(edit: PersonEdit) -> Self {
        Self::Person(edit)
    }
}

impl From<RoleEdit> for Edit {
    fn from(edit: RoleEdit) -> Self {
        Self::Role(edit)
    }
}

impl From<RoleRequestEdit> for Edit {
    fn from(edit: RoleRequestEdit) -> Self {
        Self::RoleRequest(edit)
    }
}

impl From<OrganisationEdit> for Edit {
    fn from(edit: OrganisationEdit) -> Self {
        Self::Organisation(edit)
    }
}

impl From<PaperEdit> for Edit {
    fn from(edit: PaperEdit) -> Self {
        Self::Paper(Box::new(edit))
    }
}

impl From<CommentEdit> for Edit {
    fn from(edit: CommentEdit) -> Self {
        Self::Comment(edit)
    }
}

impl From<CertificateEdit> for Edit {
    fn from(edit: CertificateEdit) -> Self {
        Self::Certificate(edit)
    }
}
