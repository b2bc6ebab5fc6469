//! `omni embed token`.

use anyhow::{Context, bail};
use omni_reporting::access::mint::{Wanted, mint};
use omni_reporting::access::{Policy, since_1970};
use serde_json::{Map, Value};

use crate::command::ConfigFile;

/// Make a token, and print it: by the same rules as `POST /api/v1/embed/tokens`, which is what a backend asks.
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:
  omni embed token --template pipedrive-deals --company 7077
  omni embed token --template pipedrive-deals --company 7077 --lock owner=32,33 --allow period,source --ttl 5m
  omni embed token --template pipedrive-deals --company 7077 --section now --url https://dashboard.example.com")]
pub(crate) struct Token {
    #[command(flatten)]
    file: ConfigFile,
    /// The board, by its id
    #[arg(long, value_name = "ID")]
    template: String,
    /// The company's id in Pipedrive
    #[arg(long, value_name = "ID")]
    company: u64,
    /// Hold a parameter to values: owner=32,33; may be given several times
    #[arg(long = "lock", value_name = "NAME=VALUE,…", value_parser = lock)]
    locks: Vec<(String, Vec<String>)>,
    /// Let the viewer choose these: source,campaign; `*` for all [default: period,compare]
    #[arg(long, value_name = "NAME,…", value_delimiter = ',')]
    allow: Option<Vec<String>>,
    /// Show names, addresses and titles
    #[arg(long)]
    pii: bool,
    /// Pages of this origin may hold it; may be given several times [default: those of the key]
    #[arg(long = "origin", value_name = "ORIGIN")]
    origins: Vec<String>,
    /// How long it holds, at most 15m: 90s, 5m
    #[arg(long, default_value = "15m", value_parser = seconds)]
    ttl: u64,
    /// This panel alone; may be given several times
    #[arg(long = "panel", value_name = "ID")]
    panels: Vec<String>,
    /// The panels of this section alone; may be given several times
    #[arg(long = "section", value_name = "ID")]
    sections: Vec<String>,
    /// The key that signs [default: the only one there is for the board]
    #[arg(long, value_name = "ID")]
    key: Option<String>,
    /// Print the address for an iframe instead, on this dashboard
    #[arg(long, value_name = "URL")]
    url: Option<String>,
}

impl Token {
    pub(crate) fn run(self) -> anyhow::Result<()> {
        let config = omni_reporting::Config::load(self.file.path().as_deref())?;
        if config.access.keys_file.as_os_str().is_empty() {
            bail!("there are no keys: name a file in `[access] keys_file`, then `omni embed key new`");
        }
        let policy = Policy::new(&config)?;
        let boards = omni_reporting::boards::Boards::load(&config)?.now();
        let lock: Map<String, Value> = self
            .locks
            .into_iter()
            .map(|(name, values)| (name, values.into()))
            .collect();
        let wanted = Wanted {
            template: self.template,
            company: self.company,
            lock,
            allow: self.allow,
            pii: self.pii,
            origins: self.origins,
            ttl_seconds: Some(self.ttl),
            panels: self.panels,
            sections: self.sections,
            key: self.key,
        };
        let minted = mint(&policy, &boards, &wanted, None, since_1970().as_secs())?;
        match self.url {
            Some(url) => println!("{}{}", url.trim_end_matches('/'), minted.path),
            None => println!("{}", minted.token),
        }
        Ok(())
    }
}

fn lock(text: &str) -> anyhow::Result<(String, Vec<String>)> {
    let (name, values) = text.split_once('=').context("write it as NAME=VALUE,VALUE")?;
    let values: Vec<String> = values
        .split(',')
        .filter(|value| !value.is_empty())
        .map(str::to_owned)
        .collect();
    if name.is_empty() || values.is_empty() {
        bail!("a parameter is held to at least one value: owner=32");
    }
    Ok((name.to_owned(), values))
}

fn seconds(text: &str) -> anyhow::Result<u64> {
    let (number, unit) = match (text.strip_suffix('m'), text.strip_suffix('s')) {
        (Some(minutes), _) => (minutes, 60),
        (_, Some(seconds)) => (seconds, 1),
        _ => bail!("write it as 90s or 5m"),
    };
    let number: u64 = number.parse().context("write it as 90s or 5m")?;
    Ok(number.saturating_mul(unit))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn locks_and_times_are_read_as_they_are_said() {
        assert_eq!(
            lock("owner=32,33").unwrap(),
            ("owner".to_owned(), vec!["32".to_owned(), "33".to_owned()])
        );
        for wrong in ["owner", "owner=", "=32", "owner=,"] {
            assert!(lock(wrong).is_err(), "{wrong}");
        }
        assert_eq!((seconds("90s").unwrap(), seconds("15m").unwrap()), (90, 900));
        for wrong in ["", "15", "m", "1h", "-1m"] {
            assert!(seconds(wrong).is_err(), "{wrong}");
        }
    }
}
