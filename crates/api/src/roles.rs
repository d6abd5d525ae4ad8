//! Roles: who does what for the network for a time. A role gives no right; it tells whom to turn to.

use axum::{
    Extension, Json,
    extract::State,
    http::{HeaderMap, StatusCode, Uri},
};
use knotwork_commands::{CommandError, RoleEntry, is_over, unheld};
use knotwork_documents::{RoleEdit, RoleName};
use knotwork_identity::{DocumentId, PersonId};

use crate::{
    bodies::{NewRole, ROLE_WORDS, Role, RoleBody, RolePage, RolePatch},
    guard::Caller,
    idempotency::{idempotency_nonce, no_key},
    json, limits,
    path::Named,
    problem::Problem,
    query::Query,
    state::Api,
};

/// Who does what for the network
///
/// The roles that are not over, those that begin later among them; and the roles that nobody holds.
#[utoipa::path(
    get,
    path = "/api/v1/roles",
    tag = "roles",
    operation_id = "list_roles",
    params(
        ("limit" = Option<u32>, Query, minimum = 1, maximum = 100, description = "The most roles on the page; 20 if left out"),
        ("from" = Option<u32>, Query, minimum = 0, maximum = 1_000_000, description = "How many to pass over"),
        ("person" = Option<String>, Query, description = "Only those of this person"),
        ("role" = Option<String>, Query, description = "Only this role, such as `connector`"),
        ("held" = Option<bool>, Query, description = "With `true` only those that are held today, with `false` only those that begin later"),
    ),
    responses(
        (status = 200, description = "The page", body = RolePage),
        (status = 400, description = "A parameter is wrong", body = Problem, content_type = "application/problem+json"),
    ),
)]
pub(crate) async fn list_roles(State(api): State<Api>, uri: Uri) -> Result<Json<RolePage>, Problem> {
    let query = Query::parse(uri.query(), &["limit", "from", "person", "role", "held"])?;
    let limit = query.number("limit", 1, limits::PAGE_MAX)?.unwrap_or(limits::PAGE_DEFAULT);
    let from = query.number("from", 0, limits::PAGE_FROM_MAX)?.unwrap_or(0);
    let person = query.get("person").map(read_person).transpose()?;
    let role = query.get("role").map(read_role).transpose()?;
    let held = query.flag("held")?;
    let today = api.handle.today();
    let mut roles = api.read(|handle| handle.roles()).await?;
    let unheld = unheld(&roles, today).into_iter().map(Role::from).collect();
    roles.retain(|RoleEntry { view, .. }| {
        !is_over(view, today)
            && person.is_none_or(|person| view.person == person)
            && role.is_none_or(|role| view.role == role)
            && held.is_none_or(|held| view.is_held(today) == held)
    });
    let total = roles.len();
    let items = roles.into_iter().skip(from).take(limit).map(|entry| RoleBody::new(entry, today)).collect();
    Ok(Json(RolePage { items, total, unheld }))
}

/// Take on a role
///
/// Signed by the member whose token is sent, and theirs to lay down. With an `Idempotency-Key` a request can be sent
/// again when its answer was lost: the role is taken on once.
#[utoipa::path(
    post,
    path = "/api/v1/roles",
    tag = "roles",
    operation_id = "take_on_role",
    params(("Idempotency-Key" = Option<String>, Header, description = "Names this request for good: 1 to 255 visible ASCII characters")),
    request_body = NewRole,
    responses(
        (status = 201, description = "The role that was taken on", body = RoleBody),
        (status = 200, description = "The role that an earlier request with the same key took on, as it is now", body = RoleBody),
        (status = 400, description = "The body is not what is expected", body = Problem, content_type = "application/problem+json"),
        (status = 403, description = "The token is a machine's", body = Problem, content_type = "application/problem+json"),
        (status = 409, description = "The member has this role already, for the same topic", body = Problem,
            content_type = "application/problem+json"),
        (status = 413, description = "The body is too long", body = Problem, content_type = "application/problem+json"),
        (status = 415, description = "The body is not JSON", body = Problem, content_type = "application/problem+json"),
        (status = 422, description = "A field breaks a rule, or the key was used with other content", body = Problem,
            content_type = "application/problem+json"),
        (status = 507, description = "The disk is full", body = Problem, content_type = "application/problem+json"),
    ),
)]
pub(crate) async fn take_on_role(
    State(api): State<Api>,
    Extension(caller): Extension<Caller>,
    headers: HeaderMap,
    json::Json(body, _place): json::Json<NewRole>,
) -> Result<(StatusCode, Json<RoleBody>), Problem> {
    let member = caller.member()?;
    let edit = RoleEdit::from(body);
    let given = idempotency_nonce(&member.public_key(), &headers)?;
    let nonce = given.unwrap_or_else(|| api.handle.fresh_nonce());
    if let Some(request) = edit.request
        && !api.handle.is_asked(member, &request)?
    {
        let detail =
            "nobody has asked you with this role request, as far as is known here: leave it out, or send its id";
        return Err(Problem::new(StatusCode::UNPROCESSABLE_ENTITY, detail).field("request"));
    }
    let before = api.handle.role_began_as(member, edit.clone(), nonce)?;
    let document = api.handle.take_on_role(member, edit.clone(), nonce).await?;
    // Looked at again: something else may have been sent with the same key at the same time.
    if api.handle.role_began_as(member, edit, nonce)? == Some(false) {
        return Err(Problem::key_used("role", document));
    }
    let status = if before.is_some() { StatusCode::OK } else { StatusCode::CREATED };
    let entry = api.handle.own_role_entry(member, &document)?;
    Ok((status, Json(RoleBody::new(entry, api.handle.today()))))
}

/// Change or lay down a role
///
/// For the member whose role it is. Sent again, it changes nothing more.
#[utoipa::path(
    patch,
    path = "/api/v1/roles/{id}",
    tag = "roles",
    operation_id = "edit_role",
    params(("id" = String, Path, description = "The id of the role")),
    request_body = RolePatch,
    responses(
        (status = 200, description = "The role as it is now", body = RoleBody),
        (status = 400, description = "The body is not what is expected", body = Problem, content_type = "application/problem+json"),
        (status = 403, description = "It is somebody else's role, or the token is a machine's", body = Problem,
            content_type = "application/problem+json"),
        (status = 404, description = "There is no such role", body = Problem, content_type = "application/problem+json"),
        (status = 413, description = "The body is too long", body = Problem, content_type = "application/problem+json"),
        (status = 415, description = "The body is not JSON", body = Problem, content_type = "application/problem+json"),
        (status = 422, description = "A field breaks a rule", body = Problem, content_type = "application/problem+json"),
        (status = 507, description = "The disk is full", body = Problem, content_type = "application/problem+json"),
    ),
)]
pub(crate) async fn edit_role(
    State(api): State<Api>,
    Extension(caller): Extension<Caller>,
    named: Named,
    headers: HeaderMap,
    json::Json(body, _place): json::Json<RolePatch>,
) -> Result<Json<RoleBody>, Problem> {
    let member = caller.member()?;
    no_key(&headers)?;
    let document: DocumentId = named.read("role")?;
    let changed = match body {
        RolePatch { until: Some(until), ended: None } => api.handle.extend_role(member, document, until).await,
        RolePatch { until: None, ended: Some(true) } => api.handle.lay_down_role(member, document).await,
        RolePatch { until: None, ended: Some(false) } => {
            let detail = "a role that is laid down stays so: take it on again, or send true to lay it down";
            return Err(Problem::malformed(detail).field("ended"));
        }
        RolePatch { .. } => return Err(Problem::malformed("send until or ended: one of the two").field("until")),
    };
    let missing = |error| match error {
        CommandError::NotFound(_) => named.missing("there is no role with this id"),
        error => error.into(),
    };
    changed.map_err(missing)?;
    let entry = api.handle.own_role_entry(member, &document).map_err(missing)?;
    Ok(Json(RoleBody::new(entry, api.handle.today())))
}

fn read_person(text: &str) -> Result<PersonId, Problem> {
    text.parse().map_err(|error| Problem::malformed(format!("person names nobody: {error}")).field("person"))
}

fn read_role(word: &str) -> Result<RoleName, Problem> {
    RoleName::from_word(word)
        .ok_or_else(|| Problem::malformed(format!("role is one of {}", ROLE_WORDS.join(", "))).field("role"))
}
