//! The names of labels. A state has their ids alone: those of deals, persons and organizations are options of a field, those
//! of leads have a list of their own (facts: pipedrive 2.6).

use event::{Change, Document, EntityId, Object};
use serde_json::Value;

use crate::config::Settings;
use crate::prime::Walk;

/// Under this key a state has the ids.
const IDS: &str = "label_ids";

/// The names of a state's labels, in their order; one without a name is told by its id. `None` when none has a name.
pub(crate) fn names(object: &Object, state: &Document, settings: &Settings) -> Option<Vec<String>> {
    let named = settings.labels.of(object)?;
    if !ids(state).any(|id| named.contains_key(id.as_str())) {
        return None;
    }
    let name = |id: EntityId| named.get(id.as_str()).cloned().unwrap_or_else(|| id.to_string());
    Some(ids(state).map(name).collect())
}

/// The list that tells the names of a state's labels, where one of them has none.
pub(crate) fn unnamed(object: &Object, state: &Document, settings: &Settings) -> Option<Walk> {
    let named = settings.labels.of(object)?;
    let walk = match object {
        Object::Deal => Walk::DealFields,
        Object::Lead => Walk::LeadLabels,
        Object::Person => Walk::PersonFields,
        Object::Organization => Walk::OrganizationFields,
        _ => return None,
    };
    ids(state)
        .any(|id| !named.contains_key(id.as_str()))
        .then_some(walk)
}

/// The same for labels that this change put on. One that was there before may have been deleted since, and then no list
/// tells its name any more.
pub(crate) fn unnamed_now(change: &Change, settings: &Settings) -> Option<Walk> {
    let state = change.current.as_ref()?;
    let differs = |before: &Document| before.get(IDS).is_some_and(|ids| Some(ids) != state.get(IDS));
    let put_on = change.previous.as_ref().is_none_or(differs);
    unnamed(&change.object, state, settings).filter(|_| put_on)
}

fn ids(state: &Document) -> impl Iterator<Item = EntityId> {
    let ids = state.get(IDS).and_then(Value::as_array);
    ids.into_iter().flatten().filter_map(EntityId::from_value)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::needless_pass_by_value)]

    use event::Map;
    use serde_json::json;

    use super::*;

    const LEAD: &str = "f08b42a0-4e75-11ea-9643-03698ef1cfd6";

    fn settings() -> Settings {
        let mut settings = Settings::default();
        let own = |id: &str, name: &str| [(id.to_owned(), name.to_owned())].into();
        settings.labels.deal = own("24", "Hot");
        settings.labels.lead = own(LEAD, "Warm");
        settings.labels.person = own("5", "Customer");
        settings
    }

    fn state(ids: Value) -> Document {
        Map::from_iter([(IDS.to_owned(), ids)]).into()
    }

    #[test]
    fn labels_have_the_names_of_their_object() {
        let settings = settings();
        let names = |object, ids| names(&object, &state(ids), &settings);
        let texts = |texts: &[&str]| Some(texts.iter().map(|text| (*text).to_owned()).collect());
        assert_eq!(names(Object::Deal, json!([24])), texts(&["Hot"]));
        assert_eq!(names(Object::Deal, json!([9, "24", null])), texts(&["9", "Hot"]));
        assert_eq!(
            names(Object::Lead, json!([LEAD.to_uppercase()])),
            texts(&["Warm"])
        );
        assert_eq!(names(Object::Person, json!([5])), texts(&["Customer"]));
        for (object, ids) in [
            (Object::Deal, json!([5])),
            (Object::Deal, json!([])),
            (Object::Deal, json!(24)),
            (Object::Organization, json!([24])),
            (Object::Activity, json!([24])),
        ] {
            assert_eq!(names(object.clone(), ids), None, "{object}");
        }
    }

    #[test]
    fn a_label_without_a_name_says_which_list_would_tell() {
        let settings = settings();
        let unnamed = |object, ids| unnamed(&object, &state(ids), &settings);
        assert_eq!(unnamed(Object::Deal, json!([24])), None);
        assert_eq!(unnamed(Object::Deal, json!([24, 25])), Some(Walk::DealFields));
        assert_eq!(unnamed(Object::Lead, json!([24])), Some(Walk::LeadLabels));
        assert_eq!(unnamed(Object::Person, json!([24])), Some(Walk::PersonFields));
        assert_eq!(
            unnamed(Object::Organization, json!([24])),
            Some(Walk::OrganizationFields)
        );
        assert_eq!(unnamed(Object::Note, json!([24])), None);
    }

    #[test]
    fn only_a_label_that_was_put_on_now_is_a_reason_to_ask_again() {
        let unnamed_now = |previous: Value| {
            let meta = json!({"version": "2.0", "action": "change", "entity": "deal", "entity_id": "31", "company_id": "7", "timestamp": 1});
            let body = json!({"data": {"label_ids": [25]}, "previous": previous, "meta": meta});
            let change = Change::from_webhook(&serde_json::to_vec(&body).unwrap()).unwrap();
            unnamed_now(&change, &settings())
        };
        assert_eq!(unnamed_now(json!(null)), Some(Walk::DealFields));
        assert_eq!(unnamed_now(json!({"label_ids": []})), Some(Walk::DealFields));
        assert_eq!(unnamed_now(json!({"label_ids": [25]})), None);
        assert_eq!(unnamed_now(json!({"title": "t"})), None);
    }
}
