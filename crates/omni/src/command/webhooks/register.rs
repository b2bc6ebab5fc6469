//! `omni webhooks register`.

use std::process::ExitCode;

use pipedrive::{Cause, Change, Done, Priority, Step, upkeep};

use super::asked::{Asked, COMMAND_MAX, Whose, remedy};
use crate::command::print;

/// Make the subscriptions of [source.<name>.webhooks] that are missing or were removed.
///
/// What is there and works is left alone, so it can be run again at any time; of several that tell the same one is kept. With
/// --renew they are made anew and the old ones removed, which ends a ban: it hangs on the webhook.
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:
  omni webhooks register --dry-run    what would be done
  omni webhooks register              do it
  omni webhooks register --renew      all anew: ends a ban (what happened in it: `omni reconcile`)")]
pub(crate) struct Register {
    #[command(flatten)]
    whose: Whose,
    /// Say what would be done, and do nothing
    #[arg(long)]
    dry_run: bool,
    /// Replace those that are there too
    #[arg(long)]
    renew: bool,
}

impl Register {
    pub(super) async fn run(self) -> anyhow::Result<ExitCode> {
        let asked = self.whose.ask()?;
        let wanted = asked.wanted()?;
        if self.dry_run {
            let listed = asked.listed().await?;
            let steps = upkeep(&wanted, &listed, |_| self.renew);
            for step in &steps {
                print::line(format_args!("would {}", in_words(step)))?;
            }
            if steps.is_empty() {
                print::line("nothing is to be done")?;
            }
            return Ok(ExitCode::SUCCESS);
        }
        renew(&asked, self.renew).await
    }
}

/// Does what is to be done, and says it; 1 when something failed.
pub(super) async fn renew(asked: &Asked, all: bool) -> anyhow::Result<ExitCode> {
    let wanted = asked.wanted()?;
    let kept = asked
        .client
        .keep_webhooks(&wanted, |_| all, Priority::Live, COMMAND_MAX)
        .await;
    let kept = super::asked::told(pipedrive::Call {
        result: kept,
        facts: pipedrive::Facts::default(),
    })?;
    for done in &kept.done {
        print::line(told(done))?;
    }
    if kept.done.is_empty() {
        print::line("all subscriptions are there; nothing was to be done")?;
    }
    let failed = kept.done.iter().any(|done| done.error.is_some());
    Ok(ExitCode::from(u8::from(failed)))
}

fn in_words(step: &Step<'_>) -> String {
    match step {
        Step::Add(subscription, cause) => {
            let about = format!("{}.{}", subscription.action, subscription.object);
            format!("subscribe to {about} ({})", why(*cause))
        }
        Step::Remove(id, cause) => format!("remove webhook {id} ({})", why(*cause)),
    }
}

fn told(done: &Done) -> String {
    let what = match &done.change {
        Change::Add { object, id: Some(id) } => format!("subscribed to {object}: webhook {id}"),
        Change::Add { object, id: None } => format!("could not subscribe to {object}"),
        Change::Remove { id } if done.error.is_some() => format!("could not remove webhook {id}"),
        Change::Remove { id } => format!("removed webhook {id}"),
    };
    match &done.error {
        None => format!("{what} ({})", why(done.cause)),
        Some(error) => match remedy(error) {
            Some(remedy) => format!("{what}: {error}; {remedy}"),
            None => format!("{what}: {error}"),
        },
    }
}

fn why(cause: Cause) -> &'static str {
    match cause {
        Cause::Missing => "there was none",
        Cause::Removed => "Pipedrive had removed it",
        Cause::Silent => "it is replaced",
        Cause::Double => "another tells the same",
    }
}
