//! Personal tokens: what a member gives to a program that is to go on for longer than a session.
//!
//! Only with a session: a token that could make another would outlive its own end.

use std::collections::BTreeSet;

use axum::{Extension, Json, extract::State, http::StatusCode};
use knotwork_accounts::{AccountError, ApiToken, Scope};
use knotwork_documents::Date;
use knotwork_identity::Timestamp;
use serde::{Deserialize, Deserializer, Serialize};
use utoipa::ToSchema;

use crate::{
    bodies::{given, word},
    guard::Caller,
    json,
    path::Named,
    problem::Problem,
    rfc3339::to_rfc3339,
    state::Api,
};

/// What a token allows.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "kebab-case")]
#[schema(as = Scope)]
pub(crate) enum ScopeBody {
    /// To read what the member can read.
    Read,
    /// To write in the member's name, and to read.
    Write,
    /// To read how the node is doing.
    Monitor,
}

/// A personal token.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Token)]
pub(crate) struct TokenBody {
    /// Names it.
    id: String,
    /// What its owner calls it.
    #[schema(example = "the nightly import")]
    name: String,
    /// What it allows.
    #[schema(example = json!(["read", "write"]))]
    scopes: Vec<ScopeBody>,
    /// When it was made.
    #[schema(format = "date-time", required = true)]
    made: Option<String>,
    /// When it ends.
    #[schema(format = "date-time", required = true)]
    ends: Option<String>,
    /// Whether it has ended.
    ended: bool,
    /// Its text, to be sent as `Authorization: Bearer TOKEN`: in the answer that makes it, and never again.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false, example = "knot_bnxzpm5v2xjx7m4dlnmkrv3rxtpmcq")]
    token: Option<String>,
}

/// The member's personal tokens.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct TokenPage {
    /// The tokens, the newest first, those that have ended among them.
    items: Vec<TokenBody>,
}

/// A token to make, with `days` or `ends`.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct NewToken {
    /// What to call it: 1 to 100 bytes.
    #[schema(example = "the nightly import")]
    name: String,
    /// What it shall allow, one thing at least. Who may write may read.
    #[schema(example = json!(["write"]))]
    scopes: Vec<ScopeBody>,
    /// For how many days from now it works.
    #[serde(default, deserialize_with = "given")]
    #[schema(value_type = u32, required = false, minimum = 1, maximum = 365, example = 90)]
    days: Option<u32>,
    /// The last day on which it works, in Greenwich: `YYYY-MM-DD`, within a year.
    #[serde(default, deserialize_with = "given")]
    #[schema(nullable = false, example = "2026-12-31")]
    ends: Option<String>,
}

/// The member's personal tokens
///
/// With a session alone.
#[utoipa::path(
    get,
    path = "/api/v1/tokens",
    tag = "members",
    operation_id = "list_tokens",
    responses(
        (status = 200, description = "The tokens", body = TokenPage),
        (status = 403, description = "The token that is sent is no session's", body = Problem, content_type = "application/problem+json"),
    ),
)]
pub(crate) async fn list_tokens(
    State(api): State<Api>,
    Extension(caller): Extension<Caller>,
) -> Result<Json<TokenPage>, Problem> {
    let person = caller.session()?.account.person;
    let tokens = api.read(move |handle| handle.tokens(&person)).await?;
    let now = api.handle.now();
    Ok(Json(TokenPage { items: tokens.into_iter().map(|token| TokenBody::new(token, now)).collect() }))
}

/// Make a personal token
///
/// With a session alone. The text is shown this once.
#[utoipa::path(
    post,
    path = "/api/v1/tokens",
    tag = "members",
    operation_id = "make_token",
    request_body = NewToken,
    responses(
        (status = 201, description = "The token", body = TokenBody),
        (status = 400, description = "The body is not what is expected", body = Problem, content_type = "application/problem+json"),
        (status = 403, description = "The token that is sent is no session's", body = Problem, content_type = "application/problem+json"),
        (status = 409, description = "The member has as many tokens as there may be", body = Problem, content_type = "application/problem+json"),
        (status = 413, description = "The body is too long", body = Problem, content_type = "application/problem+json"),
        (status = 415, description = "The body is not JSON", body = Problem, content_type = "application/problem+json"),
        (status = 422, description = "The name, the scopes or the end cannot be", body = Problem, content_type = "application/problem+json"),
        (status = 507, description = "The disk is full", body = Problem, content_type = "application/problem+json"),
    ),
)]
pub(crate) async fn make_token(
    State(api): State<Api>,
    Extension(caller): Extension<Caller>,
    json::Json(body, _place): json::Json<NewToken>,
) -> Result<(StatusCode, Json<TokenBody>), Problem> {
    let session = caller.session()?.clone();
    let NewToken { name, scopes, days, ends } = body;
    let scopes: BTreeSet<Scope> = scopes.into_iter().map(Scope::from).collect();
    let now = api.handle.now();
    let ends = match (days, ends) {
        (Some(days), None) => end_after(now, days)?,
        (None, Some(day)) => end_of(now, &day)?,
        _ => return Err(Problem::malformed("send days or ends: one of the two").field("days")),
    };
    let made = api
        .handle
        .keeping(move |accounts, now, random| accounts.make_token(&session, &name, &scopes, ends, now, random));
    let (text, token) = made.await?;
    Ok((StatusCode::CREATED, Json(TokenBody { token: Some(text), ..TokenBody::new(token, now) })))
}

/// End a personal token
///
/// With a session alone. Whoever has the token is refused from then on.
#[utoipa::path(
    delete,
    path = "/api/v1/tokens/{id}",
    tag = "members",
    operation_id = "end_token",
    params(("id" = String, Path, description = "The id of the token")),
    responses(
        (status = 204, description = "The token has ended"),
        (status = 403, description = "The token that is sent is no session's", body = Problem, content_type = "application/problem+json"),
        (status = 404, description = "The member has no such token", body = Problem, content_type = "application/problem+json"),
    ),
)]
pub(crate) async fn end_token(
    State(api): State<Api>,
    Extension(caller): Extension<Caller>,
    named: Named,
) -> Result<StatusCode, Problem> {
    let person = caller.session()?.account.person;
    let id = named.text.clone();
    let ended = api.handle.keeping(move |accounts, _, _| accounts.revoke_token(&person, &id)).await;
    ended.map_err(|error| Problem::from(error).field(&named.parameter))?;
    Ok(StatusCode::NO_CONTENT)
}

/// So many days from now.
fn end_after(now: Timestamp, days: u32) -> Result<Timestamp, Problem> {
    let end = now.milliseconds() + u64::from(days) * DAY_MILLISECONDS;
    let end = Timestamp::from_milliseconds(end).filter(|_| (1..=DAYS_MAX).contains(&days));
    end.ok_or_else(|| {
        let detail = format!("days must be a whole number from 1 to {DAYS_MAX}");
        Problem::new(StatusCode::UNPROCESSABLE_ENTITY, detail).field("days").limit(DAYS_MAX as usize)
    })
}

/// The end of a day.
fn end_of(now: Timestamp, day: &str) -> Result<Timestamp, Problem> {
    let refusal = |detail: String| Problem::new(StatusCode::UNPROCESSABLE_ENTITY, detail).field("ends");
    let day: Date = day.parse().map_err(|error: knotwork_documents::DateError| refusal(error.to_string()))?;
    let too_early_or_late = || refusal(AccountError::TokenEnd.to_string());
    let days = u64::try_from(Date::of(now).days_until(day)).map_err(|_| too_early_or_late())?;
    let today = now.milliseconds() - now.milliseconds() % DAY_MILLISECONDS;
    Timestamp::from_milliseconds(today + (days + 1) * DAY_MILLISECONDS).ok_or_else(too_early_or_late)
}

impl TokenBody {
    fn new(token: ApiToken, now: Timestamp) -> Self {
        Self {
            id: token.id,
            name: token.name,
            scopes: token.scopes.into_iter().map(ScopeBody::from).collect(),
            made: to_rfc3339(token.made),
            ends: to_rfc3339(token.ends),
            ended: token.ends <= now,
            token: None,
        }
    }
}

impl From<ScopeBody> for Scope {
    fn from(scope: ScopeBody) -> Self {
        match scope {
            ScopeBody::Read => Self::Read,
            ScopeBody::Write => Self::Write,
            ScopeBody::Monitor => Self::Monitor,
        }
    }
}

impl From<Scope> for ScopeBody {
    fn from(scope: Scope) -> Self {
        match scope {
            Scope::Read => Self::Read,
            Scope::Write => Self::Write,
            Scope::Monitor => Self::Monitor,
        }
    }
}

impl<'de> Deserialize<'de> for ScopeBody {
    fn deserialize<D: Deserializer<'de>>(reader: D) -> Result<Self, D::Error> {
        word(reader, |text| Scope::from_word(text).map(Self::from), &SCOPE_WORDS)
    }
}

const SCOPE_WORDS: [&str; Scope::ALL.len()] = [Scope::Read.word(), Scope::Write.word(), Scope::Monitor.word()];
const DAYS_MAX: u32 = 365;
const DAY_MILLISECONDS: u64 = 24 * 60 * 60 * 1_000;

#[cfg(test)]
mod tests {
    use super::*;

    fn at(milliseconds: u64) -> Timestamp {
        Timestamp::from_milliseconds(milliseconds).expect("a time")
    }

    #[test]
    fn an_end_is_so_many_days_away_or_the_end_of_a_day() {
        // 2023-11-14, 22:13:20.
        let now = at(1_700_000_000_000);
        assert_eq!(end_after(now, 2).expect("an end"), at(1_700_172_800_000));
        assert!(end_after(now, 365).is_ok());
        for bad in [0, 366, u32::MAX] {
            assert!(end_after(now, bad).is_err(), "{bad}");
        }
        assert_eq!(end_of(now, "2023-11-14").expect("an end"), at(1_700_006_400_000));
        assert_eq!(end_of(now, "2023-11-15").expect("an end"), at(1_700_092_800_000));
        for bad in ["2023-11-13", "", "tomorrow", "2023-02-30", "14.11.2023"] {
            assert!(end_of(now, bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn the_words_for_scopes_are_those_of_the_accounts() {
        for scope in Scope::ALL {
            assert!(SCOPE_WORDS.contains(&scope.word()));
            assert_eq!(serde_json::to_value(ScopeBody::from(scope)).expect("JSON"), scope.word());
        }
    }
}
