//! Decisions: what is asked of whom, opening one, changing its terms.

use axum::{
    Extension, Json,
    extract::State,
    http::{HeaderMap, StatusCode, Uri, header},
    response::{IntoResponse, Response},
};
use knotwork_commands::{CommandError, DecisionDraft, DecisionEntry, DecisionError, DecisionState, Member, NodeHandle};
use knotwork_governance::{Effect, Terms, Voter};
use knotwork_identity::{DocumentId, Nonce};
use knotwork_minutes::Bundle;

use crate::{
    bodies::{
        AskedBody, Beside, DecisionBody, DecisionPage, DecisionPatch, DecisionSummary, FallsBody, NewDecision,
        state_word,
    },
    drafts::read_draft,
    guard::Caller,
    idempotency::{idempotency_nonce, no_key},
    json, limits,
    minutes::bundle_body,
    path::Named,
    problem::Problem,
    query::Query,
    rfc3339::from_rfc3339,
    state::Api,
};

/// Decisions
///
/// The latest first.
#[utoipa::path(
    get,
    path = "/api/v1/decisions",
    tag = "decisions",
    operation_id = "list_decisions",
    params(
        ("state" = Option<String>, Query, description = "Only those that are `open`, `closed`, `lapsed` or `final`"),
        ("limit" = Option<u32>, Query, minimum = 1, maximum = 100, description = "The most decisions on the page; 20 if left out"),
        ("from" = Option<u32>, Query, minimum = 0, maximum = 1_000_000, description = "How many to pass over"),
    ),
    responses(
        (status = 200, description = "The page", body = DecisionPage),
        (status = 400, description = "A parameter is wrong", body = Problem, content_type = "application/problem+json"),
    ),
)]
pub(crate) async fn list_decisions(
    State(api): State<Api>,
    Extension(caller): Extension<Caller>,
    uri: Uri,
) -> Result<Json<DecisionPage>, Problem> {
    let query = Query::parse(uri.query(), &["state", "limit", "from"])?;
    let limit = query.number("limit", 1, limits::PAGE_MAX)?.unwrap_or(limits::PAGE_DEFAULT);
    let from = query.number("from", 0, limits::PAGE_FROM_MAX)?.unwrap_or(0);
    let state = query.get("state").map(read_state).transpose()?;
    let page = move |handle: &NodeHandle| {
        let mut heads = handle.decisions()?;
        heads.retain(|head| state.is_none_or(|state| head.state == state));
        let total = heads.len();
        let mut items = Vec::new();
        for head in heads.into_iter().skip(from).take(limit) {
            let entry = handle.decision(&head.id)?;
            let voices = voices(handle, &caller, &entry.terms)?;
            items.push(DecisionSummary::new(entry, &voices));
        }
        Ok(DecisionPage { items, total })
    };
    Ok(Json(api.read(page).await?))
}

/// Open a decision
///
/// From then on its terms are frozen, and everyone is asked. A charter that it proposes is sent whole, and written with it.
/// With an `Idempotency-Key` a request can be sent again when its answer was lost: it is opened once.
#[utoipa::path(
    post,
    path = "/api/v1/decisions",
    tag = "decisions",
    operation_id = "open_decision",
    params(("Idempotency-Key" = Option<String>, Header, description = "Names this request for good: 1 to 255 visible ASCII characters")),
    request_body = NewDecision,
    responses(
        (status = 201, description = "The decision", body = DecisionBody),
        (status = 200, description = "The decision that an earlier request with the same key opened, as it is now", body = DecisionBody),
        (status = 400, description = "The body is not what is expected", body = Problem, content_type = "application/problem+json"),
        (status = 403, description = "The token is a machine's", body = Problem, content_type = "application/problem+json"),
        (status = 409, description = "The organisation is not in the network any more", body = Problem, content_type = "application/problem+json"),
        (status = 413, description = "The body is too long", body = Problem, content_type = "application/problem+json"),
        (status = 415, description = "The body is not JSON", body = Problem, content_type = "application/problem+json"),
        (status = 409, description = "The charter is being renewed already", body = Problem, content_type = "application/problem+json"),
        (status = 422, description = "Nobody could decide so, or the key was used with other content", body = Problem, content_type = "application/problem+json"),
        (status = 507, description = "The disk is full", body = Problem, content_type = "application/problem+json"),
    ),
)]
pub(crate) async fn open_decision(
    State(api): State<Api>,
    Extension(caller): Extension<Caller>,
    headers: HeaderMap,
    json::Json(body, _place): json::Json<NewDecision>,
) -> Result<(StatusCode, Json<DecisionBody>), Problem> {
    let member = caller.member()?.clone();
    let given = idempotency_nonce(&member.public_key(), &headers)?;
    let nonce = given.unwrap_or_else(|| api.handle.fresh_nonce());
    let draft = {
        let member = member.clone();
        api.read(move |handle| Ok(read_draft(handle, &member, body, nonce))).await??
    };
    let before = began_as(&api, &member, &draft, nonce).await?;
    // One that is there stays as it is.
    let document = api.handle.open_decision(&member, draft.clone(), nonce).await?;
    // Looked at again: something else may have been sent with the same key at the same time.
    if began_as(&api, &member, &draft, nonce).await? == Some(false) {
        return Err(Problem::key_used("decision", document));
    }
    let status = if before.is_some() { StatusCode::OK } else { StatusCode::CREATED };
    Ok((status, Json(shown(&api, &caller, document).await?)))
}

/// One decision
///
/// With who is asked, what is needed, who has answered, and what comes next. Positions are there where the caller sees them.
#[utoipa::path(
    get,
    path = "/api/v1/decisions/{id}",
    tag = "decisions",
    operation_id = "get_decision",
    params(("id" = String, Path, description = "The id of the decision")),
    responses(
        (status = 200, description = "The decision", body = DecisionBody),
        (status = 404, description = "There is no such decision", body = Problem, content_type = "application/problem+json"),
    ),
)]
pub(crate) async fn get_decision(
    State(api): State<Api>,
    Extension(caller): Extension<Caller>,
    named: Named,
) -> Result<Json<DecisionBody>, Problem> {
    let id = named.read("decision")?;
    let handle_and = move |handle: &NodeHandle| body(handle, &caller, &id).map(Some).or_else(none_there);
    api.read(handle_and).await?.map(Json).ok_or_else(|| missing(&named))
}

/// Change the terms of a decision
///
/// For whoever opened it, while it is open. Everyone is asked anew, and answers again.
#[utoipa::path(
    patch,
    path = "/api/v1/decisions/{id}",
    tag = "decisions",
    operation_id = "change_decision",
    params(("id" = String, Path, description = "The id of the decision")),
    request_body = DecisionPatch,
    responses(
        (status = 200, description = "The decision as it is now", body = DecisionBody),
        (status = 400, description = "The body is not what is expected", body = Problem, content_type = "application/problem+json"),
        (status = 403, description = "Somebody else opened it, or the token is a machine's", body = Problem, content_type = "application/problem+json"),
        (status = 404, description = "There is no such decision", body = Problem, content_type = "application/problem+json"),
        (status = 409, description = "It has closed, or there is no such objection", body = Problem, content_type = "application/problem+json"),
        (status = 413, description = "The body is too long", body = Problem, content_type = "application/problem+json"),
        (status = 415, description = "The body is not JSON", body = Problem, content_type = "application/problem+json"),
        (status = 422, description = "Nobody could decide so", body = Problem, content_type = "application/problem+json"),
        (status = 507, description = "The disk is full", body = Problem, content_type = "application/problem+json"),
    ),
)]
pub(crate) async fn change_decision(
    State(api): State<Api>,
    Extension(caller): Extension<Caller>,
    named: Named,
    headers: HeaderMap,
    json::Json(patch, _place): json::Json<DecisionPatch>,
) -> Result<Json<DecisionBody>, Problem> {
    let member = caller.member()?;
    no_key(&headers)?;
    if patch.is_empty() {
        return Err(Problem::malformed(
            "send what to change: everyone is asked anew, so nothing is changed for nothing",
        ));
    }
    let id: DocumentId = named.read("decision")?;
    let entry = find(&api, &named, id).await?;
    if entry.owner != member.public_key() {
        return Err(CommandError::from(DecisionError::NotYours).into());
    }
    let closes = patch.closes.as_deref().map(|closes| from_rfc3339(closes, "closes")).transpose()?;
    if closes.is_some_and(|closes| closes < entry.terms.closes) {
        let detail = "a decision is never closed earlier than it said: send a later time, or leave it out";
        return Err(Problem::new(StatusCode::UNPROCESSABLE_ENTITY, detail).field("closes"));
    }
    let is_charter = |effect: &Effect| matches!(effect, Effect::Charter { .. });
    if patch.charter.is_some() && !entry.terms.effects.iter().any(is_charter) {
        let detail = "this decision is about no charter: leave it out, or open a decision about one";
        return Err(Problem::new(StatusCode::UNPROCESSABLE_ENTITY, detail).field("charter"));
    }
    let charter = patch.charter.map(|charter| charter.read("charter")).transpose()?;
    let (title, text, summary, left_out) = (patch.title, patch.text, patch.summary, patch.left_out);
    let change = move |terms: &mut Terms| {
        let plain = |text: String| text.trim().replace("\r\n", "\n");
        for (field, value) in [
            (&mut terms.title, title),
            (&mut terms.text, text),
            (&mut terms.summary, summary),
            (&mut terms.left_out, left_out),
        ] {
            if let Some(value) = value {
                *field = plain(value);
            }
        }
        if let Some(closes) = closes {
            terms.closes = closes;
        }
    };
    api.handle.change_terms(member, &id, change, charter, patch.integrates).await?;
    Ok(Json(shown(&api, &caller, id).await?))
}

/// A decision to keep and check anywhere
///
/// One file: the terms, every minute from the genesis to that of the decision, and the ballots with their reasons. It shows,
/// to `knotwork minutes verify` and without any node, that more than two thirds of the signing organisations agreed that
/// these terms came to this outcome, and the ballots are counted again. Where some were erased it is said that they are not.
#[utoipa::path(
    get,
    path = "/api/v1/decisions/{id}/proof",
    tag = "decisions",
    operation_id = "get_decision_proof",
    params(("id" = String, Path, description = "The id of the decision")),
    responses(
        (status = 200, description = "The file", body = Vec<u8>, content_type = "application/octet-stream"),
        (status = 404, description = "There is no such decision", body = Problem, content_type = "application/problem+json"),
        (status = 409, description = "It is not final, or its terms are not here", body = Problem, content_type = "application/problem+json"),
    ),
)]
pub(crate) async fn get_decision_proof(State(api): State<Api>, named: Named) -> Result<Response, Problem> {
    let id: DocumentId = named.read("decision")?;
    let entry = find(&api, &named, id).await?;
    let Some(minuted) = entry.minuted else {
        let detail = "this decision is not final yet: no minute says how it came out";
        return Err(Problem::new(StatusCode::CONFLICT, detail));
    };
    let (terms, outcome) = (entry.terms.clone(), minuted.outcome);
    let changes = api.read(move |handle| handle.evidence(&terms, &outcome)).await?;
    let about = Bundle::about(&id, &entry.terms);
    let body = bundle_body(&api, about, minuted.height, Bundle::changes(&changes))?;
    let headers = [
        (header::CONTENT_TYPE, "application/octet-stream"),
        (header::CONTENT_DISPOSITION, "attachment; filename=\"decision.minutes\""),
    ];
    Ok((headers, body).into_response())
}

/// A decision as the caller sees it.
pub(crate) async fn shown(api: &Api, caller: &Caller, id: DocumentId) -> Result<DecisionBody, Problem> {
    let caller = caller.clone();
    api.read(move |handle| body(handle, &caller, &id)).await
}

/// The decision of an address.
pub(crate) async fn find(api: &Api, named: &Named, id: DocumentId) -> Result<DecisionEntry, Problem> {
    let found = api.read(move |handle| handle.decision(&id).map(Some).or_else(none_there)).await?;
    found.ok_or_else(|| missing(named))
}

/// The voices that the caller has under these terms.
pub(crate) fn voices(handle: &NodeHandle, caller: &Caller, terms: &Terms) -> Result<Vec<Voter>, CommandError> {
    match caller {
        Caller::Operator => Ok(Vec::new()),
        Caller::Member(member) => handle.voices(member, terms),
    }
}

fn body(handle: &NodeHandle, caller: &Caller, id: &DocumentId) -> Result<DecisionBody, CommandError> {
    let entry = handle.decision(id)?;
    let voices = voices(handle, caller, &entry.terms)?;
    let own = match caller {
        Caller::Operator => None,
        Caller::Member(member) => Some(member.public_key()),
    };
    let electorate = &entry.terms.electorate;
    let places = (0..entry.terms.rules.electorate).filter_map(|place| Some((place, electorate.voter(place)?)));
    let asked: Result<Vec<AskedBody>, CommandError> = places
        .map(|(place, voter)| {
            let answered = !entry.unanswered.contains(&voter);
            Ok(AskedBody::new(place, handle.voter_name(&voter)?, &voter, answered))
        })
        .collect();
    let asked = asked?;
    let beside = Beside {
        falls: handle.falling(&entry)?.map(FallsBody::from),
        objections: handle.objections(&entry)?,
        earlier: handle.earlier_positions(&entry)?,
        standing: handle.minutes_standing()?,
    };
    Ok(DecisionBody::new(entry, &voices, own, asked, beside, handle))
}

async fn began_as(api: &Api, member: &Member, draft: &DecisionDraft, nonce: Nonce) -> Result<Option<bool>, Problem> {
    let (member, draft) = (member.clone(), draft.clone());
    api.read(move |handle| handle.decision_began_as(&member, draft, nonce)).await
}

fn read_state(word: &str) -> Result<DecisionState, Problem> {
    let all = [DecisionState::Open, DecisionState::Closed, DecisionState::Lapsed, DecisionState::Final];
    all.into_iter()
        .find(|state| state_word(*state) == word)
        .ok_or_else(|| Problem::malformed(format!("state is one of {}", all.map(state_word).join(", "))).field("state"))
}

fn none_there<T>(error: CommandError) -> Result<Option<T>, CommandError> {
    match error {
        CommandError::NotFound(_) => Ok(None),
        error => Err(error),
    }
}

fn missing(named: &Named) -> Problem {
    named.missing("there is no decision with this id")
}
