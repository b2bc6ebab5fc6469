//! A stage of a pipeline.

use serde_json::json;

use super::{Entity, Names, Object, object};
use crate::moment::Moment;

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Stage {
    pub id: u64,
    pub name: String,
    pub pipeline: u64,
    /// Place in its pipeline, from 1.
    pub order: u64,
    pub probability: u64,
    pub added: Moment,
    pub updated: Moment,
}

impl Entity for Stage {
    fn updated(&self) -> Moment {
        self.updated
    }

    fn added(&self) -> Moment {
        self.added
    }

    fn object(&self) -> &'static str {
        "stage"
    }

    fn id(&self) -> String {
        self.id.to_string()
    }

    fn v1(&self, _: &Names) -> Option<Object> {
        let mut stage = self.v2();
        stage.extend(object(
            json!({"add_time": self.added.v1(), "update_time": self.updated.v1()}),
        ));
        Some(stage)
    }

    fn v2(&self) -> Object {
        object(json!({
            "id": self.id, "name": self.name, "pipeline_id": self.pipeline, "order_nr": self.order,
            "deal_probability": self.probability, "active_flag": true, "rotten_flag": false, "rotten_days": null,
            "add_time": self.added.rfc3339(), "update_time": self.updated.rfc3339(),
        }))
    }

    fn rest(&self) -> Object {
        object(json!({
            "id": self.id, "name": self.name, "pipeline_id": self.pipeline, "order_nr": self.order,
            "deal_probability": self.probability, "is_deleted": false, "is_deal_rot_enabled": false,
            "days_to_rotten": null, "add_time": self.added.rfc3339(), "update_time": self.updated.rfc3339(),
        }))
    }
}
