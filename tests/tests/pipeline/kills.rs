//! Accepted means kept, whichever stage is killed meanwhile.

use std::process::Command;

use serde_json::json;

use super::company::Company;
use super::dev::{LIVES, dev};

const COMPANY: u64 = Company::Killed.id();
const EVENTS: u64 = 400;
/// Each stage is killed once, at these events.
const KILLS: [(u64, &str); 4] = [
    (80, "collector"),
    (160, "enricher"),
    (240, "activation"),
    (320, "loader"),
];

fn won_deal(id: u64) -> Vec<u8> {
    let data = json!({
        "id": id, "title": format!("Kept {id}"), "value": 10, "currency": "EUR", "status": "won", "stage_id": 1,
        "pipeline_id": 1, "owner_id": 1, "person_id": null, "org_id": null, "custom_fields": {},
        "add_time": "2026-01-05T08:00:00Z", "update_time": "2026-01-06T08:00:00Z", "won_time": "2026-01-06T08:00:00Z"
    });
    let meta = json!({
        "action": "change", "company_id": COMPANY.to_string(), "correlation_id": uuid::Uuid::new_v4().to_string(),
        "entity_id": id.to_string(), "entity": "deal", "id": uuid::Uuid::new_v4().to_string(), "is_bulk_edit": false,
        "timestamp": "2026-01-06T08:00:00.000Z", "type": "general", "user_id": "1", "version": "2.0",
        "webhook_id": "1", "webhook_owner_id": "1", "change_source": "app", "permitted_user_ids": ["1"],
        "attempt": 1, "host": "kills.pipedrive.com"
    });
    json!({"data": data, "previous": null, "meta": meta})
        .to_string()
        .into_bytes()
}

/// Posts until accepted, as Pipedrive retries; a bounded number of times.
async fn deliver(client: &reqwest::Client, body: &[u8]) {
    for _ in 0..600 {
        if dev()
            .post(client, body.to_vec())
            .await
            .is_ok_and(|status| status.is_success())
        {
            return;
        }
        tokio::task::spawn_blocking(|| std::thread::park_timeout(std::time::Duration::from_millis(100)))
            .await
            .expect("a pause");
    }
    panic!("the collector took nothing for a minute");
}

fn kill_nine(stage: &str) {
    let pid = dev().pid(stage);
    let status = Command::new("kill")
        .args(["-9", &pid.to_string()])
        .status()
        .expect("kill runs");
    assert!(status.success(), "no process {pid} of {stage} to kill");
}

#[tokio::test]
async fn accepted_events_outlive_a_kill_of_every_stage() {
    let _lives = LIVES.lock().await;
    let (dev, client) = (dev(), reqwest::Client::new());
    for number in 0..EVENTS {
        if let Some((_, stage)) = KILLS.iter().find(|(at, _)| *at == number) {
            kill_nine(stage);
        }
        deliver(&client, &won_deal(number + 1)).await;
    }
    let ours = format!("event_company_id = {COMPANY}");
    dev.wait_for_count(
        &client,
        &format!("SELECT uniqExact(deal_id) FROM deal_events WHERE {ours}"),
        EVENTS,
    )
    .await;
    dev.wait_for_count(
        &client,
        &format!("SELECT count() FROM deals FINAL WHERE {ours}"),
        EVENTS,
    )
    .await;
}
