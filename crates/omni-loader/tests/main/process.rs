//! The loader as a process of its own, which can be killed or stopped.
use std::process::{Child, Command, Stdio};

use omni_loader::Config;
use rustix::process::{Pid, Signal, kill_process};
use secrecy::ExposeSecret;

/// The process of one instance; killed when dropped.
pub(crate) struct Process(Child);

impl Process {
    pub(crate) fn start(config: &Config, instance: &str) -> Self {
        let (kafka, warehouse) = (&config.kafka, &config.warehouse);
        let password = warehouse.password.as_ref().map(ExposeSecret::expose_secret);
        let mut command = Command::new(env!("CARGO_BIN_EXE_omni-loader"));
        command
            .env("OMNI_STAGE__INSTANCE", instance)
            .env("OMNI_KAFKA__BOOTSTRAP", &kafka.bootstrap)
            .env("OMNI_KAFKA__TOPIC_PREFIX", &kafka.topic_prefix)
            .env("OMNI_KAFKA__GROUP_PREFIX", &kafka.group_prefix)
            .env("OMNI_KAFKA__PARTITIONS", kafka.partitions.to_string())
            .env("OMNI_WAREHOUSE__URL", &warehouse.url)
            .env("OMNI_WAREHOUSE__USER", &warehouse.user)
            .env("OMNI_WAREHOUSE__PASSWORD", password.unwrap_or_default())
            .env("OMNI_WAREHOUSE__DATABASE", &warehouse.database)
            .env(
                "OMNI_WAREHOUSE__INSERT_DEADLINE_MS",
                warehouse.insert_deadline_ms.to_string(),
            )
            .env("OMNI_LOADER__ADMIN_LISTEN", "127.0.0.1:0")
            .env(
                "OMNI_LOADER__ARCHIVE_WINDOW_MS",
                config.loader.archive_window_ms.to_string(),
            )
            .stdin(Stdio::null())
            .stdout(Stdio::null());
        Self(command.spawn().expect("the program starts"))
    }

    /// At once and without a word.
    pub(crate) fn kill(mut self) {
        self.0.kill().unwrap();
        self.0.wait().unwrap();
    }

    /// Stops it as it stands.
    pub(crate) fn freeze(&self) {
        kill_process(Pid::from_child(&self.0), Signal::STOP).unwrap();
    }

    /// Lets it go on, knowing nothing of the time between.
    pub(crate) fn thaw(&self) {
        kill_process(Pid::from_child(&self.0), Signal::CONT).unwrap();
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}
