//! Deals that are won, lost again and won once more, told to a Google Ads account: from the webhook to a stand-in that checks
//! Google's rules, by a service account whose access tokens last two seconds.

use std::time::Duration;

use event::moment;
use serde_json::{Value, json};
use simulator::{Google, Simulator, StandIns};
use stage::{Shutdown, clock};

use super::company::Company;
use super::dev::{Dev, dev};
use super::own::{body, collector, own_source, post, settings};

const NAME: &str = "google_ads";
const COMPANY: u64 = Company::Advertised.id();
const TOKEN: &str = "demo-token";
/// Deals' titles are the ids of their clicks.
const NO_CLICK: &str = "not a click";
/// Of these, the one that has no click.
const DEALS: std::ops::RangeInclusive<u64> = 1..=6;
const CLICKLESS: u64 = 6;
/// The one that is lost and won again.
const FICKLE: u64 = 3;

struct Account {
    dev: &'static Dev,
    client: reqwest::Client,
    collector: String,
    stand_in: String,
}

impl Account {
    async fn post(&self, id: u64, now: &Value, before: &Value) {
        let title = if id == CLICKLESS {
            NO_CLICK.to_owned()
        } else {
            format!("Cj0-{id}")
        };
        let mut data = json!({
            "id": id, "title": title, "value": 10 * id, "currency": "EUR", "stage_id": 1, "pipeline_id": 1, "owner_id": 1,
            "person_id": null, "org_id": null, "custom_fields": {}, "add_time": "2026-01-05T08:00:00Z",
            "update_time": "2026-01-06T08:00:00Z"
        });
        let changed = now.as_object().expect("an object").clone();
        data.as_object_mut().expect("an object").extend(changed);
        let mut webhook: Value = serde_json::from_slice(&body(COMPANY, "deal", id, &data)).expect("JSON");
        webhook["previous"] = before.clone();
        webhook["meta"]["timestamp"] = json!(moment::to_rfc3339(clock::now_micro()));
        post(
            &self.client,
            &self.collector,
            NAME,
            webhook.to_string().into_bytes(),
        )
        .await;
    }

    async fn wait(&self, of: &str, events: u64) {
        let sql = format!(
            "SELECT uniqExact(event_uuid) FROM deliveries WHERE event_company_id = {COMPANY} AND {of}"
        );
        self.dev.wait_for_count(&self.client, &sql, events).await;
    }

    /// What the stand-in made of everything: outcome, name, order id; the oldest first.
    async fn told(&self) -> Vec<(String, String, String)> {
        let url = format!("{}/deliveries.json?destination={NAME}&newest=1000", self.stand_in);
        let answer = self.client.get(url).send().await.expect("the stand-in answers");
        let answer: Value = answer.json().await.expect("JSON");
        let mut told = answer["deliveries"].as_array().expect("a list").clone();
        told.sort_by_key(|one| one["number"].as_u64());
        let word = |one: &Value, key: &str| one[key].as_str().unwrap_or_default().to_owned();
        told.iter()
            .map(|one| {
                let name = word(one, "event_name");
                (word(one, "outcome"), name, word(one, "event_id"))
            })
            .collect()
    }

    /// Its one service account's key, in a file.
    async fn key_file(&self, folder: &tempfile::TempDir) -> std::path::PathBuf {
        let url = format!("{}/google/service-account.json", self.stand_in);
        let answer = self.client.get(url).send().await.expect("the stand-in answers");
        let path = folder.path().join("key.json");
        std::fs::write(&path, answer.bytes().await.expect("a file")).expect("it is written");
        path
    }
}

fn won(at_seconds: i64) -> (Value, Value) {
    let now = json!({"status": "won", "won_time": time(at_seconds)});
    (now, json!({"status": "open", "won_time": null}))
}

fn lost(won_at_seconds: i64) -> (Value, Value) {
    let before = json!({"status": "won", "won_time": time(won_at_seconds)});
    (json!({"status": "lost", "won_time": null}), before)
}

fn time(seconds: i64) -> String {
    moment::to_rfc3339(seconds * 1_000_000)
}

fn destination(stand_in: &str, key_file: &std::path::Path) -> String {
    let (deal, key_file) = (
        format!("event_company_id == {COMPANY} && deal_status"),
        key_file.display(),
    );
    format!(
        "[activation]\nroles = ['delivery']\nadmin_listen = '127.0.0.1:0'\n[destination.{NAME}]\nkind = '{NAME}'\n\
         url = '{stand_in}/google'\nconsent = 'true'\nallow_private_addresses = true\nretry_ms = 50\nretry_ms_max = 500\n\
         events = [{{ name = '17', when = \"{deal} == 'won'\" }}, {{ name = '17', when = \"{deal} == 'lost'\", retract = true }}]\n\
         [destination.{NAME}.{NAME}]\ncustomer_id = '123-456-7890'\ndeveloper_token = '{TOKEN}'\n\
         service_account_file = '{key_file}'\ngclid_field = 'deal_title'"
    )
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_won_is_told_what_is_lost_again_taken_back_and_a_second_win_is_another_conversion() {
    let folder = tempfile::tempdir().expect("a folder");
    let simulated = simulator::Config {
        companies: vec![COMPANY],
        rate: 0.0,
        history_events: 0,
        stand_ins: StandIns {
            google: Google {
                token: Duration::from_secs(2),
                ..Google::default()
            },
            ..StandIns::default()
        },
        ..simulator::Config::default()
    };
    let simulator = Simulator::bind(simulated).await.expect("the account opens");
    let stand_in = format!("http://{}", simulator.address());
    let (_standing_in, shutdown) = Shutdown::pair();
    tokio::spawn(simulator.serve(shutdown));
    let mut account = Account {
        dev: dev(),
        client: reqwest::Client::new(),
        collector: String::new(),
        stand_in,
    };
    let key_file = account.key_file(&folder).await;
    let destination = destination(&account.stand_in, &key_file);
    let settings = settings(account.dev, &own_source(NAME, &destination), &folder);
    let (url, _collecting) = collector(&settings).await;
    account.collector = url;
    let config = omni_activation::Config::load(Some(&settings)).expect("settings");
    let (_delivering, shutdown) = Shutdown::pair();
    let stage = omni_activation::open(config).await.expect("its port opens");
    tokio::spawn(stage.work(shutdown));

    let first = clock::now_micro() / 1_000_000 - 3_600;
    let again = first + 1_800;
    let (now, before) = won(first);
    for id in DEALS {
        account.post(id, &now, &before).await;
    }
    account.wait("outcome = 'delivered'", 5).await;
    let of_clickless = "outcome = 'gave_up' AND record LIKE '%\"reason\":\"click_id\"%' AND record LIKE '%UNPARSEABLE_GCLID%'";
    account.wait(of_clickless, 1).await;
    account.post(1, &now, &json!({"title": "Cj0"})).await;
    account.wait("outcome = 'delivered'", 6).await;
    let (now, before) = lost(first);
    account.post(FICKLE, &now, &before).await;
    account.wait("outcome = 'delivered'", 7).await;
    let (now, before) = won(again);
    account.post(FICKLE, &now, &before).await;
    account.wait("outcome = 'delivered'", 8).await;

    let told = account.told().await;
    let action = "customers/1234567890/conversionActions/17";
    let one = |outcome: &str, name: &str, id: u64, at: i64| {
        let order_id = format!("{COMPANY}-deal-{id}-{at}");
        (outcome.to_owned(), name.to_owned(), order_id)
    };
    let mut wins = told;
    let rest = wins.split_off(wins.len().min(6));
    wins.sort_unstable_by_key(|(_, _, order_id)| order_id.clone());
    let outcome = |id| if id == CLICKLESS { "refused" } else { "accepted" };
    let expected: Vec<_> = DEALS.map(|id| one(outcome(id), action, id, first)).collect();
    assert_eq!(wins, expected);
    let expected = [
        one("duplicate", action, 1, first),
        one("accepted", "RETRACTION", FICKLE, first),
        one("accepted", action, FICKLE, again),
    ];
    assert_eq!(rest, expected);
}
