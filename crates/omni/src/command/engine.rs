//! `omni engine`: fetches the ClickHouse engine, and is the process it runs in.

use super::Place;
use std::path::PathBuf;
use std::process::ExitCode;

/// The ClickHouse engine of this machine.
#[derive(Debug, clap::Subcommand)]
pub(crate) enum Engine {
    /// Download the engine into the per-user cache (178 MB, once); `omni dev` does it by itself.
    Fetch(Place),
    #[command(hide = true)]
    Serve(Serve),
}

#[derive(Debug, clap::Args)]
pub(crate) struct Serve {
    #[arg(long)]
    library: PathBuf,
    #[arg(long)]
    data: PathBuf,
    #[arg(long)]
    config: PathBuf,
    #[arg(long)]
    log: PathBuf,
    #[arg(long)]
    port: u16,
}

impl Engine {
    pub(crate) fn run(self) -> anyhow::Result<ExitCode> {
        match self {
            Engine::Fetch(place) => {
                println!("{}", local::clickhouse::fetch(&place.cache())?.display());
            }
            Engine::Serve(serve) => local::engine::serve(&local::engine::Serve {
                library: &serve.library,
                data: &serve.data,
                config: &serve.config,
                log: &serve.log,
                port: serve.port,
            })?,
        }
        Ok(ExitCode::SUCCESS)
    }
}
