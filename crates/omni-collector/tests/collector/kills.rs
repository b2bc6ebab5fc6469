//! The process is killed while it spools, while it drains, and on a disk that is full: what was answered 2xx arrives.

use std::fs::File;
use std::net::SocketAddr;
use std::path::Path;
use std::process::{Child, Command, Stdio};

use omni_collector::Config;
use rustix::process::Signal;

use crate::broker::Broker;
use crate::feed::{self, Feed};
use crate::spool::{all_of, so_many, until_more};
use crate::support::{BASIC, PATH, config_on_kafka, metric_in, start, until};

const PROGRAM: &str = env!("CARGO_BIN_EXE_omni-collector");
const COMPANIES: u64 = 6;

/// A collector as a process of its own; killed when dropped.
struct Process {
    child: Child,
    address: SocketAddr,
    admin: u16,
}

/// Writes the file the process reads; gives its admin port.
fn omni_toml(folder: &Path, config: &Config, spool: &Path) -> u16 {
    let admin = local::port::free(1).unwrap()[0];
    let text = format!(
        "[stage]\nlog_format = \"json\"\n[kafka]\nbootstrap = '{}'\ntopic_prefix = '{}'\npartitions = {}\n\
         [collector]\nlisten = '127.0.0.1:0'\nadmin_listen = '127.0.0.1:{admin}'\nspool_dir = '{}'\nspool_after_ms = 200\n\
         heartbeat_ms = 1000\n[source.crm]\nuser = 'omni'\npassword = 's3cret'\n",
        config.kafka.bootstrap,
        config.kafka.topic_prefix,
        config.kafka.partitions,
        spool.display()
    );
    std::fs::write(folder.join("omni.toml"), text).unwrap();
    admin
}

impl Process {
    /// Runs a command that becomes the collector, and waits until it takes webhooks.
    async fn start(mut command: Command, folder: &Path, admin: u16) -> Process {
        let log = folder.join("log");
        let file = File::create(&log).unwrap();
        command.current_dir(folder).stdout(Stdio::null()).stderr(file);
        let child = command.spawn().unwrap();
        let said = || std::fs::read_to_string(&log).unwrap();
        until("the process takes webhooks", async || {
            said().contains("taking webhooks")
        })
        .await;
        let log = said();
        let listen = log.split("\"listen\":\"").nth(1).unwrap();
        Process {
            child,
            address: listen.split('"').next().unwrap().parse().unwrap(),
            admin,
        }
    }

    fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    fn kill(&mut self) {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
    }

    async fn metric(&self, name: &str) -> f64 {
        let answer = reqwest::get(format!("http://127.0.0.1:{}/metrics", self.admin))
            .await
            .unwrap();
        metric_in(&answer.text().await.unwrap(), name)
    }

    async fn ready(&self) -> u16 {
        let answer = reqwest::get(format!("http://127.0.0.1:{}/readyz", self.admin))
            .await
            .unwrap();
        answer.status().as_u16()
    }

    async fn post(&self, body: Vec<u8>) -> u16 {
        let request = reqwest::Client::new().post(format!("{}{PATH}", self.url()));
        let request = request
            .header("authorization", BASIC)
            .header("content-type", "application/json");
        request.body(body).send().await.unwrap().status().as_u16()
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_was_accepted_outlives_kills_while_spooling_and_while_draining() {
    let mut broker = Broker::start().await;
    let config = broker.config().await;
    let folder = tempfile::tempdir().unwrap();
    let admin = omni_toml(folder.path(), &config, &folder.path().join("spool"));
    let feed = Feed::default();
    let mut from = 0;
    for round in 0..4 {
        let mut process = Process::start(Command::new(PROGRAM), folder.path(), admin).await;
        let mut posters = feed.start(&process.url(), COMPANIES, from);
        match round {
            // From directly to spooling.
            0 => {
                until_more(&feed, 50).await;
                broker.signal(Signal::STOP);
                until_more(&feed, 100).await;
            }
            // The broker is silent at the start already.
            1 => until_more(&feed, 200).await,
            // It comes back while this one runs: killed in the middle of what it drains.
            2 => {
                broker.signal(Signal::CONT);
                until("some is drained", async || {
                    process.metric("omni_collector_spool_drained_total").await > 0.0
                })
                .await;
            }
            _ => {
                broker.kill().await;
                until_more(&feed, 100).await;
            }
        }
        process.kill();
        while posters.join_next().await.is_some() {}
        // Behind every number a company may have posted.
        from += 10_000;
    }
    broker.start_again().await;
    let mut collector = config.clone();
    collector.collector.spool_dir = folder.path().join("spool");
    let omni = start(collector).await;
    let records = all_of(&feed, &omni).await;
    assert!(feed.count() > 450, "{}", feed.count());
    assert_eq!(feed.refused(), Vec::<String>::new());
    Feed::assert_in_order(&records);
    omni.stopped().await.unwrap();
    broker.end().await;
}

/// Runs the collector with its spool on a file system of 4 MiB, in which a file leaves little room.
fn on_a_small_disk(disk: &Path) -> Command {
    let script = format!(
        "mount -t tmpfs -o size=4m tmpfs '{disk}' && head -c 3500000 /dev/zero > '{disk}/filler' && exec '{PROGRAM}'",
        disk = disk.display()
    );
    let mut command = Command::new("unshare");
    command.args(["--user", "--map-root-user", "--mount", "sh", "-c", &script]);
    command
}

/// Whether this machine lets us mount something of our own.
fn may_mount() -> bool {
    let mut command = Command::new("unshare");
    command.args([
        "--user",
        "--map-root-user",
        "--mount",
        "mount",
        "-t",
        "tmpfs",
        "tmpfs",
        "/mnt",
    ]);
    command.status().is_ok_and(|status| status.success())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_full_disk_is_503_keeps_what_was_accepted_and_is_noticed_when_there_is_room_again() {
    if !may_mount() {
        // `spool::tests` has the same on a disk that fails on command.
        return;
    }
    let mut config = config_on_kafka().await;
    let folder = tempfile::tempdir().unwrap();
    let disk = folder.path().join("disk");
    std::fs::create_dir(&disk).unwrap();
    let bootstrap = std::mem::replace(&mut config.kafka.bootstrap, "127.0.0.1:1".to_owned());
    let admin = omni_toml(folder.path(), &config, &disk.join("spool"));
    let mut process = Process::start(on_a_small_disk(&disk), folder.path(), admin).await;
    let mut accepted = Vec::new();
    let mut number = 0;
    loop {
        match process.post(feed::body(7, number)).await {
            200 => accepted.push(number),
            status => {
                assert_eq!(status, 503);
                break;
            }
        }
        number += 1;
    }
    assert!(accepted.len() > 100, "{}", accepted.len());
    until("it is not ready", async || process.ready().await == 503).await;
    // The mount is the process's own; its root shows it.
    let inside = Path::new("/proc")
        .join(process.child.id().to_string())
        .join("root");
    let inside = inside.join(disk.strip_prefix("/").unwrap());
    std::fs::remove_file(inside.join("filler")).unwrap();
    until("it is ready again", async || process.ready().await == 200).await;
    for number in 10_000..10_100 {
        assert_eq!(process.post(feed::body(7, number)).await, 200);
        accepted.push(number);
    }
    let left = folder.path().join("left");
    std::fs::create_dir(&left).unwrap();
    for file in std::fs::read_dir(inside.join("spool")).unwrap().flatten() {
        std::fs::copy(file.path(), left.join(file.file_name())).unwrap();
    }
    process.kill();

    config.kafka.bootstrap = bootstrap;
    config.collector.spool_dir = left;
    let omni = start(config).await;
    let records = so_many(&omni, accepted.len()).await;
    let numbers: Vec<u64> = records.iter().map(|record| feed::whose(record).1).collect();
    assert_eq!(
        numbers, accepted,
        "all that was accepted, in order, and nothing else"
    );
}
