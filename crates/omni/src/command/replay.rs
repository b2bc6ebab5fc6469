//! `omni replay`: events that were kept, once more through the pipeline.
//!
//! All enter at `omni.raw`, with their own `event_uuid` and the header `replay`. What is loaded already is left out twice over,
//! here and by the loader; what is on its way is left out too, or it might arrive twice. Destinations get nothing unless asked.

mod candidates;
mod meter;
mod outgoing;
mod run;
mod tally;

use std::process::ExitCode;

use event::replay;
use kafka::{Producer, ProducerSettings};
use stage::{Shutdown, clock};
use template::Contract;
use uuid::Uuid;
use warehouse::Warehouse;

use super::filter::{Condition, Filter};
use super::since::{self, Since};
use super::{ConfigFile, ledger};
use candidates::From;
use run::{End, Run};

/// Send what was refused, or anything that was accepted, through the pipeline again.
///
/// With --rejected: what stands in quarantine, once its cause is fixed (a company added to a source, a new version of a
/// template, a mapping). What a stage after the collector refused comes from the raw archive; what the collector refused is
/// judged again by today's settings. With --raw: anything from the raw archive, for a template that was added later.
///
/// An event keeps its id, so nothing is there twice: what is loaded or on its way is left out, and the loader asks its tables
/// again. Destinations get nothing unless --deliver says so.
#[derive(Debug, clap::Args)]
#[command(
    group = clap::ArgGroup::new("from").required(true),
    after_help = "Examples:
  omni replay --rejected --dry-run                                  how many of what
  omni replay --rejected --since 7d --where code=schema             after a new version of a template
  omni replay --rejected --where source=crm --where code=company_not_allowed
  omni replay --raw --since 30d --where object=person               after a template for persons was enabled

Conditions: source, object, action, company, uuid; of refusals also stage, code, rule."
)]
#[expect(clippy::struct_excessive_bools, reason = "switches of a command line")]
pub(crate) struct Replay {
    #[command(flatten)]
    file: ConfigFile,
    /// What stands in quarantine
    #[arg(long, group = "from")]
    rejected: bool,
    /// What was accepted, from the raw archive
    #[arg(long, group = "from")]
    raw: bool,
    /// Refused, or received, since then: 90s, 30m, 24h, 7d, or a time
    #[arg(long, default_value = "24h", value_parser = since::parse)]
    since: Since,
    /// Only events of which this is true; may be given several times
    #[arg(long = "where", value_name = "KEY=VALUE")]
    conditions: Vec<Condition>,
    /// Send it to destinations too: what they were sent before they may take for new
    #[arg(long)]
    deliver: bool,
    /// Say what would be sent, and send nothing
    #[arg(long)]
    dry_run: bool,
    /// Events sent a second at most, so that live events of the same account do not wait behind them
    #[arg(long, default_value_t = 500, value_parser = clap::value_parser!(u64).range(1..=100_000))]
    events_per_second: u64,
}

impl Replay {
    pub(crate) fn run(self) -> anyhow::Result<ExitCode> {
        let from = if self.rejected { From::Rejected } else { From::Raw };
        let filter = Filter::of(&self.conditions).map_err(anyhow::Error::msg)?;
        anyhow::ensure!(
            from == From::Rejected || !filter.is_of_refusals(),
            "stage, code and rule are of refusals: use --rejected"
        );
        let loader = omni_loader::Config::load(self.file.path().as_deref())?;
        let collector = omni_collector::Config::load(self.file.path().as_deref())?;
        kafka::admin::check(&loader.kafka)?;
        let producer = Producer::new(&loader.kafka, ProducerSettings::default())?;
        let runtime = tokio::runtime::Builder::new_multi_thread()
            .worker_threads(1)
            .enable_all()
            .build()?;
        runtime.block_on(async {
            let id = Uuid::new_v4();
            let run = Run {
                from,
                filter,
                since_micro: self.since.micro(clock::now_micro()),
                warehouse: Warehouse::connect(&loader.warehouse)?,
                ledger: ledger::open(&loader)?,
                templates: omni_loader::fed(&loader)?,
                sources: collector.source,
                contract: Contract::flat()?,
                header: if self.deliver { replay::delivered(id) } else { replay::quiet(id) },
                producer: (!self.dry_run).then_some(producer),
                events_per_second: self.events_per_second,
                shutdown: Shutdown::from_signals()?,
            };
            let (tally, end) = run.all().await?;
            println!("{tally}");
            Ok(match (end, self.dry_run) {
                (End::Stopped, _) => {
                    println!("stopped: the same command sends the rest");
                    ExitCode::FAILURE
                }
                (End::Done, true) => ExitCode::SUCCESS,
                (End::Done, false) => {
                    println!("replay {id}: its events have this id in their header `replay` and in raw_events.replay");
                    ExitCode::SUCCESS
                }
            })
        })
    }
}
