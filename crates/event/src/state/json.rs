//! The record as JSON: `{"company_id", "object", "id", "ver", "gone"?, "merged_into"?, "state"?,
//! "metrics"?, "words"?, "seen": [["uuid", micros], ..]}`. `ver` is a text, for readers that round integers.

use std::borrow::Cow;

use serde::Deserialize;
use serde_json::value::RawValue;
use uuid::Uuid;

use super::{EntityRecord, Gone, OrganizationWords, RecordError, Seen, StateForm};
use crate::document::ObjectWriter;
use crate::entity::{EntityId, Object};
use crate::identity::Ver;
use crate::metrics::Metrics;
use crate::number::{decimal_u64, raw_u64};

/// Bytes of an event that was seen, in the text.
const SEEN_BYTES: usize = 60;

pub(super) fn write<S: StateForm>(record: &EntityRecord<S>) -> Vec<u8> {
    let state_bytes = record.state.as_ref().map_or(0, |state| state.as_str().len());
    let mut text = Vec::with_capacity(256 + state_bytes + record.seen.len() * SEEN_BYTES);
    let mut out = ObjectWriter::open(&mut text);
    out.put("company_id", &record.company_id);
    out.put("object", record.object.as_str());
    out.put("id", &record.id.to_json());
    out.put("ver", &record.ver.to_string());
    match &record.gone {
        None => {}
        Some(Gone::Deleted) => out.put("gone", "deleted"),
        Some(Gone::Merged { into }) => {
            out.put("gone", "merged");
            out.put("merged_into", &into.to_json());
        }
    }
    if let Some(state) = &record.state {
        out.put_text("state", state.as_str());
    }
    if let Some(metrics) = &record.metrics {
        let mut figures = out.object("metrics");
        metrics.write(&mut figures);
        figures.close();
    }
    out.put_some("words", record.words.as_ref());
    let seen = |seen: &Seen| (seen.uuid, seen.received_at_micro);
    let seen: Vec<_> = record.seen.iter().map(seen).collect();
    out.put("seen", &seen);
    out.close();
    text
}

/// A value of the topic, nothing of it read.
#[derive(Deserialize)]
struct Read<'a> {
    #[serde(borrow, default)]
    company_id: Option<&'a RawValue>,
    #[serde(borrow, default)]
    object: Option<&'a RawValue>,
    #[serde(borrow, default)]
    id: Option<&'a RawValue>,
    #[serde(borrow, default)]
    ver: Option<&'a RawValue>,
    #[serde(borrow, default)]
    gone: Option<&'a RawValue>,
    #[serde(borrow, default)]
    merged_into: Option<&'a RawValue>,
    #[serde(borrow, default)]
    state: Option<&'a RawValue>,
    #[serde(borrow, default)]
    metrics: Option<&'a RawValue>,
    #[serde(default)]
    words: Option<OrganizationWords>,
    #[serde(borrow, default)]
    seen: Option<&'a RawValue>,
}

pub(super) fn read<S: StateForm>(value: &[u8]) -> Result<EntityRecord<S>, RecordError> {
    // One check of all bytes, and not of each text.
    let value = std::str::from_utf8(value).map_err(|_| RecordError::NotText)?;
    let read: Read<'_> = serde_json::from_str(value)?;
    let object = read.object.and_then(text).map(|word| Object::from(&*word));
    let ver = read.ver.and_then(text).and_then(|ver| Ver::parse(&ver));
    let metrics = read
        .metrics
        .map(|figures| Metrics::read(figures.get()).ok_or(RecordError::Field("metrics")));
    let state = read
        .state
        .map(|text| S::read(text.get()).ok_or(RecordError::Field("state")));
    Ok(EntityRecord {
        company_id: read
            .company_id
            .and_then(raw_u64)
            .ok_or(RecordError::Field("company_id"))?,
        object: object.ok_or(RecordError::Field("object"))?,
        id: read.id.and_then(id).ok_or(RecordError::Field("id"))?,
        ver: ver.ok_or(RecordError::Field("ver"))?,
        gone: gone(read.gone, read.merged_into.and_then(id))?,
        state: state.transpose()?,
        seen: seen(read.seen)?,
        metrics: metrics.transpose()?,
        words: read.words,
    })
}

fn text(value: &RawValue) -> Option<Cow<'_, str>> {
    let plain = value.get().strip_prefix('"')?.strip_suffix('"')?;
    if plain.contains('\\') {
        return serde_json::from_str(value.get()).ok().map(Cow::Owned);
    }
    Some(Cow::Borrowed(plain))
}

fn id(value: &RawValue) -> Option<EntityId> {
    let number = decimal_u64(value.get()).map(EntityId::from);
    number.or_else(|| EntityId::from_value(&serde_json::from_str(value.get()).ok()?))
}

fn gone(word: Option<&RawValue>, into: Option<EntityId>) -> Result<Option<Gone>, RecordError> {
    match word.map(|word| text(word).unwrap_or_default()).as_deref() {
        None => Ok(None),
        Some("deleted") => Ok(Some(Gone::Deleted)),
        Some("merged") => Ok(Some(Gone::Merged {
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
