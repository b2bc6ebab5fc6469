//! `omni pipedrive`: what stands between Omni and an account.

mod check;

use std::process::ExitCode;

/// Ask Pipedrive what Omni may see of an account.
#[derive(Debug, clap::Subcommand)]
pub(crate) enum Pipedrive {
    Check(check::Check),
}

impl Pipedrive {
    pub(crate) fn run(self) -> anyhow::Result<ExitCode> {
        match self {
            Self::Check(check) => check.run(),
        }
    }
}
