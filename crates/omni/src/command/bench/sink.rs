//! An endpoint that takes everything at once and counts identities.

use std::collections::HashSet;
use std::sync::{Arc, Mutex, PoisonError};

use anyhow::Result;
use axum::Router;
use axum::body::Bytes;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode};
use axum::routing::post;

type Ids = Arc<Mutex<HashSet<String>>>;

/// Listens as long as it is held.
#[derive(Debug)]
pub(super) struct Sink {
    ids: Ids,
    url: String,
    serving: tokio::task::JoinHandle<std::io::Result<()>>,
}

impl Sink {
    pub(super) async fn listen() -> Result<Self> {
        let ids = Ids::default();
        let router = Router::new().route("/", post(take)).with_state(Arc::clone(&ids));
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await?;
        let url = format!("http://{}/", listener.local_addr()?);
        let serving = tokio::spawn(async move { axum::serve(listener, router).await });
        Ok(Self { ids, url, serving })
    }

    pub(super) fn url(&self) -> &str {
        &self.url
    }

    /// Different events taken.
    pub(super) fn taken(&self) -> u64 {
        self.ids.lock().unwrap_or_else(PoisonError::into_inner).len() as u64
    }
}

impl Drop for Sink {
    fn drop(&mut self) {
        self.serving.abort();
    }
}

/// The whole body is read, as an endpoint would.
async fn take(State(ids): State<Ids>, headers: HeaderMap, _body: Bytes) -> StatusCode {
    let id = headers.get("webhook-id").and_then(|id| id.to_str().ok());
    let signed = headers.contains_key("webhook-signature");
    let Some(id) = id.filter(|_| signed) else {
        return StatusCode::BAD_REQUEST;
    };
    ids.lock()
        .unwrap_or_else(PoisonError::into_inner)
        .insert(id.to_owned());
    StatusCode::NO_CONTENT
}
