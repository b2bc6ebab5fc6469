//! Paging of REST v1: `start` and `limit`, and what is left told beside the rows.

use axum::Json;
use axum::response::{IntoResponse, Response};
use serde::Deserialize;
use serde_json::{Value, json};

const LIMIT_DEFAULT: usize = 100;
const LIMIT_MAX: usize = 500;

/// Which part of a list is asked for, and of whom.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Part {
    start: usize,
    limit: Option<usize>,
    pub person_id: Option<u64>,
    pub organization_id: Option<u64>,
    pub owner_id: Option<u64>,
    pub updated_since: Option<String>,
}

impl Part {
    /// The rows of this part in the list's envelope; only they are written down.
    pub(super) fn of<T>(&self, rows: Vec<T>, written: impl Fn(T) -> Value) -> Response {
        let limit = self.limit.unwrap_or(LIMIT_DEFAULT).clamp(1, LIMIT_MAX);
        let next = self.start.saturating_add(limit);
        let more = rows.len() > next;
        let page: Vec<Value> = rows
            .into_iter()
            .skip(self.start)
            .take(limit)
            .map(written)
            .collect();
        let pagination = json!({
            "start": self.start, "limit": limit, "more_items_in_collection": more,
            "next_start": more.then_some(next),
        });
        Json(json!({"success": true, "data": page, "additional_data": {"pagination": pagination}}))
            .into_response()
    }
}
