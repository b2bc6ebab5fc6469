//! `omni erase lift`: a person who was erased may come back.

use std::process::ExitCode;
use std::time::{Duration, Instant};

use super::obeyed::Wait;
use super::{Doors, Who, order, traces};
use crate::command::ConfigFile;

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
    /// Minutes to wait for the stages
    #[arg(long, default_value_t = 30, value_parser = clap::value_parser!(u64).range(1..=10_080))]
    wait_minutes: u64,
}

impl Lift {
    pub(super) async fn run(self) -> anyhow::Result<ExitCode> {
        let doors = Doors::open(self.file.path().as_deref())?;
        let order = order::give(&doors, self.who, true).await?;
        let wait = Wait {
            doors: &doors,
            until: Instant::now() + Duration::from_secs(self.wait_minutes * 60),
        };
        wait.for_all(self.who, &order).await?;
        // Its row there is greater than any event, so that nothing would come back over it.
        traces::remove_states(&doors.warehouse, self.who, true).await?;
        println!(
            "person {} of company {} may come back: with its next event, or with `omni backfill`",
            self.who.person_id, self.who.company_id
        );
        Ok(ExitCode::SUCCESS)
    }
}
