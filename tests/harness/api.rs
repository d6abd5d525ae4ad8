//! The API of one node, as a program on the same machine uses it.

use std::{collections::BTreeMap, net::SocketAddr, time::Duration};

use serde_json::Value;
use ureq::{Agent, Body, RequestBuilder, http::Response};

/// Asks one node with its token. Cheap to clone; clones share connections.
#[derive(Debug, Clone)]
pub(crate) struct Api {
    agent: Agent,
    pub(crate) address: SocketAddr,
    pub(crate) token: String,
}

/// What came back.
#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) status: u16,
    headers: Vec<(String, String)>,
    pub(crate) body: Vec<u8>,
    asked: String,
}

impl Api {
    pub(crate) fn new(address: SocketAddr, token: String) -> Self {
        let config = Agent::config_builder().http_status_as_error(false).proxy(None).timeout_global(Some(ANSWER_MAX));
        Self { agent: config.build().into(), address, token }
    }

    /// A GET that must be answered.
    pub(crate) fn get(&self, path: &str) -> Answer {
        self.try_get(path).unwrap_or_else(|error| panic!("GET {path}: {error}"))
    }

    /// A GET; fails where the node does not answer.
    pub(crate) fn try_get(&self, path: &str) -> Result<Answer, ureq::Error> {
        let request = self.with_token(self.agent.get(self.url(path)));
        answer(format!("GET {path}"), request.call()?)
    }

    /// A GET with more headers, which must be answered.
    pub(crate) fn get_with(&self, path: &str, headers: &[(&str, &str)]) -> Answer {
        let request = with(self.with_token(self.agent.get(self.url(path))), headers);
        request.call().and_then(|got| answer(format!("GET {path}"), got)).unwrap_or_else(|e| panic!("GET {path}: {e}"))
    }

    /// A POST of JSON that must be answered.
    pub(crate) fn post(&self, path: &str, body: &Value) -> Answer {
        self.try_post(path, body).unwrap_or_else(|error| panic!("POST {path}: {error}"))
    }

    /// A POST of JSON; fails where the node does not answer.
    pub(crate) fn try_post(&self, path: &str, body: &Value) -> Result<Answer, ureq::Error> {
        let request = self.with_token(self.agent.post(self.url(path)));
        answer(format!("POST {path}"), request.send_json(body)?)
    }

    /// A POST of JSON with more headers; fails where the node does not answer.
    pub(crate) fn try_post_with(
        &self,
        path: &str,
        headers: &[(&str, &str)],
        body: &Value,
    ) -> Result<Answer, ureq::Error> {
        let request = with(self.with_token(self.agent.post(self.url(path))), headers);
        answer(format!("POST {path}"), request.send_json(body)?)
    }

    /// A PATCH of JSON; fails where the node does not answer.
    pub(crate) fn try_patch(&self, path: &str, body: &Value) -> Result<Answer, ureq::Error> {
        let request = self.with_token(self.agent.patch(self.url(path)));
        answer(format!("PATCH {path}"), request.send_json(body)?)
    }

    /// A PATCH of JSON with more headers, which must be answered.
    pub(crate) fn patch_with(&self, path: &str, headers: &[(&str, &str)], body: &Value) -> Answer {
        let request = with(self.with_token(self.agent.patch(self.url(path))), headers);
        let got = request.send_json(body).and_then(|got| answer(format!("PATCH {path}"), got));
        got.unwrap_or_else(|error| panic!("PATCH {path}: {error}"))
    }

    /// A PATCH of JSON that must be answered.
    pub(crate) fn patch(&self, path: &str, body: &Value) -> Answer {
        self.patch_with(path, &[], body)
    }

    /// A PUT of JSON that must be answered.
    pub(crate) fn put(&self, path: &str, body: &Value) -> Answer {
        let request = self.with_token(self.agent.put(self.url(path)));
        let got = request.send_json(body).and_then(|got| answer(format!("PUT {path}"), got));
        got.unwrap_or_else(|error| panic!("PUT {path}: {error}"))
    }

    /// A DELETE that must be answered.
    pub(crate) fn delete(&self, path: &str) -> Answer {
        let request = self.with_token(self.agent.delete(self.url(path)));
        let got = request.call().and_then(|got| answer(format!("DELETE {path}"), got));
        got.unwrap_or_else(|error| panic!("DELETE {path}: {error}"))
    }

    /// What the node says of itself.
    pub(crate) fn node(&self) -> Value {
        self.get("/api/v1/node").expect(200).json()
    }

    /// Adds a resource, and gives its id.
    pub(crate) fn add(&self, body: &Value) -> String {
        let added = self.post("/api/v1/resources", body).expect(201).json();
        added["id"].as_str().expect("a resource has an id").to_owned()
    }

    /// One resource.
    pub(crate) fn resource(&self, id: &str) -> Value {
        self.get(&format!("/api/v1/resources/{id}")).expect(200).json()
    }

    /// Every resource by its id, page by page.
    ///
    /// # Panics
    /// When the pages are not what the first of them promised.
    pub(crate) fn everything(&self) -> BTreeMap<String, Value> {
        self.try_everything().unwrap_or_else(|fault| panic!("{fault}"))
    }

    /// As [`Api::everything`], of a library that may change while it is read: fails where pages do not fit together.
    pub(crate) fn try_everything(&self) -> Result<BTreeMap<String, Value>, String> {
        let mut all = BTreeMap::new();
        let mut cursor: Option<String> = None;
        loop {
            let after = cursor.map(|cursor| format!("&cursor={cursor}")).unwrap_or_default();
            let page = self.get(&format!("/api/v1/resources?limit=100{after}")).expect(200).json();
            for item in page["items"].as_array().expect("a page has items") {
                let id = item["id"].as_str().expect("a resource has an id").to_owned();
                if all.insert(id, item.clone()).is_some() {
                    return Err(format!("one resource stands on two pages: {item}"));
                }
            }
            cursor = page["next"].as_str().map(str::to_owned);
            if cursor.is_none() {
                let (total, found) = (&page["total"], all.len());
                return if *total == found { Ok(all) } else { Err(format!("{found} resources in a total of {total}")) };
            }
        }
    }

    fn url(&self, path: &str) -> String {
        format!("http://{}{path}", self.address)
    }

    fn with_token<B>(&self, request: RequestBuilder<B>) -> RequestBuilder<B> {
        request.header("Authorization", format!("Bearer {}", self.token))
    }
}

impl Answer {
    /// Checks the status.
    ///
    /// # Panics
    /// With the body, when it is another.
    #[track_caller]
    pub(crate) fn expect(self, status: u16) -> Self {
        assert_eq!(self.status, status, "{}: {}", self.asked, String::from_utf8_lossy(&self.body));
        self
    }

    #[track_caller]
    pub(crate) fn json(&self) -> Value {
        let text = String::from_utf8_lossy(&self.body);
        serde_json::from_slice(&self.body).unwrap_or_else(|error| panic!("{}: {error}: {text}", self.asked))
    }

    /// The first header of this name, in lower case.
    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(found, _)| found == name).map(|(_, value)| value.as_str())
    }
}

fn with<B>(request: RequestBuilder<B>, headers: &[(&str, &str)]) -> RequestBuilder<B> {
    headers.iter().fold(request, |request, (name, value)| request.header(*name, *value))
}

fn answer(asked: String, mut got: Response<Body>) -> Result<Answer, ureq::Error> {
    let text = |value: &[u8]| String::from_utf8_lossy(value).into_owned();
    let headers = got.headers().iter().map(|(name, value)| (name.to_string(), text(value.as_bytes()))).collect();
    let body = got.body_mut().with_config().limit(BODY_BYTES_MAX).read_to_vec()?;
    Ok(Answer { status: got.status().as_u16(), headers, body, asked })
}

/// No answer takes longer, streams apart.
const ANSWER_MAX: Duration = Duration::from_secs(30);
const BODY_BYTES_MAX: u64 = 256 * 1024 * 1024;
