//! `omni services -- COMMAND`: real Kafka and ClickHouse for as long as one command runs.

use super::Place;
use anyhow::Context;
use local::testing::{self, ClickHouseAddress};
use std::ffi::OsString;
use std::process::ExitCode;
use tokio::signal::unix::{SignalKind, signal};

/// Start Apache Kafka and ClickHouse, run a command with their addresses in its environment, stop both.
///
/// The command finds them in OMNI_TEST_KAFKA and OMNI_TEST_CLICKHOUSE_URL, _USER and _PASSWORD.
/// Both start empty, on free ports of the loopback interface, and are gone afterwards.
/// The exit status is the command's.
#[derive(Debug, clap::Args)]
pub(crate) struct Services {
    #[command(flatten)]
    place: Place,
    /// What to run.
    #[arg(last = true, required = true)]
    command: Vec<OsString>,
}

impl Services {
    pub(crate) fn run(self) -> anyhow::Result<ExitCode> {
        let omni = Place::omni()?;
        let cache = self.place.cache();
        let (bootstrap, _broker) = testing::own_kafka(&omni, &cache)?;
        let server = testing::own_clickhouse(&omni, &cache)?;
        let address = ClickHouseAddress::of(&server);
        eprintln!("omni: Apache Kafka at {bootstrap}, ClickHouse at {}", address.url);
        let (program, arguments) = self.command.split_first().context("no command was given")?;
        let mut command = tokio::process::Command::new(program);
        command
            .args(arguments)
            .env(testing::KAFKA, bootstrap)
            .env("OMNI_BIN", omni);
        command.env(testing::CLICKHOUSE_URL, &address.url);
        command.env(testing::CLICKHOUSE_USER, &address.user);
        command.env(testing::CLICKHOUSE_PASSWORD, &address.password);
        command.env(testing::CLICKHOUSE_DASHBOARD_USER, &address.dashboard_user);
        command.env(
            testing::CLICKHOUSE_DASHBOARD_PASSWORD,
            &address.dashboard_password,
        );
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build()?;
        runtime.block_on(to_its_end(command))
    }
}

/// Ctrl-C reaches the command from the terminal as it reaches us; a SIGTERM is for us alone and ends it.
async fn to_its_end(mut command: tokio::process::Command) -> anyhow::Result<ExitCode> {
    let mut interrupts = signal(SignalKind::interrupt())?;
    let mut terminations = signal(SignalKind::terminate())?;
    let mut child = command
        .kill_on_drop(true)
        .spawn()
        .context("could not run the command")?;
    loop {
        tokio::select! {
            status = child.wait() => return Ok(local::guard::exit_code(status?).into()),
            _ = interrupts.recv() => {}
            _ = terminations.recv() => child.start_kill()?,
        }
    }
}
