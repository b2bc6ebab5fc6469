//! `omni embed key new|list|revoke`.

use anyhow::bail;
use omni_reporting::access::keys::{EmbedKey, KeysError};
use omni_reporting::access::origin;
use stage::Secret;

use crate::command::access::{open, today};
use crate::command::{ConfigFile, print};

#[derive(Debug, clap::Subcommand)]
pub(crate) enum Key {
    New(Box<New>),
    /// The keys there are.
    List(ConfigFile),
    Revoke(Revoke),
}

/// Make a key. Running servers take it within a second.
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:
  omni embed key new --label portal --origin https://app.example.com
  omni embed key new --origin https://crm.example.com --company 7077 --pii --show-secret")]
pub(crate) struct New {
    #[command(flatten)]
    file: ConfigFile,
    /// What the key is for, in your words
    #[arg(long, default_value = "")]
    label: String,
    /// Pages of this origin may hold what the key opens; may be given several times
    #[arg(long = "origin", value_name = "ORIGIN", required = true)]
    origins: Vec<String>,
    /// Tokens may be for this company; may be given several times [default: every company]
    #[arg(long = "company", value_name = "ID")]
    companies: Vec<u64>,
    /// Tokens may be for this board; may be given several times [default: every board]
    #[arg(long = "template", value_name = "ID")]
    boards: Vec<String>,
    /// Tokens may say that names, addresses and titles are shown
    #[arg(long)]
    pii: bool,
    /// Print the secret too, for a backend that signs its tokens itself
    #[arg(long)]
    show_secret: bool,
}

/// Take a key out of force: its tokens open nothing any more, and open streams end within 15 s.
#[derive(Debug, clap::Args)]
pub(crate) struct Revoke {
    #[command(flatten)]
    file: ConfigFile,
    /// As `omni embed key list` shows it
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
        if let Some(wrong) = self.origins.iter().find_map(|text| origin::check(text).err()) {
            bail!("--origin: {wrong}");
        }
        let (path, mut ring) = open(&self.file)?;
        let id = ring.add_embed(EmbedKey {
            label: self.label,
            secret: Secret::default(),
            origins: self.origins,
            companies: self.companies,
            boards: self.boards,
            pii: self.pii,
            created_at: today(),
        })?;
        ring.write(&path)?;
        println!("{id}");
        if self.show_secret
            && let Some(key) = ring.embed.get(&id)
        {
            println!("{}", key.secret.expose());
        }
        Ok(())
    }
}

impl Revoke {
    fn run(self) -> anyhow::Result<()> {
        let (path, mut ring) = open(&self.file)?;
        if ring.embed.remove(&self.id).is_none() {
            return Err(KeysError::Unknown(self.id).into());
        }
        ring.write(&path)?;
        println!("{} is revoked", self.id);
        Ok(())
    }
}

fn list(file: &ConfigFile) -> anyhow::Result<()> {
    let (_, ring) = open(file)?;
    for (id, key) in &ring.embed {
        let among = |list: Vec<String>, all: &str| {
            if list.is_empty() {
                all.to_owned()
            } else {
                list.join(",")
            }
        };
        let companies = key.companies.iter().map(u64::to_string).collect();
        print::line(format_args!(
            "{id}  {}  {}  {}  {}  {}  {}",
            key.created_at,
            key.origins.join(","),
            among(companies, "every company"),
            among(key.boards.clone(), "every board"),
            if key.pii { "with names" } else { "without names" },
            key.label,
        ))?;
    }
    Ok(())
}
