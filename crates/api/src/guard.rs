//! Who may ask: by which name, from which page, with which token. And what every answer carries.
//!
//! A browser lends its user's network to every page that it shows. The exact list of names stops a page whose own name
//! was made to lead here; the checks on where a request comes from stop one that posts across; the token, which no
//! browser adds by itself, stops the rest.

use std::{collections::HashSet, sync::Arc};

use axum::{
    extract::{Request, State},
    http::{HeaderMap, HeaderName, HeaderValue, Method, StatusCode, header},
    middleware::Next,
    response::{IntoResponse, Response},
};
use knotwork_accounts::{AccountError, Scope, Session};
use knotwork_commands::{CommandError, Member, NodeHandle, Signer};
use knotwork_identity::sha256;
use subtle::ConstantTimeEq as _;

use crate::{ApiConfig, problem::Problem};

/// What requests are held against.
pub(crate) struct Guard {
    /// Lower case.
    hosts: HashSet<String>,
    /// A digest, so that a comparison takes the same time whatever is compared; none where no token was set.
    token: Option<[u8; 32]>,
}

impl Guard {
    /// The guard that these settings ask for.
    pub(crate) fn new(config: &ApiConfig) -> Self {
        let port = config.address.port();
        let mut hosts = HashSet::new();
        let mut admit = |name: &str| {
            hosts.insert(format!("{name}:{port}"));
            // The port that a browser leaves out.
            if port == 80 {
                hosts.insert(name.to_owned());
            }
        };
        ["127.0.0.1", "localhost", "[::1]"].into_iter().for_each(&mut admit);
        let address = config.address.ip();
        if !address.is_unspecified() {
            admit(&if address.is_ipv6() { format!("[{address}]") } else { address.to_string() });
        }
        for name in &config.hosts {
            let name = name.to_ascii_lowercase();
            if !has_port(&name) {
                hosts.insert(format!("{name}:{port}"));
            }
            hosts.insert(name);
        }
        let token = (!config.token.is_empty()).then(|| digest(config.token.as_bytes()));
        Self { hosts, token }
    }

    /// Checks by which name the node is addressed, and gives that name.
    fn check_host(&self, request: &Request) -> Result<String, Problem> {
        let mut lines = request.headers().get_all(header::HOST).iter();
        let (Some(line), None) = (lines.next(), lines.next()) else {
            return Err(Problem::malformed("a request must have one Host header").field("Host"));
        };
        let named = line.to_str().unwrap_or_default().to_ascii_lowercase();
        // A request to a proxy names its target a second time; both must be us.
        let target = request.uri().authority().map(|authority| authority.as_str().to_ascii_lowercase());
        if self.hosts.contains(&named) && target.is_none_or(|target| self.hosts.contains(&target)) {
            return Ok(named);
        }
        let detail = "this node is not reached by this name: use 127.0.0.1 or localhost with the node's port, or add \
                      the name to the list of hosts in the node's configuration";
        Err(Problem::new(StatusCode::MISDIRECTED_REQUEST, detail).field("Host"))
    }

    fn check_token(&self, headers: &HeaderMap) -> Result<(), Problem> {
        let mut lines = headers.get_all(header::AUTHORIZATION).iter();
        let (line, another) = (lines.next(), lines.next());
        let given = line.filter(|_| another.is_none()).and_then(|line| bearer(line.as_bytes()));
        let right = match (given, &self.token) {
            (Some(given), Some(token)) => digest(given).ct_eq(token).into(),
            _ => false,
        };
        if right {
            return Ok(());
        }
        let (detail, challenge) = match line {
            None => (
                "a token is needed: send the header `Authorization: Bearer TOKEN` with what the file api-token in the \
                 node's data directory holds",
                HeaderValue::from_static("Bearer realm=\"knotwork\""),
            ),
            Some(_) => (
                "this token is not the node's: the file api-token in the node's data directory holds it",
                HeaderValue::from_static("Bearer realm=\"knotwork\", error=\"invalid_token\""),
            ),
        };
        let problem = Problem::new(StatusCode::UNAUTHORIZED, detail).field("Authorization");
        Err(problem.header(header::WWW_AUTHENTICATE, challenge))
    }
}

/// Lets only requests through that address this node by one of its names and that no foreign page has made.
pub(crate) async fn check_origin(State(guard): State<Arc<Guard>>, request: Request, next: Next) -> Response {
    let checked = guard.check_host(&request).and_then(|host| {
        let safe = matches!(*request.method(), Method::GET | Method::HEAD);
        if safe { Ok(()) } else { check_page(&host, request.headers()) }
    });
    match checked {
        Ok(()) => next.run(request).await,
        Err(problem) => problem.into_response(),
    }
}

/// Lets only requests through that carry a token with which they may be asked: the operator's, a member's session's, or
/// a personal one. Whoever answers finds a [`Caller`] among the request's extensions.
pub(crate) async fn check_token(
    State((guard, handle)): State<(Arc<Guard>, NodeHandle)>,
    mut request: Request,
    next: Next,
) -> Response {
    // Whoever signs in has no token yet.
    if request.method() == Method::POST && request.uri().path() == SIGN_IN {
        return next.run(request).await;
    }
    let wanted = wanted_scope(&request);
    match caller(&guard, &handle, request.headers(), wanted) {
        Ok(caller) => {
            request.extensions_mut().insert(caller);
            next.run(request).await
        }
        Err(problem) => problem.into_response(),
    }
}

fn caller(guard: &Guard, handle: &NodeHandle, headers: &HeaderMap, wanted: Scope) -> Result<Caller, Problem> {
    let refused = match guard.check_token(headers) {
        Ok(()) => return Ok(Caller::Operator),
        Err(problem) => problem,
    };
    let mut lines = headers.get_all(header::AUTHORIZATION).iter();
    let (Some(line), None) = (lines.next(), lines.next()) else { return Err(refused) };
    let Some(text) = bearer(line.as_bytes()).and_then(|text| std::str::from_utf8(text).ok()) else {
        return Err(refused);
    };
    if let Some((member, scopes)) = handle.bearer(text)? {
        if !scopes.contains(&wanted) {
            let detail = format!("this token does not allow it: make one with the scope `{}`", wanted.word());
            return Err(Problem::new(StatusCode::FORBIDDEN, detail).field("Authorization"));
        }
        return Ok(Caller::Member(Arc::new(member)));
    }
    match handle.member(text)? {
        Some(member) if member.waiting => Err(CommandError::Account(AccountError::Waiting).into()),
        Some(member) => Ok(Caller::Member(Arc::new(member))),
        None => Err(refused),
    }
}

/// What a request needs its token to allow.
fn wanted_scope(request: &Request) -> Scope {
    match (request.method(), request.uri().path()) {
        (&Method::GET | &Method::HEAD, "/metrics") => Scope::Monitor,
        (&Method::GET | &Method::HEAD, _) => Scope::Read,
        _ => Scope::Write,
    }
}

/// Who asks.
#[derive(Clone)]
pub(crate) enum Caller {
    /// A machine with the operator's token.
    Operator,
    /// A member, or a program that the member has given a token.
    Member(Arc<Member>),
}

impl Caller {
    /// Signs what the caller writes.
    pub(crate) fn signer(&self) -> Signer {
        match self {
            Self::Operator => Signer::Service,
            Self::Member(member) => member.signer(),
        }
    }

    /// The member.
    ///
    /// # Errors
    /// When it is a machine.
    pub(crate) fn member(&self) -> Result<&Member, Problem> {
        match self {
            Self::Member(member) => Ok(member),
            Self::Operator => {
                let detail =
                    "this is about a member: sign in with POST /api/v1/session, and send the token that it gives";
                Err(Problem::new(StatusCode::FORBIDDEN, detail).field("Authorization"))
            }
        }
    }

    /// Whether it is whoever looks after the machine, and no member.
    ///
    /// # Errors
    /// When it is a member.
    pub(crate) fn check_operator(&self) -> Result<(), Problem> {
        match self {
            Self::Operator => Ok(()),
            Self::Member(_) => {
                let detail = "this is for whoever looks after the machine: send the token in the file api-token of the \
                              node's data directory";
                Err(Problem::new(StatusCode::FORBIDDEN, detail).field("Authorization"))
            }
        }
    }

    /// The session.
    ///
    /// # Errors
    /// When it is a machine, or a program with a personal token.
    pub(crate) fn session(&self) -> Result<&Session, Problem> {
        self.member()?.session.as_ref().ok_or_else(|| {
            let detail = "a personal token does not allow it: sign in with POST /api/v1/session, and send the token that \
                          it gives";
            Problem::new(StatusCode::FORBIDDEN, detail).field("Authorization")
        })
    }
}

/// Puts on every answer what keeps browsers from doing anything with it but show it to who asked.
pub(crate) async fn add_headers(request: Request, next: Next) -> Response {
    let mut response = next.run(request).await;
    let headers = response.headers_mut();
    // Pages say for themselves what a browser may do with them.
    if !headers.contains_key(header::CONTENT_SECURITY_POLICY) {
        for (name, value) in HEADERS {
            headers.insert(name.clone(), HeaderValue::from_static(value));
        }
    }
    response
}

/// A browser says which page a request comes from; other callers say nothing.
fn check_page(host: &str, headers: &HeaderMap) -> Result<(), Problem> {
    let refusal = |name: &'static str| {
        let detail = "a web page of another origin may not change anything here: call the API from the node's own \
                      pages or from a program";
        Err(Problem::new(StatusCode::FORBIDDEN, detail).field(name))
    };
    let own_site = |line: &HeaderValue| matches!(line.as_bytes(), b"same-origin" | b"none");
    if !headers.get_all(SEC_FETCH_SITE).iter().all(own_site) {
        return refusal("Sec-Fetch-Site");
    }
    let own_origin = |line: &HeaderValue| {
        let origin = line.to_str().unwrap_or_default().to_ascii_lowercase();
        origin.split_once("://").is_some_and(|(scheme, name)| matches!(scheme, "http" | "https") && name == host)
    };
    if !headers.get_all(header::ORIGIN).iter().all(own_origin) {
        return refusal("Origin");
    }
    Ok(())
}

/// The token of `Bearer TOKEN`; the scheme's case does not matter.
fn bearer(value: &[u8]) -> Option<&[u8]> {
    let (scheme, token) = value.split_at_checked(SCHEME.len())?;
    scheme.eq_ignore_ascii_case(SCHEME).then(|| token.trim_ascii())
}

/// Whether a host name ends in a port; the colons of `[::1]` are none.
fn has_port(name: &str) -> bool {
    let after_address = name.rsplit_once(']').map_or(name, |(_, after)| after);
    after_address.contains(':')
}

fn digest(token: &[u8]) -> [u8; 32] {
    sha256(&[b"knotwork/api-token/1", token])
}

/// Where members sign in.
const SIGN_IN: &str = "/api/v1/session";
const SCHEME: &[u8] = b"Bearer ";
const SEC_FETCH_SITE: HeaderName = HeaderName::from_static("sec-fetch-site");
const HEADERS: [(HeaderName, &str); 6] = [
    (
        header::CONTENT_SECURITY_POLICY,
        "default-src 'none'; frame-ancestors 'none'; base-uri 'none'; form-action 'none'",
    ),
    (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
    (header::X_FRAME_OPTIONS, "DENY"),
    (header::REFERRER_POLICY, "no-referrer"),
    (header::CACHE_CONTROL, "no-store"),
    (HeaderName::from_static("cross-origin-resource-policy"), "same-origin"),
];

#[cfg(test)]
mod tests {
    use super::*;

    fn guard(address: &str, hosts: &[&str]) -> Guard {
        Guard::new(&ApiConfig {
            token: "secret".into(),
            address: address.parse().expect("an address"),
            hosts: hosts.iter().map(|host| (*host).to_owned()).collect(),
            metrics_open: false,
        })
    }

    fn names(guard: &Guard) -> Vec<&str> {
        let mut names: Vec<&str> = guard.hosts.iter().map(String::as_str).collect();
        names.sort_unstable();
        names
    }

    #[test]
    fn a_node_is_reached_by_its_names_and_no_others() {
        assert_eq!(names(&guard("127.0.0.1:7000", &[])), ["127.0.0.1:7000", "[::1]:7000", "localhost:7000"]);
        let on_the_lan = guard("192.168.1.5:7000", &["Node.Example"]);
        assert!(on_the_lan.hosts.contains("192.168.1.5:7000"));
        assert!(on_the_lan.hosts.contains("node.example") && on_the_lan.hosts.contains("node.example:7000"));
        let everywhere = guard("[::]:80", &["node.example:8443", "[fd00::1]"]);
        assert!(everywhere.hosts.contains("localhost") && everywhere.hosts.contains("[::1]"));
        assert!(everywhere.hosts.contains("[fd00::1]:80") && !everywhere.hosts.contains("node.example:8443:80"));
        assert!(!everywhere.hosts.contains("[::]:80"));
    }

    #[test]
    fn only_the_token_is_the_token() {
        let guard = guard("127.0.0.1:7000", &[]);
        let ask = |lines: &[&'static str]| {
            let mut headers = HeaderMap::new();
            for line in lines {
                headers.append(header::AUTHORIZATION, HeaderValue::from_static(line));
            }
            guard.check_token(&headers).is_ok()
        };
        assert!(ask(&["Bearer secret"]) && ask(&["bearer  secret"]));
        for bad in
            [&[][..], &["Bearer secre"], &["Bearer secrets"], &["Bearer "], &["Bearer"], &["secret"], &["Basic secret"]]
        {
            assert!(!ask(bad), "{bad:?}");
        }
        assert!(!ask(&["Bearer secret", "Bearer secret"]), "two tokens are one too many");
    }

    #[test]
    fn without_a_token_nobody_is_let_in() {
        let mut config = ApiConfig {
            token: String::new(),
            address: ([127, 0, 0, 1], 7000).into(),
            hosts: Vec::new(),
            metrics_open: false,
        };
        let ask = |config: &ApiConfig, value: &'static str| {
            let headers = HeaderMap::from_iter([(header::AUTHORIZATION, HeaderValue::from_static(value))]);
            Guard::new(config).check_token(&headers).is_ok()
        };
        assert!(!ask(&config, "Bearer ") && !ask(&config, "Bearer x"));
        config.token = "x".into();
        assert!(ask(&config, "Bearer x"));
    }

    #[test]
    fn foreign_pages_are_told_by_what_their_browser_says() {
        let ask = |name: HeaderName, value: &'static str| {
            check_page("localhost:7000", &HeaderMap::from_iter([(name, HeaderValue::from_static(value))])).is_ok()
        };
        assert!(check_page("localhost:7000", &HeaderMap::new()).is_ok());
        assert!(ask(header::ORIGIN, "http://localhost:7000") && ask(header::ORIGIN, "https://LOCALHOST:7000"));
        assert!(ask(SEC_FETCH_SITE, "same-origin") && ask(SEC_FETCH_SITE, "none"));
        for bad in
            ["null", "", "http://localhost", "http://localhost:70000", "http://evil.example", "file://localhost:7000"]
        {
            assert!(!ask(header::ORIGIN, bad), "{bad}");
        }
        for bad in ["cross-site", "same-site", "", "Same-Origin, cross-site"] {
            assert!(!ask(SEC_FETCH_SITE, bad), "{bad}");
        }
    }
}
