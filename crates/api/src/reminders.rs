//! Reminders: whose answer is missing where a decision closes before long, for whoever carries that further.

use axum::{Extension, Json, extract::State, http::HeaderMap};
use knotwork_commands::Whom;

use crate::{
    bodies::ReminderPage, guard::Caller, idempotency::idempotency_nonce, problem::Problem, state::Api,
    unneeded::Unneeded,
};

/// Who is to be reminded
///
/// Of each open decision that closes within a day, the members who have a voice in it, have not answered and have not been
/// reminded; of a decision that is open for a day or less, in its last half. For a member it is about that member alone, and
/// for the operator's token about all members of this organisation. At most 1,000 at once.
#[utoipa::path(
    get,
    path = "/api/v1/reminders",
    tag = "decisions",
    operation_id = "list_reminders",
    responses((status = 200, description = "The reminders", body = ReminderPage)),
)]
pub(crate) async fn list_reminders(
    State(api): State<Api>,
    Extension(caller): Extension<Caller>,
) -> Result<Json<ReminderPage>, Problem> {
    let whom = whom(&caller);
    Ok(Json(api.read(move |handle| handle.reminders(whom)).await?.into()))
}

/// Take the reminders
///
/// The same, and each once: what is handed out here is not handed out again, and no page says it any more. New terms, such as
/// a later end, may bring another. With an `Idempotency-Key` a request can be sent again when its answer was lost: it gives
/// the same, but for those who have answered meanwhile.
#[utoipa::path(
    post,
    path = "/api/v1/reminders",
    tag = "decisions",
    operation_id = "take_reminders",
    params(("Idempotency-Key" = Option<String>, Header, description = "Names this request for good: 1 to 255 visible ASCII characters")),
    responses(
        (status = 200, description = "The reminders, to be carried further", body = ReminderPage),
        (status = 400, description = "The key has no form that is taken", body = Problem, content_type = "application/problem+json"),
        (status = 507, description = "The disk is full", body = Problem, content_type = "application/problem+json"),
    ),
)]
pub(crate) async fn take_reminders(
    State(api): State<Api>,
    Extension(caller): Extension<Caller>,
    headers: HeaderMap,
    _: Unneeded,
) -> Result<Json<ReminderPage>, Problem> {
    let request = idempotency_nonce(&api.handle.signing_key(&caller.signer()), &headers)?;
    let whom = whom(&caller);
    Ok(Json(api.read(move |handle| handle.take_reminders(whom, request)).await?.into()))
}

fn whom(caller: &Caller) -> Whom {
    match caller {
        Caller::Operator => Whom::Everyone,
        Caller::Member(member) => Whom::member(member),
    }
}
