//! Whole topics, byte for byte.
use event::erasure::{ERASED_BODY, Erasure};
use event::metrics::{DealFacts, Metrics};
use event::outcome::{Fault, Filtered, Rejected, ValueEncoding};
use event::state::{EntityRecord, OrganizationWords};
use event::{EntityId, Headers, Kind, Object};
use kafka::{Outgoing, Placement, Topic};
use serde_json::json;
use uuid::Uuid;

use crate::records::{RECEIVED_AT, change, headers, heartbeat, record, webhook, wire};
use crate::world::World;

#[tokio::test(flavor = "multi_thread")]
async fn raw_events_are_kept_byte_for_byte_and_heartbeats_become_counts() {
    let world = World::new(&[]).await;
    let bodies: [&[u8]; 4] = [
        b"{\"a\" : 1.50}\n",
        b"\xff\x00\xfe'\\",
        b"",
        "ü\u{2028}😀".as_bytes(),
    ];
    let raw = bodies.iter().zip(1..).map(|(body, n)| {
        let change = change(&webhook(n));
        record(Topic::Raw, &change, &headers(&change, n), body.to_vec())
    });
    let mut bare = record(
        Topic::Raw,
        &change(&webhook(9)),
        &headers(&change(&webhook(9)), 9),
        b"bare".to_vec(),
    );
    bare.headers = kafka::RecordHeaders::new();
    world.send(raw).await;
    world
        .send([
            bare,
            heartbeat(Topic::Raw, 0, RECEIVED_AT),
            heartbeat(Topic::Raw, 1, RECEIVED_AT + 1),
        ])
        .await;
    let loading = world.load();
    world
        .expect(
            "SELECT hex(body), event_object, accept_instance, accept_number FROM raw_events WHERE accept_number > 0 \
             ORDER BY accept_number",
            &bodies.map(|body| {
                let number = bodies.iter().position(|other| *other == body).unwrap() as u64 + 1;
                let hex = body.iter().fold(String::new(), |hex, byte| format!("{hex}{byte:02X}"));
                (hex, "deal".to_owned(), "collector-0".to_owned(), number)
            }),
        )
        .await;
    world
        .expect(
            "SELECT body, event_kind FROM raw_events WHERE accept_number = 0",
            &[("bare".to_owned(), String::new())],
        )
        .await;
    world
        .expect(
            "SELECT source, toString(minute), max(accepted), max(rejected), max(last_number), \
             groupUniqArrayArray(unanswered), toString(max(heartbeat_at)) FROM accepted_counts GROUP BY source, minute \
             ORDER BY source",
            &[counted("crm", 40, 1), counted("erp", 0, 0)],
        )
        .await;
    loading.stop().await;
}

fn counted(
    source: &str,
    accepted: u64,
    rejected: u64,
) -> (String, String, u64, u64, u64, Vec<String>, String) {
    let at = "2026-02-03 10:20:30.911001".to_owned();
    (
        source.to_owned(),
        "2026-02-03 10:20:00".to_owned(),
        accepted,
        rejected,
        41,
        vec!["7-8".to_owned()],
        at,
    )
}

fn outcome_record(topic: Topic, value: Vec<u8>) -> Outgoing {
    let change = change(&webhook(1));
    record(topic, &change, &headers(&change, 1), value)
}

#[tokio::test(flavor = "multi_thread")]
async fn outcomes_are_archived_and_what_cannot_be_read_is_kept_as_it_is() {
    let world = World::new(&[]).await;
    let uuid = Uuid::from_u128(0xabc);
    let (value, value_encoding) = ValueEncoding::write(b"\xff\x01");
    let fault = Fault {
        path: "$.meta".into(),
        rule: "v2.id".into(),
        schema_version: None,
        message: "is missing".into(),
    };
    let rejected = Rejected {
        stage: "collector".into(),
        code: "prevalidation".into(),
        errors: vec![fault],
        event_uuid: uuid,
        company_id: Some(5),
        source: Some("crm".into()),
        topic: None,
        received_at: None,
        value,
        value_encoding,
    };
    let filtered = Filtered {
        event_uuid: uuid,
        stage: "enricher".into(),
        rule: "duplicate".into(),
        company_id: Some(5),
        object: None,
        id: None,
        source: None,
        received_at: None,
    };
    let delivery = json!({
        "destination": "gtm", "event_uuid": uuid, "outcome": "delivered", "status": 204, "attempt": 2, "duration_ms": 18
    });
    let given_up = json!({
        "destination": "ads", "event_uuid": uuid, "outcome": "gave_up", "reason": "too_old", "status": null, "attempt": 1,
        "duration_ms": 0
    });
    world
        .send([
            outcome_record(Topic::Rejected, rejected.to_json()),
            outcome_record(Topic::Rejected, b"\xfe broken".to_vec()),
            outcome_record(Topic::Filtered, filtered.to_json()),
            outcome_record(Topic::Deliveries, delivery.to_string().into_bytes()),
            outcome_record(Topic::Deliveries, given_up.to_string().into_bytes()),
        ])
        .await;
    let loading = world.load();
    world
        .expect(
            "SELECT code, event_company_id, error_paths, error_rules, hex(value), hex(record) = hex(record) \
             FROM rejected_events ORDER BY code DESC",
            &[
                (
                    "prevalidation".to_owned(),
                    5_u64,
                    vec!["$.meta".to_owned()],
                    vec!["v2.id".to_owned()],
                    "FF01".to_owned(),
                    1,
                ),
                (String::new(), 4_711_002, vec![], vec![], String::new(), 1),
            ],
        )
        .await;
    world
        .expect(
            "SELECT hex(record) FROM rejected_events WHERE code = ''",
            &[("FE2062726F6B656E".to_owned(),)],
        )
        .await;
    world
        .expect(
            "SELECT stage, rule, toString(event_uuid) FROM filtered_events",
            &[("enricher".to_owned(), "duplicate".to_owned(), uuid.to_string())],
        )
        .await;
    world
        .expect(
            "SELECT destination, outcome, status, attempt, duration_seconds, toString(event_uuid) FROM deliveries \
             WHERE reason = ''",
            &[("gtm".to_owned(), "delivered".to_owned(), 204, 2, 0.018, uuid.to_string())],
        )
        .await;
    world
        .expect(
            "SELECT destination, outcome, reason, status FROM deliveries WHERE reason != ''",
            &[("ads".to_owned(), "gave_up".to_owned(), "too_old".to_owned(), 0)],
        )
        .await;
    loading.stop().await;
}

fn entity_record(entity: &EntityRecord, payload: Option<Vec<u8>>) -> Outgoing {
    Outgoing {
        topic: Topic::Entities,
        placement: Placement::By(entity.company_id.to_string()),
        key: entity.message_key().into_bytes(),
        payload,
        headers: wire(&Headers::new(
            Uuid::from_u128(1),
            Kind::Webhook,
            "crm",
            RECEIVED_AT,
        )),
    }
}

fn deal(value: &str, status: &str) -> DealFacts {
    DealFacts {
        value: value.parse().unwrap(),
        currency: "EUR".to_owned(),
        status: status.to_owned(),
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_newest_words_of_an_entity_win_and_an_erased_one_leaves() {
    let world = World::new(&[]).await;
    let entity = |id: u64, object: Object, ver: u64, state: serde_json::Value| {
        let mut entity = EntityRecord::new(7, object, EntityId::from(id));
        entity.ver = event::Ver(ver);
        entity.state = state.as_object().cloned().map(Into::into);
        entity
    };
    let stage = |name: &str, ver| {
        let state = json!({ "id": 3, "name": name, "order_nr": 4, "pipeline_id": 1, "deal_probability": 80 });
        entity(3, Object::Stage, ver, state)
    };
    let organization = entity(
        71,
        Object::Organization,
        5,
        json!({ "id": 71, "name": "Fjeld", "employee_count": 60, "industry": { "id": 5, "label": "Light" }, "country_code": "NO",
                "owner_id": 880_011, "add_time": "2026-02-01T08:00:00Z" }),
    );
    let person = entity(
        51,
        Object::Person,
        6,
        json!({ "id": 51, "name": "Rúna Fjeld", "org_id": 71 }),
    );
    let mut told = entity(
        72,
        Object::Organization,
        5,
        json!({ "id": 72, "name": "Dal", "employee_count": 60, "industry": 4, "country_code": "NO" }),
    );
    told.words = Some(OrganizationWords {
        industry: "health".to_owned(),
        company_size: "large".to_owned(),
    });
    let mut contact = entity(52, Object::Person, 6, json!({ "id": 52, "name": "Bo" }));
    let deals = [deal("10.5", "open"), deal("20", "won")];
    contact.metrics = Some(Metrics::over(&deals, Some("EUR")));
    let whole = |entity: &EntityRecord| entity_record(entity, Some(entity.to_json()));
    world
        .send([
            whole(&stage("New name", 9)),
            whole(&organization),
            whole(&told),
            whole(&contact),
            whole(&person),
            whole(&stage("Old name", 8)),
        ])
        .await;
    world.send([entity_record(&person, None)]).await;
    let loading = world.load();
    world
        .expect(
            "SELECT entity_object, entity_id, entity_name, entity_order, entity_pipeline_id, toString(entity_probability), \
             entity_industry, entity_company_size, entity_country, entity_owner_id FROM entities FINAL WHERE entity_object != 'person' ORDER BY entity_object, entity_id",
            &[
                row(("organization", "71", "Fjeld"), (0, 0, None), ("Light", "medium", "NO"), 880_011),
                row(("organization", "72", "Dal"), (0, 0, None), ("health", "large", "NO"), 0),
                row(("stage", "3", "New name"), (4, 1, Some("80")), ("", "", ""), 0),
            ],
        )
        .await;
    world
        .expect(
            "SELECT entity_id, metrics_total_deals, metrics_open_deals, metrics_won_deals, toString(metrics_won_value), \
             toString(metrics_average_deal_value), metrics_currency FROM entities FINAL WHERE entity_object = 'person'",
            &[("52".to_owned(), 2, 1, 1, "20".to_owned(), "15.25".to_owned(), "EUR".to_owned())],
        )
        .await;
    world.expect("SELECT JSONExtractString(entity_state, 'name') FROM entities FINAL WHERE entity_object = 'stage'", &[("New name".to_owned(),)]).await;
    loading.stop().await;
}

type EntityRow = (
    String,
    String,
    String,
    u32,
    u64,
    Option<String>,
    String,
    String,
    String,
    u64,
);

fn row(
    name: (&str, &str, &str),
    numbers: (u32, u64, Option<&str>),
    words: (&str, &str, &str),
    owner: u64,
) -> EntityRow {
    let word = |text: &str| text.to_owned();
    (
        word(name.0),
        word(name.1),
        word(name.2),
        numbers.0,
        numbers.1,
        numbers.2.map(word),
        word(words.0),
        word(words.1),
        word(words.2),
        owner,
    )
}

/// What the eraser writes of a person of this company.
fn order(company: u64, lifted: bool) -> Outgoing {
    let erasure = Erasure {
        person_id: 51,
        lifted,
    };
    let headers = Headers::new(Uuid::new_v4(), Kind::Erase, "omni", RECEIVED_AT);
    Outgoing {
        topic: Topic::Raw,
        placement: Placement::By(company.to_string()),
        key: format!("{company}:person:51").into_bytes(),
        payload: Some(erasure.to_json()),
        headers: wire(&headers),
    }
}

/// A deal's body that says who person 51 is, by its number.
fn named(n: u64) -> Outgoing {
    let mut body = webhook(n);
    body["data"]["person_name"] = json!("Runa Dahl");
    let change = change(&body);
    record(
        Topic::Raw,
        &change,
        &headers(&change, n),
        body.to_string().into_bytes(),
    )
}

/// The same, refused.
fn named_and_refused(n: u64) -> Outgoing {
    let change = change(&webhook(n));
    let rejected = Rejected {
        stage: "loader".into(),
        code: "schema".into(),
        errors: Vec::new(),
        event_uuid: change.uuid,
        company_id: Some(change.company_id),
        source: None,
        topic: None,
        received_at: None,
        value: json!({"contact_id": 51, "contact_email": "runa@example.com"}).to_string(),
        value_encoding: ValueEncoding::Text,
    };
    record(Topic::Rejected, &change, &headers(&change, n), rejected.to_json())
}

#[tokio::test(flavor = "multi_thread")]
async fn of_an_erased_person_the_archives_keep_the_event_alone_until_it_may_come_back() {
    let world = World::new(&[]).await;
    let loading = world.load();
    // 4, 8 and 12 are of one company, 5 is of another.
    let company = crate::records::company(4);
    let obeyed = "SELECT count() FROM erased_persons";
    world.send([named(4), order(company, false)]).await;
    world.expect(obeyed, &[(1_u64,)]).await;
    world
        .send([named(8), named(5), named_and_refused(8), named_and_refused(5)])
        .await;
    let kept = "SELECT accept_number, body = '{\"erased\":true}', position(body, 'Runa') > 0 FROM raw_events \
                WHERE accept_number > 0 ORDER BY accept_number";
    world.expect(kept, &[(4, 0, 1), (5, 0, 1), (8, 1, 0)]).await;
    let refused = "SELECT accept_number, value, position(record, 'runa@') > 0 FROM rejected_events ORDER BY accept_number";
    let whole = json!({"contact_id": 51, "contact_email": "runa@example.com"}).to_string();
    world
        .expect(refused, &[(5, whole, 1), (8, ERASED_BODY.to_owned(), 0)])
        .await;
    world.send([order(company, true)]).await;
    world.expect(obeyed, &[(2_u64,)]).await;
    world.send([named(12)]).await;
    let back = "SELECT position(body, 'Runa') > 0 FROM raw_events WHERE accept_number = 12";
    world.expect(back, &[(1,)]).await;
    loading.stop().await;
}
