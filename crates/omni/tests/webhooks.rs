//! `omni webhooks` as a user has it: against an account that bans and removes, and a real collector.

use std::process::{Command, Output};
use std::time::Duration;

use local::testing;
use serde_json::{Value, json};
use simulator::{Config, Patience, Simulator, Webhooks};
use stage::{Shutdown, Trigger};
use tempfile::TempDir;
use tokio::runtime::Runtime;
use tokio::task::JoinHandle;

use crate::process::{omni, until};

const SOON: Duration = Duration::from_mins(1);
const OLD: &str = "the old password";
const NEW: &str = "the new password";

/// An account, a collector, and the tool's configuration.
struct World {
    runtime: Runtime,
    folder: TempDir,
    account: String,
    kafka: kafka::Config,
    triggers: Vec<Trigger>,
    parts: Vec<JoinHandle<()>>,
}

impl World {
    fn new(patience: Patience) -> Self {
        let runtime = tokio::runtime::Builder::new_multi_thread()
            .worker_threads(2)
            .enable_all()
            .build()
            .unwrap();
        let kafka = kafka::Config {
            bootstrap: testing::kafka().to_owned(),
            topic_prefix: format!("t{}.", uuid::Uuid::new_v4().simple()),
            partitions: 2,
            ..kafka::Config::default()
        };
        kafka::admin::create_topics(&kafka).unwrap();
        let config = Config {
            webhooks: Webhooks::V2,
            rate: 0.0,
            history_events: 0,
            patience,
            retry_pauses: Vec::new(),
            ..Config::default()
        };
        let mut world = Self {
            runtime,
            folder: tempfile::tempdir().unwrap(),
            account: String::new(),
            kafka,
            triggers: Vec::new(),
            parts: Vec::new(),
        };
        let simulator = world.runtime.block_on(Simulator::bind(config)).unwrap();
        world.account = format!("http://{}", simulator.address());
        let (trigger, shutdown) = Shutdown::pair();
        world.triggers.push(trigger);
        world.parts.push(world.runtime.spawn(async move {
            simulator.serve(shutdown).await.unwrap();
        }));
        world
    }

    /// Starts a collector with these passwords; gives its address.
    fn collector(&mut self, passwords: &str) -> String {
        let text = format!(
            "[kafka]\nbootstrap = '{}'\ntopic_prefix = '{}'\npartitions = 2\n\
             [collector]\nlisten = '127.0.0.1:0'\nadmin_listen = '127.0.0.1:0'\nspool_dir = '{}'\n\
             [source.crm]\nuser = 'u'\n{passwords}\n",
            self.kafka.bootstrap,
            self.kafka.topic_prefix,
            self.folder
                .path()
                .join(uuid::Uuid::new_v4().simple().to_string())
                .display(),
        );
        let path = self.folder.path().join("collector.toml");
        std::fs::write(&path, text).unwrap();
        let config = omni_collector::Config::load(Some(&path)).unwrap();
        let (trigger, shutdown) = Shutdown::pair();
        let collector = self.runtime.block_on(omni_collector::open(config)).unwrap();
        let address = collector.address();
        self.triggers.push(trigger);
        self.parts.push(self.runtime.spawn(async move {
            collector.serve(shutdown).await.unwrap();
        }));
        format!("http://{address}/webhooks/pipedrive/crm")
    }

    /// The tool's configuration.
    fn tell(&self, url: &str, password: &str) {
        let text = format!(
            "[source.crm]\nuser = 'u'\npassword = '{password}'\napi_url = '{}'\napi_token = 'simulated'\n\
             [source.crm.webhooks]\nurl = '{url}'\n",
            self.account
        );
        std::fs::write(self.folder.path().join("omni.toml"), text).unwrap();
    }

    fn omni(&self, words: &[&str]) -> Output {
        let mut command = Command::new(omni());
        let command = command.arg("webhooks").args(words);
        command.current_dir(self.folder.path()).output().unwrap()
    }

    /// What the tool prints; it must end with this status.
    fn told(&self, words: &[&str], status: i32) -> String {
        let output = self.omni(words);
        let told = String::from_utf8(output.stdout).unwrap() + &String::from_utf8(output.stderr).unwrap();
        assert_eq!(output.status.code(), Some(status), "{words:?}: {told}");
        told
    }

    fn get(&self, path: &str) -> Value {
        let url = format!("{}{path}", self.account);
        self.runtime
            .block_on(async { reqwest::get(url).await.unwrap().json().await.unwrap() })
    }

    fn post(&self, path: &str, body: &Value) {
        let request = reqwest::Client::new()
            .post(format!("{}{path}", self.account))
            .json(body);
        let answer = self.runtime.block_on(request.send()).unwrap();
        assert!(answer.status().is_success(), "{path}: {}", answer.status());
    }

    fn change(&self, changes: u32) {
        self.post(
            "/simulator/changes",
            &json!({"changes": changes, "rate": 0.0, "in_order": true}),
        );
    }

    fn stop(self) {
        drop(self.triggers);
        for part in self.parts {
            self.runtime.block_on(part).unwrap();
        }
    }
}

#[test]
fn subscriptions_are_made_checked_renewed_and_removed() {
    let mut world = World::new(Patience::default());
    let url = world.collector(&format!("password = '{OLD}'"));
    world.tell(&url, OLD);

    let missing = world.told(&["check"], 1);
    assert!(
        missing.contains("no such subscription; `omni webhooks register` makes it"),
        "{missing}"
    );
    assert!(
        missing.contains("the collector answers and takes the password"),
        "{missing}"
    );
    assert!(
        world
            .told(&["register", "--dry-run"], 0)
            .contains("would subscribe to *.*")
    );
    assert!(world.told(&["list"], 0).contains("0 of 40"));
    assert!(world.told(&["register"], 0).contains("subscribed to *: webhook"));
    assert!(world.told(&["register"], 0).contains("nothing was to be done"));
    world.change(5);
    assert_eq!(world.get("/simulator/stats")["delivered"], 5);
    let well = world.told(&["check"], 0);
    assert!(
        well.contains("last delivery taken at") && !well.contains("LOOK"),
        "{well}"
    );

    // A ban hangs on the webhook: made anew it is told at once.
    let banned = world.get("/simulator/webhooks")[0]["id"].clone();
    world.post(&format!("/simulator/webhooks/{banned}/ban"), &Value::Null);
    world.change(3);
    assert_eq!(world.get("/simulator/stats")["untold"], 3);
    let renewed = world.told(&["register", "--renew"], 0);
    assert!(
        renewed.contains(&format!("removed webhook {banned}")),
        "{renewed}"
    );
    world.change(2);
    assert_eq!(world.get("/simulator/stats")["delivered"], 7);

    let listed = world.told(&["list"], 0);
    assert!(listed.contains("yes") && listed.contains("1 of 40"), "{listed}");
    assert!(world.told(&["delete", "--ours"], 0).contains("removed webhook"));
    assert!(world.told(&["list"], 0).contains("0 of 40"));
    world.stop();
}

#[test]
fn a_new_password_is_brought_in_without_a_failed_delivery() {
    let mut world = World::new(Patience::default());
    let both = format!("password = '{NEW}'\npassword_previous = '{OLD}'");
    let url = world.collector(&both);
    world.tell(&url, OLD);
    world.told(&["register"], 0);
    world.change(2);

    world.tell(&url, "never told to the collector");
    let refused = world.told(&["rotate-secret"], 1);
    assert!(
        refused.contains("nothing was changed") && refused.contains("refuses user or password"),
        "{refused}"
    );
    world.change(2);

    world.tell(&url, NEW);
    let rotated = world.told(&["rotate-secret"], 0);
    assert!(rotated.contains("take `password_previous` out"), "{rotated}");
    world.change(2);
    let stats = world.get("/simulator/stats");
    assert_eq!(
        (&stats["delivered"], &stats["failed_first"]),
        (&6.into(), &0.into()),
        "{stats}"
    );
    assert_eq!(world.get("/simulator/webhooks").as_array().unwrap().len(), 1);
    world.stop();
}

#[test]
fn what_pipedrive_removed_is_said_with_its_reason_and_made_anew() {
    let patience = Patience {
        failures_max: None,
        failing_max: Duration::from_millis(200),
        ..Patience::default()
    };
    let mut world = World::new(patience);
    let url = world.collector(&format!("password = '{OLD}'"));
    // Subscribed with a password that the collector refuses: each delivery fails.
    world.tell(&url, "wrong");
    world.told(&["register"], 0);
    world.change(1);
    let failing = world.told(&["check"], 1);
    assert!(
        failing.contains("was answered 401") || failing.contains("Pipedrive removed it"),
        "{failing}"
    );
    until("its removal", SOON, || {
        (!world.get("/simulator/webhooks")[0]["removed"].is_null()).then_some(())
    });
    world.tell(&url, OLD);
    let removed = world.told(&["check"], 1);
    assert!(
        removed.contains("Pipedrive removed it: no successful deliveries"),
        "{removed}"
    );
    let registered = world.told(&["register"], 0);
    assert!(registered.contains("Pipedrive had removed it"), "{registered}");
    assert!(world.told(&["check"], 0).contains("nothing delivered yet"));
    world.stop();
}

#[test]
fn what_is_missing_in_the_configuration_is_named() {
    let world = World::new(Patience::default());
    let text = format!(
        "[source.crm]\nuser = 'u'\npassword = 'p'\napi_url = '{}'\napi_token = 'wrong'\n",
        world.account
    );
    std::fs::write(world.folder.path().join("omni.toml"), &text).unwrap();
    let refused = world.told(&["check"], 1);
    assert!(
        refused.contains("[source.crm.webhooks] `url` must be where Pipedrive reaches"),
        "{refused}"
    );
    let text =
        format!("{text}[source.crm.webhooks]\nurl = 'https://hooks.example.com/webhooks/pipedrive/crm'\n");
    std::fs::write(world.folder.path().join("omni.toml"), text).unwrap();
    let refused = world.told(&["list"], 1);
    assert!(refused.contains("`omni pipedrive check` says more"), "{refused}");
    world.stop();
}
