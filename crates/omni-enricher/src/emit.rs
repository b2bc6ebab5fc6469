//! Records to be written: they stay on the partition they came from and keep its headers.

use event::flat::FlatEvent;
use event::outcome::{Fault, Filtered, Rejected, ValueEncoding};
use event::{Headers, identity, moment};
use kafka::{Outgoing, Placement, Record, Topic};

use crate::read::Refusal;
use crate::states::Rewritten;

/// As it stands in rejections and filter records.
pub(crate) const STAGE: &str = "enricher";

/// The record itself, unchanged, for the next stage.
pub(crate) fn passed(record: &Record) -> Outgoing {
    enriched(record, record.value().to_vec())
}

/// An enriched event in the place of the raw one.
pub(crate) fn enriched(record: &Record, value: Vec<u8>) -> Outgoing {
    outgoing(Topic::Enriched, record, value)
}

/// A refusal, with the value it refuses.
pub(crate) fn rejected(record: &Record, refusal: &Refusal) -> Outgoing {
    let (value, value_encoding) = ValueEncoding::write(record.value());
    let source = refusal.headers.as_ref().map(|headers| headers.source.clone());
    let unreadable = || identity::uuid_of_unreadable(source.as_deref().unwrap_or_default(), record.value());
    let rejected = Rejected {
        stage: STAGE.to_owned(),
        code: refusal.code.to_owned(),
        errors: refusal.faults.clone(),
        event_uuid: refusal
            .headers
            .as_ref()
            .map_or_else(unreadable, |headers| headers.event_uuid),
        company_id: record
            .key_text()
            .split(':')
            .next()
            .and_then(|company| company.parse().ok()),
        source,
        topic: Some(record.topic.short().to_owned()),
        received_at: refusal
            .headers
            .as_ref()
            .map(|headers| moment::to_rfc3339(headers.received_at_micro)),
        value,
        value_encoding,
    };
    outgoing(Topic::Rejected, record, rejected.to_json())
}

/// Left out by a rule.
pub(crate) fn filtered(record: &Record, headers: &Headers, event: &FlatEvent, rule: &str) -> Outgoing {
    let filtered = Filtered {
        event_uuid: event.uuid,
        stage: STAGE.to_owned(),
        rule: rule.to_owned(),
        company_id: Some(event.company_id),
        object: Some(event.object.to_string()),
        id: Some(event.id.to_string()),
        source: Some(headers.source.clone()),
        received_at: Some(moment::to_rfc3339(headers.received_at_micro)),
    };
    outgoing(Topic::Filtered, record, filtered.to_json())
}

/// The last state of an entity.
pub(crate) fn entity(rewritten: Rewritten) -> Outgoing {
    let headers = Headers {
        object: Some(rewritten.object),
        ..rewritten.cause
    };
    Outgoing {
        topic: Topic::Entities,
        placement: Placement::Partition(rewritten.partition),
        key: rewritten.key.into_bytes(),
        payload: rewritten.value,
        headers: headers.to_pairs().into(),
    }
}

/// What to write instead of a record that its topic would not take: a rejection without the value, which
/// stays in the raw archive. A state that large cannot be kept; an event that is a rejection already
/// leaves its faults.
pub(crate) fn oversized(refused: Outgoing, bytes: usize) -> Option<Outgoing> {
    if refused.topic == Topic::Entities {
        return None;
    }
    let headers = Headers::from_pairs(&refused.headers).ok();
    let fault = Fault {
        path: "$".to_owned(),
        rule: "record_bytes_max".to_owned(),
        schema_version: None,
        message: format!("record of {bytes} bytes is more than its topic takes"),
    };
    let rejected = Rejected {
        stage: STAGE.to_owned(),
        code: "oversized".to_owned(),
        errors: vec![fault],
        event_uuid: headers
            .as_ref()
            .map(|headers| headers.event_uuid)
            .unwrap_or_default(),
        company_id: None,
        source: headers.as_ref().map(|headers| headers.source.clone()),
        topic: Some(Topic::Raw.short().to_owned()),
        received_at: headers.map(|headers| moment::to_rfc3339(headers.received_at_micro)),
        value: String::new(),
        value_encoding: ValueEncoding::Text,
    };
    Some(Outgoing {
        topic: Topic::Rejected,
        payload: Some(rejected.to_json()),
        ..refused
    })
}

fn outgoing(topic: Topic, record: &Record, value: Vec<u8>) -> Outgoing {
    Outgoing {
        topic,
        placement: Placement::Partition(record.partition),
        key: record.key.clone(),
        payload: Some(value),
        headers: record.headers.clone(),
    }
}
