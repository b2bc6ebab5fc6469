//! The nested shape, written straight from the change: its states are large and are not copied first.

use super::{
    Additions, CUSTOM_FIELDS_BY_NAME, CompanySizes, LABEL_NAMES, Marketing, contact_properties,
    organization_properties,
};
use crate::change::{Change, Permitted};
use crate::document::{Document, ObjectWriter, escaped};
use crate::entity::{Action, EntityId, Object};
use crate::header::Headers;
use crate::{Map, moment};

/// Bytes of an event besides its states.
const FRAME_BYTES: usize = 2_048;

/// What a change becomes.
pub(super) struct Enriched<'a> {
    pub(super) change: &'a Change,
    pub(super) headers: &'a Headers,
    pub(super) additions: &'a Additions,
    pub(super) at_micro: i64,
}

impl Enriched<'_> {
    pub(super) fn to_json(&self) -> Vec<u8> {
        let bytes = |state: &Option<Document>| state.as_ref().map_or(0, |state| state.as_str().len());
        let states = bytes(&self.change.current) + bytes(&self.change.previous);
        let mut text = Vec::with_capacity(FRAME_BYTES + states);
        let mut out = ObjectWriter::open(&mut text);
        let mut request = out.object("request");
        self.request(&mut request);
        request.close();
        out.close();
        text
    }

    fn request(&self, out: &mut ObjectWriter<'_>) {
        let Self {
            change, additions, ..
        } = self;
        out.put("v", &change.version.number());
        out.put_some("matches_filters", change.matches_filters.as_ref());
        let mut meta = out.object("meta");
        self.meta(&mut meta);
        meta.close();
        match &change.current {
            None => out.put_text("current", "null"),
            Some(state) => put_state(out, "current", state, &self.last()),
        }
        if let Some(state) = &change.previous {
            put_state(out, "previous", state, &self.names_before());
        }
        self.contact(out);
        self.organization(out);
        if let Some(marketing) = &additions.marketing {
            put_marketing(out, marketing);
        }
        if let Some(metrics) = &additions.metrics {
            let mut figures = out.object("metrics");
            metrics.write(&mut figures);
            figures.close();
        }
        out.put_some("email_validation", additions.email_validation.as_ref());
        out.put("type", &change.event_type());
        out.put_plain("platform", "PipedriveRequest");
    }

    /// What was added, else what a person's own event tells.
    fn contact(&self, out: &mut ObjectWriter<'_>) {
        if let Some(contact) = &self.additions.contact {
            out.put_text("personal_properties", contact.as_str());
        } else if let Some(person) = self.own(&Object::Person) {
            out.put("personal_properties", &contact_properties(person, None));
        }
    }

    fn organization(&self, out: &mut ObjectWriter<'_>) {
        if let Some(organization) = &self.additions.organization {
            out.put_text("organization_properties", organization.as_str());
        } else if let Some(state) = self.own(&Object::Organization) {
            let properties = organization_properties(state, CompanySizes::default());
            out.put("organization_properties", &properties);
        }
    }

    /// The state, where the event is of such an entity.
    fn own(&self, object: &Object) -> Option<&Document> {
        self.change.state().filter(|_| self.change.object == *object)
    }

    /// The names of the newest state.
    fn last(&self) -> Vec<(&'static str, Name<'_>)> {
        let added = self.additions;
        let stage = added.stage.as_ref();
        let stage_name = stage.and_then(|stage| stage.name.as_deref());
        let names = [
            ("owner_name", added.owner_name.as_deref().map(Name::Text)),
            ("pipeline_name", added.pipeline_name.as_deref().map(Name::Text)),
            ("stage_name", stage_name.map(Name::Text)),
            (
                "stage_order_nr",
                stage.and_then(|stage| stage.order).map(Name::Order),
            ),
            (
                CUSTOM_FIELDS_BY_NAME,
                added.custom_fields.as_ref().map(Name::Fields),
            ),
            (LABEL_NAMES, added.label_names.as_deref().map(Name::Texts)),
        ];
        names
            .into_iter()
            .filter_map(|(key, name)| Some((key, name?)))
            .collect()
    }

    /// Those of the state before; a deleted entity has no other, so all names go there.
    fn names_before(&self) -> Vec<(&'static str, Name<'_>)> {
        if self.change.current.is_some() {
            let stage = self.additions.previous_stage_name.as_deref();
            stage
                .map(|stage| ("stage_name", Name::Text(stage)))
                .into_iter()
                .collect()
        } else if self.change.action == Action::Deleted {
            self.last()
        } else {
            Vec::new()
        }
    }

    /// `meta`: what came, under ours.
    fn meta(&self, out: &mut ObjectWriter<'_>) {
        let Self {
            change,
            headers,
            additions,
            at_micro,
        } = self;
        for (key, value) in &change.meta {
            if !OWN.contains(&key.as_str()) {
                out.put(&escaped(key), value);
            }
        }
        out.put_plain("action", change.action.as_str());
        out.put("object", change.object.as_str());
        out.put("id", &change.id.to_json());
        out.put("company_id", &change.company_id);
        out.put_some("user_id", change.user_id);
        out.put_some("host", change.host.as_ref());
        out.put_some("change_source", change.change_source.as_ref());
        out.put_some("is_bulk_update", change.is_bulk);
        match &change.permitted {
            Permitted::Unknown => {}
            Permitted::Everyone => out.put("permitted_user_ids", &["*"]),
            Permitted::Users(users) => out.put("permitted_user_ids", users),
        }
        out.put("timestamp", &(change.time_micro / 1_000_000));
        out.put("timestamp_micro", &change.time_micro);
        out.put_some("webhook_id", change.webhook_id.as_ref());
        out.put_some("attempt", change.attempt.or(headers.attempt));
        out.put_some("merged_to_id", change.merged_into.as_ref().map(EntityId::to_json));
        out.put_some(
            "merged_from_id",
            change.merged_from.as_ref().map(EntityId::to_json),
        );
        out.put("uuid", &change.uuid);
        out.put_plain("ver", &change.ver.to_string());
        out.put("revision", &change.revision);
        out.put("source", &headers.source);
        out.put_plain("received_at", &moment::to_rfc3339(headers.received_at_micro));
        out.put_plain("enriched_at", &moment::to_rfc3339(*at_micro));
        out.put_some(
            "missing",
            (!additions.missing.is_empty()).then_some(&additions.missing),
        );
    }
}

/// A name that stands beside an id, as v1 has it.
#[derive(Clone, Copy)]
enum Name<'a> {
    Text(&'a str),
    Texts(&'a [String]),
    Fields(&'a Map),
    /// Only where the state has none itself.
    Order(u64),
}

impl Name<'_> {
    fn gives_way_to(self, state: &Document, key: &str) -> bool {
        matches!(self, Self::Order(_)) && state.get(key).is_some_and(|order| !order.is_null())
    }

    fn put(self, out: &mut ObjectWriter<'_>, key: &str) {
        match self {
            Self::Text(text) => out.put(key, text),
            Self::Texts(texts) => out.put(key, texts),
            Self::Fields(fields) => out.put(key, fields),
            Self::Order(order) => out.put(key, &order),
        }
    }
}

/// A state, with the names of what it holds the ids of beside those ids.
fn put_state(out: &mut ObjectWriter<'_>, key: &str, state: &Document, names: &[(&'static str, Name<'_>)]) {
    let added = || names.iter().filter(|(key, name)| !name.gives_way_to(state, key));
    let mut whole = out.object(key);
    if added().any(|(own, _)| state.contains_key(own)) {
        for (key, value) in state.texts() {
            if !added().any(|(own, _)| *own == key) {
                whole.put_text(key, value);
            }
        }
    } else {
        whole.put_all(state.as_str());
    }
    for (key, name) in added() {
        name.put(&mut whole, key);
    }
    whole.close();
}

fn put_marketing(out: &mut ObjectWriter<'_>, marketing: &Marketing) {
    let mut origin = out.object("marketing");
    origin.put_some("source", marketing.source.as_ref());
    origin.put_some("campaign", marketing.campaign.as_ref());
    origin.put_some("medium", marketing.medium.as_ref());
    origin.put_some("origin", marketing.origin.as_ref());
    origin.close();
}

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
        let bytes = super::super::compose(&change, &headers, &additions, 0);
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
        assert!(serde_json::from_str::<Value>(&text).is_ok(), "{text}");
    }
}
