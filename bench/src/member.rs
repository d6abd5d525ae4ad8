//! A member who speaks for an organisation, by the API.

use std::fs;

use anyhow::{Context as _, Result, ensure};
use serde_json::{Value, json};

use crate::daemon::Node;

/// Somebody who is signed in at a node and has their organisation's voice.
pub(crate) struct Member {
    agent: ureq::Agent,
    node: String,
    token: String,
}

impl Member {
    /// Makes the first account of a node, and gives it the organisation's voice.
    pub(crate) fn of(node: &Node) -> Result<Self> {
        let agent = ureq::Agent::config_builder().http_status_as_error(false).build().new_agent();
        let mut member = Self { agent, node: format!("http://{}", node.http()), token: node.token().to_owned() };
        let code = fs::read_to_string(node.folder.join("set-up-code"))?;
        let account = json!({
            "set_up_code": code.trim(),
            "sign_in_name": "ada",
            "passphrase": PASSPHRASE,
            "name": "Ada",
            "agrees": true,
        });
        member.ask("POST", "/api/v1/accounts", Some(&account))?;
        let signed_in = json!({ "name": "ada", "passphrase": PASSPHRASE });
        let session = member.ask("POST", "/api/v1/session", Some(&signed_in))?;
        member.token = text(&session["token"])?;
        let person = member.get("/api/v1/session")?["person"].clone();
        let given = member.ask("POST", "/api/v1/mandates", Some(&json!({ "person": person })))?;
        let mandate = format!("/api/v1/mandates/{}", text(&given["id"])?);
        member.ask("PATCH", &mandate, Some(&json!({ "accepted": true })))?;
        Ok(member)
    }

    /// Opens a decision by consent; gives its id.
    pub(crate) fn open(&self, number: usize) -> Result<String> {
        let decision = json!({
            "title": format!("Decision {number}"),
            "text": "We do it.",
            "left_out": "Nobody that we know of.",
            "method": { "kind": "consent" },
        });
        text(&self.ask("POST", "/api/v1/decisions", Some(&decision))?["id"])
    }

    /// Consents.
    pub(crate) fn consent(&self, decision: &str) -> Result<()> {
        let position = json!({ "position": "consent", "reason": "For a reason." });
        self.ask("PUT", &format!("/api/v1/decisions/{decision}/positions/own"), Some(&position)).map(|_| ())
    }

    /// Asks with GET.
    pub(crate) fn get(&self, path: &str) -> Result<Value> {
        self.ask("GET", path, None)
    }

    fn ask(&self, method: &str, path: &str, body: Option<&Value>) -> Result<Value> {
        let request = ureq::http::Request::builder().method(method).uri(format!("{}{path}", self.node));
        let request = request.header("authorization", format!("Bearer {}", self.token));
        let request = request.header("content-type", "application/json");
        let body = body.map(Value::to_string).unwrap_or_default();
        let mut response = self.agent.run(request.body(body)?)?;
        let answer = response.body_mut().read_to_string()?;
        ensure!(response.status().is_success(), "{method} {path} was answered with {}: {answer}", response.status());
        Ok(serde_json::from_str(&answer)?)
    }
}

fn text(value: &Value) -> Result<String> {
    Ok(value.as_str().context("the answer lacks a text")?.to_owned())
}

const PASSPHRASE: &str = "tea by the river today";
