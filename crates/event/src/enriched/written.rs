//! The nested shape, written straight from the change: its states are large and are not copied first.

use super::{
    Additions, CUSTOM_FIELDS_BY_NAME, CompanySizes, LABEL_NAMES, Marketing, contact_properties,
    organization_properties,
};
use crate::change::{Change, Permitted};
use crate::entity::{Action, EntityId, Object};
use crate::header::Headers;
use crate::metrics::Metrics;
use crate::{Map, moment};
use serde::Serialize;
use serde::ser::{SerializeMap, Serializer};

/// What a change becomes.
pub(super) struct Enriched<'a> {
    pub(super) change: &'a Change,
    pub(super) headers: &'a Headers,
    pub(super) additions: &'a Additions,
    pub(super) at_micro: i64,
}

impl Serialize for Enriched<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(Some(1))?;
        map.serialize_entry("request", &Request(self))?;
        map.end()
    }
}

/// `request`.
struct Request<'a>(&'a Enriched<'a>);

impl Serialize for Request<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let Enriched {
            change, additions, ..
        } = self.0;
        let own = |object: Object| (change.object == object).then(|| change.state()).flatten();
        let mut map = serializer.serialize_map(None)?;
        map.serialize_entry("v", &change.version.number())?;
        put(&mut map, "matches_filters", change.matches_filters.as_ref())?;
        map.serialize_entry("meta", &Meta(self.0))?;
        map.serialize_entry(
            "current",
            &change.current.as_ref().map(|state| State(state, last(additions))),
        )?;
        put(&mut map, "previous", self.previous())?;
        match &additions.contact {
            None => put(
                &mut map,
                "personal_properties",
                own(Object::Person).map(|state| contact_properties(state, None)),
            )?,
            contact => put(&mut map, "personal_properties", contact.as_ref())?,
        }
        let organization = |state| organization_properties(state, CompanySizes::default());
        match &additions.organization {
            None => put(
                &mut map,
                "organization_properties",
                own(Object::Organization).map(organization),
            )?,
            known => put(&mut map, "organization_properties", known.as_ref())?,
        }
        put(&mut map, "marketing", additions.marketing.as_ref().map(Origin))?;
        put(
            &mut map,
            "metrics",
            additions.metrics.as_ref().map(Metrics::to_map),
        )?;
        put(&mut map, "email_validation", additions.email_validation.as_ref())?;
        map.serialize_entry("type", &change.event_type())?;
        map.serialize_entry("platform", "PipedriveRequest")?;
        map.end()
    }
}

impl Request<'_> {
    /// The state before; of a deleted entity the last one, so the names go there.
    fn previous(&self) -> Option<State<'_>> {
        let Enriched {
            change, additions, ..
        } = self.0;
        let state = change.previous.as_ref()?;
        let names = if change.current.is_some() {
            vec![(
                "stage_name",
                additions.previous_stage_name.as_deref().map(Name::Text),
            )]
        } else if change.action == Action::Deleted {
            last(additions)
        } else {
            Vec::new()
        };
        Some(State(state, names))
    }
}

fn put<M: SerializeMap>(map: &mut M, key: &str, value: Option<impl Serialize>) -> Result<(), M::Error> {
    value.map_or(Ok(()), |value| map.serialize_entry(key, &value))
}

/// A state, with the names of what it holds the ids of beside those ids, as v1 has them.
struct State<'a>(&'a Map, Vec<(&'static str, Option<Name<'a>>)>);

/// A name that stands beside an id.
#[derive(Clone, Copy)]
enum Name<'a> {
    Text(&'a str),
    Texts(&'a [String]),
    Fields(&'a Map),
    /// Only where the state has none itself.
    Order(u64),
}

/// The names of the newest state.
fn last(additions: &Additions) -> Vec<(&'static str, Option<Name<'_>>)> {
    let stage = additions.stage.as_ref();
    vec![
        ("owner_name", additions.owner_name.as_deref().map(Name::Text)),
        (
            "pipeline_name",
            additions.pipeline_name.as_deref().map(Name::Text),
        ),
        (
            "stage_name",
            stage.and_then(|stage| stage.name.as_deref()).map(Name::Text),
        ),
        (
            "stage_order_nr",
            stage.and_then(|stage| stage.order).map(Name::Order),
        ),
        (
            CUSTOM_FIELDS_BY_NAME,
            additions.custom_fields.as_ref().map(Name::Fields),
        ),
        (LABEL_NAMES, additions.label_names.as_deref().map(Name::Texts)),
    ]
}

impl State<'_> {
    fn keeps(&self, name: Name<'_>, key: &str) -> bool {
        matches!(name, Name::Order(_)) && self.0.get(key).is_some_and(|order| !order.is_null())
    }
}

impl Serialize for State<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let names = || {
            self.1
                .iter()
                .filter_map(|(key, name)| name.map(|name| (*key, name)))
        };
        let added = || names().filter(|(key, name)| !self.keeps(*name, key));
        let mut map = serializer.serialize_map(None)?;
        for (key, value) in self.0 {
            if !added().any(|(own, _)| own == key) {
                map.serialize_entry(key, value)?;
            }
        }
        for (key, name) in added() {
            match name {
                Name::Text(text) => map.serialize_entry(key, text)?,
                Name::Texts(texts) => map.serialize_entry(key, texts)?,
                Name::Fields(fields) => map.serialize_entry(key, fields)?,
                Name::Order(order) => map.serialize_entry(key, &order)?,
            }
        }
        map.end()
    }
}

/// `marketing`.
struct Origin<'a>(&'a Marketing);

impl Serialize for Origin<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(None)?;
        put(&mut map, "source", self.0.source.as_ref())?;
        put(&mut map, "campaign", self.0.campaign.as_ref())?;
        put(&mut map, "medium", self.0.medium.as_ref())?;
        put(&mut map, "origin", self.0.origin.as_ref())?;
        map.end()
    }
}

/// `meta`: what came, under ours.
struct Meta<'a>(&'a Enriched<'a>);

/// The keys of `meta` that are ours to write.
const OWN: [&str; 22] = [
    "action",
    "object",
    "id",
    "company_id",
    "user_id",
    "host",
    "change_source",
    "is_bulk_update",
    "permitted_user_ids",
    "timestamp",
    "timestamp_micro",
    "webhook_id",
    "attempt",
    "merged_to_id",
    "merged_from_id",
    "uuid",
    "ver",
    "revision",
    "source",
    "received_at",
    "enriched_at",
    "missing",
];

impl Serialize for Meta<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let Enriched {
            change,
            headers,
            additions,
            at_micro,
        } = self.0;
        let mut map = serializer.serialize_map(None)?;
        for (key, value) in &change.meta {
            if !OWN.contains(&key.as_str()) {
                map.serialize_entry(key, value)?;
            }
        }
        map.serialize_entry("action", change.action.as_str())?;
        map.serialize_entry("object", change.object.as_str())?;
        map.serialize_entry("id", &change.id.to_json())?;
        map.serialize_entry("company_id", &change.company_id)?;
        put(&mut map, "user_id", change.user_id)?;
        put(&mut map, "host", change.host.as_ref())?;
        put(&mut map, "change_source", change.change_source.as_ref())?;
        put(&mut map, "is_bulk_update", change.is_bulk)?;
        match &change.permitted {
            Permitted::Unknown => {}
            Permitted::Everyone => map.serialize_entry("permitted_user_ids", &["*"])?,
            Permitted::Users(users) => map.serialize_entry("permitted_user_ids", users)?,
        }
        map.serialize_entry("timestamp", &(change.time_micro / 1_000_000))?;
        map.serialize_entry("timestamp_micro", &change.time_micro)?;
        put(&mut map, "webhook_id", change.webhook_id.as_ref())?;
        put(&mut map, "attempt", change.attempt.or(headers.attempt))?;
        put(
            &mut map,
            "merged_to_id",
            change.merged_into.as_ref().map(EntityId::to_json),
        )?;
        put(
            &mut map,
            "merged_from_id",
            change.merged_from.as_ref().map(EntityId::to_json),
        )?;
        map.serialize_entry("uuid", &change.uuid)?;
        map.serialize_entry("ver", &change.ver.to_string())?;
        map.serialize_entry("revision", &change.revision)?;
        map.serialize_entry("source", &headers.source)?;
        map.serialize_entry("received_at", &moment::to_rfc3339(headers.received_at_micro))?;
        map.serialize_entry("enriched_at", &moment::to_rfc3339(*at_micro))?;
        put(
            &mut map,
            "missing",
            (!additions.missing.is_empty()).then_some(&additions.missing),
        )?;
        map.end()
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use serde_json::{Value, json};

    use super::*;
    use crate::Kind;

    /// A key that stands twice would be read as its last and sent as both.
    #[test]
    fn a_key_is_written_once_whatever_came_under_it() {
        let mut meta = json!({
            "version": "2.0", "action": "change", "entity": "deal", "entity_id": "31", "company_id": "7", "timestamp": 1,
            "object": "theirs", "is_bulk_update": "theirs", "timestamp_micro": "theirs",
        });
        for key in [
            "uuid",
            "ver",
            "revision",
            "source",
            "received_at",
            "enriched_at",
            "missing",
        ] {
            meta.as_object_mut()
                .unwrap()
                .insert(key.to_owned(), json!("theirs"));
        }
        let data = json!({"stage_name": "theirs", "owner_name": "theirs", "custom_fields_by_name": "theirs", "label_names": "theirs", "stage_order_nr": 1});
        let body = json!({"data": data, "previous": {"stage_name": "theirs"}, "meta": meta});
        let change = Change::from_webhook(&serde_json::to_vec(&body).unwrap()).unwrap();
        let headers = Headers::new(change.uuid, Kind::Webhook, "crm", 0);
        let additions = Additions {
            owner_name: Some("Ada".into()),
            stage: Some(super::super::StageFacts {
                name: Some("Offer".into()),
                order: Some(3),
            }),
            previous_stage_name: Some("Lead".into()),
            custom_fields: Some(Map::new()),
            label_names: Some(vec!["Hot".into()]),
            missing: vec!["contact".into()],
            ..Additions::default()
        };
        let bytes = super::super::compose_json(&change, &headers, &additions, 0);
        let text = String::from_utf8(bytes).unwrap();
        for key in OWN
            .into_iter()
            .chain(["stage_order_nr", "owner_name", CUSTOM_FIELDS_BY_NAME, LABEL_NAMES])
        {
            assert!(
                text.matches(&format!("\"{key}\":")).count() <= 1,
                "{key} in {text}"
            );
        }
        assert_eq!(text.matches("\"stage_name\":").count(), 2);
        assert!(!text.contains(":\"theirs\""), "{text}");
        let value: Value = serde_json::from_str(&text).unwrap();
        assert_eq!(value, super::super::compose(&change, &headers, &additions, 0));
    }
}
