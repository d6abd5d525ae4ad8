//! A stream that is not touched again after a failed read.
//!
//! Streams are opened before the other side has agreed to the protocol, which saves a round trip. When it then
//! declines, the read that learns of it fails, and the library would panic on a later write.

use std::{
    io,
    pin::Pin,
    task::{Context, Poll},
};

use futures::{AsyncRead, AsyncWrite, ready};

/// A stream that fails for good once a read has failed.
#[derive(Debug)]
pub(crate) struct Guarded<S> {
    inner: Option<S>,
}

impl<S: Unpin> Guarded<S> {
    pub(crate) fn new(inner: S) -> Self {
        Self { inner: Some(inner) }
    }

    fn inner(&mut self) -> io::Result<Pin<&mut S>> {
        self.inner.as_mut().map(Pin::new).ok_or_else(|| io::ErrorKind::BrokenPipe.into())
    }
}

impl<S: AsyncRead + Unpin> AsyncRead for Guarded<S> {
    fn poll_read(mut self: Pin<&mut Self>, cx: &mut Context<'_>, buffer: &mut [u8]) -> Poll<io::Result<usize>> {
        let result = ready!(self.inner()?.poll_read(cx, buffer));
        if result.is_err() {
            self.inner = None;
        }
        Poll::Ready(result)
    }
}

impl<S: AsyncWrite + Unpin> AsyncWrite for Guarded<S> {
    fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, buffer: &[u8]) -> Poll<io::Result<usize>> {
        self.inner()?.poll_write(cx, buffer)
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        self.inner()?.poll_flush(cx)
    }

    fn poll_close(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        self.inner()?.poll_close(cx)
    }
}
