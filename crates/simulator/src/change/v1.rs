//! Webhooks v1: both sides whole, ids as numbers, times in seconds and microseconds.

use serde::Serialize;
use serde_json::{Value, json};

use super::{Change, Shot, Subscriber, Version};

/// How long after the change Pipedrive says it was made ready, in milliseconds.
const PREPUBLISH_MILLIS: i64 = 15;

#[derive(Serialize)]
struct Body<'a> {
    v: u8,
    matches_filters: Option<&'a Value>,
    meta: Meta<'a>,
    current: Option<Value>,
    previous: Option<Value>,
    event: String,
    retry: u8,
}

#[derive(Serialize)]
struct Meta<'a> {
    action: &'static str,
    change_source: &'static str,
    company_id: u64,
    host: &'a str,
    id: u64,
    is_bulk_update: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    matches_filters: Option<&'a Value>,
    object: &'static str,
    permitted_user_ids: Value,
    pipedrive_service_name: bool,
    timestamp: i64,
    timestamp_micro: i64,
    prepublish_timestamp: i64,
    trans_pending: bool,
    user_id: u64,
    v: u8,
    webhook_id: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    send_activity_notifications: Option<bool>,
}

pub(super) fn body(change: &Change, subscriber: Subscriber, attempt: u8) -> Option<Vec<u8>> {
    if !change.is_told_by(Version::V1) {
        return None;
    }
    let object = change.object();
    // Configuration objects match no filters and are shown to all.
    let configuration = matches!(object, "user" | "stage" | "pipeline");
    let filters = json!({"current": [], "previous": []});
    let filters = (!configuration).then_some(&filters);
    let everybody = configuration || object == "activity";
    let body = Body {
        v: 1,
        matches_filters: filters,
        meta: Meta {
            action: change.action.v1(),
            change_source: if change.by_api { "api" } else { "app" },
            company_id: change.company,
            host: &change.host,
            id: change.id().parse().ok()?,
            is_bulk_update: change.bulk,
            matches_filters: filters,
            object,
            permitted_user_ids: if everybody {
                json!(["*"])
            } else {
                json!(*change.permitted)
            },
            pipedrive_service_name: false,
            timestamp: change.at.seconds(),
            timestamp_micro: change.at.micros(),
            prepublish_timestamp: change.at.millis() + PREPUBLISH_MILLIS,
            trans_pending: false,
            user_id: change.user,
            v: 1,
            webhook_id: subscriber.webhook.to_string(),
            send_activity_notifications: (object == "activity").then_some(false),
        },
        current: side(change.after.as_ref()),
        previous: side(change.before.as_ref()),
        event: format!("{}.{object}", change.action.v1()),
        retry: attempt.saturating_sub(1),
    };
    serde_json::to_vec(&body).ok()
}

/// One side of the change: whole, and for a user a list of one.
fn side(shot: Option<&Shot>) -> Option<Value> {
    let shot = shot?;
    let whole = Value::Object(shot.entity.v1(&shot.names)?);
    Some(if shot.entity.object() == "user" {
        json!([whole])
    } else {
        whole
    })
}
