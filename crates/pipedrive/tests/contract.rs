//! Every example answer of Pipedrive's own API description, for every call we make, is read by the code that
//! reads real ones; and every price is the one it states.
//!
//! The descriptions state no licence and so are not part of the tree: they are looked for in a folder
//! `shared/openapi` beside it, as `pipedrive-v1.yaml` and `pipedrive-v2.yaml` (from
//! developers.pipedrive.com/docs/api/v1/openapi.yaml and openapi-v2.yaml). Without them this says so.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing)]

use std::path::Path;

use pipedrive::{FieldDefinition, Kind, List, Place, State};
use serde_json::Value;

struct Description(Value);

/// One operation with its example answers.
struct Operation<'a>(&'a Value);

impl Description {
    fn open(version: u8) -> Option<Self> {
        let beside = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared/openapi");
        let file = beside.join(format!("pipedrive-v{version}.yaml"));
        let Ok(text) = std::fs::read_to_string(&file) else {
            eprintln!("SKIPPED: there is no {}", file.display());
            return None;
        };
        let options = serde_saphyr::options! { budget: None };
        let description = serde_saphyr::from_str_with_options(&text, options);
        Some(Self(description.expect("the description is yaml")))
    }

    fn get(&self, path: &str) -> Operation<'_> {
        let operation = self.0["paths"][path].get("get");
        Operation(operation.unwrap_or_else(|| panic!("GET {path} is not described")))
    }
}

impl Operation<'_> {
    fn tokens(&self) -> u64 {
        self.0["x-token-cost"].as_u64().expect("a price")
    }

    /// Bodies of the answers with 2xx.
    fn examples(&self) -> Vec<Vec<u8>> {
        let answers = self.0["responses"].as_object().expect("answers");
        let good = answers.iter().filter(|(status, _)| status.starts_with('2'));
        good.flat_map(|(_, answer)| {
            let body = &answer["content"]["application/json"];
            let named = body["examples"].as_object().into_iter().flatten();
            let named = named.map(|(_, example)| &example["value"]);
            body.get("example")
                .into_iter()
                .chain(named)
                .map(|example| serde_json::to_vec(example).unwrap())
                .collect::<Vec<_>>()
        })
        .collect()
    }
}

fn kinds(version: u8) -> Vec<(Kind, &'static str)> {
    let all = [
        (2, Kind::Deal, "/deals/{id}"),
        (2, Kind::Person, "/persons/{id}"),
        (2, Kind::Organization, "/organizations/{id}"),
        (2, Kind::Stage, "/stages/{id}"),
        (2, Kind::Pipeline, "/pipelines/{id}"),
        (1, Kind::User, "/users/{id}"),
        (1, Kind::User, "/users/me"),
        (1, Kind::Lead, "/leads/{id}"),
    ];
    let of_version = all.into_iter().filter(|(in_version, ..)| *in_version == version);
    of_version.map(|(_, kind, path)| (kind, path)).collect()
}

fn lists(version: u8) -> Vec<(List, &'static str)> {
    let all = [
        (2, List::Stages, "/stages"),
        (2, List::Pipelines, "/pipelines"),
        (2, List::DealsOfPerson(1), "/deals"),
        (2, List::Deals(None), "/deals"),
        (2, List::ArchivedDealsOfPerson(1), "/deals/archived"),
        (2, List::ArchivedDeals(None), "/deals/archived"),
        (2, List::Persons(None), "/persons"),
        (2, List::Organizations(None), "/organizations"),
        (2, List::ByIds(Kind::Deal, vec![1]), "/deals"),
        (2, List::ByIds(Kind::Person, vec![1]), "/persons"),
        (2, List::ByIds(Kind::Organization, vec![1]), "/organizations"),
        (2, List::DealFields, "/dealFields"),
        (2, List::PersonFields, "/personFields"),
        (2, List::OrganizationFields, "/organizationFields"),
        (1, List::Leads(None), "/leads"),
        (1, List::ArchivedLeads, "/leads/archived"),
        (1, List::Users, "/users"),
        (1, List::LeadLabels, "/leadLabels"),
        (1, List::Currencies, "/currencies"),
    ];
    let of_version = all.into_iter().filter(|(in_version, ..)| *in_version == version);
    of_version.map(|(_, list, path)| (list, path)).collect()
}

fn holds(version: u8) {
    let Some(description) = Description::open(version) else {
        return;
    };
    for (kind, path) in kinds(version) {
        let operation = description.get(path);
        assert_eq!(u64::from(kind.tokens()), operation.tokens(), "{path}");
        let examples = operation.examples();
        assert!(!examples.is_empty(), "{path} has an example");
        for body in examples {
            let state = kind
                .read("1", &body)
                .unwrap_or_else(|error| panic!("{path}: {error}"));
            assert!(state.contains_key("id"), "{path}");
        }
    }
    for (list, path) in lists(version) {
        let operation = description.get(path);
        assert_eq!(u64::from(list.tokens()), operation.tokens(), "{path}");
        let examples = operation.examples();
        assert!(!examples.is_empty(), "{path} has an example");
        for body in examples {
            let page = list.read(&Place::Beginning, &body);
            let page = page.unwrap_or_else(|error| panic!("{path}: {error}"));
            assert!(!page.items.is_empty(), "{path}");
            for row in &page.items {
                has_its_key(&list, row);
            }
        }
    }
}

fn has_its_key(list: &List, row: &State) {
    if matches!(
        list,
        List::DealFields | List::PersonFields | List::OrganizationFields
    ) {
        let field = FieldDefinition::read(row).expect("a definition");
        assert!(!field.name.is_empty() && !field.kind.is_empty());
        let listed = row["options"].as_array().map_or(0, Vec::len);
        assert_eq!(field.options.len(), listed, "{}", field.code);
        let parts = row["subfields"].as_array().map_or(0, Vec::len);
        assert_eq!(field.subfields.len(), parts, "{}", field.code);
    } else {
        assert!(row.contains_key("id"), "{}", list.endpoint());
    }
}

#[test]
fn what_version_1_answers_is_understood() {
    holds(1);
}

#[test]
fn what_version_2_answers_is_understood() {
    holds(2);
}
