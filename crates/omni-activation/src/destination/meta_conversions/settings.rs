//! What is set up for Meta, and what cannot work.

use event::flat::key;
use serde::{Deserialize, Serialize};

use crate::destination::Refused;
use crate::destination::conversion::check_keys;
use crate::naming::Naming;

const DAY_SECONDS: i64 = 24 * 60 * 60;
/// Characters of an event's name.
const NAME_MAX: usize = 50;

/// `[destination.<name>.meta_conversions]`
#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(default, deny_unknown_fields)]
pub struct Settings {
    /// The id of the pixel, or dataset, that gets the events.
    pub pixel_id: String,
    /// The version of the Graph API; Meta keeps each for two years.
    pub api_version: String,
    /// Where the conversion took place, in Meta's words.
    pub action_source: ActionSource,
    /// The page of the conversion, which `website` must name.
    pub event_source_url: String,
    /// The flat field that is the person's own id in all channels; sent as SHA-256, like all that names somebody.
    pub external_id_field: String,
    /// The flat field that is the person's city.
    pub city_field: String,
    /// The flat field that is the person's country, its two letters or its English name.
    pub country_field: String,
    /// The flat field that has the cookie `_fbc` of the web visit.
    pub fbc_field: String,
    /// The flat field that has the cookie `_fbp` of the web visit.
    pub fbp_field: String,
    /// The flat field that has `fbclid` of the address after a click; counts where there is no `_fbc`.
    pub fbclid_field: String,
    /// The flat field that has the id of a lead of Meta's own forms. With it events are told as Conversion Leads asks for.
    pub lead_id_field: String,
    /// What the CRM is called (`lead_event_source` of Conversion Leads).
    pub lead_event_source: String,
    /// The flat field that becomes `order_id`.
    pub order_id_field: String,
    /// Limited Data Use, for people of some states of the United States.
    pub limited_data_use: Option<LimitedDataUse>,
    /// The code of the Test Events tool. Meta counts such events as well: take it out when it works.
    pub test_event_code: String,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            pixel_id: String::new(),
            api_version: "v25.0".to_owned(),
            action_source: ActionSource::default(),
            event_source_url: String::new(),
            external_id_field: key::CONTACT_ID.to_owned(),
            city_field: String::new(),
            country_field: key::ORGANIZATION_COUNTRY.to_owned(),
            fbc_field: String::new(),
            fbp_field: String::new(),
            fbclid_field: String::new(),
            lead_id_field: String::new(),
            lead_event_source: "Pipedrive".to_owned(),
            order_id_field: key::DEAL_ID.to_owned(),
            limited_data_use: None,
            test_event_code: String::new(),
        }
    }
}

/// Where a conversion takes place (`…/parameters/server-event`). `app` and `business_messaging` are not among them: they ask for
/// what only an app or a chat knows.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum ActionSource {
    /// Over e-mail.
    Email,
    /// On a website; asks for `event_source_url`.
    Website,
    /// Over the telephone.
    PhoneCall,
    /// In a messaging app.
    Chat,
    /// In person; may lie 62 days back.
    PhysicalStore,
    /// By itself: what a CRM tells.
    #[default]
    SystemGenerated,
    /// In another way.
    Other,
}

impl ActionSource {
    /// How far back an event may lie (`…/using-the-api`, event transaction time).
    pub(super) const fn age_seconds_max(self) -> i64 {
        match self {
            Self::PhysicalStore => 62 * DAY_SECONDS,
            Self::Email
            | Self::Website
            | Self::PhoneCall
            | Self::Chat
            | Self::SystemGenerated
            | Self::Other => 7 * DAY_SECONDS,
        }
    }
}

/// Whose data is of limited use (<https://developers.facebook.com/docs/marketing-apis/data-processing-options>). Both are said, since
/// Meta is told no address to find them by.
#[derive(Clone, Copy, Debug, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct LimitedDataUse {
    /// 1 is the United States, 0 leaves it to Meta.
    pub country: u32,
    /// 1000 is California, and so on; 0 leaves it to Meta.
    pub state: u32,
}

impl Settings {
    /// Whether events are those of Conversion Leads.
    pub(super) fn tells_leads(&self) -> bool {
        !self.lead_id_field.is_empty()
    }

    /// # Errors
    /// [`Refused`].
    pub(super) fn check(&self) -> Result<(), Refused> {
        check_keys(&[
            ("meta_conversions.external_id_field", &self.external_id_field),
            ("meta_conversions.city_field", &self.city_field),
            ("meta_conversions.country_field", &self.country_field),
            ("meta_conversions.fbc_field", &self.fbc_field),
            ("meta_conversions.fbp_field", &self.fbp_field),
            ("meta_conversions.fbclid_field", &self.fbclid_field),
            ("meta_conversions.lead_id_field", &self.lead_id_field),
            ("meta_conversions.order_id_field", &self.order_id_field),
        ])?;
        self.fault().map_or(Ok(()), |fault| {
            Err(Refused::Parameters(format!("`meta_conversions.{fault}")))
        })
    }

    /// The setting that cannot work, and why.
    fn fault(&self) -> Option<&'static str> {
        let is_id = |id: &str| !id.is_empty() && id.bytes().all(|byte| byte.is_ascii_digit());
        let is_page = |url: &str| url.starts_with("https://") || url.starts_with("http://");
        if !is_id(&self.pixel_id) {
            return Some("pixel_id` (of the pixel or dataset, digits) must be there");
        }
        let version = self.api_version.strip_prefix('v');
        if !version
            .and_then(|version| version.split_once('.'))
            .is_some_and(|(major, minor)| is_id(major) && is_id(minor))
        {
            return Some("api_version` must be as v25.0");
        }
        if self.action_source == ActionSource::Website && !is_page(&self.event_source_url) {
            return Some("event_source_url` must be an address where `action_source` is `website`");
        }
        if self.tells_leads() && self.action_source != ActionSource::SystemGenerated {
            return Some("action_source` must be `system_generated` where `lead_id_field` is set");
        }
        if self.tells_leads() && self.lead_event_source.is_empty() {
            return Some("lead_event_source` must be there where `lead_id_field` is set");
        }
        let is_elsewhere = |limited: LimitedDataUse| limited.country > 1;
        let is_wrong = self.limited_data_use.is_some_and(is_elsewhere);
        is_wrong.then_some("limited_data_use.country` must be 1 (the United States) or 0 (Meta finds out)")
    }
}

/// Refuses names that are longer than Meta's pixel takes them.
pub(super) fn check_names(naming: &Naming) -> Result<(), Refused> {
    match naming.names().find(|name| name.chars().count() > NAME_MAX) {
        None => Ok(()),
        Some(name) => Err(Refused::Parameters(format!(
            "`events` calls one `{name}`: {NAME_MAX} characters at most"
        ))),
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::indexing_slicing)]
    use crate::config::DestinationSettings;
    use serde_json::{Value, json};

    /// What is said of settings that work but for this.
    fn said(place: &str, key: &str, value: Value) -> Option<String> {
        let mut settings = json!({
            "kind": "meta_conversions", "secret": "hush", "consent": "true",
            "events": [{"name": "Purchase", "when": "deal_status == 'won'"}],
            "meta_conversions": {"pixel_id": "1"},
        });
        *settings
            .pointer_mut(place)
            .unwrap()
            .as_object_mut()
            .unwrap()
            .entry(key)
            .or_insert(Value::Null) = value;
        let settings: DestinationSettings = serde_json::from_value(settings).unwrap();
        settings.check("a").err().map(|error| error.to_string())
    }

    #[test]
    fn what_cannot_work_is_refused_at_the_start() {
        assert_eq!(said("", "timeout_ms", json!(1)), None);
        let own = "/meta_conversions";
        for (place, key, value, part) in [
            ("", "secret", json!(""), "`secret`"),
            ("", "consent", Value::Null, "`consent`"),
            ("", "events", json!([]), "`events` must say"),
            (
                "",
                "events",
                json!([{"name": " ", "when": "true"}]),
                "`events` calls one nothing",
            ),
            (
                "",
                "events",
                json!([{"name": "a".repeat(51), "when": "true"}]),
                "50 characters",
            ),
            (
                "",
                "events",
                json!([{"name": "Lost", "when": "true", "retract": true}]),
                "takes nothing back",
            ),
            (own, "pixel_id", json!("12a"), "`meta_conversions.pixel_id`"),
            (own, "pixel_id", json!(""), "`meta_conversions.pixel_id`"),
            (own, "api_version", json!("25"), "api_version"),
            (own, "action_source", json!("website"), "event_source_url"),
            (
                own,
                "fbc_field",
                json!("contact_fbc"),
                "`contact_fbc`, which is no key",
            ),
            (
                own,
                "limited_data_use",
                json!({"country": 49, "state": 0}),
                "limited_data_use.country",
            ),
        ] {
            let said = said(place, key, value.clone()).unwrap_or_default();
            assert!(said.contains(part), "{key} = {value}: {said}");
        }
    }

    #[test]
    fn leads_of_metas_forms_are_told_as_conversion_leads_asks() {
        let own = "/meta_conversions";
        assert_eq!(said(own, "lead_id_field", json!("contact_custom_lead")), None);
        for (key, value) in [
            ("action_source", json!("email")),
            ("lead_event_source", json!("")),
        ] {
            let mut leads = json!({"pixel_id": "1", "lead_id_field": "contact_custom_lead"});
            leads[key] = value;
            assert!(
                said("", "meta_conversions", leads)
                    .unwrap()
                    .contains("lead_id_field"),
                "{key}"
            );
        }
    }
}
