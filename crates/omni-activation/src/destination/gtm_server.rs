//! `gtm_server`: a Google Tag Manager server container with the Data Client (Stape's protocol, version 2).
//!
//! `POST <url>/data?v=2&event=<event_name>`, one JSON object: the flat event, `unique_event_id` (the event's
//! identity, by which a container tells doubles), `client_id`, `timestamp`. A container answers 200 also to
//! what no client claimed, so only our `unique_event_id` in the answer is proof. What its tags do with the
//! event no answer tells.

use event::Map;
use event::flat::key;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use stage::outbound::Url;
use stage::outbound::header::HeaderMap;

use super::{Event, Refused, Request, Response, Unfit, Verdict, judge_status, own_headers, sensitive, word};
use crate::config::DestinationSettings;

/// Where the Data Client listens unless told otherwise.
const PATH: &str = "/data";
/// What the Data Client calls an event that has no name.
const NAMELESS: &str = "Data";
const PREVIEW_HEADER: &str = "x-gtm-server-preview";
const UNIQUE_EVENT_ID: &str = "unique_event_id";
const CLIENT_ID: &str = "client_id";
const TIMESTAMP: &str = "timestamp";

/// What proves that the container took an event.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Confirm {
    /// Our `unique_event_id` in the answer's body.
    #[default]
    UniqueEventId,
    /// The status alone, for a client that is set to answer with an empty body.
    Status,
}

/// A container.
#[derive(Debug)]
pub struct GtmServer {
    url: Url,
    headers: HeaderMap,
    client_id_field: String,
    confirm: Confirm,
}

impl GtmServer {
    /// # Errors
    /// [`Refused`].
    pub fn new(settings: &DestinationSettings) -> Result<Self, Refused> {
        let mut url = Url::parse(&settings.url).map_err(|_| Refused::Url)?;
        if matches!(url.path(), "" | "/") {
            url.set_path(PATH);
        }
        let mut headers = own_headers(&settings.headers)?;
        if !settings.preview.is_empty() {
            let token =
                sensitive(&settings.preview).ok_or_else(|| Refused::Header(PREVIEW_HEADER.to_owned()))?;
            headers.insert(PREVIEW_HEADER, token);
        }
        let client_id_field = settings.client_id_field.clone();
        Ok(Self {
            url,
            headers,
            client_id_field,
            confirm: settings.confirm,
        })
    }

    pub(super) fn request(&self, event: &Event<'_>, body: &[u8]) -> Result<Request, Unfit> {
        let flat: Map = serde_json::from_slice(event.flat).map_err(|_| Unfit::NotFlat)?;
        let mut body: Map = serde_json::from_slice(body).map_err(|_| Unfit::NotFlat)?;
        let mut url = self.url.clone();
        let name = flat
            .get(key::EVENT_NAME)
            .and_then(Value::as_str)
            .unwrap_or(NAMELESS);
        url.query_pairs_mut()
            .append_pair("v", "2")
            .append_pair("event", name);
        if let Some(client_id) = flat.get(&self.client_id_field).and_then(word) {
            body.entry(CLIENT_ID).or_insert(Value::String(client_id));
        }
        if let Some(seconds) = flat.get(key::EVENT_TIMESTAMP).cloned() {
            body.entry(TIMESTAMP).or_insert(seconds);
        }
        body.insert(UNIQUE_EVENT_ID.to_owned(), Value::String(event.uuid.to_string()));
        let body = serde_json::to_vec(&body).map_err(|_| Unfit::NotFlat)?;
        Ok(Request {
            url,
            headers: self.headers.clone(),
            body,
        })
    }

    pub(super) fn judge(&self, event: &Event<'_>, response: &Response<'_>) -> Verdict {
        match judge_status(response) {
            Verdict::Delivered if self.confirm == Confirm::UniqueEventId && !echoes(event, response.body) => {
                Verdict::Misconfigured {
                    reason: "not_claimed",
                }
            }
            // What no client claims, some containers answer so.
            Verdict::GiveUp { .. } if response.status.as_u16() == 400 => Verdict::Misconfigured {
                reason: "not_claimed",
            },
            verdict => verdict,
        }
    }
}

/// Whether the answer names this event.
fn echoes(event: &Event<'_>, body: &[u8]) -> bool {
    let Ok(answer) = serde_json::from_slice::<Map>(body) else {
        return false;
    };
    let echoed = answer.get(UNIQUE_EVENT_ID).and_then(Value::as_str);
    echoed == Some(event.uuid.to_string().as_str())
}
