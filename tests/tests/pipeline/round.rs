//! A collector that takes flat events by a token, and a delivery, of a test's own: both ends of a way that comes round to where
//! it began.

use std::path::Path;
use std::time::{Duration, Instant};

use kafka::Topic;
use kafka::admin::{self, Places};
use ledger::way;
use omni_collector::token::{self, TokenHash};
use serde_json::Value;
use stage::{Secret, Shutdown, Trigger};

use super::dev::Dev;
use super::own::{collector, omni, settings};

const WORKED_OFF_WITHIN: Duration = Duration::from_mins(2);
/// The group that loads the deals.
const DEALS: &str = "loader-pipedrive-deals-2.0";

pub(super) struct Round {
    /// Of the source and of the one destination.
    pub(super) name: &'static str,
    pub(super) settings: std::path::PathBuf,
    /// The collector's.
    pub(super) url: String,
    pub(super) token: Secret,
    kafka: kafka::Config,
    _folder: tempfile::TempDir,
    _running: [Trigger; 2],
}

/// A token, and the hash that the settings of its source have.
pub(super) fn token() -> (Secret, String) {
    let token = token::new().expect("a token");
    let hash = TokenHash::of(token.expose().as_bytes()).to_hex();
    (token, hash)
}

impl Round {
    /// With these settings over those of the running pipeline.
    pub(super) async fn begin(dev: &Dev, name: &'static str, own: &str, token: Secret) -> Self {
        let folder = tempfile::tempdir().expect("a folder");
        let settings = settings(dev, own, &folder);
        let (url, collecting) = collector(&settings).await;
        let config = omni_activation::Config::load(Some(&settings)).expect("settings");
        let kafka = config.kafka.clone();
        let (delivering, shutdown) = Shutdown::pair();
        let stage = omni_activation::open(config).await.expect("its port opens");
        tokio::spawn(stage.work(shutdown));
        Self {
            name,
            settings,
            url,
            token,
            kafka,
            _folder: folder,
            _running: [collecting, delivering],
        }
    }

    /// Posts until it is taken or refused: a collector that just started has not seen the topics yet.
    pub(super) async fn post_flat(&self, client: &reqwest::Client, events: &Value) -> (u16, Value) {
        let deadline = Instant::now() + Duration::from_secs(30);
        loop {
            let request = client.post(format!("{}/events/flat", self.url));
            let answer = request.bearer_auth(self.token.expose()).json(events).send();
            let answer = answer.await.expect("an answer");
            let status = answer.status().as_u16();
            if status != 503 {
                return (status, answer.json().await.expect("JSON"));
            }
            assert!(Instant::now() < deadline, "the collector takes nothing");
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    }

    /// Until every stage is past all that was on its topic when the stage before it was: what is on `omni.raw` now has been
    /// read, passed on or left out, loaded, delivered and archived by then.
    pub(super) async fn worked_off(&self) {
        let delivery = format!("delivery-{}", self.name);
        for (topic, groups) in [
            (Topic::Raw, vec!["enricher".to_owned(), way::archive(Topic::Raw)]),
            (Topic::Enriched, vec!["flattener".to_owned()]),
            (Topic::Flat, vec![delivery, DEALS.to_owned()]),
            (Topic::Filtered, vec![way::archive(Topic::Filtered)]),
            (Topic::Deliveries, vec![way::archive(Topic::Deliveries)]),
        ] {
            let config = self.kafka.clone();
            let ends = blocking(move || admin::ends(&config, topic, None)).await;
            for group in groups {
                self.past(&group, topic, &ends).await;
            }
        }
    }

    async fn past(&self, group: &str, topic: Topic, ends: &Places) {
        let deadline = Instant::now() + WORKED_OFF_WITHIN;
        loop {
            let (config, group, ends) = (self.kafka.clone(), group.to_owned(), ends.clone());
            let name = group.clone();
            let left = blocking(move || match admin::left(&config, &group, topic, &ends) {
                // A broker that just moved a group does not answer at once.
                Err(error) if error.class() == kafka::Class::Retry => Ok(1),
                left => left,
            })
            .await;
            if left == 0 {
                return;
            }
            assert!(
                Instant::now() < deadline,
                "{name} has {left} records of {topic:?} before it"
            );
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
    }
}

async fn blocking<T: Send + 'static>(ask: impl FnOnce() -> Result<T, kafka::Error> + Send + 'static) -> T {
    let asked = tokio::task::spawn_blocking(ask).await.expect("it ends");
    asked.expect("kafka answers")
}

/// Rows of the deals' table, deliveries that succeeded, events delivered, and doubles left out.
pub(super) async fn counts(dev: &Dev, client: &reqwest::Client, company: u64) -> String {
    let sql = format!(
        "SELECT (SELECT count() FROM deal_events WHERE event_company_id = {company}), \
                countIf(outcome = 'delivered'), uniqExactIf(event_uuid, outcome = 'delivered'), \
                (SELECT count() FROM filtered_events WHERE event_company_id = {company} AND rule = 'duplicate') \
         FROM deliveries WHERE event_company_id = {company}"
    );
    dev.ask(client, &sql).await.trim().to_owned()
}

/// Sums of the ledger's rows of a source.
pub(super) async fn ledger(settings: &Path, source: &str) -> [u64; 5] {
    let words = ["ledger", "--source", source, "--since", "1h", "--json"];
    let (status, said) = omni(settings, &words).await;
    assert_eq!(status, Some(0), "{said}");
    let report: Value = serde_json::from_str(&said).expect("JSON");
    let rows = report["rows"].as_array().expect("rows");
    let sum = |key: &str| rows.iter().map(|row| row[key].as_u64().expect("a number")).sum();
    ["accepted", "loaded", "rejected", "filtered", "missing"].map(sum)
}
