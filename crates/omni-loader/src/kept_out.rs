//! Persons who were erased: an archive keeps the event of what comes later, and not what says who they are.
//!
//! The raw archive takes the order like any record, and everybody who asks afterwards hears of it. So what is gathered after
//! an order is in the table holds nothing of the person; what was gathered before is the eraser's, who waits for it.
use std::collections::BTreeSet;

use event::erasure;
use event::outcome::Rejected;
use kafka::{Record, Topic};

use crate::origin::{Origin, company_of};

/// Company and person.
#[derive(Debug, Default)]
pub(crate) struct KeptOut(BTreeSet<(u64, u64)>);

impl KeptOut {
    pub(crate) fn of(persons: BTreeSet<(u64, u64)>) -> Self {
        Self(persons)
    }

    /// Companies to ask about, when records of this topic hold what was said of persons.
    pub(crate) fn companies(topic: Topic, records: &[Record]) -> Vec<u64> {
        if !matches!(topic, Topic::Raw | Topic::Rejected) {
            return Vec::new();
        }
        let companies: BTreeSet<u64> = records.iter().filter_map(company).collect();
        companies.into_iter().collect()
    }

    /// Whether the record says who such a person is. An order does not.
    pub(crate) fn tells(&self, record: &Record, origin: &Origin<'_>) -> bool {
        if self.0.is_empty() || origin.kind() == event::Kind::Erase.as_str() {
            return false;
        }
        let Some(company) = company(record) else {
            return false;
        };
        let is_erased = |person: u64| self.0.contains(&(company, person));
        let key = record.key_text();
        if record.topic == Topic::Rejected {
            let refused = Rejected::from_json(record.value()).ok();
            let value = refused.and_then(|refused| refused.refused_bytes());
            return value.is_some_and(|value| erasure::tells_of(&key, &value, &is_erased));
        }
        erasure::tells_of(&key, record.value(), &is_erased)
    }
}

/// The key's, else the refusal's.
fn company(record: &Record) -> Option<u64> {
    company_of(record).or_else(|| {
        let refused = (record.topic == Topic::Rejected).then(|| Rejected::from_json(record.value()).ok());
        refused.flatten()?.company_id
    })
}

#[cfg(test)]
mod tests {
    use event::{Headers, Kind};
    use serde_json::json;
    use uuid::Uuid;

    use super::*;

    fn record(topic: Topic, kind: Kind, key: &str, value: Vec<u8>) -> Record {
        Record {
            topic,
            partition: 0,
            offset: 0,
            timestamp_ms: 0,
            key: key.as_bytes().to_vec(),
            payload: Some(value),
            headers: Headers::new(Uuid::from_u128(1), kind, "crm", 5).to_pairs().into(),
        }
    }

    fn refused(value: &str) -> Vec<u8> {
        let record = json!({"stage": "loader", "code": "schema", "errors": [], "event_uuid": Uuid::from_u128(1),
                            "company_id": 7, "value": value});
        record.to_string().into_bytes()
    }

    fn tells(record: &Record) -> bool {
        KeptOut::of(BTreeSet::from([(7, 17)])).tells(record, &Origin::of(record))
    }

    #[test]
    fn what_says_who_a_person_is_is_found_in_bodies_and_in_refused_values() {
        let own = br#"{"data":{"id":17,"name":"Runa"}}"#.to_vec();
        assert!(tells(&record(
            Topic::Raw,
            Kind::Webhook,
            "7:person:17",
            own.clone()
        )));
        assert!(!tells(&record(
            Topic::Raw,
            Kind::Webhook,
            "8:person:17",
            own.clone()
        )));
        assert!(!tells(&record(Topic::Raw, Kind::Webhook, "7:person:18", own)));
        let flat = r#"{"contact_id":17,"contact_email":"runa@example.com"}"#;
        let rejected = record(Topic::Rejected, Kind::Webhook, "7:deal:1", refused(flat));
        assert!(tells(&rejected));
        // A refusal that has no key of the event's form says itself whose it is.
        assert!(tells(&Record {
            key: b"crm".to_vec(),
            ..rejected
        }));
    }

    #[test]
    fn an_order_is_kept_as_it_is() {
        let order = br#"{"object":"person","id":"17","lifted":false}"#.to_vec();
        assert!(!tells(&record(Topic::Raw, Kind::Erase, "7:person:17", order)));
    }

    #[test]
    fn only_archives_of_what_was_said_ask() {
        let records = [record(Topic::Raw, Kind::Webhook, "7:deal:1", Vec::new())];
        assert_eq!(KeptOut::companies(Topic::Raw, &records), [7]);
        assert_eq!(KeptOut::companies(Topic::Entities, &records), [0_u64; 0]);
    }
}
