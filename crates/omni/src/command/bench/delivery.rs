//! `omni bench delivery`: what it costs to deliver an event to an HTTP endpoint, beside Bento's `http_client` output.
//!
//! Both drain the same events from the same broker, to the same sink in this process, signed (Standard Webhooks), with as many
//! requests in flight; each with fresh topics. Bento is measured twice: delivering alone, and with the same work as far as it has
//! it, a record of what became of each event. It keeps no order of an entity's events, and has no breaker.

use std::collections::BTreeMap;
use std::ffi::OsString;
use std::path::PathBuf;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, ensure};
use local::Guarded;

use super::flat::Flat;
use super::own::{Servers, Stand};
use super::processes::Reading;
use super::sink::Sink;
use crate::command::Place;
use crate::command::dev::stages;

/// Different events that the load is made of.
const POOL: u64 = 5_000;
/// Longest wait for the last event.
const SETTLE_MAX: Duration = Duration::from_mins(5);
const POLL: Duration = Duration::from_millis(20);
/// Part of the events that is not measured, at the start.
const WARM_UP_SHARE: u64 = 10;
/// How fast the events are put on the topic before anybody reads it.
const FILLED_A_SECOND: u64 = 20_000;
const SECRET: &str = "MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";
const NAME: &str = "reader";

/// Deliver events that lie on omni.flat to an HTTP endpoint: how many a second, and at what CPU, beside Bento.
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:
  omni bench delivery
  omni bench delivery --bento ./bento --rounds 3      bench/README.md says how to build it")]
pub(crate) struct Delivery {
    /// Events of a run; a tenth of them is not measured
    #[arg(long, default_value_t = 100_000, value_parser = clap::value_parser!(u64).range(1_000..=5_000_000))]
    events: u64,
    /// Requests at once
    #[arg(long, default_value_t = 64, value_parser = clap::value_parser!(u64).range(1..=1_000))]
    in_flight: u64,
    /// Partitions of the topic
    #[arg(long, default_value_t = 4, value_parser = clap::value_parser!(i32).range(1..=64))]
    partitions: i32,
    /// Each round measures both
    #[arg(long, default_value_t = 1, value_parser = clap::value_parser!(u64).range(1..=20))]
    rounds: u64,
    /// The program of Bento (https://warpstreamlabs.github.io/bento), where it is to be measured too
    #[arg(long, value_name = "PROGRAM")]
    bento: Option<PathBuf>,
    #[command(flatten)]
    place: Place,
}

/// What Bento does.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Work {
    /// It delivers.
    Delivers,
    /// It tells a topic of each delivery as well, as Omni does.
    TellsToo,
}

impl Work {
    const ALL: [Self; 2] = [Self::Delivers, Self::TellsToo];

    const fn name(self) -> &'static str {
        match self {
            Self::Delivers => "bento",
            Self::TellsToo => "bento, outcomes",
        }
    }

    /// As its settings write it.
    const fn output(self) -> &'static str {
        match self {
            Self::Delivers => "resource: endpoint",
            Self::TellsToo => {
                "broker: { pattern: fan_out_sequential, outputs: [{ resource: endpoint }, { resource: outcomes }] }"
            }
        }
    }
}

/// What a run came to.
#[derive(Debug, Clone, Copy)]
struct Cost {
    per_second: f64,
    /// Microseconds of CPU.
    per_event: f64,
    resident_bytes: u64,
    others_share: f64,
}

impl Delivery {
    pub(crate) async fn run(self) -> Result<()> {
        let servers = Servers::start(self.place.cache()).await?;
        eprintln!("making {POOL} flat events");
        let flat = Flat::make(&servers, self.partitions, POOL).await?;
        println!(
            "{} events, {} in flight, {} partitions",
            self.events, self.in_flight, self.partitions
        );
        let mut ratios: BTreeMap<Work, Vec<f64>> = BTreeMap::new();
        for round in 1..=self.rounds {
            let ours = self.of_omni(&servers, &flat).await?;
            print(round, "omni", ours);
            let Some(bento) = &self.bento else { continue };
            for work in Work::ALL {
                let theirs = self.of_bento(&servers, &flat, (bento, work)).await?;
                print(round, work.name(), theirs);
                let ratio = ours.per_event / theirs.per_event;
                ratios.entry(work).or_default().push(ratio);
            }
        }
        for (work, mut ratios) in ratios {
            let spread = super::figures::spread(&mut ratios);
            println!("omni / {:<16} {spread} of the CPU", work.name());
        }
        Ok(())
    }

    async fn of_omni(&self, servers: &Servers, flat: &Flat) -> Result<Cost> {
        let sink = Sink::listen().await?;
        let settings = format!(
            "[activation]\nroles = ['delivery']\n[destination.sink]\nurl = '{}'\nsecret = 'whsec_{SECRET}'\nin_flight_max = {}\n\
             allow_private_addresses = true\n",
            sink.url(),
            self.in_flight
        );
        let stand = servers.stand(self.partitions, &settings).await?;
        flat.send(&stand.corner, 0..self.events, FILLED_A_SECOND).await?;
        let stage = stand.corner.stage("activation")?;
        let cost = self.measure(&sink, stage.pid()).await?;
        stage.stop();
        stand.clear().await?;
        Ok(cost)
    }

    async fn of_bento(&self, servers: &Servers, flat: &Flat, bento: (&PathBuf, Work)) -> Result<Cost> {
        let sink = Sink::listen().await?;
        let stand = servers.stand(self.partitions, "").await?;
        flat.send(&stand.corner, 0..self.events, FILLED_A_SECOND).await?;
        let (program, _folder) = self.bento_on(&stand, &sink, bento)?;
        let cost = self.measure(&sink, program.pid()).await?;
        program.stop();
        stand.clear().await?;
        Ok(cost)
    }

    /// Bento, with the same work.
    fn bento_on(
        &self,
        stand: &Stand,
        sink: &Sink,
        (bento, work): (&PathBuf, Work),
    ) -> Result<(Guarded, tempfile::TempDir)> {
        let folder = tempfile::tempdir()?;
        let config = folder.path().join("bento.yaml");
        let kafka = &stand.corner.kafka;
        let text = BENTO
            .replace("${bootstrap}", &kafka.bootstrap)
            .replace("${topic}", &kafka::Topic::Flat.name(kafka))
            .replace("${outcomes}", &kafka::Topic::Deliveries.name(kafka))
            .replace("${output}", work.output())
            .replace("${url}", sink.url())
            .replace("${secret}", SECRET)
            .replace("${in_flight}", &self.in_flight.to_string());
        std::fs::write(&config, text)?;
        let words = ["-c".into(), OsString::from(&config)];
        let log = folder.path().join("bento.log");
        let launch = local::Launch {
            program: bento.into(),
            ..stages::launch(&Place::omni()?, "bento", words.to_vec(), log)
        };
        let program = Guarded::spawn(&launch).context("bento does not start")?;
        Ok((program, folder))
    }

    /// From a tenth of the events to the last.
    async fn measure(&self, sink: &Sink, pid: u32) -> Result<Cost> {
        let pids = BTreeMap::from([(NAME.to_owned(), pid), ("bench".to_owned(), std::process::id())]);
        until(sink, self.events / WARM_UP_SHARE).await?;
        let (before, begun, from) = (Reading::take(&pids), Instant::now(), sink.taken());
        until(sink, self.events).await?;
        let (after, took) = (Reading::take(&pids), begun.elapsed());
        let events = (sink.taken() - from).max(1) as f64;
        Ok(Cost {
            per_second: events / took.as_secs_f64(),
            per_event: after.cpu_since(&before, NAME).as_secs_f64() * 1e6 / events,
            resident_bytes: after.processes.get(NAME).map_or(0, |used| used.resident_bytes),
            others_share: after.others_share_since(&before),
        })
    }
}

async fn until(sink: &Sink, events: u64) -> Result<()> {
    let deadline = Instant::now() + SETTLE_MAX;
    while sink.taken() < events {
        ensure!(
            Instant::now() < deadline,
            "only {} of {events} events came within {SETTLE_MAX:?}",
            sink.taken()
        );
        tokio::time::sleep(POLL).await;
    }
    Ok(())
}

fn print(round: u64, what: &str, cost: Cost) {
    println!(
        "round {round}  {what:<15} {:7.0} deliveries/s, {:6.1} µs of CPU each ({:.0} a second on one core), {:.0} MiB, others {:.1} % of \
         the machine",
        cost.per_second,
        cost.per_event,
        1e6 / cost.per_event,
        cost.resident_bytes as f64 / (1024.0 * 1024.0),
        cost.others_share * 100.0
    );
}

/// The settings of Bento; `${…}` is filled in.
const BENTO: &str = include_str!("bento.yaml");
