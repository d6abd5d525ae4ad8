//! Members: who is in the network, and what a member says of themself.

use std::collections::BTreeMap;

use axum::{
    Extension, Json,
    extract::State,
    http::{StatusCode, Uri},
};
use knotwork_commands::{Audience, Newcomer, OwnProfile, PersonEntry, Right};
use knotwork_documents::PersonFields;
use knotwork_identity::PersonId;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use zeroize::Zeroizing;

use crate::{
    bodies::given, guard::Caller, json, limits, path::Named, problem::Problem, query::Query, rfc3339::to_rfc3339,
    session::SessionToken, state::Api,
};

/// A member as others see them: fields that are not shown are empty.
#[derive(Serialize, ToSchema)]
#[schema(as = Member)]
pub(crate) struct MemberBody {
    /// The person, as an opaque id.
    person: String,
    /// The name of their organisation.
    #[schema(example = "Alder Practice")]
    organisation: String,
    /// Fields by name: `name`, `pronouns`, `post`, `languages`, `skills`, `interests`, `offers`, `experience`, `contact`.
    fields: BTreeMap<String, String>,
    /// Whether the person is no longer at the organisation.
    left: bool,
    /// When the person got another key than the first, as the organisation claims.
    #[schema(format = "date-time", required = true)]
    new_key_since: Option<String>,
    /// Whether they agreed to be named on their organisation's page.
    listed: bool,
}

/// A page of members.
#[derive(Serialize, ToSchema)]
pub(crate) struct MemberPage {
    /// The members, from A to Z.
    items: Vec<MemberBody>,
    /// How many there are on all pages.
    total: usize,
}

/// A field of a member's own profile.
#[derive(Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct OwnField {
    /// What it says.
    value: String,
    /// Who sees it: `nobody`, `organisation` or `network`.
    #[schema(example = "network")]
    shown_to: String,
}

/// A member's own profile: every field with who sees it.
#[derive(Serialize, ToSchema)]
#[schema(as = Me)]
pub(crate) struct MeBody {
    /// The person, as an opaque id.
    person: String,
    /// The sign-in name.
    sign_in_name: String,
    /// The profile, by field.
    profile: BTreeMap<String, OwnField>,
    /// Whether the member agrees to be named on the organisation's page.
    listed: bool,
}

/// Who wants an account.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct NewAccount {
    /// The code in the file `set-up-code` of the node's data directory: for the first account.
    #[serde(default)]
    set_up_code: Option<String>,
    /// The last part of an invitation's link: for all others.
    #[serde(default)]
    #[schema(example = "bnxzpm5v2xjx7m4dlnmkrv3rxtpmcq")]
    invitation: Option<String>,
    /// What to sign in with.
    #[schema(example = "ada@alder.example")]
    sign_in_name: String,
    /// At least 12 characters.
    #[schema(example = "four plain words here")]
    passphrase: String,
    /// What the person is called.
    #[schema(example = "Ada Byrne")]
    name: String,
    /// Whether the person has read and accepts the agreement and the privacy notice at `/agreement/text`.
    agrees: bool,
}

/// The fields of a profile to change; the others stay.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct MePatch {
    /// By field.
    #[serde(default)]
    profile: BTreeMap<String, OwnField>,
    /// Whether the member agrees to be named on the organisation's page.
    #[serde(default, deserialize_with = "given")]
    #[schema(nullable = false)]
    listed: Option<bool>,
}

/// Who is in the network
///
/// Everybody with a profile that this node may show, from A to Z by name; those who have left are among them, and say so.
#[utoipa::path(
    get,
    path = "/api/v1/members",
    tag = "members",
    operation_id = "list_members",
    params(
        ("limit" = Option<u32>, Query, minimum = 1, maximum = 100, description = "The most members on the page; 20 if left out"),
        ("from" = Option<u32>, Query, minimum = 0, maximum = 1_000_000, description = "How many to pass over"),
        ("name" = Option<String>, Query, description = "Only those whose name has this in it"),
    ),
    responses(
        (status = 200, description = "The page", body = MemberPage),
        (status = 400, description = "A parameter is wrong", body = Problem, content_type = "application/problem+json"),
    ),
)]
pub(crate) async fn list_members(State(api): State<Api>, uri: Uri) -> Result<Json<MemberPage>, Problem> {
    let query = Query::parse(uri.query(), &["limit", "from", "name"])?;
    let limit = query.number("limit", 1, limits::PAGE_MAX)?.unwrap_or(limits::PAGE_DEFAULT);
    let from = query.number("from", 0, limits::PAGE_FROM_MAX)?.unwrap_or(0);
    let name = query.get("name").unwrap_or_default().to_lowercase();
    let people = api.read(|handle| handle.people()).await?;
    let fits = |entry: &&PersonEntry| entry.fields.name.to_lowercase().contains(&name);
    let total = people.all.iter().filter(fits).count();
    let items = people.all.iter().filter(fits).skip(from).take(limit).map(member).collect();
    Ok(Json(MemberPage { items, total }))
}

/// One member
#[utoipa::path(
    get,
    path = "/api/v1/members/{person}",
    tag = "members",
    operation_id = "get_member",
    params(("person" = String, Path, description = "The person, by the opaque id that lists give")),
    responses(
        (status = 200, description = "The member", body = MemberBody),
        (status = 404, description = "There is no such member, or no profile of theirs here", body = Problem,
            content_type = "application/problem+json"),
    ),
)]
pub(crate) async fn get_member(State(api): State<Api>, named: Named) -> Result<Json<MemberBody>, Problem> {
    let person: PersonId = named.read("member")?;
    let people = api.read(|handle| handle.people()).await?;
    let entry =
        people.get(&person).ok_or_else(|| named.missing("there is no member with this id, as far as is known here"))?;
    Ok(Json(member(entry)))
}

/// Make an account
///
/// Needs no token, but the node's set-up code, for the first account, or an invitation. Whoever is invited may have to wait
/// until a steward confirms.
#[utoipa::path(
    post,
    path = "/api/v1/accounts",
    tag = "members",
    operation_id = "add_account",
    security(()),
    request_body = NewAccount,
    responses(
        (status = 201, description = "The account is made; the token is that of its first session", body = SessionToken),
        (status = 400, description = "The body is not what is expected", body = Problem, content_type = "application/problem+json"),
        (status = 409, description = "Somebody has the sign-in name, or the organisation waits to be admitted", body = Problem, content_type = "application/problem+json"),
        (status = 410, description = "The invitation was used, or has ended", body = Problem, content_type = "application/problem+json"),
        (status = 413, description = "The body is too long", body = Problem, content_type = "application/problem+json"),
        (status = 415, description = "The body is not JSON", body = Problem, content_type = "application/problem+json"),
        (status = 422, description = "A field cannot be taken", body = Problem, content_type = "application/problem+json"),
    ),
)]
pub(crate) async fn add_account(
    State(api): State<Api>,
    json::Json(body, _place): json::Json<NewAccount>,
) -> Result<(StatusCode, Json<SessionToken>), Problem> {
    let right = match (body.set_up_code, body.invitation) {
        (Some(code), None) => Right::SetUp(code),
        (None, Some(text)) => Right::Invitation(text),
        _ => return Err(Problem::malformed("send set_up_code or invitation").field("invitation")),
    };
    if !body.agrees {
        let detail = "agrees must be true: read /agreement/text, which is what everybody here agrees to";
        return Err(Problem::new(StatusCode::UNPROCESSABLE_ENTITY, detail).field("agrees"));
    }
    if body.name.trim().is_empty() {
        return Err(Problem::new(StatusCode::UNPROCESSABLE_ENTITY, "the name is missing").field("name"));
    }
    let newcomer =
        Newcomer { sign_in_name: body.sign_in_name, passphrase: Zeroizing::new(body.passphrase), name: body.name };
    let (Right::SetUp(text) | Right::Invitation(text)) = &right;
    let home = api.handle.hosted_of_token(text)?.unwrap_or_else(|| api.handle.clone());
    let token = home.join(right, newcomer, "a program".to_owned()).await?;
    Ok((StatusCode::CREATED, Json(SessionToken { token })))
}

/// The member's own profile
#[utoipa::path(
    get,
    path = "/api/v1/me",
    tag = "members",
    operation_id = "get_me",
    responses(
        (status = 200, description = "The profile, with who sees what", body = MeBody),
        (status = 403, description = "The token is a machine's", body = Problem, content_type = "application/problem+json"),
    ),
)]
pub(crate) async fn get_me(
    State(api): State<Api>,
    Extension(caller): Extension<Caller>,
) -> Result<Json<MeBody>, Problem> {
    let member = caller.member()?;
    Ok(Json(me(member, &api.handle.own_profile(member)?)))
}

/// Change the member's own profile
#[utoipa::path(
    patch,
    path = "/api/v1/me",
    tag = "members",
    operation_id = "edit_me",
    request_body = MePatch,
    responses(
        (status = 200, description = "The profile as it is now", body = MeBody),
        (status = 400, description = "The body is not what is expected", body = Problem, content_type = "application/problem+json"),
        (status = 403, description = "The token is a machine's", body = Problem, content_type = "application/problem+json"),
        (status = 413, description = "The body is too long", body = Problem, content_type = "application/problem+json"),
        (status = 415, description = "The body is not JSON", body = Problem, content_type = "application/problem+json"),
        (status = 422, description = "A field breaks a rule", body = Problem, content_type = "application/problem+json"),
    ),
)]
pub(crate) async fn edit_me(
    State(api): State<Api>,
    Extension(caller): Extension<Caller>,
    json::Json(body, _place): json::Json<MePatch>,
) -> Result<Json<MeBody>, Problem> {
    let member = caller.member()?;
    let mut profile = api.handle.own_profile(member)?;
    for (name, OwnField { value, shown_to }) in body.profile {
        let Some(place) = PersonFields::NAMES.iter().position(|known| *known == name) else {
            return Err(Problem::malformed(format!("a profile has no field `{name}`")).field(name));
        };
        let audience = Audience::from_word(&shown_to)
            .ok_or_else(|| Problem::malformed("shown_to is `nobody`, `organisation` or `network`").field("shown_to"))?;
        profile.fields.set(&name, value);
        profile.audiences[place] = audience;
    }
    profile.fields.listed = body.listed.unwrap_or(profile.fields.listed);
    api.handle.set_own_profile(member, &profile).await?;
    Ok(Json(me(member, &profile)))
}

fn member(entry: &PersonEntry) -> MemberBody {
    let fields =
        PersonFields::NAMES.iter().map(|name| ((*name).to_owned(), entry.fields.get(name).to_owned())).collect();
    MemberBody {
        person: entry.person.to_string(),
        organisation: entry.organisation.clone(),
        fields,
        listed: entry.fields.listed,
        left: entry.left,
        new_key_since: entry.new_key_since.and_then(to_rfc3339),
    }
}

fn me(member: &knotwork_commands::Member, profile: &OwnProfile) -> MeBody {
    let field = |name: &&str| {
        let shown_to = profile.audience(name).word().to_owned();
        ((*name).to_owned(), OwnField { value: profile.fields.get(name).to_owned(), shown_to })
    };
    MeBody {
        person: member.person.to_string(),
        sign_in_name: member.sign_in_name.clone(),
        profile: PersonFields::NAMES.iter().map(field).collect(),
        listed: profile.fields.listed,
    }
}
