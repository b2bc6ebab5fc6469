//! `omni reconcile`: what Pipedrive did not send is found and sent.
//!
//! The account is held against what the warehouse was told, row by row. Each difference becomes one event of kind `backfill`
//! (origin `reconcile`), which goes the way of all events, so it reaches rows and panels; the same state is the same event, so a
//! second pass sends nothing.

mod found;
mod gone;
mod known;
mod pass;
mod report;
mod why;

use std::path::PathBuf;
use std::process::ExitCode;
use std::time::Duration;

use anyhow::Context as _;
use event::{Object, moment};
use kafka::{Producer, ProducerSettings};
use pipedrive::{Client, Priority};
use stage::{Shutdown, clock};
use warehouse::Warehouse;

use super::account::pages::Pages;
use super::account::progress::Kept;
use super::since::{self, Since};
use super::{ConfigFile, account, ledger, print};
use gone::Belief;
use known::Told;
use pass::{End, Pass};
use report::Report;
use why::Archives;

/// The exit status of a dry run that found something.
const DIFFERENT: u8 = 1;
/// The exit status when there is more to compare: run it again.
const TO_BE_CONTINUED: u8 = 3;
/// A pass that follows another looks back this much before that one's beginning.
const OVERLAP_MICRO: i64 = 600 * moment::SECOND;

/// What becomes of what the account lists no more.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
enum Gone {
    /// It is not looked for
    Skip,
    /// It is told as deleted, unless it is more than a fifth of something
    Careful,
    /// It is told as deleted, however much it is
    All,
}

/// Find what Pipedrive did not send, and send it through the pipeline.
///
/// Compares deals (archived and deleted too), leads, persons, organizations, activities, stages, pipelines and users of the
/// account with what the warehouse was told, and sends each difference as an event of kind `backfill`: it reaches rows and panels,
/// and a second pass finds nothing. Says what was missed, and why it most likely was: a silence, a refusal, a missing right.
///
/// Without --since all rows are read, and what the account lists no more is asked for by its id and told as deleted. It spends a
/// share of the account's daily tokens (--budget-share) and stops there; run again it goes on where it stood.
/// Exit status: 0 all is compared, 1 something needs a person (or --dry-run found something), 3 there is more to compare.
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:
  omni reconcile --since 24h              what changed in a day: after a ban, or each night
  omni reconcile --dry-run                compare everything, send nothing
  omni reconcile --every 6h               everything once, then every six hours what changed since
  omni reconcile --object deal --json     only deals; each finding with its reason

What it costs: 10 tokens for 500 deals, persons, organizations or activities, 20 for 500 leads.")]
pub(crate) struct Reconcile {
    #[command(flatten)]
    file: ConfigFile,
    /// The account, where several are configured
    #[arg(long)]
    source: Option<String>,
    /// Only what was changed since then: 30m, 24h, 7d, or a time. Deletions of other things than deals are not looked for then
    #[arg(long, value_parser = since::parse)]
    since: Option<Since>,
    /// Only these: deal, lead, person, organization, activity, stage, pipeline, user; may be given several times
    #[arg(long = "object", value_name = "OBJECT", value_parser = ["deal", "lead", "person", "organization", "activity", "stage", "pipeline", "user"])]
    objects: Vec<String>,
    /// Compare and report, and send nothing
    #[arg(long)]
    dry_run: bool,
    /// Part of the account's daily tokens, and of a burst, that this command may take
    #[arg(long, default_value_t = 0.25)]
    budget_share: f64,
    /// What was changed in the last seconds may still come, and is passed over
    #[arg(long, value_name = "SECONDS", default_value_t = 300)]
    grace: u32,
    /// What becomes of what the account lists no more
    #[arg(long, value_enum, default_value = "careful")]
    gone: Gone,
    /// Go on for ever: a pass this often, e.g. 6h
    #[arg(long, value_name = "DURATION", value_parser = since::duration, conflicts_with = "dry_run")]
    every: Option<Duration>,
    /// Where it is written how far it came [default: .omni/reconcile-<source>.json]
    #[arg(long, value_name = "FILE", value_hint = clap::ValueHint::FilePath)]
    progress_file: Option<PathBuf>,
    /// Begin anew, whatever was compared before
    #[arg(long)]
    restart: bool,
    /// One JSON object a pass
    #[arg(long)]
    json: bool,
}

impl Reconcile {
    pub(crate) fn run(self) -> anyhow::Result<ExitCode> {
        super::block_on(async {
            let shutdown = Shutdown::from_signals()?;
            let mut work = Work::open(&self, shutdown.clone())?;
            let mut since_micro = self.since.map(|since| since.micro(clock::now_micro()));
            loop {
                let begun_micro = clock::now_micro();
                let (report, end) = work.pass(since_micro).await?;
                let code = self.farewell(&report, end)?;
                let Some(every) = self.every.filter(|_| end != End::Stopped) else {
                    return Ok(code);
                };
                if end == End::Done {
                    since_micro = Some(begun_micro - OVERLAP_MICRO);
                }
                let pause = match end {
                    End::Spent(again) => again,
                    _ => every,
                };
                tokio::select! {
                    () = tokio::time::sleep(pause) => {}
                    () = shutdown.requested() => return Ok(code),
                }
            }
        })
    }

    fn wants(&self, object: &Object) -> bool {
        self.objects.is_empty() || self.objects.iter().any(|wanted| wanted == object.as_str())
    }

    /// Says how a pass ended, and what to do next.
    fn farewell(&self, report: &Report, end: End) -> anyhow::Result<ExitCode> {
        if self.json {
            print::line(report.to_json())?;
        } else {
            print::line(report)?;
        }
        match end {
            End::Done if self.dry_run && report.repairable() > 0 => Ok(ExitCode::from(DIFFERENT)),
            End::Done => Ok(ExitCode::SUCCESS),
            End::Spent(again) => {
                eprintln!(
                    "omni: the share of today's tokens is spent ({:.0} %): run the command again in {}, it goes on where it stood",
                    self.budget_share * 100.0,
                    indicatif::HumanDuration(again)
                );
                Ok(ExitCode::from(TO_BE_CONTINUED))
            }
            End::Stopped => {
                eprintln!("omni: stopped: run the command again, it goes on where it stood");
                Ok(ExitCode::from(TO_BE_CONTINUED))
            }
        }
    }
}

/// The doors that passes go through.
struct Work<'a> {
    settings: &'a Reconcile,
    name: String,
    pages: Pages,
    kept: Kept,
    warehouse: Warehouse,
    loader: omni_loader::Config,
    producer: Producer,
    shutdown: Shutdown,
}

impl<'a> Work<'a> {
    fn open(settings: &'a Reconcile, shutdown: Shutdown) -> anyhow::Result<Self> {
        let path = settings.file.path();
        let enricher = omni_enricher::Config::load(path.as_deref())?;
        let loader = omni_loader::Config::load(path.as_deref())?;
        let (name, account) = account::chosen(&enricher, settings.source.as_deref())?;
        let limits = pipedrive::Config {
            budget_share: settings.budget_share,
            ..enricher.pipedrive.clone()
        };
        let file = settings.progress_file.clone();
        let file = file.unwrap_or_else(|| PathBuf::from(format!(".omni/reconcile-{name}.json")));
        let mut kept = Kept::open(file)?;
        if settings.restart {
            kept.restart();
        }
        let client = Client::new(&account, limits)?;
        let no_kafka = || format!("nothing can be sent to kafka at {}", loader.kafka.bootstrap);
        kafka::admin::check(&loader.kafka).with_context(no_kafka)?;
        client.restore(&kept.progress.budget);
        Ok(Self {
            settings,
            name,
            pages: Pages::new(client, Priority::Repair, shutdown.clone()),
            kept,
            warehouse: Warehouse::connect(&loader.warehouse)?,
            producer: Producer::new(&loader.kafka, ProducerSettings::default())?,
            loader,
            shutdown,
        })
    }

    /// One pass over the account, or the rest of one that was begun.
    async fn pass(&mut self, since_micro: Option<i64>) -> anyhow::Result<(Report, End)> {
        let settings = self.settings;
        let me = self.pages.owner().await?;
        let company_id = me.get("company_id").and_then(serde_json::Value::as_u64);
        let company_id = company_id.context("the account does not say which company it is")?;
        self.kept.belong_to(company_id);
        // One that was begun goes on as it began.
        let since_micro = if self.kept.is_begun() {
            self.kept.progress.since_micro
        } else {
            self.kept.progress.since_micro = since_micro;
            since_micro
        };
        let now_micro = clock::now_micro();
        let ledger = ledger::open(&self.loader)?;
        let told = Told {
            warehouse: self.warehouse.clone(),
            templates: omni_loader::fed(&self.loader)?,
            company_id,
        };
        let archives = Archives {
            warehouse: &told.warehouse,
            ledger: &ledger,
            company_id,
            now_micro,
        };
        let silences = archives.silences(since_micro.unwrap_or(0)).await?;
        if !settings.json {
            print::line(format_args!("{}: company {company_id}", self.name))?;
        }
        let mut report = Report::default();
        if since_micro.is_some() && settings.gone != Gone::Skip {
            let remark = "only deleted deals are looked for with --since; without it whatever the account lists no more";
            report.remarks.push(remark.to_owned());
        }
        let wants = |object: &Object| settings.wants(object);
        let mut pass = Pass {
            name: &self.name,
            company_id,
            pages: &mut self.pages,
            kept: &mut self.kept,
            told: &told,
            ledger: &ledger,
            producer: (!settings.dry_run).then_some(&self.producer),
            since_micro,
            until_micro: now_micro - i64::from(settings.grace) * moment::SECOND,
            now_micro,
            gone: (settings.gone != Gone::Skip).then(|| Belief {
                in_absence: account::is_admin(&me),
                in_any_number: settings.gone == Gone::All,
            }),
            wants: &wants,
            shutdown: &self.shutdown,
            silences,
            report,
            is_quiet: settings.json,
        };
        let end = pass.run().await?;
        let report = std::mem::take(&mut pass.report);
        pass.keep()?;
        if end == End::Done {
            self.kept.restart();
            self.kept.save()?;
        }
        Ok((report, end))
    }
}
