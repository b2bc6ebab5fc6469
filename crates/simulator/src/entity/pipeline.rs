//! A pipeline: the row of stages that a deal passes.

use serde_json::json;

use super::{Entity, Names, Object, object};
use crate::moment::Moment;

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Pipeline {
    pub id: u64,
    pub name: String,
    pub order: u64,
    pub added: Moment,
    pub updated: Moment,
}

impl Entity for Pipeline {
    fn updated(&self) -> Moment {
        self.updated
    }

    fn added(&self) -> Moment {
        self.added
    }

    fn object(&self) -> &'static str {
        "pipeline"
    }

    fn id(&self) -> String {
        self.id.to_string()
    }

    fn v1(&self, _: &Names) -> Option<Object> {
        Some(object(json!({
            "id": self.id, "name": self.name, "url_title": self.name, "order_nr": self.order, "active": true,
            "deal_probability": 1, "add_time": self.added.v1(), "update_time": self.updated.v1(),
        })))
    }

    fn v2(&self) -> Object {
        object(json!({
            "id": self.id, "name": self.name, "url_title": self.name.replace(' ', "-"), "order_nr": self.order,
            "active_flag": true, "deal_probability": true, "add_time": self.added.rfc3339(),
            "update_time": self.updated.rfc3339(),
        }))
    }

    fn rest(&self) -> Object {
        object(json!({
            "id": self.id, "name": self.name, "order_nr": self.order, "is_deleted": false,
            "is_deal_probability_enabled": true, "add_time": self.added.rfc3339(),
            "update_time": self.updated.rfc3339(),
        }))
    }
}
