//! A listener for `axum::serve`, with or without TLS: connections come out of it once their handshake is done.
//!
//! A handshake that dawdles holds up nobody else, and there are never more than so many at once.

use std::io;
use std::net::SocketAddr;
use std::time::Duration;

use axum::extract::connect_info::Connected;
use axum::serve::IncomingStream;
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinSet;
use tokio_rustls::server::TlsStream;
use tokio_util::either::Either;

use super::Tls;

/// Longest time for a handshake.
const HANDSHAKE_MAX: Duration = Duration::from_secs(10);
/// Most handshakes at once; more connections wait in the system's queue.
const HANDSHAKES_MAX: usize = 256;
/// When the system has no more sockets to give.
const ACCEPT_PAUSE: Duration = Duration::from_millis(100);

/// A connection, in the clear or secured.
pub type Stream = Either<TcpStream, TlsStream<TcpStream>>;

/// Who is at the other end.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Peer(pub SocketAddr);

/// Takes connections.
#[derive(Debug)]
pub struct Listener {
    tcp: TcpListener,
    tls: Option<Tls>,
    handshakes: JoinSet<io::Result<(Stream, SocketAddr)>>,
}

impl Listener {
    /// Without `tls` in the clear.
    pub fn new(tcp: TcpListener, tls: Option<Tls>) -> Self {
        Self {
            tcp,
            tls,
            handshakes: JoinSet::new(),
        }
    }

    /// The next connection of the system, or the next whose handshake is done.
    async fn next(&mut self) -> io::Result<Option<(Stream, SocketAddr)>> {
        tokio::select! {
            Some(shaken) = self.handshakes.join_next() => Ok(shaken_hands(shaken)),
            accepted = self.tcp.accept(), if self.handshakes.len() < HANDSHAKES_MAX => {
                let (stream, peer) = accepted?;
                // A push is one small packet: it must not wait for the acknowledgement of the one before. Best effort.
                let _ = stream.set_nodelay(true);
                let Some(tls) = self.tls.clone() else {
                    return Ok(Some((Either::Left(stream), peer)));
                };
                self.handshakes.spawn(async move {
                    let stream = tls.accept(stream, HANDSHAKE_MAX).await?;
                    Ok((Either::Right(stream), peer))
                });
                Ok(None)
            }
        }
    }
}

type Shaken = Result<io::Result<(Stream, SocketAddr)>, tokio::task::JoinError>;

/// Whoever scans ports fails here; that is nothing to wake anybody for.
fn shaken_hands(shaken: Shaken) -> Option<(Stream, SocketAddr)> {
    match shaken {
        Ok(Ok(connection)) => Some(connection),
        Ok(Err(error)) => {
            tracing::debug!(error = &error as &dyn std::error::Error, "a handshake failed");
            None
        }
        Err(stopped) => {
            tracing::debug!(
                error = &stopped as &dyn std::error::Error,
                "a handshake was given up"
            );
            None
        }
    }
}

impl axum::serve::Listener for Listener {
    type Io = Stream;
    type Addr = SocketAddr;

    async fn accept(&mut self) -> (Stream, SocketAddr) {
        loop {
            match self.next().await {
                Ok(Some(connection)) => return connection,
                Ok(None) => {}
                Err(error) => {
                    tracing::warn!(
                        error = &error as &dyn std::error::Error,
                        "cannot take a connection"
                    );
                    tokio::time::sleep(ACCEPT_PAUSE).await;
                }
            }
        }
    }

    fn local_addr(&self) -> io::Result<SocketAddr> {
        self.tcp.local_addr()
    }
}

impl Connected<IncomingStream<'_, Listener>> for Peer {
    fn connect_info(stream: IncomingStream<'_, Listener>) -> Self {
        Self(*stream.remote_addr())
    }
}
