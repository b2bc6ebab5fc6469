//! A lead: known to webhooks v2 and REST v1 only.

use rust_decimal::Decimal;
use serde_json::json;
use uuid::Uuid;

use super::custom::{self, Entry, Sheet};
use super::deal::Origin;
use super::{Entity, Names, Object, date, decimal, object};
use crate::catalogue::LEAD_LABELS;
use crate::moment::Moment;

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Lead {
    pub id: Uuid,
    pub title: String,
    pub person: Option<u64>,
    pub organization: Option<u64>,
    pub owner: u64,
    pub creator: u64,
    pub value: Option<(Decimal, &'static str)>,
    pub origin: Origin,
    /// Further custom fields, inherited from deals.
    pub sheet: Sheet,
    pub seen: bool,
    pub archived: bool,
    pub expected_close: Option<Moment>,
    pub added: Moment,
    pub updated: Moment,
}

impl Lead {
    pub(crate) fn custom_fields(&self) -> Vec<Entry<'_>> {
        let usual = [
            custom::MARKETING_SOURCE.text(self.origin.source),
            custom::MARKETING_CAMPAIGN.text(self.origin.campaign),
        ];
        usual.into_iter().chain(self.sheet.entries()).collect()
    }

    /// One label each, by its id: it stays the same.
    fn label_ids(&self) -> Vec<&'static str> {
        let place = self.id.as_u128() % LEAD_LABELS.len().max(1) as u128;
        let label = LEAD_LABELS.get(place as usize);
        label.into_iter().map(|(id, ..)| *id).collect()
    }
}

impl Entity for Lead {
    fn updated(&self) -> Moment {
        self.updated
    }

    fn added(&self) -> Moment {
        self.added
    }

    fn is_archived(&self) -> bool {
        self.archived
    }

    fn object(&self) -> &'static str {
        "lead"
    }

    fn id(&self) -> String {
        self.id.to_string()
    }

    fn v1(&self, _: &Names) -> Option<Object> {
        None
    }

    fn v2(&self) -> Object {
        object(json!({
            "id": self.id, "title": self.title, "person_id": self.person, "organization_id": self.organization,
            "owner_id": self.owner, "creator_id": self.creator, "label_ids": self.label_ids(),
            "value": self.value.map(|(amount, currency)| json!({"amount": decimal(amount), "currency": currency})),
            "expected_close_date": date(self.expected_close), "source_name": "Manually created",
            "origin": self.origin.origin, "origin_id": null, "channel": self.origin.channel,
            "channel_id": self.origin.campaign, "was_seen": self.seen, "is_archived": self.archived,
            "next_activity_id": null, "add_time": self.added.rfc3339_millis(),
            "update_time": self.updated.rfc3339_millis(), "custom_fields": custom::v2(&self.custom_fields()),
        }))
    }

    /// REST v1: custom fields lie flat among the others.
    fn rest(&self) -> Object {
        let mut lead = self.v2();
        lead.remove("custom_fields");
        lead.extend(object(json!({
            "visible_to": "3", "cc_email": format!("company+lead{}@pipedrivemail.example", self.id.simple()),
        })));
        custom::v1(&self.custom_fields(), &mut lead);
        lead
    }
}
