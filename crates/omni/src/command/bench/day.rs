//! `omni bench day`: a day of a simulated account through collector and enricher, its API failing now and then.
//!
//! The account posts its changes faster than a day has them, within its own limits of requests and tokens; what the
//! troubles of its API did to the events is told as a table.

mod account;

use std::time::{Duration, Instant};

use anyhow::{Context, Result, ensure};
use simulator::{Faults, Trouble};

use super::corner::Corner;
use super::seen::Seen;
use account::{Account, SOURCE};

/// Longest wait for events that wait for the API, once it is well again.
const COMPLETED_MAX: Duration = Duration::from_mins(10);
const POLL: Duration = Duration::from_millis(250);
/// Seconds since the last event after which no more come.
const QUIET: Duration = Duration::from_secs(3);

/// A day of a simulated account through collector and enricher, with troubles of its API.
///
/// Prints how many events were complete at once, later or never, and what it cost of the account's daily tokens.
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:
  omni services -- omni bench day                      an account that nobody has read yet
  omni services -- omni bench day --backfill           the same after `omni backfill`
  omni services -- omni bench day --no-troubles")]
pub(crate) struct Day {
    /// A broker: host:port
    #[arg(long, env = "OMNI_TEST_KAFKA")]
    kafka: String,
    /// Changes of the day
    #[arg(long, default_value_t = 20_000, value_parser = clap::value_parser!(u32).range(100..=1_000_000))]
    changes: u32,
    /// Changes a second
    #[arg(long, default_value_t = 60, value_parser = clap::value_parser!(u32).range(1..=10_000))]
    rate: u32,
    /// Contacts the account begins with
    #[arg(long, default_value_t = 5_000)]
    contacts: u32,
    /// Same seed, same changes
    #[arg(long, default_value_t = 7)]
    seed: u64,
    /// Run `omni backfill` before
    #[arg(long)]
    backfill: bool,
    /// An API that is always well
    #[arg(long)]
    no_troubles: bool,
}

/// Troubles of the API: from this part of the day on, and what.
const TROUBLES: [(f64, Trouble, u8, &str); 11] = [
    (0.10, Trouble::Error, 5, "5 of 100 requests end with 500"),
    (0.20, Trouble::None, 0, ""),
    (0.25, Trouble::Burst, 20, "20 of 100 are refused with 429"),
    (0.35, Trouble::None, 0, ""),
    (0.40, Trouble::Slow, 50, "every second answer is 2 s late"),
    (0.50, Trouble::None, 0, ""),
    (0.55, Trouble::Down, 100, "503 to all requests"),
    (0.65, Trouble::None, 0, ""),
    (0.70, Trouble::Unreachable, 100, "connections are reset"),
    (0.80, Trouble::Cut, 10, "10 of 100 answers end in the middle"),
    (0.90, Trouble::None, 0, ""),
];

impl Day {
    pub(crate) async fn run(self) -> Result<()> {
        let ports = local::port::free(3)?;
        let [api, collector, collector_admin] = ports.as_slice() else {
            anyhow::bail!("no ports are free");
        };
        let account = Account::open(&self, *api, *collector).await?;
        let corner = Corner::new(&self.kafka, 1, &|folder| {
            account.settings(*collector, *collector_admin, &folder.join("spool"))
        })?;
        let _stages = (corner.stage("collector")?, corner.stage("enricher")?);
        corner.until_restored().await?;
        if self.backfill {
            self.backfill(&corner).await?;
        }
        let seen = Seen::watch(&corner.kafka, true)?;
        let tokens = account.tokens().await?;
        let begun = Instant::now();
        let (made, ()) = tokio::try_join!(account.change(self.changes, self.rate), self.troubles(&account))?;
        let took = begun.elapsed();
        account.be_well().await?;
        let later = self.settle(&seen).await;
        let tokens = account.tokens().await? - tokens;
        println!(
            "a day of {} contacts: {made} webhooks in {} s, seed {}",
            self.contacts,
            took.as_secs(),
            self.seed
        );
        Self::report(&seen, tokens, later);
        ensure!(seen.doubled() == 0, "{} events came twice", seen.doubled());
        let refused = account.refused_beyond_troubles().await?;
        ensure!(
            refused == 0,
            "{refused} requests were beyond the account's limits"
        );
        Ok(())
    }

    /// Sends what the account has before the day, and waits until the enricher has all of it.
    async fn backfill(&self, corner: &Corner) -> Result<()> {
        let omni = crate::command::Place::omni()?;
        let mut command = tokio::process::Command::new(omni);
        command.args([
            "backfill",
            "--source",
            SOURCE,
            "--budget-share",
            "1",
            "--rows-per-second",
            "1000",
            "--config",
        ]);
        command
            .arg(corner.config())
            .arg("--progress-file")
            .arg(corner.config().with_extension("backfill"));
        let status = command
            .kill_on_drop(true)
            .status()
            .await
            .context("omni backfill could not be run")?;
        ensure!(status.success(), "omni backfill ended with {status}");
        let (mut last, mut since) = (0.0, Instant::now());
        while since.elapsed() < QUIET {
            let now = corner.counter(BATCHES).await.unwrap_or_default();
            let waiting = corner.counter(PENDING).await.unwrap_or_default();
            if now > last || waiting > 0.0 {
                (last, since) = (now, Instant::now());
            }
            tokio::time::sleep(POLL).await;
        }
        Ok(())
    }

    /// Each trouble at its time.
    async fn troubles(&self, account: &Account) -> Result<()> {
        let day = f64::from(self.changes) / f64::from(self.rate);
        let begun = tokio::time::Instant::now();
        for (part, trouble, percent, words) in TROUBLES.iter().filter(|_| !self.no_troubles) {
            tokio::time::sleep_until(begun + Duration::from_secs_f64(day * part)).await;
            if !words.is_empty() {
                eprintln!("{:>3.0} % of the day: {words}", part * 100.0);
            }
            account
                .be(&Faults {
                    api: *trouble,
                    api_percent: *percent,
                    ..Faults::default()
                })
                .await?;
        }
        Ok(())
    }

    /// Waits for what may still come; gives how long that took.
    async fn settle(&self, seen: &Seen) -> Duration {
        let begun = Instant::now();
        let (mut last, mut since) = (seen.stand(), Instant::now());
        while begun.elapsed() < COMPLETED_MAX && (seen.still_missing() > 0 || since.elapsed() < QUIET) {
            let now = seen.stand();
            if now != last {
                (last, since) = (now, Instant::now());
            }
            tokio::time::sleep(POLL).await;
        }
        begun.elapsed()
    }

    fn report(seen: &Seen, tokens: u64, later: Duration) {
        let (events, deals) = (seen.events(), seen.deals());
        let (incomplete, missing) = (seen.incomplete() as u64, seen.still_missing() as u64);
        println!(
            "| events | complete at once | completed later | still missing | tokens of {} | tokens per event, per deal event |",
            account::DAY_TOKENS
        );
        println!("| --- | --- | --- | --- | --- | --- |");
        println!(
            "| {events} (of deals {deals}) | {} | {} | {missing} | {tokens} | {:.3}, {:.3} |",
            events - incomplete,
            incomplete - missing,
            tokens as f64 / events.max(1) as f64,
            tokens as f64 / deals.max(1) as f64,
        );
        println!("all was settled {} s after the last change", later.as_secs());
        for (what, count) in seen.missing_at_first() {
            println!("  {what:<20}missing at first in {count}");
        }
    }
}

const BATCHES: &str = "omni_enricher_batch_records_count";
const PENDING: &str = "omni_enricher_pending_events";
