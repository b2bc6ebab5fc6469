//! `omni rejected export`: the quarantine as a file, one JSON object a line.

use std::fs::File;
use std::io::{BufWriter, Write as _};
use std::path::PathBuf;
use std::process::ExitCode;

use anyhow::Context;
use event::moment;
use serde_json::{Value, json};

use super::{hint, mask};
use crate::command::ConfigFile;
use crate::command::filter::Filter;
use crate::command::refused::{self, Period, Place, Refused, Whole};
use crate::command::since::{self, Since};

/// Refusals of one page.
const PAGE: u64 = 500;

/// Write what was refused to a file, one JSON object a line, values masked unless asked for.
#[derive(Debug, clap::Args)]
pub(crate) struct Export {
    #[command(flatten)]
    file: ConfigFile,
    /// The file to write; it must not be there yet
    #[arg(long, value_name = "FILE", value_hint = clap::ValueHint::FilePath)]
    out: PathBuf,
    /// Refused since then: 90s, 30m, 24h, 7d, or a time
    #[arg(long, default_value = "24h", value_parser = since::parse)]
    since: Since,
    #[command(flatten)]
    filter: Filter,
    /// Write the values as they are: they may hold persons' data
    #[arg(long)]
    values: bool,
}

impl Export {
    pub(super) async fn run(self) -> anyhow::Result<ExitCode> {
        let (_, warehouse, now_micro) = super::open(&self.file)?;
        let named = || self.out.display().to_string();
        let file = File::create_new(&self.out).with_context(named)?;
        let mut out = BufWriter::new(file);
        let period = Period {
            since_micro: self.since.micro(now_micro),
            until_micro: now_micro,
        };
        let (mut after, mut written) = (Place::default(), 0);
        loop {
            let page = refused::page(&warehouse, &self.filter, period, after, PAGE).await?;
            let Some(last) = page.last() else { break };
            after = last.place();
            let records = refused::records(&warehouse, &page.iter().collect::<Vec<_>>()).await?;
            for (refused, whole) in page.iter().zip(records) {
                writeln!(out, "{}", self.line(refused, whole.as_ref())).with_context(named)?;
                written += 1;
            }
        }
        out.flush().with_context(named)?;
        println!("{written} refusals written to {}", named());
        Ok(ExitCode::SUCCESS)
    }

    fn line(&self, refused: &Refused, whole: Option<&Whole>) -> Value {
        let value = whole.map(|whole| {
            if self.values {
                mask::plain(&whole.record.value)
            } else {
                mask::masked(&whole.record.value)
            }
        });
        json!({
            "event_uuid": refused.event_uuid,
            "company_id": refused.company_id,
            "source": refused.source,
            "kind": refused.kind,
            "object": refused.object,
            "action": refused.action,
            "received_at": moment::to_rfc3339(refused.received_at_micro),
            "rejected_at": moment::to_rfc3339(refused.rejected_at_micro),
            "stage": refused.stage,
            "code": refused.code,
            "errors": whole.map(|whole| &whole.record.errors),
            "advice": hint::of(&refused.stage, &refused.code, refused.first_rule()),
            "value": value,
        })
    }
}
