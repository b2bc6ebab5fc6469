//! An organization: the company a contact works for.

use serde_json::{Value, json};

use super::custom::{self, Entry, Sheet};
use super::{Entity, Names, Object, Points, object};
use crate::moment::Moment;

/// A street address of the account's world.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Address {
    pub street: &'static str,
    pub number: u32,
    pub postal_code: &'static str,
    pub city: &'static str,
    pub region: &'static str,
    pub country: &'static str,
    pub country_code: &'static str,
}

impl Address {
    pub(crate) fn line(&self) -> String {
        format!(
            "{} {}, {} {}, {}",
            self.street, self.number, self.postal_code, self.city, self.country
        )
    }

    pub(crate) fn parts(&self) -> Value {
        json!({
            "value": self.line(), "country": self.country, "admin_area_level_1": self.region,
            "admin_area_level_2": "", "locality": self.city, "sublocality": "", "route": self.street,
            "street_number": self.number.to_string(), "subpremise": "", "postal_code": self.postal_code,
        })
    }
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Organization {
    pub id: u64,
    pub company: u64,
    pub name: String,
    pub domain: String,
    pub address: Option<Address>,
    pub industry: Option<u64>,
    pub employees: Option<u64>,
    pub owner: u64,
    pub people: u64,
    /// Custom fields.
    pub sheet: Sheet,
    pub deleted: bool,
    pub added: Moment,
    pub updated: Moment,
}

impl Organization {
    /// The address in one line, where there is one.
    pub fn address_line(&self) -> Option<String> {
        self.address.as_ref().map(Address::line)
    }

    fn custom_fields(&self) -> Vec<Entry<'_>> {
        self.sheet.entries().collect()
    }

    fn website(&self) -> String {
        format!("https://www.{}", self.domain)
    }

    fn firmographics(&self) -> Object {
        object(json!({
            "website": self.website(), "linkedin": null, "industry": self.industry, "annual_revenue": null,
            "employee_count": self.employees,
        }))
    }

    fn country_code(&self) -> Option<&'static str> {
        self.address.as_ref().map(|address| address.country_code)
    }
}

impl Entity for Organization {
    fn points(&self) -> Points {
        Points {
            owner: self.owner,
            ..Points::default()
        }
    }

    fn updated(&self) -> Moment {
        self.updated
    }

    fn added(&self) -> Moment {
        self.added
    }

    fn is_deleted(&self) -> bool {
        self.deleted
    }

    fn object(&self) -> &'static str {
        "organization"
    }

    fn id(&self) -> String {
        self.id.to_string()
    }

    fn v1(&self, names: &Names) -> Option<Object> {
        let place = self.address.as_ref();
        let line = place.map(Address::line);
        let mut organization = object(json!({
            "id": self.id, "company_id": self.company, "owner_id": self.owner, "owner_name": names.owner,
            "name": self.name, "active_flag": !self.deleted, "category_id": null, "label": null,
            "picture_id": null,
            "country_code": self.country_code(), "visible_to": "3", "people_count": self.people,
            "first_char": self.name.chars().next().map(|first| first.to_lowercase().to_string()),
            "add_time": self.added.v1(), "update_time": self.updated.v1(),
            "cc_email": "company@pipedrivemail.example", "address": line, "address_formatted_address": line,
            "address_lat": null, "address_long": null, "address_subpremise": place.map(|_| ""),
            "address_street_number": place.map(|place| place.number.to_string()),
            "address_route": place.map(|place| place.street), "address_sublocality": place.map(|_| ""),
            "address_locality": place.map(|place| place.city), "address_country": place.map(|place| place.country),
            "address_admin_area_level_1": place.map(|place| place.region),
            "address_admin_area_level_2": place.map(|_| ""),
            "address_postal_code": place.map(|place| place.postal_code), "next_activity_date": null,
            "next_activity_time": null, "next_activity_id": null, "last_activity_id": null,
            "last_activity_date": null, "followers_count": 1,
        }));
        // Standard since May 2026; v1 has always shown a record's standard fields.
        organization.extend(self.firmographics());
        for name in COUNTERS {
            organization.insert((*name).to_owned(), json!(0));
        }
        custom::v1(&self.custom_fields(), &mut organization);
        Some(organization)
    }

    fn v2(&self) -> Object {
        let mut organization = object(json!({
            "id": self.id, "name": self.name, "owner_id": self.owner, "country_code": self.country_code(),
            "address": self.address.as_ref().map(Address::parts), "label": null, "picture_id": null,
            "visible_to": "3", "add_time": self.added.rfc3339(), "update_time": self.updated.rfc3339(),
            "custom_fields": custom::v2(&self.custom_fields()),
        }));
        organization.extend(self.firmographics());
        organization
    }

    fn rest(&self) -> Object {
        let mut organization = self.v2();
        for name in ["label", "picture_id", "country_code"] {
            organization.remove(name);
        }
        organization.extend(object(
            json!({"is_deleted": self.deleted, "visible_to": 3, "label_ids": [], "custom_fields": custom::rest(&self.custom_fields())}),
        ));
        organization
    }
}

/// Counters that v1 carries and that stand at nothing here: this account keeps none of them.
const COUNTERS: &[&str] = &[
    "open_deals_count",
    "related_open_deals_count",
    "closed_deals_count",
    "related_closed_deals_count",
    "email_messages_count",
    "activities_count",
    "done_activities_count",
    "undone_activities_count",
    "reference_activities_count",
    "files_count",
    "notes_count",
    "won_deals_count",
    "related_won_deals_count",
    "lost_deals_count",
    "related_lost_deals_count",
];
