//! `[destination.<name>]`: where events are sent, which, and how.

use std::collections::BTreeMap;
use std::time::Duration;

use event::rule::FlatRule;
use serde::{Deserialize, Serialize};
use stage::outbound::{Addresses, OutboundSettings, Overlong, Url};
use stage::{ConfigError, Secret};

use super::{DestinationKind, Start};
use crate::destination::{
    self, aws_lambda, ga4, google_ads, google_data_manager, gtm_server, http, meta_conversions, tiktok_events,
};
use crate::gates::Gates;
use crate::naming::{Named, Naming};
use crate::shape::Mapping;
use crate::value::ValueRule;

const NAME_BYTES_MAX: usize = 64;

/// Which events of a destination wait for each other.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Order {
    /// Those of one entity: a deal is never told to be won before it was told to be open.
    #[default]
    Entity,
    /// Those of one contact, whatever they are about; an event without a contact as with `entity`.
    Contact,
    /// None.
    None,
}

/// `[destination.<name>]`: what all kinds have; a kind's own settings are in a table of its name.
#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(default, deny_unknown_fields)]
pub struct DestinationSettings {
    /// Which protocol it speaks.
    pub kind: DestinationKind,
    /// Where it is; empty: where the platform is.
    pub url: String,
    /// Where it begins when it is new: `beginning` (what `omni.flat` holds, a week), `end` (what comes from now on), or a time
    /// (RFC 3339).
    pub start: Start,
    /// Whether anything is sent; off keeps its place in the stream.
    pub enabled: bool,
    /// Which events it gets: an expression over the flat event, in the language of the enricher's filters. What it cannot
    /// decide is not sent.
    pub filter: Option<FlatRule>,
    /// What must be true of an event before anything of it leaves, such as a person's consent; told apart from `filter` in
    /// the metrics.
    pub consent: Option<FlatRule>,
    /// What an event is called there: the first that fits. Where there are any, what none fits is not sent.
    pub events: Vec<Named>,
    /// What of an event leaves, by its name at the destination; the whole flat event when there is none.
    pub map: Option<Mapping>,
    /// What an event is worth there.
    pub value: ValueRule,
    /// Further headers of each request.
    pub headers: BTreeMap<String, Secret>,
    /// What proves that it is us: the signing secret of `http` (`whsec_…`, base64; unsigned when empty), the API secret or the
    /// access token of a platform.
    pub secret: Secret,
    /// Longest time for one attempt.
    pub timeout_ms: u64,
    /// Most requests at once.
    pub in_flight_max: usize,
    /// How long an event waits for others, where the destination takes several at once.
    pub batch_wait_ms: u64,
    /// Which events wait for each other: those of one `entity`, of one `contact`, or `none`.
    pub order: Order,
    /// Most requests a second; 0 is no limit.
    pub requests_per_second_max: u32,
    /// Attempts before an event is given up; those do not count that fail by the destination's fault (it is away, late, busy
    /// or misconfigured) while it takes no others.
    pub attempts_max: u32,
    /// Failures in a row, of any events, after which the destination is asked by one event at a time until it works again.
    pub breaker_failures: u32,
    /// The first pause after a failed attempt; they double, with jitter.
    pub retry_ms: u64,
    /// The longest pause.
    pub retry_ms_max: u64,
    /// Whether it may be a private or loopback address.
    pub allow_private_addresses: bool,
    /// Of kind `http`.
    pub http: Option<http::Settings>,
    /// Of kind `gtm_server`.
    pub gtm_server: Option<gtm_server::Settings>,
    /// Of kind `ga4`, and of a container's Measurement Protocol client.
    pub ga4: Option<ga4::Settings>,
    /// Of kind `meta_conversions`.
    pub meta_conversions: Option<meta_conversions::Settings>,
    /// Of kind `tiktok_events`.
    pub tiktok_events: Option<tiktok_events::Settings>,
    /// Of kind `aws_lambda`.
    pub aws_lambda: Option<aws_lambda::Settings>,
    /// Of kind `google_ads`.
    pub google_ads: Option<google_ads::Settings>,
    /// Of kind `google_data_manager`.
    pub google_data_manager: Option<google_data_manager::Settings>,
}

impl Default for DestinationSettings {
    fn default() -> Self {
        Self {
            kind: DestinationKind::default(),
            url: String::new(),
            start: Start::default(),
            enabled: true,
            filter: None,
            consent: None,
            events: Vec::new(),
            map: None,
            value: ValueRule::default(),
            headers: BTreeMap::new(),
            secret: Secret::default(),
            timeout_ms: 10_000,
            in_flight_max: 32,
            batch_wait_ms: 100,
            order: Order::default(),
            requests_per_second_max: 0,
            attempts_max: 20,
            breaker_failures: 10,
            retry_ms: 1_000,
            retry_ms_max: 300_000,
            allow_private_addresses: false,
            http: None,
            gtm_server: None,
            ga4: None,
            meta_conversions: None,
            tiktok_events: None,
            aws_lambda: None,
            google_ads: None,
            google_data_manager: None,
        }
    }
}

impl DestinationSettings {
    /// Refuses what cannot work, before anything is read.
    ///
    /// # Errors
    /// [`ConfigError`], which says what to change.
    pub fn check(&self, name: &str) -> Result<(), ConfigError> {
        let refuse = |message: String| Err(ConfigError::invalid(&format!("destination.{name}"), message));
        let plain = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_');
        if name.is_empty() || name.len() > NAME_BYTES_MAX || !name.bytes().all(plain) {
            return refuse(
                "is part of a group's name: it must be 1 to 64 letters, digits, `-` or `_`".to_owned(),
            );
        }
        match self.fault() {
            Some(fault) => refuse(fault),
            None => destination::Destination::new(self)
                .map(drop)
                .or_else(|error| refuse(error.to_string())),
        }
    }

    /// What cannot work whatever the kind, in words.
    fn fault(&self) -> Option<String> {
        self.address_fault()
            .or_else(|| self.limit_fault())
            .or_else(|| self.kind_fault())
            .or_else(|| self.map.as_ref().and_then(Mapping::fault))
            .or_else(|| self.value.fault())
    }

    fn address_fault(&self) -> Option<String> {
        match Url::parse(&self.url) {
            _ if self.url.is_empty() && self.kind.profile().has_address => None,
            Ok(url) if matches!(url.scheme(), "http" | "https") && url.has_host() => None,
            _ => Some("`url` must be an http or https address".to_owned()),
        }
    }

    fn limit_fault(&self) -> Option<String> {
        let limits = [
            ("timeout_ms", self.timeout_ms),
            ("in_flight_max", self.in_flight_max as u64),
            ("attempts_max", u64::from(self.attempts_max)),
            ("breaker_failures", u64::from(self.breaker_failures)),
            ("retry_ms", self.retry_ms),
        ];
        let (key, _) = limits.into_iter().find(|(_, value)| *value == 0)?;
        Some(format!("`{key}` must be at least 1"))
    }

    fn kind_fault(&self) -> Option<String> {
        let kind = self.kind;
        if let Some(other) = self.tables().find(|other| !self.takes_table(*other)) {
            let (other, kind) = (other.as_str(), kind.as_str());
            return Some(format!("has a table `{other}`, and its kind is `{kind}`"));
        }
        if kind == DestinationKind::GtmServer && !self.secret.is_empty() && self.ga4.is_none() {
            return Some("has a `secret`, and a Data Client checks none: say it in `headers`".to_owned());
        }
        if kind.profile().tells_of_persons && self.consent.is_none() {
            return Some(
                "tells an ads platform of persons: say in `consent` what must be true of an event before anything of it \
                 leaves, such as \"deal_custom_marketing_consent == 'yes'\"; \"true\" where you have everybody's"
                    .to_owned(),
            );
        }
        let is_retracted = self.naming().retracts() && !kind.profile().retracts;
        is_retracted.then(|| format!("`events` retracts, and `{}` takes nothing back", kind.as_str()))
    }

    /// The kinds whose tables are there.
    fn tables(&self) -> impl Iterator<Item = DestinationKind> {
        let tables = [
            (DestinationKind::Http, self.http.is_some()),
            (DestinationKind::GtmServer, self.gtm_server.is_some()),
            (DestinationKind::Ga4, self.ga4.is_some()),
            (DestinationKind::MetaConversions, self.meta_conversions.is_some()),
            (DestinationKind::TiktokEvents, self.tiktok_events.is_some()),
            (DestinationKind::AwsLambda, self.aws_lambda.is_some()),
            (DestinationKind::GoogleAds, self.google_ads.is_some()),
            (
                DestinationKind::GoogleDataManager,
                self.google_data_manager.is_some(),
            ),
        ];
        tables
            .into_iter()
            .filter(|(_, is_there)| *is_there)
            .map(|(kind, _)| kind)
    }

    fn takes_table(&self, of: DestinationKind) -> bool {
        of == self.kind || (of, self.kind) == (DestinationKind::Ga4, DestinationKind::GtmServer)
    }

    /// What must be true of an event.
    pub(crate) fn gates(&self) -> Gates {
        Gates::new(self.filter.clone(), self.consent.clone(), self.naming())
    }

    /// What events are called.
    pub(crate) fn naming(&self) -> Naming {
        Naming::new(self.events.clone())
    }

    /// Everything that is secret.
    pub(crate) fn secrets(&self) -> impl Iterator<Item = &Secret> {
        let lambda = self.aws_lambda.as_ref();
        let own = [
            self.http.as_ref().map(|http| &http.secret_previous),
            self.gtm_server.as_ref().map(|gtm_server| &gtm_server.preview),
            lambda.map(|lambda| &lambda.secret_access_key),
            lambda.map(|lambda| &lambda.session_token),
            self.google_data_manager
                .as_ref()
                .map(|google| &google.client_secret),
        ];
        std::iter::once(&self.secret)
            .chain(own.into_iter().flatten())
            .chain(self.google_ads.iter().flat_map(google_ads::Settings::secrets))
            .chain(self.headers.values())
    }

    /// The same, such that nothing that is sent counts; none where the platform knows no such thing.
    pub(crate) fn rehearsing(&self) -> Option<Self> {
        let mut settings = self.clone();
        settings.google_data_manager.as_mut()?.validate_only = true;
        Some(settings)
    }

    pub(crate) fn outbound(&self) -> OutboundSettings {
        let call_max = Duration::from_millis(self.timeout_ms);
        let defaults = OutboundSettings::default();
        OutboundSettings {
            connect_max: defaults.connect_max.min(call_max),
            call_max,
            answer_bytes_max: destination::HEARS_BYTES_MAX,
            overlong: Overlong::Cut,
            addresses: Addresses::allowing_private(self.allow_private_addresses),
            ..defaults
        }
    }
}
