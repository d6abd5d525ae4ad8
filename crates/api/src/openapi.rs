//! The description of the API (OpenAPI 3.1), made from the code.

use std::sync::LazyLock;

use axum::{http::header, response::IntoResponse};
use utoipa::{
    Modify, OpenApi,
    openapi::{
        ContentBuilder, Ref, RefOr, ResponseBuilder, Schema, Type,
        path::{Operation, Parameter},
        schema::SchemaType,
        security::{HttpAuthScheme, HttpBuilder, SecurityScheme},
    },
};

use crate::{problem::PROBLEM_JSON, routes};

/// The description of the API as indented JSON, with a line feed at its end; the same code gives the same text.
#[must_use]
pub fn openapi() -> String {
    TEXT.clone()
}

/// This description
///
/// OpenAPI 3.1. Needs no token.
#[utoipa::path(
    get,
    path = "/api/v1/openapi.json",
    tag = "node",
    operation_id = "get_openapi",
    security(()),
    responses((status = 200, description = "The description", body = serde_json::Value)),
)]
pub(crate) async fn get_openapi() -> impl IntoResponse {
    ([(header::CONTENT_TYPE, "application/json")], TEXT.as_str())
}

/// What the description says beside the routes.
#[derive(OpenApi)]
#[openapi(
    info(
        title = "Knotwork",
        description = "The API of a Knotwork node: one organisation's daemon in a network of organisations that keep a \
                       shared library in step. The node listens on its own machine unless its operator decides \
                       otherwise. Send a token as `Authorization: Bearer TOKEN`: a member's session's, which \
                       POST /api/v1/session gives; a personal one, which a member makes on the settings page or with POST /api/v1/tokens; or, for \
                       the machine itself, the one in the file `api-token` of the node's data directory. Every refusal is a problem (RFC 9457).",
        license(name = "MIT OR Apache-2.0", identifier = "MIT OR Apache-2.0"),
    ),
    tags(
        (name = "resources", description = "The entries of the shared library"),
        (name = "library", description = "The whole library, in and out"),
        (name = "events", description = "What changes, as it happens"),
        (name = "members", description = "People: sessions, personal tokens, profiles, invitations"),
        (name = "organisations", description = "Who is in the network, and what each says of itself"),
        (name = "roles", description = "Who does what for the network for a time, and who asks whom"),
        (name = "decisions", description = "What is asked of whom, who says what, and what came of it"),
        (name = "temperature", description = "How people feel about something before it is decided: unnamed, and binding nobody"),
        (name = "minutes", description = "What binds everyone, signed by more than two thirds of the signing organisations"),
        (name = "charter", description = "What the network is for and how it works"),
        (name = "mandates", description = "Who speaks for an organisation in decisions"),
        (name = "delegations", description = "Who stands in for a colleague who is away"),
        (name = "admissions", description = "How organisations come into the network"),
        (name = "hosted", description = "Organisations whose members use this node, for whoever looks after it"),
        (name = "node", description = "The node itself"),
    ),
    components(schemas(
        crate::problem::Problem,
        crate::import::ImportProgress,
        crate::import::ImportFailure,
    )),
    security(("token" = [])),
    modifiers(&Token),
)]
pub(crate) struct Description;

/// The token as a way to show who one is.
struct Token;

impl Modify for Token {
    fn modify(&self, description: &mut utoipa::openapi::OpenApi) {
        let scheme = HttpBuilder::new()
            .scheme(HttpAuthScheme::Bearer)
            .description(Some("The operator's token, from the file `api-token` in the node's data directory"))
            .build();
        description.components.get_or_insert_default().add_security_scheme("token", SecurityScheme::Http(scheme));
    }
}

static TEXT: LazyLock<String> = LazyLock::new(|| {
    let mut description = routes::described();
    for item in description.paths.paths.values_mut() {
        let operations = [&mut item.get, &mut item.post, &mut item.patch, &mut item.put, &mut item.delete];
        for operation in operations.into_iter().flatten() {
            add_refusals(operation);
            operation.parameters.iter_mut().flatten().for_each(never_null);
        }
    }
    // The description is made of text alone, which always has a JSON form.
    let mut text = description.to_pretty_json().unwrap_or_default();
    text.push('\n');
    text
});

/// What every route may answer: it is refused, or something fails.
fn add_refusals(operation: &mut Operation) {
    let needs_token = operation.security.is_none();
    let token = needs_token.then_some(("401", "The token is missing or wrong"));
    let refusals = [
        token,
        Some(("403", "A page of another origin asks for a change")),
        Some(("421", "The node is not reached by this name")),
        Some(("default", "Any other refusal")),
    ];
    for (status, description) in refusals.into_iter().flatten() {
        let content = ContentBuilder::new().schema(Some(Ref::from_schema_name("Problem"))).build();
        let response = ResponseBuilder::new().description(description).content(PROBLEM_JSON, content).build();
        operation.responses.responses.entry(status.to_owned()).or_insert(RefOr::T(response));
    }
}

/// A parameter that may be left out has no form for null: an address and a header carry text alone.
fn never_null(parameter: &mut RefOr<Parameter>) {
    if let RefOr::T(Parameter { schema: Some(RefOr::T(Schema::Object(object))), .. }) = parameter
        && let SchemaType::Array(types) = &object.schema_type
        && let [one] = types.iter().filter(|one| **one != Type::Null).collect::<Vec<_>>()[..]
    {
        object.schema_type = SchemaType::Type(one.clone());
    }
}
