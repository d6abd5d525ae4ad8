//! Comments on decisions and on entries of the library.

use axum::{
    Extension, Json,
    extract::State,
    http::{HeaderMap, StatusCode},
};
use knotwork_commands::{CommandError, CommentDraft, CommentEntry, Member};
use knotwork_documents::{CommentEdit, CommentKind};
use knotwork_identity::DocumentId;

use crate::{
    bodies::{CommentBody, CommentPage, NewComment, TaskPatch},
    decisions::find,
    guard::Caller,
    idempotency::{idempotency_nonce, no_key},
    json,
    path::Named,
    problem::Problem,
    state::Api,
};

/// What was said on a decision
///
/// The oldest first, and answers after their question; without what was taken back.
#[utoipa::path(
    get,
    path = "/api/v1/decisions/{id}/comments",
    tag = "decisions",
    operation_id = "list_comments",
    params(("id" = String, Path, description = "The id of the decision")),
    responses(
        (status = 200, description = "The comments", body = CommentPage),
        (status = 404, description = "There is no such decision", body = Problem, content_type = "application/problem+json"),
    ),
)]
pub(crate) async fn list_comments(State(api): State<Api>, named: Named) -> Result<Json<CommentPage>, Problem> {
    let id = named.read("decision")?;
    find(&api, &named, id).await?;
    let items = api.read(move |handle| handle.discussion(&id)).await?;
    Ok(Json(CommentPage { items: items.into_iter().map(CommentBody::from).collect() }))
}

/// Say something on a decision
///
/// With an `Idempotency-Key` a request can be sent again when its answer was lost: it is said once.
#[utoipa::path(
    post,
    path = "/api/v1/decisions/{id}/comments",
    tag = "decisions",
    operation_id = "add_comment",
    params(
        ("id" = String, Path, description = "The id of the decision"),
        ("Idempotency-Key" = Option<String>, Header, description = "Names this request for good: 1 to 255 visible ASCII characters"),
    ),
    request_body = NewComment,
    responses(
        (status = 201, description = "The comment", body = CommentBody),
        (status = 200, description = "What an earlier request with the same key said, as it is now", body = CommentBody),
        (status = 400, description = "The body is not what is expected", body = Problem, content_type = "application/problem+json"),
        (status = 403, description = "The token is a machine's", body = Problem, content_type = "application/problem+json"),
        (status = 404, description = "There is no such decision", body = Problem, content_type = "application/problem+json"),
        (status = 409, description = "This kind of remark is not the member's to make, or not yet", body = Problem, content_type = "application/problem+json"),
        (status = 413, description = "The body is too long", body = Problem, content_type = "application/problem+json"),
        (status = 415, description = "The body is not JSON", body = Problem, content_type = "application/problem+json"),
        (status = 422, description = "A field breaks a rule, or the key was used with other content", body = Problem, content_type = "application/problem+json"),
        (status = 507, description = "The disk is full", body = Problem, content_type = "application/problem+json"),
    ),
)]
pub(crate) async fn add_comment(
    State(api): State<Api>,
    Extension(caller): Extension<Caller>,
    named: Named,
    headers: HeaderMap,
    json::Json(body, _place): json::Json<NewComment>,
) -> Result<(StatusCode, Json<CommentBody>), Problem> {
    let id: DocumentId = named.read("decision")?;
    find(&api, &named, id).await?;
    say(&api, caller.member()?, &headers, id, body).await
}

/// What was said on a resource
///
/// The oldest first, and answers after their question; without what was taken back.
#[utoipa::path(
    get,
    path = "/api/v1/resources/{id}/comments",
    tag = "resources",
    operation_id = "list_resource_comments",
    params(("id" = String, Path, description = "The id of the resource")),
    responses(
        (status = 200, description = "The comments", body = CommentPage),
        (status = 404, description = "There is no such resource", body = Problem, content_type = "application/problem+json"),
    ),
)]
pub(crate) async fn list_resource_comments(State(api): State<Api>, named: Named) -> Result<Json<CommentPage>, Problem> {
    let id = find_resource(&api, &named).await?;
    let items = api.read(move |handle| handle.discussion(&id)).await?;
    Ok(Json(CommentPage { items: items.into_iter().map(CommentBody::from).collect() }))
}

/// Say something on a resource
///
/// As a `comment`, a `question` or an `answer`. With an `Idempotency-Key` a request can be sent again when its answer was
/// lost: it is said once.
#[utoipa::path(
    post,
    path = "/api/v1/resources/{id}/comments",
    tag = "resources",
    operation_id = "add_resource_comment",
    params(
        ("id" = String, Path, description = "The id of the resource"),
        ("Idempotency-Key" = Option<String>, Header, description = "Names this request for good: 1 to 255 visible ASCII characters"),
    ),
    request_body = NewComment,
    responses(
        (status = 201, description = "The comment", body = CommentBody),
        (status = 200, description = "What an earlier request with the same key said, as it is now", body = CommentBody),
        (status = 400, description = "The body is not what is expected", body = Problem, content_type = "application/problem+json"),
        (status = 403, description = "The token is a machine's", body = Problem, content_type = "application/problem+json"),
        (status = 404, description = "There is no such resource", body = Problem, content_type = "application/problem+json"),
        (status = 409, description = "This kind of remark is not made on a resource", body = Problem, content_type = "application/problem+json"),
        (status = 413, description = "The body is too long", body = Problem, content_type = "application/problem+json"),
        (status = 415, description = "The body is not JSON", body = Problem, content_type = "application/problem+json"),
        (status = 422, description = "A field breaks a rule, or the key was used with other content", body = Problem, content_type = "application/problem+json"),
        (status = 507, description = "The disk is full", body = Problem, content_type = "application/problem+json"),
    ),
)]
pub(crate) async fn add_resource_comment(
    State(api): State<Api>,
    Extension(caller): Extension<Caller>,
    named: Named,
    headers: HeaderMap,
    json::Json(body, _place): json::Json<NewComment>,
) -> Result<(StatusCode, Json<CommentBody>), Problem> {
    let id = find_resource(&api, &named).await?;
    say(&api, caller.member()?, &headers, id, body).await
}

/// Say that a task is done
///
/// For whoever took it on. Or that it is not done after all.
#[utoipa::path(
    patch,
    path = "/api/v1/comments/{id}",
    tag = "decisions",
    operation_id = "edit_task",
    params(("id" = String, Path, description = "The id of the task")),
    request_body = TaskPatch,
    responses(
        (status = 200, description = "The task", body = CommentBody),
        (status = 400, description = "The body is not what is expected", body = Problem, content_type = "application/problem+json"),
        (status = 403, description = "Somebody else took it on, or the token is a machine's", body = Problem, content_type = "application/problem+json"),
        (status = 404, description = "There is no such task", body = Problem, content_type = "application/problem+json"),
        (status = 413, description = "The body is too long", body = Problem, content_type = "application/problem+json"),
        (status = 415, description = "The body is not JSON", body = Problem, content_type = "application/problem+json"),
        (status = 507, description = "The disk is full", body = Problem, content_type = "application/problem+json"),
    ),
)]
pub(crate) async fn edit_task(
    State(api): State<Api>,
    Extension(caller): Extension<Caller>,
    named: Named,
    headers: HeaderMap,
    json::Json(body, _place): json::Json<TaskPatch>,
) -> Result<Json<CommentBody>, Problem> {
    let member = caller.member()?;
    no_key(&headers)?;
    let id: DocumentId = named.read("task")?;
    let missing = || named.missing("there is no task with this id");
    api.handle.set_task_done(member, &id, body.done).await.map_err(|error| match error {
        CommandError::NotFound(_) => missing(),
        error => error.into(),
    })?;
    let entry = api.read(move |handle| handle.comment_entry(&id)).await?;
    entry.map(|entry| Json(entry.into())).ok_or_else(missing)
}

/// Take back a comment
///
/// For whoever said it. It is shown no more; that it was said stays in the history.
#[utoipa::path(
    delete,
    path = "/api/v1/comments/{id}",
    tag = "decisions",
    operation_id = "withdraw_comment",
    params(("id" = String, Path, description = "The id of the comment")),
    responses(
        (status = 204, description = "It is taken back"),
        (status = 403, description = "Somebody else said it, or the token is a machine's", body = Problem, content_type = "application/problem+json"),
        (status = 404, description = "There is no such comment", body = Problem, content_type = "application/problem+json"),
        (status = 507, description = "The disk is full", body = Problem, content_type = "application/problem+json"),
    ),
)]
pub(crate) async fn withdraw_comment(
    State(api): State<Api>,
    Extension(caller): Extension<Caller>,
    named: Named,
    headers: HeaderMap,
) -> Result<StatusCode, Problem> {
    let member = caller.member()?;
    no_key(&headers)?;
    let id: DocumentId = named.read("comment")?;
    api.handle.withdraw_comment(member, &id).await.map_err(|error| match error {
        CommandError::NotFound(_) => named.missing("there is no comment with this id"),
        error => error.into(),
    })?;
    Ok(StatusCode::NO_CONTENT)
}

async fn find_resource(api: &Api, named: &Named) -> Result<DocumentId, Problem> {
    let id: DocumentId = named.read("resource")?;
    let found = api.read(move |handle| match handle.resource(&id) {
        Err(CommandError::NotFound(_)) => Ok(false),
        found => found.map(|_| true),
    });
    if found.await? { Ok(id) } else { Err(named.missing("there is no resource with this id")) }
}

async fn say(
    api: &Api,
    member: &Member,
    headers: &HeaderMap,
    on: DocumentId,
    body: NewComment,
) -> Result<(StatusCode, Json<CommentBody>), Problem> {
    let kind = match body.kind.as_deref() {
        None => CommentKind::Comment,
        Some(word) => word.parse().map_err(|_| {
            let words = CommentKind::ALL.map(CommentKind::word).join(", ");
            Problem::malformed(format!("kind is one of {words}")).field("kind")
        })?,
    };
    let on = match (kind, body.answers) {
        (CommentKind::Answer, Some(question)) => {
            let asked = api.read(move |handle| handle.comment_entry(&question)).await?;
            let is_here = asked.is_some_and(|asked| asked.view.on == on && asked.view.kind == CommentKind::Question);
            if !is_here {
                return Err(Problem::new(StatusCode::CONFLICT, "answers names no question that was asked here")
                    .field("answers"));
            }
            question
        }
        (CommentKind::Answer, None) => {
            return Err(Problem::malformed("missing field `answers`: name the question").field("answers"));
        }
        (_, Some(_)) => {
            return Err(
                Problem::malformed("answers is of answers alone: leave it out, or send kind answer").field("answers")
            );
        }
        (_, None) => on,
    };
    if body.due.is_some() && kind != CommentKind::Task {
        return Err(Problem::malformed("due is of tasks alone: leave it out, or send kind task").field("due"));
    }
    let given = idempotency_nonce(&member.public_key(), headers)?;
    let nonce = given.unwrap_or_else(|| api.handle.fresh_nonce());
    let written = CommentEdit::header(api.handle.origin(), member.public_key(), kind, nonce).id();
    let known = api.read(move |handle| handle.comment_entry(&written)).await?.is_some();
    let draft = CommentDraft { kind, text: body.text.clone(), due: body.due.clone() };
    let document = api.handle.comment(member, on, draft, nonce).await?;
    let entry = api.read(move |handle| handle.comment_entry(&document)).await?;
    // Taken back, or said otherwise.
    let said = body.text.replace("\r\n", "\n");
    let due = body.due.as_deref().unwrap_or_default();
    let is_it = |entry: &CommentEntry| {
        let view = &entry.view;
        let same_due = view.due.map(|due| due.to_string()).unwrap_or_default() == due;
        view.on == on && view.kind == kind && view.text.trim() == said.trim() && same_due
    };
    let entry = entry.filter(is_it).ok_or_else(|| Problem::key_used("comment", document))?;
    Ok((if known { StatusCode::OK } else { StatusCode::CREATED }, Json(entry.into())))
}
