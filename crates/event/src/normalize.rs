//! A webhook of either version becomes a [`Change`].
//!
//! Identity and order come from `meta` and the received text; the state is put into one canonical
//! form. Nothing the webhook carried is refused for being unknown, and nothing is made up.

mod canonical;
mod v1;
mod v2;

use serde_json::Value;
use serde_json::value::RawValue;

use crate::change::{Change, Permitted};
use crate::document::{Document, Draft, Piece};
use crate::entity::{EntityId, Object};
use crate::number::value_u64;
use crate::webhook::{Refusal, Version, Webhook};
use crate::{identity, moment};

pub use canonical::canonical;

/// Makes the change of a webhook that passed [`crate::prevalidate::check`].
pub fn change(webhook: Webhook<'_>) -> Result<Change, Refusal> {
    match webhook.version() {
        Version::V1 => v1::change(webhook),
        Version::V2 => v2::change(webhook),
    }
}

/// What the collector puts into the headers and the key, without reading the states.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Envelope {
    pub object: Object,
    pub action: crate::Action,
    pub id: EntityId,
    pub company_id: u64,
    pub time_micro: i64,
    pub uuid: uuid::Uuid,
}

/// Identity of a webhook that passed prevalidation.
pub fn envelope(webhook: &Webhook<'_>) -> Result<Envelope, Refusal> {
    match webhook.version() {
        Version::V1 => v1::envelope(webhook),
        Version::V2 => v2::envelope(webhook),
    }
}

fn identify(webhook: &Webhook<'_>, given: Option<&str>, envelope: &Envelope) -> uuid::Uuid {
    identity::event_uuid(&identity::Identity {
        given,
        company_id: envelope.company_id,
        object: &envelope.object,
        id: &envelope.id,
        action: envelope.action,
        time_micro: envelope.time_micro,
        content: identity::content(received(webhook.current()), received(webhook.previous())),
    })
}

fn received(raw: Option<&RawValue>) -> &str {
    raw.map_or("", RawValue::get)
}

/// The state in a raw `current`, `data` or `previous`, in canonical form: an object, or the list that holds it.
fn state(raw: Option<&RawValue>, object: &Object, id: &EntityId) -> Result<Option<Document>, Refusal> {
    let Some(raw) = raw else { return Ok(None) };
    let draft = match raw.get().as_bytes().first() {
        Some(b'{') => Some(read(raw.get())?),
        Some(b'[') => of_list(raw.get(), id)?,
        _ => None,
    };
    Ok(draft.map(|draft| canonical::settle(object, draft)))
}

/// Of the objects in a list the one with this id, else the first.
fn of_list<'a>(text: &'a str, id: &EntityId) -> Result<Option<Draft<'a>>, Refusal> {
    let items: Vec<&'a RawValue> = serde_json::from_str(text).map_err(|_| unreadable())?;
    let objects = items.into_iter().map(RawValue::get);
    let objects = objects.filter(|item| item.starts_with('{'));
    let mut states = objects.map(read).collect::<Result<Vec<_>, _>>()?;
    let own = |state: &Draft<'_>| state.get("id").and_then(Piece::to_id).as_ref() == Some(id);
    let at = states.iter().position(own).unwrap_or(0);
    Ok((at < states.len()).then(|| states.swap_remove(at)))
}

fn read(state: &str) -> Result<Draft<'_>, Refusal> {
    Draft::read(state).ok_or_else(unreadable)
}

fn unreadable() -> Refusal {
    Refusal::NotAWebhook("state is nested too deeply, or has an escape that is no character".to_owned())
}

/// `permitted_user_ids`: numbers, digits, or `"*"`.
fn permitted(value: Option<&Value>) -> Permitted {
    let Some(Value::Array(items)) = value else {
        return Permitted::Unknown;
    };
    if items.iter().any(|item| item == "*") {
        return Permitted::Everyone;
    }
    Permitted::Users(items.iter().filter_map(value_u64).collect())
}

/// Text of a text or a number.
fn text(value: Option<&Value>) -> Option<String> {
    match value? {
        Value::String(text) => Some(text.clone()),
        Value::Number(number) => Some(number.to_string()),
        _ => None,
    }
}

/// Microseconds of a time given as a number (or digits) of `per_second` units, or as text.
fn time(value: Option<&Value>, per_second: i64) -> Option<i64> {
    let value = value?;
    if let Some(units) = value_u64(value) {
        let micros = i64::try_from(units).ok()?.checked_mul(1_000_000 / per_second)?;
        return moment::is_in_range(micros).then_some(micros);
    }
    moment::parse(value.as_str()?.trim())
}

/// A property that prevalidation has seen and that is gone nevertheless.
fn lost(property: &str) -> Refusal {
    Refusal::NotAWebhook(format!("{property} cannot be read"))
}

#[cfg(test)]
mod tests;
