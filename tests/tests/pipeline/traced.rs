//! One trace shows an event from POST to row, and to a destination; who is not to be traced leaves none.

use std::path::Path;
use std::time::{Duration, Instant};

use axum::Router;
use axum::routing::post;
use uuid::Uuid;

use super::company::Company;
use super::dev::{Dev, dev, pause};
use super::own::{activation, body, collector, deal, own_source, settings};
use super::receiver::{Told, receiver};

const COMPANY: u64 = Company::Traced.id();
const SENDERS_SPAN: u64 = 0x00f0_67aa_0ba9_02b7;

/// A collector and a destination of the test's own; the stages between are those of the running pipeline.
struct Ends {
    client: reqwest::Client,
    url: String,
    _running: [stage::Trigger; 2],
}

impl Ends {
    async fn begin(dev: &Dev, folder: &tempfile::TempDir) -> Self {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0")
            .await
            .expect("a port");
        let at = listener.local_addr().expect("an address");
        let sink = Router::new().route("/", post(async || ()).head(async || ()));
        tokio::spawn(async move { axum::serve(listener, sink).await });
        let destination = format!(
            "[activation]\nroles = ['delivery']\nadmin_listen = '127.0.0.1:0'\n[destination.followed]\nurl = 'http://{at}/'\n\
             allow_private_addresses = true\nfilter = 'event_company_id == {COMPANY}'"
        );
        let settings: &Path = &settings(dev, &own_source("traced", &destination), folder);
        let (url, collecting) = collector(settings).await;
        let delivering = activation(settings).await;
        Self {
            client: reqwest::Client::new(),
            url,
            _running: [collecting, delivering],
        }
    }

    /// Posts until it is taken; the event's id.
    async fn post(&self, traceparent: Option<String>, body: Vec<u8>) -> Uuid {
        let deadline = Instant::now() + Duration::from_secs(30);
        loop {
            let request = self
                .client
                .post(format!("{}/webhooks/pipedrive/traced", self.url));
            let mut request = request
                .basic_auth("u", Some("p"))
                .header("content-type", "application/json")
                .body(body.clone());
            if let Some(traceparent) = &traceparent {
                request = request.header("traceparent", traceparent);
            }
            let answer = request.send().await.expect("an answer");
            if answer.status().is_success() {
                let said: serde_json::Value = answer.json().await.expect("JSON");
                return said["event_uuid"]
                    .as_str()
                    .expect("an id")
                    .parse()
                    .expect("a UUID");
            }
            assert!(Instant::now() < deadline, "the collector takes nothing");
            pause().await;
        }
    }
}

fn given(trace_id: u128, flags: &str) -> String {
    format!("00-{trace_id:032x}-{SENDERS_SPAN:016x}-{flags}")
}

fn is_child(child: &Told, parent: &Told) -> bool {
    child.span.parent_span_id == parent.span.span_id
}

#[tokio::test(flavor = "multi_thread")]
async fn one_trace_shows_an_event_from_post_to_row() {
    let (dev, receiver) = (dev(), receiver());
    let folder = tempfile::tempdir().expect("a folder");
    let ends = Ends::begin(dev, &folder).await;
    let trace_id = Uuid::new_v4().as_u128();
    // Before it others whose sender, or our own share, wants no trace.
    let unwanted = Uuid::new_v4().as_u128();
    ends.post(Some(given(unwanted, "00")), deal(COMPANY, 1)).await;
    let unsaid = ends.post(None, deal(COMPANY, 2)).await;
    let followed = deal(COMPANY, 3);
    let event_uuid = ends.post(Some(given(trace_id, "01")), followed.clone()).await;

    let loaded = receiver.wait_for(trace_id, "load", "loaded").await;
    let rows = format!("SELECT count() FROM deal_events WHERE event_uuid = '{event_uuid}'");
    assert_eq!(
        dev.count(&ends.client, &rows).await,
        1,
        "the row is there when its span is"
    );
    let delivered = receiver.wait_for(trace_id, "deliver", "delivered").await;
    let posted = receiver.wait_for(trace_id, "POST", "accepted").await;
    let enriched = receiver.wait_for(trace_id, "enrich", "enriched").await;
    let flattened = receiver.wait_for(trace_id, "flatten", "flattened").await;

    assert_eq!(posted.span.parent_span_id, SENDERS_SPAN.to_be_bytes());
    for (child, parent) in [
        (&enriched, &posted),
        (&flattened, &enriched),
        (&loaded, &flattened),
        (&delivered, &flattened),
    ] {
        assert!(is_child(child, parent), "{child:#?} is not after {parent:#?}");
        assert!(child.span.end_time_unix_nano >= child.span.start_time_unix_nano);
        assert!(child.span.start_time_unix_nano >= parent.span.start_time_unix_nano);
    }
    let services = [&posted, &enriched, &flattened, &delivered, &loaded].map(|told| told.service.as_str());
    let expected = [
        "omni-collector",
        "omni-enricher",
        "omni-activation",
        "omni-activation",
        "omni-loader",
    ];
    assert_eq!(services, expected);
    assert_eq!(posted.instance, "traced");
    assert_eq!(posted.marks(), ["received", "judged", "kept"]);
    assert_eq!(
        (delivered.marks(), loaded.marks()),
        (vec!["attempt"], vec!["inserted"])
    );
    between_begin_and_end(dev, &ends.client, &loaded, event_uuid).await;

    for told in receiver.of(trace_id) {
        assert_eq!(
            told.says("omni.event.uuid"),
            Some(event_uuid.to_string()),
            "{told:#?}"
        );
        assert_eq!(told.says("messaging.system").as_deref(), Some("kafka"));
        // What an event holds, and what opens a source, is nobody's to read here.
        let all = format!("{told:?}");
        assert!(!all.contains("Counted") && !all.contains("Basic"), "{all}");
    }
    for (told, topic) in [
        (&enriched, "raw"),
        (&flattened, "enriched"),
        (&delivered, "flat"),
        (&loaded, "flat"),
    ] {
        let name = told.says("messaging.destination.name").expect("a topic");
        assert!(name.ends_with(topic), "{name}");
        let offset = told
            .says("messaging.kafka.offset")
            .and_then(|offset| offset.parse::<i64>().ok());
        assert!(
            offset.is_some() && told.says("messaging.consumer.group.name").is_some(),
            "{told:#?}"
        );
    }
    assert_eq!(delivered.says("omni.destination").as_deref(), Some("followed"));
    assert_eq!(loaded.says("db.collection.name").as_deref(), Some("deal_events"));

    // The same event again, and one that is none, end where they end.
    let again = Uuid::new_v4().as_u128();
    ends.post(Some(given(again, "01")), followed).await;
    let left_out = receiver.wait_for(again, "enrich", "filtered").await;
    assert_eq!(left_out.says("omni.reason").as_deref(), Some("duplicate"));
    let refused = Uuid::new_v4().as_u128();
    ends.post(Some(given(refused, "01")), b"<html>".to_vec()).await;
    let refused = receiver.wait_for(refused, "POST", "rejected").await;
    assert_eq!(refused.says("error.type").as_deref(), Some("not_json"));

    let of_both = format!("SELECT count() FROM deal_events WHERE event_company_id = {COMPANY}");
    assert_eq!(dev.count(&ends.client, &of_both).await, 3);
    for trace_id in [unwanted, unsaid.as_u128()] {
        assert!(receiver.of(trace_id).is_empty());
    }
}

/// The server wrote the row while the loader's span was open.
async fn between_begin_and_end(dev: &Dev, client: &reqwest::Client, loaded: &Told, event_uuid: Uuid) {
    let at = format!(
        "SELECT toUnixTimestamp64Nano(toDateTime64(loaded_at, 9)) FROM deal_events WHERE event_uuid = '{event_uuid}'"
    );
    let at = dev.count(client, &at).await;
    // The column has milliseconds.
    let begun = loaded.span.start_time_unix_nano - 1_000_000;
    assert!(
        (begun..=loaded.span.end_time_unix_nano).contains(&at),
        "{at} is not within {loaded:#?}"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn an_event_that_no_template_takes_ends_its_trace_as_left_out() {
    let (dev, receiver) = (dev(), receiver());
    let folder = tempfile::tempdir().expect("a folder");
    let ends = Ends::begin(dev, &folder).await;
    let trace_id = Uuid::new_v4().as_u128();
    let note = serde_json::json!({"id": 4, "content": "x", "add_time": "2026-01-05T08:00:00Z", "update_time": "2026-01-06T08:00:00Z"});
    ends.post(Some(given(trace_id, "01")), body(COMPANY, "note", 4, &note))
        .await;
    let left_out = receiver.wait_for(trace_id, "load", "filtered").await;
    assert_eq!(left_out.says("omni.reason").as_deref(), Some("no_template"));
}
