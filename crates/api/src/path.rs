//! What an address names: the one part of its path that differs from thing to thing.

use std::{fmt::Display, str::FromStr};

use axum::{
    extract::{FromRequestParts, RawPathParams},
    http::{StatusCode, request},
};

use crate::problem::Problem;

/// The part of a path that names one thing, as it was sent.
#[derive(Debug, Clone)]
pub(crate) struct Named {
    /// What the description of the route calls it.
    pub(crate) parameter: String,
    /// What was sent.
    pub(crate) text: String,
}

impl Named {
    /// The id or key that it is.
    ///
    /// # Errors
    /// When it is none: then there is no such `what` either.
    pub(crate) fn read<T: FromStr<Err: Display>>(&self, what: &str) -> Result<T, Problem> {
        self.text.parse().map_err(|error| self.missing(&format!("there is no {what} here: {error}")))
    }

    /// There is nothing of this name.
    pub(crate) fn missing(&self, detail: &str) -> Problem {
        Problem::new(StatusCode::NOT_FOUND, detail).field(&self.parameter)
    }
}

impl<S: Send + Sync> FromRequestParts<S> for Named {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut request::Parts, state: &S) -> Result<Self, Problem> {
        let params = RawPathParams::from_request_parts(parts, state).await.map_err(|_| {
            Problem::new(StatusCode::NOT_FOUND, "there is nothing here: the path is not UTF-8").field("id")
        })?;
        let named = params.iter().next().map(|(name, text)| (name.to_owned(), text.to_owned()));
        let (parameter, text) = named.unwrap_or_default();
        Ok(Self { parameter, text })
    }
}
