//! `omni bench viewers`: what a change costs until it is painted, with many who look at the same board.
//!
//! A load changes the deals of one company all the time. Among it are *probes*: deals that are won as they are made, each worth
//! more than all others together and of a source of their own. So the number that a browser paints tells how many of them it
//! holds, however much else moves: the won value by its size, the row of the source by its count.

mod browser;
mod light;
mod report;

use std::path::PathBuf;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use anyhow::{Result, ensure};
use tokio::sync::mpsc;

use super::account::{self, Account};
use super::bodies::{self, Accounts, COMPANY_FIRST};
use super::load::{self, Ledger, Plan, Poster};
use super::notices::{self, Landed};
use super::processes::Reading;
use super::rows::Watcher;
use super::target::Target;
use browser::Browser;
use light::Lights;
use report::{Report, Seen};

/// Contacts that the load's deals name.
const PERSONS: u64 = 200;
/// What a probe is worth, in euros.
const PROBE_VALUE: u64 = 10_000_000_000;
/// Where it comes from begins with this; each run has a source of its own.
const PROBE_SOURCE: &str = "bench-probe";
/// Longest wait for the last probe to be painted.
const PAINTED_MAX: Duration = Duration::from_secs(30);
const LOOK_EVERY: Duration = Duration::from_millis(200);

/// POST -> painted, and what viewers cost, on an account filled for it.
#[derive(Debug, clap::Args)]
#[command(after_help = "Example:
  omni dev --config bench/omni.toml --port-base 0 --state-dir /tmp/omni-bench --ready-file /tmp/omni-bench-ready.json
  omni bench viewers --ready-file /tmp/omni-bench-ready.json --deals 20000 --viewers 19 --browser web")]
pub(crate) struct Crowd {
    /// The ready file of a running `omni dev --ready-file FILE` (without --demo)
    #[arg(long, default_value = ".omni/ready.json")]
    ready_file: PathBuf,
    #[command(flatten)]
    account: Account,
    /// Webhooks a second
    #[arg(long, default_value_t = 1_000, value_parser = clap::value_parser!(u64).range(1..=100_000))]
    rate: u64,
    /// Seconds measured, after ten of warm-up
    #[arg(long, default_value_t = 60, value_parser = clap::value_parser!(u64).range(1..=3_600))]
    seconds: u64,
    /// Streams of the default state beside the browser, read and thrown away
    #[arg(long, default_value_t = 19, value_parser = clap::value_parser!(u64).range(1..=10_000))]
    viewers: u64,
    /// The board they look at
    #[arg(long, default_value = "pipedrive-deals")]
    board: String,
    /// The folder `web` with its packages installed: a real Chromium looks too. Without it nothing is painted.
    #[arg(long)]
    browser: Option<PathBuf>,
    /// Milliseconds between two probes
    #[arg(long, default_value_t = 700, value_parser = clap::value_parser!(u64).range(50..=60_000))]
    probe_ms: u64,
}

/// A probe, by when it was due.
#[derive(Debug, Clone, Copy)]
struct Probe {
    due_micro: i64,
    measured: bool,
}

/// What keeps the probes of one run apart from those of an earlier one.
#[derive(Debug)]
struct Run {
    source: String,
    first_id: u64,
}

impl Run {
    /// Deals of an earlier run of the same account have smaller ids.
    fn new(deals: u64) -> Self {
        let seconds = stage::clock::now_micro().unsigned_abs() / 1_000_000;
        Self {
            source: format!("{PROBE_SOURCE}-{seconds}"),
            first_id: deals + seconds * 1_000,
        }
    }
}

/// Seconds of the same load before anything counts.
const WARM_UP: Duration = Duration::from_secs(10);

impl Crowd {
    pub(crate) async fn run(self) -> Result<()> {
        let target = Target::read(&self.ready_file)?;
        let warehouse = account::warehouse(&target.clickhouse)?;
        self.account.fill(&warehouse, COMPANY_FIRST).await?;
        let accounts = Accounts {
            companies: 1,
            persons: PERSONS,
            deals: self.account.deals,
        };
        let run = Run::new(self.account.deals);
        let poster = Poster::new(&target)?;
        let watcher = Watcher::new(&target.clickhouse, 1)?;
        super::make_entities_known(&poster, &watcher, accounts).await?;

        let address = format!(
            "{}/?board={}&company={COMPANY_FIRST}",
            target.dashboard_url, self.board
        );
        let mut browser = match &self.browser {
            Some(web) => Some(Browser::open(web, &address, &run.source).await?),
            None => None,
        };
        let lights = Lights::open(&target, &self.board, self.viewers).await?;
        eprintln!("{} viewers look", self.viewers);

        let plan = Plan {
            rate: self.rate,
            warm_up: WARM_UP,
            measured: Duration::from_secs(self.seconds),
            accounts,
        };
        let report = self
            .measure(&target, (plan, &run), &poster, &lights, &mut browser)
            .await?;
        print!("{report}");
        Ok(())
    }

    async fn measure(
        &self,
        target: &Target,
        (plan, run): (Plan, &Run),
        poster: &Poster,
        lights: &Lights,
        browser: &mut Option<Browser>,
    ) -> Result<Report> {
        let prepared = load::prepare(plan)?;
        let ledger = Arc::new(Mutex::new(Ledger::default()));
        let pids = super::pids(target);
        let mut landed = notices::of_loads(&target.kafka_bootstrap)?;
        let (before, after, probes) = tokio::join!(
            async {
                tokio::time::sleep(plan.warm_up).await;
                lights.start_counting();
                let reading = Reading::take(&pids);
                (stage::clock::now_micro(), reading, light::counters(target).await)
            },
            async {
                let sent = load::send(poster, plan, prepared, &ledger).await;
                let taken = (Reading::take(&pids), light::counters(target).await);
                sent.map(|()| taken)
            },
            self.probe((plan, run), poster),
        );
        let (after, probes) = (after?, probes?);
        if let Some(browser) = browser {
            browser.until_reached(probes.len() as u64, PAINTED_MAX).await?;
        }
        let refused = ledger.lock().unwrap_or_else(PoisonError::into_inner).refused;
        ensure!(refused == 0, "{refused} posts were refused");
        let counters = (before.2?, after.1?);
        let painted = browser.take().map(Browser::close).unwrap_or_default();
        let seen = Seen {
            probes: &probes,
            painted: &painted,
            acknowledged: &acknowledged(&mut landed, before.0),
        };
        Report::new(self, &seen, lights, (&before.1, &after.0), &counters)
    }

    /// Posts probes at their times; a late answer does not move the next.
    async fn probe(&self, (plan, run): (Plan, &Run), poster: &Poster) -> Result<Vec<Probe>> {
        let begun = Instant::now();
        let every = Duration::from_millis(self.probe_ms);
        let length = plan.warm_up + plan.measured;
        let mut probes = Vec::new();
        let mut posts = tokio::task::JoinSet::new();
        for number in 1_u32.. {
            let due = every * number;
            if due >= length {
                break;
            }
            tokio::time::sleep_until((begun + due).into()).await;
            let due_micro = stage::clock::now_micro();
            probes.push(Probe {
                due_micro,
                measured: due >= plan.warm_up,
            });
            let body = bodies::won(
                run.first_id + u64::from(number),
                PROBE_VALUE,
                &run.source,
                due_micro,
            );
            let poster = poster.clone();
            posts.spawn(async move { poster.post(body).await });
        }
        while let Some(posted) = posts.join_next().await {
            posted??;
        }
        Ok(probes)
    }
}

/// When inserts into the table of deals were acknowledged since then, microseconds since 1970, in their order.
fn acknowledged(landed: &mut mpsc::Receiver<Landed>, since_micro: i64) -> Vec<i64> {
    let mut at = Vec::new();
    while let Ok(notice) = landed.try_recv() {
        at.extend(notice.at_micro().filter(|at| *at >= since_micro));
    }
    at.sort_unstable();
    at
}
