//! Reconvening: going on without organisations that are gone for good.

use std::collections::BTreeSet;

use axum::{
    Extension, Json,
    extract::State,
    http::{HeaderMap, StatusCode},
};
use knotwork_identity::PublicKey;

use crate::{
    bodies::{NewReconvening, ReconveningFileBody},
    guard::Caller,
    idempotency::no_key,
    json,
    problem::Problem,
    state::Api,
};

/// Write the file with which the network goes on without some organisations
///
/// For stewards, where so many are gone for good that nothing can be final any more. The file names the last minute, who is
/// carried over, and what stands of what the others wrote. Nothing changes by it: each organisation that goes along gives it
/// to its own node with `knotwork network reconvene`, this one as well.
#[utoipa::path(
    post,
    path = "/api/v1/minutes/reconvenings",
    tag = "minutes",
    operation_id = "reconvene",
    request_body = NewReconvening,
    responses(
        (status = 201, description = "The file", body = ReconveningFileBody),
        (status = 400, description = "The body is not what is expected", body = Problem, content_type = "application/problem+json"),
        (status = 403, description = "The member is no steward, or the token is a machine's", body = Problem, content_type = "application/problem+json"),
        (status = 409, description = "Whom it leaves behind is not on the roster, or nobody would be left", body = Problem, content_type = "application/problem+json"),
        (status = 413, description = "The body is too long", body = Problem, content_type = "application/problem+json"),
        (status = 415, description = "The body is not JSON", body = Problem, content_type = "application/problem+json"),
        (status = 422, description = "It names nobody, or somebody by what is no key", body = Problem, content_type = "application/problem+json"),
        (status = 507, description = "The disk is full", body = Problem, content_type = "application/problem+json"),
    ),
)]
pub(crate) async fn reconvene(
    State(api): State<Api>,
    Extension(caller): Extension<Caller>,
    headers: HeaderMap,
    json::Json(body, _place): json::Json<NewReconvening>,
) -> Result<(StatusCode, Json<ReconveningFileBody>), Problem> {
    let member = caller.member()?;
    no_key(&headers)?;
    let refused = |field: String, detail: String| Problem::new(StatusCode::UNPROCESSABLE_ENTITY, detail).field(field);
    let mut without = BTreeSet::new();
    for (place, key) in body.without.iter().enumerate() {
        let field = format!("without[{place}]");
        let key: PublicKey = key.parse().map_err(|error| refused(field.clone(), format!("{field}: {error}")))?;
        without.insert(key);
    }
    if without.is_empty() {
        return Err(refused("without".into(), "without: name at least one organisation that is left behind".into()));
    }
    let reconvened = api.handle.reconvene(member, &without).await?;
    Ok((StatusCode::CREATED, Json(reconvened.into())))
}
