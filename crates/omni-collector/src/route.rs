//! The way of a request through the collector, step by step; each step may end it.

use std::sync::Arc;
use std::time::Instant;

use axum::Router;
use axum::extract::rejection::PathRejection;
use axum::extract::{Path, Request, State};
use axum::response::{IntoResponse, Response};
use axum::routing::post;

use crate::accept::{Acceptor, Arrival};
use crate::authenticate::Sources;
use crate::metrics::{Collected, Held};
use crate::prevalidate::prevalidate;
use crate::receive::Receiving;
use crate::respond::{Accepted, Refused};
use crate::trace;

/// What the steps need.
#[derive(Debug)]
pub(crate) struct Collecting {
    pub(crate) sources: Sources,
    pub(crate) receiving: Receiving,
    pub(crate) acceptor: Arc<Acceptor>,
    pub(crate) metrics: Collected,
}

type Shared = State<Arc<Collecting>>;

pub(crate) fn router(collecting: Arc<Collecting>) -> Router {
    let wrong_method = |State(collecting): Shared| async move { collecting.refuse(Refused::WrongMethod) };
    let unknown_path = |State(collecting): Shared| async move { collecting.refuse(Refused::UnknownPath) };
    Router::new()
        .route(
            "/webhooks/pipedrive/{source}",
            post(webhook).fallback(wrong_method),
        )
        .fallback(unknown_path)
        .with_state(collecting)
}

/// A path that is no text names no source.
async fn webhook(
    State(collecting): Shared,
    source: Result<Path<String>, PathRejection>,
    request: Request,
) -> Response {
    let source = source.map(|Path(name)| name).unwrap_or_default();
    let _held = Held::one(&collecting.metrics.requests);
    let begun = Instant::now();
    match collecting.take(&source, request).await {
        Ok(accepted) => {
            collecting.metrics.request.observe(begun.elapsed().as_secs_f64());
            accepted.into_response()
        }
        Err(refused) => collecting.refuse(refused),
    }
}

impl Collecting {
    async fn take(&self, source: &str, request: Request) -> Result<Accepted, Refused> {
        let received_at_micro = stage::clock::now_micro();
        let (head, body) = request.into_parts();
        let source = self.sources.find(source)?.authenticate(&head.headers)?;
        let received = self.receiving.receive(&head.headers, body).await?;
        self.metrics.body.observe(received.bytes.len() as f64);
        let verdict = prevalidate(&source, &received.bytes);
        let traceparent = trace::given(&head.headers);
        // The room is held until Kafka's client has its copy and the answer is known.
        let (body, _room) = received.into_parts();
        self.acceptor
            .accept(
                Arrival {
                    source,
                    received_at_micro,
                    traceparent,
                    body,
                },
                verdict,
            )
            .await
    }

    fn refuse(&self, refused: Refused) -> Response {
        let status = refused.status();
        self.metrics
            .refused
            .with_label_values(&[status.as_str(), refused.word()])
            .inc();
        self.metrics.outcomes.count("refused", refused.word());
        refused.into_response()
    }
}
