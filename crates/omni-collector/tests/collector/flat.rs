//! Flat events that were taken are on `omni.raw` as they came, and those that were refused in quarantine with their reasons.

use std::collections::BTreeSet;
use std::io::Write;

use event::outcome::Rejected;
use event::{Headers, Kind};
use flate2::Compression;
use flate2::write::GzEncoder;
use kafka::{Record, Topic};
use serde_json::{Value, json};
use uuid::Uuid;

use crate::heartbeat::{beats, told};
use crate::support::{
    BOUND_COMPANY, BOUND_TOKEN, Running, TOKENS, config, config_on_kafka, is_untraced, json_files, start,
    start_on_kafka, until,
};

const COMPANY: u64 = 4_711_002;

/// A flat event with what the Data Client adds.
fn event(number: u128, company: u64) -> Value {
    json!({
        "event_uuid": uuid(number), "event_ver": "7253900000000000000", "event_revision": 0,
        "event_name": "pipedrive_deal_updated", "event_action": "updated", "event_object": "deal", "event_id": number as u64,
        "event_company_id": company, "event_timestamp": 1_770_114_030, "event_timestamp_micro": 1_770_114_030_000_000_i64,
        "event_source": "crm", "event_received_at": "2026-02-03T10:20:30.000000Z",
        "event_enriched_at": stage::clock::rfc3339_micro(stage::clock::now_micro()), "deal_value": 1200.5,
        "timestamp": 1_770_114_031, "unique_event_id": "1770114031000_123456789", "client_id": "dcid.1.2.3",
        "user_agent": "omni", "ip_override": "203.0.113.9", "user_data": {"email": null}
    })
}

fn uuid(number: u128) -> Uuid {
    Uuid::from_u128(number + 1)
}

fn headers(record: &Record) -> Headers {
    Headers::from_pairs(&record.headers).unwrap()
}

async fn raw(omni: &Running) -> Vec<Record> {
    omni.raw_of("flat").await
}

#[tokio::test(flavor = "multi_thread")]
async fn an_event_is_kept_byte_for_byte_by_its_own_identity() {
    let omni = start_on_kafka(|_| {}).await;
    let body = format!(" {:#}\n", event(1, COMPANY));
    let before = stage::clock::now_micro();
    let (status, answer) = omni.post_flat(body.clone()).await;
    assert_eq!((status, answer), (200, json!({"accepted": 1, "refused": []})));
    let records = raw(&omni).await;
    assert_eq!(records.len(), 1);
    let record = &records[0];
    assert_eq!(record.value(), body.as_bytes());
    assert_eq!(record.key_text(), format!("{COMPANY}:deal:1"));
    let partition = kafka::partition::partition_for(&COMPANY.to_string(), omni.kafka.partitions);
    assert_eq!(record.partition, partition);
    let headers = headers(record);
    assert_eq!((headers.event_uuid, headers.kind), (uuid(1), Kind::Flat));
    assert_eq!(
        (
            headers.source.as_str(),
            headers.object.as_deref(),
            headers.action.as_deref()
        ),
        ("crm", Some("deal"), Some("updated"))
    );
    assert_eq!(
        (headers.webhook_version, headers.attempt, headers.is_late),
        (None, None, false)
    );
    assert!((before..=stage::clock::now_micro()).contains(&headers.received_at_micro));
    assert_eq!(headers.accept_seq.unwrap().number, 1);
    let trace = headers.traceparent.unwrap();
    assert!(is_untraced(&trace, uuid(1)), "{trace}");
}

#[tokio::test(flavor = "multi_thread")]
async fn each_token_is_let_in_for_its_source_a_compressed_body_is_read_and_a_trace_passed_on() {
    let omni = start_on_kafka(|_| {}).await;
    let trace = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";
    for (number, token) in (1..).zip([TOKENS[0], TOKENS[1], BOUND_TOKEN]) {
        let mut encoder = GzEncoder::new(Vec::new(), Compression::fast());
        write!(encoder, "{}", event(number, BOUND_COMPANY)).unwrap();
        let request = omni.flat(token).header("content-encoding", "gzip");
        let request = request
            .header("traceparent", trace)
            .body(encoder.finish().unwrap());
        assert_eq!(request.send().await.unwrap().status(), 200, "{token}");
    }
    let mut records = raw(&omni).await;
    records.sort_by_key(|record| record.offset);
    let sources: Vec<_> = records
        .iter()
        .filter_map(|record| record.header("source"))
        .collect();
    assert_eq!(sources, ["crm", "crm", "bound"]);
    for (number, record) in (1..).zip(&records) {
        assert_eq!(record.header("traceparent"), Some(trace));
        assert_eq!(headers(record).event_uuid, uuid(number));
        assert!(record.value().starts_with(b"{") && record.value().ends_with(b"}"));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn of_a_list_the_good_events_are_taken_in_order_and_the_bad_ones_are_named_and_quarantined() {
    let omni = start_on_kafka(|_| {}).await;
    let mut bad = event(900, COMPANY);
    bad["deal_value"] = json!("much");
    bad.as_object_mut().unwrap().remove("event_uuid");
    let mut events: Vec<Value> = (0..200).map(|number| event(number, COMPANY)).collect();
    events.insert(3, bad.clone());
    events.push(json!("no event"));
    let (status, answer) = omni.post_flat(json!(events).to_string()).await;
    assert_eq!((status, &answer["accepted"]), (207, &json!(200)));
    let refused = answer["refused"].as_array().unwrap();
    let indexes: Vec<_> = refused.iter().map(|one| one["index"].as_u64().unwrap()).collect();
    assert_eq!(indexes, [3, 201]);
    let errors = refused[0]["errors"].as_array().unwrap();
    let paths: Vec<_> = errors
        .iter()
        .map(|error| (error["path"].as_str().unwrap(), error["rule"].as_str().unwrap()))
        .collect();
    assert_eq!(paths, [("$.deal_value", "type"), ("$.event_uuid", "required")]);

    let mut records = raw(&omni).await;
    records.sort_by_key(|record| record.offset);
    let kept: Vec<_> = records.iter().map(|record| headers(record).event_uuid).collect();
    let sent: Vec<_> = (0..200).map(uuid).collect();
    assert_eq!(kept, sent, "in the order of the list");
    let rejected = omni.records(Topic::Rejected).await;
    assert_eq!(rejected.len(), 2);
    let found = refused
        .iter()
        .map(|one| one["quarantined_as"].as_str().unwrap().to_owned());
    let ids: BTreeSet<_> = rejected
        .iter()
        .map(|record| headers(record).event_uuid.to_string())
        .collect();
    assert_eq!(found.collect::<BTreeSet<_>>(), ids);
    let of_bad = rejected
        .iter()
        .map(|record| (headers(record), Rejected::from_json(record.value()).unwrap()));
    for (headers, rejected) in of_bad {
        assert_eq!((headers.kind, headers.source.as_str()), (Kind::Flat, "crm"));
        assert_eq!(
            (rejected.stage.as_str(), rejected.code.as_str()),
            ("collector", "not_flat")
        );
        assert_eq!(rejected.company_id, None, "what it says is not to be believed");
        let value: Value = serde_json::from_slice(&rejected.refused_bytes().unwrap()).unwrap();
        assert!(value == bad || value == json!("no event"), "{value}");
    }
    // All have a number of their own: the ledger counts events, not requests.
    let all = records.iter().chain(&rejected);
    let numbers: BTreeSet<u64> = all
        .map(|record| headers(record).accept_seq.unwrap().number)
        .collect();
    assert_eq!(numbers, (1..=202).collect());
    let (_, metrics) = omni.admin("/metrics").await;
    for line in [
        "omni_collector_accepted_total{source=\"crm\"} 202",
        "omni_collector_outcomes_total{outcome=\"accepted\",reason=\"\"} 200",
        "omni_collector_outcomes_total{outcome=\"rejected\",reason=\"not_flat\"} 2",
    ] {
        assert!(metrics.contains(line), "{line}\n{metrics}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn who_sends_nothing_that_can_be_used_is_told_so_and_it_is_in_quarantine() {
    let omni = start_on_kafka(|config| config.collector.heartbeat_ms = 500).await;
    let foreign = event(1, COMPANY).to_string();
    let answer = omni.flat(BOUND_TOKEN).body(foreign.clone()).send().await.unwrap();
    assert_eq!(answer.status(), 422);
    assert!(answer.text().await.unwrap().contains("\"company_not_allowed\""));
    for (body, status, code) in [
        ("<html>", 400, "not_json"),
        ("{\"event_uuid\":1}", 422, "not_flat"),
    ] {
        let (answered, answer) = omni.post_flat(body).await;
        assert_eq!(answered, status, "{body}");
        assert_eq!(
            (&answer["accepted"], &answer["refused"][0]["code"]),
            (&json!(0), &json!(code))
        );
    }
    let (status, answer) = omni.post_flat("[]").await;
    assert_eq!((status, answer), (200, json!({"accepted": 0, "refused": []})));
    assert!(raw(&omni).await.is_empty());
    let codes: BTreeSet<String> = omni
        .records(Topic::Rejected)
        .await
        .iter()
        .map(|record| Rejected::from_json(record.value()).unwrap().code)
        .collect();
    let expected = ["company_not_allowed", "not_flat", "not_json"].map(str::to_owned);
    assert_eq!(codes, BTreeSet::from(expected));
    let (_, metrics) = omni.admin("/metrics").await;
    let line = "omni_collector_refused_total{reason=\"not_flat\",status=\"422\"} 1";
    assert!(metrics.contains(line), "{metrics}");
    until("the heartbeat counts what is in quarantine", async || {
        told(&beats(&omni).await, "crm") == (2, 2) && told(&beats(&omni).await, "bound") == (1, 1)
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_event_that_was_enriched_long_ago_is_marked() {
    let omni = start_on_kafka(|_| {}).await;
    let mut late = event(1, COMPANY);
    let day = 24 * 3_600 * 1_000_000;
    late["event_enriched_at"] = json!(stage::clock::rfc3339_micro(stage::clock::now_micro() - day));
    let (status, _) = omni.post_flat(json!([late, event(2, COMPANY)]).to_string()).await;
    assert_eq!(status, 200);
    let records = raw(&omni).await;
    let marks: Vec<_> = records
        .iter()
        .map(|record| (headers(record).event_uuid, record.header("late")))
        .collect();
    assert!(
        marks.contains(&(uuid(1), Some("true"))) && marks.contains(&(uuid(2), None)),
        "{marks:?}"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn every_example_of_a_flat_event_is_taken() {
    let omni = start_on_kafka(|_| {}).await;
    let files = json_files("../../schemas/examples/flat");
    assert!(files.len() > 5, "{} examples", files.len());
    for (name, body) in &files {
        assert_eq!(omni.post_flat(body.clone()).await.0, 200, "{name}");
    }
    let raw = raw(&omni).await;
    assert!(
        files
            .iter()
            .all(|(_, body)| raw.iter().any(|record| record.value() == body))
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn while_kafka_is_away_lists_are_spooled_and_reach_it_in_order() {
    let folder = tempfile::tempdir().unwrap();
    let mut config = config("127.0.0.1:1");
    config.collector.spool_dir = folder.path().to_owned();
    let omni = start(config).await;
    omni.until_ready().await;
    for list in [0..40, 40..80] {
        let mut events: Vec<Value> = list.map(|number| event(number, COMPANY)).collect();
        events.push(json!(7));
        let (status, answer) = omni.post_flat(json!(events).to_string()).await;
        assert_eq!((status, &answer["accepted"]), (207, &json!(40)));
    }
    omni.stopped().await.unwrap();
    let mut config = config_on_kafka().await;
    config.collector.spool_dir = folder.path().to_owned();
    let omni = start(config).await;
    until("all are on their topics", async || {
        raw(&omni).await.len() == 80 && omni.records(Topic::Rejected).await.len() == 2
    })
    .await;
    let mut records = raw(&omni).await;
    records.sort_by_key(|record| record.offset);
    let kept: Vec<_> = records.iter().map(|record| headers(record).event_uuid).collect();
    assert_eq!(kept, (0..80).map(uuid).collect::<Vec<_>>());
    omni.stopped().await.unwrap();
}
