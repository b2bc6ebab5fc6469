//! `omni access`: API keys, and passwords of people and tokens of senders as the configuration wants them.

mod flat_token;
mod key;

use anyhow::{Context, bail};
use omni_reporting::access::keys::Ring;
use std::io::BufRead as _;
use std::path::PathBuf;
use std::process::ExitCode;

use super::ConfigFile;

/// API keys of programs, and hashes of passwords and of tokens.
#[derive(Debug, clap::Subcommand)]
pub(crate) enum Access {
    /// API keys: read boards, or make tokens of embeds.
    #[command(subcommand)]
    Key(key::Key),
    /// Read a password from the first line of the input, and print its hash for `[access.user.<name>] password_hash`.
    Password,
    FlatToken(flat_token::FlatToken),
}

impl Access {
    pub(crate) fn run(self) -> anyhow::Result<ExitCode> {
        match self {
            Self::Key(key) => key.run()?,
            Self::Password => password()?,
            Self::FlatToken(token) => token.run()?,
        }
        Ok(ExitCode::SUCCESS)
    }
}

fn password() -> anyhow::Result<()> {
    eprintln!("omni: write the password and press Enter; it is shown as you write it");
    let mut line = String::new();
    std::io::stdin().lock().read_line(&mut line)?;
    let password = line.trim_end_matches(['\n', '\r']);
    if password.chars().count() < 8 {
        bail!("a password has at least 8 characters");
    }
    let hash = omni_reporting::access::password_hash(password)
        .map_err(|error| anyhow::anyhow!("could not hash the password: {error}"))?;
    println!("{hash}");
    Ok(())
}

/// The file of keys, and what is in it.
pub(super) fn open(file: &ConfigFile) -> anyhow::Result<(PathBuf, Ring)> {
    let config = omni_reporting::Config::load(file.path().as_deref())?;
    let path = config.access.keys_file;
    if path.as_os_str().is_empty() {
        bail!("name a file for the keys first, in `[access] keys_file`");
    }
    let ring = Ring::read(&path).context("the file of keys cannot be used")?;
    Ok((path, ring))
}

/// The day, for people who look through the keys.
pub(super) fn today() -> String {
    let now = stage::clock::rfc3339_micro(stage::clock::now_micro());
    now.chars().take("2026-03-01".len()).collect()
}
