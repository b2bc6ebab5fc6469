//! A stand-in of Omni's `POST /events/flat`.

use std::collections::VecDeque;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};

use axum::Router;
use axum::body::Bytes;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};
use axum::routing::post;
use serde_json::{Value, json};

use super::server::Server;

pub(crate) const TOKEN: &str = "a-token-of-a-source";

/// What the next post is answered instead.
pub(crate) enum Instead {
    Status(StatusCode, &'static str),
    /// With a `Retry-After`.
    Later(StatusCode, &'static str),
    Never,
}

#[derive(Default)]
struct Shared {
    posts: Mutex<Vec<Value>>,
    instead: Mutex<VecDeque<Instead>>,
    connections: AtomicUsize,
}

pub(crate) struct Omni {
    server: Server,
    shared: Arc<Shared>,
}

impl Omni {
    pub(crate) async fn start() -> Omni {
        Omni::start_at(0).await
    }

    /// At a port that was another's before.
    pub(crate) async fn start_at(port: u16) -> Omni {
        let shared = Arc::new(Shared::default());
        let routes = Router::new()
            .route("/events/flat", post(take))
            .with_state(shared.clone());
        let counted = shared.clone();
        let count = move || {
            counted.connections.fetch_add(1, Ordering::Relaxed);
        };
        let server = Server::start(port, routes, count).await;
        Omni { server, shared }
    }

    pub(crate) fn url(&self) -> String {
        format!("http://{}", self.server.address())
    }

    /// The bodies that were taken.
    pub(crate) fn posts(&self) -> Vec<Value> {
        self.shared.posts.lock().unwrap().clone()
    }

    pub(crate) fn connections(&self) -> usize {
        self.shared.connections.load(Ordering::Relaxed)
    }

    pub(crate) fn answer_next(&self, instead: Instead) {
        self.shared.instead.lock().unwrap().push_back(instead);
    }

    /// Goes away; new connections are refused from then on.
    pub(crate) fn stop(self) -> u16 {
        self.server.address().port()
    }
}

async fn take(State(shared): State<Arc<Shared>>, headers: HeaderMap, body: Bytes) -> Response {
    let instead = shared.instead.lock().unwrap().pop_front();
    match instead {
        Some(Instead::Status(status, body)) => return (status, body).into_response(),
        Some(Instead::Later(status, pause)) => return (status, [("retry-after", pause)]).into_response(),
        Some(Instead::Never) => std::future::pending().await,
        None => {}
    }
    let header = |name: &str| {
        headers
            .get(name)
            .and_then(|value| value.to_str().ok())
            .unwrap_or_default()
    };
    if header("authorization") != format!("Bearer {TOKEN}") {
        return StatusCode::UNAUTHORIZED.into_response();
    }
    if header("content-type") != "application/json" {
        return StatusCode::UNSUPPORTED_MEDIA_TYPE.into_response();
    }
    let posted: Value = serde_json::from_slice(&body).unwrap();
    let answer = judge(&posted);
    shared.posts.lock().unwrap().push(posted);
    answer
}

/// Takes events that have an identity and refuses the others, as the collector says it.
fn judge(posted: &Value) -> Response {
    let events = match posted {
        Value::Array(events) => events.as_slice(),
        one => std::slice::from_ref(one),
    };
    let nameless = events
        .iter()
        .enumerate()
        .filter(|(_, event)| !event["event_uuid"].is_string());
    let refused: Vec<Value> = nameless.map(|(index, _)| refusal(index)).collect();
    let accepted = events.len() - refused.len();
    let status = match (accepted, refused.len()) {
        (_, 0) => StatusCode::OK,
        (0, _) => StatusCode::UNPROCESSABLE_ENTITY,
        _ => StatusCode::MULTI_STATUS,
    };
    let answer = json!({ "accepted": accepted, "refused": refused });
    (status, answer.to_string()).into_response()
}

/// What is said of an event without an identity.
pub(crate) fn refusal(index: usize) -> Value {
    json!({
        "index": index, "code": "not_flat", "quarantined_as": "7f0c1d52-5a0e-5a43-9d5c-3b1f0c2d9e11",
        "errors": [{ "path": "$.event_uuid", "rule": "required", "message": "is missing" }],
    })
}
