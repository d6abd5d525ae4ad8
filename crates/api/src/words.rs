//! What this organisation says for itself, to be minuted.

use axum::{
    Extension, Json,
    extract::State,
    http::{HeaderMap, StatusCode},
};
use knotwork_governance::{Said, SignedNode};
use knotwork_identity::{PublicKey, Signature, from_text};

use crate::{
    bodies::{NewWord, NewWordKind, SaidBody},
    guard::Caller,
    idempotency::no_key,
    json,
    problem::Problem,
    rfc3339::from_rfc3339,
    state::Api,
};

/// Say something for this organisation
///
/// For stewards; nobody has to agree. It counts once it is minuted. Who leaves says how much of what the organisation
/// wrote stands, as this node knows it: what it writes later is shown nowhere.
#[utoipa::path(
    post,
    path = "/api/v1/organisations/own/words",
    tag = "organisations",
    operation_id = "say_word",
    request_body = NewWord,
    responses(
        (status = 202, description = "It is said, and waits to be minuted", body = SaidBody),
        (status = 400, description = "The body is not what is expected", body = Problem, content_type = "application/problem+json"),
        (status = 403, description = "The member is no steward, or the token is a machine's", body = Problem, content_type = "application/problem+json"),
        (status = 409, description = "It cannot be said now", body = Problem, content_type = "application/problem+json"),
        (status = 413, description = "The body is too long", body = Problem, content_type = "application/problem+json"),
        (status = 415, description = "The body is not JSON", body = Problem, content_type = "application/problem+json"),
        (status = 422, description = "The time until which it rests is past", body = Problem, content_type = "application/problem+json"),
        (status = 507, description = "The disk is full", body = Problem, content_type = "application/problem+json"),
    ),
)]
pub(crate) async fn say_word(
    State(api): State<Api>,
    Extension(caller): Extension<Caller>,
    headers: HeaderMap,
    json::Json(body, _place): json::Json<NewWord>,
) -> Result<(StatusCode, Json<SaidBody>), Problem> {
    let member = caller.member()?;
    no_key(&headers)?;
    let NewWord { say, charter, until, node, node_signature, host } = body;
    let sent = [
        ("charter", charter.is_some()),
        ("until", until.is_some()),
        ("node", node.is_some()),
        ("node_signature", node_signature.is_some()),
        ("host", host.is_some()),
    ];
    let taken: &[&str] = match say {
        NewWordKind::Accept => &["charter"],
        NewWordKind::Rest => &["until"],
        NewWordKind::Node => &["node", "node_signature", "host"],
        NewWordKind::Leave | NewWordKind::Return => &[],
    };
    if let Some((other, _)) = sent.iter().find(|(name, sent)| *sent && !taken.contains(name)) {
        return Err(Problem::malformed(format!("{other} is not part of this word: leave it out")).field(*other));
    }
    let word = match say {
        NewWordKind::Accept => {
            let missing = || {
                Problem::malformed("missing field `charter`: name the digest of the charter that you have read")
                    .field("charter")
            };
            Said::Accept(charter.ok_or_else(missing)?)
        }
        NewWordKind::Leave => {
            api.handle.leave_network(member).await?;
            return said(&api, say);
        }
        NewWordKind::Rest => {
            let missing = || Problem::malformed("missing field `until`: say until about when").field("until");
            Said::Rest(from_rfc3339(&until.ok_or_else(missing)?, "until")?)
        }
        NewWordKind::Return => Said::Return,
        NewWordKind::Node if node.is_some() == host.is_some() => {
            return Err(Problem::malformed("send node or host: one of the two").field("node"));
        }
        NewWordKind::Node => Said::Node { node: node.map(|key| signed(key, node_signature)).transpose()?, host },
    };
    api.handle.say(member, word).await?;
    said(&api, say)
}

/// A node with its own signature that it is this organisation's.
fn signed(key: PublicKey, signature: Option<String>) -> Result<SignedNode, Problem> {
    let wrong = |detail: String| Problem::malformed(detail).field("node_signature");
    let missing = || wrong("missing field `node_signature`: the node itself signs whose it is".into());
    let signature = from_text(&signature.ok_or_else(missing)?);
    let signature = signature.map_err(|error| wrong(format!("node_signature is no signature: {error}")))?;
    Ok(SignedNode { key, signature: Signature(signature) })
}

fn said(api: &Api, say: NewWordKind) -> Result<(StatusCode, Json<SaidBody>), Problem> {
    let standing = api.handle.minutes_standing()?;
    Ok((StatusCode::ACCEPTED, Json(SaidBody { say, needed: standing.needed, reachable: standing.reachable })))
}
