//! `omni chaos`: a pipeline of its own is broken in every way for a while; then ids are counted.

mod corner;
mod disk;
mod fault;
mod generator;
mod oracle;
mod relay;

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, ensure};
use corner::{Corner, INSTANCES};
use fault::{Disk, Fault, Part, Recipe, Way};
use generator::Generator;
use oracle::{Oracle, Verdict};
use rustix::process::Signal;
use stage::Shutdown;
use toml::Table;

use super::Place;

/// Break a pipeline of its own for a while, then prove that nothing was lost and nothing doubled.
///
/// Starts Kafka, ClickHouse and two instances of each stage in a folder of their own, posts webhooks and remembers which were
/// acknowledged. Meanwhile kills (kill -9) every part, freezes some beyond their session, cuts, slows and silences the ways to
/// Kafka and ClickHouse, fills the disks of spools and states, lets second instances come and go. Then it counts: every
/// acknowledged id must be loaded, rejected or filtered, no event may have two rows (without FINAL), latest states and figures must equal a recount.
/// The status is 1 when anything is wrong; the folder with all logs is kept then.
///
/// With --previous it is a rolling upgrade: that version makes the topics and tables and begins all stages; in the second half of
/// the run this version brings them up to date and takes one instance after the other over, while faults go on.
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:
  omni chaos --minutes 10 --seed 1      what a seed draws is the same each time
  omni chaos --seconds 60 --kill-every-seconds 5 --parts loader,clickhouse
  omni chaos --minutes 4 --previous ../before/target/release/omni")]
pub(crate) struct Chaos {
    /// How long things are broken.
    #[arg(long, default_value_t = 2, conflicts_with = "seconds")]
    minutes: u64,
    /// The same in seconds.
    #[arg(long)]
    seconds: Option<u64>,
    /// Seeds, one run each: `1`, `1..5`, or `1,7`.
    #[arg(long, default_value = "1", value_parser = seeds)]
    seed: Seeds,
    /// Webhooks a second.
    #[arg(long, default_value_t = 100, value_parser = clap::value_parser!(u64).range(1..=2_000))]
    rate: u64,
    /// Between two kills.
    #[arg(long, default_value_t = 10, value_parser = clap::value_parser!(u64).range(1..=600))]
    kill_every_seconds: u64,
    /// What may be killed: any of collector, enricher, activation, loader, kafka, clickhouse.
    #[arg(long, value_delimiter = ',', value_parser = part)]
    parts: Vec<Part>,
    /// What each piece on the way to ClickHouse waits at all times, in milliseconds: inserts take longer, and kills fall into
    /// them.
    #[arg(long, default_value_t = 0)]
    clickhouse_ms: u64,
    /// The same on the way to Kafka.
    #[arg(long, default_value_t = 0)]
    kafka_ms: u64,
    /// How long the last events may take once nothing is broken any more: sessions, deadlines and backoffs end within it.
    #[arg(long, default_value_t = 240)]
    settle_seconds: u64,
    /// The `omni` of a version before this one: upgraded from, while the pipeline runs.
    #[arg(long, value_name = "OMNI")]
    previous: Option<PathBuf>,
    /// Settings laid over the pipeline's own.
    #[arg(long, value_name = "FILE")]
    config: Option<PathBuf>,
    /// Where state and logs go; a folder of its own under the system's temporary ones by default.
    #[arg(long, value_name = "DIR")]
    state_dir: Option<PathBuf>,
    /// This process may mount: it was started so by itself.
    #[arg(long, hide = true)]
    own_mounts: bool,
    #[command(flatten)]
    place: Place,
}

/// Seeds of the runs.
#[derive(Debug, Clone)]
struct Seeds(Vec<u64>);

fn seeds(text: &str) -> Result<Seeds, String> {
    let number = |text: &str| text.parse::<u64>().map_err(|_| format!("`{text}` is no seed"));
    if let Some((first, last)) = text.split_once("..") {
        return Ok(Seeds(
            (number(first)?..=number(last.trim_start_matches('='))?).collect(),
        ));
    }
    Ok(Seeds(text.split(',').map(number).collect::<Result<_, _>>()?))
}

fn part(text: &str) -> Result<Part, String> {
    let known = Part::ALL.map(Part::name).join(", ");
    Part::named(text).ok_or_else(|| format!("there is no part {text}; there are {known}"))
}

impl Chaos {
    pub(crate) fn run(self) -> Result<ExitCode> {
        if !self.own_mounts {
            disk::with_mounts_of_its_own();
        }
        let runtime = tokio::runtime::Builder::new_multi_thread()
            .worker_threads(2)
            .enable_all()
            .build()?;
        let mut is_good = true;
        for seed in &self.seed.0 {
            is_good &= runtime.block_on(self.one(*seed))?;
        }
        Ok(ExitCode::from(u8::from(!is_good)))
    }

    async fn one(&self, seed: u64) -> Result<bool> {
        let folder = match &self.state_dir {
            Some(folder) => folder.join(format!("seed-{seed}")),
            None => std::env::temp_dir().join(format!("omni-chaos-{seed}-{}", std::process::id())),
        };
        ensure!(
            !folder.join("kafka").exists(),
            "{} holds an earlier run: choose another --state-dir",
            folder.display()
        );
        std::fs::create_dir_all(&folder)?;
        let folder = folder.canonicalize()?;
        let recipe = Recipe {
            seed,
            length: Duration::from_secs(self.seconds.unwrap_or(self.minutes * 60)),
            kill_every: Duration::from_secs(self.kill_every_seconds),
            parts: if self.parts.is_empty() {
                Part::ALL.to_vec()
            } else {
                self.parts.clone()
            },
            is_upgrade: self.previous.is_some(),
        };
        let verdict = self.broken(&folder, &recipe).await?;
        if verdict.is_good() {
            std::fs::remove_dir_all(&folder).context("could not remove the run's folder")?;
        } else {
            println!("kept: {}", folder.display());
        }
        Ok(verdict.is_good())
    }

    async fn broken(&self, folder: &Path, recipe: &Recipe) -> Result<Verdict> {
        println!(
            "seed {}: {} s at {}/s",
            recipe.seed,
            recipe.length.as_secs(),
            self.rate
        );
        let previous = self.previous.as_deref().map(Path::canonicalize).transpose();
        let previous = previous.context("the version before cannot be found (--previous)")?;
        let mut corner = Corner::start(
            folder,
            &self.place.cache(),
            self.settings()?,
            self.own_mounts,
            previous,
        )
        .await?;
        for part in Part::STAGES {
            corner.begin(part, 0)?;
        }
        for part in Part::STAGES {
            corner.until_ready(part, 0).await?;
        }
        corner.begin(Part::Collector, 1)?;
        corner.until_ready(Part::Collector, 1).await?;
        let generator = Generator::new(corner.collectors(), &corner.password)?;
        generator.entities().await?;
        for (way, pause) in [
            (Way::ToKafka, self.kafka_ms),
            (Way::ToClickHouse, self.clickhouse_ms),
        ] {
            if pause > 0 {
                corner.slow_down(way, Duration::from_millis(pause));
            }
        }
        let (over, shutdown) = Shutdown::pair();
        let posting = tokio::spawn({
            let (generator, rate) = (generator.clone(), self.rate);
            async move { generator.run(rate, shutdown).await }
        });
        let done = cause(&mut corner, recipe).await?;
        corner.calm();
        over.request();
        posting.await??;
        for part in Part::STAGES {
            corner.begin(part, 0)?;
        }
        // A collector that went may have left events in its spool: they wait for its next start.
        corner.begin(Part::Collector, INSTANCES - 1)?;
        let acknowledged = generator
            .acknowledged
            .lock()
            .unwrap_or_else(std::sync::PoisonError::into_inner)
            .uuids
            .clone();
        let begun = Instant::now();
        let warehouse = warehouse::Warehouse::connect(&corner.loader.warehouse)?;
        let oracle = Oracle::new(warehouse, &acknowledged).await?;
        let mut verdict = oracle.judge(Duration::from_secs(self.settle_seconds)).await?;
        report(recipe, &done, &generator, &verdict, begun.elapsed());
        verdict.ledger_balances = corner.ledger_balances(!verdict.counts_are_good()).await?;
        println!(
            "seed {}: the ledger {}; {}",
            recipe.seed,
            if verdict.ledger_balances {
                "balances"
            } else {
                "does NOT balance"
            },
            if verdict.is_good() { "good" } else { "NOT good" }
        );
        Ok(verdict)
    }

    fn settings(&self) -> Result<Table> {
        let Some(path) = &self.config else {
            return Ok(Table::new());
        };
        let text =
            std::fs::read_to_string(path).with_context(|| format!("could not read {}", path.display()))?;
        text.parse().with_context(|| format!("{}", path.display()))
    }
}

/// Lets the faults happen at their times, and mends everything at the end. How often each kind happened.
async fn cause(corner: &mut Corner, recipe: &Recipe) -> Result<BTreeMap<String, u32>> {
    let begun = tokio::time::Instant::now();
    let mut done: BTreeMap<String, u32> = BTreeMap::new();
    let mut mends: Vec<(Duration, Fault)> = Vec::new();
    for (at, fault) in fault::draw(recipe) {
        // What ends before the next fault is mended first.
        mends.sort_by_key(|(at, _)| *at);
        while let Some((due, _)) = mends.first().filter(|(due, _)| *due <= at) {
            tokio::time::sleep_until(begun + *due).await;
            let (_, fault) = mends.remove(0);
            mend(corner, fault);
        }
        tokio::time::sleep_until(begun + at).await;
        if happen(corner, fault).await? {
            *done.entry(kind(fault)).or_default() += 1;
            println!("{:>5.1} s  {fault}", begun.elapsed().as_secs_f64());
        }
        if let Some(long) = fault.lasts() {
            mends.push((at + long, fault));
        }
    }
    mends.sort_by_key(|(at, _)| *at);
    for (due, fault) in mends {
        tokio::time::sleep_until(begun + due).await;
        mend(corner, fault);
    }
    tokio::time::sleep_until(begun + recipe.length).await;
    Ok(done)
}

/// `false` when there was nothing to break.
async fn happen(corner: &mut Corner, fault: Fault) -> Result<bool> {
    Ok(match fault {
        Fault::Kill(part, instance) => corner.signal(part, instance, Signal::KILL),
        Fault::KillAmid(weather) => corner.kill_amid(weather).await,
        Fault::Freeze(part, instance, _) => corner.signal(part, instance, Signal::STOP),
        Fault::Second(part) => {
            let instance = INSTANCES - 1;
            if corner.runs(part, instance) {
                corner.end(part, instance);
            } else {
                corner.begin(part, instance)?;
            }
            true
        }
        Fault::Weather(way, weather, _) => {
            corner.weather(way, weather);
            true
        }
        Fault::Full(disk, _) => {
            let is_full = corner.fill(disk)?;
            if is_full && disk == Disk::Spool {
                corner.weather(Way::ToKafka, relay::Weather::Silent);
            }
            is_full
        }
        Fault::UpgradeTables => {
            corner.upgrade_tables().await?;
            true
        }
        Fault::Upgrade(part, instance) => {
            corner.upgrade(part, instance)?;
            true
        }
    })
}

fn mend(corner: &Corner, fault: Fault) {
    match fault {
        // Whichever was frozen: to the others it means nothing.
        Fault::Freeze(part, ..) => {
            for instance in 0..INSTANCES {
                corner.signal(part, instance, Signal::CONT);
            }
        }
        Fault::Weather(way, ..) => corner.clear(way),
        Fault::Full(disk, _) => {
            corner.empty(disk);
            if disk == Disk::Spool {
                corner.clear(Way::ToKafka);
            }
        }
        Fault::Kill(..)
        | Fault::KillAmid(_)
        | Fault::Second(_)
        | Fault::UpgradeTables
        | Fault::Upgrade(..) => {}
    }
}

fn kind(fault: Fault) -> String {
    match fault {
        Fault::Kill(part, _) => format!("kill {part}"),
        Fault::KillAmid(_) => format!("kill {} amid inserts", Part::Loader),
        Fault::Freeze(part, ..) => format!("freeze {part}"),
        Fault::Second(_) => "second instance".to_owned(),
        Fault::Weather(..) => "weather".to_owned(),
        Fault::Full(disk, _) => format!("full {}", disk.name()),
        Fault::UpgradeTables => "upgrade of the tables".to_owned(),
        Fault::Upgrade(..) => "upgrade of an instance".to_owned(),
    }
}

fn report(
    recipe: &Recipe,
    done: &BTreeMap<String, u32>,
    generator: &Generator,
    verdict: &Verdict,
    settled_in: Duration,
) {
    let faults: Vec<String> = done
        .iter()
        .map(|(kind, times)| format!("{kind} {times}"))
        .collect();
    println!("seed {}: {}", recipe.seed, faults.join(", "));
    {
        let acknowledged = generator
            .acknowledged
            .lock()
            .unwrap_or_else(std::sync::PoisonError::into_inner);
        println!(
            "posts {} in {} attempts, given up {}",
            acknowledged.posts, acknowledged.attempts, acknowledged.given_up
        );
    }
    println!(
        "acknowledged {}, loaded {}, rejected {}, filtered {}; settled in {:.1} s",
        verdict.acknowledged,
        verdict.loaded,
        verdict.rejected,
        verdict.filtered,
        settled_in.as_secs_f64()
    );
    println!(
        "lost {} {:?}, doubled {} {:?}, not archived {}",
        verdict.lost, verdict.lost_ids, verdict.doubled, verdict.doubled_ids, verdict.not_archived
    );
    println!(
        "against a recount: {} deals, {} facts, {} of {} contacts differ",
        verdict.deals_wrong, verdict.facts_wrong, verdict.contacts_wrong, verdict.contacts_counted
    );
}
