//! Visits: one request to a page, with who makes it and in what language.

use std::sync::Arc;

use axum::{
    extract::{FromRequest, FromRequestParts, Request},
    http::{HeaderMap, HeaderValue, StatusCode, header, request},
    response::{Html, IntoResponse, Redirect, Response},
};
use cookie::Cookie;
use fluent_bundle::FluentValue;
use knotwork_commands::{CommandError, Member, NodeHandle, Reminder, Signer};
use knotwork_identity::{Nonce, sha256, to_text};
use maud::Markup;
use subtle::ConstantTimeEq as _;

use crate::{form, form::Fields, layout, limits, reminders, state::Pages, texts, texts::Language};

/// One request to a page.
pub(crate) struct Visit {
    pub(crate) pages: Pages,
    pub(crate) language: Language,
    /// Who is signed in.
    pub(crate) member: Option<Arc<Member>>,
    /// The token of the session, or what a visitor without one is known by.
    secret: String,
    /// Whether the browser does not have it yet.
    fresh: bool,
    /// Path and query.
    pub(crate) path: String,
    /// The fields of the query.
    pub(crate) query: Fields,
    /// The name by which the node was addressed.
    pub(crate) host: String,
    /// What the browser calls itself.
    pub(crate) browser: String,
    /// What the member is to be told above the page.
    reminders: Vec<Reminder>,
}

impl Visit {
    /// The node.
    pub(crate) fn handle(&self) -> &NodeHandle {
        &self.pages.handle
    }

    /// A text in the reader's language.
    pub(crate) fn text(&self, name: &str) -> String {
        texts::text(self.language, name)
    }

    /// A text with values in their places.
    pub(crate) fn text_with(&self, name: &str, values: &[(&str, FluentValue<'_>)]) -> String {
        texts::text_with(self.language, name, values)
    }

    /// A page with a heading that is its title.
    pub(crate) fn page(&self, title: &str, content: Markup) -> Response {
        self.answer(StatusCode::OK, layout::Page { title, content, faulty: false, back: None })
    }

    /// A page, as it is described.
    pub(crate) fn answer(&self, status: StatusCode, page: layout::Page<'_>) -> Response {
        // A page that says what did not work says that alone.
        let said = if status.is_success() { &self.reminders[..] } else { &[] };
        let frame = layout::frame(self, page, &reminders::notice(self, said));
        let mut response = (status, Html(frame.into_string())).into_response();
        if !said.is_empty() {
            response.extensions_mut().insert(reminders::Said(said.to_vec()));
        }
        // A form on the page needs something that only this browser has.
        if self.fresh
            && let Some(cookie) = self.pages.cookie(&self.pages.visitor_cookie, &self.secret, None)
        {
            response.headers_mut().append(header::SET_COOKIE, cookie);
        }
        response
    }

    /// What goes into every form, and comes back with it.
    pub(crate) fn form_token(&self) -> String {
        form_token(&self.secret)
    }

    /// Whether a form was made for this visitor by this node.
    pub(crate) fn is_own_form(&self, fields: &Fields) -> bool {
        !self.fresh && bool::from(self.form_token().as_bytes().ct_eq(fields.get(TOKEN_FIELD).as_bytes()))
    }

    /// A cookie that signs in.
    pub(crate) fn session_cookie(&self, token: &str) -> Option<HeaderValue> {
        self.pages.cookie(&self.pages.session_cookie, token, None)
    }

    /// A cookie that signs out.
    pub(crate) fn no_session_cookie(&self) -> Option<HeaderValue> {
        self.pages.cookie(&self.pages.session_cookie, "", Some(0))
    }

    /// A cookie that keeps a choice of language for a year.
    pub(crate) fn language_cookie(&self, language: Language) -> Option<HeaderValue> {
        self.pages.cookie(LANGUAGE_COOKIE, language.tag(), Some(YEAR_SECONDS))
    }

    /// An answer to something that the node could not do.
    pub(crate) fn failure(&self, error: &CommandError) -> Response {
        crate::errors::failure(self, error)
    }

    /// Asks the node something that it answers from its store, away from the threads that serve others.
    ///
    /// # Errors
    /// When the node cannot answer.
    ///
    /// # Panics
    /// As `question` does.
    pub(crate) async fn read<T: Send + 'static>(
        &self,
        question: impl FnOnce(&NodeHandle) -> Result<T, CommandError> + Send + 'static,
    ) -> Result<T, CommandError> {
        let handle = self.pages.handle.clone();
        match tokio::task::spawn_blocking(move || question(&handle)).await {
            Ok(answer) => answer,
            Err(error) => match error.try_into_panic() {
                Ok(panic) => std::panic::resume_unwind(panic),
                Err(_) => Err(CommandError::Stopping),
            },
        }
    }
}

impl FromRequestParts<Pages> for Visit {
    type Rejection = std::convert::Infallible;

    async fn from_request_parts(parts: &mut request::Parts, pages: &Pages) -> Result<Self, Self::Rejection> {
        let mut cookies = cookies(&parts.headers);
        let session = cookies.take(&pages.session_cookie);
        let member = match &session {
            Some(token) => pages.handle.member(token).unwrap_or_else(|error| {
                tracing::error!(%error, "a session cannot be looked up");
                None
            }),
            None => None,
        };
        let known = match &member {
            Some(_) => session,
            None => cookies.take(&pages.visitor_cookie).filter(|secret| secret.len() >= SECRET_LEN_MIN),
        };
        let fresh = known.is_none();
        let secret = known.unwrap_or_else(|| pages.handle.random_text());
        let header = |name: header::HeaderName| {
            parts.headers.get(name).and_then(|value| value.to_str().ok()).unwrap_or_default().to_owned()
        };
        let chosen = cookies.take(LANGUAGE_COOKIE).and_then(|tag| Language::from_tag(&tag));
        let language = chosen.or_else(|| Language::accepted(&header(header::ACCEPT_LANGUAGE))).unwrap_or_default();
        Ok(Self {
            pages: pages.clone(),
            language,
            member: member.map(Arc::new),
            secret,
            fresh,
            path: parts.uri.path_and_query().map_or_else(|| "/".to_owned(), ToString::to_string),
            query: Fields::parse(parts.uri.query().unwrap_or_default().as_bytes()),
            host: header(header::HOST),
            browser: header(header::USER_AGENT),
            reminders: Vec::new(),
        })
    }
}

/// A visit by a member who is signed in and may use the pages. Others are led to where they can sign in.
pub(crate) struct MemberVisit {
    pub(crate) visit: Visit,
    pub(crate) member: Arc<Member>,
}

impl MemberVisit {
    /// Signs for the member.
    pub(crate) fn signer(&self) -> Signer {
        self.member.signer()
    }

    /// What a form of the member makes is made with this: one form makes one thing, however often it is sent.
    pub(crate) fn form_nonce(&self, key: &str) -> Nonce {
        if key.is_empty() {
            return self.handle().fresh_nonce();
        }
        let digest = sha256(&[b"knotwork/form-key/1", &self.member.person.0, key.as_bytes()]);
        let mut nonce = [0; 16];
        nonce.copy_from_slice(&digest[..16]);
        Nonce(nonce)
    }

    /// The same answers as of a form that nobody has sent yet.
    pub(crate) fn with_fresh_key(&self, mut fields: Fields) -> Fields {
        fields.set("key", self.handle().random_text());
        fields
    }
}

impl std::ops::Deref for MemberVisit {
    type Target = Visit;

    fn deref(&self) -> &Visit {
        &self.visit
    }
}

impl FromRequestParts<Pages> for MemberVisit {
    type Rejection = Response;

    async fn from_request_parts(parts: &mut request::Parts, pages: &Pages) -> Result<Self, Response> {
        let Ok(mut visit) = Visit::from_request_parts(parts, pages).await;
        let Some(member) = visit.member.clone() else {
            let next: String = form_urlencoded::byte_serialize(visit.path.as_bytes()).collect();
            // What was sent with a form is not kept: the reader is told when signed in again.
            let target = if parts.method == axum::http::Method::GET {
                format!("/sign-in?next={next}")
            } else {
                "/sign-in?ended=1".into()
            };
            return Err(Redirect::to(&target).into_response());
        };
        if member.waiting {
            return Err(Redirect::to("/waiting").into_response());
        }
        if !member.agreed {
            return Err(Redirect::to("/agreement").into_response());
        }
        visit.reminders = reminders::due(&visit, parts).await;
        Ok(Self { visit, member })
    }
}

/// A form that was sent by whoever this node gave it to.
pub(crate) struct Posted {
    pub(crate) visit: Visit,
    pub(crate) fields: Fields,
}

impl FromRequest<Pages> for Posted {
    type Rejection = Response;

    async fn from_request(request: Request, pages: &Pages) -> Result<Self, Response> {
        let (mut parts, body) = request.into_parts();
        let Ok(visit) = Visit::from_request_parts(&mut parts, pages).await;
        let bytes_max = if visit.member.is_some() { limits::FORM_BYTES_MAX } else { limits::SHORT_FORM_BYTES_MAX };
        let fields =
            form::read(&parts.headers, body, bytes_max).await.map_err(|fault| crate::errors::unread(&visit, fault))?;
        if !visit.is_own_form(&fields) {
            return Err(crate::errors::foreign_form(&visit));
        }
        Ok(Self { visit, fields })
    }
}

/// A form that was sent by a member who is signed in.
pub(crate) struct MemberPosted {
    pub(crate) visit: MemberVisit,
    pub(crate) fields: Fields,
}

impl FromRequest<Pages> for MemberPosted {
    type Rejection = Response;

    async fn from_request(request: Request, pages: &Pages) -> Result<Self, Response> {
        let (mut parts, body) = request.into_parts();
        let visit = MemberVisit::from_request_parts(&mut parts, pages).await?;
        let fields = form::read(&parts.headers, body, limits::FORM_BYTES_MAX)
            .await
            .map_err(|fault| crate::errors::unread(&visit, fault))?;
        if !visit.is_own_form(&fields) {
            return Err(crate::errors::foreign_form(&visit));
        }
        Ok(Self { visit, fields })
    }
}

/// Where to go after signing in: a page of this node, whatever was asked for.
pub(crate) fn local_path(wanted: &str) -> &str {
    let local = wanted.starts_with('/')
        && !wanted.starts_with("//")
        && !wanted.contains('\\')
        && !wanted.chars().any(char::is_control);
    if local { wanted } else { "/" }
}

struct Cookies(Vec<(String, String)>);

impl Cookies {
    fn take(&mut self, name: &str) -> Option<String> {
        let at = self.0.iter().position(|(known, _)| known == name)?;
        Some(self.0.swap_remove(at).1)
    }
}

fn cookies(headers: &HeaderMap) -> Cookies {
    let lines = headers.get_all(header::COOKIE).iter().filter_map(|line| line.to_str().ok());
    let each = lines.flat_map(Cookie::split_parse).filter_map(Result::ok).take(COOKIES_MAX);
    Cookies(each.map(|cookie| (cookie.name().to_owned(), cookie.value().to_owned())).collect())
}

fn form_token(secret: &str) -> String {
    to_text(&sha256(&[b"knotwork/form/1", secret.as_bytes()]))
}

/// The field of every form that says that it is the node's own.
pub(crate) const TOKEN_FIELD: &str = "form-token";
const LANGUAGE_COOKIE: &str = "knotwork-language";
const YEAR_SECONDS: i64 = 365 * 24 * 60 * 60;
const COOKIES_MAX: usize = 100;
const SECRET_LEN_MIN: usize = 32;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn after_signing_in_nobody_is_led_away() {
        for good in ["/", "/library?words=a%20b", "/people/b"] {
            assert_eq!(local_path(good), good);
        }
        for bad in ["", "//evil.example", "https://evil.example", "/\\evil.example", "/a\nb", "evil", "javascript:x"] {
            assert_eq!(local_path(bad), "/", "{bad}");
        }
    }

    #[test]
    fn cookies_of_other_places_do_no_harm() {
        let headers =
            HeaderMap::from_iter([(header::COOKIE, HeaderValue::from_static("a=1; =; b; c=\"x\"; ;;; a=2; d=%zz"))]);
        let mut cookies = cookies(&headers);
        assert_eq!(cookies.take("a").as_deref(), Some("1"));
        assert_eq!(cookies.take("nothing"), None);
    }
}
