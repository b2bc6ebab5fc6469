//! `omni destination`: what would be sent where, whether it would arrive, and whether anything is sent now.

mod check;
mod list;
mod newest;
mod pause;
mod preview;
mod send_test;

use std::process::ExitCode;

use anyhow::bail;
use omni_activation::{Config, DestinationSettings};

/// Look at destinations, try them, and pause them.
#[derive(Debug, clap::Subcommand)]
pub(crate) enum Destination {
    List(list::List),
    Check(check::Check),
    Preview(preview::Preview),
    SendTest(send_test::SendTest),
    Pause(pause::Pause),
    Resume(pause::Resume),
}

impl Destination {
    pub(crate) fn run(self) -> anyhow::Result<ExitCode> {
        match self {
            Self::List(list) => list.run(),
            Self::Check(check) => check.run(),
            Self::Preview(preview) => preview.run(),
            Self::SendTest(test) => test.run(),
            Self::Pause(pause) => pause.run(),
            Self::Resume(resume) => resume.run(),
        }
    }
}

/// The settings of a destination, or which there are.
pub(super) fn settings<'c>(config: &'c Config, name: &str) -> anyhow::Result<&'c DestinationSettings> {
    let Some(settings) = config.destination.get(name) else {
        let known: Vec<&str> = config.destination.keys().map(String::as_str).collect();
        bail!(
            "there is no [destination.{name}]; there {}",
            if known.is_empty() {
                "is none".to_owned()
            } else {
                format!("are {}", known.join(", "))
            }
        );
    };
    Ok(settings)
}
