//! The webhook bodies of a benchmark: what Pipedrive sends, in its proportions, with invented values.
//!
//! Everything follows from the event's number, so two runs send the same entities and a body needs no
//! memory. Sizes are those of real deliveries: a v1 deal is about 3.4 KB, a v2 deal about 1.4 KB.

use serde_json::{Map, Value, json};

/// Companies of a benchmark start here, far from any that a demo makes.
pub(in crate::command) const COMPANY_FIRST: u64 = 77_000_001;
const USERS: u64 = 3;
const STAGES: u64 = 5;
const ORGANIZATIONS: u64 = 50;
const HASH_CAMPAIGN: &str = "5f1c0de2b7a94e3d8c6b1a0f9e8d7c6b5a493827";

/// One webhook's bytes.
type Body = Vec<u8>;

/// The accounts of a run, all alike.
#[derive(Debug, Clone, Copy)]
pub(in crate::command) struct Accounts {
    pub(in crate::command) companies: u64,
    /// Contacts of each, and deals.
    pub(in crate::command) persons: u64,
    pub(in crate::command) deals: u64,
}

impl Accounts {
    /// Small ones.
    pub(in crate::command) const fn small(companies: u64) -> Self {
        Self {
            companies,
            persons: 200,
            deals: 500,
        }
    }

    /// The entities every deal of the run refers to, as `added` webhooks v2: known before the first deal comes.
    pub(in crate::command) fn known_entities(self, time_micro: i64) -> Vec<Body> {
        let companies = (0..self.companies).map(|index| COMPANY_FIRST + index);
        companies
            .flat_map(|company| known(company, self.persons, time_micro))
            .collect()
    }

    /// The `number`th deal webhook of the run: 55 of 100 v1, 45 of 100 v2.
    pub(in crate::command) fn deal(self, number: u64, time_micro: i64) -> Body {
        let id = 1 + (number / self.companies) % self.deals;
        self.deal_of(number, id, 1 + id % self.persons, time_micro)
    }

    /// The same with a contact that no event has told of, the `unknown`th.
    pub(in crate::command) fn deal_of_unknown(self, number: u64, unknown: u64, time_micro: i64) -> Body {
        let id = 1 + (number / self.companies) % self.deals;
        self.deal_of(number, id, self.persons + 1 + unknown, time_micro)
    }

    /// A deal and a contact that no other webhook of the run tells of.
    pub(in crate::command) fn stranger(self, number: u64, time_micro: i64) -> Body {
        self.deal_of(
            number,
            self.deals + 1 + number,
            self.persons + 1 + number,
            time_micro,
        )
    }

    fn deal_of(self, number: u64, id: u64, person: u64, time_micro: i64) -> Body {
        let deal = Deal {
            company: COMPANY_FIRST + number % self.companies,
            id,
            person,
            number,
            time_micro,
        };
        if number % 20 < 11 { deal.v1() } else { deal.v2() }
    }
}

/// A deal of the first company that is won as it is made, of this value in euros and this source.
pub(in crate::command) fn won(id: u64, value: u64, source: &str, time_micro: i64) -> Body {
    let now = stage::clock::rfc3339_micro(time_micro);
    let data = json!({
        "id": id, "title": format!("Deal {id}"), "value": value, "currency": "EUR", "status": "won", "stage_id": STAGES,
        "pipeline_id": 1, "owner_id": 1, "creator_user_id": 1, "person_id": 1, "org_id": 1, "probability": null,
        "label_ids": [], "lost_reason": null, "visible_to": "3", "origin": "API", "origin_id": null, "channel": source,
        "channel_id": null, "expected_close_date": null, "add_time": now, "update_time": now, "stage_change_time": now,
        "won_time": now, "lost_time": null, "close_time": now, "first_won_time": now, "is_archived": false,
        "archive_time": null, "custom_fields": {}
    });
    let of = Envelope {
        company: COMPANY_FIRST,
        entity: "deal",
        action: "create",
        id,
        uuid: &uuid::Uuid::new_v4().to_string(),
        time_micro,
    };
    of.around(&data, &Value::Null)
}

/// One change of one deal.
#[derive(Debug, Clone, Copy)]
struct Deal {
    company: u64,
    id: u64,
    person: u64,
    number: u64,
    time_micro: i64,
}

fn known(company: u64, persons: u64, time_micro: i64) -> Vec<Body> {
    let mut bodies = Vec::new();
    let mut add = |entity: &str, id: u64, data: Value| {
        let uuid = uuid::Uuid::new_v4().to_string();
        let of = Envelope {
            company,
            entity,
            action: "create",
            id,
            uuid: &uuid,
            time_micro,
        };
        bodies.push(of.around(&data, &Value::Null));
    };
    add(
        "pipeline",
        1,
        json!({"id": 1, "name": "Sales", "order_nr": 1, "active_flag": true}),
    );
    for id in 1..=STAGES {
        let name = format!("Stage {id}");
        add(
            "stage",
            id,
            json!({"id": id, "name": name, "pipeline_id": 1, "order_nr": id, "deal_probability": id * 20, "active_flag": true}),
        );
    }
    for id in 1..=USERS {
        add(
            "user",
            id,
            json!({"id": id.to_string(), "name": format!("Seller {id}"), "active_flag": true}),
        );
    }
    for id in 1..=ORGANIZATIONS {
        add(
            "organization",
            id,
            json!({"id": id, "name": format!("Organization {id}"), "owner_id": 1, "employee_count": id * 7, "custom_fields": {}}),
        );
    }
    for id in 1..=persons {
        add("person", id, person(id));
    }
    bodies
}

fn person(id: u64) -> Value {
    json!({
        "id": id, "name": format!("Ada Example {id}"), "first_name": "Ada", "last_name": format!("Example {id}"),
        "emails": [{"label": "work", "value": format!("ada.{id}@example.com"), "primary": true}],
        "phones": [{"label": "work", "value": format!("+4930{:07}", id), "primary": true}],
        "org_id": 1 + id % ORGANIZATIONS, "owner_id": 1, "custom_fields": {}
    })
}

fn status(number: u64) -> &'static str {
    match number % 10 {
        0..=6 => "open",
        7 | 8 => "won",
        _ => "lost",
    }
}

impl Deal {
    fn v2(self) -> Body {
        let Self {
            company,
            id,
            person,
            number,
            time_micro,
        } = self;
        let now = stage::clock::rfc3339_micro(time_micro);
        let status = status(number);
        let data = json!({
            "id": id, "title": format!("Deal {id}"), "value": 100 + number % 9_000, "currency": "EUR", "status": status,
            "stage_id": 1 + number % STAGES, "pipeline_id": 1, "owner_id": 1 + id % USERS, "creator_user_id": 1,
            "person_id": person, "org_id": 1 + person % ORGANIZATIONS, "probability": null, "label_ids": [1, 2],
            "lost_reason": null, "visible_to": "3", "origin": "ManuallyCreated", "origin_id": null, "channel": 3,
            "channel_id": format!("channel-{}", number % 6), "expected_close_date": "2027-01-31",
            "add_time": "2026-01-05T08:00:00Z", "update_time": now, "stage_change_time": now,
            "won_time": if status == "won" { json!(now) } else { Value::Null },
            "lost_time": if status == "lost" { json!(now) } else { Value::Null },
            "close_time": null, "first_won_time": null, "is_archived": false, "archive_time": null,
            "custom_fields": {HASH_CAMPAIGN: {"type": "varchar", "value": format!("campaign-{}", number % 9)}}
        });
        let uuid = uuid::Uuid::new_v4().to_string();
        let of = Envelope {
            company,
            entity: "deal",
            action: "change",
            id,
            uuid: &uuid,
            time_micro,
        };
        of.around(&data, &json!({"stage_id": 1 + (number + 4) % STAGES}))
    }

    fn v1(self) -> Body {
        let Self {
            company,
            id,
            number,
            time_micro,
            ..
        } = self;
        let current = self.v1_state();
        let mut previous = current.clone();
        previous.insert("stage_id".into(), json!(1 + (number + 4) % STAGES));
        let filters = json!({"current": [126], "previous": [126]});
        let meta = json!({
            "v": 1, "action": "updated", "object": "deal", "id": id, "company_id": company, "user_id": 1,
            "host": "bench.pipedrive.com", "timestamp": time_micro / 1_000_000, "timestamp_micro": time_micro,
            "prepublish_timestamp": time_micro / 1_000, "permitted_user_ids": [1, 2, 3], "trans_pending": false,
            "is_bulk_update": false, "pipedrive_service_name": false, "change_source": "app",
            "matches_filters": filters, "webhook_id": "317871"
        });
        json!({"v": 1, "matches_filters": filters, "meta": meta, "current": current, "previous": previous, "event": "updated.deal", "retry": 0})
        .to_string()
        .into_bytes()
    }

    /// A whole v1 deal, with the counters and the formatted values that make it three times a v2 one.
    fn v1_state(self) -> Map<String, Value> {
        let Self {
            id,
            person,
            number,
            time_micro,
            ..
        } = self;
        let now = stage::clock::rfc3339_micro(time_micro).replace('T', " ");
        let now = now.get(..19).unwrap_or_default().to_owned();
        let status = status(number);
        let value = 100 + number % 9_000;
        let mut state = Map::new();
        for counter in [
            "email_messages_count",
            "products_count",
            "undone_activities_count",
            "notes_count",
            "activities_count",
            "files_count",
            "followers_count",
            "done_activities_count",
        ] {
            state.insert(counter.into(), json!(number % 4));
        }
        for empty in [
            "next_activity_date",
            "next_activity_type",
            "next_activity_duration",
            "next_activity_id",
            "next_activity_subject",
            "next_activity_time",
            "next_activity_note",
            "last_activity_date",
            "last_activity_id",
            "rotten_time",
            "last_outgoing_mail_time",
            "last_incoming_mail_time",
            "label",
            "lost_reason",
            "close_time",
            "first_won_time",
        ] {
            state.insert(empty.into(), Value::Null);
        }
        let known = json!({
            "id": id, "title": format!("Deal {id}"), "value": value, "currency": "EUR", "status": status,
            "formatted_value": format!("€{value}"), "weighted_value": value, "formatted_weighted_value": format!("€{value}"),
            "weighted_value_currency": "EUR", "stage_id": 1 + number % STAGES, "stage_order_nr": number % STAGES, "pipeline_id": 1,
            "user_id": 1 + id % USERS, "creator_user_id": 1, "owner_name": "Seller", "person_id": person,
            "person_name": format!("Ada Example {person}"), "org_id": 1 + person % ORGANIZATIONS,
            "org_name": format!("Organization {}", 1 + person % ORGANIZATIONS), "probability": null, "active": status == "open",
            "deleted": false, "visible_to": "3", "participants_count": 1, "org_hidden": false, "person_hidden": false,
            "cc_email": format!("bench+deal{id}@pipedrivemail.com"), "add_time": "2026-01-05 08:00:00", "update_time": now,
            "stage_change_time": now, "won_time": if status == "won" { json!(now) } else { Value::Null },
            "lost_time": if status == "lost" { json!(now) } else { Value::Null }, "expected_close_date": "2027-01-31",
            "channel": 3, "channel_id": format!("channel-{}", number % 6), "origin": "ManuallyCreated",
            HASH_CAMPAIGN: format!("campaign-{}", number % 9)
        });
        if let Value::Object(known) = known {
            state.extend(known);
        }
        state
    }
}

/// What a v2 webhook says around its data.
struct Envelope<'a> {
    company: u64,
    entity: &'a str,
    action: &'a str,
    id: u64,
    uuid: &'a str,
    time_micro: i64,
}

impl Envelope<'_> {
    fn around(&self, data: &Value, previous: &Value) -> Vec<u8> {
        let Self {
            company,
            entity,
            action,
            id,
            uuid,
            time_micro,
        } = self;
        let meta = json!({
            "action": action, "company_id": company.to_string(), "correlation_id": uuid::Uuid::new_v4().to_string(),
            "entity_id": id.to_string(), "entity": entity, "id": uuid, "is_bulk_edit": false,
            "timestamp": stage::clock::rfc3339_micro(*time_micro), "type": "general", "user_id": "1", "version": "2.0",
            "webhook_id": "4710827", "webhook_owner_id": "1", "change_source": "app",
            "permitted_user_ids": ["1", "2", "3"], "attempt": 1, "host": "bench.pipedrive.com"
        });
        json!({"data": data, "previous": previous, "meta": meta})
            .to_string()
            .into_bytes()
    }
}
