//! `omni access flat-token`.

use std::io::BufRead as _;

use anyhow::bail;
use omni_collector::token::{self, TokenHash};

/// A token of a user's own has at least so many characters: the configuration holds its hash, which must not be guessed from.
const OWN_CHARS_MIN: usize = 32;

/// Make a bearer token for `POST /events/flat`, and print it and its hash for `[source.<name>] flat_token_sha256`.
///
/// The first line is the token, for the tag or the Lambda; the second its hash, for the configuration. Neither is kept. A source
/// takes several at once: add the new hash, restart the collector, give the sender the new token, and take the old hash out.
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:
  omni access flat-token                    a new token, and its hash
  omni access flat-token --hash < token     the hash of a token there is")]
pub(crate) struct FlatToken {
    /// Read a token from the first line of the input, and print its hash alone
    #[arg(long)]
    hash: bool,
}

impl FlatToken {
    pub(crate) fn run(self) -> anyhow::Result<()> {
        if self.hash {
            let mut line = String::new();
            std::io::stdin().lock().read_line(&mut line)?;
            let given = line.trim_end_matches(['\n', '\r']);
            if given.chars().count() < OWN_CHARS_MIN || given.contains(char::is_whitespace) {
                bail!("a token has at least {OWN_CHARS_MIN} characters, none of them white");
            }
            println!("{}", TokenHash::of(given.as_bytes()).to_hex());
            return Ok(());
        }
        let token = token::new()?;
        println!("{}", token.expose());
        println!("{}", TokenHash::of(token.expose().as_bytes()).to_hex());
        Ok(())
    }
}
