//! Somebody to post to, and somebody to be: helpers of the service's tests.
use std::sync::{Arc, Mutex, OnceLock};
use std::time::{Duration, Instant};

use axum::Router;
use axum::body::Bytes;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode};
use serde_json::Value;
use simulator::{Config, Simulator};
use stage::{Shutdown, Trigger};
use tokio::task::JoinHandle;

/// One delivery as it came in.
#[derive(Debug, Clone)]
pub(crate) struct Delivery {
    pub(crate) at: Instant,
    pub(crate) headers: HeaderMap,
    pub(crate) body: Value,
}

type Judge = Box<dyn Fn(&Value) -> (StatusCode, Duration) + Send + Sync>;

pub(crate) struct Receiver {
    pub(crate) url: String,
    inner: Arc<Inner>,
}

struct Inner {
    judge: Judge,
    seen: Mutex<Vec<Delivery>>,
}

impl Receiver {
    pub(crate) async fn start(
        judge: impl Fn(&Value) -> (StatusCode, Duration) + Send + Sync + 'static,
    ) -> Self {
        let inner = Arc::new(Inner {
            judge: Box::new(judge),
            seen: Mutex::default(),
        });
        let app = Router::new().fallback(take).with_state(inner.clone());
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!(
            "http://{}/webhooks/pipedrive/demo",
            listener.local_addr().unwrap()
        );
        tokio::spawn(async move { axum::serve(listener, app).await });
        Self { url, inner }
    }

    /// Takes everything.
    pub(crate) async fn willing() -> Self {
        Self::start(|_| (StatusCode::OK, Duration::ZERO)).await
    }

    pub(crate) fn seen(&self) -> Vec<Delivery> {
        self.inner.seen.lock().unwrap().clone()
    }

    pub(crate) async fn until(&self, what: &str, holds: impl Fn(&[Delivery]) -> bool) -> Vec<Delivery> {
        until(what, async || {
            holds(&self.inner.seen.lock().unwrap()).then_some(())
        })
        .await;
        self.seen()
    }
}

async fn take(State(inner): State<Arc<Inner>>, headers: HeaderMap, body: Bytes) -> StatusCode {
    let body: Value = serde_json::from_slice(&body).unwrap();
    let (status, after) = (inner.judge)(&body);
    inner.seen.lock().unwrap().push(Delivery {
        at: Instant::now(),
        headers,
        body,
    });
    tokio::time::sleep(after).await;
    status
}

/// A simulator that runs beside the test.
pub(crate) struct Running {
    pub(crate) url: String,
    trigger: Trigger,
    task: JoinHandle<Result<(), simulator::Error>>,
}

impl Running {
    pub(crate) async fn start(config: Config) -> Self {
        let simulator = Simulator::bind(config).await.unwrap();
        let url = format!("http://{}", simulator.address());
        let (trigger, shutdown) = Shutdown::pair();
        Self {
            url,
            trigger,
            task: tokio::spawn(simulator.serve(shutdown)),
        }
    }

    pub(crate) async fn stop(self) {
        self.trigger.request();
        self.task.await.unwrap().unwrap();
    }

    pub(crate) async fn get(&self, path: &str) -> (u16, Value) {
        let request = client()
            .get(format!("{}{path}", self.url))
            .header("x-api-token", "simulated");
        let answer = request.send().await.unwrap();
        let status = answer.status().as_u16();
        (
            status,
            serde_json::from_slice(&answer.bytes().await.unwrap()).unwrap_or_default(),
        )
    }
}

/// Asks again and again until there is an answer, for at most two minutes: the machine may have much to do.
pub(crate) async fn until<T>(what: &str, ask: impl AsyncFn() -> Option<T>) -> T {
    let end = Instant::now() + Duration::from_mins(2);
    loop {
        if let Some(answer) = ask().await {
            return answer;
        }
        assert!(Instant::now() < end, "{what} did not come to be");
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
}

/// One client for all tests: making one reads the machine's certificates.
pub(crate) fn client() -> reqwest::Client {
    static CLIENT: OnceLock<reqwest::Client> = OnceLock::new();
    CLIENT
        .get_or_init(|| {
            reqwest::Client::builder()
                .pool_max_idle_per_host(0)
                .build()
                .unwrap()
        })
        .clone()
}
