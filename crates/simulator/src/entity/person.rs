//! A person: somebody to talk to, usually at an organization.

use serde_json::{Value, json};

use super::custom::{self, Entry, Sheet};
use super::{Entity, Names, Object, Points, object};
use crate::moment::Moment;

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Person {
    pub id: u64,
    pub company: u64,
    pub first_name: String,
    pub last_name: String,
    pub email: Option<String>,
    pub phone: Option<String>,
    pub position: Option<&'static str>,
    pub organization: Option<u64>,
    pub owner: u64,
    pub label: Option<u64>,
    /// Further custom fields.
    pub sheet: Sheet,
    pub deleted: bool,
    pub added: Moment,
    pub updated: Moment,
}

/// How many deals a person or an organization has, by status.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct DealCounts {
    pub open: u64,
    pub won: u64,
    pub lost: u64,
}

impl Person {
    pub fn name(&self) -> String {
        format!("{} {}", self.first_name, self.last_name)
    }

    pub(crate) fn custom_fields(&self) -> Vec<Entry<'_>> {
        let usual = [custom::POSITION.text(self.position)];
        usual.into_iter().chain(self.sheet.entries()).collect()
    }

    fn label_ids(&self) -> Vec<u64> {
        self.label.into_iter().collect()
    }
}

/// A list of one labelled entry, or an empty list.
fn entries(value: Option<&String>) -> Value {
    value.map_or_else(
        || json!([]),
        |value| json!([{"label": "work", "value": value, "primary": true}]),
    )
}

/// v1 writes an entry without a value where there is none.
fn v1_entries(value: Option<&String>) -> Value {
    value.map_or_else(
        || json!([{"value": "", "primary": true}]),
        |value| entries(Some(value)),
    )
}

impl Entity for Person {
    fn points(&self) -> Points {
        Points {
            owner: self.owner,
            organization: self.organization,
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
        "person"
    }

    fn id(&self) -> String {
        self.id.to_string()
    }

    fn v1(&self, names: &Names) -> Option<Object> {
        let mut person = object(json!({
            "id": self.id, "company_id": self.company, "owner_id": self.owner, "org_id": self.organization,
            "name": self.name(), "first_name": self.first_name, "last_name": self.last_name,
            "email": v1_entries(self.email.as_ref()), "phone": v1_entries(self.phone.as_ref()),
            "owner_name": names.owner, "org_name": names.organization, "active_flag": !self.deleted,
            "first_char": self.first_name.chars().next().map(|first| first.to_lowercase().to_string()),
            "label": self.label, "label_ids": self.label_ids(), "visible_to": "3", "picture_id": null,
            "google_contact_id": null, "cc_email": "company@pipedrivemail.example",
            "add_time": self.added.v1(), "update_time": self.updated.v1(), "next_activity_date": null,
            "next_activity_time": null, "next_activity_id": null, "last_activity_id": null,
            "last_activity_date": null, "last_incoming_mail_time": null, "last_outgoing_mail_time": null,
            "followers_count": 1,
        }));
        for name in COUNTERS {
            person.insert((*name).to_owned(), json!(0));
        }
        custom::v1(&self.custom_fields(), &mut person);
        Some(person)
    }

    fn v2(&self) -> Object {
        object(json!({
            "id": self.id, "name": self.name(), "first_name": self.first_name, "last_name": self.last_name,
            "emails": entries(self.email.as_ref()), "phones": entries(self.phone.as_ref()),
            "org_id": self.organization, "owner_id": self.owner, "label": self.label,
            "label_ids": self.label_ids(), "visible_to": "3", "add_time": self.added.rfc3339(),
            "update_time": self.updated.rfc3339(), "custom_fields": custom::v2(&self.custom_fields()),
        }))
    }

    fn rest(&self) -> Object {
        let mut person = self.v2();
        person.remove("label");
        person.extend(object(json!({
            "is_deleted": self.deleted, "visible_to": 3, "picture_id": null,
            "custom_fields": custom::rest(&self.custom_fields()),
        })));
        person
    }
}

/// Counters that v1 carries and that stand at nothing here: this account keeps none of them.
const COUNTERS: &[&str] = &[
    "open_deals_count",
    "related_open_deals_count",
    "closed_deals_count",
    "related_closed_deals_count",
    "participant_open_deals_count",
    "participant_closed_deals_count",
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
