//! A receiver of traces for the whole test process: the running pipeline exports to it what a test asks for.

use std::sync::{Arc, Mutex, OnceLock};
use std::time::{Duration, Instant};

use axum::Router;
use axum::body::Bytes;
use axum::extract::State;
use axum::routing::post;
use opentelemetry_proto::tonic::collector::trace::v1::ExportTraceServiceRequest;
use opentelemetry_proto::tonic::common::v1::KeyValue;
use opentelemetry_proto::tonic::common::v1::any_value::Value;
use opentelemetry_proto::tonic::trace::v1::Span;
use prost::Message;

use super::dev::pause;

/// A span, and the service that told it.
#[derive(Debug, Clone)]
pub(super) struct Told {
    pub service: String,
    pub instance: String,
    pub span: Span,
}

type Spans = Arc<Mutex<Vec<Told>>>;

pub(super) struct Receiver {
    pub endpoint: String,
    spans: Spans,
}

/// The one of this test process, on a thread of its own: it outlives the runtime of each test.
pub(super) fn receiver() -> &'static Receiver {
    static RECEIVER: OnceLock<Receiver> = OnceLock::new();
    RECEIVER.get_or_init(|| {
        let listener = std::net::TcpListener::bind("127.0.0.1:0").expect("a port");
        let endpoint = format!("http://{}", listener.local_addr().expect("an address"));
        let spans = Spans::default();
        let taking = Arc::clone(&spans);
        std::thread::spawn(move || serve(listener, taking));
        Receiver { endpoint, spans }
    })
}

fn serve(listener: std::net::TcpListener, spans: Spans) {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
    let served = async {
        listener.set_nonblocking(true)?;
        let routes = Router::new().route("/v1/traces", post(take)).with_state(spans);
        axum::serve(tokio::net::TcpListener::from_std(listener)?, routes).await
    };
    runtime.expect("a runtime").block_on(served).expect("it serves");
}

async fn take(State(spans): State<Spans>, body: Bytes) {
    let said = ExportTraceServiceRequest::decode(body).expect("what is posted is OTLP");
    let mut spans = spans.lock().expect("nobody panicked");
    for of_service in said.resource_spans {
        let resource = of_service.resource.expect("a resource").attributes;
        for span in of_service.scope_spans.into_iter().flat_map(|scope| scope.spans) {
            spans.push(Told {
                service: text(&resource, "service.name").expect("a service"),
                instance: text(&resource, "service.instance.id").expect("an instance"),
                span,
            });
        }
    }
}

impl Receiver {
    /// What was told of a trace.
    pub(super) fn of(&self, trace_id: u128) -> Vec<Told> {
        let spans = self.spans.lock().expect("nobody panicked");
        let of_trace = spans
            .iter()
            .filter(|told| told.span.trace_id == trace_id.to_be_bytes());
        of_trace.cloned().collect()
    }

    /// The first span of this name and outcome in a trace, as soon as it is told.
    pub(super) async fn wait_for(&self, trace_id: u128, name: &str, outcome: &str) -> Told {
        let deadline = Instant::now() + Duration::from_mins(1);
        loop {
            let told = self.of(trace_id);
            let is_it = |told: &&Told| {
                told.span.name == name && told.says("omni.outcome").as_deref() == Some(outcome)
            };
            if let Some(found) = told.iter().find(is_it) {
                return found.clone();
            }
            assert!(
                Instant::now() < deadline,
                "no span {name}, {outcome} among {told:#?}"
            );
            pause().await;
        }
    }
}

impl Told {
    /// What an attribute says, as text.
    pub(super) fn says(&self, key: &str) -> Option<String> {
        text(&self.span.attributes, key)
    }

    /// The names of what happened within it, in order.
    pub(super) fn marks(&self) -> Vec<&str> {
        self.span.events.iter().map(|event| event.name.as_str()).collect()
    }
}

fn text(attributes: &[KeyValue], key: &str) -> Option<String> {
    let said = attributes.iter().find(|said| said.key == key)?;
    match said.value.as_ref()?.value.as_ref()? {
        Value::StringValue(text) => Some(text.clone()),
        Value::IntValue(number) => Some(number.to_string()),
        _ => None,
    }
}
