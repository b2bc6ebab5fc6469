//! Webhooks v2: `{data, previous, meta}`, put into v1's words.
//!
//! A merge arrives as `change` with `merged_from_id` (the survivor) and as `delete` with
//! `merged_to_id` (the loser, which stays `deleted`).

use serde_json::Value;

use super::{Envelope, identify, lost, permitted, state, text, time};
use crate::change::Change;
use crate::entity::{Action, EntityId, Object};
use crate::identity::Ver;
use crate::number::value_u64;
use crate::webhook::{Refusal, Webhook};

pub(super) fn envelope(webhook: &Webhook<'_>) -> Result<Envelope, Refusal> {
    let meta = webhook.meta();
    let word = meta
        .get("action")
        .and_then(Value::as_str)
        .and_then(Action::from_word);
    let action = match word.ok_or_else(|| lost("meta.action"))? {
        Action::Updated if merged(meta.get("merged_from_id")).is_some() => Action::Merged,
        action => action,
    };
    let mut envelope = Envelope {
        object: meta
            .get("entity")
            .and_then(Value::as_str)
            .map(Object::from)
            .ok_or_else(|| lost("meta.entity"))?,
        action,
        id: meta
            .get("entity_id")
            .and_then(EntityId::from_value)
            .ok_or_else(|| lost("meta.entity_id"))?,
        company_id: meta
            .get("company_id")
            .and_then(value_u64)
            .ok_or_else(|| lost("meta.company_id"))?,
        time_micro: time(meta.get("timestamp"), 1).ok_or_else(|| lost("meta.timestamp"))?,
        uuid: uuid::Uuid::nil(),
    };
    envelope.uuid = identify(webhook, meta.get("id").and_then(Value::as_str), &envelope);
    Ok(envelope)
}

fn merged(value: Option<&Value>) -> Option<EntityId> {
    value.and_then(EntityId::from_value)
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
        "id",
        "entity",
        "action",
        "entity_id",
        "company_id",
        "timestamp",
        "attempt",
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
        is_bulk: meta.remove("is_bulk_edit").as_ref().and_then(Value::as_bool),
        change_source: text(meta.remove("change_source").as_ref()),
        merged_into: merged(meta.remove("merged_to_id").as_ref()),
        merged_from: merged(meta.remove("merged_from_id").as_ref()),
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
