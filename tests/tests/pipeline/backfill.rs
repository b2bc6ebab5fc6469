//! An account's history goes through the pipeline once, however often it is sent, and a live event goes before it.

use std::path::PathBuf;
use std::process::Command;

use event::moment;
use serde_json::{Value, json};
use simulator::{Limits, Plan, Simulator};
use stage::{Shutdown, Trigger};

use super::company::Company;
use super::dev::{Dev, dev};

const COMPANY: u64 = Company::Backfilled.id();
/// Within the second in which the API says the deal was changed last.
const LIVE_AFTER_MICRO: i64 = 300_000;

/// An account with a past and nothing new.
async fn account(client: &reqwest::Client) -> (String, Trigger) {
    let config = simulator::Config {
        companies: vec![COMPANY],
        rate: 0.0,
        history_events: 0,
        contacts: 200,
        everything: true,
        limits: Limits::of(Plan::Ultimate, 1),
        ..simulator::Config::default()
    };
    let simulator = Simulator::bind(config).await.expect("the account opens");
    let url = format!("http://{}", simulator.address());
    let (trigger, shutdown) = Shutdown::pair();
    tokio::spawn(simulator.serve(shutdown));
    let past = client.post(format!("{url}/simulator/changes"));
    let answer = past.json(&json!({"changes": 1_500})).send().await;
    assert!(answer.expect("the past happens").status().is_success());
    (url, trigger)
}

/// All deals, as the API lists them.
async fn deals(client: &reqwest::Client, url: &str) -> Vec<Value> {
    let mut deals = Vec::new();
    for path in ["deals", "deals/archived"] {
        let mut cursor = String::new();
        loop {
            let request = client.get(format!("{url}/api/v2/{path}?limit=500&cursor={cursor}"));
            let answer = request.header("x-api-token", "simulated").send().await;
            let mut page: Value = answer.expect("the account answers").json().await.expect("json");
            deals.append(page["data"].as_array_mut().expect("rows"));
            match page["additional_data"]["next_cursor"].as_str() {
                Some(next) => next.clone_into(&mut cursor),
                None => break,
            }
        }
    }
    deals
}

/// The settings of the running pipeline, and the account beside its own.
fn settings(dev: &Dev, url: &str, folder: &tempfile::TempDir) -> PathBuf {
    let own = dev.ready_file.with_file_name("state").join("omni.toml");
    let own = std::fs::read_to_string(own).expect("omni dev writes its settings");
    let path = folder.path().join("omni.toml");
    let text = format!("{own}\n[source.history]\napi_url = '{url}'\napi_token = 'simulated'\n");
    std::fs::write(&path, text).expect("the settings are written");
    path
}

async fn backfill(settings: PathBuf, more: &'static [&'static str]) -> (Option<i32>, String) {
    let run = move || {
        let output = Command::new(local::testing::omni())
            .args(["backfill", "--source", "history", "--rows-per-second", "100000"])
            .args(more)
            .arg("--progress-file")
            .arg(settings.with_file_name("progress.json"))
            .arg("--config")
            .arg(&settings)
            .output()
            .expect("omni starts");
        let said = [output.stdout, output.stderr].concat();
        (output.status.code(), String::from_utf8_lossy(&said).into_owned())
    };
    tokio::task::spawn_blocking(run).await.expect("the command ends")
}

/// What the command says of itself.
fn rows_sent(said: &str) -> u64 {
    let line = said
        .lines()
        .find(|line| line.contains(" rows sent ("))
        .expect("a farewell");
    line.split(' ')
        .next()
        .and_then(|rows| rows.parse().ok())
        .expect("a number of rows")
}

/// The live event of the change that the API tells of last.
fn live(deal: &Value) -> Vec<u8> {
    let second = moment::parse(deal["update_time"].as_str().expect("a time")).expect("a time");
    let mut data = deal.clone();
    data["title"] = "live".into();
    let meta = json!({
        "version": "2.0", "action": "change", "entity": "deal", "entity_id": deal["id"].to_string(),
        "company_id": COMPANY.to_string(), "timestamp": moment::to_rfc3339(second + LIVE_AFTER_MICRO),
    });
    json!({"data": data, "previous": {}, "meta": meta})
        .to_string()
        .into_bytes()
}

#[tokio::test(flavor = "multi_thread")]
async fn history_is_loaded_once_and_a_live_event_of_the_same_change_wins() {
    let (dev, client, folder) = (
        dev(),
        reqwest::Client::new(),
        tempfile::tempdir().expect("a folder"),
    );
    let (url, _account) = account(&client).await;
    let deals = deals(&client, &url).await;
    assert!(deals.len() > 50, "{} deals", deals.len());
    let settings = settings(dev, &url, &folder);
    let touched = deals.first().expect("a deal");
    assert!(
        dev.post(&client, live(touched))
            .await
            .expect("an answer")
            .is_success()
    );

    // A budget that is spent at once: nothing is lost, the next run goes on.
    let (status, said) = backfill(settings.clone(), &["--budget-share", "0.0003"]).await;
    assert_eq!(status, Some(3), "{said}");
    assert!(said.contains("goes on where it stood"), "{said}");
    let (status, said) = backfill(settings.clone(), &["--budget-share", "1"]).await;
    assert_eq!(status, Some(0), "{said}");

    let of_company = format!("event_company_id = {COMPANY}");
    let all = deals.len() as u64 + 1;
    let rows = format!("SELECT count() FROM deal_events WHERE {of_company}");
    let events = format!("SELECT uniqExact(event_uuid) FROM deal_events WHERE {of_company}");
    dev.wait_for_count(&client, &events, all).await;
    assert_eq!(dev.count(&client, &rows).await, all);
    let is_live = format!(
        "SELECT countIf(deal_title = 'live') FROM deals FINAL WHERE {of_company} AND deal_id = {}",
        touched["id"]
    );
    assert_eq!(dev.count(&client, &is_live).await, 1);

    let (status, said) = backfill(settings, &["--budget-share", "1"]).await;
    assert_eq!(status, Some(0), "{said}");
    let doubles = format!(
        "SELECT uniqExact(event_uuid) FROM filtered_events WHERE {of_company} AND rule = 'duplicate'"
    );
    let sent = rows_sent(&said);
    assert!(sent >= all - 1, "{said}");
    dev.wait_for_count(&client, &doubles, sent).await;
    assert_eq!(dev.count(&client, &rows).await, all);
}
