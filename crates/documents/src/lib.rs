//! Typed documents: what the fields of each kind mean, how they are written and how they are read.
//!
//! The kinds here are those of the kinds table. A document is written with the ledger's pen and read as a [`View`];
//! nothing here knows where documents are kept or how they travel.

mod certificate;
mod claimed;
pub mod comment;
mod comparison;
mod content;
mod date;
mod difference;
mod edit;
mod field;
mod history;
pub mod kinds;
mod list;
mod node_address;
pub mod organisation;
pub mod paper;
pub mod person;
pub mod resource;
mod revocation;
pub mod role;
pub mod role_request;
mod text;
mod view;

pub use certificate::{Certificate, CertificateEdit};
pub use claimed::{AHEAD_MILLISECONDS_MAX, is_ahead};
pub use comment::{CommentEdit, CommentKind, CommentView};
pub use comparison::{Piece, compare_texts};
pub use date::{Date, DateError};
pub use edit::Edit;
pub use history::{ChangeView, history_of};
pub use node_address::NodeAddressView;
pub use organisation::{OrganisationEdit, OrganisationView, acceptance_header, write_acceptance, write_profile};
pub use paper::{Paper, PaperEdit, PaperView, Sheet};
pub use person::{PersonEdit, PersonFields, PersonView};
pub use resource::{FieldError, ResourceDraft, ResourceEdit, ResourceKind, ResourceView, WriteError, import_nonce};
pub use revocation::{Revocation, RevocationError, RevocationPart};
pub use role::{RoleEdit, RoleName, RoleNameError, RoleView};
pub use role_request::{RoleRequestEdit, RoleRequestView};
pub use view::{Listing, View};
