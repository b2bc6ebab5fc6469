//! `omni access key new|list|revoke`.

use omni_reporting::access::keys::{ApiKey, KeysError, Scope};

use super::{open, today};
use crate::command::{ConfigFile, print};

#[derive(Debug, clap::Subcommand)]
pub(crate) enum Key {
    New(New),
    /// The keys there are.
    List(ConfigFile),
    Revoke(Revoke),
}

/// Make a key and print it; only its hash is kept. Running servers take it within a second.
#[derive(Debug, clap::Args)]
pub(crate) struct New {
    #[command(flatten)]
    file: ConfigFile,
    /// What the key is for, in your words
    #[arg(long, default_value = "")]
    label: String,
    /// What it may do
    #[arg(
        long = "scope",
        value_name = "SCOPE",
        value_enum,
        value_delimiter = ',',
        required = true
    )]
    scopes: Vec<Allowed>,
    /// For this company; may be given several times [default: every company]
    #[arg(long = "company", value_name = "ID")]
    companies: Vec<u64>,
    /// It may see, and let tokens show, names, addresses and titles
    #[arg(long)]
    pii: bool,
}

/// What a key may do.
#[derive(Debug, Clone, Copy, clap::ValueEnum)]
enum Allowed {
    /// Read boards
    Read,
    /// Make tokens of embeds
    Tokens,
}

/// Take a key out of force.
#[derive(Debug, clap::Args)]
pub(crate) struct Revoke {
    #[command(flatten)]
    file: ConfigFile,
    /// As `omni access key list` shows it
    id: String,
}

impl Key {
    pub(crate) fn run(self) -> anyhow::Result<()> {
        match self {
            Self::New(new) => new.run(),
            Self::List(file) => list(&file),
            Self::Revoke(revoke) => revoke.run(),
        }
    }
}

impl New {
    fn run(self) -> anyhow::Result<()> {
        let (path, mut ring) = open(&self.file)?;
        let scopes = self.scopes.iter().map(|scope| match scope {
            Allowed::Read => Scope::Read,
            Allowed::Tokens => Scope::Tokens,
        });
        let (_, text) = ring.add_api(ApiKey {
            label: self.label,
            sha256: String::new(),
            scopes: scopes.collect(),
            companies: self.companies,
            pii: self.pii,
            created_at: today(),
        })?;
        ring.write(&path)?;
        println!("{text}");
        Ok(())
    }
}

impl Revoke {
    fn run(self) -> anyhow::Result<()> {
        let (path, mut ring) = open(&self.file)?;
        if ring.api.remove(&self.id).is_none() {
            return Err(KeysError::Unknown(self.id).into());
        }
        ring.write(&path)?;
        println!("{} is revoked", self.id);
        Ok(())
    }
}

fn list(file: &ConfigFile) -> anyhow::Result<()> {
    let (_, ring) = open(file)?;
    for (id, key) in &ring.api {
        let scopes: Vec<_> = key
            .scopes
            .iter()
            .map(|scope| match scope {
                Scope::Read => "read",
                Scope::Tokens => "tokens",
            })
            .collect();
        let companies: Vec<_> = key.companies.iter().map(u64::to_string).collect();
        let companies = if companies.is_empty() {
            "every company".to_owned()
        } else {
            companies.join(",")
        };
        let names = if key.pii { "with names" } else { "without names" };
        print::line(format_args!(
            "{id}  {}  {}  {companies}  {names}  {}",
            key.created_at,
            scopes.join(","),
            key.label
        ))?;
    }
    Ok(())
}
