//! `requestStatus:retrieve`: what became of a request, for each of its destinations.
//!
//! <https://developers.google.com/data-manager/api/devguides/diagnostics>

use std::collections::{BTreeMap, HashMap, VecDeque};
use std::sync::Arc;

use axum::Json;
use axum::extract::{Query, State};
use axum::http::HeaderMap;
use axum::response::{IntoResponse, Response};
use serde_json::{Value, json};

use super::asked::Asked;
use super::is_let_in;
use super::processing::Processed;
use super::refusal::{self, Violation};
use crate::world::{World, locked};

/// Requests that are remembered; the oldest go first.
const REQUESTS_MAX: usize = 1_000;

/// Requests that were taken, and what became of each.
#[derive(Debug, Default)]
pub(crate) struct Requests(VecDeque<(String, Vec<Value>)>);

impl Requests {
    pub(super) fn keep(&mut self, id: String, statuses: Vec<Value>) {
        self.0.push_back((id, statuses));
        if self.0.len() > REQUESTS_MAX {
            self.0.pop_front();
        }
    }

    fn of(&self, id: &str) -> Option<Vec<Value>> {
        let (_, statuses) = self.0.iter().find(|(known, _)| known == id)?;
        Some(statuses.clone())
    }
}

/// A status a destination, in their order.
pub(super) fn of(asked: &Asked, processed: &[Processed]) -> Vec<Value> {
    let one = |(place, action): (usize, &super::destination::Action)| {
        let own = asked.events.iter().zip(processed);
        let own: Vec<_> = own.filter(|(event, _)| event.to.contains(&place)).collect();
        let mut errors: BTreeMap<&str, usize> = BTreeMap::new();
        for reason in own.iter().filter_map(|(_, processed)| processed.dropped) {
            *errors.entry(reason).or_default() += 1;
        }
        let status = match errors.values().sum::<usize>() {
            0 => "SUCCESS",
            dropped if dropped == own.len() => "FAILED",
            _ => "PARTIAL_SUCCESS",
        };
        let count =
            |(reason, count): (&str, usize)| json!({"reason": reason, "recordCount": count.to_string()});
        let errors: Vec<Value> = errors.into_iter().map(count).collect();
        json!({
            "destination": action.sent, "requestStatus": status, "errorInfo": {"errorCounts": errors},
            "eventsIngestionStatus": {"recordCount": own.len().to_string()},
        })
    };
    asked.actions.iter().enumerate().map(one).collect()
}

pub(super) async fn retrieve(
    State(world): State<Arc<World>>,
    headers: HeaderMap,
    Query(query): Query<HashMap<String, String>>,
) -> Response {
    if let Err(refusal) = is_let_in(&world, &headers) {
        return refusal.into_response();
    }
    let id = query.get("requestId").map(String::as_str).unwrap_or_default();
    if let Some(statuses) = locked(&world.ingested).of(id) {
        return Json(json!({"requestStatusPerDestination": statuses})).into_response();
    }
    let description = "The request ID used to retrieve the status of a request is not valid.";
    let violation = Violation::of("request_id", "INVALID_REQUEST_ID", description);
    refusal::invalid(vec![violation]).into_response()
}
