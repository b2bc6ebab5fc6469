//! What an account calls its own fields and labels: definitions of fields are entities like others (`deal_field`,
//! `person_field`, `organization_field`, by their code), labels of leads too (`lead_label`), and become names of the settings.
//!
//! A field that is renamed keeps the key it had first (facts: flat-event): the name in force then stays as `key_name`.
//! What the configuration names wins.

use std::collections::{BTreeMap, BTreeSet};

use event::{Document, Map, Object, flat, moment};
use pipedrive::FieldDefinition;
use serde_json::{Value, json};

use crate::config::{NamedField, Settings};
use crate::facts::{filled, text};

const DEAL: &str = "deal_field";
const PERSON: &str = "person_field";
const ORGANIZATION: &str = "organization_field";
const LEAD_LABEL: &str = "lead_label";

/// All that name others.
pub(crate) const OBJECTS: [&str; 4] = [DEAL, PERSON, ORGANIZATION, LEAD_LABEL];

/// Deals' own field that holds the channel they came by.
const CHANNEL: &str = "channel";
/// Organizations' own field that holds their industry.
const INDUSTRY: &str = "industry";
/// Each one's own field of labels: as REST v2 names it, and as v1 did.
const LABEL_IDS: &str = "label_ids";
const LABEL: &str = "label";

/// Whether an object is a definition of a field.
pub(crate) fn is_field(object: &Object) -> bool {
    [DEAL, PERSON, ORGANIZATION].contains(&object.as_str())
}

/// The state to keep of a definition; `None` when it says what is known.
pub(crate) fn state(row: &Map, known: Option<&Document>, now_micro: i64) -> Option<(String, Document)> {
    let definition = FieldDefinition::read(row)?;
    let key_name = known
        .and_then(|known| text(known, "key_name"))
        .unwrap_or_else(|| definition.name.clone());
    let options: Vec<Value> = definition
        .options
        .iter()
        .map(|option| json!({"id": option.id, "label": option.label}))
        .collect();
    let mut state = Map::new();
    for (key, value) in [
        ("name", definition.name.into()),
        ("key_name", key_name.into()),
        ("field_type", definition.kind.into()),
        ("is_custom", definition.is_custom.into()),
        ("options", options.into()),
    ] {
        state.insert(key.to_owned(), value);
    }
    let same = known.is_some_and(|known| state.iter().all(|(key, value)| known.get(key) == Some(value)));
    // Pipedrive states no time of change: it is when we saw it.
    state.insert("update_time".to_owned(), moment::to_rfc3339(now_micro).into());
    (!same).then(|| (definition.code, state.into()))
}

/// The settings with the account's names beneath their own.
pub(crate) fn name(
    settings: &Settings,
    fields: impl IntoIterator<Item = (Object, String, Document)>,
) -> Settings {
    let mut named = settings.clone();
    let mut taken: [BTreeSet<String>; 3] = Default::default();
    let own = &settings.custom_fields;
    for (taken, own) in taken.iter_mut().zip([&own.deal, &own.person, &own.organization]) {
        taken.extend(own.values().map(|field| flat::slug(&field.name)));
    }
    for (object, code, state) in fields {
        let Some(at) = OBJECTS.iter().position(|known| *known == object.as_str()) else {
            continue;
        };
        let options = options(&state);
        match (at, code.as_str()) {
            (0, CHANNEL) => fill(&mut named.marketing.channels, options),
            (2, INDUSTRY) => fill(&mut named.organization.industries, options),
            (0, LABEL_IDS | LABEL) => fill(&mut named.labels.deal, options),
            (1, LABEL_IDS | LABEL) => fill(&mut named.labels.person, options),
            (2, LABEL_IDS | LABEL) => fill(&mut named.labels.organization, options),
            (3, _) => fill(
                &mut named.labels.lead,
                text(&state, "name").map(|name| (code, name)),
            ),
            _ if state.get("is_custom") == Some(&Value::Bool(true)) => {
                let fields = match at {
                    0 => &mut named.custom_fields.deal,
                    1 => &mut named.custom_fields.person,
                    _ => &mut named.custom_fields.organization,
                };
                let name = text(&state, "key_name").unwrap_or_else(|| code.clone());
                let is_new = |taken: &mut BTreeSet<String>| taken.insert(flat::slug(&name));
                let alone = fields.contains_key(&code) || taken.get_mut(at).is_none_or(is_new);
                // Of two fields of one name the second is told apart by its code.
                let name = if alone {
                    name
                } else {
                    format!("{name} {}", code.get(..4).unwrap_or(&code))
                };
                fields.entry(code).or_insert(NamedField { name, options });
            }
            _ => {}
        }
    }
    named
}

fn fill(names: &mut BTreeMap<String, String>, told: impl IntoIterator<Item = (String, String)>) {
    for (id, name) in told {
        names.entry(id).or_insert(name);
    }
}

fn options(state: &Document) -> BTreeMap<String, String> {
    let options = state.get("options").and_then(Value::as_array);
    let option = |option: &Value| Some((filled(option.get("id"))?, filled(option.get("label"))?));
    options.into_iter().flatten().filter_map(option).collect()
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::needless_pass_by_value)]

    use super::*;

    fn row(code: &str, name: &str, custom: bool, options: Value) -> Map {
        let row = json!({"field_code": code, "field_name": name, "field_type": "enum", "is_custom_field": custom, "options": options});
        row.as_object().unwrap().clone()
    }

    fn kept(object: &str, row: Map, known: Option<&Document>) -> (Object, String, Document) {
        let (code, state) = state(&row, known, 0).unwrap();
        (Object::from(object), code, state)
    }

    #[test]
    fn fields_give_names_and_labels_and_the_configuration_wins() {
        let (a, b) = ("a".repeat(40), "b".repeat(40));
        let mut settings = Settings::default();
        settings.marketing.channels.insert("1".into(), "ours".into());
        let own = NamedField {
            name: "Own".into(),
            options: [("9".to_owned(), "nine".to_owned())].into(),
        };
        settings.custom_fields.deal.insert(b.clone(), own);
        let two = json!([{"id": 1, "label": "fair"}, {"id": 2, "label": "web"}]);
        let named = name(
            &settings,
            [
                kept(DEAL, row(CHANNEL, "Channel", false, two.clone()), None),
                kept(DEAL, row(&a, "Colour", true, two.clone()), None),
                kept(DEAL, row(&b, "Theirs", true, json!([])), None),
                kept(ORGANIZATION, row(INDUSTRY, "Industry", false, two), None),
                kept(DEAL, row("value", "Value", false, json!(null)), None),
            ],
        );
        let text = |text: &str| Some(text.to_owned());
        assert_eq!(named.marketing.channels.get("1").cloned(), text("ours"));
        assert_eq!(named.marketing.channels.get("2").cloned(), text("web"));
        assert_eq!(named.organization.industries.get("1").cloned(), text("fair"));
        let colour = named.custom_fields.deal.get(&a).unwrap();
        assert_eq!((colour.name.as_str(), colour.options.len()), ("Colour", 2));
        assert_eq!(named.custom_fields.deal.get(&b).unwrap().name, "Own");
        assert_eq!(named.custom_fields.deal.len(), 2);
    }

    #[test]
    fn labels_have_the_names_of_their_field_or_of_their_own_list() {
        let mut settings = Settings::default();
        settings.labels.deal.insert("24".into(), "ours".into());
        let label = |code: &str, id: u64, name: &str| {
            let options = json!([{"id": id, "label": name, "color": "red"}]);
            row(code, "Label", false, options)
        };
        let of_lead = json!({"id": "f08b42a0", "name": "Warm", "color": "yellow"});
        let of_lead = of_lead.as_object().unwrap().clone();
        let named = name(
            &settings,
            [
                kept(DEAL, label(LABEL_IDS, 24, "Hot"), None),
                kept(DEAL, label(LABEL, 25, "Cold"), None),
                kept(PERSON, label(LABEL_IDS, 5, "Customer"), None),
                kept(ORGANIZATION, label(LABEL_IDS, 7, "Partner"), None),
                (Object::from(LEAD_LABEL), "f08b42a0".to_owned(), of_lead.into()),
            ],
        );
        let all = |names: &[(&str, &str)]| {
            let own = names
                .iter()
                .map(|(id, name)| ((*id).to_owned(), (*name).to_owned()));
            own.collect::<BTreeMap<_, _>>()
        };
        assert_eq!(named.labels.deal, all(&[("24", "ours"), ("25", "Cold")]));
        assert_eq!(named.labels.person, all(&[("5", "Customer")]));
        assert_eq!(named.labels.organization, all(&[("7", "Partner")]));
        assert_eq!(named.labels.lead, all(&[("f08b42a0", "Warm")]));
    }

    #[test]
    fn a_renamed_field_keeps_its_key_and_takes_new_labels() {
        let code = "c".repeat(40);
        let (_, _, before) = kept(PERSON, row(&code, "Role", true, json!([])), None);
        assert_eq!(
            state(&row(&code, "Role", true, json!([])), Some(&before), 9),
            None
        );
        let renamed = row(&code, "Position", true, json!([{"id": 4, "label": "head"}]));
        let after = kept(PERSON, renamed, Some(&before));
        assert_eq!(after.2.get("name"), Some(&json!("Position")));
        let named = name(&Settings::default(), [after]);
        let field = named.custom_fields.person.get(&code).unwrap();
        assert_eq!((field.name.as_str(), field.options.len()), ("Role", 1));
    }

    #[test]
    fn two_fields_of_one_name_have_two_keys() {
        let (a, b) = ("a".repeat(40), "b".repeat(40));
        let named = name(
            &Settings::default(),
            [
                kept(DEAL, row(&a, "Fee", true, json!([])), None),
                kept(DEAL, row(&b, "fee", true, json!([])), None),
            ],
        );
        let slugs: BTreeSet<_> = named
            .custom_fields
            .deal
            .values()
            .map(|field| flat::slug(&field.name))
            .collect();
        assert_eq!(slugs.len(), 2);
    }
}
