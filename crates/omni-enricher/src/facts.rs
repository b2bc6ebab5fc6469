//! What of an entity's last state is added to other events, worked out once and kept ready.

use std::sync::Arc;

use event::enriched::{CUSTOM_FIELDS_BY_NAME, Marketing, contact_properties, organization_properties};
use event::state::LightRecord;
use event::{Document, Map, Object};
use serde_json::Value;

use crate::config::Settings;
use crate::{campaign, custom};

/// Of one entity that is known: its state, or that it is no more.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct Facts {
    /// Deleted or merged: nothing more is known, and nothing is missing.
    pub(crate) is_gone: bool,
    /// Of a stage, a pipeline, a user.
    pub(crate) name: Option<String>,
    /// Of a stage.
    pub(crate) order: Option<u64>,
    /// `personal_properties` of a person, `organization_properties` of an organization.
    pub(crate) properties: Option<Arc<Document>>,
    /// Of a lead, a person.
    pub(crate) marketing: Option<Marketing>,
    /// Of a deal, a lead: whose it is.
    pub(crate) person_id: Option<u64>,
    pub(crate) organization_id: Option<u64>,
}

impl Facts {
    /// `None` when the record only knows which events were seen.
    pub(crate) fn of(record: &LightRecord, settings: &Settings) -> Option<Self> {
        if record.gone.is_some() {
            return Some(Self {
                is_gone: true,
                ..Self::default()
            });
        }
        let state = &record.state.as_ref()?.to_document();
        let facts = Self::default();
        Some(match record.object {
            Object::Person => Self {
                properties: Some(Arc::new(contact(state, settings))),
                marketing: campaign::of_contact(state, &settings.marketing),
                ..facts
            },
            Object::Organization => Self {
                properties: Some(Arc::new(organization(state, settings))),
                ..facts
            },
            Object::Stage | Object::Pipeline | Object::User => Self {
                name: text(state, "name"),
                order: whole(state, "order_nr"),
                ..facts
            },
            Object::Lead => Self {
                marketing: campaign::of_lead(state, &settings.marketing),
                person_id: whole(state, "person_id"),
                organization_id: whole(state, "organization_id"),
                ..facts
            },
            Object::Deal => Self {
                person_id: whole(state, "person_id"),
                organization_id: whole(state, "org_id"),
                ..facts
            },
            _ => facts,
        })
    }
}

/// `personal_properties` of a person's state.
pub(crate) fn contact(state: &Document, settings: &Settings) -> Document {
    let position = settings
        .contact
        .position_field
        .as_deref()
        .and_then(|key| custom::text(state, key));
    let mut properties = contact_properties(state, position.as_deref());
    name_fields(
        &mut properties,
        custom::by_name(state, &settings.custom_fields.person),
    );
    properties.into()
}

/// `organization_properties` of an organization's state.
pub(crate) fn organization(state: &Document, settings: &Settings) -> Document {
    let mut properties = organization_properties(state, settings.organization.sizes());
    let industry = state.get("industry").and_then(event::EntityId::from_value);
    if let Some(name) = industry.and_then(|id| settings.organization.industries.get(id.as_str())) {
        properties.insert("industry".to_owned(), name.clone().into());
    }
    name_fields(
        &mut properties,
        custom::by_name(state, &settings.custom_fields.organization),
    );
    properties.into()
}

fn name_fields(properties: &mut Map, fields: Option<Map>) {
    if let Some(fields) = fields {
        properties.insert(CUSTOM_FIELDS_BY_NAME.to_owned(), fields.into());
    }
}

/// The text under a key, when there is one.
pub(crate) fn text(state: &Document, key: &str) -> Option<String> {
    filled(state.get(key))
}

/// The text of a value, when there is one.
pub(crate) fn filled(value: Option<&Value>) -> Option<String> {
    value
        .and_then(Value::as_str)
        .filter(|text| !text.is_empty())
        .map(str::to_owned)
}

/// The whole number under a key.
pub(crate) fn whole(state: &Document, key: &str) -> Option<u64> {
    state.get(key).and_then(Value::as_u64)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::needless_pass_by_value)]

    use event::EntityId;
    use event::state::{Gone, StateForm, StateText};
    use serde_json::json;

    use super::*;

    fn of(object: &str, state: Value, settings: &Settings) -> Facts {
        let mut record = LightRecord::blank(7, Object::from(object), EntityId::from(1));
        record.state = Some(StateText::of(&state.as_object().unwrap().clone().into()));
        Facts::of(&record, settings).unwrap()
    }

    #[test]
    fn each_object_gives_what_others_need_of_it() {
        let settings = Settings::default();
        let stage = of("stage", json!({"name": "Offer", "order_nr": 3}), &settings);
        assert_eq!((stage.name.as_deref(), stage.order), (Some("Offer"), Some(3)));
        assert_eq!(
            of("user", json!({"name": "Ada"}), &settings).name.as_deref(),
            Some("Ada")
        );
        let deal = of("deal", json!({"person_id": 5, "org_id": 6}), &settings);
        assert_eq!((deal.person_id, deal.organization_id), (Some(5), Some(6)));
        let lead = of(
            "lead",
            json!({"person_id": 5, "organization_id": 6, "channel": 3}),
            &settings,
        );
        assert_eq!((lead.person_id, lead.organization_id), (Some(5), Some(6)));
        assert_eq!(lead.marketing.unwrap().source.as_deref(), Some("3"));
        assert_eq!(of("note", json!({"content": "x"}), &settings), Facts::default());
    }

    #[test]
    fn a_record_of_ids_alone_says_nothing_and_a_gone_one_says_so() {
        let mut record = LightRecord::blank(7, Object::Person, EntityId::from(1));
        assert_eq!(Facts::of(&record, &Settings::default()), None);
        record.gone = Some(Gone::Deleted);
        assert!(Facts::of(&record, &Settings::default()).unwrap().is_gone);
    }

    #[test]
    fn settings_name_positions_and_industries() {
        let mut settings = Settings::default();
        settings.contact.position_field = Some("p".repeat(40));
        settings
            .organization
            .industries
            .insert("4".into(), "health".into());
        let person = json!({"job_title": "clerk", "custom_fields": {"p".repeat(40): "head"}});
        assert_eq!(
            of("person", person, &settings)
                .properties
                .unwrap()
                .get("position"),
            Some(&json!("head"))
        );
        let organization = of(
            "organization",
            json!({"industry": 4, "employee_count": 9}),
            &settings,
        )
        .properties
        .unwrap();
        assert_eq!(organization.get("industry"), Some(&json!("health")));
        assert_eq!(organization.get("company_size"), Some(&json!("small")));
        let unnamed = of("organization", json!({"industry": 5}), &settings)
            .properties
            .unwrap();
        assert_eq!(unnamed.get("industry"), None);
    }
}
