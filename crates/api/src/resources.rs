//! Resources: the entries of the shared library.

use axum::{
    Extension, Json,
    extract::{FromRequestParts, State},
    http::{HeaderMap, HeaderValue, StatusCode, Uri, header, request},
    response::{IntoResponse, Response},
};
use knotwork_commands::{CommandError, ResourceEntry};
use knotwork_documents::{ResourceDraft, ResourceEdit, resource::limits::TAG_BYTES_MAX};
use knotwork_identity::{ChangeId, DocumentId, Timestamp};

use crate::{
    bodies::{NewResource, ResourceBody, ResourcePage, ResourcePatch},
    cursor::{from_cursor, to_cursor},
    entity_tag::{Condition, EntityTag},
    guard::Caller,
    idempotency::{idempotency_nonce, no_key},
    json, limits,
    path::Named,
    problem::Problem,
    query::Query,
    state::Api,
};

/// A page of the library
///
/// From A to Z by title. Follow `next` until it is null; resources that are added meanwhile may or may not be among
/// them.
#[utoipa::path(
    get,
    path = "/api/v1/resources",
    tag = "resources",
    operation_id = "list_resources",
    params(
        ("limit" = Option<u32>, Query, minimum = 1, maximum = 100, description = "The most resources on the page; 20 if left out"),
        ("cursor" = Option<String>, Query, description = "What the page before gave as `next`"),
        ("tag" = Option<String>, Query, description = "Only resources with this very tag"),
    ),
    responses(
        (status = 200, description = "The page", body = ResourcePage),
        (status = 400, description = "A parameter is wrong", body = Problem, content_type = "application/problem+json"),
    ),
)]
pub(crate) async fn list_resources(State(api): State<Api>, uri: Uri) -> Result<Json<ResourcePage>, Problem> {
    let query = Query::parse(uri.query(), &["limit", "cursor", "tag"])?;
    let limit = query.number("limit", 1, limits::PAGE_MAX)?.unwrap_or(limits::PAGE_DEFAULT);
    let after = query.get("cursor").map(from_cursor).transpose()?;
    let tag = query.get("tag").map(check_tag).transpose()?;
    let page = api.read(move |handle| handle.resources(tag.as_deref(), after.as_ref(), limit)).await?;
    let now = api.handle.now();
    Ok(Json(ResourcePage {
        items: page.items.into_iter().map(|entry| ResourceBody::from(entry).at(now)).collect(),
        next: page.next.as_ref().map(to_cursor),
        total: page.total,
    }))
}

/// Add a resource
///
/// The answer comes once the resource is on the disk. With an `Idempotency-Key` a request can be sent again when its
/// answer was lost: the resource is made once.
#[utoipa::path(
    post,
    path = "/api/v1/resources",
    tag = "resources",
    operation_id = "add_resource",
    params(("Idempotency-Key" = Option<String>, Header, description = "Names this request for good: 1 to 255 visible ASCII characters")),
    request_body = NewResource,
    responses(
        (status = 201, description = "The resource that was added", body = ResourceBody,
            headers(("Location", description = "Where it is"), ("ETag", description = "The tag of its state"))),
        (status = 200, description = "The resource that an earlier request with the same key added, as it is now",
            body = ResourceBody, headers(("Location", description = "Where it is"), ("ETag", description = "The tag of its state"))),
        (status = 400, description = "The body is not what is expected", body = Problem, content_type = "application/problem+json"),
        (status = 413, description = "The body is longer than any resource", body = Problem, content_type = "application/problem+json"),
        (status = 415, description = "The body is not JSON", body = Problem, content_type = "application/problem+json"),
        (status = 422, description = "A field breaks a rule, or the key was used with other content", body = Problem,
            content_type = "application/problem+json"),
        (status = 507, description = "The disk is full", body = Problem, content_type = "application/problem+json"),
    ),
)]
pub(crate) async fn add_resource(
    State(api): State<Api>,
    Extension(caller): Extension<Caller>,
    headers: HeaderMap,
    json::Json(body, _place): json::Json<NewResource>,
) -> Result<Response, Problem> {
    let (draft, signer) = (ResourceDraft::from(body), caller.signer());
    let nonce = idempotency_nonce(&api.handle.signing_key(&signer), &headers)?;
    let kept = nonce.map(|nonce| (nonce, draft.clone()));
    let written = api.handle.create_resource(draft, nonce, None, &signer).await?;
    let document = written.document;
    if let Some((nonce, draft)) = kept.filter(|_| !written.new) {
        let same = api.read(move |handle| handle.was_made_from(&draft, nonce, &signer)).await?;
        if !same {
            return Err(Problem::key_used("resource", document));
        }
    }
    // One document is read in less time than another thread takes to wake up.
    let entry = api.handle.resource(&document)?;
    let status = if written.new { StatusCode::CREATED } else { StatusCode::OK };
    let location = HeaderValue::try_from(format!("/api/v1/resources/{document}"))
        .map_err(|error| Problem::new(StatusCode::INTERNAL_SERVER_ERROR, error.to_string()))?;
    Ok((status, [(header::LOCATION, location)], shown(entry, api.handle.now())).into_response())
}

/// One resource, as it is now or as it was
///
/// With `at` it is an earlier version: what was there when these were its heads. Every change of the history is a head of
/// the version that it made, and a version's own `heads` name it, too. Versions never change; whoever wants to know what
/// differs between two reads both. One that does not stand, as the history says, is not read.
#[utoipa::path(
    get,
    path = "/api/v1/resources/{id}",
    tag = "resources",
    operation_id = "get_resource",
    params(
        ("id" = String, Path, description = "The id of the resource"),
        ("at" = Option<String>, Query, description = "The heads of a version: ids of changes, with a dot or a comma between them"),
        ("If-None-Match" = Option<String>, Header, description = "Tags of states that the caller has"),
    ),
    responses(
        (status = 200, description = "The resource", body = ResourceBody, headers(("ETag", description = "The tag of its state"))),
        (status = 304, description = "The caller has this state"),
        (status = 400, description = "A parameter is wrong", body = Problem, content_type = "application/problem+json"),
        (status = 404, description = "There is no such resource, or no such version of it", body = Problem, content_type = "application/problem+json"),
        (status = 409, description = "This version of it does not stand", body = Problem, content_type = "application/problem+json"),
    ),
)]
pub(crate) async fn get_resource(
    State(api): State<Api>,
    named: Named,
    uri: Uri,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    let query = Query::parse(uri.query(), &["at"])?;
    let heads = query.get("at").map(read_heads).transpose()?;
    let condition = Condition::of_request(&headers, &header::IF_NONE_MATCH)?;
    let document: DocumentId = named.read("resource")?;
    let now = api.handle.resource(&document)?;
    let entry = match heads {
        Some(heads) => version(&api, document, heads).await?,
        None => now,
    };
    let tag = EntityTag::of_heads(&entry.view.heads);
    if condition.is_some_and(|condition| condition.matches_weakly(&tag)) {
        return Ok((StatusCode::NOT_MODIFIED, [(header::ETAG, tag.to_header())]).into_response());
    }
    Ok(shown(entry, api.handle.now()).into_response())
}

/// Edit a resource
///
/// Without `If-Match` each given field is compared with what is there now, and what differs is changed: a list that is
/// sent whole then takes away what somebody else has added since the caller saw it. Send `{"add": [...], "remove":
/// [...]}` in its place to keep that. With `If-Match` nothing is written if the resource has changed since. The answer
/// comes once the edit is on the disk.
#[utoipa::path(
    patch,
    path = "/api/v1/resources/{id}",
    tag = "resources",
    operation_id = "edit_resource",
    params(
        ("id" = String, Path, description = "The id of the resource"),
        ("If-Match" = Option<String>, Header, description = "The ETag of the state that the caller saw"),
    ),
    request_body = ResourcePatch,
    responses(
        (status = 200, description = "The resource as it is now", body = ResourceBody, headers(("ETag", description = "The tag of its state"))),
        (status = 400, description = "The body or a header is not what is expected", body = Problem, content_type = "application/problem+json"),
        (status = 404, description = "There is no such resource", body = Problem, content_type = "application/problem+json"),
        (status = 409, description = "The resource is full", body = Problem, content_type = "application/problem+json"),
        (status = 412, description = "The resource has changed since; ETag tells its state", body = Problem, content_type = "application/problem+json"),
        (status = 413, description = "The body is longer than any resource", body = Problem, content_type = "application/problem+json"),
        (status = 415, description = "The body is not JSON", body = Problem, content_type = "application/problem+json"),
        (status = 422, description = "A field breaks a rule", body = Problem, content_type = "application/problem+json"),
        (status = 507, description = "The disk is full", body = Problem, content_type = "application/problem+json"),
    ),
)]
pub(crate) async fn edit_resource(
    State(api): State<Api>,
    Extension(caller): Extension<Caller>,
    id: ResourceId,
    headers: HeaderMap,
    json::Json(body, _place): json::Json<ResourcePatch>,
) -> Result<Response, Problem> {
    let document = id.0;
    if headers.contains_key(header::IF_NONE_MATCH) {
        return Err(Problem::malformed("an edit takes If-Match, not If-None-Match").field("If-None-Match"));
    }
    no_key(&headers)?;
    let condition = Condition::of_request(&headers, &header::IF_MATCH)?;
    for _ in 0..limits::EDIT_ATTEMPTS_MAX {
        let (edit, seen) = prepare(&api, &document, condition.as_ref(), body.clone())?;
        match api.handle.edit_resource(document, edit, seen, &caller.signer()).await {
            // Somebody was faster: what was to be added and taken away still is.
            Err(CommandError::Stale { .. }) if !names_a_state(condition.as_ref()) => {}
            Err(error) => return Err(error.into()),
            Ok(_) => return Ok(shown(api.handle.resource(&document)?, api.handle.now()).into_response()),
        }
    }
    Err(Problem::busy("others keep changing this resource faster than it can be edited: try again in a moment"))
}

/// A resource as it was when these were its heads.
async fn version(api: &Api, document: DocumentId, heads: Vec<ChangeId>) -> Result<ResourceEntry, Problem> {
    let nothing = || {
        let detail = "this resource had no such version here: its history lists the changes that make them";
        Problem::new(StatusCode::NOT_FOUND, detail).field("at")
    };
    let found = api.read(move |handle| match handle.resource_at(&document, &heads) {
        Err(CommandError::NotFound(_)) => Ok(None),
        // A program brings a version back by reading and writing it, and would not heed a mark.
        Ok(found) if !found.stands => Err(CommandError::DoesNotStand),
        found => found.map(|found| Some(found.entry)),
    });
    found.await?.ok_or_else(nothing)
}

/// Heads as an address has them.
fn read_heads(text: &str) -> Result<Vec<ChangeId>, Problem> {
    let parts: Vec<&str> = text.split(['.', ',']).collect();
    if parts.len() > limits::HEADS_MAX {
        let detail = format!("at names {} changes, and the limit is {}", parts.len(), limits::HEADS_MAX);
        return Err(Problem::malformed(detail).field("at").limit(limits::HEADS_MAX));
    }
    let read = |part: &str| part.parse();
    parts.into_iter().map(read).collect::<Result<_, knotwork_identity::IdError>>().map_err(|error| {
        let detail = format!("at names changes by their ids, with a dot or a comma between them: {error}");
        Problem::malformed(detail).field("at")
    })
}

/// The edit that a request asks for, and the heads that it holds for; none where it holds for whatever is there.
///
/// Tags of states are resolved here, but whether they still hold is decided by whoever writes.
fn prepare(
    api: &Api,
    document: &DocumentId,
    condition: Option<&Condition>,
    body: ResourcePatch,
) -> Result<(ResourceEdit, Option<Vec<ChangeId>>), Problem> {
    if !names_a_state(condition) && !body.is_relative() {
        return Ok((body.onto(&[], &[])?, None));
    }
    let view = api.handle.resource(document)?.view;
    let tag = EntityTag::of_heads(&view.heads);
    if condition.is_some_and(|condition| !condition.matches_strongly(&tag)) {
        return Err(Problem::stale(Some(&tag)));
    }
    Ok((body.onto(&view.links, &view.tags)?, Some(view.heads)))
}

fn names_a_state(condition: Option<&Condition>) -> bool {
    matches!(condition, Some(Condition::Tags(_)))
}

/// The id of a resource in a path.
#[derive(Debug, Clone, Copy)]
pub(crate) struct ResourceId(pub(crate) DocumentId);

impl<S: Send + Sync> FromRequestParts<S> for ResourceId {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut request::Parts, state: &S) -> Result<Self, Problem> {
        Named::from_request_parts(parts, state).await?.read("resource").map(Self)
    }
}

/// A resource with its tag.
fn shown(entry: ResourceEntry, now: Timestamp) -> impl IntoResponse {
    let tag = EntityTag::of_heads(&entry.view.heads).to_header();
    ([(header::ETAG, tag)], Json(ResourceBody::from(entry).at(now)))
}

fn check_tag(tag: &str) -> Result<String, Problem> {
    if tag.is_empty() {
        return Err(Problem::malformed("tag is empty: leave it out to list everything").field("tag"));
    }
    if tag.len() > TAG_BYTES_MAX {
        let detail = format!("tag is {} bytes long, and the limit is {TAG_BYTES_MAX}", tag.len());
        return Err(Problem::malformed(detail).field("tag").limit(TAG_BYTES_MAX));
    }
    Ok(tag.to_owned())
}
