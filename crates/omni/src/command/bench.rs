//! `omni bench path`: the whole way of an event, measured from outside on a running `omni dev`.
//!
//! Sends webhooks open loop, hears when each insert was acknowledged, sees each row by a `SELECT`, counts ids end to end and reads
//! the kernel's accounting of every process. A figure without the count is void: a run that lost or doubled an event
//! says so and exits with an error.

mod account;
mod board;
pub(super) mod bodies;
mod corner;
mod day;
mod delivered;
mod delivery;
mod drain;
mod engine;
mod enricher;
mod figures;
mod flat;
mod load;
mod loader;
mod notices;
mod own;
mod price;
mod processes;
mod restore;
mod rows;
mod seen;
mod sink;
mod spool;
mod target;
mod viewers;

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::process::ExitCode;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use anyhow::{Result, ensure};
use uuid::Uuid;

use figures::{Figures, Latencies};
use load::{Ledger, Plan, Poster};
use processes::Reading;
use rows::{Rows, Seen, Watcher};
use target::Target;

/// How long the last rows may take to come after the last post.
const SETTLE_MAX: Duration = Duration::from_mins(1);
/// How long the entities of a run may take to reach the warehouse.
const ENTITIES_KNOWN_MAX: Duration = Duration::from_mins(2);
const POLL: Duration = Duration::from_millis(100);

/// Measure a running Omni from outside, ids counted end to end.
#[derive(Debug, clap::Subcommand)]
pub(crate) enum Bench {
    /// POST -> 2xx and POST -> row at a fixed rate, with the ids counted end to end.
    Path(PathArgs),
    Enricher(enricher::Enricher),
    Restore(restore::Restore),
    Day(day::Day),
    Delivered(delivered::Delivered),
    Delivery(delivery::Delivery),
    Spool(spool::Spool),
    Drain(drain::Drain),
    Loader(loader::Loader),
    Price(price::Price),
    Board(board::Board),
    Viewers(viewers::Crowd),
}

/// What `omni bench path` takes.
#[derive(Debug, clap::Args)]
pub(crate) struct PathArgs {
    /// The ready file of a running `omni dev --ready-file FILE` (without --demo).
    #[arg(long, default_value = ".omni/ready.json")]
    ready_file: PathBuf,
    /// Webhooks a second.
    #[arg(long, default_value_t = 1_000, value_parser = clap::value_parser!(u64).range(1..=100_000))]
    rate: u64,
    /// Seconds measured, after the warm-up.
    #[arg(long, default_value_t = 60, value_parser = clap::value_parser!(u64).range(1..=3_600))]
    seconds: u64,
    /// Seconds of the same load before, left out of the latencies (not of the counts).
    #[arg(long, default_value_t = 10)]
    warm_up_seconds: u64,
    /// Companies the load is spread over.
    #[arg(long, default_value_t = 16, value_parser = clap::value_parser!(u64).range(1..=1_000))]
    companies: u64,
}

impl Bench {
    pub(crate) fn run(self) -> Result<ExitCode> {
        let runtime = tokio::runtime::Builder::new_multi_thread()
            .worker_threads(2)
            .enable_all()
            .build()?;
        match self {
            Self::Path(args) => runtime.block_on(run_path(args))?,
            Self::Enricher(args) => runtime.block_on(args.run())?,
            Self::Restore(args) => runtime.block_on(args.run())?,
            Self::Day(args) => runtime.block_on(args.run())?,
            Self::Delivered(args) => runtime.block_on(args.run())?,
            Self::Delivery(args) => runtime.block_on(args.run())?,
            Self::Spool(args) => runtime.block_on(args.run())?,
            Self::Drain(args) => runtime.block_on(args.run())?,
            Self::Loader(args) => runtime.block_on(args.run())?,
            Self::Price(args) => runtime.block_on(args.run())?,
            Self::Board(args) => runtime.block_on(args.run())?,
            Self::Viewers(args) => runtime.block_on(args.run())?,
        }
        Ok(ExitCode::SUCCESS)
    }
}

async fn run_path(args: PathArgs) -> Result<()> {
    let plan = Plan {
        rate: args.rate,
        warm_up: Duration::from_secs(args.warm_up_seconds),
        measured: Duration::from_secs(args.seconds),
        accounts: bodies::Accounts::small(args.companies),
    };
    let target = Target::read(&args.ready_file)?;
    let figures = path(&target, plan).await?;
    print!("{figures}");
    ensure!(figures.lost == 0, "{} accepted events have no row", figures.lost);
    ensure!(
        figures.doubled == 0,
        "{} rows stand more than once",
        figures.doubled
    );
    Ok(())
}

async fn path(target: &Target, plan: Plan) -> Result<Figures> {
    let started_micro = stage::clock::now_micro();
    let poster = Poster::new(target)?;
    let watcher = Watcher::new(&target.clickhouse, plan.accounts.companies)?;
    make_entities_known(&poster, &watcher, plan.accounts).await?;

    // Before the clocks of the run start: the reading after the warm-up among them.
    let prepared = load::prepare(plan)?;
    let (ledger, seen) = (Arc::new(Mutex::new(Ledger::default())), Seen::default());
    let landed = notices::of_loads(&target.kafka_bootstrap)?;
    let watching = tokio::spawn({
        let (watcher, seen) = (watcher.clone(), Arc::clone(&seen));
        async move { watcher.watch(&seen, landed).await }
    });
    let (before, after) = tokio::join!(reading_after(target, plan.warm_up), async {
        let sent = load::send(&poster, plan, prepared, &ledger).await;
        (sent, Reading::take(&pids(target)))
    });
    let (sent, after) = after;
    sent?;
    settle(&ledger, &seen).await;
    ensure!(
        !watching.is_finished(),
        "watching the rows ended early: {:?}",
        watching.await
    );
    watching.abort();
    let doubled = watcher
        .doubled(started_micro)
        .await?
        .max(seen_doubled(&ledger, &seen));
    sum_up(plan, &ledger, &seen, doubled, &before, &after)
}

/// The load's own process counts too, under the name `bench`.
fn pids(target: &Target) -> BTreeMap<String, u32> {
    let mut pids = target.pids.clone();
    pids.insert("bench".to_owned(), std::process::id());
    pids
}

async fn reading_after(target: &Target, warm_up: Duration) -> Reading {
    tokio::time::sleep(warm_up).await;
    Reading::take(&pids(target))
}

async fn make_entities_known(poster: &Poster, watcher: &Watcher, accounts: bodies::Accounts) -> Result<()> {
    let entities = accounts.known_entities(stage::clock::now_micro());
    let count = entities.len() as u64;
    eprintln!("making {count} entities of the run known");
    poster.post_all(entities).await?;
    let deadline = Instant::now() + ENTITIES_KNOWN_MAX;
    while watcher.known_entities().await? < count {
        ensure!(
            Instant::now() < deadline,
            "the entities of the run did not reach the warehouse"
        );
        tokio::time::sleep(POLL).await;
    }
    Ok(())
}

/// Waits until each accepted event was seen, or long enough to call the rest lost.
async fn settle(ledger: &Mutex<Ledger>, seen: &Seen) {
    let deadline = Instant::now() + SETTLE_MAX;
    while missing(ledger, seen) > 0 && Instant::now() < deadline {
        tokio::time::sleep(POLL).await;
    }
}

fn locked<'a>(
    ledger: &'a Mutex<Ledger>,
    seen: &'a Mutex<Rows>,
) -> (MutexGuard<'a, Ledger>, MutexGuard<'a, Rows>) {
    (
        ledger.lock().unwrap_or_else(PoisonError::into_inner),
        seen.lock().unwrap_or_else(PoisonError::into_inner),
    )
}

fn missing(ledger: &Mutex<Ledger>, seen: &Seen) -> u64 {
    let (ledger, seen) = locked(ledger, seen);
    ledger
        .events
        .iter()
        .filter(|(uuid, sent)| sent.acknowledged.is_some() && !seen.first.contains_key(uuid))
        .count() as u64
}

/// Events of the run that one look returned more than once.
fn seen_doubled(ledger: &Mutex<Ledger>, seen: &Seen) -> u64 {
    let (ledger, seen) = locked(ledger, seen);
    let ours = |uuid: &&Uuid| ledger.events.contains_key(*uuid);
    seen.doubled.iter().filter(ours).count() as u64
}

fn sum_up(
    plan: Plan,
    ledger: &Mutex<Ledger>,
    seen: &Seen,
    doubled: u64,
    before: &Reading,
    after: &Reading,
) -> Result<Figures> {
    let lost = missing(ledger, seen);
    let (ledger, seen) = locked(ledger, seen);
    let (mut acknowledge, mut row, mut measured) = (Latencies::new()?, Latencies::new()?, 0_u32);
    for (uuid, sent) in ledger.events.iter().filter(|(_, sent)| sent.measured) {
        measured += 1;
        if let Some(at) = sent.acknowledged {
            acknowledge.record(at.saturating_duration_since(sent.due));
        }
        if let Some(at) = seen.first.get(uuid) {
            row.record(at.saturating_duration_since(sent.due));
        }
    }
    let per_event = |name: &String| after.cpu_since(before, name) / measured.max(1);
    let processes = after
        .processes
        .iter()
        .map(|(name, used)| (name.clone(), (per_event(name), used.resident_bytes)))
        .collect();
    Ok(Figures {
        rate: plan.rate,
        seconds: plan.measured.as_secs(),
        sent: ledger.events.len() as u64,
        accepted: ledger
            .events
            .values()
            .filter(|sent| sent.acknowledged.is_some())
            .count() as u64,
        refused: ledger.refused,
        rows: ledger
            .events
            .keys()
            .filter(|uuid| seen.first.contains_key(uuid))
            .count() as u64,
        lost,
        doubled,
        lag_max: ledger.lag_max,
        acknowledge,
        row,
        others_share: after.others_share_since(before),
        processes,
    })
}
