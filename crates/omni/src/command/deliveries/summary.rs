//! `omni deliveries summary`: a line a destination.

use std::process::ExitCode;

use event::moment;
use serde::Deserialize;

use super::{Which, shown};
use crate::command::print;

const SUMMARY: &str = include_str!("../../../sql/deliveries_summary.sql");

/// How each destination fares: events delivered and given up, attempts in vain, how long one takes.
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:
  omni deliveries summary                      the last 24 hours
  omni deliveries summary --since 10m --destination tags")]
pub(crate) struct Summary {
    #[command(flatten)]
    which: Which,
}

#[derive(Debug, Deserialize)]
struct Fared {
    destination: String,
    delivered: u64,
    given_up: u64,
    retries: u64,
    misconfigured: u64,
    seconds_p50: f64,
    seconds_p99: f64,
    last_micro: i64,
}

impl Summary {
    pub(super) async fn run(self) -> anyhow::Result<ExitCode> {
        let archive = self.which.open()?;
        let found: Vec<Fared> = archive.warehouse.select(SUMMARY, &archive.parameters).await?;
        if found.is_empty() {
            let since = moment::to_rfc3339(archive.since_micro);
            print::line(format_args!("nothing was sent since {since}"))?;
            return Ok(ExitCode::SUCCESS);
        }
        print::line(format_args!(
            "{:<24} {:>10} {:>9} {:>9} {:>14} {:>9} {:>9}  LAST DELIVERED (UTC)",
            "DESTINATION", "DELIVERED", "GIVEN UP", "RETRIES", "MISCONFIGURED", "P50 MS", "P99 MS"
        ))?;
        print::lines(found.iter().map(line))?;
        Ok(ExitCode::SUCCESS)
    }
}

fn line(fared: &Fared) -> String {
    let last = if fared.delivered == 0 {
        "never".to_owned()
    } else {
        shown(fared.last_micro)
    };
    format!(
        "{:<24} {:>10} {:>9} {:>9} {:>14} {:>9.0} {:>9.0}  {last}",
        fared.destination,
        fared.delivered,
        fared.given_up,
        fared.retries,
        fared.misconfigured,
        fared.seconds_p50 * 1_000.0,
        fared.seconds_p99 * 1_000.0,
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn who_never_took_anything_says_so() {
        let fared = Fared {
            destination: "tags".to_owned(),
            delivered: 0,
            given_up: 2,
            retries: 7,
            misconfigured: 0,
            seconds_p50: 0.0,
            seconds_p99: 0.0,
            last_micro: 0,
        };
        assert!(line(&fared).ends_with("never"));
        let fared = Fared {
            delivered: 3,
            last_micro: 1_770_114_030_911_000,
            ..fared
        };
        assert!(line(&fared).ends_with("2026-02-03T10:20:30"), "{}", line(&fared));
    }
}
