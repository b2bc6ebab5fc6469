//! `omni deliveries`: what destinations got, and what they answered.

mod list;
mod replay;
mod summary;

use std::process::ExitCode;

use warehouse::{Param, Warehouse};

use super::since::{self, Since};
use super::{ConfigFile, block_on};

/// What each destination got and answered, as the archive of outcomes has it.
#[derive(Debug, clap::Subcommand)]
pub(crate) enum Deliveries {
    Summary(summary::Summary),
    List(list::List),
    Replay(replay::Replay),
}

impl Deliveries {
    pub(crate) fn run(self) -> anyhow::Result<ExitCode> {
        block_on(async {
            match self {
                Self::Summary(summary) => summary.run().await,
                Self::List(list) => list.run().await,
                Self::Replay(replay) => replay.run().await,
            }
        })
    }
}

/// Which attempts.
#[derive(Debug, clap::Args)]
struct Which {
    #[command(flatten)]
    file: ConfigFile,
    /// Since then: 90s, 30m, 24h, 7d, or a time
    #[arg(long, default_value = "24h", value_parser = since::parse)]
    since: Since,
    /// This destination alone
    #[arg(long, value_name = "NAME", default_value = "", hide_default_value = true)]
    destination: String,
    /// This company alone
    #[arg(long, value_name = "ID", default_value_t = 0, hide_default_value = true)]
    company: u64,
}

/// What is asked, and what with.
struct Archive {
    warehouse: Warehouse,
    parameters: Vec<(&'static str, Param)>,
    since_micro: i64,
}

impl Which {
    /// The archive, and what to ask it.
    fn open(&self) -> anyhow::Result<Archive> {
        let config = omni_loader::Config::load(self.file.path().as_deref())?;
        let warehouse = Warehouse::connect(&config.warehouse)?;
        let since_micro = self.since.micro(stage::clock::now_micro());
        let parameters = vec![
            ("since", Param::Int(since_micro)),
            ("destination", self.destination.as_str().into()),
            ("company", Param::UInt(self.company)),
        ];
        Ok(Archive {
            warehouse,
            parameters,
            since_micro,
        })
    }
}

/// To the second, UTC.
fn shown(at_micro: i64) -> String {
    let at = event::moment::to_rfc3339(at_micro);
    at.get(..19).unwrap_or(&at).to_owned()
}
