//! Mandates: who speaks for an organisation in decisions.

use axum::{
    Extension, Json,
    extract::State,
    http::{HeaderMap, StatusCode, Uri},
};
use knotwork_commands::{CommandError, MandateEntry};
use knotwork_identity::{DocumentId, PublicKey, Timestamp};

use crate::{
    bodies::{MandateBody, MandatePage, MandatePatch, NewMandate},
    guard::Caller,
    idempotency::no_key,
    json,
    path::Named,
    problem::Problem,
    query::Query,
    rfc3339::from_rfc3339,
    state::Api,
};

/// Who speaks for an organisation
///
/// The mandates that it gave, the latest first; of this organisation, unless another is named.
#[utoipa::path(
    get,
    path = "/api/v1/mandates",
    tag = "mandates",
    operation_id = "list_mandates",
    params(("organisation" = Option<String>, Query, description = "The key of an organisation")),
    responses(
        (status = 200, description = "The mandates", body = MandatePage),
        (status = 400, description = "The key is none", body = Problem, content_type = "application/problem+json"),
    ),
)]
pub(crate) async fn list_mandates(State(api): State<Api>, uri: Uri) -> Result<Json<MandatePage>, Problem> {
    let organisation = organisation_in(&api, &uri)?;
    let entries = api.read(move |handle| handle.mandates(&organisation)).await?;
    Ok(Json(MandatePage { items: entries.into_iter().map(MandateBody::from).collect() }))
}

/// Give this organisation's voice to a member, or take it back
///
/// For stewards. The member accepts it before it counts. Of several, everyone who holds one may speak; taking it back takes
/// it from all of them.
#[utoipa::path(
    post,
    path = "/api/v1/mandates",
    tag = "mandates",
    operation_id = "give_mandate",
    request_body = NewMandate,
    responses(
        (status = 201, description = "The mandate", body = MandateBody),
        (status = 400, description = "The body is not what is expected", body = Problem, content_type = "application/problem+json"),
        (status = 403, description = "The member is no steward, or the token is a machine's", body = Problem, content_type = "application/problem+json"),
        (status = 413, description = "The body is too long", body = Problem, content_type = "application/problem+json"),
        (status = 415, description = "The body is not JSON", body = Problem, content_type = "application/problem+json"),
        (status = 422, description = "The person has no key at this organisation", body = Problem, content_type = "application/problem+json"),
        (status = 507, description = "The disk is full", body = Problem, content_type = "application/problem+json"),
    ),
)]
pub(crate) async fn give_mandate(
    State(api): State<Api>,
    Extension(caller): Extension<Caller>,
    headers: HeaderMap,
    json::Json(body, _place): json::Json<NewMandate>,
) -> Result<(StatusCode, Json<MandateBody>), Problem> {
    let member = caller.member()?;
    no_key(&headers)?;
    let refused = |detail: &str, field: &str| Err(Problem::malformed(detail).field(field));
    let (person, until) = match (body.person, body.taken_back) {
        (None, false) => return refused("say to whom, or send taken_back", "person"),
        (Some(_), true) => return refused("send person or taken_back: one of the two", "taken_back"),
        (None, true) if body.until.is_some() => return refused("what is taken back has no end", "until"),
        (person, _) => (person, body.until.as_deref().map(|until| from_rfc3339(until, "until")).transpose()?),
    };
    let in_a_year = || Timestamp::from_milliseconds(api.handle.now().milliseconds() + YEAR_MILLISECONDS);
    let until = until.or_else(in_a_year).unwrap_or(Timestamp::MAX);
    let document = api.handle.give_mandate(member, person, until).await?;
    Ok((StatusCode::CREATED, Json(find(&api, document).await?.into())))
}

/// Accept a mandate, decline it, or lay it down
///
/// For the member to whom it was given. Sent again, it changes nothing more.
#[utoipa::path(
    patch,
    path = "/api/v1/mandates/{id}",
    tag = "mandates",
    operation_id = "answer_mandate",
    params(("id" = String, Path, description = "The id of the mandate")),
    request_body = MandatePatch,
    responses(
        (status = 200, description = "The mandate as it is now", body = MandateBody),
        (status = 400, description = "The body is not what is expected", body = Problem, content_type = "application/problem+json"),
        (status = 403, description = "It is somebody else's, or the token is a machine's", body = Problem, content_type = "application/problem+json"),
        (status = 404, description = "There is no such mandate", body = Problem, content_type = "application/problem+json"),
        (status = 413, description = "The body is too long", body = Problem, content_type = "application/problem+json"),
        (status = 415, description = "The body is not JSON", body = Problem, content_type = "application/problem+json"),
        (status = 507, description = "The disk is full", body = Problem, content_type = "application/problem+json"),
    ),
)]
pub(crate) async fn answer_mandate(
    State(api): State<Api>,
    Extension(caller): Extension<Caller>,
    named: Named,
    headers: HeaderMap,
    json::Json(body, _place): json::Json<MandatePatch>,
) -> Result<Json<MandateBody>, Problem> {
    let member = caller.member()?;
    no_key(&headers)?;
    let id: DocumentId = named.read("mandate")?;
    api.handle.answer_mandate(member, id, body.accepted).await.map_err(|error| match error {
        CommandError::NotFound(_) => named.missing("there is no mandate of this organisation with this id"),
        error => error.into(),
    })?;
    Ok(Json(find(&api, id).await?.into()))
}

/// The organisation that the parameters name, or this one.
///
/// # Errors
/// When a parameter is another, or no key.
pub(crate) fn organisation_in(api: &Api, uri: &Uri) -> Result<PublicKey, Problem> {
    let query = Query::parse(uri.query(), &["organisation"])?;
    let Some(text) = query.get("organisation") else { return Ok(api.handle.organisation_key()) };
    text.parse()
        .map_err(|error| Problem::malformed(format!("organisation is the key of one: {error}")).field("organisation"))
}

async fn find(api: &Api, id: DocumentId) -> Result<MandateEntry, Problem> {
    let entries = api.read(|handle| handle.mandates(&handle.organisation_key())).await?;
    let found = entries.into_iter().find(|entry| entry.document == id);
    found.ok_or_else(|| CommandError::NotFound(id).into())
}

const YEAR_MILLISECONDS: u64 = 365 * 86_400_000;
