//! A socket that gives up on a reader who leaves what is sent to it lying.

use std::{
    io,
    pin::Pin,
    task::{Context, Poll},
};

use tokio::{
    io::{AsyncRead, AsyncWrite, ReadBuf},
    time::{Instant, Sleep, sleep},
};

use crate::limits::WRITE_STALL_MAX;

/// A socket whose writing fails when it makes no progress for [`WRITE_STALL_MAX`].
#[derive(Debug)]
pub(super) struct Stalled<S> {
    inner: S,
    deadline: Pin<Box<Sleep>>,
    /// Whether the deadline counts: something waits to be sent.
    waiting: bool,
}

impl<S> Stalled<S> {
    pub(super) fn new(inner: S) -> Self {
        Self { inner, deadline: Box::pin(sleep(WRITE_STALL_MAX)), waiting: false }
    }

    pub(super) fn into_inner(self) -> S {
        self.inner
    }

    /// Passes on what came of writing, unless it has made no progress for too long.
    fn watched<T>(&mut self, context: &mut Context<'_>, result: Poll<io::Result<T>>) -> Poll<io::Result<T>> {
        if result.is_ready() {
            self.waiting = false;
            return result;
        }
        if !self.waiting {
            self.waiting = true;
            self.deadline.as_mut().reset(Instant::now() + WRITE_STALL_MAX);
        }
        match self.deadline.as_mut().poll(context) {
            Poll::Ready(()) => Poll::Ready(Err(io::Error::new(io::ErrorKind::TimedOut, "the reader does not read"))),
            Poll::Pending => Poll::Pending,
        }
    }
}

impl<S: AsyncRead + Unpin> AsyncRead for Stalled<S> {
    fn poll_read(mut self: Pin<&mut Self>, cx: &mut Context<'_>, buffer: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.inner).poll_read(cx, buffer)
    }
}

impl<S: AsyncWrite + Unpin> AsyncWrite for Stalled<S> {
    fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        let result = Pin::new(&mut self.inner).poll_write(cx, bytes);
        self.watched(cx, result)
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        parts: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        let result = Pin::new(&mut self.inner).poll_write_vectored(cx, parts);
        self.watched(cx, result)
    }

    fn is_write_vectored(&self) -> bool {
        self.inner.is_write_vectored()
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        let result = Pin::new(&mut self.inner).poll_flush(cx);
        self.watched(cx, result)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        let result = Pin::new(&mut self.inner).poll_shutdown(cx);
        self.watched(cx, result)
    }
}

#[cfg(test)]
mod tests {
    use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};

    use super::*;

    #[tokio::test(start_paused = true)]
    async fn a_reader_who_reads_is_waited_for_and_one_who_does_not_is_given_up() {
        let (ours, mut theirs) = tokio::io::duplex(64);
        let mut socket = Stalled::new(ours);
        let reading = tokio::spawn(async move {
            // Slowly, but never so slowly that nothing moves for too long.
            for _ in 0..4 {
                tokio::time::sleep(WRITE_STALL_MAX / 2).await;
                theirs.read_exact(&mut [0; 64]).await.expect("it is being written");
            }
            theirs
        });
        socket.write_all(&[0; 64 * 5]).await.expect("the reader reads");
        let _theirs = reading.await.expect("the reader does not panic");
        let begun = Instant::now();
        let error = socket.write_all(&[0; 64]).await.expect_err("nobody reads");
        assert_eq!(error.kind(), io::ErrorKind::TimedOut);
        assert_eq!(begun.elapsed().as_secs(), WRITE_STALL_MAX.as_secs());
    }
}
