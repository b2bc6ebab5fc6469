//! `omni webhooks delete`.

use std::process::ExitCode;

use anyhow::{Context as _, bail};
use pipedrive::{Error, Priority};

use super::asked::{COMMAND_MAX, Whose, told};
use crate::command::print;

/// Remove webhooks: Pipedrive tells nothing more of what they were for, and keeps nothing for later.
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:
  omni webhooks delete --id 12345    one, also of another program
  omni webhooks delete --ours        all that [source.<name>.webhooks] means")]
pub(crate) struct Delete {
    #[command(flatten)]
    whose: Whose,
    /// This webhook; may be given several times
    #[arg(long = "id", required_unless_present = "ours")]
    ids: Vec<u64>,
    /// Those of the configuration
    #[arg(long, conflicts_with = "ids")]
    ours: bool,
}

impl Delete {
    pub(super) async fn run(self) -> anyhow::Result<ExitCode> {
        let asked = self.whose.ask()?;
        if asked.source.manage_webhooks && self.ours {
            bail!(
                "[source.{}] has `manage_webhooks = true`: the enricher would make them again within the hour; turn it off first",
                asked.name
            );
        }
        let ids = if self.ours {
            let wanted = asked.wanted()?;
            let listed = asked.listed().await?;
            let ours = listed
                .iter()
                .filter(|webhook| wanted.iter().any(|wanted| wanted.is(webhook)));
            ours.map(|webhook| webhook.id).collect()
        } else {
            self.ids
        };
        if ids.is_empty() {
            print::line("there is none of ours")?;
        }
        for id in ids {
            let call = asked.client.remove_webhook(id, Priority::Live, COMMAND_MAX).await;
            if matches!(call.result, Err(Error::NotFound { .. })) {
                print::line(format_args!("webhook {id} was gone already"))?;
                continue;
            }
            told(call).with_context(|| format!("webhook {id} could not be removed"))?;
            print::line(format_args!("removed webhook {id}"))?;
        }
        Ok(ExitCode::SUCCESS)
    }
}
