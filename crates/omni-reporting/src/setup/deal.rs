//! The test deal as Pipedrive's webhooks v2 would tell of it: created open, or deleted.
use serde_json::{Value, json};
use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;
use time::macros::format_description;
use uuid::Uuid;

use super::TestEvent;

/// The same each time, so that whatever was sent twice is removed at once.
const ID: u64 = 1;
const TITLE: &str = "Omni test deal";

pub(super) fn body(event: TestEvent, company: u64, currency: &str, uuid: Uuid, now: OffsetDateTime) -> Value {
    let seconds = now.replace_nanosecond(0).unwrap_or(now);
    let at = seconds.format(&Rfc3339).unwrap_or_default();
    let deal = json!({
        "id": ID, "title": TITLE, "value": 1000, "currency": currency, "status": "open",
        "creator_user_id": 1, "owner_id": 1, "person_id": null, "org_id": null,
        "stage_id": 1, "pipeline_id": 1, "probability": null, "label_ids": [],
        "add_time": at, "update_time": at, "stage_change_time": null,
        "close_time": null, "won_time": null, "lost_time": null, "first_won_time": null, "lost_reason": null, "expected_close_date": null,
        "is_archived": false, "archive_time": null, "custom_fields": {}, "visible_to": "3",
        "origin": "ManuallyCreated", "origin_id": null, "channel": null, "channel_id": null,
    });
    let (action, data, previous) = match event {
        TestEvent::Send => ("create", deal, Value::Null),
        TestEvent::Remove => ("delete", Value::Null, deal),
    };
    let precise = now
        .format(format_description!(
            "[year]-[month]-[day]T[hour]:[minute]:[second].[subsecond digits:3]Z"
        ))
        .unwrap_or_default();
    json!({
        "data": data,
        "previous": previous,
        "meta": {
            "action": action, "company_id": company.to_string(), "correlation_id": uuid, "entity_id": ID.to_string(),
            "entity": "deal", "id": uuid, "is_bulk_edit": false, "timestamp": precise, "type": "general",
            "user_id": "1", "version": "2.0", "webhook_id": "0", "webhook_owner_id": "1", "change_source": "app",
            "permitted_user_ids": ["1"], "attempt": 1, "host": "omni.test",
        },
    })
}
