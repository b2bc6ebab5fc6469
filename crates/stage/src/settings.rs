//! The table `[stage]`: what every program of Omni takes, whatever its work.

mod traces;

use std::time::Duration;

use serde::{Deserialize, Serialize};

pub use traces::{Endpoint, Invalid, Share, Traces};

/// `[stage]` of `omni.toml`.
#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(default, deny_unknown_fields)]
pub struct Settings {
    /// Which replica of its stage this process is (a StatefulSet's ordinal, a container's number). No two
    /// running processes of one stage may share it: Kafka fences the older. Also settable as `OMNI_INSTANCE`.
    pub instance: String,
    /// How log lines are written.
    pub log_format: LogFormat,
    /// Which log lines are written, in the language of `RUST_LOG`: `info`, `info,kafka=debug`, …
    pub log_level: String,
    /// Threads that run async work.
    pub worker_threads: usize,
    /// How long, after a request to stop, open work may take to finish before the process ends regardless.
    pub stop_ms_max: u64,
    /// `[stage.traces]`
    pub traces: Traces,
}

/// How log lines are written.
#[derive(Clone, Copy, Debug, Deserialize, Serialize, PartialEq, Eq)]
#[serde(rename_all = "lowercase")]
pub enum LogFormat {
    /// For people.
    Text,
    /// One JSON object a line, for containers.
    Json,
}

impl Settings {
    /// The limit for finishing open work.
    pub fn stop_max(&self) -> Duration {
        Duration::from_millis(self.stop_ms_max)
    }
}

impl Default for Settings {
    fn default() -> Self {
        Settings {
            instance: "0".to_owned(),
            log_format: LogFormat::Text,
            log_level: "info".to_owned(),
            worker_threads: 2,
            stop_ms_max: 8_000,
            traces: Traces::default(),
        }
    }
}
