//! The flattener on real Kafka.

use event::outcome::Rejected;
use event::{Headers, Kind};
use kafka::{Outgoing, Topic};
use omni_activation::Role;
use serde_json::Value;
use uuid::Uuid;

use crate::support::{Running, all, corner, headers, outgoing, send, until};

/// The examples of what travels: each enriched one has a flat one of the same name.
fn examples(topic: &str) -> Vec<(String, Vec<u8>)> {
    let folder = std::path::Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("../../schemas/examples")
        .join(topic);
    let mut examples: Vec<_> = std::fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .map(|path| {
            (
                path.file_stem().unwrap().to_str().unwrap().to_owned(),
                std::fs::read(&path).unwrap(),
            )
        })
        .collect();
    examples.sort();
    examples
}

fn uuid(number: usize) -> Uuid {
    Uuid::from_u128(number as u128 + 1)
}

#[tokio::test(flavor = "multi_thread")]
async fn every_enriched_example_becomes_its_flat_one_and_keeps_its_headers() {
    let config = corner(&[Role::Flattener]).await;
    let enriched = examples("enriched");
    let records: Vec<Outgoing> = enriched
        .iter()
        .enumerate()
        .map(|(number, (name, value))| {
            let mut headers = headers(uuid(number), Kind::Webhook);
            headers.traceparent = Some(format!("00-{name}"));
            outgoing(Topic::Enriched, &number.to_string(), name, &headers, value)
        })
        .collect();
    send(&config, records.clone()).await;
    let stage = Running::start(&config).await;
    until("all are flat", async || {
        all(&config, Topic::Flat).await.len() == records.len()
    })
    .await;
    let flat = examples("flat");
    for record in all(&config, Topic::Flat).await {
        let sent = records.iter().find(|sent| sent.key == record.key).unwrap();
        assert_eq!(record.headers, sent.headers);
        let Headers { traceparent, .. } = Headers::from_pairs(&record.headers).unwrap();
        let name = traceparent.unwrap().trim_start_matches("00-").to_owned();
        let expected = &flat.iter().find(|(flat, _)| *flat == name).unwrap().1;
        let (made, expected): (Value, Value) = (
            serde_json::from_slice(record.value()).unwrap(),
            serde_json::from_slice(expected).unwrap(),
        );
        assert_eq!(made, expected, "{name}");
    }
    let enriched = all(&config, Topic::Enriched).await;
    for record in all(&config, Topic::Flat).await {
        let from = enriched.iter().find(|from| from.key == record.key).unwrap();
        assert_eq!(record.partition, from.partition);
    }
    until("it is counted", async || {
        stage
            .metrics()
            .await
            .contains(r#"omni_activation_outcomes_total{outcome="flattened",reason=""} 9"#)
    })
    .await;
    stage.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_flat_or_a_heartbeat_passes_byte_for_byte() {
    let config = corner(&[Role::Flattener]).await;
    let bodies: [(Kind, &[u8]); 3] = [
        (
            Kind::Flat,
            b"{ \"deal_value\": 1200.50, \"event_permitted_user_ids\": [1] }",
        ),
        (Kind::Heartbeat, br#"{"instance":"0","counts":[]}"#),
        (Kind::Erase, br#"{"person":[7]}"#),
    ];
    let records = bodies.iter().enumerate().map(|(number, (kind, body))| {
        outgoing(
            Topic::Enriched,
            "7",
            &number.to_string(),
            &headers(uuid(number), *kind),
            body,
        )
    });
    send(&config, records.collect()).await;
    let stage = Running::start(&config).await;
    until("all passed", async || {
        all(&config, Topic::Flat).await.len() == bodies.len()
    })
    .await;
    let flat = all(&config, Topic::Flat).await;
    for (record, (_, body)) in flat.iter().zip(bodies) {
        assert_eq!(record.value(), body);
    }
    stage.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_cannot_be_made_flat_is_rejected_and_the_rest_goes_on() {
    let config = corner(&[Role::Flattener]).await;
    let good = examples("enriched").remove(0).1;
    let bad: [(&str, Kind, &[u8]); 4] = [
        ("not_json", Kind::Webhook, b"{"),
        ("not_enriched", Kind::Webhook, b"{}"),
        ("not_flat", Kind::Flat, br#"{"a":{"b":1}}"#),
        ("not_json", Kind::Flat, b"[]"),
    ];
    let mut records = vec![outgoing(
        Topic::Enriched,
        "7",
        "first",
        &headers(uuid(90), Kind::Webhook),
        &good,
    )];
    for (number, (_, kind, body)) in bad.iter().enumerate() {
        records.push(outgoing(
            Topic::Enriched,
            "7",
            "bad",
            &headers(uuid(number), *kind),
            body,
        ));
    }
    let mut bare = outgoing(
        Topic::Enriched,
        "7",
        "bare",
        &headers(uuid(80), Kind::Webhook),
        b"\xff",
    );
    bare.headers = kafka::RecordHeaders::new();
    records.push(bare);
    records.push(outgoing(
        Topic::Enriched,
        "7",
        "last",
        &headers(uuid(91), Kind::Webhook),
        &good,
    ));
    send(&config, records).await;
    let stage = Running::start(&config).await;
    until("all are settled", async || {
        all(&config, Topic::Flat).await.len() == 2 && all(&config, Topic::Rejected).await.len() == 5
    })
    .await;
    let rejected: Vec<Rejected> = all(&config, Topic::Rejected)
        .await
        .iter()
        .map(|record| Rejected::from_json(record.value()).unwrap())
        .collect();
    for (number, ((code, _, body), rejected)) in bad.iter().zip(&rejected).enumerate() {
        assert_eq!(
            (rejected.code.as_str(), rejected.stage.as_str()),
            (*code, "flattener")
        );
        assert_eq!(rejected.event_uuid, uuid(number));
        assert_eq!(rejected.company_id, Some(7));
        assert_eq!(rejected.refused_bytes().unwrap(), *body);
        assert_eq!(rejected.errors.len(), 1);
    }
    let bare = rejected.last().unwrap();
    assert_eq!(bare.code, "headers");
    assert_eq!(bare.refused_bytes().unwrap(), b"\xff");
    stage.stop().await;
}
