//! A reporting tag in the container: posts each event that the client took, with all that the client added, to an address of
//! a user's own, by a bearer token. Off unless an address is set.
//!
//! A container knows no further attempts: what is not taken is counted, and gone.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use axum::extract::State;
use axum::http::{HeaderMap, StatusCode};
use axum::routing::get;
use axum::{Json, Router};
use reqwest::Url;
use reqwest::redirect;
use serde_json::{Map, Value, json};
use uuid::Uuid;

use crate::config::ReportingTag;
use crate::error::Error;
use crate::moment::Moment;
use crate::world::{World, locked};

/// Longest time the address may take; tags of a container do not wait longer.
const ANSWER_MAX: Duration = Duration::from_secs(5);
/// How the client calls a sender it does not know.
const CLIENT_IDS: [&str; 3] = ["client_id", "data_client_id", "_dcid"];

/// The tag, when there is one, and what it was answered.
#[derive(Debug)]
pub(crate) struct Reporting {
    http: reqwest::Client,
    tag: Mutex<Option<ReportingTag>>,
    /// Requests by the status of their answer; `none` for those without.
    answers: Mutex<BTreeMap<String, u64>>,
}

/// What of a request the client looks at beside the event.
#[derive(Debug)]
pub(super) struct Seen<'a> {
    pub(super) headers: &'a HeaderMap,
    pub(super) name: Option<&'a str>,
    pub(super) unique_event_id: Option<&'a str>,
    pub(super) at: Moment,
}

impl Reporting {
    pub(crate) fn new(tag: Option<ReportingTag>) -> Result<Self, Error> {
        let http = reqwest::Client::builder()
            .redirect(redirect::Policy::none())
            .timeout(ANSWER_MAX)
            .no_proxy()
            .build()
            .map_err(|source| Error::Client { source })?;
        Ok(Self {
            http,
            tag: Mutex::new(tag),
            answers: Mutex::default(),
        })
    }

    /// Runs the tag, if there is one; the container answers when it is done.
    pub(super) async fn run(&self, event: &Map<String, Value>, seen: &Seen<'_>) {
        let Some(tag) = locked(&self.tag).clone() else {
            return;
        };
        let request = self.http.post(tag.url).bearer_auth(&tag.token);
        let answer = request.json(&carried(event, seen)).send().await;
        let status = answer.map_or_else(
            |_| "none".to_owned(),
            |answer| answer.status().as_u16().to_string(),
        );
        *locked(&self.answers).entry(status).or_default() += 1;
    }
}

/// The event as the client hands it to its tags: what it brought wins over what is added.
fn carried(event: &Map<String, Value>, seen: &Seen<'_>) -> Map<String, Value> {
    let mut carried = event.clone();
    let header = |name: &str| seen.headers.get(name).and_then(|value| value.to_str().ok());
    let client_id = CLIENT_IDS.iter().find_map(|key| event.get(*key).cloned());
    let added = [
        ("event_name", seen.name.map(|name| json!(name))),
        ("timestamp", Some(json!(seen.at.seconds()))),
        ("unique_event_id", seen.unique_event_id.map(|id| json!(id))),
        ("client_id", client_id.or_else(|| Some(json!(dcid(seen.at))))),
        ("user_agent", header("user-agent").map(|text| json!(text))),
        ("language", header("accept-language").map(|text| json!(text))),
        ("ip_override", Some(json!("203.0.113.9"))),
        ("user_data", Some(json!({}))),
    ];
    for (key, value) in added {
        if let Some(value) = value {
            carried.entry(key).or_insert(value);
        }
    }
    carried
}

/// `dcid.1.{milliseconds}.{nine digits}`.
fn dcid(at: Moment) -> String {
    format!(
        "dcid.1.{}.{:09}",
        at.millis(),
        Uuid::new_v4().as_u128() % 1_000_000_000
    )
}

/// `/simulator/gtm/reporting`: where the tag posts to, and what it was answered.
pub(crate) fn router() -> Router<Arc<World>> {
    let path = "/simulator/gtm/reporting";
    Router::new().route(path, get(told).put(set).delete(unset))
}

async fn told(State(world): State<Arc<World>>) -> Json<Value> {
    let reporting = &world.reporting;
    Json(json!({"tag": *locked(&reporting.tag), "answers": *locked(&reporting.answers)}))
}

/// From now on events go there; what was counted is forgotten.
async fn set(State(world): State<Arc<World>>, Json(tag): Json<ReportingTag>) -> StatusCode {
    if Url::parse(&tag.url).is_err() {
        return StatusCode::UNPROCESSABLE_ENTITY;
    }
    *locked(&world.reporting.tag) = Some(tag);
    locked(&world.reporting.answers).clear();
    StatusCode::NO_CONTENT
}

async fn unset(State(world): State<Arc<World>>) -> StatusCode {
    *locked(&world.reporting.tag) = None;
    StatusCode::NO_CONTENT
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_the_event_brought_wins_over_what_is_added() {
        let headers = HeaderMap::new();
        let at = Moment::now();
        let seen = Seen {
            headers: &headers,
            name: Some("named"),
            unique_event_id: Some("u"),
            at,
        };
        let own = Map::from_iter([
            ("event_name".to_owned(), json!("own")),
            ("_dcid".to_owned(), json!("known")),
        ]);
        let carried = carried(&own, &seen);
        assert_eq!(carried.get("event_name"), Some(&json!("own")));
        assert_eq!(carried.get("client_id"), Some(&json!("known")));
        assert_eq!(carried.get("unique_event_id"), Some(&json!("u")));
        assert!(carried.contains_key("timestamp") && !carried.contains_key("user_agent"));
    }
}
