//! `omni`: the tool that starts, feeds and inspects the pipeline; one file a command.
//!
//! A library only so that tests can hold what is written of the commands against [`commands`].
#![allow(
    clippy::print_stdout,
    reason = "what a command answers goes to standard output"
)]

mod command;

use clap::{CommandFactory as _, Parser};
use std::process::ExitCode;

/// Real-time customer data: Pipedrive webhooks to a live dashboard, through Kafka and ClickHouse.
#[derive(Debug, Parser)]
#[command(
    name = "omni",
    version,
    max_term_width = 100,
    after_help = "Begin with `omni dev --demo`. `omni COMMAND --help` says more of each."
)]
struct Arguments {
    #[command(subcommand)]
    command: command::Command,
}

/// Does what the arguments of this process say, and gives the status to end with.
#[must_use]
pub fn run() -> ExitCode {
    match command::run(Arguments::parse().command) {
        Ok(code) => code,
        Err(error) => {
            eprintln!("omni: {error:#}");
            ExitCode::FAILURE
        }
    }
}

/// All commands and options as they are parsed; those that only Omni itself uses are hidden.
#[must_use]
pub fn commands() -> clap::Command {
    Arguments::command()
}
