//! Bodies that nobody needs: read and thrown away. What is left unread of a request closes its connection, and a caller who
//! sends the next one by it would get no answer.

use std::convert::Infallible;

use axum::extract::{FromRequest, Request};
use futures::StreamExt as _;
use tokio::time::timeout;

use crate::limits;

/// Stands for the body of a request that says all without one. A long one is not read to its end.
pub(crate) struct Unneeded;

impl<S: Sync> FromRequest<S> for Unneeded {
    type Rejection = Infallible;

    async fn from_request(request: Request, _: &S) -> Result<Self, Infallible> {
        let mut parts = request.into_body().into_data_stream();
        let read = async {
            let mut bytes = 0;
            while bytes < limits::SHORT_BODY_BYTES_MAX
                && let Some(Ok(part)) = parts.next().await
            {
                bytes += part.len();
            }
        };
        // Whoever is too slow is answered all the same.
        let _ = timeout(limits::BODY_TIME_MAX, read).await;
        Ok(Self)
    }
}
