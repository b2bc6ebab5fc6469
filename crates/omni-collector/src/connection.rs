//! Connections: how many, how long they may be silent, how they end.
//!
//! HTTP/1.1 only, so that connections bound requests and requests bound memory. A connection that still
//! receives when its answer is sent is read on for a moment, or the sender would see a reset instead of the
//! answer. At the end open requests are answered, idle connections are closed.

use std::future::poll_fn;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use axum::Router;
use hyper::Request;
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::{TokioIo, TokioTimer};
use stage::{Shutdown, Tls};
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::Semaphore;
use tokio::task::JoinSet;
use tokio::time::Instant;
use tower::ServiceExt;

use crate::metrics::{Collected, Held};

/// Largest head of a request; hyper answers 431 beyond it.
const HEAD_BYTES_MAX: usize = 64 * 1024;
/// How long, and how much, a connection is read on after its last answer.
const LINGER_MAX: Duration = Duration::from_secs(1);
const LINGER_BYTES_MAX: usize = 8 * 1024 * 1024;
/// When the system has no more sockets to give.
const ACCEPT_PAUSE: Duration = Duration::from_millis(100);

/// The most there may be of each.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Limits {
    pub(crate) connections: usize,
    /// For the head of a connection's first request.
    pub(crate) head: Duration,
    /// From one answer to the next whole head.
    pub(crate) idle: Duration,
}

/// Takes connections until a stop is requested, then until the open requests are answered.
pub(crate) async fn serve(
    listener: TcpListener,
    router: Router,
    limits: Limits,
    tls: Option<Tls>,
    metrics: Collected,
    shutdown: Shutdown,
) {
    let free = Arc::new(Semaphore::new(limits.connections));
    let mut open = JoinSet::new();
    while let Some((permit, stream)) = next(&listener, &free, &shutdown).await {
        let (router, tls, shutdown) = (router.clone(), tls.clone(), shutdown.clone());
        let held = Held::one(&metrics.connections);
        open.spawn(async move {
            greet(stream, tls, router, limits, shutdown).await;
            drop((permit, held));
        });
        while open.try_join_next().is_some() {}
    }
    // From here on the system refuses newcomers, and whoever balances the load goes elsewhere.
    drop(listener);
    while open.join_next().await.is_some() {}
}

type Permit = tokio::sync::OwnedSemaphorePermit;

/// The next connection, once there is room for one; none after a stop was requested.
async fn next(
    listener: &TcpListener,
    free: &Arc<Semaphore>,
    shutdown: &Shutdown,
) -> Option<(Permit, TcpStream)> {
    let accepted = async {
        let permit = Arc::clone(free).acquire_owned().await.ok()?;
        loop {
            match listener.accept().await {
                Ok((stream, _)) => return Some((permit, stream)),
                Err(error) => {
                    tracing::warn!(
                        error = &error as &dyn std::error::Error,
                        "cannot take a connection"
                    );
                    tokio::time::sleep(ACCEPT_PAUSE).await;
                }
            }
        }
    };
    tokio::select! {
        biased;
        () = shutdown.requested() => None,
        accepted = accepted => accepted,
    }
}

/// Secures a connection where that is asked for. The handshake is part of the time for the first head.
async fn greet(stream: TcpStream, tls: Option<Tls>, router: Router, limits: Limits, shutdown: Shutdown) {
    // Best effort: without it answers are later, not wrong.
    let _ = stream.set_nodelay(true);
    let silent_until = Instant::now() + limits.head;
    let Some(tls) = tls else {
        return converse(stream, router, limits.idle, silent_until, shutdown).await;
    };
    let shaken = tokio::select! {
        shaken = tls.accept(stream, limits.head) => shaken,
        // Nobody was promised anything yet.
        () = shutdown.requested() => return,
    };
    match shaken {
        Ok(stream) => converse(stream, router, limits.idle, silent_until, shutdown).await,
        Err(error) => tracing::debug!(error = &error as &dyn std::error::Error, "a handshake failed"),
    }
}

/// Answers the requests of one connection.
async fn converse<S>(stream: S, router: Router, idle: Duration, silent_until: Instant, shutdown: Shutdown)
where
    S: AsyncRead + AsyncWrite + Unpin + Send + 'static,
{
    let spoke = Arc::new(AtomicBool::new(false));
    let service = service_fn({
        let spoke = Arc::clone(&spoke);
        move |request: Request<Incoming>| {
            spoke.store(true, Ordering::Relaxed);
            Box::pin(router.clone().oneshot(request))
        }
    });
    let mut connection = http1::Builder::new()
        .timer(TokioTimer::new())
        .header_read_timeout(idle)
        .max_buf_size(HEAD_BYTES_MAX)
        .half_close(true)
        .serve_connection(TokioIo::new(stream), service);
    let silent = tokio::time::sleep_until(silent_until);
    tokio::pin!(silent);
    let (mut stopping, mut unheard) = (false, true);
    loop {
        // A condition is looked at once, on entry: whether a request has come is asked when the time is over,
        // or a connection in use would be cut at that moment, its answer with it.
        tokio::select! {
            // How it ended makes no difference: what was answered is answered.
            _ = poll_fn(|cx| connection.poll_without_shutdown(cx)) => break,
            () = &mut silent, if unheard => {
                if !spoke.load(Ordering::Relaxed) {
                    break;
                }
                unheard = false;
            }
            () = shutdown.requested(), if !stopping => {
                stopping = true;
                std::pin::Pin::new(&mut connection).graceful_shutdown();
            }
        }
    }
    linger(connection.into_parts().io.into_inner()).await;
}

/// Says that no more is sent, and reads what the other side has not finished sending.
async fn linger(mut stream: impl AsyncRead + AsyncWrite + Unpin) {
    let _ = stream.shutdown().await;
    let mut waste = vec![0; 16 * 1024];
    let read_on = async {
        let mut bytes = 0;
        while let Ok(more) = stream.read(&mut waste).await {
            bytes += more;
            if more == 0 || bytes > LINGER_BYTES_MAX {
                break;
            }
        }
    };
    let _ = tokio::time::timeout(LINGER_MAX, read_on).await;
}
