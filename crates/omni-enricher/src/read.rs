//! A record of `omni.raw`, read: a change, a flat event, something that only passes, or a refusal.

use event::erasure::Erasure;
use event::flat::key;
use event::outcome::{Fault, faults_of};
use event::{Change, EntityId, Headers, Kind, Map, Object, flatten};
use kafka::Record;
use serde_json::Value;
use uuid::Uuid;

/// What came.
#[derive(Debug)]
pub(crate) enum Incoming {
    /// A heartbeat, or a kind that this stage has no part in.
    Passing(Headers),
    Flat(Headers, Box<FlatEvent>),
    Change(Headers, Box<Change>),
    /// A person is to be forgotten, or may come back: of this company.
    Erase(Headers, u64, Erasure),
    Refused(Box<Refusal>),
}

/// Whose a flat event is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct FlatEvent {
    pub(crate) uuid: Uuid,
    pub(crate) company_id: u64,
    pub(crate) object: Object,
    pub(crate) id: EntityId,
}

impl FlatEvent {
    /// Whose a change is.
    pub(crate) fn of(change: &Change) -> Self {
        Self {
            uuid: change.uuid,
            company_id: change.company_id,
            object: change.object.clone(),
            id: change.id.clone(),
        }
    }
}

/// Why a record cannot be worked.
#[derive(Debug)]
pub(crate) struct Refusal {
    /// `None` when the headers themselves cannot be read.
    pub(crate) headers: Option<Headers>,
    /// From a closed set.
    pub(crate) code: &'static str,
    pub(crate) faults: Vec<Fault>,
}

/// Never fails: what cannot be used is a refusal.
pub(crate) fn read(record: &Record) -> Incoming {
    let headers = match Headers::from_pairs(&record.headers) {
        Ok(headers) => headers,
        Err(error) => return refused(None, "headers", fault("$headers", "headers", error.to_string())),
    };
    match headers.kind {
        Kind::Heartbeat => Incoming::Passing(headers),
        Kind::Erase => match erasure(record) {
            Some((company_id, erasure)) => Incoming::Erase(headers, company_id, erasure),
            None => refused(Some(headers), "not_an_erasure", no_erasure()),
        },
        Kind::Flat => match flat(record.value()) {
            Ok(event) => Incoming::Flat(headers, Box::new(event)),
            Err(fault) => refused(Some(headers), "not_flat", fault),
        },
        Kind::Webhook | Kind::Backfill => match Change::read(headers.kind, record.value()) {
            Ok(change) => Incoming::Change(headers, Box::new(change)),
            Err(refusal) => refused(Some(headers), refusal.code(), faults_of(&refusal)),
        },
    }
}

fn refused(headers: Option<Headers>, code: &'static str, faults: Vec<Fault>) -> Incoming {
    Incoming::Refused(Box::new(Refusal {
        headers,
        code,
        faults,
    }))
}

fn fault(path: &str, rule: &str, message: String) -> Vec<Fault> {
    vec![Fault {
        path: path.to_owned(),
        rule: rule.to_owned(),
        schema_version: None,
        message,
    }]
}

/// Of which company, its key says.
fn erasure(record: &Record) -> Option<(u64, Erasure)> {
    let company_id = record.key_text().split(':').next()?.parse().ok()?;
    Some((company_id, Erasure::read(record.value())?))
}

fn no_erasure() -> Vec<Fault> {
    fault("$", "erasure", "names no person of a company".to_owned())
}

fn flat(value: &[u8]) -> Result<FlatEvent, Vec<Fault>> {
    let no_object = |_| fault("$", "flat", "is no json object".to_owned());
    let event: Map = serde_json::from_slice(value).map_err(no_object)?;
    if !flatten::is_flat(&event) {
        return Err(fault("$", "flat", "has nested values or nulls".to_owned()));
    }
    let lacks = |key: &str| {
        fault(
            &format!("$.{key}"),
            "flat",
            "is missing or not of its type".to_owned(),
        )
    };
    let text = |key: &str| event.get(key).and_then(Value::as_str);
    let id = |key: &str| event.get(key).and_then(EntityId::from_value);
    let word = text(key::EVENT_OBJECT).filter(|word| event::entity::is_word(word));
    Ok(FlatEvent {
        uuid: text(key::EVENT_UUID)
            .and_then(|text| text.parse().ok())
            .ok_or_else(|| lacks(key::EVENT_UUID))?,
        company_id: id(key::EVENT_COMPANY_ID)
            .and_then(|id| id.as_u64())
            .ok_or_else(|| lacks(key::EVENT_COMPANY_ID))?,
        object: word.map(Object::from).ok_or_else(|| lacks(key::EVENT_OBJECT))?,
        id: id(key::EVENT_ID).ok_or_else(|| lacks(key::EVENT_ID))?,
    })
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use kafka::{RecordHeaders, Topic};
    use serde_json::json;

    use super::*;

    fn record(kind: Kind, value: &[u8]) -> Record {
        let headers = Headers::new(Uuid::from_u128(1), kind, "crm", 5);
        Record {
            topic: Topic::Raw,
            partition: 0,
            offset: 0,
            timestamp_ms: 0,
            key: vec![],
            payload: Some(value.to_vec()),
            headers: headers.to_pairs().into(),
        }
    }

    fn code(incoming: Incoming) -> &'static str {
        match incoming {
            Incoming::Passing(_) => "passing",
            Incoming::Flat(..) => "flat",
            Incoming::Change(..) => "change",
            Incoming::Erase(..) => "erase",
            Incoming::Refused(refusal) => refusal.code,
        }
    }

    #[test]
    fn the_kind_decides_how_a_value_is_read() {
        let webhook = br#"{"v":1,"meta":{"action":"added","object":"deal","id":1,"company_id":7,"user_id":1,"timestamp":1}}"#;
        assert_eq!(code(read(&record(Kind::Webhook, webhook))), "change");
        assert_eq!(code(read(&record(Kind::Backfill, webhook))), "change");
        assert_eq!(code(read(&record(Kind::Heartbeat, b"anything"))), "passing");
        assert_eq!(code(read(&record(Kind::Erase, b""))), "not_an_erasure");
        let order = br#"{"object":"person","id":"17"}"#;
        assert_eq!(code(read(&record(Kind::Erase, order))), "not_an_erasure");
        let keyed = Record {
            key: b"7:person:17".to_vec(),
            ..record(Kind::Erase, order)
        };
        assert_eq!(code(read(&keyed)), "erase");
        assert_eq!(code(read(&record(Kind::Webhook, b"<html>"))), "not_json");
        assert_eq!(
            code(read(&record(Kind::Webhook, br#"{"v":1,"meta":{}}"#))),
            "prevalidation"
        );
        let mut headless = record(Kind::Webhook, webhook);
        headless.headers = RecordHeaders::new();
        assert_eq!(code(read(&headless)), "headers");
    }

    #[test]
    fn a_flat_event_says_whose_it_is_or_is_refused() {
        let good = json!({"event_uuid": Uuid::from_u128(4), "event_company_id": 7, "event_object": "deal", "event_id": 31, "deal_value": 1.5});
        let event = flat(good.to_string().as_bytes()).unwrap();
        let expected = FlatEvent {
            uuid: Uuid::from_u128(4),
            company_id: 7,
            object: Object::Deal,
            id: EntityId::from(31),
        };
        assert_eq!(event, expected);
        for (key, bad) in [
            ("event_uuid", json!("x")),
            ("event_company_id", json!("x-y")),
            ("event_object", json!("a:b")),
            ("event_id", json!(true)),
        ] {
            let mut event = good.clone();
            event.as_object_mut().unwrap().insert(key.to_owned(), bad);
            let fault = flat(event.to_string().as_bytes()).unwrap_err().remove(0);
            assert_eq!(fault.path, format!("$.{key}"));
        }
        for value in ["{", "[]", r#"{"a":{}}"#] {
            assert_eq!(code(read(&record(Kind::Flat, value.as_bytes()))), "not_flat");
        }
    }
}
