//! Which records have a span, whose child it is, and that work that is done again says the same.
#![allow(clippy::unwrap_used)]

use event::{Headers, Kind as EventKind};
use kafka::Topic;
use stage::metrics::Metrics;
use stage::settings::Share;
use tokio::sync::mpsc;

use super::*;
use crate::hop::HopSpans;
use crate::tracer::On;

const GIVEN: &str = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";

fn tracer(share: f64) -> (Tracer, mpsc::Receiver<Span>) {
    let (queue, waiting) = mpsc::channel(8);
    let spans = Metrics::new("test").unwrap();
    let declared = crate::declaration("omni_test_spans_total");
    let on = On {
        share: Share::try_from(share).unwrap(),
        queue,
        no_room: spans.counters(&declared).unwrap().with_label_values(&["no_room"]),
    };
    (Tracer::on(on), waiting)
}

fn record(change: impl FnOnce(&mut Headers)) -> Record {
    let mut headers = Headers::new(Uuid::from_u128(9), EventKind::Webhook, "crm", 0);
    change(&mut headers);
    Record {
        topic: Topic::Raw,
        partition: 3,
        offset: 17,
        timestamp_ms: 0,
        key: b"7:deal:1".to_vec(),
        payload: Some(b"{}".to_vec()),
        headers: headers.to_pairs().into(),
    }
}

fn of(traceparent: &str) -> Record {
    record(|headers| headers.traceparent = Some(traceparent.to_owned()))
}

fn step(tracer: &Tracer) -> Step {
    Step::new(tracer, "enrich", &kafka::Config::default(), "enricher")
}

fn arrival(given: Option<&str>) -> Arrival<'static> {
    Arrival {
        event_uuid: Uuid::from_u128(9),
        kind: EventKind::Webhook,
        source: "crm",
        received_at_micro: 5,
        given: given.and_then(Traceparent::read),
        route: "/",
        number: "0/b/1",
    }
}

#[test]
fn the_sender_decides_whether_its_event_is_traced_and_else_the_share() {
    for share in [0.0, 1.0] {
        let (tracer, _waiting) = tracer(share);
        let (own, span) = tracer.arrived(&arrival(Some(GIVEN)));
        assert!(span.is_some() && own.to_string() != GIVEN);
        assert_eq!(own.trace_id(), Traceparent::read(GIVEN).unwrap().trace_id());
        let unsampled = format!("{}00", GIVEN.strip_suffix("01").unwrap());
        let (own, span) = tracer.arrived(&arrival(Some(&unsampled)));
        assert_eq!((own.to_string(), span.is_none()), (unsampled.clone(), true));
        assert!(step(&tracer).begin(&of(&unsampled)).is_none());
        let (own, span) = tracer.arrived(&arrival(None));
        assert_eq!((own.is_sampled(), span.is_some()), (share > 0.5, share > 0.5));
        assert_eq!(own.trace_id(), 9);
        assert_eq!(step(&tracer).begin(&record(|_| {})).is_some(), share > 0.5);
    }
}

#[test]
fn a_stage_that_exports_nothing_changes_nothing() {
    let tracer = Tracer::off();
    let (own, span) = tracer.arrived(&arrival(Some(GIVEN)));
    assert_eq!((own.to_string(), span.is_none()), (GIVEN.to_owned(), true));
    let (own, span) = tracer.arrived(&arrival(None));
    assert!(!own.is_sampled() && span.is_none());
    assert!(step(&tracer).begin(&of(GIVEN)).is_none());
}

#[test]
fn a_header_that_is_none_and_a_sign_of_life_begin_nothing() {
    let (tracer, _waiting) = tracer(1.0);
    assert!(step(&tracer).begin(&of("00-zz")).is_none());
    assert!(
        step(&tracer)
            .begin(&record(|headers| headers.kind = EventKind::Heartbeat))
            .is_none()
    );
}

#[test]
fn what_comes_after_is_the_child_of_what_made_it_and_the_same_when_it_is_made_again() {
    let (tracer, mut waiting) = tracer(1.0);
    let mut spans = HopSpans::new(step(&tracer));
    let came = of(GIVEN);
    let make = |spans: &mut HopSpans| {
        let mut made = kafka::Outgoing {
            topic: Topic::Enriched,
            placement: kafka::Placement::Partition(3),
            key: Vec::new(),
            payload: None,
            headers: came.headers.clone(),
        };
        let mut begun = spans.begin_all(std::slice::from_ref(&came));
        let span = begun.pop_front().flatten().unwrap();
        spans.became(*span, &mut made, "enriched", "newer");
        made
    };
    let first = make(&mut spans);
    spans.forget();
    spans.committed();
    assert!(
        waiting.try_recv().is_err(),
        "a batch that never happened is not told"
    );
    let again = make(&mut spans);
    assert_eq!(first.headers, again.headers);
    spans.turned(&again, "rejected", "oversized");
    spans.committed();
    let told = waiting.try_recv().unwrap();
    let own = told.traceparent();
    assert_eq!(
        again.headers.get(header::TRACEPARENT),
        Some(own.to_string().as_bytes())
    );
    let wire = told.into_wire();
    assert_eq!(
        wire.parent_span_id,
        Traceparent::read(GIVEN).unwrap().span_id().to_be_bytes()
    );
    let said = |key: &str| wire.attributes.iter().any(|said| said.key == key);
    assert!(said(attribute::ERROR) && said(attribute::OFFSET) && said(attribute::GROUP));
    let next = step(&tracer).begin(&of(&own.to_string())).unwrap();
    assert_ne!(next.traceparent().span_id(), own.span_id());
}

#[test]
fn each_destination_and_each_completion_has_a_span_of_its_own() {
    let (tracer, _waiting) = tracer(1.0);
    let came = of(GIVEN);
    let ids = [
        step(&tracer).begin(&came),
        step(&tracer).begin_again(&came, "1"),
        step(&tracer).to("ads").begin(&came),
        step(&tracer).to("tags").begin(&came),
    ]
    .map(|span| span.unwrap().traceparent().span_id());
    for (at, id) in ids.iter().enumerate() {
        assert!(!ids.get(at + 1..).unwrap().contains(id));
    }
}
