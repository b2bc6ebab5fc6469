//! `omni guard`: the process between us and a server we start (see `local::guard`).

use local::StopBy;
use std::ffi::OsString;
use std::path::PathBuf;
use std::process::ExitCode;
use std::time::Duration;

#[derive(Debug, clap::Args)]
pub(crate) struct Guard {
    /// From the request to stop until the child is killed.
    #[arg(long, default_value_t = 5000)]
    grace_ms: u64,
    /// Ask the child to stop by closing its standard input, not by a signal.
    #[arg(long)]
    stop_by_stdin: bool,
    /// A directory that goes when the child has ended.
    #[arg(long)]
    remove: Option<PathBuf>,
    /// The guard's pid: this process is about to become the child.
    #[arg(long)]
    armed: Option<i32>,
    #[arg(last = true, required = true)]
    command: Vec<OsString>,
}

impl Guard {
    pub(crate) fn run(self) -> anyhow::Result<ExitCode> {
        if let Some(guard) = self.armed {
            return Err(local::guard::arm(guard, &self.command).into());
        }
        let stop_by = if self.stop_by_stdin {
            StopBy::Stdin
        } else {
            StopBy::Signal
        };
        let grace = Duration::from_millis(self.grace_ms);
        let orders = local::guard::Orders {
            stop_by,
            grace,
            remove: self.remove,
        };
        Ok(local::guard::run(&self.command, &orders)?.into())
    }
}
