//! `omni embed`: keys of embeds, and tokens that open them (docs/embedding.md).

mod key;
mod token;

use std::process::ExitCode;

/// Put the dashboard into other pages: make keys, and tokens for trying it out.
#[derive(Debug, clap::Subcommand)]
pub(crate) enum Embed {
    /// Keys that sign tokens, each for the origins that may hold what it opens.
    #[command(subcommand)]
    Key(key::Key),
    Token(token::Token),
}

impl Embed {
    pub(crate) fn run(self) -> anyhow::Result<ExitCode> {
        match self {
            Self::Key(key) => key.run()?,
            Self::Token(token) => token.run()?,
        }
        Ok(ExitCode::SUCCESS)
    }
}
