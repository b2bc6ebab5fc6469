//! `omni bench spool`: how soon a collector answers 2xx while its Kafka cannot be reached.
//!
//! A real collector with an empty spool and a broker's address that nobody listens on; webhooks come open loop, so an
//! answer that is late counts in full. Every post must be answered 2xx.

use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use anyhow::{Context, Result, ensure};
use local::Guarded;

use super::bodies::Accounts;
use super::figures::Latencies;
use super::load::{self, Ledger, Plan, Poster};
use super::target::Source;
use crate::command::Place;
use crate::command::dev::stages;

const READY_MAX: Duration = Duration::from_secs(30);
const POLL: Duration = Duration::from_millis(20);
const COMPANIES: u64 = 16;
const SOURCE: &str = "bench";
/// Nobody listens there.
const NO_BROKER: &str = "127.0.0.1:1";

/// POST -> 2xx while Kafka cannot be reached and every event goes to the spool.
#[derive(Debug, clap::Args)]
#[command(after_help = "Example:
  omni bench spool --rate 500 --seconds 60 --folder /var/lib/omni/bench")]
pub(crate) struct Spool {
    /// Webhooks a second
    #[arg(long, default_value_t = 500, value_parser = clap::value_parser!(u64).range(1..=100_000))]
    rate: u64,
    /// Seconds measured, after the warm-up
    #[arg(long, default_value_t = 30, value_parser = clap::value_parser!(u64).range(1..=3_600))]
    seconds: u64,
    /// Seconds of the same load before
    #[arg(long, default_value_t = 5)]
    warm_up_seconds: u64,
    /// A folder on the disk to measure; what the run puts there is removed [default: the system's for temporary files]
    #[arg(long)]
    folder: Option<PathBuf>,
}

impl Spool {
    pub(crate) async fn run(self) -> Result<()> {
        let plan = Plan {
            rate: self.rate,
            warm_up: Duration::from_secs(self.warm_up_seconds),
            measured: Duration::from_secs(self.seconds),
            accounts: Accounts::small(COMPANIES),
        };
        let parent = self.folder.unwrap_or_else(std::env::temp_dir);
        let folder = Folder(parent.join(format!("omni-bench-{}", uuid::Uuid::new_v4().simple())));
        std::fs::create_dir_all(&folder.0).context("could not make a folder for the run")?;
        let collector = Collector::start(&folder.0).await?;
        let prepared = load::prepare(plan)?;
        let ledger = Arc::new(Mutex::new(Ledger::default()));
        load::send(&collector.poster, plan, prepared, &ledger).await?;
        let told = collector.told().await?;
        drop(collector);
        report(plan, &ledger, &told)
    }
}

/// A collector whose Kafka cannot be reached.
struct Collector {
    poster: Poster,
    admin: String,
    client: reqwest::Client,
    _process: Guarded,
}

impl Collector {
    async fn start(folder: &Path) -> Result<Self> {
        let ports = local::port::free(2)?;
        let [listen, admin] = ports.as_slice() else {
            anyhow::bail!("no ports are free");
        };
        let config = folder.join("omni.toml");
        let text = format!(
            "[kafka]\nbootstrap = '{NO_BROKER}'\n\
             [collector]\nlisten = '127.0.0.1:{listen}'\nadmin_listen = '127.0.0.1:{admin}'\nspool_dir = '{}'\n\
             [source.{SOURCE}]\nuser = '{SOURCE}'\npassword = '{SOURCE}'\n",
            folder.join("spool").display()
        );
        std::fs::write(&config, text)?;
        let words = ["stage", "collector", "--config"].map(OsString::from).to_vec();
        let words = [words, vec![config.into()]].concat();
        let launch = stages::launch(&Place::omni()?, "collector", words, folder.join("log"));
        let source = Source {
            path: format!("/webhooks/pipedrive/{SOURCE}"),
            user: SOURCE.to_owned(),
            password: SOURCE.to_owned(),
        };
        let collector = Self {
            poster: Poster::to(&format!("http://127.0.0.1:{listen}"), source)?,
            admin: format!("http://127.0.0.1:{admin}"),
            client: reqwest::Client::builder().no_proxy().build()?,
            _process: Guarded::spawn(&launch)?,
        };
        let until = Instant::now() + READY_MAX;
        while !collector.is_ready().await {
            ensure!(Instant::now() < until, "the collector is not ready");
            tokio::time::sleep(POLL).await;
        }
        Ok(collector)
    }

    async fn is_ready(&self) -> bool {
        let answer = self.client.get(format!("{}/readyz", self.admin)).send().await;
        answer.is_ok_and(|answer| answer.status().is_success())
    }

    /// Lines of its metrics that say what the spool did.
    async fn told(&self) -> Result<Vec<String>> {
        let answer = self.client.get(format!("{}/metrics", self.admin)).send().await?;
        let text = answer.text().await?;
        let lines = text
            .lines()
            .filter(|line| line.starts_with("omni_collector_spool_"));
        Ok(lines
            .filter(|line| !line.contains("_bucket{"))
            .map(str::to_owned)
            .collect())
    }
}

/// The folder of the run; gone with it.
struct Folder(PathBuf);

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

fn report(plan: Plan, ledger: &Mutex<Ledger>, told: &[String]) -> Result<()> {
    let ledger = ledger.lock().unwrap_or_else(PoisonError::into_inner);
    let mut acknowledge = Latencies::new()?;
    for sent in ledger.events.values().filter(|sent| sent.measured) {
        if let Some(at) = sent.acknowledged {
            acknowledge.record(at.saturating_duration_since(sent.due));
        }
    }
    println!(
        "open loop       {}/s for {} s, kafka cannot be reached",
        plan.rate,
        plan.measured.as_secs()
    );
    println!(
        "sent            {}   refused {}",
        ledger.events.len(),
        ledger.refused
    );
    println!("POST -> 2xx     {acknowledge}");
    println!(
        "sender behind   {:.1} ms at most",
        ledger.lag_max.as_secs_f64() * 1_000.0
    );
    for line in told {
        println!("{line}");
    }
    ensure!(ledger.refused == 0, "{} posts were not accepted", ledger.refused);
    Ok(())
}
