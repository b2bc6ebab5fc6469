//! Runa, who buys: her person and the deals she wins, as webhooks of this moment.

use event::moment;
use serde_json::{Value, json};
use stage::clock;

use super::own::body;

pub(super) const PERSON: u64 = 51;

pub(super) fn person(company: u64) -> Vec<u8> {
    let data = json!({
        "id": PERSON, "name": "Runa Fjeld", "first_name": "Runa", "last_name": "Fjeld", "org_id": null, "owner_id": 1,
        "emails": [{"value": "Runa@Example.com", "label": "work", "primary": true}], "phones": [], "custom_fields": {},
        "add_time": "2026-01-05T08:00:00Z", "update_time": "2026-01-06T08:00:00Z"
    });
    now(&body(company, "person", PERSON, &data))
        .to_string()
        .into_bytes()
}

pub(super) fn won(company: u64, id: u64, title: &str) -> Value {
    let data = json!({
        "id": id, "title": title, "value": 10 * id, "currency": "EUR", "status": "won", "stage_id": 1, "pipeline_id": 1,
        "owner_id": 1, "person_id": PERSON, "org_id": null, "custom_fields": {}, "add_time": "2026-01-05T08:00:00Z",
        "update_time": "2026-01-06T08:00:00Z"
    });
    now(&body(company, "deal", id, &data))
}

fn now(body: &[u8]) -> Value {
    let mut body: Value = serde_json::from_slice(body).expect("JSON");
    body["meta"]["timestamp"] = json!(moment::to_rfc3339(clock::now_micro()));
    body
}
