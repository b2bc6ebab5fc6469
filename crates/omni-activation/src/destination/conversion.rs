//! What conversions have in common, whichever ads platform they are told to: an address and a token, names, properties, and
//! requests that are taken or refused as a whole.

use std::collections::BTreeMap;

use event::flat::{self, key};
use event::{Map, moment};
use iso_currency::Currency;
use serde::Serialize;
use serde_json::Value;
use serde_json::value::{RawValue, to_raw_value};
use stage::Secret;
use stage::outbound::Url;
use stage::outbound::header::HeaderMap;

use super::answered::judge_status;
use super::headers::{own, sensitive, word};
use super::said::listed;
use super::{Event, Judged, Refused, Request, Response, Said, Takes, Told, Unfit, Verdict, Whose};
use crate::config::DestinationSettings;
use crate::naming::Naming;
use crate::value::ValueRule;

const MICROS: i64 = 1_000_000;
/// When what an event is about came into the account.
const ADDED: [&str; 3] = [key::DEAL_ADD_TIME, key::LEAD_ADD_TIME, key::CONTACT_ADD_TIME];
/// Both platforms take so many in a request.
pub(super) const TAKES: Takes = Takes {
    events_max: 1_000,
    ..Takes::ONE
};
/// A success without the platform's own word: whatever answered, the event is not known to be there.
pub(super) const UNCONFIRMED: Verdict = Verdict::Retry {
    reason: "unconfirmed",
    after: None,
    whose: Whose::Destination,
};

/// How a platform is spoken to.
#[derive(Debug)]
pub(super) struct Platform {
    url: Url,
    headers: HeaderMap,
    naming: Naming,
    value: ValueRule,
    is_mapped: bool,
}

/// A platform's own address, and how it takes the token.
pub(super) struct Door<'a> {
    pub(super) host: &'a str,
    pub(super) path: &'a [&'a str],
    pub(super) token_header: &'static str,
    pub(super) token_before: &'a str,
}

impl Platform {
    /// Of these settings; an address of theirs stands in the platform's place, and its path goes before.
    pub(super) fn new(settings: &DestinationSettings, door: &Door<'_>) -> Result<Self, Refused> {
        let naming = settings.naming();
        check_named(&naming)?;
        if settings.secret.is_empty() {
            return Err(Refused::Parameters(
                "`secret` (an access token) must be there".to_owned(),
            ));
        }
        let host = if settings.url.is_empty() {
            door.host
        } else {
            &settings.url
        };
        let mut url = Url::parse(host).map_err(|_| Refused::Url)?;
        let mut path = url.path_segments_mut().map_err(|()| Refused::Url)?;
        path.pop_if_empty().extend(door.path);
        drop(path);
        let token = Secret::from([door.token_before, settings.secret.expose()].concat());
        let token = sensitive(&token).ok_or_else(|| Refused::Header(door.token_header.to_owned()))?;
        let mut headers = own(&settings.headers)?;
        headers.insert(door.token_header, token);
        Ok(Self {
            url,
            headers,
            naming,
            value: settings.value.clone(),
            is_mapped: settings.map.is_some(),
        })
    }

    /// What the event is called there.
    pub(super) fn name(&self, flat: &Map) -> Result<&str, Unfit> {
        let named = self.naming.of(flat).ok_or(Unfit::NoName)?;
        Ok(&named.name)
    }

    /// What is told of the event beside who and when: what a mapping lists, and its value, in a currency that counts.
    pub(super) fn properties(
        &self,
        event: &Event<'_>,
        mapped: &[u8],
        counts: fn(Currency) -> bool,
    ) -> Result<Properties, Unfit> {
        let mut properties = Properties::default();
        if self.is_mapped {
            properties.0 = serde_json::from_slice(mapped).map_err(|_| Unfit::NotFlat)?;
        }
        let money = self.value.of(event.flat).filter(|money| counts(money.currency));
        if let Some(money) = money.filter(|_| !properties.has("value") && !properties.has("currency")) {
            properties.add("currency", money.currency.code());
            properties.0.insert("value".to_owned(), money.number());
        }
        Ok(properties)
    }

    /// The event in the platform's words.
    pub(super) fn say(&self, event: &Event<'_>, told: &impl Serialize) -> Result<Said, Unfit> {
        Ok(Said {
            uuid: event.uuid,
            url: self.url.clone(),
            body: serde_json::to_vec(told).map_err(|_| Unfit::NotFlat)?,
        })
    }

    /// A JSON object: what is said of all, and the events as `data`.
    pub(super) fn request(&self, of_all: &impl Serialize, said: &[&Said]) -> Result<Request, Unfit> {
        let mut body = serde_json::to_vec(of_all).map_err(|_| Unfit::NotFlat)?;
        // Its `}`: the events come before it.
        body.pop();
        if body.len() > 1 {
            body.push(b',');
        }
        body.extend(b"\"data\":");
        body.extend(listed(said));
        body.push(b'}');
        Ok(Request::post(self.url.clone(), self.headers.clone(), body))
    }
}

/// What is told of an event beside who and when. Numbers keep their digits.
#[derive(Debug, Default, Serialize)]
#[serde(transparent)]
pub(super) struct Properties(BTreeMap<String, Box<RawValue>>);

impl Properties {
    /// Adds what the mapping does not say itself.
    pub(super) fn add(&mut self, name: &str, value: &str) {
        if let Ok(value) = to_raw_value(value) {
            self.0.entry(name.to_owned()).or_insert(value);
        }
    }

    pub(super) fn has(&self, name: &str) -> bool {
        self.0.contains_key(name)
    }

    pub(super) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

/// The same of all events of a request, in these words.
pub(super) fn alike(events: usize, told: Told) -> Judged {
    match told.verdict {
        Verdict::Delivered => Verdict::Delivered.into(),
        _ => Judged::Each(vec![told; events]),
    }
}

/// What an answer means that is not in the platform's words.
pub(super) fn judge_wordless(response: &Response<'_>) -> Verdict {
    match judge_status(response) {
        Verdict::Delivered => UNCONFIRMED,
        verdict => verdict,
    }
}

/// A text or an id under this key of the flat event, without spaces around it; none under no key.
pub(super) fn text(flat: &Map, field: &str) -> Option<String> {
    let text = flat.get(field).and_then(word)?;
    let trimmed = text.trim();
    (!trimmed.is_empty()).then(|| trimmed.to_owned())
}

/// What there is of these.
pub(super) fn present<const N: usize>(told: [(&str, Option<Value>); N]) -> Map {
    let present = |(name, value): (&str, Option<Value>)| Some((name.to_owned(), value?));
    told.into_iter().filter_map(present).collect()
}

/// When it happened, in seconds since 1970: never later than now, whose clock may be behind the account's.
pub(super) fn happened(flat: &Map, now_seconds: i64) -> i64 {
    let told = flat.get(key::EVENT_TIMESTAMP).and_then(Value::as_i64);
    told.unwrap_or(now_seconds).min(now_seconds)
}

/// When what it is about was first seen, in microseconds since 1970, as far as the event says.
pub(super) fn first_seen_micro(flat: &Map, now_seconds: i64) -> i64 {
    let mut added = ADDED.iter().filter_map(|key| flat.get(*key)?.as_str());
    let added = added.find_map(moment::parse);
    added.unwrap_or_else(|| happened(flat, now_seconds) * MICROS)
}

/// Refuses settings that name keys no flat event has; an empty one names none.
pub(super) fn check_keys(named: &[(&str, &str)]) -> Result<(), Refused> {
    let is_unknown = |field: &str| !field.is_empty() && flat::kind_of(field).is_none();
    match named.iter().find(|(_, field)| is_unknown(field)) {
        None => Ok(()),
        Some((setting, field)) => Err(Refused::Parameters(format!(
            "`{setting}` is `{field}`, which is no key of a flat event"
        ))),
    }
}

/// Refuses events that nobody has named: a platform knows no name of Pipedrive's.
fn check_named(naming: &Naming) -> Result<(), Refused> {
    let refused = |text: &str| Err(Refused::Parameters(text.to_owned()));
    if naming.is_empty() {
        return refused("`events` must say which events are told, and what they are called there");
    }
    if naming.names().any(|name| name.trim().is_empty()) {
        return refused("`events` calls one nothing");
    }
    Ok(())
}
