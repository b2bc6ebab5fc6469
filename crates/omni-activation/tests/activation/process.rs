//! The stage as a process, to be killed and looked at from outside.

use std::process::{Child, Command, Stdio};

use omni_activation::Config;

pub(crate) struct Process(Child);

impl Process {
    /// In this corner of the broker; the variables are the rest of its settings.
    pub(crate) fn start(config: &Config, variables: &[(&str, &str)]) -> Self {
        let kafka = &config.kafka;
        let mut command = Command::new(env!("CARGO_BIN_EXE_omni-activation"));
        command
            .env("OMNI_STAGE__INSTANCE", "0")
            .env("OMNI_KAFKA__BOOTSTRAP", &kafka.bootstrap)
            .env("OMNI_KAFKA__TOPIC_PREFIX", &kafka.topic_prefix)
            .env("OMNI_KAFKA__GROUP_PREFIX", &kafka.group_prefix)
            .env("OMNI_KAFKA__PARTITIONS", kafka.partitions.to_string())
            .env("OMNI_ACTIVATION__ADMIN_LISTEN", "127.0.0.1:0")
            .envs(variables.iter().copied())
            .stdin(Stdio::null())
            .stdout(Stdio::null());
        Self(command.spawn().expect("the program starts"))
    }

    /// The most memory it ever had, pages of its program included.
    pub(crate) fn memory_bytes_max(&self) -> u64 {
        let status = std::fs::read_to_string(format!("/proc/{}/status", self.0.id())).unwrap();
        let line = status
            .lines()
            .find_map(|line| line.strip_prefix("VmHWM:"))
            .unwrap();
        line.trim().trim_end_matches(" kB").parse::<u64>().unwrap() * 1024
    }

    /// At once and without a word.
    pub(crate) fn kill(&mut self) {
        self.0.kill().unwrap();
        self.0.wait().unwrap();
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}
