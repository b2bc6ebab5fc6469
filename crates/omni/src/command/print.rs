//! What a command tells, line by line, on standard output.
//!
//! Whoever reads it may have had enough before the end (`omni deliveries list | head`): that is no failure of the command, which
//! goes on without a word and ends as it would have.

use std::fmt::Display;
use std::io::{self, ErrorKind, Write as _};

use anyhow::Context as _;

/// Prints lines, as many as somebody reads.
///
/// # Errors
/// Where they could not be written, such as on a full disk.
pub(crate) fn lines(lines: impl IntoIterator<Item = impl Display>) -> anyhow::Result<()> {
    let mut out = io::stdout().lock();
    let mut lines = lines.into_iter();
    ended(lines.try_for_each(|line| writeln!(out, "{line}")))
}

/// Prints one.
///
/// # Errors
/// Where it could not be written.
pub(crate) fn line(line: impl Display) -> anyhow::Result<()> {
    lines([line])
}

/// Prints text that has colours; where nobody sees them (no terminal, `NO_COLOR`) they are left out.
///
/// # Errors
/// Where it could not be written.
pub(crate) fn styled(text: &str) -> anyhow::Result<()> {
    ended(writeln!(anstream::stdout().lock(), "{text}"))
}

/// What it means how printing ended.
///
/// # Errors
/// All but that nobody reads any more.
pub(crate) fn ended(written: io::Result<()>) -> anyhow::Result<()> {
    match written {
        Err(error) if error.kind() == ErrorKind::BrokenPipe => Ok(()),
        written => written.context("could not write to standard output"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_reader_who_had_enough_is_no_failure_and_a_full_disk_is_one() {
        assert!(ended(Ok(())).is_ok());
        assert!(ended(Err(ErrorKind::BrokenPipe.into())).is_ok());
        assert!(ended(Err(ErrorKind::StorageFull.into())).is_err());
    }
}
