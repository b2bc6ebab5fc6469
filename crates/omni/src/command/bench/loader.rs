//! `omni bench loader`: what a row costs from omni.flat to the table, beside ClickHouse's own Kafka engine.
//!
//! Both get the same events at the same pace, one after the other, on the same broker and server, with fresh topics and fresh
//! tables of the same kind (views and all). The loader validates each event against the whole schema, the engine its enumerations and ranges.

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use anyhow::{Context, Result};
use template::{Registry, Template};

use super::engine;
use super::flat::Flat;
use super::own::{Servers, Stand};
use super::processes::Reading;
use crate::command::Place;

const TEMPLATE: &str = "pipedrive-deals/2.0";
/// Different events that the load is made of.
const POOL: u64 = 5_000;
const LOADER: &str = "loader";
const SETTLE_MAX: Duration = Duration::from_mins(2);
const LOOK_EVERY: Duration = Duration::from_millis(100);

/// CPU of a row from topic to table, with validation, beside ClickHouse's Kafka engine, which checks enumerations and ranges alone.
#[derive(Debug, clap::Args)]
#[command(after_help = "Example:
  omni bench loader --rate 5000 --seconds 30 --rounds 3")]
pub(crate) struct Loader {
    /// Flat events a second
    #[arg(long, default_value_t = 5_000, value_parser = clap::value_parser!(u64).range(1..=50_000))]
    rate: u64,
    /// Seconds measured, after the warm-up
    #[arg(long, default_value_t = 30, value_parser = clap::value_parser!(u64).range(1..=600))]
    seconds: u64,
    /// Seconds of the same load before
    #[arg(long, default_value_t = 10)]
    warm_up_seconds: u64,
    /// Each round measures both
    #[arg(long, default_value_t = 3, value_parser = clap::value_parser!(u64).range(1..=20))]
    rounds: u64,
    /// Partitions of the topic
    #[arg(long, default_value_t = 1, value_parser = clap::value_parser!(i32).range(1..=64))]
    partitions: i32,
    #[command(flatten)]
    place: Place,
}

/// CPU of one row, in microseconds.
#[derive(Debug, Clone, Copy)]
struct Cost {
    loader: f64,
    clickhouse: f64,
    kafka: f64,
    others_share: f64,
}

impl Cost {
    fn sum(self) -> f64 {
        self.loader + self.clickhouse
    }
}

impl Loader {
    pub(crate) async fn run(self) -> Result<()> {
        let registry = Registry::builtin()?;
        let template = registry.get(TEMPLATE).context("no such template")?;
        let servers = Servers::start(self.place.cache()).await?;
        eprintln!("making {POOL} flat events");
        let flat = Flat::make(&servers, self.partitions, POOL).await?;
        println!(
            "{} events/s for {} s, {} partitions, µs of CPU a row",
            self.rate, self.seconds, self.partitions
        );
        let mut ratios = Vec::new();
        for round in 1..=self.rounds {
            let ours = self.of_loader(&servers, &flat).await?;
            println!(
                "round {round}  omni {:6.1} (loader {:.1}, clickhouse {:.1}; kafka {:.1}; others {:.1} % of the machine)",
                ours.sum(),
                ours.loader,
                ours.clickhouse,
                ours.kafka,
                ours.others_share * 100.0
            );
            let theirs = self.of_engine(&servers, &flat, template).await?;
            println!(
                "round {round}  kafka engine {:6.1} (kafka {:.1}; others {:.1} % of the machine)",
                theirs.clickhouse,
                theirs.kafka,
                theirs.others_share * 100.0
            );
            ratios.push(ours.sum() / theirs.sum());
        }
        println!("omni / engine   {}", super::figures::spread(&mut ratios));
        Ok(())
    }

    async fn of_loader(&self, servers: &Servers, flat: &Flat) -> Result<Cost> {
        let stand = servers.stand(self.partitions, "").await?;
        let loader = stand.corner.stage(LOADER)?;
        let pids = servers.pids().into_iter().chain([(LOADER, loader.pid())]);
        let cost = self.measure(&stand, flat, pids).await?;
        loader.stop();
        stand.clear().await?;
        Ok(cost)
    }

    async fn of_engine(&self, servers: &Servers, flat: &Flat, template: &Template) -> Result<Cost> {
        let stand = servers.stand(self.partitions, "").await?;
        engine::fill(&stand, template, &flat.keys()?).await?;
        let cost = self.measure(&stand, flat, servers.pids()).await?;
        engine::stop(&stand).await?;
        stand.clear().await?;
        Ok(cost)
    }

    async fn measure(
        &self,
        stand: &Stand,
        flat: &Flat,
        pids: impl IntoIterator<Item = (&'static str, u32)>,
    ) -> Result<Cost> {
        let mut pids: BTreeMap<String, u32> = pids
            .into_iter()
            .map(|(name, pid)| (name.to_owned(), pid))
            .collect();
        pids.insert("bench".to_owned(), std::process::id());
        let warm = self.rate * self.warm_up_seconds;
        let all = warm + self.rate * self.seconds;
        // The first one waits for whoever reads to be there.
        flat.send(&stand.corner, 0..1, self.rate).await?;
        stand.until_stored(1).await?;
        flat.send(&stand.corner, 1..warm.max(1), self.rate).await?;
        stand.until_stored(warm).await?;
        let before = Reading::take(&pids);
        flat.send(&stand.corner, warm.max(1)..all, self.rate).await?;
        stand.until_stored(all).await?;
        until_merged(stand).await?;
        let after = Reading::take(&pids);
        let rows = (all - warm) as f64;
        let cost = |name: &str| after.cpu_since(&before, name).as_secs_f64() * 1e6 / rows;
        Ok(Cost {
            loader: cost(LOADER),
            clickhouse: cost("clickhouse"),
            kafka: cost("kafka"),
            others_share: after.others_share_since(&before),
        })
    }
}

/// What merges cost belongs to the rows.
async fn until_merged(stand: &Stand) -> Result<()> {
    let deadline = Instant::now() + SETTLE_MAX;
    let mut quiet = 0;
    while quiet < 10 && Instant::now() < deadline {
        quiet = if stand.watcher.merges().await? == 0 {
            quiet + 1
        } else {
            0
        };
        tokio::time::sleep(LOOK_EVERY).await;
    }
    Ok(())
}
