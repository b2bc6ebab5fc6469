//! `omni erase person`: the order, its way, the warehouse, and the certificate.

use std::path::{Path, PathBuf};
use std::process::ExitCode;

use anyhow::ensure;
use event::moment;
use kafka::Topic;
use stage::clock;

use super::certificate::Certificate;
use super::obeyed::{Patience, Wait};
use super::order::{self, Order};
use super::traces::Traces;
use super::{Doors, Who, destinations, retention};
use crate::command::{ConfigFile, print};

/// Remove what says who a person is, and keep it out from now on.
///
/// Writes an order to omni.raw, among the person's own events: what came before it is removed, what comes later (a webhook, a
/// replay, an answer of the API, a collector's spool) brings back the id only, until `omni erase lift`. When every stage has
/// obeyed, the warehouse is cleared: bodies in the raw archive and in quarantine, the last known states, and the personal
/// columns of every template's tables. Events stay and are counted as before, so totals and the ledger stay right.
///
/// It ends by saying what it cannot remove (what Kafka holds until its retention ends, what destinations were sent), and writes
/// a certificate that `omni erase verify` checks. Run again after a stop it goes on; nothing is harmed by an order given twice.
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:
  omni erase person --company 7077 --id 1201 --dry-run   what would be removed, and what cannot be
  omni erase person --company 7077 --id 1201             removes it, and writes erasure-7077-1201.json
  omni erase verify erasure-7077-1201.json               whether it is still so

A person that was merged into this one has an id of its own, and is erased by itself. docs/erasure.md says what stays.")]
pub(crate) struct PersonCommand {
    #[command(flatten)]
    file: ConfigFile,
    #[command(flatten)]
    who: Who,
    /// Say what would be removed, and change nothing
    #[arg(long)]
    dry_run: bool,
    /// Where the certificate goes; a file that is there is not written over [default: erasure-<company>-<person>.json]
    #[arg(long, value_name = "FILE", value_hint = clap::ValueHint::FilePath)]
    certificate: Option<PathBuf>,
    #[command(flatten)]
    patience: Patience,
}

impl PersonCommand {
    pub(super) async fn run(self) -> anyhow::Result<ExitCode> {
        let path = self.file.path();
        let doors = Doors::open(path.as_deref())?;
        if self.dry_run {
            return self.dry(&doors, path.as_deref()).await;
        }
        let certificate = self.certificate_file();
        ensure!(
            !certificate.exists(),
            "{} is there already: name another file with --certificate",
            certificate.display()
        );
        let order = order::give(&doors, self.who, false).await?;
        print::line(format_args!(
            "person {} of company {}: ordered, event {}, {} partition {} offset {}",
            self.who.person_id,
            self.who.company_id,
            order.event_uuid,
            Topic::Raw.name(&doors.kafka),
            order.at.partition,
            order.at.offset
        ))?;
        let wait = Wait::begin(&doors, self.patience);
        wait.for_all(self.who, &order).await?;
        print::line("every stage keeps the person out, and what was on its way has arrived")?;
        let cleared = self.clear(&doors).await?;
        let written = self.certify(&doors, path.as_deref(), &order, cleared).await?;
        written.write(&certificate)?;
        print::line(format_args!("certificate: {}", certificate.display()))?;
        Ok(ExitCode::SUCCESS)
    }

    async fn dry(&self, doors: &Doors, path: Option<&Path>) -> anyhow::Result<ExitCode> {
        let traces = Traces::find(doors, self.who).await?;
        print::line("rows that tell of the person:")?;
        print_counts(&traces.counts())?;
        let now_micro = clock::now_micro();
        print_rest(
            &retention::held(doors, now_micro).await?,
            destinations::configured(path).as_deref(),
            now_micro,
        )?;
        print::line("nothing was changed")?;
        Ok(ExitCode::SUCCESS)
    }

    /// Clears the warehouse, and looks again.
    async fn clear(&self, doors: &Doors) -> anyhow::Result<std::collections::BTreeMap<String, u64>> {
        let traces = Traces::find(doors, self.who).await?;
        traces.clear(&doors.warehouse, self.who).await?;
        let left = Traces::find(doors, self.who).await?.counts();
        let left: Vec<String> = left
            .iter()
            .filter(|(_, rows)| **rows > 0)
            .map(|(table, rows)| format!("{table} {rows}"))
            .collect();
        ensure!(
            left.is_empty(),
            "rows that tell of the person are there still: {}; run the same command again",
            left.join(", ")
        );
        let counts = traces.counts();
        print::line("rows that told of the person and no longer do:")?;
        print_counts(&counts)?;
        Ok(counts)
    }

    async fn certify(
        &self,
        doors: &Doors,
        path: Option<&Path>,
        order: &Order,
        cleared: std::collections::BTreeMap<String, u64>,
    ) -> anyhow::Result<Certificate> {
        let now_micro = clock::now_micro();
        let kafka_holds = retention::held(doors, now_micro).await?;
        let destinations = destinations::configured(path);
        print_rest(&kafka_holds, destinations.as_deref(), now_micro)?;
        Ok(Certificate {
            event_uuid: order.event_uuid,
            topic: Topic::Raw.name(&doors.kafka),
            partition: order.at.partition,
            offset: order.at.offset,
            ordered_at: moment::to_rfc3339(order.at_micro),
            completed_at: moment::to_rfc3339(now_micro),
            cleared,
            kafka_holds,
            destinations,
            ..Certificate::of(self.who)
        })
    }

    fn certificate_file(&self) -> PathBuf {
        let Who {
            company_id,
            person_id,
        } = self.who;
        let own = || format!("erasure-{company_id}-{person_id}.json").into();
        self.certificate.clone().unwrap_or_else(own)
    }
}

/// One line a table.
fn print_counts(counts: &std::collections::BTreeMap<String, u64>) -> anyhow::Result<()> {
    print::lines(counts.iter().map(|(table, rows)| format!("  {rows:>9}  {table}")))
}

fn print_rest(
    held: &[retention::Held],
    destinations: Option<&[destinations::Destination]>,
    now_micro: i64,
) -> anyhow::Result<()> {
    print::line("kafka still holds what was written before:")?;
    print::lines(retention::lines(held, now_micro))?;
    print::line(
        "a collector's spool is no exception: what it holds goes to omni.raw, and is kept out there",
    )?;
    print::line("destinations:")?;
    print::lines(destinations::lines(destinations))
}
