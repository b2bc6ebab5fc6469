//! A pipeline of its own to be broken: servers behind relays, two instances of each stage, all state in one folder.
use std::collections::{BTreeMap, BTreeSet};
use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail, ensure};
use local::clickhouse::{self, ADMIN, Credentials};
use local::keeper::Say;
use local::{Cache, Guarded, Keeper, Notice, kafka as broker};
use rustix::process::{Pid, Signal, kill_process};
use secrecy::ExposeSecret as _;
use toml::{Table, Value};

use super::disk::Disks;
use super::fault::{Disk, Part, Way};
use super::relay::{Relay, Weather};
use crate::command::Place;
use crate::command::dev::stages;
use crate::command::layers::lay_over;

/// The one source.
pub(super) const SOURCE: &str = "chaos";
const DATABASE: &str = "chaos";
const PARTITIONS: i64 = 4;
const READY_WITHIN: Duration = Duration::from_secs(90);
const LEDGER_WITHIN: Duration = Duration::from_secs(30);
const LEDGER_EVERY: Duration = Duration::from_secs(5);
/// Loaders insert several times a second, when nothing else is broken.
const INSERT_WITHIN: Duration = Duration::from_secs(20);
const LOOK_EVERY: Duration = Duration::from_millis(100);
/// Instances of each stage.
pub(super) const INSTANCES: usize = 2;

/// What runs, and where.
#[derive(Debug)]
pub(super) struct Corner {
    omni: PathBuf,
    /// What stages begin with until they are upgraded.
    previous: Option<PathBuf>,
    upgraded: BTreeSet<(Part, usize)>,
    folder: PathBuf,
    config: PathBuf,
    pub(super) password: String,
    /// Straight to the warehouse, as its administrator: faults are for the stages.
    pub(super) loader: omni_loader::Config,
    disks: Disks,
    ways: [Relay; 2],
    /// How it is on either way when nothing happens.
    usual: [Weather; 2],
    servers: BTreeMap<Part, Keeper>,
    stages: BTreeMap<(Part, usize), Keeper>,
    /// Collector and admin port of each instance.
    ports: Vec<u16>,
}

impl Corner {
    /// Starts the servers and makes topics and tables; no stage runs yet. `settings` is laid over the configuration. Disks are
    /// small where it may mount.
    pub(super) async fn start(
        folder: &Path,
        cache: &Cache,
        settings: Table,
        may_mount: bool,
        previous: Option<PathBuf>,
    ) -> Result<Self> {
        let omni = Place::omni()?;
        let ports = local::port::free(5 + Part::STAGES.len() * INSTANCES + INSTANCES)?;
        let (of_servers, of_stages) = ports.split_at(5);
        let [kafka, kafka_relay, controller, warehouse, warehouse_relay] = of_servers else {
            bail!("no ports are free");
        };
        let (servers, credentials) = start_servers(
            folder,
            cache,
            &omni,
            [*kafka, *kafka_relay, *controller, *warehouse],
        )?;
        let ways = [
            Relay::start(*kafka_relay, *kafka).await?,
            Relay::start(*warehouse_relay, *warehouse).await?,
        ];
        let password = uuid::Uuid::new_v4().simple().to_string();
        let mut tables = tables(&ways, &credentials, &password);
        lay_over(&mut tables, settings);
        let config = folder.join("omni.toml");
        std::fs::write(&config, tables.to_string())?;
        let mut loader = omni_loader::Config::load(Some(&config))?;
        ADMIN.clone_into(&mut loader.warehouse.user);
        loader.warehouse.password = Some(credentials.admin.clone().into());
        loader.warehouse.url = format!("http://127.0.0.1:{warehouse}");
        make_bases(&loader).await?;
        let corner = Self {
            omni,
            previous,
            upgraded: BTreeSet::new(),
            folder: folder.to_owned(),
            config,
            password,
            loader,
            disks: Disks::mount(folder, may_mount)?,
            ways,
            usual: [Weather::Clear; 2],
            servers,
            stages: BTreeMap::new(),
            ports: of_stages.to_vec(),
        };
        match &corner.previous {
            Some(previous) => corner.make_all(previous).await?,
            None => corner.upgrade_tables().await?,
        }
        Ok(corner)
    }

    /// Topics and tables as this version wants them.
    pub(super) async fn upgrade_tables(&self) -> Result<()> {
        self.make_all(&self.omni).await
    }

    /// Topics and tables as a version of the tool wants them.
    async fn make_all(&self, omni: &Path) -> Result<()> {
        for words in [["topics", "create"].as_slice(), ["migrate"].as_slice()] {
            let password = self.loader.warehouse.password.as_ref();
            let made = tokio::process::Command::new(omni)
                .args(words)
                .arg("--config")
                .arg(&self.config)
                .env("OMNI_WAREHOUSE__URL", &self.loader.warehouse.url)
                .env("OMNI_WAREHOUSE__USER", ADMIN)
                .env(
                    "OMNI_WAREHOUSE__PASSWORD",
                    password.map_or("", |password| password.expose_secret()),
                )
                .output()
                .await?;
            ensure!(
                made.status.success(),
                "`omni {}` of {} failed: {}",
                words.join(" "),
                omni.display(),
                String::from_utf8_lossy(&made.stderr)
            );
        }
        Ok(())
    }

    /// Stops an instance, and starts it as this version; one that does not run starts as this version when it comes.
    pub(super) fn upgrade(&mut self, part: Part, instance: usize) -> Result<()> {
        self.upgraded.insert((part, instance));
        if !self.runs(part, instance) {
            return Ok(());
        }
        self.end(part, instance);
        self.begin(part, instance)
    }

    /// Where webhooks go, by instance.
    pub(super) fn collectors(&self) -> Vec<String> {
        let first = Part::STAGES.len() * INSTANCES;
        let ports = self.ports.iter().skip(first);
        ports.map(|port| format!("http://127.0.0.1:{port}")).collect()
    }

    /// Starts an instance of a stage and keeps it running; nothing when it runs.
    pub(super) fn begin(&mut self, part: Part, instance: usize) -> Result<()> {
        if self.stages.contains_key(&(part, instance)) {
            return Ok(());
        }
        let words: Vec<OsString> = vec![
            "stage".into(),
            part.name().into(),
            "--config".into(),
            self.config.clone().into(),
        ];
        let log = self.folder.join("logs").join(format!("{part}-{instance}.log"));
        let mut launch = stages::launch(&self.omni, part.name(), words, log);
        launch.environment.extend(self.environment(part, instance));
        if let Some(previous) = &self.previous
            && !self.upgraded.contains(&(part, instance))
        {
            launch.program = previous.into();
        }
        let child = Guarded::spawn(&launch)?;
        let again = move |_: &dyn Fn() -> bool| Guarded::spawn(&launch);
        let name = format!("{part}-{instance}");
        let keeper = Keeper::keep(name, child, Box::new(again), silent());
        self.stages.insert((part, instance), keeper);
        Ok(())
    }

    /// Stops an instance as an operator would.
    pub(super) fn end(&mut self, part: Part, instance: usize) {
        self.stages.remove(&(part, instance));
    }

    pub(super) fn runs(&self, part: Part, instance: usize) -> bool {
        self.stages.contains_key(&(part, instance))
    }

    /// Waits until an instance says that it is ready.
    pub(super) async fn until_ready(&self, part: Part, instance: usize) -> Result<()> {
        let client = reqwest::Client::builder()
            .no_proxy()
            .timeout(Duration::from_secs(2))
            .build()?;
        let url = format!("http://127.0.0.1:{}/readyz", self.admin_port(part, instance));
        let until = Instant::now() + READY_WITHIN;
        loop {
            if client
                .get(&url)
                .send()
                .await
                .is_ok_and(|answer| answer.status().is_success())
            {
                return Ok(());
            }
            ensure!(
                Instant::now() < until,
                "{part} is not ready; {} says more",
                self.folder.join("logs").display()
            );
            tokio::time::sleep(LOOK_EVERY).await;
        }
    }

    /// Sends a signal to a part; `false` when none runs. Of a stage the given instance, else the other.
    pub(super) fn signal(&self, part: Part, instance: usize, signal: Signal) -> bool {
        let keeper = self.servers.get(&part).or_else(|| {
            self.stages
                .get(&(part, instance))
                .or_else(|| self.stages.get(&(part, 1 - instance.min(1))))
        });
        let pid = keeper.and_then(|keeper| Pid::from_raw(i32::try_from(keeper.pid()).ok()?));
        pid.is_some_and(|pid| kill_process(pid, signal).is_ok())
    }

    pub(super) fn weather(&self, way: Way, weather: Weather) {
        let [kafka, warehouse] = &self.ways;
        match way {
            Way::ToKafka => kafka.set(weather),
            Way::ToClickHouse => warehouse.set(weather),
        }
    }

    /// Kills the loaders once one waits for an insert in this weather, if one does so in time.
    pub(super) async fn kill_amid(&self, weather: Weather) -> bool {
        let [_, warehouse] = &self.ways;
        warehouse.set(weather);
        let is_held = warehouse.holds_another(INSERT_WITHIN).await;
        for instance in (0..INSTANCES).filter(|instance| is_held && self.runs(Part::Loader, *instance)) {
            self.signal(Part::Loader, instance, Signal::KILL);
        }
        self.clear(Way::ToClickHouse);
        is_held
    }

    /// What `omni ledger` says of the whole run, told in full when it does not balance or is `asked_in_full`. A hole in a
    /// collector's count may only be a heartbeat that has not come yet: asked again for a while.
    pub(super) async fn ledger_balances(&self, asked_in_full: bool) -> Result<bool> {
        let until = Instant::now() + LEDGER_WITHIN;
        loop {
            let answer = tokio::process::Command::new(&self.omni)
                .args(["ledger", "--since", "6h", "--config"])
                .arg(&self.config)
                .output()
                .await?;
            let balances = answer.status.success();
            let is_over = balances || Instant::now() > until;
            if is_over && (asked_in_full || !balances) {
                println!(
                    "{}{}",
                    String::from_utf8_lossy(&answer.stdout),
                    String::from_utf8_lossy(&answer.stderr)
                );
            }
            if is_over {
                return Ok(balances);
            }
            tokio::time::sleep(LEDGER_EVERY).await;
        }
    }

    /// `false` when it cannot be filled here.
    pub(super) fn fill(&self, disk: Disk) -> Result<bool> {
        self.disks.fill(disk)
    }

    pub(super) fn empty(&self, disk: Disk) {
        self.disks.empty(disk);
    }

    /// From now on it is slow when nothing worse happens.
    pub(super) fn slow_down(&mut self, way: Way, pause: Duration) {
        let [kafka, warehouse] = &mut self.usual;
        let usual = match way {
            Way::ToKafka => kafka,
            Way::ToClickHouse => warehouse,
        };
        *usual = Weather::Slow(pause);
        self.clear(way);
    }

    /// As it usually is.
    pub(super) fn clear(&self, way: Way) {
        let [kafka, warehouse] = self.usual;
        match way {
            Way::ToKafka => self.weather(way, kafka),
            Way::ToClickHouse => self.weather(way, warehouse),
        }
    }

    /// Nothing is slow any more either.
    pub(super) fn calm(&mut self) {
        self.usual = [Weather::Clear; 2];
        self.clear(Way::ToKafka);
        self.clear(Way::ToClickHouse);
    }

    fn admin_port(&self, part: Part, instance: usize) -> u16 {
        let stage = Part::STAGES.iter().position(|stage| *stage == part).unwrap_or(0);
        self.ports
            .get(stage * INSTANCES + instance)
            .copied()
            .unwrap_or_default()
    }

    fn environment(&self, part: Part, instance: usize) -> Vec<(String, String)> {
        let table = part.name().to_uppercase();
        let admin = format!("127.0.0.1:{}", self.admin_port(part, instance));
        let mut environment = vec![
            ("OMNI_STAGE__INSTANCE".to_owned(), instance.to_string()),
            (format!("OMNI_{table}__ADMIN_LISTEN"), admin),
        ];
        let own = |disk: Disk| {
            let folder = self.disks.folder(disk).join(instance.to_string());
            folder.display().to_string()
        };
        match part {
            Part::Collector => {
                let url = self.collectors().into_iter().nth(instance).unwrap_or_default();
                let listen = url.trim_start_matches("http://").to_owned();
                environment.push(("OMNI_COLLECTOR__LISTEN".to_owned(), listen));
                environment.push(("OMNI_COLLECTOR__SPOOL_DIR".to_owned(), own(Disk::Spool)));
            }
            Part::Enricher => environment.push(("OMNI_ENRICHER__STATE_DIR".to_owned(), own(Disk::Store))),
            Part::Activation | Part::Loader | Part::Kafka | Part::ClickHouse => {}
        }
        environment
    }
}

impl Drop for Corner {
    /// Stages first, all at once, then the servers they speak to.
    fn drop(&mut self) {
        self.calm();
        self.stages.values().for_each(Keeper::begin_stop);
        self.stages.clear();
        self.servers.values().for_each(Keeper::begin_stop);
        self.servers.clear();
    }
}

/// The report tells what was broken; what was started again is no news.
fn silent() -> Say {
    Arc::new(|_: Notice| {})
}

fn start_servers(
    folder: &Path,
    cache: &Cache,
    omni: &Path,
    [kafka, kafka_relay, controller, warehouse]: [u16; 4],
) -> Result<(BTreeMap<Part, Keeper>, Credentials)> {
    let settings = broker::Settings {
        omni: omni.to_owned(),
        jars: broker::fetch(cache)?,
        directory: folder.join("kafka"),
        log: folder.join("logs").join("kafka.log"),
        port: kafka,
        controller_port: controller,
        advertised_port: Some(kafka_relay),
        secured: None,
        remove: None,
    };
    let engine = clickhouse::Settings {
        omni: omni.to_owned(),
        library: clickhouse::fetch(cache)?,
        directory: folder.join("clickhouse"),
        log: folder.join("logs").join("clickhouse.log"),
        port: warehouse,
        database: DATABASE.to_owned(),
        memory_bytes_max: clickhouse::MEMORY_BYTES_MAX,
        remove: None,
    };
    let server = clickhouse::start(&engine)?;
    let started = broker::start(&settings, &|| false)?;
    let mut servers = BTreeMap::new();
    let again = move |give_up: &dyn Fn() -> bool| broker::start(&settings, give_up);
    servers.insert(
        Part::Kafka,
        Keeper::keep("kafka", started, Box::new(again), silent()),
    );
    let again = move |_: &dyn Fn() -> bool| clickhouse::start(&engine).map(|server| server.guarded);
    let keeper = Keeper::keep("clickhouse", server.guarded, Box::new(again), silent());
    servers.insert(Part::ClickHouse, keeper);
    Ok((servers, server.credentials))
}

/// The base tables as they are but for their engine, straight to the server. They do not merge doubles away: they are to be seen.
async fn make_bases(loader: &omni_loader::Config) -> Result<()> {
    let database = &loader.warehouse.database;
    let mut server = loader.warehouse.clone();
    "default".clone_into(&mut server.database);
    warehouse::Warehouse::connect(&server)?
        .execute(&format!("CREATE DATABASE IF NOT EXISTS {database}"))
        .await?;
    let warehouse = warehouse::Warehouse::connect(&loader.warehouse)?;
    for template in omni_loader::fed(loader)? {
        let base = template
            .migrations()
            .first()
            .with_context(|| format!("template {} has no tables", template.key()))?;
        warehouse.execute(&unmerged(&base.sql)).await?;
    }
    Ok(())
}

/// The table as it is, but for its engine, which would fold what is there twice.
fn unmerged(sql: &str) -> String {
    sql.replace("${family}ReplacingMergeTree(event_ver)", "MergeTree")
        .replace("${on_cluster}", "")
        .replace("${window}", "non_replicated_deduplication_window")
        .replace("${small_inserts},", "")
}

fn tables(ways: &[Relay; 2], credentials: &Credentials, password: &str) -> Table {
    let [kafka, warehouse] = ways;
    let text = |text: String| Value::String(text);
    let mut tables = Table::new();
    let mut set = |table: &str, key: &str, value: Value| {
        let entry = tables.entry(table).or_insert_with(|| Value::Table(Table::new()));
        if let Value::Table(entry) = entry {
            entry.insert(key.to_owned(), value);
        }
    };
    set("kafka", "bootstrap", text(format!("127.0.0.1:{}", kafka.port)));
    set("kafka", "partitions", Value::Integer(PARTITIONS));
    set(
        "warehouse",
        "url",
        text(format!("http://127.0.0.1:{}", warehouse.port)),
    );
    set("warehouse", "database", text(DATABASE.to_owned()));
    set("warehouse", "user", text(clickhouse::WRITER.to_owned()));
    set("warehouse", "password", text(credentials.writer.clone()));
    // Soon known, whatever happens: a collector that restarts tells of its boots.
    set("collector", "heartbeat_ms", Value::Integer(2_000));
    set("loader", "archive_window_ms", Value::Integer(500));
    set("stage", "stop_ms_max", Value::Integer(3_000));
    let mut source = Table::new();
    source.insert("user".to_owned(), SOURCE.into());
    source.insert("password".to_owned(), password.into());
    let mut sources = Table::new();
    sources.insert(SOURCE.to_owned(), Value::Table(source));
    tables.insert("source".to_owned(), Value::Table(sources));
    tables
}
