//! One event of each kind, through the running program.
use event::{Headers, Kind};
use kafka::Topic;
use serde_json::{Value, json};
use uuid::Uuid;

use crate::support::{Program, all, await_records, corner, deal, raw, send, webhook};

#[test]
fn an_event_comes_out_enriched_on_its_own_partition() {
    let config = corner(4);
    let state = tempfile::tempdir().unwrap();
    let _program = Program::start(&config, state.path(), "0");
    let person =
        json!({"id": 5, "first_name": "Runa", "emails": [{"value": "runa@example.com", "primary": true}]});
    let beat = Headers::new(Uuid::from_u128(1), Kind::Heartbeat, "omni.collector", 0);
    let broken = Headers::new(Uuid::from_u128(2), Kind::Webhook, "crm", 0);
    let records = vec![
        webhook(7, "person", 5, 0, person),
        deal(7, 31, 1, 5, 100),
        deal(7, 31, 1, 5, 100),
        raw("7".into(), "heartbeat".into(), &beat, b"{\"last\": 1}".to_vec()),
        raw("7".into(), "x".into(), &broken, b"<html>".to_vec()),
    ];
    send(&config, records);
    await_records(&config, &[Topic::Enriched, Topic::Filtered, Topic::Rejected], 5);
    let enriched = all(&config, Topic::Enriched);
    let raw = all(&config, Topic::Raw);
    assert!(enriched.iter().all(|record| record.partition == raw[0].partition));
    let event: Value = serde_json::from_slice(enriched[1].value()).unwrap();
    let flat = event::flatten::flatten(&event).unwrap();
    assert_eq!(
        (&flat["contact_email"], &flat["metrics_total_deals"]),
        (&json!("runa@example.com"), &json!(1))
    );
    assert_eq!(enriched[2].value(), b"{\"last\": 1}");
    assert_eq!(enriched.len(), 3);
    let filtered: Value = serde_json::from_slice(all(&config, Topic::Filtered)[0].value()).unwrap();
    assert_eq!(filtered["rule"], json!("duplicate"));
    let rejected: Value = serde_json::from_slice(all(&config, Topic::Rejected)[0].value()).unwrap();
    assert_eq!(
        (&rejected["code"], &rejected["value"]),
        (&json!("not_json"), &json!("<html>"))
    );
}
