//! A record of `omni.raw`, read: a change, a flat event, something that only passes, or a refusal.

use event::erasure::Erasure;
use event::flat::{FlatEvent, strip_foreign};
use event::outcome::{Fault, faults_of};
use event::{Change, Headers, Kind, Map, flatten};
use kafka::Record;

/// What came.
#[derive(Debug)]
pub(crate) enum Incoming {
    /// A heartbeat, or a kind that this stage has no part in.
    Passing(Headers),
    Flat(Headers, Box<Flat>),
    Change(Headers, Box<Change>),
    /// A person is to be forgotten, or may come back: of this company.
    Erase(Headers, u64, Erasure),
    Refused(Box<Refusal>),
}

/// A flat event.
#[derive(Debug)]
pub(crate) struct Flat {
    pub(crate) event: FlatEvent,
    /// What is left of it, where whoever carried it had added keys of its own.
    pub(crate) stripped: Option<Map>,
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

fn flat(value: &[u8]) -> Result<Flat, Vec<Fault>> {
    let no_object = |_| fault("$", "flat", "is no json object".to_owned());
    let mut event: Map = serde_json::from_slice(value).map_err(no_object)?;
    let is_stripped = strip_foreign(&mut event);
    let unflat: Vec<Fault> = flatten::unflat(&event)
        .flat_map(|key| fault(&format!("$.{key}"), "flat", "is nested or null".to_owned()))
        .collect();
    if !unflat.is_empty() {
        return Err(unflat);
    }
    Ok(Flat {
        event: FlatEvent::read(&event)?,
        stripped: is_stripped.then_some(event),
    })
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use kafka::{RecordHeaders, Topic};
    use serde_json::json;
    use uuid::Uuid;

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
        let read = flat(good.to_string().as_bytes()).unwrap();
        assert_eq!((read.event.uuid, read.stripped), (Uuid::from_u128(4), None));
        for (key, bad) in [
            ("event_uuid", json!("x")),
            ("event_id", json!(true)),
            ("deal_value", json!(null)),
            ("deal_label", json!([["a"]])),
        ] {
            let mut event = good.clone();
            event.as_object_mut().unwrap().insert(key.to_owned(), bad);
            let fault = flat(event.to_string().as_bytes()).unwrap_err().remove(0);
            assert_eq!(fault.path, format!("$.{key}"));
        }
        for value in ["{", "[]", r#"{"a":{}}"#] {
            assert_eq!(code(read_flat(value)), "not_flat");
        }
    }

    #[test]
    fn keys_of_a_carrier_are_left_out_whatever_they_hold() {
        let event = json!({"event_uuid": Uuid::from_u128(4), "event_company_id": 7, "event_object": "deal", "event_id": 31});
        let mut carried = event.clone();
        for (key, value) in [("client_id", json!("a")), ("user_data", json!({"b": [null]}))] {
            carried.as_object_mut().unwrap().insert(key.to_owned(), value);
        }
        let read = flat(carried.to_string().as_bytes()).unwrap();
        assert_eq!(read.stripped.map(serde_json::Value::Object), Some(event));
    }

    fn read_flat(value: &str) -> Incoming {
        read(&record(Kind::Flat, value.as_bytes()))
    }
}
