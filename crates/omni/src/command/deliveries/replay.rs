//! `omni deliveries replay`: flat events to one destination once more; nobody else gets them, and no table gets a row.
//!
//! They come from `omni.flat`, as far back as Kafka holds it, and enter it again with a header that names the destination. Of an
//! event the first sending is taken; a destination that knows doubles by the event's identity sees that it is one.

mod candidates;
mod resend;

use std::io::{BufRead as _, IsTerminal as _, Write as _};
use std::process::ExitCode;
use std::sync::Arc;

use event::replay;
use kafka::{Producer, ProducerSettings};
use omni_activation::{Config, Pauses, Selection};
use stage::{Shutdown, clock};
use uuid::Uuid;
use warehouse::Warehouse;

use crate::command::ConfigFile;
use crate::command::since::{self, Since};
use candidates::{Candidates, Only};
use resend::{End, Resend};

/// Send a destination what it was sent before: what it did not take, or all.
///
/// `--only failed` (unless told otherwise) is what was given up and has not been taken since. `--only all` is every event that is
/// for the destination, also those it has: it says how many it will send twice, and asks. Filter, consent and mapping are those
/// in force when it is sent.
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:
  omni deliveries replay --destination ads --since 7d --dry-run     how many were given up
  omni deliveries replay --destination ads --since 7d               send them again
  omni deliveries replay --destination ads --since 24h --only all   everything of a day, also what it has")]
pub(crate) struct Replay {
    #[command(flatten)]
    file: ConfigFile,
    /// The destination, as [destination.<name>] calls it
    #[arg(long, value_name = "NAME")]
    destination: String,
    /// `failed`: given up since then; `all`: made flat since then. 90s, 30m, 24h, 7d, or a time
    #[arg(long, default_value = "24h", value_parser = since::parse)]
    since: Since,
    /// What is sent again
    #[arg(long, value_enum, default_value_t = Only::Failed)]
    only: Only,
    /// Say what would be sent, and send nothing
    #[arg(long)]
    dry_run: bool,
    /// Do not ask before events are sent twice
    #[arg(long)]
    yes: bool,
    /// Events sent a second at most, so that live events do not wait behind them
    #[arg(long, default_value_t = 100, value_parser = clap::value_parser!(u32).range(1..=100_000))]
    events_per_second: u32,
}

impl Replay {
    pub(super) async fn run(self) -> anyhow::Result<ExitCode> {
        let path = self.file.path();
        let config = Config::load(path.as_deref())?;
        let settings = crate::command::destination::settings(&config, &self.destination)?;
        anyhow::ensure!(
            settings.enabled,
            "[destination.{}] is off (`enabled = false`): nothing would be sent",
            self.destination
        );
        let loader = omni_loader::Config::load(path.as_deref())?;
        let since_micro = self.since.micro(clock::now_micro());
        let warehouse = Warehouse::connect(&loader.warehouse)?;
        let name = self.destination.as_str();
        let selection = Selection::new(name, settings);
        let candidates = Candidates::ask(&warehouse, name, selection, since_micro, self.only).await?;
        let header = replay::delivered_to(Uuid::new_v4(), &self.destination);
        let mut resend = Resend {
            kafka: config.kafka.clone(),
            candidates: Arc::new(candidates),
            producer: None,
            header,
            events_per_second: self.events_per_second,
            shutdown: Shutdown::from_signals()?,
        };
        let (counted, _) = resend.all().await?;
        println!("{counted}");
        if self.dry_run || counted.sent == 0 {
            return Ok(ExitCode::SUCCESS);
        }
        if counted.again > 0 && !self.yes && !self.is_agreed(counted.again)? {
            println!("nothing was sent");
            return Ok(ExitCode::FAILURE);
        }
        resend.producer = Some(Producer::new(&config.kafka, ProducerSettings::default())?);
        let (sent, end) = resend.all().await?;
        self.told(sent.sent, end, &config)
    }

    fn is_agreed(&self, again: u64) -> anyhow::Result<bool> {
        let name = &self.destination;
        if !std::io::stdin().is_terminal() {
            println!("{again} events would reach {name} twice: say --yes if that is meant");
            return Ok(false);
        }
        print!("{again} events will reach {name} twice. Type its name to go on: ");
        std::io::stdout().flush()?;
        let mut answer = String::new();
        std::io::stdin().lock().read_line(&mut answer)?;
        Ok(answer.trim() == name)
    }

    fn told(&self, sent: u64, end: End, config: &Config) -> anyhow::Result<ExitCode> {
        let name = &self.destination;
        if end == End::Stopped {
            println!(
                "stopped after {sent} events; what was sent and not taken yet is sent again by the same command"
            );
            return Ok(ExitCode::FAILURE);
        }
        println!("{sent} events sent; see how they fare: omni deliveries list --destination {name}");
        if Pauses::open(&config.kafka)?.read()?.contains_key(name) {
            println!("{name} is paused: they wait for `omni destination resume {name}`");
        }
        Ok(ExitCode::SUCCESS)
    }
}
