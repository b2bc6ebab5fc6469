//! An account of Google's ads that is stood in for, and a collector and a delivery of our own for it: tokens are those of a
//! service account and last two seconds.

use std::path::{Path, PathBuf};
use std::time::Duration;

use event::moment;
use serde_json::{Value, json};
use simulator::{Google, StandIns};
use stage::{Trigger, clock};

use super::dev::{Dev, dev};
use super::own::{activation, body, collector, own_source, post, settings};
use super::stand_in::StandIn;

/// What is particular to one of Google's APIs.
pub(super) struct Kind {
    /// Of the destination, and of the source.
    pub(super) name: &'static str,
    pub(super) company: u64,
    /// What an event of a deal is called, in TOML.
    pub(super) events: String,
    /// In its own table.
    pub(super) own: &'static str,
}

pub(super) struct Account {
    kind: Kind,
    dev: &'static Dev,
    pub(super) client: reqwest::Client,
    collector: String,
    pub(super) stand_in: StandIn,
    #[expect(dead_code, reason = "what it started stops when it goes")]
    running: (tempfile::TempDir, [Trigger; 2]),
}

impl Account {
    pub(super) async fn open(kind: Kind) -> Self {
        let (dev, folder) = (dev(), tempfile::tempdir().expect("a folder"));
        let client = reqwest::Client::new();
        let google = Google {
            token: Duration::from_secs(2),
            ..Google::default()
        };
        let stand_ins = StandIns {
            google,
            ..StandIns::default()
        };
        let stand_in = StandIn::open(kind.company, stand_ins).await;
        let key_file = key_file(&client, &stand_in.url, &folder).await;
        let destination = destination(&kind, &stand_in.url, &key_file);
        let settings = settings(dev, &own_source(kind.name, &destination), &folder);
        let (collector, collecting) = collector(&settings).await;
        let delivering = activation(&settings).await;
        Self {
            kind,
            dev,
            client,
            collector,
            stand_in,
            running: (folder, [collecting, delivering]),
        }
    }

    /// Tells the collector of a deal, whose title is the id of its click.
    pub(super) async fn post(&self, id: u64, title: &str, now: &Value, before: &Value) {
        let mut data = json!({
            "id": id, "title": title, "value": 10 * id, "currency": "EUR", "stage_id": 1, "pipeline_id": 1, "owner_id": 1,
            "person_id": null, "org_id": null, "custom_fields": {}, "add_time": "2026-01-05T08:00:00Z",
            "update_time": "2026-01-06T08:00:00Z"
        });
        let changed = now.as_object().expect("an object").clone();
        data.as_object_mut().expect("an object").extend(changed);
        let webhook = body(self.kind.company, "deal", id, &data);
        let mut webhook: Value = serde_json::from_slice(&webhook).expect("JSON");
        webhook["previous"] = before.clone();
        webhook["meta"]["timestamp"] = json!(moment::to_rfc3339(clock::now_micro()));
        let webhook = webhook.to_string().into_bytes();
        post(&self.client, &self.collector, self.kind.name, webhook).await;
    }

    /// Waits until the warehouse tells of so many events that this is true of.
    pub(super) async fn wait(&self, of: &str, events: u64) {
        let company = self.kind.company;
        let sql = format!(
            "SELECT uniqExact(event_uuid) FROM deliveries WHERE event_company_id = {company} AND {of}"
        );
        self.dev.wait_for_count(&self.client, &sql, events).await;
    }

    /// What the warehouse has of the answers to those that this is true of, each once.
    pub(super) async fn answers(&self, of: &str) -> Vec<String> {
        let company = self.kind.company;
        let sql = format!(
            "SELECT DISTINCT JSONExtractString(record, 'answer') FROM deliveries WHERE event_company_id = {company} AND {of}"
        );
        let told = self.dev.ask(&self.client, &sql).await;
        told.lines().map(str::to_owned).collect()
    }

    /// What the stand-in got, the oldest first.
    pub(super) async fn got(&self) -> Vec<Value> {
        let told = self.stand_in.told(self.kind.name).await;
        let mut got = told["deliveries"].as_array().expect("a list").clone();
        got.sort_by_key(|one| one["number"].as_u64());
        got
    }

    /// What Google knows a win by.
    pub(super) fn order_id(&self, id: u64, won_at_seconds: i64) -> String {
        format!("{}-deal-{id}-{won_at_seconds}", self.kind.company)
    }
}

pub(super) fn word(one: &Value, key: &str) -> String {
    one[key].as_str().unwrap_or_default().to_owned()
}

pub(super) fn won(at_seconds: i64) -> (Value, Value) {
    let now = json!({"status": "won", "won_time": time(at_seconds)});
    (now, json!({"status": "open", "won_time": null}))
}

pub(super) fn time(seconds: i64) -> String {
    moment::to_rfc3339(seconds * 1_000_000)
}

/// The key of its one service account, in a file.
async fn key_file(client: &reqwest::Client, stand_in: &str, folder: &tempfile::TempDir) -> PathBuf {
    let url = format!("{stand_in}/google/service-account.json");
    let answer = client.get(url).send().await.expect("the stand-in answers");
    let path = folder.path().join("key.json");
    std::fs::write(&path, answer.bytes().await.expect("a file")).expect("it is written");
    path
}

fn destination(kind: &Kind, stand_in: &str, key_file: &Path) -> String {
    let (name, key_file) = (kind.name, key_file.display());
    format!(
        "[activation]\nroles = ['delivery']\nadmin_listen = '127.0.0.1:0'\n[destination.{name}]\nkind = '{name}'\n\
         url = '{stand_in}/google'\nconsent = 'true'\nallow_private_addresses = true\nretry_ms = 50\nretry_ms_max = 500\n\
         filter = 'event_company_id == {}'\nevents = [{}]\n[destination.{name}.{name}]\ncustomer_id = '123-456-7890'\n\
         service_account_file = '{key_file}'\ngclid_field = 'deal_title'\n{}",
        kind.company, kind.events, kind.own
    )
}
