//! `personal_properties` and `organization_properties`, from the canonical states of a person and
//! an organization. A value that is empty or of no use is left out.

use serde_json::Value;

use crate::Map;
use crate::document::Document;
use crate::entity::EntityId;
use crate::number::value_u64;

use super::{CUSTOM_FIELDS_BY_NAME, put};

/// From how many people on an organization is `medium` and `large`; below it is `small`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct CompanySizes {
    pub medium_from: u64,
    pub large_from: u64,
}

impl Default for CompanySizes {
    /// The European Commission's: small below 50, large from 250.
    fn default() -> Self {
        Self {
            medium_from: 50,
            large_from: 250,
        }
    }
}

impl CompanySizes {
    pub const fn word(self, employees: u64) -> &'static str {
        if employees >= self.large_from {
            "large"
        } else if employees >= self.medium_from {
            "medium"
        } else {
            "small"
        }
    }
}

/// A person as the article has it: `id`, `email`, `first_name`, `last_name`, `phone_number`,
/// `position` (the person's `job_title`, or what is given).
pub fn contact_properties(person: &Document, position: Option<&str>) -> Map {
    let mut contact = Map::new();
    put(
        &mut contact,
        "id",
        person
            .get("id")
            .and_then(EntityId::from_value)
            .map(|id| id.to_json()),
    );
    put(&mut contact, "email", primary(person.get("emails")));
    put(&mut contact, "first_name", text(person, "first_name"));
    put(&mut contact, "last_name", text(person, "last_name"));
    put(&mut contact, "phone_number", primary(person.get("phones")));
    put(&mut contact, "position", position.or(text(person, "job_title")));
    put(
        &mut contact,
        CUSTOM_FIELDS_BY_NAME,
        person.get(CUSTOM_FIELDS_BY_NAME).cloned(),
    );
    contact
}

/// An organization: `id`, `name`, `industry`, `company_size`, `employee_count`, `country`.
pub fn organization_properties(organization: &Document, sizes: CompanySizes) -> Map {
    let mut properties = Map::new();
    put(
        &mut properties,
        "id",
        organization
            .get("id")
            .and_then(EntityId::from_value)
            .map(|id| id.to_json()),
    );
    put(&mut properties, "name", text(organization, "name"));
    put(&mut properties, "industry", label(organization.get("industry")));
    let employees = organization.get("employee_count").and_then(value_u64);
    put(
        &mut properties,
        "company_size",
        employees.map(|count| sizes.word(count)),
    );
    put(&mut properties, "employee_count", employees);
    put(&mut properties, "country", country(organization));
    put(
        &mut properties,
        CUSTOM_FIELDS_BY_NAME,
        organization.get(CUSTOM_FIELDS_BY_NAME).cloned(),
    );
    properties
}

fn text<'a>(state: &'a Document, key: &str) -> Option<&'a str> {
    filled(state.get(key))
}

fn filled(value: Option<&Value>) -> Option<&str> {
    value
        .and_then(Value::as_str)
        .map(str::trim)
        .filter(|text| !text.is_empty())
}

/// The primary entry of a list of contact points, else the first that has a value.
fn primary(points: Option<&Value>) -> Option<&str> {
    let points = points?.as_array()?;
    let value = |point: &'_ Value| {
        point
            .get("value")
            .and_then(Value::as_str)
            .is_some_and(|text| !text.trim().is_empty())
    };
    let full = || points.iter().filter(|point| value(point));
    let chosen = full()
        .find(|point| point.get("primary").is_some_and(|flag| flag == true))
        .or_else(|| full().next());
    chosen?.get("value")?.as_str().map(str::trim)
}

/// The label of an option, or the text itself; a bare option id says nothing.
fn label(value: Option<&Value>) -> Option<&str> {
    let value = value?;
    filled(Some(value.get("label").unwrap_or(value)))
}

/// `address.country` (v2), `address_country` (v1), else the two letters Pipedrive guesses.
fn country(organization: &Document) -> Option<&str> {
    let address = organization.get("address");
    address
        .and_then(|address| filled(address.get("country")))
        .or_else(|| text(organization, "address_country"))
        .or_else(|| text(organization, "country_code"))
}
