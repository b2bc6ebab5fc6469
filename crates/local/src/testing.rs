//! Real Kafka and ClickHouse for the tests of every crate.
//!
//! `omni services -- COMMAND` starts both once and names them in `OMNI_TEST_…`; without it each test process
//! starts its own on first use, which end with the process. Tests share them: each takes topics of its own
//! prefix and a database of its own.
#![allow(
    clippy::expect_used,
    reason = "a test that has no server must fail, with the reason"
)]
#![allow(
    clippy::disallowed_methods,
    reason = "test support is told by the environment, as the tests themselves are"
)]

use crate::{Cache, Error, Guarded, clickhouse, kafka, port};
use std::path::{Path, PathBuf};
use std::sync::OnceLock;

mod authority;
mod broker;
mod secured;

pub use authority::{Authority, Certified};
pub use broker::Broker;
pub use secured::{SecuredBroker, Wanted};

pub const KAFKA: &str = "OMNI_TEST_KAFKA";
pub const CLICKHOUSE_URL: &str = "OMNI_TEST_CLICKHOUSE_URL";
pub const CLICKHOUSE_USER: &str = "OMNI_TEST_CLICKHOUSE_USER";
pub const CLICKHOUSE_PASSWORD: &str = "OMNI_TEST_CLICKHOUSE_PASSWORD";
pub const CLICKHOUSE_DASHBOARD_USER: &str = "OMNI_TEST_CLICKHOUSE_DASHBOARD_USER";
pub const CLICKHOUSE_DASHBOARD_PASSWORD: &str = "OMNI_TEST_CLICKHOUSE_DASHBOARD_PASSWORD";

/// Another program may take a free port before the broker does.
const START_ATTEMPTS_MAX: u32 = 3;

#[derive(Debug, Clone)]
pub struct ClickHouseAddress {
    pub url: String,
    /// May do everything, also create databases.
    pub user: String,
    pub password: String,
    /// Reads every database and writes none.
    pub dashboard_user: String,
    pub dashboard_password: String,
}

/// The bootstrap address of the tests' Kafka.
///
/// # Panics
/// When there is none and none can be started.
pub fn kafka() -> &'static str {
    static STARTED: OnceLock<(String, Option<Guarded>)> = OnceLock::new();
    let (bootstrap, _) = STARTED.get_or_init(|| {
        if let Some(bootstrap) = variable(KAFKA) {
            return (bootstrap, None);
        }
        let (bootstrap, broker) = own_kafka(&omni(), &cache()).expect("Apache Kafka for the tests");
        (bootstrap, Some(broker))
    });
    bootstrap
}

/// The address of the tests' ClickHouse.
///
/// # Panics
/// When there is none and none can be started.
pub fn clickhouse() -> &'static ClickHouseAddress {
    static STARTED: OnceLock<(ClickHouseAddress, Option<clickhouse::Server>)> = OnceLock::new();
    let (address, _) = STARTED.get_or_init(|| {
        if let Some(address) = given_clickhouse() {
            return (address, None);
        }
        let server = own_clickhouse(&omni(), &cache()).expect("ClickHouse for the tests");
        (ClickHouseAddress::of(&server), Some(server))
    });
    address
}

impl ClickHouseAddress {
    pub fn of(server: &clickhouse::Server) -> Self {
        Self {
            url: server.url(),
            user: clickhouse::ADMIN.to_owned(),
            password: server.credentials.admin.clone(),
            dashboard_user: clickhouse::DASHBOARD.to_owned(),
            dashboard_password: server.credentials.dashboard.clone(),
        }
    }
}

/// A broker on free ports whose data go with it.
pub fn own_kafka(omni: &Path, cache: &Cache) -> Result<(String, Guarded), Error> {
    let (settings, broker) = kafka_in(omni, cache, |directory| Some(directory.to_owned()))?;
    Ok((settings.bootstrap(), broker))
}

/// A broker on free ports in a new directory; `remove` says what goes when it has ended.
fn kafka_in(
    omni: &Path,
    cache: &Cache,
    remove: impl Fn(&Path) -> Option<PathBuf>,
) -> Result<(kafka::Settings, Guarded), Error> {
    start_kafka(omni, cache, None, remove)
}

fn start_kafka(
    omni: &Path,
    cache: &Cache,
    secured: Option<&kafka::Secured>,
    remove: impl Fn(&Path) -> Option<PathBuf>,
) -> Result<(kafka::Settings, Guarded), Error> {
    let jars = kafka::fetch(cache)?;
    let mut attempt = 1;
    loop {
        let ports = port::free(2)?;
        let directory = temporary()?;
        let settings = kafka::Settings {
            omni: omni.to_owned(),
            jars: jars.clone(),
            directory: directory.join("kafka"),
            log: directory.join("kafka.log"),
            port: ports.first().copied().unwrap_or_default(),
            controller_port: ports.last().copied().unwrap_or_default(),
            advertised_port: None,
            secured: secured.cloned(),
            remove: remove(&directory),
        };
        match kafka::start(&settings, &|| false) {
            Ok(broker) => return Ok((settings, broker)),
            Err(Error::Ended { detail, .. })
                if attempt < START_ATTEMPTS_MAX && detail.contains("Address already in use") =>
            {
                attempt += 1;
            }
            Err(error) => return Err(error),
        }
    }
}

/// Many tests share one engine, each with tables of its own.
const MEMORY_BYTES_MAX: u64 = 6_000_000_000;

/// An engine on a free port whose data go with it; its users reach every database.
pub fn own_clickhouse(omni: &Path, cache: &Cache) -> Result<clickhouse::Server, Error> {
    let library = clickhouse::fetch(cache)?;
    let directory = temporary()?;
    clickhouse::start(&clickhouse::Settings {
        omni: omni.to_owned(),
        library,
        directory: directory.join("clickhouse"),
        log: directory.join("clickhouse.log"),
        port: 0,
        database: "*".to_owned(),
        memory_bytes_max: MEMORY_BYTES_MAX,
        remove: Some(directory),
    })
}

fn temporary() -> Result<PathBuf, Error> {
    let directory = tempfile::Builder::new().prefix("omni-test-").tempdir();
    directory
        .map(tempfile::TempDir::keep)
        .map_err(Error::io("could not create a temporary directory"))
}

/// The ClickHouse that `omni services` told of, if it did.
pub fn given_clickhouse() -> Option<ClickHouseAddress> {
    Some(ClickHouseAddress {
        url: variable(CLICKHOUSE_URL)?,
        user: variable(CLICKHOUSE_USER)?,
        password: variable(CLICKHOUSE_PASSWORD)?,
        dashboard_user: variable(CLICKHOUSE_DASHBOARD_USER).unwrap_or_default(),
        dashboard_password: variable(CLICKHOUSE_DASHBOARD_PASSWORD).unwrap_or_default(),
    })
}

/// The per-user cache, as a test process finds it.
pub fn cache() -> Cache {
    Cache::locate(
        std::env::var_os("OMNI_CACHE_DIR"),
        std::env::var_os("XDG_CACHE_HOME"),
        std::env::var_os("HOME"),
    )
}

/// The omni binary: `OMNI_BIN`, or beside the folder of the test's own binary (`target/debug/deps`).
pub fn omni() -> PathBuf {
    if let Some(named) = variable("OMNI_BIN") {
        return PathBuf::from(named);
    }
    let own = std::env::current_exe().unwrap_or_default();
    let built = own
        .parent()
        .and_then(std::path::Path::parent)
        .map(|debug| debug.join("omni"));
    built.unwrap_or_default()
}

fn variable(name: &str) -> Option<String> {
    std::env::var(name).ok().filter(|value| !value.is_empty())
}
