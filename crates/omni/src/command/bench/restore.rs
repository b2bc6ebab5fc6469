//! `omni bench restore`: how long an enricher takes to hold the states of an account again, and what that costs.
//!
//! Cold: the store is empty and all of omni.entities is read. Warm: the store is there and only what is new is read.

use std::collections::BTreeMap;
use std::path::Path;
use std::time::Instant;

use anyhow::Result;
use event::state::LightRecord;
use event::{Change, EntityId, Headers, Kind, Object, identity};
use kafka::{Outgoing, Placement, Topic};

use super::bodies::{Accounts, COMPANY_FIRST};
use super::corner::Corner;
use super::processes::Reading;

const NAME: &str = "enricher";
/// Records made and sent at once.
const SENT_AT_ONCE: u64 = 10_000;
/// Deals of one contact.
const DEALS_OF_A_PERSON: u64 = 4;
const MIB: f64 = 1024.0 * 1024.0;

/// Time, memory and disk of an enricher that restores so many entities.
#[derive(Debug, clap::Args)]
#[command(after_help = "Example:
  omni services -- omni bench restore --entities 1000000")]
pub(crate) struct Restore {
    /// A broker: host:port
    #[arg(long, env = "OMNI_TEST_KAFKA")]
    kafka: String,
    /// Deals in omni.entities
    #[arg(long, default_value_t = 1_000_000, value_parser = clap::value_parser!(u64).range(1..=20_000_000))]
    entities: u64,
}

impl Restore {
    pub(crate) async fn run(self) -> Result<()> {
        let corner = Corner::new(&self.kafka, 1, &|_| String::new())?;
        eprintln!("making {} entities", self.entities);
        let mut bytes = 0;
        for from in (0..self.entities).step_by(SENT_AT_ONCE as usize) {
            let some =
                (from..self.entities.min(from + SENT_AT_ONCE)).map(|number| entity(number, self.entities));
            let some = some.collect::<Result<Vec<_>>>()?;
            bytes += some.iter().map(Outgoing::bytes).sum::<usize>();
            corner.send(some).await?;
        }
        println!(
            "entities        {} ({:.0} MiB uncompressed)",
            self.entities,
            bytes as f64 / MIB
        );
        for how in ["cold", "warm"] {
            self.start(&corner, how).await?;
        }
        Ok(())
    }

    /// One start, from the process to ready.
    async fn start(&self, corner: &Corner, how: &str) -> Result<()> {
        let begun = Instant::now();
        let stage = corner.enricher()?;
        let records = corner.until_restored().await?;
        let took = begun.elapsed();
        let pids = BTreeMap::from([(NAME.to_owned(), stage.pid())]);
        let reading = Reading::take(&pids);
        let used = reading.processes.get(NAME).copied().unwrap_or_default();
        stage.stop();
        println!(
            "{how:<16}{records} records read; holds its states after {:.1} s, {:.1} s CPU, {:.0} MiB resident, {:.0} MiB on disk",
            took.as_secs_f64(),
            used.cpu.as_secs_f64(),
            used.resident_bytes as f64 / MIB,
            bytes_below(&corner.states()) as f64 / MIB
        );
        Ok(())
    }
}

/// The last state of one deal, as the enricher writes it.
fn entity(number: u64, deals: u64) -> Result<Outgoing> {
    let now = stage::clock::now_micro();
    let accounts = Accounts {
        companies: 1,
        persons: deals / DEALS_OF_A_PERSON + 1,
        deals,
    };
    let change = Change::from_webhook(&accounts.deal(number, now))?;
    let id = EntityId::from(number + 1);
    let mut record = LightRecord::blank(COMPANY_FIRST, Object::Deal, id.clone());
    record.apply(&change, now);
    let headers = Headers::new(change.uuid, Kind::Webhook, "bench", now);
    Ok(Outgoing {
        topic: Topic::Entities,
        placement: Placement::Partition(0),
        key: identity::message_key(COMPANY_FIRST, &Object::Deal, &id).into_bytes(),
        payload: Some(record.to_json()),
        headers: headers.to_pairs().into(),
    })
}

fn bytes_below(folder: &Path) -> u64 {
    let entries = std::fs::read_dir(folder).into_iter().flatten().flatten();
    entries
        .filter_map(|entry| {
            let metadata = entry.metadata().ok()?;
            Some(if metadata.is_dir() {
                bytes_below(&entry.path())
            } else {
                metadata.len()
            })
        })
        .sum()
}
