//! What a killed broker needs before it may start again.
//!
//! Its controller still takes it for alive, and refuses it for the length of its session. Meanwhile it goes by what its log says:
//! it leads every partition, and begins to write the marks of transactions that were ending when it was killed, to itself, where
//! nobody listens yet. When its session is over it leads nothing, and Kafka (4.3.1) takes a partition without a leader for a deleted
//! one: it counts the transaction as ended and never writes its marks. Records stay open for good, or are taken along by the next
//! transaction whatever its end. So the controller is run alone first, until it knows that the broker is gone. That also makes the
//! start faster: nine seconds of a session are not waited for.
use std::ffi::OsString;
use std::path::Path;
use std::time::{Duration, Instant};

use super::{READY_WITHIN, Settings, properties, run};
use crate::Error;

/// Kafka leaves it when it was stopped, and takes it away when it starts.
const STOPPED: &str = ".kafka_cleanshutdown";
const METADATA: &str = "__cluster_metadata-0";
const SESSION: Duration = Duration::from_secs(1);
/// A broker that was killed before it was there at all is not fenced again. On a busy machine one that was takes seconds: who
/// gave up on it sooner would start a broker that leads everything.
const FENCED_WITHIN: Duration = Duration::from_secs(10);
/// The controller says that it fences before the record of it is in its log: with the next append, some milliseconds later. One
/// that is stopped in between has fenced nobody.
const WRITTEN_AFTER: Duration = Duration::from_secs(1);
const ACTIVATED: &str = "Performing controller activation";
const FENCED: &str = "Fencing broker 1";
const FENCED_LOGGER: &str =
    "-Dorg.slf4j.simpleLogger.log.org.apache.kafka.controller.ReplicationControlManager=info";

/// Whether the broker of this folder ran and was not stopped.
pub(super) fn is(data: &Path) -> bool {
    data.join(METADATA).is_dir() && !data.join(STOPPED).exists()
}

/// Runs the controller alone until it has found out that its broker is gone.
pub(super) fn settle(
    settings: &Settings,
    data: &Path,
    temporary: &OsString,
    give_up: &dyn Fn() -> bool,
) -> Result<(), Error> {
    let file = settings.directory.join("controller.properties");
    std::fs::write(&file, properties::of_controller(settings, data, SESSION))
        .map_err(Error::io(format!("could not write {}", file.display())))?;
    // The folder is for the broker yet.
    let settings = Settings {
        remove: None,
        ..settings.clone()
    };
    let mut controller = run(&settings, &file, &[FENCED_LOGGER.into(), temporary.clone()])?;
    let (mut activated, mut fenced) = (None, None);
    controller.until_ready("Apache Kafka's controller", READY_WITHIN, give_up, |controller| {
        let since = |first: &mut Option<Instant>, line: &str| {
            if first.is_none() && controller.has_logged(line) {
                *first = Some(Instant::now());
            }
            first.map(|at| at.elapsed())
        };
        let is_fenced = since(&mut fenced, FENCED).is_some_and(|since| since > WRITTEN_AFTER);
        is_fenced || since(&mut activated, ACTIVATED).is_some_and(|since| since > FENCED_WITHIN)
    })?;
    controller.stop();
    Ok(())
}
