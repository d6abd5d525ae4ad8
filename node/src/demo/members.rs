//! The members of the demo: one of each organisation, so that whoever watches can sign in.

use serde_json::json;

use super::process::Organisation;
use crate::failure::Failure;

/// Somebody to sign in as.
#[derive(Debug, Clone, Copy)]
pub(crate) struct DemoMember {
    /// What the person is called.
    pub(crate) name: &'static str,
    /// What to sign in with.
    pub(crate) sign_in_name: &'static str,
}

/// The passphrase of all of them.
pub(crate) const PASSPHRASE: &str = "tea by the river today";

/// The members, in the order of their organisations.
pub(crate) const MEMBERS: [DemoMember; 3] = [
    DemoMember { name: "Ada Byrne", sign_in_name: "ada" },
    DemoMember { name: "Bran Rees", sign_in_name: "bran" },
    DemoMember { name: "Carys Lloyd", sign_in_name: "carys" },
];

/// Whoever joins later, at the fourth organisation.
pub(crate) const NEWCOMER: DemoMember = DemoMember { name: "Dilys Hughes", sign_in_name: "dilys" };

/// Makes the first account of an organisation, with the code that its node wrote down, as its operator would.
pub(super) fn set_up(organisation: &Organisation, member: &DemoMember) -> Result<(), Failure> {
    let path = organisation.folder().set_up_code_path();
    let code = crate::private_file::read_secret(&path)?;
    let body = json!({
        "set_up_code": code.trim(),
        "sign_in_name": member.sign_in_name,
        "passphrase": PASSPHRASE,
        "name": member.name,
        "agrees": true,
    });
    organisation.caller()?.post("/api/v1/accounts", &body).map(drop)
}
