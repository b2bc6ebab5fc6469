//! The tables of `omni.toml` the enricher reads: `[stage]`, `[kafka]`, `[enricher]`, `[pipedrive]`,
//! `[source.<name>]`.

mod email;
mod names;
mod silence;
mod source;
mod webhooks;

use std::collections::{BTreeMap, BTreeSet};
use std::net::{Ipv4Addr, SocketAddr};
use std::path::{Path, PathBuf};
use std::time::Duration;

use event::enriched::CompanySizes;
use event::outcome::DUPLICATE;
use event::rule::Rule;
use serde::{Deserialize, Serialize};
use stage::ConfigError;

pub(crate) use email::{Email, EmailHttp, EmailProvider, HttpMethod};
pub(crate) use names::{CustomFields, Labels, NamedField};
pub(crate) use silence::Silence;
pub use source::Source;
pub(crate) use webhooks::Webhooks;

use crate::references::LISTED;

/// The tables read here.
pub const TABLES: &[&str] = &["stage", "kafka", "enricher", "pipedrive", "source"];

/// Rules that a filter of the user's must not be taken for.
const TAKEN: [&str; 2] = [DUPLICATE, "no_template"];

/// Everything the enricher is told.
#[derive(Clone, Debug, Default, Deserialize, Serialize)]
#[serde(default, deny_unknown_fields)]
pub struct Config {
    /// `[stage]`
    pub stage: stage::Settings,
    /// `[kafka]`
    pub kafka: kafka::Config,
    /// `[enricher]`
    pub enricher: Settings,
    /// `[pipedrive]`
    pub pipedrive: pipedrive::Config,
    /// `[source.<name>]`
    pub source: BTreeMap<String, Source>,
}

/// `[enricher]`
#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(default, deny_unknown_fields)]
pub struct Settings {
    /// Where metrics and readiness are told.
    pub admin_listen: SocketAddr,
    /// Folder of the last states. It may be lost: they are restored from Kafka.
    pub state_dir: PathBuf,
    /// Most events in one transaction.
    pub batch_records_max: usize,
    /// Shortest time between two transactions.
    pub window_ms: u64,
    /// Longest time a batch waits for the API; what did not arrive by then is listed as missing.
    pub lookup_ms_max: u64,
    /// Longest time a lookup may take; what comes after the batch has gone on completes its events.
    pub answer_ms_max: u64,
    /// Events that wait to be completed, at most; beyond it they stay as they went on.
    pub pending_max: usize,
    /// How long an event waits to be completed.
    pub pending_seconds_max: u64,
    /// Whether an account is read once, page by page: names, organizations, persons, deals, leads. It costs ten to forty tokens for
    /// 500 entities; one of them looked up by itself costs one.
    pub prime: bool,
    /// How old names of fields, options, labels, users, stages and pipelines may be before they are read again.
    pub names_seconds_max: u64,
    /// Lookups under way at once.
    pub lookups_in_flight_max: usize,
    /// Entities looked up for one batch; the rest is listed as missing.
    pub lookups_per_batch_max: usize,
    /// How long an entity that the API does not have, or does not show us, is not asked for again.
    pub absent_seconds: u64,
    /// Pause before an API that does not answer is tried again; events do not wait for it meanwhile.
    pub api_pause_ms: u64,
    /// Bytes of the state store kept in memory.
    pub store_cache_bytes: u64,
    /// Contacts, organizations, stages and the like kept in memory, ready to be added.
    pub facts_cached_max: u64,
    /// What differs for one kind of lookup, by its word in `event_missing`.
    pub lookup: BTreeMap<String, Lookup>,
    /// Events that go no further, by the name of the rule: an expression in CEL that is true of them. Their states are
    /// kept and counted all the same.
    pub filters: BTreeMap<String, Rule>,
    /// Where a deal came from.
    pub marketing: Marketing,
    /// What to take from a contact.
    pub contact: Contact,
    /// What to take from an organization.
    pub organization: Organization,
    /// Custom fields by their 40-digit key.
    pub custom_fields: CustomFields,
    /// Names of labels.
    pub labels: Labels,
    /// Whether a contact's address takes mail.
    pub email: Email,
    /// When a source that tells nothing is looked into.
    pub silence: Silence,
}

/// `[enricher.lookup.<what>]`
#[derive(Clone, Debug, Default, Deserialize, Serialize)]
#[serde(default, deny_unknown_fields)]
pub struct Lookup {
    /// Longest time a batch waits for it; without it `lookup_ms_max`.
    pub wait_ms_max: Option<u64>,
    /// What becomes of an event that went on without it.
    pub when_missing: WhenMissing,
}

/// What becomes of an event when a lookup did not succeed in time.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum WhenMissing {
    /// It goes on, says what is missing, and follows completed when that is there.
    #[default]
    Pass,
    /// It is left out, on record as `missing_<what>`.
    Drop,
}

/// `[enricher.marketing]`: a deal's own custom fields, else its channel, else its lead's, else its contact's.
#[derive(Clone, Debug, Default, Deserialize, Serialize)]
#[serde(default, deny_unknown_fields)]
pub struct Marketing {
    /// Key of the custom field of deals (and so of leads) that holds the source.
    pub source_field: Option<String>,
    /// The same for the campaign.
    pub campaign_field: Option<String>,
    /// The same for the medium.
    pub medium_field: Option<String>,
    /// Key of the custom field of persons that holds the source.
    pub contact_source_field: Option<String>,
    /// The same for the campaign.
    pub contact_campaign_field: Option<String>,
    /// Names of channels by their option id; one without a name is told by its id.
    pub channels: BTreeMap<String, String>,
    /// Words of `origin` that say nothing about marketing.
    pub origins_ignored: Option<Vec<String>>,
}

/// `[enricher.contact]`
#[derive(Clone, Debug, Default, Deserialize, Serialize)]
#[serde(default, deny_unknown_fields)]
pub struct Contact {
    /// Key of the custom field that holds the position; without it the person's `job_title` is taken.
    pub position_field: Option<String>,
}

/// `[enricher.organization]`
#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(default, deny_unknown_fields)]
pub struct Organization {
    /// Names of industries by their option id; one without a name is left out.
    pub industries: BTreeMap<String, String>,
    /// From how many people on an organization is `medium`.
    pub medium_from: u64,
    /// From how many people on it is `large`.
    pub large_from: u64,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            admin_listen: SocketAddr::from((Ipv4Addr::LOCALHOST, 9102)),
            state_dir: PathBuf::from(".omni/enricher"),
            batch_records_max: 500,
            window_ms: 45,
            lookup_ms_max: 1_500,
            answer_ms_max: 10_000,
            pending_max: 50_000,
            pending_seconds_max: 86_400,
            prime: true,
            names_seconds_max: 21_600,
            lookups_in_flight_max: 8,
            lookups_per_batch_max: 500,
            absent_seconds: 600,
            api_pause_ms: 5_000,
            store_cache_bytes: 4 * 1024 * 1024,
            facts_cached_max: 6_000,
            lookup: BTreeMap::new(),
            filters: BTreeMap::new(),
            marketing: Marketing::default(),
            contact: Contact::default(),
            organization: Organization::default(),
            custom_fields: CustomFields::default(),
            labels: Labels::default(),
            email: Email::default(),
            silence: Silence::default(),
        }
    }
}

impl Default for Organization {
    fn default() -> Self {
        let CompanySizes {
            medium_from,
            large_from,
        } = CompanySizes::default();
        Self {
            industries: BTreeMap::new(),
            medium_from,
            large_from,
        }
    }
}

impl Organization {
    pub(crate) fn sizes(&self) -> CompanySizes {
        CompanySizes {
            medium_from: self.medium_from,
            large_from: self.large_from,
        }
    }
}

impl Marketing {
    /// Whether a word of `origin` names a source.
    pub(crate) fn tells(&self, origin: &str) -> bool {
        const SILENT: [&str; 4] = ["ManuallyCreated", "API", "Import", "Deal"];
        match &self.origins_ignored {
            Some(ignored) => !ignored.iter().any(|word| word == origin),
            None => !SILENT.contains(&origin),
        }
    }
}

impl Config {
    /// Reads the file (none: defaults) and the environment.
    ///
    /// # Errors
    /// [`ConfigError`], which says what to change.
    pub fn load(path: Option<&Path>) -> Result<Self, ConfigError> {
        let config: Self = stage::config::load(path, TABLES)?;
        config.check()?;
        Ok(config)
    }

    fn check(&self) -> Result<(), ConfigError> {
        let settings = &self.enricher;
        let limits = [
            ("batch_records_max", settings.batch_records_max as u64),
            ("lookup_ms_max", settings.lookup_ms_max),
            ("answer_ms_max", settings.answer_ms_max),
            ("lookups_in_flight_max", settings.lookups_in_flight_max as u64),
            ("api_pause_ms", settings.api_pause_ms),
            ("facts_cached_max", settings.facts_cached_max),
        ];
        if let Some((key, _)) = limits.iter().find(|(_, value)| *value == 0) {
            return Err(ConfigError::invalid(
                "enricher",
                format!("`{key}` must be at least 1"),
            ));
        }
        if settings.organization.medium_from > settings.organization.large_from {
            let message = "`medium_from` must not be above `large_from`".to_owned();
            return Err(ConfigError::invalid("enricher.organization", message));
        }
        if let Some(word) = settings
            .lookup
            .keys()
            .find(|word| !LISTED.contains(&word.as_str()))
        {
            let message = format!("there is no lookup `{word}`; there are {}", LISTED.join(", "));
            return Err(ConfigError::invalid("enricher.lookup", message));
        }
        if let Some(name) = settings
            .filters
            .keys()
            .find(|name| TAKEN.contains(&name.as_str()))
        {
            let message = format!("`{name}` is a rule of Omni's own: give yours another name");
            return Err(ConfigError::invalid("enricher.filters", message));
        }
        let fields = &settings.custom_fields;
        let objects = [
            ("deal", &fields.deal),
            ("person", &fields.person),
            ("organization", &fields.organization),
        ];
        for (object, named) in objects {
            let mut keys = BTreeSet::new();
            if let Some(twice) = named
                .values()
                .find(|field| !keys.insert(event::flat::slug(&field.name)))
            {
                let message = format!("two fields would have the key of `{}`", twice.name);
                return Err(ConfigError::invalid(
                    &format!("enricher.custom_fields.{object}"),
                    message,
                ));
            }
        }
        settings.email.check()?;
        self.source
            .iter()
            .try_for_each(|(name, source)| source.check(name))
    }
}

impl Settings {
    /// How long a batch waits for what this word names.
    pub(crate) fn wait_max(&self, word: &str) -> Duration {
        let own = self.lookup.get(word).and_then(|lookup| lookup.wait_ms_max);
        Duration::from_millis(own.unwrap_or(self.lookup_ms_max))
    }

    /// Whether an event without it is left out.
    pub(crate) fn drops_without(&self, word: &str) -> bool {
        let own = self.lookup.get(word);
        own.is_some_and(|lookup| lookup.when_missing == WhenMissing::Drop)
    }

    pub(crate) fn answer_max(&self) -> Duration {
        Duration::from_millis(self.answer_ms_max)
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;

    fn load(variables: &[(&str, &str)]) -> Result<Config, String> {
        let own = |text: &&str| (*text).to_owned();
        let variables: Vec<_> = variables
            .iter()
            .map(|(name, value)| (own(name), own(value)))
            .collect();
        let config: Config =
            stage::config::load_with(None, TABLES, &variables).map_err(|error| error.to_string())?;
        config.check().map(|()| config).map_err(|error| error.to_string())
    }

    #[test]
    fn everything_has_a_default() {
        let config = load(&[]).unwrap();
        assert_eq!(config.enricher.admin_listen.port(), 9102);
        assert!(
            config.enricher.marketing.tells("Marketplace")
                && !config.enricher.marketing.tells("ManuallyCreated")
        );
    }

    #[test]
    fn a_source_may_have_the_collector_s_keys_too() {
        let config = load(&[
            ("OMNI_SOURCE__CRM__USER", "omni"),
            ("OMNI_SOURCE__CRM__PASSWORD", "secret"),
            ("OMNI_SOURCE__CRM__COMPANIES", "1,2"),
            ("OMNI_SOURCE__CRM__API_URL", "https://acme.pipedrive.com"),
            ("OMNI_SOURCE__CRM__API_TOKEN", "t0ken"),
        ]);
        let config = config.unwrap();
        let source = config.source.get("crm").unwrap();
        let account = source.account("crm").unwrap().unwrap();
        assert_eq!(account.api_url.host_str(), Some("acme.pipedrive.com"));
        assert!(!format!("{config:?}").contains("t0ken"));
        assert_eq!(account.addresses, stage::outbound::Addresses::PublicOnly);
        assert!(Source::default().account("crm").unwrap().is_none());
    }

    #[test]
    fn what_cannot_work_is_refused_by_name() {
        for (variables, word) in [
            (
                vec![
                    ("OMNI_SOURCE__CRM__API_URL", "acme"),
                    ("OMNI_SOURCE__CRM__API_TOKEN", "t"),
                ],
                "api_url",
            ),
            (
                vec![("OMNI_SOURCE__CRM__API_URL", "https://acme.pipedrive.com")],
                "api_token",
            ),
            (
                vec![("OMNI_ENRICHER__LOOKUP__CONTRACT__WHEN_MISSING", "drop")],
                "there is no lookup `contract`",
            ),
            (
                vec![("OMNI_ENRICHER__LOOKUP__CONTACT__WHEN_MISSING", "stop")],
                "when_missing",
            ),
            (
                vec![("OMNI_ENRICHER__BATCH_RECORDS_MAX", "0")],
                "batch_records_max",
            ),
            (
                vec![("OMNI_ENRICHER__ORGANIZATION__MEDIUM_FROM", "900")],
                "medium_from",
            ),
            (
                vec![
                    ("OMNI_ENRICHER__CUSTOM_FIELDS__DEAL__A__NAME", "Fee"),
                    ("OMNI_ENRICHER__CUSTOM_FIELDS__DEAL__B__NAME", "fee "),
                ],
                "two fields",
            ),
        ] {
            let refusal = load(&variables).unwrap_err();
            assert!(refusal.contains(word), "{refusal}");
        }
    }

    #[test]
    fn a_rule_that_does_not_compile_is_refused_with_its_line() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("omni.toml");
        let refusal = |rule: &str| {
            std::fs::write(&path, format!("[enricher.filters]\ntest = 'is_bulk'\n{rule}\n")).unwrap();
            Config::load(Some(&path))
                .map(drop)
                .map_err(|error| error.to_string())
        };
        assert_eq!(refusal("ours = 'user_id == 12'"), Ok(()));
        let message = refusal("bad = 'object =='").unwrap_err();
        assert!(
            message.contains("omni.toml:3: `enricher.filters.bad` cannot be used: it is no expression"),
            "{message}"
        );
        let message = refusal("bad = 'deal.id == 1'").unwrap_err();
        assert!(
            message.contains("omni.toml:3") && message.contains("speaks of `deal`"),
            "{message}"
        );
        let message = refusal("duplicate = 'is_bulk'").unwrap_err();
        assert!(message.contains("another name"), "{message}");
    }

    #[test]
    fn which_origins_say_nothing_is_a_setting() {
        let marketing = Marketing {
            origins_ignored: Some(vec!["Marketplace".into()]),
            ..Marketing::default()
        };
        assert!(!marketing.tells("Marketplace") && marketing.tells("ManuallyCreated"));
    }
}
