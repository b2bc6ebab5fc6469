//! A source and a collector of a test's own beside the running pipeline, and its webhooks.

use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use serde_json::{Value, json};
use stage::Shutdown;

use super::dev::Dev;

pub(super) fn body(company: u64, object: &str, id: u64, data: &Value) -> Vec<u8> {
    let meta = json!({
        "action": "change", "company_id": company.to_string(), "correlation_id": uuid::Uuid::new_v4().to_string(),
        "entity_id": id.to_string(), "entity": object, "id": uuid::Uuid::new_v4().to_string(), "is_bulk_edit": false,
        "timestamp": "2026-01-06T08:00:00.000Z", "type": "general", "user_id": "1", "version": "2.0",
        "webhook_id": "1", "webhook_owner_id": "1", "change_source": "app", "permitted_user_ids": ["1"],
        "attempt": 1, "host": "ledger.pipedrive.com"
    });
    json!({"data": data, "previous": null, "meta": meta})
        .to_string()
        .into_bytes()
}

pub(super) fn deal(company: u64, id: u64) -> Vec<u8> {
    deal_that_is(company, id, "open")
}

pub(super) fn deal_that_is(company: u64, id: u64, status: &str) -> Vec<u8> {
    let data = json!({
        "id": id, "title": format!("Counted {id}"), "value": 10, "currency": "EUR", "status": status, "stage_id": 1,
        "pipeline_id": 1, "owner_id": 1, "person_id": null, "org_id": null, "custom_fields": {},
        "add_time": "2026-01-05T08:00:00Z", "update_time": "2026-01-06T08:00:00Z"
    });
    body(company, "deal", id, &data)
}

/// The settings of the running pipeline, with more below; the spool is in the folder, since each collector needs its own.
pub(super) fn settings(dev: &Dev, more: &str, folder: &tempfile::TempDir) -> PathBuf {
    let own = dev.ready_file.with_file_name("state").join("omni.toml");
    let own: toml::Table = std::fs::read_to_string(own)
        .expect("omni dev writes its settings")
        .parse()
        .expect("they are TOML");
    let more: toml::Table = more.parse().expect("more is TOML");
    let path = folder.path().join("omni.toml");
    let spool = format!(
        "[collector]\nspool_dir = '{}'",
        folder.path().join("spool").display()
    );
    let own = laid_over(own, spool.parse().expect("it is TOML"));
    std::fs::write(&path, laid_over(own, more).to_string()).expect("the settings are written");
    path
}

fn laid_over(mut below: toml::Table, above: toml::Table) -> toml::Table {
    for (key, value) in above {
        match (below.remove(&key), value) {
            (Some(toml::Value::Table(under)), toml::Value::Table(over)) => {
                below.insert(key, toml::Value::Table(laid_over(under, over)));
            }
            (_, value) => drop(below.insert(key, value)),
        }
    }
    below
}

/// The command's exit status and what it said.
pub(super) async fn omni(settings: &Path, words: &[&str]) -> (Option<i32>, String) {
    ended(command(settings, words)).await
}

/// The same of a command whose output nobody reads, as behind `| head`: what it said beside it.
pub(super) async fn unread(settings: &Path, words: &[&str]) -> (Option<i32>, String) {
    let (reader, writer) = std::io::pipe().expect("a pipe");
    drop(reader);
    let mut command = command(settings, words);
    command.stdout(writer);
    ended(command).await
}

fn command(settings: &Path, words: &[&str]) -> Command {
    let mut command = Command::new(local::testing::omni());
    command.args(words).arg("--config").arg(settings);
    command
}

async fn ended(mut command: Command) -> (Option<i32>, String) {
    let run = move || command.output().expect("omni starts");
    let output = tokio::task::spawn_blocking(run).await.expect("the command ends");
    let said = [output.stdout, output.stderr].concat();
    (output.status.code(), String::from_utf8_lossy(&said).into_owned())
}

/// A program of ours, which ends with the test.
pub(super) struct Running(Child);

impl Running {
    pub(super) fn start(name: &str, told: impl FnOnce(&mut Command) -> &mut Command) -> Self {
        let mut command = Command::new(local::testing::omni().with_file_name(name));
        let started = told(&mut command)
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .spawn();
        Self(started.unwrap_or_else(|error| panic!("{name} is built and starts: {error}")))
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// A collector of our own: its source and instance are named, the rest is as in the running pipeline.
pub(super) async fn collector(settings: &Path) -> (String, stage::Trigger) {
    let config = omni_collector::Config::load(Some(settings)).expect("settings");
    let collector = omni_collector::open(config).await.expect("its ports open");
    let url = format!("http://{}", collector.address());
    let (trigger, shutdown) = Shutdown::pair();
    tokio::spawn(collector.serve(shutdown));
    (url, trigger)
}

/// A delivery stage of our own.
pub(super) async fn activation(settings: &Path) -> stage::Trigger {
    let config = omni_activation::Config::load(Some(settings)).expect("settings");
    let stage = omni_activation::open(config).await.expect("its port opens");
    let (trigger, shutdown) = Shutdown::pair();
    tokio::spawn(stage.work(shutdown));
    trigger
}

pub(super) fn own_source(name: &str, more: &str) -> String {
    format!(
        "[source.{name}]\nuser = 'u'\npassword = 'p'\n[stage]\ninstance = '{name}'\n[collector]\nlisten = '127.0.0.1:0'\n\
         admin_listen = '127.0.0.1:0'\nheartbeat_ms = 1000\n{more}"
    )
}

/// Posts until it is accepted: a collector that just started has not seen the topics yet.
pub(super) async fn post(client: &reqwest::Client, url: &str, name: &str, body: Vec<u8>) {
    let deadline = Instant::now() + Duration::from_secs(30);
    loop {
        let request = client
            .post(format!("{url}/webhooks/pipedrive/{name}"))
            .basic_auth("u", Some("p"));
        let request = request
            .header("content-type", "application/json")
            .body(body.clone());
        if request
            .send()
            .await
            .is_ok_and(|answer| answer.status().is_success())
        {
            return;
        }
        assert!(Instant::now() < deadline, "the collector takes nothing");
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
}
