//! What every page has at hand.

use std::sync::Arc;

use axum::http::HeaderValue;
use cookie::{Cookie, SameSite};
use knotwork_commands::NodeHandle;
use tokio::sync::Semaphore;

use crate::{limits, once::Once};

/// The state behind all pages. Cheap to clone.
#[derive(Clone)]
pub(crate) struct Pages {
    /// The node.
    pub(crate) handle: NodeHandle,
    /// The names of cookies end in something of the node: several nodes may run on one machine, and a browser sends the
    /// cookies of one port to all.
    pub(crate) session_cookie: Arc<str>,
    /// Names the cookie of those who are not signed in.
    pub(crate) visitor_cookie: Arc<str>,
    /// Places for streams of events.
    pub(crate) streams: Arc<Semaphore>,
    /// What was shown once, for forms that are sent twice.
    pub(crate) once: Once,
    secure: bool,
}

impl Pages {
    /// Over a node; `secure` where browsers reach it by TLS alone.
    pub(crate) fn new(handle: NodeHandle, secure: bool) -> Self {
        let node = handle.node_key().to_string();
        let name = &node[node.len().saturating_sub(COOKIE_NAME_CHARS)..];
        Self {
            session_cookie: format!("knotwork-session-{name}").into(),
            visitor_cookie: format!("knotwork-visitor-{name}").into(),
            streams: Arc::new(Semaphore::new(limits::STREAMS_MAX)),
            once: Once::default(),
            handle,
            secure,
        }
    }

    /// A cookie that scripts cannot read.
    pub(crate) fn cookie(&self, name: &str, value: &str, seconds: Option<i64>) -> Option<HeaderValue> {
        let mut cookie = Cookie::new(name, value);
        cookie.set_http_only(true);
        cookie.set_same_site(SameSite::Strict);
        cookie.set_path("/");
        cookie.set_secure(self.secure);
        let mut text = cookie.to_string();
        if let Some(seconds) = seconds {
            text.push_str(&format!("; Max-Age={seconds}"));
        }
        HeaderValue::try_from(text).ok()
    }
}

const COOKIE_NAME_CHARS: usize = 8;
