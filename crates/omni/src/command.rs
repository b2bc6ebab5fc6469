//! The commands, and what each needs to begin.

mod engine;
mod guard;
mod place;
mod services;

pub(crate) use place::Place;

#[derive(Debug, clap::Subcommand)]
pub(crate) enum Command {
    /// Start Apache Kafka and ClickHouse, run a command with their addresses in its environment, stop both.
    Services(services::Services),
    /// The ClickHouse engine of this machine.
    #[command(subcommand)]
    Engine(engine::Engine),
    #[command(hide = true)]
    Guard(guard::Guard),
}

/// Runs a command and returns the status to end with.
pub(crate) fn run(command: Command) -> anyhow::Result<u8> {
    match command {
        Command::Services(services) => services.run(),
        Command::Engine(engine) => engine.run(),
        Command::Guard(guard) => guard.run(),
    }
}
