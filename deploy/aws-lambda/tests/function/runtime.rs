//! A stand-in of Lambda: hands out invocations by the Runtime API and takes their outcomes.

use std::collections::HashMap;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use axum::Router;
use axum::extract::{Path, State};
use axum::http::{HeaderMap, StatusCode};
use axum::response::IntoResponse;
use axum::routing::{get, post};
use serde_json::Value;
use tokio::sync::{Notify, mpsc, oneshot};
use tokio::time::timeout;

use super::PATIENCE;
use super::server::Server;

/// Invocations that wait for the function.
const QUEUE_MAX: usize = 100;

/// What the function made of an invocation.
#[derive(Debug, PartialEq)]
pub(crate) enum Outcome {
    /// It answered.
    Answered(Value),
    /// It threw: Lambda would answer with `X-Amz-Function-Error`.
    Threw { kind: String, message: String },
}

struct Invocation {
    id: String,
    body: String,
    deadline_ms: u128,
}

struct Shared {
    waiting: tokio::sync::Mutex<mpsc::Receiver<Invocation>>,
    under_way: Mutex<HashMap<String, oneshot::Sender<Outcome>>>,
    init_error: Mutex<Option<Value>>,
    init_failed: Notify,
}

pub(crate) struct Runtime {
    server: Server,
    queue: mpsc::Sender<Invocation>,
    shared: Arc<Shared>,
    numbers: AtomicU64,
}

impl Runtime {
    pub(crate) async fn start() -> Runtime {
        let (queue, waiting) = mpsc::channel(QUEUE_MAX);
        let shared = Arc::new(Shared {
            waiting: tokio::sync::Mutex::new(waiting),
            under_way: Mutex::default(),
            init_error: Mutex::default(),
            init_failed: Notify::new(),
        });
        let api = Router::new()
            .route("/2018-06-01/runtime/invocation/next", get(next))
            .route("/2018-06-01/runtime/invocation/{id}/response", post(response))
            .route("/2018-06-01/runtime/invocation/{id}/error", post(error))
            .route("/2018-06-01/runtime/init/error", post(init_error))
            .with_state(shared.clone());
        Runtime {
            server: Server::start(0, api, || {}).await,
            queue,
            shared,
            numbers: AtomicU64::new(1),
        }
    }

    pub(crate) fn address(&self) -> String {
        self.server.address().to_string()
    }

    /// Invokes the function with a payload, and gives it so long.
    pub(crate) async fn invoke(&self, body: String, time: Duration) -> Outcome {
        let id = format!("invocation-{}", self.numbers.fetch_add(1, Ordering::Relaxed));
        let (sender, outcome) = oneshot::channel();
        self.shared.under_way.lock().unwrap().insert(id.clone(), sender);
        let ends = SystemTime::now().duration_since(UNIX_EPOCH).unwrap() + time;
        let invocation = Invocation {
            id,
            body,
            deadline_ms: ends.as_millis(),
        };
        self.queue.send(invocation).await.unwrap();
        timeout(PATIENCE, outcome)
            .await
            .expect("the function ends an invocation")
            .unwrap()
    }

    /// What the function said instead of starting.
    pub(crate) async fn init_error(&self) -> Value {
        timeout(PATIENCE, self.shared.init_failed.notified())
            .await
            .expect("an init error");
        self.shared.init_error.lock().unwrap().clone().unwrap()
    }
}

async fn next(State(shared): State<Arc<Shared>>) -> impl IntoResponse {
    let invocation = shared.waiting.lock().await.recv().await.unwrap();
    let headers = [
        ("Lambda-Runtime-Aws-Request-Id", invocation.id),
        ("Lambda-Runtime-Deadline-Ms", invocation.deadline_ms.to_string()),
        (
            "Lambda-Runtime-Invoked-Function-Arn",
            "arn:aws:lambda:eu-central-1:123456789012:function:omni".to_owned(),
        ),
        ("Content-Type", "application/json".to_owned()),
    ];
    (headers, invocation.body)
}

async fn response(State(shared): State<Arc<Shared>>, Path(id): Path<String>, body: String) -> StatusCode {
    finish(
        &shared,
        &id,
        Outcome::Answered(serde_json::from_str(&body).unwrap()),
    )
}

async fn error(
    State(shared): State<Arc<Shared>>,
    Path(id): Path<String>,
    headers: HeaderMap,
    body: String,
) -> StatusCode {
    assert!(headers.contains_key("lambda-runtime-function-error-type"));
    let said: Value = serde_json::from_str(&body).unwrap();
    let text = |key: &str| said[key].as_str().unwrap().to_owned();
    let threw = Outcome::Threw {
        kind: text("errorType"),
        message: text("errorMessage"),
    };
    finish(&shared, &id, threw)
}

async fn init_error(State(shared): State<Arc<Shared>>, body: String) -> StatusCode {
    *shared.init_error.lock().unwrap() = Some(serde_json::from_str(&body).unwrap());
    shared.init_failed.notify_one();
    StatusCode::ACCEPTED
}

fn finish(shared: &Shared, id: &str, outcome: Outcome) -> StatusCode {
    let sender = shared.under_way.lock().unwrap().remove(id);
    match sender {
        Some(sender) => {
            sender.send(outcome).ok();
            StatusCode::ACCEPTED
        }
        None => StatusCode::FORBIDDEN,
    }
}
