//! `omni destination`: what would be sent where.

mod preview;

use std::process::ExitCode;

/// Look at what destinations would get.
#[derive(Debug, clap::Subcommand)]
pub(crate) enum Destination {
    Preview(preview::Preview),
}

impl Destination {
    pub(crate) fn run(self) -> anyhow::Result<ExitCode> {
        match self {
            Self::Preview(preview) => preview.run(),
        }
    }
}
