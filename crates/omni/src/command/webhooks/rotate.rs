//! `omni webhooks rotate-secret`.

use std::process::ExitCode;

use anyhow::bail;

use super::asked::Whose;
use super::probe::{Found, probe};
use super::register;
use crate::command::{print, secret};

/// Give the subscriptions the password of the configuration, without losing an event.
///
/// Pipedrive cannot change a subscription: each is made anew with the new password before the old one is removed, and an event
/// told by both is known by its id. The collector must take both passwords meanwhile, so before that:
///
///   1. set [source.<name>] `password_previous` to the old password and `password` to a new one (--new makes one)
///   2. restart collector and enricher
///   3. run this: it asks the collector first, and does nothing when that refuses the new password
///   4. five minutes later (Pipedrive repeats failed deliveries for three) take `password_previous` out, and restart again
#[derive(Debug, clap::Args)]
#[command(verbatim_doc_comment)]
pub(crate) struct RotateSecret {
    #[command(flatten)]
    whose: Whose,
    /// Print a new random password, and do nothing else
    #[arg(long)]
    new: bool,
    /// Do not ask the collector first, where it cannot be reached from here
    #[arg(long)]
    no_probe: bool,
}

impl RotateSecret {
    pub(super) async fn run(self) -> anyhow::Result<ExitCode> {
        if self.new {
            print::line(secret::random())?;
            return Ok(ExitCode::SUCCESS);
        }
        let asked = self.whose.ask()?;
        let wanted = asked.wanted()?;
        if let Some(subscription) = wanted.first().filter(|_| !self.no_probe) {
            match probe(subscription, &asked.source.password).await {
                Found::Collector => {}
                found => bail!("nothing was changed: {} {}", subscription.url, found.told()),
            }
        }
        let code = register::renew(&asked, true).await?;
        if code == ExitCode::SUCCESS {
            print::line(format_args!(
                "deliveries come with the password of the configuration from now on; in five minutes take `password_previous` \
                 out of [source.{}] and restart the collector",
                asked.name
            ))?;
        }
        Ok(code)
    }
}
