//! The routes, in one table, and what stands around them.

use axum::{
    Router,
    extract::Request,
    http::{HeaderName, HeaderValue, header},
    middleware::{Next, from_fn, from_fn_with_state},
    response::Response,
    routing::{get, post},
};
use knotwork_commands::NodeHandle;

use crate::{
    admissions, agreement, assets, charter, charter_form, connected, decision, decision_form, decisions, departed,
    errors, help, history, join, leaving, library, minutes, needs, notices, organisations, parting, people,
    position_form, profile, proof, reconvening, remarks, reminders, reset, resource, resource_form, role_requests,
    roles, settings, sign_in, stage_form, stand_in, standing, start, state::Pages, tasks, temperature,
    temperature_form, terms_form, voice, watch,
};

/// The pages over a node, ready to be served; `secure` where browsers reach it by TLS alone.
pub fn router(handle: NodeHandle, secure: bool) -> Router {
    let pages = Pages::new(handle, secure);
    Router::new()
        .route("/", get(start::show))
        .route("/sign-in", get(sign_in::show).post(sign_in::sign_in))
        .route("/sign-out", post(sign_in::sign_out))
        .route("/language", post(start::choose_language))
        .route("/set-up", get(join::show_set_up))
        .route("/set-up/{token}", get(join::show_set_up_form).post(join::set_up))
        .route("/join/{text}", get(join::show_join).post(join::join))
        .route("/reset/{text}", get(reset::show).post(reset::reset))
        .route("/waiting", get(join::show_waiting))
        .route("/agreement", get(agreement::show).post(agreement::accept))
        .route("/agreement/text", get(agreement::show_text))
        .route("/needs", get(needs::show))
        .route("/library", get(library::show))
        .route("/library/add", get(resource_form::show_add).post(resource_form::add))
        .route("/library/drafts", get(resource_form::show_drafts))
        .route("/library/{id}", get(resource::show))
        .route("/library/{id}/edit", get(resource_form::show_edit).post(resource_form::edit))
        .route("/library/{id}/settle", post(resource::settle))
        .route("/library/{id}/remarks", post(resource::say))
        .route("/library/{id}/remarks/withdraw", post(resource::withdraw))
        .route("/library/{id}/history", get(history::show))
        .route("/library/{id}/restore", post(history::restore))
        .route("/library/{id}/watch", get(watch::resource))
        .route("/people", get(people::show))
        .route("/people/{person}", get(people::show_person))
        .route("/people/{person}/ask", get(role_requests::show_ask).post(role_requests::send))
        .route("/role-requests/{id}", get(role_requests::show))
        .route("/role-requests/{id}/decline", post(role_requests::decline))
        .route("/role-requests/{id}/withdraw", post(role_requests::withdraw))
        .route("/roles", get(roles::show))
        .route("/roles/take-on", get(roles::show_take_on).post(roles::take_on))
        .route("/roles/{id}", get(roles::show_own).post(roles::change))
        .route("/roles/{id}/lay-down", post(roles::lay_down))
        .route("/organisations/{key}", get(organisations::show))
        .route("/organisations/{key}/part", get(parting::show_part).post(parting::part))
        .route("/organisations/{key}/let-rest", get(parting::show_let_rest).post(parting::let_rest))
        .route("/decisions", get(decisions::show))
        .route("/decisions/new", get(decision_form::show).post(decision_form::open))
        .route("/decisions/{id}", get(decision::show))
        .route("/decisions/{id}/versions", get(decision::show_versions))
        .route("/decisions/{id}/position", get(position_form::show).post(position_form::take))
        .route("/decisions/{id}/change", get(terms_form::show).post(terms_form::change))
        .route("/decisions/{id}/proof", get(proof::download))
        .route("/decisions/{id}/tasks", post(tasks::take_on))
        .route("/decisions/{id}/tasks/settle", post(tasks::settle))
        .route("/decisions/{id}/remarks", post(remarks::say))
        .route("/decisions/{id}/remarks/withdraw", post(remarks::withdraw))
        .route("/temperature", get(temperature::show))
        .route("/temperature/new", get(temperature_form::show).post(temperature_form::begin))
        .route("/temperature/{id}", get(temperature::show_one))
        .route("/temperature/{id}/answer", post(temperature::answer))
        .route("/charter", get(charter::show))
        .route("/charter/versions", get(charter::show_versions))
        .route("/charter/change", get(charter_form::show).post(charter_form::propose))
        .route("/charter/stage", get(stage_form::show).post(stage_form::propose))
        .route("/charter/accept", post(charter::accept))
        .route("/charter/renew", post(charter::renew))
        .route("/voice", get(voice::show))
        .route("/voice/give", post(voice::give))
        .route("/voice/take-back", post(voice::take_back))
        .route("/voice/answer", post(voice::reply))
        .route("/voice/speak", post(voice::speak))
        .route("/stand-in", get(stand_in::show).post(stand_in::ask))
        .route("/stand-in/answer", post(stand_in::reply))
        .route("/minutes", get(minutes::show))
        .route("/minutes/reconvene", get(reconvening::show).post(reconvening::download))
        .route("/minutes/{height}", get(minutes::show_one))
        .route("/admissions", get(admissions::show))
        .route("/admissions/invite", post(admissions::invite))
        .route("/admissions/take-back", post(admissions::take_back))
        .route("/admissions/receive", post(admissions::receive))
        .route("/admissions/{key}/decide", post(admissions::decide))
        .route("/organisation/rest", get(standing::show_rest).post(standing::rest))
        .route("/organisation/leave", get(standing::show_leave).post(standing::leave))
        .route("/organisation/edit", get(organisations::show_edit).post(organisations::edit))
        .route("/people/{person}/reset-link", post(reset::make_link))
        .route("/people/{person}/left", get(leaving::show).post(leaving::close))
        .route("/people/{person}/erase", post(leaving::erase_profile))
        .route("/profile", get(profile::show))
        .route("/profile/edit", get(profile::show_edit).post(profile::edit))
        .route("/connected", get(connected::show))
        .route("/settings", get(settings::show))
        .route("/settings/session", post(settings::end_session))
        .route("/settings/other-sessions", post(settings::end_other_sessions))
        .route("/settings/passphrase", get(settings::show_passphrase).post(settings::change_passphrase))
        .route("/settings/tokens", get(settings::show_tokens).post(settings::make_token))
        .route("/settings/token", post(settings::revoke_token))
        .route("/settings/invitations", get(settings::show_invitations).post(settings::invite))
        .route("/settings/invitation", post(settings::withdraw_invitation))
        .route("/settings/colleagues", get(settings::show_colleagues).post(settings::change_colleague))
        .route("/settings/notices", get(notices::show).post(notices::choose))
        .route("/settings/close", get(leaving::show_own).post(leaving::close_own))
        .route("/help", get(help::show))
        .route("/assets/{name}", get(assets::get))
        .fallback(errors::not_found)
        .method_not_allowed_fallback(errors::wrong_method)
        .layer(from_fn_with_state(pages.clone(), reminders::note))
        .layer(from_fn(add_headers))
        .with_state(pages)
}

/// What members see whose organisation does not use this node any more: why, and a way to sign out.
pub fn for_departed(handle: NodeHandle, secure: bool) -> Router {
    Router::new()
        .route("/sign-out", post(sign_in::sign_out))
        .route("/language", post(start::choose_language))
        .route("/assets/{name}", get(assets::get))
        .fallback(departed::show)
        .layer(from_fn(add_headers))
        .with_state(Pages::new(handle, secure))
}

/// Puts on every page what keeps a browser from doing anything with it but show it.
async fn add_headers(request: Request, next: Next) -> Response {
    let mut response = next.run(request).await;
    let headers = response.headers_mut();
    for (name, value) in HEADERS {
        headers.insert(name, HeaderValue::from_static(value));
    }
    if !headers.contains_key(header::CACHE_CONTROL) {
        headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    }
    response
}

const HEADERS: [(HeaderName, &str); 5] = [
    (
        header::CONTENT_SECURITY_POLICY,
        "default-src 'none'; style-src 'self'; script-src 'self'; img-src 'self'; connect-src 'self'; form-action 'self'; \
         frame-ancestors 'none'; base-uri 'none'",
    ),
    (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
    (header::X_FRAME_OPTIONS, "DENY"),
    // Nothing is told to other places; without any referrer a browser would not say either where its own forms come from.
    (header::REFERRER_POLICY, "same-origin"),
    (HeaderName::from_static("cross-origin-opener-policy"), "same-origin"),
];
