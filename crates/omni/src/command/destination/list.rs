//! `omni destination list`: which destinations there are, and how far each is behind.

use std::process::ExitCode;

use kafka::admin;
use omni_activation::{Config, DestinationSettings, Pauses};

use crate::command::{ConfigFile, print};

/// Each destination: its kind, where it is, whether it is sent to, and how many events wait for it.
///
/// WAITING counts records of omni.flat that the destination has not passed yet, also those that are not for it; a new one that
/// has not begun has none.
#[derive(Debug, clap::Args)]
pub(crate) struct List {
    #[command(flatten)]
    file: ConfigFile,
}

impl List {
    pub(super) fn run(self) -> anyhow::Result<ExitCode> {
        let config = Config::load(self.file.path().as_deref())?;
        if config.destination.is_empty() {
            print::line("no [destination.<name>] is set; docs/activation.md has a recipe for each kind")?;
            return Ok(ExitCode::SUCCESS);
        }
        let paused = Pauses::open(&config.kafka)?.read()?;
        let lags = admin::group_lags(&config.kafka)?;
        print::line(format_args!(
            "{:<20} {:<18} {:<12} {:>10}  AT",
            "DESTINATION", "KIND", "STATE", "WAITING"
        ))?;
        for (name, settings) in &config.destination {
            let group = format!("{}delivery-{name}", config.kafka.group_prefix);
            let own: Vec<i64> = lags
                .iter()
                .filter(|lag| lag.group == group)
                .map(admin::Lag::records)
                .collect();
            let waiting = if own.is_empty() {
                "new".to_owned()
            } else {
                own.iter().sum::<i64>().to_string()
            };
            let state = state(settings, paused.contains_key(name));
            print::line(format_args!(
                "{name:<20} {:<18} {state:<12} {waiting:>10}  {}",
                settings.kind.as_str(),
                at(settings)
            ))?;
        }
        Ok(ExitCode::SUCCESS)
    }
}

fn state(settings: &DestinationSettings, is_paused: bool) -> &'static str {
    match (settings.enabled, is_paused) {
        (false, _) => "off",
        (true, true) => "paused",
        (true, false) => "on",
    }
}

/// Without its path and query, which may hold a secret.
fn at(settings: &DestinationSettings) -> String {
    let host = stage::outbound::Url::parse(&settings.url).ok();
    let host = host.and_then(|url| Some(format!("{}://{}", url.scheme(), url.host_str()?)));
    host.unwrap_or_else(|| "the platform's address".to_owned())
}
