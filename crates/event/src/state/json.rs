//! The record as JSON: `{"company_id", "object", "id", "ver", "gone"?, "merged_into"?, "state"?,
//! "metrics"?, "seen": [["uuid", micros], ..]}`. `ver` is a text, for readers that round integers.

use serde::ser::{SerializeSeq, Serializer};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use serde_json::value::RawValue;
use uuid::Uuid;

use super::{EntityRecord, Gone, RecordError, Seen, StateForm};
use crate::Map;
use crate::entity::{EntityId, Object};
use crate::identity::Ver;
use crate::metrics::Metrics;
use crate::number::value_u64;

#[derive(Serialize)]
struct Written<'a, S> {
    company_id: u64,
    object: &'a str,
    id: Value,
    ver: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    gone: Option<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    merged_into: Option<Value>,
    #[serde(skip_serializing_if = "Option::is_none")]
    state: Option<&'a S>,
    #[serde(skip_serializing_if = "Option::is_none")]
    metrics: Option<Map>,
    #[serde(serialize_with = "seen_pairs")]
    seen: &'a [Seen],
}

fn seen_pairs<S: Serializer>(seen: &[Seen], serializer: S) -> Result<S::Ok, S::Error> {
    let mut list = serializer.serialize_seq(Some(seen.len()))?;
    for one in seen {
        list.serialize_element(&(one.uuid, one.received_at_micro))?;
    }
    list.end()
}

pub(super) fn write<S: StateForm>(record: &EntityRecord<S>) -> Vec<u8> {
    let written = Written {
        company_id: record.company_id,
        object: record.object.as_str(),
        id: record.id.to_json(),
        ver: record.ver.to_string(),
        gone: record.gone.as_ref().map(|gone| match gone {
            Gone::Deleted => "deleted",
            Gone::Merged { .. } => "merged",
        }),
        merged_into: match &record.gone {
            Some(Gone::Merged { into }) => Some(into.to_json()),
            _ => None,
        },
        state: record.state.as_ref(),
        metrics: record.metrics.as_ref().map(Metrics::to_map),
        seen: &record.seen,
    };
    // Texts, numbers and maps with text keys: nothing here can fail to be written.
    serde_json::to_vec(&written).unwrap_or_default()
}

/// A value of the topic, its state unread.
#[derive(Deserialize)]
struct Read<'a> {
    #[serde(default)]
    company_id: Option<Value>,
    #[serde(default)]
    object: Option<Value>,
    #[serde(default)]
    id: Option<Value>,
    #[serde(default)]
    ver: Option<Value>,
    #[serde(default)]
    gone: Option<Value>,
    #[serde(default)]
    merged_into: Option<Value>,
    #[serde(borrow, default)]
    state: Option<&'a RawValue>,
    #[serde(default)]
    metrics: Option<Map>,
    #[serde(borrow, default)]
    seen: Option<&'a RawValue>,
}

pub(super) fn read<S: StateForm>(value: &[u8]) -> Result<EntityRecord<S>, RecordError> {
    let read: Read<'_> = serde_json::from_slice(value)?;
    let object = read.object.as_ref().and_then(Value::as_str).map(Object::from);
    let ver = read.ver.as_ref().and_then(Value::as_str).and_then(Ver::parse);
    let metrics = read
        .metrics
        .as_ref()
        .map(|map| Metrics::from_map(map).ok_or(RecordError::Field("metrics")));
    let state = read
        .state
        .map(|text| S::read(text).ok_or(RecordError::Field("state")));
    let id = |value: Option<&Value>| value.and_then(EntityId::from_value);
    Ok(EntityRecord {
        company_id: read
            .company_id
            .as_ref()
            .and_then(value_u64)
            .ok_or(RecordError::Field("company_id"))?,
        object: object.ok_or(RecordError::Field("object"))?,
        id: id(read.id.as_ref()).ok_or(RecordError::Field("id"))?,
        ver: ver.ok_or(RecordError::Field("ver"))?,
        gone: gone(read.gone.as_ref(), id(read.merged_into.as_ref()))?,
        state: state.transpose()?,
        seen: seen(read.seen)?,
        metrics: metrics.transpose()?,
    })
}

fn gone(word: Option<&Value>, into: Option<EntityId>) -> Result<Option<Gone>, RecordError> {
    match word.map(Value::as_str) {
        None => Ok(None),
        Some(Some("deleted")) => Ok(Some(Gone::Deleted)),
        Some(Some("merged")) => Ok(Some(Gone::Merged {
            into: into.ok_or(RecordError::Field("merged_into"))?,
        })),
        Some(_) => Err(RecordError::Field("gone")),
    }
}

fn seen(text: Option<&RawValue>) -> Result<Vec<Seen>, RecordError> {
    let pairs: Option<Vec<(Uuid, i64)>> = text.and_then(|text| serde_json::from_str(text.get()).ok());
    let pairs = pairs.ok_or(RecordError::Field("seen"))?;
    Ok(pairs
        .into_iter()
        .map(|(uuid, received_at_micro)| Seen {
            uuid,
            received_at_micro,
        })
        .collect())
}
