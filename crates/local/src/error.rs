//! What can go wrong when a server is fetched, started or stopped; each text says what to do about it.

use std::path::PathBuf;
use std::time::Duration;

#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// A program of the machine is needed and not there.
    #[error("{program} is missing: install {install}")]
    Missing {
        program: &'static str,
        install: &'static str,
    },
    #[error("{program} {found} is too old: install {install}")]
    TooOld {
        program: &'static str,
        found: u32,
        install: &'static str,
    },
    #[error("{what}")]
    Io {
        what: String,
        #[source]
        source: std::io::Error,
    },
    /// A program ran and did not succeed; `detail` is the end of what it said.
    #[error("{what} failed: {detail}")]
    Failed { what: String, detail: String },
    #[error("{file} is not what was published: expected {expected}, got {actual}")]
    Checksum {
        file: String,
        expected: String,
        actual: String,
    },
    #[error(
        "there is no ClickHouse library for {platform}: give the address of a running ClickHouse with --clickhouse-url"
    )]
    Platform { platform: String },
    #[error("{what} was not ready within {} s; the end of {}: {detail}", within.as_secs(), log.display())]
    NotReady {
        what: String,
        within: Duration,
        log: PathBuf,
        detail: String,
    },
    #[error("{what} ended while it started; the end of {}: {detail}", log.display())]
    Ended {
        what: String,
        log: PathBuf,
        detail: String,
    },
    #[error("port {port} is in use by another program: stop it, or choose other ports with --port-base")]
    PortInUse { port: u16 },
    #[error("stopped while starting {what}")]
    GivenUp { what: String },
    #[error("no omni binary at {}: build it first with `cargo build -p omni`, or name it in OMNI_BIN", path.display())]
    NoBinary { path: PathBuf },
}

impl Error {
    /// Turns an I/O error into ours, with what was tried on what.
    pub(crate) fn io(what: impl Into<String>) -> impl FnOnce(std::io::Error) -> Error {
        let what = what.into();
        move |source| Error::Io { what, source }
    }
}
