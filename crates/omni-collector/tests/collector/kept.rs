//! What was answered 2xx is on a topic: as it came, or quarantined with its reason.

use std::collections::HashMap;
use std::io::Write;

use event::outcome::Rejected;
use event::{Headers, Kind, Version};
use flate2::Compression;
use flate2::write::GzEncoder;
use kafka::{Record, Topic};
use serde_json::Value;
use tokio::io::AsyncWriteExt;
use tokio::net::TcpStream;

use crate::support::{BASIC, BOUND_PATH, PATH, fixture, head, is_untraced, read, start_on_kafka, status};

fn headers(record: &Record) -> Headers {
    Headers::from_pairs(&record.headers).unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn an_accepted_body_is_kept_byte_for_byte() {
    let omni = start_on_kafka(|_| {}).await;
    let mut body = b" \n".to_vec();
    body.extend(fixture("v2/change_deal_stage.json"));
    body.extend(b"\t ");
    let change = event::Change::from_webhook(&body).unwrap();
    let before = stage::clock::now_micro();
    let answer = omni.post(PATH, body.clone()).await;
    assert_eq!(answer.status(), 200);
    let answer: Value = serde_json::from_str(&answer.text().await.unwrap()).unwrap();
    assert_eq!(answer["event_uuid"], change.uuid.to_string());
    assert!(answer.get("quarantined").is_none());

    let records = omni.raw_webhooks().await;
    assert_eq!(records.len(), 1);
    let record = &records[0];
    assert_eq!(record.value(), body);
    assert_eq!(record.key_text(), change.message_key());
    let count = omni.kafka.partitions;
    assert_eq!(
        record.partition,
        kafka::partition::partition_for(&change.company_id.to_string(), count)
    );
    let headers = headers(record);
    assert_eq!((headers.event_uuid, headers.kind), (change.uuid, Kind::Webhook));
    assert_eq!(
        (headers.source.as_str(), headers.webhook_version),
        ("crm", Some(Version::V2))
    );
    assert_eq!(
        (headers.object.as_deref(), headers.action.as_deref()),
        (Some("deal"), Some("updated"))
    );
    assert_eq!(headers.attempt, change.attempt);
    assert!((before..=stage::clock::now_micro()).contains(&headers.received_at_micro));
    let seq = headers.accept_seq.unwrap();
    assert_eq!((seq.instance.as_str(), seq.number), ("0", 1));
    let trace = headers.traceparent.unwrap();
    assert!(is_untraced(&trace, change.uuid), "{trace}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_compressed_body_is_kept_decompressed_and_a_trace_passed_on() {
    let omni = start_on_kafka(|_| {}).await;
    let body = fixture("v1/added_person.json");
    let mut encoder = GzEncoder::new(Vec::new(), Compression::fast());
    encoder.write_all(&body).unwrap();
    let trace = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";
    let request = reqwest::Client::new()
        .post(omni.url(PATH))
        .header("authorization", BASIC);
    let request = request
        .header("content-type", "application/json")
        .header("content-encoding", "gzip");
    let answer = request
        .header("traceparent", trace)
        .body(encoder.finish().unwrap())
        .send()
        .await
        .unwrap();
    assert_eq!(answer.status(), 200);
    let records = omni.raw_webhooks().await;
    assert_eq!(records[0].value(), body);
    assert_eq!(records[0].header("traceparent"), Some(trace));
    assert_eq!(records[0].header("webhook-version"), Some("1"));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_body_that_cannot_be_used_is_quarantined_with_its_reason_and_answered_2xx() {
    let omni = start_on_kafka(|_| {}).await;
    let deep_meta = format!(
        "{{\"v\":1,\"meta\":{}{}}}",
        "{\"a\":".repeat(100_000),
        "}".repeat(100_000)
    );
    let cases: Vec<(Vec<u8>, &str)> = vec![
        (b"".to_vec(), "not_json"),
        (b"<html>hello</html>".to_vec(), "not_json"),
        (b"{\"v\":1,\"meta\":{".to_vec(), "not_json"),
        (b"\xff\xfe\x00{}".to_vec(), "not_json"),
        ("[".repeat(500_000).into_bytes(), "not_json"),
        (deep_meta.into_bytes(), "not_json"),
        (b"[1,2]".to_vec(), "not_a_webhook"),
        (b"{}".to_vec(), "unknown_version"),
        (fixture("refused/v2.company_id.json"), "prevalidation"),
    ];
    let mut expected = HashMap::new();
    for (body, code) in cases {
        let answer = omni.post(PATH, body.clone()).await;
        assert_eq!(answer.status(), 200, "{code}");
        let answer: Value = serde_json::from_str(&answer.text().await.unwrap()).unwrap();
        let start: String = String::from_utf8_lossy(&body).chars().take(40).collect();
        assert_eq!(answer["quarantined"], code, "{start}");
        expected.insert(answer["event_uuid"].as_str().unwrap().to_owned(), (body, code));
    }
    let records = omni.records(Topic::Rejected).await;
    assert_eq!(records.len(), expected.len());
    for record in records {
        let rejected = Rejected::from_json(record.value()).unwrap();
        let (body, code) = &expected[&rejected.event_uuid.to_string()];
        assert_eq!(&rejected.refused_bytes().unwrap(), body);
        assert_eq!(
            (rejected.code.as_str(), rejected.stage.as_str()),
            (*code, "collector")
        );
        assert!(!rejected.errors.is_empty());
        let headers = headers(&record);
        assert_eq!(
            (headers.event_uuid, headers.source.as_str()),
            (rejected.event_uuid, "crm")
        );
        assert!(headers.accept_seq.is_some());
    }
    assert!(omni.raw_webhooks().await.is_empty());
    let (_, metrics) = omni.admin("/metrics").await;
    let line = "omni_collector_outcomes_total{outcome=\"rejected\",reason=\"unknown_version\"} 1";
    assert!(metrics.contains(line), "{metrics}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_bound_source_cannot_write_another_companys_data() {
    let omni = start_on_kafka(|_| {}).await;
    let own = fixture("v1/added_person.json");
    let text = String::from_utf8(own.clone()).unwrap();
    let company = event::Change::from_webhook(&own).unwrap().company_id;
    assert_eq!(
        company,
        crate::support::BOUND_COMPANY,
        "the fixture's company is the bound one"
    );
    let foreign = text.replace(&company.to_string(), "999");
    assert_eq!(omni.post(BOUND_PATH, own.clone()).await.status(), 200);
    let answer = omni.post(BOUND_PATH, foreign.clone()).await;
    assert_eq!(answer.status(), 200);
    assert!(
        answer
            .text()
            .await
            .unwrap()
            .contains("\"quarantined\":\"company_not_allowed\"")
    );

    let raw = omni.raw_webhooks().await;
    assert_eq!(
        raw.iter().map(Record::value).collect::<Vec<_>>(),
        [own.as_slice()]
    );
    let rejected = omni.records(Topic::Rejected).await;
    assert_eq!(rejected.len(), 1);
    let record = Rejected::from_json(rejected[0].value()).unwrap();
    assert_eq!(record.refused_bytes().unwrap(), foreign.as_bytes());
    // Nothing of it may count as the other company's: neither its partition nor its key nor its id.
    assert_eq!(
        (record.company_id, rejected[0].key_text().as_str()),
        (None, "bound")
    );
    let partition = kafka::partition::partition_for("bound", omni.kafka.partitions);
    assert_eq!(rejected[0].partition, partition);
    let claimed = event::Change::from_webhook(foreign.as_bytes()).unwrap().uuid;
    assert_ne!(record.event_uuid, claimed);
    assert_eq!(omni.post(PATH, foreign).await.status(), 200, "an open source may");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_stop_answers_the_open_request_first() {
    let mut omni = start_on_kafka(|_| {}).await;
    let body = fixture("v1/added_person.json");
    let (begin, end) = body.split_at(body.len() / 2);
    let mut stream = TcpStream::connect(omni.address).await.unwrap();
    stream
        .write_all(head(&format!("content-length: {}\r\n", body.len())).as_bytes())
        .await
        .unwrap();
    stream.write_all(begin).await.unwrap();
    crate::support::until("the request is open", async || {
        omni.admin("/metrics")
            .await
            .1
            .contains("omni_collector_in_flight_requests 1")
    })
    .await;
    omni.request_stop();
    crate::support::until("newcomers are refused", async || {
        TcpStream::connect(omni.address).await.is_err()
    })
    .await;
    stream.write_all(end).await.unwrap();
    assert_eq!(status(&read(&mut stream).await), "200");
    assert_eq!(omni.raw_webhooks().await.len(), 1);
    omni.stopped().await.unwrap();
}
