//! A note: what somebody wrote down about a deal, a person or an organization.

use serde_json::json;

use super::{Entity, Names, Object, Points, object};
use crate::moment::Moment;

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Note {
    pub id: u64,
    /// HTML, as Pipedrive keeps it.
    pub content: String,
    pub user: u64,
    pub deal: Option<u64>,
    pub person: Option<u64>,
    pub organization: Option<u64>,
    pub pinned: bool,
    pub deleted: bool,
    pub added: Moment,
    pub updated: Moment,
}

impl Note {
    fn told(&self) -> Object {
        object(json!({
            "id": self.id, "user_id": self.user, "deal_id": self.deal, "person_id": self.person,
            "org_id": self.organization, "lead_id": null, "project_id": null, "active_flag": !self.deleted,
            "content": self.content, "pinned_to_deal_flag": self.pinned, "pinned_to_person_flag": false,
            "pinned_to_organization_flag": false,
        }))
    }

    fn told_in_v1(&self) -> Object {
        let mut note = self.told();
        note.extend(object(json!({
            "add_time": self.added.v1(), "update_time": self.updated.v1(), "last_update_user_id": self.user,
            "pinned_to_lead_flag": false, "pinned_to_project_flag": false,
        })));
        note
    }
}

impl Entity for Note {
    fn points(&self) -> Points {
        Points {
            owner: self.user,
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
        "note"
    }

    fn id(&self) -> String {
        self.id.to_string()
    }

    fn v1(&self, names: &Names) -> Option<Object> {
        let mut note = self.told_in_v1();
        let card = |name: &Option<String>| name.as_ref().map(|name| json!({"name": name}));
        note.extend(object(json!({
            "organization": card(&names.organization), "person": card(&names.person),
            "deal": names.deal.as_ref().map(|title| json!({"title": title})),
            "user": card(&names.owner),
        })));
        Some(note)
    }

    fn v2(&self) -> Object {
        let mut note = self.told();
        note.extend(object(json!({
            "add_time": self.added.rfc3339(), "update_time": self.updated.rfc3339(),
        })));
        note
    }

    /// REST v1: there is no other for notes.
    fn rest(&self) -> Object {
        self.told_in_v1()
    }
}
