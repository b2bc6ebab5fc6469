//! `omni erase lift`: a person who was erased may come back.

use std::process::ExitCode;

use super::obeyed::{Patience, Wait};
use super::{Doors, Who, order, traces};
use crate::command::{ConfigFile, print};

/// Let a person come back who was erased.
///
/// What was removed stays removed. From now on the person's events are events like any other: it is back with its next webhook,
/// or with a backfill.
#[derive(Debug, clap::Args)]
#[command(after_help = "Example:
  omni erase lift --company 7077 --id 1201")]
pub(crate) struct Lift {
    #[command(flatten)]
    file: ConfigFile,
    #[command(flatten)]
    who: Who,
    #[command(flatten)]
    patience: Patience,
}

impl Lift {
    pub(super) async fn run(self) -> anyhow::Result<ExitCode> {
        let doors = Doors::open(self.file.path().as_deref())?;
        let order = order::give(&doors, self.who, true).await?;
        let wait = Wait::begin(&doors, self.patience);
        wait.for_all(self.who, &order).await?;
        // Its row there is greater than any event, so that nothing would come back over it.
        traces::remove_states(&doors.warehouse, self.who, true).await?;
        print::line(format_args!(
            "person {} of company {} may come back: with its next event, or with `omni backfill`",
            self.who.person_id, self.who.company_id
        ))?;
        Ok(ExitCode::SUCCESS)
    }
}
