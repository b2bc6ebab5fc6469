//! `ga4`: Google Analytics 4, Measurement Protocol.
//!
//! `POST /mp/collect?measurement_id=…&api_secret=…`, one event a request: `client_id`, `timestamp_micros`, a name and at most
//! 25 parameters, which the destination's mapping lists. It answers 204 to everything, also to what it drops, so what is known
//! to be dropped is not sent: events older than 72 hours, and those without a client. `debug` asks the validation server
//! instead, which records nothing and says what is wrong
//! (<https://developers.google.com/analytics/devguides/collection/protocol/ga4/sending-events>, `…/validating-events`).

use std::fmt;

use event::Map;
use event::flat::key;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use stage::outbound::Url;
use stage::outbound::header::HeaderMap;

use super::answered::judge_status;
use super::headers::{own, word};
use super::{Event, Judged, Now, Protocol, Refused, Request, Response, Said, Unfit, Verdict};
use crate::config::{DestinationSettings, Profile};
use crate::naming::Naming;

const HOST: &str = "https://www.google-analytics.com";
const PATH: &str = "/mp/collect";
const DEBUG_PATH: &str = "/debug/mp/collect";
/// Parameters of one event.
pub(crate) const PARAMETERS_MAX: usize = 25;
/// Characters of a name, of an event or a parameter, and of a parameter's text.
const NAME_MAX: usize = 40;
const TEXT_MAX: usize = 100;
/// How far back an event may lie.
const AGE_SECONDS_MAX: i64 = 72 * 60 * 60;
const MICROS: i64 = 1_000_000;

pub(crate) const PROFILE: Profile = Profile {
    name: "ga4",
    has_address: true,
    tells_of_persons: false,
    retracts: false,
};

/// `[destination.<name>.ga4]`
#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(default, deny_unknown_fields)]
pub struct Settings {
    /// The measurement id of the data stream (`G-…`).
    pub measurement_id: String,
    /// The flat field that is the id of the web visit (cookie `_ga`).
    pub client_id_field: String,
    /// Asks Google's validation server, which records nothing; what it finds wrong is given up, with its words.
    pub debug: bool,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            measurement_id: String::new(),
            client_id_field: key::CONTACT_ID.to_owned(),
            debug: false,
        }
    }
}

/// A data stream of a property.
pub struct Ga4 {
    url: Url,
    headers: HeaderMap,
    settings: Settings,
    naming: Naming,
}

impl fmt::Debug for Ga4 {
    /// Its address holds the secret.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Ga4")
            .field("debug", &self.settings.debug)
            .finish_non_exhaustive()
    }
}

impl Ga4 {
    /// # Errors
    /// [`Refused`].
    pub fn new(settings: &DestinationSettings) -> Result<Self, Refused> {
        if settings.secret.is_empty() {
            return Err(Refused::Parameters(
                "`secret` (the API secret of the data stream) must be there".to_owned(),
            ));
        }
        Self::in_container(settings)
    }

    /// Spoken to by way of a container, which checks no secret.
    pub(super) fn in_container(settings: &DestinationSettings) -> Result<Self, Refused> {
        check_names(settings)?;
        let own_settings = settings.ga4.clone().unwrap_or_default();
        if own_settings.measurement_id.is_empty() {
            return Err(Refused::Parameters(
                "`ga4.measurement_id` (of the data stream) must be there".to_owned(),
            ));
        }
        let host = if settings.url.is_empty() {
            HOST
        } else {
            &settings.url
        };
        let mut url = Url::parse(host).map_err(|_| Refused::Url)?;
        url.set_path(if own_settings.debug { DEBUG_PATH } else { PATH });
        url.query_pairs_mut()
            .append_pair("measurement_id", &own_settings.measurement_id);
        if !settings.secret.is_empty() {
            url.query_pairs_mut()
                .append_pair("api_secret", settings.secret.expose());
        }
        Ok(Self {
            url,
            headers: own(&settings.headers)?,
            naming: settings.naming(),
            settings: own_settings,
        })
    }
}

/// Refuses a mapping that Google would cut or drop.
fn check_names(settings: &DestinationSettings) -> Result<(), Refused> {
    let refused = |text: String| Err(Refused::Parameters(text));
    let Some(map) = &settings.map else {
        return refused("`map` must say which parameters are sent".to_owned());
    };
    let names: Vec<&str> = map.names().collect();
    if names.len() > PARAMETERS_MAX {
        return refused(format!(
            "`map` has {} parameters, of {PARAMETERS_MAX}",
            names.len()
        ));
    }
    if let Some(name) = names.iter().find(|name| !is_name(name)) {
        return refused(format!(
            "`map` calls a parameter `{name}`: a letter, then letters, digits and `_`, {NAME_MAX} at most, and not one of \
             Google's own (`ga_`, `google_`, `firebase_`)"
        ));
    }
    if let Some(name) = settings.naming().names().find(|name| !is_name(name)) {
        return refused(format!("`events` calls one `{name}`, which Google does not take"));
    }
    Ok(())
}

impl Protocol for Ga4 {
    fn say(&self, event: &Event<'_>, mapped: &[u8], at_seconds: i64) -> Result<Said, Unfit> {
        let flat = event.fields()?;
        let mapped: Map = serde_json::from_slice(mapped).map_err(|_| Unfit::NotFlat)?;
        let client_id = flat
            .get(&self.settings.client_id_field)
            .and_then(word)
            .ok_or(Unfit::NoClient)?;
        let at_micro = flat.get(key::EVENT_TIMESTAMP_MICRO).and_then(Value::as_i64);
        let at_micro = at_micro.unwrap_or(at_seconds * MICROS);
        if at_seconds - at_micro / MICROS > AGE_SECONDS_MAX {
            return Err(Unfit::TooOld);
        }
        let name = self.naming.of(flat).map(|naming| naming.name.as_str());
        let name = name.or_else(|| flat.get(key::EVENT_NAME)?.as_str());
        let name = name.filter(|name| is_name(name)).ok_or(Unfit::NoName)?;
        let parameters: Map = mapped
            .into_iter()
            .filter_map(|(name, value)| Some((name, plain(value)?)))
            .collect();
        let sent = json!({
            "client_id": client_id,
            "timestamp_micros": at_micro,
            "events": [{"name": name, "params": parameters}],
        });
        Ok(Said {
            uuid: event.uuid,
            url: self.url.clone(),
            body: serde_json::to_vec(&sent).map_err(|_| Unfit::NotFlat)?,
        })
    }

    fn request(&self, said: &[&Said], _: &Now<'_>) -> Result<Request, Unfit> {
        let one = said.first().ok_or(Unfit::NotFlat)?;
        Ok(Request::post(
            one.url.clone(),
            self.headers.clone(),
            one.body.clone(),
        ))
    }

    fn judge(&self, _: &[&Said], response: &Response<'_>) -> Judged {
        match judge_status(response) {
            Verdict::Delivered if self.settings.debug && !is_valid(response.body) => {
                Verdict::GiveUp { reason: "invalid" }
            }
            verdict => verdict,
        }
        .into()
    }
}

/// Whether the validation server has nothing to say.
fn is_valid(body: &[u8]) -> bool {
    let answer: Value = serde_json::from_slice(body).unwrap_or_default();
    let messages = answer.get("validationMessages").and_then(Value::as_array);
    messages.is_some_and(Vec::is_empty)
}

fn is_name(name: &str) -> bool {
    let is_own = ["ga_", "google_", "firebase_", "_"]
        .iter()
        .any(|start| name.starts_with(start));
    let is_part = |c: char| c.is_ascii_alphanumeric() || c == '_';
    !is_own
        && name.len() <= NAME_MAX
        && name.starts_with(|c: char| c.is_ascii_alphabetic())
        && name.chars().all(is_part)
}

/// Parameters are texts and numbers; a flag is 1 or 0, a list is none.
fn plain(value: Value) -> Option<Value> {
    match value {
        Value::String(text) => Some(text.chars().take(TEXT_MAX).collect::<String>().into()),
        Value::Bool(flag) => Some(u8::from(flag).into()),
        Value::Number(_) => Some(value),
        Value::Null | Value::Array(_) | Value::Object(_) => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_those_that_google_takes() {
        for name in ["purchase", "a1_B"] {
            assert!(is_name(name), "{name}");
        }
        for name in ["", "1a", "a-b", "ga_x", "_x", &"a".repeat(41)] {
            assert!(!is_name(name), "{name}");
        }
    }

    #[test]
    fn what_the_validation_server_says_decides() {
        assert!(is_valid(br#"{"validationMessages": []}"#));
        assert!(!is_valid(br#"{"validationMessages": [{"description": "no"}]}"#));
        assert!(!is_valid(b""));
    }
}
