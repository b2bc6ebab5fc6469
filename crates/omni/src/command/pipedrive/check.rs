//! `omni pipedrive check`: whether the credentials work, whose they are, what they show, and what a day may cost.

use std::fmt;
use std::process::ExitCode;
use std::time::Duration;

use anyhow::Context;
use pipedrive::{Account, Client, Error, List, Place, Priority, State};

use crate::command::{ConfigFile, print};

/// One call may take this long.
const CALL_MAX: Duration = Duration::from_secs(15);

/// Try the credentials of each source, and say in words whose they are, what they show, and what is missing.
///
/// Asks for one row of each list that the pipeline reads: some 200 tokens of the account's day. The exit status is 1 when
/// something that the pipeline needs is not shown.
#[derive(Debug, clap::Args)]
#[command(
    after_help = "Which account: [source.<name>] api_url, and api_token or api_token_file. See deploy/omni.example.toml"
)]
pub(crate) struct Check {
    #[command(flatten)]
    file: ConfigFile,
    /// Only this source.
    #[arg(long)]
    source: Option<String>,
    /// Part of the account's day, and of a burst, that this command may take.
    #[arg(long, default_value_t = 0.25)]
    budget_share: f64,
}

impl Check {
    pub(crate) fn run(self) -> anyhow::Result<ExitCode> {
        let config = omni_enricher::Config::load(self.file.path().as_deref())?;
        let limits = pipedrive::Config {
            budget_share: self.budget_share,
            page_rows: 1,
            ..config.pipedrive.clone()
        };
        let chosen = |name: &String| self.source.as_ref().is_none_or(|wanted| wanted == name);
        let sources: Vec<_> = config.source.iter().filter(|(name, _)| chosen(name)).collect();
        if sources.is_empty() {
            let known: Vec<_> = config.source.keys().map(String::as_str).collect();
            anyhow::bail!(
                "there is no such source; the configuration has [{}]",
                known.join(", ")
            );
        }
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build()?;
        let mut whole = true;
        for (name, source) in sources {
            let Some(account) = source.account(name)? else {
                print::line(format_args!(
                    "{name}: no `api_url`, so nothing is looked up: events go on with what webhooks tell"
                ))?;
                continue;
            };
            let report = runtime
                .block_on(look(&account, &limits))
                .with_context(|| name.clone())?;
            print::line(format!("{name}: {report}").trim_end())?;
            whole &= report.is_whole();
        }
        Ok(if whole {
            ExitCode::SUCCESS
        } else {
            ExitCode::FAILURE
        })
    }
}

/// A list that the pipeline reads, and what is lost without it.
const LISTS: [(List, &str); 13] = [
    (List::Deals(None), "figures of contacts"),
    (List::ArchivedDeals(None), "figures of contacts"),
    (List::Persons(None), "contacts"),
    (List::Organizations(None), "organizations"),
    (List::Leads(None), "leads and their marketing source"),
    (List::ArchivedLeads, "archived leads and their marketing source"),
    (List::Stages, "names of stages"),
    (List::Pipelines, "names of pipelines"),
    (List::Users, "names of owners"),
    (List::LeadLabels, "names of leads' labels"),
    (List::DealFields, "names of custom fields, channels, labels"),
    (List::PersonFields, "names of custom fields"),
    (List::OrganizationFields, "names of custom fields, industries"),
];

/// What was found of one account.
#[derive(Debug)]
pub(super) struct Report {
    owner: Result<State, Error>,
    lists: Vec<(&'static str, &'static str, Option<Error>)>,
    tokens: u32,
    day: (u64, u64),
    configured_day: u64,
}

/// Asks for the owner of the credentials, then for a row of each list.
pub(super) async fn look(account: &Account, limits: &pipedrive::Config) -> Result<Report, Error> {
    let client = Client::new(account, limits.clone())?;
    let configured_day = client.standing().day_tokens_limit;
    let me = client.me(Priority::Live, CALL_MAX).await;
    let mut tokens = me.facts.tokens;
    let mut lists = Vec::new();
    if me.result.is_ok() {
        for (list, lost) in &LISTS {
            let call = client
                .page(list, &Place::Beginning, Priority::Live, CALL_MAX)
                .await;
            tokens += call.facts.tokens;
            lists.push((list.endpoint(), *lost, call.result.err()));
        }
    }
    let standing = client.standing();
    Ok(Report {
        owner: me.result,
        lists,
        tokens,
        day: (standing.day_tokens_left, standing.day_tokens_limit),
        configured_day,
    })
}

impl Report {
    /// Whether everything the pipeline reads is shown.
    pub(super) fn is_whole(&self) -> bool {
        self.owner.is_ok() && self.lists.iter().all(|(_, _, error)| error.is_none())
    }
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let me = match &self.owner {
            Ok(me) => me,
            Err(error) => return writeln!(f, "not usable: {}", remedy(error)),
        };
        let text = |key: &str| me.get(key).and_then(serde_json::Value::as_str).unwrap_or("?");
        let company = me.get("company_id").map_or_else(String::new, ToString::to_string);
        writeln!(
            f,
            "the account {} (company {company}), asked as {}",
            text("company_name"),
            text("name")
        )?;
        for (list, lost, error) in &self.lists {
            match error {
                None => writeln!(f, "  {list:<20} shown")?,
                Some(error) => writeln!(f, "  {list:<20} NOT shown ({}): without {lost}", remedy(error))?,
            }
        }
        let (left, limit) = self.day;
        writeln!(
            f,
            "  {} tokens spent; at least {left} of {limit} are left today",
            self.tokens
        )?;
        if limit != self.configured_day {
            writeln!(
                f,
                "  Pipedrive says a day has {limit} tokens, the configuration {}: see `plan`, `seats` and `topup_tokens` in [pipedrive]",
                self.configured_day
            )?;
        }
        Ok(())
    }
}

/// What went wrong, and what to do.
fn remedy(error: &Error) -> String {
    let what = error.to_string();
    match error {
        Error::Unauthorized => format!("{what}; make a new one under Settings > Personal preferences > API"),
        Error::Forbidden { .. } => format!("{what}; give the token's user the permission"),
        Error::Unreachable { .. } | Error::Timeout { .. } => format!("{what}; is `api_url` right?"),
        Error::Guarded { source, .. } => format!("{what}: {source}"),
        Error::Banned { .. } => format!("{what}; who else uses this token?"),
        _ => what,
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use simulator::{Faults, Simulator, Trouble};
    use stage::Shutdown;
    use url::Url;

    use super::*;

    async fn report(faults: Faults, token: &str) -> Report {
        let account = simulator::Config {
            history_events: 0,
            rate: 0.0,
            faults,
            ..simulator::Config::default()
        };
        let simulator = Simulator::bind(account).await.unwrap();
        let address = Url::parse(&format!("http://{}", simulator.address())).unwrap();
        let (trigger, shutdown) = Shutdown::pair();
        let serving = tokio::spawn(simulator.serve(shutdown));
        let limits = pipedrive::Config {
            page_rows: 1,
            ..pipedrive::Config::default()
        };
        let report = look(&Account::with_token(address, token), &limits).await.unwrap();
        drop(trigger);
        serving.await.unwrap().unwrap();
        report
    }

    #[tokio::test]
    async fn an_account_that_shows_everything_is_whole() {
        let report = report(Faults::default(), "simulated").await;
        let text = report.to_string();
        assert!(report.is_whole(), "{text}");
        assert!(text.contains("company 7654321"), "{text}");
        assert_eq!(text.matches(" shown\n").count(), LISTS.len(), "{text}");
        assert!(text.contains("see `plan`, `seats`"), "{text}");
        assert!(!text.contains("simulated\n"), "the token is told: {text}");
    }

    #[tokio::test]
    async fn what_cannot_be_used_is_said_with_the_remedy() {
        let wrong = report(Faults::default(), "wrong").await;
        assert!(!wrong.is_whole());
        let text = wrong.to_string();
        assert!(text.contains("was refused; make a new one"), "{text}");
        let away = Faults {
            api: Trouble::Down,
            ..Faults::default()
        };
        let text = report(away, "simulated").await.to_string();
        assert!(text.starts_with("not usable: me is unavailable"), "{text}");
    }

    #[test]
    fn a_list_that_is_not_shown_says_what_is_lost() {
        let forbidden = Error::Forbidden {
            endpoint: "leads",
            id: "list".to_owned(),
        };
        let report = Report {
            owner: Ok(State::new()),
            lists: vec![("leads", "leads and their marketing source", Some(forbidden))],
            tokens: 22,
            day: (10, 30_000),
            configured_day: 30_000,
        };
        assert!(!report.is_whole());
        let text = report.to_string();
        assert!(
            text.contains("NOT shown") && text.contains("without leads and their marketing source"),
            "{text}"
        );
        assert!(!text.contains("see `plan`"), "{text}");
    }
}
