//! The way of a request through the collector, step by step; each step may end it.

use std::sync::Arc;
use std::time::Instant;

use axum::Router;
use axum::extract::rejection::PathRejection;
use axum::extract::{Path, Request, State};
use axum::response::{IntoResponse, Response};
use axum::routing::post;

use event::Kind;
use template::Contract;

use crate::accept::{Accepted, Acceptor, Arrival, Judged};
use crate::authenticate::Sources;
use crate::flat_intake;
use crate::metrics::{Collected, Held};
use crate::prevalidate::prevalidate;
use crate::receive::Receiving;
use crate::respond::{Refused, Taken};
use crate::trace::Trail;

const WEBHOOK: &str = "/webhooks/pipedrive/{source}";
const FLAT: &str = "/events/flat";

/// What the steps need.
#[derive(Debug)]
pub(crate) struct Collecting {
    pub(crate) sources: Sources,
    /// What a flat event must be.
    pub(crate) contract: Contract,
    pub(crate) receiving: Receiving,
    pub(crate) acceptor: Arc<Acceptor>,
    pub(crate) metrics: Collected,
}

type Shared = State<Arc<Collecting>>;

pub(crate) fn router(collecting: Arc<Collecting>) -> Router {
    let wrong_method = |State(collecting): Shared| async move { collecting.refuse(Refused::WrongMethod) };
    let unknown_path = |State(collecting): Shared| async move { collecting.refuse(Refused::UnknownPath) };
    Router::new()
        .route(WEBHOOK, post(webhook).fallback(wrong_method))
        .route(FLAT, post(flat).fallback(wrong_method))
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

async fn flat(State(collecting): Shared, request: Request) -> Response {
    let _held = Held::one(&collecting.metrics.requests);
    let begun = Instant::now();
    match collecting.take_flat(request).await {
        Ok(taken) => {
            collecting.metrics.request.observe(begun.elapsed().as_secs_f64());
            if let Some(why) = taken.why_none() {
                collecting.metrics.answered(taken.status().as_str(), why);
            }
            taken.into_response()
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
        let trail = Trail::received(&head.headers, WEBHOOK);
        let verdict = prevalidate(&source, &received.bytes);
        // The room is held until Kafka's client has its copy and the answer is known.
        let (bytes, _room) = received.into_parts();
        let arrival = Arrival {
            source,
            kind: Kind::Webhook,
            received_at_micro,
            trail: trail.judged(),
        };
        self.acceptor.accept(&arrival, Judged { bytes, verdict }).await
    }

    async fn take_flat(&self, request: Request) -> Result<Taken, Refused> {
        let received_at_micro = stage::clock::now_micro();
        let (head, body) = request.into_parts();
        let source = self.sources.of_token(&head.headers)?;
        let received = self.receiving.receive(&head.headers, body).await?;
        self.metrics.body.observe(received.bytes.len() as f64);
        let (bytes, mut room) = received.into_parts();
        let trail = Trail::received(&head.headers, FLAT);
        // The events of a list are copies of its parts.
        room.grow(bytes.len())?;
        let events = flat_intake::judge(&self.contract, &source, received_at_micro, bytes)?;
        let arrival = Arrival {
            source,
            kind: Kind::Flat,
            received_at_micro,
            trail: trail.judged(),
        };
        self.acceptor.accept_all(&arrival, events).await.map(Taken::of)
    }

    fn refuse(&self, refused: Refused) -> Response {
        self.metrics.answered(refused.status().as_str(), refused.word());
        self.metrics.outcomes.count("refused", refused.word());
        refused.into_response()
    }
}
