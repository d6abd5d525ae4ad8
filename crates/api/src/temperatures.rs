//! Temperature checks: how people feel about something, before it is decided.

use axum::{
    Extension, Json,
    extract::State,
    http::{HeaderMap, StatusCode},
};
use knotwork_commands::{CommandError, NodeHandle, TemperatureDraft, TemperatureEntry};
use knotwork_governance::TemperatureAnswer;
use knotwork_identity::DocumentId;

use crate::{
    bodies::{NewTemperatureAnswer, NewTemperatureCheck, TemperatureBody, TemperaturePage},
    guard::Caller,
    idempotency::{idempotency_nonce, no_key},
    json,
    path::Named,
    problem::Problem,
    state::Api,
};

/// Temperature checks
///
/// The latest first. How people feel is shown once a check has closed and seven answers have come in, of all organisations
/// together.
#[utoipa::path(
    get,
    path = "/api/v1/temperature-checks",
    tag = "temperature",
    operation_id = "list_temperature_checks",
    responses((status = 200, description = "The temperature checks", body = TemperaturePage)),
)]
pub(crate) async fn list_temperature_checks(
    State(api): State<Api>,
    Extension(caller): Extension<Caller>,
) -> Result<Json<TemperaturePage>, Problem> {
    let page = move |handle: &NodeHandle| {
        let entries = handle.temperature_checks()?.into_iter();
        let items = entries.map(|entry| shown(handle, &caller, entry)).collect::<Result<_, _>>()?;
        Ok(TemperaturePage { items })
    };
    Ok(Json(api.read(page).await?))
}

/// One temperature check
#[utoipa::path(
    get,
    path = "/api/v1/temperature-checks/{id}",
    tag = "temperature",
    operation_id = "get_temperature_check",
    params(("id" = String, Path, description = "The id of the temperature check")),
    responses(
        (status = 200, description = "The temperature check", body = TemperatureBody),
        (status = 400, description = "The id is none", body = Problem, content_type = "application/problem+json"),
        (status = 404, description = "There is no such temperature check", body = Problem, content_type = "application/problem+json"),
    ),
)]
pub(crate) async fn get_temperature_check(
    State(api): State<Api>,
    Extension(caller): Extension<Caller>,
    named: Named,
) -> Result<Json<TemperatureBody>, Problem> {
    let id: DocumentId = named.read("temperature check")?;
    Ok(Json(find(&api, &caller, &named, id).await?))
}

/// Ask everyone how they feel about something
///
/// Nobody is bound by it. What is asked cannot be changed. With an `Idempotency-Key` a request can be sent again when its
/// answer was lost: it is asked once.
#[utoipa::path(
    post,
    path = "/api/v1/temperature-checks",
    tag = "temperature",
    operation_id = "ask_temperature",
    params(("Idempotency-Key" = Option<String>, Header, description = "Names this request for good: 1 to 255 visible ASCII characters")),
    request_body = NewTemperatureCheck,
    responses(
        (status = 201, description = "The temperature check", body = TemperatureBody),
        (status = 200, description = "The one that an earlier request with the same key began, as it is now", body = TemperatureBody),
        (status = 400, description = "The body is not what is expected", body = Problem, content_type = "application/problem+json"),
        (status = 403, description = "The token is a machine's", body = Problem, content_type = "application/problem+json"),
        (status = 413, description = "The body is too long", body = Problem, content_type = "application/problem+json"),
        (status = 415, description = "The body is not JSON", body = Problem, content_type = "application/problem+json"),
        (status = 422, description = "It cannot be asked so, or the key was used with other content", body = Problem, content_type = "application/problem+json"),
        (status = 507, description = "The disk is full", body = Problem, content_type = "application/problem+json"),
    ),
)]
pub(crate) async fn ask_temperature(
    State(api): State<Api>,
    Extension(caller): Extension<Caller>,
    headers: HeaderMap,
    json::Json(body, _place): json::Json<NewTemperatureCheck>,
) -> Result<(StatusCode, Json<TemperatureBody>), Problem> {
    let member = caller.member()?;
    let given = idempotency_nonce(&member.public_key(), &headers)?;
    let nonce = given.unwrap_or_else(|| api.handle.fresh_nonce());
    let NewTemperatureCheck { question, text, about, days } = body;
    let draft = TemperatureDraft { question, text, about, days: days.unwrap_or(DAYS_USUAL) };
    let id = api.handle.temperature_id(member, nonce);
    let known = api.read(move |handle| Ok(handle.temperature_check(&id).is_ok())).await?;
    api.handle.ask_temperature(member, draft.clone(), nonce).await?;
    let entry = api.read(move |handle| handle.temperature_check(&id)).await?;
    if !entry.is_of(&draft) {
        return Err(Problem::key_used("temperature check", id));
    }
    let caller = caller.clone();
    let body = api.read(move |handle| shown(handle, &caller, entry)).await?;
    Ok((if known { StatusCode::OK } else { StatusCode::CREATED }, Json(body)))
}

/// Say how you feel, or otherwise than before
///
/// While it is open. The answer stays at this organisation's node. When the check has closed, the node passes on how many
/// feel how: of three answers or more all, of fewer only those with `alone`. Then it forgets who answered what.
#[utoipa::path(
    put,
    path = "/api/v1/temperature-checks/{id}/answer",
    tag = "temperature",
    operation_id = "answer_temperature",
    params(("id" = String, Path, description = "The id of the temperature check")),
    request_body = NewTemperatureAnswer,
    responses(
        (status = 200, description = "The temperature check, with the answer", body = TemperatureBody),
        (status = 400, description = "The body is not what is expected", body = Problem, content_type = "application/problem+json"),
        (status = 403, description = "The token is a machine's", body = Problem, content_type = "application/problem+json"),
        (status = 404, description = "There is no such temperature check", body = Problem, content_type = "application/problem+json"),
        (status = 409, description = "It takes no answers now", body = Problem, content_type = "application/problem+json"),
        (status = 413, description = "The body is too long", body = Problem, content_type = "application/problem+json"),
        (status = 415, description = "The body is not JSON", body = Problem, content_type = "application/problem+json"),
        (status = 422, description = "There is no such feeling", body = Problem, content_type = "application/problem+json"),
        (status = 507, description = "The disk is full", body = Problem, content_type = "application/problem+json"),
    ),
)]
pub(crate) async fn answer_temperature(
    State(api): State<Api>,
    Extension(caller): Extension<Caller>,
    named: Named,
    headers: HeaderMap,
    json::Json(body, _place): json::Json<NewTemperatureAnswer>,
) -> Result<Json<TemperatureBody>, Problem> {
    let member = caller.member()?.clone();
    no_key(&headers)?;
    let id: DocumentId = named.read("temperature check")?;
    let feeling = body.feeling.parse().map_err(CommandError::Temperature)?;
    let answer = TemperatureAnswer { feeling, alone: body.alone };
    let kept = api.read(move |handle| Ok(handle.answer_temperature(&member, &id, answer))).await?;
    kept.map_err(|error| missing(&named, error))?;
    Ok(Json(find(&api, &caller, &named, id).await?))
}

async fn find(api: &Api, caller: &Caller, named: &Named, id: DocumentId) -> Result<TemperatureBody, Problem> {
    let caller = caller.clone();
    let shown = move |handle: &NodeHandle| shown(handle, &caller, handle.temperature_check(&id)?);
    api.read(move |handle| Ok(shown(handle))).await?.map_err(|error| missing(named, error))
}

fn shown(handle: &NodeHandle, caller: &Caller, entry: TemperatureEntry) -> Result<TemperatureBody, CommandError> {
    let yours = match caller {
        Caller::Operator => None,
        Caller::Member(member) => handle.own_temperature(member, &entry)?,
    };
    Ok(TemperatureBody::new(entry, yours))
}

fn missing(named: &Named, error: CommandError) -> Problem {
    match error {
        CommandError::NotFound(_) => named.missing("there is no temperature check with this id"),
        error => error.into(),
    }
}

const DAYS_USUAL: u64 = 7;
