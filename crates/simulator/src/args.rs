//! The options of `omni simulate`.

mod faults;
mod limits;
mod patience;
mod stand_ins;

use std::net::SocketAddr;
use std::path::PathBuf;

use reqwest::Url;

use self::faults::FaultArgs;
use self::limits::LimitArgs;
use self::patience::PatienceArgs;
use self::stand_ins::StandInArgs;
use crate::config::{Config, Webhooks};
use crate::error::Error;

/// A simulated Pipedrive account: posts webhooks, answers the API, and stands in for an e-mail verifier
/// (GET /v2/email-verifier) and for the destinations that Omni delivers to (GET /deliveries shows what they got).
#[derive(Debug, Clone, clap::Args)]
pub struct Args {
    /// Where to post webhooks, e.g. http://127.0.0.1:8080/webhooks/pipedrive/demo; without it nothing is posted
    #[arg(long, value_name = "URL")]
    pub target: Option<Url>,
    /// User of the Basic credentials
    #[arg(long, default_value = "pipedrive")]
    pub user: String,
    /// Password of the Basic credentials
    #[arg(
        long,
        default_value = "",
        hide_default_value = true,
        conflicts_with = "password_file"
    )]
    pub password: String,
    /// File that holds the password
    #[arg(long, value_name = "FILE")]
    pub password_file: Option<PathBuf>,
    /// Version of the webhooks
    #[arg(long, value_enum, default_value = "mix")]
    pub webhooks: Webhooks,
    /// Changes a second, whatever the receiver does; 0 = only the history
    #[arg(long, default_value_t = 3.0)]
    pub rate: f64,
    /// Same seed, same history
    #[arg(long, default_value_t = 1)]
    pub seed: u64,
    /// Company id; repeat for several accounts
    #[arg(long = "company", value_name = "ID", default_values_t = [crate::COMPANY])]
    pub companies: Vec<u64>,
    /// Where the API answers
    #[arg(long, value_name = "ADDRESS", default_value = "127.0.0.1:8070")]
    pub listen: SocketAddr,
    /// API token of the first company; "<token>-<company>" opens each
    #[arg(long, value_name = "TOKEN", default_value = "simulated")]
    pub api_token: String,
    /// How many days the history reaches back
    #[arg(long, value_name = "DAYS", default_value_t = 60)]
    pub history_days: u32,
    /// Changes in the history, posted first; 0 = none
    #[arg(long, value_name = "COUNT", default_value_t = 3_000)]
    pub history_events: u32,
    /// History changes posted a second; 0 = as fast as the receiver answers
    #[arg(long, value_name = "RATE", default_value_t = 300.0)]
    pub history_rate: f64,
    /// Contacts that the account begins with; beyond forty a fifth as many deals
    #[arg(long, value_name = "COUNT", default_value_t = 40)]
    pub contacts: u32,
    /// Deals in EUR, USD, GBP, PLN and JPY
    #[arg(long)]
    pub several_currencies: bool,
    /// Also what many accounts do not use: archived deals, custom fields of every kind, notes, products
    #[arg(long)]
    pub everything: bool,
    /// File that remembers where the account stood, so that a restart goes on with it
    #[arg(long, value_name = "FILE")]
    pub state: Option<PathBuf>,
    #[command(flatten)]
    pub limits: LimitArgs,
    #[command(flatten)]
    pub patience: PatienceArgs,
    #[command(flatten)]
    pub stand_ins: StandInArgs,
    #[command(flatten)]
    pub faults: FaultArgs,
}

impl Args {
    /// The settings that these options mean; reads the password file.
    pub fn into_config(self) -> Result<Config, Error> {
        let password = match self.password_file {
            Some(path) => std::fs::read_to_string(&path)
                .map_err(|source| Error::Read { path, source })?
                .trim_end_matches(['\r', '\n'])
                .to_owned(),
            None => self.password,
        };
        Ok(Config {
            seed: self.seed,
            companies: self.companies,
            rate: self.rate,
            webhooks: self.webhooks,
            target: self.target,
            user: self.user,
            password,
            listen: self.listen,
            api_token: self.api_token,
            history_days: self.history_days,
            history_events: self.history_events,
            history_rate: self.history_rate,
            contacts: self.contacts,
            several_currencies: self.several_currencies,
            everything: self.everything,
            state: self.state,
            limits: self.limits.into_limits(),
            patience: self.patience.into_patience(),
            stand_ins: self.stand_ins.into_stand_ins(),
            faults: self.faults.into_faults(),
            ..Config::default()
        })
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use clap::Parser;

    use super::*;
    use crate::deliveries::Destination;
    use crate::faults::{DestinationFault, DestinationTrouble, Faults, Trouble, VerifierTrouble};
    use crate::limits::Limits;

    #[derive(Debug, Parser)]
    struct Line {
        #[command(flatten)]
        account: Args,
    }

    fn config(words: &[&str]) -> Config {
        let line = std::iter::once("simulate").chain(words.iter().copied());
        Line::try_parse_from(line).unwrap().account.into_config().unwrap()
    }

    #[test]
    fn no_options_mean_the_usual_account() {
        let (asked, usual) = (config(&[]), Config::default());
        assert_eq!((asked.limits, asked.faults), (usual.limits, usual.faults));
        assert_eq!(asked.patience, usual.patience);
        assert_eq!(asked.stand_ins, usual.stand_ins);
        assert_eq!(
            (asked.contacts, asked.everything),
            (usual.contacts, usual.everything)
        );
    }

    #[test]
    fn a_plan_and_numbers_beside_it_are_taken() {
        let words = "--plan lite --seats 5 --burst 7 --ban-after 10 --no-daily-headers";
        let limits = config(&words.split(' ').collect::<Vec<_>>()).limits;
        let expected = Limits {
            tokens_daily: 150_000,
            burst_max: 7,
            ban_after: Some(10),
            daily_headers: false,
            ..Limits::default()
        };
        assert_eq!(limits, expected);
    }

    #[test]
    fn a_receiver_may_be_borne_for_ever() {
        let words = "--webhook-failures-max 0 --webhook-ban-seconds 5";
        let patience = config(&words.split(' ').collect::<Vec<_>>()).patience;
        assert_eq!((patience.failures_max, patience.ban.as_secs()), (None, 5));
    }

    #[test]
    fn a_reporting_tag_has_an_address_and_a_token() {
        let url = "http://127.0.0.1:8080/events/flat";
        let words = ["--gtm-reporting", url, "--gtm-reporting-token", "t"];
        let tag = config(&words).stand_ins.reporting.unwrap();
        assert_eq!((tag.url.as_str(), tag.token.as_str()), (url, "t"));
        let line = ["simulate", "--gtm-reporting", url];
        assert!(Line::try_parse_from(line).is_err(), "a token is missing");
    }

    #[test]
    fn troubles_are_taken() {
        let words = "--api-trouble error --api-percent 5 --verifier-trouble used-up --not-found deals/1 \
                     --destination-trouble meta_conversions=throttled:20 --destination-trouble ga4=down";
        let faults = config(&words.split_whitespace().collect::<Vec<_>>()).faults;
        let of = |trouble, percent| DestinationFault {
            trouble,
            percent,
            ..DestinationFault::default()
        };
        let throttled = of(DestinationTrouble::Throttled, 20);
        let down = of(DestinationTrouble::Down, 100);
        let expected = Faults {
            api: Trouble::Error,
            api_percent: 5,
            verifier: VerifierTrouble::UsedUp,
            not_found: vec!["deals/1".to_owned()],
            destinations: [
                (Destination::MetaConversions, throttled),
                (Destination::Ga4, down),
            ]
            .into(),
            ..Faults::default()
        };
        assert_eq!(faults, expected);
        for wrong in [
            ["--api-percent", "101"],
            ["--destination-trouble", "ga4=down:101"],
            ["--destination-trouble", "fax=down"],
        ] {
            assert!(Line::try_parse_from(["simulate"].into_iter().chain(wrong)).is_err());
        }
    }
}
