//! Webhooks v2: `data`, then what changed, then the envelope; compact, ids as text.

use serde::Serialize;
use serde_json::Value;
use uuid::Uuid;

use super::{Action, Change, Shot, Subscriber};
use crate::entity::Object;

/// Changed without being listed in `previous`, as recorded deliveries show.
const UNLISTED: &[&str] = &["update_time", "stage_change_time"];

#[derive(Serialize)]
struct Body<'a> {
    data: Option<Object>,
    previous: Option<Object>,
    meta: Meta<'a>,
}

#[derive(Serialize)]
struct Meta<'a> {
    action: &'static str,
    company_id: String,
    correlation_id: Uuid,
    entity_id: String,
    entity: &'static str,
    id: Uuid,
    is_bulk_edit: bool,
    timestamp: String,
    r#type: &'static str,
    user_id: String,
    version: &'static str,
    webhook_id: String,
    webhook_owner_id: String,
    change_source: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    permitted_user_ids: Option<Vec<String>>,
    attempt: u8,
    host: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    merged_to_id: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    merged_from_id: Option<&'a str>,
}

pub(super) fn body(change: &Change, subscriber: Subscriber, attempt: u8) -> Option<Vec<u8>> {
    let whole = |shot: &Option<Shot>| shot.as_ref().map(|shot| shot.entity.v2());
    let data = whole(&change.after);
    let before = whole(&change.before);
    let previous = match (change.action, &data, before) {
        (Action::Updated | Action::Merged, Some(data), Some(before)) => Some(difference(before, data)),
        (_, _, before) => before,
    };
    let object = change.object();
    let permitted = || change.permitted.iter().map(u64::to_string).collect();
    let body = Body {
        data,
        previous,
        meta: Meta {
            action: change.action.v2(),
            company_id: change.company.to_string(),
            correlation_id: change.correlation,
            entity_id: change.id(),
            entity: object,
            id: change.uuid,
            is_bulk_edit: change.bulk,
            timestamp: change.at.rfc3339_millis(),
            r#type: "general",
            user_id: change.user.to_string(),
            version: "2.0",
            webhook_id: subscriber.webhook.to_string(),
            webhook_owner_id: subscriber.owner.to_string(),
            change_source: if change.by_api { "api" } else { "app" },
            permitted_user_ids: (object != "user").then(permitted),
            attempt,
            host: &change.host,
            merged_to_id: change.merged_into.as_deref(),
            merged_from_id: change.merged_from.as_deref(),
        },
    };
    serde_json::to_vec(&body).ok()
}

/// The old values of what changed; custom fields one by one.
fn difference(before: Object, after: &Object) -> Object {
    let mut changed = Object::new();
    for (key, old) in before {
        if UNLISTED.contains(&key.as_str()) || after.get(&key) == Some(&old) {
            continue;
        }
        let old = match (old, after.get(&key)) {
            (Value::Object(old), Some(Value::Object(new))) if key == "custom_fields" => Value::Object(
                old.into_iter()
                    .filter(|(hash, value)| new.get(hash) != Some(value))
                    .collect(),
            ),
            (old, _) => old,
        };
        changed.insert(key, old);
    }
    changed
}
