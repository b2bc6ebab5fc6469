//! The record as JSON: `{"company_id", "object", "id", "ver", "gone"?, "merged_into"?, "state"?,
//! "metrics"?, "seen": [["uuid", micros], ..]}`. `ver` is a text, for readers that round integers.

use serde::Serialize;
use serde::ser::{SerializeSeq, Serializer};
use serde_json::Value;
use uuid::Uuid;

use super::{EntityRecord, Gone, RecordError, Seen};
use crate::Map;
use crate::entity::{EntityId, Object};
use crate::identity::Ver;
use crate::metrics::Metrics;
use crate::number::value_u64;

#[derive(Serialize)]
struct Written<'a> {
    company_id: u64,
    object: &'a str,
    id: Value,
    ver: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    gone: Option<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    merged_into: Option<Value>,
    #[serde(skip_serializing_if = "Option::is_none")]
    state: Option<&'a Map>,
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

pub(super) fn write(record: &EntityRecord) -> Vec<u8> {
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

pub(super) fn read(value: &[u8]) -> Result<EntityRecord, RecordError> {
    let mut map: Map = serde_json::from_slice(value)?;
    let object = map.get("object").and_then(Value::as_str).map(Object::from);
    let ver = map.get("ver").and_then(Value::as_str).and_then(Ver::parse);
    let gone = gone(&map)?;
    let metrics = match map.remove("metrics") {
        Some(Value::Object(metrics)) => {
            Some(Metrics::from_map(&metrics).ok_or(RecordError::Field("metrics"))?)
        }
        _ => None,
    };
    Ok(EntityRecord {
        company_id: map
            .get("company_id")
            .and_then(value_u64)
            .ok_or(RecordError::Field("company_id"))?,
        object: object.ok_or(RecordError::Field("object"))?,
        id: map
            .get("id")
            .and_then(EntityId::from_value)
            .ok_or(RecordError::Field("id"))?,
        ver: ver.ok_or(RecordError::Field("ver"))?,
        gone,
        state: match map.remove("state") {
            Some(Value::Object(state)) => Some(state),
            _ => None,
        },
        seen: seen(map.get("seen"))?,
        metrics,
    })
}

fn gone(map: &Map) -> Result<Option<Gone>, RecordError> {
    match map.get("gone").and_then(Value::as_str) {
        None => Ok(None),
        Some("deleted") => Ok(Some(Gone::Deleted)),
        Some("merged") => {
            let into = map.get("merged_into").and_then(EntityId::from_value);
            Ok(Some(Gone::Merged {
                into: into.ok_or(RecordError::Field("merged_into"))?,
            }))
        }
        Some(_) => Err(RecordError::Field("gone")),
    }
}

fn seen(value: Option<&Value>) -> Result<Vec<Seen>, RecordError> {
    let items = value
        .and_then(Value::as_array)
        .ok_or(RecordError::Field("seen"))?;
    items
        .iter()
        .map(|item| pair(item).ok_or(RecordError::Field("seen")))
        .collect()
}

fn pair(item: &Value) -> Option<Seen> {
    let uuid = item
        .get(0)?
        .as_str()
        .and_then(|text| Uuid::try_parse(text).ok())?;
    Some(Seen {
        uuid,
        received_at_micro: item.get(1)?.as_i64()?,
    })
}
