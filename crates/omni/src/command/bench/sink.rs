//! An endpoint that takes everything at once and knows when each event came first.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Instant;

use anyhow::Result;
use axum::Router;
use axum::body::Bytes;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode};
use axum::routing::post;
use uuid::Uuid;

type Arrivals = Arc<Mutex<HashMap<Uuid, Instant>>>;

/// Listens as long as it is held.
#[derive(Debug)]
pub(super) struct Sink {
    arrivals: Arrivals,
    url: String,
    serving: tokio::task::JoinHandle<std::io::Result<()>>,
}

impl Sink {
    pub(super) async fn listen() -> Result<Self> {
        let arrivals = Arrivals::default();
        let router = Router::new()
            .route("/", post(take))
            .with_state(Arc::clone(&arrivals));
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await?;
        let url = format!("http://{}/", listener.local_addr()?);
        let serving = tokio::spawn(async move { axum::serve(listener, router).await });
        Ok(Self {
            arrivals,
            url,
            serving,
        })
    }

    pub(super) fn url(&self) -> &str {
        &self.url
    }

    /// Different events taken.
    pub(super) fn taken(&self) -> u64 {
        let arrivals = self.arrivals.lock().unwrap_or_else(PoisonError::into_inner);
        arrivals.len() as u64
    }

    /// When the event came first.
    pub(super) fn came(&self, event: &Uuid) -> Option<Instant> {
        let arrivals = self.arrivals.lock().unwrap_or_else(PoisonError::into_inner);
        arrivals.get(event).copied()
    }
}

impl Drop for Sink {
    fn drop(&mut self) {
        self.serving.abort();
    }
}

/// The whole body is read, as an endpoint would.
async fn take(State(arrivals): State<Arrivals>, headers: HeaderMap, _body: Bytes) -> StatusCode {
    let id = headers.get("webhook-id").and_then(|id| id.to_str().ok());
    let signed = headers.contains_key("webhook-signature");
    let Some(id) = id.filter(|_| signed).and_then(|id| id.parse().ok()) else {
        return StatusCode::BAD_REQUEST;
    };
    arrivals
        .lock()
        .unwrap_or_else(PoisonError::into_inner)
        .entry(id)
        .or_insert_with(Instant::now);
    StatusCode::NO_CONTENT
}
