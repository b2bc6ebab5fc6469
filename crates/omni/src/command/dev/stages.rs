//! The stages as processes of this binary, each kept running.

use super::folder::Folder;
use super::talk::say;
use local::keeper::Say;
use local::{Guarded, Keeper, Launch, StopBy};
use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::time::Duration;

/// In the order of their admin ports, which is the order the data flows.
pub(super) const NAMES: [&str; 5] = ["collector", "enricher", "activation", "loader", "reporting"];

/// Open work may take this long after a request to stop (`[stage] stop_ms_max`).
pub(super) const STOP_MS_MAX: u64 = 3_000;
/// Then it is killed.
const STOP_GRACE: Duration = Duration::from_millis(STOP_MS_MAX + 1_000);

/// Logs are files: no colours. librdkafka's many threads share two arenas of glibc, and ours takes memory when it is
/// needed and gives it back at once: together half of the resident memory of a loader under load.
const ENVIRONMENT: [(&str, &str); 4] = [
    ("NO_COLOR", "1"),
    ("MALLOC_ARENA_MAX", "2"),
    ("MIMALLOC_ARENA_EAGER_COMMIT", "0"),
    ("MIMALLOC_PURGE_DELAY", "0"),
];

/// Who makes and drops the same megabytes with every batch keeps them for a moment (milliseconds): 15 % of an enricher's CPU
/// under load. A loader would save more with a quarter of a second, and then needs more than its 80 MiB (bench/README.md).
fn own(name: &str) -> Option<(&'static str, &'static str)> {
    let delay = match name {
        "enricher" => "100",
        "loader" => "40",
        _ => return None,
    };
    Some(("MIMALLOC_PURGE_DELAY", delay))
}

/// How a part of ours (`omni WORDS…`) is started.
pub(in crate::command) fn launch(omni: &Path, name: &str, words: Vec<OsString>, log: PathBuf) -> Launch {
    let environment = ENVIRONMENT.into_iter().chain(own(name));
    Launch {
        omni: omni.to_owned(),
        program: omni.into(),
        arguments: words,
        environment: environment
            .map(|(name, value)| (name.to_owned(), value.to_owned()))
            .collect(),
        log,
        stop_by: StopBy::Signal,
        grace: STOP_GRACE,
        remove: None,
    }
}

/// Starts a part of ours and keeps it running.
pub(super) fn keep(
    omni: &Path,
    name: &str,
    words: Vec<OsString>,
    folder: &Folder,
    say_notice: &Say,
) -> anyhow::Result<Keeper> {
    let launch = launch(omni, name, words, folder.log(name));
    let child = Guarded::spawn(&launch)?;
    say(format_args!("{name} started (pid {})", child.pid()));
    let again = move |_: &dyn Fn() -> bool| Guarded::spawn(&launch);
    Ok(Keeper::keep(name, child, Box::new(again), Say::clone(say_notice)))
}
