//! Apache Kafka and ClickHouse for `omni dev`: fetched, started, and started again when they end.

use super::folder::Folder;
use super::ports::Ports;
use super::talk::say;
use local::clickhouse::{self, Credentials, Server};
use local::keeper::Say;
use local::{Cache, Guarded, Keeper, kafka};
use std::path::Path;

/// What the stages keep in ClickHouse.
pub(super) const DATABASE: &str = "omni";

#[derive(Debug)]
pub(super) struct Servers {
    pub(super) kafka: Keeper,
    pub(super) clickhouse: Keeper,
    pub(super) credentials: Credentials,
}

/// One line for each program that is missing, before anything is downloaded or started.
pub(super) fn check_tools(cache: &Cache) -> anyhow::Result<()> {
    let missing = kafka::missing_tools(cache)
        .into_iter()
        .chain(clickhouse::missing_tools(cache));
    let missing: Vec<String> = missing.map(|error| error.to_string()).collect();
    if missing.is_empty() {
        Ok(())
    } else {
        anyhow::bail!(missing.join("\nomni: "))
    }
}

impl Servers {
    /// Both at once; returns when both take requests.
    pub(super) fn start(
        omni: &Path,
        cache: &Cache,
        folder: &Folder,
        ports: &Ports,
        say_notice: &Say,
        give_up: &(dyn Fn() -> bool + Sync),
    ) -> anyhow::Result<Self> {
        if !kafka::are_fetched(cache) {
            say(format_args!(
                "fetching Apache Kafka {} with Maven (44 MB, once)",
                kafka::VERSION
            ));
        }
        let jars = kafka::fetch(cache)?;
        if !clickhouse::is_fetched(cache) {
            say(format_args!(
                "fetching ClickHouse {} with npm (178 MB, once)",
                clickhouse::VERSION
            ));
        }
        let library = clickhouse::fetch(cache)?;
        let broker = kafka::Settings {
            omni: omni.to_owned(),
            jars,
            directory: folder.path("kafka"),
            log: folder.log("kafka"),
            port: ports.kafka,
            controller_port: ports.controller,
            advertised_port: None,
            secured: None,
            remove: None,
        };
        let engine = clickhouse::Settings {
            omni: omni.to_owned(),
            library,
            directory: folder.path("clickhouse"),
            log: folder.log("clickhouse"),
            port: ports.clickhouse,
            database: DATABASE.to_owned(),
            memory_bytes_max: clickhouse::MEMORY_BYTES_MAX,
            remove: None,
        };
        let (kafka, server) = start_both(&broker, &engine, give_up)?;
        say(format_args!(
            "Apache Kafka {} at {}",
            kafka::VERSION,
            broker.bootstrap()
        ));
        say(format_args!(
            "ClickHouse {} at {}",
            clickhouse::VERSION,
            server.url()
        ));
        let again = move |give_up: &dyn Fn() -> bool| kafka::start(&broker, give_up);
        let kafka = Keeper::keep("kafka", kafka, Box::new(again), Say::clone(say_notice));
        let again = move |_: &dyn Fn() -> bool| clickhouse::start(&engine).map(|server| server.guarded);
        let clickhouse = Keeper::keep(
            "clickhouse",
            server.guarded,
            Box::new(again),
            Say::clone(say_notice),
        );
        Ok(Self {
            kafka,
            clickhouse,
            credentials: server.credentials,
        })
    }
}

fn start_both(
    broker: &kafka::Settings,
    engine: &clickhouse::Settings,
    give_up: &(dyn Fn() -> bool + Sync),
) -> Result<(Guarded, Server), local::Error> {
    std::thread::scope(|scope| {
        let kafka = scope.spawn(|| kafka::start(broker, give_up));
        let server = clickhouse::start(engine);
        let failed = |_| local::Error::Failed {
            what: "Apache Kafka".into(),
            detail: "its start panicked".into(),
        };
        let kafka = kafka.join().unwrap_or_else(|panic| Err(failed(panic)))?;
        Ok((kafka, server?))
    })
}
