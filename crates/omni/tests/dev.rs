//! `omni dev`: everything on this machine, and nothing of it left behind.

use crate::process::{descendants, kill, omni, runs, signal, until};
use rustix::process::Signal;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

/// The machine may be busy with other tests.
const READY_WITHIN: Duration = Duration::from_mins(2);
/// What the user is promised for Ctrl-C.
const STOP_WITHIN: Duration = Duration::from_secs(10);
const STAGES: [&str; 5] = ["collector", "enricher", "activation", "loader", "reporting"];

/// An `omni dev` on free ports with a folder of its own.
struct Dev {
    child: Child,
    state: PathBuf,
    ready_file: PathBuf,
}

impl Dev {
    fn start(state: &Path) -> Self {
        let ready_file = state.join("told.json");
        let web = state.join("web");
        std::fs::create_dir_all(web.join("dist")).unwrap();
        // A page that is built already: npm has tests of its own.
        std::fs::write(web.join("package.json"), "{}").unwrap();
        std::fs::write(web.join("dist/index.html"), "<!doctype html><title>page</title>").unwrap();
        let output = std::fs::File::create(state.join("output")).unwrap();
        let child = Command::new(omni())
            .args(["dev", "--port-base", "0", "--state-dir"])
            .arg(state.join("state"))
            .arg("--ready-file")
            .arg(&ready_file)
            .arg("--web")
            .arg(&web)
            .stdin(Stdio::null())
            .stdout(output.try_clone().unwrap())
            .stderr(output)
            .spawn()
            .unwrap();
        Self {
            child,
            state: state.to_owned(),
            ready_file,
        }
    }

    /// The content of the ready file once it is there.
    fn ready(&mut self) -> serde_json::Value {
        until("ready", READY_WITHIN, || {
            assert!(
                self.child.try_wait().unwrap().is_none(),
                "it ended: {}",
                self.output()
            );
            serde_json::from_slice(&std::fs::read(&self.ready_file).ok()?).ok()
        })
    }

    fn output(&self) -> String {
        std::fs::read_to_string(self.state.join("output")).unwrap_or_default()
    }

    /// Ctrl-C; returns how long the stop took.
    fn interrupt(&mut self) -> Duration {
        let asked = Instant::now();
        signal(self.child.id(), Signal::INT);
        let status = self.child.wait().unwrap();
        assert!(status.success(), "{status}: {}", self.output());
        asked.elapsed()
    }
}

impl Drop for Dev {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn rows(ready: &serde_json::Value, table: &str) -> u64 {
    let clickhouse = &ready["clickhouse"];
    let text = |key: &str| clickhouse[key].as_str().unwrap().to_owned();
    let sql = format!("SELECT count() FROM {}.{table}", text("database"));
    let output = Command::new("curl")
        .args([
            "-fsS",
            "-u",
            &format!("{}:{}", text("user"), text("password")),
            &text("url"),
            "--data",
            &sql,
        ])
        .output()
        .unwrap();
    String::from_utf8_lossy(&output.stdout)
        .trim()
        .parse()
        .unwrap_or(0)
}

/// Status of one webhook posted with the source's secret.
fn post(ready: &serde_json::Value, body: &str) -> String {
    let source = &ready["sources"][0];
    let text = |key: &str| source[key].as_str().unwrap().to_owned();
    let url = format!("{}{}", ready["collector_url"].as_str().unwrap(), text("path"));
    let output = Command::new("curl")
        .args(["-sS", "-o", "/dev/null", "-w", "%{http_code}"])
        .args([
            "-u",
            &format!("{}:{}", text("user"), text("password")),
            "-H",
            "Content-Type: application/json",
        ])
        .args([&url, "--data", body])
        .output()
        .unwrap();
    String::from_utf8_lossy(&output.stdout).into_owned()
}

/// Whether `omni status` finds that all is well, and what it says.
fn status(ready: &serde_json::Value) -> (bool, String) {
    let output = Command::new(omni())
        .args(["status", "--config", ready["config"].as_str().unwrap()])
        .output()
        .unwrap();
    let said = String::from_utf8_lossy(&output.stdout).into_owned();
    (output.status.success(), said)
}

#[test]
fn the_ready_file_names_everything_and_ctrl_c_leaves_no_process() {
    let state = tempfile::tempdir().unwrap();
    let mut dev = Dev::start(state.path());
    let ready = dev.ready();
    for key in ["collector_url", "dashboard_url", "kafka_bootstrap"] {
        assert!(ready[key].is_string(), "{key} in {ready}");
    }
    for key in ["url", "user", "password", "database"] {
        assert!(ready["clickhouse"][key].is_string(), "{key} in {ready}");
    }
    for stage in STAGES {
        assert!(ready["admin"][stage].is_string(), "{stage} in {ready}");
        assert!(
            runs(ready["pids"][stage].as_u64().unwrap().try_into().unwrap()),
            "{stage} in {ready}"
        );
    }
    assert_eq!(ready["sources"][0]["name"], "pipedrive");
    for key in ["path", "user", "password"] {
        assert!(ready["sources"][0][key].is_string(), "{key} in {ready}");
    }
    let started = descendants(dev.child.id());
    assert!(
        started.len() >= 2 * (STAGES.len() + 2),
        "guards and children: {started:?}"
    );
    let took = dev.interrupt();
    assert!(took < STOP_WITHIN, "{took:?}");
    let left: Vec<u32> = started.into_iter().filter(|pid| runs(*pid)).collect();
    assert!(left.is_empty(), "{left:?}");
    assert!(
        !dev.ready_file.exists(),
        "a ready file of a pipeline that stopped"
    );
}

#[test]
fn a_killed_stage_is_started_again_and_said_and_kill_9_leaves_no_process() {
    let state = tempfile::tempdir().unwrap();
    let mut dev = Dev::start(state.path());
    let pid_of =
        |ready: &serde_json::Value| u32::try_from(ready["pids"]["loader"].as_u64().unwrap()).unwrap();
    let before = pid_of(&dev.ready());
    kill(before);
    until("a new loader", READY_WITHIN, || {
        let pid = pid_of(&dev.ready());
        (pid != before && runs(pid)).then_some(())
    });
    assert!(
        dev.output().contains("loader ended with status 137"),
        "{}",
        dev.output()
    );
    assert!(dev.output().contains("loader started again"), "{}", dev.output());
    let started = descendants(dev.child.id());
    kill(dev.child.id());
    dev.child.wait().unwrap();
    until("the end of all", STOP_WITHIN, || {
        started.iter().all(|pid| !runs(*pid)).then_some(())
    });
}

#[test]
fn a_second_start_goes_on_with_the_data_and_the_secret() {
    let state = tempfile::tempdir().unwrap();
    let mut dev = Dev::start(state.path());
    let first = dev.ready();
    // It is said after the file is written.
    let password = first["sources"][0]["password"].as_str().unwrap();
    until("the password is told", READY_WITHIN, || {
        dev.output().contains(password).then_some(())
    });
    assert_eq!(post(&first, &deal("00000000-0000-4000-8000-000000000001")), "200");
    until("the row", READY_WITHIN, || {
        (rows(&first, "deal_events") == 1).then_some(())
    });
    dev.interrupt();
    let mut dev = Dev::start(state.path());
    let second = dev.ready();
    assert_eq!(rows(&second, "deal_events"), 1);
    assert_eq!(first["sources"][0]["password"], second["sources"][0]["password"]);
    assert_eq!(
        post(&second, &deal("00000000-0000-4000-8000-000000000002")),
        "200"
    );
    until("a second row", READY_WITHIN, || {
        (rows(&second, "deal_events") == 2).then_some(())
    });
    let said = until("all is well", READY_WITHIN, || {
        let (is_whole, said) = status(&second);
        is_whole.then_some(said)
    });
    assert!(said.starts_with("Omni is whole."), "{said}");
    assert!(said.contains("2 accepted = 2 loaded"), "{said}");
}

#[test]
fn missing_programs_are_one_line_each_that_says_what_to_install() {
    let state = tempfile::tempdir().unwrap();
    let output = Command::new(omni())
        .args(["dev", "--port-base", "0", "--state-dir"])
        .arg(state.path())
        .env("OMNI_CACHE_DIR", state.path().join("empty"))
        .env("PATH", state.path())
        .output()
        .unwrap();
    assert_eq!(output.status.code(), Some(1));
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    for program in ["java", "mvn", "npm", "tar"] {
        let line = said
            .lines()
            .find(|line| line.contains(program))
            .unwrap_or_else(|| panic!("{said}"));
        assert!(
            line.starts_with(&format!("omni: {program} is missing: install ")),
            "{line}"
        );
    }
}

/// A webhook as Pipedrive sends it, with an event id of its own.
fn deal(event: &str) -> String {
    let body = include_str!("../../event/fixtures/v2/create_deal.json");
    let mut body: serde_json::Value = serde_json::from_str(body).unwrap();
    body["meta"]["id"] = event.into();
    body.to_string()
}
