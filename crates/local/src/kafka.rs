//! Apache Kafka on this machine: one JVM that is broker and controller, from jars that Maven fetched.
//!
//! Data, configuration and log live in one directory and are used again; the first start formats it.

mod jars;
mod properties;
mod secured;
mod unclean;

use crate::tool::{JAVA, MAVEN};
use crate::{Cache, Error, Guarded, Launch, StopBy, port};
use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::time::Duration;

pub use jars::{VERSION, are_fetched, fetch, fetch_tools};
pub use secured::Secured;

/// From the start of the JVM to a broker that takes requests; 3-4 s are usual, also cold.
const READY_WITHIN: Duration = Duration::from_secs(90);
/// A clean stop takes one to two seconds.
const STOP_GRACE: Duration = Duration::from_secs(4);
/// The last line of a start that went well.
const STARTED: &str = "Kafka Server started";
/// The young generation is so large because each of its collections stops the broker for some 20 ms, whatever it frees. As the
/// JVM would have it, that is once a second at 1,000 events a second.
const JVM: [&str; 9] = [
    "-Xms256m",
    "-Xmx384m",
    "-Xmn128m",
    "-XX:+UseSerialGC",
    "-XX:TieredStopAtLevel=1",
    "-XX:+ExitOnOutOfMemoryError",
    "-Djava.awt.headless=true",
    "-Dorg.slf4j.simpleLogger.defaultLogLevel=warn",
    "-Dorg.slf4j.simpleLogger.showDateTime=true",
];
/// Says [`STARTED`], which the level above would leave out.
const STARTED_LOGGER: &str = "-Dorg.slf4j.simpleLogger.log.kafka.server.KafkaRaftServer=info";

#[derive(Debug, Clone)]
pub struct Settings {
    pub omni: PathBuf,
    /// What [`fetch`] returned.
    pub jars: PathBuf,
    /// Holds `server.properties` and `data`.
    pub directory: PathBuf,
    pub log: PathBuf,
    pub port: u16,
    pub controller_port: u16,
    /// What clients are told to connect to when something stands between them and the broker.
    pub advertised_port: Option<u16>,
    /// TLS, SASL and rights; `None`: whoever reaches the port may do everything.
    pub secured: Option<Secured>,
    /// A directory that goes when the broker has ended (tests).
    pub remove: Option<PathBuf>,
}

impl Settings {
    /// What clients are told to connect to.
    pub fn bootstrap(&self) -> String {
        format!("127.0.0.1:{}", self.advertised_port.unwrap_or(self.port))
    }
}

/// What [`fetch`] and [`start`] need and this machine lacks.
pub fn missing_tools(cache: &Cache) -> Vec<Error> {
    let fetched = are_fetched(cache).then_some(());
    let maven = fetched.map_or_else(|| MAVEN.check(), Ok);
    [JAVA.check(), maven]
        .into_iter()
        .filter_map(Result::err)
        .collect()
}

/// Starts the broker and returns when it takes requests, or as soon as `give_up` says so.
pub fn start(settings: &Settings, give_up: &dyn Fn() -> bool) -> Result<Guarded, Error> {
    port::check_free(settings.port)?;
    port::check_free(settings.controller_port)?;
    let data = settings.directory.join("data");
    std::fs::create_dir_all(&data).map_err(Error::io(format!("could not create {}", data.display())))?;
    let properties = settings.directory.join("server.properties");
    std::fs::write(&properties, properties::text(settings, &data))
        .map_err(Error::io(format!("could not write {}", properties.display())))?;
    if !data.join("meta.properties").is_file() {
        format_data(settings, &properties)?;
    }
    let temporary = temporary_files(&settings.directory)?;
    if unclean::is(&data) {
        unclean::settle(settings, &data, &temporary, give_up)?;
    }
    let mut options = vec![STARTED_LOGGER.into(), temporary];
    options.extend(settings.secured.iter().flat_map(Secured::options));
    let mut broker = run(settings, &properties, &options)?;
    broker.until_ready("Apache Kafka", READY_WITHIN, give_up, |broker| {
        broker.has_logged(STARTED) && port::answers(settings.port)
    })?;
    Ok(broker)
}

/// What a killed JVM left there goes at the next start: a library of a hundred kilobytes each time.
fn temporary_files(directory: &Path) -> Result<OsString, Error> {
    let folder = directory.join("tmp");
    let failed = || Error::io(format!("could not make {} empty", folder.display()));
    if folder.exists() {
        std::fs::remove_dir_all(&folder).map_err(failed())?;
    }
    std::fs::create_dir_all(&folder).map_err(failed())?;
    let mut option = OsString::from("-Djava.io.tmpdir=");
    option.push(folder);
    Ok(option)
}

/// Starts a JVM on these properties.
fn run(settings: &Settings, properties: &Path, options: &[OsString]) -> Result<Guarded, Error> {
    let mut arguments: Vec<OsString> = JVM.iter().map(OsString::from).collect();
    arguments.extend_from_slice(options);
    let class_path = settings.jars.join("*");
    arguments.extend([
        "-cp".into(),
        class_path.into(),
        "kafka.Kafka".into(),
        properties.into(),
    ]);
    Guarded::spawn(&Launch {
        omni: settings.omni.clone(),
        program: JAVA.program.into(),
        arguments,
        environment: Vec::new(),
        log: settings.log.clone(),
        stop_by: StopBy::Signal,
        grace: STOP_GRACE,
        remove: settings.remove.clone(),
    })
}

fn format_data(settings: &Settings, properties: &Path) -> Result<(), Error> {
    use base64::Engine as _;
    let cluster = base64::engine::general_purpose::URL_SAFE_NO_PAD.encode(uuid::Uuid::new_v4());
    let mut arguments: Vec<OsString> = JVM.iter().map(OsString::from).collect();
    let class_path = settings.jars.join("*");
    arguments.extend(["-cp".into(), class_path.into(), "kafka.tools.StorageTool".into()]);
    // `=` because an identifier may begin with a dash, which would be taken for an option.
    arguments.extend(["format".into(), format!("--cluster-id={cluster}").into()]);
    arguments.extend(["-c".into(), properties.into(), "--standalone".into()]);
    arguments.extend(settings.secured.iter().flat_map(Secured::format_arguments));
    JAVA.run(arguments, &settings.directory)
}
