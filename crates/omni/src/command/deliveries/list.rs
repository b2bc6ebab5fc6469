//! `omni deliveries list`: one line an attempt, the newest first.

use std::process::ExitCode;

use event::moment;
use serde::Deserialize;
use uuid::Uuid;
use warehouse::Param;

use super::{Which, shown};
use crate::command::print;

const NEWEST: &str = include_str!("../../../sql/deliveries_newest.sql");

/// Attempts with their outcome, and what the destination answered where it did not take the event (where it did, the receipt of a
/// platform that gives one).
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:
  omni deliveries list --destination tags
  omni deliveries list --outcome gave_up --since 7d      what did not arrive, with the last answer
  omni deliveries list --event EVENT_UUID                where one event went")]
pub(crate) struct List {
    #[command(flatten)]
    which: Which,
    /// Attempts that ended so
    #[arg(long, value_parser = ["delivered", "retry", "gave_up", "misconfigured"])]
    outcome: Option<String>,
    /// Attempts of this event
    #[arg(long, value_name = "UUID")]
    event: Option<Uuid>,
    /// Lines at most
    #[arg(long, default_value_t = 50, value_parser = clap::value_parser!(u64).range(1..=10_000))]
    limit: u64,
}

#[derive(Debug, Deserialize)]
struct Made {
    at_micro: i64,
    destination: String,
    company_id: u64,
    event_uuid: Uuid,
    outcome: String,
    reason: String,
    status: u16,
    #[serde(rename = "attempt")]
    number: u32,
    duration_seconds: f64,
    answer: String,
}

impl List {
    pub(super) async fn run(self) -> anyhow::Result<ExitCode> {
        let mut archive = self.which.open()?;
        let event = self.event.map(|event| event.to_string());
        archive.parameters.extend([
            (
                "outcome",
                Param::from(self.outcome.as_deref().unwrap_or_default()),
            ),
            ("uuid", Param::from(event.as_deref().unwrap_or_default())),
            ("limit", Param::UInt(self.limit)),
        ]);
        let found: Vec<Made> = archive.warehouse.select(NEWEST, &archive.parameters).await?;
        if found.is_empty() {
            let since = moment::to_rfc3339(archive.since_micro);
            print::line(format_args!("no such attempt since {since}"))?;
            return Ok(ExitCode::SUCCESS);
        }
        print::line(format_args!(
            "{:<20} {:<20} {:<10} {:<36} {:>3} {:<30} {:>8}  ANSWER",
            "AT (UTC)", "DESTINATION", "COMPANY", "EVENT", "TRY", "OUTCOME", "MS"
        ))?;
        print::lines(found.iter().map(line))?;
        Ok(ExitCode::SUCCESS)
    }
}

fn line(attempt: &Made) -> String {
    let mut outcome = attempt.outcome.clone();
    if !attempt.reason.is_empty() {
        outcome = format!("{outcome}: {}", attempt.reason);
    }
    if attempt.status != 0 {
        outcome = format!("{outcome} ({})", attempt.status);
    }
    let line = format!(
        "{:<20} {:<20} {:<10} {:<36} {:>3} {:<30} {:>8.0}  {}",
        shown(attempt.at_micro),
        attempt.destination,
        attempt.company_id,
        attempt.event_uuid,
        attempt.number,
        outcome,
        attempt.duration_seconds * 1_000.0,
        attempt.answer
    );
    line.trim_end().to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_says_how_it_ended_and_what_was_answered() {
        let attempt = Made {
            at_micro: 1_770_114_030_911_000,
            destination: "tags".to_owned(),
            company_id: 7,
            event_uuid: Uuid::from_u128(9),
            outcome: "gave_up".to_owned(),
            reason: "refused".to_owned(),
            status: 422,
            number: 1,
            duration_seconds: 0.0123,
            answer: "no such pixel".to_owned(),
        };
        let line = line(&attempt);
        assert!(
            line.contains("gave_up: refused (422)") && line.ends_with("12  no such pixel"),
            "{line}"
        );
    }
}
