//! `omni bench drain`: a loader that stood still, and what it costs to catch up.

use std::path::PathBuf;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use anyhow::{Context, Result, ensure};
use rustix::process::{Pid, Signal, kill_process};

use super::bodies::Accounts;
use super::figures::Latencies;
use super::load::{self, Ledger, Plan, Poster};
use super::rows::Watcher;
use super::target::Target;
use super::{SETTLE_MAX, make_entities_known};

/// The load of the drain comes in pieces of this length, until there is no backlog any more.
const PIECE: Duration = Duration::from_secs(5);
const LOOK_EVERY: Duration = Duration::from_millis(250);
/// A drain that takes longer is given up.
const DRAIN_MAX: Duration = Duration::from_mins(30);

/// Stop the loader while webhooks come, let it go on, and measure how fast the backlog goes and what answers cost meanwhile.
///
/// Sends a steady load throughout: for a while as usual, then with the loader stopped (SIGSTOP), then with it running again until
/// no more than one second's load is missing from the warehouse. Ends with an error when an accepted event has no row or two.
#[derive(Debug, clap::Args)]
#[command(after_help = "Example:
  omni dev --port-base 0 --ready-file /tmp/ready.json &
  omni bench drain --ready-file /tmp/ready.json --rate 500 --stopped-seconds 600")]
pub(crate) struct Drain {
    /// The ready file of a running `omni dev --ready-file FILE` (without --demo).
    #[arg(long, default_value = ".omni/ready.json")]
    ready_file: PathBuf,
    /// Webhooks a second.
    #[arg(long, default_value_t = 500, value_parser = clap::value_parser!(u64).range(1..=10_000))]
    rate: u64,
    /// Seconds of the load before anything is stopped.
    #[arg(long, default_value_t = 60, value_parser = clap::value_parser!(u64).range(1..=3_600))]
    usual_seconds: u64,
    /// Seconds that the loader is stopped.
    #[arg(long, default_value_t = 600, value_parser = clap::value_parser!(u64).range(1..=3_600))]
    stopped_seconds: u64,
    /// Companies the load is spread over.
    #[arg(long, default_value_t = 16, value_parser = clap::value_parser!(u64).range(1..=1_000))]
    companies: u64,
}

/// Answers of one part of the run.
#[derive(Debug)]
struct Answers {
    accepted: u64,
    refused: u64,
    latencies: Latencies,
}

struct Run {
    poster: Poster,
    watcher: Watcher,
    rate: u64,
    companies: u64,
    started_micro: i64,
}

impl Drain {
    pub(super) async fn run(self) -> Result<()> {
        let target = Target::read(&self.ready_file)?;
        let loader = loader(&target)?;
        let run = Run {
            poster: Poster::new(&target)?,
            watcher: Watcher::new(&target.clickhouse, self.companies)?,
            rate: self.rate,
            companies: self.companies,
            started_micro: stage::clock::now_micro(),
        };
        make_entities_known(&run.poster, &run.watcher, Accounts::small(self.companies)).await?;
        let usual = run.load(Duration::from_secs(self.usual_seconds)).await?;
        println!("as usual        {usual}");
        kill_process(loader, Signal::STOP).context("stopping the loader")?;
        let stopped = run.load(Duration::from_secs(self.stopped_seconds)).await;
        let backlog_from = run.rows().await;
        kill_process(loader, Signal::CONT).context("letting the loader go on")?;
        let (stopped, before) = (stopped?, backlog_from?);
        println!("loader stopped  {stopped}");
        let accepted = usual.accepted + stopped.accepted;
        let drained = run.drain(accepted, before).await?;
        println!("draining        {}", drained.answers);
        let speed = drained.rows as f64 / drained.took.as_secs_f64();
        println!(
            "backlog         {} events, gone after {:.1} s: {speed:.0} rows/s, {:.1} times the rate of arrival",
            accepted - before,
            drained.took.as_secs_f64(),
            speed / self.rate as f64
        );
        run.judge(accepted + drained.answers.accepted).await
    }
}

/// What catching up took.
struct Drained {
    answers: Answers,
    took: Duration,
    /// Rows that came meanwhile.
    rows: u64,
}

impl Run {
    /// A steady load of this length; returns once all is answered.
    async fn load(&self, length: Duration) -> Result<Answers> {
        let plan = Plan {
            rate: self.rate,
            warm_up: Duration::ZERO,
            measured: length,
            accounts: Accounts::small(self.companies),
        };
        let ledger = Arc::new(Mutex::new(Ledger::default()));
        load::send(&self.poster, plan, Vec::new(), &ledger).await?;
        let ledger = ledger.lock().unwrap_or_else(PoisonError::into_inner);
        let mut answers = Answers::new()?;
        answers.refused = ledger.refused;
        for sent in ledger.events.values() {
            if let Some(at) = sent.acknowledged {
                answers.accepted += 1;
                answers.latencies.record(at.saturating_duration_since(sent.due));
            }
        }
        Ok(answers)
    }

    /// Goes on with the load until the warehouse has all but a second's worth of what was accepted.
    async fn drain(&self, accepted: u64, before: u64) -> Result<Drained> {
        let begun = Instant::now();
        let mut answers = Answers::new()?;
        let all = Arc::new(Mutex::new(accepted));
        let seen = async {
            loop {
                let rows = self.rows().await?;
                let accepted = *all.lock().unwrap_or_else(PoisonError::into_inner);
                if rows + self.rate >= accepted {
                    return Ok::<_, anyhow::Error>((begun.elapsed(), rows));
                }
                ensure!(
                    begun.elapsed() < DRAIN_MAX,
                    "the backlog is not gone after {DRAIN_MAX:?}"
                );
                tokio::time::sleep(LOOK_EVERY).await;
            }
        };
        tokio::pin!(seen);
        loop {
            let piece = self.load(PIECE);
            tokio::pin!(piece);
            let found = tokio::select! {
                found = &mut seen => Some(found?),
                more = &mut piece => {
                    let more = more?;
                    *all.lock().unwrap_or_else(PoisonError::into_inner) += more.accepted;
                    answers.add(&more)?;
                    None
                }
            };
            if let Some((took, rows)) = found {
                // What is on its way is waited for: it counts.
                answers.add(&piece.await?)?;
                return Ok(Drained {
                    answers,
                    took,
                    rows: rows - before,
                });
            }
        }
    }

    async fn rows(&self) -> Result<u64> {
        self.watcher.rows(self.started_micro).await
    }

    /// Every accepted event has its row, once.
    async fn judge(&self, accepted: u64) -> Result<()> {
        let deadline = Instant::now() + SETTLE_MAX;
        let mut rows = self.rows().await?;
        while rows < accepted && Instant::now() < deadline {
            tokio::time::sleep(LOOK_EVERY).await;
            rows = self.rows().await?;
        }
        let doubled = self.watcher.doubled(self.started_micro).await?;
        println!("rows            {rows} of {accepted} accepted, doubled {doubled} (without FINAL)");
        ensure!(
            rows >= accepted,
            "{} accepted events have no row",
            accepted - rows
        );
        ensure!(doubled == 0, "{doubled} rows stand more than once");
        Ok(())
    }
}

impl Answers {
    fn new() -> Result<Self> {
        Ok(Self {
            accepted: 0,
            refused: 0,
            latencies: Latencies::new()?,
        })
    }

    fn add(&mut self, more: &Self) -> Result<()> {
        self.accepted += more.accepted;
        self.refused += more.refused;
        self.latencies.add(&more.latencies)
    }
}

impl std::fmt::Display for Answers {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(
            out,
            "accepted {}   refused {}   POST -> 2xx {}",
            self.accepted, self.refused, self.latencies
        )
    }
}

fn loader(target: &Target) -> Result<Pid> {
    let pid = target
        .pids
        .get("loader")
        .copied()
        .and_then(|pid| i32::try_from(pid).ok());
    pid.and_then(Pid::from_raw)
        .context("the ready file names no loader")
}
