//! `omni backfill`: an account's history as events, from its API to `omni.raw`.
//!
//! Each row becomes one event (`event::snapshot`): `added`, at the second in which the row was changed last. The same row is
//! the same event, so what is sent twice is known, here after a stop or in a second run. A live event of the same change
//! goes before it.

mod meter;

use std::collections::HashMap;
use std::path::PathBuf;
use std::process::ExitCode;
use std::time::Duration;

use anyhow::Context;
use event::snapshot::{BACKFILL, Marks};
use kafka::{Producer, ProducerSettings};
use pipedrive::{Client, Page, Priority};
use stage::{Shutdown, clock};
use tokio::time::Instant;

use crate::command::ConfigFile;
use crate::command::account;
use crate::command::account::pages::{Came, Pages};
use crate::command::account::progress::Kept;
use crate::command::account::rows;
use crate::command::account::steps::{self, STEPS, Step};
use meter::{Meter, Stand};

/// The exit status when there is more to send: run it again.
const TO_BE_CONTINUED: u8 = 3;

/// Send what an account already has through the pipeline, as events of kind `backfill`.
///
/// Deals, archived deals, persons, organizations, leads, activities, stages, pipelines, users and fields are read page by page and put on
/// omni.raw: action `added`, time of the last change. Rows that Omni has already seen as they are change nothing, so a
/// second run adds nothing, and a live event of the same change wins.
///
/// It spends a share of the account's daily tokens (--budget-share) and stops there; run again it goes on where it stood.
/// Exit status: 0 all is sent, 3 there is more to send, 1 something needs a person.
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:
  omni backfill                                  the one account that is configured
  omni backfill --source crm --wait              go on by itself when the next day's tokens are there
  omni backfill --list deals --list persons      only these lists
  omni backfill --restart                        all of it again: what has not changed adds nothing

Which account: [source.<name>] api_url, and api_token or api_token_file. See deploy/omni.example.toml")]
pub(crate) struct Backfill {
    #[command(flatten)]
    file: ConfigFile,
    /// The account, where several are configured
    #[arg(long)]
    source: Option<String>,
    /// Only this list; may be given several times
    #[arg(long = "list", value_name = "LIST", value_parser = steps::named)]
    lists: Vec<String>,
    /// Part of the account's daily tokens, and of a burst, that this command may take
    #[arg(long, default_value_t = 0.25)]
    budget_share: f64,
    /// Rows sent a second at most, so that live events of the same account do not wait behind them
    #[arg(long, default_value_t = 500, value_parser = clap::value_parser!(u64).range(1..=100_000))]
    rows_per_second: u64,
    /// Where it is written how far it came [default: .omni/backfill-<source>.json]
    #[arg(long, value_name = "FILE", value_hint = clap::ValueHint::FilePath)]
    progress_file: Option<PathBuf>,
    /// Begin anew, whatever was sent before
    #[arg(long)]
    restart: bool,
    /// When the share of today is spent, wait for tomorrow's instead of stopping
    #[arg(long)]
    wait: bool,
}

/// How a run ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum End {
    /// All is sent; of so many lists nothing, since the account does not show them.
    Done {
        not_shown: usize,
    },
    /// The share of today is spent; it begins anew in so long.
    Spent(Duration),
    Stopped,
}

impl Backfill {
    pub(crate) fn run(self) -> anyhow::Result<ExitCode> {
        let config = omni_enricher::Config::load(self.file.path().as_deref())?;
        let (name, account) = account::chosen(&config, self.source.as_deref())?;
        let limits = pipedrive::Config {
            budget_share: self.budget_share,
            ..config.pipedrive.clone()
        };
        let path = self
            .progress_file
            .clone()
            .unwrap_or_else(|| PathBuf::from(format!(".omni/backfill-{name}.json")));
        let mut kept = Kept::open(path)?;
        if self.restart {
            kept.restart();
        }
        let client = Client::new(&account, limits)?;
        let no_kafka = || format!("nothing can be sent to kafka at {}", config.kafka.bootstrap);
        kafka::admin::check(&config.kafka).with_context(no_kafka)?;
        client.restore(&kept.progress.budget);
        let producer = Producer::new(&config.kafka, ProducerSettings::default())?;
        let runtime = tokio::runtime::Builder::new_multi_thread()
            .worker_threads(1)
            .enable_all()
            .build()?;
        runtime.block_on(async {
            let shutdown = Shutdown::from_signals()?;
            let mut run = Run {
                pages: Pages::new(client, Priority::Backfill, shutdown.clone()),
                name,
                kept,
                producer,
                shutdown,
                settings: &self,
                rows_before: 0,
            };
            let end = run.all().await?;
            Ok(run.farewell(end))
        })
    }

    fn wants(&self, step: &Step) -> bool {
        self.lists.is_empty() || self.lists.iter().any(|word| word == step.word)
    }
}

/// One run.
struct Run<'a> {
    settings: &'a Backfill,
    name: String,
    pages: Pages,
    kept: Kept,
    producer: Producer,
    shutdown: Shutdown,
    /// Sent by earlier runs.
    rows_before: u64,
}

impl Run<'_> {
    async fn all(&mut self) -> anyhow::Result<End> {
        let company_id = self.pages.company().await?;
        self.kept.belong_to(company_id);
        let finished = |step: &Step| {
            self.kept
                .progress
                .lists
                .get(step.word)
                .is_some_and(|list| list.done)
        };
        if STEPS
            .iter()
            .filter(|step| self.settings.wants(step))
            .all(finished)
        {
            // All was sent before: this is a second look.
            self.kept.restart();
            self.kept.belong_to(company_id);
        }
        self.rows_before = self.kept.progress.lists.values().map(|list| list.rows).sum();
        println!("{}: company {company_id}", self.name);
        let mut meter = self.measure().await?;
        let mut not_shown = 0;
        for step in STEPS.iter().filter(|step| self.settings.wants(step)) {
            match self.list(step, company_id, &mut meter).await? {
                End::Done { not_shown: lists } => not_shown += lists,
                end => return Ok(end),
            }
        }
        Ok(End::Done { not_shown })
    }

    /// How far there is to go.
    async fn measure(&mut self) -> anyhow::Result<Meter> {
        let (mut all, mut before) = (0, 0);
        let mut newest = HashMap::new();
        for step in STEPS.iter().filter(|step| self.settings.wants(step)) {
            let list = self.kept.list(step.word).clone();
            let Some(kind) = step.counted_by else { continue };
            let ids = match newest.get(&kind) {
                _ if list.done => list.id,
                Some(ids) => *ids,
                None => self.pages.newest(kind).await,
            };
            newest.insert(kind, ids);
            all += ids;
            before += list.id.min(ids);
        }
        Meter::new(all, before)
    }

    /// Sends the rest of one list.
    async fn list(&mut self, step: &Step, company_id: u64, meter: &mut Meter) -> anyhow::Result<End> {
        while !self.kept.list(step.word).done {
            let begun = Instant::now();
            let place = self.kept.list(step.word).next.clone();
            let page = match self.pages.page(&step.list, &place).await? {
                Came::Page(page) => page,
                Came::NotShown(error) => {
                    meter.say(&format!("  {:<20} NOT sent: {error}", step.word));
                    return Ok(End::Done { not_shown: 1 });
                }
                Came::Spent(again) if self.settings.wait => {
                    self.keep()?;
                    if !self.until_tomorrow(again, meter).await {
                        return Ok(End::Stopped);
                    }
                    continue;
                }
                Came::Spent(again) => {
                    self.keep()?;
                    return Ok(End::Spent(again));
                }
                Came::Stopped => return Ok(End::Stopped),
            };
            let sent = self.page(step, company_id, page, meter).await?;
            self.show(step, meter);
            if !self.pace(sent, begun).await {
                return Ok(End::Stopped);
            }
        }
        let list = self.kept.list(step.word).clone();
        meter.say(&format!("  {:<20} {} rows", step.word, list.rows));
        Ok(End::Done { not_shown: 0 })
    }

    /// Sends a page, and notes it once Kafka has it.
    async fn page(&mut self, step: &Step, company_id: u64, page: Page, meter: &Meter) -> anyhow::Result<u64> {
        let object = step.object();
        let marks = Marks {
            company_id,
            source: &self.name,
            origin: BACKFILL,
            now_micro: clock::now_micro(),
        };
        let mut records = Vec::with_capacity(page.items.len());
        let mut left_out = 0;
        for row in &page.items {
            match rows::record(marks, &object, row) {
                Ok(record) => records.push(record),
                Err(why) => {
                    left_out += 1;
                    meter.say(&format!("  {:<20} a row is left out: {why}", step.word));
                }
            }
        }
        let sent = records.len() as u64;
        account::send(&self.producer, records).await?;
        let list = self.kept.list(step.word);
        list.rows += sent;
        list.left_out += left_out;
        list.id = list.id.max(rows::greatest_id(&page.items));
        match page.next {
            Some(next) => list.next = next,
            None => list.done = true,
        }
        self.keep()?;
        Ok(sent)
    }

    /// Writes down how far it is, and what it cost.
    fn keep(&mut self) -> anyhow::Result<()> {
        self.kept.progress.tokens += std::mem::take(&mut self.pages.tokens);
        self.kept.progress.budget = self.pages.client().snapshot();
        self.kept.save()
    }

    /// Holds the rate; false when a stop was requested.
    async fn pace(&self, rows: u64, begun: Instant) -> bool {
        let due = begun + Duration::from_secs_f64(rows as f64 / self.settings.rows_per_second as f64);
        tokio::select! {
            biased;
            () = self.shutdown.requested() => false,
            () = tokio::time::sleep_until(due) => true,
        }
    }

    async fn until_tomorrow(&self, again: Duration, meter: &Meter) -> bool {
        meter.say(&format!(
            "  today's share is spent; it goes on in {}",
            indicatif::HumanDuration(again)
        ));
        tokio::select! {
            () = self.shutdown.requested() => false,
            () = tokio::time::sleep(again) => true,
        }
    }

    fn show(&self, step: &Step, meter: &mut Meter) {
        let lists = &self.kept.progress.lists;
        let numbered = STEPS.iter().filter(|step| step.counted_by.is_some());
        let standing = self.pages.client().standing();
        let share = standing.day_tokens_limit as f64 * self.settings.budget_share;
        meter.show(Stand {
            list: step.word,
            ids: numbered.filter_map(|step| Some(lists.get(step.word)?.id)).sum(),
            rows: lists.values().map(|list| list.rows).sum(),
            tokens: self.kept.progress.tokens,
            tokens_today: (standing.day_tokens_spent, share as u64),
        });
    }

    /// Says how it ended, and what to do next.
    fn farewell(&mut self, end: End) -> ExitCode {
        let progress = &self.kept.progress;
        let rows: u64 = progress.lists.values().map(|list| list.rows).sum();
        let left_out: u64 = progress.lists.values().map(|list| list.left_out).sum();
        println!(
            "{} rows sent ({} of them before), {left_out} left out, {} tokens spent",
            rows, self.rows_before, progress.tokens
        );
        match end {
            End::Done { not_shown: 0 } => ExitCode::SUCCESS,
            End::Done { not_shown } => {
                println!(
                    "{not_shown} lists are not shown to this token: give its user the permission, and run the command again"
                );
                ExitCode::FAILURE
            }
            End::Spent(again) => {
                println!(
                    "the share of today's tokens is spent ({:.0} %): run the command again in {}, it goes on where it stood; --wait does that by itself",
                    self.settings.budget_share * 100.0,
                    indicatif::HumanDuration(again)
                );
                ExitCode::from(TO_BE_CONTINUED)
            }
            End::Stopped => {
                println!("stopped: run the command again, it goes on where it stood");
                ExitCode::from(TO_BE_CONTINUED)
            }
        }
    }
}
