//! Webhooks v1: `{v, event, retry, meta, current, previous, matches_filters}`.
//!
//! The 2017 form has `timestamp_milli` for `timestamp_micro`; both states are complete.

use serde_json::Value;

use super::{Envelope, identify, lost, permitted, state, text, time};
use crate::Map;
use crate::change::Change;
use crate::entity::{Action, EntityId, Object};
use crate::identity::Ver;
use crate::number::value_u64;
use crate::webhook::{Refusal, Webhook};

pub(super) fn envelope(webhook: &Webhook<'_>) -> Result<Envelope, Refusal> {
    let meta = webhook.meta();
    let mut envelope = Envelope {
        object: meta
            .get("object")
            .and_then(Value::as_str)
            .map(Object::from)
            .ok_or_else(|| lost("meta.object"))?,
        action: meta
            .get("action")
            .and_then(Value::as_str)
            .and_then(Action::from_word)
            .ok_or_else(|| lost("meta.action"))?,
        id: meta
            .get("id")
            .and_then(EntityId::from_value)
            .ok_or_else(|| lost("meta.id"))?,
        company_id: meta
            .get("company_id")
            .and_then(value_u64)
            .ok_or_else(|| lost("meta.company_id"))?,
        time_micro: time_micro(meta).ok_or_else(|| lost("meta.timestamp"))?,
        uuid: uuid::Uuid::nil(),
    };
    envelope.uuid = identify(webhook, None, &envelope);
    Ok(envelope)
}

fn time_micro(meta: &Map) -> Option<i64> {
    time(meta.get("timestamp_micro"), 1_000_000)
        .or_else(|| time(meta.get("timestamp_milli"), 1_000))
        .or_else(|| time(meta.get("timestamp"), 1))
}

pub(super) fn change(webhook: Webhook<'_>) -> Result<Change, Refusal> {
    let envelope = envelope(&webhook)?;
    let Envelope {
        object,
        action,
        id,
        company_id,
        time_micro,
        uuid,
    } = envelope;
    let current = state(webhook.current(), &object, &id)?;
    let previous = state(webhook.previous(), &object, &id)?;
    let (version, attempt) = (webhook.version(), webhook.attempt());
    let (mut meta, matches_filters) = webhook.into_meta();
    for taken in [
        "object",
        "action",
        "id",
        "company_id",
        "matches_filters",
        "timestamp",
        "timestamp_micro",
    ] {
        meta.remove(taken);
    }
    Ok(Change {
        version,
        user_id: meta.remove("user_id").as_ref().and_then(value_u64),
        host: text(meta.remove("host").as_ref()),
        time_micro,
        uuid,
        ver: Ver::compute(time_micro, &uuid, 0),
        revision: 0,
        current,
        previous,
        permitted: permitted(meta.remove("permitted_user_ids").as_ref()),
        is_bulk: meta.remove("is_bulk_update").as_ref().and_then(Value::as_bool),
        change_source: text(meta.remove("change_source").as_ref()),
        merged_into: None,
        merged_from: None,
        webhook_id: text(meta.remove("webhook_id").as_ref()),
        attempt,
        meta,
        matches_filters,
        object,
        action,
        id,
        company_id,
    })
}
