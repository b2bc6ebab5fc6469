//! A user: somebody who sells.

use serde_json::{Value, json};

use super::{Entity, Names, Object, object};
use crate::moment::Moment;

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct User {
    pub id: u64,
    pub name: String,
    pub email: String,
    pub currency: &'static str,
    pub admin: bool,
    pub created: Moment,
    pub modified: Moment,
    pub last_login: Moment,
}

impl Entity for User {
    fn updated(&self) -> Moment {
        self.modified
    }

    fn added(&self) -> Moment {
        self.created
    }

    fn object(&self) -> &'static str {
        "user"
    }

    fn id(&self) -> String {
        self.id.to_string()
    }

    fn v1(&self, _: &Names) -> Option<Object> {
        let mut user = self.rest();
        for name in ["access", "is_deleted", "timezone_offset"] {
            user.remove(name);
        }
        user.extend(object(json!({
            "signup_flow_variation": "invite", "is_admin": u8::from(self.admin), "role_id": "1",
        })));
        Some(user)
    }

    fn v2(&self) -> Object {
        object(json!({
            "id": self.id.to_string(), "name": self.name, "email": self.email, "phone": null,
            "default_currency": self.currency, "locale": "en_GB", "lang": "en-US", "active_flag": true,
            "last_login": self.last_login.v1(), "timezone_name": "Europe/Berlin", "icon_url": null,
            "created": self.created.v1(), "modified": self.modified.v1(), "access": null,
        }))
    }

    /// REST v1: there is no other for users.
    fn rest(&self) -> Object {
        object(json!({
            "id": self.id, "name": self.name, "email": self.email, "phone": null, "activated": true,
            "default_currency": self.currency, "locale": "en_GB", "lang": 1, "active_flag": true,
            "last_login": self.last_login.v1(), "created": self.created.v1(), "modified": self.modified.v1(),
            "has_created_company": self.admin, "role_id": 1, "timezone_name": "Europe/Berlin",
            "timezone_offset": "+02:00", "icon_url": null, "is_you": false, "is_deleted": false,
            "access": [{"app": "sales", "admin": self.admin, "permission_set_id": Value::Null}],
        }))
    }
}
