//! `omni bench delivered`: how soon a webhook's event is at each of several destinations.
//!
//! All stages but the dashboard, each a process as under `omni dev`, on a Kafka and a ClickHouse of the run's own. Webhooks come
//! open loop, so what is late counts in full; the destinations are endpoints in this process that take everything at once.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use anyhow::{Result, bail, ensure};
use local::Guarded;
use uuid::Uuid;

use super::bodies::Accounts;
use super::figures::Latencies;
use super::load::{self, Ledger, Plan, Poster, Sent};
use super::own::{Servers, Stand};
use super::processes::Reading;
use super::sink::Sink;
use super::target::Source;
use crate::command::Place;

const COMPANIES: u64 = 16;
const SOURCE: &str = "bench";
const STAGES: [&str; 4] = ["collector", "enricher", "activation", "loader"];
const SECRET: &str = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";
const READY_MAX: Duration = Duration::from_mins(1);
/// How long the last events may take to come after the last post.
const SETTLE_MAX: Duration = Duration::from_mins(1);
const POLL: Duration = Duration::from_millis(50);

/// POST -> delivered at a fixed rate, with several HTTP destinations on.
#[derive(Debug, clap::Args)]
#[command(after_help = "Example:
  omni bench delivered --rate 500 --destinations 5 --seconds 60")]
pub(crate) struct Delivered {
    /// Webhooks a second
    #[arg(long, default_value_t = 500, value_parser = clap::value_parser!(u64).range(1..=100_000))]
    rate: u64,
    /// Seconds measured, after the warm-up
    #[arg(long, default_value_t = 60, value_parser = clap::value_parser!(u64).range(1..=3_600))]
    seconds: u64,
    /// Seconds of the same load before
    #[arg(long, default_value_t = 10)]
    warm_up_seconds: u64,
    /// Each gets every event
    #[arg(long, default_value_t = 5, value_parser = clap::value_parser!(u64).range(1..=50))]
    destinations: u64,
    /// Partitions of each topic
    #[arg(long, default_value_t = 4, value_parser = clap::value_parser!(i32).range(1..=64))]
    partitions: i32,
    #[command(flatten)]
    place: Place,
}

/// The pipeline of the run.
struct Pipeline {
    poster: Poster,
    stages: BTreeMap<String, Guarded>,
    stand: Stand,
    spool: tempfile::TempDir,
}

impl Delivered {
    pub(crate) async fn run(self) -> Result<()> {
        let servers = Servers::start(self.place.cache()).await?;
        let mut sinks = Vec::new();
        for _ in 0..self.destinations {
            sinks.push(Sink::listen().await?);
        }
        let pipeline = Pipeline::start(&servers, self.partitions, &sinks).await?;
        let plan = Plan {
            rate: self.rate,
            warm_up: Duration::from_secs(self.warm_up_seconds),
            measured: Duration::from_secs(self.seconds),
            accounts: Accounts::small(COMPANIES),
        };
        let result = measure(plan, &servers, &pipeline, &sinks).await;
        pipeline.end().await?;
        result
    }
}

impl Pipeline {
    async fn start(servers: &Servers, partitions: i32, sinks: &[Sink]) -> Result<Self> {
        let ports = local::port::free(2)?;
        let [listen, admin] = ports.as_slice() else {
            bail!("no ports are free");
        };
        let spool = tempfile::tempdir()?;
        let settings = settings((*listen, *admin), spool.path(), sinks)?;
        let stand = servers.stand(partitions, &settings).await?;
        let mut stages = BTreeMap::new();
        for stage in STAGES {
            stages.insert(stage.to_owned(), stand.corner.stage(stage)?);
        }
        let source = Source {
            path: format!("/webhooks/pipedrive/{SOURCE}"),
            user: SOURCE.to_owned(),
            password: SOURCE.to_owned(),
        };
        let pipeline = Self {
            poster: Poster::to(&format!("http://127.0.0.1:{listen}"), source)?,
            stages,
            stand,
            spool,
        };
        until_ready(&format!("http://127.0.0.1:{admin}/readyz")).await?;
        Ok(pipeline)
    }

    /// The stages end before the folder of the collector's spool.
    async fn end(self) -> Result<()> {
        for stage in self.stages.into_values() {
            stage.stop();
        }
        self.stand.clear().await?;
        Ok(self.spool.close()?)
    }

    fn pids(&self, servers: &Servers) -> BTreeMap<String, u32> {
        let servers = servers.pids().map(|(name, pid)| (name.to_owned(), pid));
        let stages = self
            .stages
            .iter()
            .map(|(name, stage)| (name.clone(), stage.pid()));
        servers
            .into_iter()
            .chain(stages)
            .chain([("bench".to_owned(), std::process::id())])
            .collect()
    }
}

/// What is laid over the `omni.toml` of the stages.
fn settings((listen, admin): (u16, u16), spool: &Path, sinks: &[Sink]) -> Result<String> {
    let mut text = format!(
        "[collector]\nlisten = '127.0.0.1:{listen}'\nadmin_listen = '127.0.0.1:{admin}'\nspool_dir = '{}'\n\
         [source.{SOURCE}]\nuser = '{SOURCE}'\npassword = '{SOURCE}'\n",
        spool.display()
    );
    for (number, sink) in sinks.iter().enumerate() {
        writeln!(
            text,
            "[destination.sink{number}]\nurl = '{}'\nsecret = '{SECRET}'\nallow_private_addresses = true",
            sink.url()
        )?;
    }
    Ok(text)
}

async fn until_ready(url: &str) -> Result<()> {
    let client = reqwest::Client::builder().no_proxy().build()?;
    let deadline = Instant::now() + READY_MAX;
    while !client
        .get(url)
        .send()
        .await
        .is_ok_and(|answer| answer.status().is_success())
    {
        ensure!(Instant::now() < deadline, "the collector is not ready");
        tokio::time::sleep(POLL).await;
    }
    Ok(())
}

async fn measure(plan: Plan, servers: &Servers, pipeline: &Pipeline, sinks: &[Sink]) -> Result<()> {
    let known = plan.accounts.known_entities(stage::clock::now_micro());
    pipeline.poster.post_all(known).await?;
    let prepared = load::prepare(plan)?;
    let ledger = Arc::new(Mutex::new(Ledger::default()));
    let pids = pipeline.pids(servers);
    let (before, sent) = tokio::join!(
        async {
            tokio::time::sleep(plan.warm_up).await;
            Reading::take(&pids)
        },
        load::send(&pipeline.poster, plan, prepared, &ledger)
    );
    let after = Reading::take(&pids);
    sent?;
    settle(&ledger, sinks).await;
    report(plan, &ledger, sinks, (&before, &after))
}

/// Until each accepted event is at all of them, or long enough to call the rest lost.
async fn settle(ledger: &Mutex<Ledger>, sinks: &[Sink]) {
    let deadline = Instant::now() + SETTLE_MAX;
    while missing(ledger, sinks) > 0 && Instant::now() < deadline {
        tokio::time::sleep(POLL).await;
    }
}

fn missing(ledger: &Mutex<Ledger>, sinks: &[Sink]) -> u64 {
    let ledger = ledger.lock().unwrap_or_else(PoisonError::into_inner);
    let accepted = ledger
        .events
        .iter()
        .filter(|(_, sent)| sent.acknowledged.is_some());
    accepted
        .map(|(uuid, _)| sinks.iter().filter(|sink| sink.came(uuid).is_none()).count() as u64)
        .sum()
}

fn report(
    plan: Plan,
    ledger: &Mutex<Ledger>,
    sinks: &[Sink],
    (before, after): (&Reading, &Reading),
) -> Result<()> {
    let lost = missing(ledger, sinks);
    let ledger = ledger.lock().unwrap_or_else(PoisonError::into_inner);
    println!(
        "open loop          {}/s for {} s after warm-up, {} destinations",
        plan.rate,
        plan.measured.as_secs(),
        sinks.len()
    );
    println!(
        "sent               {}   refused {}",
        ledger.events.len(),
        ledger.refused
    );
    let acknowledged = since_due(&ledger, |_, sent| sent.acknowledged)?;
    println!("POST -> 2xx        {acknowledged}");
    let mut all = Latencies::new()?;
    for (number, sink) in sinks.iter().enumerate() {
        let delivered = since_due(&ledger, |event, _| sink.came(event))?;
        println!("POST -> sink{number:<2}     {delivered}");
        all.add(&delivered)?;
    }
    println!("POST -> delivered  {all}");
    println!(
        "sender behind      {:.1} ms at most",
        ledger.lag_max.as_secs_f64() * 1_000.0
    );
    let events = measured(&ledger).count().max(1) as u32;
    print_processes(before, after, events);
    ensure!(ledger.refused == 0, "{} posts were not accepted", ledger.refused);
    ensure!(lost == 0, "{lost} deliveries are missing");
    Ok(())
}

fn measured(ledger: &Ledger) -> impl Iterator<Item = (&Uuid, &Sent)> {
    ledger.events.iter().filter(|(_, sent)| sent.measured)
}

/// How long after they were due it came to something, for the measured events that it came to.
fn since_due(ledger: &Ledger, came: impl Fn(&Uuid, &Sent) -> Option<Instant>) -> Result<Latencies> {
    let mut latencies = Latencies::new()?;
    for (event, sent) in measured(ledger) {
        if let Some(at) = came(event, sent) {
            latencies.record(at.saturating_duration_since(sent.due));
        }
    }
    Ok(latencies)
}

fn print_processes(before: &Reading, after: &Reading, events: u32) {
    println!(
        "others' CPU        {:.1} % of the machine",
        after.others_share_since(before) * 100.0
    );
    for (name, used) in &after.processes {
        println!(
            "{name:<18} {:7.1} µs of CPU an event, {:.0} MiB",
            (after.cpu_since(before, name) / events).as_secs_f64() * 1e6,
            used.resident_bytes as f64 / (1024.0 * 1024.0)
        );
    }
}
