//! Whose a request is: the organisation's whose node it is, or one's that it hosts. What the request carries tells: a token,
//! a cookie, or the text of a link.
//!
//! Each organisation is served by routes over a handle of its own, so that none of them has to ask whose members it serves.
//! The operator's token belongs to the node alone.

use std::{
    collections::BTreeMap,
    convert::Infallible,
    sync::{Arc, Mutex, PoisonError},
};

use axum::{
    Router,
    extract::Request,
    http::{HeaderMap, header},
    response::Response,
};
use knotwork_commands::NodeHandle;
use knotwork_identity::PublicKey;
use tower::{ServiceExt as _, service_fn};

use crate::{ApiConfig, routes};

/// The routes of a node, and of every organisation that it hosts, with `pages` for its handle. Whoever comes for one that has
/// departed gets to none of these: why is told by `departed` to people, and as a problem to programs.
pub fn with_hosted(
    own: Router,
    handle: NodeHandle,
    config: ApiConfig,
    pages: impl Fn(NodeHandle) -> Router + Send + Sync + 'static,
    departed: impl Fn(NodeHandle) -> Router + Send + Sync + 'static,
) -> Router {
    // The operator's token is the node's alone.
    let config = ApiConfig { token: String::new(), ..config };
    let (pages, departed) = (Box::new(pages), Box::new(departed));
    let households = Arc::new(Served { own, handle, config, pages, departed, made: Mutex::default() });
    Router::new().fallback_service(service_fn(move |request: Request| answer(households.clone(), request)))
}

struct Served {
    own: Router,
    handle: NodeHandle,
    config: ApiConfig,
    pages: Box<dyn Fn(NodeHandle) -> Router + Send + Sync>,
    departed: Box<dyn Fn(NodeHandle) -> Router + Send + Sync>,
    /// Made when the first request comes for one.
    made: Mutex<BTreeMap<PublicKey, Router>>,
}

async fn answer(served: Arc<Served>, request: Request) -> Result<Response, Infallible> {
    served.router_for(&request).oneshot(request).await
}

impl Served {
    fn router_for(&self, request: &Request) -> Router {
        for token in tokens(request.uri().path(), request.headers()) {
            match self.handle.hosted_of_token(&token) {
                Ok(Some(handle)) if handle.departed().is_some() => {
                    let pages = (self.departed)(handle.clone());
                    return routes::departed(handle, &self.config, pages);
                }
                Ok(Some(handle)) => return self.router_of(handle),
                Ok(None) => {}
                Err(error) => tracing::error!(%error, "whose a request is cannot be looked up"),
            }
        }
        self.own.clone()
    }

    fn router_of(&self, handle: NodeHandle) -> Router {
        let mut made = self.made.lock().unwrap_or_else(PoisonError::into_inner);
        let make = || {
            let pages = (self.pages)(handle.clone());
            routes::router(handle.clone(), &self.config, Vec::new, Some(pages))
        };
        made.entry(handle.organisation_key()).or_insert_with(make).clone()
    }
}

/// What may tell whose a request is, the most telling first.
fn tokens(path: &str, headers: &HeaderMap) -> Vec<String> {
    let link = LINKS.iter().find_map(|link| path.strip_prefix(link)).filter(|text| !text.contains('/'));
    let bearers = headers.get_all(header::AUTHORIZATION).iter().filter_map(|line| line.to_str().ok());
    let bearers = bearers.filter_map(|line| line.split_once(' ')).map(|(_, token)| token.trim());
    let cookies = headers.get_all(header::COOKIE).iter().filter_map(|line| line.to_str().ok());
    let cookies = cookies.flat_map(|line| line.split(';')).filter_map(|cookie| cookie.split_once('='));
    let sessions = cookies.filter(|(name, _)| name.trim().starts_with(SESSION)).map(|(_, value)| value.trim());
    let all = link.into_iter().chain(bearers).chain(sessions);
    all.filter(|token| !token.is_empty()).take(TOKENS_MAX).map(str::to_owned).collect()
}

/// The pages whose paths end in the text of a link.
const LINKS: [&str; 3] = ["/join/", "/set-up/", "/reset/"];
/// How the names of cookies begin that hold a session's token. Several nodes may run on one machine, so there can be some.
const SESSION: &str = "knotwork-session-";
/// The most texts of a request that are looked at.
const TOKENS_MAX: usize = 16;

#[cfg(test)]
mod tests {
    use axum::http::HeaderValue;

    use super::*;

    #[test]
    fn a_request_tells_whose_it_is_by_its_link_its_token_and_its_cookies() {
        let mut headers = HeaderMap::new();
        headers.append(header::AUTHORIZATION, HeaderValue::from_static("Bearer  abc"));
        headers
            .append(header::COOKIE, HeaderValue::from_static("a=1; knotwork-session-x=def;knotwork-session-y=ghi;="));
        assert_eq!(tokens("/join/link", &headers), ["link", "abc", "def", "ghi"]);
        assert_eq!(tokens("/join/link/further", &headers), ["abc", "def", "ghi"]);
        assert!(tokens("/library", &HeaderMap::new()).is_empty());
        let many = "knotwork-session-x=a; ".repeat(TOKENS_MAX + 5);
        let headers = HeaderMap::from_iter([(header::COOKIE, HeaderValue::from_str(&many).expect("visible"))]);
        assert_eq!(tokens("/", &headers).len(), TOKENS_MAX);
    }
}
