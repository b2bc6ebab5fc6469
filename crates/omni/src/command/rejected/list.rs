//! `omni rejected list`: one line a refusal, the newest first.

use std::process::ExitCode;

use event::moment;

use super::hint;
use crate::command::ConfigFile;
use crate::command::filter::Filter;
use crate::command::print;
use crate::command::refused::{self, Refused};
use crate::command::since::{self, Since};

/// What was refused lately, with the first reason of each.
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:
  omni rejected list                                     the last 24 hours
  omni rejected list --since 7d --code schema --rule enum
  omni rejected show EVENT_UUID                          all reasons of one, and its value masked")]
pub(crate) struct List {
    #[command(flatten)]
    file: ConfigFile,
    /// Refused since then: 90s, 30m, 24h, 7d, or a time
    #[arg(long, default_value = "24h", value_parser = since::parse)]
    since: Since,
    #[command(flatten)]
    filter: Filter,
    /// Lines at most
    #[arg(long, default_value_t = 50, value_parser = clap::value_parser!(u64).range(1..=10_000))]
    limit: u64,
}

impl List {
    pub(super) async fn run(self) -> anyhow::Result<ExitCode> {
        let (_, warehouse, now_micro) = super::open(&self.file)?;
        let since = self.since.micro(now_micro);
        let found = refused::newest(&warehouse, &self.filter, since, self.limit).await?;
        if found.is_empty() {
            let since = moment::to_rfc3339(since);
            print::line(format_args!("nothing was refused since {since}"))?;
            return Ok(ExitCode::SUCCESS);
        }
        print::line(format_args!(
            "{:<20} {:<12} {:<10} {:<10} {:<18} {:<20} {:<34} EVENT",
            "REFUSED (UTC)", "SOURCE", "COMPANY", "STAGE", "WHAT", "CODE", "PATH, RULE, SCHEMA"
        ))?;
        print::lines(found.iter().map(line))?;
        print::line("\nadvice:")?;
        print::lines(
            advice(&found)
                .iter()
                .map(|(what, advice)| format!("  {what}: {advice}")),
        )?;
        Ok(ExitCode::SUCCESS)
    }
}

fn line(refused: &Refused) -> String {
    let at = moment::to_rfc3339(refused.rejected_at_micro);
    let first = |list: &[String]| list.first().cloned().unwrap_or_default();
    let mut reason = format!("{} {}", first(&refused.paths), first(&refused.rules));
    let schema = first(&refused.schema_versions);
    if !schema.is_empty() {
        reason = format!("{reason} {schema}");
    }
    if refused.paths.len() > 1 {
        reason = format!("{reason} (+{})", refused.paths.len() - 1);
    }
    format!(
        "{:<20} {:<12} {:<10} {:<10} {:<18} {:<20} {:<34} {}",
        at.get(..19).unwrap_or(&at),
        refused.source,
        refused.company_id,
        refused.stage,
        refused.subject(),
        refused.code,
        reason,
        refused.event_uuid
    )
}

/// Each kind of refusal once.
fn advice(found: &[Refused]) -> std::collections::BTreeMap<String, &'static str> {
    let each = found.iter().map(|refused| {
        let rule = refused.first_rule();
        let what = if refused.code == "schema" {
            format!("{} {rule}", refused.code)
        } else {
            refused.code.clone()
        };
        (what, hint::of(&refused.stage, &refused.code, rule))
    });
    each.collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_names_path_rule_and_schema_and_how_many_more_there_are() {
        let refused = Refused {
            company_id: 7,
            rejected_at_micro: 0,
            event_uuid: uuid::Uuid::from_u128(9),
            kind: "webhook".to_owned(),
            source: "crm".to_owned(),
            object: "deal".to_owned(),
            action: "updated".to_owned(),
            received_at_micro: 0,
            stage: "loader".to_owned(),
            code: "schema".to_owned(),
            paths: vec!["$.a".to_owned(), "$.b".to_owned()],
            rules: vec!["enum".to_owned(), "type".to_owned()],
            schema_versions: vec!["t/2.0".to_owned(), "t/2.0".to_owned()],
            messages: vec![String::new(), String::new()],
        };
        let line = line(&refused);
        assert!(
            line.contains("$.a enum t/2.0 (+1)") && line.ends_with("000000000009"),
            "{line}"
        );
        assert_eq!(advice(&[refused.clone(), refused]).len(), 1);
    }
}
