//! `omni webhooks list`.

use std::process::ExitCode;

use pipedrive::WEBHOOKS_MAX;

use super::asked::Whose;
use super::table;
use crate::command::print;

/// List every webhook of the account's user, ours and those of other programs. 10 tokens.
#[derive(Debug, clap::Args)]
pub(crate) struct List {
    #[command(flatten)]
    whose: Whose,
}

impl List {
    pub(super) async fn run(self) -> anyhow::Result<ExitCode> {
        let asked = self.whose.ask()?;
        let listed = asked.listed().await?;
        // A source whose subscriptions are not configured has none of ours.
        let wanted = asked.wanted().unwrap_or_default();
        table::print(&listed, &wanted)?;
        print::line(format_args!("{} of {WEBHOOKS_MAX}", listed.len()))?;
        Ok(ExitCode::SUCCESS)
    }
}
