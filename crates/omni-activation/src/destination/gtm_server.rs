//! `gtm_server`: a Google Tag Manager server container.
//!
//! By the Data Client (Stape's protocol, version 2): `POST <url>/data?v=2&event=<event_name>`, one JSON object: the flat event,
//! `unique_event_id` (the event's identity, by which a container tells doubles), `client_id`, `timestamp`. A container answers
//! 200 also to what no client claimed, so only our `unique_event_id` in the answer is proof. What its tags do with the event no
//! answer tells. Or by Google's Measurement Protocol client, as `ga4` speaks it, at the container's address.

use std::fmt;

use event::Map;
use event::flat::key;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use stage::Secret;
use stage::outbound::Url;
use stage::outbound::header::HeaderMap;

use super::answered::judge_status;
use super::ga4::Ga4;
use super::headers::{own, sensitive, word};
use super::{Event, Judged, Now, Protocol, Refused, Request, Response, Said, Takes, Unfit, Verdict};
use crate::config::{DestinationSettings, Profile};

/// Where the Data Client listens unless told otherwise.
const PATH: &str = "/data";
/// What the Data Client calls an event that has no name.
const NAMELESS: &str = "Data";
const PREVIEW_HEADER: &str = "x-gtm-server-preview";
const UNIQUE_EVENT_ID: &str = "unique_event_id";
const CLIENT_ID: &str = "client_id";
const TIMESTAMP: &str = "timestamp";
const HEALTH_PATH: &str = "/healthy";

pub(crate) const PROFILE: Profile = Profile {
    name: "gtm_server",
    has_address: false,
    tells_of_persons: false,
    retracts: false,
};

/// `[destination.<name>.gtm_server]`
#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(default, deny_unknown_fields)]
pub struct Settings {
    /// Which client of the container takes the events.
    pub client: Client,
    /// The token of a preview session (`X-Gtm-Server-Preview`).
    pub preview: Secret,
    /// The flat field that becomes `client_id`, with a `map` too (as the event's name, time and identity do); the client makes
    /// one when an event lacks it.
    pub client_id_field: String,
    /// What proves that the container took it.
    pub confirm: Confirm,
    /// Where the container tells its health, for `omni destination check`.
    pub health_path: String,
}

/// A client of a container.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Client {
    /// Stape's Data Client, or any that answers with our `unique_event_id`.
    #[default]
    Data,
    /// Google's Measurement Protocol client, set up in `[destination.<name>.ga4]`.
    MeasurementProtocol,
}

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

impl Default for Settings {
    fn default() -> Self {
        Self {
            client: Client::default(),
            preview: Secret::default(),
            client_id_field: key::CONTACT_ID.to_owned(),
            confirm: Confirm::default(),
            health_path: HEALTH_PATH.to_owned(),
        }
    }
}

/// A container.
#[derive(Debug)]
pub struct GtmServer {
    url: Url,
    health: Url,
    headers: HeaderMap,
    speaks: Speaks,
}

enum Speaks {
    Data {
        client_id_field: String,
        confirm: Confirm,
    },
    MeasurementProtocol(Box<Ga4>),
}

impl fmt::Debug for Speaks {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Data { .. } => "Data",
            Self::MeasurementProtocol(_) => "MeasurementProtocol",
        })
    }
}

impl GtmServer {
    /// # Errors
    /// [`Refused`].
    pub fn new(settings: &DestinationSettings) -> Result<Self, Refused> {
        let own_settings = settings.gtm_server.clone().unwrap_or_default();
        let mut url = Url::parse(&settings.url).map_err(|_| Refused::Url)?;
        let mut health = url.clone();
        health.set_path(&own_settings.health_path);
        health.set_query(None);
        if matches!(url.path(), "" | "/") {
            url.set_path(PATH);
        }
        let mut headers = own(&settings.headers)?;
        if !own_settings.preview.is_empty() {
            let token =
                sensitive(&own_settings.preview).ok_or_else(|| Refused::Header(PREVIEW_HEADER.to_owned()))?;
            headers.insert(PREVIEW_HEADER, token);
        }
        let speaks = match own_settings.client {
            Client::Data => Speaks::Data {
                client_id_field: own_settings.client_id_field,
                confirm: own_settings.confirm,
            },
            Client::MeasurementProtocol => {
                Speaks::MeasurementProtocol(Box::new(Ga4::in_container(settings)?))
            }
        };
        Ok(Self {
            url,
            health,
            headers,
            speaks,
        })
    }

    fn data(&self, event: &Event<'_>, mapped: &[u8], client_id_field: &str) -> Result<Said, Unfit> {
        let flat = event.fields()?;
        let mut body: Map = serde_json::from_slice(mapped).map_err(|_| Unfit::NotFlat)?;
        let mut url = self.url.clone();
        let name = flat
            .get(key::EVENT_NAME)
            .and_then(Value::as_str)
            .unwrap_or(NAMELESS);
        url.query_pairs_mut()
            .append_pair("v", "2")
            .append_pair("event", name);
        if let Some(client_id) = flat.get(client_id_field).and_then(word) {
            body.entry(CLIENT_ID).or_insert(Value::String(client_id));
        }
        if let Some(seconds) = flat.get(key::EVENT_TIMESTAMP).cloned() {
            body.entry(TIMESTAMP).or_insert(seconds);
        }
        body.insert(UNIQUE_EVENT_ID.to_owned(), Value::String(event.uuid.to_string()));
        let body = serde_json::to_vec(&body).map_err(|_| Unfit::NotFlat)?;
        Ok(Said {
            uuid: event.uuid,
            url,
            body,
        })
    }
}

impl Protocol for GtmServer {
    fn say(&self, event: &Event<'_>, mapped: &[u8], at_seconds: i64) -> Result<Said, Unfit> {
        match &self.speaks {
            Speaks::Data { client_id_field, .. } => self.data(event, mapped, client_id_field),
            Speaks::MeasurementProtocol(ga4) => ga4.say(event, mapped, at_seconds),
        }
    }

    fn request(&self, said: &[&Said], _: &Now<'_>) -> Result<Request, Unfit> {
        let one = said.first().ok_or(Unfit::NotFlat)?;
        Ok(Request::post(
            one.url.clone(),
            self.headers.clone(),
            one.body.clone(),
        ))
    }

    fn judge(&self, said: &[&Said], response: &Response<'_>) -> Judged {
        let verdict = judge_status(response);
        let Speaks::Data { confirm, .. } = self.speaks else {
            return verdict.into();
        };
        let is_echoed = || said.iter().all(|one| echoes(one, response.body));
        let not_claimed = Verdict::Misconfigured {
            reason: "not_claimed",
        };
        match verdict {
            Verdict::Delivered if confirm == Confirm::UniqueEventId && !is_echoed() => not_claimed,
            // What no client claims, some containers answer so.
            Verdict::GiveUp { .. } if response.status.as_u16() == 400 => not_claimed,
            verdict => verdict,
        }
        .into()
    }

    fn takes(&self) -> Takes {
        Takes::ONE
    }

    fn health(&self) -> Option<Url> {
        Some(self.health.clone())
    }
}

/// Whether the answer names this event.
fn echoes(said: &Said, body: &[u8]) -> bool {
    let Ok(answer) = serde_json::from_slice::<Map>(body) else {
        return false;
    };
    let echoed = answer.get(UNIQUE_EVENT_ID).and_then(Value::as_str);
    echoed == Some(said.uuid.to_string().as_str())
}
