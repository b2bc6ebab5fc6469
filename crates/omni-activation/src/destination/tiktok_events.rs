//! `tiktok_events`: TikTok's Events API, version 2.0.
//!
//! `POST /open_api/v1.3/event/track/`, up to 1,000 events in `data`; one that is wrong spoils the request. The access token is in
//! the header `Access-Token`. TikTok tells doubles by `event_id` for 48 hours (ours is the event's identity), takes nothing back,
//! and answers 200 to everything: what happened is in `code`. What may and must be said depends on where the events come from: a
//! lead of TikTok's own forms (`crm`), persons by e-mail or telephone alone (`offline`), or visitors of a page (`web`). The
//! visitor's address and browser never leave.
//! (<https://business-api.tiktok.com/portal/docs?id=1771101303285761>, the endpoint; `…?id=1771101151059969`, its parameters;
//! `…?id=1771101202182657`, how persons are made alike; appendix *Return codes*; <https://ads.tiktok.com/help/article/events-api>.)

use event::Map;
use event::flat::key;
use iso_currency::Currency;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use uuid::Uuid;

use super::answered::retry_after;
use super::conversion::{self, Door, Platform, Properties, TAKES, present, text};
use super::{
    Event, Judged, Now, Protocol, Refused, Request, Response, Said, Takes, Told, Unfit, Verdict, Whose,
};
use crate::config::{DestinationSettings, Profile};
use crate::person;

const HOST: &str = "https://business-api.tiktok.com";
/// With an empty last part: TikTok's addresses end so.
const PATH: [&str; 5] = ["open_api", "v1.3", "event", "track", ""];
/// How far back an offline event may lie to count for an ad; nothing is said of the others.
const OFFLINE_AGE_SECONDS_MAX: i64 = 28 * 24 * 60 * 60;
/// Numbers of China are known without their country.
const CHINA: &str = "+86";
/// The currencies that TikTok counts (`properties.currency`); another's amount is not told.
const CURRENCIES: &str = "AED ARS AUD BDT BHD BIF BOB BRL CAD CHF CLP CNY COP CRC CZK DKK DZD EGP EUR GBP GTQ HKD HNL HUF IDR ILS \
    INR ISK JPY KES KHR KRW KWD KZT MAD MOP MXN MYR NGN NIO NOK NZD OMR PEN PHP PKR PLN PYG QAR RON RUB SAR SEK SGD THB TRY TWD \
    UAH USD VES VND ZAR";

pub(crate) const PROFILE: Profile = Profile {
    name: "tiktok_events",
    has_address: true,
    tells_of_persons: true,
    retracts: false,
};

/// `[destination.<name>.tiktok_events]`
#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(default, deny_unknown_fields)]
pub struct Settings {
    /// Where the events come from.
    pub event_source: EventSource,
    /// The id of the event set (`crm`, `offline`), or the code of the pixel (`web`).
    pub event_source_id: String,
    /// The flat field that has the id of a lead of TikTok's forms, which `crm` must name.
    pub lead_id_field: String,
    /// What the CRM is called, with `crm`.
    pub lead_event_source: String,
    /// The page of the conversion, which `web` must name.
    pub page_url: String,
    /// The flat field that is the person's own id in all channels; sent as SHA-256, not with `offline`.
    pub external_id_field: String,
    /// The flat field that has `ttclid` of the address after a click, with `web`.
    pub ttclid_field: String,
    /// The flat field that has the cookie `_ttp` of the web visit, with `web`.
    pub ttp_field: String,
    /// The flat field that becomes `order_id`.
    pub order_id_field: String,
    /// The code of Events Manager's test events, which count for nothing else.
    pub test_event_code: String,
}

/// What TikTok calls the source of events.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum EventSource {
    /// What becomes of leads of TikTok's own forms.
    #[default]
    Crm,
    /// What happens away from the web, to persons known by e-mail or telephone.
    Offline,
    /// What a visitor of a page does.
    Web,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            event_source: EventSource::default(),
            event_source_id: String::new(),
            lead_id_field: String::new(),
            lead_event_source: "Pipedrive".to_owned(),
            page_url: String::new(),
            external_id_field: key::CONTACT_ID.to_owned(),
            ttclid_field: String::new(),
            ttp_field: String::new(),
            order_id_field: key::DEAL_ID.to_owned(),
            test_event_code: String::new(),
        }
    }
}

impl Settings {
    fn check(&self) -> Result<(), Refused> {
        conversion::check_keys(&[
            ("tiktok_events.lead_id_field", &self.lead_id_field),
            ("tiktok_events.external_id_field", &self.external_id_field),
            ("tiktok_events.ttclid_field", &self.ttclid_field),
            ("tiktok_events.ttp_field", &self.ttp_field),
            ("tiktok_events.order_id_field", &self.order_id_field),
        ])?;
        self.fault().map_or(Ok(()), |fault| {
            Err(Refused::Parameters(format!("`tiktok_events.{fault}")))
        })
    }

    /// The setting that cannot work, and why.
    fn fault(&self) -> Option<&'static str> {
        let (source, is_page) = (self.event_source, self.page_url.starts_with("http"));
        let is_click_known = !self.ttclid_field.is_empty() || !self.ttp_field.is_empty();
        if self.event_source_id.is_empty() {
            return Some("event_source_id` (of the event set, or the code of the pixel) must be there");
        }
        if source == EventSource::Crm && self.lead_id_field.is_empty() {
            return Some("lead_id_field` must be there where `event_source` is `crm`");
        }
        if source == EventSource::Crm && self.lead_event_source.is_empty() {
            return Some("lead_event_source` must be there where `event_source` is `crm`");
        }
        if source == EventSource::Web && !is_page {
            return Some("page_url` must be an address where `event_source` is `web`");
        }
        (source != EventSource::Web && is_click_known)
            .then_some("event_source` must be `web` where `ttclid_field` or `ttp_field` is set")
    }
}

/// An event set, or a pixel.
#[derive(Debug)]
pub struct TiktokEvents {
    platform: Platform,
    settings: Settings,
}

/// What a request says of all its events.
#[derive(Serialize)]
struct Head<'a> {
    event_source: EventSource,
    event_source_id: &'a str,
    #[serde(skip_serializing_if = "str::is_empty")]
    test_event_code: &'a str,
}

/// An event as TikTok reads it.
#[derive(Serialize)]
struct Tracked<'a> {
    event: &'a str,
    event_time: i64,
    event_id: Uuid,
    #[serde(skip_serializing_if = "Map::is_empty")]
    user: Map,
    #[serde(skip_serializing_if = "Properties::is_empty")]
    properties: Properties,
    #[serde(skip_serializing_if = "Option::is_none")]
    lead: Option<Value>,
    #[serde(skip_serializing_if = "Option::is_none")]
    page: Option<Value>,
}

impl TiktokEvents {
    /// # Errors
    /// [`Refused`].
    pub fn new(settings: &DestinationSettings) -> Result<Self, Refused> {
        let own = settings.tiktok_events.clone().unwrap_or_default();
        own.check()?;
        let door = Door {
            host: HOST,
            path: &PATH,
            token_header: "access-token",
            token_before: "",
        };
        Ok(Self {
            platform: Platform::new(settings, &door)?,
            settings: own,
        })
    }

    /// Who it was, as the source may tell; none whom TikTok could not know.
    fn user(&self, flat: &Map) -> Option<Map> {
        let (settings, source) = (&self.settings, self.settings.event_source);
        let hashed = |field: &str, normal: fn(&str) -> Option<String>| {
            let normal = text(flat, field).and_then(|text| normal(&text))?;
            Some(person::hashed(&normal))
        };
        let plain = |field: &str| text(flat, field).map(Value::String);
        let mut user = present([
            (
                "email",
                hashed(key::CONTACT_EMAIL, person::email).map(|hash| json!([hash])),
            ),
            (
                "phone",
                hashed(key::CONTACT_PHONE_NUMBER, phone).map(|hash| json!([hash])),
            ),
        ]);
        if source != EventSource::Offline {
            let id = hashed(&settings.external_id_field, |id| Some(id.to_owned()));
            user.extend(id.map(|id| ("external_id".to_owned(), id.into())));
        }
        if source == EventSource::Web {
            user.extend(present([
                ("ttclid", plain(&settings.ttclid_field)),
                ("ttp", plain(&settings.ttp_field)),
            ]));
        }
        // A lead is known by its id, and a name alone finds nobody.
        let is_known = source == EventSource::Crm || !user.is_empty();
        if source == EventSource::Web && is_known {
            user.extend(present([
                (
                    "first_name",
                    hashed(key::CONTACT_FIRST_NAME, person::name).map(Value::String),
                ),
                (
                    "last_name",
                    hashed(key::CONTACT_LAST_NAME, person::name).map(Value::String),
                ),
            ]));
        }
        is_known.then_some(user)
    }

    fn lead(&self, flat: &Map) -> Result<Option<Value>, Unfit> {
        if self.settings.event_source != EventSource::Crm {
            return Ok(None);
        }
        let id = text(flat, &self.settings.lead_id_field).ok_or(Unfit::NoClient)?;
        let source = &self.settings.lead_event_source;
        Ok(Some(json!({"lead_id": id, "lead_event_source": source})))
    }

    fn page(&self) -> Option<Value> {
        let is_of_web = self.settings.event_source == EventSource::Web;
        is_of_web.then(|| json!({"url": self.settings.page_url}))
    }

    fn properties(&self, event: &Event<'_>, mapped: &[u8]) -> Result<Properties, Unfit> {
        let mut properties = self.platform.properties(event, mapped, counts)?;
        if let Some(order) = text(event.fields()?, &self.settings.order_id_field) {
            properties.add("order_id", &order);
        }
        Ok(properties)
    }
}

impl Protocol for TiktokEvents {
    fn say(&self, event: &Event<'_>, mapped: &[u8], at_seconds: i64) -> Result<Said, Unfit> {
        let flat = event.fields()?;
        let name = self.platform.name(flat)?;
        let event_time = conversion::happened(flat, at_seconds);
        let is_offline = self.settings.event_source == EventSource::Offline;
        if is_offline && at_seconds - event_time > OFFLINE_AGE_SECONDS_MAX {
            return Err(Unfit::TooOld);
        }
        let told = Tracked {
            event: name,
            event_time,
            event_id: event.uuid,
            user: self.user(flat).ok_or(Unfit::NoClient)?,
            properties: self.properties(event, mapped)?,
            lead: self.lead(flat)?,
            page: self.page(),
        };
        self.platform.say(event, &told)
    }

    fn request(&self, said: &[&Said], _: &Now<'_>) -> Result<Request, Unfit> {
        let head = Head {
            event_source: self.settings.event_source,
            event_source_id: &self.settings.event_source_id,
            test_event_code: &self.settings.test_event_code,
        };
        self.platform.request(&head, said)
    }

    fn judge(&self, said: &[&Said], response: &Response<'_>) -> Judged {
        let Ok(answer) = serde_json::from_slice::<Answer>(response.body) else {
            return conversion::judge_wordless(response).into();
        };
        let told = Told {
            verdict: answer.verdict(said.len(), response),
            answer: answer.words(),
        };
        conversion::alike(said.len(), told)
    }

    fn takes(&self) -> Takes {
        TAKES
    }
}

#[derive(Deserialize)]
struct Answer {
    code: i64,
    #[serde(default)]
    message: String,
    #[serde(default)]
    request_id: String,
}

impl Answer {
    /// The same for all events: TikTok takes all of a request, or none.
    fn verdict(&self, events: usize, response: &Response<'_>) -> Verdict {
        let retry = |reason, whose| Verdict::Retry {
            reason,
            after: retry_after(response.headers),
            whose,
        };
        match self.code {
            0 => Verdict::Delivered,
            // Some were taken, it is not said which; of one it can only be that one.
            20_001 if events == 1 => Verdict::Delivered,
            40_001 => Verdict::Misconfigured { reason: "forbidden" },
            40_007 => Verdict::Misconfigured { reason: "not_there" },
            40_016 | 40_100 | 40_132 | 40_133 => retry("busy", Whose::Destination),
            40_101..=40_105 => Verdict::Misconfigured {
                reason: "unauthorized",
            },
            // A service behind it failed, maybe by this event.
            40_700 | 50_000..=59_999 => retry("server_error", Whose::Event),
            _ => Verdict::GiveUp { reason: "refused" },
        }
    }

    fn words(&self) -> String {
        format!("{} ({}): {}", self.message, self.code, self.request_id)
    }
}

/// A telephone number with `+` and its country, but for China's.
fn phone(text: &str) -> Option<String> {
    let number = person::phone(text)?;
    Some(number.strip_prefix(CHINA).map_or(number.clone(), str::to_owned))
}

fn counts(currency: Currency) -> bool {
    CURRENCIES.split_whitespace().any(|code| code == currency.code())
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    fn said(key: &str, value: Value) -> Option<String> {
        let mut settings = json!({
            "kind": "tiktok_events", "secret": "hush", "consent": "true",
            "events": [{"name": "Purchase", "when": "deal_status == 'won'"}],
            "tiktok_events": {"event_source": "offline", "event_source_id": "7"},
        });
        settings.as_object_mut().unwrap().insert(key.to_owned(), value);
        let settings: DestinationSettings = serde_json::from_value(settings).unwrap();
        settings.check("a").err().map(|error| error.to_string())
    }

    #[test]
    fn what_cannot_work_is_refused_at_the_start() {
        assert_eq!(said("timeout_ms", json!(1)), None);
        for (key, value, part) in [
            ("secret", json!(""), "`secret`"),
            ("consent", Value::Null, "`consent`"),
            ("events", json!([]), "`events` must say"),
            (
                "events",
                json!([{"name": "Lost", "when": "true", "retract": true}]),
                "takes nothing back",
            ),
            (
                "tiktok_events",
                json!({"event_source": "offline"}),
                "event_source_id",
            ),
            ("tiktok_events", json!({"event_source_id": "7"}), "lead_id_field"),
            (
                "tiktok_events",
                json!({"event_source": "web", "event_source_id": "7"}),
                "page_url",
            ),
            (
                "tiktok_events",
                json!({"event_source": "offline", "event_source_id": "7", "ttp_field": "contact_custom_ttp"}),
                "ttp_field",
            ),
            (
                "tiktok_events",
                json!({"event_source_id": "7", "lead_id_field": "contact_custom_lead", "lead_event_source": ""}),
                "lead_event_source",
            ),
            (
                "tiktok_events",
                json!({"event_source_id": "7", "lead_id_field": "lead"}),
                "`lead`, which is no key",
            ),
        ] {
            let said = said(key, value.clone()).unwrap_or_default();
            assert!(said.contains(part), "{key} = {value}: {said}");
        }
    }

    #[test]
    fn a_telephone_number_has_its_country_but_for_chinas() {
        assert_eq!(phone("+1 (213) 373-4253").as_deref(), Some("+12133734253"));
        assert_eq!(phone("+86 138 0000 0000").as_deref(), Some("13800000000"));
        assert_eq!(phone("213 373 4253"), None);
    }
}
