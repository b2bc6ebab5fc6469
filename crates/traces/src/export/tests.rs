//! Spans against a receiver of our own, one that is away, and none.
#![allow(clippy::unwrap_used)]

use std::sync::{Arc, Mutex};

use axum::Router;
use axum::body::Bytes;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode};
use axum::routing::post;
use opentelemetry_proto::tonic::collector::trace::v1::ExportTraceServiceRequest;
use prost::Message;
use stage::metrics::Metrics;
use stage::settings::{Share, Traces as TracesSettings};
use tokio::net::TcpListener;

use super::*;
use crate::span::Kind;
use crate::traceparent::Traceparent;

const SPANS: Declaration = declaration("omni_test_spans_total");

/// What a receiver got, and what it answers.
#[derive(Clone)]
struct Receiver {
    got: Arc<Mutex<Vec<(HeaderMap, ExportTraceServiceRequest)>>>,
    answers: Arc<Mutex<StatusCode>>,
}

async fn take(State(receiver): State<Receiver>, headers: HeaderMap, body: Bytes) -> StatusCode {
    let said = ExportTraceServiceRequest::decode(body).unwrap();
    receiver.got.lock().unwrap().push((headers, said));
    *receiver.answers.lock().unwrap()
}

impl Receiver {
    async fn listen(answers: StatusCode) -> (String, Self) {
        let receiver = Self {
            got: Arc::default(),
            answers: Arc::new(Mutex::new(answers)),
        };
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = format!("http://{}", listener.local_addr().unwrap());
        let routes = Router::new()
            .route("/v1/traces", post(take))
            .with_state(receiver.clone());
        tokio::spawn(async move { axum::serve(listener, routes).await });
        (address, receiver)
    }

    fn spans(&self) -> usize {
        let got = self.got.lock().unwrap();
        let scopes = got
            .iter()
            .flat_map(|(_, said)| &said.resource_spans)
            .flat_map(|one| &one.scope_spans);
        scopes.map(|scope| scope.spans.len()).sum()
    }
}

fn settings(endpoint: &str) -> stage::Settings {
    stage::Settings {
        traces: TracesSettings {
            endpoint: endpoint.to_owned().try_into().unwrap(),
            share: Share::try_from(1.0).unwrap(),
            headers: [("authorization".to_owned(), "Bearer open sesame".into())].into(),
            timeout_ms: 200,
        },
        ..stage::Settings::default()
    }
}

fn span(number: u64) -> Span {
    Span::begun(Traceparent::begun(1, number, true), None, "load", Kind::Consumer)
}

fn started(endpoint: &str) -> (Traces, IntCounterVec) {
    let spans = Metrics::new("test").unwrap().counters(&SPANS).unwrap();
    (
        Traces::start(&settings(endpoint), "omni-test", &spans).unwrap(),
        spans,
    )
}

fn counts(spans: &IntCounterVec) -> [u64; 3] {
    ["exported", "no_room", "not_taken"].map(|outcome| spans.with_label_values(&[outcome]).get())
}

#[tokio::test]
async fn what_waits_at_the_end_is_sent_with_the_words_of_its_service_and_its_secret() {
    let (endpoint, receiver) = Receiver::listen(StatusCode::OK).await;
    let (traces, spans) = started(&endpoint);
    (1..=1_500).for_each(|number| traces.tracer().end(span(number)));
    traces.finish().await;
    assert_eq!((receiver.spans(), counts(&spans)), (1_500, [1_500, 0, 0]));
    let got = receiver.got.lock().unwrap();
    let (headers, said) = got.first().unwrap();
    assert_eq!(headers.get("authorization").unwrap(), "Bearer open sesame");
    assert_eq!(headers.get("content-type").unwrap(), "application/x-protobuf");
    let resource = said.resource_spans.first().unwrap().resource.as_ref().unwrap();
    let names = resource.attributes.iter().map(|said| said.key.as_str());
    let expected = [
        "service.namespace",
        "service.name",
        "service.version",
        "service.instance.id",
    ];
    assert_eq!(names.collect::<Vec<_>>(), expected);
}

#[tokio::test]
async fn what_waits_for_company_when_a_stop_comes_is_sent_too() {
    let (endpoint, receiver) = Receiver::listen(StatusCode::OK).await;
    let (traces, spans) = started(&endpoint);
    traces.tracer().end(span(1));
    // Long enough to be taken from the queue, not to be sent.
    tokio::time::sleep(LINGER / 10).await;
    assert_eq!(receiver.spans(), 0);
    traces.finish().await;
    assert_eq!((receiver.spans(), counts(&spans)), (1, [1, 0, 0]));
}

#[tokio::test]
async fn a_receiver_that_is_away_costs_spans_and_no_time() {
    // Nobody listens there any more.
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let endpoint = format!("http://{}", listener.local_addr().unwrap());
    drop(listener);
    let (traces, spans) = started(&endpoint);
    let (queue, begun) = (traces.tracer(), Instant::now());
    (1..=10_000).for_each(|number| queue.end(span(number)));
    assert!(begun.elapsed() < Duration::from_secs(5));
    assert_eq!(counts(&spans), [0, 10_000 - WAITING_MAX as u64, 0]);
    traces.finish().await;
    assert!(begun.elapsed() < Duration::from_secs(5) + FLUSH_MAX);
    assert_eq!(
        counts(&spans),
        [0, 10_000 - WAITING_MAX as u64, WAITING_MAX as u64]
    );
}

#[tokio::test]
async fn what_is_refused_is_not_sent_again() {
    let (endpoint, receiver) = Receiver::listen(StatusCode::UNAUTHORIZED).await;
    let (traces, spans) = started(&endpoint);
    traces.tracer().end(span(1));
    traces.finish().await;
    assert_eq!((receiver.spans(), counts(&spans)), (1, [0, 0, 1]));
}

#[tokio::test]
async fn a_receiver_that_is_busy_is_asked_again_and_gets_each_span_once() {
    let (endpoint, receiver) = Receiver::listen(StatusCode::SERVICE_UNAVAILABLE).await;
    let (traces, spans) = started(&endpoint);
    traces.tracer().end(span(1));
    while receiver.spans() == 0 {
        tokio::task::yield_now().await;
    }
    *receiver.answers.lock().unwrap() = StatusCode::OK;
    while counts(&spans) == [0, 0, 0] {
        tokio::task::yield_now().await;
    }
    assert_eq!(counts(&spans), [1, 0, 0]);
    assert_eq!(receiver.spans(), 2, "refused once, taken once");
    traces.finish().await;
}

#[test]
fn without_an_endpoint_nothing_is_begun() {
    let spans = Metrics::new("test").unwrap().counters(&SPANS).unwrap();
    let traces = Traces::start(&stage::Settings::default(), "omni-test", &spans).unwrap();
    assert!(!traces.tracer().is_on());
    traces.tracer().end(span(1));
    assert_eq!(counts(&spans), [0, 0, 0]);
}
