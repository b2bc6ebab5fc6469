//! `omni webhooks`: the subscriptions that Pipedrive posts for, looked at and kept by hand.
//!
//! What each needs is in `[source.<name>]` and `[source.<name>.webhooks]`. With `manage_webhooks = true` the enricher does by
//! itself, every hour, what `register` does here.

mod asked;
mod check;
mod delete;
mod list;
mod probe;
mod register;
mod rotate;
mod table;

use std::process::ExitCode;

/// Look at, register and repair the webhooks of an account.
#[derive(Debug, clap::Subcommand)]
#[command(
    after_help = "Which account: [source.<name>] api_url and api_token; what is subscribed to: [source.<name>.webhooks].
Pipedrive bans a webhook for half an hour after ten failed deliveries, and deletes it after three days without a successful
one; what happens meanwhile is told to nobody (`omni reconcile` finds it)."
)]
pub(crate) enum Webhooks {
    List(list::List),
    Register(register::Register),
    Check(check::Check),
    Delete(delete::Delete),
    RotateSecret(rotate::RotateSecret),
}

impl Webhooks {
    pub(crate) fn run(self) -> anyhow::Result<ExitCode> {
        super::block_on(async {
            match self {
                Self::List(list) => list.run().await,
                Self::Register(register) => register.run().await,
                Self::Check(check) => check.run().await,
                Self::Delete(delete) => delete.run().await,
                Self::RotateSecret(rotate) => rotate.run().await,
            }
        })
    }
}
