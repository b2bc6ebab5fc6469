//! An HTTP server on a free port that gives scripted replies in turn, the last one for ever.
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use axum::Router;
use axum::extract::State;
use axum::http::{HeaderMap, Method, StatusCode, Uri};
use axum::response::{IntoResponse, Response};

pub(crate) const TOKEN: &str = "the-right-token";

#[derive(Clone)]
pub(crate) struct Reply {
    status: StatusCode,
    headers: Vec<(&'static str, String)>,
    body: String,
    after: Duration,
}

impl Reply {
    pub(crate) fn status(status: StatusCode) -> Self {
        Self {
            status,
            headers: Vec::new(),
            body: String::new(),
            after: Duration::ZERO,
        }
    }

    pub(crate) fn json(status: StatusCode, body: &str) -> Self {
        Self {
            body: body.to_owned(),
            ..Self::status(status)
        }
        .header("content-type", "application/json")
    }

    pub(crate) fn page(status: StatusCode, body: &str) -> Self {
        Self {
            body: body.to_owned(),
            ..Self::status(status)
        }
        .header("content-type", "text/html; charset=UTF-8")
    }

    pub(crate) fn header(mut self, name: &'static str, value: &str) -> Self {
        self.headers.push((name, value.to_owned()));
        self
    }

    pub(crate) fn after(self, after: Duration) -> Self {
        Self { after, ..self }
    }
}

#[derive(Default)]
struct Script {
    replies: Vec<Reply>,
    seen: Mutex<Vec<String>>,
    now: AtomicUsize,
    most: AtomicUsize,
}

pub(crate) struct Server {
    url: String,
    script: Arc<Script>,
}

impl Server {
    pub(crate) async fn start(replies: Vec<Reply>) -> Self {
        Self::start_with(|_| replies).await
    }

    /// Replies that name the server's own address.
    pub(crate) async fn start_with(replies: impl FnOnce(&str) -> Vec<Reply>) -> Self {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let script = Arc::new(Script {
            replies: replies(&url),
            ..Script::default()
        });
        let app = Router::new().fallback(reply).with_state(script.clone());
        tokio::spawn(async move { axum::serve(listener, app).await });
        Self { url, script }
    }

    pub(crate) fn url(&self) -> &str {
        &self.url
    }

    pub(crate) fn seen(&self) -> Vec<String> {
        self.script.seen.lock().unwrap().clone()
    }

    pub(crate) fn most_at_once(&self) -> usize {
        self.script.most.load(Ordering::SeqCst)
    }
}

async fn reply(State(script): State<Arc<Script>>, method: Method, uri: Uri, headers: HeaderMap) -> Response {
    let turn = {
        let mut seen = script.seen.lock().unwrap();
        let verb = if method == Method::GET {
            String::new()
        } else {
            format!("{method} ")
        };
        seen.push(format!("{verb}{uri}"));
        seen.len() - 1
    };
    if headers.get("x-api-token").is_none_or(|token| token != TOKEN) {
        return (
            StatusCode::UNAUTHORIZED,
            r#"{"success":false,"error":"unauthorized access"}"#,
        )
            .into_response();
    }
    let under_way = script.now.fetch_add(1, Ordering::SeqCst) + 1;
    script.most.fetch_max(under_way, Ordering::SeqCst);
    let reply = script.replies[turn.min(script.replies.len() - 1)].clone();
    tokio::time::sleep(reply.after).await;
    script.now.fetch_sub(1, Ordering::SeqCst);
    let mut response = (reply.status, reply.body).into_response();
    for (name, value) in reply.headers {
        response.headers_mut().insert(name, value.parse().unwrap());
    }
    response
}
