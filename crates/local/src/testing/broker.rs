//! A broker of a test's own, which can fall silent, die, and come back with its data.
use rustix::process::{Pid, Signal, kill_process};

use super::{cache, kafka_in, omni};
use crate::Guarded;
use crate::kafka::{self, Settings};

/// Calls block. The data go with it.
#[derive(Debug)]
pub struct Broker {
    settings: Settings,
    running: Option<Guarded>,
}

impl Broker {
    /// Starts it on free ports.
    ///
    /// # Panics
    /// When it cannot be started.
    pub fn start() -> Self {
        let started = kafka_in(&omni(), &cache(), |_| None);
        let (settings, running) = started.expect("Apache Kafka for the tests");
        Self {
            settings,
            running: Some(running),
        }
    }

    /// What clients are told to connect to.
    pub fn bootstrap(&self) -> String {
        self.settings.bootstrap()
    }

    /// Sends a signal to the broker itself.
    ///
    /// # Panics
    /// When it does not run.
    pub fn signal(&self, signal: Signal) {
        let running = self.running.as_ref().expect("the broker runs");
        let pid = i32::try_from(running.pid()).ok().and_then(Pid::from_raw);
        kill_process(pid.expect("a process id"), signal).expect("the broker is there");
    }

    /// kill -9, and waits until it is gone.
    ///
    /// # Panics
    /// When it does not run.
    pub fn kill(&mut self) {
        self.signal(Signal::KILL);
        self.running.take().map(Guarded::stop);
    }

    /// Starts it on the same ports and data.
    ///
    /// # Panics
    /// When it does not come up.
    pub fn start_again(&mut self) {
        self.running = Some(kafka::start(&self.settings, &|| false).expect("the broker starts"));
    }
}

impl Drop for Broker {
    fn drop(&mut self) {
        drop(self.running.take());
        if let Some(folder) = self.settings.directory.parent() {
            let _ = std::fs::remove_dir_all(folder);
        }
    }
}
