//! `omni ledger`: whether everything that was accepted has its end, once.

mod table;

use std::process::ExitCode;

use ::ledger::{Loaded, Question, Report};
use stage::clock;
use warehouse::Warehouse;

use super::since::{self, Since};
use super::{ConfigFile, print};

/// The exit status of a ledger that does not balance.
const GAP: u8 = 1;
/// The exit status when that cannot be told.
const UNKNOWN: u8 = 2;

/// Hold what was accepted against what became of it: loaded, rejected, filtered, in flight, or missing.
///
/// Events are counted by source and hour of their first arrival, each distinct event once. In flight is measured: what lies
/// on Kafka beyond the committed offset of some group. Each collector's own count of accepted POSTs is held against the
/// numbers in the archives, so an event that was answered and never stored is found out too, with its source and minute.
/// Nothing is written.
///
/// Exit status: 0 it balances, 1 something is missing for longer than a minute or is there twice, 2 it cannot be told.
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:
  omni ledger                           the last 24 hours
  omni ledger --since 30m --source crm  one source, the last half hour
  omni ledger --since 2026-01-31T09:00:00Z --json | jq .missing")]
pub(crate) struct Ledger {
    #[command(flatten)]
    file: ConfigFile,
    /// Events that arrived since then: 90s, 30m, 24h, 7d, or a time
    #[arg(long, default_value = "24h", value_parser = since::parse)]
    since: Since,
    /// Only events of this source
    #[arg(long)]
    source: Option<String>,
    /// List all that is missing or doubled, not only the first 20
    #[arg(long)]
    all: bool,
    /// One JSON object
    #[arg(long)]
    json: bool,
}

impl Ledger {
    pub(crate) fn run(self) -> ExitCode {
        let report = match self.look() {
            Ok(report) => report,
            Err(error) => {
                eprintln!("omni: the ledger cannot tell: {error:#}");
                return ExitCode::from(UNKNOWN);
            }
        };
        let balanced = report.is_balanced();
        let written = if self.json {
            serde_json::to_string_pretty(&report).unwrap_or_default()
        } else {
            table::text(&report, if self.all { usize::MAX } else { table::LISTED })
        };
        if let Err(error) = print::line(written) {
            eprintln!("omni: {error:#}");
            return ExitCode::from(UNKNOWN);
        }
        if balanced {
            ExitCode::SUCCESS
        } else {
            ExitCode::from(GAP)
        }
    }

    fn look(&self) -> anyhow::Result<Report> {
        let config = omni_loader::Config::load(self.file.path().as_deref())?;
        let now_micro = clock::now_micro();
        let question = Question {
            since_micro: self.since.micro(now_micro),
            until_micro: i64::MAX,
            now_micro,
            source: self.source.clone(),
        };
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build()?;
        Ok(runtime.block_on(open(&config)?.look(&question))?)
    }
}

/// The ledger of the pipeline that this configuration is of.
pub(crate) fn open(config: &omni_loader::Config) -> anyhow::Result<::ledger::Ledger> {
    let warehouse = Warehouse::connect(&config.warehouse)?;
    Ok(::ledger::Ledger::new(
        config.kafka.clone(),
        warehouse,
        loaded(config)?,
    ))
}

/// The templates that are loaded, with their base tables.
pub(crate) fn loaded(config: &omni_loader::Config) -> anyhow::Result<Vec<Loaded>> {
    let templates = omni_loader::fed(config)?.into_iter();
    Ok(templates
        .map(|template| Loaded {
            template: template.key().to_owned(),
            table: template.base_table().to_owned(),
        })
        .collect())
}
