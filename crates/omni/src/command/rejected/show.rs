//! `omni rejected show`: everything about the refusals of one event.

use std::process::ExitCode;

use event::moment;
use ledger::{End, Event};
use uuid::Uuid;

use super::{hint, mask};
use crate::command::ConfigFile;
use crate::command::filter::Filter;
use crate::command::print;
use crate::command::refused::{self, Refused, Whole};

/// Refusals of one event that are shown.
const SHOWN_MAX: u64 = 100;

/// All reasons why an event was refused, what to do, and the value, masked unless asked for.
#[derive(Debug, clap::Args)]
pub(crate) struct Show {
    #[command(flatten)]
    file: ConfigFile,
    /// The event's id, as `omni rejected list` names it
    event_uuid: Uuid,
    /// Only of this company
    #[arg(long)]
    company: Option<u64>,
    /// Show the value as it is: it may hold a person's data
    #[arg(long)]
    values: bool,
}

impl Show {
    pub(super) async fn run(self) -> anyhow::Result<ExitCode> {
        let (config, warehouse, now_micro) = super::open(&self.file)?;
        let filter = Filter {
            uuid: Some(self.event_uuid),
            company: self.company,
            ..Filter::default()
        };
        let found = refused::newest(&warehouse, &filter, 0, SHOWN_MAX).await?;
        if found.is_empty() {
            let uuid = self.event_uuid;
            print::line(format_args!("{uuid} was not refused, or its record is gone"))?;
            return Ok(ExitCode::FAILURE);
        }
        let records = refused::records(&warehouse, &found.iter().collect::<Vec<_>>()).await?;
        let ledger = crate::command::ledger::open(&config)?;
        for (refused, whole) in found.iter().zip(records) {
            let event = Event {
                company_id: refused.company_id,
                uuid: refused.event_uuid,
            };
            let known = ledger.known(&[event], now_micro).await?;
            let is_loaded = known.iter().any(|known| known.end == Some(End::Loaded));
            let stands = if is_loaded {
                "loaded since"
            } else {
                "in quarantine"
            };
            print::lines(told(refused, stands))?;
            print::line(self.value(whole.as_ref()))?;
        }
        Ok(ExitCode::SUCCESS)
    }

    fn value(&self, whole: Option<&Whole>) -> String {
        let Some(Whole { record, .. }) = whole else {
            return "  value     cannot be read".to_owned();
        };
        let value = if self.values {
            mask::plain(&record.value)
        } else {
            mask::masked(&record.value)
        };
        let text = serde_json::to_string_pretty(&value).unwrap_or_default();
        format!("  value     {}", text.replace('\n', "\n            "))
    }
}

fn told(refused: &Refused, stands: &str) -> Vec<String> {
    let mut told = vec![
        format!("{}  {stands}", refused.event_uuid),
        format!(
            "  refused   {} by {}",
            moment::to_rfc3339(refused.rejected_at_micro),
            refused.stage
        ),
        format!(
            "  event     source {}, company {}, {}, received {}",
            refused.source,
            refused.company_id,
            refused.subject(),
            moment::to_rfc3339(refused.received_at_micro)
        ),
        format!("  code      {}", refused.code),
    ];
    let faults = refused
        .paths
        .iter()
        .zip(&refused.rules)
        .zip(&refused.schema_versions)
        .zip(&refused.messages);
    told.extend(faults.map(|(((path, rule), schema), message)| {
        let schema = if schema.is_empty() {
            String::new()
        } else {
            format!(" of {schema}")
        };
        format!("  fault     {path}: {message} (rule {rule}{schema})")
    }));
    let advice = hint::of(&refused.stage, &refused.code, refused.first_rule());
    told.push(format!("  advice    {advice}"));
    told
}
