//! Stand-ins of destinations: they note what they get, and answer as told.

use std::net::SocketAddr;
use std::sync::{Arc, Mutex};

use axum::Router;
use axum::body::Bytes;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};
use axum::routing::post;

/// A POST as it came.
#[derive(Clone, Debug)]
pub(crate) struct Received {
    pub(crate) headers: HeaderMap,
    pub(crate) body: Bytes,
    /// What it was answered with.
    pub(crate) status: StatusCode,
}

impl Received {
    pub(crate) fn json(&self) -> serde_json::Value {
        serde_json::from_slice(&self.body).unwrap()
    }

    pub(crate) fn id(&self) -> String {
        self.headers
            .get("webhook-id")
            .unwrap()
            .to_str()
            .unwrap()
            .to_owned()
    }
}

/// Decides a status from what was received before and what comes now.
type Answer = dyn Fn(&[Received], &HeaderMap, &Bytes) -> StatusCode + Send + Sync;

#[derive(Clone)]
pub(crate) struct Receiver {
    received: Arc<Mutex<Vec<Received>>>,
    answer: Arc<Answer>,
}

impl Receiver {
    /// Listens at this address; port 0 takes a free one.
    pub(crate) async fn listen(
        at: SocketAddr,
        answer: impl Fn(&[Received], &HeaderMap, &Bytes) -> StatusCode + Send + Sync + 'static,
    ) -> (Self, SocketAddr) {
        let receiver = Self {
            received: Arc::default(),
            answer: Arc::new(answer),
        };
        let router = Router::new().route("/", post(take)).with_state(receiver.clone());
        let listener = tokio::net::TcpListener::bind(at).await.unwrap();
        let address = listener.local_addr().unwrap();
        tokio::spawn(async move { axum::serve(listener, router).await });
        (receiver, address)
    }

    pub(crate) fn received(&self) -> Vec<Received> {
        self.received.lock().unwrap().clone()
    }

    /// Those answered 2xx, in order.
    pub(crate) fn taken(&self) -> Vec<Received> {
        self.received()
            .into_iter()
            .filter(|received| received.status.is_success())
            .collect()
    }
}

async fn take(State(at): State<Receiver>, headers: HeaderMap, body: Bytes) -> Response {
    let mut received = at.received.lock().unwrap();
    let status = (at.answer)(&received, &headers, &body);
    received.push(Received {
        headers,
        body,
        status,
    });
    status.into_response()
}

/// Takes connections and never answers.
pub(crate) async fn silent() -> SocketAddr {
    let router = Router::new().route("/", post(|| async { std::future::pending::<()>().await }));
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    tokio::spawn(async move { axum::serve(listener, router).await });
    address
}

/// An address where nobody listens now.
pub(crate) async fn nobody() -> SocketAddr {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    listener.local_addr().unwrap()
}
