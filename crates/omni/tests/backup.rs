//! `omni backup` beside a pipeline at work, and `omni restore` after the warehouse was lost.

use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};
use std::time::Duration;

use local::testing;
use rustix::process::Signal;
use warehouse::Warehouse;

use crate::process::{omni, signal, until};

const SOON: Duration = Duration::from_mins(2);
const STAGES: [&str; 4] = ["collector", "enricher", "activation", "loader"];
/// Events before, while and after the backup is made.
const EVENTS: [usize; 3] = [40, 60, 50];

struct Pipeline {
    folder: tempfile::TempDir,
    config: PathBuf,
    collector: String,
    database: String,
    runtime: tokio::runtime::Runtime,
    loader: Option<Child>,
    others: Vec<Child>,
}

impl Pipeline {
    fn start() -> Self {
        let name = format!("b{}", &uuid::Uuid::new_v4().simple().to_string()[..12]);
        let folder = tempfile::tempdir().unwrap();
        let ports = local::port::free(5).unwrap();
        let server = testing::clickhouse();
        let path = |part: &str| folder.path().join(part).display().to_string();
        let mut text = format!(
            "[stage]\nstop_ms_max = 3000\n\
             [kafka]\nbootstrap = '{}'\ntopic_prefix = '{name}.'\ngroup_prefix = '{name}-'\npartitions = 2\n\
             [warehouse]\nurl = '{}'\nuser = '{}'\npassword = '{}'\ndatabase = '{name}'\n\
             [source.crm]\nuser = 'u'\npassword = 'p'\n",
            testing::kafka(),
            server.url,
            server.user,
            server.password,
        );
        for (stage, port) in STAGES.iter().zip(&ports) {
            let more = match *stage {
                "collector" => format!(
                    "listen = '127.0.0.1:{}'\nspool_dir = '{}'\nheartbeat_ms = 500\n",
                    ports[4],
                    path("spool")
                ),
                "enricher" => format!("state_dir = '{}'\n", path("states")),
                "loader" => "archive_window_ms = 300\n".to_owned(),
                _ => String::new(),
            };
            writeln!(text, "[{stage}]\nadmin_listen = '127.0.0.1:{port}'\n{more}").unwrap();
        }
        let config = folder.path().join("omni.toml");
        std::fs::write(&config, text).unwrap();
        let mut pipeline = Self {
            collector: format!("http://127.0.0.1:{}/webhooks/pipedrive/crm", ports[4]),
            config,
            database: name,
            runtime: tokio::runtime::Builder::new_current_thread()
                .enable_all()
                .build()
                .unwrap(),
            loader: None,
            others: Vec::new(),
            folder,
        };
        pipeline.done(&["topics", "create"]);
        pipeline.done(&["migrate"]);
        for stage in &STAGES[..3] {
            let child = pipeline.stage(stage);
            pipeline.others.push(child);
        }
        pipeline.load();
        pipeline
    }

    fn stage(&self, name: &str) -> Child {
        let log = std::fs::File::create(self.folder.path().join(format!("{name}.log"))).unwrap();
        let mut command = Command::new(omni());
        command.args(["stage", name, "--config"]).arg(&self.config);
        command
            .stdin(Stdio::null())
            .stdout(log.try_clone().unwrap())
            .stderr(log)
            .spawn()
            .unwrap()
    }

    fn load(&mut self) {
        self.loader = Some(self.stage("loader"));
    }

    fn stop_loading(&mut self) {
        let mut loader = self.loader.take().unwrap();
        signal(loader.id(), Signal::TERM);
        loader.wait().unwrap();
    }

    fn run(&self, words: &[&str]) -> Output {
        Command::new(omni())
            .args(words)
            .arg("--config")
            .arg(&self.config)
            .output()
            .unwrap()
    }

    fn done(&self, words: &[&str]) -> String {
        let output = self.run(words);
        let said = said(&output);
        assert!(output.status.success(), "{words:?}: {said}");
        said
    }

    fn refused(&self, words: &[&str]) -> String {
        let output = self.run(words);
        let said = said(&output);
        assert!(!output.status.success(), "{words:?}: {said}");
        said
    }

    /// What is said to a refused command whose warehouse is another, empty one.
    fn beside(&self, words: &[&str]) -> String {
        let output = Command::new(omni())
            .args(words)
            .arg("--config")
            .arg(&self.config)
            .env("OMNI_WAREHOUSE__DATABASE", format!("{}_beside", self.database))
            .output()
            .unwrap();
        assert!(!output.status.success(), "{words:?}: {}", said(&output));
        said(&output)
    }

    fn post(&self, events: std::ops::Range<usize>) {
        let client = reqwest::Client::new();
        for event in events {
            self.runtime.block_on(async {
                // A collector that has only just started does not answer yet.
                loop {
                    let request = client.post(&self.collector).basic_auth("u", Some("p"));
                    let request = request
                        .header("content-type", "application/json")
                        .body(deal(event));
                    if request
                        .send()
                        .await
                        .is_ok_and(|answer| answer.status().is_success())
                    {
                        return;
                    }
                }
            });
        }
    }

    fn ask<T: serde::de::DeserializeOwned>(&self, sql: &str) -> Option<T> {
        let mut config = omni_loader::Config::load(Some(&self.config)).unwrap().warehouse;
        let sql = sql.replace("{db}", &self.database);
        "default".clone_into(&mut config.database);
        let warehouse = Warehouse::connect(&config).unwrap();
        let rows: Vec<(T,)> = self.runtime.block_on(warehouse.select(&sql, &[])).ok()?;
        rows.into_iter().next().map(|(value,)| value)
    }

    fn until_loaded(&self, events: usize) {
        for table in ["deal_events", "raw_events"] {
            until(table, SOON, || {
                let rows: u64 = self.ask(&format!("SELECT count() FROM {{db}}.{table}"))?;
                (rows == events as u64).then_some(())
            });
        }
    }

    /// A hash over what people see: each event once, the latest deals, the facts.
    fn seen(&self) -> Vec<String> {
        let sql = |table: &str| {
            format!(
                "SELECT toString((count(), sum(cityHash64(toString(tuple(* EXCEPT (insert_deadline, loaded_at, kafka_batch_first_offset))))))) FROM {{db}}.{table} FINAL"
            )
        };
        ["deal_events", "deals", "deal_facts"]
            .iter()
            .map(|table| self.ask(&sql(table)).unwrap())
            .collect()
    }
}

impl Drop for Pipeline {
    fn drop(&mut self) {
        for child in self.others.iter_mut().chain(&mut self.loader) {
            let _ = child.kill();
            let _ = child.wait();
        }
    }
}

fn said(output: &Output) -> String {
    let all = [output.stdout.clone(), output.stderr.clone()].concat();
    String::from_utf8_lossy(&all).into_owned()
}

/// A deal of its own.
fn deal(number: usize) -> String {
    let body = include_str!("../../event/fixtures/v2/create_deal.json");
    let mut body: serde_json::Value = serde_json::from_str(body).unwrap();
    body["meta"]["id"] = uuid::Uuid::from_u128(number as u128 + 1).to_string().into();
    body["meta"]["entity_id"] = (number + 1).to_string().into();
    body["data"]["id"] = (number + 1).into();
    body["data"]["title"] = format!("a deal, \"{number}\"\n\\ ü").into();
    body.to_string()
}

fn only(folder: &Path) -> PathBuf {
    let mut entries = std::fs::read_dir(folder).unwrap();
    let one = entries.next().unwrap().unwrap().path();
    assert!(entries.next().is_none());
    one
}

#[test]
fn a_warehouse_that_was_lost_comes_back_and_every_event_is_there_once() {
    let [before, meanwhile, after] = EVENTS;
    let mut pipeline = Pipeline::start();
    pipeline.post(0..before);
    pipeline.until_loaded(before);

    // Events come while it is made.
    let place = pipeline.folder.path().join("backups");
    let backup = Command::new(omni())
        .args(["backup", place.to_str().unwrap(), "--config"])
        .arg(&pipeline.config)
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    pipeline.post(before..before + meanwhile);
    let output = backup.wait_with_output().unwrap();
    assert!(output.status.success(), "{}", said(&output));
    let made = only(&place);
    let made_text = made.to_str().unwrap();
    let all = before + meanwhile + after;
    pipeline.post(before + meanwhile..all);
    pipeline.until_loaded(all);
    let seen = pipeline.seen();

    let holds = pipeline.done(&["restore", made_text, "--dry-run"]);
    assert!(holds.contains("deal_events"), "{holds}");
    let filled = pipeline.refused(&["restore", made_text]);
    assert!(
        filled.contains("a backup goes into an empty warehouse"),
        "{filled}"
    );

    let runs = pipeline.beside(&["restore", made_text]);
    assert!(runs.contains("stop the loaders first"), "{runs}");

    pipeline.stop_loading();
    let lost: Option<u8> = pipeline.ask("DROP DATABASE {db} SYNC");
    assert!(lost.is_none());
    let back = pipeline.done(&["restore", made_text]);
    assert!(back.contains("The loader goes on where it stood"), "{back}");
    let kept: u64 = pipeline.ask("SELECT count() FROM {db}.deal_events").unwrap();
    assert!(
        kept >= before as u64 && kept < all as u64,
        "{kept}: the cut is in the middle"
    );

    pipeline.load();
    pipeline.until_loaded(all);
    assert_eq!(pipeline.seen(), seen);
    let distinct: u64 = pipeline
        .ask("SELECT uniqExact(event_uuid) FROM {db}.deal_events")
        .unwrap();
    assert_eq!(distinct, all as u64);
    until("the ledger balances", SOON, || {
        pipeline.run(&["ledger"]).status.success().then_some(())
    });

    let own = pipeline.folder.path().join("own");
    pipeline.done(&["restore", made_text, "--configuration", own.to_str().unwrap()]);
    assert_eq!(
        std::fs::read(own.join("omni.toml")).unwrap(),
        std::fs::read(&pipeline.config).unwrap()
    );
}

#[test]
fn what_is_no_whole_backup_is_refused_by_name() {
    let folder = tempfile::tempdir().unwrap();
    let restore = |place: &Path| {
        let output = Command::new(omni()).arg("restore").arg(place).output().unwrap();
        assert!(!output.status.success());
        said(&output)
    };
    let nowhere = restore(&folder.path().join("nowhere"));
    assert!(nowhere.contains("there is no folder"), "{nowhere}");
    std::fs::create_dir_all(folder.path().join("2026-01-01T000000Z/tables")).unwrap();
    std::fs::write(folder.path().join("2026-01-01T000000Z/tables/x"), "").unwrap();
    let above = restore(folder.path());
    assert!(
        above.contains("is no backup; there are 2026-01-01T000000Z"),
        "{above}"
    );
    std::fs::write(folder.path().join("backup.json"), "{").unwrap();
    let broken = restore(folder.path());
    assert!(broken.contains("backup.json cannot be read"), "{broken}");
}
