//! A member of a node in memory: how one comes in, and asks with a token of their own.

use axum::http::{Method, header};
use knotwork_commands::{Newcomer, Right, Signer};
use knotwork_documents::Revocation;
use knotwork_identity::{Nonce, SecretKey, Timestamp};
use serde_json::Value;

use crate::{
    ask::Answer,
    nodes_in_memory::{Node, key},
};

/// Somebody who is signed in, or a program with their token.
pub(crate) struct Member<'n> {
    pub(crate) node: &'n Node,
    pub(crate) token: String,
}

impl Node {
    /// The first member, who is a steward.
    pub(crate) async fn first_member(&self) -> Member<'_> {
        let code = self.handle.set_up_token().expect("the store is sound").expect("nobody is here yet");
        self.join(Right::SetUp(code), "ada", "Ada").await
    }

    /// The first member once more, after days in which the session has ended.
    pub(crate) async fn first_member_again(&self) -> Member<'_> {
        let passphrase = PASSPHRASE.to_owned().into();
        let token = self.handle.sign_in("ada".into(), passphrase, "a test".into()).await.expect("it is hers");
        Member { node: self, token }
    }

    /// A colleague, confirmed by the first member.
    pub(crate) async fn colleague(&self, steward: &Member<'_>) -> Member<'_> {
        self.colleague_called(steward, "bea", "Bea").await
    }

    /// As [`Node::colleague`], by another name.
    pub(crate) async fn colleague_called(&self, steward: &Member<'_>, sign_in_name: &str, name: &str) -> Member<'_> {
        let (text, _) = self.handle.invite(None).await.expect("an invitation");
        let colleague = self.join(Right::Invitation(text), sign_in_name, name).await;
        let session = self.handle.member(&colleague.token).expect("sound").expect("just joined");
        if session.waiting {
            let by = self.handle.member(&steward.token).expect("sound").expect("signed in").person;
            self.handle.confirm(by, session.person).await.expect("a steward may");
            let member = self.handle.member(&colleague.token).expect("sound").expect("signed in");
            self.handle.settle_in(&member).await.expect("the profile is small");
        }
        colleague
    }

    async fn join(&self, right: Right, sign_in_name: &str, name: &str) -> Member<'_> {
        let passphrase = PASSPHRASE.to_owned().into();
        let newcomer = Newcomer { sign_in_name: sign_in_name.into(), passphrase, name: name.into() };
        let token = self.handle.join(right, newcomer, "a test".into()).await.expect("nobody has the name");
        Member { node: self, token }
    }
}

impl Member<'_> {
    /// The person's id.
    pub(crate) async fn person(&self) -> String {
        self.get("/api/v1/me").await.expect(200)["person"].as_str().expect("an id").to_owned()
    }

    /// The key that signs for the member.
    pub(crate) fn key(&self) -> SecretKey {
        let member = self.node.handle.member(&self.token).expect("sound").expect("signed in");
        match member.signer() {
            Signer::Member(key) => *key,
            Signer::Service => panic!("she is no machine"),
        }
    }

    /// Has the organisation take the member's key back, and list nothing that stands of it.
    pub(crate) async fn loses_her_key(&self) {
        let (network, nothing, nonce) = (self.node.handle.origin(), [].into(), Nonce([77; 16]));
        let revoked = Revocation::write(network, &key(1), &self.key().public(), &nothing, None, nonce, Timestamp::NONE);
        for changes in revoked.expect("nothing is little") {
            self.node.take_from_elsewhere(changes).await;
        }
    }

    pub(crate) async fn get(&self, path: &str) -> Answer {
        self.ask(Method::GET, path, None, &[]).await
    }

    pub(crate) async fn post(&self, path: &str, body: &Value) -> Answer {
        self.ask(Method::POST, path, Some(body), &[]).await
    }

    pub(crate) async fn put(&self, path: &str, body: &Value) -> Answer {
        self.ask(Method::PUT, path, Some(body), &[]).await
    }

    pub(crate) async fn patch(&self, path: &str, body: &Value) -> Answer {
        self.ask(Method::PATCH, path, Some(body), &[]).await
    }

    pub(crate) async fn ask(
        &self,
        method: Method,
        path: &str,
        body: Option<&Value>,
        headers: &[(&str, &str)],
    ) -> Answer {
        let mut request = crate::ask::request(method, path);
        let bearer = format!("Bearer {}", self.token).parse().expect("a token is ASCII");
        request.headers_mut().expect("a request").insert(header::AUTHORIZATION, bearer);
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        let body = match body {
            Some(body) => {
                request = request.header(header::CONTENT_TYPE, "application/json");
                body.to_string()
            }
            None => String::new(),
        };
        self.node.send(request.body(body.into()).expect("a request")).await
    }
}

const PASSPHRASE: &str = "tea by the river today";
