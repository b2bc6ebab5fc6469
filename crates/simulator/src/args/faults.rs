//! The options that say what goes wrong from the start.

use clap::ValueEnum;

use crate::deliveries::Destination;
use crate::faults::{DestinationFault, DestinationTrouble, Faults, Trouble, VerifierTrouble};

/// `PUT /simulator/faults` changes all of it while it runs.
#[derive(Debug, Clone, clap::Args)]
#[command(next_help_heading = "Troubles")]
pub struct FaultArgs {
    /// What is wrong with the API
    #[arg(long, value_enum, default_value = "none")]
    api_trouble: Trouble,
    /// Share of API requests that meet it
    #[arg(long, value_name = "PERCENT", default_value_t = 100, value_parser = clap::value_parser!(u8).range(..=100))]
    api_percent: u8,
    /// What is wrong with the GTM data client
    #[arg(long, value_enum, default_value = "none")]
    gtm_trouble: Trouble,
    /// Share of its requests that meet it
    #[arg(long, value_name = "PERCENT", default_value_t = 100, value_parser = clap::value_parser!(u8).range(..=100))]
    gtm_percent: u8,
    /// What is wrong with the e-mail verifier
    #[arg(long, value_enum, default_value = "none")]
    verifier_trouble: VerifierTrouble,
    /// Share of verifications that meet it
    #[arg(long, value_name = "PERCENT", default_value_t = 100, value_parser = clap::value_parser!(u8).range(..=100))]
    verifier_percent: u8,
    /// What is wrong with a destination, and the share of its requests that meets it, e.g. meta_conversions=throttled:20;
    /// repeat for more
    #[arg(long, value_name = "DESTINATION=TROUBLE[:PERCENT]", value_parser = destination)]
    destination_trouble: Vec<(Destination, DestinationFault)>,
    /// How late a slow answer is
    #[arg(long, value_name = "MILLISECONDS", default_value_t = 2_000)]
    slow_ms: u64,
    /// What the API does not find, e.g. deals/12; repeat for more
    #[arg(long, value_name = "COLLECTION/ID")]
    not_found: Vec<String>,
    /// What the API forbids, e.g. persons/7; repeat for more
    #[arg(long, value_name = "COLLECTION/ID")]
    forbidden: Vec<String>,
}

impl FaultArgs {
    pub(super) fn into_faults(self) -> Faults {
        Faults {
            api: self.api_trouble,
            api_percent: self.api_percent,
            gtm: self.gtm_trouble,
            gtm_percent: self.gtm_percent,
            verifier: self.verifier_trouble,
            verifier_percent: self.verifier_percent,
            destinations: self.destination_trouble.into_iter().collect(),
            slow_ms: self.slow_ms,
            for_ms: None,
            not_found: self.not_found,
            forbidden: self.forbidden,
        }
    }
}

/// `<destination>=<trouble>[:<percent>]`.
fn destination(text: &str) -> Result<(Destination, DestinationFault), String> {
    let (name, trouble) = text
        .split_once('=')
        .ok_or("a destination, `=`, and a trouble are needed")?;
    let (trouble, percent) = match trouble.split_once(':') {
        Some((trouble, percent)) => (trouble, percent.parse().ok()),
        None => (trouble, Some(DestinationFault::default().percent)),
    };
    let fault = DestinationFault {
        trouble: DestinationTrouble::from_str(trouble, false)?,
        percent: percent.ok_or("a percent is a number from 0 to 100")?,
        ..DestinationFault::default()
    };
    match fault.refusal() {
        Some(why) => Err(why.to_owned()),
        None => Ok((Destination::from_str(name, false)?, fault)),
    }
}
