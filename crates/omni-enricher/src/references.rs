//! Which other entities a change speaks of, by their ids.

use event::{Change, Document, EntityId, Object};

use crate::facts::{Facts, text, whole};

/// Their ids; `None` where the change names none.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct References {
    pub(crate) contact: Option<u64>,
    pub(crate) organization: Option<u64>,
    /// Only where the change does not bring the owner's name itself.
    pub(crate) owner: Option<u64>,
    pub(crate) stage: Option<u64>,
    pub(crate) previous_stage: Option<u64>,
    pub(crate) pipeline: Option<u64>,
    pub(crate) lead: Option<EntityId>,
    pub(crate) deal: Option<u64>,
}

/// What is listed in `missing` when it is not known.
pub(crate) const CONTACT: &str = "contact";
pub(crate) const ORGANIZATION: &str = "organization";
pub(crate) const OWNER: &str = "owner";
pub(crate) const STAGE: &str = "stage";
pub(crate) const PIPELINE: &str = "pipeline";
pub(crate) const LEAD: &str = "lead";
pub(crate) const DEAL: &str = "deal";
/// All that can be listed.
pub(crate) const LISTED: [&str; 7] = [CONTACT, ORGANIZATION, OWNER, STAGE, PIPELINE, LEAD, DEAL];
/// Not listed: only its name would be nice to have.
pub(crate) const PREVIOUS_STAGE: &str = "previous_stage";

impl References {
    pub(crate) fn of(change: &Change) -> Self {
        let Some(state) = change.state() else {
            return Self::default();
        };
        let id = |key: &str| whole(state, key);
        let owner = id("owner_id").filter(|_| text(state, "owner_name").is_none());
        match change.object {
            Object::Deal => Self {
                contact: id("person_id"),
                organization: id("org_id"),
                owner,
                stage: id("stage_id"),
                previous_stage: previous_stage(change, state),
                pipeline: id("pipeline_id"),
                lead: state.get("source_lead_id").and_then(EntityId::from_value),
                deal: None,
            },
            Object::Lead => Self {
                contact: id("person_id"),
                organization: id("organization_id"),
                owner,
                ..Self::default()
            },
            Object::Person => Self {
                organization: id("org_id"),
                owner,
                ..Self::default()
            },
            Object::Organization | Object::Product => Self {
                owner,
                ..Self::default()
            },
            Object::Activity => Self {
                owner,
                ..Self::of_part(state)
            },
            Object::Note => Self::of_part(state),
            _ => Self::default(),
        }
    }

    /// Of an activity or a note: it belongs to a deal or a lead, and names a contact or leaves that to them.
    fn of_part(state: &Document) -> Self {
        Self {
            contact: whole(state, "person_id"),
            organization: whole(state, "org_id"),
            deal: whole(state, "deal_id"),
            lead: state.get("lead_id").and_then(EntityId::from_value),
            ..Self::default()
        }
    }

    /// Takes contact and organization of the deal or lead it belongs to, where it names none itself.
    pub(crate) fn complete(&mut self, owner: &Facts) {
        self.contact = self.contact.or(owner.person_id);
        self.organization = self.organization.or(owner.organization_id);
    }

    /// All of them, with the word for `missing`.
    pub(crate) fn all(&self) -> impl Iterator<Item = (&'static str, Object, EntityId)> {
        let numbers = [
            (DEAL, Object::Deal, self.deal),
            (CONTACT, Object::Person, self.contact),
            (ORGANIZATION, Object::Organization, self.organization),
            (OWNER, Object::User, self.owner),
            (STAGE, Object::Stage, self.stage),
            (PREVIOUS_STAGE, Object::Stage, self.previous_stage),
            (PIPELINE, Object::Pipeline, self.pipeline),
        ];
        let lead = self.lead.clone().map(|id| (LEAD, Object::Lead, id));
        numbers
            .into_iter()
            .filter_map(|(word, object, id)| id.map(|id| (word, object, EntityId::from(id))))
            .chain(lead)
    }
}

/// The stage a deal came from, when the change moved it.
fn previous_stage(change: &Change, state: &Document) -> Option<u64> {
    change.current.as_ref()?;
    let before = whole(change.previous.as_ref()?, "stage_id")?;
    (whole(state, "stage_id") != Some(before)).then_some(before)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::needless_pass_by_value)]

    use serde_json::{Value, json};

    use super::*;

    fn of(object: &str, action: &str, data: Value, previous: Value) -> References {
        let meta = json!({"version": "2.0", "action": action, "entity": object, "entity_id": "31", "company_id": "7", "timestamp": 1});
        let body = json!({"data": data, "previous": previous, "meta": meta});
        References::of(&Change::from_webhook(&serde_json::to_vec(&body).unwrap()).unwrap())
    }

    #[test]
    fn a_deal_speaks_of_seven_others() {
        let deal = json!({
            "person_id": 1, "org_id": 2, "owner_id": 3, "stage_id": 4, "pipeline_id": 5,
            "source_lead_id": "0f1e2d3c-4b5a-11ef-8786-95a4b3c2d1e0",
        });
        let references = of("deal", "change", deal.clone(), json!({"stage_id": 9}));
        let words: Vec<_> = references
            .all()
            .map(|(word, object, id)| format!("{word} {object} {id}"))
            .collect();
        let expected = [
            "contact person 1",
            "organization organization 2",
            "owner user 3",
            "stage stage 4",
            "previous_stage stage 9",
            "pipeline pipeline 5",
            "lead lead 0f1e2d3c-4b5a-11ef-8786-95a4b3c2d1e0",
        ];
        assert_eq!(words, expected);
        assert_eq!(
            of("deal", "change", deal.clone(), json!({"stage_id": 4})).previous_stage,
            None
        );
        let deleted = of("deal", "delete", json!(null), deal);
        assert_eq!((deleted.contact, deleted.previous_stage), (Some(1), None));
    }

    #[test]
    fn an_owner_whose_name_came_is_not_asked_for() {
        assert_eq!(
            of(
                "deal",
                "change",
                json!({"owner_id": 3, "owner_name": "Ada"}),
                json!(null)
            )
            .owner,
            None
        );
        assert_eq!(
            of("organization", "change", json!({"owner_id": 3}), json!(null)).owner,
            Some(3)
        );
    }

    #[test]
    fn a_part_takes_what_it_lacks_from_what_it_belongs_to() {
        let mut references = of(
            "activity",
            "create",
            json!({"deal_id": 8, "person_id": null, "org_id": 2, "owner_id": 3}),
            json!(null),
        );
        assert_eq!(
            (references.deal, references.contact, references.owner),
            (Some(8), None, Some(3))
        );
        references.complete(&Facts {
            person_id: Some(1),
            organization_id: Some(9),
            ..Facts::default()
        });
        assert_eq!((references.contact, references.organization), (Some(1), Some(2)));
        let note = of(
            "note",
            "create",
            json!({"lead_id": "x-1", "person_id": 4}),
            json!(null),
        );
        assert_eq!(
            (note.lead.unwrap().to_string(), note.contact),
            ("x-1".to_owned(), Some(4))
        );
    }

    #[test]
    fn others_speak_of_little_or_nothing() {
        let person = of(
            "person",
            "change",
            json!({"id": 31, "org_id": 2, "owner_id": 3}),
            json!(null),
        );
        assert_eq!(
            (person.contact, person.organization, person.owner),
            (None, Some(2), Some(3))
        );
        let lead = of(
            "lead",
            "create",
            json!({"person_id": 1, "organization_id": 2}),
            json!(null),
        );
        assert_eq!((lead.contact, lead.organization), (Some(1), Some(2)));
        assert_eq!(
            of("stage", "change", json!({"pipeline_id": 1}), json!(null)),
            References::default()
        );
        assert_eq!(
            of("task", "delete", json!(null), json!(null)),
            References::default()
        );
    }
}
