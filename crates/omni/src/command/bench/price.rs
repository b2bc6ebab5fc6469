//! `omni bench price`: what exactly-once costs, as throughput with it divided by throughput without.
//!
//! The same webhooks lie on omni.raw, and enricher, flattener and loader work them off: once as always, once with
//! `[kafka] delivery = 'at_least_once'` (no transactions, no planned inserts), on the same servers, with fresh topics and tables.

use std::time::Instant;

use anyhow::{Result, ensure};

use super::flat::webhooks;
use super::own::Servers;
use crate::command::Place;

/// Part of the events that is not measured, at the start.
const WARM_UP_SHARE: u64 = 5;
const EXACT: &str = "exactly_once";
const PLAIN: &str = "at_least_once";

/// Throughput with exactly-once divided by throughput without.
#[derive(Debug, clap::Args)]
#[command(after_help = "Example:
  omni bench price --events 80000 --rounds 6")]
pub(crate) struct Price {
    /// Webhooks of deals in each run
    #[arg(long, default_value_t = 80_000, value_parser = clap::value_parser!(u64).range(1_000..=1_000_000))]
    events: u64,
    /// Each round measures both
    #[arg(long, default_value_t = 6, value_parser = clap::value_parser!(u64).range(1..=20))]
    rounds: u64,
    /// Partitions of the topics
    #[arg(long, default_value_t = 4, value_parser = clap::value_parser!(i32).range(1..=64))]
    partitions: i32,
    #[command(flatten)]
    place: Place,
}

impl Price {
    pub(crate) async fn run(self) -> Result<()> {
        let servers = Servers::start(self.place.cache()).await?;
        println!(
            "{} events, {} partitions, omni.raw -> rows",
            self.events, self.partitions
        );
        let mut ratios = Vec::new();
        for round in 1..=self.rounds {
            let (exact, plain) = self.pair(&servers, round % 2 == 1).await?;
            println!(
                "round {round}         {exact:.0} rows/s {EXACT}, {plain:.0} rows/s {PLAIN}: {:.2}",
                exact / plain
            );
            ratios.push(exact / plain);
        }
        println!("with / without  {}", super::figures::spread(&mut ratios));
        Ok(())
    }

    /// Rows a second with exactly-once and without. Who comes first changes from round to round: servers grow with what they hold.
    async fn pair(&self, servers: &Servers, exact_first: bool) -> Result<(f64, f64)> {
        if exact_first {
            let exact = self.throughput(servers, EXACT).await?;
            return Ok((exact, self.throughput(servers, PLAIN).await?));
        }
        let plain = self.throughput(servers, PLAIN).await?;
        Ok((self.throughput(servers, EXACT).await?, plain))
    }

    /// Rows a second.
    async fn throughput(&self, servers: &Servers, delivery: &str) -> Result<f64> {
        let settings = format!("[kafka]\ndelivery = '{delivery}'\n");
        let stand = servers.stand(self.partitions, &settings).await?;
        stand.corner.send(webhooks(self.events)?).await?;
        let stages = ["loader", "activation", "enricher"].map(|stage| stand.corner.stage(stage));
        let warm = stand.until_stored(self.events / WARM_UP_SHARE).await?;
        let begun = Instant::now();
        let all = stand.until_stored(self.events).await?;
        let took = begun.elapsed();
        let doubled = stand.watcher.doubled(0).await?;
        for stage in stages {
            stage?.stop();
        }
        ensure!(
            all == self.events && doubled == 0,
            "{all} rows of {} events, doubled {doubled}",
            self.events
        );
        stand.clear().await?;
        Ok((all - warm) as f64 / took.as_secs_f64())
    }
}
