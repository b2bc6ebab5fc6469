//! `omni erase verify`: whether what a certificate says is still so.

use std::path::PathBuf;
use std::process::ExitCode;

use event::moment;
use stage::clock;

use super::certificate::Certificate;
use super::traces::Traces;
use super::{Doors, Who, retention};
use crate::command::{ConfigFile, print};

/// The newest order of a person: whether it lifts, and when it was given.
const NEWEST: &str = "SELECT toUInt8(is_lifted), toUnixTimestamp64Micro(ordered_at) FROM erased_persons \
                      WHERE event_company_id = {company:UInt64} AND person_id = {person:UInt64} \
                      ORDER BY archived_at DESC, kafka_offset DESC LIMIT 1";

/// Look whether what a certificate of an erasure says is still so.
///
/// Checks the certificate's SHA-256, that the person is kept out, and looks again in every table and archive for what tells of
/// it; says which of Kafka's retentions have ended by now. Nothing is written. A hash finds a file that was changed by accident;
/// who wants proof against more keeps the certificate where nobody can change it.
///
/// Exit status: 0 it is so (or was lifted since, which is said), 1 it is not.
#[derive(Debug, clap::Args)]
#[command(after_help = "Example:
  omni erase verify erasure-7077-1201.json")]
pub(crate) struct Verify {
    #[command(flatten)]
    file: ConfigFile,
    /// What `omni erase person` wrote
    #[arg(value_name = "FILE", value_hint = clap::ValueHint::FilePath)]
    certificate: PathBuf,
}

/// Whether the person is kept out.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Standing {
    KeptOut,
    /// Microseconds since 1970.
    LiftedAt(i64),
    NotOrdered,
}

impl Verify {
    pub(super) async fn run(self) -> anyhow::Result<ExitCode> {
        let certificate = Certificate::read(&self.certificate)?;
        let doors = Doors::open(self.file.path().as_deref())?;
        let who = certificate.who();
        print::line(format_args!(
            "person {} of company {}: erased {}, {} partition {} offset {}; the certificate is as it was written",
            who.person_id,
            who.company_id,
            certificate.completed_at,
            certificate.topic,
            certificate.partition,
            certificate.offset
        ))?;
        let standing = standing(&doors, who).await?;
        match standing {
            Standing::KeptOut => print::line("the person is kept out")?,
            Standing::LiftedAt(at) => print::line(format_args!(
                "LIFTED {}: the person may have come back since",
                moment::to_rfc3339(at)
            ))?,
            Standing::NotOrdered => print::line("NOT KEPT OUT: no order of this person is on record")?,
        }
        let found = Traces::find(&doors, who).await?.counts();
        let mut is_clean = true;
        for (table, rows) in found.iter().filter(|(_, rows)| **rows > 0) {
            is_clean = false;
            print::line(format_args!(
                "FOUND {rows} rows in {table} that tell of the person"
            ))?;
        }
        if is_clean {
            print::line(format_args!(
                "no row of {} tables tells of the person",
                found.len()
            ))?;
        }
        print::line("kafka, of what was written before:")?;
        print::lines(retention::lines(&certificate.kafka_holds, clock::now_micro()))?;
        Ok(match standing {
            Standing::KeptOut if is_clean => ExitCode::SUCCESS,
            Standing::LiftedAt(_) => ExitCode::SUCCESS,
            Standing::KeptOut | Standing::NotOrdered => ExitCode::FAILURE,
        })
    }
}

async fn standing(doors: &Doors, who: Who) -> anyhow::Result<Standing> {
    let parameters = [
        ("company", who.company_id.into()),
        ("person", who.person_id.into()),
    ];
    let newest: Vec<(u8, i64)> = doors.warehouse.select(NEWEST, &parameters).await?;
    Ok(match newest.first() {
        None => Standing::NotOrdered,
        Some((0, _)) => Standing::KeptOut,
        Some((_, at)) => Standing::LiftedAt(*at),
    })
}
