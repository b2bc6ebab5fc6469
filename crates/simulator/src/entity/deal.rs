//! A deal.

use rust_decimal::Decimal;
use serde_json::json;
use uuid::Uuid;

use super::custom::{self, Entry, Held, Sheet};
use super::{Entity, Names, Object, Points, date, decimal, object, rfc3339, v1_time};
use crate::moment::Moment;

/// Where a deal stands. A deleted one keeps its last status and is `deleted` beside it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Status {
    Open,
    Won,
    Lost,
}

impl Status {
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Open => "open",
            Self::Won => "won",
            Self::Lost => "lost",
        }
    }
}

/// How a lead or a deal came: the channel's option id with its campaign, and the same in words.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Origin {
    pub origin: &'static str,
    pub channel: Option<u64>,
    pub source: Option<&'static str>,
    pub campaign: Option<&'static str>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Deal {
    pub id: u64,
    pub title: String,
    pub value: Decimal,
    pub currency: &'static str,
    pub status: Status,
    pub deleted: bool,
    /// When it was put away: lists leave it out then.
    pub archived: Option<Moment>,
    pub stage: u64,
    pub stage_order: u64,
    pub pipeline: u64,
    pub owner: u64,
    pub creator: u64,
    pub person: Option<u64>,
    pub organization: Option<u64>,
    pub label: Option<u64>,
    pub lost_reason: Option<&'static str>,
    pub origin: Origin,
    pub lead: Option<Uuid>,
    pub product_line: Option<u64>,
    pub setup_fee: Option<Decimal>,
    /// Further custom fields.
    pub sheet: Sheet,
    pub activities: u64,
    pub activities_done: u64,
    pub expected_close: Option<Moment>,
    pub added: Moment,
    pub updated: Option<Moment>,
    pub stage_changed: Option<Moment>,
    pub won: Option<Moment>,
    pub lost: Option<Moment>,
    pub closed: Option<Moment>,
    pub first_won: Option<Moment>,
}

impl Deal {
    /// Open, and neither deleted nor put away.
    pub(crate) fn is_worked_on(&self) -> bool {
        self.status == Status::Open && !self.deleted && self.archived.is_none()
    }

    pub(crate) fn custom_fields(&self) -> Vec<Entry<'_>> {
        let fee = self.setup_fee;
        let fee = fee.map_or(Held::Empty, |fee| Held::Money(fee, self.currency));
        let usual = [
            custom::MARKETING_SOURCE.text(self.origin.source),
            custom::MARKETING_CAMPAIGN.text(self.origin.campaign),
            custom::SETUP_FEE.holding(fee),
            custom::PRODUCT_LINE.holding(self.product_line.map_or(Held::Empty, Held::Choice)),
        ];
        usual.into_iter().chain(self.sheet.entries()).collect()
    }

    fn label_ids(&self) -> Vec<u64> {
        self.label.into_iter().collect()
    }
}

impl Entity for Deal {
    fn points(&self) -> Points {
        Points {
            owner: self.owner,
            person: self.person,
            organization: self.organization,
            deal: None,
        }
    }

    fn updated(&self) -> Moment {
        self.updated.unwrap_or(self.added)
    }

    fn added(&self) -> Moment {
        self.added
    }

    fn is_deleted(&self) -> bool {
        self.deleted
    }

    fn is_archived(&self) -> bool {
        self.archived.is_some()
    }

    fn object(&self) -> &'static str {
        "deal"
    }

    fn id(&self) -> String {
        self.id.to_string()
    }

    fn v1(&self, names: &Names) -> Option<Object> {
        let money = format!("{} {}", self.currency, self.value.normalize());
        let mut deal = object(json!({
            "id": self.id, "title": self.title, "value": decimal(self.value), "currency": self.currency,
            "status": if self.deleted { "deleted" } else { self.status.as_str() },
            "active": self.status == Status::Open && !self.deleted, "deleted": self.deleted,
            "stage_id": self.stage, "stage_order_nr": self.stage_order, "pipeline_id": self.pipeline,
            "user_id": self.owner, "creator_user_id": self.creator, "owner_name": names.owner,
            "person_id": self.person, "person_name": names.person, "person_hidden": false,
            "org_id": self.organization, "org_name": names.organization, "org_hidden": false,
            "formatted_value": money, "weighted_value": decimal(self.value), "formatted_weighted_value": money,
            "weighted_value_currency": self.currency, "probability": null, "lost_reason": self.lost_reason,
            "label": self.label.map(|label| label.to_string()), "label_ids": self.label_ids(),
            "visible_to": "3", "cc_email": format!("company+deal{}@pipedrivemail.example", self.id),
            "add_time": self.added.v1(), "update_time": v1_time(self.updated.or(Some(self.added))),
            "stage_change_time": v1_time(self.stage_changed), "won_time": v1_time(self.won),
            "lost_time": v1_time(self.lost), "close_time": v1_time(self.closed),
            "first_won_time": v1_time(self.first_won), "expected_close_date": date(self.expected_close),
            "local_won_date": date(self.won), "local_lost_date": date(self.lost),
            "local_close_date": date(self.closed), "rotten_time": null,
        }));
        deal.extend(object(json!({
            "origin": self.origin.origin, "origin_id": null, "channel": self.origin.channel,
            "channel_id": self.origin.campaign, "is_archived": self.archived.is_some(),
            "archive_time": v1_time(self.archived),
            "acv": null, "acv_currency": null, "arr": null, "arr_currency": null, "mrr": null, "mrr_currency": null,
            "activities_count": self.activities, "done_activities_count": self.activities_done,
            "undone_activities_count": self.activities - self.activities_done,
            "products_count": 0, "files_count": 0, "notes_count": 0, "followers_count": 1,
            "participants_count": u64::from(self.person.is_some()), "email_messages_count": 0, "reference_activities_count": 0,
            "last_activity_id": null, "last_activity_date": null, "last_incoming_mail_time": null,
            "last_outgoing_mail_time": null, "next_activity_id": null, "next_activity_date": null,
            "next_activity_time": null, "next_activity_type": null, "next_activity_subject": null,
            "next_activity_note": null, "next_activity_duration": null,
        })));
        custom::v1(&self.custom_fields(), &mut deal);
        Some(deal)
    }

    fn v2(&self) -> Object {
        object(json!({
            "id": self.id, "title": self.title, "value": decimal(self.value), "currency": self.currency,
            "status": self.status.as_str(), "stage_id": self.stage, "pipeline_id": self.pipeline,
            "owner_id": self.owner, "creator_user_id": self.creator, "person_id": self.person,
            "org_id": self.organization, "probability": null, "label_ids": self.label_ids(),
            "lost_reason": self.lost_reason, "visible_to": "3", "origin": self.origin.origin, "origin_id": null,
            "channel": self.origin.channel, "channel_id": self.origin.campaign,
            "is_archived": self.archived.is_some(), "archive_time": rfc3339(self.archived), "expected_close_date": date(self.expected_close),
            "add_time": self.added.rfc3339(), "update_time": rfc3339(self.updated),
            "stage_change_time": rfc3339(self.stage_changed), "won_time": rfc3339(self.won),
            "lost_time": rfc3339(self.lost), "close_time": rfc3339(self.closed),
            "first_won_time": rfc3339(self.first_won), "custom_fields": custom::v2(&self.custom_fields()),
        }))
    }

    fn rest(&self) -> Object {
        let mut deal = self.v2();
        deal.remove("first_won_time");
        deal.extend(object(json!({
            "status": if self.deleted { "deleted" } else { self.status.as_str() }, "is_deleted": self.deleted,
            "visible_to": 3, "update_time": rfc3339(self.updated.or(Some(self.added))), "source_lead_id": self.lead,
            "local_won_date": date(self.won), "local_lost_date": date(self.lost),
            "local_close_date": date(self.closed), "acv": null, "arr": null, "mrr": null,
            "custom_fields": custom::rest(&self.custom_fields()),
        })));
        deal
    }
}
