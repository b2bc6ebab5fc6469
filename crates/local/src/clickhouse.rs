//! ClickHouse on this machine: the engine's shared library in a process of its own, spoken to over HTTP.

mod credentials;
mod files;
mod grants;
mod library;

use crate::tool::{NPM, TAR};
use crate::{Cache, Error, Guarded, Launch, StopBy};
use std::path::{Path, PathBuf};
use std::time::Duration;

pub use credentials::{ADMIN, Credentials, DASHBOARD, LOADER, MIGRATOR, WRITER};
pub use grants::{DASHBOARD_GRANTS, LOADER_GRANTS, MIGRATOR_GRANTS};
pub use library::{VERSION, fetch, is_fetched};

/// Covers the engine's own `keep_alive_timeout` (3 s); a kill after it loses no acknowledged row.
const STOP_GRACE: Duration = Duration::from_millis(3500);

/// Enough for one pipeline on one machine.
pub const MEMORY_BYTES_MAX: u64 = 1_500_000_000;

#[derive(Debug, Clone)]
pub struct Settings {
    pub omni: PathBuf,
    /// What [`fetch`] returned.
    pub library: PathBuf,
    /// Holds `config.xml`, `users.xml`, `credentials.json` and `data`.
    pub directory: PathBuf,
    pub log: PathBuf,
    /// 0 lets the system choose.
    pub port: u16,
    /// What writer and dashboard users may touch: one database, or `*`.
    pub database: String,
    /// Most memory of the whole engine, in bytes; a question that would need more is refused.
    pub memory_bytes_max: u64,
    /// A directory that goes when the engine has ended (tests).
    pub remove: Option<PathBuf>,
}

/// A running engine and how to speak to it.
#[derive(Debug)]
pub struct Server {
    pub guarded: Guarded,
    pub port: u16,
    pub credentials: Credentials,
}

impl Server {
    pub fn url(&self) -> String {
        format!("http://127.0.0.1:{}", self.port)
    }
}

/// What [`fetch`] needs and this machine lacks.
pub fn missing_tools(cache: &Cache) -> Vec<Error> {
    if is_fetched(cache) {
        return Vec::new();
    }
    [NPM.check(), TAR.check()]
        .into_iter()
        .filter_map(Result::err)
        .collect()
}

/// Starts the engine and returns when it listens (half a second is usual).
pub fn start(settings: &Settings) -> Result<Server, Error> {
    if settings.port != 0 {
        crate::port::check_free(settings.port)?;
    }
    let directory = std::path::absolute(&settings.directory).map_err(Error::io(format!(
        "could not find {}",
        settings.directory.display()
    )))?;
    let data = directory.join("data");
    std::fs::create_dir_all(&data).map_err(Error::io(format!("could not create {}", data.display())))?;
    let credentials = Credentials::load_or_create(&directory.join("credentials.json"))?;
    let config = files::write(&directory, &credentials, settings)?;
    let mut guarded = Guarded::spawn(&launch(settings, &directory, &data, &config))?;
    // An end of file instead of a port is a failed start; the reason is in the log.
    match guarded.report()?.parse() {
        Ok(port) => Ok(Server {
            guarded,
            port,
            credentials,
        }),
        Err(_) => Err(guarded.ended("ClickHouse")),
    }
}

fn launch(settings: &Settings, directory: &Path, data: &Path, config: &Path) -> Launch {
    let mut arguments = vec!["engine".into(), "serve".into()];
    for (name, value) in [
        ("--library", settings.library.as_path()),
        ("--data", data),
        ("--config", config),
        ("--log", &directory.join("engine.log")),
    ] {
        arguments.extend([name.into(), value.into()]);
    }
    arguments.extend(["--port".into(), settings.port.to_string().into()]);
    Launch {
        omni: settings.omni.clone(),
        program: settings.omni.clone().into(),
        arguments,
        // The engine takes its time zone from here; `<timezone>` in its configuration is ignored.
        environment: vec![("TZ".to_owned(), "UTC".to_owned())],
        log: settings.log.clone(),
        stop_by: StopBy::Stdin,
        grace: STOP_GRACE,
        remove: settings.remove.clone(),
    }
}
