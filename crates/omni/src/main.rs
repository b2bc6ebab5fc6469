//! `omni`: the tool that starts, feeds and inspects the pipeline; one file a command.
#![allow(
    clippy::print_stdout,
    reason = "what a command answers goes to standard output"
)]

mod command;

use clap::Parser;
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

fn main() -> ExitCode {
    match command::run(Arguments::parse().command) {
        Ok(code) => code,
        Err(error) => {
            eprintln!("omni: {error:#}");
            ExitCode::FAILURE
        }
    }
}
