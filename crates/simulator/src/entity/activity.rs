//! An activity: a call, a meeting, a task, done or to be done.

use serde_json::json;

use super::{Entity, Names, Object, Points, object};
use crate::moment::Moment;

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Activity {
    pub id: u64,
    pub company: u64,
    pub kind: &'static str,
    pub subject: &'static str,
    pub done: bool,
    pub deal: Option<u64>,
    pub person: Option<u64>,
    pub organization: Option<u64>,
    pub owner: u64,
    pub deleted: bool,
    pub due: Moment,
    pub added: Moment,
    pub updated: Moment,
}

impl Entity for Activity {
    fn points(&self) -> Points {
        Points {
            owner: self.owner,
            person: self.person,
            organization: self.organization,
            deal: self.deal,
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
        "activity"
    }

    fn id(&self) -> String {
        self.id.to_string()
    }

    fn v1(&self, names: &Names) -> Option<Object> {
        Some(object(json!({
            "id": self.id, "company_id": self.company, "user_id": self.owner, "done": self.done,
            "type": self.kind, "reference_type": "none", "reference_id": null, "due_date": self.due.date(),
            "due_time": "", "duration": "", "add_time": self.added.v1(), "update_time": self.updated.v1(),
            "marked_as_done_time": if self.done { self.updated.v1() } else { String::new() },
            "subject": self.subject, "deal_id": self.deal, "org_id": self.organization, "person_id": self.person,
            "active_flag": !self.deleted, "note": null, "person_name": names.person,
            "org_name": names.organization, "deal_title": names.deal, "assigned_to_user_id": self.owner,
            "created_by_user_id": self.owner, "owner_name": names.owner, "update_user_id": null,
            "participants": self.person.map(|person| json!([{"person_id": person, "primary_flag": true}])), "gcal_event_id": null,
            "google_calendar_id": null, "google_calendar_etag": null, "no_gcal": false, "updates_story_id": null,
            "person_dropbox_bcc": "company@pipedrivemail.example",
            "deal_dropbox_bcc": self.deal.map(|deal| format!("company+deal{deal}@pipedrivemail.example")),
        })))
    }

    fn v2(&self) -> Object {
        object(json!({
            "id": self.id, "type": self.kind, "subject": self.subject, "done": self.done,
            "due_date": self.due.date(), "due_time": null, "duration": null, "deal_id": self.deal,
            "lead_id": null, "person_id": self.person, "org_id": self.organization, "owner_id": self.owner,
            "busy_flag": null, "location": null, "public_description": "", "active_flag": !self.deleted,
            "update_user_id": null, "add_time": self.added.rfc3339(), "update_time": self.updated.rfc3339(),
            "custom_fields": {},
        }))
    }

    fn rest(&self) -> Object {
        let mut activity = self.v2();
        for name in ["active_flag", "busy_flag", "update_user_id", "custom_fields"] {
            activity.remove(name);
        }
        activity.extend(object(json!({
            "is_deleted": self.deleted, "busy": false, "creator_user_id": self.owner, "priority": null, "note": null,
            "marked_as_done_time": if self.done { Some(self.updated.rfc3339()) } else { None },
        })));
        activity
    }
}
