//! What happens in a ban is told by nobody; one pass over the account makes the warehouse whole again, and a second finds nothing.

use std::path::{Path, PathBuf};
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use serde_json::{Value, json};
use simulator::{Limits, Patience, Plan, Simulator, Webhooks};
use stage::{Shutdown, Trigger};

use super::company::Company;
use super::dev::{Dev, dev};
use super::own::{collector, omni, own_source, settings};

const COMPANY: u64 = Company::Banned.id();
const SOON: Duration = Duration::from_mins(2);
const PAUSE: Duration = Duration::from_millis(100);

/// An account that posts to a collector of its own.
struct Account {
    url: String,
    client: reqwest::Client,
    _trigger: Trigger,
}

impl Account {
    async fn open(listen: std::net::SocketAddr, collector: &str) -> Self {
        let config = simulator::Config {
            companies: vec![COMPANY],
            webhooks: Webhooks::V2,
            rate: 0.0,
            history_events: 0,
            contacts: 120,
            everything: true,
            limits: Limits::of(Plan::Ultimate, 10),
            target: Some(
                format!("{collector}/webhooks/pipedrive/banned")
                    .parse()
                    .expect("an address"),
            ),
            user: "u".to_owned(),
            password: "p".to_owned(),
            listen,
            patience: Patience {
                ban: Duration::from_secs(6),
                ..Patience::default()
            },
            ..simulator::Config::default()
        };
        let simulator = Simulator::bind(config).await.expect("the account opens");
        let url = format!("http://{}", simulator.address());
        let (trigger, shutdown) = Shutdown::pair();
        tokio::spawn(simulator.serve(shutdown));
        Self {
            url,
            client: reqwest::Client::new(),
            _trigger: trigger,
        }
    }

    async fn post(&self, path: &str, body: &Value) {
        let request = self.client.post(format!("{}{path}", self.url)).json(body);
        let answer = request.send().await.expect("the account answers");
        assert!(answer.status().is_success(), "{path}: {}", answer.status());
    }

    async fn change(&self, changes: u32) {
        self.post(
            "/simulator/changes",
            &json!({"changes": changes, "in_order": true}),
        )
        .await;
    }

    async fn get(&self, path: &str) -> Value {
        let request = self.client.get(format!("{}{path}", self.url));
        let answer = request.header("x-api-token", "simulated").send().await;
        answer.expect("the account answers").json().await.expect("json")
    }

    /// Deals as the account has them: how many, how many are won, and what those are worth, in hundredths.
    async fn deals(&self) -> (u64, u64, i64) {
        let mut told = (0, 0, 0);
        for list in ["deals", "deals/archived"] {
            let mut cursor = String::new();
            loop {
                let page = self
                    .get(&format!("/api/v2/{list}?limit=500&cursor={cursor}"))
                    .await;
                for deal in page["data"].as_array().expect("rows") {
                    told.0 += 1;
                    if deal["status"] == "won" {
                        told.1 += 1;
                        told.2 += (deal["value"].as_f64().unwrap_or(0.0) * 100.0).round() as i64;
                    }
                }
                match page["additional_data"]["next_cursor"].as_str() {
                    Some(next) => next.clone_into(&mut cursor),
                    None => break,
                }
            }
        }
        told
    }
}

/// An API says whole seconds: what is told and what is missed lie in different ones here.
async fn next_second() {
    let second = || {
        SystemTime::now()
            .duration_since(UNIX_EPOCH)
            .expect("a clock")
            .as_secs()
    };
    let now = second();
    while second() == now {
        tokio::time::sleep(PAUSE).await;
    }
}

async fn reconcile(settings: &Path, more: &[&str]) -> (Option<i32>, Value) {
    let mut words = vec![
        "reconcile",
        "--source",
        "banned",
        "--grace",
        "0",
        "--json",
        "--budget-share",
        "1",
    ];
    words.extend(more);
    let progress = settings.with_file_name("reconcile.json").display().to_string();
    words.extend(["--progress-file", &progress]);
    let (code, said) = omni(settings, &words).await;
    let report = said
        .lines()
        .find(|line| line.starts_with('{'))
        .unwrap_or_default();
    (
        code,
        serde_json::from_str(report).unwrap_or_else(|_| panic!("{said}")),
    )
}

/// Compares until nothing is found.
async fn whole(settings: &Path) {
    let deadline = Instant::now() + SOON;
    loop {
        let (code, report) = reconcile(settings, &["--dry-run"]).await;
        if code == Some(0) && report["found"] == 0 {
            assert!(report["rows"].as_u64().expect("rows") > 100, "{report}");
            return;
        }
        assert!(Instant::now() < deadline, "{code:?}: {report}");
        tokio::time::sleep(PAUSE).await;
    }
}

/// What the warehouse shows of deals, as [`Account::deals`] says it.
async fn shown(dev: &Dev, client: &reqwest::Client) -> (u64, u64, i64) {
    let of = format!("FROM deals FINAL WHERE event_company_id = {COMPANY}");
    let all = dev.count(client, &format!("SELECT count() {of}")).await;
    let won = dev
        .count(client, &format!("SELECT countIf(deal_status = 'won') {of}"))
        .await;
    let worth = format!("SELECT toInt64(sumIf(deal_value, deal_status = 'won') * 100) {of}");
    let worth = dev.count(client, &worth).await;
    (all, won, i64::try_from(worth).expect("a sum"))
}

#[tokio::test(flavor = "multi_thread")]
async fn after_a_ban_one_pass_makes_everything_whole_and_a_second_finds_nothing() {
    let (dev, folder) = (dev(), tempfile::tempdir().expect("a folder"));
    let free = std::net::TcpListener::bind("127.0.0.1:0").expect("a port");
    let listen = free.local_addr().expect("a port");
    drop(free);
    let text = own_source("banned", "").replacen(
        "password = 'p'\n",
        &format!("password = 'p'\napi_url = 'http://{listen}'\napi_token = 'simulated'\n"),
        1,
    );
    let text = format!("{text}[pipedrive]\nplan = 'ultimate'\nseats = 10\n");
    let settings: PathBuf = settings(dev, &text, &folder);
    let (url, _collector) = collector(&settings).await;
    let account = Account::open(listen, &url).await;

    // What was there before, and some life that is told.
    let progress = folder.path().join("backfill.json").display().to_string();
    let words = [
        "backfill",
        "--source",
        "banned",
        "--budget-share",
        "1",
        "--rows-per-second",
        "100000",
        "--progress-file",
        &progress,
    ];
    let (code, said) = omni(&settings, &words).await;
    assert_eq!(code, Some(0), "{said}");
    next_second().await;
    account.change(200).await;
    next_second().await;
    // A merge moves what belongs to the loser, and no webhook tells of that.
    let (_, before) = reconcile(&settings, &[]).await;
    whole(&settings).await;

    // A ban: everything that happens in it is lost, deletions among it.
    next_second().await;
    let webhook = account.get("/simulator/webhooks").await[0]["id"].clone();
    account
        .post(&format!("/simulator/webhooks/{webhook}/ban"), &Value::Null)
        .await;
    account.change(700).await;
    let stats = account.get("/simulator/stats").await;
    assert!(stats["untold"].as_u64().expect("a number") > 600, "{stats}");
    next_second().await;
    let deadline = Instant::now() + SOON;
    while !account.get("/simulator/webhooks").await[0]["banned_until"].is_null() {
        assert!(Instant::now() < deadline, "the ban does not end");
        tokio::time::sleep(PAUSE).await;
    }
    account.change(20).await;

    let (code, dry) = reconcile(&settings, &["--dry-run"]).await;
    assert_eq!((code, &dry["sent"]), (Some(1), &json!(0)), "{dry}");
    let (code, report) = reconcile(&settings, &[]).await;
    assert_eq!(code, Some(0), "{report}");
    let (found, sent) = (report["found"].as_u64(), report["sent"].as_u64());
    assert!(sent.expect("a number") > 100 && found >= sent, "{report}");
    for (object, kinds) in [
        ("deal", ["missing", "older", "gone"].as_slice()),
        ("activity", &["missing"]),
        ("lead", &["missing", "gone"]),
    ] {
        for kind in kinds {
            let count = report["by_object"][object][*kind].as_u64().unwrap_or(0);
            assert!(count > 0, "no {object} is {kind}: {report}");
        }
    }
    whole(&settings).await;
    let (code, second) = reconcile(&settings, &[]).await;
    assert_eq!((code, &second["sent"]), (Some(0), &json!(0)), "{second}");

    // Seen from outside: the account's own list, and where the events came from.
    let client = reqwest::Client::new();
    assert_eq!(shown(dev, &client).await, account.deals().await);
    let origin = format!(
        "SELECT uniqExact(event_uuid) FROM raw_events WHERE event_company_id = {COMPANY} AND event_origin = 'reconcile'"
    );
    let sent = before["sent"].as_u64().expect("a number") + sent.expect("a number");
    dev.wait_for_count(&client, &origin, sent).await;
}
