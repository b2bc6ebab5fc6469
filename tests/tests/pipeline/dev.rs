//! A running `omni dev`, started once, gone when the test process is.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::OnceLock;
use std::time::{Duration, Instant};

use serde::Deserialize;

use super::receiver::receiver;

/// Covers a cold cache: jars and the engine are fetched on the first start.
const READY_MAX: Duration = Duration::from_mins(5);
/// A question to ClickHouse costs some 30 ms of CPU, and other tests run meanwhile.
const POLL: Duration = Duration::from_millis(250);

#[derive(Debug, Deserialize)]
pub(super) struct Ready {
    pub collector_url: String,
    pub clickhouse: ClickHouse,
    pub sources: Vec<Source>,
    pids: BTreeMap<String, u32>,
}

#[derive(Debug, Deserialize)]
pub(super) struct ClickHouse {
    pub url: String,
    pub user: String,
    pub password: String,
    pub database: String,
}

#[derive(Debug, Deserialize)]
pub(super) struct Source {
    pub path: String,
    pub user: String,
    pub password: String,
}

/// Held by a test that kills stages, and by one whose stages must live.
pub(super) static LIVES: tokio::sync::Mutex<()> = tokio::sync::Mutex::const_new(());

/// The pipeline, its state in a folder that goes with it.
#[derive(Debug)]
pub(super) struct Dev {
    pub ready: Ready,
    pub ready_file: PathBuf,
    /// Holds the pipe whose end stops the whole tree, also when this process is killed.
    _guard: Child,
    _state: tempfile::TempDir,
}

/// The one pipeline of this test process.
pub(super) fn dev() -> &'static Dev {
    static DEV: OnceLock<Dev> = OnceLock::new();
    DEV.get_or_init(start)
}

/// The folder that holds `omni`, `web/` and the rest.
pub(super) fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .parent()
        .expect("tests/ has a parent")
        .to_owned()
}

/// What these tests add to the settings that `omni dev` makes: who is asked to be traced is, and nobody else.
fn settings() -> String {
    let endpoint = &receiver().endpoint;
    format!("[stage.traces]\nendpoint = '{endpoint}'\nshare = 0\n")
}

fn start() -> Dev {
    let omni = local::testing::omni();
    let state = tempfile::tempdir().expect("a folder for the state");
    let ready_file = state.path().join("ready.json");
    let own = state.path().join("own.toml");
    std::fs::write(&own, settings()).expect("the settings are written");
    let log = std::fs::File::create(state.path().join("dev.log")).expect("a log file");
    let mut guard = Command::new(&omni)
        .args(["guard", "--"])
        .arg(&omni)
        .args(["dev", "--port-base", "0", "--state-dir"])
        .arg(state.path().join("state"))
        .arg("--config")
        .arg(&own)
        .arg("--ready-file")
        .arg(&ready_file)
        .current_dir(root())
        .stdin(Stdio::piped())
        .stdout(log.try_clone().expect("a second handle"))
        .stderr(log)
        .spawn()
        .expect("omni starts");
    let deadline = Instant::now() + READY_MAX;
    let text = loop {
        if let Ok(text) = std::fs::read_to_string(&ready_file) {
            break text;
        }
        let said = || std::fs::read_to_string(state.path().join("dev.log")).unwrap_or_default();
        let has_ended = guard.try_wait().is_ok_and(|ended| ended.is_some());
        assert!(
            !has_ended && Instant::now() < deadline,
            "omni dev did not get ready; it said:\n{}",
            said()
        );
        std::thread::park_timeout(POLL);
    };
    let ready = serde_json::from_str(&text).expect("the ready file is JSON with the named keys");
    Dev {
        ready,
        ready_file,
        _guard: guard,
        _state: state,
    }
}

impl Dev {
    /// The process that a stage is now: an earlier one may have been killed, and another was started for it.
    pub(super) fn pid(&self, stage: &str) -> u32 {
        let text = std::fs::read_to_string(&self.ready_file).expect("the ready file");
        let ready: Ready = serde_json::from_str(&text).expect("the ready file is JSON");
        *ready.pids.get(stage).expect("a stage's pid")
    }

    /// Posts one webhook body as Pipedrive would; the status that came back.
    pub(super) async fn post(
        &self,
        client: &reqwest::Client,
        body: Vec<u8>,
    ) -> reqwest::Result<reqwest::StatusCode> {
        Ok(self.answered(client, body).await?.status())
    }

    /// The same, with the id under which the event is known from now on.
    pub(super) async fn post_for_id(
        &self,
        client: &reqwest::Client,
        body: Vec<u8>,
    ) -> reqwest::Result<(reqwest::StatusCode, String)> {
        let answer = self.answered(client, body).await?;
        let status = answer.status();
        let said: serde_json::Value = answer.json().await?;
        Ok((status, said["event_uuid"].as_str().unwrap_or_default().to_owned()))
    }

    /// Another test may just have killed the collector: as Pipedrive does, it is tried again.
    async fn answered(&self, client: &reqwest::Client, body: Vec<u8>) -> reqwest::Result<reqwest::Response> {
        let deadline = Instant::now() + Duration::from_mins(1);
        loop {
            match self.tried(client, body.clone()).await {
                Err(_) if Instant::now() < deadline => pause().await,
                answered => return answered,
            }
        }
    }

    async fn tried(&self, client: &reqwest::Client, body: Vec<u8>) -> reqwest::Result<reqwest::Response> {
        let source = self.ready.sources.first().expect("omni dev has a source");
        let url = format!(
            "{}{}",
            self.ready.collector_url.trim_end_matches('/'),
            source.path
        );
        let request = client.post(url).basic_auth(&source.user, Some(&source.password));
        request
            .header("content-type", "application/json")
            .body(body)
            .send()
            .await
    }

    /// One number from the warehouse.
    pub(super) async fn count(&self, client: &reqwest::Client, sql: &str) -> u64 {
        let text = self.ask(client, sql).await;
        text.trim().parse().unwrap_or_else(|_| panic!("{sql}\n{text}"))
    }

    /// A statement without an answer.
    pub(super) async fn run(&self, client: &reqwest::Client, sql: &str) {
        let text = self.ask(client, sql).await;
        assert!(text.trim().is_empty(), "{sql}\n{text}");
    }

    /// An answer as ClickHouse writes it.
    pub(super) async fn ask(&self, client: &reqwest::Client, sql: &str) -> String {
        let at = &self.ready.clickhouse;
        let request = client.post(&at.url).query(&[("database", at.database.as_str())]);
        let request = request
            .header("x-clickhouse-user", &at.user)
            .header("x-clickhouse-key", &at.password);
        let answer = request
            .body(sql.to_owned())
            .send()
            .await
            .expect("ClickHouse answers");
        answer.text().await.expect("an answer's text")
    }

    /// Asks until the number is there, or fails saying what it was.
    pub(super) async fn wait_for_count(&self, client: &reqwest::Client, sql: &str, wanted: u64) {
        let deadline = Instant::now() + Duration::from_mins(1);
        loop {
            let found = self.count(client, sql).await;
            if found == wanted {
                return;
            }
            assert!(Instant::now() < deadline, "wanted {wanted}, found {found}: {sql}");
            pause().await;
        }
    }
}

/// Between two looks at something that is not there yet.
pub(super) async fn pause() {
    tokio::task::spawn_blocking(|| std::thread::park_timeout(POLL))
        .await
        .expect("a pause");
}
