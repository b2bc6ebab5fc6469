//! Records as the stages before the loader write them.
use event::enriched::{Additions, Marketing, StageFacts, compose};
use event::{AcceptSeq, Change, Headers, Kind, Version, identity};
use kafka::{Outgoing, Placement, Topic};
use serde_json::{Value, json};
use uuid::Uuid;

/// When the first of them was received.
pub(crate) const RECEIVED_AT: i64 = 1_770_114_030_911_000;

/// A deal's webhook of version 2, `n` making it another deal and another event.
pub(crate) fn webhook(n: u64) -> Value {
    json!({
        "data": {
            "id": n, "title": format!("Deal {n}"), "value": 1200.5, "currency": "EUR", "status": "won", "stage_id": 3,
            "pipeline_id": 1, "owner_id": 880_011, "person_id": 51, "org_id": 71, "label_ids": [24, 25],
            "add_time": "2026-02-01T08:00:00Z", "won_time": "2026-02-03T10:20:30Z",
            "expected_close_date": "2026-03-01", "probability": null, "is_archived": false, "custom_fields": {}
        },
        "previous": { "stage_id": 2, "status": "open" },
        "meta": {
            "action": "change", "entity": "deal", "entity_id": n.to_string(), "company_id": company(n).to_string(),
            "id": Uuid::from_u128(0xfeed_0000_0000_4000_8000_0000_0000_0000 + u128::from(n)).to_string(),
            "timestamp": "2026-02-03T10:20:30.405Z", "user_id": "880011", "version": "2.0", "is_bulk_edit": false,
            "webhook_id": "1", "attempt": 1, "host": "h.example.com", "change_source": "app"
        }
    })
}

/// Four companies, over both partitions.
pub(crate) fn company(n: u64) -> u64 {
    4_711_001 + n % 4
}

pub(crate) fn change(webhook: &Value) -> Change {
    Change::from_webhook(webhook.to_string().as_bytes()).unwrap()
}

/// The headers of an accepted webhook.
pub(crate) fn headers(change: &Change, number: u64) -> Headers {
    Headers {
        accept_seq: Some(AcceptSeq {
            instance: "collector-0".into(),
            boot: "b1".into(),
            number,
        }),
        webhook_version: Some(Version::V2),
        object: Some(change.object.to_string()),
        action: Some(change.action.to_string()),
        attempt: Some(1),
        ..Headers::new(change.uuid, Kind::Webhook, "crm", RECEIVED_AT + number as i64)
    }
}

/// The flat event of a change.
pub(crate) fn flat(change: &Change, headers: &Headers) -> event::Map {
    let additions = Additions {
        owner_name: Some("Bo Lind".into()),
        stage: Some(StageFacts {
            name: Some("Offer".into()),
            order: Some(3),
        }),
        pipeline_name: Some("Sales".into()),
        marketing: Some(Marketing {
            source: Some("google".into()),
            ..Marketing::default()
        }),
        ..Additions::default()
    };
    let enriched = compose(change, headers, &additions, RECEIVED_AT + 5_000);
    event::flatten::flatten(&serde_json::from_slice(&enriched).unwrap()).unwrap()
}

pub(crate) fn record(topic: Topic, change: &Change, headers: &Headers, value: Vec<u8>) -> Outgoing {
    Outgoing {
        topic,
        placement: Placement::By(identity::partition_text(Some(change.company_id), "crm")),
        key: identity::message_key(change.company_id, &change.object, &change.id).into_bytes(),
        payload: Some(value),
        headers: wire(headers),
    }
}

pub(crate) fn wire(headers: &Headers) -> kafka::RecordHeaders {
    headers.to_pairs().into()
}

/// The record on `omni.flat` of deal `n`, after `edit`.
pub(crate) fn deal_with(n: u64, edit: impl FnOnce(&mut event::Map)) -> Outgoing {
    let change = change(&webhook(n));
    let headers = headers(&change, n);
    let mut flat = flat(&change, &headers);
    edit(&mut flat);
    record(
        Topic::Flat,
        &change,
        &headers,
        Value::Object(flat).to_string().into_bytes(),
    )
}

pub(crate) fn deal(n: u64) -> Outgoing {
    deal_with(n, |_| {})
}

/// A person's event on `omni.flat`.
pub(crate) fn person(n: u64) -> Outgoing {
    let mut webhook = webhook(n);
    webhook["meta"]["entity"] = json!("person");
    webhook["data"] = json!({ "id": n, "name": "Rúna Fjeld", "first_name": "Rúna", "last_name": "Fjeld", "custom_fields": {} });
    webhook["previous"] = Value::Null;
    let change = change(&webhook);
    let headers = headers(&change, n);
    let flat = flat(&change, &headers);
    record(
        Topic::Flat,
        &change,
        &headers,
        Value::Object(flat).to_string().into_bytes(),
    )
}

pub(crate) fn heartbeat(topic: Topic, partition: i32, at_micro: i64) -> Outgoing {
    let uuid = identity::uuid_of_heartbeat("collector-0", "b1", partition, 1);
    let value = json!({
        "instance": "collector-0", "boot": "b1", "at": "2026-02-03T10:20:45.000000Z", "interval_ms": 15000, "last": 41,
        "counts": [
            { "source": "crm", "minute": "2026-02-03T10:20:00.000000Z", "accepted": 40, "rejected": 1 },
            { "source": "erp", "minute": "2026-02-03T10:20:00.000000Z", "accepted": 0, "rejected": 0 }
        ],
        "unanswered": [[7, 8]]
    });
    Outgoing {
        topic,
        placement: Placement::Partition(partition),
        key: format!("heartbeat:collector-0:{partition}").into_bytes(),
        payload: Some(value.to_string().into_bytes()),
        headers: wire(&Headers::new(uuid, Kind::Heartbeat, "omni.collector", at_micro)),
    }
}
